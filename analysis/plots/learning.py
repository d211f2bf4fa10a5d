"""Classifiers: what they learned, how, and where they err."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from .style import CYCLE, GREY, new_axes, use_style

PALE = ListedColormap(["#D6E8F5", "#FBE3D0"])


@use_style()
def plot_decision(network, X, y, ax: Axes | None = None, *, size: float = 1.4) -> Axes:
    """Plot samples of two features over the regions in which a classifier decides.

    Parameters
    ----------
    network
        With ``scores(X)``, one output for two classes.
    X : array, shape (samples, 2)
    y : array, shape (samples,)
        0 or 1.
    ax : Axes, optional
    size : float
        Half the side of what is shown.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from excitable.analysis import FeedForward, ReLU
    >>> from excitable.analysis.plots import close_figure
    >>> xor = FeedForward([[[1, 1], [1, 1]], [[1], [-2]]], [[0, -1], [-0.5]], ReLU())
    >>> ax = plot_decision(xor, np.array([[0, 0], [0, 1]]), np.array([0, 1]))
    >>> close_figure(ax.figure)
    """
    ax = new_axes(size=(3.2, 3.2)) if ax is None else ax
    side = np.linspace(-size, size, 201)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    scores = network.scores(grid)[:, 0].reshape(201, 201)
    ax.contourf(side, side, scores > 0, levels=(-0.5, 0.5, 1.5), cmap=PALE)
    ax.contour(side, side, scores, levels=(0,), colors=GREY, linewidths=0.8)
    for label, marker in ((0, "o"), (1, "^")):
        shown = X[np.asarray(y) == label]
        ax.plot(*shown.T, marker, color=CYCLE[label], markersize=2.5, markeredgewidth=0)
    ax.set(aspect="equal", xlim=(-size, size), ylim=(-size, size))
    ax.set(xlabel="$x_1$", ylabel="$x_2$")
    return ax


@use_style()
def plot_history(
    history: pd.DataFrame, ax: Axes | None = None, *, column: str = "loss", label: str = "",
    color=None, scale: float = 1.0,
) -> Axes:  # fmt: skip
    """Plot a column of a training's history: solid of the training data, dashed of the others.

    Parameters
    ----------
    history : DataFrame
        Of `excitable.analysis.train`.
    ax : Axes, optional
    column : {"loss", "accuracy"}
    label : str
    color : optional
    scale : float
        By which the values are multiplied.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from excitable.analysis.plots import close_figure
    >>> history = pd.DataFrame({"epoch": [0, 1], "loss": [2.0, 1.0]})
    >>> close_figure(plot_history(history).figure)
    """
    ax = new_axes() if ax is None else ax
    color = CYCLE[0] if color is None else color
    ax.plot(history["epoch"], scale * history[column], color=color, label=label or None)
    if f"validation_{column}" in history:
        ax.plot(history["epoch"], scale * history[f"validation_{column}"], "--", color=color)
    ax.set(xlabel="epoch", ylabel=column)
    return ax


@use_style()
def plot_confusion(matrix: np.ndarray, classes: Sequence, ax: Axes | None = None) -> Axes:
    """Plot a confusion matrix, right decisions and errors in shades of their own.

    Parameters
    ----------
    matrix : array of int, shape (classes, classes)
        Rows are true, columns found.
    classes : sequence
    ax : Axes, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> from excitable.analysis.plots import close_figure
    >>> close_figure(plot_confusion(np.array([[5, 0], [1, 4]]), ["no", "yes"]).figure)
    """
    matrix = np.asarray(matrix)
    ax = new_axes(size=(4.2, 4.0)) if ax is None else ax
    right = np.eye(len(matrix), dtype=bool)
    for part, colours, high in (
        (right, "Blues", 1.6 * matrix.max()),
        (~right, "Oranges", max(2.0, 1.5 * matrix[~right].max(initial=0))),
    ):
        shown = np.ma.masked_where(~part | (matrix == 0), matrix)
        ax.imshow(shown, cmap=colours, vmin=0, vmax=high)
    for (i, j), count in np.ndenumerate(matrix):
        if count:
            ax.text(j, i, str(count), ha="center", va="center", fontsize=8)
    ticks = np.arange(len(matrix))
    ax.set_xticks(ticks, [str(c) for c in classes])
    ax.set_yticks(ticks, [str(c) for c in classes])
    ax.tick_params(length=0)
    ax.set(xlabel="found", ylabel="true")
    return ax
