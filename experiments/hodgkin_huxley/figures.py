"""The figures of the Hodgkin-Huxley study, drawn from its tables."""

import numpy as np
import pandas as pd

from ...analysis.plots import (
    CYCLE,
    axis_label,
    label_panels,
    legend_beside,
    new_axes,
    plot_convergence,
    plot_currents,
    plot_fi,
    plot_gates,
    plot_onset,
    plot_stimulus_response,
    plot_trace,
    unit_label,
    use_style,
)
from ...dynamics import steady_current
from ...models import HODGKIN_HUXLEY, TRAUB_MILES
from ..formatting import signed
from .common import CRITERION, CURRENT_COLUMNS, PATHS

GREY, RED = "0.45", CYCLE[1]


@use_style()
def draw_action_potential(traces: pd.DataFrame):
    axes = new_axes(3, sharex=True, size=(6.5, 6))
    plot_trace(traces, axes[0])
    axes[0].axvspan(2, 4, color="0.85", linewidth=0)
    plot_gates(traces, ("m", "h", "n"), axes[1])
    plot_currents(traces, CURRENT_COLUMNS, axes[2])
    for ax in axes[:2]:
        ax.set_xlabel("")
    axes[0].figure.align_ylabels(axes)
    label_panels(axes)
    return axes[0].figure


@use_style()
def draw_convergence(errors: pd.DataFrame):
    return plot_convergence(
        errors, error="error_ms", error_label="error of the spike time (ms)"
    ).figure


@use_style()
def draw_work(errors: pd.DataFrame):
    ax = new_axes(size=(5.4, 3.2))
    for (method, rows), marker, colour in zip(
        errors.groupby("method", sort=False), "os", CYCLE, strict=False
    ):
        plot_onset(
            rows, ax, x="evaluations_per_ms", y="error_ms",
            label=method, marker=marker, color=colour,
        )  # fmt: skip
    ax.set(
        xscale="log",
        yscale="log",
        xlabel="evaluations of the right-hand side (per ms)",
        ylabel="error of the spike time (ms)",
    )
    ticks = (20, 50, 100, 200, 400)
    ax.set_xticks(ticks, map(str, ticks))
    ax.set_xticks([], minor=True)
    ax.axhline(1e-3, color=GREY, linestyle="--", linewidth=0.8)
    return ax.figure


@use_style()
def draw_euler(euler, exact):
    axes = new_axes(2, size=(6.5, 4.6))
    solid = pd.DataFrame({"t_ms": exact.t_ms, "v_mV": exact.traces["v"][0] * 1e3})
    rough = pd.DataFrame({"t_ms": euler.t_ms, "v_mV": euler.traces["v"][0] * 1e3})
    for ax, (end, marker) in zip(axes, ((30, None), (5, ".")), strict=True):
        plot_trace(
            rough[rough["t_ms"] < end], ax, label=f"Euler, {euler.dt_ms:g} ms",
            color=RED, marker=marker, linewidth=0.8,
        )  # fmt: skip
        plot_trace(solid[solid["t_ms"] < end], ax, label="reference", color="black")
        ax.axhline(CRITERION, color=GREY, linestyle=":", linewidth=0.8, label="spike criterion")
        legend_beside(ax)
    label_panels(axes)
    return axes[0].figure


@use_style()
def draw_fi(squid: pd.DataFrame, pyramid: pd.DataFrame, fold: float):
    axes = new_axes(1, 3, size=(6.5, 2.7), width_ratios=(1.1, 1.1, 1))
    plot_fi(squid[squid["I"] <= 50], axes[0])
    plot_fi(pyramid, axes[1])
    onset = pyramid[pyramid["rate_Hz"] > 0].head(4)
    squared = onset.assign(I=1e3 * onset["I"], squared=onset["rate_Hz"] ** 2, I_unit="pA")
    plot_onset(squared, axes[2], x="I", y="squared", linestyle="none")
    axes[2].axvline(1e3 * fold, color=GREY, linestyle=":", linewidth=0.8)
    axes[2].set(ylabel="squared firing rate (Hz²)", ylim=(0, None))
    axes[1].set_ylabel("")
    label_panels(axes)
    return axes[0].figure


