"""Periods of signals whose period is known by arithmetic."""

import numpy as np
import pytest
from excitable.analysis import dominant_period, phase_locking, repeats_with, spike_pattern_period
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.special import iv

T = np.arange(0, 1000, 0.25)


# --- traces -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("divisors", "period"),
    [
        ((30,), 60 * np.pi),
        ((3, 5), 30 * np.pi),  # 2 pi times the least common multiple of the divisors
        ((4, 6), 24 * np.pi),
        ((3, 5, 7), 210 * np.pi),
    ],
)
def test_a_sum_of_cosines_has_the_common_multiple_of_their_periods(divisors, period):
    t = np.arange(0, 2.5 * period, 0.1)
    found = dominant_period(t, sum(np.cos(t / d + d) for d in divisors))
    assert found.period_ms == pytest.approx(period, rel=1e-5)
    assert found.strength == pytest.approx(1, abs=1e-4)
    assert found.periodic
    assert found.mismatch < 1e-3


@pytest.mark.parametrize("ratio", [np.sqrt(2), (1 + np.sqrt(5)) / 2])
def test_a_quasi_periodic_sum_is_not_called_periodic(ratio):
    x = np.sin(T / 5) + np.sin(ratio * T / 5)
    found = dominant_period(T, x)
    assert not found.periodic
    # The best recurrence is close, and measured as what it is: two cosines of phase errors.
    lag = found.period_ms / 5
    expected = (np.cos(lag) + np.cos(ratio * lag)) / 2
    assert found.strength == pytest.approx(expected, abs=0.02)
    assert found.mismatch > 0.05


@given(st.floats(5, 200), st.floats(0, 2 * np.pi), st.floats(-100, 100), st.floats(0.01, 100))
@example(5.625, 0.0, 0.0, 1.0)  # 22.5 samples: the peak lies half-way between two of them
@example(5.625, 2.0, 0.0, 1.0)
@example(5.125, 1.0, 0.0, 1.0)
def test_period_does_not_depend_on_phase_offset_and_amplitude(period, phase, mean, amplitude):
    x = mean + amplitude * np.sin(2 * np.pi * T / period + phase)
    assert dominant_period(T, x).period_ms == pytest.approx(period, rel=1e-3)


def test_period_of_a_noisy_signal_is_its_first_return():
    rng = np.random.default_rng(7)
    x = np.sin(2 * np.pi * T / 40) + 0.3 * rng.standard_normal(T.size)
    found = dominant_period(T, x)
    assert found.period_ms == pytest.approx(40, rel=0.02)
    # signal power 1/2, noise power 0.09
    assert found.strength == pytest.approx(0.5 / 0.59, abs=0.03)
    assert not found.periodic


@pytest.mark.parametrize("x", [np.zeros(T.size), np.full(T.size, 0.1), T])
def test_a_signal_that_does_not_return_has_no_period(x):
    found = dominant_period(T, x)
    assert np.isnan(found.period_ms)
    assert not found.periodic


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.5, 1.0])
def test_mismatch_of_a_sine_is_the_chord_of_its_phase_difference(fraction):
    t = np.arange(0, 50_000, 0.25)  # a thousand cycles: the rest of one matters little
    x = 3 + 2 * np.sin(2 * np.pi * t / 50)
    expected = 2 * np.abs(np.sin(np.pi * fraction))
    assert repeats_with(t, x, 50 * fraction) == pytest.approx(expected, abs=1e-3)


def test_squared_sum_of_odd_divisors_repeats_after_half_the_common_period():
    """[cos(t/3) + sin(t/5) + cos(t/7) + sin(t/11) + cos(t/13)]**2 has the period 15015 pi.

    15015 = 3*5*7*11*13 divided by any of them is odd, so a shift by 15015 pi flips the sign of
    every term, which the square undoes.
    """
    period = 15015 * np.pi
    t = np.arange(0, 1.3 * period, 0.25)
    terms = (np.cos(t / 3), np.sin(t / 5), np.cos(t / 7), np.sin(t / 11), np.cos(t / 13))
    assert repeats_with(t, sum(terms) ** 2, period) < 1e-3
    assert repeats_with(t, sum(terms), period) == pytest.approx(2, abs=0.01)
    assert repeats_with(t, sum(terms) ** 2, period / 3) > 0.5


def test_a_constant_repeats_with_any_period():
    assert repeats_with(T, np.full(T.size, -65.0), 123.4) == 0


