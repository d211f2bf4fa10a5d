"""`python run_all.py`, all single-neuron studies: with empty caches, and again."""

import os
import sys
import tempfile
from pathlib import Path

import pandas as pd

from .contest import command, contest

ROOT = Path(__file__).parent.parent


def measure(quick: bool = False, large: bool = False) -> pd.DataFrame:
    """Return the table: one run with empty caches and one with full ones, on two cores."""
    with tempfile.TemporaryDirectory() as folder:
        start = [sys.executable, "run_all.py", "--out", f"{folder}/results"]
        start += ["--quick"] if quick else []
        caches = {"EXCITABLE_CACHE": f"{folder}/programs", "XDG_CACHE_HOME": folder}
        run = command(start, cwd=ROOT, env=os.environ | caches)
        cold = contest({"run_all.py, empty caches": run}, cores=2, repeats=1)
        warm = contest({"run_all.py, full caches": run}, cores=2, repeats=1)
    return pd.concat([cold, warm], ignore_index=True).drop(columns=["ratio", "cpu_ratio"])
