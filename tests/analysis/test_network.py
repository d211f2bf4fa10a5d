"""Population measures: closed forms, Elephant as an oracle, and what may not matter."""

import numpy as np
import pandas as pd
import pytest
from excitable.analysis import (
    BANDS,
    band_peaks,
    fano_factor,
    fano_factors,
    mean_correlation,
    mean_spectrum,
    network_statistics,
    over_runs,
    pairwise_correlation,
    population_rate,
    rate_spectrum,
    spike_counts,
    spike_table,
    synchrony_index,
    to_neo,
)
from hypothesis import given
from hypothesis import strategies as st

WINDOW = {"start": 0.0, "end": 20_000.0}


def frame(neurons, times):
    return pd.DataFrame({"neuron": np.asarray(neurons, int), "t_ms": np.asarray(times, float)})


def poisson(n, rate_Hz, length_ms, rng):
    """Independent Poisson processes: given their number, the times are uniform."""
    count = rng.poisson(rate_Hz * length_ms / 1000, n)
    return frame(np.repeat(np.arange(n), count), rng.uniform(0, length_ms, count.sum()))


def with_shared(n, rate_Hz, shared, length_ms, rng):
    """Poisson processes of which the part `shared` of the spikes is common to all."""
    common = rng.uniform(0, length_ms, rng.poisson(shared * rate_Hz * length_ms / 1000))
    copies = frame(np.repeat(np.arange(n), len(common)), np.tile(common, n))
    return pd.concat([poisson(n, (1 - shared) * rate_Hz, length_ms, rng), copies])


# --- closed forms --------------------------------------------------------------------------------


def test_independent_poisson_trains():
    """Correlation 0, Fano, CV and CV2 1, chi 1/sqrt(n), each within four standard errors."""
    n = 60
    spikes = poisson(n, 20.0, 20_000, np.random.default_rng(1))
    row = network_statistics(spikes, n, **WINDOW, bin=5.0, window=100.0).iloc[0]
    bins, windows, intervals = 4000, 200, 20 * 20 * n
    assert row["correlation"] == pytest.approx(0, abs=4 / np.sqrt(bins * n * (n - 1) / 2))
    assert row["fano"] == pytest.approx(1, abs=4 * np.sqrt(2 / (windows * n)))
    assert row["rate_Hz"] == pytest.approx(20, abs=4 * np.sqrt(20 / 20 / n))
    # The CV of k exponential intervals varies by 1/sqrt(k), and is biased by less than 1/k.
    assert row["isi_cv"] == pytest.approx(1, abs=4 / np.sqrt(intervals) + 1 / 400)
    # 2|I - J|/(I + J) of exponential intervals is uniform on [0, 2], with the variance 1/3.
    assert row["isi_cv2"] == pytest.approx(1, abs=4 * np.sqrt(1 / intervals))
    # chi**2 = 1/n times a variance estimated from 4000 bins
    assert row["synchrony"] ** 2 * n == pytest.approx(1, abs=4 * np.sqrt(2 / bins))


@pytest.mark.parametrize("shared", [0.2, 0.7])
def test_a_shared_component_has_its_correlation_and_synchrony(shared):
    """Counts S + X_i of Poisson variances c and 1 - c: correlation c, chi**2 = c + (1 - c)/n."""
    n, bins = 20, 4000
    spikes = with_shared(n, 50.0, shared, 20_000, np.random.default_rng(2))
    counts = spike_counts(spikes, n, **WINDOW, width=5.0)
    # S and the X_i are skewed; their variances are known to sqrt((2 + 1/mean)/bins).
    error = 4 * np.sqrt((2 + 1 / (0.25 * shared)) / bins) * shared
    assert mean_correlation(counts) == pytest.approx(shared, abs=error)
    assert synchrony_index(counts) ** 2 == pytest.approx(shared + (1 - shared) / n, abs=error)


def test_identical_trains_are_perfectly_synchronous():
    times = np.cumsum(np.random.default_rng(3).exponential(20, 300))
    spikes = frame(np.repeat(np.arange(5), 300), np.tile(times, 5))
    row = network_statistics(spikes, 5, start=0, end=times[-1]).iloc[0]
    assert row["synchrony"] == pytest.approx(1, abs=1e-12)
    assert row["correlation"] == pytest.approx(1, abs=1e-12)


