"""What a model's equations imply, without simulation."""

from .continuation.diagram import Diagram, bifurcations
from .equilibria import equilibria, rest
from .fluctuations import membrane_deviation, noise_for_deviation
from .phase_planes import PhasePlane, phase_plane
from .phase_response import phase_response
from .phase_trajectories import PhaseLine, phase_line
from .slaving import slaving
from .steady_currents import saddle_node, steady_current, velocity
from .two_parameters.curves import Curves, curves
from .two_parameters.saddle_node_loop import saddle_node_loop

__all__ = [
    "Curves",
    "Diagram",
    "PhaseLine",
    "PhasePlane",
    "bifurcations",
    "curves",
    "equilibria",
    "membrane_deviation",
    "noise_for_deviation",
    "phase_line",
    "phase_plane",
    "phase_response",
    "rest",
    "saddle_node",
    "saddle_node_loop",
    "slaving",
    "steady_current",
    "velocity",
]
