"""Checks of what a user hands in: each raises before anything is compiled, and names the remedy."""

import difflib
import re
from collections.abc import Iterable, Mapping

import numpy as np
from brian2 import DimensionMismatchError, Unit, get_dimensions
from brian2.units.fundamentalunits import DIMENSIONLESS, get_unit_for_display

from ..columns import NO_PARAMETERS
from ..errors import InputError
from ..plain_checks import check_readable, listed_parts


def unit_text(unit) -> str:
    """Return a unit as Brian2 text, such as ``"uA/cm**2"``; ``"1"`` if it has none.

    Examples
    --------
    >>> from brian2 import uA, cm, mV, ms
    >>> unit_text(uA / cm**2), unit_text(mV / ms)
    ('uA/cm**2', 'mV/ms')
    """
    if get_dimensions(unit) is DIMENSIONLESS:
        return "1"
    text = unit.dispname if isinstance(unit, Unit) else get_unit_for_display(get_dimensions(unit))
    text = text.replace("^", "**").replace(" ", "")
    text = re.sub(r"\((\w+\*\*-?\d+)\)", r"\1", text)
    return re.sub(r"^(\w+|\([\w*]+\))\*\*-1\b", r"1/\1", text)


def value_text(value: float, unit) -> str:
    """Return a number with its unit, for people.

    Examples
    --------
    >>> from brian2 import Unit, ms
    >>> value_text(2.5, ms), value_text(0.02, Unit(1))
    ('2.5 ms', '0.02')
    """
    return f"{value:g} {unit_text(unit)}".removesuffix(" 1")


_SYMBOLS = {
    "meter": "m", "kilogram": "kg", "second": "s", "amp": "A", "kelvin": "K", "mole": "mol",
    "candela": "cd", "volt": "V", "siemens": "S", "farad": "F", "ohm": "ohm", "hertz": "Hz",
}  # fmt: skip


def dimension_text(dimensions) -> str:
    """Return physical dimensions in SI units, as text for an error message.

    Examples
    --------
    >>> from brian2 import mV, ms
    >>> dimension_text((mV / ms).dim)
    'V/s'
    """
    from .units import base_unit  # which needs this file

    if dimensions is DIMENSIONLESS:
        return "no unit"
    text = base_unit(dimensions)
    return re.sub(r"[a-z]+", lambda word: _SYMBOLS.get(word[0], word[0]), text)


def check_name(kind: str, name: str, known: Iterable[str]) -> str:
    """Return `name` if it is among `known`; raise with the nearest right name otherwise.

    Examples
    --------
    >>> check_name("parameter", "g_a", ["g_A", "g_Na"])
    Traceback (most recent call last):
    ...
    excitable.errors.InputError: unknown parameter 'g_a'; did you mean 'g_A'? Known: g_A, g_Na
    """
    known = list(known)
    if name in known:
        return name
    near = difflib.get_close_matches(str(name).lower(), [k.lower() for k in known], 1, 0.4)
    guess = next((k for k in known if near and k.lower() == near[0]), None)
    hint = f"; did you mean {guess!r}?" if guess else "."
    raise InputError(f"unknown {kind} {name!r}{hint} Known: {listed(known, near=name)}")


def check_column(model, name: str) -> None:
    """Raise InputError for a parameter to be varied that has the name of another column.

    Its values would be lost there, or stand for something else.
    """
    if name in model.parameters and name in NO_PARAMETERS:
        raise InputError(
            f"vary: the parameter {name} of {model.name} has the name of another column of the "
            "tables; give it a name of its own in the model to vary it"
        )


def check_varied(vary) -> dict:
    """Return varied values by the names of their parameters; None is nothing varied.

    Examples
    --------
    >>> check_varied("tau")
    Traceback (most recent call last):
    ...
    excitable.errors.InputError: vary: expected values by the names of their parameters, such as \
vary={'g': [1, 2]*nS}, got a str
    """
    if vary is None:
        return {}
    if not isinstance(vary, Mapping):
        raise InputError(
            "vary: expected values by the names of their parameters, such as "
            f"vary={{'g': [1, 2]*nS}}, got a {type(vary).__name__}"
        )
    return dict(vary)


