"""The figures of the study of digits, drawn from its tables and trainings."""

import numpy as np
import pandas as pd

from ...analysis.plots import (
    CYCLE,
    label_panels,
    legend_beside,
    new_axes,
    plot_confusion,
    plot_history,
    use_style,
)
from .measure import OF_BASE

GREY = "0.45"


@use_style()
def draw_examples(split):
    axes = new_axes(2, 10, size=(6.5, 1.6))
    for digit, column in enumerate(axes.T):
        for ax, image in zip(column, split.X[split.y == digit][:2], strict=True):
            ax.imshow(image.reshape(8, 8), cmap="gray_r")
            ax.set(xticks=[], yticks=[])
    return axes[0, 0].figure


def _mean(runs) -> pd.DataFrame:
    tables = [run.trained.history for run in runs]
    return sum(tables[1:], tables[0]) / len(tables)


@use_style()
def draw_question(question: str, runs: dict):
    """Draw loss and accuracy over epochs for the base and each other answer to a question."""
    shown = {f"{OF_BASE[question]} (base)": runs["base", ""]}
    shown |= {answer: found for (name, answer), found in runs.items() if name == question}
    left, right = new_axes(1, 2, size=(6.5, 2.5))
    for colour, (label, found) in zip(CYCLE, shown.items(), strict=False):
        mean = _mean(found)
        plot_history(mean, left, label=label, color=colour)
        plot_history(mean, right, column="accuracy", label=label, color=colour, scale=100)
    for ax in (left, right):
        for k, line in enumerate(ax.lines):
            line.set_zorder(
                3 - k / 100
            )  # a longer training begins as the base does; the base on top
    left.set(yscale="log", ylabel="loss")
    right.set(ylabel="accuracy (%)", ylim=(0, 103))
    legend_beside(right, title=question)
    return left.figure


@use_style()
def draw_confusions(matrices: dict[str, np.ndarray]):
    axes = new_axes(1, len(matrices), size=(6.5, 3.4))
    for ax, (title, matrix) in zip(axes, matrices.items(), strict=True):
        plot_confusion(matrix, range(10), ax)
        ax.set_title(title)
    label_panels(axes)
    return axes[0].figure


@use_style()
def draw_activations(table: pd.DataFrame):
    ax = new_axes(size=(5.2, 2.3))
    names = list(dict.fromkeys(table["activation"]))
    for k, name in enumerate(names):
        rows = table.loc[table["activation"] == name, "test_accuracy_percent"]
        y = len(names) - 1 - k
        ax.plot(rows, np.full(len(rows), y), "o", color=CYCLE[0], markersize=3, alpha=0.5)
        ax.plot(rows.mean(), y, "|", color="black", markersize=12)
    ax.set_yticks(range(len(names)), names[::-1])
    ax.set(xlabel="accuracy on the test set (%)")
    return ax.figure


@use_style()
def draw_spiking(table: pd.DataFrame, names: dict):
    """Draw accuracy over spikes and time, a line for each way, means over seeds."""
    axes = new_axes(1, 2, size=(6.5, 2.9), sharey=True)
    groups = table.groupby(["way", "cells_per_unit"], sort=False)
    for k, (key, rows) in enumerate(groups):
        mean = rows.groupby("t_ms")[["accuracy", "spikes_per_decision"]].mean()
        x = (mean["spikes_per_decision"], mean.index)
        for ax, values in zip(axes, x, strict=True):
            ax.plot(values, 100 * mean["accuracy"], ".-", color=CYCLE[k], label=names[key])
    axes[0].set(xlabel="spikes per decision", ylabel="accuracy in spikes (%)", xscale="log")
    axes[0].set(ylim=(89, 99), xlim=(4, None))
    axes[1].set(xlabel="presentation (ms)", xlim=(0, 102))
    for spikes in (65, 130):
        axes[0].axvline(spikes, color=GREY, linestyle=":", linewidth=0.8)
    legend_beside(axes[1])
    label_panels(axes)
    return axes[0].figure


@use_style()
def draw_deep(tables: dict[str, pd.DataFrame]):
    ax = new_axes(size=(5.6, 2.8))
    for colour, (label, table) in zip(CYCLE, tables.items(), strict=False):
        ax.plot(table["t_ms"], 100 * table["accuracy"], ".-", color=colour, label=label)
        ax.axhline(100 * table["accuracy_of_rates"].iloc[0], color=colour, linestyle="--",
                   linewidth=0.8)  # fmt: skip
    ax.set(xlabel="presentation (ms)", ylabel="accuracy (%)", ylim=(0, 101))
    legend_beside(ax)
    return ax.figure
