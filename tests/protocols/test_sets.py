"""Parameter sets that are drawn, and stores that are read together."""

import numpy as np
import pandas as pd
import pytest
from brian2 import Mohm, ms, nA, second
from excitable.analysis import lif_rate
from excitable.models import LIF
from excitable.protocols import latin_hypercube, random_sets, read_sweep, sweep

from excitable.errors import InputError

RANGES = {"tau": [5, 20] * ms, "R": None, "I": [1, 3] * nA}
SHAPE = {"E_L": -65.0, "V_reset": -65.0, "V_th": -50.0}


def rates_of(sets):
    rows = zip(sets["I"], sets["R"], sets["tau"], strict=True)
    return np.array([lif_rate(I, R=R, tau=tau, **SHAPE) for I, R, tau in rows])


def exact(model, sets, scale=1.0):
    """The closed form as a protocol, with the ``attrs`` that protocols give."""
    own = {name: p.value for name, p in model.parameters.items()}
    whole = sets.assign(**{k: own[k] for k in ("R", "tau") if k not in sets})
    table = pd.DataFrame({"rate_Hz": scale * rates_of(whole)})
    table.attrs = {"parameters": own, "units": dict.fromkeys(own, "")}
    return table


def test_a_latin_hypercube_has_one_set_in_each_part_of_every_range():
    sets = latin_hypercube("lif", RANGES, 40, seed=3)
    ends = {"tau": (5, 20), "R": LIF.parameters["R"].range, "I": (1, 3)}
    for name, (low, high) in ends.items():
        parts = np.floor((sets[name] - low) / (high - low) * 40)
        assert sorted(parts) == list(range(40))


def test_random_sets_are_the_same_for_the_same_seed_and_within_their_ranges():
    sets = random_sets(LIF, RANGES, 2000, seed=3)
    pd.testing.assert_frame_equal(sets, random_sets(LIF, RANGES, 2000, seed=3))
    assert not sets.equals(random_sets(LIF, RANGES, 2000, seed=4))
    assert sets["tau"].between(5, 20).all()
    # The mean of 2000 uniform draws: standard deviation 15/sqrt(12*2000).
    assert sets["tau"].mean() == pytest.approx(12.5, abs=4 * 15 / np.sqrt(24_000))


@pytest.mark.parametrize(
    ("ranges", "n", "message"),
    [
        ({"tua": None}, 5, "did you mean 'tau'"),
        ({"tau": [20, 5] * ms}, 5, "the lower first"),
        ({"tau": [5, 20] * nA}, 5, "range of tau: expected ms"),
        ({}, 5, "name at least one"),
        ({"tau": None}, 0, "n: expected a whole number"),
    ],
)
@pytest.mark.parametrize("draw", [random_sets, latin_hypercube])
def test_bad_ranges(draw, ranges, n, message):
    with pytest.raises(ValueError, match=message):
        draw(LIF, ranges, n)


def test_a_grid_that_grew_is_read_from_two_stores(tmp_path):
    """Each set once; what only one of them varies has the model's value in the other."""
    a, b = tmp_path / "a.csv", tmp_path / "b.csv"
    with_it = {"protocol": exact, "workers": 0}
    sweep(LIF, {"tau": [10, 20] * ms, "I": [1, 2] * nA}, store=a, **with_it)
    sweep(LIF, {"R": [10, 20] * Mohm, "I": [2, 3] * nA}, store=b, **with_it)
    table = read_sweep([a, b])
    sets = sorted(map(tuple, table[["tau", "R", "I"]].to_numpy()))
    assert sets == [(10, 10, 1), (10, 10, 2), (10, 10, 3), (10, 20, 2), (10, 20, 3),
                    (20, 10, 1), (20, 10, 2)]  # fmt: skip
    assert table["rate_Hz"].to_numpy() == pytest.approx(rates_of(table))
    assert list(read_sweep([a, b], columns=["I"])) == ["store", "set", "I"]


def doubled(model, sets, name="twice"):
    """A protocol whose table says nothing of its sets but twice their current."""
    return pd.DataFrame({name: 2 * sets["I"].to_numpy()})


def test_sets_of_several_stores_are_told_apart_by_their_grids(tmp_path):
    """Each of the union stands once, whatever the protocol's tables hold."""
    grids = [{"tau": [5, 10] * ms, "I": [1, 2] * nA}, {"R": [5, 10] * Mohm, "I": [1, 2] * nA},
             {"I": [0.1 + 0.2, 2] * nA}]  # fmt: skip
    stores = [tmp_path / f"{k}.csv" for k in range(3)]
    for grid, store in zip(grids, stores, strict=True):
        sweep(LIF, grid, protocol=doubled, store=store, workers=0)
    own = {"tau": [10.0], "R": [10.0]}
    right = {
        (tau, R, I)
        for grid in grids
        for tau in (grid["tau"] / ms if "tau" in grid else own["tau"])
        for R in (grid["R"] / Mohm if "R" in grid else own["R"])
        for I in (grid["I"] / nA).round(6)
    }
    table = read_sweep(stores)
    found = list(zip(table["tau"], table["R"], table["I"].round(6), strict=True))
    assert len(found) == len(right) == 7
    assert set(found) == right
    np.testing.assert_allclose(table["twice"], 2 * table["I"])
    assert len(read_sweep(stores[:1])) == 4


def test_a_result_with_the_name_of_what_another_store_varies_is_not_mixed_with_it(tmp_path):
    a, b = tmp_path / "a.csv", tmp_path / "b.csv"
    with_it = {"protocol": doubled, "workers": 0, "name": "R"}
    sweep(LIF, {"I": [1, 2] * nA}, store=a, **with_it)
    sweep(LIF, {"R": [5] * Mohm, "I": [2.5] * nA}, store=b, **with_it)
    with pytest.raises(InputError, match=r"column R of store .*a.csv is a result of its protocol"):
        read_sweep([a, b])


def test_stores_of_different_work_are_not_read_together(tmp_path):
    grid = {"I": [1, 2] * nA}
    a, b, c = (tmp_path / f"{name}.csv" for name in "abc")
    sweep(LIF, grid, store=a, protocol=exact, workers=0)
    sweep(LIF, grid, store=b, protocol=exact, workers=0, scale=2.0)
    sweep(LIF.with_(tau=0.02 * second), grid, store=c, protocol=exact, workers=0)
    with pytest.raises(ValueError, match=r"is of another setting \(scale: 2.0, not none\)"):
        read_sweep([a, b])
    with pytest.raises(ValueError, match="is of another model"):
        read_sweep([a, c])
    with pytest.raises(ValueError, match="list of stores is empty"):
        read_sweep([])
