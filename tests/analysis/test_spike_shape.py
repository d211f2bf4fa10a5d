"""Spike shapes of the squid axon against its accurate solution and against eFEL."""

import numpy as np
import pytest
from excitable.analysis import spike_shapes
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from scipy.special import exprel

DURATION = 80.0  # ms


def squid_axon(t, y, I=10.0):
    """Hodgkin & Huxley 1952 at 6.3 degrees C, rest near -65 mV; I in uA/cm**2."""
    v, m, h, n = y
    am, bm = 1 / exprel(-(v + 40) / 10), 4 * np.exp(-(v + 65) / 18)
    ah, bh = 0.07 * np.exp(-(v + 65) / 20), 1 / (1 + np.exp(-(v + 35) / 10))
    an, bn = 0.1 / exprel(-(v + 55) / 10), 0.125 * np.exp(-(v + 65) / 80)
    dv = I - 120 * m**3 * h * (v - 50) - 36 * n**4 * (v + 77) - 0.3 * (v + 54.387)
    return [dv, am * (1 - m) - bm * m, ah * (1 - h) - bh * h, an * (1 - n) - bn * n]


def slope(t, y):
    return squid_axon(t, y)[0]


@pytest.fixture(scope="module")
def solution():
    """Dense solution with the events dV/dt = 10 mV/ms (rising) and dV/dt = 0 (both ways)."""

    def threshold(t, y):
        return slope(t, y) - 10.0

    def maximum(t, y):
        return slope(t, y)

    def minimum(t, y):
        return slope(t, y)

    threshold.direction, maximum.direction, minimum.direction = 1, -1, 1
    return solve_ivp(
        squid_axon,
        (0, DURATION),
        [-64.9963793, 0.0529551, 0.5959941, 0.3177323],
        method="DOP853",
        rtol=1e-11,
        atol=1e-13,
        dense_output=True,
        events=(threshold, maximum, minimum),
        max_step=0.05,
    )


def sampled(solution, step):
    t = np.arange(0, DURATION, step)
    return t, solution.sol(t)[0]


@pytest.fixture(scope="module")
def truth(solution):
    """Threshold, peak, trough (time, value) and half-width of each spike, to solver accuracy."""
    v = lambda t: solution.sol(t)[0]  # noqa: E731
    t_thr, t_max, t_min = solution.t_events
    t_max = t_max[v(t_max) > 0]
    rows = []
    for peak in t_max:
        # The transient after the step does not reach 10 mV/ms, so the last event is the upstroke's.
        thr = t_thr[t_thr < peak][-1]
        half = (v(thr) + v(peak)) / 2
        later = t_min[t_min > peak]
        trough = later[0] if later.size else np.nan
        width = brentq(lambda t, half=half: v(t) - half, peak, peak + 3, xtol=1e-12) - brentq(
            lambda t, half=half: v(t) - half, thr, peak, xtol=1e-12
        )
        rows.append((thr, v(thr), peak, v(peak), width, v(trough)))
    return np.array(rows).T


def test_interpolated_features_agree_with_the_accurate_solution(solution, truth):
    t_threshold, threshold, t_peak, peak, half_width, ahp = truth
    shapes = spike_shapes(*sampled(solution, 0.005))
    assert len(shapes) == t_peak.size == 6
    # Central differences and straight lines are second order: errors go with the step squared.
    assert shapes["threshold_mV"].to_numpy() == pytest.approx(threshold, abs=2e-3)
    assert shapes["t_threshold_ms"].to_numpy() == pytest.approx(t_threshold, abs=1e-4)
    assert shapes["peak_mV"].to_numpy() == pytest.approx(peak, abs=1e-3)
    assert shapes["t_peak_ms"].to_numpy() == pytest.approx(t_peak, abs=1e-3)
    assert shapes["half_width_ms"].to_numpy() == pytest.approx(half_width, abs=1e-4)
    assert shapes["ahp_mV"].to_numpy() == pytest.approx(ahp, abs=1e-5)
    assert shapes["ahp_depth_mV"].to_numpy() == pytest.approx(threshold - ahp, abs=2e-3)


