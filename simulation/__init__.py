"""How a model is run.

The names below are imported when they are used: running a compiled program needs numpy alone, and
importing Brian2 would cost more than the run.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "backends.backend": ["BACKENDS", "Backend", "has_compiler"],
        "backends.compiled.program": ["Program", "ProgramError"],
        "backends.reference": ["reference"],
        "numerics": ["Numerics"],
        "programs.build": ["build"],
        "programs.neuron_program": ["NeuronProgram", "open_program"],
        "projects.project": ["export"],
        "recording": ["CellsRecording", "DivergenceError", "Recording"],
        "run": ["simulate"],
    },
)
