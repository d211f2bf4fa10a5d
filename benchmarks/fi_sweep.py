"""F-I sweep: 1000 cells, 1 s, rk4 at .025 ms, without compilation.

Contenders: compiled programs in float64 and float32, stock Brian2 C++ standalone with the same
equations, method and step, and a loop written by hand. Then the same on two cores.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from brian2 import Quantity, ms, second
from excitable.models import CONNOR_STEVENS, HODGKIN_HUXLEY
from excitable.protocols import Constant
from excitable.simulation import Backend, simulate

from .contest import command, contest, on_cores

CELLS, SECONDS, DT = 1000, 1.0, 0.025
HERE = Path(__file__).parent
BY_HAND = ["-O3", "-ffast-math", "-march=native", "-mprefer-vector-width=512"]


def measure(quick: bool = False, large: bool = False) -> pd.DataFrame:
    """Return the table: model, cores, contender, seconds and ratios to the first of each group."""
    seconds, repeats = (0.1, 2) if quick else (SECONDS, 3)
    tables = []
    with tempfile.TemporaryDirectory() as folder:
        for model in (HODGKIN_HUXLEY, CONNOR_STEVENS):
            contenders = {
                "program, float64": ours(model, seconds),
                "program, float32": ours(model, seconds, precision="float32"),
                "by hand, float64": by_hand(model, seconds, Path(folder), "double"),
                "by hand, float32": by_hand(model, seconds, Path(folder), "float"),
                "stock Brian2 C++ standalone": stock(model, seconds, Path(folder)),
            }
            for run in contenders.values():
                run()  # compiles what is not compiled yet
            one = contest(contenders, repeats=repeats)
            tables.append(one.assign(model=model.name, cores=1))
            tables.append(on_two_cores(model, seconds, repeats))
    return pd.concat(tables, ignore_index=True)


def on_two_cores(model, seconds: float, repeats: int) -> pd.DataFrame:
    """Return the program's time on two cores and on one, as chunks and as OpenMP threads."""

    def alone():
        with on_cores(1):
            ours(model, seconds)()

    contenders = {
        "two processes": ours(model, seconds),
        "one process": alone,
        "two OpenMP threads": ours(model, seconds, threads=2),
    }
    for run in contenders.values():
        run()
    return contest(contenders, cores=2, repeats=repeats).assign(model=model.name, cores=2)


def ours(model, seconds: float, **options):
    """Return a contender: `simulate` from its arguments to arrays of spikes."""
    low, high = model.input_range
    currents = Constant(Quantity(np.linspace(low, high, CELLS) * model.input_unit))
    backend = Backend("cpp_standalone", **options)
    return lambda: simulate(
        model, currents, CELLS, seconds * second, method="rk4", dt=DT * ms, backend=backend
    )


def by_hand(model, seconds: float, folder: Path, real: str):
    """Return a contender: the hand-written loop."""
    program = folder / f"by_hand_{real}"
    source = str(HERE / "hand_written.cpp")
    command(["g++", f"-DREAL={real}", *BY_HAND, source, "-o", str(program)])()
    numbers = [CELLS, DT, seconds, *model.input_range]
    return command([str(program), model.name, *map(str, numbers)])


def stock(model, seconds: float, folder: Path, cells: int = CELLS, dt: float = DT):
    """Return a contender: the binary of a stock Brian2 project."""
    place = folder / f"stock_{model.name}"
    numbers = [cells, seconds, dt, "rk4", place]
    build = [sys.executable, "-m", "benchmarks.stock", model.name, "cpp_standalone"]
    subprocess.run([*build, *map(str, numbers)], cwd=HERE.parent, check=True, capture_output=True)
    return command(["./main"], cwd=place)
