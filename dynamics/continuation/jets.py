"""Truncated Taylor series as numbers: exact directional derivatives of any order.

A compiled right-hand side that is given series ``x + q*s`` instead of numbers returns the series of
its values in ``s``; the coefficient of ``s**k`` is the k-th directional derivative over k!.
The recurrences are those of Griewank & Walther 2008, Evaluating Derivatives, chapter 13.
"""

import math

import numpy as np


class Jet:
    """A truncated power series in one variable; its coefficients are arrays of one shape.

    Examples
    --------
    >>> x = Jet([1.0, 1.0, 0.0, 0.0])
    >>> (x**3).c.tolist()
    [1.0, 3.0, 3.0, 1.0]
    """

    __array_ufunc__ = None  # numpy leaves arithmetic with arrays to the methods below

    def __init__(self, coefficients):
        self.c = np.asarray(coefficients, dtype=float)

    @property
    def value(self):
        """The series' constant term."""
        return self.c[0]

    def like(self, other) -> "Jet":
        """Return a number or series as a series of this length."""
        if isinstance(other, Jet):
            return other
        c = np.zeros_like(self.c + np.asarray(other, dtype=float))
        c[0] = other
        return Jet(c)

    def __add__(self, other):
        return Jet(self.c + self.like(other).c)

    def __neg__(self):
        return Jet(-self.c)

    def __pos__(self):
        return self

    def __sub__(self, other):
        return Jet(self.c - self.like(other).c)

    def __rsub__(self, other):
        return Jet(self.like(other).c - self.c)

    def __mul__(self, other):
        if not isinstance(other, Jet):
            return Jet(self.c * other)
        return Jet([_convolved(self.c, other.c, k) for k in range(len(self.c))])

    def __truediv__(self, other):
        if not isinstance(other, Jet):
            return Jet(self.c / other)
        found = []
        for k in range(len(self.c)):
            known = sum((found[j] * other.c[k - j] for j in range(k)), 0.0)
            found.append((self.c[k] - known) / other.c[0])
        return Jet(found)

    def __rtruediv__(self, other):
        return self.like(other) / self

    def __pow__(self, exponent):
        if isinstance(exponent, Jet):
            return exp(exponent * log(self))
        if float(exponent).is_integer() and 0 <= exponent <= 64:
            return self._whole_power(int(exponent))
        first, found = self.c[0], [self.c[0] ** exponent]
        for k in range(1, len(self.c)):
            terms = ((exponent * (k - j) - j) * self.c[k - j] * found[j] for j in range(k))
            found.append(sum(terms) / (k * first))
        return Jet(found)

    def _whole_power(self, exponent: int):
        found, square = self.like(1.0), self
        while exponent:
            if exponent & 1:
                found = found * square
            exponent >>= 1
            square = square * square if exponent else square
        return found

    def __rpow__(self, base):
        return exp(self * np.log(base))

    __radd__, __rmul__ = __add__, __mul__

    def __lt__(self, other):
        return self.value < _value(other)

    def __le__(self, other):
        return self.value <= _value(other)

    def __gt__(self, other):
        return self.value > _value(other)

    def __ge__(self, other):
        return self.value >= _value(other)


def _value(x):
    return x.value if isinstance(x, Jet) else x


def _convolved(a, b, k):
    return sum(a[j] * b[k - j] for j in range(k + 1))


def composed(derivatives, x: Jet) -> Jet:
    """Return f(x) of a function whose derivatives at x's constant term are known, itself first."""
    rest = Jet([np.zeros_like(x.c[0]), *x.c[1:]])
    found = x.like(derivatives[-1] / math.factorial(len(derivatives) - 1))
    for k in reversed(range(len(derivatives) - 1)):
        found = found * rest + derivatives[k] / math.factorial(k)
    return found


def exp(x: Jet) -> Jet:
    """Return the exponential of a series."""
    found = [np.exp(x.c[0])]
    for k in range(1, len(x.c)):
        found.append(sum(j * x.c[j] * found[k - j] for j in range(1, k + 1)) / k)
    return Jet(found)


