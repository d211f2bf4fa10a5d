"""Spikes of recorded potentials: upward crossings of a level, noise and missed spikes looked at."""

import warnings

import numpy as np
import pandas as pd
from scipy.signal import find_peaks

from ...errors import InputError, MissedSpikesWarning
from ..plain_numbers import takes
from .spike_shape import LARGEST_VOLTS, check_trace, check_units, spike_shapes
from .trace_tables import by_neuron, potential_column

# What stands out of a trace by so much (mV) for so short a time (ms) and stays below the level.
_TALL, _SHORT = 20.0, 3.0
# So many usual distances of samples, long enough for a spike, are no distance but a gap.
_FAR = 10.0


@takes(above="mV", rearm="mV")
def detect_spikes(traces: pd.DataFrame, *, above: float = -20.0, rearm: float = 5.0):
    """Return the spikes of recorded potentials, as a run of a model gives them.

    Parameters
    ----------
    traces : DataFrame
        Columns ``t_ms`` and the membrane potential (``v_mV``, or what the model of
        `excitable.protocols.response` calls it), at any distances in time; with a column
        ``neuron``, whole numbers, one trace for each.
    above : float or Quantity
        A spike is where the potential rises through this level (mV); the time is interpolated.
    rearm : float or Quantity
        After a spike the potential has to fall by so much (mV) below the level before the next one
        counts: noise on an upstroke is not a second spike.

    Returns
    -------
    DataFrame
        ``neuron`` and ``t_ms``. A spike that the beginning of a trace cuts is left out.

    Raises
    ------
    ValueError
        For missing columns, values that are not finite, neurons that are no whole numbers, times
        that do not increase, and what looks like volts or seconds.

    Warns
    -----
    MissedSpikesWarning
        If peaks of at least 20 mV and at most 3 ms stay below the level, and for gaps between
        samples that are ten times as long as most distances and longer than a spike (3 ms).

    Examples
    --------
    >>> t = np.arange(0, 20, 0.1)
    >>> v = -65 + 100 * np.exp(-((t - 10) / 0.5) ** 2)
    >>> detect_spikes(pd.DataFrame({"t_ms": t, "v_mV": v})).round(2)
       neuron  t_ms
    0       0   9.55
    """
    if not (np.isfinite(above) and np.isfinite(rearm) and rearm >= 0):
        raise InputError(f"above = {above} mV must be finite and rearm = {rearm} mV not negative.")
    found = {"neuron": [], "t_ms": []}
    for neuron, t, v in each_trace(traces):
        check_units(t, v, above, "above", largest=LARGEST_VOLTS)
        times = _upward(t, v, above, rearm)
        _warn_of_missed(neuron, t, v, above)
        _warn_of_gaps(neuron, t)
        found["neuron"] += [neuron] * len(times)
        found["t_ms"] += times
    return pd.DataFrame(found).astype({"neuron": int, "t_ms": float})


@takes(peak_above="mV", threshold_slope="mV/ms")
def shapes_of(
    traces: pd.DataFrame, *, peak_above: float = -20.0, threshold_slope: float = 10.0
) -> pd.DataFrame:
    """Return the shape of every action potential of every trace.

    Parameters
    ----------
    traces : DataFrame
        As in `detect_spikes`: a recording's, or those of `excitable.protocols.response`.
    peak_above, threshold_slope : float or Quantity
        See `spike_shapes`.

    Returns
    -------
    DataFrame
        ``neuron`` and the columns of `spike_shapes`.

    Raises
    ------
    ValueError
        As `detect_spikes` and `spike_shapes`.

    Examples
    --------
    >>> t = np.arange(0, 20, 0.01)
    >>> v = -65 + 100 * np.exp(-((t - 10) / 0.5) ** 2)
    >>> shapes_of(pd.DataFrame({"t_ms": t, "v_mV": v})).round(2)[["neuron", "peak_mV"]]
       neuron  peak_mV
    0       0     35.0
    """
    parts = []
    for neuron, t, v in each_trace(traces):
        shapes = spike_shapes(t, v, peak_above=peak_above, threshold_slope=threshold_slope)
        shapes.insert(0, "neuron", neuron)
        parts.append(shapes)
    return pd.concat(parts, ignore_index=True).astype({"neuron": int})


def each_trace(traces: pd.DataFrame, column: str | None = None):
    """Yield neuron, times and a checked column of each trace of a table; neuron 0 without one.

    Default: the membrane potential, in mV.
    """
    column = potential_column(traces) if column is None else column
    missing = [name for name in ("t_ms", column) if name not in traces]
    if missing:
        raise InputError(f"the traces have no column {missing[0]}; they have {list(traces)}.")
    for neuron, rows in by_neuron(traces):
        yield (neuron, *check_trace(rows["t_ms"], rows[column], names=("t_ms", column)))


def _upward(t, v, above: float, rearm: float) -> list[float]:
    """Return the interpolated times of the crossings that count."""
    crossings = np.flatnonzero((v[:-1] <= above) & (v[1:] > above))
    falls = np.flatnonzero(v < above - rearm)
    armed_since = np.searchsorted(falls, crossings, side="right")  # falls up to each crossing
    # The first of the crossings that have the same last fall before them.
    first = np.append(True, np.diff(armed_since) > 0) & (armed_since > 0)
    k = crossings[first[: len(crossings)]]
    return (t[k] + (above - v[k]) / (v[k + 1] - v[k]) * (t[k + 1] - t[k])).tolist()


def _warn_of_missed(neuron, t, v, above: float) -> None:
    peaks, shape = find_peaks(v, height=(None, above), prominence=_TALL, width=0)
    place = np.arange(len(t))
    width = np.interp(shape["right_ips"], place, t) - np.interp(shape["left_ips"], place, t)
    missed = peaks[width <= _SHORT]
    if len(missed):
        warnings.warn(
            f"neuron {neuron}: {len(missed)} peaks that look like spikes stay below {above:g} mV "
            f"(the highest, {v[missed].max():.3g} mV, at {t[missed[np.argmax(v[missed])]]:.6g} ms) "
            "and are not counted; give a lower above=",
            MissedSpikesWarning,
            stacklevel=4,  # the caller, past detect_spikes and its decorator
        )


def _warn_of_gaps(neuron, t) -> None:
    steps = np.diff(t)
    gaps = np.flatnonzero(steps > max(_SHORT, _FAR * np.median(steps)))
    if len(gaps):
        longest = gaps[np.argmax(steps[gaps])]
        warnings.warn(
            f"neuron {neuron}: there is no sample for {steps[longest]:.6g} ms after "
            f"{t[longest]:.6g} ms ({len(gaps)} such gaps); spikes in it are not seen, and a rate "
            "across it is too low: where something was cut out, measure on one side of it, by "
            "onset= and offset= of measured_fi",
            MissedSpikesWarning,
            stacklevel=4,  # as above
        )
