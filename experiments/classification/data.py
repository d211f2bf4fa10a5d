"""Data sets of the studies; they come from packages of the extra ``learn``."""

from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from ...errors import InputError

MISSING = "needs {}, which is in the extra 'learn': pip install \"excitable[learn]\""


@dataclass(frozen=True)
class Split:
    """Samples and labels, for training and for testing."""

    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


def circles() -> Split:
    """Return two noisy rings, one inside the other: 300 points for training, 100 for testing."""
    try:
        from sklearn.datasets import make_circles
    except ImportError:
        raise InputError(MISSING.format("scikit-learn")) from None
    X, y = make_circles(n_samples=400, factor=0.3, noise=0.05, random_state=0)
    return _split(X, y, 0)


def digits(seed: int = 0) -> Split:
    """Return the 1797 images of 8 x 8 pixels (Alpaydin & Kaynak 1998), a quarter for testing.

    Parameters
    ----------
    seed : int
        Decides which.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise InputError(MISSING.format("scikit-learn")) from None
    found = load_digits()
    return _split(found.images / 16, found.target, seed)


def mnist1d() -> Split:
    """Return MNIST-1D (Greydanus & Kobak 2024, ICML): 4000 and 1000 signals of 40 samples."""
    try:
        from mnist1d.data import get_dataset_args, make_dataset
    except ImportError:
        raise InputError(MISSING.format("mnist1d")) from None
    made = make_dataset(get_dataset_args())
    return Split(made["x"], made["y"], made["x_test"], made["y_test"])


@contextmanager
def one_thread():
    """Keep matrix products on one thread: threads cost more than these small ones take."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        raise InputError(MISSING.format("scikit-learn")) from None
    with threadpool_limits(1):
        yield


def _split(X, y, seed: int) -> Split:
    from sklearn.model_selection import train_test_split

    X, X_test, y, y_test = train_test_split(X, y, stratify=y, random_state=seed)
    return Split(X, y, X_test, y_test)
