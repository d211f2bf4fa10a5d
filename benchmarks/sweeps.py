"""Sweeps of growing size: time per parameter set, and memory.

``--large`` adds 10^6 sets of LIF and 10^5 of the Connor-Stevens cell, which take some minutes.
"""

import contextlib
import os
import resource
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
from brian2 import cm, ms, msiemens, nA, uA
from excitable.models import CONNOR_STEVENS, LIF
from excitable.protocols import sweep
from excitable.protocols.sweeps.growth import default_chunk

SIZES = {"lif": (10**4, 10**5), "connor_stevens": (10**3, 10**4)}
LARGE = {"lif": 10**6, "connor_stevens": 10**5}
SETTINGS = {"duration": 1000 * ms, "discard": 200 * ms}


def grid(name: str, sets: int):
    """Return the model, and so many sets: 50 currents, and values of a parameter."""
    currents, values = np.linspace(0, 1, 50), np.linspace(0, 1, sets // 50)
    if name == "lif":
        return LIF, {"tau": (5 + 15 * values) * ms, "I": 5 * currents * nA}
    g_A = (20 + 60 * values) * msiemens / cm**2
    return CONNOR_STEVENS, {"g_A": g_A, "I": 50 * currents * uA / cm**2}


def measure(quick: bool = False, large: bool = False) -> pd.DataFrame:
    """Return one row per sweep.

    Parameters
    ----------
    quick : bool
        Only a tenth of each size.
    large : bool
        Add the largest size of each model.

    Returns
    -------
    DataFrame
        ``model``, ``sets``, ``seconds``, ``us_per_set``; ``cpu_us_per_set``, the processor time,
        which other users of the machine change less; ``cores_busy``, the ratio of the two;
        ``parent_MB`` and ``worker_MB``, the most that was resident during the sweep, of this
        process and of any of its workers.
    """
    rows = []
    for name, sizes in SIZES.items():
        for size in sizes:
            _warm_up(name, default_chunk(size))
        sizes = (*sizes, LARGE[name]) if large else sizes
        rows += [_run(name, sets // 10 if quick else sets) for sets in sizes]
    return pd.DataFrame(rows)


def _warm_up(name: str, chunk: int) -> None:
    """Compile the program of chunks of that size, and start the workers."""
    model, values = grid(name, 5 * chunk // 100 * 50)
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "x.parquet"
        sweep(model, values, store=store, chunk=chunk, duration=1 * ms, discard=0 * ms)


def _run(name: str, sets: int) -> dict:
    model, values = grid(name, sets)
    with tempfile.TemporaryDirectory() as folder, _Memory() as memory:
        used, begun = _processor_time(), time.perf_counter()
        found = sweep(model, values, store=Path(folder) / "x.parquet", **SETTINGS)
        seconds = time.perf_counter() - begun
        computed = _processor_time() - used
    if len(found.failed):
        raise RuntimeError(f"{len(found.failed)} sets failed: {found.failed['error'].iloc[0]}")
    return {
        "model": name,
        "sets": sets,
        "seconds": seconds,
        "us_per_set": seconds / sets * 1e6,
        "cpu_us_per_set": computed / sets * 1e6,
        "cores_busy": computed / seconds,
        "parent_MB": memory.parent,
        "worker_MB": memory.worker,
    }


def _processor_time() -> float:
    """Return the seconds that this process, its workers and their programs have computed."""
    if sys.platform != "linux":
        return np.nan
    ticks = 0
    for pid in (os.getpid(), *_descendants(os.getpid())):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += sum(map(int, fields[11:15]))  # of itself and of its ended children
    return ticks / os.sysconf("SC_CLK_TCK")


class _Memory:
    """Watch the resident memory, in MB, for the block (Linux: elsewhere NaN)."""

    def __enter__(self) -> "_Memory":
        self.parent = self.worker = 0.0 if sys.platform == "linux" else np.nan
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while sys.platform == "linux" and not self._done.wait(0.2):
            self.parent = max(self.parent, _resident(os.getpid()))
            sizes = [_resident(pid) for pid in _descendants(os.getpid())]
            self.worker = max(self.worker, *sizes, 0.0)


def _descendants(pid: int) -> list[int]:
    found = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(child) for child in file.read_text().split()]
        except OSError:
            continue
        for child in children:
            found += [child, *_descendants(child)]
    return found


def _resident(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * resource.getpagesize() / 1e6
