"""Figures over time: potentials, stimuli, gates, currents and spike rasters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes

from ...errors import InputError
from ..trains.trace_tables import by_neuron, input_unit, membrane_column
from .labels import (
    axis_label,
    column_of,
    potential_label,
    require_columns,
    split_unit,
    symbol_text,
    unit_label,
    unit_of,
)
from .style import (
    COLUMN_WIDTH,
    MAX_LEGEND_CURVES,
    POTENTIAL,
    SPIKE,
    STIMULUS,
    colours_for,
    legend_beside,
    new_axes,
    sequential_colours,
    use_style,
)

_WIDE = (COLUMN_WIDTH, 2.4)


@use_style()
def plot_trace(
    traces: pd.DataFrame,
    ax: Axes | None = None,
    *,
    y: str | None = None,
    spikes: pd.DataFrame | None = None,
    label: str | None = None,
    y_label: str | None = None,
    by: Sequence[str] = (),
    **line,
) -> Axes:
    """Draw a recorded variable over time, one curve per neuron.

    Parameters
    ----------
    traces : DataFrame
        Columns ``t_ms`` and `y`; with a column ``neuron``, one curve for each.
    ax : Axes, optional
        Where to draw; a new figure by default.
    y : str, optional
        The column to draw, its unit in its name; default: the membrane potential.
    spikes : DataFrame, optional
        Column ``t_ms`` (ms): ticks above the curves; with a column ``neuron`` a row for each curve,
        in its colour, as long as a legend names them.
    label : str, optional
        Name of a single curve in the legend beside the axes.
    y_label : str, optional
        Label of the vertical axis in place of the one made from `y`.
    by : sequence of str
        Columns of what differs between neurons: their values name the curves, in place of numbers.
    **line
        Passed to `matplotlib.axes.Axes.plot`, such as ``color`` or ``linestyle``.

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
    >>> ax = plot_trace(pd.DataFrame({"t_ms": [0.0, 1.0], "v_mV": [-65.0, -60.0]}))
    >>> ax.get_ylabel()
    'membrane potential (mV)'
    """
    y = membrane_column(traces) if y is None else y
    require_columns(traces, "t_ms", y, *by, needed_by="plot_trace")
    ax = new_axes(size=_WIDE) if ax is None else ax
    neurons = by_neuron(traces)
    colours = {}
    for place, (neuron, rows) in enumerate(neurons):
        name = label or (_name_of(neuron, rows, by) if len(neurons) > 1 else None)
        name = name if place < MAX_LEGEND_CURVES else None
        (curve,) = ax.plot(rows["t_ms"], rows[y], label=name, **line)
        colours[neuron] = curve.get_color()
    if spikes is not None:
        _tick_spikes(ax, spikes, colours)
    ax.margins(x=0.01)
    named = potential_label if y == membrane_column(traces) else axis_label
    ax.set(xlabel="time (ms)", ylabel=y_label or named(y))
    legend_beside(ax, title=", ".join(unit_label(x, unit_of(traces, x)) for x in by) or None)
    return ax


def _name_of(neuron: int, rows: pd.DataFrame, by: Sequence[str]) -> str:
    """Return what a neuron's curve is called in the legend."""
    return ", ".join(f"{rows[name].iloc[0]:.4g}" for name in by) or f"neuron {neuron}"


def _tick_spikes(ax: Axes, spikes: pd.DataFrame, colours: Mapping[int, str]) -> None:
    """Put a tick for every spike into a free band above the data."""
    require_columns(spikes, "t_ms", needed_by="the spike ticks of plot_trace")
    rows = [(spikes, SPIKE)]
    if "neuron" in spikes and 1 < len(colours) <= MAX_LEGEND_CURVES:
        own = [(spikes[spikes["neuron"] == neuron], colour) for neuron, colour in colours.items()]
        rows = [(times, colour) for times, colour in own if len(times)]
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + (0.06 + 0.04 * len(rows)) * (high - low))
    for place, (times, colour) in enumerate(rows):
        ax.plot(
            times["t_ms"],
            [0.96 - 0.04 * place] * len(times),
            transform=ax.get_xaxis_transform(),
            linestyle="none",
            marker="|",
            markersize=6,
            markeredgewidth=0.9,
            color=colour,
            gid="spikes",
        )


