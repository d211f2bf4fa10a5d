"""What a window shows of trains whose rate is known."""

import numpy as np
import pytest
from excitable.analysis.trains.spikes import spike_table
from hypothesis import example, given
from hypothesis import strategies as st


def seen(times, start, end, **more):
    """Return the row of one neuron."""
    return spike_table(np.zeros(len(times), int), times, 1, start=start, end=end, **more).iloc[0]


def every(period, phase, end):
    return np.arange(phase, end, period)


def bursts(spikes, interval, period, phase, end):
    """Return bursts of `spikes` at `interval`, one every `period`, one of them from `phase` on."""
    starts = np.arange(phase - period, end, period)
    times = (starts[:, None] + interval * np.arange(spikes)).ravel()
    return times[(times >= 0) & (times < end)]


@given(st.floats(1.0, 300.0), st.floats(0.0, 1.0), st.floats(0.0, 500.0))
def test_regular_firing_is_resolved_at_any_phase(period, phase, discard):
    """Two spikes or more in the window, wherever it begins."""
    row = seen(every(period, phase * period, discard + 700.0), discard, discard + 700.0)
    assert row["firing"] == "steady"
    assert row["resolved"]
    assert row["rate_Hz"] == pytest.approx(1000 / period)
    assert row["mean_rate_Hz"] == pytest.approx(1000 / period, abs=1001 / 700)  # one spike


@given(
    st.integers(2, 30), st.floats(2.0, 20.0), st.floats(2.0, 60.0), st.floats(0.0, 1.0),
    st.floats(0.05, 40.0), st.booleans(),
)  # fmt: skip
@example(2, 2.0, 2.0, 0.0, 1.0, True)  # one interval of 4 ms in the window, after one of 2 ms
def test_bursts_are_resolved_only_with_the_right_rate(spikes, interval, gap, phase, seen_for, late):
    """At any phase and length of the window: a rate that is resolved is right to an eighth.

    A window inside one burst of equal intervals tells nothing of the silence beside it; that is
    left out here.
    """
    period = (spikes - 1 + gap) * interval
    discard = 1.3 * period if late else 0.0
    end = discard + seen_for * period
    times = bursts(spikes, interval, period, phase * period, end)
    row = seen(times, discard, end)
    inside = times[times >= discard]
    one_burst = len(inside) > 1 and np.allclose(np.diff(inside), interval)
    if row["firing"] == "steady" and not one_burst:
        assert row["rate_Hz"] == pytest.approx(1000 * spikes / period, rel=0.125)
    if one_burst and end - inside[-1] > 1.5 * interval:
        assert row["firing"] == "uneven"


def test_many_bursts_make_a_rate():
    """Thirty bursts of five spikes are resolved, six are not."""
    row = seen(bursts(5, 4.0, 100.0, 30.0, 3000.0), 0.0, 3000.0)
    assert row["resolved"]
    assert row["rate_Hz"] == pytest.approx(50.0, rel=1e-9)
    assert not seen(bursts(5, 4.0, 100.0, 30.0, 600.0), 0.0, 600.0)["resolved"]


@given(
    st.integers(2, 12), st.floats(2.0, 20.0), st.floats(1.2, 10.0), st.floats(0.0, 1.0),
    st.floats(2.2, 40.0),
)  # fmt: skip
def test_bursts_that_repeat_have_their_own_rate(spikes, interval, gap, phase, seen_for):
    """Two whole rounds and more, cut anywhere: the rate is that of whole rounds."""
    period = (spikes - 1 + gap) * interval
    times = bursts(spikes, interval, period, phase * period, seen_for * period)
    row = seen(times, 0.0, seen_for * period)
    if len(times) > 2 * spikes:
        assert row["rate_Hz"] == pytest.approx(1000 * spikes / period, rel=1e-9)


@pytest.mark.parametrize(("spikes", "resolved"), [(20, 0.05), (2000, 1.0)])
def test_poisson_trains_are_resolved_by_many_spikes(spikes, resolved):
    """The standard error is 1/sqrt(n): 22 % with 20 spikes, 2 % with 2000."""
    rng = np.random.default_rng(1)
    rows = [
        seen(np.cumsum(rng.exponential(10.0, 2 * spikes)), 0.0, 10.0 * spikes) for _ in range(40)
    ]
    share = np.mean([row["resolved"] for row in rows])
    if resolved < 1:
        assert share <= resolved
        return
    assert share >= 0.95
    errors = [row["rate_Hz"] / 100 - 1 for row in rows if row["resolved"]]
    assert np.max(np.abs(errors)) < 0.1


@pytest.mark.parametrize("tau", [300.0, 1000.0, 5000.0])
def test_adaptation_that_is_not_over_is_a_drift(tau):
    """The rate falls from 100 to 40 Hz; the spikes are where its integral is a whole number."""
    t = np.linspace(0, 1500, 300001)
    phase = (40 * t + 60 * tau * -np.expm1(-t / tau)) / 1000
    times = np.interp(np.arange(1, np.floor(phase[-1]) + 1), phase, t)
    row = seen(times, 200.0, 1500.0)
    assert row["firing"] in ("drifting", "uneven")
    assert not row["resolved"]


def test_adaptation_that_is_over_is_resolved():
    t = np.linspace(0, 3000, 300001)
    phase = (40 * t + 60 * 100 * -np.expm1(-t / 100)) / 1000
    times = np.interp(np.arange(1, np.floor(phase[-1]) + 1), phase, t)
    row = seen(times, 1000.0, 3000.0)
    assert row["resolved"]
    assert row["rate_Hz"] == pytest.approx(40, rel=1e-3)


def test_a_slow_drift_is_continued_to_where_it_leads():
    """Over 2 s the interval grows by 1.2 % of the 30 % that it will in the end (tau 50 s)."""
    intervals = 20 * (1 + 0.3 * -np.expm1(-np.arange(100) * 0.02 / 50))
    times = np.cumsum(intervals)
    assert intervals[-1] / intervals[0] < 1.013
    assert seen(times, 0.0, times[-1] + 5)["firing"] == "drifting"


@pytest.mark.parametrize("stop", [300.0, 900.0])
def test_firing_that_stops_is_not_steady(stop):
    row = seen(every(20.0, 5.0, stop), 100.0, 1000.0)
    assert row["firing"] == "uneven"
    assert row["mean_rate_Hz"] == pytest.approx(row["spike_count"] / 0.9)


def test_one_spike_and_none():
    assert seen([150.0], 100.0, 200.0)[["firing", "resolved"]].tolist() == ["one spike", False]
    assert seen([50.0], 100.0, 200.0)[["firing", "resolved"]].tolist() == ["silent", True]
    assert seen([50.0], 100.0, 200.0)["mean_rate_Hz"] == 0


def test_intervals_of_a_few_steps_are_the_steps():
    """Spikes on every other step; the same train with a finer step is a rate."""
    times = every(0.1, 0.05, 100.0)
    assert seen(times, 0.0, 100.0, dt_ms=0.05)["firing"] == "faster than the step"
    assert seen(times, 0.0, 100.0, dt_ms=0.01)["firing"] == "steady"


def test_one_step_more_or_less_is_no_drift():
    """On a grid of 1 ms intervals of 10.4 ms are 10 or 11 ms long."""
    times = np.ceil(every(10.4, 0.0, 60.0))
    assert set(np.diff(times)) == {10.0, 11.0}
    assert seen(times, 0.0, 60.0, dt_ms=1.0)["firing"] == "steady"


def test_a_window_without_ends():
    assert seen(every(10.0, 0.0, 200.0), -np.inf, np.inf)["firing"] == "steady"
