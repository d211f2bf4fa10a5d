"""How numbers, columns and their headers are written in texts and tables."""

from __future__ import annotations

import html
import math

import numpy as np
import pandas as pd
from markupsafe import Markup

from ..analysis.plots import split_symbol, split_unit, unit_text


def is_text(column: pd.Series) -> bool:
    """Tell texts and truth values from numbers."""
    return pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column)


def header(column: str, unit: object = None) -> Markup:
    """Write a column's name as a table's header.

    Parameters
    ----------
    column : str
        With the unit in it, such as ``"rate_Hz"``.
    unit : str, optional
        The unit of a column whose name has none.

    Returns
    -------
    Markup
        Safe HTML; a symbol such as ``g_A`` gets its index below the line.

    Examples
    --------
    >>> print(header("rate_Hz"), header("I", "uA/cm**2"), header("g_A"), sep=", ")
    rate (Hz), <i>I</i> (µA/cm²), <i>g</i><sub>A</sub>
    """
    name, own = split_unit(column)
    unit = unit_text(unit) or own
    parts = split_symbol(name)
    if parts is None:
        text = html.escape(name.replace("_", " "))
    else:
        letter, index = parts
        letter = {"tau": "τ"}.get(letter, letter)
        text = f"<i>{letter}</i>" + (f"<sub>{index}</sub>" if index else "")
    return Markup(f"{text} ({html.escape(unit)})" if unit else text)


def format_number(value: float | None) -> str:
    """Write a number with six significant digits.

    Parameters
    ----------
    value : float or None
        None and NaN, a quantity that does not exist, become a dash.

    Returns
    -------
    str
        Such as ``"8.11405"``, ``"2 × 10⁻⁵"``.

    Examples
    --------
    >>> format_number(8.1140533), format_number(2e-5), format_number(-1.0), format_number(None)
    ('8.11405', '2 × 10⁻⁵', '−1', '–')
    """
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:.6g}"
    mantissa, _, exponent = text.partition("e")
    mantissa = mantissa.replace("-", "−")
    return f"{mantissa} × {unit_text(f'10**{int(exponent)}')}" if exponent else mantissa


def signed(number: float, digits: int = 2) -> str:
    """Write a number that may be negative with a minus sign.

    Parameters
    ----------
    number : float
    digits : int
        After the decimal point.

    Returns
    -------
    str

    Examples
    --------
    >>> signed(-67.978), signed(1.25, 1)
    ('−67.98', '1.2')
    """
    return f"{number:.{digits}f}".replace("-", "−")


def format_column(column: pd.Series) -> list[str]:
    """Write the values of a column alike, so that they can be compared down the page.

    Parameters
    ----------
    column : Series
        Numbers, truth values or texts.

    Returns
    -------
    list of str
        Safe HTML. Numbers of like size share their number of decimals, with at most six
        significant digits; a column over many decades has each number on its own.

    Examples
    --------
    >>> format_column(pd.Series([0.0, 72.134752, 9.5]))
    ['0.0000', '72.1348', '9.5000']
    >>> format_column(pd.Series([1e-9, 1.0]))
    ['1 × 10⁻⁹', '1']
    """
    if pd.api.types.is_bool_dtype(column):
        return ["yes" if value else "no" for value in column]
    if is_text(column):
        return ["–" if pd.isna(value) else html.escape(str(value)) for value in column]
    values = column.to_numpy(dtype=float)
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    if not len(sizes) or not 1e-3 < sizes.max() < 1e6 or sizes.min() < 1e-4 * sizes.max():
        return [format_number(value) for value in values]
    most = max(0, 5 - math.floor(math.log10(sizes.max())))
    used = max(len(f"{size:.{most}f}".rstrip("0").partition(".")[2]) for size in sizes)
    return [
        f"{value:.{used}f}".replace("-", "−") if math.isfinite(value) else format_number(value)
        for value in values
    ]
