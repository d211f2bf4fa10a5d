"""Which engines there are, which one runs a plan, and what each needs."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from brian2 import Function
from brian2.codegen.generators.cpp_generator import CPPCodeGenerator

from ...errors import InputError
from ...models.checks import check_count, check_name
from ...progress import tell
from ..recording import Recording
from .compiled.compile import compiler, has_openmp


@dataclass(frozen=True)
class Engine:
    """What can run plans.

    Attributes
    ----------
    name : str
        The backend's name.
    place : str
        ``"module:function"`` in this folder, imported when it runs; the function takes a `Plan`
        and a `Backend` and returns a `Recording`.
    needs_compiler, has_threads, makes_programs : bool
        Whether it needs a C++ compiler, has threads of its own, and leaves a program that can be
        run again.
    is_exact : bool
        Whether it has no steps: it takes the stimulus as it is and locates spikes by itself.
    """

    name: str
    place: str
    needs_compiler: bool = False
    has_threads: bool = False
    makes_programs: bool = False
    is_exact: bool = False

    @property
    def run(self) -> Callable:
        """The function that runs a plan."""
        module, function = self.place.split(":")
        return getattr(importlib.import_module(f".{module}", __package__), function)


ENGINES = {
    engine.name: engine
    for engine in (
        Engine("numpy", "brian.in_process:run"),
        Engine("cython", "brian.in_process:run", needs_compiler=True),
        Engine(
            "cpp_standalone", "compiled.programs:run",
            needs_compiler=True, has_threads=True, makes_programs=True,
        ),
        Engine("scipy", "reference:run", is_exact=True),
    )
}  # fmt: skip
AUTO = "auto"
# What "auto" takes for short and for long runs.
QUICK_TO_START, QUICK_TO_RUN = "numpy", "cpp_standalone"
BACKENDS = (AUTO, *ENGINES)
PRECISIONS = ("float64", "float32")


@dataclass(frozen=True)
class Backend:
    """How a simulation is computed; wherever there is ``backend=``, a name or one of these.

    Attributes
    ----------
    name : {"auto", "numpy", "cython", "cpp_standalone", "scipy"}
        ``"auto"`` is the fastest that works on this machine for the work at hand. ``"scipy"`` is
        the reference solution (see `excitable.simulation.reference`), cell by cell and slow.
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
        check_name("backend", self.name, (AUTO, *ENGINES))
        check_name("precision", self.precision, PRECISIONS)
        if not isinstance(self.optimise, bool):
            raise InputError(f"optimise: expected True or False, got {self.optimise!r}")
        threads = check_count("threads", self.threads)
        if threads > 1 and self.name != AUTO and not self.engine.has_threads:
            raise InputError(
                f"backend {self.name!r} has one thread, got threads={threads}; use "
                f"Backend({QUICK_TO_RUN!r}, threads=...)"
            )
        if not isinstance(self.optimise, bool):
            raise InputError(f"optimise: expected True or False, got {self.optimise!r}")

    @property
    def engine(self) -> Engine:
        """What computes it; ``"auto"`` has none until `choose` has chosen."""
        return ENGINES[self.name]

    @property
    def dtype(self) -> type:
        """Of the state."""
        return getattr(np, self.precision)

    def run(self, plan) -> Recording:
        """Run a plan.

        Parameters
        ----------
        plan : Plan

        Raises
        ------
        ValueError
            If this backend cannot run here, or cannot run this plan.
        DivergenceError
            If a state is not finite at the end.
        """
        chosen = choose(self, plan.steps, plan.functions)
        if chosen.precision != "float64" and not plan.divisible:
            raise InputError(f"precision {chosen.precision!r}: networks run in 'float64' only")
        recording = chosen.engine.run(plan, chosen)
        for cells in plan.cells:
            plan.check_finite(cells, recording.cells[cells.name])
        return recording


def has_compiler() -> bool:
    """Return whether a C++ compiler is on the path."""
    return compiler() is not None


# Shorter than this, compiling takes longer than the run does on numpy (about 1 ms a step).
SHORT_STEPS = 1000


def choose(
    backend: str | Backend | None,
    steps: float = np.inf,
    functions: Mapping[str, object] | None = None,
) -> Backend:
    """Return the backend that runs: as given, or the fastest that works here.

    Parameters
    ----------
    backend : Backend, str or None
        A name in `BACKENDS` is a `Backend` of that name; None is ``"auto"``.
    steps : float
        Number of steps of the run, by which ``"auto"`` decides.
    functions : dict of str to Function or TimedArray, optional
        What the equations call. One that is Python alone has no place in a compiled program, so
        ``"auto"`` takes another backend.

    Raises
    ------
    ValueError
        For an unknown name, one that needs a compiler where there is none, or one that cannot run
        these functions.
    """
    wanted, functions = _named(backend), functions or {}
    if wanted.name == AUTO:
        if wanted.threads > 1:
            return choose(replace(wanted, name=QUICK_TO_RUN), functions=functions)
        if _python_alone(functions):
            return replace(wanted, name=QUICK_TO_START)
        if has_compiler():
            name = QUICK_TO_START if steps <= SHORT_STEPS else QUICK_TO_RUN
            return replace(wanted, name=name)
        _say_once("no C++ compiler found: running on numpy, which is slower. Install g++ and make "
                  "(Debian: apt install g++ make; macOS: xcode-select --install).")  # fmt: skip
        return replace(wanted, name=QUICK_TO_START)
    if wanted.engine.needs_compiler and not has_compiler():
        raise InputError(
            f"backend {wanted.name!r} needs a C++ compiler and none is on the path; install g++ "
            f"and make, or use backend={QUICK_TO_START!r}"
        )
    if wanted.threads > 1 and not has_openmp():
        raise InputError(
            f"threads={wanted.threads}: {compiler()} has no OpenMP; install it (for clang: apt "
            "install libomp-dev), or use threads=1"
        )
    if wanted.engine.makes_programs:
        check_compilable(functions)
    return wanted


def check_compilable(functions: Mapping[str, object]) -> None:
    """Raise InputError for a function that cannot become part of a compiled program."""
    for name in _python_alone(functions):
        raise InputError(
            f"the function {name!r} is written in Python alone, which a compiled program cannot "
            "call; give it a C++ implementation (Brian2's `implementation`), or use "
            f"backend={QUICK_TO_START!r}"
        )


def _python_alone(functions: Mapping[str, object]) -> list[str]:
    return [
        name
        for name, function in functions.items()
        if isinstance(function, Function) and CPPCodeGenerator not in function.implementations
    ]


def makes_program(backend: str | Backend | None) -> Backend:
    """Return the backend of a program that is compiled, here or elsewhere.

    Raises
    ------
    ValueError
        For one that is not compiled to a program.
    """
    wanted = _named(backend)
    if wanted.name == AUTO:
        return replace(wanted, name=QUICK_TO_RUN)
    if not wanted.engine.makes_programs:
        raise InputError(
            f"backend {wanted.name!r} makes no program; use Backend({QUICK_TO_RUN!r}, "
            "precision=..., threads=...)"
        )
    return wanted


def _named(backend: str | Backend | None) -> Backend:
    return backend if isinstance(backend, Backend) else Backend(backend or AUTO)


@cache
def _say_once(line: str) -> None:
    tell(line)
