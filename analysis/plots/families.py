"""Families of curves: one for each set of varied values, told apart by colour and line style."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pandas as pd
from matplotlib.axes import Axes

from ...errors import InputError
from ..rates.fi import parameters_of, varied_parameters
from .labels import require_columns, unit_label, unit_of
from .style import GREY, MAX_LEGEND_CURVES, sequential_colours

DASHES = ("-", "--", ":", "-.")


def varied_names(
    table: pd.DataFrame, by: str | Sequence[str] | None, *, needed_by: str
) -> list[str]:
    """Return the columns of varied parameters: those asked for, or all that vary.

    Which columns are parameters is known of tables whose ``attrs["units"]`` says so, as those of
    protocols do.

    Parameters
    ----------
    table : DataFrame
    by : str, sequence of str or None
    needed_by : str
        Who draws, for the message.

    Raises
    ------
    ValueError
        If one curve would join rows of several values of a parameter.

    Examples
    --------
    >>> table = pd.DataFrame({"tau": [10.0, 20.0], "R": 5.0})
    >>> table.attrs["units"] = {"tau": "ms", "R": "Mohm"}
    >>> varied_names(table, None, needed_by="plot_fi"), varied_names(table[:1], None, needed_by="")
    (['tau'], [])
    """
    if by is None:
        return varied_parameters(table)
    names = [by] if isinstance(by, str) else list(by)
    require_columns(table, *names, needed_by=needed_by)
    check_told_apart(table, names, needed_by, "name it in by=, or draw the rows of one value")
    return names


def check_told_apart(
    table: pd.DataFrame, names: list[str], needed_by: str, remedy="draw the rows of one value"
) -> None:
    """Raise if a parameter varies among the rows in which all these columns are alike."""
    groups = table.groupby(names) if names else table.groupby(lambda row: 0)
    parameters = [name for name in parameters_of(table) if name not in names]
    joined = [name for name in parameters if groups[name].nunique(dropna=False).max() > 1]
    if joined:
        raise InputError(f"{needed_by}: {', '.join(joined)} varies in the table; {remedy}")


def family(
    table: pd.DataFrame, by: list[str], *, needed_by: str
) -> Iterator[tuple[pd.DataFrame, dict]]:
    """Yield the rows of each curve and its style: coloured by the first column, dashed by others.

    Parameters
    ----------
    table : DataFrame
    by : list of str
        Columns of varied parameters; without any the table is one curve, with no style of its own.
    needed_by : str
        Who draws, for the message.

    Raises
    ------
    ValueError
        For more combinations of the other columns than there are line styles.

    Examples
    --------
    >>> table = pd.DataFrame({"tau": [10.0, 20.0], "R": 5.0})
    >>> [style["label"] for _, style in family(table, ["tau", "R"], needed_by="plot_fi")]
    ['10, 5', '20, 5']
    """
    if not by:
        yield table, {}
        return
    groups = list(table.groupby(by, sort=True))
    colours, _ = sequential_colours(values[0] for values, _ in groups)
    others = _others(table, by)
    if len(others) > len(DASHES):
        raise InputError(
            f"{needed_by}: {len(others)} combinations of {', '.join(by[1:])} and {len(DASHES)} "
            "line styles; draw a part of the rows"
        )
    few = len(groups) <= MAX_LEGEND_CURVES
    for (values, rows), colour in zip(groups, colours, strict=True):
        place = others.index(values[1:])
        style = {"color": colour, "label": None} | ({} if few else {"marker": "none"})
        if few:
            style["label"] = ", ".join(f"{value:.4g}" for value in values)
        yield rows, style | ({"linestyle": DASHES[place]} if place else {})


def family_title(table: pd.DataFrame, by: Iterable[str], unit: str | None = None) -> str | None:
    """Return the heading of the legend of a family: the parameters with their units."""
    return ", ".join(unit_label(name, unit or unit_of(table, name)) for name in by) or None


def bar_of_family(
    axes: Sequence[Axes], table: pd.DataFrame, by: list[str], unit: str | None = None
) -> bool:
    """Add a colour bar where curves are too many for a legend; return whether they are.

    Line styles are then named by entries of the last axes' legend. `unit` is that of the first
    parameter where the table does not say it.
    """
    if not by or table.groupby(by).ngroups <= MAX_LEGEND_CURVES:
        return False
    _, mappable = sequential_colours(table[by[0]].unique())
    label = unit_label(by[0], unit or unit_of(table, by[0]))
    axes[-1].figure.colorbar(mappable, ax=list(axes), label=label)
    for values, dashes in zip(_others(table, by), DASHES, strict=False):
        pairs = zip(by[1:], values, strict=True)
        name = ", ".join(f"{key} = {value:.4g}" for key, value in pairs)
        axes[-1].plot([], [], color=GREY, linestyle=dashes, label=name or None)
    return True


def _others(table: pd.DataFrame, by: list[str]) -> list[tuple]:
    """Return the sets of values of all columns but the first."""
    return sorted({values[1:] for values, _ in table.groupby(by)})
