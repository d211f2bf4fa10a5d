"""Izhikevich's I_Na,p + I_K model, with a high and a low threshold of potassium."""

from dataclasses import replace

from brian2 import cm, ms, msiemens, mV, uA, uF

from ...neuron_model import NeuronModel, Parameter

# fmt: off
_HIGH = NeuronModel(
    name="persistent_sodium",
    title="I_Na,p + I_K, high threshold",
    equations="""
        dv/dt = (I - I_L - I_Na - I_K)/C_m : volt
        I_L   = g_L*(v - E_L)          : amp/meter**2
        I_Na  = g_Na*m_inf*(v - E_Na)  : amp/meter**2
        I_K   = g_K*n*(v - E_K)        : amp/meter**2
        dn/dt = (n_inf - n)/tau        : 1
        m_inf = 1/(1 + exp((V_m - v)/k_m)) : 1
        n_inf = 1/(1 + exp((V_n - v)/k_n)) : 1
    """,
    parameters={
        "C_m":     Parameter(1,   uF/cm**2,       "membrane capacitance",          range=(0.5, 2)),
        "g_L":     Parameter(8,   msiemens/cm**2, "leak conductance",              range=(0, 20)),
        "g_Na":    Parameter(20,  msiemens/cm**2, "maximal persistent sodium conductance", range=(0, 40)),
        "g_K":     Parameter(10,  msiemens/cm**2, "maximal potassium conductance", range=(0, 20)),
        "E_L":     Parameter(-80, mV, "leak reversal potential",                   range=(-90, -60)),
        "E_Na":    Parameter(60,  mV, "sodium reversal potential",                 range=(30, 80)),
        "E_K":     Parameter(-90, mV, "potassium reversal potential",              range=(-100, -60)),
        "V_m":     Parameter(-20, mV, "half-activation of sodium",                 range=(-40, 0)),
        "k_m":     Parameter(15,  mV, "width of sodium activation",                range=(5, 25)),
        "V_n":     Parameter(-25, mV, "half-activation of potassium",              range=(-60, 0)),
        "k_n":     Parameter(5,   mV, "width of potassium activation",             range=(2, 10)),
        "tau":     Parameter(1,   ms, "time constant of potassium",                range=(0.1, 2)),
        "V_spike": Parameter(-20, mV, "a spike is an upward crossing of this",     range=(-40, 0)),
    },
    input_unit=uA / cm**2,
    input_range=(0, 50),
    initial={"v": -66.0 * mV, "n": "n_inf"},
    threshold="v > V_spike",
    refractory="v > V_spike",
    method="rk4",
    dt=0.01 * ms,
    references=(
        "Izhikevich 2007, Dynamical Systems in Neuroscience, figures 4.1, 4.9 and 6.7, MIT Press",
    ),
)
# fmt: on

PERSISTENT_SODIUM = replace(
    _HIGH,
    variants={
        "low": _HIGH.with_(
            name="persistent_sodium_low",
            title="I_Na,p + I_K, low threshold",
            E_L=-78 * mV,
            V_n=-45 * mV,
        )
    },
)