@use_style()
def plot_stimulus_response(
    traces: pd.DataFrame,
    axes: tuple[Axes, Axes] | None = None,
    *,
    y: str | None = None,
    spikes: pd.DataFrame | None = None,
    by: Sequence[str] = (),
) -> tuple[Axes, Axes]:
    """Draw the potential above and the stimulus below it, on one time axis.

    Parameters
    ----------
    traces : DataFrame
        Columns ``t_ms``, `y`, ``I`` and ``I_unit`` (or ``attrs["I_unit"]``).
    axes : (Axes, Axes), optional
        Upper and lower panel; a new figure by default.
    y : str, optional
        The column in the upper panel; default: the membrane potential.
    spikes : DataFrame, optional
        Column ``t_ms`` (ms): ticks above the potential.
    by : sequence of str
        What names the curves of several neurons; see `plot_trace`.

    Returns
    -------
    (Axes, Axes)
        Potential, stimulus.

    Raises
    ------
    ValueError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"t_ms": [0.0, 1.0], "v_mV": [-65.0, -60.0], "I": [0.0, 2.0]})
    >>> upper, lower = plot_stimulus_response(table.assign(I_unit="nA"))
    >>> lower.get_ylabel()
    'input $I$ (nA)'
    """
    y = membrane_column(traces) if y is None else y
    remedy = f" Name the input in record= of response, beside {split_unit(y)[0]}."
    require_columns(traces, "t_ms", y, "I", needed_by="plot_stimulus_response", remedy=remedy)
    if axes is None:
        axes = tuple(new_axes(2, sharex=True, size=(COLUMN_WIDTH, 3.2), height_ratios=(2.6, 1)))
    upper, lower = axes
    several = len(by_neuron(traces)) > 1
    colour = {} if several else {"color": POTENTIAL}
    plot_trace(traces, upper, y=y, spikes=spikes, by=by, **colour)
    for _, rows in by_neuron(traces):
        lower.plot(rows["t_ms"], rows["I"], **({} if several else {"color": STIMULUS}))
    upper.set_xlabel("")
    upper.tick_params(labelbottom=False)
    lower.margins(x=0.01, y=0.15)
    lower.update_datalim([(traces["t_ms"].iloc[0], 0.0)])  # no input is the line to compare with
    lower.autoscale_view()
    lower.set(xlabel="time (ms)", ylabel=unit_label("input $I$", input_unit(traces)))
    upper.figure.align_ylabels(axes)
    return upper, lower


@use_style()
def plot_gates(traces: pd.DataFrame, gates: Iterable[str], ax: Axes | None = None) -> Axes:
    """Draw gating variables over time, each in its own colour.

    Parameters
    ----------
    traces : DataFrame
        Columns ``t_ms`` and one per gate (a fraction between 0 and 1), of one neuron.
    gates : iterable of str
        Names of the columns, such as ``("m", "h", "n")``.
    ax : Axes, optional
        Where to draw; a new figure by default.

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
    >>> ax = plot_gates(pd.DataFrame({"t_ms": [0.0, 1.0], "m": [0.1, 0.9]}), ["m"])
    >>> ax.get_ylabel()
    'gating variable (fraction)'
    """
    gates = list(gates)
    require_columns(traces, "t_ms", *gates, needed_by="plot_gates")
    ax = new_axes(size=_WIDE) if ax is None else ax
    for place, gate in enumerate(gates):
        colour = colours_for(gate, place)
        ax.plot(traces["t_ms"], traces[gate], color=colour, label=symbol_text(gate))
    ax.margins(x=0.01)
    ax.set(xlabel="time (ms)", ylabel="gating variable (fraction)", ylim=(-0.02, 1.02))
    legend_beside(ax)
    return ax