def listed(names: Iterable, near: str = "", most: int = 15) -> str:
    """Return names for a message; of many, those that are most like `near`.

    Examples
    --------
    >>> listed(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    names = [str(name) for name in names]
    if len(names) <= most:
        return ", ".join(names)
    alike = difflib.get_close_matches(str(near), names, most, 0.0) if near else names
    return f"{', '.join(alike[:most])} and {len(names) - most} more"


def check_quantity(name: str, value, unit, *, scalar: bool = False) -> np.ndarray | float:
    """Return `value` as plain numbers in `unit`.

    Parameters
    ----------
    name : str
        What the value is, for the message.
    value : Quantity
        Scalar or array.
    unit : Unit
        The unit in which the numbers come back; ``1`` for a number without unit.
    scalar : bool
        Refuse arrays.

    Raises
    ------
    ValueError
        For a value without a unit, with one of another package, of the wrong dimension, masked,
        empty, NaN or infinite.
    """
    expected = unit_text(unit)
    check_readable(name, value)
    value = listed_parts(value)
    try:
        if np.iscomplexobj(value):
            raise TypeError
        dimensions = get_dimensions(value)
        numbers = np.asarray(value, dtype=float) / float(unit)
    except (TypeError, ValueError, DimensionMismatchError):
        raise InputError(f"{name}: expected a quantity in {expected}, got {value!r}") from None
    if dimensions is not get_dimensions(unit):
        got = dimension_text(dimensions)
        remedy = "check the unit"
        if dimensions is DIMENSIONLESS:
            plain = f"{numbers * float(unit):g}" if numbers.ndim == 0 else "..."
            argument = re.split(" (?:for|of|onto|from|between) ", name)[0].split()[-1]
            remedy = f"multiply by its unit, e.g. {argument}={plain}*{expected}"
        if hasattr(value, "to_numpy"):  # Brian2's units do not survive in pandas: nA*series is 1e-9
            kind = f"{type(value).__module__.partition('.')[0]} {type(value).__name__}"
            remedy = f"a {kind} loses its unit; take .to_numpy()*{expected}"
        raise InputError(f"{name}: expected {expected}, got {value!r} with {got}; {remedy}")
    if scalar and numbers.ndim:
        raise InputError(f"{name}: expected one value, got an array of shape {numbers.shape}")
    if numbers.size == 0:
        raise InputError(f"{name}: is empty; give at least one value in {expected}")
    check_all_finite(name, numbers)
    return float(numbers) if numbers.ndim == 0 else numbers


def check_all_finite(name: str, numbers: np.ndarray) -> None:
    """Refuse NaN and infinite values."""
    bad = ~np.isfinite(numbers)
    if bad.any():
        raise InputError(
            f"{name}: {int(bad.sum())} of {numbers.size} values are NaN or infinite "
            f"(first: {numbers[bad].flat[0]}); give finite values"
        )


def tidy(number: float) -> float:
    """Return a number without the last digit's noise of a unit conversion.

    Examples
    --------
    >>> tidy(0.1 + 0.2)
    0.3
    """
    return float(f"{number:.15g}")


def check_positive(name: str, value, unit) -> float:
    """Return a scalar in `unit` that must be above zero."""
    number = check_quantity(name, value, unit, scalar=True)
    if number <= 0:
        raise InputError(f"{name}: must be above zero, got {value}")
    return number


def check_count(name: str, n, *, most: int | None = None) -> int:
    """Return `n` as an int that must be at least one, and no more than `most`."""
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise InputError(f"{name}: expected a whole number of at least 1, got {n!r}")
    if most is not None and n > most:
        raise InputError(f"{name}: {n:.3g} are more than the {most:.0e} that one run takes")
    return int(n)
