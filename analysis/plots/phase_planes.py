"""Phase planes: nullclines, direction field, equilibria, separatrices."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from .labels import axis_label
from .style import (
    BLACK,
    BLUE,
    GREY,
    LIGHT_GREY,
    ORANGE,
    VERMILION,
    legend_beside,
    new_axes,
    use_style,
)

_COLOURS = (VERMILION, BLUE)
_MANIFOLDS = {"stable": GREY, "unstable": ORANGE}
_ARROWS = 21


@use_style()
def plot_phase_plane(plane, ax: Axes | None = None, *, legend: bool = True) -> Axes:
    """Draw a phase plane.

    Stable equilibria are filled, saddles squares, other unstable ones open.

    Parameters
    ----------
    plane : PhasePlane
        What `excitable.dynamics.phase_plane` returns.
    ax : Axes, optional
    legend : bool

    Returns
    -------
    Axes

    Examples
    --------
    >>> from excitable.dynamics import phase_plane
    >>> from excitable.models import find_model
    >>> plane = phase_plane(find_model("fitzhugh_nagumo"), ("v", "w"), [-2.5, 2.5], [-1, 2])
    >>> plot_phase_plane(plane).get_xlim() == (-2.5, 2.5)
    True
    """
    ax = new_axes() if ax is None else ax
    a, b = plane.names
    pick = np.linspace(0, len(plane.x) - 1, _ARROWS).astype(int)
    u = plane.u[np.ix_(pick, pick)] / np.ptp(plane.x)
    w = plane.w[np.ix_(pick, pick)] / np.ptp(plane.y)
    length = np.hypot(u, w)
    length[length == 0] = 1
    ax.quiver(plane.x[pick], plane.y[pick], u / length, w / length, color=LIGHT_GREY, pivot="mid",
              scale=38, width=0.0025, headwidth=4, zorder=0)  # fmt: skip
    for colour, (name, lines) in zip(
        _COLOURS, plane.nullclines.groupby("nullcline", sort=False), strict=False
    ):
        for k, (_, line) in enumerate(lines.groupby("branch")):
            ax.plot(line[a], line[b], color=colour, label=f"{name}-nullcline" if k == 0 else None)
    for kind, lines in plane.separatrices.groupby("kind"):
        for k, (_, line) in enumerate(lines.groupby("branch")):
            label = f"{kind} manifold of a saddle" if k == 0 else None
            ax.plot(line[a], line[b], color=_MANIFOLDS[kind], lw=0.9, ls="--", label=label)
    for k, (_, piece) in enumerate(plane.trajectories.groupby(["trajectory", "spikes"])):
        label = "trajectory" if k == 0 else None
        ax.plot(piece[a], piece[b], color=BLACK, lw=0.7, zorder=3, label=label)
    for _, point in plane.equilibria.iterrows():
        marker = "s" if point["type"] == "saddle" else "o"
        face = BLACK if point["stable"] else "white"
        ax.plot(point[a], point[b], marker, color=BLACK, mfc=face, ms=6, zorder=5,
                label=point["type"], ls="none")  # fmt: skip
    ax.set(xlim=(plane.x[0], plane.x[-1]), ylim=(plane.y[0], plane.y[-1]))
    ax.set(xlabel=axis_label(a), ylabel=axis_label(b))
    if legend:
        legend_beside(ax)
    return ax
