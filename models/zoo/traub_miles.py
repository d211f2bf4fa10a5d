"""A hippocampal pyramidal cell body with the rates of Traub & Miles 1991.

The constants are those of the COBAHH benchmark cell of Brette et al. 2007 and of Brian2's example
`IF_curve_Hodgkin_Huxley`.
"""

from brian2 import cm, ms, msiemens, mV, nA, siemens, uF, um

from ..neuron_model import NeuronModel, Parameter

# fmt: off
TRAUB_MILES = NeuronModel(
    name="traub_miles",
    title="Traub-Miles pyramidal cell",
    # alpha_m, beta_m and alpha_n are k*x/(exp(x) - 1) with x in units of 4, 5 and 5 mV.
    equations="""
        dv/dt = (I - I_Na - I_K - I_L)/(C_m*area) : volt
        I_Na  = g_Na*area*m**3*h*(v - E_Na) : amp
        I_K   = g_K*area*n**4*(v - E_K)     : amp
        I_L   = g_L*area*(v - E_L)          : amp
        dm/dt = alpha_m*(1 - m) - beta_m*m : 1
        dh/dt = alpha_h*(1 - h) - beta_h*h : 1
        dn/dt = alpha_n*(1 - n) - beta_n*n : 1
        alpha_m = 1.28/exprel((13*mV - v + V_T)/(4*mV))/ms         : Hz
        beta_m  = 1.4/exprel((v - V_T - 40*mV)/(5*mV))/ms          : Hz
        alpha_h = 0.128*exp((17*mV - v + V_T)/(18*mV))/ms          : Hz
        beta_h  = 4/(1 + exp((40*mV - v + V_T)/(5*mV)))/ms         : Hz
        alpha_n = 0.16/exprel((15*mV - v + V_T)/(5*mV))/ms         : Hz
        beta_n  = 0.5*exp((10*mV - v + V_T)/(40*mV))/ms            : Hz
    """,
    parameters={
        "area":    Parameter(20000, um**2,          "membrane area",                 range=(1000, 50000)),
        "C_m":     Parameter(1,     uF/cm**2,       "membrane capacitance",          range=(0.5, 2)),
        "g_Na":    Parameter(100,   msiemens/cm**2, "maximal sodium conductance",    range=(0, 200)),
        "g_K":     Parameter(30,    msiemens/cm**2, "maximal potassium conductance", range=(0, 60)),
        "g_L":     Parameter(5e-5,  siemens/cm**2,  "leak conductance",              range=(0, 3e-4)),
        "E_Na":    Parameter(50,    mV,             "sodium reversal potential",     range=(30, 80)),
        "E_K":     Parameter(-90,   mV,             "potassium reversal potential",  range=(-110, -70)),
        "E_L":     Parameter(-65,   mV,             "leak reversal potential",       range=(-80, -50)),
        "V_T":     Parameter(-63,   mV,             "shift of the rates along the voltage axis", range=(-70, -50)),
        "V_spike": Parameter(-20,   mV,             "a spike is an upward crossing of this", range=(-40, 0)),
    },
    input_unit=nA,
    input_range=(0, 0.7),
    initial={
        "v": -64.7646293 * mV,
        "m": "alpha_m/(alpha_m + beta_m)",
        "h": "alpha_h/(alpha_h + beta_h)",
        "n": "alpha_n/(alpha_n + beta_n)",
    },
    threshold="v > V_spike",
    refractory="v > V_spike",
    method="rk4",
    dt=0.025 * ms,
    references=(
        "Traub & Miles 1991, Neuronal Networks of the Hippocampus, Cambridge University Press",
        "Brette et al. 2007, J. Comput. Neurosci. 23:349-398, doi:10.1007/s10827-007-0038-6",
    ),
)
# fmt: on
