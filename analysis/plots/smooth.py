"""Curves drawn through the points of a continuation, which are far apart where little bends."""

import numpy as np
import pandas as pd

BETWEEN = 8  # points for one of a table


def smooth(table: pd.DataFrame, over: list[str]) -> tuple[pd.DataFrame, np.ndarray]:
    """Return a table's columns at more points, and the row (with fractions) of each.

    Parameters
    ----------
    table : DataFrame
        Points of a curve, in order.
    over : list of str
        Columns over which it is smooth, such as parameters and states together (over parameters
        alone it has cusps and turns); its length is taken in them, each in its range. Those with
        gaps are left out.

    Returns
    -------
    (DataFrame, ndarray)

    Notes
    -----
    Akima 1970, J. ACM 17:589-602: piecewise cubic, without swinging at a kink.

    Examples
    --------
    >>> circle = pd.DataFrame({"x": [1.0, 0.0, -1.0, 0.0], "y": [0.0, 1.0, 0.0, -1.0]})
    >>> fine, row = smooth(circle, ["x", "y"])
    >>> len(fine), float(row[-1])
    (25, 3.0)
    """
    from scipy.interpolate import Akima1DInterpolator

    whole = [name for name in over if np.isfinite(table[name]).all()]
    path = table[whole].to_numpy(float)
    size = np.ptp(path, axis=0)
    steps = np.linalg.norm(np.diff(path, axis=0) / np.where(size > 0, size, 1), axis=1)
    length = np.cumsum(np.append(0, steps))
    apart = np.append(True, np.diff(length) > 1e-9 * max(length[-1], 1e-300))
    if apart.sum() < 3:
        return table[whole], np.arange(len(table), dtype=float)
    row = np.append(np.arange(0, len(table) - 1, 1 / BETWEEN), len(table) - 1.0)
    fine = np.interp(row, np.arange(len(table)), length)
    made = Akima1DInterpolator(length[apart], path[apart])(fine)
    return pd.DataFrame(made, columns=whole), row
