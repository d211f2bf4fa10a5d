"""The figures of the study of the perceptron, drawn from its tables."""

import numpy as np
import pandas as pd

from ...analysis import Perceptron
from ...analysis.plots import (
    CYCLE,
    label_panels,
    new_axes,
    plot_confusion,
    use_style,
)
from .measure import GATES, INPUTS

GREY = "0.45"


@use_style()
def draw_gates(found: dict[str, Perceptron]):
    """Draw each gate with the lines between the passes, the last one dark."""
    axes = new_axes(1, 4, size=(6.5, 2.1), sharey=True)
    side = np.array([-0.6, 1.6])
    for ax, (gate, rule) in zip(axes, found.items(), strict=True):
        last = rule.history.iloc[-7:]
        for k, row in enumerate(last.itertuples(), 1):
            shade = {"color": "black" if k == len(last) and rule.converged else "0.75"}
            if row.w_2:
                ax.plot(side, -(row.bias + row.w_1 * side) / row.w_2, linewidth=1, **shade)
            elif row.w_1:
                ax.axvline(-row.bias / row.w_1, linewidth=1, **shade)
        for label, marker in ((0, "o"), (1, "^")):
            shown = INPUTS[np.array(GATES[gate]) == label]
            ax.plot(*shown.T, marker, color=CYCLE[label], markersize=7)
        how = f"{rule.mistakes} corrections" if rule.converged else "never ends"
        ax.set_title(f"{gate}: {how}", fontsize=8.5)
        ax.set(aspect="equal", xlim=side, ylim=side, xticks=(0, 1), yticks=(0, 1), xlabel="$x_1$")
    axes[0].set_ylabel("$x_2$")
    return axes[0].figure


@use_style()
def draw_losses(table: pd.DataFrame):
    axes = new_axes(1, 2, size=(6.5, 2.4))
    for colour, (name, rows) in zip(CYCLE, table.groupby("loss", sort=False), strict=False):
        axes[0].plot(rows["score"], rows["value"], color=colour, label=name)
        axes[1].plot(rows["score"], -rows["slope"], color=colour)
    axes[0].set(xlabel="score of a sample of class 1", ylabel="loss", ylim=(0, 4))
    axes[1].set(xlabel="score of a sample of class 1", ylabel="push upwards", ylim=(0, None))
    axes[0].legend()
    label_panels(axes)
    return axes[0].figure


@use_style()
def draw_confusion(X, y, rule: Perceptron, matrix: np.ndarray):
    left, right = new_axes(1, 2, size=(6.2, 2.7))
    side = np.array([-0.9, 1.9])
    for label, marker in ((0, "o"), (1, "^")):
        left.plot(*X[y == label].T, marker, color=CYCLE[label], markersize=2.5)
    left.plot(side, -(rule.bias + rule.weights[0] * side) / rule.weights[1], color="black")
    left.set(aspect="equal", xlim=side, ylim=side, xlabel="$x_1$", ylabel="$x_2$")
    plot_confusion(matrix, ["no", "yes"], right)
    label_panels(np.array([left, right]))
    return left.figure


@use_style()
def draw_cells(table: pd.DataFrame, spikes: pd.DataFrame):
    """Draw the spikes of each gate's cells, a row for each pair of inputs."""
    axes = new_axes(1, 4, size=(6.5, 2.3), sharey=True)
    for ax, gate in zip(axes, GATES, strict=True):
        mine = spikes[spikes["gate"] == gate]
        last = mine["layer"].max()
        for sample in range(4):
            y = 3 - sample
            for k, (name, offset) in enumerate((("hidden", 0.18), ("answer", -0.18))):
                if name == "hidden" and last == 1:
                    continue
                layer = mine[(mine["layer"] == (last if name == "answer" else 1))]
                for unit, rows in layer[layer["sample"] == sample].groupby("unit"):
                    at = y + (0 if last == 1 else offset + (0.12 * unit if not k else 0))
                    colour = CYCLE[1] if name == "answer" else CYCLE[2 + unit]
                    ax.vlines(rows["t_ms"], at - 0.05, at + 0.05, color=colour, linewidth=0.9)
        ax.set(xlim=(0, 100), ylim=(-0.5, 3.5), xlabel="time (ms)", title=gate)
        ax.set_yticks(range(4), [f"{a} {b}" for a, b in INPUTS[::-1]])
        ax.tick_params(axis="y", length=0)
    axes[0].set_ylabel("inputs")
    return axes[0].figure
