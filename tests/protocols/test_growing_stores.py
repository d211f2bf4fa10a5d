"""Stores that grow: what is there stays, new sets alone are computed, all are read in order."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from brian2 import Mohm, ms, mV, nA
from excitable.analysis.rates.siegert import noisy_lif_rate
from excitable.models import LIF
from excitable.protocols import latin_hypercube, random_sets, read_sweep, sweep
from excitable.protocols.sweeps.grids import Grid
from excitable.protocols.sweeps.growth import begun
from excitable.protocols.sweeps.store_folder import StoreFolder
from excitable.simulation import has_compiler
from hypothesis import given, settings
from hypothesis import strategies as st

from excitable.errors import InputError
from tests.swept import closed_form, formula

ROOT = Path(__file__).parents[2]
SMALL = {"tau": [5, 10, 20] * ms, "I": [1, 2, 3, 4] * nA}
FINER = {"tau": [5, 7, 10, 20] * ms, "I": [1, 1.5, 2, 3, 4, 5] * nA}
RANGES = {"tau": [5, 20] * ms, "I": [1, 3] * nA}


def table_of(grid: dict) -> pd.DataFrame:
    """Return a cross product as a table."""
    tau, I = np.meshgrid(grid["tau"] / ms, grid["I"] / nA, indexing="ij")
    return pd.DataFrame({"tau": tau.ravel(), "I": I.ravel()})


def fill(store, grid, **options):
    return sweep(
        LIF, grid, **{"protocol": formula, "store": store, "workers": 0, "chunk": 5} | options
    )


def check(store, grid):
    """The store holds what a sweep of the whole grid at once holds, in its order."""
    table = read_sweep(store)
    np.testing.assert_allclose(table["rate_Hz"], closed_form(table), rtol=1e-12)
    pd.testing.assert_frame_equal(table, sweep(LIF, grid, protocol=formula, workers=0))


EVEN = np.r_[np.linspace(0, 3, 31), np.linspace(3.1, 5, 37)]  # some with noise in the last digit
GROWTHS = {
    "a finer cross product": (SMALL, FINER),
    "more currents": (SMALL, SMALL | {"I": [1, 2, 3, 4, 6] * nA}),
    "values before the first": (SMALL, {"tau": [1, 5, 10, 20] * ms, "I": [0, 1, 2, 3, 4] * nA}),
    "another order of the values": (SMALL, {"tau": [20, 5, 10] * ms, "I": [4, 1, 2, 3] * nA}),
    "more rows": (table_of(SMALL), table_of(FINER).sample(frac=1, random_state=1)),
    "from values to a table": (SMALL, pd.concat([table_of(FINER), table_of({
        "tau": [30] * ms, "I": [7] * nA})], ignore_index=True)),
    "from a table to values": (table_of(SMALL)[::2], FINER),
    "the same sets as a table": (SMALL, table_of(SMALL)),
    "evenly spaced values as a table": ({"tau": [5, 10] * ms, "I": EVEN * nA}, pd.DataFrame({
        "tau": np.repeat([5.0, 10.0, 20.0], len(EVEN)), "I": np.tile(EVEN, 3)})),
    "more random sets": tuple(random_sets(LIF, RANGES, n, seed=2) for n in (17, 40)),
}  # fmt: skip


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("how", GROWTHS)
def test_only_new_sets_are_computed_and_the_whole_grid_is_read(tmp_path, how, suffix):
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    first, second = GROWTHS[how]
    store, log = tmp_path / f"x{suffix}", tmp_path / "log"
    before = fill(store, first, log=str(log)).computed
    log.write_text("")
    found = fill(store, second, log=str(log))
    computed = [tuple(map(float, line.split()[1:])) for line in log.read_text().splitlines()]
    whole = read_sweep(store)
    assert found.sets == len(whole)
    assert found.computed == len(whole) - before == len(computed)
    known = set(map(tuple, (table_of(first) if isinstance(first, dict) else first).to_numpy()))
    assert not known & set(computed)
    check(store, second)
    assert fill(store, second, log=str(log)).computed == 0


@pytest.mark.skipif(not has_compiler(), reason="needs a C++ compiler")
def test_rates_of_a_store_that_grew_twice_are_those_of_the_closed_form(tmp_path):
    store, times = tmp_path / "x.csv", {"duration": 300 * ms, "discard": 50 * ms}
    grids = [{"tau": np.linspace(5, 20, n) * ms, "I": np.linspace(0, 5, m) * nA}
             for n, m in ((2, 6), (4, 6), (4, 11))]  # fmt: skip
    computed = [sweep(LIF, grid, store=store, workers=2, **times).computed for grid in grids]
    assert computed == [12, 12, 20]
    table = read_sweep(store)
    np.testing.assert_allclose(table["rate_Hz"], closed_form(table), rtol=1e-6)
    whole = sweep(LIF, grids[-1], workers=0, **times)
    # not to the last bit: where a set stands among others decides whether it is computed by vector
    # instructions, whose last bit differs on some processors
    pd.testing.assert_frame_equal(table, whole, rtol=1e-12)


@given(
    axes=st.lists(
        st.lists(st.tuples(st.integers(-9, 9), st.booleans()), min_size=1, max_size=5,
                 unique_by=lambda x: x[0]).filter(lambda x: any(old for _, old in x)),
        min_size=1, max_size=3),
    chunk=st.integers(1, 7), crossed=st.tuples(st.booleans(), st.booleans()),
)  # fmt: skip
@settings(max_examples=150)
def test_pieces_hold_each_set_once_and_places_find_it(axes, chunk, crossed):
    """Of any two grids of which one holds the other, as tables or as cross products."""
    whole = {f"x{k}": np.array([float(v) for v, _ in axis]) for k, axis in enumerate(axes)}
    part = {f"x{k}": np.array([float(v) for v, old in a if old]) for k, a in enumerate(axes)}
    old, new = (
        grid if kept else Grid({n: x.to_numpy() for n, x in grid.rows(0, 10**6).items()}, False)
        for grid, kept in zip((Grid(part, True), Grid(whole, True)), crossed, strict=True)
    )
    layout = begun(old, chunk).grown(new)
    came = pd.concat([layout.sets(k) for k in range(len(layout.chunks))], ignore_index=True)
    assert [n for rows in layout.chunks for n in rows] == list(range(len(new)))
    assert max(map(len, layout.chunks)) <= chunk
    places = layout.places(np.arange(len(new)))
    assert sorted(places) == list(range(len(new)))
    pd.testing.assert_frame_equal(new.at(places), came)
    pd.testing.assert_frame_equal(came[: len(old)], old.rows(0, len(old)))


def test_a_cross_product_of_hundreds_of_millions_grows_without_being_held():
    """Its pieces are cross products too: (1000^2 + 500*2000) new values' sets, in two pieces."""
    axes = [np.arange(n, dtype=float) for n in (1000, 1000, 100)]
    first = begun(Grid(dict(zip("abc", axes, strict=True)), True), None)
    axes = [np.arange(n, dtype=float) for n in (2000, 1000, 150)]
    grown = first.grown(Grid(dict(zip("abc", axes, strict=True)), True))
    assert [len(piece) for piece in grown.pieces] == [10**8, 15 * 10**7, 5 * 10**7]
    last = 3 * 10**8 - 1  # a = b = 999 is the last of the old values, c = 149 of the new ones
    assert grown.places(np.array([last])).tolist() == [(999 * 1000 + 999) * 150 + 149]


