"""Parameter sets that are drawn: at random, or spread evenly by a Latin hypercube."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ...errors import InputError
from ...models.by_name import takes_names
from ...models.checks import check_count, check_name, check_quantity, tidy
from ...plain_checks import check_seed


@takes_names
def random_sets(model, ranges: Mapping, n: int, *, seed: int | None = None) -> pd.DataFrame:
    """Draw parameter sets at random, each value evenly between two ends, for `sweep` and `rates`.

    Parameters
    ----------
    model : NeuronModel
    ranges : dict of str to Quantity, shape (2,)
        Lowest and highest value of each parameter, and of the input ``"I"``; None stands for the
        model's own range.
    n : int
        Number of sets.
    seed : int, optional
        The same seed draws the same sets.

    Returns
    -------
    DataFrame
        One set a row, in the units of the parameters and of the input.

    Raises
    ------
    ValueError
        For an unknown name, ends that are not two ascending values of the right dimension, or a
        parameter without a range.

    Examples
    --------
    >>> from brian2 import ms, nA
    >>> sets = random_sets("lif", {"tau": [5, 20]*ms, "I": [1, 3]*nA}, 100, seed=1)
    >>> len(sets), bool(sets["tau"].between(5, 20).all())
    (100, True)
    """
    return _scaled(model, ranges, _drawing(seed).random((_size(n), len(ranges))))


@takes_names
def latin_hypercube(
    model,
    ranges: Mapping,
    n: int,
    *,
    seed: int | None = None,
    including: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Draw parameter sets of which each of `n` equal parts of every range holds exactly one.

    Parameters
    ----------
    model, ranges, n, seed
        As in `random_sets`.
    including : DataFrame, optional
        A smaller Latin hypercube of these ranges, with which the sets begin: the store of its sweep
        grows by the others. `n` is a multiple of its number of sets.

    Returns
    -------
    DataFrame
        One set a row, in the units of the parameters and of the input.

    Raises
    ------
    ValueError
        As `random_sets`; for an `including` that is no smaller Latin hypercube.

    Notes
    -----
    McKay, Beckman & Conover 1979, Technometrics 21:239-245; scipy's `scipy.stats.qmc`.

    Examples
    --------
    >>> from brian2 import ms, nA
    >>> sets = latin_hypercube("lif", {"tau": [0, 10]*ms, "I": [1, 3]*nA}, 10, seed=1)
    >>> sorted((sets["tau"] // 1).astype(int).tolist())
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    >>> more = latin_hypercube("lif", {"tau": [0, 10]*ms, "I": [1, 3]*nA}, 20, including=sets)
    >>> bool((more[:10] == sets).all(axis=None)), len(set(more["tau"] // 0.5))
    (True, 20)
    """
    if including is not None:
        return _with_others(model, ranges, _size(n), _drawing(seed), including)
    from scipy.stats.qmc import LatinHypercube  # slow to import, and few runs need it

    drawn = LatinHypercube(max(len(ranges), 1), seed=_drawing(seed))
    return _scaled(model, ranges, drawn.random(_size(n)))


def _drawing(seed: int | None) -> np.random.Generator:
    return np.random.default_rng(None if seed is None else check_seed(seed))


def _with_others(model, ranges: Mapping, n: int, rng, sets: pd.DataFrame) -> pd.DataFrame:
    """Return the sets of a Latin hypercube, and others in those of `n` parts that are empty."""
    if not isinstance(sets, pd.DataFrame):
        raise InputError(f"including: expected a table of sets, got {type(sets).__name__}")
    if list(sets) != list(ranges):
        raise InputError(
            f"including: expected the columns {list(ranges)} as in ranges, got {list(sets)}"
        )
    if n % len(sets) or n == len(sets):
        raise InputError(
            f"n: expected a multiple of the {len(sets)} sets of including, such as "
            f"{2 * len(sets)}, got {n}"
        )
    new = np.empty((n - len(sets), len(ranges)))
    for k, name in enumerate(ranges):
        low, high = _ends(model, name, ranges[name])
        filled = np.floor((sets[name].to_numpy() - low) / (high - low) * n)
        # Each of the fewer parts must hold one set; the more parts divide them.
        if sorted(filled // (n // len(sets))) != list(range(len(sets))):
            raise InputError(
                f"including: column {name}: is no Latin hypercube of this range; give the ranges "
                "with which it was drawn"
            )
        empty = np.setdiff1d(np.arange(n), filled)
        new[:, k] = (rng.permutation(empty) + rng.random(len(empty))) / n
    return pd.concat([sets, _scaled(model, ranges, new)], ignore_index=True)


def _size(n) -> int:
    return check_count("n", n)


def _scaled(model, ranges: Mapping, parts: np.ndarray) -> pd.DataFrame:
    """Return parts of 1 as values between the ends of each range."""
    if not ranges:
        raise InputError("ranges: name at least one parameter, e.g. {'I': [0, 5]*nA}")
    columns = {}
    for name, part in zip(ranges, parts.T, strict=True):
        low, high = _ends(model, name, ranges[name])
        columns[name] = [tidy(value) for value in low + part * (high - low)]
    return pd.DataFrame(columns)


def _ends(model, name: str, given) -> tuple[float, float]:
    """Return the ends of a range in the unit of the parameter or the input."""
    if name == "I":
        unit, own = model.input_unit, model.input_range
    else:
        parameter = model.parameters[check_name("parameter", name, [*model.parameters, "I"])]
        unit, own = parameter.unit, parameter.range
    if given is None:
        if own is None:
            raise InputError(f"ranges: {name} has no range of its own; give its two ends")
        return own
    ends = np.atleast_1d(check_quantity(f"range of {name}", given, unit))
    if ends.shape != (2,) or not ends[0] < ends[1]:
        raise InputError(f"range of {name}: expected two ends, the lower first, got {given}")
    return float(ends[0]), float(ends[1])