def test_chi_of_potentials_with_a_common_and_an_own_part():
    """sin(w t) in all, an own sine of the same size in each: chi**2 = (1 + 1/n)/2."""
    t = np.arange(1000) * 2 * np.pi / 1000
    own = np.array([np.sin(k * t) for k in range(2, 12)])  # orthogonal to one another
    assert synchrony_index(np.sin(t) + own) ** 2 == pytest.approx((1 + 1 / 10) / 2, abs=1e-12)


def modulated(frequency, depth, n, rng, rate_Hz=20.0, length_ms=20_000.0):
    """Poisson processes of rate r (1 + m sin(2 pi f t)), by thinning."""
    spikes = poisson(n, rate_Hz * (1 + depth), length_ms, rng)
    level = 1 + depth * np.sin(2 * np.pi * frequency * spikes["t_ms"] / 1000)
    return spikes[rng.uniform(0, 1 + depth, len(spikes)) < level]


@pytest.mark.parametrize(("frequency", "band"), [(6, "theta"), (10, "alpha"), (40, "gamma")])
def test_a_modulated_population_has_its_peak_where_it_is_modulated(frequency, band):
    n, depth, rate = 100, 0.5, 20.0
    spectra = [
        rate_spectrum(modulated(frequency, depth, n, np.random.default_rng(seed)), n, **WINDOW)
        for seed in range(4)
    ]
    found = band_peaks(spectra).set_index("band")
    row = found.loc[band]
    assert row["peak_Hz"] == frequency
    assert row["peak_sem_Hz"] == 0
    assert (row["runs"], row["runs_with_peak"], row["resolution_Hz"]) == (4, 4, 2)
    # A sine of amplitude r m carries (r m)**2/2, less what 1-ms bins blur. Hann's window spreads it
    # over three frequencies as 1/4 : 1 : 1/4, of which theta holds two (4 and 6 Hz, not 8).
    carried = (depth * rate) ** 2 / 2 * np.sinc(frequency / 1000) ** 2
    floor, resolution = 2 * rate / n, 2.0
    low, high = BANDS[band]
    held = sum(w for k, w in ((-1, 0.25), (0, 1), (1, 0.25)) if low <= frequency + 2 * k < high)
    peak = carried / (1.5 * resolution)
    # Variance of a density over K segments (79 that overlap by half, in 4 runs; Welch 1967).
    error = 4 * np.sqrt((2 * peak * floor + floor**2) / (4 * 79 / 1.06))
    assert row["peak_psd_Hz"] == pytest.approx(peak + floor, abs=error)
    bins = np.ceil((high - low) / resolution)
    expected = (peak * held + floor * bins) * resolution
    assert row["power_Hz2"] == pytest.approx(expected, abs=error * bins * resolution)
    assert row["excess"] == pytest.approx(1 + peak * held / (floor * bins), rel=0.1)


def test_the_spectrum_of_independent_poisson_trains_is_flat():
    """2 rate/n at every frequency; the mean of many Welch estimates within four standard errors."""
    n, rate = 50, 20.0
    runs = [
        rate_spectrum(poisson(n, rate, 20_000, np.random.default_rng(k)), n, **WINDOW)
        for k in range(6)
    ]
    mean = mean_spectrum(runs)
    inner = mean[(mean["frequency_Hz"] > 4) & (mean["frequency_Hz"] < 490)]
    # 79 half-overlapping Hann segments are worth about 79/1.06 independent ones (Welch 1967).
    error = 4 / np.sqrt(6 * 79 / 1.06 * len(inner) / 2)
    assert inner["psd_Hz"].mean() == pytest.approx(2 * rate / n, rel=error)
    assert inner["poisson_Hz"].mean() == pytest.approx(2 * rate / n, rel=4 / np.sqrt(6 * 20_000))
    expected = pd.concat(runs).groupby("frequency_Hz")["psd_Hz"].sem()
    np.testing.assert_allclose(mean["psd_sem_Hz"], expected)
    assert (mean["runs"] == 6).all()


