"""Time contenders in turns on the same cores, so that what slows one slows all."""

import contextlib
import os
import platform
import subprocess
import time
from collections.abc import Callable, Mapping

import brian2
import numpy as np
import pandas as pd
from excitable.simulation.backends.compiled.compile import compiler


@contextlib.contextmanager
def on_cores(count: int):
    """Keep this process, and those that it starts, on so many cores for the block."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(sorted(before)[:count]))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def contest(
    contenders: Mapping[str, Callable[[], object]], *, cores: int = 1, repeats: int = 5
) -> pd.DataFrame:
    """Run all contenders `repeats` times, one after the other in each round.

    Parameters
    ----------
    contenders : dict of str to callable
        What is timed; it waits for the processes that it starts.
    cores : int
        How many cores all of it may use.
    repeats : int

    Returns
    -------
    DataFrame
        Per contender the median seconds on the clock and of processor time, and the median over
        rounds of the first contender's seconds divided into this one's, of both. On a shared
        machine processor time is the steadier of the two; it says nothing of parallel work.
    """
    wall = {name: [] for name in contenders}
    used = {name: [] for name in contenders}
    with on_cores(cores):
        for _ in range(repeats):
            for name, run in contenders.items():
                begin, cpu = time.perf_counter(), _cpu_seconds()
                run()
                wall[name].append(time.perf_counter() - begin)
                used[name].append(_cpu_seconds() - cpu)
    first = next(iter(contenders))
    rows = [
        {
            "contender": name,
            "seconds": np.median(wall[name]),
            "cpu_seconds": np.median(used[name]),
            "ratio": np.median(np.divide(wall[name], wall[first])),
            "cpu_ratio": np.median(np.divide(used[name], used[first])),
        }
        for name in contenders
    ]
    return pd.DataFrame(rows)


def _cpu_seconds() -> float:
    """Return the processor time of this process and of its children that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def command(arguments, **options) -> Callable[[], None]:
    """Return a contender that runs a command."""

    def run() -> None:
        done = subprocess.run(arguments, capture_output=True, text=True, **options)
        if done.returncode:
            raise RuntimeError(f"{arguments}: {done.stdout[-2000:]}{done.stderr[-2000:]}")

    return run


def machine() -> dict:
    """Return what a table of times has to say about where it was made."""
    said = ""
    if compiler():
        said = subprocess.run([compiler(), "--version"], capture_output=True, text=True).stdout
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "system": platform.platform(),
        "python": platform.python_version(),
        "brian2": brian2.__version__,
        "numpy": np.__version__,
        "compiler": said.partition("\n")[0],
    }


def _processor() -> str:
    with contextlib.suppress(OSError), open("/proc/cpuinfo") as info:
        for line in info:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
