"""`smooth_exprel`, the function that keeps singular rates finite with every integration method.

Rates such as ``(v + 40*mV)/(1 - exp(-(v + 40*mV)/(10*mV)))`` are 0/0 at one voltage. The models
write them with Brian2's ``exprel(x) = (exp(x) - 1)/x``, which is finite there. But sympy turns
``exprel(a*v + 2.97)`` back into the quotient as soon as a method asks Brian2 to rearrange the
equations, and the 0/0 returns. So the text that is handed to Brian2 calls `smooth_exprel`: the
same function, opaque to sympy, without a call to ``expm1``, so that compilers can vectorise it.
"""

import re

import numpy as np
from brian2 import Function
from brian2.codegen.generators.cpp_generator import CPPCodeGenerator
from brian2.codegen.generators.cython_generator import CythonCodeGenerator

# Below this the Taylor polynomial of degree 5 is exact to 2e-16 (its first dropped term is
# x**6/5040); above it the quotient has lost at most two of sixteen digits. In float32 the
# polynomial is exact to 1.4e-7 below 0.3, where the quotient loses half a digit.
_NEAR = 1e-2
_NEAR_SINGLE = 0.3


def smooth_exprel(x):
    """Return ``(exp(x) - 1)/x``, and 1 at 0.

    Examples
    --------
    >>> float(smooth_exprel(0.0))
    1.0
    """
    x = np.asarray(x, dtype=float)
    near = np.abs(x) < _NEAR
    with np.errstate(over="ignore"):  # a rate at a potential that runs away
        quotient = np.expm1(x) / np.where(near, 1.0, x)
    series = 1 + x / 2 * (1 + x / 3 * (1 + x / 4 * (1 + x / 5 * (1 + x / 6))))
    return np.where(near, series, quotient)


_CPP = f"""
template <typename T> static inline T _smooth_exprel(const T x)
{{
    const T series = 1 + x/2*(1 + x/3*(1 + x/4*(1 + x/5*(1 + x/6))));
    const bool near = fabs(x) < (sizeof(T) == 4 ? T({_NEAR_SINGLE}) : T({_NEAR}));
    // One division for both cases: in 1/exprel a compiler turns it into a multiplication.
    return (near ? series : exp(x) - 1)/(near ? T(1) : x);
}}
"""
_CYTHON = f"""
from libc.math cimport exp as _c_exp, fabs as _c_fabs
cdef inline double _smooth_exprel(double x) noexcept nogil:
    if _c_fabs(x) < {_NEAR}:
        return 1 + x/2*(1 + x/3*(1 + x/4*(1 + x/5*(1 + x/6))))
    return (_c_exp(x) - 1)/x
"""

SMOOTH_EXPREL = Function(smooth_exprel, arg_units=[1], return_unit=1)
SMOOTH_EXPREL.implementations.add_numpy_implementation(smooth_exprel)
SMOOTH_EXPREL.implementations.add_implementation(CPPCodeGenerator, _CPP, name="_smooth_exprel")
SMOOTH_EXPREL.implementations.add_implementation(
    CythonCodeGenerator, _CYTHON, name="_smooth_exprel"
)

NAMESPACE = {"smooth_exprel": SMOOTH_EXPREL}


def opaque(text: str) -> str:
    """Return equation text in which every `exprel` is a `smooth_exprel`.

    Examples
    --------
    >>> opaque("alpha = 3.8/exprel(-x)/ms : Hz")
    'alpha = 3.8/smooth_exprel(-x)/ms : Hz'
    """
    return re.sub(r"\bexprel\b", "smooth_exprel", text)