def test_a_falling_spectrum_has_no_peak():
    f = np.arange(0.0, 100.0, 2.0)
    run = pd.DataFrame({"frequency_Hz": f, "psd_Hz": 1 / (1 + f), "poisson_Hz": 0.1})
    found = band_peaks(run)
    assert found["peak_Hz"].isna().all()
    assert (found["runs_with_peak"] == 0).all()
    assert found["power_Hz2"][0] == pytest.approx(2 * (1 / 5 + 1 / 7))  # 4 and 6 Hz, not 8


# --- rate ----------------------------------------------------------------------------------------

SPIKES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 19_999)), max_size=40).map(
    lambda rows: frame([i for i, _ in rows], [t / 100 for _, t in rows])
)


@given(spikes=SPIKES, bin=st.sampled_from([0.5, 1.0, 5.0, 20.0]))
def test_no_spike_is_lost(spikes, bin):
    rate = population_rate(spikes, 5, start=0, end=200, bin=bin)["rate_Hz"]
    assert rate.sum() * 5 * bin / 1000 == pytest.approx(len(spikes))


@pytest.mark.parametrize(
    ("kernel", "width"),
    [("none", None), ("boxcar", 15.0), ("gaussian", 8.0), ("exponential", 8.0)],
)
def test_a_constant_rate_stays_constant_up_to_the_ends(kernel, width):
    spikes = frame(np.zeros(100), np.arange(100) * 2.0)
    found = population_rate(spikes, 2, start=0, end=200, bin=2.0, kernel=kernel, width=width)
    np.testing.assert_allclose(found["rate_Hz"], 250)
    np.testing.assert_allclose(found["t_ms"], 1 + 2 * np.arange(100))


@pytest.mark.parametrize("kernel", ["boxcar", "gaussian", "exponential"])
def test_a_single_spike_shows_the_kernel(kernel):
    found = population_rate(
        frame([0], [500.2]), 1, start=0, end=1000, bin=0.5, kernel=kernel, width=20.0
    )
    t, rate = found["t_ms"].to_numpy() - 500.25, found["rate_Hz"].to_numpy() / 1000
    shape = {
        "boxcar": (abs(t) <= 10) / 20,
        "gaussian": np.exp(-(t**2) / 800) / np.sqrt(800 * np.pi),
        "exponential": (t >= 0) * np.exp(-t / 20) / 20,
    }[kernel]
    np.testing.assert_allclose(rate, shape, atol=0.03 * shape.max())


def test_spikes_on_the_grid_of_a_simulation_fall_into_their_bins():
    """0.007 s is 7.000000000000001 or 6.999999999999999 ms: each bin holds one of them all."""
    step = np.arange(1000)
    for times in (step * 1e-3 * 1e3, step * 0.1 / 100 * 1000, np.cumsum(np.full(1000, 1.0)) - 1):
        counts = spike_counts(frame(np.zeros(1000), times), 1, start=0, end=1000, width=1.0)
        assert (counts == 1).all()


# --- what may not matter -------------------------------------------------------------------------


@given(spikes=SPIKES, order=st.permutations(range(5)), seed=st.integers(0, 99))
def test_order_and_names_of_the_neurons_do_not_matter(spikes, order, seed):
    spikes = spikes.drop_duplicates()
    other = spikes.sample(frac=1, random_state=seed)
    other["neuron"] = np.asarray(order)[other["neuron"]] + 100
    window = {"start": 0, "end": 200, "bin": 10.0, "window": 50.0}
    a = network_statistics(spikes, 5, **window)
    b = network_statistics(other, range(100, 105), **window)
    pd.testing.assert_frame_equal(a, b, atol=1e-9)


@given(spikes=SPIKES, shift=st.integers(-1000, 1000))
def test_a_shift_in_time_does_not_matter(spikes, shift):
    spikes = spikes.drop_duplicates()
    later = spikes.assign(t_ms=spikes["t_ms"] + shift)
    a = spike_counts(spikes, 5, start=0, end=200, width=10.0)
    b = spike_counts(later, 5, start=shift, end=200 + shift, width=10.0)
    assert np.array_equal(a, b)
    one = rate_spectrum(spikes, 5, start=0, end=200, segment=50.0)
    two = rate_spectrum(later, 5, start=shift, end=200 + shift, segment=50.0)
    pd.testing.assert_frame_equal(one, two)


