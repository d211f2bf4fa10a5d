"""F-I tables of recorded current steps, with the columns that models' tables have."""

import numpy as np
import pandas as pd

from ...errors import InputError
from ..plain_numbers import takes
from .detection import detect_spikes, each_trace
from .edges import within
from .spikes import spike_table
from .trace_tables import check_known, input_unit

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
        the current before it (NaN if it comes first); ``onset_ms`` and ``offset_ms``; and the
        columns of `spike_table`, which are those of `excitable.protocols.fi_curve`: ``rate_Hz``,
        ``resolved``, ``firing``, ``latency_ms``, ....

    Raises
    ------
    ValueError
        For missing columns, several units of current, spikes of neurons without a trace, a current
        that is no single step (with the remedy), steps of which none shows where it is, currents
        that change once where nothing tells the step from the holding current, and a window that
        is empty.

    Notes
    -----
    A sweep without a step (its current stays where it is) has the window of the others. Where
    currents change only once, the step is the part that differs between the sweeps; if none does,
    or there is one sweep alone, the part that is not zero.

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
    if not discard >= 0:
        raise InputError(f"discard: must not be negative, got {discard:g} ms")
    currents = {neuron: (t, i) for neuron, t, i in each_trace(traces, "I")}
    check_known(spikes, currents, "of the traces")
    windows = _windows(currents, onset, offset)
    rows = [_levels(*currents[neuron], *window) for neuron, window in windows.items()]
    table = pd.DataFrame(rows, columns=["I", "holding", "onset_ms", "offset_ms"])
    table.insert(0, "neuron", list(windows))
    table.insert(2, "I_unit", input_unit(traces))
    place = {neuron: k for k, neuron in enumerate(windows)}
    ends = spikes["neuron"].map(dict(zip(windows, table["offset_ms"], strict=True)))
    # What comes after a step is no answer to it.
    known = spikes[within(spikes["t_ms"], -np.inf, ends)]
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
    changes = {neuron: _changes(neuron, t, i) for neuron, (t, i) in currents.items()}
    is_first = _step_is_first([(i, changes[neuron]) for neuron, (_, i) in currents.items()])
    found = {n: _window(t, changes[n], is_first) for n, (t, _) in currents.items() if changes[n]}
    if not found:
        raise InputError("no sweep has a step of its current; give onset= and offset= in ms")
    common = (min(w[0] for w in found.values()), max(w[1] for w in found.values()))
    return {neuron: found.get(neuron, common) for neuron in currents}


def _changes(neuron, t, current) -> list[int]:
    """Return the samples at which a current of two levels changes: two, one, or none."""
    few = max(len(t) // 50, 1)
    # Of most stretches, wherever the step begins: a change lies in two of fifty at most.
    noise = np.median(np.ptp(current[: len(t) // few * few].reshape(-1, few), axis=1))
    height = np.ptp(current) - noise
    if height <= 3 * noise:
        return []
    high = current > (current.min() + current.max()) / 2
    levels = np.where(high, np.median(current[high]), np.median(current[~high]))
    wrong = np.abs(current - levels) > _SLACK * np.ptp(levels) + noise
    changes = (np.flatnonzero(np.diff(high)) + 1).tolist()
    if len(changes) > 2 or wrong.mean() > _FEW:
        raise InputError(
            f"the current of sweep {neuron} is no single step; give onset= and offset= in ms, or "
            "compare whole traces by plot_comparison"
        )
    return changes


def _step_is_first(sweeps) -> bool:
    """Return whether the currents that change only once begin with the step.

    The holding current is what the sweeps have in common, and nothing where nothing differs.
    """
    once = [(i[: at[0]], i[at[0] :]) for i, at in sweeps if len(at) == 1]
    if not once:
        return False
    still = [(i, i) for i, at in sweeps if not at]
    levels = np.array([list(map(np.median, parts)) for parts in (*once, *still)])
    away = np.ptp(levels, axis=0)
    if away.max() <= _SLACK * np.abs(levels).max():
        away = np.abs(levels).max(axis=0)
    if away.min() > _SLACK * away.max():
        raise InputError(
            "the currents change only once, and nothing tells the step from the holding current; "
            "give onset= and offset= in ms"
        )
    return bool(away[0] > away[1])


def _window(t, changes: list[int], is_first: bool) -> tuple[float, float]:
    """Return when the step between changes begins and ends, ms."""
    if len(changes) == 2:
        return t[changes[0]], t[changes[1]]
    return (t[0], t[changes[0]]) if is_first else (t[changes[0]], t[-1])


def _levels(t, current, onset, offset):
    inside = (t >= onset) & (t < offset)
    before = current[t < onset]
    holding = np.median(before) if len(before) else np.nan
    return np.median(current[inside]), holding, onset, offset