@pytest.mark.parametrize("column", ["threshold_mV", "peak_mV", "half_width_ms", "ahp_mV"])
def test_features_converge_with_second_order_or_better(solution, truth, column):
    exact = dict(
        zip(
            ["threshold_mV", "peak_mV", "half_width_ms", "ahp_mV"], truth[[1, 3, 4, 5]], strict=True
        )
    )[column]
    coarse, fine = (
        np.abs(spike_shapes(*sampled(solution, step))[column] - exact).mean()
        for step in (0.08, 0.02)
    )
    assert fine < coarse / 4**1.5  # 4**2 in the mean; the phase of the grid scatters around it


def test_efel_finds_the_same_spikes_within_its_sample(solution):
    efel = pytest.importorskip("efel")
    step = 0.02
    t, v = sampled(solution, step)
    efel.reset()
    efel.set_setting("interp_step", step)
    trace = {"T": t, "V": v, "stim_start": [0.0], "stim_end": [t[-1]]}
    features = [
        "peak_time",
        "peak_voltage",
        "AP_begin_time",
        "AP_begin_voltage",
        "AP_duration_half_width",
        "min_AHP_values",
        "fast_AHP",
    ]
    (oracle,) = efel.get_feature_values([trace], features)
    efel.reset()
    shapes = spike_shapes(t, v)
    assert len(shapes) == oracle["peak_time"].size

    # eFEL takes the first sample with a slope above 10 mV/ms; the crossing is less than one before.
    late = oracle["AP_begin_time"] - shapes["t_threshold_ms"].to_numpy()
    assert np.all((late > -1e-9) & (late <= step + 1e-9))
    above = oracle["AP_begin_voltage"] - shapes["threshold_mV"].to_numpy()
    assert np.all((above >= 0) & (above < 11 * step))
    assert np.all(np.abs(oracle["peak_time"] - shapes["t_peak_ms"]) <= step / 2 + 1e-9)
    # The vertex lies above the highest sample by at most curvature * step**2 / 8.
    over = shapes["peak_mV"].to_numpy() - oracle["peak_voltage"]
    curvature = np.abs(np.diff(v, 2)).max() / step**2
    assert np.all((over >= 0) & (over <= curvature * step**2 / 8))
    # eFEL rounds both flanks to a sample.
    assert shapes["half_width_ms"].to_numpy() == pytest.approx(
        oracle["AP_duration_half_width"], abs=step
    )
    under = oracle["min_AHP_values"] - shapes["ahp_mV"].to_numpy()
    curvature = np.diff(v, 2)[v[1:-1] < -74.8].max() / step**2  # around the troughs
    assert np.all((under > -1e-9) & (under <= curvature * step**2 / 8))
    depth = oracle["fast_AHP"]  # eFEL leaves out the last spike
    assert depth.size == len(shapes) - 1
    assert shapes["ahp_depth_mV"].to_numpy()[: depth.size] == pytest.approx(depth, abs=11 * step)


def test_shapes_do_not_depend_on_the_origin_of_time(solution):
    t, v = sampled(solution, 0.02)
    here, there = spike_shapes(t, v), spike_shapes(t + 1000, v)
    for column in here:
        offset = 1000 if column.startswith("t_") else 0
        assert there[column].to_numpy() == pytest.approx(here[column] + offset, abs=1e-6), column


def test_an_uneven_grid_gives_the_same_shapes(solution, truth):
    rng = np.random.default_rng(3)
    t = np.cumsum(rng.uniform(0.005, 0.015, 8000))
    t = t[t < DURATION]
    shapes = spike_shapes(t, solution.sol(t)[0])
    assert shapes["peak_mV"].to_numpy() == pytest.approx(truth[3], abs=5e-3)
    assert shapes["threshold_mV"].to_numpy() == pytest.approx(truth[1], abs=1e-2)


