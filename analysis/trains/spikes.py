"""Measures of spike trains: rates, latency, irregularity and adaptation.

Every measure exists twice for its user and once in the code: ``isi_cv(spike_times)`` and its
companions take the train of one neuron, ``spike_table`` takes the spikes of a whole group, and both
call the same sums over (interval, neuron) pairs. Times are in ms, rates in Hz. A spike on an edge
of a window is in the one that begins there, whatever its last digits say (`edges`).

A rate is taken from intervals, (n - 1)/(t_last - t_first), because a spike count over a window is
off by up to one spike. It follows that a window with one spike resolves no rate (NaN), whereas
a window without spikes has rate 0. Whether an interval-based rate is one at all (bursts, drifts,
and firing that stops make none) is the matter of `steadiness`.
"""

import numpy as np
import pandas as pd

from ...errors import InputError
from ..plain_numbers import takes
from .edges import bin_of, within
from .steadiness import RESOLVED, firing_kinds

MS_PER_SECOND = 1000.0
LONGEST_ROUND = 12  # spikes of a burst that repeats
REPEATED = 1e-3  # of the mean interval: closer than that, intervals are the same


# ---------------------------------------------------------------------------------------------
# One neuron
# ---------------------------------------------------------------------------------------------
@takes(spike_times="ms", start="ms", end="ms")
def intervals(spike_times, start=-np.inf, end=np.inf):
    """Interspike intervals of the spikes in the window [start, end).

    Parameters
    ----------
    spike_times : array_like, shape (n,)
        Increasing spike times of one neuron, ms.
    start, end : float, optional
        Window, ms; the whole train if left out.

    Returns
    -------
    ndarray
        The intervals in ms, one fewer than there are spikes in the window.

    Raises
    ------
    ValueError
        If a time is not finite, the times do not increase, or the window is empty.

    Examples
    --------
    >>> intervals([10.0, 20.0, 35.0, 60.0], start=15.0)
    array([15., 25.])
    """
    return np.diff(_window(spike_times, start, end))


@takes(spike_times="ms", start="ms", end="ms")
def steady_rate(spike_times, start=-np.inf, end=np.inf):
    """Firing rate from the intervals in the window [start, end).

    Parameters
    ----------
    spike_times : array_like, shape (n,)
        Increasing spike times of one neuron, ms.
    start, end : float, optional
        Window, ms; put `start` behind the transient.

    Returns
    -------
    float
        (n - 1)/(t_last - t_first) in Hz, of bursts that repeat over whole rounds; 0 without a
        spike in the window, NaN (unresolved) with exactly one.

    Raises
    ------
    ValueError
        As `intervals`.

    Examples
    --------
    >>> steady_rate([5.0, 105.0, 125.0, 145.0], start=100.0, end=200.0)
    50.0
    >>> steady_rate([5.0], start=100.0, end=200.0), steady_rate([105.0], start=100.0, end=200.0)
    (0.0, nan)
    """
    times = _window(spike_times, start, end)
    return float(_grouped_rate(times, _one_group(times), 1)[0])


@takes(spike_times="ms", onset="ms")
def first_interval_rate(spike_times, onset=-np.inf):
    """Initial firing rate: the inverse of the first interval after the stimulus came on.

    Parameters
    ----------
    spike_times : array_like, shape (n,)
        Increasing spike times of one neuron, ms.
    onset : float, optional
        Stimulus onset, ms.

    Returns
    -------
    float
        Rate in Hz; 0 without a spike from the onset on, NaN with exactly one.

    Raises
    ------
    ValueError
        As `intervals`.

    Examples
    --------
    >>> first_interval_rate([3.0, 110.0, 115.0, 135.0], onset=100.0)
    200.0
    """
    return steady_rate(_window(spike_times, onset, np.inf)[:2])


@takes(spike_times="ms", onset="ms")
def spike_latency(spike_times, onset=0.0):
    """Time from the stimulus onset to the first spike at or after it.

    Parameters
    ----------
    spike_times : array_like, shape (n,)
        Increasing spike times of one neuron, ms.
    onset : float, optional
        Stimulus onset, ms.

    Returns
    -------
    float
        Latency in ms, NaN for a neuron that stays silent.

    Raises
    ------
    ValueError
        As `intervals`.

    Examples
    --------
    >>> spike_latency([3.0, 112.5, 130.0], onset=100.0)
    12.5
    """
    times = _window(spike_times, onset, np.inf)
    return float(max(times[0] - onset, 0.0)) if times.size else np.nan


