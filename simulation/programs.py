"""Runs of any size on cached programs: padded to a program's size, or cut into chunks."""

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path

import brian2
import numpy as np
from brian2 import TimedArray

from ..models.grouping import GroupText
from . import cache as programs_cache
from .compile import compile_program, compiler, fast_flags
from .generate import generate
from .machine import cores
from .program import Program
from .progress import reporter

SMALLEST, LARGEST = 16, 1024  # neurons in a program; gcc vectorises no loop over fewer than 16
WORTH_SPLITTING = 128  # neurons below which a second process costs more than it gains


def run_program(plan) -> dict[str, np.ndarray]:
    """Run a plan (see `run.Plan`) on a program, compiled now or before."""
    text = plan.text.with_arguments()
    n = text.n
    size = _size(text)
    program = cached_program(replace(text, n=size), [*plan.state], plan.record, plan.record_dt)
    values = {**text.arrays, **{k: np.broadcast_to(v, n) for k, v in plan.state.items()}}
    starts = range(0, n, size)
    done = np.zeros(len(starts))
    seeds = _seeds(plan.seed, len(starts))
    with reporter(plan.label) as report, ThreadPoolExecutor(cores()) as pool:

        def run(k: int) -> dict[str, np.ndarray]:
            def tell(fraction: float) -> None:
                done[k] = fraction
                report(done.mean())

            return program.execute(
                _part(values, starts[k], size) | text.shared,
                float(plan.duration),
                float(text.dt),
                seed=seeds[k],
                report=tell if report else None,
            )

        parts = list(pool.map(run, range(len(starts))))
    return _joined(parts, starts, n)


def _seeds(seed: int | None, count: int) -> list[int | None]:
    """Return a seed for each chunk; those of one seed share none with those of another."""
    if seed is None:
        return [None] * count
    children = np.random.SeedSequence(seed).spawn(count)
    return [int(child.generate_state(1, np.uint64)[0]) or 1 for child in children]


def cached_program(text: GroupText, states, record, record_dt) -> Program:
    """Return the compiled program of a text whose numbers are arguments."""
    key = programs_cache.key_of(
        _own_sources(), brian2.__version__, compiler(), fast_flags(),
        text.n, text.equations, text.threshold, text.reset, text.refractory, text.method,
        record, record_dt and float(record_dt), contents(text),
    )  # fmt: skip

    def build(folder):
        generate(folder, text, states, record, record_dt)
        flags = brian2.prefs.codegen.cpp.extra_compile_args_gcc
        standard = next((f for f in flags if f.startswith("-std=")), "-std=c++17")
        compile_program(folder, lambda source: "stateupdater" in source.name, standard)

    return programs_cache.program(key, build)


@cache
def _own_sources() -> str:
    """Return a checksum of the code that decides what a program of a given text consists of."""
    here = Path(__file__).parent
    files = [here / f"{name}.py" for name in ("generate", "compile", "runge_kutta")]
    files.append(here.parent / "models" / "functions.py")
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _size(text: GroupText) -> int:
    """Return how many neurons the program has that runs this group.

    A power of two, so that a few programs serve all sizes; the neurons too many run with the last
    one's values and are dropped. Noise is drawn for a whole program, so how a noisy group is cut
    may not depend on the machine.
    """
    if any(isinstance(f, TimedArray) and f.values.ndim == 2 for f in text.functions.values()):
        return text.n
    split = text.n >= WORTH_SPLITTING and not text.stochastic
    wanted = -(-text.n // cores()) if split else text.n
    return min(max(SMALLEST, 1 << (wanted - 1).bit_length()), LARGEST)


def contents(text: GroupText) -> list:
    """Return what recorded inputs consist of: their samples, and the step that is built in."""
    recorded = {k: f for k, f in text.functions.items() if isinstance(f, TimedArray)}
    return [(k, f.values.tobytes().hex(), float(f.dt), float(text.dt)) for k, f in recorded.items()]


def _part(values: Mapping[str, np.ndarray], start: int, size: int) -> dict[str, np.ndarray]:
    parts = {name: value[start : start + size] for name, value in values.items()}
    return {k: np.pad(v, (0, size - len(v)), mode="edge") for k, v in parts.items()}


def _joined(parts: list[dict], starts, n: int) -> dict[str, np.ndarray]:
    """Put the chunks' results together, without the neurons that were too many."""
    found = {}
    none = np.empty(0, int)
    neurons = [
        part.get("spike_neuron", none) + start for part, start in zip(parts, starts, strict=True)
    ]
    kept = [i < n for i in neurons]
    for name in parts[0]:
        pieces = [part[name] for part in parts]
        if name == "trace_t":
            found[name] = pieces[0]
        elif name == "spike_neuron":
            found[name] = np.concatenate([i[k] for i, k in zip(neurons, kept, strict=True)])
        elif name.startswith("spike_") and name != "spike_count":
            found[name] = np.concatenate([x[k] for x, k in zip(pieces, kept, strict=True)])
        else:
            found[name] = np.concatenate(pieces)[:n]
    return found
