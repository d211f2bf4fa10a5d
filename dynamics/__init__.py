"""What a model's equations imply, without simulation.

The names below are imported when they are used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "continuation.diagram": ["Diagram", "bifurcations"],
        "equilibria": ["equilibria", "rest"],
        "fluctuations": ["membrane_deviation", "noise_for_deviation"],
        "phase_planes": ["PhasePlane", "phase_plane"],
        "phase_response": ["phase_response"],
        "phase_trajectories": ["PhaseLine", "phase_line"],
        "slaving": ["slaving"],
        "steady_currents": ["saddle_node", "steady_current", "velocity"],
        "two_parameters.curves": ["Curves", "curves"],
        "two_parameters.saddle_node_loop": ["saddle_node_loop"],
    },
)