@takes(spike_times="ms", start="ms", end="ms")
def isi_cv(spike_times, start=-np.inf, end=np.inf):
    """Coefficient of variation of the intervals: standard deviation over mean.

    Parameters
    ----------
    spike_times : array_like, shape (n,)
        Increasing spike times of one neuron, ms.
    start, end : float, optional
        Window, ms.

    Returns
    -------
    float
        0 for a regular train, 1 expected for a Poisson process; NaN with fewer than two intervals.

    Raises
    ------
    ValueError
        As `intervals`.

    Notes
    -----
    The variance is the unbiased one (divisor n - 1), as in eFEL's ``ISI_CV``.

    Examples
    --------
    >>> isi_cv([0.0, 10.0, 20.0, 30.0])
    0.0
    """
    return _on_one_train(_grouped_cv, spike_times, start, end)


@takes(spike_times="ms", start="ms", end="ms")
def isi_cv2(spike_times, start=-np.inf, end=np.inf):
    """Local irregularity CV2, the mean of 2|I_(k+1) - I_k|/(I_(k+1) + I_k).

    It compares neighbouring intervals only, so a slow drift of the rate does not enter.

    Parameters
    ----------
    spike_times : array_like, shape (n,)
        Increasing spike times of one neuron, ms.
    start, end : float, optional
        Window, ms.

    Returns
    -------
    float
        0 for a regular train, 1 expected for a Poisson process; NaN with fewer than two intervals.

    Raises
    ------
    ValueError
        As `intervals`.

    Notes
    -----
    Holt, Softky, Koch & Douglas 1996, J Neurophysiol 75:1806, eq. 3.

    Examples
    --------
    >>> isi_cv2([0.0, 10.0, 40.0])      # intervals 10 and 30
    1.0
    """
    return _on_one_train(_grouped_cv2, spike_times, start, end)


@takes(spike_times="ms", start="ms", end="ms")
def isi_lv(spike_times, start=-np.inf, end=np.inf):
    """Local variation LV, three times the mean of ((I_k - I_(k+1))/(I_k + I_(k+1)))**2.

    Parameters
    ----------
    spike_times : array_like, shape (n,)
        Increasing spike times of one neuron, ms.
    start, end : float, optional
        Window, ms.

    Returns
    -------
    float
        0 for a regular train, 1 expected for a Poisson process and 3/(2k + 1) for a gamma process
        of shape k; NaN with fewer than two intervals.

    Raises
    ------
    ValueError
        As `intervals`.

    Notes
    -----
    Shinomoto, Shima & Tanji 2003, Neural Comput 15:2823, eq. 2.2.

    Examples
    --------
    >>> isi_lv([0.0, 10.0, 40.0])       # intervals 10 and 30
    0.75
    """
    return _on_one_train(_grouped_lv, spike_times, start, end)


@takes(spike_times="ms", start="ms", end="ms")
def adaptation_index(spike_times, start=-np.inf, end=np.inf):
    """Adaptation index, the mean of (I_(k+1) - I_k)/(I_(k+1) + I_k) from the second interval on.

    Parameters
    ----------
    spike_times : array_like, shape (n,)
        Increasing spike times of one neuron, ms.
    start, end : float, optional
        Window, ms.

    Returns
    -------
    float
        Positive for a rate that falls, 0 for a steady one; NaN with fewer than four spikes.

    Raises
    ------
    ValueError
        As `intervals`.

    Notes
    -----
    eFEL's ``adaptation_index2``, which leaves the first interval out. It is one line of numpy, so
    eFEL is not called for it; eFEL is its oracle in the tests.

    Examples
    --------
    >>> adaptation_index([0.0, 5.0, 15.0, 45.0])    # intervals 5, 10 and 30
    0.5
    """
    return _on_one_train(_grouped_adaptation_index, spike_times, start, end)


