"""How the spike trains or potentials of a population vary together: correlation and synchrony."""

import numpy as np
import pandas as pd

from ...models.checks import check_count
from ...plain_checks import check_seed
from ..plain_numbers import takes
from .counts import checked_rows


@takes()
def pairwise_correlation(counts, *, pairs=100_000, seed=0):
    """Pearson correlation of the binned counts of pairs of neurons.

    Parameters
    ----------
    counts : array_like, shape (n, bins)
        As from `spike_counts`.
    pairs : int
        All pairs up to this number; of more, as many drawn at random, none twice.
    seed : int
        Of the draw.

    Returns
    -------
    DataFrame
        ``i``, ``j`` (rows of `counts`, i < j) and ``correlation``. Neurons whose count never
        changes (silent ones) have no correlation and are left out.

    Raises
    ------
    ValueError
        For fewer than two bins, or `pairs` below 1.

    See Also
    --------
    mean_correlation : the mean over all pairs, without sampling

    Examples
    --------
    >>> pairwise_correlation([[0, 1, 0, 1], [0, 2, 0, 2], [1, 0, 1, 0]])
       i  j  correlation
    0  0  1          1.0
    1  0  2         -1.0
    2  1  2         -1.0
    """
    check_count("pairs", pairs)
    check_seed(seed)
    counts = checked_rows("counts", counts)
    active = np.flatnonzero(np.ptp(counts, axis=1))
    total = len(active) * (len(active) - 1) // 2
    if total <= pairs:
        i, j = np.triu_indices(len(active), 1)
    else:
        chosen = np.random.default_rng(seed).choice(total, pairs, replace=False, shuffle=False)
        i, j = _pair(np.sort(chosen), len(active))
    unit = _unit_rows(counts[active])
    correlation = np.empty(len(i))
    block = max(1, 10_000_000 // counts.shape[1])  # rows of which the products fit in memory
    for k in range(0, len(i), block):
        part = slice(k, k + block)
        correlation[part] = np.einsum("pb,pb->p", unit[i[part]], unit[j[part]])
    return pd.DataFrame({"i": active[i], "j": active[j], "correlation": correlation.clip(-1, 1)})


@takes()
def mean_correlation(counts):
    """Mean over all pairs of neurons of the correlation of their binned counts.

    Parameters
    ----------
    counts : array_like, shape (n, bins)
        As from `spike_counts`.

    Returns
    -------
    float
        NaN with fewer than two neurons whose count changes.

    Raises
    ------
    ValueError
        For fewer than two bins.

    Notes
    -----
    No pair is looked at: for n standardised counts z of length 1, the sum over all ordered pairs
    of z_i z_j is the squared length of their sum less n.

    Examples
    --------
    >>> round(mean_correlation([[0, 1, 0, 1], [0, 2, 0, 2], [1, 0, 1, 0]]), 12)
    -0.333333333333
    """
    counts = checked_rows("counts", counts)
    active = counts[np.ptp(counts, axis=1) > 0]
    n = len(active)
    if n < 2:
        return np.nan
    total = np.sum(_unit_rows(active), axis=0)
    return float((total @ total - n) / (n * (n - 1)))


@takes(signals="any")
def synchrony_index(signals):
    """Golomb and Rinzel's measure of synchrony, chi.

    Parameters
    ----------
    signals : array_like, shape (n, samples)
        One row per neuron: membrane potentials sampled over time, or binned (or smoothed) spike
        counts as from `spike_counts`.

    Returns
    -------
    float
        sqrt(variance over time of the population's mean / mean of the neurons' variances): 1 if
        all do the same, 1/sqrt(n) expected for independent neurons. NaN if nothing changes.

    Raises
    ------
    ValueError
        For fewer than two samples.

    Notes
    -----
    Golomb & Rinzel 1993, Phys Rev E 48:4810; 1994, Physica D 72:259; Golomb 2007, Neuronal
    synchrony measures, Scholarpedia 2(1):1347. With counts the result depends on the bin, which
    belongs beside the number.

    Examples
    --------
    >>> synchrony_index([[0, 1, 0, 1], [0, 1, 0, 1]])
    1.0
    """
    signals = checked_rows("signals", signals)
    own = signals.var(axis=1).mean()
    return float(np.sqrt(signals.mean(axis=0).var() / own)) if own > 0 else np.nan


def _unit_rows(values):
    """Take off each row's mean and scale it to length 1."""
    centred = values - values.mean(axis=1, keepdims=True)
    return centred / np.linalg.norm(centred, axis=1, keepdims=True)


def _pair(k, n):
    """Row and column of the k-th entry above the diagonal of an n by n matrix, row by row."""
    starts = np.arange(n) * (2 * n - np.arange(n) - 1) // 2  # first entry of each row
    i = np.searchsorted(starts, k, side="right") - 1
    return i, k - starts[i] + i + 1
