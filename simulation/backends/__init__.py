"""Which code generation target runs a simulation, how, and what it needs."""

import contextlib
import sys
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from brian2 import prefs

from ...models.checks import check_count, check_name
from .compiled.compile import compiler, has_openmp

BACKENDS = ("auto", "numpy", "cython", "cpp_standalone")
PRECISIONS = ("float64", "float32")


@dataclass(frozen=True)
class Backend:
    """How a simulation is computed; wherever there is ``backend=``, a name or one of these.

    Attributes
    ----------
    name : {"auto", "numpy", "cython", "cpp_standalone"}
        ``"auto"`` is the fastest that works on this machine for the work at hand.
    threads : int
        OpenMP threads inside one program; only ``"cpp_standalone"`` has them. Without them a
        large group is cut into chunks that run side by side, which is faster unless neurons are
        connected.
    precision : {"float64", "float32"}
        Of the state and all arithmetic; time itself stays float64. In float32 twice as many
        neurons fit into a vector register; rounding is 6e-8 of a value, so `certify` the result.
    optimise : bool
        Whether the C++ that Brian2 generates is changed where that makes it faster. Without, the
        same seed draws other normally distributed numbers; all else is the same.

    Raises
    ------
    ValueError
        For an unknown name or precision, threads where there are none, or an `optimise` that is
        not True or False.

    Examples
    --------
    >>> Backend("cpp_standalone", precision="float32")
    Backend(name='cpp_standalone', threads=1, precision='float32', optimise=True)
    """

    name: str = "auto"
    threads: int = 1
    precision: str = "float64"
    optimise: bool = True

    def __post_init__(self):
        check_name("backend", self.name, BACKENDS)
        check_name("precision", self.precision, PRECISIONS)
        if check_count("threads", self.threads) > 1 and self.name in ("numpy", "cython"):
            raise ValueError(
                f"backend {self.name!r} has one thread, got threads={self.threads}; use "
                "Backend('cpp_standalone', threads=...)"
            )
        if not isinstance(self.optimise, bool):
            raise ValueError(f"optimise: expected True or False, got {self.optimise!r}")

    @property
    def dtype(self) -> type:
        """Of the state."""
        return getattr(np, self.precision)


def has_compiler() -> bool:
    """Return whether a C++ compiler is on the path."""
    return compiler() is not None


# Shorter than this, compiling takes longer than the run does on numpy (about 1 ms a step).
SHORT_STEPS = 1000


def choose(backend: str | Backend | None, steps: float = np.inf) -> Backend:
    """Return the backend that runs: as given, or the fastest that works here.

    Parameters
    ----------
    backend : Backend, str or None
        A name in `BACKENDS` is a `Backend` of that name; None is ``"auto"``.
    steps : float
        Number of steps of the run, by which ``"auto"`` decides.

    Raises
    ------
    ValueError
        For an unknown name, or one that needs a compiler where there is none.
    """
    wanted = backend if isinstance(backend, Backend) else Backend(backend or "auto")
    if wanted.name == "auto":
        if wanted.threads > 1:
            return choose(replace(wanted, name="cpp_standalone"))
        if has_compiler():
            name = "numpy" if steps <= SHORT_STEPS else "cpp_standalone"
            return replace(wanted, name=name)
        _say_once("no C++ compiler found: running on numpy, which is slower. Install g++ and make "
                  "(Debian: apt install g++ make; macOS: xcode-select --install).")  # fmt: skip
        return replace(wanted, name="numpy")
    if wanted.name != "numpy" and not has_compiler():
        raise ValueError(
            f"backend {wanted.name!r} needs a C++ compiler and none is on the path; install g++ "
            "and make, or use backend='numpy'"
        )
    if wanted.threads > 1 and not has_openmp():
        raise ValueError(
            f"threads={wanted.threads}: {compiler()} has no OpenMP; install it (for clang: apt "
            "install libomp-dev), or use threads=1"
        )
    return wanted


def compiled(backend: str | Backend | None) -> Backend:
    """Return the backend of a program that is compiled, here or elsewhere.

    Raises
    ------
    ValueError
        For one that is not compiled to a program.
    """
    wanted = backend if isinstance(backend, Backend) else Backend(backend or "auto")
    if wanted.name not in ("auto", "cpp_standalone"):
        raise ValueError(
            f"backend {wanted.name!r} makes no program; use Backend('cpp_standalone', "
            "precision=..., threads=...)"
        )
    return replace(wanted, name="cpp_standalone")


@cache
def _say_once(line: str) -> None:
    print(line, file=sys.stderr)


@contextlib.contextmanager
def preferences(backend: Backend):
    """Set Brian2's preferences for the block, and put the user's back after it."""
    wanted = {
        "core.default_float_dtype": backend.dtype,
        "devices.cpp_standalone.openmp_threads": backend.threads if backend.threads > 1 else 0,
    }
    if backend.name != "cpp_standalone":  # for standalone code the device decides, not the target
        wanted["codegen.target"] = backend.name
    before = {name: prefs[name] for name in wanted}
    try:
        for name, value in wanted.items():
            prefs[name] = value
        yield
    finally:
        for name, value in before.items():
            prefs[name] = value
