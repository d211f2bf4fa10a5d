"""The figures of the study of circles, drawn from its tables and networks."""

import numpy as np
import pandas as pd

from ...analysis.plots import (
    CYCLE,
    label_panels,
    legend_beside,
    new_axes,
    plot_decision,
    plot_history,
    use_style,
)

GREY = "0.45"


@use_style()
def draw_decisions(split, networks: dict):
    """Draw regions of decision, a panel for each network by title."""
    axes = np.atleast_1d(new_axes(1, len(networks), size=(6.5, 3.0)))
    for ax, (title, trained) in zip(axes, networks.items(), strict=True):
        plot_decision(trained.network, split.X_test, split.y_test, ax)
        last = trained.history.iloc[-1]
        ax.set_title(
            f"{title}\n{100 * last['accuracy']:.4g} % / {100 * last['validation_accuracy']:.4g} %",
            fontsize=8.5,
        )
    for ax in axes[1:]:
        ax.set(ylabel="", yticklabels=[])
    return axes[0].figure


@use_style()
def draw_losses(restarts: dict):
    sizes = [units for _, units in restarts]
    axes = new_axes(1, len(sizes), size=(6.5, 2.4), sharey=True)
    for ax, ((_, units), found) in zip(axes, restarts.items(), strict=True):
        for trained, right in zip(
            found.trained[:30], found.table["accuracy"][:30] == 1, strict=True
        ):
            plot_history(
                trained.history[["epoch", "loss"]], ax, color=CYCLE[0] if right else CYCLE[1]
            )
            ax.lines[-1].set(linewidth=0.6, alpha=0.7)
        ax.set(yscale="log", ylim=(1e-5, 5), title=f"{units} units", xlabel="iteration", ylabel="")
    axes[0].set_ylabel("loss (training set)")
    return axes[0].figure


@use_style()
def draw_success(rates: pd.DataFrame):
    names = list(dict.fromkeys(rates["activation"]))
    axes = new_axes(1, 2, size=(6.5, 2.5), sharey=True)
    for ax, units in zip(axes, (3, 5), strict=True):
        rows = rates[rates["units"] == units].set_index("activation").loc[names]
        y = np.arange(len(names))[::-1]
        ax.hlines(y, 100 * rows["low"], 100 * rows["high"], color=CYCLE[0], linewidth=2)
        ax.plot(100 * rows["success"], y, "o", color=CYCLE[0])
        ax.set_yticks(y, names)
        ax.set(xlim=(-3, 103), xlabel="restarts that succeed (%)", title=f"{units} units")
        ax.grid(axis="x", linewidth=0.4, color="0.85")
    return axes[0].figure


@use_style()
def draw_curves(table: pd.DataFrame):
    ax = new_axes(size=(5.6, 2.9))
    for colour, (name, rows) in zip(CYCLE, table.groupby("cell", sort=False), strict=False):
        ax.plot(rows["x"], rows["activity"], color=colour, label=name)
    x = np.array([-0.5, 0, 3])
    ax.plot(x, np.maximum(x, 0), "--", color="black", linewidth=0.8, label="ReLU")
    ax.set(xlim=(-0.5, 3), ylim=(-0.05, 3), xlabel="input $x$", ylabel="activity")
    legend_beside(ax)
    return ax.figure


@use_style()
def draw_spiking(table: pd.DataFrame):
    axes = new_axes(1, 2, size=(6.5, 2.9), sharey=True)
    groups = table.groupby(["cell", "units", "cells_per_unit"], sort=False)
    for k, ((cell, units, n), rows) in enumerate(groups):
        label = f"{cell}, {units} units" + (f" of {n} cells" if n > 1 else "")
        for ax, x in zip(axes, ("t_ms", "spikes_per_decision"), strict=True):
            ax.plot(
                rows[x].clip(lower=0.1), 100 * rows["accuracy"], ".-" if n == 1 else ".--",
                color=CYCLE[k % len(CYCLE)], label=label,
            )  # fmt: skip
    axes[0].set(xlabel="presentation (ms)", ylabel="accuracy in spikes (%)", xscale="log")
    axes[1].set(xlabel="spikes per decision", xscale="log")
    ticks = (5, 10, 20, 50, 100, 200)
    axes[0].set_xticks(ticks, map(str, ticks))
    axes[0].set_xticks([], minor=True)
    legend_beside(axes[1])
    label_panels(axes)
    return axes[0].figure


@use_style()
def draw_conversions(table: pd.DataFrame, names: dict[str, str]):
    axes = new_axes(1, 2, size=(6.5, 2.2), sharey=True)
    for k, scaling in enumerate(names):
        rows = table[table["scaling"] == scaling]
        y = len(names) - 1 - k + np.linspace(-0.18, 0.18, len(rows))
        for ax, column in zip(axes, ("activity_error", "accuracy"), strict=True):
            ax.plot(100 * rows[column], y, "o", markersize=3, color=CYCLE[k], alpha=0.7)
    axes[0].set_yticks(range(len(names)), list(names.values())[::-1])
    axes[0].set(xlabel="error of the activities (% of the largest)", xlim=(0, None))
    axes[1].set(xlabel="accuracy in spikes (%)")
    label_panels(axes)
    return axes[0].figure
