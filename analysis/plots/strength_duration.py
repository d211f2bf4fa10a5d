"""Strength-duration curves: the weakest pulse against its length, with the fitted laws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter

from ..rates.strength_duration_laws import LAWS
from ..trains.trace_tables import input_unit
from .families import bar_of_family, family, family_title, varied_names
from .labels import require_columns, unit_label
from .style import CYCLE, THEORY, legend_above, legend_beside, new_axes, use_style


@use_style()
def plot_strength_duration(
    table: pd.DataFrame, ax: Axes | None = None, *, by: str | Sequence[str] | None = None
) -> Axes:
    """Draw the weakest pulse that makes a spike against its duration, both logarithmic.

    Parameters
    ----------
    table : DataFrame
        From `excitable.protocols.strength_duration`: ``duration_ms`` (ms), ``I`` and ``I_unit``;
        the fitted laws are lines where the table has them.
    ax : Axes, optional
        Where to draw; a new figure by default.
    by : str or sequence of str, optional
        Columns of varied parameters, as in `plot_fi`: one curve for each set of values, coloured
        by the first, whose measured points are joined instead of the fitted laws.

    Returns
    -------
    Axes
        The axes drawn in.

    Raises
    ------
    ValueError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"duration_ms": [1.0, 10.0], "I": [5.0, 2.0], "I_unit": "nA"})
    >>> plot_strength_duration(table).get_ylabel()
    'threshold amplitude (nA)'
    """
    require_columns(table, "duration_ms", "I", needed_by="plot_strength_duration")
    by = varied_names(table, by, needed_by="plot_strength_duration")
    ax = new_axes(size=(4.8, 3.0)) if ax is None else ax
    if by:
        for rows, style in family(table, by, needed_by="plot_strength_duration"):
            rows = rows.sort_values("duration_ms")
            ax.plot(rows["duration_ms"], rows["I"].abs(), **{"marker": "o", **style})
    else:
        _draw_with_laws(ax, table.sort_values("duration_ms"))
    ax.set(xscale="log", yscale="log", xlabel="pulse duration (ms)")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())
    ax.set_ylabel(unit_label("threshold amplitude", input_unit(table)))
    if bar_of_family([ax], table, by):
        legend_above(ax)
    elif by:
        legend_beside(ax, title=family_title(table, by))
    else:
        ax.legend(loc="upper right")  # the curves fall
    return ax


def _draw_with_laws(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the measured thresholds of one cell, and the laws fitted to them."""
    ax.plot(
        rows["duration_ms"], rows["I"].abs(), linestyle="none", marker="o", markerfacecolor="white",
        color=THEORY, label="measured",
    )  # fmt: skip
    lengths = np.geomspace(rows["duration_ms"].min(), rows["duration_ms"].max(), 201)
    for (name, law), colour in zip(LAWS.items(), CYCLE, strict=False):
        for fit in _fits_of(rows, name):
            label = f"{name.capitalize()}, chronaxie {fit.chronaxie_ms:.3g} ms"
            exact = law(lengths, fit.rheobase, fit.chronaxie_ms)
            ax.plot(lengths, np.abs(exact), color=colour, label=label, zorder=1.9)


def _fits_of(rows: pd.DataFrame, law: str) -> Iterator:
    """Return what a law's fit to these rows found; nothing where the table does not say."""
    if law not in rows.attrs.get("fits", {}):
        return iter(())
    found = pd.DataFrame({k: np.atleast_1d(v) for k, v in rows.attrs["fits"][law].items()})
    varied = [name for name in found if name in rows]
    return (found.merge(rows[varied].drop_duplicates()) if varied else found).itertuples()
