"""The README's Python runs as it stands."""

import re
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
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


def test_there_are_blocks():
    assert len(BLOCKS) >= 6
