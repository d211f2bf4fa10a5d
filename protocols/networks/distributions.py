"""Random values: weights, delays and initial states that differ from one to the next."""

from dataclasses import dataclass

import numpy as np
from brian2 import Quantity

from ...models.checks import check_quantity
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
            raise ValueError(f"{name}: Uniform needs low <= high, got {self.low} and {self.high}")
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
            raise ValueError(f"{name}: Normal needs sd >= 0, got {self.sd}")
        drawn = f"{mean:.12g} + {sd:.12g}*randn()"
        if self.low is None:
            return f"({drawn})*{base_unit(unit)}"
        low = check_quantity(f"{name} low", self.low, unit, scalar=True) * scale
        return f"clip({drawn}, {low:.12g}, inf)*{base_unit(unit)}"


Distribution = Uniform | Normal


def lowest(value) -> float:
    """Return the lowest value that can be drawn (or the value itself), in SI units."""
    if isinstance(value, Distribution):
        return -np.inf if value.low is None else float(value.low)
    return float(value)
