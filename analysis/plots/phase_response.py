"""Phase response: by how much a small push advances the next spikes, over the phase."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from matplotlib.axes import Axes

from .labels import require_columns, unit_label, unit_of
from .style import BLACK, GREY, legend_beside, new_axes, sequential_colours, use_style

_ORDERS = {"z1": ("this round", (0, (1, 1.5))), "z2": ("next round", (0, (4, 2)))}


@use_style()
def plot_phase_response(
    table: pd.DataFrame, ax: Axes | None = None, *, by: str | None = None, **line
) -> Axes:
    """Draw phase response curves.

    Parameters
    ----------
    table : DataFrame
        What `excitable.dynamics.phase_response` returns. Of the direct method the responses of the
        present and of the next round are drawn too, dotted and dashed.
    ax : Axes, optional
    by : str, optional
        Column of a varied parameter, which colours the curves; cells that do not fire are left
        out.
    **line
        Passed to `matplotlib.axes.Axes.plot`.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from brian2 import nA
    >>> from excitable import LIF
    >>> from excitable.dynamics import phase_response
    >>> ax = plot_phase_response(phase_response(LIF, 3*nA, phases=50))
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('phase', 'phase advance (ms/mV)')
    """
    z = next((name for name in table if name.startswith("z_")), "z_ms_per_mV")
    require_columns(table, "phase", z, *([by] if by else []), needed_by="plot_phase_response")
    ax = new_axes() if ax is None else ax
    ax.axhline(0, color=GREY, lw=0.6, zorder=0)
    for rows, style in _curves(table, z, by):
        style |= line
        ax.plot(rows["phase"], rows[z], **style)
        for order, (label, dashes) in _ORDERS.items():
            if (name := z.replace("z", order, 1)) in rows:
                more = {"ls": dashes, "lw": 1.0, "label": None if by else label}
                ax.plot(rows["phase"], rows[name], **(style | more))
    unit = z.removeprefix("z_").replace("_per_", "/")
    ax.set(xlabel="phase", ylabel=unit_label("phase advance", unit), xlim=(0, 1))
    if by or z.replace("z", "z1", 1) in table:
        legend_beside(ax, title=unit_label(by, unit_of(table, by)) if by else None)
    return ax


def _curves(table: pd.DataFrame, z: str, by: str | None) -> Iterator[tuple[pd.DataFrame, dict]]:
    if by is None:
        yield table, {"color": BLACK, "label": "all later spikes"}
        return
    groups = [(value, rows) for value, rows in table.groupby(by) if rows[z].notna().any()]
    if not groups:
        return
    colours, _ = sequential_colours(value for value, _ in groups)
    for colour, (value, rows) in zip(colours, groups, strict=True):
        yield rows, {"color": colour, "label": f"{value:g}"}
