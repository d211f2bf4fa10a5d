"""Expressions in languages that look like C: C++, JavaScript, XPP."""

import ast
import math
from collections.abc import Mapping
from dataclasses import dataclass

from brian2.core.namespace import DEFAULT_CONSTANTS, DEFAULT_UNITS

from ...errors import InputError
from ..system import FREE
from ..text.expressions import is_condition, tree

_COMPARISONS = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_OPERATORS = {ast.Add: " + ", ast.Sub: " - ", ast.Mult: "*", ast.Div: "/"}


@dataclass(frozen=True)
class Dialect:
    """What differs between languages.

    Attributes
    ----------
    functions : dict of str to str
        Brian2's names of functions and those of the language, or templates of their arguments.
    power, modulo, infinity : str
        Templates, and text. What is left of a division has the sign of what it is divided by.
    whole : str
        Template of a number without its fraction, and of 1 or 0 by a condition that has a name.
    both, either : str
        What stands between two conditions.
    negation, comparison, choice : str
        Templates: of the opposite of a condition, of a comparison, and of 1 or 0 by a condition.
    true, false : str
    sign : str
        Template of what changes its sign.
    largest_product : int
        Powers up to this are written as products.
    compared : int
        How tightly the sides of a comparison must hold together without brackets: 1, sums stand as
        they are; 4, not even powers do.
    """

    functions: Mapping[str, str]
    power: str
    modulo: str
    whole: str
    infinity: str
    both: str = " && "
    either: str = " || "
    negation: str = "!({})"
    comparison: str = "{}"
    choice: str = "({} ? 1.0 : 0.0)"
    true: str = "true"
    false: str = "false"
    sign: str = "-{}"
    largest_product: int = 4
    compared: int = 1

    def number(self, value: float) -> str:
        """Return a number as text, exactly."""
        return repr(float(value))

    def raised(self, base: str, exponent: str) -> str:
        """Return a power."""
        return self.power.format(base, exponent)


_SAME = ("exp", "log", "log10", "expm1", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh",
         "tanh", "floor", "ceil", "exprel_slope", "clip", "sign")  # fmt: skip
_ARCS = {"arcsin": "asin", "arccos": "acos", "arctan": "atan"}

CPP = Dialect(
    functions={
        **{name: name for name in _SAME},
        **_ARCS,
        "abs": "fabs",
        "smooth_exprel": "_smooth_exprel",
        "exprel": "_smooth_exprel",
    },
    power="pow({}, {})",
    modulo="fmod(fmod({0}, {1}) + ({1}), {1})",
    whole="trunc({})",
    infinity="INFINITY",
)


class CannotPrint(InputError):
    """An expression has no counterpart in a language; the message names it."""


def written(text: str, names: Mapping[str, str], dialect: Dialect = CPP) -> str:
    """Return an expression in a language like C; units are numbers in SI.

    Parameters
    ----------
    text : str
        Brian2 text.
    names : dict of str to str
        What the names of variables are there.
    dialect : Dialect

    Raises
    ------
    CannotPrint
        For a function or a name that the language does not have.

    Examples
    --------
    >>> written("g*m**3*(v - E) + int(v > 5*mV)", {n: n for n in ("g", "m", "v", "E")})
    'g*m*m*m*(v - E) + (v > 5.0*0.001 ? 1.0 : 0.0)'
    """
    return _Writer(names, dialect).write(tree(text), 0)


