"""Sweeps: right numbers, nothing twice, and what remains when something fails."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from brian2 import Mohm, Unit, ms, mV, nA, second
from excitable.models import LIF, NeuronModel, Parameter
from excitable.protocols import fi_curve, rates, read_sweep, sweep, thresholds_of
from excitable.protocols.sweeps import sweep_store
from excitable.protocols.sweeps.grids import cross
from excitable.simulation import has_compiler

from excitable.errors import InputError
from tests.swept import closed_form, formula

ROOT = Path(__file__).parents[2]
GRID = {"tau": np.linspace(5, 20, 8) * ms, "I": np.linspace(0, 5, 10) * nA}
SHORT = {"duration": 300 * ms, "discard": 50 * ms}


# --- numbers -------------------------------------------------------------------------------------


@pytest.mark.skipif(not has_compiler(), reason="needs a C++ compiler")
def test_rates_on_worker_processes_are_those_of_the_closed_form_and_of_fi_curve():
    table = sweep(LIF, GRID, workers=2, chunk=40, **SHORT)
    np.testing.assert_allclose(table["rate_Hz"], closed_form(table), rtol=1e-6)
    assert table["set"].tolist() == list(range(80))
    assert set(table["error"]) == {""}
    whole = fi_curve(LIF, GRID["I"], vary={"tau": GRID["tau"]}, **SHORT)
    pd.testing.assert_frame_equal(table[whole.columns], whole, check_exact=True)
    assert table.attrs["duration_ms"] == 300


def test_a_table_of_sets_keeps_its_rows():
    sets = pd.DataFrame({"I": [4.0, 0.0, 2.0], "tau": [10.0, 5.0, 20.0]})
    table = sweep(LIF, sets, backend="numpy", dt=0.5 * ms, **SHORT)
    assert table["I"].tolist() == [4, 0, 2]
    assert table["tau"].tolist() == [10, 5, 20]
    np.testing.assert_allclose(table["rate_Hz"], closed_form(sets), rtol=1e-3)
    assert set(table["I_unit"]) == {"nA"}


def test_thresholds_are_swept_too():
    """The rheobase of the LIF neuron is (V_th - E_L)/R."""
    grid = {"R": [5, 10] * Mohm, "V_th": [-55, -50] * mV}
    table = sweep(
        LIF, grid, protocol=thresholds_of, workers=0,
        tolerance=1e-2, duration=100 * ms, dt=0.5 * ms, backend="numpy",
    )  # fmt: skip
    expected = (table["V_th"] + 65) / table["R"]
    np.testing.assert_allclose(table["I"], expected, rtol=1.1e-2)


def test_any_function_is_a_protocol_and_a_lambda_too():
    table = sweep(LIF, GRID, protocol=lambda model, sets: sets.assign(x=sets["tau"] + 1), workers=1)
    np.testing.assert_array_equal(table["x"], table["tau"] + 1)


class OfAUser(RuntimeWarning):
    """A category that other processes need not know."""


def test_what_every_chunk_warns_of_is_said_once():
    """In the name of the line that called `sweep`, by the filters of this process."""

    def warns(model, sets):
        warnings.warn(f"{len(sets)} sets from {sets['I'].iloc[0]} nA on", stacklevel=1)
        warnings.warn("another line", OfAUser, stacklevel=1)
        return sets.assign(x=1.0)

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        sweep(LIF, GRID, protocol=warns, workers=1, chunk=7)
    ours = [w for w in said if "said once" in str(w.message)]
    assert [w.category for w in ours] == [UserWarning, RuntimeWarning]
    assert {w.filename for w in ours} == {__file__}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match=r"sets from 0\.0 nA"):
            sweep(LIF, GRID, protocol=warns, workers=1, chunk=7)


def test_rows_of_a_grid_are_made_as_they_are_needed():
    """The last rows of a million, by the digits of their number."""
    grid = cross(LIF, {"I": np.arange(1000) * nA, "tau": np.arange(1, 1001) * ms})
    assert len(grid) == 10**6
    rows = grid.rows(999_998, 10**6)
    assert rows.to_dict("list") == {"tau": [1000, 1000], "I": [998, 999]}


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_store_holds_the_same_table(tmp_path, suffix):
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")

    def in_words(model, sets):
        """With words that stand for missing numbers in many files."""
        fires = formula(model, sets)["rate_Hz"] > 0
        return formula(model, sets).assign(kind=np.where(fires, "None", "NA"))

    options = {"protocol": in_words, "workers": 0, "chunk": 7}
    found = sweep(LIF, GRID, store=tmp_path / f"x{suffix}", **options)
    assert "80 parameter sets, 80 of them computed now" in str(found)
    pd.testing.assert_frame_equal(read_sweep(found.store), sweep(LIF, GRID, **options))
    some = read_sweep(found.store, columns=["rate_Hz"])
    assert list(some) == ["set", "rate_Hz"]
    if suffix == ".parquet":
        np.testing.assert_allclose(pd.read_parquet(found.store)["rate_Hz"], some["rate_Hz"])


def test_the_cluster_gives_the_same_table():
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address=None) as own,
        distributed.Client(own) as client,
    ):
        options = {"backend": "numpy", "dt": 0.5 * ms, "chunk": 40, **SHORT}
        there = sweep(LIF, GRID, client=client, **options)
    pd.testing.assert_frame_equal(there, sweep(LIF, GRID, workers=0, **options), check_exact=True)


# --- stores --------------------------------------------------------------------------------------


def test_a_finished_sweep_is_not_run_again(tmp_path):
    options = {"protocol": formula, "store": tmp_path / "x.csv", "workers": 0, "chunk": 9}
    log = str(tmp_path / "log")
    sweep(LIF, GRID, log=log, **options)
    again = sweep(LIF, GRID, log=log, **options)
    assert again.computed == 0
    assert len(Path(log).read_text().splitlines()) == 80


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": LIF.with_(R=11 * Mohm)}, r"another model \(R: 10.0 Mohm, not 11.0 Mohm\)"),
        ({"grid": GRID | {"I": [1] * nA}}, r"grid: 8 sets of tau, I, and 80 are there"),
        ({"log": "elsewhere"}, r"another setting \(log: none, not elsewhere\)"),
        ({"chunk": 10}, "begun with chunks of 40 sets, not 10"),
    ],
    ids=["model", "grid", "protocol", "chunk"],
)
def test_a_store_of_another_sweep_is_refused(tmp_path, change, message):
    options = {"model": LIF, "grid": GRID, "protocol": formula, "store": tmp_path / "x.csv"}
    sweep(**options, workers=0, chunk=40)
    with pytest.raises(ValueError, match=message):
        sweep(**options | change, workers=0)


def test_a_store_is_filled_by_one_process_at_a_time(tmp_path):
    store = tmp_path / "x.csv"

    def meanwhile(model, sets):
        with pytest.raises(ValueError, match="another process is filling it"):
            sweep(LIF, GRID, protocol=meanwhile, store=store, workers=0)
        return formula(model, sets)

    assert len(sweep(LIF, GRID, protocol=meanwhile, store=store, workers=0).failed) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"grid": {"tua": [1] * ms}}, "unknown parameter 'tua'; did you mean 'tau'"),
        ({"grid": {"tau": [1]}}, "parameter tau: expected ms"),
        ({"grid": {}}, "names no parameter"),
        ({"grid": [1, 2]}, "expected a DataFrame"),
        ({"grid": pd.DataFrame({"tau": [1, np.nan], "I": 1})}, "column tau: 1 of 2 .* in row 1"),
        ({"grid": pd.DataFrame({"t": [1.0]})}, "unknown column of the grid 't'"),
        ({"store": "x.txt"}, "expected a name that ends in"),
        ({"store": __file__}, "expected a name that ends in"),
        ({"durations": 3}, "unknown keyword of rates 'durations'; did you mean 'duration'"),
        ({"duration": -1 * ms}, "duration: must be above zero"),
        ({"workers": -1}, "workers: expected a whole number"),
        ({"chunk": 0}, "chunk: expected a whole number"),
        ({"grid": {"tau": [1] * ms}}, "need a column I"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        sweep(LIF, **{"grid": GRID, "backend": "numpy", "workers": 0} | arguments)


def test_rates_need_a_current():
    with pytest.raises(ValueError, match="need a column I"):
        rates(LIF, pd.DataFrame({"tau": [10.0]}))
    with pytest.raises(ValueError, match="must have no column I"):
        thresholds_of(LIF, pd.DataFrame({"I": [10.0]}))


# --- chunks that fail ----------------------------------------------------------------------------


def test_sets_that_diverge_are_recorded_and_the_others_measured():
    """A leak of the wrong sign takes the potential away by exp(1200)."""
    model = NeuronModel(
        name="leaky", title="leaky", equations="dv/dt = (I - k*v)/tau : 1",
        parameters={"k": Parameter(1, Unit(1), "leak"), "tau": Parameter(10, ms, "time constant")},
        input_unit=Unit(1), input_range=(0, 5), initial={"v": 0.0}, threshold="v > 1",
        reset="v = 0", method="rk4", dt=0.05 * ms,
    )  # fmt: skip
    sets = pd.DataFrame({"k": [1.0, -200.0, 0.5, -200.0], "I": [4.0, -1.0, 4.0, -2.0]})
    table = sweep(model, sets, workers=0, backend="numpy", duration=60 * ms, discard=10 * ms,
                  start="initial")  # fmt: skip
    k, I = sets.loc[[0, 2]].to_numpy().T
    expected = 1000 / (10 / k * np.log(I / (I - k)))
    np.testing.assert_allclose(table["rate_Hz"][[0, 2]], expected, rtol=1e-6)
    assert table["rate_Hz"][[1, 3]].isna().all()
    assert table["k"].tolist() == sets["k"].tolist()
    assert table["error"][1].startswith("DivergenceError: leaky diverged: v is")
    assert table["error"][0] == ""
    assert table["resolved"].dtype == "boolean"


def test_sets_that_make_no_sense_are_recorded_and_the_others_measured():
    sets = pd.DataFrame({"tau": [10.0, -1.0, 20.0, 0.0], "I": [4.0, 1.0, 4.0, 2.0]})
    table = sweep(LIF, sets, workers=0, backend="numpy", duration=60 * ms, discard=10 * ms)
    good = [0, 2]
    np.testing.assert_allclose(table["rate_Hz"][good], closed_form(sets.loc[good]), rtol=1e-6)
    for row in (1, 3):
        assert "parameter tau: 2 of 4 values are no time constant" in table["error"][row]


def fails(model, sets, flag):
    """A protocol that does not like tau = 20 ms, as long as a file exists."""
    if 20.0 in set(sets["tau"]) and Path(flag).exists():
        raise RuntimeError("no such cell")
    return formula(model, sets)


def test_a_chunk_that_fails_is_recorded_and_run_again_on_request(tmp_path):
    flag = tmp_path / "flag"
    flag.write_text("")
    options = {"protocol": fails, "store": tmp_path / "x.csv", "chunk": 10, "workers": 0}
    found = sweep(LIF, GRID, flag=str(flag), **options)
    assert "80 parameter sets, 10 failed" in str(found)
    assert found.failed["tau"].tolist() == [20.0] * 10
    assert set(found.failed["error"]) == {"RuntimeError: no such cell"}
    table = read_sweep(found.store)
    np.testing.assert_allclose(table["rate_Hz"][:70], closed_form(table[:70]))
    assert table["rate_Hz"][70:].isna().all()
    assert sweep(LIF, GRID, flag=str(flag), **options).computed == 0
    flag.unlink()
    found = sweep(LIF, GRID, flag=str(flag), retry=True, **options)
    assert (found.computed, len(found.failed)) == (10, 0)
    table = read_sweep(found.store)
    np.testing.assert_allclose(table["rate_Hz"], closed_form(table))


def dies(model, sets, flag):
    """A protocol whose process is killed at tau = 20 ms, every time or (a flag) once."""
    if 20.0 in set(sets["tau"]) and Path(flag).exists():
        if Path(flag).read_text() == "once":
            Path(flag).unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    return formula(model, sets)


@pytest.mark.parametrize("how_often", ["once", pytest.param("always", marks=pytest.mark.slow)])
def test_a_worker_that_dies_takes_only_its_own_chunk_along(tmp_path, how_often):
    flag = tmp_path / "flag"
    flag.write_text(how_often)
    table = sweep(LIF, GRID, protocol=dies, flag=str(flag), workers=2, chunk=10)
    good = slice(None) if how_often == "once" else slice(70)
    np.testing.assert_allclose(table["rate_Hz"][good], closed_form(table[good]))
    assert set(table["error"][good]) == {""}
    if how_often == "always":
        assert table["error"][70:].str.contains("worker process died").all()


def test_a_protocol_with_missing_rows_is_refused():
    with pytest.raises(ValueError, match="DataFrame of 80 rows, one per set, and returned DataFr"):
        sweep(LIF, GRID, protocol=lambda model, sets: sets[1:], chunk=80, workers=0)


def by_rate(model, sets):
    """The closed form, the fastest first."""
    return formula(model, sets).sort_values("rate_Hz", ascending=False)


@pytest.mark.parametrize("columns", [["rate_Hz"], ["I", "rate_Hz", "tau"]])
def test_the_index_of_a_table_says_of_which_sets_its_rows_are(columns):
    table = sweep(LIF, GRID, protocol=lambda model, sets: by_rate(model, sets)[columns], workers=0)
    np.testing.assert_allclose(table["rate_Hz"], closed_form(table))
    assert table["set"].tolist() == list(range(80))
    assert table["I"].tolist() == pytest.approx(np.tile(GRID["I"] / nA, 8))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.set_index("tau"), "an index that does not say of which set"),
        (lambda t: t.set_axis([0] * len(t)), "an index that does not say of which set"),
        (lambda t: t.reset_index(drop=True), "other values of tau than the sets in their order"),
        (lambda t: t.assign(I=1e3 * t["I"]), "other values of I than the sets"),
        (lambda t: t.assign(I="1 nA"), "other values of I than the sets"),
        (lambda t: t.assign(set=0), "a column 'set', which a sweep adds itself"),
        (lambda t: t.assign(error="none"), "a column 'error', which a sweep adds itself"),
    ],
)
def test_rows_that_are_not_those_of_the_sets_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        sweep(LIF, GRID, protocol=lambda model, sets: change(by_rate(model, sets)), workers=0)


# --- sweeps that are stopped ---------------------------------------------------------------------

SCRIPT = """
    import time
    import numpy as np
    from brian2 import ms, nA
    from excitable.models import LIF
    from excitable.protocols import sweep
    from test_sweep import GRID, formula

    def slowly(model, sets, log):
        time.sleep({pause})
        return formula(model, sets, log)

    sweep(LIF, GRID, protocol=slowly, store={store!r}, log={log!r}, workers=2, chunk=4)
