"""What a model's equations imply, without simulation."""

from .continuation.diagram import Diagram, bifurcations
from .equilibria import equilibria, rest
from .fluctuations import membrane_deviation, noise_for_deviation
from .phase_response import phase_response
from .steady_currents import saddle_node, steady_current, velocity

__all__ = [
    "Diagram",
    "bifurcations",
    "equilibria",
    "membrane_deviation",
    "noise_for_deviation",
    "phase_response",
    "rest",
    "saddle_node",
    "steady_current",
    "velocity",
]
