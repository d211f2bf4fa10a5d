"""Phase portraits of one-dimensional flows."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation

from ...errors import InputError
from .labels import require_columns, unit_label, unit_text
from .style import BLUE, CYCLE, GREY, legend_beside, name_last, new_axes, use_style

_LEGEND = {"full": "stable fixed point", "none": "unstable fixed point"}
_HALF = "half-stable fixed point"
_KINDS = {*_LEGEND.values(), _HALF, "threshold", "reset"}


@use_style()
def plot_phase_line(
    v,
    dv=None,
    fixed_points: pd.DataFrame | None = None,
    ax: Axes | None = None,
    *,
    I=None,
    span=None,
    threshold: float | None = None,
    reset: float | None = None,
    label: str | None = None,
    colour: str = BLUE,
    v_label: str = "membrane potential $V$",
    v_unit: str | None = "mV",
    dv_label: str = "$\\mathrm{d}V/\\mathrm{d}t$",
    dv_unit: str | None = "mV/ms",
    legend: bool = True,
) -> Axes:
    """Draw the velocity of a one-dimensional flow over its variable.

    Arrows on the zero line show where the flow goes. Stable fixed points are filled, unstable ones
    open; where the curve only touches zero (a saddle-node) the marker is filled on the side from
    which the point attracts.

    Parameters
    ----------
    v : array, shape (n,), or NeuronModel or str
        The variable, increasing. Or a model, or its name: then `dv` and `fixed_points` follow from
        it, at each input `I`.
    dv : array, shape (n,)
        Its velocity.
    fixed_points : DataFrame
        Columns ``v`` and ``stable`` (bool), and optionally ``half_stable`` (bool).
    ax : Axes, optional
        Where to draw; a new figure by default. Several flows may be drawn in the same axes.
    I : Quantity, scalar or shape (inputs,), optional
        Constant inputs of a model, one curve for each; default 0.
    span : Quantity, shape (2,), optional
        Potentials of a model between which it is drawn; default: around its fixed points.
    threshold, reset : float, optional
        Drawn as dashed and dotted vertical lines. Default of a model that is reset: its threshold,
        beyond which it comes to no fixed point.
    label : str, optional
        Name of the curve in the legend.
    colour : str
        Of the curve, its arrows and its fixed points.
    v_label, v_unit, dv_label, dv_unit : str
        Labels of the axes; a unit of None stands for a number without dimension.
    legend : bool
        False where several panels share one legend (`legend_below`).

    Returns
    -------
    Axes
        The axes drawn in.

    Raises
    ------
    ValueError
        If a column is missing, `v` and `dv` differ in shape, or a model has variables that do not
        follow from its potential.

    Examples
    --------
    >>> from excitable.models import QIF
    >>> ax = plot_phase_line(QIF, I=[-1, 0, 1])
    >>> [text.get_text() for text in ax.get_legend().get_texts()][:4]
    ['I = −1', 'I = 0', 'I = 1', 'stable fixed point']
    >>> import numpy as np, pandas as pd
    >>> v = np.linspace(-80, -40, 101)
    >>> points = pd.DataFrame({"v": [-65.0], "stable": [True]})
    >>> ax = plot_phase_line(v, (-65 - v) / 10, points, threshold=-50.0)
    >>> ax.get_ylabel()
    '$\\\\mathrm{d}V/\\\\mathrm{d}t$ (mV/ms)'
    """
    if hasattr(v, "equations") or isinstance(v, str):
        words = {"v_label": v_label, "dv_label": dv_label, "legend": legend}
        return _draw_model(v, I, span, ax, threshold=threshold, reset=reset, **words)
    require_columns(fixed_points, "v", "stable", needed_by="plot_phase_line")
    v, dv = np.asarray(v, dtype=float), np.asarray(dv, dtype=float)
    if v.shape != dv.shape or v.ndim != 1:
        raise InputError(
            f"v has the shape {v.shape} and dv {dv.shape}; pass two rows of the same length."
        )
    ax = new_axes(size=(4.8, 3.0)) if ax is None else ax
    known = set(ax.get_legend_handles_labels()[1])
    ax.plot(v, dv, color=colour, label=label)
    name_last(ax, _KINDS)
    ax.axhline(0.0, color="black", linewidth=0.6, zorder=1)
    _draw_flow(ax, v, dv, fixed_points["v"].to_numpy(float), colour)
    _draw_fixed_points(ax, v, dv, fixed_points, colour, known)
    for value, name, dash in ((threshold, "threshold", "--"), (reset, "reset", ":")):
        if value is not None and np.isfinite(value):
            name = None if name in known else name
            ax.axvline(value, color=GREY, linestyle=dash, linewidth=0.9, label=name, zorder=1)
    ax.margins(x=0.0)
    ax.set(xlabel=unit_label(v_label, v_unit), ylabel=unit_label(dv_label, dv_unit))
    if legend:
        legend_beside(ax)
    return ax


def _draw_model(model, I, span, ax: Axes | None, **words) -> Axes:
    """Draw the flow of a model at each of several inputs."""
    from ...dynamics import equilibria, velocity
    from ...dynamics.steady_currents import threshold_among
    from ...models import find_model
    from ...models.checks import check_quantity

    model = find_model(model) if isinstance(model, str) else model
    unit = model.unit_of(model.membrane)
    inputs = np.atleast_1d(check_quantity("I", 0 * model.input_unit if I is None else I,
                                          model.input_unit))  # fmt: skip
    tables = [equilibria(model, k * model.input_unit) for k in inputs]
    points = [t.rename(columns={t.columns[0]: "v"}) for t in tables]
    if span is None:
        span = _around(np.concatenate([p["v"] for p in points]), model)
    else:
        span = check_quantity("span", span, unit)
    v = np.linspace(*span, 401)
    if words["threshold"] is None:
        words["threshold"] = threshold_among(model, v * float(unit)) / float(unit)
    ax = new_axes(size=(4.8, 3.0)) if ax is None else ax
    per_ms = 1e-3 / float(unit)
    names = {"v_unit": unit_text(unit), "dv_unit": unit_text(f"{unit_text(unit) or 1}/ms")}
    for place, (k, at) in enumerate(zip(inputs, points, strict=True)):
        dv = velocity(model, v * float(unit), k * float(model.input_unit)) * per_ms
        label = f"{model.input} = {k:g} {unit_text(model.input_unit)}".strip().replace("-", "−")
        colour = CYCLE[place % len(CYCLE)]
        plot_phase_line(v, dv, at, ax, label=label, colour=colour, **names, **words)
    return ax


def _around(fixed: np.ndarray, model) -> tuple[float, float]:
    """Return potentials around fixed points; with fewer than two of them all that is named."""
    width = np.ptp(fixed) if len(fixed) else 0.0
    if width > 0:
        return fixed.min() - 0.6 * width, fixed.max() + 0.6 * width
    unit = float(model.unit_of(model.membrane))
    same = [
        p.value
        for p in model.parameters.values()
        if p.unit.dim is model.unit_of(model.membrane).dim
    ]
    low, high = min([*same, *fixed]), max([*same, *fixed])
    margin = 0.1 * (high - low) or 0.01 / unit
    return low - margin, high + margin


def _draw_flow(ax: Axes, v: np.ndarray, dv: np.ndarray, fixed: np.ndarray, colour: str) -> None:
    """Put arrowheads on the zero line, or below it for each flow after the first."""
    before = sum(line.get_gid() == "flow" for line in ax.lines)
    lowered = ScaledTranslation(0.0, -before * 9 / 72, ax.figure.dpi_scale_trans)
    inside = np.sort(fixed[(fixed > v[0]) & (fixed < v[-1])])
    ends = np.concatenate([[v[0]], inside, [v[-1]]])
    for left, right in pairwise(ends):
        part = (right - left) / (v[-1] - v[0])
        if part < 0.08:
            continue
        places = left + (right - left) * np.array([1 / 3, 2 / 3] if part > 0.3 else [0.5])
        to_the_right = np.interp(places.mean(), v, dv) > 0
        ax.plot(
            places,
            np.zeros(len(places)),
            transform=ax.transData + lowered,
            gid="flow" if left == ends[0] else None,
            linestyle="none",
            marker=">" if to_the_right else "<",
            markersize=5,
            color=colour,
            alpha=0.75,
        )


def _draw_fixed_points(
    ax: Axes,
    v: np.ndarray,
    dv: np.ndarray,
    fixed_points: pd.DataFrame,
    colour: str,
    known: set[str],
) -> None:
    """Mark the fixed points by their stability, each kind once in the legend."""
    half = fixed_points.get("half_stable", pd.Series(False, index=fixed_points.index))
    for place, stable, touches in zip(fixed_points["v"], fixed_points["stable"], half, strict=True):
        fill = "full" if stable else "none"
        if touches:
            beside = place - 0.01 * (v[-1] - v[0])  # a flow to the right here comes towards it
            fill = "left" if np.interp(beside, v, dv) > 0 else "right"
        name = _HALF if touches else _LEGEND[fill]
        ax.plot(
            [place],
            [0.0],
            linestyle="none",
            marker="o",
            markersize=7,
            markeredgewidth=1.3,
            markeredgecolor=colour,
            fillstyle="full" if fill == "none" else fill,
            markerfacecolor="white" if fill == "none" else colour,
            markerfacecoloralt="white",
            label=None if name in known else name,
            zorder=4,
        )
        known.add(name)
