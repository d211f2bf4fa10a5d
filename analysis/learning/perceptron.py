"""The perceptron: Rosenblatt's learning rule, whether it can succeed, and how long it may take."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linprog, minimize

from ...errors import InputError
from .data import check_training


@dataclass(frozen=True)
class Perceptron:
    """What the learning rule did.

    Attributes
    ----------
    weights : array, shape (features,)
    bias : float
    converged : bool
        Whether a whole pass made no mistake.
    mistakes : int
        Corrections made.
    cycle : int
        Passes after which the same weights came back, without success; 0 if none did.
    history : DataFrame
        One row per pass: ``epoch``, ``mistakes``, ``bias`` and ``w_1``, ``w_2``, ... after it.
    """

    weights: np.ndarray
    bias: float
    converged: bool
    mistakes: int
    cycle: int
    history: pd.DataFrame

    def predict(self, X) -> np.ndarray:
        """Return 0 or 1 for each sample."""
        return (np.asarray(X) @ self.weights + self.bias > 0).astype(int)


def perceptron(X, y, *, epochs: int = 100) -> Perceptron:
    """Apply the perceptron's learning rule, sample by sample, from weights of 0.

    Parameters
    ----------
    X : array_like, shape (samples, features)
    y : array_like, shape (samples,)
        Two classes; the unit is to be active (``w x + b > 0``) for the second.
    epochs : int
        Most passes through the samples.

    Returns
    -------
    Perceptron

    Raises
    ------
    ValueError
        For data without labels, not finite, or not of two classes.

    Notes
    -----
    Where the unit errs, ``w += (wanted - found)*x`` and ``b += wanted - found`` (Rosenblatt 1958,
    Psychol. Rev. 65:386-408). It ends if a plane separates the classes (see `largest_margin`);
    else the weights stay bounded and, with whole-numbered data, come back (Minsky & Papert 1969).

    Examples
    --------
    >>> X = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> both = perceptron(X, [0, 0, 0, 1])
    >>> both.weights.tolist(), both.bias, both.predict(X).tolist()
    ([2.0, 1.0], -2.0, [0, 0, 0, 1])
    >>> perceptron(X, [0, 1, 1, 0]).converged
    False
    """
    X, wanted = _two_classes(X, y)
    w = np.zeros(X.shape[1] + 1)
    extended = np.c_[X, np.ones(len(X))]
    seen, rows, total, cycle = {w.tobytes(): 0}, [], 0, 0
    for epoch in range(1, epochs + 1):
        mistakes = 0
        for x, target in zip(extended, wanted, strict=True):
            error = target - (x @ w > 0)
            w += error * x
            mistakes += abs(error)
        total += mistakes
        names = {f"w_{k}": value for k, value in enumerate(w[:-1], 1)}
        rows.append({"epoch": epoch, "mistakes": int(mistakes), "bias": w[-1], **names})
        if not mistakes:
            break
        before = seen.setdefault(w.tobytes(), epoch)
        if before != epoch:
            cycle = epoch - before
            break
    return Perceptron(w[:-1], float(w[-1]), not mistakes, int(total), cycle, pd.DataFrame(rows))


def separable(X, y) -> bool:
    """Return whether a plane separates two classes: whether a linear programme has a solution.

    Examples
    --------
    >>> X = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> separable(X, [0, 1, 1, 1]), separable(X, [0, 1, 1, 0])
    (True, False)
    """
    signed = _signed(X, y)
    n = signed.shape[1]
    found = linprog(
        np.zeros(n), A_ub=-signed, b_ub=-np.ones(len(signed)), bounds=[(None, None)] * n
    )
    return bool(found.status == 0)


def largest_margin(X, y) -> tuple[float, float]:
    """Return the largest margin of a plane between two classes, and the bound that it sets.

    Returns
    -------
    margin : float
        Least distance of a sample, extended by a 1 for the bias, from the best plane through 0.
    bound : float
        ``max|x|**2/margin**2``: the perceptron makes no more mistakes (Novikoff 1962).

    Raises
    ------
    ValueError
        If no plane separates them.

    Examples
    --------
    >>> margin, bound = largest_margin([[0.0], [1.0]], [0, 1])
    >>> round(margin, 4), round(bound, 3)
    (0.4472, 10.0)
    """
    if not separable(X, y):
        raise InputError("y: no plane separates the two classes")
    signed = _signed(X, y)
    # The plane with the least |w| at which every sample is at 1 or beyond (Vapnik 1995).
    start = linprog(
        np.zeros(signed.shape[1]), A_ub=-signed, b_ub=-np.ones(len(signed)),
        bounds=[(None, None)] * signed.shape[1],
    ).x  # fmt: skip
    beyond = {"type": "ineq", "fun": lambda w: signed @ w - 1, "jac": lambda w: signed}
    best = minimize(
        lambda w: w @ w / 2, start, jac=lambda w: w, constraints=beyond, method="SLSQP",
        options={"ftol": 1e-12},
    ).x  # fmt: skip
    margin = 1 / np.linalg.norm(best)
    return float(margin), float((signed**2).sum(axis=1).max() / margin**2)


def _two_classes(X, y) -> tuple[np.ndarray, np.ndarray]:
    X, numbers, classes = check_training(X, y)
    if len(classes) != 2:
        raise InputError(f"y: a perceptron tells two classes apart, got {len(classes)}")
    return X, numbers


def _signed(X, y) -> np.ndarray:
    """Return the samples, extended by a 1, those of the first class negated."""
    X, numbers = _two_classes(X, y)
    return np.c_[X, np.ones(len(X))] * (2 * numbers - 1)[:, None]
