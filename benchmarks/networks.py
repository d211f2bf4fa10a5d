"""Networks timed against plain Brian2 standalone, a numpy loop, and real time.

``--large`` adds 400 000 cells. All ratios are of runs of one session; compiling is not counted.
"""

import contextlib
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from brian2 import second
from excitable.protocols import izhikevich_2003_network, network_preset
from excitable.simulation import Backend

PLAIN = Path(__file__).with_name("plain_networks.py")
SIZES = (4_000, 40_000)
LARGEST = 400_000
IN_DEGREE = 80
REPEATS = 5


def measure(quick: bool = False, large: bool = False) -> pd.DataFrame:
    """Time the networks.

    Parameters
    ----------
    quick : bool
        Only the smallest, for a short time.
    large : bool
        Include CUBA with 400 000 cells.

    Returns
    -------
    DataFrame
        One row per network and program: ``network``, ``program``, ``cells``, ``synapses``,
        ``threads``, ``wall_s`` (best of five, process start to end), ``per_real_time``,
        ``peak_MB`` and ``bytes_per_synapse`` where they are measured.
    """
    rows = _izhikevich()
    for n in SIZES[:1] if quick else (*SIZES, LARGEST) if large else SIZES:
        rows += _cuba(n, 0.1 if quick else 1.0)
    return pd.DataFrame(rows)


def _row(network, program, cells, synapses, wall, duration, threads=1, peak=np.nan) -> dict:
    return {
        "network": network,
        "program": program,
        "cells": cells,
        "synapses": synapses,
        "threads": threads,
        "wall_s": wall,
        "per_real_time": wall / duration,
        "peak_MB": peak / 1e6,
        "bytes_per_synapse": peak / synapses,
    }


def _best(*runs) -> list[float]:
    """Return the shortest time of each run, the first time (which may compile) not counted.

    They take turns: what else the machine does meanwhile falls to all of them.
    """
    times = []
    for run in runs * (1 + REPEATS):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return [min(times[k :: len(runs)][1:]) for k in range(len(runs))]


def _izhikevich() -> list[dict]:
    def ours():
        izhikevich_2003_network(seed=1, connections=False, backend="cpp_standalone")

    walls = dict(zip(("excitable", "numpy loop"), _best(ours, numpy_loop), strict=True))
    walls["Brian2 standalone"] = _plain("izhikevich", 1000, 1.0)["wall_s"]
    return [_row("Izhikevich 2003", name, 1000, 10**6, wall, 1.0) for name, wall in walls.items()]


def numpy_loop(seed: int = 1, steps: int = 1000) -> int:
    """Run net.m in numpy, weights included; return the number of spikes."""
    rng = np.random.default_rng(seed)
    n_exc, n_inh = 800, 200
    re, ri = rng.random(n_exc), rng.random(n_inh)
    a = np.r_[0.02 * np.ones(n_exc), 0.02 + 0.08 * ri]
    b = np.r_[0.2 * np.ones(n_exc), 0.25 - 0.05 * ri]
    c = np.r_[-65 + 15 * re**2, -65 * np.ones(n_inh)]
    d = np.r_[8 - 6 * re**2, 2 * np.ones(n_inh)]
    weights = np.r_[0.5 * rng.random((n_exc, 1000)), -rng.random((n_inh, 1000))]
    noise = np.r_[5 * np.ones(n_exc), 2 * np.ones(n_inh)]
    v = np.full(1000, -65.0)
    u = b * v
    count = 0
    for _ in range(steps):
        current = noise * rng.standard_normal(1000)
        fired = np.flatnonzero(v >= 30)
        count += len(fired)
        v[fired] = c[fired]
        u[fired] += d[fired]
        current += weights[fired].sum(axis=0)
        for _ in range(2):
            v += 0.5 * (0.04 * v**2 + 5 * v + 140 - u + current)
        u += a * (b * v - u)
    return count


def _cuba(n: int, duration_s: float) -> list[dict]:
    n_exc = n * 4 // 5
    options = {
        "n_exc": n_exc, "n_inh": n - n_exc, "p": IN_DEGREE / n, "duration": duration_s * second,
        "connections": False,
    }  # fmt: skip
    runs = [
        partial(network_preset, "CUBA", backend=Backend("cpp_standalone", threads=k), **options)
        for k in (1, 2)
    ]
    rows = [
        _row("CUBA", "excitable", n, n * IN_DEGREE, wall, duration_s, threads, _peak(run))
        for threads, wall, run in zip((1, 2), _best(*runs), runs, strict=True)
    ]
    plain = _plain("cuba", n, duration_s)
    rows.append(
        _row("CUBA", "Brian2 standalone", n, n * IN_DEGREE, plain["wall_s"], duration_s,
             peak=plain["peak"])
    )  # fmt: skip
    return rows


def _plain(network: str, n: int, duration_s: float) -> dict:
    """Run the plain Brian2 script in a process of its own."""
    command = [sys.executable, str(PLAIN), network, str(n), str(duration_s), str(REPEATS)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    wall, peak = said.split()[-2:]
    return {"wall_s": float(wall), "peak": float(peak)}


def _peak(run) -> float:
    """Return the peak memory in bytes of the program that `run` starts.

    The kernel's own count (ru_maxrss) begins with the memory of the process that started it.
    """
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(run)
        peak = 0
        while not job.done():
            peak = max([peak, *map(_high_water, _children())])
            time.sleep(0.002)
        job.result()
    return peak


def _children() -> list[Path]:
    """Return the folders in /proc of this process's children that run a generated program."""
    found = []
    for task in Path("/proc/self/task").iterdir():
        for pid in (task / "children").read_text().split():
            folder = Path("/proc") / pid
            with contextlib.suppress(OSError):
                found += [folder] if (folder / "comm").read_text().strip() == "main" else []
    return found


def _high_water(folder: Path) -> int:
    with contextlib.suppress(OSError):
        found = re.search(r"VmHWM:\s+(\d+) kB", (folder / "status").read_text())
        return int(found[1]) * 1024 if found else 0
    return 0