# --- what cannot grow -----------------------------------------------------------------------------

REFUSED = {
    "fewer values": (SMALL | {"I": [1, 2, 3] * nA}, "9 sets of tau, I, and 12 are there"),
    "other values": (SMALL | {"I": [1, 2, 3, 5, 6] * nA}, r"lacks tau = 5.0, I = 4.0, which is"),
    "nearly the same": (SMALL | {"I": [1, 2, 3, 4 + 1e-13] * nA}, r"lacks tau = .*, I = 4.0"),
    "another parameter": (SMALL | {"R": [5, 10] * Mohm}, "is of tau, R, I, not of tau, I as what"),
    "fewer parameters": ({"I": [1, 2, 3, 4] * nA}, "is of I, not of tau, I as what"),
    "a set twice": (SMALL | {"I": [1, 2, 3, 4, 4] * nA}, "has a set twice"),
    "a row twice": (pd.concat([table_of(SMALL)] * 2), "has a set twice"),
    "a table without a set": (table_of(FINER)[1:], "lacks tau = 5.0, I = 1.0"),
}


@pytest.mark.parametrize("how", REFUSED)
def test_a_grid_that_loses_sets_is_refused_and_changes_nothing(tmp_path, how):
    grid, message = REFUSED[how]
    store = tmp_path / "x.csv"
    fill(store, SMALL)
    before = {file.name: file.read_bytes() for file in store.iterdir()}
    with pytest.raises(InputError, match=rf"store .*x.csv: grid: .*{message}"):
        fill(store, grid)
    assert {file.name: file.read_bytes() for file in store.iterdir()} == before
    check(store, SMALL)


