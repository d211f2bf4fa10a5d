"""What computes a run: a `Backend` names an engine and runs plans on it.

A new engine is a folder here and an entry in `ENGINES`. The names below are imported when they are
used: a compiled program runs without Brian2.
"""

import importlib

_HOME = {
    **dict.fromkeys(
        ("BACKENDS", "ENGINES", "PRECISIONS", "Backend", "Engine", "choose", "has_compiler",
         "makes_program"),
        "backend",
    ),
    "preferences": "brian.preferences",
}  # fmt: skip
__all__ = sorted(_HOME)


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