@use_style()
def plot_currents(
    traces: pd.DataFrame,
    currents: Mapping[str, str] | Iterable[str],
    ax: Axes | None = None,
    *,
    unit: str | None = None,
) -> Axes:
    """Draw the ionic currents over time, each in its own colour.

    Parameters
    ----------
    traces : DataFrame
        Columns ``t_ms`` and one per current, of one neuron.
    currents : iterable of str, or mapping of str to str
        Names of the currents, ``["I_Na", "I_K"]``, or their columns, with or without a name for
        each: ``{"I_Na_uA_per_cm2": "I_Na"}``.
    ax : Axes, optional
        Where to draw; a new figure by default.
    unit : str, optional
        The unit of those columns, if their names carry none.

    Returns
    -------
    Axes
        The axes drawn in.

    Raises
    ------
    ValueError
        If a column is missing, or the columns have several units.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"t_ms": [0.0, 1.0], "I_Na_uA_per_cm2": [0.0, -300.0]})
    >>> plot_currents(table, ["I_Na"]).get_ylabel()
    'ionic current (µA/cm²)'
    """
    if not isinstance(currents, Mapping):
        names = [currents] if isinstance(currents, str) else currents
        currents = {column_of(traces, name): split_unit(name)[0] for name in names}
    require_columns(traces, "t_ms", *currents, needed_by="plot_currents")
    units = {split_unit(column)[1] for column in currents} - {""}
    if len(units) > 1:
        raise InputError(
            f"plot_currents: the columns are in {', '.join(sorted(units))}; draw those of one unit"
        )
    unit = unit or next(iter(units), None)
    ax = new_axes(size=_WIDE) if ax is None else ax
    ax.axhline(0.0, color="black", linewidth=0.5)
    for place, (column, name) in enumerate(currents.items()):
        colour = colours_for(name, place)
        ax.plot(traces["t_ms"], traces[column], color=colour, label=symbol_text(name))
    ax.margins(x=0.01)
    ax.set(xlabel="time (ms)", ylabel=unit_label("ionic current", unit))
    legend_beside(ax)
    return ax


@use_style()
def plot_raster(
    spikes: pd.DataFrame, ax: Axes | None = None, *, colour_by: str | None = None
) -> Axes:
    """Draw every spike as a tick, one row per neuron.

    Parameters
    ----------
    spikes : DataFrame
        Columns ``neuron`` and ``t_ms`` (ms).
    ax : Axes, optional
        Where to draw; a new figure by default.
    colour_by : str, optional
        A column that is constant within a neuron and colours its row, with a colour bar.

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
    >>> plot_raster(pd.DataFrame({"neuron": [0, 1], "t_ms": [3.0, 4.0]})).get_xlabel()
    'time (ms)'
    """
    extra = () if colour_by is None else (colour_by,)
    require_columns(spikes, "neuron", "t_ms", *extra, needed_by="plot_raster")
    ax = new_axes(size=_WIDE) if ax is None else ax
    ticks = {"s": 14, "marker": "|", "linewidths": 0.8}
    if colour_by is None or spikes.empty:
        ax.scatter(spikes["t_ms"], spikes["neuron"], color=POTENTIAL, **ticks)
    else:
        colours, mappable = sequential_colours(spikes[colour_by])
        ax.scatter(spikes["t_ms"], spikes["neuron"], c=colours, **ticks)
        ax.figure.colorbar(mappable, ax=ax, label=axis_label(colour_by))
    ax.margins(x=0.01)
    ax.yaxis.get_major_locator().set_params(integer=True)
    ax.set(xlabel="time (ms)", ylabel="neuron (number)")
    return ax
