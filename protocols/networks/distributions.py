"""Random values: weights, delays and initial states that differ from one to the next."""

from dataclasses import dataclass

import numpy as np
from brian2 import DimensionMismatchError, Quantity, get_dimensions
from brian2.core.functions import DEFAULT_FUNCTIONS
from brian2.core.namespace import DEFAULT_CONSTANTS, DEFAULT_UNITS
from brian2.core.variables import Constant
from brian2.parsing.expressions import parse_expression_dimensions
from brian2.utils.stringtools import get_identifiers

from ...errors import InputError
from ...models.checks import check_name, check_quantity, dimension_text, unit_text
from ...models.units import base_unit


@dataclass(frozen=True)
class Uniform:
    """A uniform distribution between `low` and `high`.

    Examples
    --------
    >>> from brian2 import mV
    >>> Uniform(-60*mV, -50*mV).text("v", mV)
    '(-0.06 + 0.01*rand())*volt'
    """

    low: Quantity
    high: Quantity

    def text(self, name: str, unit) -> str:
        """Return the Brian2 text that draws a value; `name` and `unit` are what it is for."""
        low, high = (
            float(check_quantity(f"{name} {key}", getattr(self, key), unit, scalar=True))
            for key in ("low", "high")
        )
        if high < low:
            raise InputError(f"{name}: Uniform needs low <= high, got {self.low} and {self.high}")
        low, width = low * float(unit), (high - low) * float(unit)
        return f"({low:.12g} + {width:.12g}*rand())*{base_unit(unit)}"


@dataclass(frozen=True)
class Normal:
    """A normal distribution, cut off below `low`: smaller values are set to it.

    Examples
    --------
    >>> from brian2 import nS
    >>> Normal(40*nS, 15*nS, low=0*nS).text("g", nS)
    'clip(4e-08 + 1.5e-08*randn(), 0, inf)*siemens'
    """

    mean: Quantity
    sd: Quantity
    low: Quantity | None = None

    def text(self, name: str, unit) -> str:
        """Return the Brian2 text that draws a value; `name` and `unit` are what it is for."""
        scale = float(unit)
        mean = check_quantity(f"{name} mean", self.mean, unit, scalar=True) * scale
        sd = check_quantity(f"{name} sd", self.sd, unit, scalar=True) * scale
        if sd < 0:
            raise InputError(f"{name}: Normal needs sd >= 0, got {self.sd}")
        drawn = f"{mean:.12g} + {sd:.12g}*randn()"
        if self.low is None:
            return f"({drawn})*{base_unit(unit)}"
        low = check_quantity(f"{name} low", self.low, unit, scalar=True) * scale
        return f"clip({drawn}, {low:.12g}, inf)*{base_unit(unit)}"


@dataclass(frozen=True)
class Drawn:
    """Values that Brian2 text draws, with ``rand()`` and ``randn()``.

    Examples
    --------
    >>> from brian2 import mV
    >>> Drawn("-exp(randn())*mV").text("weight", mV)
    '-exp(randn())*mV'
    """

    expression: str

    def text(self, name: str, unit) -> str:
        """Return the Brian2 text that draws a value; `name` and `unit` are what it is for."""
        known = {k: Constant(k, float(u), get_dimensions(u)) for k, u in self._units().items()}
        known |= {**DEFAULT_FUNCTIONS, **DEFAULT_CONSTANTS}
        for word in get_identifiers(self.expression):
            check_name(f"name in {name} = {self.expression!r}:", word, known)
        try:
            given = parse_expression_dimensions(self.expression, known)
        except (DimensionMismatchError, SyntaxError, TypeError, ValueError) as error:
            raise InputError(f"{name}: {self.expression!r}: {error}") from None
        if given is not get_dimensions(unit):
            raise InputError(
                f"{name}: expected {unit_text(unit)}, got {dimension_text(given)} from "
                f"{self.expression!r}"
            )
        return self.expression

    def _units(self) -> dict:
        return {w: DEFAULT_UNITS[w] for w in get_identifiers(self.expression) & {*DEFAULT_UNITS}}


Distribution = Uniform | Normal | Drawn


def middle(value):
    """Return the mean of what is drawn (or the value itself); of text that draws nothing is known.

    Examples
    --------
    >>> from brian2 import nS
    >>> middle(Uniform(1*nS, 2*nS)), middle(Drawn("rand()*nS"))
    (1.5 * nsiemens, 0.0)
    """
    if isinstance(value, Uniform):
        return (value.low + value.high) / 2
    if isinstance(value, Normal):
        return value.mean
    return 0.0 if isinstance(value, Drawn) else value


def lowest(value) -> float:
    """Return the lowest value that can be drawn (or the value itself), in SI units."""
    if isinstance(value, Drawn):
        return -np.inf
    if isinstance(value, Distribution):
        return -np.inf if value.low is None else float(value.low)
    return float(value)
