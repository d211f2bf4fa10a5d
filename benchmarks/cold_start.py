"""From process start to a 50-current F-I table of the squid axon: empty caches, then full ones."""

import os
import sys
import tempfile
from pathlib import Path

import pandas as pd

from .contest import command, contest

CELLS, SECONDS = 50, 1.0
ROOT = Path(__file__).parent.parent
OURS = f"""
import numpy as np
from brian2 import cm, ms, second, uA
from excitable.models import HODGKIN_HUXLEY
from excitable.protocols import fi_curve
table = fi_curve(HODGKIN_HUXLEY, np.linspace(0, 50, {CELLS})*uA/cm**2,
                 duration={SECONDS}*second, discard=300*ms)
assert len(table) == {CELLS}
"""
BUILD = f"""
import sys
from pathlib import Path
from brian2 import cm, second, uA
from excitable.models import HODGKIN_HUXLEY
from excitable.protocols import Constant
from excitable.simulation import build
program = build(HODGKIN_HUXLEY, Constant(0*uA/cm**2), {CELLS}, {SECONDS}*second, vary=("I",))
Path(sys.argv[1]).write_text(str(program.folder))
"""
OPEN = f"""
import sys
from pathlib import Path
import numpy as np
from excitable.simulation import open_program
program = open_program(Path(sys.argv[1]).read_text())
table = program.run(I=np.linspace(0, 50, {CELLS}), discard=300)
assert len(table) == {CELLS}
"""


def measure(quick: bool = False, large: bool = False) -> pd.DataFrame:
    """Return the table: caches, contender, seconds and ratios to the first of each group."""
    repeats = 1 if quick else 3
    with tempfile.TemporaryDirectory() as folder:
        cold = contest(_contenders(Path(folder), cold=True), cores=2, repeats=repeats)
        warm = contest(_contenders(Path(folder), cold=False), cores=2, repeats=repeats + 2)
    return pd.concat([cold.assign(caches="empty"), warm.assign(caches="full")], ignore_index=True)


def _contenders(folder: Path, cold: bool) -> dict:
    counter = iter(range(1000))

    def place() -> Path:
        """Return the folder of a run's caches: a new one each time, or the last one again."""
        made = folder / (f"cold{next(counter)}" if cold else "warm")
        made.mkdir(exist_ok=True)
        return made

    def run(make):
        def once() -> None:
            here = place()
            caches = {"EXCITABLE_CACHE": str(here / "programs"), "XDG_CACHE_HOME": str(here)}
            command(make(here), cwd=ROOT, env=os.environ | caches)()

        return once

    def stock(target):
        numbers = [CELLS, SECONDS, 0.025, "rk4"]
        start = [sys.executable, "-m", "benchmarks.stock", "hodgkin_huxley", target]
        return lambda here: [*start, *map(str, numbers), str(here / target)]

    contenders = {
        "fi_curve": run(lambda here: [sys.executable, "-c", OURS]),
        "stock Brian2 cython": run(stock("cython")),
    }
    if cold:  # stock standalone compiles anew in every process
        contenders["stock Brian2 C++ standalone"] = run(stock("cpp_standalone"))
    else:
        noted = str(folder / "where")
        run(lambda here: [sys.executable, "-c", BUILD, noted])()
        contenders["open_program"] = run(lambda here: [sys.executable, "-c", OPEN, noted])
        for once in contenders.values():
            once()
    return contenders
