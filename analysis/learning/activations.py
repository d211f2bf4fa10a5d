"""Activation functions with their derivatives: the usual ones, and measured F-I curves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.special import expit

from ...errors import InputError
from ..plain_numbers import check_plain, takes

FALLS = 1e-6  # a fall by this part of the highest rate is the simulation's rounding


class Activation(Protocol):
    """What a unit does with its input: a function that never falls, and its derivative."""

    name: str

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return the activity."""

    def slope(self, x: np.ndarray) -> np.ndarray:
        """Return its derivative."""


@dataclass(frozen=True)
class ReLU:
    """max(x, 0), the rectified linear unit.

    Examples
    --------
    >>> ReLU()(np.array([-1.0, 2.0])).tolist()
    [0.0, 2.0]
    """

    name: str = "ReLU"

    def __call__(self, x):
        return np.maximum(x, 0)

    def slope(self, x):
        return (np.asarray(x) > 0).astype(float)


@dataclass(frozen=True)
class Logistic:
    """1/(1 + exp(-x)).

    Examples
    --------
    >>> Logistic()(0.0), Logistic().slope(0.0)
    (np.float64(0.5), np.float64(0.25))
    """

    name: str = "logistic"

    def __call__(self, x):
        return expit(x)

    def slope(self, x):
        return expit(x) * expit(-np.asarray(x))


