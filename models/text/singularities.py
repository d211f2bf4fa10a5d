"""Rates that are 0/0 at one potential, written so that they are finite there.

Textbooks write ``0.1*(v + 40)/(1 - exp(-(v + 40)/10))``, which is 0/0 at -40 mV and rounding noise
around it. Whoever wrote the model and however: where a factor of a quotient vanishes together with
a factor ``exp(u) - 1`` below it (or ``expm1``, ``sinh``, ``tanh``) the quotient is rewritten with
``exprel(u) = (exp(u) - 1)/u``, which is the same number everywhere else. It does not matter what
makes them vanish, a state variable, the input (the potential of a clamped cell), time or a
parameter, nor whether parts of the quotient have names of their own.
"""

import ast
from collections.abc import Collection, Mapping
from fractions import Fraction

import sympy as sp
from brian2 import get_dimensions
from brian2.core.namespace import DEFAULT_UNITS

from .expressions import ARITHMETIC, Rewriter, names, tree

_SHORT = ("volt", "amp", "second")
_BASE = ("metre", "kilogram", "second", "amp", "kelvin", "mole", "candela")


def regular(text: str, own: Collection[str], named: Mapping[str, str] | None = None) -> str:
    """Return an expression without removable singularities.

    Parameters
    ----------
    text : str
    own : collection of str
        Names that are no units, even if a unit has that name.
    named : dict of str to str
        Named parts through which a 0/0 may be seen; each moves with what it consists of.

    Examples
    --------
    >>> regular("0.1*(25*mV - v)/(exp(2.5 - 0.1*v/mV) - 1)/mV/ms", {"v"})
    '0.1 * (0.01 * volt * (1 / exprel(2.5 - 0.1 * v / mV))) / mV / ms'
    >>> regular("x/tanh(x)", {"x"})
    '1 * (x + 1 / exprel(2 * x))'
    >>> regular("x/below", {"x"}, {"below": "exp(x) - 1"})
    '1 * (1 / exprel(x))'
    >>> regular("(v - E)/(exp(v/k) - 1)", {"v", "E", "k"})
    '(v - E)/(exp(v/k) - 1)'
    """
    writer = _Regular(set(own), named or {})
    node = writer.visit(tree(text))
    return ast.unparse(ast.fix_missing_locations(node)) if writer.found else text