"""


def start(tmp_path: Path, pause: float) -> subprocess.Popen:
    """Run a sweep in a script of its own, without ``if __name__ == "__main__"``."""
    text = textwrap.dedent(SCRIPT)
    file = tmp_path / "script.py"
    file.write_text(text.format(pause=pause, store=str(tmp_path / "x.csv"), log=str(log(tmp_path))))
    path = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    return subprocess.Popen([sys.executable, str(file)], env=dict(os.environ, PYTHONPATH=path))


def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def parts(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "x.csv").glob("part-*"))


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def is_gone(pid: int) -> bool:
    """Return whether a process has ended (it may wait for its parent as a zombie)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize(
    "how",
    [
        pytest.param(signal.SIGKILL, id="kill"),
        pytest.param(signal.SIGINT, id="ctrl-c", marks=pytest.mark.slow),
    ],
)
def test_a_stopped_sweep_leaves_a_whole_store_and_no_process(tmp_path, how):
    process = start(tmp_path, pause=0.2)
    wait_until(lambda: len(parts(tmp_path)) >= 3)
    process.send_signal(how)
    assert process.wait(timeout=60) == -how  # Python's exit code after a KeyboardInterrupt too
    workers = {int(line.split()[0]) for line in log(tmp_path).read_text().splitlines()}
    wait_until(lambda: all(is_gone(pid) for pid in workers), seconds=10)

    kept = {file.name: file.read_bytes() for file in parts(tmp_path)}
    half = read_sweep(tmp_path / "x.csv")
    assert 12 <= len(half) < 80
    np.testing.assert_allclose(half["rate_Hz"], closed_form(half))

    (tmp_path / "x.csv" / ".new-part-000099.csv").write_text("left by a kill")
    log(tmp_path).unlink()
    assert start(tmp_path, pause=0.2).wait(timeout=60) == 0
    whole = read_sweep(tmp_path / "x.csv")
    assert whole["set"].tolist() == list(range(80))
    np.testing.assert_allclose(whole["rate_Hz"], closed_form(whole))
    for name, content in kept.items():
        assert (tmp_path / "x.csv" / name).read_bytes() == content
    assert len(log(tmp_path).read_text().splitlines()) == 80 - len(half)
    assert not list((tmp_path / "x.csv").glob(".new-*"))


