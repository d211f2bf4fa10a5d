"""What a model's equations imply, without simulation."""

from .continuation.diagram import Diagram, bifurcations
from .equilibria import equilibria, rest
from .fluctuations import membrane_deviation, noise_for_deviation
from .steady_currents import saddle_node, steady_current, velocity

__all__ = [
    "Diagram",
    "bifurcations",
    "equilibria",
    "membrane_deviation",
    "noise_for_deviation",
    "rest",
    "saddle_node",
    "steady_current",
    "velocity",
]
