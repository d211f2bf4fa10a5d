"""Distances of spike trains against closed forms, brute force, Elephant and PySpike."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from excitable.analysis import (
    coincidence_factor,
    compare_spikes,
    spike_distance,
    van_rossum_distance,
)
from hypothesis import given
from hypothesis import strategies as st

from excitable.errors import InputError

TRAINS = st.lists(st.integers(0, 990), unique=True, max_size=12).map(lambda x: np.sort(x) / 10.0)


def test_van_rossum_of_one_and_two_spikes():
    assert van_rossum_distance([], []) == 0
    assert van_rossum_distance([7.0], []) == 1
    assert van_rossum_distance([5.0], [8.0], 4.0) == pytest.approx(
        np.sqrt(2 * (1 - np.exp(-3 / 4)))
    )


@given(TRAINS, TRAINS)
def test_van_rossum_is_the_integral(a, b):
    """The integral of the squared difference, exact between the spikes."""
    tau = 7.0
    edges = np.unique(np.concatenate([a, b, [0.0, 1e4]]))
    trace, total = 0.0, 0.0
    for left, right in pairwise(edges):
        trace += np.isin(left, a).astype(int) - np.isin(left, b).astype(int)
        total += trace**2 * (1 - np.exp(-2 * (right - left) / tau)) * tau / 2
        trace *= np.exp(-(right - left) / tau)
    expected = 2 / tau * total
    assert van_rossum_distance(a, b, tau) ** 2 == pytest.approx(expected, abs=1e-9)


def test_van_rossum_against_elephant():
    elephant = pytest.importorskip("elephant.spike_train_dissimilarity")
    neo, pq = pytest.importorskip("neo"), pytest.importorskip("quantities")
    rng = np.random.default_rng(3)
    a, b = (np.sort(rng.uniform(0, 500, n)) for n in (20, 31))
    trains = [neo.SpikeTrain(times * pq.ms, t_stop=500 * pq.ms) for times in (a, b)]
    theirs = elephant.van_rossum_distance(trains, time_constant=12 * pq.ms)[0, 1]
    assert van_rossum_distance(a, b, 12.0) == pytest.approx(theirs, rel=1e-9)


def test_coincidences_on_a_grid_do_not_depend_on_the_origin():
    """Spikes that lie 40 steps of 0.1 ms apart are 4 ms apart, wherever they are."""
    steps = np.arange(0, 2000, 97)
    factors = [coincidence_factor((steps + k) * 0.1, (steps + k + 40) * 0.1, 0, 1000)
               for k in range(50)]  # fmt: skip
    assert factors == pytest.approx([1.0] * 50)
    assert coincidence_factor([5.0], [9.001], 0, 1000) < 0


def test_spikes_of_neurons_that_are_not_compared_are_refused():
    data = pd.DataFrame({"neuron": [0], "t_ms": [10.0]})
    with pytest.raises(InputError, match="neuron 5 has spikes, but is none of 2 sweeps"):
        compare_spikes(data, data.assign(neuron=5), n=2, start=0, end=100)
    with pytest.raises(InputError, match=r"holds a .row 0."):
        compare_spikes(data, data.assign(neuron="a"), start=0, end=100)


def test_coincidence_factor_in_closed_form():
    """Equal trains 1; one of two spikes met: (1 - 2 nu Delta 2) / 2 / (1 - 2 nu Delta)."""
    data = [100.0, 300.0]
    assert coincidence_factor(data, data, 0, 1000) == pytest.approx(1.0)
    chance = 2 * 4.0 * 2 / 1000
    expected = (1 - chance * 2) / 2 / (1 - chance)
    assert coincidence_factor(data, [103.0, 500.0], 0, 1000) == pytest.approx(expected)
    assert coincidence_factor(data, [], 0, 1000) == 0
    assert np.isnan(coincidence_factor([], [], 0, 1000))


def test_coincidence_factor_of_chance_is_zero():
    """Poisson trains of unequal rates: zero on average, within three standard errors."""
    rng = np.random.default_rng(7)
    values = []
    for _ in range(300):
        a, b = (np.sort(rng.uniform(0, 20_000, rng.poisson(n))) for n in (60, 40))
        values.append(coincidence_factor(a, b, 0, 20_000, precision=2.0))
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(300) + 0.002


@given(TRAINS, TRAINS)
def test_coincidences_are_the_largest_matching(a, b):
    optimize = pytest.importorskip("scipy.sparse.csgraph")
    from excitable.analysis.trains.distances import _coincidences
    from scipy.sparse import csr_matrix

    # The times have few decimals: 6.9 - 3.9 is 3.
    near = np.abs(np.subtract.outer(a, b)).round(9) <= 3.0
    largest = 0
    if near.any():
        match = optimize.maximum_bipartite_matching(csr_matrix(near), perm_type="column")
        largest = int((match >= 0).sum())
    assert _coincidences(a, b, 3.0) == largest


def test_spike_distance_in_closed_form():
    """Equal trains 0; against PySpike's own rule a shift of a regular train by d of period T.

    Between the spikes both corner differences are d and both intervals T, so that the profile is
    d/T all along (Kreuz et al. 2013, eq. 19, away from the edges).
    """
    pytest.importorskip("pyspike")
    train = np.arange(5.0, 100_000, 10.0)
    assert spike_distance(train, train, 0, 100_000) == 0
    assert spike_distance(train, train + 1.0, 0, 100_000) == pytest.approx(0.1, rel=1e-3)
    assert np.isnan(spike_distance(train, [], 0, 100_000))


def test_table():
    data = pd.DataFrame({"neuron": [0, 0, 2], "t_ms": [10.0, 30.0, 10.0]})
    model = pd.DataFrame({"neuron": [2, 0, 0], "t_ms": [20.0, 31.0, 11.0]})
    table = compare_spikes(data, model, n=4, start=0, end=100)
    assert table["spikes_data"].tolist() == [2, 0, 1, 0]
    assert table["coincidence"].iloc[0] == pytest.approx(1.0)
    assert np.isnan(table["coincidence"].iloc[3])
    assert table["van_rossum"].tolist()[1::2] == [0.0, 0.0]
    with pytest.raises(InputError, match="data: expected columns neuron and t_ms"):
        compare_spikes(data[["t_ms"]], model, start=0, end=100)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: van_rossum_distance([2.0, 1.0], []), "must increase"),
        (lambda: van_rossum_distance([np.nan], []), "finite"),
        (lambda: van_rossum_distance([1.0], [], 0.0), "tau: must be above zero"),
        (lambda: coincidence_factor([1.0], [2.0], 5, 5), "not empty"),
        (lambda: coincidence_factor([1.0], [2.0], 0, 9, precision=-1), "precision"),
        (lambda: coincidence_factor([1.0], np.arange(9.0), 0, 9), "chance explains all"),
        (lambda: spike_distance([[1.0]], [2.0], 0, 9), "one dimension"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(InputError, match=message):
        call()
