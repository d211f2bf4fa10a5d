"""Brian2's preferences during a run."""

import contextlib

from brian2 import prefs

from ..backend import Backend

TARGETS = ("numpy", "cython")  # for standalone code the device decides, not the target


@contextlib.contextmanager
def preferences(backend: Backend):
    """Set Brian2's preferences for the block, and put the user's back after it."""
    wanted = {
        "core.default_float_dtype": backend.dtype,
        "devices.cpp_standalone.openmp_threads": backend.threads if backend.threads > 1 else 0,
    }
    if backend.name in TARGETS:
        wanted["codegen.target"] = backend.name
    before = {name: prefs[name] for name in wanted}
    try:
        for name, value in wanted.items():
            prefs[name] = value
        yield
    finally:
        for name, value in before.items():
            prefs[name] = value
