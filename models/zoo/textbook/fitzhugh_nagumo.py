"""The FitzHugh-Nagumo equations, in their own pure numbers."""

from brian2 import Unit, ms

from ...neuron_model import NeuronModel, Parameter

_NUMBER = Unit(1)

FITZHUGH_NAGUMO = NeuronModel(
    name="fitzhugh_nagumo",
    title="FitzHugh-Nagumo",
    # FitzHugh's equations 1 and 2 with the sign of v and w turned, c**2 = 1/epsilon; one unit of
    # time is a millisecond.
    equations="""
        dv/dt = (v - v**3/3 - w + I)/ms : 1
        dw/dt = epsilon*(v + a - b*w)/ms : 1
    """,
    parameters={
        "epsilon": Parameter(0.08, _NUMBER, "how slow the recovery is", range=(0.01, 1)),
        "a": Parameter(0.7, _NUMBER, "offset of the recovery", range=(0, 1.5)),
        "b": Parameter(0.8, _NUMBER, "decay of the recovery", range=(0, 1)),
        "v_spike": Parameter(1, _NUMBER, "a spike is an upward crossing of this", range=(0, 1.5)),
    },
    input_unit=_NUMBER,
    input_range=(0, 2),
    initial={"v": -1.1994, "w": -0.6243},
    threshold="v > v_spike",
    refractory="v > v_spike",
    method="rk4",
    dt=0.05 * ms,
    references=("FitzHugh 1961, Biophys. J. 1:445-466, doi:10.1016/S0006-3495(61)86902-6",),
)
