"""Brian2 during a run: to one thread at a time, with the preferences that the run needs."""

import contextlib
import threading

from brian2 import prefs

from ..backend import Backend

TARGETS = ("numpy", "cython")  # for standalone code the device decides, not the target


# Device, preferences, clocks and names are one for the whole process: with two threads at work
# spikes were counted wrongly without any error.
_ALONE = threading.RLock()
_SCHEDULE = ["start", "groups", "thresholds", "synapses", "resets", "end"]


@contextlib.contextmanager
def preferences(backend: Backend):
    """Have Brian2 alone for the block, set its preferences, and put the user's back after it."""
    wanted = {
        "core.network.default_schedule": _SCHEDULE,
        "legacy.refractory_timing": False,
        "core.default_float_dtype": backend.dtype,
        "devices.cpp_standalone.openmp_threads": backend.threads if backend.threads > 1 else 0,
    }
    if backend.name in TARGETS:
        wanted["codegen.target"] = backend.name
    else:  # Brian2 would try each of its flags with the compiler; a program has its own
        wanted["codegen.cpp.extra_compile_args"] = []
        wanted["core.stop_on_keyboard_interrupt"] = False  # it would end as if it had failed
    with _ALONE:
        before = {name: prefs[name] for name in wanted}
        try:
            for name, value in wanted.items():
                prefs[name] = value
            yield
        finally:
            for name, value in before.items():
                prefs[name] = value