def test_a_sweep_with_a_set_twice_goes_on_and_cannot_grow(tmp_path):
    """Two rows of one set are two trials of it; which of them is there could not be told."""
    twice = pd.DataFrame({"tau": [5.0] * 12, "I": [2.0] * 12})
    fill(tmp_path / "x.csv", twice)
    assert fill(tmp_path / "x.csv", twice).computed == 0
    with pytest.raises(InputError, match="has a set twice"):
        fill(tmp_path / "x.csv", pd.concat([twice, table_of(SMALL)]))


def test_other_settings_and_chunks_are_refused_as_before(tmp_path):
    fill(tmp_path / "x.csv", SMALL)
    with pytest.raises(InputError, match="begun with another setting"):
        fill(tmp_path / "x.csv", FINER, log="elsewhere")
    with pytest.raises(InputError, match="begun with chunks of 5 sets, not 7"):
        fill(tmp_path / "x.csv", FINER, chunk=7)
    check(tmp_path / "x.csv", SMALL)


# --- growth that is interrupted -------------------------------------------------------------------


class KilledError(BaseException):
    """Stands for a kill: nothing of the package catches it."""


@pytest.mark.parametrize("files", range(8))
@pytest.mark.parametrize("when", ["before it is written", "before it is renamed"])
def test_a_growth_that_is_killed_at_any_file_loses_nothing(tmp_path, monkeypatch, files, when):
    """Grids, manifest and parts in turn: what was there is read, then the rest is computed."""
    store = tmp_path / "x.csv"
    fill(store, SMALL)
    write, left = StoreFolder.write, [files]

    def killed(folder, name, content):
        if not left[0]:
            if when == "before it is renamed":
                content(folder.path / f".new-{name}")
            raise KilledError
        left[0] -= 1
        write(folder, name, content)

    with monkeypatch.context() as patch:
        patch.setattr(StoreFolder, "write", killed)
        with pytest.raises(KilledError):
            fill(store, FINER)
    table = read_sweep(store)
    np.testing.assert_allclose(table["rate_Hz"], closed_form(table), rtol=1e-12)
    rows = set(map(tuple, table[["tau", "I"]].to_numpy()))
    assert rows >= set(map(tuple, table_of(SMALL).to_numpy()))
    assert fill(store, FINER).computed == 24 - len(table)
    check(store, FINER)


def test_until_the_manifest_is_replaced_the_sweep_is_the_old_one(tmp_path, monkeypatch):
    store = tmp_path / "x.csv"
    fill(store, SMALL)
    write = StoreFolder.write

    def killed(folder, name, content):
        if name == "_sweep.json":
            raise KilledError
        write(folder, name, content)

    with monkeypatch.context() as patch, contextlib.suppress(KilledError):
        patch.setattr(StoreFolder, "write", killed)
        fill(store, FINER)
    assert len(list(store.glob("_grid-*"))) > 1
    check(store, SMALL)
    assert fill(store, SMALL).computed == 0


def dies_at(model, sets, flag):
    """A protocol that kills its process at one current, as long as a file exists."""
    if 5.0 in set(sets["I"]) and Path(flag).exists():
        os.kill(os.getpid(), signal.SIGKILL)
    return formula(model, sets)


