"""F-I tables of recorded current steps, with the columns that models' tables have."""

import numpy as np
import pandas as pd

from ...errors import InputError
from ..plain_numbers import takes
from .detection import detect_spikes, each_trace
from .spikes import spike_table
from .trace_tables import check_neurons

# How much of a step (a share of its height) noise and slow corners may take, and of the samples.
_SLACK, _FEW = 0.25, 0.02


@takes(discard="ms", onset="ms", offset="ms")
def measured_fi(
    traces: pd.DataFrame,
    spikes: pd.DataFrame | None = None,
    *,
    discard: float = 0.0,
    onset: float | None = None,
    offset: float | None = None,
) -> pd.DataFrame:
    """Return the F-I table of current steps, one row per sweep.

    Parameters
    ----------
    traces : DataFrame
        As in `detect_spikes`, with ``I`` and ``I_unit``: a recording's, or those of
        `excitable.protocols.response` with ``record=("v", "I")``.
    spikes : DataFrame, optional
        Columns ``neuron`` and ``t_ms``; default: `detect_spikes` of the traces.
    discard : float or Quantity
        Beginning of each step whose spikes do not count for the rate, ms.
    onset, offset : float or Quantity, optional
        When the steps begin and end, ms; default: where the current says so.

    Returns
    -------
    DataFrame
        ``neuron``; ``I``, the median of the current in the window, and ``I_unit``; ``holding``,
        the current before it; ``onset_ms`` and ``offset_ms``; and the columns of `spike_table`,
        which are those of `excitable.protocols.fi_curve`: ``rate_Hz``, ``resolved``, ``firing``,
        ``latency_ms``, ....

    Raises
    ------
    ValueError
        For missing columns, a current that is no single step (with the remedy), steps of which none
        shows where it is, and a window that is empty.

    Notes
    -----
    A sweep without a step (its current stays where it is) has the window of the others.

    Examples
    --------
    >>> t = np.arange(0.0, 300.0, 0.5)
    >>> inside = (t >= 100) & (t < 200)
    >>> v = np.where(inside & (t % 20 < 1), 20.0, -65.0)
    >>> traces = pd.DataFrame({"neuron": 0, "t_ms": t, "v_mV": v, "I": 0.2 * inside})
    >>> measured_fi(traces.assign(I_unit="nA"))[["I", "onset_ms", "offset_ms", "rate_Hz"]].round(2)
         I  onset_ms  offset_ms  rate_Hz
    0  0.2     100.0      200.0     50.0
    """
    if "I" not in traces or "I_unit" not in traces:
        raise InputError(
            "the traces have no current (columns I and I_unit); give a recording its steps by "
            "with_steps(...), or record it: response(..., record=('v', 'I'))"
        )
    spikes = detect_spikes(traces) if spikes is None else spikes
    check_neurons(spikes)
    currents = {neuron: (t, i) for neuron, t, i in each_trace(traces, "I")}
    windows = _windows(currents, onset, offset)
    rows = [_levels(*currents[neuron], *window) for neuron, window in windows.items()]
    table = pd.DataFrame(rows, columns=["I", "holding", "onset_ms", "offset_ms"])
    table.insert(0, "neuron", list(windows))
    table.insert(2, "I_unit", str(traces["I_unit"].iloc[0]))
    place = {neuron: k for k, neuron in enumerate(windows)}
    ends = spikes["neuron"].map(dict(zip(windows, table["offset_ms"], strict=True)))
    known = spikes[spikes["t_ms"] < ends]  # what comes after a step is no answer to it
    measured = spike_table(
        known["neuron"].map(place).to_numpy(int), known["t_ms"].to_numpy(), len(table),
        start=table["onset_ms"] + discard, end=table["offset_ms"], onset=table["onset_ms"],
    )  # fmt: skip
    return pd.concat([table, measured.drop(columns="neuron")], axis=1)


def _windows(currents, onset, offset) -> dict:
    """Return neuron -> (onset, offset) in ms."""
    if (onset is None) != (offset is None):
        raise InputError("measured_fi: give both onset= and offset=, or neither")
    if onset is not None:
        for neuron, (t, _) in currents.items():
            if not t[0] <= onset < offset <= t[-1] + (t[-1] - t[-2]) * 1.001:
                raise InputError(
                    f"onset and offset: {onset:g} to {offset:g} ms is no window of sweep {neuron}, "
                    f"which lasts from {t[0]:g} to {t[-1]:g} ms"
                )
        return dict.fromkeys(currents, (float(onset), float(offset)))
    found = {neuron: _step(neuron, t, i) for neuron, (t, i) in currents.items()}
    steps = [window for window in found.values() if window]
    if not steps:
        raise InputError("no sweep has a step of its current; give onset= and offset= in ms")
    common = (min(s[0] for s in steps), max(s[1] for s in steps))
    return {neuron: window or common for neuron, window in found.items()}


def _step(neuron, t, current):
    """Return when the one step of a current begins and ends; None if it stays where it is."""
    edge = max(len(t) // 50, 1)
    base, noise = np.median(current[:edge]), np.ptp(current[:edge])
    away = current - base
    height = away[np.argmax(np.abs(away))]
    if np.abs(height) <= 3 * noise or height == 0:
        return None
    inside = away / height > 0.5
    starts = np.flatnonzero(np.diff(inside.astype(np.int8)) == 1) + 1
    ends = np.flatnonzero(np.diff(inside.astype(np.int8)) == -1) + 1
    level = np.median(away[inside])
    wrong = np.abs(away - level * inside) > _SLACK * np.abs(level) + noise
    if len(starts) != 1 or len(ends) > 1 or wrong.mean() > _FEW:
        raise InputError(
            f"the current of sweep {neuron} is no single step from where it begins; give onset= "
            "and offset= in ms, or compare whole traces by plot_comparison"
        )
    return t[starts[0]], t[ends[0]] if len(ends) else t[-1]


def _levels(t, current, onset, offset):
    inside = (t >= onset) & (t < offset)
    before = current[t < onset]
    holding = np.median(before) if len(before) else np.nan
    return np.median(current[inside]), holding, onset, offset
