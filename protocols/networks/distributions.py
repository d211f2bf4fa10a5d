"""Random values: weights, delays and initial states that differ from one to the next."""

from dataclasses import dataclass

import numpy as np
from brian2 import DimensionMismatchError, Quantity, get_dimensions
from brian2.core.functions import DEFAULT_FUNCTIONS
from brian2.core.namespace import DEFAULT_CONSTANTS, DEFAULT_UNITS
from brian2.core.variables import Constant
from brian2.parsing.expressions import parse_expression_dimensions
from brian2.utils.stringtools import get_identifiers, word_substitute

from ...errors import InputError
from ...models.checks import (
    check_all_finite,
    check_name,
    check_quantity,
    dimension_text,
    unit_text,
)
from ...models.text.conditions import RANDOM
from ...models.text.numeric import function
from ...models.units import base_unit

_FAR = 8  # standard deviations: one in 10^15 draws lies beyond
_SAMPLE = 1000  # values that tell what draws of a distribution are like


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


def sample(name: str, value: Distribution, unit) -> np.ndarray:
    """Return a thousand of the values that are drawn, as numbers in `unit`.

    Parameters
    ----------
    name : str
        What is drawn, for messages.
    value : Distribution
    unit : Unit

    Raises
    ------
    ValueError
        For what does not fit the unit, or draws values that are no finite numbers.

    Examples
    --------
    >>> from brian2 import nS
    >>> found = sample("g", Drawn("exp(randn())*nS"), nS)
    >>> len(found), bool((found > 0).all())
    (1000, True)
    """
    generator = np.random.default_rng(0)  # the same network is refused in every process, or in none
    draws = {
        "drawn_rand": lambda: generator.random(_SAMPLE),
        "drawn_randn": lambda: generator.standard_normal(_SAMPLE),
        "drawn_poisson": lambda mean: generator.poisson(mean, _SAMPLE),
    }
    text = word_substitute(value.text(name, unit), {k: f"drawn_{k}" for k in RANDOM})
    try:
        with np.errstate(all="ignore"):
            (numbers,) = function([], [text], functions=draws)()
    except ArithmeticError:  # of constants, such as 1/0
        numbers = np.nan
    numbers = np.broadcast_to(np.asarray(numbers, dtype=float) / float(unit), _SAMPLE)
    check_all_finite(f"{name} {value}", numbers)
    return numbers


def highest(value: Uniform | Normal) -> float:
    """Return the highest value that will be drawn, in SI units: of a normal one it is no bound."""
    if isinstance(value, Uniform):
        return float(value.high)
    top = float(value.mean) + _FAR * float(value.sd)
    return top if value.low is None else max(top, float(value.low))


def lowest(value) -> float:
    """Return the lowest value that can be drawn (or the value itself), in SI units.

    Of text nothing is known.
    """
    if isinstance(value, Drawn):
        return -np.inf
    if isinstance(value, Distribution):
        return -np.inf if value.low is None else float(value.low)
    return float(np.min(value))
