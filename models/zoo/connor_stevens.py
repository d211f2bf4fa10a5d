"""The Connor-Stevens neuron with the rounded constants of Dayan & Abbott 2001, chapter 6."""

from brian2 import cm, ms, msiemens, mV, uA, uF

from ..neuron_model import NeuronModel, Parameter

# Shared with the original constant set: the currents are the same, the rates are not.
CURRENTS = """
        dv/dt = (I - I_Na - I_K - I_A - I_L)/C_m : volt
        I_Na  = g_Na*m**3*h*(v - E_Na) : amp/meter**2
        I_K   = g_K*n**4*(v - E_K)     : amp/meter**2
        I_A   = g_A*a**3*b*(v - E_A)   : amp/meter**2
        I_L   = g_L*(v - E_L)          : amp/meter**2
        dm/dt = alpha_m*(1 - m) - beta_m*m : 1
        dh/dt = alpha_h*(1 - h) - beta_h*h : 1
        dn/dt = alpha_n*(1 - n) - beta_n*n : 1
        da/dt = (a_inf - a)/tau_a : 1
        db/dt = (b_inf - b)/tau_b : 1
"""

# fmt: off
PARAMETERS = {
    "C_m":     Parameter(1,    uF/cm**2,       "membrane capacitance",           range=(0.5, 2)),
    "g_Na":    Parameter(120,  msiemens/cm**2, "maximal sodium conductance",     range=(0, 240)),
    "g_K":     Parameter(20,   msiemens/cm**2, "maximal delayed-rectifier potassium conductance", range=(0, 60)),
    "g_A":     Parameter(47.7, msiemens/cm**2, "maximal A-type potassium conductance", range=(0, 143.1)),
    "g_L":     Parameter(0.3,  msiemens/cm**2, "leak conductance",               range=(0, 1)),
    "E_Na":    Parameter(55,   mV,             "sodium reversal potential",      range=(30, 80)),
    "E_K":     Parameter(-72,  mV,             "delayed-rectifier potassium reversal potential", range=(-100, -60)),
    "E_A":     Parameter(-75,  mV,             "A-type potassium reversal potential", range=(-100, -60)),
    "E_L":     Parameter(-17,  mV,             "leak reversal potential",        range=(-80, 0)),
    "V_spike": Parameter(-20,  mV,             "a spike is an upward crossing of this", range=(-40, 0)),
}
INITIAL = {
    "v": -67.9781172 * mV,
    "m": "alpha_m/(alpha_m + beta_m)",
    "h": "alpha_h/(alpha_h + beta_h)",
    "n": "alpha_n/(alpha_n + beta_n)",
    "a": "a_inf",
    "b": "b_inf",
}
# fmt: on

CONNOR_STEVENS = NeuronModel(
    name="connor_stevens",
    title="Connor-Stevens neuron (Dayan & Abbott's constants)",
    # Chapter 6, equation 6.1 and appendix; alpha_m and alpha_n, 0/0 at -29.7 and -45.7 mV in the
    # book, are written with exprel.
    equations=CURRENTS
    + """
        alpha_m = 3.8/exprel(-(v + 29.7*mV)/(10*mV))/ms             : Hz
        beta_m  = 15.2*exp(-0.0556*(v + 54.7*mV)/mV)/ms             : Hz
        alpha_h = 0.266*exp(-0.05*(v + 48*mV)/mV)/ms                : Hz
        beta_h  = 3.8/(1 + exp(-0.1*(v + 18*mV)/mV))/ms             : Hz
        alpha_n = 0.2/exprel(-(v + 45.7*mV)/(10*mV))/ms             : Hz
        beta_n  = 0.25*exp(-0.0125*(v + 55.7*mV)/mV)/ms             : Hz
        a_inf = (0.0761*exp(0.0314*(v + 94.22*mV)/mV)/(1 + exp(0.0346*(v + 1.17*mV)/mV)))**(1/3) : 1
        tau_a = 0.3632*ms + 1.158*ms/(1 + exp(0.0497*(v + 55.96*mV)/mV)) : second
        b_inf = (1/(1 + exp(0.0688*(v + 53.3*mV)/mV)))**4           : 1
        tau_b = 1.24*ms + 2.678*ms/(1 + exp(0.0624*(v + 50*mV)/mV)) : second
    """,
    parameters=PARAMETERS,
    input_unit=uA / cm**2,
    input_range=(0, 50),
    initial=INITIAL,
    threshold="v > V_spike",
    refractory="v > V_spike",
    method="rk4",
    dt=0.025 * ms,
    references=(
        "Dayan & Abbott 2001, Theoretical Neuroscience, chapter 6, MIT Press",
        "Connor & Stevens 1971, J. Physiol. 213:31-53, doi:10.1113/jphysiol.1971.sp009366",
        "Connor, Walter & McKown 1977, Biophys. J. 18:81-102, doi:10.1016/S0006-3495(77)85598-7",
    ),
)