def test_a_process_that_is_killed_while_it_adds_sets_leaves_a_store_to_read_and_go_on(tmp_path):
    store, flag, script = (tmp_path / name for name in ("x.csv", "flag", "script.py"))
    flag.write_text("")
    options = {"protocol": dies_at, "flag": str(flag)}
    fill(store, SMALL, **options)
    script.write_text(
        "from test_growing_stores import FINER, dies_at, fill\n"
        f"fill({str(store)!r}, FINER, protocol=dies_at, flag={str(flag)!r})\n"
    )
    path = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    done = subprocess.run([sys.executable, str(script)], env=dict(os.environ, PYTHONPATH=path))
    assert done.returncode == -signal.SIGKILL
    half = read_sweep(store)
    assert 12 < len(half) < 24
    np.testing.assert_allclose(half["rate_Hz"], closed_form(half), rtol=1e-12)
    assert half["set"].is_monotonic_increasing
    flag.unlink()
    assert fill(store, FINER, **options).computed == 24 - len(half)
    check(store, FINER)


def test_a_sweep_that_was_not_finished_grows(tmp_path):
    """What it lacked of the small grid is computed with what the large one adds."""
    store = tmp_path / "x.csv"
    fill(store, SMALL)
    lines = [x for x in (store / "_finished.jsonl").read_text().splitlines() if x]
    (store / "_finished.jsonl").write_text(f"{lines[0]}\n")
    there = len(read_sweep(store))
    assert 0 < there < 12
    assert fill(store, FINER).computed == 24 - there
    check(store, FINER)


# --- damage, failures and neighbours --------------------------------------------------------------


@pytest.fixture
def grown(tmp_path):
    fill(tmp_path / "x.csv", SMALL)
    fill(tmp_path / "x.csv", FINER)
    return tmp_path / "x.csv"


def test_a_damaged_part_of_any_piece_is_computed_anew(grown):
    parts = sorted(grown.glob("part-*"))
    assert len(parts) == 3 + 2 + 2
    for part in parts:
        rows = len(pd.read_csv(part))
        part.write_text(part.read_text()[:-3])
        with pytest.raises(InputError, match=f"{part.name} is damaged or missing"):
            read_sweep(grown)
        assert fill(grown, FINER).computed == rows
    check(grown, FINER)


def test_a_damaged_grid_is_named_and_the_sweeps_own_is_mended(grown):
    own = StoreFolder(grown).manifest()["grid"]
    for file in sorted(grown.glob("_grid-*")):
        kept = file.read_bytes()
        for damage in (b"", kept[:-5], kept.replace(b"x", b"y") + b"z", bytes(len(kept))):
            file.write_bytes(damage)
            if damage.endswith(b"z") and StoreFolder(grown).layout(StoreFolder(grown).manifest()):
                continue  # an archive with something behind its end holds what it held
            with pytest.raises(InputError, match=f"{file.name}: is damaged or missing"):
                read_sweep(grown)
        if own.startswith(file.stem.removeprefix("_grid-")):
            assert fill(grown, FINER).computed == 0
        else:
            with pytest.raises(InputError, match=f"{file.name}: is damaged or missing"):
                fill(grown, FINER)
            file.write_bytes(kept)
        check(grown, FINER)


def fails_at(model, sets, flag):
    """A protocol that does not like one current, as long as a file exists."""
    if 4.0 in set(sets["I"]) and Path(flag).exists():
        raise RuntimeError("no such cell")
    return formula(model, sets)


def test_sets_that_failed_stand_at_their_new_places_and_are_run_again_on_request(tmp_path):
    store, flag = tmp_path / "x.csv", tmp_path / "flag"
    flag.write_text("")
    options = {"protocol": fails_at, "flag": str(flag), "chunk": 1}
    assert len(fill(store, SMALL, **options).failed) == 3
    found = fill(store, FINER, **options)
    assert found.computed == 12
    table = read_sweep(store)
    bad = table["error"] == "RuntimeError: no such cell"
    assert bad.tolist() == (table["I"] == 4).tolist()
    assert found.failed["set"].tolist() == table["set"][bad].tolist() == [4, 10, 16, 22]
    flag.unlink()
    assert fill(store, FINER, retry=True, **options).computed == 4
    whole = read_sweep(store)
    np.testing.assert_allclose(whole["rate_Hz"], closed_form(whole), rtol=1e-12)
    assert whole["set"].tolist() == list(range(24))


