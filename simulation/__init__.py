"""How a model is run.

The names below are imported when they are used: running a compiled program needs numpy alone, and
importing Brian2 would cost more than the run.
"""

import importlib

_HOME = {
    "BACKENDS": "backends",
    "Backend": "backends",
    "has_compiler": "backends",
    "Program": "program",
    "ProgramError": "program",
    "reference": "reference_integrator",
    "DivergenceError": "run",
    "Recording": "run",
    "simulate": "run",
}

__all__ = sorted(_HOME)


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
