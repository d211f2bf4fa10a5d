"""Gating curves: steady states and time constants over the membrane potential."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from scipy.spatial.distance import cdist

from .labels import label_log_axis, potential_label, require_columns, symbol_text
from .style import COLUMN_WIDTH, colours_for, new_axes, use_style

_OTHERS = ("gate", "steady_state", "tau_ms")  # columns beside the potential


@use_style()
def plot_gating(table: pd.DataFrame, axes: tuple[Axes, Axes] | None = None) -> tuple[Axes, Axes]:
    """Draw the steady state and the time constant of every gate, each curve with its letter.

    Parameters
    ----------
    table : DataFrame
        Long: columns ``gate``, ``steady_state`` (0 to 1), ``tau_ms`` (ms), and the potential under
        the model's name for it, such as ``v_mV``.
    axes : (Axes, Axes), optional
        Where to draw; a new figure by default.

    Returns
    -------
    (Axes, Axes)
        Steady states, time constants (logarithmic).

    Raises
    ------
    ValueError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"gate": "n", "v_mV": [-80.0, 0.0], "steady_state": [0.1, 0.9]})
    >>> left, right = plot_gating(table.assign(tau_ms=[5.0, 1.0]))
    >>> right.get_ylabel()
    'time constant (ms)'
    """
    require_columns(table, *_OTHERS, needed_by="plot_gating")
    v = next((str(name) for name in table if name not in _OTHERS), "v_mV")
    require_columns(table, v, needed_by="plot_gating")
    if axes is None:
        axes = tuple(new_axes(1, 2, size=(COLUMN_WIDTH, 2.9)))
    left, right = axes
    gates = [(gate, rows.sort_values(v)) for gate, rows in table.groupby("gate", sort=False)]
    right.set_yscale("log")
    are_fractions = table["steady_state"].between(0, 1).all()  # a nullcline may be any number
    if are_fractions:
        left.set_ylim(0.0, 1.02)
    for place, (gate, rows) in enumerate(gates):
        colour = colours_for(gate, place)
        left.plot(rows[v], rows["steady_state"], color=colour)
        right.plot(rows[v], rows["tau_ms"], color=colour)
    _write_letters(left, {gate: rows[[v, "steady_state"]] for gate, rows in gates})
    _write_letters(right, {gate: rows[[v, "tau_ms"]] for gate, rows in gates})
    left.set(
        xlabel=potential_label(v), ylabel=f"steady state{' (fraction)' if are_fractions else ''}"
    )
    right.set(xlabel=potential_label(v), ylabel="time constant (ms)")
    label_log_axis(right.yaxis)
    return left, right


def _write_letters(ax: Axes, curves: Mapping[str, pd.DataFrame]) -> None:
    """Write each gate's letter where its curve is farthest from all others."""
    ax.margins(x=0.0)
    ax.autoscale_view()
    to_panel = ax.transData + ax.transAxes.inverted()
    shapes = {gate: to_panel.transform(curve.to_numpy(float)) for gate, curve in curves.items()}
    for place, (gate, shape) in enumerate(shapes.items()):
        others = [other for name, other in shapes.items() if name != gate]
        # The rims of the panel are no place for a letter.
        inner = shape[(np.abs(shape - 0.5) < 0.44).all(axis=1)]
        inner = inner if len(inner) else shape
        if others:
            gaps = cdist(inner, np.concatenate(others)).min(axis=1)
            x, y = inner[gaps.argmax()]
        else:
            x, y = inner[len(inner) // 2]
        _write_on(ax, x, y, gate, colours_for(gate, place))


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