@takes(spike_times="ms", start="ms", end="ms", window="ms")
def fano_factor(spike_times, start, end, window):
    """Variance of the spike counts in successive windows over their mean.

    Parameters
    ----------
    spike_times : array_like, shape (n,)
        Increasing spike times of one neuron, ms.
    start, end : float
        Finite range, ms, that is cut into windows from `start` on; a remainder shorter than
        one window is left out.
    window : float
        Width of a counting window, ms.

    Returns
    -------
    float
        1 expected for a Poisson process; NaN when no window holds a spike.

    Raises
    ------
    ValueError
        As `intervals`, or if the range does not hold two windows.

    Notes
    -----
    Fano 1947, Phys Rev 72:26. The variance is the unbiased one (divisor n - 1).

    Examples
    --------
    >>> fano_factor([5.0, 15.0, 25.0, 35.0], start=0.0, end=40.0, window=10.0)
    0.0
    """
    if not (np.isfinite(start) and np.isfinite(end) and window > 0):
        raise InputError(
            f"fano_factor counts in windows of positive width over a finite range, but got "
            f"start={start}, end={end}, window={window} (ms)."
        )
    n_windows = int(bin_of(end, start, window))
    if n_windows < 2:
        raise InputError(
            f"The range {start} to {end} ms holds {max(n_windows, 0)} window(s) of {window} ms, "
            "but a variance needs two. Choose a shorter window or a longer range."
        )
    place = bin_of(check_train("spike_times", spike_times), start, window)
    counts = np.bincount(place[(place >= 0) & (place < n_windows)], minlength=n_windows)
    return float(counts.var(ddof=1) / counts.mean()) if counts.any() else np.nan


# ---------------------------------------------------------------------------------------------
# A group of neurons
# ---------------------------------------------------------------------------------------------
@takes(spike_times_ms="ms", start="ms", end="ms", onset="ms", dt_ms="ms")
def spike_table(
    neuron_indices, spike_times_ms, n, *, start, end, onset=0.0, dt_ms=0.0, one_trial=False
):
    """All measures of a group of neurons, one row per neuron.

    Parameters
    ----------
    neuron_indices : array_like of int, shape (k,)
        The neuron of each spike, 0 to n - 1 (Brian2's ``SpikeMonitor.i``).
    spike_times_ms : array_like, shape (k,)
        The time of each spike, ms, in any order.
    n : int
        Number of neurons, silent ones included.
    start, end : float or array_like, shape (n,)
        Analysis window [start, end), ms, behind the transient.
    onset : float or array_like, shape (n,), optional
        Stimulus onset, ms.
    dt_ms : float, optional
        Time step of the simulation that made the spikes: intervals of one or two steps are its
        own, not the cell's.
    one_trial : bool, optional
        Whether the neurons draw random numbers, so that another trial has other spikes.

    Returns
    -------
    DataFrame
        ``neuron``; of the spikes in the window ``spike_count``; ``rate_Hz`` from the intervals (of
        bursts that repeat, of whole rounds; NaN for a single spike); ``mean_rate_Hz``, spikes over
        the window's length; ``resolved``, whether ``rate_Hz`` is the rate of that neuron or only
        of this window, and ``firing``, what the window shows: ``"steady"`` and ``"silent"`` are
        resolved, ``"one spike"``, ``"uneven"`` (bursts, too few for the window, or a silence at
        an end of it), ``"drifting"``, ``"faster than the step"`` and ``"one trial"`` are not
        (`steadiness`);
        ``isi_cv``, ``isi_cv2``, ``isi_lv``, ``adaptation_index``; of the spikes from the onset on,
        wherever they lie, ``first_rate_Hz`` and ``latency_ms``. A silent neuron has rate 0 and NaN
        intervals.

    Raises
    ------
    ValueError
        If the arrays differ in length, an index is outside 0 to n - 1, a time is not finite, one
        neuron has two spikes at the same time, or a window is empty.

    See Also
    --------
    steady_rate, first_interval_rate, spike_latency, isi_cv, isi_cv2, isi_lv, adaptation_index

    Examples
    --------
    >>> table = spike_table([0, 0, 2, 0], [110.0, 120.0, 130.0, 130.0], 3, start=100, end=200)
    >>> table[["neuron", "spike_count", "rate_Hz", "mean_rate_Hz", "resolved", "firing"]]
       neuron  spike_count  rate_Hz  mean_rate_Hz  resolved     firing
    0       0            3    100.0          30.0     False     uneven
    1       1            0      0.0           0.0      True     silent
    2       2            1      NaN          10.0     False  one spike
    """
    neurons, times = _sorted_spikes(neuron_indices, spike_times_ms, n)
    start, end, onset = _per_neuron(start, n), _per_neuron(end, n), _per_neuron(onset, n)
    _check_window(start, end)

    inside = within(times, start[neurons], end[neurons])
    after = within(times, onset[neurons])
    spike_count = np.bincount(neurons[inside], minlength=n)
    isi, isi_neuron = _grouped_intervals(times[inside], neurons[inside])
    first_rate_Hz, latency_ms = _from_onset(times[after], neurons[after], n, onset)
    firing = firing_kinds(neurons, times, n, start, end, dt_ms, one_trial)
    return pd.DataFrame(
        {
            "neuron": np.arange(n),
            "spike_count": spike_count,
            "rate_Hz": _grouped_rate(times[inside], neurons[inside], n, dt_ms),
            "mean_rate_Hz": MS_PER_SECOND * spike_count / (end - start),
            "resolved": np.isin(firing, RESOLVED),
            "firing": firing,
            "first_rate_Hz": first_rate_Hz,
            "latency_ms": latency_ms,
            "isi_cv": _grouped_cv(isi, isi_neuron, n),
            "isi_cv2": _grouped_cv2(isi, isi_neuron, n),
            "isi_lv": _grouped_lv(isi, isi_neuron, n),
            "adaptation_index": _grouped_adaptation_index(isi, isi_neuron, n),
        }
    )


