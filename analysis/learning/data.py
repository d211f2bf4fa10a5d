"""Checks of what a classifier is given: samples, and a label for each."""

import numpy as np

from ...errors import InputError
from ..plain_numbers import check_plain


def check_samples(X, name: str = "X") -> np.ndarray:
    """Return samples as an array of shape (samples, features).

    Parameters
    ----------
    X : array_like, shape (samples, ...)
        Further dimensions (the rows and columns of images) become one.

    Raises
    ------
    ValueError
        If there is no sample, a value that is no finite number, a mask or a unit.

    Examples
    --------
    >>> check_samples(np.zeros((5, 28, 28))).shape
    (5, 784)
    """
    check_plain(name, X)
    try:
        X = np.asarray(X, dtype=float)
    except (TypeError, ValueError):
        raise InputError(
            f"{name}: expected an array of numbers, one sample a row, got {type(X).__name__}"
        ) from None
    if X.ndim < 2 or not X.size:
        raise InputError(
            f"{name}: expected an array of shape (samples, features), got shape {X.shape}"
        )
    X = X.reshape(len(X), -1)
    bad = ~np.isfinite(X).all(axis=1)
    if bad.any():
        raise InputError(
            f"{name}: {bad.sum()} of {len(X)} samples hold values that are not finite (first: "
            f"sample {np.flatnonzero(bad)[0]}); leave them out or fill the gaps"
        )
    return X


def check_labels(y, n: int, name: str = "y") -> np.ndarray:
    """Return labels, one for each of `n` samples.

    Raises
    ------
    ValueError
        If a sample has none.

    Examples
    --------
    >>> check_labels([0, 1, float("nan")], 3)
    Traceback (most recent call last):
    ...
    excitable.errors.InputError: y: 1 of 3 samples have no label (first: sample 2); label
    them or leave them out
    """
    y = np.asarray(y)
    if y.shape != (n,):
        what = "none" if y.ndim == 0 and y.dtype == object else f"shape {y.shape}"
        raise InputError(f"{name}: expected one label for each of {n} samples, got {what}")
    if y.dtype == object:
        bad = np.array([label is None or label != label for label in y])
    else:
        bad = y != y
    if bad.any():
        raise InputError(
            f"{name}: {bad.sum()} of {n} samples have no label (first: sample "
            f"{np.flatnonzero(bad)[0]}); label them or leave them out"
        )
    return y


def check_training(X, y) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return samples, the number of each one's class, and the classes.

    Raises
    ------
    ValueError
        As the two above, and if there is only one class.
    """
    X = check_samples(X)
    y = check_labels(y, len(X))
    classes, numbers = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise InputError(
            f"y: all {len(y)} samples are of one class, {classes[0]!r}; there is nothing to tell "
            "apart"
        )
    return X, numbers, classes
