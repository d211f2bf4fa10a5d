"""A recording and a model's response to the same current, one above the other."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes

from ...errors import InputError
from ..plain_numbers import takes
from ..trains.distances import coincidence_factor
from ..trains.trace_tables import by_neuron, input_unit, potential_column
from .labels import axis_label, require_columns, unit_label
from .style import BLACK, COLUMN_WIDTH, GREY, VERMILION, legend_below, new_axes, use_style

_MOST = 4  # panels, unless the caller chooses the sweeps


@use_style()
@takes(precision="ms")
def plot_comparison(
    data,
    response,
    axes: Iterable[Axes] | None = None,
    *,
    sweeps: Iterable[int] | None = None,
    precision: float = 4.0,
) -> np.ndarray:
    """Draw the potentials of a recording and of a model, their spikes, and the current.

    Parameters
    ----------
    data, response : Response
        With ``traces`` (``neuron``, ``t_ms`` and the membrane potential, ``v_mV`` or what the model
        calls it; the recording's ``I`` is drawn below if it is there) and ``spikes``, as
        `excitable.protocols.read_recording` and `excitable.protocols.response` give them; sweep and
        cell of the same number belong together.
    axes : sequence of Axes, optional
        One for each sweep, and one for the current if it is known; a new figure by default.
    sweeps : iterable of int, optional
        Which to draw; default: the first four.
    precision : float or Quantity
        Of the coincidence factor that stands above each panel, ms.

    Returns
    -------
    ndarray of Axes

    Notes
    -----
    A spike is where its own threshold is crossed: in models with a slow upstroke, as Izhikevich's,
    a threshold of 30 mV lies milliseconds behind the -20 mV of `detect_spikes`. Read the recording
    with ``above=`` the model's threshold then.

    Raises
    ------
    ValueError
        For missing columns, sweeps that one of the two does not have, and another number of axes.

    Examples
    --------
    >>> import pandas as pd
    >>> from types import SimpleNamespace
    >>> traces = pd.DataFrame({"neuron": 0, "t_ms": [0.0, 1.0, 2.0], "v_mV": [-65.0, 0, -65]})
    >>> run = SimpleNamespace(traces=traces, spikes=pd.DataFrame({"neuron": [0], "t_ms": [1.0]}))
    >>> [ax.get_ylabel() for ax in plot_comparison(run, run)]
    ['membrane potential (mV)']
    """
    for one in (data, response):
        require_columns(one.traces, "neuron", "t_ms", needed_by="plot_comparison")
    columns = [potential_column(one.traces) for one in (data, response)]
    measured, computed = dict(by_neuron(data.traces)), dict(by_neuron(response.traces))
    chosen = list(measured)[:_MOST] if sweeps is None else list(sweeps)
    for sweep in chosen:
        if sweep not in measured or sweep not in computed:
            raise InputError(
                f"sweep {sweep} is not in both: the recording has {[*map(int, measured)]}, the "
                f"response {[*map(int, computed)]}; run one cell for each sweep"
            )
    with_current = "I" in data.traces
    axes = _new_axes(len(chosen), with_current) if axes is None else np.ravel(axes)
    if len(axes) != len(chosen) + with_current:
        raise InputError(
            f"axes: expected {len(chosen) + with_current}, one for each sweep"
            + (" and one for the current" if with_current else "")
            + f", got {len(axes)}; choose the sweeps by sweeps="
        )
    for sweep, ax in zip(chosen, axes, strict=False):
        rows = measured[sweep], computed[sweep]
        trains = [one.spikes[one.spikes["neuron"] == sweep]["t_ms"] for one in (data, response)]
        _overlay(ax, rows, columns, trains)
        ax.set_title(
            f"sweep {sweep}: {_agreement(trains, rows[0], precision)}", loc="right", fontsize=8
        )
        if with_current:
            axes[-1].plot(rows[0]["t_ms"], rows[0]["I"], color=GREY, linewidth=0.9)
    if with_current:
        axes[-1].set(ylabel=unit_label("input $I$", input_unit(data.traces)))
    axes[len(chosen) // 2 - (len(chosen) % 2 == 0)].set_ylabel(axis_label("v_mV"))
    axes[-1].set_xlabel("time (ms)")
    axes[0].figure.align_ylabels(list(axes))
    legend_below(axes)
    return axes


def _new_axes(count: int, with_current: bool) -> np.ndarray:
    heights = [1.6] * count + [0.9] * with_current
    size = (COLUMN_WIDTH, 1.0 + sum(heights))
    return np.atleast_1d(new_axes(len(heights), sharex=True, size=size, height_ratios=heights))


def _overlay(ax, sweeps, columns, trains) -> None:
    """Draw one sweep of both: the potentials, and the trains as ticks above them."""
    looks = (
        {"color": BLACK, "label": "recording"},
        {"color": VERMILION, "alpha": 0.9, "label": "model"},
    )
    for rows, v, look in zip(sweeps, columns, looks, strict=True):
        ax.plot(rows["t_ms"], rows[v], linewidth=0.9, **look)
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + 0.22 * (high - low))
    for times, colour, height in zip(trains, (BLACK, VERMILION), (0.96, 0.87), strict=True):
        ax.plot(
            times,
            np.full(len(times), height),
            transform=ax.get_xaxis_transform(),
            linestyle="none",
            marker="|",
            markersize=6,
            color=colour,
            gid="spikes",
        )
    ax.margins(x=0.01)


def _agreement(trains, measured, precision: float) -> str:
    """Return how many spikes there are and how far they coincide, in words."""
    t = measured["t_ms"].to_numpy()
    counts = f"{len(trains[0])} and {len(trains[1])} spikes"
    try:
        gamma = coincidence_factor(*trains, t[0], 2 * t[-1] - t[-2], precision=precision)
    except InputError:  # at this rate chance explains all
        return f"{counts}, $\\Gamma$ undefined at {precision:g} ms"
    return "both silent" if np.isnan(gamma) else f"{counts}, $\\Gamma$ = {gamma:.2f}"
