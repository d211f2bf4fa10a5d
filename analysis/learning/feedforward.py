"""`FeedForward`: layers of units, what they answer, and the exact gradient of a loss."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import InputError
from .activations import Activation, check_activation
from .data import check_samples


@dataclass(frozen=True, eq=False)
class FeedForward:
    """A feed-forward classifier: hidden layers of one activation, and a linear read-out.

    Parameters
    ----------
    weights : sequence of array, shape (inputs, outputs)
        One for each layer, the read-out last.
    biases : sequence of array, shape (outputs,)
    activation : Activation
    classes : sequence, optional
        The label of each class. Default: their numbers. With two classes the read-out may have
        one output, which is positive for the second.

    Raises
    ------
    ValueError
        If the shapes do not fit together, or a weight is not finite.

    Examples
    --------
    XOR by hand: one unit counts the inputs, the other one what is beyond one of them.

    >>> from excitable.analysis import FeedForward, ReLU
    >>> xor = FeedForward([[[1, 1], [1, 1]], [[1], [-2]]], [[0, -1], [-0.5]], ReLU())
    >>> xor.predict([[0, 0], [0, 1], [1, 0], [1, 1]]).tolist()
    [0, 1, 1, 0]
    """

    weights: Sequence[np.ndarray]
    biases: Sequence[np.ndarray]
    activation: Activation
    classes: Sequence | None = None

    def __post_init__(self):
        put = object.__setattr__
        put(self, "weights", tuple(np.asarray(w, dtype=float) for w in self.weights))
        put(self, "biases", tuple(np.asarray(b, dtype=float) for b in self.biases))
        check_activation(self.activation)
        outputs = None
        if not self.weights or len(self.weights) != len(self.biases):
            raise InputError(
                f"weights, biases: expected one of each for every layer, got {len(self.weights)} "
                f"and {len(self.biases)}"
            )
        for k, (w, b) in enumerate(zip(self.weights, self.biases, strict=True), 1):
            if w.ndim != 2 or b.shape != w.shape[1:] or outputs not in (None, len(w)):
                raise InputError(
                    f"layer {k}: weights of shape {w.shape} and biases of shape {b.shape} do not "
                    "fit together or to the layer before; weights are (inputs, outputs)"
                )
            if not (np.isfinite(w).all() and np.isfinite(b).all()):
                raise InputError(f"layer {k}: weights or biases are not finite")
            outputs = w.shape[1]
        default = np.arange(max(outputs, 2))
        put(self, "classes", default if self.classes is None else np.asarray(self.classes))
        if len(self.classes) != len(default):
            raise InputError(
                f"classes: expected {len(default)} for {outputs} outputs, got {len(self.classes)}"
            )

    @property
    def hidden(self) -> tuple[int, ...]:
        """Units of each hidden layer."""
        return tuple(w.shape[1] for w in self.weights[:-1])

    def inputs(self, X) -> list[np.ndarray]:
        """Return what arrives at each layer's units, shape (samples, units), the read-out last."""
        activity, found = self._checked(X), []
        for w, b in zip(self.weights, self.biases, strict=True):
            found.append(activity @ w + b)
            activity = self.activation(found[-1])
        return found

    def scores(self, X) -> np.ndarray:
        """Return the read-out, shape (samples, outputs)."""
        return scores_of(self.weights, self.biases, self.activation, self._checked(X))

    def decide(self, scores: np.ndarray) -> np.ndarray:
        """Return the class of each row of scores."""
        one = scores.shape[-1] == 1
        return self.classes[(scores[..., 0] > 0).astype(int) if one else scores.argmax(axis=-1)]

    def predict(self, X) -> np.ndarray:
        """Return the class of each sample."""
        return self.decide(self.scores(X))

    def _checked(self, X) -> np.ndarray:
        X = check_samples(X)
        if X.shape[1] != len(self.weights[0]):
            raise InputError(
                f"X: the network takes {len(self.weights[0])} features, got {X.shape[1]}"
            )
        return X


def scores_of(weights, biases, activation, X) -> np.ndarray:
    """Return the read-out of layers for samples, unchecked, shape (samples, outputs)."""
    for w, b in zip(weights[:-1], biases[:-1], strict=True):
        X = activation(X @ w + b)
    return X @ weights[-1] + biases[-1]


def loss_and_gradient(weights, biases, activation, X, targets, loss, masks=None):
    """Return a loss and its exact gradient, by back-propagation (Rumelhart et al. 1986).

    Parameters
    ----------
    weights, biases : sequence of array
    activation : Activation
    X : array, shape (samples, features)
    targets : array, shape (samples, outputs)
    loss : callable
        ``loss(scores, targets) -> (value, gradient by the scores)``.
    masks : sequence of array, optional
        By which each hidden layer's activities are multiplied: dropout.

    Returns
    -------
    loss : float
    gradients : list of array
        Of the weights, then of the biases.
    """
    activities, inputs = [X], []
    for k, (w, b) in enumerate(zip(weights[:-1], biases[:-1], strict=True)):
        inputs.append(activities[-1] @ w + b)
        activity = activation(inputs[-1])
        activities.append(activity if masks is None else activity * masks[k])
    value, delta = loss(activities[-1] @ weights[-1] + biases[-1], targets)
    by_weight, by_bias = [], []
    for k in reversed(range(len(weights))):
        by_weight.append(activities[k].T @ delta)
        by_bias.append(delta.sum(axis=0))
        if k:
            delta = (delta @ weights[k].T) * activation.slope(inputs[k - 1])
            delta = delta if masks is None else delta * masks[k - 1]
    return value, [*reversed(by_weight), *reversed(by_bias)]
