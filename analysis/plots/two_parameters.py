"""Bifurcations over two parameters: curves in their plane, and the special points on them."""

from __future__ import annotations

from matplotlib.axes import Axes

from .labels import axis_label
from .smooth import smooth
from .style import BLUE, GREEN, GREY, VERMILION, legend_beside, new_axes, use_style

_CURVES = {
    "saddle-node": ("saddle-nodes", BLUE),
    "Hopf": ("Hopf points", VERMILION),
    "fold of cycles": ("folds of cycles", GREEN),
}
_MARKS = {
    "cusp": "s",
    "Bogdanov-Takens": "p",
    "generalised Hopf": "D",
    "cusp of cycles": "v",
    "saddle-node loop": "*",
}


@use_style()
def plot_two_parameters(found, ax: Axes | None = None, *, legend: bool = True) -> Axes:
    """Draw curves of bifurcations over two parameters.

    Parameters
    ----------
    found : Curves
        What `excitable.dynamics.curves` returns; of it ``table`` and ``points`` are used, to which
        rows may have been added (such as one from `excitable.dynamics.saddle_node_loop`, of
        ``type`` "saddle-node loop").
    ax : Axes, optional
    legend : bool

    Returns
    -------
    Axes
        The first parameter to the right, the second upwards.

    Examples
    --------
    >>> from excitable.dynamics import curves
    >>> from excitable.models import find_model
    >>> found = curves(find_model("fitzhugh_nagumo"), ("b", "I"), [0.5, 0.9], [0, 2], cycles=False)
    >>> plot_two_parameters(found).get_legend_handles_labels()[1]
    ['Hopf points', 'generalised Hopf']
    """
    ax = new_axes() if ax is None else ax
    x, y = found.table.columns[2:4]
    for kind, curves in found.table.groupby("kind", sort=False):
        name, colour = _CURVES.get(kind, (kind, GREY))
        for k, (_, curve) in enumerate(curves.groupby("curve")):
            fine, _ = smooth(curve, [c for c in curve.columns[2:] if c != "period_ms"])
            ax.plot(fine[x], fine[y], color=colour, label=None if k else name)
    for kind, points in found.points.groupby("type", sort=False):
        style = {"mfc": "white", "mec": "black", "ms": 8 if kind == "saddle-node loop" else 5}
        mark = _MARKS.get(kind, "x")
        ax.plot(points[x], points[y], mark, label=kind, zorder=4, **style)
    ax.set(xlabel=axis_label(x), ylabel=axis_label(y))
    if legend:
        legend_beside(ax)
    return ax