class _Writer:
    """Writes trees; brackets stand where the grammar of the tree needs them."""

    def __init__(self, names: Mapping[str, str], dialect: Dialect):
        self.names, self.dialect = names, dialect

    def write(self, node: ast.expr, outer: int) -> str:
        match node:
            case ast.Constant(value=bool()):
                return self.dialect.true if node.value else self.dialect.false
            case ast.Constant(value=int() | float()):
                return self.dialect.number(node.value)
            case ast.Name(id=name):
                return self._name(name)
            case ast.UnaryOp(op=ast.Not()):
                return self.dialect.negation.format(self.write(node.operand, 0))
            case ast.UnaryOp(op=ast.USub()):
                opposite = self.dialect.sign.format(self.write(node.operand, 3))
                return self._bracketed(opposite, 2, outer)
            case ast.UnaryOp(op=ast.UAdd()):
                return self.write(node.operand, outer)
            case ast.BoolOp():
                both = isinstance(node.op, ast.And)
                joint = self.dialect.both if both else self.dialect.either
                return f"({joint.join(self.write(v, 0) for v in node.values)})"
            case ast.Compare():
                return self._comparison(node)
            case ast.Call(func=ast.Name(id=name)):
                return self._call(name, node.args)
            case ast.BinOp():
                return self._operation(node, outer)
        raise CannotPrint(f"{ast.unparse(node)!r} cannot be written in another language")

    @staticmethod
    def _bracketed(text: str, own: int, outer: int) -> str:
        return f"({text})" if own < outer else text

    def _name(self, name: str) -> str:
        if name in self.names:
            return self.names[name]
        if name in DEFAULT_UNITS:
            return self.dialect.number(DEFAULT_UNITS[name])
        if name in DEFAULT_CONSTANTS:
            value = float(DEFAULT_CONSTANTS[name].value)
            return self.dialect.number(value) if math.isfinite(value) else self.dialect.infinity
        raise CannotPrint(f"{name!r} has no value outside Brian2")

    def _comparison(self, node: ast.Compare) -> str:
        sides = [self.write(side, self.dialect.compared) for side in (node.left, *node.comparators)]
        pairs = [
            self.dialect.comparison.format(
                f"{sides[k]} {_COMPARISONS[type(operator)]} {sides[k + 1]}"
            )
            for k, operator in enumerate(node.ops)
        ]
        return pairs[0] if len(pairs) == 1 else f"({self.dialect.both.join(pairs)})"

    def _call(self, name: str, arguments: list[ast.expr]) -> str:
        if name == "int":
            (inside,) = arguments
            condition = is_condition(inside) or (isinstance(inside, ast.Name) and inside.id == FREE)
            form = self.dialect.choice if condition else self.dialect.whole
            return form.format(self.write(inside, 0))
        if name not in self.dialect.functions:
            raise CannotPrint(f"the function {name}() exists in Brian2 only")
        written_out = [self.write(a, 0) for a in arguments]
        counterpart = self.dialect.functions[name]
        if "{" in counterpart:
            return counterpart.format(*written_out)
        return f"{counterpart}({', '.join(written_out)})"

    def _operation(self, node: ast.BinOp, outer: int) -> str:
        if isinstance(node.op, ast.Pow):
            return self._power(node, outer)
        if isinstance(node.op, ast.Mod):
            both = self.write(node.left, 0), self.write(node.right, 0)
            return self.dialect.modulo.format(*both)
        if isinstance(node.op, ast.FloorDiv):
            quotient = ast.BinOp(node.left, ast.Div(), node.right)
            return f"{self.dialect.functions['floor']}({self.write(quotient, 0)})"
        own = 1 if isinstance(node.op, ast.Add | ast.Sub) else 2
        right = own + (1 if isinstance(node.op, ast.Sub | ast.Div) else 0)
        if isinstance(node.op, ast.Mult) and isinstance(node.right, ast.BinOp):
            right = 3 if isinstance(node.right.op, ast.Mult | ast.Div) else 2
        text = (
            self.write(node.left, own) + _OPERATORS[type(node.op)] + self.write(node.right, right)
        )
        return self._bracketed(text, own, outer)

    def _power(self, node: ast.BinOp, outer: int) -> str:
        exponent = node.right
        simple = isinstance(node.left, ast.Name) and isinstance(exponent, ast.Constant)
        if simple and exponent.value in range(1, self.dialect.largest_product + 1):
            product = "*".join([self.write(node.left, 3)] * int(exponent.value))
            return self._bracketed(product, 2, outer)
        power = self.dialect.raised(self.write(node.left, 0), self.write(exponent, 0))
        return self._bracketed(power, 3, outer)
