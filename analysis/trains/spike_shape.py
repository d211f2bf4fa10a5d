"""Shape of action potentials in a voltage trace: threshold, peak, width, after-hyperpolarisation.

All features are a few lines of numpy each, and eFEL (Extract Electrophys Feature Library) is the
oracle in the tests and not called here. Feature by feature:

- Threshold, peak and after-hyperpolarisation follow eFEL's definitions (``AP_begin_voltage``,
  ``peak_voltage``, ``min_AHP_values``, ``fast_AHP``). eFEL reports the sample that satisfies the
  definition; here the value is interpolated within the sample, which takes a coarse grid (0.1 ms)
  from errors of about 1 mV to some hundredths.
- The half-width at half height between threshold and peak exists in eFEL only rounded to whole
  samples (``AP_duration_half_width``); its interpolated ``spike_half_width`` measures the height
  from the after-hyperpolarisation instead.
- eFEL is configured through module-wide settings and first resamples a trace to 0.1 ms unless told
  otherwise: more to get wrong than the lines that it would save. Who needs its other two hundred
  features calls it directly on ``t_ms`` and ``v_mV`` (``pip install excitable[efel]``).
"""

import numpy as np
import pandas as pd

from ...errors import InputError
from ..plain_numbers import check_plain, takes

SHORTEST_STEP = 2e-4  # ms; five million samples a second
LARGEST_VOLTS = 0.5  # that a membrane has, and far from what spikes are in mV
COLUMNS = (
    "threshold_mV",
    "t_threshold_ms",
    "peak_mV",
    "t_peak_ms",
    "half_width_ms",
    "ahp_mV",
    "ahp_depth_mV",
)


@takes(t_ms="ms", v_mV="mV", peak_above="mV", threshold_slope="mV/ms")
def spike_shapes(t_ms, v_mV, *, peak_above=-20.0, threshold_slope=10.0):
    """Shape of every action potential in a trace, one row per spike.

    Parameters
    ----------
    t_ms : array_like or Quantity, shape (n,)
        Increasing sample times, ms.
    v_mV : array_like or Quantity, shape (n,)
        Membrane potential, mV.
    peak_above : float, optional
        An excursion above this potential (mV) is a spike. One that the beginning or the end of the
        trace cuts is left out. eFEL's ``Threshold``.
    threshold_slope : float, optional
        Slope dV/dt (mV/ms) whose crossing is the threshold. eFEL's ``DerivativeThreshold``.

    Returns
    -------
    DataFrame
        ``threshold_mV``, ``t_threshold_ms``: where dV/dt (central differences) last rises through
        `threshold_slope` before the steepest point of the upstroke; NaN if it does not, as in
        integrate-and-fire models that jump to their spike.
        ``peak_mV``, ``t_peak_ms``: the maximum.
        ``half_width_ms``: width at half height between threshold and peak.
        ``ahp_mV``: the minimum between the peak and the next spike; NaN after the last spike if
        the trace ends while the potential is still falling.
        ``ahp_depth_mV``: threshold minus that minimum.
        A trace without spikes gives no rows.

    Raises
    ------
    ValueError
        If the arrays differ in length, have fewer than three samples or a value that is not finite,
        if the times do not increase, if the potential never falls below `peak_above` or samples
        are closer than 0.2 us (volts or seconds without a unit look so), or if `threshold_slope`
        is not positive.

    Notes
    -----
    Crossings are interpolated linearly, extrema by the parabola through three samples. Where the
    potential drops by more than half of the spike within one sample, as a reset makes it do, the
    peak is the sample itself: no parabola goes through a jump.

    Examples
    --------
    >>> t = np.arange(0, 20, 0.01)
    >>> v = -65 + 100 * np.exp(-((t - 10) / 0.5) ** 2) - 10 * np.exp(-((t - 13) / 1.0) ** 2)
    >>> spike_shapes(t, v).round(2)[["peak_mV", "t_peak_ms", "ahp_mV"]]
       peak_mV  t_peak_ms  ahp_mV
    0     35.0       10.0   -75.0
    """
    if not (np.isfinite(peak_above) and threshold_slope > 0):
        raise InputError(
            f"peak_above = {peak_above} mV must be finite and threshold_slope = {threshold_slope} "
            "mV/ms positive."
        )
    t, v = check_trace(t_ms, v_mV)
    check_units(t, v, peak_above)
    slope = np.gradient(v, t)
    rows = []
    search_from = 0
    for peak, stop in _peaks(v, peak_above):
        trough = peak + int(np.argmin(v[peak:stop]))
        rows.append(_shape(t, v, slope, search_from, peak, trough, threshold_slope))
        search_from = trough
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=float)


def _peaks(v, peak_above):
    """(index of the peak, index at which the search for its trough ends) of each whole spike."""
    above = (v > peak_above).astype(np.int8)
    up = np.flatnonzero(np.diff(above) == 1) + 1
    down = np.flatnonzero(np.diff(above) == -1) + 1
    down = down[down > up[0]] if up.size else down[:0]
    stops = np.append(up[1:], v.size)
    # zip ends with the shorter: an excursion that the end of the trace cuts has no `down`.
    return [
        (first + int(np.argmax(v[first:last])), stop)
        for first, last, stop in zip(up, down, stops, strict=False)
    ]


