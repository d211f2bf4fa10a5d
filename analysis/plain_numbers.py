"""Arguments of measures and formulas: plain numbers in the documented unit, or quantities.

Read without their unit, 10 ms would be 0.01 and 65 mV 0.065, and a formula in ms and mV would
return a wrong number without a word. Brian2 is imported only where a quantity is seen.
"""

import functools
import inspect
from collections.abc import Callable, Mapping

import numpy as np

from ..errors import InputError
from ..plain_checks import check_readable, has_unit, listed_parts


def takes(**units: str) -> Callable:
    """Let a function take quantities for arguments that it wants as plain numbers.

    Parameters
    ----------
    **units : str
        For each argument the unit in which the function takes it, ``"1"`` for pure numbers and
        ``"any"`` where it does not matter. An argument that is not named takes no quantity.

    Returns
    -------
    callable
        A decorator. The function then raises InputError for a quantity of another dimension or
        another package, for masked arrays, for text, complex numbers and truth values where numbers
        in a unit are meant, and where some arguments carry units and others, neither zero nor
        infinite, do not.

    Examples
    --------
    >>> from brian2 import ms, second
    >>> @takes(tau="ms", t="ms")
    ... def decay(t, tau):
    ...     return float(np.exp(-t/tau))
    >>> decay(10, 10) == decay(10*ms, tau=0.01*second)
    True
    >>> decay(10, tau=10*ms)
    Traceback (most recent call last):
    ...
    excitable.errors.InputError: decay: t=10 has no unit beside tau, which has one; give all of them
    units (t=...*ms), or none
    """

    def decorate(function: Callable) -> Callable:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def with_plain_numbers(*args, **kwargs):
            if not any(map(_is_special, (*args, *kwargs.values()))):
                return function(*args, **kwargs)
            bound = signature.bind(*args, **kwargs)
            bound.arguments.update(_plain(function.__name__, bound.arguments, units))
            return function(*bound.args, **bound.kwargs)

        return with_plain_numbers

    return decorate


def check_plain(what: str, value) -> None:
    """Raise InputError for a value with a unit, or a mask, where plain numbers are meant.

    Examples
    --------
    >>> from brian2 import nA
    >>> check_plain("I", 2 * nA)
    Traceback (most recent call last):
    ...
    excitable.errors.InputError: I: takes plain numbers, such as a column of a table, got 2. * namp
    """
    check_readable(what, value)
    if has_unit(value):
        raise InputError(f"{what}: takes plain numbers, such as a column of a table, got {value!r}")


def _is_special(value) -> bool:
    return isinstance(value, np.ma.MaskedArray) or has_unit(value) or _is_no_number(value)


def _is_no_number(value) -> bool:
    """Return whether a value is text, complex or true or false, or an array of such."""
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    return isinstance(value, str | complex | bool) or kind in tuple("bcSU")


def _plain(function: str, arguments: Mapping, units: Mapping[str, str]) -> dict:
    for name, value in arguments.items():
        check_readable(f"{function}: {name}", value)
        if units.get(name, "any") != "any" and _is_no_number(value):
            raise InputError(f"{function}: {name}: expected numbers, got {value!r}")
    with_one = {k: listed_parts(value) for k, value in arguments.items() if has_unit(value)}
    found = {k: _number(f"{function}: {k}", value, units.get(k)) for k, value in with_one.items()}
    first = next((name for name in with_one if units[name] not in ("1", "any")), None)
    for name, value in arguments.items():
        unit = units.get(name, "any")
        plain = name not in with_one and unit not in ("1", "any") and value is not None
        if plain and first and _has_a_size(value):
            raise InputError(
                f"{function}: {name}={value!r} has no unit beside {first}, which has one; give all "
                f"of them units ({name}=...*{unit}), or none"
            )
    return found


def _number(what: str, value, unit: str | None):
    from brian2 import Quantity
    from brian2.units import allunits, stdunits

    from ..models.checks import check_quantity

    if unit is None:
        check_plain(what, value)
    if hasattr(value, "si_dimensions"):
        value = Quantity.with_dimensions(float(value), value.si_dimensions)
    if unit == "any":
        return np.asarray(value, dtype=float)
    size = eval(unit, {**vars(allunits), **vars(stdunits)})
    if unit == "1" and not np.all(np.isfinite(np.asarray(value, float))):
        return np.asarray(value, float)[()]  # a threshold at infinity is one
    return check_quantity(what, value, size)


def _has_a_size(value) -> bool:
    """Return whether a number means something else in another unit: neither zero nor infinity."""
    numbers = np.asarray(value, dtype=float)
    return bool(np.any(np.isfinite(numbers) & (numbers != 0)))
