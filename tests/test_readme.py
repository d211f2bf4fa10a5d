"""The README's Python runs as it stands."""

import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from excitable.models import LIF
from excitable.simulation.backends import has_compiler

TEXT = (Path(__file__).parent.parent / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, flags=re.MULTILINE | re.DOTALL)
ASKS_FOR_MORE = ("sweep.parquet", "cell.abf")  # a million sets, and a file of the reader's own


@pytest.mark.skipif(not has_compiler(), reason="takes minutes without a C++ compiler")
@pytest.mark.parametrize(
    "block",
    [block for block in BLOCKS if not any(name in block for name in ASKS_FOR_MORE)],
    ids=lambda block: block.split("\n")[0][:40],
)
def test_block(block):
    imported = "" if block == BLOCKS[0] else "from brian2 import *\nfrom excitable import *\n"
    try:
        exec(compile(imported + block, "README.md", "exec"), {"__name__": "readme"})
    finally:
        plt.close("all")


@pytest.mark.skipif(not has_compiler(), reason="takes long without a C++ compiler")
def test_block_on_data(tmp_path):
    """Of a recording of several sweeps, here in a text file, and a model of another block."""
    (block,) = (block for block in BLOCKS if "cell.abf" in block)
    t = np.arange(0, 500, 0.1)
    table = {"t_ms": t} | {f"I{k}_nA": np.where(t > 100, k, 0.0) for k in (1, 2)}
    table |= {f"v{k}_mV": np.where((t > 100) & (t % (50 / k) < 1), 20.0, -65) for k in (1, 2)}
    path = tmp_path / "cell.csv"
    pd.DataFrame(table).to_csv(path, index=False)
    names = {"CELL": LIF}
    try:
        exec(compile(block.replace("cell.abf", str(path)), "README.md", "exec"), names)
    finally:
        plt.close("all")
    table = names["compare_spikes"](names["cell"].spikes, names["model"].spikes, start=0, end=500)
    assert table["spikes_data"].tolist() == [8, 16]


def test_there_are_blocks():
    assert len(BLOCKS) >= 6
