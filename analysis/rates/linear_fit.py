"""How close an F-I curve is to a straight line, onset included."""

import numpy as np
import pandas as pd

from ...errors import InputError
from .fi import resolved_rates


def linearity(table, by="noise"):
    """Fit a straight line to each F-I curve of a table, its silent part included.

    Without noise a curve is bent, or jumps, at its onset; noise makes cells fire below it and
    rounds the bend, so that the line fits better and better.

    Parameters
    ----------
    table : DataFrame
        Columns ``I``, ``rate_Hz`` and `by`; rates that are not resolved are left out.
    by : str
        Column that tells the curves apart.

    Returns
    -------
    DataFrame
        One row per value of `by`: ``slope`` (Hz per unit of ``I``) of the least-squares line, its
        coefficient of determination ``R2``, and ``steepest``, the largest rise between neighbouring
        currents as a multiple of what an even rise over the whole range would give (1 for a line).
        NaN for a curve that does not rise.

    Raises
    ------
    ValueError
        For a missing column, or a curve of fewer than three currents.

    Examples
    --------
    >>> I = np.arange(5.0)
    >>> curves = [pd.DataFrame({"noise": s, "I": I, "rate_Hz": r})
    ...           for s, r in ((0, 10*(I > 2)), (1, 2.5*I))]
    >>> linearity(pd.concat(curves)).round(3)
       noise  slope    R2  steepest
    0      0    3.0  0.75       4.0
    1      1    2.5  1.00       1.0
    """
    missing = sorted({"I", "rate_Hz", by} - set(table))
    if missing:
        raise InputError(f"linearity needs the column {', '.join(missing)}.")
    return pd.DataFrame([{by: value} | _line(rows, value) for value, rows in table.groupby(by)])


def _line(rows, value):
    rows = rows[resolved_rates(rows).notna()].sort_values("I")
    I, rate = rows["I"].to_numpy(float), rows["rate_Hz"].to_numpy(float)
    if len(np.unique(I)) < 3:
        raise InputError(f"the curve {value} has {len(I)} currents; a fit needs three or more.")
    variance = rate.var()
    rise = rate[-1] - rate[0]
    if variance == 0 or rise <= 0:
        return {"slope": np.nan, "R2": np.nan, "steepest": np.nan}
    slope, offset = np.polyfit(I, rate, 1)
    misfit = np.mean((rate - offset - slope * I) ** 2)
    steepest = np.max(np.diff(rate) / np.diff(I)) * (I[-1] - I[0]) / rise
    return {"slope": slope, "R2": 1 - misfit / variance, "steepest": steepest}
