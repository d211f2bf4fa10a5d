"""Runs of any size on a program: padded to its size, or cut into chunks. Needs no Brian2."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ...progress import reporter
from ..backends.compiled.program import Program
from .machine import programs_at_once


def execute(
    program: Program,
    arrays: Mapping[str, np.ndarray],
    shared: Mapping[str, float],
    n: int,
    duration: float,
    dt: float,
    *,
    start: str = "",
    seeds: Sequence[int | None],
    label: str,
) -> dict[str, np.ndarray]:
    """Run `n` neurons on a program of any size, its chunks on all cores.

    Parameters
    ----------
    program : Program
    arrays : dict of str to array, shape (n,)
        What differs between neurons, in SI units.
    shared : dict of str to float
    n : int
    duration, dt : float
        In seconds.
    start : str
        See `Program.execute`.
    seeds : sequence of int or None
        One for each chunk; see `count_chunks`.
    label : str
        What the progress bar says.

    Returns
    -------
    dict of str to array
        The program's results, for `n` neurons.
    """
    size = program.n
    starts = range(0, n, size)
    done = np.zeros(len(starts))
    with reporter(label) as report, ThreadPoolExecutor(programs_at_once()) as pool:

        def run(k: int) -> dict[str, np.ndarray]:
            def tell(fraction: float) -> None:
                done[k] = fraction
                report(done.mean())

            return program.execute(
                {**_part(arrays, starts[k], size), **shared},
                duration,
                dt,
                start=start,
                seed=seeds[k],
                report=tell if report else None,
            )

        parts = list(pool.map(run, range(len(starts))))
    return _joined(program, parts, starts, n)


def count_chunks(n: int, program: Program) -> int:
    """Return into how many chunks a program cuts `n` neurons."""
    return -(-n // program.n)


def seeds_of_chunks(seed: int | None, count: int) -> list[int | None]:
    """Return a seed for each chunk; those of one seed share none with those of another."""
    if seed is None:
        return [None] * count
    children = np.random.SeedSequence(seed).spawn(count)
    return [int(child.generate_state(1, np.uint64)[0]) or 1 for child in children]


def _part(values: Mapping[str, np.ndarray], start: int, size: int) -> dict[str, np.ndarray]:
    parts = {name: value[start : start + size] for name, value in values.items()}
    return {k: np.pad(v, (0, size - len(v)), mode="edge") for k, v in parts.items()}


def _joined(program: Program, parts: list[dict], starts, n: int) -> dict[str, np.ndarray]:
    """Put the chunks' results together, without the neurons that were too many."""
    cells = [
        part["spike_neuron"] + start if "spike_neuron" in part else None
        for part, start in zip(parts, starts, strict=True)
    ]
    found = {}
    for name, about in program.outputs.items():
        pieces = cells if name == "spike_neuron" else [part[name] for part in parts]
        if about["shape"] == ["samples"]:
            found[name] = pieces[0]
        elif about["shape"] == ["spikes"]:
            kept = [x[i < n] for x, i in zip(pieces, cells, strict=True)]
            found[name] = np.concatenate(kept)
        else:
            found[name] = np.concatenate(pieces)[:n]
    return found