@dataclass(frozen=True, eq=False)
class RateCurve:
    """A measured F-I curve as an activation function.

    The rates are interpolated by a cubic that is monotone between the points, with a continuous
    derivative (Fritsch & Butland 1984, SIAM J. Sci. Stat. Comput. 5:300-304). Input and activity
    have no dimension: an input `x` is the current ``zero + unit*x``, and the activity is the
    rate over the rate at ``x = 1``. Below the points the activity stays what it is at the first
    one; above them it goes on with the last slope, which no measurement supports.

    Parameters
    ----------
    I : array_like, shape (n,)
        Currents, rising.
    rate_Hz : array_like, shape (n,)
        Rates that never fall, and are above zero at ``zero + unit``.
    zero, unit : float
        The current at ``x = 0``, and that of a step of 1. Default: the last current without
        firing (the lowest one, if all fire), and a third of the range from there.
    name : str
        Of the model, for messages and tables.
    I_unit : str
    about : dict, optional
        Of what cell it is: equations and parameters, as the ``attrs`` of tables have them.

    Attributes
    ----------
    rate_scale : float
        The rate in Hz whose activity is 1.

    Raises
    ------
    ValueError
        For points that are not finite, not rising, or rates that fall; the message says where.

    Examples
    --------
    >>> curve = RateCurve([0, 1, 2, 3], [0, 0, 40, 80], zero=1, unit=2, name="cell")
    >>> curve(np.array([-5.0, 0.0, 1.0])).tolist(), curve.rate_scale
    ([0.0, 0.0, 1.0], 80.0)
    """

    I: np.ndarray
    rate_Hz: np.ndarray
    zero: float | None = None
    unit: float | None = None
    name: str = "cell"
    I_unit: str = ""
    about: Mapping[str, object] = field(default_factory=dict, repr=False)
    rate_scale: float = field(init=False, repr=False)
    _rate: Callable = field(init=False, repr=False)
    _slope: Callable = field(init=False, repr=False)

    def __post_init__(self):
        I, rate = self._checked()
        put = object.__setattr__
        put(self, "I", I)
        put(self, "rate_Hz", rate)
        put(self, "_rate", PchipInterpolator(I, rate))
        put(self, "_slope", self._rate.derivative())
        silent = I[rate <= 0]
        if self.zero is None:
            put(self, "zero", float(silent[-1] if len(silent) else I[0]))
        if self.unit is None:
            put(self, "unit", float((I[-1] - self.zero) / 3))
        put(self, "rate_scale", float(self.rate(self.zero + self.unit)) if self.unit > 0 else 0.0)
        if not self.rate_scale > 0:
            raise InputError(
                f"F-I curve of {self.name}: is silent at x = 1, {self.zero + self.unit:g} "
                f"{self.I_unit}; choose zero and unit so that zero + unit makes it fire"
            )

    def _checked(self) -> tuple[np.ndarray, np.ndarray]:
        where = f"F-I curve of {self.name}"
        for name in ("I", "rate_Hz", "zero", "unit"):
            check_plain(f"{where}: {name}", getattr(self, name))
        I, rate = np.asarray(self.I, dtype=float), np.asarray(self.rate_Hz, dtype=float)
        if I.ndim != 1 or I.shape != rate.shape or len(I) < 3:
            raise InputError(
                f"{where}: expected at least three currents and a rate for each, got shapes "
                f"{I.shape} and {rate.shape}"
            )
        if not (np.isfinite(I).all() and np.isfinite(rate).all()):
            raise InputError(f"{where}: holds values that are not finite; leave those points out")
        if (np.diff(I) <= 0).any():
            raise InputError(f"{where}: the currents must rise from point to point; sort them")
        falls = np.flatnonzero(np.diff(rate) < -FALLS * rate.max())
        if len(falls):
            k = falls[0]
            raise InputError(
                f"{where}: is not monotone; it falls from {rate[k]:.4g} Hz at {I[k]:g} to "
                f"{rate[k + 1]:.4g} Hz at {I[k + 1]:g} {self.I_unit}; take the range below"
            )
        return I, np.maximum.accumulate(rate)

    def __call__(self, x):
        return self.rate(self.current(x)) / self.rate_scale

    def slope(self, x):
        """Return the derivative by `x`; 0 below the measured currents."""
        I = self.current(x)
        inside = np.clip(I, self.I[0], self.I[-1])
        return (
            np.where(np.less(I, self.I[0]), 0.0, self._slope(inside)) * self.unit / self.rate_scale
        )

    @takes()
    def current(self, x):
        """Return the current that an input is."""
        return self.zero + self.unit * np.asarray(x)

    @takes()
    def rate(self, I):
        """Return the rate in Hz at a current."""
        inside = np.clip(I, self.I[0], self.I[-1])
        above = np.maximum(I - self.I[-1], 0)
        return np.maximum(self._rate(inside), 0) + above * self._slope(self.I[-1])

    def current_for(self, rate):
        """Return the current at which it fires at a rate; the lowest one for rates below all.

        Between two points it is found by bisection, so that it suits the curve itself.
        """
        rate = np.clip(rate, self.rate_Hz[0], self.rate_Hz[-1])
        k = np.clip(np.searchsorted(self.rate_Hz, rate, side="right") - 1, 0, len(self.I) - 2)
        low, high = self.I[k], self.I[k + 1]
        for _ in range(40):
            middle = (low + high) / 2
            below = self._rate(middle) < rate
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return np.where(rate <= self.rate_Hz[0], self.I[0], (low + high) / 2)

    @property
    def range(self) -> tuple[float, float]:
        """The inputs between which the curve was measured."""
        low, high = ((self.I[k] - self.zero) / self.unit for k in (0, -1))
        return float(low), float(high)

    def outside(self, x: np.ndarray) -> np.ndarray:
        """Tell which inputs lie where nothing was measured and the cell may do something else.

        Below the lowest current a cell that is silent there stays silent.
        """
        low, high = self.range
        edge = 1e-9 * (high - low)
        return (x > high + edge) | ((x < low - edge) & (self.rate_Hz[0] > 0))


def check_activation(activation) -> Activation:
    """Return an activation that training can use.

    Raises
    ------
    ValueError
        If it has no derivative, or falls somewhere between -5 and 5.

    Examples
    --------
    >>> class Bump(ReLU):
    ...     def __call__(self, x):
    ...         return np.exp(-x**2)
    >>> check_activation(Bump("bump"))
    Traceback (most recent call last):
    ...
    excitable.errors.InputError: activation bump: is not monotone; it falls between 0 and 0.1
    """
    if not callable(activation) or not hasattr(activation, "slope"):
        raise InputError(
            f"activation: expected ReLU(), Logistic() or a RateCurve, got {activation!r}"
        )
    x = np.linspace(-5, 5, 101)
    y = np.asarray(activation(x), dtype=float)
    falls = np.flatnonzero(~(np.diff(y) >= -1e-12))
    if len(falls):
        k = falls[0]
        name = getattr(activation, "name", type(activation).__name__)
        raise InputError(
            f"activation {name}: is not monotone; it falls between {x[k] + 0:.3g} and "
            f"{x[k + 1]:.3g}"
        )
    return activation
