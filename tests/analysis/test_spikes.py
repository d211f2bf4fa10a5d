"""Spike-train measures against definitions, closed forms of renewal processes and eFEL."""

import time

import numpy as np
import pandas as pd
import pytest
from excitable.analysis import (
    adaptation_index,
    fano_factor,
    first_interval_rate,
    intervals,
    isi_cv,
    isi_cv2,
    isi_lv,
    spike_latency,
    spike_table,
    steady_rate,
)
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

IRREGULARITY = (isi_cv, isi_cv2, isi_lv, adaptation_index)
isi_arrays = arrays(float, st.integers(4, 30), elements=st.floats(0.5, 500.0))


def train(isi, first=0.0):
    return first + np.concatenate(([0.0], np.cumsum(isi)))


# --- one neuron -------------------------------------------------------------------------------
@given(isi_arrays)
def test_intervals_add_up_to_last_minus_first(isi):
    times = train(isi)
    assert intervals(times).sum() == pytest.approx(times[-1] - times[0], rel=1e-12)


@given(isi_arrays)
def test_rate_without_rounds_is_that_of_all_intervals(isi):
    growing = np.cumsum(isi)  # so no group of intervals comes twice
    expected = 1000 * growing.size / growing.sum()
    assert steady_rate(train(growing)) == pytest.approx(expected, rel=1e-12)


def test_rate_with_rounds_is_that_of_whole_rounds():
    assert steady_rate(train([1.0, 2.0, 1.0, 1.0, 2.0, 1.0, 1.0])) == pytest.approx(750)


@given(isi_arrays, st.floats(-1000, 1000))
def test_nothing_but_latency_depends_on_the_origin_of_time(isi, shift):
    times = train(isi, first=3.0)
    for measure in (*IRREGULARITY, steady_rate, first_interval_rate):
        assert measure(times + shift) == pytest.approx(measure(times), rel=1e-9, abs=1e-11)
    assert spike_latency(times + shift, onset=shift) == pytest.approx(3.0, abs=1e-9)


@given(isi_arrays, st.floats(0.1, 10))
def test_rates_scale_with_inverse_time_and_irregularity_does_not_change(isi, factor):
    times = train(isi)
    assert steady_rate(factor * times) == pytest.approx(steady_rate(times) / factor)
    assert first_interval_rate(factor * times) == pytest.approx(first_interval_rate(times) / factor)
    for measure in IRREGULARITY:
        assert measure(factor * times) == pytest.approx(measure(times), rel=1e-9, abs=1e-12)


@given(isi_arrays)
def test_reversed_time_keeps_cv_cv2_lv(isi):
    times, backwards = train(isi), train(isi[::-1])
    for measure in (isi_cv, isi_cv2, isi_lv):
        assert measure(backwards) == pytest.approx(measure(times), rel=1e-9, abs=1e-12)


@given(isi_arrays, st.randoms(use_true_random=False))
def test_cv_does_not_depend_on_the_order_of_the_intervals(isi, random):
    shuffled = list(isi)
    random.shuffle(shuffled)
    assert isi_cv(train(shuffled)) == pytest.approx(isi_cv(train(isi)), rel=1e-9, abs=1e-12)


@given(st.floats(1, 100), st.integers(4, 50))
def test_a_regular_train_has_no_irregularity(interval, n):
    times = train(np.full(n, interval))
    for measure in IRREGULARITY:
        assert measure(times) == pytest.approx(0, abs=1e-12)
    assert steady_rate(times) == pytest.approx(1000 / interval)


def test_alternating_intervals_have_the_values_of_the_definitions():
    a, b = 10.0, 30.0
    times = train([a, b, a, b])
    assert isi_cv(times) == pytest.approx(np.sqrt(4 / 3) * (b - a) / 2 / 20, rel=1e-14)
    assert isi_cv2(times) == pytest.approx(2 * (b - a) / (a + b), rel=1e-14)
    assert isi_lv(times) == pytest.approx(3 * ((b - a) / (a + b)) ** 2, rel=1e-14)
    # From the second interval on: b, a, b, whose contrasts cancel.
    assert adaptation_index(times) == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("shape", [1, 4])
def test_gamma_process_has_its_theoretical_cv_and_lv(shape):
    """CV = 1/sqrt(k), LV = 3/(2k + 1) (Shinomoto et al. 2003); k = 1 is Poisson, with CV2 = 1."""
    rng = np.random.default_rng(20030)
    trials = [train(rng.gamma(shape, 10.0 / shape, 2000)) for _ in range(50)]

    def assert_mean(measure, expected):
        values = np.array([measure(times) for times in trials])
        standard_error = values.std(ddof=1) / np.sqrt(values.size)
        # The CV's own bias, of order 1/n = 5e-4, is below one standard error.
        assert abs(values.mean() - expected) < 4 * standard_error
        assert standard_error < 0.005

    assert_mean(isi_cv, 1 / np.sqrt(shape))
    assert_mean(isi_lv, 3 / (2 * shape + 1))
    assert_mean(adaptation_index, 0)
    if shape == 1:
        assert_mean(isi_cv2, 1)


