"""Does a response repeat, and after how long? Measured from a trace or from spike times.

`dominant_period` and `repeats_with` look at a sampled trace, `phase_locking` and
`spike_pattern_period` at spike times relative to a stimulus of known period. A spike is narrower
than the time step is exact, so a trace with spikes never repeats to the last digit: ask the spike
times whether the pattern of spikes repeats, and the trace how alike its cycles are.
"""

from typing import NamedTuple

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.signal import correlate, find_peaks

from ...errors import InputError
from ..plain_numbers import takes


class Periodicity(NamedTuple):
    """What `dominant_period` found.

    Attributes
    ----------
    period_ms : float
        The lag after which the signal is most like itself; NaN if it never turns.
    strength : float
        Correlation coefficient of the signal with itself at that lag: 1 for a periodic signal.
    mismatch : float
        Relative rms difference at that lag (see `repeats_with`): 0 for a periodic signal.
    periodic : bool
        Whether the mismatch is within the tolerance.
    """

    period_ms: float
    strength: float
    mismatch: float
    periodic: bool


class PhaseLocking(NamedTuple):
    """What `phase_locking` found.

    Attributes
    ----------
    vector_strength : float
        1 if all spikes fall on one phase, near 0 if they spread evenly; NaN without spikes.
    mean_phase : float
        Circular mean of the phases, rad, in [0, 2 pi); NaN without spikes.
    spikes_per_cycle : float
        Mean number of spikes in a stimulus cycle; NaN if the spikes span less than one cycle.
    """

    vector_strength: float
    mean_phase: float
    spikes_per_cycle: float


@takes(t_ms="ms", x="any")
def dominant_period(t_ms, x, *, tolerance=0.01):
    """Period of a sampled signal from the highest peak of its autocorrelation.

    A periodic signal correlates perfectly with itself after every multiple of its period; the
    shortest such lag is the period. A quasi-periodic signal only comes close: then the lag of best
    resemblance is returned and `periodic` is False.

    Parameters
    ----------
    t_ms : array_like, shape (n,)
        Equally spaced sample times, ms. The record must hold two periods to find one.
    x : array_like, shape (n,)
        The signal, in any unit.
    tolerance : float, optional
        Largest relative rms difference between two periods that still counts as periodic.

    Returns
    -------
    Periodicity
        ``period_ms``, ``strength``, ``mismatch``, ``periodic``. A constant signal has no period.

    Raises
    ------
    ValueError
        If the arrays differ in length or hold values that are not finite, or the times are not
        equally spaced.

    Notes
    -----
    The correlation at each lag is taken over the overlap of the record with its shifted copy and
    divided by the power of both, so that the shrinking overlap does not lower it. A correlation r
    corresponds to a relative rms difference sqrt(2 (1 - r)). The lag is interpolated by a parabola.

    Examples
    --------
    >>> t = np.arange(0, 200, 0.1)
    >>> found = dominant_period(t, np.sin(2 * np.pi * t / 12) + np.sin(2 * np.pi * t / 18))
    >>> round(found.period_ms, 2), found.periodic
    (36.0, True)
    """
    t, x = _checked_signal(t_ms, x)
    step = _step(t)
    r = _autocorrelation(x)
    peaks, _ = find_peaks(r)
    # Beyond the first negative value only: before it lies the peak at lag 0 with its ripples.
    peaks = peaks[peaks > np.argmax(r < 0)] if np.any(r < 0) else peaks[:0]
    if not peaks.size:
        return Periodicity(np.nan, np.nan, np.nan, False)
    lags, heights, doubt = _parabolic_peaks(r, peaks)
    perfect = 1 - tolerance**2 / 2
    # Without a perfect repetition (noise, quasi-periodicity) the multiples of a period differ in
    # height by chance, and the shortest of those within 2 % of the best is meant.
    reached = heights + doubt >= perfect
    best = int(np.argmax(reached if reached.any() else heights >= 0.98 * heights.max()))
    period_ms = float(lags[best] * step)
    mismatch = repeats_with(t, x, period_ms)
    return Periodicity(period_ms, float(heights[best]), mismatch, mismatch <= tolerance)


