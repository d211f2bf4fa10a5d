"""`train`: fit a feed-forward classifier by gradient descent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from ...errors import InputError
from ...models.checks import check_count, check_name
from ...plain_checks import check_number, check_seed
from ...progress import bar
from .activations import Activation, ReLU, check_activation
from .data import check_labels, check_samples, check_training
from .feedforward import FeedForward, loss_and_gradient, scores_of
from .losses import loss_named

OPTIMISERS = ("adam", "sgd", "lbfgs")
# Kingma & Ba 2015, algorithm 1
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


@dataclass(frozen=True)
class Trained:
    """What training gives.

    Attributes
    ----------
    network : FeedForward
    history : DataFrame
        One row per epoch (`lbfgs`: per iteration), beginning before the first: ``epoch``,
        ``loss``, ``accuracy`` and, with validation data, ``validation_loss`` and
        ``validation_accuracy``, all without dropout. ``attrs`` says how to redo it.
    """

    network: FeedForward
    history: pd.DataFrame


def train(
    X,
    y,
    hidden: Sequence[int] = (128, 64),
    activation: Activation | None = None,
    *,
    loss: str = "cross_entropy",
    optimiser: str = "adam",
    learning_rate: float = 1e-3,
    batch: int | None = 256,
    epochs: int = 30,
    dropout: float = 0.0,
    l2: float = 0.0,
    validation: tuple | None = None,
    seed: int = 0,
) -> Trained:
    """Train a classifier with hidden layers of one activation and a linear read-out.

    Parameters
    ----------
    X : array_like, shape (samples, ...)
        Images and other arrays are taken as rows of features.
    y : array_like, shape (samples,)
        Labels. Two classes give one output and the logistic loss, more a softmax.
    hidden : sequence of int
        Units of each hidden layer.
    activation : Activation
        `ReLU` (the default), `Logistic`, or the `RateCurve` of a cell.
    loss : {"cross_entropy", "squared_error"}
    optimiser : {"adam", "sgd", "lbfgs"}
        Adam (Kingma & Ba 2015) and plain gradient descent work on mini-batches; L-BFGS (scipy)
        on all samples at once, without dropout.
    learning_rate : float
        Of Adam and gradient descent.
    batch : int or None
        Samples in a mini-batch; None for all.
    epochs : int
        Passes through the data; of `lbfgs` the most iterations.
    dropout : float
        Probability that a hidden unit is left out for a sample; the others are scaled up
        (Srivastava et al. 2014).
    l2 : float
        ``l2/2`` times the sum of the squared weights (not biases) is added to the loss.
    validation : (X, y), optional
        Data that are only looked at.
    seed : int
        Decides starting weights, batches and dropout.

    Returns
    -------
    Trained

    Raises
    ------
    ValueError
        For data without labels, not finite or of one class, an activation that falls, and
        arguments that make no sense.

    Notes
    -----
    Weights start as normal numbers of variance 2/inputs (He et al. 2015), biases at 0.

    Examples
    --------
    >>> from excitable.analysis import Logistic, train
    >>> X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> xor = train(X, [0, 1, 1, 0], (4,), Logistic(), optimiser="lbfgs", epochs=200, seed=1)
    >>> xor.network.predict(X).tolist()
    [0, 1, 1, 0]
    """
    activation = check_activation(ReLU() if activation is None else activation)
    check_name("optimiser", optimiser, OPTIMISERS)
    for n in hidden:
        check_count("hidden units", n)
    check_count("epochs", epochs)
    check_seed(seed)
    check_number("learning_rate", learning_rate, above=0)
    check_number("l2", l2)
    check_number("dropout", dropout, below=1)
    if optimiser == "lbfgs" and dropout:
        raise InputError("dropout: L-BFGS needs a loss without chance; choose optimiser='adam'")
    X, numbers, classes = check_training(X, y)
    size = len(X) if batch is None else min(check_count("batch", batch), len(X))
    rng = np.random.default_rng(seed)
    task = _Task(activation, loss_named(loss), l2, classes)
    data = [(X, task.targets(numbers))]
    if validation is not None:
        data.append(task.validation(validation, X.shape[1]))
    parameters = starting_weights([X.shape[1], *hidden, task.outputs], rng)
    if optimiser == "lbfgs":
        steps = _lbfgs(task, parameters, *data[0], epochs)
    else:
        steps = _descend(
            task, parameters, *data[0], optimiser, learning_rate, size, epochs, dropout, rng
        )
    rows = []
    shown = bar(steps, total=epochs + 1, desc="training", unit="epoch")
    for epoch, parameters in enumerate(shown):
        rows.append({"epoch": epoch, **task.row(parameters, data)})
    history = pd.DataFrame(rows)
    history.attrs = {
        "activation": activation.name, "hidden": tuple(hidden), "loss": loss,
        "optimiser": optimiser, "learning_rate": learning_rate, "batch": size, "epochs": epochs,
        "dropout": dropout, "l2": l2, "seed": seed,
    }  # fmt: skip
    return Trained(task.network(parameters), history)


def starting_weights(sizes: Sequence[int], rng: np.random.Generator) -> list[np.ndarray]:
    """Return the weights of each layer, then the biases, before training."""
    pairs = list(pairwise(sizes))
    weights = [rng.normal(0, np.sqrt(2 / m), (m, n)) for m, n in pairs]
    return weights + [np.zeros(n) for _, n in pairs]


@dataclass(frozen=True)
class _Task:
    """What is to be made small."""

    activation: Activation
    loss: object
    l2: float
    classes: np.ndarray

    @property
    def outputs(self) -> int:
        return 1 if len(self.classes) == 2 else len(self.classes)

    def targets(self, numbers: np.ndarray) -> np.ndarray:
        columns = [1] if self.outputs == 1 else range(self.outputs)
        return (numbers[:, None] == np.array(columns)).astype(float)

    def validation(self, given, features: int) -> tuple[np.ndarray, np.ndarray]:
        X, y = given
        X = check_samples(X, "validation X")
        y = check_labels(y, len(X), "validation y")
        if X.shape[1] != features:
            raise InputError(f"validation X: expected {features} features, got {X.shape[1]}")
        unknown = sorted(set(y.tolist()) - set(self.classes.tolist()))
        if unknown:
            raise InputError(f"validation y: the training data have no class {unknown[0]!r}")
        return X, self.targets(np.searchsorted(self.classes, y))

    def value(self, parameters, X, targets, masks=None) -> tuple[float, list[np.ndarray]]:
        """Return the loss with its penalty, and the gradient."""
        half = len(parameters) // 2
        weights = parameters[:half]
        value, gradient = loss_and_gradient(
            weights, parameters[half:], self.activation, X, targets, self.loss, masks
        )
        if self.l2:
            value += self.l2 / 2 * sum((w**2).sum() for w in weights)
            gradient[:half] = [g + self.l2 * w for g, w in zip(gradient, weights, strict=False)]
        return value, gradient

    def network(self, parameters) -> FeedForward:
        half = len(parameters) // 2
        copies = [p.copy() for p in parameters]
        return FeedForward(copies[:half], copies[half:], self.activation, self.classes)

    def row(self, parameters, data) -> dict[str, float]:
        """Return losses and accuracies, first of the training data."""
        half, found = len(parameters) // 2, {}
        for prefix, (X, targets) in zip(("", "validation_"), data, strict=False):
            scores = scores_of(parameters[:half], parameters[half:], self.activation, X)
            found[f"{prefix}loss"] = self.loss(scores, targets)[0]
            if self.outputs == 1:
                right = (scores > 0) == (targets > 0)
            else:
                right = scores.argmax(axis=1) == targets.argmax(axis=1)
            found[f"{prefix}accuracy"] = float(right.mean())
        return found


def _descend(task, parameters, X, targets, optimiser, rate, size, epochs, dropout, rng) -> Iterator:
    """Give the parameters before the first and after each epoch."""
    adam = optimiser == "adam"
    mean = [np.zeros_like(p) for p in parameters]
    square = [np.zeros_like(p) for p in parameters]
    step = 0
    yield parameters
    for _ in range(epochs):
        order = rng.permutation(len(X))
        for begin in range(0, len(X), size):
            chosen = order[begin : begin + size]
            masks = _masks(task, parameters, len(chosen), dropout, rng) if dropout else None
            _, gradient = task.value(parameters, X[chosen], targets[chosen], masks)
            step += 1
            for p, g, m, s in zip(parameters, gradient, mean, square, strict=True):
                if adam:
                    m += (1 - BETA_1) * (g - m)
                    s += (1 - BETA_2) * (g**2 - s)
                    g = m / (1 - BETA_1**step) / (np.sqrt(s / (1 - BETA_2**step)) + EPSILON)
                p -= rate * g
        yield parameters


def _masks(task, parameters, n: int, dropout: float, rng) -> list[np.ndarray]:
    widths = [w.shape[1] for w in parameters[: len(parameters) // 2 - 1]]
    return [(rng.random((n, width)) >= dropout) / (1 - dropout) for width in widths]


def _lbfgs(task, parameters, X, targets, iterations: int) -> Iterator:
    """Give the parameters before the first and after each iteration."""
    shapes = [p.shape for p in parameters]
    ends = np.cumsum([np.prod(shape, dtype=int) for shape in shapes])[:-1]

    def taken_apart(flat):
        parts = np.split(flat, ends)
        return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]

    def value(flat):
        loss, gradient = task.value(taken_apart(flat), X, targets)
        return loss, np.concatenate([g.ravel() for g in gradient])

    found = [np.concatenate([p.ravel() for p in parameters])]
    minimize(
        value, found[0], jac=True, method="L-BFGS-B", options={"maxiter": iterations},
        callback=lambda flat: found.append(flat.copy()),
    )  # fmt: skip
    yield from map(taken_apart, found)
