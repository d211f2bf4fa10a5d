"""The Morris-Lecar fibre with the three constant sets of Rinzel & Ermentrout."""

from dataclasses import replace

from brian2 import Unit, cm, ms, msiemens, mV, uA, uF

from ...neuron_model import NeuronModel, Parameter

_NUMBER = Unit(1)

# fmt: off
_HOPF = NeuronModel(
    name="morris_lecar",
    title="Morris-Lecar, Hopf constants",
    # Rinzel & Ermentrout's equations 7.1 to 7.5; their time constant of w is 1/cosh in ms, over phi.
    equations="""
        dv/dt = (I - I_Ca - I_K - I_L)/C_m : volt
        I_Ca  = g_Ca*m_inf*(v - E_Ca) : amp/meter**2
        I_K   = g_K*w*(v - E_K)       : amp/meter**2
        I_L   = g_L*(v - E_L)         : amp/meter**2
        dw/dt = phi*(w_inf - w)/tau_w : 1
        m_inf = 0.5*(1 + tanh((v - V_1)/V_2))      : 1
        w_inf = 0.5*(1 + tanh((v - V_3)/V_4))      : 1
        tau_w = 1*ms/cosh((v - V_3)/(2*V_4))       : second
    """,
    parameters={
        "C_m":     Parameter(20,   uF/cm**2,       "membrane capacitance",            range=(5, 40)),
        "g_Ca":    Parameter(4.4,  msiemens/cm**2, "maximal calcium conductance",     range=(0, 10)),
        "g_K":     Parameter(8,    msiemens/cm**2, "maximal potassium conductance",   range=(0, 16)),
        "g_L":     Parameter(2,    msiemens/cm**2, "leak conductance",                range=(0, 5)),
        "E_Ca":    Parameter(120,  mV, "calcium reversal potential",                  range=(60, 150)),
        "E_K":     Parameter(-84,  mV, "potassium reversal potential",                range=(-100, -60)),
        "E_L":     Parameter(-60,  mV, "leak reversal potential",                     range=(-80, -40)),
        "V_1":     Parameter(-1.2, mV, "half-activation of calcium",                  range=(-20, 20)),
        "V_2":     Parameter(18,   mV, "width of calcium activation",                 range=(5, 40)),
        "V_3":     Parameter(2,    mV, "half-activation of potassium",                range=(-20, 30)),
        "V_4":     Parameter(30,   mV, "width of potassium activation",               range=(5, 40)),
        "phi":     Parameter(0.04, _NUMBER, "rate of potassium activation",           range=(0.01, 0.5)),
        "V_spike": Parameter(0,    mV, "a spike is an upward crossing of this",       range=(-20, 20)),
    },
    input_unit=uA / cm**2,
    input_range=(0, 250),
    initial={"v": -60.8553823 * mV, "w": "w_inf"},
    threshold="v > V_spike",
    refractory="v > V_spike",
    method="rk4",
    dt=0.05 * ms,
    references=(
        "Rinzel & Ermentrout 1998, in Koch & Segev (eds), Methods in Neuronal Modeling, 251-291, "
        "table 7.1, MIT Press",
        "Morris & Lecar 1981, Biophys. J. 35:193-213, doi:10.1016/S0006-3495(81)84782-0",
    ),
)
# fmt: on


def _set(name: str, title: str, phi: float) -> NeuronModel:
    conductance = msiemens / cm**2
    changed = {"g_Ca": 4 * conductance, "V_3": 12 * mV, "V_4": 17.4 * mV, "phi": phi}
    return _HOPF.with_(**changed, name=name, title=title, input_range=(0, 150))


MORRIS_LECAR = replace(
    _HOPF,
    variants={
        "SNIC": _set("morris_lecar_snic", "Morris-Lecar, SNIC constants", 0.067),
        "homoclinic": _set("morris_lecar_homoclinic", "Morris-Lecar, homoclinic constants", 0.23),
    },
)