def _from_onset(times, neurons, n, onset):
    """First-interval rate and latency of n neurons from their spikes after the onset."""
    first = _first_of_each(neurons, n)
    fires = first >= 0
    latency_ms = np.full(n, np.nan)
    latency_ms[fires] = np.maximum(times[first[fires]] - onset[fires], 0.0)
    # The first two spikes of each neuron: rank of a spike within its neuron below two.
    early = np.arange(times.size) - first[neurons] < 2
    return _grouped_rate(times[early], neurons[early], n), latency_ms


# ---------------------------------------------------------------------------------------------
# Sums over (value, neuron) pairs that are sorted by neuron, then by time
# ---------------------------------------------------------------------------------------------
def _first_of_each(neurons, n):
    """Position of each neuron's first entry, -1 for a neuron without one."""
    first = np.searchsorted(neurons, np.arange(n))
    return np.where(np.bincount(neurons, minlength=n) > 0, first, -1)


def _grouped_intervals(times, neurons):
    """Differences between successive spikes of the same neuron, and that neuron."""
    same = neurons[1:] == neurons[:-1]
    return np.diff(times)[same], neurons[1:][same]


def _grouped_mean(values, neurons, n):
    """Mean of the values of each neuron, NaN for a neuron without a value."""
    count = np.bincount(neurons, minlength=n)
    with np.errstate(invalid="ignore"):
        return np.bincount(neurons, weights=values, minlength=n) / count


def _grouped_rate(times, neurons, n, dt_ms=0.0):
    count = np.bincount(neurons, minlength=n)
    last = _first_of_each(neurons, n) + count - 1
    rate = np.where(count == 1, np.nan, 0.0)
    several = count > 1
    taken, last = _whole_rounds(times, neurons, n, dt_ms)[several], last[several]
    rate[several] = MS_PER_SECOND * taken / (times[last] - times[last - taken])
    return rate


def _whole_rounds(times, neurons, n, dt_ms):
    """Return of how many last intervals a rate is made: of bursts that repeat, whole rounds.

    Any other number of intervals would count some part of a burst twice.
    """
    isi, of = _grouped_intervals(times, neurons)
    count = np.bincount(of, minlength=n)
    taken, mean = count.copy(), _grouped_mean(isi, of, n)
    apart = np.fmax(REPEATED * mean, 2 * dt_ms)
    left = count > 1
    for k in range(1, LONGEST_ROUND + 1):
        left &= count >= 2 * k
        here = left[of]
        isi, of = isi[here], of[here]
        differs = (np.abs(isi[k:] - isi[:-k]) > apart[of[k:]]) & (of[k:] == of[:-k])
        repeats = left & (np.bincount(of[k:][differs], minlength=n) == 0)
        taken[repeats] -= count[repeats] % k
        left &= ~repeats
        if not left.any():
            break
    return taken


def _grouped_cv(isi, neurons, n):
    mean = _grouped_mean(isi, neurons, n)
    squares = np.bincount(neurons, weights=(isi - mean[neurons]) ** 2, minlength=n)
    count = np.bincount(neurons, minlength=n)
    with np.errstate(invalid="ignore"):
        variance = np.where(count > 1, squares / np.where(count > 1, count - 1, 1), np.nan)
        return np.sqrt(variance) / mean


def _contrast(isi, neurons):
    """(I_(k+1) - I_k)/(I_(k+1) + I_k) of successive intervals of the same neuron, that neuron."""
    same = neurons[1:] == neurons[:-1]
    return ((isi[1:] - isi[:-1]) / (isi[1:] + isi[:-1]))[same], neurons[1:][same]


def _grouped_cv2(isi, neurons, n):
    contrast, neurons = _contrast(isi, neurons)
    return _grouped_mean(2 * np.abs(contrast), neurons, n)


