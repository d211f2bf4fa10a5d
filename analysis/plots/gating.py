"""Gating curves: steady states and time constants over the membrane potential."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from scipy.spatial.distance import cdist

from ...columns import split_column, with_unit
from .families import bar_of_family, family, family_title, varied_names
from .labels import label_log_axis, potential_label, require_columns, symbol_text
from .style import (
    BLACK,
    COLUMN_WIDTH,
    colours_for,
    legend_above,
    legend_beside,
    new_axes,
    use_style,
)

_OTHERS = ("gate", "steady_state", "tau_ms")  # columns beside the potential


@use_style()
def plot_gating(
    table: pd.DataFrame,
    axes: tuple[Axes, Axes] | None = None,
    *,
    by: str | Sequence[str] | None = None,
) -> tuple[Axes, Axes]:
    """Draw the steady state and the time constant of every gate, each curve with its letter.

    Parameters
    ----------
    table : DataFrame
        Long: columns ``gate``, ``steady_state`` (0 to 1), ``tau_ms`` (ms), and the potential
        ``v_mV`` (``v`` of a cell in pure numbers).
    axes : (Axes, Axes), optional
        Where to draw; a new figure by default.
    by : str or sequence of str, optional
        Columns of varied parameters, as in `plot_fi`: curves of each gate for every set of values,
        coloured by the first instead of by the gate.

    Returns
    -------
    (Axes, Axes)
        Steady states, time constants (logarithmic).

    Raises
    ------
    ValueError
        If a column is missing, or a parameter varies that `by` does not name.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"gate": "n", "v_mV": [-80.0, 0.0], "steady_state": [0.1, 0.9]})
    >>> left, right = plot_gating(table.assign(tau_ms=[5.0, 1.0]))
    >>> right.get_ylabel()
    'time constant (ms)'
    """
    require_columns(table, *_OTHERS, needed_by="plot_gating")
    by = varied_names(table, by, needed_by="plot_gating")
    v = next((str(name) for name in table if split_column(str(name))[0] == "v"), "v_mV")
    require_columns(table, v, needed_by="plot_gating")
    if axes is None:
        axes = tuple(new_axes(1, 2, size=(COLUMN_WIDTH, 2.9)))
    left, right = axes
    gates = dict(tuple(table.groupby("gate", sort=False)))
    colours = {x: BLACK if by else colours_for(x, place) for place, x in enumerate(gates)}
    right.set_yscale("log")
    are_fractions = table["steady_state"].between(0, 1).all()  # a nullcline may be any number
    if are_fractions:
        left.set_ylim(0.0, 1.02)
    for place, (gate, rows) in enumerate(gates.items()):
        for curve, style in family(rows, by, needed_by="plot_gating"):
            curve = curve.sort_values(v)
            style = {"color": colours[gate], **style} | ({"label": None} if place else {})
            left.plot(curve[v], curve["steady_state"], **style)
            right.plot(curve[v], curve["tau_ms"], **style)
    crowded = bar_of_family(axes, table, by)
    _write_letters(left, {gate: rows[[v, "steady_state"]] for gate, rows in gates.items()}, colours)
    _write_letters(right, {gate: rows[[v, "tau_ms"]] for gate, rows in gates.items()}, colours)
    fraction = " (fraction)" if are_fractions else ""
    xlabel = _potential_label(table, v)
    left.set(xlabel=xlabel, ylabel=f"steady state{fraction}")
    right.set(xlabel=xlabel, ylabel="time constant (ms)")
    label_log_axis(right.yaxis)
    if crowded:
        legend_above(right)  # beside the axes is the colour bar
    else:
        legend_beside(right, title=family_title(table, by))
    return left, right


def _potential_label(table: pd.DataFrame, v: str) -> str:
    """Label the potential with the name that the model itself has for what its gates follow."""
    names = set(table.attrs.get("potentials", {}).values())
    _, unit = split_column(v)
    return potential_label(with_unit(*names, unit or "1") if len(names) == 1 else v)


def _write_letters(
    ax: Axes, curves: Mapping[str, pd.DataFrame], colours: Mapping[str, str]
) -> None:
    """Write each gate's letter where its curve is farthest from all others."""
    ax.margins(x=0.0)
    ax.autoscale_view()
    to_panel = ax.transData + ax.transAxes.inverted()
    shapes = {gate: to_panel.transform(curve.to_numpy(float)) for gate, curve in curves.items()}
    for gate, shape in shapes.items():
        others = [other for name, other in shapes.items() if name != gate]
        # The rims of the panel are no place for a letter.
        inner = shape[(np.abs(shape - 0.5) < 0.44).all(axis=1)]
        inner = inner if len(inner) else shape
        if others:
            gaps = cdist(inner, np.concatenate(others)).min(axis=1)
            x, y = inner[gaps.argmax()]
        else:
            x, y = inner[len(inner) // 2]
        _write_on(ax, x, y, gate, colours[gate])


def _write_on(ax: Axes, x: float, y: float, gate: str, colour: str) -> None:
    """Write a gate's letter on its curve, with a white rim that interrupts the lines."""
    ax.text(
        x,
        y,
        symbol_text(gate),
        transform=ax.transAxes,
        color=colour,
        ha="center",
        va="center",
        fontsize=11,
        fontweight="bold",
        path_effects=[withStroke(linewidth=3.5, foreground="white")],
        zorder=3,
    )