def test_a_triangular_spike_has_the_width_of_its_geometry():
    """Flat at -65, up 100 mV in 1 ms, down 110 mV in 2.2 ms, slowly back."""
    t = np.arange(0, 30, 0.01)
    v = np.interp(t, [0, 10, 11, 13.2, 20, 30], [-65, -65, 35, -75, -65, -65])
    (row,) = spike_shapes(t, v).to_dict("records")
    assert row["t_peak_ms"] == pytest.approx(11, abs=0.005)
    assert row["ahp_mV"] == pytest.approx(-75, abs=0.3)
    # The slope of the central difference passes 10 mV/ms between the samples before the corner.
    assert row["threshold_mV"] == pytest.approx(-65, abs=0.2)
    half_height = (row["peak_mV"] - row["threshold_mV"]) / 2
    assert row["half_width_ms"] == pytest.approx(half_height / 100 + half_height / 50, abs=0.01)


@pytest.mark.parametrize("cut", [10.0, -40.0])
def test_a_clipped_peak_or_trough_is_its_level(cut):
    """Where an amplifier cuts a spike off, no parabola goes beyond what was recorded."""
    t = np.arange(0, 20, 0.1)
    v = -65 + 100 * np.exp(-(((t - 10) / 0.5) ** 2)) - 20 * np.exp(-((t - 12) ** 2))
    clipped = np.minimum(v, cut) if cut > 0 else np.maximum(v, -75.0)
    shape = spike_shapes(t, clipped).iloc[0]
    whole = spike_shapes(t, v).iloc[0]
    assert shape["peak_mV"] == (cut if cut > 0 else whole["peak_mV"])
    assert shape["ahp_mV"] == (whole["ahp_mV"] if cut > 0 else -75.0)


def test_a_reset_leaves_the_peak_at_its_sample():
    t = np.arange(0, 10, 0.1)
    v = np.full(t.size, -65.0)
    v[40:51] = -65 + 95 * (np.arange(11) / 10) ** 2  # up to 30 mV, then reset
    (row,) = spike_shapes(t, v).to_dict("records")
    assert (row["peak_mV"], row["t_peak_ms"], row["ahp_mV"]) == (30.0, t[50], -65.0)


def test_no_threshold_where_the_potential_jumps_from_the_first_sample():
    (row,) = spike_shapes([0.0, 0.1, 0.2, 0.3], [-60.0, 20.0, -70.0, -60.0]).to_dict("records")
    assert row["peak_mV"] == 20.0
    assert np.isnan(row["threshold_mV"])
    assert np.isnan(row["half_width_ms"])


def test_spikes_cut_by_the_ends_and_a_falling_end(solution):
    t, v = sampled(solution, 0.02)
    peaks = spike_shapes(t, v)["t_peak_ms"].to_numpy()
    inside = (t > peaks[0]) & (t < peaks[2])  # begins and ends above 0 mV
    assert spike_shapes(t[inside], v[inside])["t_peak_ms"].to_numpy() == pytest.approx(peaks[1:2])
    falling = t < peaks[0] + 1.5  # below -20 mV, the trough not yet reached
    (row,) = spike_shapes(t[falling], v[falling]).to_dict("records")
    assert np.isnan(row["ahp_mV"])
    assert np.isnan(row["ahp_depth_mV"])
    assert np.isfinite(row["threshold_mV"])


def test_a_trace_without_spikes_has_no_rows():
    shapes = spike_shapes(np.arange(10.0), np.full(10, -65.0))
    assert shapes.empty
    assert "threshold_mV" in shapes


@pytest.mark.parametrize(
    ("t", "v", "options", "message"),
    [
        ([0.0, 1.0, 2.0], [0.0, 1.0], {}, "one trace"),
        ([0.0, 1.0], [0.0, 1.0], {}, "at least three"),
        ([0.0, 1.0, 2.0], [0.0, np.nan, 1.0], {}, "finite"),
        ([0.0, 2.0, 1.0], [0.0, 1.0, 2.0], {}, "must increase"),
        ([0.0, 1.0, 2.0], [0.0, 1.0, 2.0], {"threshold_slope": 0.0}, "positive"),
    ],
)
def test_bad_input_is_named(t, v, options, message):
    with pytest.raises(ValueError, match=message):
        spike_shapes(t, v, **options)
