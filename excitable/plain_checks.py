"""Checks of plain values, for the parts that run without Brian2."""

import numpy as np

from .errors import InputError

SEEDS = 2**64


def check_seed(seed) -> int:
    """Return a seed that is one: a whole number from 0 to below 2**64.

    Examples
    --------
    >>> check_seed(True)
    Traceback (most recent call last):
    ...
    excitable.errors.InputError: seed: expected a whole number from 0 to 2**64 - 1, got True
    """
    whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
    if not whole or not 0 <= seed < SEEDS:
        raise InputError(f"seed: expected a whole number from 0 to 2**64 - 1, got {seed!r}")
    return int(seed)


def check_unmasked(name: str, value) -> None:
    """Raise InputError for an array some of whose values do not count.

    Examples
    --------
    >>> check_unmasked("tau", np.ma.array([1.0, 2.0], mask=[False, True]))
    Traceback (most recent call last):
    ...
    excitable.errors.InputError: tau: is a masked array, 1 of whose 2 values are masked; give an \
array without a mask, as values.compressed() or values.filled(...) do
    """
    if isinstance(value, np.ma.MaskedArray):
        raise InputError(
            f"{name}: is a masked array, {int(np.ma.getmaskarray(value).sum())} of whose "
            f"{value.size} values are masked; give an array without a mask, as "
            "values.compressed() or values.filled(...) do"
        )