def log(x: Jet) -> Jet:
    """Return the logarithm of a series."""
    found = [np.log(x.c[0])]
    for k in range(1, len(x.c)):
        known = sum(j * found[j] * x.c[k - j] for j in range(1, k)) / k
        found.append((x.c[k] - known) / x.c[0])
    return Jet(found)


def _sin_cos(x: Jet) -> tuple[Jet, Jet]:
    s, c = [np.sin(x.c[0])], [np.cos(x.c[0])]
    for k in range(1, len(x.c)):
        s.append(sum(j * x.c[j] * c[k - j] for j in range(1, k + 1)) / k)
        c.append(-sum(j * x.c[j] * s[k - j] for j in range(1, k + 1)) / k)
    return Jet(s), Jet(c)


def tanh(x: Jet) -> Jet:
    """Return the hyperbolic tangent of a series."""
    # y' = (1 - y**2)*x', coefficient by coefficient
    found = [np.tanh(x.c[0])]
    slope = [1 - found[0] ** 2]
    for k in range(1, len(x.c)):
        found.append(sum(j * x.c[j] * slope[k - j] for j in range(1, k + 1)) / k)
        slope.append(-_convolved(found, found, k))
    return Jet(found)


def exprel(x: Jet) -> Jet:
    """Return (exp(x) - 1)/x of a series, whose k-th derivative is the integral of s**k*exp(s*x)."""
    at = np.asarray(x.c[0], float)
    near = np.abs(at) < 2.0
    far, close = np.where(near, 2.0, at), np.where(near, at, 0.0)
    found, previous = [], np.expm1(far) / far
    for k in range(len(x.c)):
        if k:
            previous = (np.exp(far) - k * previous) / far
        series = sum(close**j / (math.factorial(j) * (j + k + 1)) for j in range(28))
        found.append(np.where(near, series, previous))
    return composed(found, x)


def _or_number(of_jet, of_number):
    return lambda x: of_jet(x) if isinstance(x, Jet) else of_number(x)


def _absolute(x):
    return x * np.sign(x.value)


def _clip(x, low, high):
    pattern = next((y for y in (x, low, high) if isinstance(y, Jet)), None)
    if pattern is None:
        return np.clip(x, low, high)
    x, low, high = (pattern.like(y).c for y in (x, low, high))
    return Jet(np.where(x[0] < low[0], low, np.where(x[0] > high[0], high, x)))


def _exprel_number(x):
    from ...models.text.functions import smooth_exprel

    return smooth_exprel(x)


# What the functions of equation text do to series; numbers stay numbers.
FUNCTIONS = {
    "exp": _or_number(exp, np.exp),
    "expm1": _or_number(lambda x: exp(x) - 1, np.expm1),
    "log": _or_number(log, np.log),
    "log1p": _or_number(lambda x: log(x + 1), np.log1p),
    "log10": _or_number(lambda x: log(x) / math.log(10), np.log10),
    "sqrt": _or_number(lambda x: x**0.5, np.sqrt),
    "sin": _or_number(lambda x: _sin_cos(x)[0], np.sin),
    "cos": _or_number(lambda x: _sin_cos(x)[1], np.cos),
    "tan": _or_number(lambda x: _sin_cos(x)[0] / _sin_cos(x)[1], np.tan),
    "sinh": _or_number(lambda x: (exp(x) - exp(-x)) / 2, np.sinh),
    "cosh": _or_number(lambda x: (exp(x) + exp(-x)) / 2, np.cosh),
    "tanh": _or_number(tanh, np.tanh),
    "abs": _or_number(_absolute, np.abs),
    "sign": lambda x: np.sign(_value(x)),
    "smooth_exprel": _or_number(exprel, _exprel_number),
    "exprel": _or_number(exprel, _exprel_number),
    "clip": _clip,
}
