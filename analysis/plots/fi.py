"""Firing rate against input: curves, surfaces, residuals and fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from ...errors import InputError
from ..rates.fi import resolved_rates
from ..trains.trace_tables import input_unit
from .clamp import plot_curve
from .families import bar_of_family, check_told_apart, family, family_title, varied_names
from .labels import axis_label, require_columns, unit_label, unit_of
from .style import (
    CYCLE,
    GREY,
    POTENTIAL,
    SEQUENTIAL,
    SILENT,
    SPIKE,
    THEORY,
    UNRESOLVED,
    legend_above,
    legend_beside,
    name_last,
    new_axes,
    use_style,
)

_CROSS = {"linestyle": "none", "marker": "x"}
_SINGLE = "rate not resolved"
_SILENT = {"latency_ms": "no spike"}  # of other columns what a missing value says


@use_style()
def plot_fi(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    by: str | Sequence[str] | None = None,
    by_unit: str | None = None,
    closed_form: Callable | pd.DataFrame | None = None,
    label: str | None = None,
    rate: str = "rate_Hz",
    **line,
) -> Axes:
    """Draw the firing rate against the input.

    Parameters
    ----------
    table : DataFrame
        Columns ``I``, `rate` and ``I_unit`` (or ``attrs["I_unit"]``). Rows whose ``resolved`` is
        False (one spike in the window, too few bursts, a drift) are crosses on the axis; of a
        latency those without a spike.
    ax : Axes, optional
        Where to draw; a new figure by default.
    by : str or sequence of str, optional
        Column of a varied parameter: one curve per value, coloured by it, with a legend for up to
        seven curves and a colour bar for more. Of several the first one colours, and the others
        set the line style. Default: all parameters that vary in a protocol's table.
    by_unit : str, optional
        The unit of that column; default: what the table's ``attrs["units"]`` says.
    closed_form : callable or DataFrame, optional
        The exact rate in Hz as a function of ``I`` in the table's unit, or a table with ``I`` and
        `rate`. It is a line; the measured rates are then markers.
    label : str, optional
        Name of the curve in the legend.
    rate : str
        The column on the vertical axis.
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
    >>> table = pd.DataFrame({"I": [1.0, 2.0], "rate_Hz": [0.0, 72.13], "I_unit": "nA"})
    >>> ax = plot_fi(table)
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('input $I$ (nA)', 'firing rate (Hz)')
    """
    require_columns(table, "I", rate, needed_by="plot_fi")
    by = varied_names(table, by, needed_by="plot_fi")
    ax = new_axes() if ax is None else ax
    if closed_form is not None:
        _draw_closed_form(ax, closed_form, table["I"], rate)
        line = {"linestyle": "none", "marker": "o", "markerfacecolor": "none", **line}
    for rows, style in family(table, by, needed_by="plot_fi"):
        _draw_rates(ax, rows, rate, **{"label": label} | style | line)
    crowded = bar_of_family([ax], table, by, by_unit)
    ax.set(xlabel=unit_label("input $I$", input_unit(table)), ylabel=axis_label(rate))
    ax.autoscale(axis="y")  # a second curve on the same axes may be higher
    ax.set_ylim(bottom=min(0.0, ax.dataLim.y0) - 0.02 * ax.dataLim.height)
    _explain_crosses(ax, _SILENT.get(rate, _SINGLE))
    if crowded:
        legend_above(ax)  # beside the axes is the colour bar
    else:
        legend_beside(ax, title=family_title(table, by, by_unit))
    return ax


def _draw_rates(ax: Axes, rows: pd.DataFrame, rate: str, **line) -> None:
    """Draw one curve, and crosses where the window does not tell the rate."""
    rows = rows.sort_values("I")
    tells = "resolved" in rows and rate not in _SILENT
    resolved = rows["resolved"].astype(bool) if tells else rows[rate].notna()
    (curve,) = ax.plot(rows["I"], rows[rate].where(resolved), **{"marker": ".", **line})
    single = rows["I"][~resolved]
    ax.plot(single, np.zeros(len(single)), **_CROSS, color=curve.get_color(), gid="single spike")


def _explain_crosses(ax: Axes, name: str = _SINGLE) -> None:
    """Name the crosses once, as the last entry of the legend."""
    crosses = [line for line in ax.lines if line.get_gid() == "single spike"]
    if name not in ax.get_legend_handles_labels()[1] and any(
        len(line.get_xdata()) for line in crosses
    ):
        ax.plot([], [], **_CROSS, color=GREY, label=name)
    name_last(ax, [name])  # after the curves of an earlier call


def _draw_closed_form(ax: Axes, closed_form, currents: pd.Series, rate: str) -> None:
    """Draw the exact rates as a line under the measured ones."""
    if callable(closed_form):
        current = np.linspace(currents.min(), currents.max(), 1001)
        exact = np.asarray(closed_form(current), dtype=float)
    else:
        require_columns(closed_form, "I", rate, needed_by="the closed form of plot_fi")
        current, exact = closed_form["I"], closed_form[rate]
    ax.plot(current, exact, color=THEORY, linewidth=0.9, label="closed form", zorder=1.9)


@use_style()
def plot_fi_surface(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    parameter: str = "g_A",
    parameter_unit: str | None = None,
    rheobase: pd.DataFrame | None = None,
) -> Axes:
    """Draw the firing rate over the input and a parameter as a map with contour lines.

    Parameters
    ----------
    table : DataFrame
        Columns ``I``, ``rate_Hz``, `parameter` and ``I_unit`` (or ``attrs["I_unit"]``); every
        combination of input and parameter once. Where the rate is 0 the map is grey; where it is
        not known (one spike in the window) it is nearly white.
    ax : Axes, optional
        Where to draw; a new figure by default.
    parameter : str
        The column on the vertical axis.
    parameter_unit : str, optional
        Its unit.
    rheobase : DataFrame, optional
        Columns `parameter` and ``I``: drawn as a line.

    Returns
    -------
    Axes
        The axes drawn in.

    Raises
    ------
    ValueError
        If a column is missing or a pair of input and parameter comes twice.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"I": [1, 2, 1, 2], "g_A": [0, 0, 40, 40], "I_unit": "nA"})
    >>> ax = plot_fi_surface(table.assign(rate_Hz=[0, 50, 0, 20]), parameter_unit="mS/cm**2")
    >>> ax.get_ylabel()
    '$g_{\\\\mathrm{A}}$ (mS/cm²)'
    """
    require_columns(table, "I", "rate_Hz", parameter, needed_by="plot_fi_surface")
    ax = new_axes(size=(5.6, 3.8)) if ax is None else ax
    if table.duplicated(["I", parameter]).any():
        raise InputError(
            f"plot_fi_surface needs every pair of I and {parameter} once, and the table holds some "
            "of them again; select the rows of one sweep."
        )
    # pivot_table, the linter's choice, would average and drop the unresolved cells.
    shown = table.assign(rate_Hz=resolved_rates(table))
    grid = shown.pivot(index=parameter, columns="I", values="rate_Hz")  # noqa: PD010
    current, value, rate = grid.columns.to_numpy(), grid.index.to_numpy(), grid.to_numpy(float)
    _draw_map(ax, current, value, rate)
    if rheobase is not None:
        require_columns(rheobase, "I", parameter, needed_by="the rheobase line of plot_fi_surface")
        limits = ax.axis()
        ax.plot(rheobase["I"], rheobase[parameter], color=SPIKE, linewidth=1.6, label="rheobase")
        ax.axis(limits)
    ax.set(
        xlabel=unit_label("input $I$", input_unit(table)),
        ylabel=unit_label(parameter, parameter_unit or unit_of(table, parameter)),
    )
    patches = []
    if (rate == 0).any():
        patches.append(Patch(facecolor=SILENT, label="silent (0 Hz)"))
    if np.isnan(rate).any():
        patches.append(Patch(facecolor=UNRESOLVED, edgecolor=GREY, label=_SINGLE))
    legend_above(ax, patches)
    return ax


def _draw_map(ax: Axes, current: np.ndarray, value: np.ndarray, rate: np.ndarray) -> None:
    """Colour the firing region, grey the silent one, and draw contour lines over the former."""
    firing = np.ma.masked_where(~(rate > 0), rate)
    silent = np.ma.masked_where(rate != 0, np.zeros_like(rate))
    mesh = {"shading": "nearest", "rasterized": True}
    ax.set_facecolor(UNRESOLVED)
    ax.pcolormesh(current, value, silent, cmap=ListedColormap([SILENT]), **mesh)
    if not firing.count():
        return
    colours = ax.pcolormesh(current, value, firing, cmap=SEQUENTIAL, vmin=0.0, **mesh)
    ax.figure.colorbar(colours, ax=ax, label="firing rate (Hz)")
    if min(rate.shape) > 1:
        levels = MaxNLocator(7).tick_values(0.0, firing.max())
        levels = levels[(levels > firing.min()) & (levels < firing.max())]
        lines = ax.contour(current, value, firing, levels, colors="white", linewidths=0.7)
        ax.clabel(lines, fmt="%g", fontsize=7)


@use_style()
def plot_residuals(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    y: str = "residual_Hz",
    by: str | Sequence[str] | None = None,
    label: str | None = None,
    **line,
) -> Axes:
    """Draw what is left of the rate when the formula or the fit is taken off.

    Parameters
    ----------
    table : DataFrame
        Columns ``I``, `y` and ``I_unit`` (or ``attrs["I_unit"]``).
    ax : Axes, optional
        Where to draw; a new figure by default.
    y : str
        ``"residual_Hz"``, or a column without unit such as ``"relative_residual"``.
    by : str or sequence of str, optional
        Columns of varied parameters, as in `plot_fi`: one curve for each set of values.
    label : str, optional
        Name of the points in the legend.
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
    >>> table = pd.DataFrame({"I": [1.0, 2.0], "residual_Hz": [0.0, -0.3], "I_unit": "nA"})
    >>> plot_residuals(table).get_ylabel()
    'residual (Hz)'
    """
    require_columns(table, "I", y, needed_by="plot_residuals")
    ax = new_axes(size=(6.5, 2.2)) if ax is None else ax
    ax.axhline(0.0, color="black", linewidth=0.6)
    by = varied_names(table, by, needed_by="plot_residuals")
    look = {"marker": ".", "linewidth": 0.6} | line
    return plot_curve(table, "I", y, ax, by=by, label=label, **look)


@use_style()
def plot_fits(table: pd.DataFrame, fits: pd.DataFrame | Iterable, ax: Axes | None = None) -> Axes:
    """Draw measured rates and the curves fitted to them, best first in the legend.

    Parameters
    ----------
    table : DataFrame
        Columns ``I``, ``rate_Hz`` and ``I_unit`` (or ``attrs["I_unit"]``).
    fits : DataFrame or iterable
        The table of `excitable.analysis.fit_all`; or what `excitable.analysis.fit_fi` returns:
        objects with ``kind`` (str), ``predict(I)`` (Hz, for ``I`` in the table's unit) and
        ``aicc`` (the corrected information criterion; the smallest is the best).
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
    >>> import numpy as np, pandas as pd
    >>> from types import SimpleNamespace
    >>> relu = SimpleNamespace(kind="relu", aicc=-3.0, predict=lambda I: np.maximum(I - 1, 0))
    >>> table = pd.DataFrame({"I": [0.0, 1.0, 2.0], "rate_Hz": [0.0, 0.1, 1.0], "I_unit": "nA"})
    >>> ax = plot_fits(table, [relu])
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['measured', 'relu: best']
    """
    require_columns(table, "I", "rate_Hz", needed_by="plot_fits")
    check_told_apart(table, [], "plot_fits")
    ax = new_axes() if ax is None else ax
    ax.plot(
        table["I"],
        table["rate_Hz"],
        linestyle="none",
        marker="o",
        markerfacecolor="white",
        color=THEORY,
        label="measured",
        zorder=1.9,
    )
    current = np.linspace(table["I"].min(), table["I"].max(), 1001)
    if isinstance(fits, pd.DataFrame):
        from ..rates.fi_fits import fits_of  # which imports scipy's optimisers

        fits = fits_of(fits)
    ranked = sorted(fits, key=lambda fit: fit.aicc)
    for place, fit in enumerate(ranked):
        gap = fit.aicc - ranked[0].aicc
        note = "best" if place == 0 else f"ΔAICc {gap:.1f}"
        ax.plot(current, fit.predict(current), color=CYCLE[place], label=f"{fit.kind}: {note}")
    ax.set(xlabel=unit_label("input $I$", input_unit(table)), ylabel="firing rate (Hz)")
    legend_beside(ax)
    return ax


@use_style()
def plot_onset(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    x: str,
    y: str,
    by: str | Sequence[str] | None = None,
    x_unit: str | None = None,
    y_unit: str | None = None,
    label: str | None = None,
    **line,
) -> Axes:
    """Draw one quantity (rheobase, latency, onset rate) against a parameter.

    Parameters
    ----------
    table : DataFrame
        Columns `x` and `y`.
    ax : Axes, optional
        Where to draw; a new figure by default.
    x, y : str
        Names of the columns.
    by : str or sequence of str, optional
        Columns of varied parameters, as in `plot_fi`: one curve for each set of values.
    x_unit, y_unit : str, optional
        Their units, if the names carry none; default: what the table says of them.
    label : str, optional
        Name of the curve in the legend.
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
    >>> table = pd.DataFrame({"g_A": [0.0, 47.7], "latency_ms": [3.8, 70.6]})
    >>> plot_onset(table, x="g_A", y="latency_ms", x_unit="mS/cm**2").get_ylabel()
    'latency (ms)'
    """
    require_columns(table, x, y, needed_by="plot_onset")
    ax = new_axes(size=(4.2, 2.8)) if ax is None else ax
    by = varied_names(table.drop(columns=x), by, needed_by="plot_onset")
    plain = {} if by else {"color": POTENTIAL}
    units = {"x_unit": x_unit, "y_unit": y_unit}
    return plot_curve(table, x, y, ax, by=by, label=label, **units, **(plain | line))
