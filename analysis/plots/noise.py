"""Firing rate against the mean input, for several strengths of noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ..trains.trace_tables import input_unit
from .families import check_told_apart
from .fi import _CROSS, _explain_crosses
from .labels import axis_label, require_columns, unit_label
from .style import THEORY, legend_beside, new_axes, sequential_colours, use_style


@use_style()
def plot_noisy_fi(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    by: str = "noise",
    closed_form: Callable | None = None,
    legend: bool = True,
) -> Axes:
    """Draw F-I curves in noise: one per strength, with standard errors.

    Parameters
    ----------
    table : DataFrame
        From `excitable.protocols.noisy_fi_curve` or `noisy_onset`: ``I``, ``I_unit``, ``rate_Hz``,
        ``rate_sem_Hz``, ``noise`` and `by`. Strength 0 is black. Rates that are not resolved (a
        single spike in all trials) are crosses on the axis.
    ax : Axes, optional
        Where to draw; a new figure by default.
    by : str
        The column that tells the strengths apart: ``"noise"``, or ``"deviation"``; its unit is in
        the column of that name with ``_unit``.
    closed_form : callable, optional
        The exact rate in Hz as a function of ``I`` and ``noise`` in the table's units: lines, the
        measured rates then being markers.
    legend : bool
        Whether to name the strengths beside the axes.

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
    >>> table = pd.DataFrame({"I": [1.0, 2.0], "rate_Hz": [6.0, 74.0], "rate_sem_Hz": [0.2, 0.3],
    ...                       "noise": 1.0, "noise_unit": "nA*ms**0.5", "I_unit": "nA"})
    >>> plot_noisy_fi(table).get_xlabel()
    'mean input $I$ (nA)'
    """
    require_columns(table, "I", "rate_Hz", "rate_sem_Hz", "noise", by, needed_by="plot_noisy_fi")
    check_told_apart(table, [by, "noise"], "plot_noisy_fi")
    ax = new_axes(size=(5.4, 3.2)) if ax is None else ax
    strengths = sorted(table[by].unique())
    positive = [s for s in strengths if s > 0]
    tints = dict(zip(positive, sequential_colours(positive)[0], strict=True)) if positive else {}
    for strength in strengths:
        rows = table[table[by] == strength].sort_values("I")
        _draw_curve(ax, rows, tints.get(strength, THEORY), f"{strength:.3g}", closed_form)
    if closed_form is not None:
        ax.plot([], [], color=THEORY, label="closed form")
    ax.set(xlabel=unit_label("mean input $I$", input_unit(table)), ylabel=axis_label("rate_Hz"))
    ax.set_ylim(bottom=-0.02 * ax.dataLim.y1)
    _explain_crosses(ax)
    if legend:
        legend_beside(ax, title=_title(table, by))
    return ax


def _draw_curve(ax: Axes, rows: pd.DataFrame, colour, label: str, closed_form) -> None:
    """Draw one strength: markers with error bars, on a line of their own or on the exact one."""
    exact = closed_form is not None
    single = rows["I"][rows["rate_Hz"].isna()]
    ax.plot(single, np.zeros(len(single)), **_CROSS, color=colour, gid="single spike")
    ax.errorbar(
        rows["I"],
        rows["rate_Hz"],
        yerr=rows["rate_sem_Hz"],
        color=colour,
        label=label,
        linestyle="none" if exact else "-",
        marker="o" if exact else ".",
        markersize=3.5 if exact else 4,
        markerfacecolor="white" if exact else colour,
        elinewidth=0.8,
    )
    if exact:
        current = np.linspace(rows["I"].min(), rows["I"].max(), 401)
        ax.plot(current, closed_form(current, rows["noise"].iloc[0]), color=colour, zorder=1)


def _title(table: pd.DataFrame, by: str) -> str:
    """Head the legend: what the numbers are, and their unit."""
    unit = str(table[f"{by}_unit"].iloc[0]) if f"{by}_unit" in table else ""
    return unit_label(by, unit.replace("ms**0.5", "√ms"))