def test_fano_factor_of_poisson_and_of_gamma_processes():
    """1 for Poisson, and CV**2 = 1/k of any renewal process in long windows (Cox 1962)."""
    rng = np.random.default_rng(1947)
    poisson = np.sort(rng.uniform(0, 1e6, 100_000))
    # Of m independent counts the variance has the relative standard error sqrt(2/m).
    assert fano_factor(poisson, 0, 1e6, 100.0) == pytest.approx(1, abs=4 * np.sqrt(2 / 1e4))
    gamma = train(rng.gamma(4, 2.5, 100_000))
    assert fano_factor(gamma, 0, 9.9e5, 1000.0) == pytest.approx(
        1 / 4, abs=4 * np.sqrt(2 / 990) / 4
    )


def test_fano_factor_is_the_variance_over_the_mean_of_the_counts():
    times = [1.0, 2.0, 12.0, 21.0, 22.0, 23.0, 39.0, 45.0]  # counts 2, 1, 3, 1; 45 is in no window
    assert fano_factor(times, 0, 45.0, 10.0) == pytest.approx(np.var([2, 1, 3, 1], ddof=1) / 1.75)
    # [30, 40) excludes 40, also in the last window
    assert fano_factor([5.0, 15.0, 25.0, 35.0, 40.0], 0, 40.0, 10.0) == 0
    assert np.isnan(fano_factor([50.0], 0, 40.0, 10.0))


def test_efel_computes_the_same_adaptation_index_and_cv():
    efel = pytest.importorskip("efel")
    rng = np.random.default_rng(5)
    # Spikes on eFEL's sampling grid, as triangles of one sample; intervals grow and jitter.
    t = np.arange(0, 2000, 0.1)
    peaks = np.cumsum(rng.integers(100, 300, 30) + 10 * np.arange(30)) + 500
    v = np.full(t.size, -65.0)
    v[peaks] = 30.0
    efel.reset()
    efel.set_setting("ignore_first_ISI", False)
    trace = {"T": t, "V": v, "stim_start": [0.0], "stim_end": [t[-1]]}
    (oracle,) = efel.get_feature_values([trace], ["adaptation_index2", "ISI_CV", "peak_time"])
    efel.reset()
    assert oracle["peak_time"] == pytest.approx(t[peaks], abs=1e-6)
    assert adaptation_index(t[peaks]) == pytest.approx(oracle["adaptation_index2"][0], rel=1e-9)
    assert isi_cv(t[peaks]) == pytest.approx(oracle["ISI_CV"][0], rel=1e-9)


def test_the_window_is_half_open():
    times = [10.0, 20.0, 30.0, 40.0]
    assert intervals(times, 20.0, 40.0).tolist() == [10.0]


@pytest.mark.parametrize("dt", [0.1, 0.3])
def test_spikes_on_a_grid_lie_in_the_windows_that_their_steps_say(dt):
    """Counted in whole steps; dt times a number of steps is that number up to rounding alone."""
    steps = 33 * np.arange(400)
    times = steps * (dt * 1e-3) / 1e-3  # as Brian2's times in ms
    assert fano_factor(times, 0, 400 * 33 * dt, 33 * dt) == 0
    begins = 33 * np.arange(200)
    table = spike_table(
        np.tile(np.arange(200), 400), np.repeat(times, 200), 200,
        start=begins * dt, end=(begins + 3300) * dt, onset=begins * dt,
    )  # fmt: skip
    assert (table["spike_count"] == 100).all()
    assert table["latency_ms"].between(0, 1e-9).all()
    assert len(intervals(times, 330 * dt, 660 * dt)) == 9


def test_silence_is_a_rate_of_zero_and_one_spike_is_unresolved():
    assert steady_rate([]) == 0
    assert steady_rate([5.0, 15.0], start=20.0) == 0
    assert np.isnan(steady_rate([5.0, 25.0], start=20.0))
    assert first_interval_rate([5.0], onset=10.0) == 0
    assert np.isnan(first_interval_rate([5.0, 15.0], onset=10.0))
    assert np.isnan(spike_latency([5.0], onset=10.0))
    assert spike_latency([10.0], onset=10.0) == 0


def test_measures_of_too_few_spikes_are_nan():
    for n_spikes in range(3):
        for measure in IRREGULARITY:
            assert np.isnan(measure(10.0 * np.arange(n_spikes)))
    assert np.isnan(adaptation_index([0.0, 10.0, 20.0]))
    assert adaptation_index([0.0, 10.0, 20.0, 30.0]) == 0


# --- a group ----------------------------------------------------------------------------------
@st.composite
def groups(draw):
    n = draw(st.integers(1, 6))
    spikes = draw(
        st.lists(
            st.tuples(st.integers(0, n - 1), st.integers(0, 400).map(lambda k: k / 2)),
            max_size=60,
            unique=True,
        )
    )
    return n, [i for i, _ in spikes], [t for _, t in spikes]


