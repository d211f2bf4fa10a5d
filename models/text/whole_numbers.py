"""Whole numbers in equation text, written so that every backend computes with real ones.

Generated code computes with whole numbers as its language does: in C++ ``10**-2`` may be 0 and
``100000*100000`` overflows, Brian2 writes ``1/3`` there with seven digits, and numpy refuses
``int(v > 0)**-1``. Powers, quotients and large products of numbers alone are worked out here,
exactly; any other power of something whole gets a real base.
"""

import ast
import operator
from collections.abc import Collection
from fractions import Fraction

from .expressions import ARITHMETIC, Rewriter, tree

_MOST = 2**31 - 1  # of C++'s int
_HIGHEST_POWER, _LARGEST = 300, 10**300  # what is still a double
_EXACT = ARITHMETIC | {ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod}
# Functions whose value is whole; and those whose value is whole where their arguments are.
_ROUNDS = frozenset({"int", "floor", "ceil"})
_KEEPS = frozenset({"abs", "sign", "clip"})


def real(text: str, whole: Collection[str] = ()) -> str:
    """Return an expression that has the same value with whole numbers as with real ones.

    Parameters
    ----------
    text : str
    whole : collection of str
        Names that stand for whole numbers.

    Examples
    --------
    >>> real("I*10**-2 + 100000*100000*v")
    'I * 0.01 + 10000000000.0 * v'
    >>> real("int(v > 0)**-1 + k**-1", {"k"})
    '(1.0 * int(v > 0)) ** (-1) + (1.0 * k) ** (-1)'
    >>> real("I*(1/3)")
    'I * 0.3333333333333333'
    >>> real("m**3*h + 2*x**-1")
    'm**3*h + 2*x**-1'
    """
    writer = _Real(whole)
    node = writer.visit(tree(text))
    return ast.unparse(ast.fix_missing_locations(node)) if writer.found else text


class _Real(Rewriter):
    def __init__(self, whole: Collection[str]):
        self.whole = whole
        self.found = False

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        value = _exact(node)
        if value is not None and _may_fail(node):
            self.found = True
            return _number(value)
        node = self.generic_visit(node)
        if not isinstance(node.op, ast.Pow) or not (
            self._is_whole(node.left) and self._is_whole(node.right)
        ):
            return node
        self.found = True
        base = ast.BinOp(ast.Constant(1.0), ast.Mult(), node.left)
        return ast.BinOp(base, node.op, node.right)

    def _is_whole(self, node: ast.expr) -> bool:
        match node:
            case ast.Constant(value=value):
                return isinstance(value, int)
            case ast.Name(id=name):
                return name in self.whole
            case ast.UnaryOp(operand=operand):
                return self._is_whole(operand)
            case ast.BinOp(left=left, op=op, right=right):
                parts = self._is_whole(left) and self._is_whole(right)
                return parts and not isinstance(op, ast.Div | ast.Pow)
            case ast.Call(func=ast.Name(id=name), args=args):
                return name in _ROUNDS or (name in _KEEPS and all(map(self._is_whole, args)))
        return False


def _exact(node: ast.expr) -> Fraction | None:
    """Return the value of what consists of whole numbers alone."""
    match node:
        case ast.Constant(value=int(value)) if not isinstance(value, bool):
            return Fraction(value)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
            value = _exact(operand)
            return -value if value is not None and isinstance(sign, ast.USub) else value
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _EXACT:
            a, b = _exact(left), _exact(right)
            if a is None or b is None:
                return None
            if isinstance(op, ast.Pow) and (b.denominator != 1 or abs(b) > _HIGHEST_POWER):
                return None
            try:
                value = Fraction(_EXACT[type(op)](a, b))
            except ZeroDivisionError:
                return None
            return value if abs(value) < _LARGEST else None
    return None


def _may_fail(node: ast.expr) -> bool:
    """Return whether arithmetic of whole numbers may give another value than `_exact`."""
    parts = [n for n in ast.walk(node) if isinstance(n, ast.BinOp)]
    return any(isinstance(n.op, ast.Pow | ast.Div) or abs(_exact(n)) > _MOST for n in parts)


def _number(value: Fraction) -> ast.expr:
    size = abs(value)
    number = int(size) if value.denominator == 1 and size <= _MOST else float(size)
    constant = ast.Constant(number)
    return ast.UnaryOp(ast.USub(), constant) if value < 0 else constant
