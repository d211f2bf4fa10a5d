"""F-I tables: their residuals from a closed form, and the onset of firing."""

import numpy as np
import pandas as pd

from ...columns import NO_PARAMETERS
from ...errors import InputError
from ..plain_numbers import takes


@takes(rate="Hz")
def residuals(table, rate):
    """Difference between measured and expected rates.

    Parameters
    ----------
    table : DataFrame
        With columns ``I`` and ``rate_Hz``.
    rate : callable or array_like
        Expected rates in Hz: a function of the currents or one value per row.

    Returns
    -------
    DataFrame
        ``I``, ``rate_Hz``, ``expected_Hz``, ``residual_Hz`` (measured - expected) and ``relative``
        (residual/expected; NaN where 0 is expected), with the parameters, the index and the attrs
        of `table`.

    Raises
    ------
    ValueError
        If a column is missing or `rate` does not give one value per row.

    Examples
    --------
    >>> residuals(pd.DataFrame({"I": [0.0, 2.0], "rate_Hz": [0.0, 11.0]}), lambda I: 5 * I)
         I  rate_Hz  expected_Hz  residual_Hz  relative
    0  0.0      0.0          0.0          0.0       NaN
    1  2.0     11.0         10.0          1.0       0.1
    """
    _check_columns(table, "I", "rate_Hz")
    I, measured = table["I"].to_numpy(float), table["rate_Hz"].to_numpy(float)
    expected = np.asarray(rate(I) if callable(rate) else rate, dtype=float)
    if expected.shape != I.shape:
        raise InputError(
            f"The expected rates have shape {expected.shape}, but the table has {I.size} rows. "
            "Give one rate per row, or a function of the current."
        )
    difference = measured - expected
    result = pd.DataFrame(
        {
            "I": I,
            "rate_Hz": measured,
            "expected_Hz": expected,
            "residual_Hz": difference,
            "relative": difference / np.where(expected == 0, np.nan, expected),
        },
        index=table.index,
    )
    result = pd.concat([table[parameters_of(table)], result], axis=1)
    result.attrs = dict(table.attrs)
    return result


def onset(table, by=None):
    """First current with a nonzero rate, and the rate there.

    Parameters
    ----------
    table : DataFrame
        With columns ``I`` and ``rate_Hz``; rows in any order. A rate that is not resolved does
        not count as firing.
    by : str or list of str, optional
        Columns of varied parameters; one row of the result for each of their combinations.
        Default: all parameters that vary in a protocol's table.

    Returns
    -------
    DataFrame
        The columns of `by`, ``I``, ``rate_Hz`` and, if `table` has it, ``I_unit``; NaN where
        nothing fires. The attrs are those of `table`.

    Raises
    ------
    ValueError
        If a column is missing.

    Notes
    -----
    The onset is known only up to the spacing of the currents. A rate that jumps there, however
    fine the spacing, marks type II excitability (Hodgkin 1948).

    Examples
    --------
    >>> fi = pd.DataFrame({"g_A": [0, 0, 47.7, 47.7], "I": [5, 10, 5, 10],
    ...                    "rate_Hz": [60.0, 90.0, 0.0, 34.0]})
    >>> onset(fi, by="g_A")
        g_A   I  rate_Hz
    0   0.0   5     60.0
    1  47.7  10     34.0
    """
    by = varied_parameters(table) if by is None else [by] if isinstance(by, str) else list(by)
    _check_columns(table, "I", "rate_Hz", *by)
    units = ["I_unit"] if "I_unit" in table else []
    fires = table[resolved_rates(table) > 0].sort_values("I", kind="stable")
    if by:
        # Reindexing by all combinations keeps those that never fire.
        first = fires.drop_duplicates(by)[[*by, "I", "rate_Hz"]]
        result = table[by + units].drop_duplicates(by).sort_values(by).merge(first, how="left")
    else:
        result = fires.head(1) if len(fires) else table.head(1).assign(I=np.nan, rate_Hz=np.nan)
    result = result[[*by, "I", "rate_Hz", *units]].reset_index(drop=True)
    result.attrs = dict(table.attrs)
    return result


def resolved_rates(table):
    """Return the rates in Hz of a table of rates, NaN where the window did not resolve them.

    Examples
    --------
    >>> fi = pd.DataFrame({"rate_Hz": [0.0, 35.0, 12.0], "resolved": [True, True, False]})
    >>> resolved_rates(fi).tolist()
    [0.0, 35.0, nan]
    """
    rate = table["rate_Hz"]
    return rate.where(table["resolved"].eq(True)) if "resolved" in table else rate


def parameters_of(table) -> list[str]:
    """Return the columns of a table that are parameters, as the attrs of protocols' tables say.

    These say the units of measured columns, too.

    Examples
    --------
    >>> found = pd.DataFrame({"tau": [10.0, 20.0], "R": 5.0, "I_silent": [1.0, 2.0]})
    >>> found.attrs["units"] = {"tau": "ms", "R": "Mohm", "I_silent": "nA"}
    >>> parameters_of(found), varied_parameters(found)
    (['tau', 'R'], ['tau'])
    """
    units = table.attrs.get("units", {})
    return [name for name in table if name in units and name not in NO_PARAMETERS]


def varied_parameters(table) -> list[str]:
    """Return the parameters of a table that have several values in it; see `parameters_of`."""
    return [name for name in parameters_of(table) if len(table[name].unique()) > 1]


def _check_columns(table, *columns):
    missing = [name for name in columns if name not in table]
    if missing:
        raise InputError(
            f"The table has no column {missing}, only {list(table.columns)}. An F-I table has the "
            "columns I and rate_Hz."
        )
