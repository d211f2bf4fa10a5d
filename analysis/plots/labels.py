"""Units and names as people write them: ``uA/cm**2`` becomes µA/cm², ``rate_Hz`` rate (Hz)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd
from matplotlib.axis import Axis
from matplotlib.ticker import LogFormatter

from ...columns import split_column
from ...errors import InputError

# What a variable is called on an axis.
NAMES: Mapping[str, str] = MappingProxyType(
    {
        "v": "membrane potential",
        "t": "time",
        "dt": "time step",
        "rate": "firing rate",
        "I": "input $I$",
        "tau": "time constant",
        "steady_state": "steady state",
        "command": "command potential",
    }
)

# Letters that are written out in names; of capitals those that differ from Latin ones.
_GREEK = frozenset((
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa", "lambda", "mu",
    "nu", "xi", "rho", "sigma", "tau", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta",
    "Lambda", "Xi", "Sigma", "Phi", "Psi", "Omega",
))  # fmt: skip
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_LONG_UNITS = {"siemens": "S", "ohm": "Ω", "farad": "F", "amp": "A", "volt": "V", "second": "s"}
_NO_UNIT = {"", "1", "none", "nan", "dimensionless"}


def unit_text(unit: object) -> str:
    """Write a unit as it is printed.

    Parameters
    ----------
    unit : str or anything whose text is a unit
        In Brian2's notation, such as ``"uA/cm**2"`` or ``"msiemens/cm^2"``. ``None``, ``""`` and
        ``"1"`` stand for no unit.

    Returns
    -------
    str
        Empty if there is no unit.

    Examples
    --------
    >>> unit_text("uA/cm**2"), unit_text("msiemens / (cm ** 2)"), unit_text("ms**-1")
    ('µA/cm²', 'mS/cm²', 'ms⁻¹')
    """
    text = "" if unit is None else str(unit).strip()
    if text.lower() in _NO_UNIT:
        return ""
    text = re.sub(r"\s*(\*\*|\^)\s*(-?\d+)", lambda power: power[2].translate(_SUPERSCRIPTS), text)
    text = re.sub(r"\(([^()*/]+)\)", r"\1", re.sub(r"\s*([*/])\s*", r"\1", text))
    for long, short in _LONG_UNITS.items():
        text = re.sub(rf"\b([pnumkMG]?){long}(?![a-z])", rf"\g<1>{short}", text)
    text = re.sub(r"\bMOhm\b", "MΩ", text)
    return re.sub(r"\bu(?=[A-Za-zΩ])", "µ", text).replace("*", "·")


def unit_label(name: str, unit: object) -> str:
    r"""Label an axis with a name and, in parentheses, its unit.

    Parameters
    ----------
    name : str
        A name, or a symbol such as ``"g_A"``, which is set as mathematics.
    unit : str or None
        See `unit_text`.

    Returns
    -------
    str
        Without parentheses if there is no unit.

    Examples
    --------
    >>> unit_label("current", "uA/cm**2"), unit_label("g_A", "mS/cm**2"), unit_label("CV", None)
    ('current (µA/cm²)', '$g_{\\mathrm{A}}$ (mS/cm²)', 'CV')
    """
    unit = unit_text(unit)
    return f"{symbol_text(name)} ({unit})" if unit else symbol_text(name)


def symbol_text(name: str) -> str:
    r"""Set a symbol such as ``g_A`` or ``I_Na`` as mathematics; turn underscores into blanks.

    Parameters
    ----------
    name : str
        A name as it stands in an equation or in a column.

    Returns
    -------
    str
        Text with mathematics between dollar signs.

    Examples
    --------
    >>> symbol_text("m_inf"), symbol_text("first_interval"), symbol_text("h")
    ('$m_{\\infty}$', 'first interval', '$h$')
    """
    if "$" in name:
        return name
    parts = split_symbol(name)
    if parts is None:
        return name.replace("_", " ")
    letter, index = parts
    letter = rf"\{letter}" if letter in _GREEK else letter
    if not index:
        return f"${letter}$"
    index = r"\infty" if index == "inf" else rf"\mathrm{{{index}}}"
    return f"${letter}_{{{index}}}$"


def split_symbol(name: str) -> tuple[str, str] | None:
    """Take a symbol apart into its letter and its index.

    Parameters
    ----------
    name : str
        Such as ``"g_A"``.

    Returns
    -------
    (str, str) or None
        ``("g", "A")``; None if the name is words and no symbol.

    Examples
    --------
    >>> split_symbol("g_A"), split_symbol("isi_cv"), split_symbol("I")
    (('g', 'A'), None, ('I', ''))
    """
    match = re.fullmatch(r"([A-Za-z]+)(?:_([A-Za-z0-9]{1,4}))?", name)
    is_symbol = match and (len(match[1]) == 1 or match[1] in _GREEK)
    return (match[1], match[2] or "") if is_symbol else None


def split_unit(column: str) -> tuple[str, str]:
    """Take a column name apart into the name and the unit that stands in it.

    Parameters
    ----------
    column : str
        Such as ``"v_mV"`` or ``"I_Na_uA_per_cm2"``.

    Returns
    -------
    name, unit : str
        The unit is as printed, and empty if the column has none.

    Examples
    --------
    >>> split_unit("v_mV"), split_unit("I_Na_uA_per_cm2"), split_unit("isi_cv")
    (('v', 'mV'), ('I_Na', 'µA/cm²'), ('isi_cv', ''))
    """
    name, unit = split_column(column)
    return name, unit_text(unit)


def axis_label(column: str, unit: object = None) -> str:
    """Label an axis from a column's name.

    Parameters
    ----------
    column : str
        Column name with its unit, such as ``"rate_Hz"``.
    unit : str, optional
        The unit of a column that carries none in its name.

    Returns
    -------
    str
        Name and unit.

    Examples
    --------
    >>> axis_label("rate_Hz"), axis_label("I", "nA"), axis_label("isi_cv")
    ('firing rate (Hz)', 'input $I$ (nA)', 'isi cv')
    """
    name, own = split_unit(column)
    return unit_label(NAMES.get(name, name), unit_text(unit) or own)


def potential_label(column: str) -> str:
    """Label an axis of potentials with the model's own name for its membrane.

    Parameters
    ----------
    column : str
        Column of the potential with its unit.

    Returns
    -------
    str
        What it is, its symbol unless that is ``v``, and the unit.

    Examples
    --------
    >>> potential_label("v_mV"), potential_label("Vm_mV"), potential_label("V")
    ('membrane potential (mV)', 'membrane potential Vm (mV)', 'membrane potential $V$')
    """
    name, unit = split_unit(column)
    symbol = "" if name == "v" else f" {symbol_text(name)}"
    return unit_label(f"{NAMES['v']}{symbol}", unit)


class _PlainNumbers(LogFormatter):
    """Ticks of a logarithmic axis as plain numbers; matplotlib chooses which ones are labelled."""

    def __call__(self, x, pos=None):
        return f"{x:g}" if super().__call__(x, pos) else ""


def label_log_axis(axis: Axis) -> None:
    """Label a logarithmic axis with plain numbers, between the powers of ten too where it is short.

    Parameters
    ----------
    axis : matplotlib.axis.Axis

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().add_subplot(yscale="log")
    >>> label_log_axis(ax.yaxis)
    >>> ax.yaxis.get_major_formatter()(0.1)
    '0.1'
    """
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(_PlainNumbers(minor_thresholds=(1, 0.4)))


def unit_of(table: pd.DataFrame, name: str) -> str | None:
    """Read the unit of a parameter from a protocol's table.

    Parameters
    ----------
    table : DataFrame
        With ``attrs["units"]``, as protocols make it.
    name : str
        A column.

    Returns
    -------
    str or None
        None if the table does not say.

    Examples
    --------
    >>> unit_of(pd.DataFrame({"tau": [10.0]}), "tau") is None
    True
    """
    return table.attrs.get("units", {}).get(name)


def require_columns(table: pd.DataFrame, *columns: str, needed_by: str, remedy: str = "") -> None:
    """Check that a table has the columns that a figure needs.

    Parameters
    ----------
    table : DataFrame
        What is to be drawn.
    *columns : str
        The names needed.
    needed_by : str
        Who needs them, for the message.
    remedy : str
        How a user gets them.

    Raises
    ------
    ValueError
        Names the missing columns and those that there are.

    Examples
    --------
    >>> require_columns(pd.DataFrame({"t_ms": []}), "v_mV", needed_by="plot_trace")
    Traceback (most recent call last):
    ...
    excitable.errors.InputError: plot_trace needs the column v_mV; the table has: t_ms.
    """
    missing = [column for column in columns if column not in table]
    if missing:
        there = ", ".join(map(str, table.columns)) or "no columns"
        word = "column" if len(missing) == 1 else "columns"
        raise InputError(
            f"{needed_by} needs the {word} {', '.join(missing)}; the table has: {there}.{remedy}"
        )


def column_of(table: pd.DataFrame, name: str) -> str:
    """Return the column of a name that is given with or without its unit.

    Parameters
    ----------
    table : DataFrame
        Whose columns carry units in their names.
    name : str
        Such as ``"I_A"`` or ``"I_A_uA_per_cm2"``.

    Returns
    -------
    str
        The name itself where no column is called so.

    Examples
    --------
    >>> column_of(pd.DataFrame({"I_A_uA_per_cm2": []}), "I_A")
    'I_A_uA_per_cm2'
    """
    if name in table:
        return name
    return next((str(c) for c in table if split_unit(str(c))[0] == name), name)
