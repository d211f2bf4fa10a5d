"""Checks of plain values, for the parts that run without Brian2."""

from collections.abc import Iterator
from datetime import timedelta
from numbers import Real

import numpy as np

from .errors import InputError

SEEDS = 2**64

_OF_BRIAN = ("dim", "si_dimensions")
_PLAIN = {int, float, str, np.float64, np.int64}  # the kinds of most values
_OF_OTHERS = ("dimensionality", "to_value")  # of quantities and pint; of astropy and unyt


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


def check_number(name: str, value, *, above: float | None = None, below: float = np.inf) -> float:
    """Return a finite number without a unit that is not negative, or above a limit.

    Examples
    --------
    >>> check_number("dropout", "half", below=1)
    Traceback (most recent call last):
    ...
    excitable.errors.InputError: dropout: expected a number not negative and below 1, got 'half'
    """
    number = isinstance(value, Real) and not isinstance(value, bool) and np.isfinite(value)
    low = number and (value >= 0 if above is None else above < value)
    if not (low and value < below):
        limits = "not negative" if above is None else f"above {above:g}"
        more = "" if below == np.inf else f" and below {below:g}"
        raise InputError(f"{name}: expected a number {limits}{more}, got {value!r}")
    return value


def listed_parts(value):
    """Return an array, Series or Index of objects as a list, and all else as it is.

    Numpy reads the quantities in it as numbers in SI units.

    Examples
    --------
    >>> listed_parts(np.array([1, "a"], dtype=object)), listed_parts(2.0)
    ([1, 'a'], 2.0)
    """
    dtype = getattr(value, "dtype", None)
    return value.tolist() if isinstance(dtype, np.dtype) and dtype.kind == "O" else value


def has_unit(value) -> bool:
    """Return whether a value carries a unit, or a part of it does: of Brian2, or of any package.

    Examples
    --------
    >>> from brian2 import ms
    >>> has_unit(2 * ms), has_unit([1.0, 2 * ms]), has_unit(np.timedelta64(2, "ms")), has_unit([1])
    (True, True, True, False)
    """
    return next(_carriers(value), None) is not None


def check_readable(name: str, value) -> None:
    """Raise InputError for an array that would lose its mask, or its unit of another package.

    Examples
    --------
    >>> check_readable("tau", np.ma.array([1.0, 2.0], mask=[False, True]))
    Traceback (most recent call last):
    ...
    excitable.errors.InputError: tau: is a masked array, 1 of whose 2 values are masked; give an \
array without a mask, as values.compressed() or values.filled(...) do
    >>> check_readable("tau", np.timedelta64(2, "ms"))
    Traceback (most recent call last):
    ...
    excitable.errors.InputError: tau: has a unit that is none of Brian2's and would be lost: \
np.timedelta64(2,'ms'); expected a quantity of Brian2, such as 2*ms
    """
    if isinstance(value, np.ma.MaskedArray):
        raise InputError(
            f"{name}: is a masked array, {int(np.ma.getmaskarray(value).sum())} of whose "
            f"{value.size} values are masked; give an array without a mask, as "
            "values.compressed() or values.filled(...) do"
        )
    if any(not _is_of_brian(part) for part in _carriers(value)):
        raise InputError(
            f"{name}: has a unit that is none of Brian2's and would be lost: {value!r}; expected a "
            "quantity of Brian2, such as 2*ms"
        )


def _carriers(value) -> Iterator:
    """Yield the parts of a value that carry a unit, one of each type."""
    value = listed_parts(value)
    if isinstance(value, list | tuple):
        if set(map(type, value)) <= _PLAIN:
            return
        nested = [part for part in value if isinstance(part, list | tuple)]
        for part in (*{type(part): part for part in value}.values(), *nested):
            yield from _carriers(part)
    elif _carries(value):
        yield value
    elif hasattr(value, "dims"):  # of xarray, whose array may have one
        yield from _carriers(value.data)


def _carries(value) -> bool:
    dtype = getattr(value, "dtype", None)
    if isinstance(value, timedelta) or getattr(dtype, "kind", "") in ("m", "M"):
        return True
    if hasattr(value, "iloc"):  # of pandas, where any other attribute may be a row or a column
        return hasattr(dtype, "units")
    if hasattr(value, "dims"):  # of xarray, where it may be a coordinate
        return "units" in value.attrs
    return any(hasattr(value, name) for name in (*_OF_BRIAN, *_OF_OTHERS))


def _is_of_brian(value) -> bool:
    return any(hasattr(value, name) for name in _OF_BRIAN)