@takes(t_ms="ms", x="any", period_ms="ms")
def repeats_with(t_ms, x, period_ms):
    """Relative rms difference between x(t) and x(t + period): 0 if x has this period.

    Parameters
    ----------
    t_ms : array_like, shape (n,)
        Increasing sample times, ms, that span more than one period.
    x : array_like, shape (n,)
        The signal, in any unit.
    period_ms : float
        The period to be tried, ms.

    Returns
    -------
    float
        The rms difference over the standard deviation of x: 0 for an exact repetition, about 1.4
        when the two have nothing in common, 2 for opposite phases. 0 for a constant signal.

    Raises
    ------
    ValueError
        If the arrays differ in length or hold values that are not finite, if the times do not
        increase, or if the period is not positive and shorter than the record.

    Notes
    -----
    x(t + period) is interpolated between samples by a monotone cubic (scipy's pchip), which does
    not overshoot at the reset of an integrate-and-fire model.

    Examples
    --------
    >>> t = np.arange(0, 100, 0.1)
    >>> round(repeats_with(t, np.cos(2 * np.pi * t / 20), 20.0), 6)
    0.0
    >>> round(repeats_with(t, np.cos(2 * np.pi * t / 20), 10.0), 2)
    2.0
    """
    t, x = _checked_signal(t_ms, x)
    if not 0 < period_ms < t[-1] - t[0]:
        raise InputError(
            f"period_ms = {period_ms}, but a period between 0 and the length of the record, "
            f"{t[-1] - t[0]} ms, is expected. Record for longer."
        )
    spread = x.std()
    # A constant has no spread of its own, only rounding.
    if spread <= 1e-12 * np.abs(x).max():
        return 0.0
    early = t <= t[-1] - period_ms
    later = PchipInterpolator(t, x)(t[early] + period_ms)
    return float(np.sqrt(np.mean((later - x[early]) ** 2)) / spread)


@takes(spike_times="ms", period_ms="ms")
def phase_locking(spike_times, period_ms):
    """How spikes lock to the phase of a periodic stimulus.

    Parameters
    ----------
    spike_times : array_like, shape (n,)
        Increasing spike times of one neuron, ms; phase 0 is at time 0. Leave the transient out.
    period_ms : float
        Period of the stimulus, ms.

    Returns
    -------
    PhaseLocking
        ``vector_strength``, ``mean_phase`` (rad), ``spikes_per_cycle``.

    Raises
    ------
    ValueError
        If the times are not finite and increasing or the period is not positive.

    Notes
    -----
    Vector strength: Goldberg & Brown 1969, J Neurophysiol 32:613. Spikes per cycle are counted over
    the largest whole number of cycles between the first and the last spike.

    Examples
    --------
    >>> locking = phase_locking([2.5, 12.5, 22.5, 32.5], 10.0)
    >>> round(locking.vector_strength, 6), round(locking.mean_phase, 6), locking.spikes_per_cycle
    (1.0, 1.570796, 1.0)
    """
    times = _checked_spikes(spike_times, period_ms)
    if not times.size:
        return PhaseLocking(np.nan, np.nan, 0.0)
    mean = np.mean(np.exp(2j * np.pi * times / period_ms))
    phase = float(np.angle(mean) % (2 * np.pi))
    return PhaseLocking(float(np.abs(mean)), phase, _spikes_per_cycle(times, period_ms))


