"""The page of firing patterns: potential, recovery variable and stimulus in small panels."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...errors import InputError
from ..plain_numbers import takes
from .labels import require_columns
from .style import BLACK, COLUMN_WIDTH, GREEN, GREY, POTENTIAL, new_axes, use_style

# Fractions of a panel's height: potential above, then recovery, then stimulus, then the time bar.
_V, _U, _I = (0.46, 0.96), (0.26, 0.40), (0.12, 0.22)
_MV_BAR = 20.0
_NICE_MS = (5, 10, 20, 50, 100, 200, 500, 1000)


@use_style()
@takes(v_range="mV")
def plot_patterns(
    panels: Iterable[tuple[str, pd.DataFrame]], ncols: int = 4, *, v_range=None
) -> Figure:
    """Draw one small panel per pattern, with scale bars in place of axes.

    Every panel shows the membrane potential (blue; all panels on one scale, bar of 20 mV), the
    recovery variable u (green) and the stimulus (grey); the two lower curves are scaled to their
    own range. The black bar is a time scale, a round number near a fifth of the panel.

    Parameters
    ----------
    panels : iterable of (str, DataFrame)
        Title and table with the columns ``t_ms`` (ms), ``v_mV`` (mV), ``I``, and ``u`` in any unit
        (``u`` or ``u_mV_per_ms``, ``u_pA``, …).
    ncols : int
        Panels in a row: 4 for twenty panels on a page.
    v_range : (float, float) or Quantity, optional
        The range of potentials that all panels share, in mV; by default that of the data.

    Returns
    -------
    Figure
        The whole page.

    Raises
    ------
    ValueError
        If there is no panel or a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"t_ms": [0.0, 99.0], "v_mV": [-70.0, 30.0], "u": [-14.0, -8.0]})
    >>> figure = plot_patterns([("tonic spiking", table.assign(I=[0.0, 14.0]))])
    >>> figure.axes[0].get_title()
    'tonic spiking'
    """
    panels = list(panels)
    if not panels:
        raise InputError("plot_patterns got no panels; pass a list of (title, table).")
    for title, table in panels:
        needed_by = f"plot_patterns (panel {title!r})"
        require_columns(table, "t_ms", "v_mV", _recovery(table), "I", needed_by=needed_by)
    if v_range is None:
        v_range = (
            min(table["v_mV"].min() for _, table in panels),
            max(table["v_mV"].max() for _, table in panels),
        )
    ncols = min(ncols, len(panels))
    nrows = ceil(len(panels) / ncols)
    axes = np.atleast_1d(new_axes(nrows, ncols, size=(COLUMN_WIDTH, 1.62 * nrows + 0.3))).ravel()
    for ax, (title, table) in zip(axes, panels, strict=False):
        _draw_panel(ax, title, table, v_range)
    for ax in axes[len(panels) :]:
        ax.set_axis_off()
    figure = axes[0].figure
    figure.supxlabel(_KEY, fontsize=7.5, color=GREY)
    return figure


_KEY = (
    "blue: membrane potential, vertical bar 20 mV    green: recovery variable    "
    "grey: stimulus    horizontal bar: time"
)


def _recovery(table: pd.DataFrame) -> str:
    """Find the column of the recovery variable."""
    return next((name for name in table if str(name) == "u" or str(name).startswith("u_")), "u")


def _draw_panel(ax: Axes, title: str, table: pd.DataFrame, v_range: tuple[float, float]) -> None:
    """Draw one pattern: three curves in bands of the panel, and the scale bars."""
    time = table["t_ms"].to_numpy(float)
    rows = (
        ("v_mV", _V, v_range, POTENTIAL, 0.8),
        (_recovery(table), _U, None, GREEN, 0.8),
        ("I", _I, None, GREY, 0.9),
    )
    for column, band, limits, colour, width in rows:
        values = table[column].to_numpy(float)
        ax.plot(time, _into(band, values, limits), color=colour, linewidth=width)
    start, span = time[0], time[-1] - time[0]
    x = start - 0.04 * span
    height = (_V[1] - _V[0]) * _MV_BAR / (v_range[1] - v_range[0])
    bar = {"color": BLACK, "linewidth": 1.4, "solid_capstyle": "butt"}
    ax.plot([x, x], [_V[0], _V[0] + height], **bar)
    length = min(_NICE_MS, key=lambda nice: abs(nice - span / 5))
    ax.plot([start + span - length, start + span], [0.06, 0.06], **bar)
    ax.text(
        start + span - length - 0.03 * span,
        0.06,
        f"{length} ms",
        fontsize=6.5,
        ha="right",
        va="center",
    )
    ax.set(xlim=(start - 0.06 * span, start + 1.01 * span), ylim=(0, 1))
    ax.set_title(fill(title, 26, break_on_hyphens=False), fontsize=7.5, pad=2)
    ax.set_axis_off()


def _into(band: tuple[float, float], values: np.ndarray, limits) -> np.ndarray:
    """Scale values into a band of the panel; a constant runs along its bottom."""
    low, high = limits or (np.nanmin(values), np.nanmax(values))
    scale = (band[1] - band[0]) / (high - low) if high > low else 0.0
    return band[0] + (values - low) * scale
