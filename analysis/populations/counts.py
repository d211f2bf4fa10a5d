"""Spike counts of many neurons: binned, by population, and their Fano factors.

Spikes are a table with the columns ``neuron`` and ``t_ms``. Which neurons there are, silent ones
included, the caller says: a number (neurons 0 to n - 1), the neurons' numbers, such as
``range(800, 1000)``, or, where a table has a column ``population``, a dict from population to one
of these.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ...errors import InputError
from ..plain_numbers import takes
from ..trains.edges import bin_of


@takes(start="ms", end="ms", width="ms")
def spike_counts(spikes, neurons, *, start, end, width):
    """Count the spikes of each neuron in successive bins.

    Parameters
    ----------
    spikes : DataFrame
        Columns ``neuron`` and ``t_ms`` (ms), in any order.
    neurons : int or array_like of int, shape (n,)
        Which neurons there are: a number, or their numbers.
    start, end : float
        Window [start, end), ms; a remainder shorter than one bin is left out.
    width : float
        Of a bin, ms.

    Returns
    -------
    ndarray of int, shape (n, bins)
        One row per neuron, in the order of `neurons`; eight bytes a number.

    Raises
    ------
    ValueError
        For a missing column, a neuron that is not among `neurons`, a time that is not finite, or
        a window that holds no bin.

    Notes
    -----
    A spike less than 1e-6 of a bin before an edge is counted after it: the time of a spike on the
    grid of a simulation, a multiple of dt up to rounding, must not fall into the wrong bin.

    Examples
    --------
    >>> spikes = pd.DataFrame({"neuron": [0, 0, 2], "t_ms": [1.0, 2.0, 11.0]})
    >>> spike_counts(spikes, 3, start=0, end=20, width=10)
    array([[2, 0],
           [0, 0],
           [0, 1]])
    """
    rows, times, n = located(spikes, neurons)
    bins = bin_count(start, end, width)
    place = bin_of(times, start, width)
    inside = (place >= 0) & (place < bins)
    flat = np.bincount(rows[inside] * bins + place[inside], minlength=n * bins)
    return flat.reshape(n, bins)


@takes()
def fano_factors(counts):
    """Fano factor of each neuron: variance of its counts over their mean.

    Parameters
    ----------
    counts : array_like, shape (n, windows)
        As from `spike_counts`.

    Returns
    -------
    ndarray, shape (n,)
        1 expected for a Poisson process; NaN for a silent neuron.

    Raises
    ------
    ValueError
        For fewer than two windows.

    See Also
    --------
    excitable.analysis.fano_factor : the same for the spike times of one neuron

    Examples
    --------
    >>> fano_factors([[1, 1, 1, 1], [0, 4, 0, 0], [0, 0, 0, 0]])
    array([ 0.,  4., nan])
    """
    counts = checked_rows("counts", counts)
    mean = counts.mean(axis=1)
    return counts.var(axis=1, ddof=1) / np.where(mean > 0, mean, np.nan)


def by_population(of_one, spikes, neurons):
    """Apply a function of (spikes, neurons) to each population and join the tables."""
    if not isinstance(neurons, Mapping):
        return of_one(spikes, neurons)
    if "population" not in spikes:
        raise InputError(
            "neurons is a dict of populations, but the table of spikes has no column population."
        )
    unknown = sorted(set(spikes["population"]) - set(neurons))
    if unknown:
        raise InputError(f"spikes of population {unknown}, but neurons has only {list(neurons)}.")
    found = []
    for name, members in neurons.items():
        table = of_one(spikes[spikes["population"] == name], members)
        table.insert(0, "population", name)
        found.append(table)
    return pd.concat(found, ignore_index=True)


def located(spikes, neurons):
    """Return the row of each spike's neuron, its time, and the number of neurons, checked."""
    missing = {"neuron", "t_ms"} - set(spikes)
    if missing:
        raise InputError(f"the table of spikes has no column {sorted(missing)}.")
    times = spikes["t_ms"].to_numpy(float)
    if not np.all(np.isfinite(times)):
        raise InputError("the table of spikes holds times that are not finite.")
    who = spikes["neuron"].to_numpy()
    if len(who) and not np.issubdtype(who.dtype, np.integer):
        raise InputError(f"the column neuron has dtype {who.dtype}: expected whole numbers.")
    n = size(neurons)
    if np.ndim(neurons) == 0:
        rows = who
        known = (rows >= 0) & (rows < n)
    else:
        order = np.argsort(neurons)
        numbers = np.asarray(neurons)[order]
        place = np.minimum(np.searchsorted(numbers, who), n - 1)
        known, rows = numbers[place] == who, order[place]
    if not np.all(known):
        raise InputError(
            f"neuron {who[~known][0]} has spikes but is not among the {n} neurons; give the "
            "number of all of them, or their numbers, such as range(800, 1000)."
        )
    return rows.astype(np.int64), times, n


def size(neurons):
    """Return how many neurons there are."""
    numbers = np.asarray(neurons)
    if numbers.dtype == bool or np.any(numbers != np.floor(numbers)):
        raise InputError(f"neurons = {neurons}: expected whole numbers, not a mask or fractions.")
    n = len(numbers) if numbers.ndim else int(numbers)
    if n < 1 or (numbers.ndim and len(np.unique(numbers)) < n):
        raise InputError(f"neurons = {neurons}: expected at least one, and none twice.")
    return n


def bin_count(start, end, width):
    """Return how many whole bins the window [start, end) holds; at least one."""
    finite = np.isfinite(start) and np.isfinite(end) and width > 0
    bins = int(bin_of(end, start, width)) if finite else 0
    if bins < 1:
        raise InputError(
            f"start = {start}, end = {end}, bin = {width} ms: expected a finite window that holds "
            "at least one bin."
        )
    return bins


def checked_rows(name, values):
    """Return `values` as an array with one row per neuron."""
    values = np.asarray(values)
    if values.ndim != 2 or values.shape[1] < 2:
        raise InputError(
            f"{name} has shape {values.shape}: expected a row per neuron and two columns or more."
        )
    return values