@takes(spike_times="ms", period_ms="ms", tolerance_ms="ms")
def spike_pattern_period(spike_times, period_ms, *, tolerance_ms=0.1):
    """Number of stimulus cycles after which the pattern of spikes repeats.

    Parameters
    ----------
    spike_times : array_like, shape (n,)
        Increasing spike times of one neuron, ms. Leave the transient out.
    period_ms : float
        Period of the stimulus, ms.
    tolerance_ms : float, optional
        How far a spike may lie from its counterpart, ms: about two time steps.

    Returns
    -------
    int or None
        The smallest k for which every spike has a counterpart k cycles later; None if there is
        none. The spikes must span 2 k cycles for k to be found.

    Raises
    ------
    ValueError
        If the times are not finite and increasing, the period is not positive, or the tolerance is
        negative or not below half of the period.

    Examples
    --------
    >>> spike_pattern_period([1, 4, 23, 41, 44, 63, 81, 84, 103], 20.0)   # 2, 1, 2, 1, ... spikes
    2
    """
    times = _checked_spikes(spike_times, period_ms)
    if not 0 <= tolerance_ms < period_ms / 2:
        raise InputError(
            f"tolerance_ms = {tolerance_ms}, but a tolerance from 0 to below half of the period "
            f"({period_ms / 2} ms) is expected."
        )
    if times.size < 3:
        return None
    most = int((times[-1] - times[0] + tolerance_ms) / (2 * period_ms))
    for cycles in range(1, most + 1):
        lag = cycles * period_ms
        # If the pattern repeats, the counterpart of spike i is spike i + m with the same m for all.
        m = int(np.searchsorted(times, times[0] + lag - tolerance_ms))
        if m > 0 and np.all(np.abs(times[m:] - times[:-m] - lag) <= tolerance_ms):
            return cycles
    return None


def _spikes_per_cycle(times, period_ms):
    cycles = int((times[-1] - times[0]) / period_ms)
    if cycles == 0:
        return np.nan
    # The window begins and ends clear of any spike of the pattern, so that rounding moves none
    # across: half of the shortest interval before the first.
    begin = times[0] - np.diff(times).min() / 2
    return float(np.count_nonzero(times < begin + cycles * period_ms) / cycles)


def _autocorrelation(x):
    """Correlation coefficient of x with itself at lags 0 to n/2, each over the overlap."""
    x = x - x.mean()
    n = x.size
    lags = np.arange(n // 2 + 1)
    products = correlate(x, x, method="fft")[n - 1 :][lags]
    power = np.concatenate(([0.0], np.cumsum(x**2)))
    both = np.sqrt(power[n - lags] * (power[n] - power[lags]))
    return np.divide(products, both, out=np.zeros(lags.size), where=both > 1e-12 * power[n])


def _parabolic_peaks(r, k):
    """Position and height of the vertices of the parabolas through r[k - 1], r[k], r[k + 1].

    And how much too low a height may be, at most: half a step beside the peak of a cosine the
    parabola misses 3 curvature**2/128, and the terms left out here are a third of that at most.
    """
    slope = (r[k + 1] - r[k - 1]) / 2
    curvature = r[k + 1] - 2 * r[k] + r[k - 1]
    return k - slope / curvature, r[k] - slope**2 / (2 * curvature), curvature**2 / 32


def _step(t):
    step = (t[-1] - t[0]) / (t.size - 1)
    if np.any(np.abs(np.diff(t) - step) > 1e-6 * step):
        raise InputError(
            "t_ms is not equally spaced, but the autocorrelation needs equal steps. Interpolate "
            "the signal to a uniform grid first."
        )
    return step


def _checked_signal(t_ms, x):
    t, x = np.asarray(t_ms, dtype=float), np.asarray(x, dtype=float)
    if t.ndim != 1 or t.shape != x.shape or t.size < 4:
        raise InputError(
            f"t_ms has shape {t.shape} and x {x.shape}, but one signal of at least four samples is "
            "expected."
        )
    if not (np.all(np.isfinite(t)) and np.all(np.isfinite(x))):
        raise InputError("t_ms and x must be finite, but hold NaN or infinite values.")
    if np.any(np.diff(t) <= 0):
        raise InputError("t_ms must increase, but does not. Sort the samples by time.")
    return t, x


def _checked_spikes(spike_times, period_ms):
    times = np.asarray(spike_times, dtype=float)
    if times.ndim != 1 or not np.all(np.isfinite(times)) or np.any(np.diff(times) <= 0):
        raise InputError(
            "spike_times must be the finite, increasing spike times of one neuron in ms, in one "
            "dimension."
        )
    if not (np.isfinite(period_ms) and period_ms > 0):
        raise InputError(f"period_ms = {period_ms}, but a positive period in ms is expected.")
    return times
