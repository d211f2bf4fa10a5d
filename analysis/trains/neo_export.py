"""Spikes and traces as Neo objects, which Elephant and the NWB tools read (extra ``neo``)."""

import numpy as np

from ...columns import split_column
from ...errors import InputError
from ..plain_numbers import takes
from .trace_tables import input_unit


@takes(duration="ms")
def to_neo(spikes, duration, *, neurons=None, traces=None):
    """Return a run as a Neo ``Segment``.

    Parameters
    ----------
    spikes : DataFrame
        Columns ``neuron``, ``t_ms`` (ms) and, if there are populations, ``population``.
    duration : float or Quantity
        Of the run, ms.
    neurons : int, array_like of int, or dict, optional
        Which neurons there are, silent ones included (see
        `excitable.analysis.populations.counts`); default: those that fired.
    traces : DataFrame, optional
        Columns ``neuron``, ``t_ms`` on a regular grid, and variables with their units in the
        names; the input is ``I`` with a column ``I_unit``.

    Returns
    -------
    neo.Segment
        One ``SpikeTrain`` per neuron, in the order of populations and numbers, annotated with
        ``neuron`` and ``population``; one ``AnalogSignal`` per variable of `traces`, with the
        array annotation ``neuron``.

    Raises
    ------
    ImportError
        Without Neo, with the command that installs it.
    ValueError
        For a missing column, a spike outside [0, duration] or of none of `neurons`, or traces off
        a common regular grid.

    Examples
    --------
    >>> import pandas as pd
    >>> spikes = pd.DataFrame({"neuron": [0, 2, 0], "t_ms": [3.0, 5.0, 9.0]})
    >>> segment = to_neo(spikes, 10.0, neurons=3)        # doctest: +SKIP
    >>> [len(train) for train in segment.spiketrains]    # doctest: +SKIP
    [2, 0, 1]
    """
    neo = _neo()
    missing = {"neuron", "t_ms"} - set(spikes)
    if missing:
        raise InputError(f"the table of spikes has no column {sorted(missing)}.")
    times = spikes["t_ms"].to_numpy(float)
    if not np.all((times >= 0) & (times <= duration)):
        raise InputError(f"spikes lie outside the run of {duration} ms.")
    segment = neo.Segment(description="times in ms from the beginning of the run")
    populations = _populations(spikes, neurons)
    for name, (rows, numbers) in populations.items():
        own = {number: group["t_ms"] for number, group in rows.groupby("neuron")}
        strangers = sorted(set(own) - set(numbers))
        if strangers:
            raise InputError(f"neuron {strangers[0]} has spikes but is not among `neurons`.")
        for number in numbers:
            train = np.sort(np.asarray(own.get(number, []), dtype=float))
            about = {"neuron": int(number)} | ({} if name is None else {"population": name})
            segment.spiketrains.append(
                neo.SpikeTrain(train, units="ms", t_stop=float(duration), **about)
            )
    for signal in [] if traces is None else _signals(neo, traces):
        segment.analogsignals.append(signal)
    return segment


def _neo():
    try:
        import neo
    except ImportError:
        raise ImportError("to_neo needs Neo: pip install 'excitable[neo]'") from None
    return neo


def _populations(spikes, neurons):
    """Return population -> (its spikes, its neurons' numbers); the key None without populations."""
    if "population" not in spikes:
        return {None: (spikes, _numbers(spikes, neurons))}
    if neurons is None:
        neurons = dict.fromkeys(spikes["population"].unique())
    if not isinstance(neurons, dict):
        raise InputError("the spikes have populations: give `neurons` as a dict of them.")
    unknown = sorted(set(spikes["population"]) - set(neurons))
    if unknown:
        raise InputError(f"spikes of population {unknown}, but neurons has only {list(neurons)}.")
    parts = {name: spikes[spikes["population"] == name] for name in neurons}
    return {name: (rows, _numbers(rows, neurons[name])) for name, rows in parts.items()}


def _numbers(spikes, neurons):
    if neurons is None:
        return sorted(spikes["neuron"].unique())
    return range(neurons) if np.ndim(neurons) == 0 else list(neurons)


def _signals(neo, traces):
    """One AnalogSignal per variable, samples by neurons."""
    missing = {"neuron", "t_ms"} - set(traces)
    if missing:
        raise InputError(f"the table of traces has no column {min(missing)}.")
    numbers = traces["neuron"].unique()
    samples = len(traces) // len(numbers)
    times = traces["t_ms"].to_numpy(float)
    grid = times[:samples]
    steps = np.diff(grid)
    same = len(times) == samples * len(numbers) and np.all(times.reshape(-1, samples) == grid)
    if not (same and samples > 1 and np.allclose(steps, steps[0])):
        raise InputError("traces: expected the same regular times for every neuron, one by one.")
    for column in traces.columns.drop(["neuron", "t_ms", "I_unit"], errors="ignore"):
        name, unit = _name_and_unit(traces, column)
        if traces[column].dtype.kind not in "biuf":
            raise InputError(f"traces: the column {column} holds no numbers; leave it out.")
        values = traces[column].to_numpy(float).reshape(-1, samples).T
        annotations = {"neuron": np.asarray(numbers)}
        yield neo.AnalogSignal(
            values, units=unit, sampling_period=_in_ms(steps[0]), t_start=_in_ms(grid[0]),
            name=name, array_annotations=annotations,
        )  # fmt: skip


def _in_ms(value):
    import quantities

    return float(value) * quantities.ms


def _name_and_unit(traces, column):
    """Take a column's name apart; the unit in the notation of the quantities package."""
    if column == "I":
        unit = input_unit(traces)
        return "I", "dimensionless" if unit in ("", "1") else unit
    name, unit = split_column(column)
    return name, unit or "dimensionless"