@use_style()
def draw_steady_currents(fold: tuple[float, float]):
    axes = new_axes(1, 2, size=(6.5, 2.8))
    v = np.linspace(-70, -55, 301)
    for ax, model, scale, unit in zip(
        axes, (HODGKIN_HUXLEY, TRAUB_MILES), (1, 1e3), ("uA/cm**2", "pA"), strict=True
    ):
        current = scale * steady_current(model, v)
        table = pd.DataFrame({"v_mV": v, "I": current, "I_unit": unit})
        plot_onset(table, ax, x="v_mV", y="I", marker="none")
        ax.axhline(0, color=GREY, linewidth=0.6)
        ax.set_ylabel(unit_label("steady-state current", unit))
        ax.set_xticks((-70, -65, -60, -55))
    axes[1].plot(fold[1], 1e3 * fold[0], "o", color=RED)
    axes[1].set_ylim(-60, 40)
    label_panels(axes)
    return axes[0].figure


@use_style()
def draw_criterion(squid: pd.DataFrame, swing: pd.DataFrame, hopf: dict[str, float]):
    upper, lower = axes = new_axes(2, sharex=True, size=(6.5, 4.4))
    for colour, (criterion, rows) in zip(CYCLE, squid.groupby("V_spike"), strict=False):
        dashes = "--" if criterion == CRITERION else "-"
        name = f"{signed(criterion, 0)} mV"
        plot_fi(rows, upper, label=name, color=colour, linestyle=dashes)
        lower.axhline(criterion, color=colour, linestyle="--", linewidth=0.8)
    legend_beside(upper, title="a spike crosses")
    for column, label in (("highest_mV", "highest"), ("lowest_mV", "lowest")):
        plot_onset(swing, lower, x="I", y=column, color="black", marker=".", label=label)
        lower.lines[-1].set_linestyle("-" if label == "highest" else ":")
    legend_beside(lower)
    upper.set_xlabel("")
    lower.set_ylabel(axis_label("v_mV"))
    for current in hopf.values():
        for ax in axes:
            ax.axvline(current, color=GREY, linestyle=":", linewidth=0.8)
    label_panels(axes)
    return upper.figure


@use_style()
def draw_paths(traces: pd.DataFrame):
    axes = new_axes(6, sharex=True, size=(6.5, 6.4), height_ratios=(2.2, 1) * 3)
    for k, path in enumerate(PATHS):
        rows = traces[traces["path"] == path]
        upper, lower = plot_stimulus_response(rows, (axes[2 * k], axes[2 * k + 1]))
        upper.set(ylabel="$V$ (mV)", ylim=(-80, 50))
        upper.set_title(path)
        lower.set(ylabel="$I$ (µA/cm²)", ylim=(-1, 22), xlabel="time (ms)" if k == 2 else "")
    axes[0].figure.align_ylabels(axes)
    label_panels(axes[::2])
    return axes[0].figure


@use_style()
def draw_hysteresis(table: pd.DataFrame, bistable: tuple[float, float]):
    ax = new_axes(size=(6.5, 3.2))
    looks = {PATHS[0]: ("o", 7), PATHS[1]: ("^", 5), PATHS[2]: ("v", 4)}
    for colour, (path, (marker, size)) in zip(CYCLE, looks.items(), strict=False):
        face = {"markerfacecolor": "none"} if path == PATHS[0] else {}
        plot_fi(
            table[table["path"] == path], ax, label=path,
            color=colour, marker=marker, markersize=size, linewidth=0.8, **face,
        )  # fmt: skip
    names = (("fold of cycles", "left", 3), ("Hopf point", "right", -3))  # between them, off curves
    for current, (name, side, away) in zip(bistable, names, strict=True):
        ax.axvline(current, color=GREY, linestyle=":", linewidth=0.8)
        ax.annotate(name, (current, 8), xytext=(away, 0), textcoords="offset points", ha=side,
                    color=GREY)  # fmt: skip
    return ax.figure


@use_style()
def draw_switched(traces: pd.DataFrame):
    upper, _ = plot_stimulus_response(traces)
    return upper.figure


@use_style()
def draw_pulses(pulses: pd.DataFrame, switch: pd.Series):
    ax = new_axes(size=(5.0, 3.4))
    grid = pulses.pivot_table(index="amplitude", columns="phase_ms", values="off").sort_index()
    ax.pcolormesh(grid.columns, grid.index, grid, cmap="Blues", vmin=0, vmax=1.3, shading="nearest")
    ax.plot(switch["phase_ms"], switch["amplitude"], "o", markerfacecolor="none", color=RED)
    ax.axhline(0, color=GREY, linewidth=0.6)
    ax.set(
        xlabel="start of the pulse after the last spike (ms)",
        ylabel=unit_label("amplitude", "uA/cm**2"),
    )
    return ax.figure
