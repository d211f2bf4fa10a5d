"""Cached programs: which one runs a group, and how it is made."""

import hashlib
from dataclasses import replace
from functools import cache
from pathlib import Path

import brian2
import numpy as np
from brian2 import TimedArray

from ....models.grouping import GroupText
from ...parallel.chunks import count_chunks, execute, seeds_of_chunks
from ...parallel.machine import programs_at_once
from .. import Backend, preferences
from . import cache as programs_cache
from .compile import compile_program, compiler_identity, flags_probed_meanwhile
from .generate import generate
from .program import Program

SMALLEST, LARGEST = 16, 1024  # neurons in a program; gcc vectorises no loop over fewer than 16
WORTH_SPLITTING = 128  # neurons below which a second process costs more than it gains
STANDALONE = Backend("cpp_standalone")
# Folders whose files decide what the program of a given text consists of.
_SOURCES = ("simulation/backends/compiled", "simulation/methods", "simulation/networks")


def run_program(plan) -> dict[str, np.ndarray]:
    """Run a plan (see `run.Plan`) on a program, compiled now or before."""
    text = plan.text.with_arguments()
    n = text.n
    size = size_of(text, plan.backend.threads)
    program = cached_program(
        replace(text, n=size), [*plan.state], plan.record, plan.record_dt, plan.backend
    )
    values = {**text.arrays, **{k: np.broadcast_to(v, n) for k, v in plan.state.items()}}
    return execute(
        program,
        values,
        text.shared,
        n,
        float(plan.duration),
        float(text.dt),
        seeds=seeds_of_chunks(plan.seed, count_chunks(n, program)),
        label=plan.label,
    )


def cached_program(
    text: GroupText,
    states,
    record,
    record_dt,
    backend: Backend = STANDALONE,
    *,
    about=None,
    sources=None,
) -> Program:
    """Return the compiled program of a text whose numbers are arguments.

    See `generate` for what `about` and `sources` add to it.
    """
    key = programs_cache.key_of(
        own_sources(), brian2.__version__, compiler_identity(),
        text.n, text.equations, text.threshold, text.reset, text.refractory, text.method,
        record, record_dt and float(record_dt), contents(text), backend.threads,
        backend.precision, backend.optimise, about, sources,
    )  # fmt: skip

    def build(folder):
        with flags_probed_meanwhile(), preferences(backend):
            generate(folder, text, states, record, record_dt, about, sources, backend.optimise)
        compile_program(folder, is_hot, common_flags(backend))

    return programs_cache.program(key, build)


def is_hot(source: Path) -> bool:
    """Return whether a source file holds a loop that the run time goes into."""
    return "stateupdater" in source.name or source.name == "starting_state.cpp"


def cpp_standard() -> str:
    """Return the flag for the C++ standard that Brian2's sources are written in."""
    flags = brian2.prefs.codegen.cpp.extra_compile_args_gcc
    return next((f for f in flags if f.startswith("-std=")), "-std=c++17")


def common_flags(backend: Backend) -> tuple[str, ...]:
    """Return the flags for all sources of a program, and for linking it."""
    return (cpp_standard(), *(("-fopenmp",) if backend.threads > 1 else ()))


@cache
def own_sources() -> str:
    """Return a checksum of the code that decides what a program of a given text consists of."""
    root = Path(__file__).parents[3]
    files = [f for folder in _SOURCES for f in (root / folder).rglob("*.*") if f.suffix != ".pyc"]
    files.append(root / "models" / "functions.py")
    return hashlib.sha256(b"".join(file.read_bytes() for file in sorted(files))).hexdigest()


def size_of(text: GroupText, threads: int = 1) -> int:
    """Return how many neurons the program has that runs this group.

    A power of two, so that a few programs serve all sizes; the neurons too many run with the last
    one's values and are dropped. Noise is drawn for a whole program, so how a noisy group is cut
    may not depend on the machine. A program with threads of its own is not cut.
    """
    if any(isinstance(f, TimedArray) and f.values.ndim == 2 for f in text.functions.values()):
        return text.n
    split = text.n >= WORTH_SPLITTING and not text.stochastic and threads == 1
    wanted = -(-text.n // programs_at_once()) if split else text.n
    size = max(SMALLEST, 1 << (wanted - 1).bit_length())
    return size if threads > 1 else min(size, LARGEST)


def contents(text: GroupText) -> list:
    """Return what recorded inputs consist of: their samples, and the step that is built in."""
    recorded = {k: f for k, f in text.functions.items() if isinstance(f, TimedArray)}
    return [(k, f.values.tobytes().hex(), float(f.dt), float(text.dt)) for k, f in recorded.items()]
