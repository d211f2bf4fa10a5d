"""A notebook shows every figure, of this package and the user's own."""

import os
import sys
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

SETUP = """
import sys; sys.path.insert(0, {root!r})
import pandas as pd
from excitable.analysis.plots import plot_fi, plot_raster, plot_trace
traces = pd.DataFrame({{"neuron": [0, 0], "t_ms": [0.0, 1.0], "v_mV": [-65.0, -60.0]}})
spikes = pd.DataFrame({{"neuron": [0, 1], "t_ms": [0.3, 0.7]}})
fi = pd.DataFrame({{"I": [0.0, 1.0, 2.0], "rate_Hz": [0.0, 10.0, 20.0], "I_unit": "nA"}})
"""
# Of each cell its text, and how many images it shows.
CELLS = [
    ("plot_trace(traces)", 1),
    ("plot_trace(traces);", 1),
    ("ax = plot_raster(spikes)", 1),
    ("plot_fi(fi); plot_trace(traces)", 2),
    ("import matplotlib.pyplot as plt\nplt.plot([1, 2])", 1),
    ("plot_fi(fi)\nplt.show()", 1),
    ("fig, ax = plt.subplots()\nplot_trace(traces, ax)", 1),
    ("plt.plot([1, 2]); plt.show()", 1),
    ("1 + 1", 0),
]
SAME = """
import matplotlib as mpl
before = {k: v for k, v in dict.items(mpl.rcParams) if k != "backend"}
plot_trace(traces); plot_fi(fi)
after = {k: v for k, v in dict.items(mpl.rcParams) if k != "backend"}
assert before == after, {k for k in after if before[k] != after[k]}
"""


@pytest.fixture(scope="module")
def notebook():
    root = str(Path(__file__).parents[2])
    cells = [SETUP.format(root=root), *(text for text, _ in CELLS), SAME]
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells])
    client = nbclient.NotebookClient(made, timeout=120, kernel_name="python3")
    client.create_kernel_manager()
    client.km.kernel_spec.argv[0] = sys.executable  # that of these tests
    # A kernel chooses its way to show figures unless the surroundings name one (tests often do).
    client.execute(env={k: v for k, v in os.environ.items() if k != "MPLBACKEND"})
    return made


def images(cell) -> int:
    return sum("image/png" in output.get("data", {}) for output in cell.outputs)


@pytest.mark.parametrize("k", range(len(CELLS)), ids=lambda k: CELLS[k][0].splitlines()[0])
def test_every_cell_shows_its_figures(notebook, k):
    assert images(notebook.cells[1 + k]) == CELLS[k][1]


def test_settings_are_those_of_the_user(notebook):
    assert images(notebook.cells[-1]) == 2  # the cell itself compares them
