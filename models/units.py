"""Units as text: in equations (base units), in tables (the field's units), in column names."""

import re
from collections.abc import Collection, Mapping
from functools import cache

import brian2
from brian2 import Unit, get_dimensions
from brian2.core.namespace import DEFAULT_UNITS
from brian2.units import allunits, stdunits
from brian2.units.fundamentalunits import DIMENSIONLESS

from ..columns import SHOWN, check_columns, with_unit
from .checks import dimension_text, unit_text

# What Brian2 wants behind the colon of an equation: units without a scale.
_BASE = ("meter**2", "volt", "amp", "second", "siemens", "farad", "ohm", "hertz")
_PER = ("", "/second", "/meter**2", "/volt", "/volt**2", "*second**0.5", "/second**0.5")

_SI = ("meter", "kilogram", "second", "amp", "kelvin", "mole", "candela")

# The units in which the field shows a quantity of these dimensions.
_SHOWN = tuple(eval(text, {**vars(allunits), **vars(stdunits)}) for text in SHOWN)


class SIValue(float):
    """A plain number in SI units that knows what it measures.

    In every calculation it is a float. A formula that takes its numbers in other units can tell
    that this one is in SI units (`excitable.analysis.plain_numbers`).

    Examples
    --------
    >>> from brian2 import ms
    >>> tau = SIValue(10*ms)
    >>> tau, tau.si_dimensions
    (0.01, second)
    """

    def __new__(cls, quantity):
        """Take a quantity."""
        number = super().__new__(cls, quantity)
        number.si_dimensions = get_dimensions(quantity)
        return number


def base_unit(value) -> str:
    """Return the dimensions of a quantity as Brian2 text for an equation.

    Examples
    --------
    >>> from brian2 import uA, cm, mV, ms
    >>> base_unit(10*uA/cm**2), base_unit(mV/ms), base_unit(3)
    ('amp/meter**2', 'volt/second', '1')
    >>> from brian2 import nS, um
    >>> base_unit(um**2), base_unit(nS/mV**2)
    ('meter**2', 'siemens/volt**2')
    """
    return _base_unit(get_dimensions(value))


@cache
def _base_unit(dimensions) -> str:
    if dimensions is DIMENSIONLESS:
        return "1"
    for per in _PER:  # siemens rather than amp/volt
        for unit in _BASE:
            if get_dimensions(eval(unit + per, vars(allunits).copy())) is dimensions:
                return unit + per
    powers = list(zip(_SI, dimensions._dims, strict=True))
    above = "*".join(_power(name, p) for name, p in powers if p > 0)
    below = "".join("/" + _power(name, -p) for name, p in powers if p < 0)
    return (above or "1") + below


def _power(name: str, power: float) -> str:
    return name if power == 1 else f"{name}**{power:g}"


def unit_state(unit):
    """Return a unit as what a pickle can hold: Brian2 pickles a unit to a nameless quantity."""
    if not isinstance(unit, Unit):
        return unit
    names = {k: getattr(unit, k) for k in ("name", "dispname", "latexname", "iscompound")}
    return {"dim": unit.dim, "scale": unit.scale, **names}


def unit_from_state(state) -> Unit:
    """Return the unit of which `unit_state` has taken down the state."""
    return Unit(10.0 ** state["scale"], **state) if isinstance(state, dict) else state


def display_unit(value, preferred: Unit | None = None) -> Unit:
    """Return the unit in which a quantity of these dimensions is shown.

    Parameters
    ----------
    value : Quantity or dimensions
    preferred : Unit, optional
        Taken if it has the right dimensions.

    Examples
    --------
    >>> from brian2 import nS, mV
    >>> unit_text(display_unit(2*nS/mV)), unit_text(display_unit(nS/mV**2))
    ('nS/mV', 'S/V**2')
    """
    dimensions = get_dimensions(value)
    if dimensions is DIMENSIONLESS:
        return Unit(1)
    shown = _SHOWN if preferred is None else (preferred, *_SHOWN)
    found = [unit for unit in shown if get_dimensions(unit) is dimensions]
    if found:
        return found[0]
    return Unit(1.0, dim=dimensions, dispname=dimension_text(dimensions))


def unit_code(unit: Unit) -> str:
    """Return a unit as Python has it, in names that Brian2 exports: of metres and amperes the words.

    Examples
    --------
    >>> from brian2 import meter, mM, nS, second, mV, volt
    >>> unit_code(nS / mV), unit_code(mM), unit_code(display_unit(meter**2 / second))
    ('nS/mV', 'mM', 'meter**2/second')
    """
    return re.sub(r"[A-Za-z]+", lambda symbol: _exported(symbol[0]), unit_text(unit))


def _exported(symbol: str) -> str:
    names = (name for name, unit in DEFAULT_UNITS.items() if unit.dispname == symbol)
    return next((name for name in (symbol, *names) if hasattr(brian2, name)), symbol)


def column(name: str, unit: Unit) -> str:
    """Return a table column's name, with its unit.

    Examples
    --------
    >>> from brian2 import mV, ms, uA, cm
    >>> column("v", mV), column("u", mV/ms), column("I_A", uA/cm**2), column("m", Unit(1))
    ('v_mV', 'u_mV_per_ms', 'I_A_uA_per_cm2', 'm')
    """
    return with_unit(name, unit_text(unit))


def own_columns(
    units: Mapping[str, Unit], others: Collection[str] = (), *, what: str = "record"
) -> dict[str, str]:
    """Return the columns of several variables in one table, each its own.

    Parameters
    ----------
    units : dict of str to Unit
    others, what : optional
        See `check_columns`.

    Raises
    ------
    ValueError
        Where two would have one column, or one that of something else.

    Examples
    --------
    >>> from brian2 import mV
    >>> own_columns({"v": mV, "m": Unit(1)}, others=["t_ms"])
    {'v': 'v_mV', 'm': 'm'}
    """
    found = {name: column(name, unit) for name, unit in units.items()}
    check_columns(found.items(), others, what=what)
    return found
