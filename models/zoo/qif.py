"""The quadratic integrate-and-fire neuron: the normal form of a saddle-node on a circle."""

from brian2 import Unit, ms

from ..neuron_model import NeuronModel, Parameter

_NUMBER = Unit(1)

# fmt: off
QIF = NeuronModel(
    name="qif",
    title="Quadratic integrate-and-fire neuron",
    # The input is the bifurcation parameter, often written V0: two fixed points at -sqrt(-I) and
    # sqrt(-I) below 0, none above.
    equations="""
        dv/dt = (I + v**2)/tau : 1
    """,
    parameters={
        "tau":     Parameter(10,  ms,      "time constant",  range=(1, 50)),
        "V_th":    Parameter(10,  _NUMBER, "peak at which a spike is counted", range=(1, 100)),
        "V_reset": Parameter(-10, _NUMBER, "reset value",    range=(-100, -1)),
    },
    input_unit=_NUMBER,
    input_range=(-1, 4),
    initial={"v": "V_reset"},
    threshold="v > V_th",
    reset="v = V_reset",
    method="rk4",
    dt=0.05 * ms,
    references=(
        "Ermentrout & Kopell 1986, SIAM J. Appl. Math. 46:233-253, doi:10.1137/0146017",
        "Latham, Richmond, Nelson & Nirenberg 2000, J. Neurophysiol. 83:808-827",
    ),
)
# fmt: on
