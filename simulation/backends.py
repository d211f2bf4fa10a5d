"""Which code generation target runs a simulation, and what it needs."""

import contextlib
import sys
from functools import cache

import numpy as np
from brian2 import prefs

from ..models.checks import check_name
from .compile import compiler

BACKENDS = ("auto", "numpy", "cython", "cpp_standalone")


def has_compiler() -> bool:
    """Return whether a C++ compiler is on the path."""
    return compiler() is not None


# Shorter than this, compiling takes longer than the run does on numpy (about 1 ms a step).
SHORT_STEPS = 1000


def choose(backend: str | None, steps: float = np.inf) -> str:
    """Return the backend that runs: a name as given, or the fastest that works here.

    Parameters
    ----------
    backend : str or None
        A name in `BACKENDS`; None is ``"auto"``.
    steps : float
        Number of steps of the run, by which ``"auto"`` decides.

    Raises
    ------
    ValueError
        For an unknown name, or one that needs a compiler where there is none.
    """
    name = check_name("backend", backend or "auto", BACKENDS)
    if name == "auto":
        if has_compiler():
            return "numpy" if steps <= SHORT_STEPS else "cpp_standalone"
        _say_once("no C++ compiler found: running on numpy, which is slower. Install g++ and make "
                  "(Debian: apt install g++ make; macOS: xcode-select --install).")  # fmt: skip
        return "numpy"
    if name != "numpy" and not has_compiler():
        raise ValueError(
            f"backend {name!r} needs a C++ compiler and none is on the path; install g++ and "
            "make, or use backend='numpy'"
        )
    return name


@cache
def _say_once(line: str) -> None:
    print(line, file=sys.stderr)


@contextlib.contextmanager
def target(name: str):
    """Set Brian2's code generation target for the block, and put the user's back after it."""
    before = prefs.codegen.target
    prefs.codegen.target = name
    try:
        yield
    finally:
        prefs.codegen.target = before
