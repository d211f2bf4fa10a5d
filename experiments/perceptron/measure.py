"""What is measured: the learning rule on gates, XOR in several ways, and gates in LIF cells."""

import numpy as np
import pandas as pd
from brian2 import ms, nA

from ...analysis import (
    FeedForward,
    Logistic,
    Perceptron,
    RateCurve,
    largest_margin,
    perceptron,
    separable,
    train,
)
from ...analysis.learning.losses import cross_entropy, squared_error
from ...models import LIF
from ...protocols import to_spiking
from ..classification.cells import success

INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
GATES = {"AND": [0, 0, 0, 1], "OR": [0, 1, 1, 1], "NAND": [1, 1, 1, 0], "XOR": [0, 1, 1, 0]}
# By hand, in units of the current from the onset: weights of both inputs, and the bias.
BY_HAND = {"AND": (1.0, -1.5), "OR": (1.0, -0.5), "NAND": (-1.0, 1.5)}
PRESENTATION = 100 * ms
FIRES = 2.5  # spikes in a presentation that a gate's answer is told by


def learn_gates() -> tuple[dict[str, Perceptron], pd.DataFrame]:
    """Apply the learning rule to each gate; return what it did, and a table."""
    found, rows = {}, []
    for gate, y in GATES.items():
        found[gate] = rule = perceptron(INPUTS, y)
        possible = separable(INPUTS, y)
        margin, bound = largest_margin(INPUTS, y) if possible else (np.nan, np.nan)
        rows.append(
            {
                "gate": gate, "separable": possible, "converged": rule.converged,
                "passes": len(rule.history), "mistakes": rule.mistakes, "margin": margin,
                "bound": bound, "comes_back_after": rule.cycle or np.nan,
                "w_1": rule.weights[0], "w_2": rule.weights[1], "bias": rule.bias,
            }
        )  # fmt: skip
    return found, pd.DataFrame(rows)


def noisy_and(n: int = 50, sd: float = 0.3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return `n` noisy copies of each row of AND; no line tells them apart."""
    rng = np.random.default_rng(seed)
    X = np.repeat(INPUTS, n, axis=0) + rng.normal(0, sd, (4 * n, 2))
    return X, np.repeat(GATES["AND"], n)


def measures(y: np.ndarray, found: np.ndarray) -> tuple[np.ndarray, dict[str, float]]:
    """Return the confusion matrix of two classes, and what is read from it.

    Examples
    --------
    >>> matrix, quality = measures(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]))
    >>> matrix.tolist(), round(quality["precision"], 3), quality["recall"]
    ([[1, 1], [0, 2]], 0.667, 1.0)
    """
    matrix = np.zeros((2, 2), int)
    np.add.at(matrix, (y, found), 1)
    precision, recall = matrix[1, 1] / matrix[:, 1].sum(), matrix[1, 1] / matrix[1].sum()
    return matrix, {
        "accuracy": float(np.trace(matrix) / matrix.sum()),
        "precision": float(precision),
        "recall": float(recall),
        "F": float(2 * precision * recall / (precision + recall)),
    }


def train_xor(tries: int, curve: RateCurve) -> pd.DataFrame:
    """Train XOR with two hidden units; return who succeeds, by activation, loss and restart."""
    rows = []
    for activation in (Logistic(), curve):
        for loss in ("squared_error", "cross_entropy"):
            for seed in range(tries):
                found = train(
                    INPUTS, GATES["XOR"], (2,), activation, loss=loss, optimiser="adam",
                    learning_rate=0.05, batch=None, epochs=1000, seed=seed,
                )  # fmt: skip
                right = found.history["accuracy"] == 1
                stays = right[::-1].cummin()[::-1]
                rows.append(
                    {
                        "activation": activation.name, "loss": loss, "seed": seed,
                        "right": bool(right.iloc[-1]),
                        "epochs": float(stays.idxmax()) if right.iloc[-1] else np.nan,
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


def compare_losses(xor: pd.DataFrame) -> pd.DataFrame:
    """Return for each activation and loss the rate of success, and how long it took."""
    rows = []
    for (activation, loss), found in xor.groupby(["activation", "loss"], sort=False):
        rows.append(
            {
                "activation": activation, "loss": loss, "restarts": len(found),
                **success(found["right"].sum(), len(found)),
                "epochs_median": found["epochs"].median(),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def losses_of_score() -> pd.DataFrame:
    """Return loss and slope of both losses for a positive sample, by its score."""
    score = np.linspace(-8, 8, 161)
    one = np.ones((1, 1))
    rows = []
    for name, loss in (("squared error", squared_error), ("cross-entropy", cross_entropy)):
        for s in score:
            value, slope = loss(np.array([[s]]), one)
            rows.append({"loss": name, "score": s, "value": value, "slope": slope[0, 0]})
    return pd.DataFrame(rows)


def push_ratio(score: float) -> float:
    """Return how many times as hard cross-entropy pushes a sample of class 1 as squared error."""
    slopes = [loss(np.array([[score]]), np.ones((1, 1)))[1] for loss in
              (cross_entropy, squared_error)]  # fmt: skip
    return float((slopes[0] / slopes[1]).item())


def gates_in_cells(curve: RateCurve, backend=None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what LIF cells make of each gate's inputs: a table, and the spikes.

    AND, OR and NAND are one cell. XOR is two that compute OR and AND from the inputs, and a third
    one behind them that fires if the first does and the second does not.
    """
    rows, spikes = [], []
    for gate, wanted in GATES.items():
        spiking = to_spiking(_gate(gate, curve), LIF, tau_syn=20 * ms)
        run = spiking.run(INPUTS, PRESENTATION, backend=backend)
        counts = run.counts()[:, 0]
        for x, count, found, y in zip(INPUTS, counts, run.predict(), wanted, strict=True):
            rows.append(
                {"gate": gate, "x_1": x[0], "x_2": x[1], "spikes": count, "found": found,
                 "wanted": y}
            )  # fmt: skip
        spikes.append(run.spikes.assign(gate=gate))
    return pd.DataFrame(rows), pd.concat(spikes, ignore_index=True)


def _gate(gate: str, curve: RateCurve) -> FeedForward:
    """Return a gate whose last unit's activity says yes."""
    if gate != "XOR":
        w, b = BY_HAND[gate]
        weights, biases = [[[w], [w]]], [[b]]
    else:
        (w_or, b_or), (w_and, b_and) = BY_HAND["OR"], BY_HAND["AND"]
        # OR is twice as active for two inputs as for one; AND takes off thrice as much.
        one = float(curve(0.5))
        weights = [[[w_or, w_and], [w_or, w_and]], [[1 / one], [-3 / one]]]
        biases = [[b_or, b_and], [-0.5]]
    needed = FIRES / (float(PRESENTATION / ms) / 1e3 * curve.rate_scale)
    return FeedForward([*weights, [[1.0]]], [*biases, [-needed]], curve)


def lif_curve(backend=None) -> RateCurve:
    """Return LIF's curve where the gates work."""
    from ...protocols import activation_curve

    return activation_curve(LIF, 0.5 * nA, 5 * nA, unit=1 * nA, points=46, backend=backend)