def test_populations_are_measured_apart():
    rng = np.random.default_rng(5)
    exc = poisson(8, 10.0, 2000, rng).assign(population="exc")
    inh = poisson(2, 40.0, 2000, rng).assign(population="inh")
    inh["neuron"] += 8
    neurons = {"exc": range(8), "inh": range(8, 10), "none": range(10, 12)}
    both = pd.concat([exc, inh]).sample(frac=1, random_state=1)
    window = {"start": 0, "end": 2000}
    found = network_statistics(both, neurons, **window).set_index("population")
    alone = network_statistics(inh, range(8, 10), **window).iloc[0]
    pd.testing.assert_series_equal(found.loc["inh"], alone, check_names=False, check_dtype=False)
    assert found.loc["none", "rate_Hz"] == 0
    assert np.isnan(found.loc["none", "synchrony"])
    for table in (population_rate(both, neurons, **window), rate_spectrum(both, neurons, **window)):
        assert list(table["population"].unique()) == ["exc", "inh", "none"]


# --- pairs ---------------------------------------------------------------------------------------


def test_the_mean_over_all_pairs_needs_no_pairs():
    counts = np.random.default_rng(6).poisson(0.3, (40, 200))
    counts[3] = 0
    table = pairwise_correlation(counts)
    assert len(table) == 39 * 38 / 2
    assert mean_correlation(counts) == pytest.approx(table["correlation"].mean(), abs=1e-12)
    full = np.corrcoef(np.delete(counts, 3, axis=0))
    np.testing.assert_allclose(table["correlation"], full[np.triu_indices(39, 1)], atol=1e-12)
    assert not ((table["i"] == 3) | (table["j"] == 3)).any()


def test_sampled_pairs_are_some_of_all_pairs():
    counts = np.random.default_rng(7).poisson(0.3, (30, 100))
    every = pairwise_correlation(counts).set_index(["i", "j"])["correlation"]
    some = pairwise_correlation(counts, pairs=100, seed=1).set_index(["i", "j"])["correlation"]
    assert len(some) == 100
    assert some.index.is_unique
    np.testing.assert_allclose(some, every[some.index], atol=1e-12)
    again = pairwise_correlation(counts, pairs=100, seed=2)
    assert not again[["i", "j"]].equals(some.index.to_frame(index=False))


def test_fano_factors_are_those_of_each_train():
    spikes = poisson(6, 30.0, 5000, np.random.default_rng(8))
    found = fano_factors(spike_counts(spikes, 6, start=0, end=5000, width=100.0))
    for k in range(6):
        times = np.sort(spikes.loc[spikes["neuron"] == k, "t_ms"])
        assert found[k] == pytest.approx(fano_factor(times, 0, 5000, 100.0))


def test_over_runs():
    tables = [
        pd.DataFrame({"population": ["e", "i"], "rate_Hz": [a, b]})
        for a, b in ((1.0, 5.0), (2.0, np.nan), (6.0, 7.0))
    ]
    found = over_runs(tables)
    assert found["rate_Hz"].tolist() == [3, 6]
    expected = [np.std([1, 2, 6], ddof=1) / np.sqrt(3), 1.0]
    np.testing.assert_allclose(found["rate_Hz_sem"], expected)
    with pytest.raises(ValueError, match="run 1 has other rows"):
        over_runs([tables[0], tables[1].iloc[:1]])
    with pytest.raises(ValueError, match="run 1 has other columns"):
        over_runs([tables[0], tables[1].rename(columns={"rate_Hz": "rate"})])


# --- Elephant ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def elephant_run():
    pytest.importorskip("elephant")
    spikes = with_shared(6, 30.0, 0.3, 4000, np.random.default_rng(9))
    return spikes, to_neo(spikes, 4000.0, neurons=6).spiketrains


