"""Voltage clamp: families of currents, and the curves read off them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ..plain_numbers import takes
from ..trains.trace_tables import by_neuron, input_unit
from .families import bar_of_family, check_told_apart, family, family_title, varied_names
from .labels import (
    axis_label,
    column_of,
    require_columns,
    split_unit,
    unit_label,
    unit_of,
)
from .style import (
    COLUMN_WIDTH,
    legend_above,
    legend_beside,
    new_axes,
    sequential_colours,
    use_style,
)


@use_style()
@takes(window="ms")
def plot_voltage_clamp(
    table: pd.DataFrame,
    axes: tuple[Axes, ...] | None = None,
    *,
    current: str | Sequence[str] | None = None,
    window: tuple[float, float] | None = None,
) -> tuple[Axes, ...]:
    """Draw families of clamp currents with the commands below, coloured by the command.

    Parameters
    ----------
    table : DataFrame
        Columns ``neuron``, ``t_ms`` (ms) and behind it the clamped potential under the model's name
        for it (``v_mV``), ``command_mV`` (the step that names the trace) and the currents with
        their unit, such as ``I_A_uA_per_cm2``.
    axes : tuple of Axes, optional
        One panel for each current, and one for the commands; a new figure by default.
    current : str or sequence of str, optional
        The currents to draw, with or without the unit in their names; default: all that there are.
    window : (float, float) or Quantity, optional
        The part of the time axis to show, ms; default: until all that is drawn has settled.

    Returns
    -------
    tuple of Axes
        Currents, then commands.

    Raises
    ------
    ValueError
        If a column is missing, or a parameter varies.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"neuron": 0, "t_ms": [0.0, 1.0], "v_mV": [-100.0, 0.0]})
    >>> table = table.assign(command_mV=0.0, I_A_uA_per_cm2=[0.0, 900.0])
    >>> upper, lower = plot_voltage_clamp(table)
    >>> upper.get_ylabel()
    '$I_{\\\\mathrm{A}}$ (µA/cm²)'
    """
    command = next((str(x) for x in table if split_unit(str(x))[0] == "command"), "command_mV")
    v = _potential(table, command)
    current = _currents(table, v, command) if current is None else current
    shown = [column_of(table, x) for x in ([current] if isinstance(current, str) else current)]
    require_columns(table, "neuron", "t_ms", v, command, *shown, needed_by="plot_voltage_clamp")
    check_told_apart(table, [command], "plot_voltage_clamp")
    if axes is None:
        heights = (*(3,) * len(shown), 1 if len(shown) == 1 else 2)
        size = (COLUMN_WIDTH, 3.8 if len(shown) == 1 else 1.4 + 1.4 * len(shown))
        axes = tuple(new_axes(len(heights), sharex=True, size=size, height_ratios=heights))
    *uppers, lower = axes
    commands = np.sort(table[command].unique())
    colours, mappable = sequential_colours(commands)
    colour_of = dict(zip(commands, colours, strict=True))
    for ax, column in zip(axes, [*shown, v], strict=True):
        for _, rows in by_neuron(table):
            ax.plot(rows["t_ms"], rows[column], color=colour_of[rows[command].iloc[0]])
        ax.set_ylabel(unit_label(*split_unit(column)))
        ax.set_xlim(_until_settled(table, shown, v) if window is None else window)
    for ax in uppers:
        ax.axhline(0.0, color="black", linewidth=0.5, zorder=1)
        ax.tick_params(labelbottom=False)
    name, unit = split_unit(v)
    lower.set(xlabel="time (ms)", ylabel=unit_label("command" if name == "v" else name, unit))
    bar = lower.figure.colorbar(mappable, ax=list(axes), label=axis_label(command))
    bar.set_ticks(_thinned(commands))
    lower.figure.align_ylabels(axes)
    return axes


def _until_settled(table: pd.DataFrame, columns: list[str], v: str) -> tuple[float, float]:
    """Return the time from the step until nothing moves by a hundredth of what it spans."""
    first, last = table["t_ms"].min(), table["t_ms"].max()
    neurons = table.groupby("neuron")
    onset = table["t_ms"][table[v] != neurons[v].transform("first")].min()
    moves = pd.Series(False, index=table.index)
    for column in columns:
        left = (table[column] - neurons[column].transform("last")).abs()
        moves |= left > 0.01 * np.ptp(table[column])
    length = table["t_ms"][moves].max() - onset
    if not length > 0:  # all that there is comes at once
        return first, last
    return max(first, onset - 0.2 * length), min(last, onset + 1.3 * length)


def _potential(table: pd.DataFrame, command: str) -> str:
    """Return the column of the clamped potential, which has the model's name for its membrane."""
    names = [str(name) for name in table]
    after = names[names.index("t_ms") + 1 :] if "t_ms" in names else []
    unit = split_unit(command)[1]
    return next((x for x in after if x != command and split_unit(x)[1] == unit), "v_mV")


