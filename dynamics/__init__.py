"""What a model's equations imply, without simulation."""

from .continuation.diagram import Diagram, bifurcations
from .equilibria import equilibria, rest
from .fluctuations import membrane_deviation, noise_for_deviation
from .phase_planes import PhasePlane, phase_plane
from .phase_response import phase_response
from .steady_currents import saddle_node, steady_current, velocity
from .two_parameters.curves import Curves, curves
from .two_parameters.saddle_node_loop import saddle_node_loop

__all__ = [
    "Curves",
    "Diagram",
    "PhasePlane",
    "bifurcations",
    "curves",
    "equilibria",
    "membrane_deviation",
    "noise_for_deviation",
    "phase_plane",
    "phase_response",
    "rest",
    "saddle_node",
    "saddle_node_loop",
    "steady_current",
    "velocity",
]