@given(groups())
def test_table_agrees_with_the_measures_of_each_neuron(group):
    n, neurons, times = group
    start, end, onset = 50.0, 180.0, 20.0
    table = spike_table(neurons, times, n, start=start, end=end, onset=onset)
    assert table["neuron"].tolist() == list(range(n))
    for i, row in table.iterrows():
        own = np.sort([t for j, t in zip(neurons, times, strict=True) if j == i])
        assert row["spike_count"] == np.sum((own >= start) & (own < end))
        assert row["resolved"] == (row["firing"] in ("steady", "silent"))
        assert (row["firing"] == "silent") == (row["spike_count"] == 0)
        assert (row["firing"] == "one spike") == (row["spike_count"] == 1)
        assert row["mean_rate_Hz"] == pytest.approx(1000 * row["spike_count"] / (end - start))
        expected = {
            "rate_Hz": steady_rate(own, start, end),
            "first_rate_Hz": first_interval_rate(own, onset),
            "latency_ms": spike_latency(own, onset),
            "isi_cv": isi_cv(own, start, end),
            "isi_cv2": isi_cv2(own, start, end),
            "isi_lv": isi_lv(own, start, end),
            "adaptation_index": adaptation_index(own, start, end),
        }
        for column, value in expected.items():
            assert row[column] == pytest.approx(value, nan_ok=True), column


@given(groups(), st.randoms(use_true_random=False))
def test_table_does_not_depend_on_the_order_of_the_spikes(group, random):
    n, neurons, times = group
    shuffled = list(zip(neurons, times, strict=True))
    random.shuffle(shuffled)
    window = {"start": 50.0, "end": 180.0}
    pd.testing.assert_frame_equal(
        spike_table([i for i, _ in shuffled], [t for _, t in shuffled], n, **window),
        spike_table(neurons, times, n, **window),
    )


def test_window_and_onset_may_differ_between_neurons():
    table = spike_table(
        [0, 0, 0, 1, 1, 1],
        [10.0, 20.0, 40.0] * 2,
        2,
        start=[0.0, 15.0],
        end=[30.0, 50.0],
        onset=[5.0, 15.0],
    )
    assert table["rate_Hz"].tolist() == [100.0, 50.0]
    assert table["latency_ms"].tolist() == [5.0, 5.0]
    assert table["first_rate_Hz"].tolist() == [100.0, 50.0]


def test_a_neuron_that_stops_before_the_window_has_rate_zero_but_a_latency():
    table = spike_table([0, 0, 0], [1.0, 2.0, 4.0], 1, start=10.0, end=20.0)
    row = table.iloc[0]
    assert (row["spike_count"], row["rate_Hz"], row["resolved"]) == (0, 0.0, True)
    assert (row["latency_ms"], row["first_rate_Hz"]) == (1.0, 1000.0)
    assert np.isnan(row["isi_cv"])


def test_a_silent_group_has_all_its_rows():
    table = spike_table([], [], 3, start=0.0, end=10.0)
    assert table["rate_Hz"].tolist() == [0.0, 0.0, 0.0]
    assert table["latency_ms"].isna().all()


def test_a_million_spikes_of_ten_thousand_neurons_take_seconds_not_minutes():
    rng = np.random.default_rng(0)
    n = 10_000
    neurons, times = rng.integers(0, n, 10**6), rng.uniform(0, 1e4, 10**6)
    began = time.perf_counter()
    table = spike_table(neurons, times, n, start=0.0, end=1e4)
    # A boolean mask per neuron takes 10**10 comparisons; grouping takes about half a second.
    assert time.perf_counter() - began < 10
    assert table["spike_count"].sum() == 10**6


# --- input ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: intervals([1.0, np.nan]), "Spike time 1 is nan"),
        (lambda: intervals([2.0, 1.0]), "does not come after"),
        (lambda: intervals([1.0, 1.0]), "does not come after"),
        (lambda: intervals([[1.0, 2.0]]), "Use spike_table"),
        (lambda: intervals([1.0], start=5.0, end=5.0), "is empty"),
        (lambda: fano_factor([1.0], 0.0, 15.0, 10.0), "1 window"),
        (lambda: fano_factor([1.0], 0.0, np.inf, 10.0), "finite range"),
        (lambda: spike_table([0, 1], [1.0], 2, start=0, end=9), "one index per spike"),
        (lambda: spike_table([0, 2], [1.0, 2.0], 2, start=0, end=9), "indices 0 to 1"),
        (lambda: spike_table([0, -1], [1.0, 2.0], 2, start=0, end=9), "indices 0 to 1"),
        (lambda: spike_table([0.0, 1.0], [1.0, 2.0], 2, start=0, end=9), "integers"),
        (lambda: spike_table([0, 0], [1.0, 1.0], 1, start=0, end=9), "two spikes at 1.0"),
        (lambda: spike_table([0], [np.inf], 1, start=0, end=9), "finite"),
        (lambda: spike_table([], [], 0, start=0, end=9), "at least one neuron"),
        (lambda: spike_table([0], [1.0], 1, start=9, end=0), "is empty"),
        (lambda: spike_table([0], [1.0], 1, start=[0, 1], end=9), "one per neuron"),
        (lambda: spike_table([0], [1.0], 1, start=0, end=9, onset=np.nan), "NaN"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