def test_a_store_that_another_process_fills_does_not_grow_and_is_read_meanwhile(tmp_path):
    store, seen = tmp_path / "x.csv", tmp_path / "seen"

    def meanwhile(model, sets):
        with pytest.raises(InputError, match="another process is filling it"):
            sweep(LIF, FINER | {"I": range(9) * nA}, protocol=meanwhile, store=store, workers=0)
        with seen.open("a") as file:
            file.write(f"{len(read_sweep(store))} ")
        return sets.assign(x=1)

    for grid in (SMALL, FINER):
        found = sweep(LIF, grid, protocol=meanwhile, store=store, workers=0, chunk=6)
    assert (found.sets, len(found.failed)) == (24, 0)
    # Chunks of 6 sets: of 12, then of 6 (tau = 7 ms), then of 6 (the new currents).
    assert seen.read_text() == "0 6 12 18 "


def test_who_read_the_manifest_before_a_growth_reads_the_old_grid(tmp_path, monkeypatch):
    store = tmp_path / "x.csv"
    fill(store, SMALL)
    earlier = StoreFolder(store).manifest()
    fill(store, FINER)
    monkeypatch.setattr(StoreFolder, "manifest", lambda folder: earlier)
    check(store, SMALL)


def test_noisy_cells_keep_their_rows_and_new_ones_draw_their_own(tmp_path):
    """A draw belongs to its row: it stays where the grid grows, and is not drawn again elsewhere.

    The new rows have the rate of the closed form of a threshold that is seen on the grid only.
    """
    equations = LIF.equations.replace("R*I", "R*I + 4*mV*xi*tau**0.5")
    noisy = LIF.with_(equations=equations, method="euler")
    options = {"store": tmp_path / "x.csv", "workers": 0, "backend": "numpy", "spikes": "grid",
               "duration": 4000 * ms, "discard": 0 * ms}  # fmt: skip
    grid = {"V_reset": np.linspace(-65, -65 + 1e-9, 12) * mV, "I": [1.5] * nA}
    sweep(noisy, grid, **options)
    first = read_sweep(options["store"])
    assert sweep(noisy, grid | {"I": [1.5, 2] * nA}, **options).computed == 12
    whole = read_sweep(options["store"])
    kept = whole[whole["I"] == 1.5].assign(set=range(12)).reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, first)
    shape = {"R": 10, "tau": 10, "E_L": -65, "V_reset": -65, "V_th": -50, "dt": 0.05}
    for I in (1.5, 2):
        found = whole["mean_rate_Hz"][whole["I"] == I]
        expected = noisy_lif_rate(I, 4 / 10 * 10**0.5, **shape)
        assert found.mean() == pytest.approx(expected, abs=4 * found.std() / 12**0.5)
        assert found.std() > 0


# --- Latin hypercubes that grow -------------------------------------------------------------------


def test_a_latin_hypercube_grows_by_sets_between_those_that_are_there(tmp_path):
    first = latin_hypercube(LIF, RANGES, 20, seed=3)
    more = latin_hypercube(LIF, RANGES, 60, seed=4, including=first)
    pd.testing.assert_frame_equal(more[:20], first)
    for name, (low, high) in {"tau": (5, 20), "I": (1, 3)}.items():
        assert sorted(np.floor((more[name] - low) / (high - low) * 60)) == list(range(60))
    pd.testing.assert_frame_equal(more, latin_hypercube(LIF, RANGES, 60, seed=4, including=first))
    fill(tmp_path / "x.csv", first)
    assert fill(tmp_path / "x.csv", more).computed == 40
    check(tmp_path / "x.csv", more)


@pytest.mark.parametrize(
    ("including", "n", "message"),
    [
        (latin_hypercube(LIF, RANGES, 20, seed=3), 50, "n: expected a multiple of the 20 sets"),
        (latin_hypercube(LIF, RANGES, 20, seed=3), 20, "n: expected a multiple of the 20 sets"),
        (random_sets(LIF, RANGES, 20, seed=3), 40, "including: column tau: is no Latin hypercube"),
        (latin_hypercube(LIF, RANGES, 20, seed=3)[["tau"]], 40, "including: expected the columns"),
        (20, 40, "including: expected a table of sets"),
    ],
)
def test_what_a_latin_hypercube_cannot_include_is_refused(including, n, message):
    with pytest.raises(InputError, match=message):
        latin_hypercube(LIF, RANGES, n, including=including)
