"""Cached programs: which one runs a plan, and how it is made."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import brian2
import numpy as np
from brian2 import Function, TimedArray
from brian2.codegen.generators.cpp_generator import CPPCodeGenerator

from ....models.grouping import BrianText
from ....progress import reporter
from ...parallel.chunks import count_chunks, execute, seeds_of_chunks
from ...parallel.machine import programs_at_once
from ...plan import Plan
from ...recording import Recording, recording_of
from ..backend import Backend
from ..brian.preferences import preferences
from . import cache as programs_cache
from .compile import compile_program, compiler_identity, prepared_meanwhile
from .generate import generate
from .program import Program

SMALLEST, LARGEST = 16, 1024  # neurons in a program; gcc vectorises no loop over fewer than 16
WORTH_SPLITTING = 128  # neurons below which a second process costs more than it gains


def run(plan: Plan, backend: Backend) -> Recording:
    """Run a plan on a program, compiled now or before; see `Backend.run`."""
    arguments = plan.with_arguments()
    run_it = _run_in_chunks if plan.divisible else _run_whole
    return recording_of(plan, run_it(arguments, backend), backend)


def _run_whole(plan: Plan, backend: Backend) -> dict[str, np.ndarray]:
    program = cached_program(plan, backend)
    with reporter(plan.label) as report:
        return program.execute(
            plan.numbers, float(plan.duration), float(plan.dt), seed=plan.seed, report=report
        )


def _run_in_chunks(plan: Plan, backend: Backend) -> dict[str, np.ndarray]:
    (cells,) = plan.cells
    n, shared = cells.text.n, cells.text.shared
    program = cached_program(plan.resized(size_of(cells.text, backend.threads)), backend)
    return execute(
        program,
        {k: np.broadcast_to(v, n) for k, v in cells.numbers.items() if k not in shared},
        shared,
        n,
        float(plan.duration),
        float(plan.dt),
        seeds=seeds_of_chunks(plan.seed, count_chunks(n, program)),
        label=plan.label,
    )


def cached_program(plan: Plan, backend: Backend, description=None, sources=None) -> Program:
    """Return the compiled program of a plan whose numbers are arguments.

    See `generate` for what `description` and `sources` add to it.
    """
    key = programs_cache.key_of(
        own_sources(), brian2.__version__, compiler_identity(), backend.threads,
        backend.precision, backend.optimise, _text_of(plan), description, sources,
    )  # fmt: skip
    # Cells that nothing connects spend their time in the integration alone.
    hot = is_hot if plan.divisible else _is_object

    def build(folder):
        with prepared_meanwhile(common_flags(backend)), preferences(backend):
            generate(folder, plan, backend, description, sources)
        compile_program(folder, hot, common_flags(backend))

    return programs_cache.program(key, build)


def _text_of(plan: Plan) -> list:
    """Return all that decides what the program consists of: the plan without its numbers."""
    cells = [
        (c.name, c.text.n, c.text.equations, c.text.threshold, c.text.reset, c.text.refractory,
         c.text.method, sorted(c.numbers), sorted(c.text.shared), list(c.state), c.drawn,
         [vars(o) for o in c.operations], c.update_when, c.located,
         {name: vars(event) for name, event in c.text.events.items()},
         contents(c.text.functions, c.text.dt), c.text.constants)
        for c in plan.cells
    ]  # fmt: skip
    projections = [
        (p.name, vars(p.source), vars(p.target), p.model, _whole(p.connect), sorted(p.values),
         p.drawn, _whole(p.each), {name: vars(pathway) for name, pathway in p.pathways.items()},
         contents(p.functions, plan.dt))
        for p in plan.projections
    ]  # fmt: skip
    recorded = plan.recorded
    traces = {c: (list(v), i.tolist()) for c, (v, i) in recorded.traces.items()}
    step = None if recorded.dt is None else float(recorded.dt)
    monitors = [recorded.spikes, recorded.connections, recorded.rates, traces, step]
    return [cells, [vars(p) for p in plan.populations], projections, monitors]


def _whole(values: Mapping) -> dict:
    """Return values with arrays as lists: an array's own text leaves out what is in its middle."""
    return {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in values.items()}


def _is_object(source: Path) -> bool:
    """Return whether a source is an object's code, run in every step or for every synapse."""
    return source.parent.name == "code_objects"


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
    files = [f for f in (root / "simulation").rglob("*.*") if f.suffix != ".pyc"]
    files += [root / "models" / "text" / name for name in ("functions.py", "step_parts.py")]
    return hashlib.sha256(b"".join(file.read_bytes() for file in sorted(files))).hexdigest()


def size_of(text: BrianText, threads: int = 1) -> int:
    """Return how many neurons the program has that runs this group.

    A power of two, so that a few programs serve all sizes; the neurons too many run with the last
    one's values and are dropped. Noise is drawn for a whole program, so how a noisy group is cut
    may not depend on the machine. A program with threads of its own is not cut.
    """
    if any(isinstance(f, TimedArray) and f.values.ndim == 2 for f in text.functions.values()):
        return text.n
    noisy = bool(text.system.draws)
    split = text.n >= WORTH_SPLITTING and not noisy and threads == 1
    wanted = -(-text.n // programs_at_once()) if split else text.n
    size = max(SMALLEST, 1 << (wanted - 1).bit_length())
    return size if threads > 1 else min(size, LARGEST)


def contents(functions: Mapping[str, object], dt) -> list:
    """Return what the functions that a text calls consist of: samples with the step, or C++."""
    found = []
    for name, function in functions.items():
        if isinstance(function, TimedArray):  # whose step is built in
            samples = hashlib.sha256(np.ascontiguousarray(function.values)).hexdigest()
            found.append((name, samples, float(function.dt), float(dt)))
        elif isinstance(function, Function) and CPPCodeGenerator in function.implementations:
            code = function.implementations[CPPCodeGenerator]
            written = None if code.dynamic else code.get_code(None)
            found.append((name, code.name, written, sorted(code.dependencies or ())))
    return found
