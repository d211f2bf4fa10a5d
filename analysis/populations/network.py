"""What a network did in one row per population, and its mean over several runs."""

import pandas as pd

from ...errors import InputError
from ..plain_numbers import takes
from ..trains.spikes import MS_PER_SECOND, spike_table
from .correlation import mean_correlation, synchrony_index
from .counts import by_population, fano_factors, located, spike_counts


@takes(start="ms", end="ms", bin="ms", window="ms")
def network_statistics(spikes, neurons, *, start, end, bin=5.0, window=100.0):
    """Rate, irregularity, correlation and synchrony of each population in one row.

    Parameters
    ----------
    spikes, neurons
        As in `population_rate`.
    start, end : float
        Window, ms, behind the transient.
    bin : float
        Of the counts of which correlation and synchrony are taken, ms.
    window : float
        Of the counts of the Fano factor, ms.

    Returns
    -------
    DataFrame
        ``population`` (if `neurons` is a dict); ``neurons`` and ``active``, how many fire at all;
        ``rate_Hz``, spikes per neuron and time; the means over neurons that have them of
        ``isi_cv``, ``isi_cv2`` and ``fano``; ``correlation`` over all pairs; ``synchrony``.

    Raises
    ------
    ValueError
        As `spike_counts`, or for fewer than two bins or windows.

    See Also
    --------
    excitable.analysis.spike_table : the measures of each neuron

    Examples
    --------
    >>> import numpy as np
    >>> times = np.arange(0, 1000, 25.0)
    >>> both = pd.DataFrame({"neuron": np.repeat([0, 1], 40), "t_ms": np.tile(times, 2)})
    >>> network_statistics(both, 2, start=0, end=1000)[["rate_Hz", "isi_cv", "synchrony"]]
       rate_Hz  isi_cv  synchrony
    0     40.0     0.0        1.0
    """

    def of_one(rows, members):
        counts = spike_counts(rows, members, start=start, end=end, width=bin)
        windows = spike_counts(rows, members, start=start, end=end, width=window)
        place, times, n = located(rows, members)
        trains = spike_table(place, times, n, start=start, end=end)
        spike_count = trains["spike_count"]
        return pd.DataFrame(
            {
                "neurons": [n],
                "active": int((spike_count > 0).sum()),
                "rate_Hz": MS_PER_SECOND * spike_count.mean() / (end - start),
                "isi_cv": trains["isi_cv"].mean(),
                "isi_cv2": trains["isi_cv2"].mean(),
                "fano": pd.Series(fano_factors(windows)).mean(),
                "correlation": mean_correlation(counts),
                "synchrony": synchrony_index(counts),
            }
        )

    return by_population(of_one, spikes, neurons)


def over_runs(tables):
    """Mean and standard error over runs of every number of tables with the same rows.

    Parameters
    ----------
    tables : list of DataFrame
        One per run, such as one per seed, from `network_statistics`.

    Returns
    -------
    DataFrame
        Each column of numbers with its mean, followed by its standard error (``rate_Hz``,
        ``rate_Hz_sem``; NaN with fewer than two numbers), and ``runs``; other columns as in the
        first table.

    Raises
    ------
    ValueError
        For no table, or tables of different rows or columns.

    Examples
    --------
    >>> over_runs([pd.DataFrame({"rate_Hz": [4.0]}), pd.DataFrame({"rate_Hz": [6.0]})])
       rate_Hz  rate_Hz_sem  runs
    0      5.0          1.0     2
    """
    tables = [table.reset_index(drop=True) for table in tables]
    if not tables:
        raise InputError("expected the table of at least one run, got none.")
    labels = tables[0].select_dtypes(exclude="number")
    for k, table in enumerate(tables):
        if not table[labels.columns].equals(labels) or len(table) != len(labels):
            raise InputError(f"the table of run {k} has other rows than that of run 0.")
        if {*table} != {*tables[0]}:
            raise InputError(f"the table of run {k} has other columns than that of run 0.")
    groups = pd.concat(tables).groupby(level=0)
    found = labels.copy()
    for name in tables[0].columns.drop(labels.columns):
        found[name] = groups[name].mean()
        found[f"{name}_sem"] = groups[name].sem()
    return found.assign(runs=len(tables))
