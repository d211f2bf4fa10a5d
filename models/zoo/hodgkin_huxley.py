"""The squid giant axon at 6.3 degrees Celsius (Hodgkin & Huxley 1952), rest near -65 mV."""

from brian2 import cm, ms, msiemens, mV, uA, uF

from ..neuron_model import NeuronModel, Parameter

# fmt: off
HODGKIN_HUXLEY = NeuronModel(
    name="hodgkin_huxley",
    title="Hodgkin-Huxley squid axon",
    # The rates are the paper's equations 12, 13, 20, 21, 23 and 24 with its depolarisation V
    # replaced by -(v + 65 mV). alpha_m and alpha_n are x/(1 - exp(-x)), written with exprel.
    equations="""
        dv/dt = (I - I_Na - I_K - I_L)/C_m : volt
        I_Na  = g_Na*m**3*h*(v - E_Na) : amp/meter**2
        I_K   = g_K*n**4*(v - E_K)     : amp/meter**2
        I_L   = g_L*(v - E_L)          : amp/meter**2
        dm/dt = alpha_m*(1 - m) - beta_m*m : 1
        dh/dt = alpha_h*(1 - h) - beta_h*h : 1
        dn/dt = alpha_n*(1 - n) - beta_n*n : 1
        alpha_m = 1/exprel(-(v + 40*mV)/(10*mV))/ms      : Hz
        beta_m  = 4*exp(-(v + 65*mV)/(18*mV))/ms         : Hz
        alpha_h = 0.07*exp(-(v + 65*mV)/(20*mV))/ms      : Hz
        beta_h  = 1/(1 + exp(-(v + 35*mV)/(10*mV)))/ms   : Hz
        alpha_n = 0.1/exprel(-(v + 55*mV)/(10*mV))/ms    : Hz
        beta_n  = 0.125*exp(-(v + 65*mV)/(80*mV))/ms     : Hz
    """,
    parameters={
        "C_m":     Parameter(1,       uF/cm**2,       "membrane capacitance",         range=(0.5, 2)),
        "g_Na":    Parameter(120,     msiemens/cm**2, "maximal sodium conductance",    range=(0, 240)),
        "g_K":     Parameter(36,      msiemens/cm**2, "maximal potassium conductance", range=(0, 72)),
        "g_L":     Parameter(0.3,     msiemens/cm**2, "leak conductance",              range=(0, 1)),
        "E_Na":    Parameter(50,      mV,             "sodium reversal potential",     range=(30, 80)),
        "E_K":     Parameter(-77,     mV,             "potassium reversal potential",  range=(-100, -60)),
        "E_L":     Parameter(-54.387, mV,             "leak reversal potential",       range=(-80, -40)),
        # Above about 60 uA/cm2 the peaks of the sustained oscillation fall below 0 mV, so the
        # criterion lies lower.
        "V_spike": Parameter(-20,     mV,             "a spike is an upward crossing of this", range=(-40, 0)),
    },
    input_unit=uA / cm**2,
    input_range=(0, 50),
    initial={
        "v": -64.9963793 * mV,
        "m": "alpha_m/(alpha_m + beta_m)",
        "h": "alpha_h/(alpha_h + beta_h)",
        "n": "alpha_n/(alpha_n + beta_n)",
    },
    threshold="v > V_spike",
    refractory="v > V_spike",
    method="rk4",
    dt=0.025 * ms,
    references=(
        "Hodgkin & Huxley 1952, J. Physiol. 117:500-544, doi:10.1113/jphysiol.1952.sp004764",
        "E_L = -54.387 mV: the paper chose its leak potential so that the current at rest is zero",
    ),
)
# fmt: on
