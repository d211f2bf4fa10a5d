"""Convergence of an integrator: its error against the time step."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .labels import axis_label, label_log_axis, require_columns
from .style import CYCLE, GREY, legend_beside, new_axes, use_style

_MARKERS = "os^Dv<>"


@use_style()
def plot_convergence(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    by: str = "method",
    error: str = "error",
    error_unit: str | None = None,
    error_label: str | None = None,
) -> Axes:
    """Draw the error against the time step, both logarithmic, with the order of each method.

    The order in the legend is the median slope between neighbouring steps, so that one step at the
    edge of stability or at rounding error does not decide it. Grey dashed lines have the slope of
    the nearest whole order.

    Parameters
    ----------
    table : DataFrame
        Columns ``dt_ms`` (ms), `error` and `by`. Errors that are not finite and positive (a run
        that diverged, an error of exactly zero) are left out.
    ax : Axes, optional
        Where to draw; a new figure by default.
    by : str
        Column that names the curve.
    error : str
        Column of the absolute or relative error.
    error_unit, error_label : str, optional
        Its unit and its name on the axis.

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
    >>> table = pd.DataFrame({"dt_ms": [0.1, 0.05], "error": [1e-2, 5e-3], "method": "euler"})
    >>> ax = plot_convergence(table)
    >>> ax.get_legend().get_texts()[0].get_text()
    'euler: order 1.00'
    """
    require_columns(table, "dt_ms", error, by, needed_by="plot_convergence")
    ax = new_axes(size=(5.4, 3.4)) if ax is None else ax
    ax.set(xscale="log", yscale="log", xlabel="time step (ms)")
    label_log_axis(ax.xaxis)
    ax.set_ylabel(error_label or axis_label(error, error_unit))
    shown = table[np.isfinite(table[error]) & (table[error] > 0)].sort_values("dt_ms")
    drawn: set[int] = set()
    for place, (name, rows) in enumerate(shown.groupby(by, sort=False)):
        step, size = rows["dt_ms"].to_numpy(float), rows[error].to_numpy(float)
        order = _median_order(step, size)
        text = str(name) if order is None else f"{name}: order {order:.2f}"
        marker, colour = _MARKERS[place % len(_MARKERS)], CYCLE[place % len(CYCLE)]
        ax.plot(step, size, marker=marker, color=colour, label=text, zorder=3)
        whole = 0 if order is None else round(order)
        if whole >= 1 and whole not in drawn:
            drawn.add(whole)
            _draw_slope(ax, step, size, whole)
    low, high = ax.get_xlim()
    ax.set_xlim(low, high * (high / low) ** 0.1)  # room for the slopes' labels
    legend_beside(ax)
    return ax


def _median_order(step: np.ndarray, size: np.ndarray) -> float | None:
    """Median slope of log error over log step; None for a single point."""
    if len(step) < 2:
        return None
    return float(np.median(np.diff(np.log(size)) / np.diff(np.log(step))))


def _draw_slope(ax: Axes, step: np.ndarray, size: np.ndarray, order: int) -> None:
    """Draw a line of the given slope just above a curve."""
    height = 2.0 * np.max(size / step**order)
    ax.plot(step, height * step**order, color=GREY, linestyle="--", linewidth=0.8, zorder=1)
    power = "" if order == 1 else f"^{order}"
    ax.annotate(
        f"$\\propto \\Delta t{power}$",
        (step[-1], height * step[-1] ** order),
        xytext=(4, 0),
        textcoords="offset points",
        color=GREY,
        fontsize=8,
        va="center",
    )
