"""The figures of the practical, drawn from its tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...analysis import lif_rate
from ...analysis.plots import (
    CYCLE,
    label_panels,
    legend_beside,
    new_axes,
    plot_fi,
    plot_onset,
    plot_raster,
    plot_residuals,
    plot_stimulus_response,
    plot_trace,
    use_style,
)
from .common import DT_MS, VALUE, rheobase_nA
from .measure import formula


def passive_figure(found: pd.DataFrame, expected: np.ndarray):
    above, below = new_axes(2, sharex=True, size=(6.5, 4.2), height_ratios=(1.6, 1))
    every = found.iloc[:: round(4 / DT_MS)]
    plot_trace(found, above, y="exact_mV", label="exact", color="black")
    marks = {"linestyle": "none", "marker": "o", "color": CYCLE[0]}
    label = f"Runge–Kutta,\n$\\Delta t$ = {DT_MS:g} ms"
    plot_trace(every, above, label=label, **marks)
    above.set(xlabel="")
    # In units that keep the axis free of an offset in its corner.
    scaled = pd.DataFrame(
        {"t_ms": found["t_ms"], "error": found["error_mV"] * 1e12, "expected": expected * 1e12}
    )
    y_label = "error ($10^{-12}$ mV)"
    plot_trace(scaled, below, y="error", label="Runge–Kutta − exact", color=CYCLE[0])
    plot_trace(scaled, below, y="expected", label="predicted", y_label=y_label, color="black",
               linestyle="--", linewidth=0.8)  # fmt: skip
    above.figure.align_ylabels([above, below])
    label_panels([above, below])
    return above.figure


def fi_figure(table: pd.DataFrame, left: dict[str, pd.DataFrame]):
    axes = new_axes(3, sharex=True, size=(6.5, 6.6), height_ratios=(2, 1.2, 0.8))
    plot_fi(table, axes[0], closed_form=lambda I: formula(lif_rate, I), label="intervals, located")
    plot_fi(table, axes[0], rate="first_spike_rate_Hz", label="first spike, on the grid",
            linestyle="none", marker="x", markersize=3.5, color=CYCLE[3])  # fmt: skip
    positive = table[table["asymptote_Hz"] > 0]
    plot_fi(positive, axes[0], rate="asymptote_Hz", label="asymptote", marker="none",
            linestyle="--", color=CYCLE[1])  # fmt: skip
    axes[0].set_ylabel("firing rate (Hz)")
    for way, rows, colour in zip(left, left.values(), (CYCLE[0], CYCLE[2], CYCLE[3]), strict=True):
        plot_residuals(rows, axes[1], label=way, color=colour)
    f = formula(lif_rate, table["I"])
    for sign in (-1, 1):
        bound = f / (1 - sign * f * DT_MS / 1000) - f
        name = "one step per interval" if sign > 0 else None
        plot_residuals(table.assign(bound_Hz=bound), axes[1], y="bound_Hz", label=name,
                       marker="none", color="grey", linestyle=":", linewidth=1)  # fmt: skip
    axes[1].set_ylabel("residual (Hz)")
    gap = table["asymptote_Hz"] - table["formula_Hz"]
    above = table.assign(gap_Hz=gap)[table["I"] > rheobase_nA()]
    plot_residuals(above, axes[2], y="gap_Hz", label="asymptote − formula", color=CYCLE[1])
    axes[2].set_ylabel("residual (Hz)")
    for ax in axes[:2]:
        ax.set_xlabel("")
    axes[0].figure.align_ylabels(axes)
    label_panels(axes)
    return axes[0].figure


def draw_until(found, until_ms: float):
    """Draw the beginning of a response."""
    traces = found.traces[found.traces["t_ms"] <= until_ms]
    spikes = found.spikes[found.spikes["t_ms"] <= until_ms]
    upper, _ = plot_stimulus_response(traces, spikes=spikes)
    with use_style():
        upper.axhline(VALUE["V_th"], color="grey", linestyle="--", linewidth=0.9)
    return upper.figure


def cycles_figure(spikes: np.ndarray, period: float):
    cycle, time = np.divmod(spikes, period)
    table = pd.DataFrame({"neuron": cycle.astype(int) + 1, "t_ms": time})
    ax = plot_raster(table)
    ax.set(xlabel="time since the maximum of the current (ms)", ylabel="cycle", xlim=(0, period))
    return ax.figure


def lags_figure(lags: pd.DataFrame):
    ax = new_axes(size=(6.5, 2.4))
    plot_onset(lags, ax, x="lag_s", y="recurring", linestyle="none", marker=".")
    with use_style():
        ax.axhline(1.0, color="grey", linestyle="--", linewidth=0.9, label="periodic")
    legend_beside(ax)
    ax.set(ylabel="recurring spikes (fraction)", ylim=(0, 1.05))
    return ax.figure