def _currents(table: pd.DataFrame, v: str, command: str) -> list[str]:
    """Return the columns behind the potential that have a unit, as gates have not."""
    names = [str(name) for name in table]
    after = names[names.index(v) + 1 :] if v in names else []
    return [name for name in after if split_unit(name)[1] and name != command]


def _thinned(commands: np.ndarray) -> np.ndarray:
    """Choose at most ten of the commands for the ticks of the colour bar."""
    return commands[:: max(1, int(np.ceil(len(commands) / 10)))]


@use_style()
def plot_curve(
    table: pd.DataFrame,
    x: str,
    y: str,
    ax: Axes | None = None,
    *,
    by: str | Sequence[str] | None = None,
    label: str | None = None,
    x_unit: str | None = None,
    y_unit: str | None = None,
    theory: pd.DataFrame | None = None,
    **line,
) -> Axes:
    """Draw measured points of a curve: activation, inactivation, recovery, latency.

    Parameters
    ----------
    table : DataFrame
        Columns `x` and `y`.
    x, y : str
        Names of the columns.
    ax : Axes, optional
        Where to draw; a new figure by default. Several curves may be drawn in the same axes.
    by : str or sequence of str, optional
        Columns of varied parameters, as in `plot_fi`: one curve for each set of values.
    label : str, optional
        Name of the points in the legend.
    x_unit, y_unit : str, optional
        Units, if the names of the columns carry none; default: what the table says of them.
    theory : DataFrame, optional
        Columns `x`, `y` and those of `by`: the expected curve, a thin line in the colour of the
        points.
    **line
        Passed to `matplotlib.axes.Axes.plot`.

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
    >>> table = pd.DataFrame({"command_mV": [-80.0, 0.0], "activation": [0.1, 0.9]})
    >>> plot_curve(table, "command_mV", "activation").get_xlabel()
    'command potential (mV)'
    """
    require_columns(table, x, y, needed_by="plot_curve")
    # A parameter may be x, and then varies along each curve.
    by = varied_names(table.drop(columns=x), by, needed_by="plot_curve")
    ax = new_axes(size=(4.8, 3.0)) if ax is None else ax
    if theory is not None:
        require_columns(theory, x, y, *by, needed_by="the theory of plot_curve")
    for rows, style in family(table, by, needed_by="plot_curve"):
        rows = rows.sort_values(x)
        look = {"marker": "o", "label": label, **style, **line}
        if theory is not None:
            look["linestyle"] = line.get("linestyle", "none")
        (points,) = ax.plot(rows[x], rows[y], **look)
        if theory is not None:
            curve = theory.merge(rows[by].drop_duplicates()) if by else theory
            thin = {"linestyle": style.get("linestyle", "-"), "linewidth": 0.9, "zorder": 1.9}
            ax.plot(curve[x], curve[y], color=points.get_color(), **thin)
    crowded = bar_of_family([ax], table, by)
    units = {name: input_unit(table) if name == "I" else unit_of(table, name) for name in (x, y)}
    ax.set(xlabel=axis_label(x, x_unit or units[x]), ylabel=axis_label(y, y_unit or units[y]))
    if crowded:
        legend_above(ax)
    else:
        legend_beside(ax, title=family_title(table, by))
    return ax