def test_ctrl_c_in_a_run_within_this_process_leaves_no_cut_off_rows(tmp_path):
    """Brian2 ends a run at Ctrl-C as if it were over; its rates would be wrong."""
    # Python swallows one that falls into a garbage collection, and a user presses again
    timers = [threading.Timer(s, signal.raise_signal, [signal.SIGINT]) for s in (1, 4, 7, 10)]
    for timer in timers:
        timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            sweep(LIF, GRID, store=tmp_path / "x.csv", workers=0, backend="numpy",
                  duration=4 * second)  # fmt: skip
    finally:
        for timer in timers:
            timer.cancel()
    assert parts(tmp_path) == []


def test_a_full_disk_stops_the_sweep_and_keeps_what_is_whole(tmp_path, small_disk):
    store = small_disk / "x.csv"
    grid = {"tau": np.linspace(5, 20, 100) * ms, "I": np.linspace(0, 5, 100) * nA}
    options = {"protocol": formula, "workers": 0, "chunk": 200, "store": store}
    with pytest.raises(OSError, match=r"No space left.*what was finished before is kept"):
        sweep(LIF, grid, **options)
    half = read_sweep(store)
    assert 0 < len(half) < 10_000
    assert len(half) % 200 == 0
    np.testing.assert_allclose(half["rate_Hz"], closed_form(half))
    assert not list(store.glob(".new-*"))
    subprocess.run(["mount", "-o", "remount,size=10m", str(small_disk)], check=True)
    assert sweep(LIF, grid, **options).computed == 10_000 - len(half)
    np.testing.assert_allclose(read_sweep(store)["rate_Hz"], closed_form(read_sweep(store)))


def test_a_write_that_fails_leaves_no_half_file(tmp_path, monkeypatch):
    store = tmp_path / "x.csv"

    def full(file, rows):
        file.write_text("set,ra")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(sweep_store, "_write_table", full)
        with pytest.raises(OSError, match="No space left on device; what was finished before"):
            sweep(LIF, GRID, protocol=formula, workers=0, chunk=40, store=store)
    assert [f.name for f in store.iterdir() if f.name.startswith((".new", "part"))] == []
    assert sweep(LIF, GRID, protocol=formula, workers=0, chunk=40, store=store).computed == 80
