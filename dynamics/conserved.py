"""Sums of variables that never change, as the occupancies of a channel's states add up to one."""

from collections.abc import Callable, Sequence

import numpy as np
from brian2 import get_dimensions, volt

from ..models.initial import initial_state

SAMPLES = 8  # per variable: at so many random states the slopes cancel
CANCELLED = 1e-10  # of the slopes: rounding
_VOLTS = 0.025


def conserved(model, names: Sequence[str], slopes: Callable) -> np.ndarray:
    """Return the sums of variables that never change, a row of coefficients each.

    Parameters
    ----------
    model : NeuronModel
    names : sequence of str
        State variables.
    slopes : callable
        Of states in SI units, shape (variables, samples): their slopes.

    Returns
    -------
    array, shape (sums, variables)
        Each has a coefficient 1 of a variable that no other row has.
    """
    x = _states(model, names)
    with np.errstate(all="ignore"):
        f = slopes(x)
    f = f[:, np.isfinite(f).all(axis=0)]
    if f.shape[1] < 2 * len(names):
        return np.empty((0, len(names)))
    sizes = np.abs(f).max(axis=1)
    sizes[sizes == 0] = 1.0
    left, values, _ = np.linalg.svd(f / sizes[:, None])
    return _reduced(left[:, values <= CANCELLED * values[0]].T / sizes)


def _states(model, names) -> np.ndarray:
    """Return random states around the initial one."""
    first = initial_state(model, {})
    start = np.array([float(np.ravel(first[x])[0]) for x in names])
    usual = [_VOLTS if model.system.dims[x] is get_dimensions(volt) else float(model.unit_of(x))
             for x in names]  # fmt: skip
    sizes = np.where(start == 0, usual, np.minimum(np.abs(start), usual))
    away = np.random.default_rng(1).uniform(-1, 1, (len(names), SAMPLES * len(names)))
    return start[:, None] + sizes[:, None] * away


def _reduced(rows: np.ndarray) -> np.ndarray:
    """Return rows that span the same, by elimination; rounding is set to zero."""
    rows = rows.copy()
    for k in range(len(rows)):
        place = np.argmax(np.abs(rows[k]))
        rows[k] /= rows[k, place]
        others = np.arange(len(rows)) != k
        rows[others] -= rows[others, place][:, None] * rows[k]
    rows[np.abs(rows) < 1e-8 * np.abs(rows).max(axis=1, keepdims=True, initial=0)] = 0
    return rows


def shown(row: np.ndarray, names: Sequence[str]) -> str:
    """Return a sum as text.

    Examples
    --------
    >>> shown(np.array([0, 1, 1, -0.5]), ["v", "closed", "open", "x"])
    'closed + open - 0.5*x'
    """
    terms = [f"{c:+g}*{x}" for c, x in zip(row, names, strict=True) if c]
    text = " ".join(f"{t[0]} {t[1:].removeprefix('1*')}" for t in terms)
    return text.removeprefix("+ ")