def _grouped_lv(isi, neurons, n):
    contrast, neurons = _contrast(isi, neurons)
    return _grouped_mean(3 * contrast**2, neurons, n)


def _grouped_adaptation_index(isi, neurons, n):
    contrast, neurons = _contrast(isi, neurons)
    # The first contrast of a neuron holds its first interval, which the index leaves out.
    later = np.zeros(neurons.size, dtype=bool)
    later[1:] = neurons[1:] == neurons[:-1]
    return _grouped_mean(contrast[later], neurons[later], n)


def _on_one_train(measure, spike_times, start, end):
    isi = intervals(spike_times, start, end)
    return float(measure(isi, _one_group(isi), 1)[0])


def _one_group(values):
    return np.zeros(values.size, dtype=np.intp)


# ---------------------------------------------------------------------------------------------
# Input
# ---------------------------------------------------------------------------------------------
def check_train(name, spike_times):
    """The spike times of one neuron as an array, or a ValueError that uses the name."""
    times = np.asarray(spike_times, dtype=float)
    if times.ndim != 1:
        raise InputError(
            f"{name} has shape {times.shape}, but the times of one neuron in one dimension "
            "are expected. Use spike_table for a group."
        )
    _check_finite(times)
    if np.any(np.diff(times) <= 0):
        at = int(np.argmax(np.diff(times) <= 0))
        raise InputError(
            f"{name}[{at + 1}] = {times[at + 1]} ms does not come after {name}[{at}] = "
            f"{times[at]} ms, but the spikes of one neuron must increase in time. Sort them, or "
            "use spike_table for the spikes of a group."
        )
    return times


def _window(spike_times, start, end):
    """The checked spike times of one neuron that lie in [start, end)."""
    times = check_train("spike_times", spike_times)
    _check_window(np.asarray(start), np.asarray(end))
    return times[within(times, start, end)]


def _sorted_spikes(neuron_indices, spike_times_ms, n):
    """Checked spikes, sorted by neuron and then by time."""
    times = np.asarray(spike_times_ms, dtype=float)
    neurons = np.asarray(neuron_indices)
    if n < 1:
        raise InputError(f"n = {n}, but a group has at least one neuron.")
    if times.ndim != 1 or times.shape != neurons.shape:
        raise InputError(
            f"neuron_indices has shape {neurons.shape} and spike_times_ms {times.shape}, but one "
            "index per spike time is expected, both in one dimension."
        )
    _check_finite(times)
    # An empty list has dtype float; it holds no index that could be wrong.
    if times.size and not np.issubdtype(neurons.dtype, np.integer):
        raise InputError(f"neuron_indices has dtype {neurons.dtype}, but integers are expected.")
    if times.size and not (neurons.min() >= 0 and neurons.max() < n):
        raise InputError(
            f"neuron_indices run from {neurons.min()} to {neurons.max()}, but n = {n} neurons have "
            f"indices 0 to {n - 1}. Pass the size of the whole group as n."
        )
    neurons = neurons.astype(np.intp)
    if np.all(times[1:] >= times[:-1]):  # as a run returns them; numpy sorts short numbers faster
        short = neurons.astype(np.uint16) if n <= np.iinfo(np.uint16).max else neurons
        order = np.argsort(short, kind="stable")
    else:
        order = np.lexsort((times, neurons))
    neurons, times = neurons[order], times[order]
    twice = (np.diff(times) == 0) & (np.diff(neurons) == 0)
    if np.any(twice):
        at = int(np.argmax(twice))
        raise InputError(
            f"Neuron {neurons[at]} has two spikes at {times[at]} ms, but a neuron fires once at a "
            "time. Remove the repeated rows."
        )
    return neurons, times


def _per_neuron(value, n):
    value = np.asarray(value, dtype=float)
    if value.ndim > 0 and value.shape != (n,):
        raise InputError(
            f"start, end and onset are one number or one per neuron, shape ({n},), but got shape "
            f"{value.shape}."
        )
    if np.any(np.isnan(value)):
        raise InputError("start, end and onset must be numbers, but one of them is NaN.")
    return np.broadcast_to(value, (n,))


def _check_finite(times):
    if not np.all(np.isfinite(times)):
        at = int(np.argmin(np.isfinite(times)))
        raise InputError(f"Spike time {at} is {times[at]}, but finite times in ms are expected.")


def _check_window(start, end):
    if not np.all(start < end):
        raise InputError(
            f"The window [start, end) = [{np.max(start)}, {np.min(end)}) ms is empty; end must be "
            "above start."
        )
