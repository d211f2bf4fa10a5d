"""Bifurcation diagrams: equilibria and the cycles' extent over a parameter, and their rate."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .labels import axis_label, potential_label
from .smooth import smooth
from .style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    VERMILION,
    legend_beside,
    new_axes,
    use_style,
)

_MARKS = {
    "saddle-node": ("s", BLUE),
    "transcritical": ("X", BLUE),
    "pitchfork": ("X", PURPLE),
    "Hopf": ("o", VERMILION),
    "fold of cycles": ("D", GREEN),
    "period doubling": ("^", PURPLE),
    "torus": ("v", ORANGE),
    "homoclinic": ("*", ORANGE),
    "SNIC": ("P", ORANGE),
    "long period": ("x", GREY),
    "onset of firing": (">", ORANGE),
}


@use_style()
def plot_bifurcations(diagram, ax: Axes | None = None, *, rate: bool = True, legend: bool = True):
    """Draw a bifurcation diagram: the membrane over the parameter, and the cycles' rate below it.

    Stable branches are solid, unstable ones dashed; of cycles the lowest and the highest potential
    are drawn.

    Parameters
    ----------
    diagram : Diagram
        What `excitable.dynamics.bifurcations` returns; of it ``branches``, ``points``,
        ``parameter_column`` and ``membrane_column`` are used.
    ax : Axes, optional
        Where to draw the membrane; then no rate is drawn.
    rate : bool
        Draw the rate of the cycles in a panel of its own, where there are cycles.
    legend : bool

    Returns
    -------
    Axes, or array of two Axes

    Examples
    --------
    >>> from brian2 import uA, cm
    >>> from excitable.dynamics import bifurcations
    >>> from excitable.models import HODGKIN_HUXLEY
    >>> ax = plot_bifurcations(bifurcations(HODGKIN_HUXLEY, "I", [0, 20]*uA/cm**2, cycles=False))
    >>> ax.get_xlabel()
    'input $I$ (µA/cm²)'
    """
    branches, points = diagram.branches, diagram.points
    has_cycles = len(branches) and (branches["kind"] == "cycles").any()
    lower = None
    if ax is None and rate and has_cycles:
        ax, lower = new_axes(2, sharex=True, size=(6.5, 4.8), height_ratios=(3, 2))
    ax = new_axes() if ax is None else ax
    low, high = membrane_columns(diagram)
    x = diagram.parameter_column
    for _, branch in branches.groupby("branch") if len(branches) else ():
        is_cycle = branch["kind"].iloc[0] == "cycles"
        _lines(ax, branch, x, [low, high] if is_cycle else [low], GREEN if is_cycle else BLACK)
        if lower is not None and is_cycle:
            _lines(lower, branch, x, ["rate_Hz"], GREEN)
    _points(ax, lower, points, x, diagram.membrane_column)
    if has_cycles:
        cycles = branches.loc[branches["kind"] == "cycles", [low, high]]
        _leave_out_what_is_far(ax, [*np.ravel(cycles), *points[diagram.membrane_column]])
    _name_lines(ax, branches)
    _finish(ax, lower, x, diagram.membrane_column, legend)
    return ax if lower is None else np.array([ax, lower])


def membrane_columns(diagram) -> tuple[str, str]:
    """Return the columns with the membrane's least and greatest value."""
    name = diagram.model.membrane
    unit = diagram.membrane_column.removeprefix(name)
    return f"{name}_min{unit}", f"{name}_max{unit}"


def _leave_out_what_is_far(ax: Axes, seen: list[float]) -> None:
    """Show twice the range to each side: rest at absurd potentials would flatten all else."""
    lowest, highest = np.nanmin(seen), np.nanmax(seen)
    room = 2 * (highest - lowest)
    bottom, top = ax.get_ylim()
    if bottom < lowest - room:
        ax.set_ylim(bottom=lowest - room)
    if top > highest + room:
        ax.set_ylim(top=highest + room)


def _lines(ax: Axes, branch: pd.DataFrame, x: str, columns: list[str], colour: str) -> None:
    for piece, stable in pieces(branch):
        for column in columns:
            style = {"lw": 1.6} if stable else {"lw": 0.9, "ls": (0, (4, 2))}
            ax.plot(piece[x], piece[column], color=colour, **style)


def pieces(branch: pd.DataFrame) -> Iterator[tuple[pd.DataFrame, bool]]:
    """Yield stretches of a branch of one stability, drawn smoothly between its points.

    What lies between two points is stable where both are.
    """
    fine, row = smooth(branch, [*branch.columns.drop(["branch", "kind", "stable", "unstable"])])
    own = branch["stable"].to_numpy(bool)
    stable = own[np.floor(row).astype(int)] & own[np.ceil(row).astype(int)]
    starts = np.flatnonzero(np.append(True, stable[1:] != stable[:-1]))
    for a, b in zip(starts, [*starts[1:], len(stable)], strict=True):
        yield fine.iloc[max(a - (not stable[a]), 0) : b + (not stable[a])], bool(stable[a])


def _points(ax: Axes, lower: Axes | None, points: pd.DataFrame, x: str, v: str) -> None:
    for kind, found in points.groupby("type", sort=False) if len(points) else ():
        marker, colour = _MARKS.get(kind, ("x", GREY))
        filled = found["criticality"].ne("subcritical")
        for own, face, more in (
            (found[filled], colour, ""),
            (found[~filled], "white", "subcritical "),
        ):
            if len(own):
                style = {
                    "ls": "none",
                    "marker": marker,
                    "color": colour,
                    "mfc": face,
                    "ms": 6,
                    "zorder": 4,
                }
                ax.plot(own[x], own[v], label=f"{more}{kind}", **style)
                if lower is not None:
                    lower.plot(
                        own[x],
                        1000 / own["period_ms"].where(own["type"] != "SNIC", np.inf),
                        **style,
                    )


def _name_lines(ax: Axes, branches: pd.DataFrame) -> None:
    """Give the legend an entry for each look that a line of the diagram has."""
    if not len(branches):
        return
    cycles = branches["kind"] == "cycles"
    for there, name, colour in ((~cycles, "equilibria", BLACK), (cycles, "cycles, extent", GREEN)):
        if there.any():
            ax.plot([], [], color=colour, lw=1.6, label=name)
    if not branches["stable"].all():
        ax.plot([], [], color=GREY, lw=0.9, ls=(0, (4, 2)), label="unstable")


def _finish(ax: Axes, lower: Axes | None, x: str, v: str, legend: bool) -> None:
    ax.set_ylabel(potential_label(v))
    (lower or ax).set_xlabel(axis_label(x))
    if lower is not None:
        lower.set_ylabel(axis_label("rate_Hz"))
        lower.set_ylim(bottom=0)
    if legend:
        legend_beside(ax)
