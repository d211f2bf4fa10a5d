"""Strength-duration curves: the weakest pulse against its length, with the fitted laws."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter

from .labels import input_unit, require_columns, unit_label
from .style import CYCLE, THEORY, new_axes, use_style

LAWS = ("lapicque", "weiss")


@use_style()
def plot_strength_duration(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the weakest pulse that makes a spike against its duration, both logarithmic.

    Parameters
    ----------
    table : DataFrame
        From `excitable.protocols.strength_duration`: ``duration_ms`` (ms), ``I`` and ``I_unit``;
        the fitted laws are lines where the table has them.
    ax : Axes, optional
        Where to draw; a new figure by default.

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
    ax = new_axes(size=(4.8, 3.0)) if ax is None else ax
    rows = table.sort_values("duration_ms")
    ax.plot(
        rows["duration_ms"], rows["I"], linestyle="none", marker="o", markerfacecolor="white",
        color=THEORY, label="measured",
    )  # fmt: skip
    fits = table.attrs.get("fits", {})
    for law, colour in zip(LAWS, CYCLE, strict=False):
        if law in table:
            time = f", chronaxie {fits[law]['chronaxie_ms']:.3g} ms" if law in fits else ""
            name = f"{law.capitalize()}{time}"
            ax.plot(rows["duration_ms"], rows[law], color=colour, label=name, zorder=1.9)
    ax.set(xscale="log", yscale="log", xlabel="pulse duration (ms)")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())
    ax.set_ylabel(unit_label("threshold amplitude", input_unit(table)))
    ax.legend(loc="upper right")  # the curves fall
    return ax
