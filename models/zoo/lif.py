"""The leaky integrate-and-fire neuron, with the constants of an introductory practical."""

from brian2 import Mohm, ms, mV, nA

from ..neuron_model import NeuronModel, Parameter

# fmt: off
LIF = NeuronModel(
    name="lif",
    title="Leaky integrate-and-fire neuron",
    equations="""
        dv/dt = (E_L - v + R*I)/tau : volt (unless refractory)
    """,
    parameters={
        "tau":     Parameter(10,  ms,   "membrane time constant",  range=(1, 50)),
        "R":       Parameter(10,  Mohm, "membrane resistance",     range=(1, 100)),
        "E_L":     Parameter(-65, mV,   "resting potential",       range=(-90, -50)),
        "V_th":    Parameter(-50, mV,   "threshold",               range=(-60, -30)),
        "V_reset": Parameter(-65, mV,   "reset potential",         range=(-90, -51)),
        "t_ref":   Parameter(0,   ms,   "refractory period",       range=(0, 10)),
    },
    input_unit=nA,
    input_range=(0, 5),
    initial={"v": "E_L"},
    threshold="v > V_th",
    reset="v = V_reset",
    refractory="t_ref",
    method="rk4",
    dt=0.05 * ms,
    references=(
        "Lapicque 1907, J. Physiol. Pathol. Gen. 9:620-635",
        "Gerstner, Kistler, Naud & Paninski 2014, Neuronal Dynamics, section 1.3",
    ),
)
# fmt: on
