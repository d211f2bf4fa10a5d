"""The fast-spiking interneuron of Wang & Buzsaki 1996."""

from brian2 import cm, ms, msiemens, mV, uA, uF

from ...neuron_model import NeuronModel, Parameter

# fmt: off
WANG_BUZSAKI = NeuronModel(
    name="wang_buzsaki",
    title="Wang-Buzsaki interneuron",
    # Their page 6403; sodium activation is instantaneous, phi = 5 is written out. The quotients
    # alpha_m and alpha_n, 0/0 at -35 and -34 mV, are written with exprel.
    equations="""
        dv/dt = (I - I_Na - I_K - I_L)/C_m : volt
        I_Na  = g_Na*m_inf**3*h*(v - E_Na) : amp/meter**2
        I_K   = g_K*n**4*(v - E_K)     : amp/meter**2
        I_L   = g_L*(v - E_L)          : amp/meter**2
        m_inf = alpha_m/(alpha_m + beta_m) : 1
        dh/dt = 5*(alpha_h*(1 - h) - beta_h*h) : 1
        dn/dt = 5*(alpha_n*(1 - n) - beta_n*n) : 1
        alpha_m = 1/exprel(-(v + 35*mV)/(10*mV))/ms      : Hz
        beta_m  = 4*exp(-(v + 60*mV)/(18*mV))/ms         : Hz
        alpha_h = 0.07*exp(-(v + 58*mV)/(20*mV))/ms      : Hz
        beta_h  = 1/(1 + exp(-(v + 28*mV)/(10*mV)))/ms   : Hz
        alpha_n = 0.1/exprel(-(v + 34*mV)/(10*mV))/ms    : Hz
        beta_n  = 0.125*exp(-(v + 44*mV)/(80*mV))/ms     : Hz
    """,
    parameters={
        "C_m":     Parameter(1,   uF/cm**2,       "membrane capacitance",          range=(0.5, 2)),
        "g_Na":    Parameter(35,  msiemens/cm**2, "maximal sodium conductance",    range=(0, 70)),
        "g_K":     Parameter(9,   msiemens/cm**2, "maximal potassium conductance", range=(0, 20)),
        "g_L":     Parameter(0.1, msiemens/cm**2, "leak conductance",              range=(0, 0.5)),
        "E_Na":    Parameter(55,  mV,             "sodium reversal potential",     range=(30, 80)),
        "E_K":     Parameter(-90, mV,             "potassium reversal potential",  range=(-100, -60)),
        "E_L":     Parameter(-65, mV,             "leak reversal potential",       range=(-80, -40)),
        "V_spike": Parameter(0,   mV,             "a spike is an upward crossing of this", range=(-40, 20)),
    },
    input_unit=uA / cm**2,
    input_range=(0, 10),
    initial={"v": -64.0175671 * mV, "h": "alpha_h/(alpha_h + beta_h)", "n": "alpha_n/(alpha_n + beta_n)"},
    threshold="v > V_spike",
    refractory="v > V_spike",
    method="rk4",
    dt=0.025 * ms,
    references=(
        "Wang & Buzsaki 1996, J. Neurosci. 16:6402-6413, doi:10.1523/JNEUROSCI.16-20-06402.1996",
    ),
)
# fmt: on