# --- spikes -----------------------------------------------------------------------------------
def test_spikes_at_one_phase_lock_fully_and_evenly_spread_ones_not():
    locked = phase_locking(25.0 * np.arange(1, 40) + 5, 25.0)
    assert locked.vector_strength == pytest.approx(1)
    assert locked.mean_phase == pytest.approx(2 * np.pi * 5 / 25)
    assert locked.spikes_per_cycle == 1
    spread = phase_locking(5.0 * np.arange(100), 25.0)
    assert spread.vector_strength == pytest.approx(0, abs=1e-12)
    assert spread.spikes_per_cycle == 5


def test_vector_strength_of_von_mises_phases_is_a_ratio_of_bessel_functions():
    rng = np.random.default_rng(13)
    n, kappa, mean = 20_000, 2.0, 1.0
    phases = np.mod(rng.vonmises(mean, kappa, n), 2 * np.pi)
    locking = phase_locking(50.0 * (np.arange(n) + phases / (2 * np.pi)), 50.0)
    # I1/I0, with a standard error below 1/sqrt(2 n)
    assert locking.vector_strength == pytest.approx(
        iv(1, kappa) / iv(0, kappa), abs=4 / np.sqrt(2 * n)
    )
    assert locking.mean_phase == pytest.approx(mean, abs=8 / np.sqrt(2 * n))


@given(st.integers(1, 4), st.floats(0, 24), st.floats(10, 100))
def test_spikes_per_cycle_is_a_whole_count_wherever_the_train_begins(k, start, period):
    pattern = np.array([0.1, 0.3, 0.35, 0.8])[:k]
    times = np.add.outer(np.arange(12), pattern).ravel() * period
    times = times[times >= start]
    assert phase_locking(times, period).spikes_per_cycle == k


def test_locking_of_too_few_spikes():
    silent = phase_locking([], 10.0)
    assert np.isnan(silent.vector_strength)
    assert np.isnan(silent.mean_phase)
    assert silent.spikes_per_cycle == 0
    assert np.isnan(phase_locking([5.0], 10.0).spikes_per_cycle)


@given(
    cycles=st.integers(1, 5),
    repeats=st.integers(3, 6),
    period=st.floats(20, 300),
    jitter=st.floats(0, 0.049),
    seed=st.integers(0, 1000),
)
def test_pattern_period_is_found_within_the_tolerance(cycles, repeats, period, jitter, seed):
    """One more spike in the first of `cycles` cycles makes the pattern no shorter than that."""
    rng = np.random.default_rng(seed)
    block = np.concatenate(([0.2], 0.5 + np.arange(cycles)))
    times = np.add.outer(cycles * np.arange(repeats), block).ravel() * period
    times += rng.uniform(-jitter, jitter, times.size)
    assert spike_pattern_period(times, period) == cycles
    assert spike_pattern_period(times + 7.7, period) == cycles


def test_one_spike_every_third_cycle_repeats_after_three():
    assert spike_pattern_period(30.0 * np.arange(10), 10.0) == 3


@pytest.mark.parametrize("interval", [np.sqrt(2), np.pi / 2])
def test_an_irrational_ratio_never_repeats(interval):
    assert spike_pattern_period(10.0 * interval * np.arange(40), 10.0, tolerance_ms=0.01) is None


def test_a_pattern_must_be_seen_twice():
    times = np.array([0.0, 3.0, 10.0, 20.0, 23.0])  # repeats after 2 cycles, seen 1.15 times
    assert spike_pattern_period(times, 10.0) is None
    assert spike_pattern_period(np.append(times, [30.0, 40.0, 43.0]), 10.0) == 2
    assert spike_pattern_period([1.0, 2.0], 10.0) is None


# --- input ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dominant_period([0.0, 1.0, 3.0, 4.0], np.zeros(4)), "equally spaced"),
        (lambda: dominant_period(T, T[1:]), "one signal"),
        (lambda: dominant_period(T, np.full(T.size, np.nan)), "finite"),
        (lambda: dominant_period(T[::-1], T), "must increase"),
        (lambda: repeats_with(T, T, 0.0), "between 0 and"),
        (lambda: repeats_with(T, T, 2000.0), "Record for longer"),
        (lambda: phase_locking([2.0, 1.0], 10.0), "increasing"),
        (lambda: phase_locking([1.0, 2.0], 0.0), "positive period"),
        (lambda: spike_pattern_period([1.0, 2.0], 10.0, tolerance_ms=5.0), "below half"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