def _shape(t, v, slope, search_from, peak, trough, threshold_slope):
    """The row of one spike; the indices delimit it, the slope has the shape of v."""
    reset = v[peak] - v[peak + 1] > (v[peak] - v[trough]) / 2
    t_peak, v_peak = (t[peak], v[peak]) if reset else _extremum(t, v, peak)
    falling_at_end = trough == v.size - 1
    v_ahp = np.nan if falling_at_end else v[trough] if reset else _extremum(t, v, trough)[1]

    start = _last_rise(slope, search_from, peak, threshold_slope)
    if start is None:
        t_threshold = v_threshold = half_width = np.nan
    else:
        t_threshold = _crossing(t, slope, start, threshold_slope)
        v_threshold = np.interp(t_threshold, t[start : start + 2], v[start : start + 2])
        half_width = _half_width(t, v, start, peak, trough, (v_threshold + v_peak) / 2)
    return v_threshold, t_threshold, v_peak, t_peak, half_width, v_ahp, v_threshold - v_ahp


def _last_rise(slope, begin, peak, level):
    """Last index before the steepest point of the upstroke at which slope <= level."""
    steepest = begin + int(np.argmax(slope[begin : peak + 1]))
    gentle = np.flatnonzero(slope[begin:steepest] <= level)
    if slope[steepest] <= level or not gentle.size:
        return None
    return begin + int(gentle[-1])


def _half_width(t, v, start, peak, trough, half):
    """Time between the crossings of `half` around the peak; NaN if the fall does not reach it."""
    rise = start + int(np.flatnonzero(v[start:peak] <= half)[-1])
    below = np.flatnonzero(v[peak : trough + 1] <= half)
    if not below.size:
        return np.nan
    fall = peak + int(below[0]) - 1
    return _crossing(t, v, fall, half) - _crossing(t, v, rise, half)


def _crossing(t, y, k, level):
    """Time at which the straight line from sample k to k + 1 passes the level."""
    return t[k] + (level - y[k]) / (y[k + 1] - y[k]) * (t[k + 1] - t[k])


def _extremum(t, v, k):
    """Vertex (time, value) of the parabola through the samples k - 1, k and k + 1."""
    left, right = t[k - 1] - t[k], t[k + 1] - t[k]
    # v = v[k] + b s + c s**2 with s = t - t[k]
    c = ((v[k + 1] - v[k]) / right - (v[k - 1] - v[k]) / left) / (right - left)
    b = (v[k + 1] - v[k]) / right - c * right
    if c == 0 or v[k] == v[k + 1] == v[min(k + 2, len(v) - 1)]:  # flat, as a clipped peak is
        return t[k], v[k]
    return t[k] - b / (2 * c), v[k] - b**2 / (4 * c)


def check_trace(t_ms, v_mV, names=("t_ms", "v_mV")):
    """Return times and values of one trace as arrays, or raise a ValueError that uses `names`."""
    for name, column in zip(names, (t_ms, v_mV), strict=True):
        check_plain(name, column)
    t, v = np.asarray(t_ms, dtype=float), np.asarray(v_mV, dtype=float)
    time, value = names
    if t.ndim != 1 or t.shape != v.shape or t.size < 3:
        raise InputError(
            f"{time} has shape {t.shape} and {value} {v.shape}, but one trace of at least three "
            "samples is expected. Pass the neurons of a group one by one."
        )
    if not (np.all(np.isfinite(t)) and np.all(np.isfinite(v))):
        raise InputError(
            f"{time} and {value} must be finite, but hold NaN or infinite values. If the "
            "integration diverged, repeat it with a smaller time step."
        )
    if np.any(np.diff(t) <= 0):
        at = int(np.argmax(np.diff(t) <= 0))
        raise InputError(
            f"{time} must increase, but {time}[{at + 1}] = {t[at + 1]} follows {time}[{at}] = "
            f"{t[at]}."
        )
    return t, v


def check_units(t, v, peak_above, name="peak_above", *, largest=np.inf):
    """Raise InputError for what looks like volts or seconds.

    Volts lie above the level throughout, and are no larger than `largest`.
    """
    if v.min() > peak_above and np.abs(v).max() < largest:
        raise InputError(
            f"v_mV lies between {v.min():g} and {v.max():g} and never below {name} = "
            f"{peak_above:g} mV, so no spike begins or ends; if these are volts, multiply by 1000 "
            f"or by Brian2's volt, else set {name} between rest and peak"
        )
    if np.median(np.diff(t)) < SHORTEST_STEP:
        raise InputError(
            f"t_ms has steps of {np.median(np.diff(t)):.3g} ms, shorter than any recording's; if "
            "these are seconds, multiply by 1000 or by Brian2's second"
        )