def test_elephant_agrees_on_the_correlation(elephant_run):
    from elephant.conversion import BinnedSpikeTrain
    from elephant.spike_train_correlation import correlation_coefficient
    from quantities import ms

    spikes, trains = elephant_run
    binned = BinnedSpikeTrain(trains, bin_size=5 * ms)
    counts = spike_counts(spikes, 6, start=0, end=4000, width=5.0)
    assert np.array_equal(counts, binned.to_array())
    theirs = correlation_coefficient(binned)[np.triu_indices(6, 1)]
    ours = pairwise_correlation(counts)["correlation"]
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_elephant_agrees_on_the_irregularity(elephant_run):
    from elephant import statistics

    spikes, trains = elephant_run
    table = spike_table(spikes["neuron"], spikes["t_ms"], 6, start=0, end=4000)
    isi = [statistics.isi(train) for train in trains]
    np.testing.assert_allclose(table["isi_cv"], [statistics.cv(i, ddof=1) for i in isi])
    np.testing.assert_allclose(table["isi_cv2"], [statistics.cv2(i) for i in isi])
    np.testing.assert_allclose(table["isi_lv"], [statistics.lv(i) for i in isi])


def test_elephant_agrees_on_rate_and_spectrum(elephant_run):
    from elephant.spectral import welch_psd
    from elephant.statistics import time_histogram
    from quantities import Hz, ms

    spikes, trains = elephant_run
    histogram = time_histogram(trains, bin_size=1 * ms, output="rate")
    rate = population_rate(spikes, 6, start=0, end=4000)["rate_Hz"]
    np.testing.assert_allclose(rate, 1000 * histogram.magnitude.ravel())
    frequency, density = welch_psd(histogram.rescale(Hz), len_segment=500)
    ours = rate_spectrum(spikes, 6, start=0, end=4000)
    np.testing.assert_allclose(ours["frequency_Hz"], frequency.magnitude)
    np.testing.assert_allclose(ours["psd_Hz"], density.magnitude.ravel(), rtol=1e-9, atol=1e-12)


# --- bad input -----------------------------------------------------------------------------------

ONE = frame([0, 1], [5.0, 8.0])
BAD = [
    (lambda: spike_counts(ONE, 1, start=0, end=10, width=1), "neuron 1 has spikes but"),
    (lambda: spike_counts(ONE, [1, 1], start=0, end=10, width=1), "none twice"),
    (lambda: spike_counts(ONE, 2.5, start=0, end=10, width=1), "not a mask or fractions"),
    (lambda: spike_counts(ONE, [True, False], start=0, end=10, width=1), "not a mask"),
    (lambda: spike_counts(ONE, 2, start=0, end=10, width=20), "holds at least one bin"),
    (lambda: spike_counts(ONE, 2, start=0, end=10, width=0), "holds at least one bin"),
    (lambda: spike_counts(ONE[["t_ms"]], 2, start=0, end=10, width=1), "no column"),
    (lambda: spike_counts(frame([0], [np.nan]), 1, start=0, end=9, width=1), "not finite"),
    (lambda: spike_counts(ONE.astype(float), 2, start=0, end=9, width=1), "whole numbers"),
    (lambda: population_rate(ONE, 2, start=0, end=9, kernel="box"), "kernel = 'box'"),
    (lambda: population_rate(ONE, 2, start=0, end=9, kernel="gaussian"), "width = None"),
    (lambda: population_rate(ONE, {"e": 2}, start=0, end=9), "no column population"),
    (
        lambda: population_rate(ONE.assign(population="x"), {"e": 2}, start=0, end=9),
        "population \\['x'\\]",
    ),
    (lambda: rate_spectrum(ONE, 2, start=0, end=100), "segment = 500.0"),
    (lambda: mean_spectrum([]), "at least one run"),
    (
        lambda: band_peaks(rate_spectrum(ONE, 2, start=0, end=100, segment=100)),
        "band theta from 4.0 to 8.0 Hz: the spectrum's resolution is 10 Hz",
    ),
    (
        lambda: pairwise_correlation([[1, 2]], pairs=0),
        "pairs: expected a whole number of at least 1",
    ),
    (lambda: synchrony_index([1, 2, 3]), "shape \\(3,\\)"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_spectra_of_different_lengths_are_not_averaged():
    runs = [rate_spectrum(ONE, 2, start=0, end=100, segment=s) for s in (100.0, 50.0)]
    with pytest.raises(ValueError, match="run 1 is over other frequencies"):
        mean_spectrum(runs)
