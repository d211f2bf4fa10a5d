"""Exported cells in somebody else's loop: the library of a project, driven from C and by ctypes."""

import ctypes
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from brian2 import (
    Network,
    NeuronGroup,
    SpikeMonitor,
    TimedArray,
    defaultclock,
    ms,
    mV,
    nA,
    volt,
)  # fmt: skip
from excitable.models import LIF, QIF, NeuronModel, find_model
from excitable.protocols import Constant, Step
from excitable.simulation import build, export
from excitable.simulation.backends import has_compiler

from tests.user_models import PINSKY_RINZEL

pytestmark = pytest.mark.skipif(
    not (has_compiler() and shutil.which("make") and shutil.which("cc")),
    reason="needs C and C++ compilers and make",
)
DT = 0.05  # ms, LIF's own
TIMED = NeuronModel(
    "timed", "dv/dt = (table(t) + I - v)/tau : volt", {"tau": 10 * ms}, mV, {"v": 0 * mV},
    "v > 35*mV", reset="v = 0*mV", input_range=(0, 20), dt=DT * ms,
    functions={"table": TimedArray([0, 40, 5, 30] * mV, dt=5 * ms)},
)  # fmt: skip


def make(folder, *targets):
    done = subprocess.run(["make", "-j2", *targets], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """LIF cells whose tau differs, under a step, as a program and as a library."""
    folder = tmp_path_factory.mktemp("embedded") / "lif"
    export(LIF, Step(2 * nA, onset=5 * ms), folder, 2, 60 * ms, vary=("tau", "I"),
           values={"tau": [10, 20], "I": [2, 3]})  # fmt: skip
    return make(folder, "main", "library", "embed_example")


class Library:
    """A library's functions, with their types."""

    def __init__(self, folder, name):
        found = ctypes.CDLL(str(folder / f"lib{name}.so"))
        cells, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_double
        types = {
            "init": (cells, [ctypes.c_int, number]),
            "destroy": (None, [cells]),
            "set": (ctypes.c_int, [cells, text, ctypes.c_int, number]),
            "get": (number, [cells, text, ctypes.c_int]),
            "rest": (ctypes.c_int, [cells]),
            "step": (ctypes.c_int, [cells, ctypes.c_void_p, ctypes.c_void_p]),
            "time": (number, [cells]),
            "spike_time": (number, [cells, ctypes.c_int]),
            "seed": (None, [cells, ctypes.c_ulonglong]),
            "error": (text, []),
        }
        for end, (result, arguments) in types.items():
            function = getattr(found, f"{name}_{end}")
            function.restype, function.argtypes = result, arguments
            setattr(self, end, function)

    def drive(self, cells, currents):
        """Return the steps and cells of all spikes under currents, shape (steps, cells)."""
        fired = np.zeros(currents.shape[1], np.int32)
        steps = []
        for k, row in enumerate(np.ascontiguousarray(currents, float)):
            count = self.step(cells, row.ctypes.data, fired.ctypes.data)
            assert count == fired.sum()
            steps += [(k, cell) for cell in np.flatnonzero(fired)]
        return steps


@pytest.fixture(scope="module")
def lif(project):
    return Library(project, "lif")


@pytest.fixture(scope="module")
def timed(tmp_path_factory):
    """Cells that read samples to which their writer gave a name."""
    folder = tmp_path_factory.mktemp("embedded") / "timed"
    table = TimedArray(TIMED.functions["table"].values * volt, dt=5 * ms, name="my_samples")
    export(replace(TIMED, functions={"table": table}), Constant(0 * mV), folder, 1, start="initial")
    return Library(make(folder, "library"), "timed")


@pytest.fixture
def cells(lif):
    """Three cells at rest."""
    held = lif.init(3, 0)
    yield held
    lif.destroy(held)


def spikes_of_program(folder, *arguments):
    """Return step, cell and time of each spike of the project's own program."""
    done = subprocess.run(["./run.sh", "--csv", *arguments], cwd=folder, capture_output=True)
    assert done.returncode == 0, done.stderr
    t = np.fromfile(folder / "results" / "spike_t")
    cell = np.fromfile(folder / "results" / "spike_neuron", np.int32)
    table = np.loadtxt(folder / "results" / "spikes.csv", delimiter=",", skiprows=1, ndmin=2)
    return np.rint(t * 1e3 / DT).astype(int), cell, table[:, 1]


def test_example_fires_in_the_steps_of_the_program(project):
    """The same current from a loop of one's own: the same steps, the same located times."""
    steps, cell, times = spikes_of_program(project, "tau=10", "I=3")
    said = subprocess.run(["./embed_example", "3", "5", "60"], cwd=project, capture_output=True,
                          text=True, check=True).stdout  # fmt: skip
    header, *rows = said.splitlines()
    assert header == "step,t_ms"
    found = np.array([row.split(",") for row in rows], float)
    assert len(found) > 5
    np.testing.assert_array_equal(found[:, 0], steps[cell == 0])
    np.testing.assert_allclose(found[:, 1], times[cell == 0] if len(times) == len(found)
                               else times[::2], rtol=1e-12)  # fmt: skip


def test_example_takes_no_word_for_a_number(project):
    done = subprocess.run(["./embed_example", "2nA"], cwd=project, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: expected numbers: [INPUT [ONSET_MS [DURATION_MS]]]\n"


def test_cells_that_differ_fire_as_in_the_program(project, lif):
    steps, cell, _ = spikes_of_program(project, "tau[0]=10", "tau[1]=20", "I[0]=2", "I[1]=3")
    held = lif.init(2, 0)
    assert lif.set(held, b"tau", 1, 20) == 0
    on = (np.arange(1200) * DT >= 5 - 1e-9)[:, None]
    found = lif.drive(held, on * [2.0, 3.0])
    lif.destroy(held)
    assert sorted(found) == sorted(zip(steps.tolist(), cell.tolist(), strict=True))


def test_brian2_fires_in_the_same_steps_under_a_current_that_jumps(tmp_path):
    """Brian2's own run of the same text, with a new current in every step, on its time grid."""
    folder = export(LIF, Constant(2 * nA), tmp_path / "grid", 1, spikes="grid", method="rk4")
    library = Library(make(folder, "library"), "lif")
    currents = np.random.default_rng(1).normal(2.2, 3, (4000, 3))
    held = library.init(3, 0)
    found = library.drive(held, currents)
    v = [library.get(held, b"v", k) for k in range(3)]
    library.destroy(held)
    defaultclock.dt = DT * ms
    table = TimedArray(currents * nA, dt=DT * ms)
    group = NeuronGroup(3, **LIF.brian_kwargs(method="rk4"))
    LIF.initialise(group)
    group.namespace["table"] = table
    group.run_regularly("I = table(t, i)", when="start")
    monitor = SpikeMonitor(group)
    Network(group, monitor).run(200 * ms)
    expected = zip(np.rint(monitor.t / (DT * ms)).astype(int).tolist(), monitor.i, strict=True)
    assert len(found) > 30
    assert sorted(found) == sorted(expected)
    np.testing.assert_allclose(v, group.v / mV, rtol=1e-9)


def test_sets_of_cells_do_not_know_of_each_other(lif):
    """Steps in turn; the closed form of each."""
    sets = [lif.init(1, step) for step in (0, 0.1)]
    for held, current in zip(sets, (1.0, 1.2), strict=True):
        lif.set(held, b"I", 0, current)
    for _ in range(200):
        for held in sets:
            assert lif.step(held, None, None) == 0
    assert [lif.time(held) for held in sets] == pytest.approx([10, 20])
    found = [lif.get(held, b"v", 0) for held in sets]
    expected = [-65 + 10 * (1 - np.exp(-1)), -65 + 12 * (1 - np.exp(-2))]
    assert found == pytest.approx(expected, rel=1e-7)
    for held in sets:
        lif.destroy(held)


def test_values_are_in_the_units_of_the_model(lif, cells):
    assert lif.get(cells, b"tau", 0) == pytest.approx(10)
    assert lif.get(cells, b"v", 2) == pytest.approx(-65)
    assert lif.set(cells, b"tau", 1, 20) == 0
    assert [lif.get(cells, b"tau", k) for k in range(3)] == pytest.approx([10, 20, 10])
    assert lif.set(cells, b"E_L", -1, -70) == 0
    assert lif.rest(cells) == 0
    assert [lif.get(cells, b"v", k) for k in range(3)] == pytest.approx([-70] * 3)
    assert np.isnan(lif.spike_time(cells, 0))


@pytest.mark.parametrize(
    ("name", "cell", "value", "message"),
    [
        ("tua", 0, 1, "unknown name 'tua'; known: tau, R"),
        ("tau", 3, 1, "tau: cell 3: expected 0 to 2"),
        ("tau", -2, 1, "tau: cell -2: expected 0 to 2"),
        ("tau", 0, np.nan, "tau: expected a finite number"),
        ("R", 1, 5, "R: is one value for all cells, lif_ALL; to give each its own, export the "
         "model with --vary R"),
    ],
)  # fmt: skip
def test_what_cannot_be_set_is_refused_by_a_sentence(lif, cells, name, cell, value, message):
    before = lif.get(cells, b"tau", 0)
    assert lif.set(cells, name.encode(), cell, value) == -1
    assert message in lif.error().decode()
    assert lif.get(cells, b"tau", 0) == before


def test_what_makes_no_sense_is_refused_before_the_step(lif, cells):
    lif.set(cells, b"tau", 1, -1)
    assert lif.step(cells, None, None) == -1
    assert lif.error() == b"tau: must be above zero, as a time constant is, got tau = -1 ms"
    assert lif.time(cells) == 0
    lif.set(cells, b"tau", 1, 10)
    current = np.array([1, np.inf, 1])
    assert lif.step(cells, current.ctypes.data, None) == -1
    assert b"input of cell 1" in lif.error()
    assert lif.init(0, 0) is None
    assert lif.init(1, -1) is None
    assert np.isnan(lif.get(cells, b"x", 0))


@pytest.mark.slow
@pytest.mark.parametrize(
    "model",
    ["connor_stevens", "izhikevich", "adaptive_exponential", PINSKY_RINZEL, TIMED],
    ids=lambda model: getattr(model, "name", model),
)
def test_every_kind_of_cell_fires_in_the_steps_of_its_program(model, tmp_path):
    """Gates, resets with jumps, escaping resets, two compartments, samples; mid-range input."""
    model = find_model(model) if isinstance(model, str) else model
    middle = float(np.mean(model.input_range))
    export(model, Constant(middle * model.input_unit), tmp_path / "cell", 1, 300 * ms)
    folder = make(tmp_path / "cell", "main", "embed_example")
    said = subprocess.run(["./embed_example"], cwd=folder, capture_output=True, check=True).stdout
    found = [int(line.split(b",")[0]) for line in said.splitlines()[1:]]
    subprocess.run(["./run.sh"], cwd=folder, capture_output=True, check=True)
    t = np.fromfile(folder / "results" / "spike_t")
    assert len(t) > 0
    assert found == np.rint(t / float(model.dt)).astype(int).tolist()


TWO = r"""
#include <stdio.h>
#include "lif.h"
#include "qif.h"
int main(void)
{
    lif_cells* a = lif_init(1, 0);
    qif_cells* b = qif_init(1, 0);
    int spikes[2] = {0, 0};
    for (int k = 0; k < 4000; k++)
    {
        const double one = 2, other = @CURRENT@;
        spikes[0] += lif_step(a, &one, NULL);
        spikes[1] += qif_step(b, &other, NULL);
    }
    printf("%d %d\n", spikes[0], spikes[1]);
    return 0;
}
"""


def test_two_libraries_live_in_one_program(project, tmp_path):
    """No name of one is one of the other; each fires at its own rate."""
    high = QIF.input_range[1]
    stimulus, dt = Constant(high * QIF.input_unit), float(QIF.dt / ms)
    qif = make(export(QIF, stimulus, tmp_path / "qif", 1), "library")
    (tmp_path / "two.c").write_text(TWO.replace("@CURRENT@", repr(high)))
    parts = ["two.c", f"-I{project}/embed", f"-I{qif}/embed", f"{project}/liblif.a",
             f"{qif}/libqif.a", "-lstdc++", "-lm", "-o", "two"]  # fmt: skip
    subprocess.run(["cc", *parts], cwd=tmp_path, check=True, capture_output=True)
    said = subprocess.run(
        ["./two"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    count = len(build(QIF, stimulus, 1, 4000 * dt * ms).response().spikes)
    assert count > 5
    lif_count = int(200 // (10 * np.log(4)))
    assert [int(word) for word in said.split()] == [lif_count, count]


@pytest.mark.slow
def test_a_seed_draws_the_same_noise_as_in_the_program(tmp_path):
    noisy = NeuronModel(
        "noisy", "dv/dt = (drive - v)/tau + sigma*xi*tau**-0.5 : volt (unless refractory)",
        {"tau": 10 * ms, "sigma": 4 * mV, "top": 10 * mV}, mV, {"v": 0 * mV}, "v > top",
        reset="v = 0*mV", refractory="2*ms", input="drive", dt=DT * ms,
    )  # fmt: skip
    folder = make(
        export(noisy, Constant(8 * mV), tmp_path / "noisy", 5, 100 * ms), "library", "main"
    )
    steps, cell, _ = spikes_of_program(folder, "seed=7", "I=8")
    library = Library(folder, "noisy")
    held = library.init(5, 0)
    library.seed(held, 7)
    found = library.drive(held, np.full((2000, 5), 8.0))
    assert len(found) > 5
    assert sorted(found) == sorted(zip(steps.tolist(), cell.tolist(), strict=True))


def test_samples_are_read_at_their_own_step(timed):
    """Without input v follows the table: 0 to 5 ms towards 0, then towards 40 mV."""
    held = timed.init(2, 0)
    for _ in range(140):
        timed.step(held, None, None)
    expected = 40 * (1 - np.exp(-0.2))
    assert [timed.get(held, b"v", k) for k in range(2)] == pytest.approx([expected] * 2, rel=1e-9)
    timed.destroy(held)
    assert timed.init(2, DT / 2) is None
    assert b"step: is built in, with the model's timed arrays" in timed.error()
    held = timed.init(2, DT)
    assert timed.time(held) == 0
    timed.destroy(held)
