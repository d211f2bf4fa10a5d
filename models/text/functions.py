"""`smooth_exprel`, the function that keeps singular rates finite with every integration method.

Rates such as ``(v + 40*mV)/(1 - exp(-(v + 40*mV)/(10*mV)))`` are 0/0 at one voltage. The models
write them with Brian2's ``exprel(x) = (exp(x) - 1)/x``, which is finite there. But sympy turns
``exprel(a*v + 2.97)`` back into the quotient as soon as a method asks Brian2 to rearrange the
equations, and the 0/0 returns. So the text that is handed to Brian2 calls `smooth_exprel`: the
same function, opaque to sympy, without a call to ``expm1``, so that compilers can vectorise it.
`smooth_exprel_of` is given the exponential too, by a step that has it already.
"""

import math
import re

import numpy as np
from brian2 import Function
from brian2.codegen.generators.cpp_generator import CPPCodeGenerator
from brian2.codegen.generators.cython_generator import CythonCodeGenerator

from ...errors import InputError
from .step_parts import STEP_FUNCTIONS

# Below this the Taylor polynomial of degree 7 is exact to 1.1e-16 (its first dropped term is
# x**8/9!); above it the quotient has lost little more than one of sixteen digits. In float32 the
# polynomial is exact to 5e-8 below 0.6, where the quotient loses a third of a digit.
_NEAR = 0.05
_NEAR_SINGLE = 0.6
_SLOPE_NEAR = 0.5  # of the derivative: its quotient loses more digits
_SLOPE_SERIES = [1 / ((k + 2) * math.factorial(k)) for k in reversed(range(14))]
_SERIES = "1 + x/2*(1 + x/3*(1 + x/4*(1 + x/5*(1 + x/6*(1 + x/7*(1 + x/8))))))"


def smooth_exprel(x):
    """Return ``(exp(x) - 1)/x``, and 1 at 0.

    Examples
    --------
    >>> float(smooth_exprel(0.0))
    1.0
    """
    with np.errstate(over="ignore"):  # a rate at a potential that runs away
        return _smooth_quotient(np.expm1(x), np.asarray(x, dtype=float))


def smooth_exprel_of(x, exp_x):
    """Return ``(exp_x - 1)/x``, and 1 where `x` is 0, for an ``exp(x)`` that is known.

    Examples
    --------
    >>> float(smooth_exprel_of(2.0, 9.0)), float(smooth_exprel_of(0.0, 1.0))
    (4.0, 1.0)
    """
    return _smooth_quotient(np.asarray(exp_x) - 1, np.asarray(x, dtype=float))


def _smooth_quotient(difference, x):
    near = np.abs(x) < _NEAR
    if not near.any():
        return difference / x
    series = 1 + x / 2 * (
        1 + x / 3 * (1 + x / 4 * (1 + x / 5 * (1 + x / 6 * (1 + x / 7 * (1 + x / 8)))))
    )
    return np.where(near, series, difference / np.where(near, 1.0, x))


def exprel_slope(x):
    """Return the derivative of `smooth_exprel`, ``(exp(x)*(x - 1) + 1)/x**2``; 1/2 at 0.

    Examples
    --------
    >>> float(exprel_slope(0.0)), round(float(exprel_slope(1.0)), 12)
    (0.5, 1.0)
    """
    x = np.asarray(x, dtype=float)
    near = np.abs(x) < _SLOPE_NEAR
    far = np.where(near, 1.0, x)
    with np.errstate(over="ignore", invalid="ignore"):
        quotient = (np.exp(far) * (far - 1) + 1) / (far * far)
    if not near.any():
        return quotient
    return np.where(near, np.polyval(_SLOPE_SERIES, np.where(near, x, 0.0)), quotient)


def whole_part(x):
    """Return what Brian2's ``int(...)`` is: 1 or 0 of a condition, a number without its fraction.

    Examples
    --------
    >>> whole_part([2.7, -2.7, True]).tolist()
    [2.0, -2.0, 1.0]
    """
    return np.trunc(np.asarray(x, dtype=float))


def _cpp(name: str, arguments: str, exponential: str) -> str:
    return f"""
template <typename T> static inline T {name}({arguments})
{{
    const T series = {_SERIES};
    const bool near = fabs(x) < (sizeof(T) == 4 ? T({_NEAR_SINGLE}) : T({_NEAR}));
    // One division for both cases: in 1/exprel a compiler turns it into a multiplication.
    return (near ? series : {exponential} - 1)/(near ? T(1) : x);
}}
"""


def _cython(name: str, arguments: str, exponential: str) -> str:
    return f"""
from libc.math cimport exp as _c_exp, fabs as _c_fabs
cdef inline double {name}({arguments}) noexcept nogil:
    if _c_fabs(x) < {_NEAR}:
        return {_SERIES}
    return ({exponential} - 1)/x
"""


def _opaque_function(function, cpp: tuple[str, str], cython: tuple[str, str]) -> Function:
    """Return a Brian2 function; `cpp` and `cython` are its arguments and what is exp(x) in it."""
    name = f"_{function.__name__}"
    arguments = cpp[0].count(",") + 1
    made = Function(function, arg_units=[1] * arguments, return_unit=1)
    # With units Brian2 checks each call, and to that end turns its arguments into text.
    made.implementations.add_numpy_implementation(function, discard_units=True)
    for generator, code in ((CPPCodeGenerator, _cpp(name, *cpp)),
                            (CythonCodeGenerator, _cython(name, *cython))):  # fmt: skip
        made.implementations.add_implementation(generator, code, name=name)
    return made


SMOOTH_EXPREL = _opaque_function(smooth_exprel, ("const T x", "exp(x)"), ("double x", "_c_exp(x)"))
SMOOTH_EXPREL_OF = _opaque_function(
    smooth_exprel_of, ("const T x, const T exp_x", "exp_x"), ("double x, double exp_x", "exp_x")
)


def brian_function(name: str, function) -> Function:
    """Return a function of the user's as Brian2 takes it.

    Parameters
    ----------
    name : str
    function : Function, TimedArray or callable
        A Python function says its units with Brian2's ``check_units``. It gives the same result for
        the same arguments: one that does not is to be a ``Function`` with ``stateless=False``.

    Raises
    ------
    ValueError
        For what is no function, or says not all of its units.
    """
    if isinstance(function, Function):
        return function
    try:
        if callable(function):
            return Function(function)
        raise TypeError(f"got {function!r}")
    except (ValueError, TypeError) as error:
        raise InputError(
            f"function {name!r}: expected a Brian2 Function or TimedArray, or a Python function that "
            f"says all its units (@check_units(v=volt, result=1)); {error}"
        ) from None


NAMESPACE = {
    "smooth_exprel": SMOOTH_EXPREL,
    "smooth_exprel_of": SMOOTH_EXPREL_OF,
    **STEP_FUNCTIONS,
}


def opaque(text: str) -> str:
    """Return equation text in which every `exprel` is a `smooth_exprel`.

    Examples
    --------
    >>> opaque("alpha = 3.8/exprel(-x)/ms : Hz")
    'alpha = 3.8/smooth_exprel(-x)/ms : Hz'
    """
    return re.sub(r"\bexprel\b", "smooth_exprel", text)
