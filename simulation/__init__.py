"""How a model is run.

The names below are imported when they are used: running a compiled program needs numpy alone, and
importing Brian2 would cost more than the run.
"""

import importlib

_HOME = {
    "BACKENDS": "backends.backend",
    "Backend": "backends.backend",
    "has_compiler": "backends.backend",
    "CellsRecording": "recording",
    "DivergenceError": "recording",
    "Numerics": "numerics",
    "NeuronProgram": "programs.neuron_program",
    "Program": "backends.compiled.program",
    "ProgramError": "backends.compiled.program",
    "reference": "backends.reference",
    "Recording": "recording",
    "build": "programs.build",
    "export": "projects.project",
    "open_program": "programs.neuron_program",
    "simulate": "run",
}

__all__ = sorted(_HOME)


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