class _Regular(Rewriter):
    """Rewrites each product of factors and reciprocals in which a 0/0 is found."""

    def __init__(self, own: set[str], named: Mapping[str, str]):
        self.own, self.named = own, named
        self.found = False

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        if not isinstance(node.op, ast.Mult | ast.Div):
            return self.generic_visit(node)
        factors = self._factors(node)
        for k, (below, power) in enumerate(factors):
            match = self._vanishing(below)
            if match is None:
                continue
            for j, (above, other) in enumerate(factors):
                if other == -power and (ratio := self._ratio(above, match[0])) is not None:
                    self.found = True
                    both = ast.BinOp(tree(ratio), ast.Mult(), tree(match[1]))
                    if power == 1:  # (exp(u) - 1)/x
                        both = ast.BinOp(tree(match[2]), ast.Div(), tree(ratio))
                    kept = [f for i, f in enumerate(factors) if i not in (j, k)]
                    place = min(j, k)
                    return self.visit(_product([*kept[:place], (both, 1), *kept[place:]]))
        return self.generic_visit(node)

    def _seen(self, node: ast.expr) -> ast.expr:
        """Return what stands behind the name of a part."""
        while isinstance(node, ast.Name) and node.id in self.named:
            node = tree(self.named[node.id])
        return node

    def _factors(self, node: ast.expr, power: int = 1) -> list[tuple[ast.expr, int]]:
        """Return the factors of products and quotients with their powers, 1 or -1."""
        inside = self._seen(node)
        if isinstance(inside, ast.BinOp) and isinstance(inside.op, ast.Mult | ast.Div):
            below = power if isinstance(inside.op, ast.Mult) else -power
            return self._factors(inside.left, power) + self._factors(inside.right, below)
        if isinstance(inside, ast.UnaryOp) and isinstance(inside.op, ast.USub):
            inner = self._factors(inside.operand, power)
            if len(inner) > 1:  # -(a/b) is (-a)/b
                return [(ast.UnaryOp(ast.USub(), inner[0][0]), inner[0][1]), *inner[1:]]
        return [(node, power)]

    def _varies(self, node: ast.expr) -> bool:
        return any(not self._is_unit(name) for name in names(ast.unparse(node)))

    def _vanishing(self, node: ast.expr) -> tuple[str, str, str] | None:
        """Return u, and ``u/node`` and ``node/u`` as text, for a factor that vanishes with u."""
        sign, node = self._unsigned(node)
        match node:
            case ast.Call(func=ast.Name(id="expm1"), args=[u]) if self._varies(u):
                return self._by_exprel(ast.unparse(u), Fraction(sign))
            case ast.Call(func=ast.Name(id=("sinh" | "tanh") as name), args=[u]) if self._varies(u):
                u = ast.unparse(u)
                half = f"({sign}*0.5*(exprel({u}) + exprel(-({u}))))"
                if name == "sinh":
                    return u, f"(1/{half})", half
                whole = f"({sign}*({u} + 1/exprel(2*({u}))))"
                return u, whole if sign < 0 else f"({u} + 1/exprel(2*({u})))", f"(1/{whole})"
            case ast.BinOp(op=ast.Add() | ast.Sub()):
                return self._exponential(node, sign)
        return None

    def _unsigned(self, node: ast.expr) -> tuple[int, ast.expr]:
        sign, node = 1, self._seen(node)
        while isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            sign = -sign if isinstance(node.op, ast.USub) else sign
            node = self._seen(node.operand)
        return sign, node

    def _exponential(self, node: ast.BinOp, sign: int) -> tuple[str, str, str] | None:
        """Read ``a*exp(u) + b`` with numbers a and b of different sign."""
        second = -1 if isinstance(node.op, ast.Sub) else 1
        for (one, s1), (two, s2) in (
            ((node.left, 1), (node.right, second)),
            ((node.right, second), (node.left, 1)),
        ):
            found, b = self._scaled_exponential(one), self._plain(two)
            if found is None or b is None or not self._varies(found[1]):
                continue
            a, b = s1 * sign * found[0], s2 * sign * b
            if a == 0 or b == 0 or a * b > 0:
                continue
            u = ast.unparse(found[1])
            shift = float(sp.log(sp.Rational(abs(b)) / sp.Rational(abs(a))))
            return self._by_exprel(f"{u} - {shift!r}" if shift else u, -b)
        return None

    def _by_exprel(self, u: str, scale: Fraction) -> tuple[str, str, str]:
        """Return what belongs to the factor ``scale*(exp(u) - 1)``."""
        if scale == 1:
            return u, f"1/exprel({u})", f"exprel({u})"
        return u, f"1/({float(scale)!r}*exprel({u}))", f"({float(scale)!r}*exprel({u}))"

    def _scaled_exponential(self, node: ast.expr) -> tuple[Fraction, ast.expr] | None:
        """Read ``a*exp(u)``."""
        sign, node = self._unsigned(node)
        match node:
            case ast.Call(func=ast.Name(id="exp"), args=[u]):
                return Fraction(sign), u
            case ast.BinOp(op=ast.Mult(), left=left, right=right):
                for one, two in ((left, right), (right, left)):
                    number, inner = self._plain(one), self._scaled_exponential(two)
                    if number is not None and inner is not None:
                        return sign * number * inner[0], inner[1]
        return None

    def _plain(self, node: ast.expr) -> Fraction | None:
        sign, node = self._unsigned(node)
        match node:
            case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
                return sign * Fraction(repr(node.value))
        return None

    def _ratio(self, node: ast.expr, u: str) -> str | None:
        """Return ``node/u`` as text if both vanish together: if a factor of u is in both."""
        if not self._varies(node):
            return None
        top, bottom = self._rational(node), self._rational(tree(u))
        if top is None or bottom is None:
            return None
        ratio, bottom = sp.cancel(sp.together(top / bottom)), sp.together(bottom)
        left = _variables(ratio)
        zeros = [_variables(factor) for factor, _ in sp.factor_list(sp.numer(bottom))[1]]
        if ratio == 0 or not any(zero and not zero & left for zero in zeros):
            return None
        return _text(ratio)

    def _rational(self, node: ast.expr) -> sp.Expr | None:
        """Return a tree of sums, products and quotients with its numbers exact; else None."""
        match node:
            case ast.Constant(value=int() | float()):
                return sp.Rational(repr(node.value))
            case ast.Name(id=name):
                if name in self.named and (inner := self._rational(self._seen(node))) is not None:
                    return inner
                return _unit(name) if self._is_unit(name) else sp.Symbol(name)
            case ast.UnaryOp(op=ast.USub()):
                inner = self._rational(node.operand)
                return None if inner is None else -inner
            case ast.BinOp(op=op) if type(op) in ARITHMETIC:
                left, right = self._rational(node.left), self._rational(node.right)
                if left is None or right is None:
                    return None
                if isinstance(op, ast.Pow) and not right.is_Integer:
                    return None
                return ARITHMETIC[type(op)](left, right)
        return None

    def _is_unit(self, name: str) -> bool:
        return name in DEFAULT_UNITS and name not in self.own


def _unit(name: str) -> sp.Expr:
    """Return a unit as a number times base units, so that mV and volt cancel."""
    unit = DEFAULT_UNITS[name]
    powers = zip(_BASE, get_dimensions(unit)._dims, strict=True)
    scale = sp.Rational(repr(float(unit)))
    return scale * sp.Mul(*(sp.Symbol(base) ** sp.nsimplify(p) for base, p in powers if p))


def _variables(expression: sp.Expr) -> set[str]:
    return {s.name for s in expression.free_symbols} - set(_BASE)


def _text(expression: sp.Expr) -> str:
    """Return a constant as Brian2 text, its number to the last digit."""
    number, rest = expression.as_coeff_Mul()
    value = int(number) if number.is_Integer else float(number)
    if rest == 1:
        return repr(value)
    rest = next((name for name in _SHORT if _unit(name) == rest), rest)
    return f"({value!r}*{rest})" if value != 1 else f"({rest})"


def _product(factors: list[tuple[ast.expr, int]]) -> ast.expr:
    first, power = factors[0]
    whole = first if power == 1 else ast.BinOp(ast.Constant(1.0), ast.Div(), first)
    for factor, power in factors[1:]:
        whole = ast.BinOp(whole, ast.Mult() if power == 1 else ast.Div(), factor)
    return whole
