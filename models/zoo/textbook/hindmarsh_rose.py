"""The burster of Hindmarsh & Rose, in its own pure numbers."""

from brian2 import Unit, ms

from ...neuron_model import NeuronModel, Parameter

_NUMBER = Unit(1)

HINDMARSH_ROSE = NeuronModel(
    name="hindmarsh_rose",
    title="Hindmarsh-Rose burster",
    equations="""
        dx/dt = (y - a*x**3 + b*x**2 - z + I)/ms : 1
        dy/dt = (c - d*x**2 - y)/ms : 1
        dz/dt = r*(s*(x - x_R) - z)/ms : 1
    """,
    parameters={
        "a": Parameter(1, _NUMBER, "cubic term", range=(0.5, 2)),
        "b": Parameter(3, _NUMBER, "quadratic term", range=(2, 4)),
        "c": Parameter(1, _NUMBER, "drive of the recovery", range=(0, 2)),
        "d": Parameter(5, _NUMBER, "curvature of the recovery", range=(3, 7)),
        "r": Parameter(0.006, _NUMBER, "how slow the adaptation is", range=(0.0005, 0.05)),
        "s": Parameter(4, _NUMBER, "strength of the adaptation", range=(1, 6)),
        "x_R": Parameter(-1.6, _NUMBER, "rest", range=(-2, -1)),
        "x_spike": Parameter(1, _NUMBER, "a spike is an upward crossing of this", range=(0, 1.5)),
    },
    input_unit=_NUMBER,
    input_range=(0, 5),
    initial={"x": -1.6045, "y": -11.8727, "z": -0.0181},
    threshold="x > x_spike",
    refractory="x > x_spike",
    method="rk4",
    dt=0.05 * ms,
    references=(
        "Hindmarsh & Rose 1984, Proc. R. Soc. Lond. B 221:87-102, doi:10.1098/rspb.1984.0024",
    ),
)
