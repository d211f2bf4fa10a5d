"""What a model's equations imply, without simulation.

The names below are imported when they are used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "continuation.diagram": ["Diagram", "bifurcations"],
        "continuation.saddle_node_loop": ["saddle_node_loop"],
        "continuation.two_parameters": ["Curves", "curves"],
        "equilibria": ["equilibria", "rest"],
        "fluctuations": ["membrane_deviation", "noise_for_deviation"],
        "phase_planes": ["PhasePlane", "phase_plane"],
        "phase_response": ["phase_response"],
        "steady_currents": ["saddle_node", "steady_current", "velocity"],
    },
)
