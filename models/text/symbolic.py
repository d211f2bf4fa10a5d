"""A model's equation text as sympy expressions in SI units, and as functions of numpy arrays."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import sympy as sp
from brian2.core.namespace import DEFAULT_CONSTANTS, DEFAULT_UNITS
from brian2.parsing.sympytools import str_to_sympy

from .functions import NAMESPACE, opaque, smooth_exprel, whole_part
from .step_parts import part_after, part_between, time_after, time_between

# What the opaque functions of equation text mean in numpy.
_NUMPY = {
    "smooth_exprel": smooth_exprel,
    "int_": whole_part,
    "clip": np.clip,
    "part_after": part_after,
    "part_between": part_between,
    "time_after": time_after,
    "time_between": time_between,
}


@dataclass(frozen=True)
class Symbolic:
    """Equation text as sympy.

    Attributes
    ----------
    rhs : dict of str to sympy.Expr
        Right-hand side of every state variable, in SI units, with the named currents and rates
        substituted: functions of the state variables, the parameters, the input and ``t``.
    named : dict of str to sympy.Expr
        Every named current and rate, substituted likewise.
    """

    rhs: Mapping[str, sp.Expr]
    named: Mapping[str, sp.Expr]

    @property
    def states(self) -> tuple[str, ...]:
        """Names of the state variables, in the order of the text."""
        return tuple(self.rhs)

    def expression(self, text: str, known: Iterable[str]) -> sp.Expr:
        """Parse an expression that may use the model's names; `known` are not taken as units."""
        names = {*self.rhs, *self.named, *known}
        return _substitute(parse(text, names), self.named)

    def steady_states(self, given: str) -> dict[str, tuple[sp.Expr, sp.Expr]]:
        """Steady state and time constant of every variable that relaxes at fixed `given`.

        Returns
        -------
        dict of str to (x_inf, tau)
            For variables with ``dx/dt = (x_inf - x)/tau`` where both depend on no other state
            variable than `given`.
        """
        found = {}
        for name, rhs in self.rhs.items():
            x = symbol(name)
            others = {symbol(s) for s in self.rhs} - {x, symbol(given)}
            if name == given or others & rhs.free_symbols:
                continue
            slope = sp.diff(rhs, x)
            if slope != 0 and x not in slope.free_symbols:
                found[name] = (rhs.subs(x, 0) / -slope, -1 / slope)
        return found


def symbol(name: str) -> sp.Symbol:
    """Return the symbol that stands for a name (Brian2 takes all its symbols as real)."""
    return sp.Symbol(name, real=True)


def parse(text: str, names: Iterable[str], *, units: bool = True) -> sp.Expr:
    """Parse Brian2 text to sympy.

    Identifiers that are not in `names` may be units or constants, and become numbers unless
    `units` is false.
    """
    expression = str_to_sympy(opaque(text), NAMESPACE)
    if not units:
        return expression
    names = set(names)
    values = {}
    for s in expression.free_symbols:
        if s.name not in names:
            if s.name in DEFAULT_UNITS:
                values[s] = float(DEFAULT_UNITS[s.name])
            elif s.name in DEFAULT_CONSTANTS:
                values[s] = float(DEFAULT_CONSTANTS[s.name].value)
    return expression.xreplace({s: sp.Float(v) for s, v in values.items()})


def _substitute(expression: sp.Expr, named: Mapping[str, sp.Expr]) -> sp.Expr:
    return expression.xreplace({symbol(k): v for k, v in named.items()})


def symbolic(system, known: frozenset[str]) -> Symbolic:
    """Turn a system into sympy.

    Parameters
    ----------
    system : System
    known : frozenset of str
        Names of the parameters and the input, which are symbols even where a unit has that name.

    Examples
    --------
    >>> from excitable.models import LIF
    >>> LIF.symbolic.rhs["v"]
    (E_L + I*R - v)/tau
    """
    names = {*known, *system.dims}
    named: dict[str, sp.Expr] = {}
    for name, text in system.named.items():
        named[name] = _substitute(parse(text, names), named)
    rhs = {name: _substitute(parse(text, names), named) for name, text in system.slopes().items()}
    return Symbolic(rhs, named)


def function(arguments: Iterable[str], expressions: list[sp.Expr]) -> Callable:
    """Compile expressions to one function of numpy arrays, common parts evaluated once.

    Examples
    --------
    >>> f = function(["x", "y"], [symbol("x") * symbol("y"), symbol("x") + 1])
    >>> f(2.0, 3.0)
    [6.0, 3.0]
    """
    return sp.lambdify([symbol(a) for a in arguments], expressions, [_NUMPY, "numpy"], cse=True)
