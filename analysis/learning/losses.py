"""Losses of a classifier's scores, with their derivatives by the scores."""

import numpy as np
from scipy.special import expit, log_softmax

from ...models.checks import check_name


def cross_entropy(scores: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the mean cross-entropy and its gradient.

    Parameters
    ----------
    scores : array, shape (samples, outputs)
        One output is the log odds of the second class (the logistic loss); several are those of
        a softmax.
    targets : array, shape (samples, outputs)
        0 and 1.

    Examples
    --------
    >>> loss, gradient = cross_entropy(np.array([[0.0]]), np.array([[1.0]]))
    >>> round(loss, 4), gradient.tolist()
    (0.6931, [[-0.5]])
    """
    n = len(scores)
    if scores.shape[1] == 1:
        loss = np.logaddexp(0, np.where(targets > 0.5, -scores, scores)).sum() / n
        return float(loss), (expit(scores) - targets) / n
    log_p = log_softmax(scores, axis=1)
    return float(-(targets * log_p).sum() / n), (np.exp(log_p) - targets) / n


def squared_error(scores: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray]:
    """Return half the mean squared error of the probabilities, and its gradient by the scores.

    The probability is the logistic function of the score, each output by itself. Where it is
    wrong and sure, the logistic function is flat and the gradient almost 0.

    Examples
    --------
    >>> loss, gradient = squared_error(np.array([[0.0]]), np.array([[1.0]]))
    >>> loss, gradient.tolist()
    (0.125, [[-0.125]])
    """
    p, n = expit(scores), len(scores)
    return float(((p - targets) ** 2).sum() / (2 * n)), (p - targets) * p * (1 - p) / n


LOSSES = {"cross_entropy": cross_entropy, "squared_error": squared_error}


def loss_named(name: str):
    """Return a loss; raise for an unknown name."""
    return LOSSES[check_name("loss", name, LOSSES)]
