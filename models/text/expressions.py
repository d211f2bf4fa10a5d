"""Brian2 expressions as syntax trees: which names they use, substitution, derivatives.

Whatever the project does with the mathematics of a model it does on these trees, not on text: a
name is a name of the grammar, never a pattern, and a sum in place of a name keeps its brackets.
"""

import ast
import operator
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache

from ...errors import InputError

# Names of the grammar that stand for no variable.
LOGIC = frozenset({"True", "False"})
# What an operator does, to numbers or to anything else that has it.
ARITHMETIC: dict[type, Callable] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.Pow: operator.pow,
}  # fmt: skip


@lru_cache(maxsize=4096)
def tree(text: str) -> ast.expr:
    """Return an expression's syntax tree, which is shared: never change it in place."""
    return ast.parse(f"({text.strip()})", mode="eval").body


@lru_cache(maxsize=4096)
def names(text: str) -> frozenset[str]:
    """Return the names of the variables in an expression, without those of functions.

    Examples
    --------
    >>> sorted(names("g*exp(v/mV) - h"))
    ['g', 'h', 'mV', 'v']
    """
    node = tree(text)
    called = {id(n.func) for n in ast.walk(node) if isinstance(n, ast.Call)}
    return frozenset(
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and id(n) not in called
    )


@lru_cache(maxsize=4096)
def calls(text: str) -> frozenset[str]:
    """Return the names of the functions that an expression calls.

    Examples
    --------
    >>> sorted(calls("g*exp(v/mV) - clip(h, 0, 1)"))
    ['clip', 'exp']
    """
    return frozenset(all_calls(text))


def is_condition(node: ast.expr) -> bool:
    """Return whether an expression's tree is that of a condition, as far as its form shows it."""
    return isinstance(node, ast.Compare | ast.BoolOp) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    )


def is_zero(node: ast.expr) -> bool:
    """Return whether an expression's tree is zero whatever its names are: ``0/second``.

    Examples
    --------
    >>> is_zero(tree("-0*v/ms")), is_zero(tree("k*v"))
    (True, False)
    """
    match node:
        case ast.Constant(value=value):
            return value == 0
        case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
            return is_zero(node.operand)
        case ast.BinOp(op=ast.Mult()):
            return is_zero(node.left) or is_zero(node.right)
        case ast.BinOp(op=ast.Div()):
            return is_zero(node.left)
        case ast.BinOp(op=ast.Add() | ast.Sub()):
            return is_zero(node.left) and is_zero(node.right)
    return False


def all_calls(text: str) -> list[str]:
    """Return the name of the function of every call in an expression.

    Examples
    --------
    >>> all_calls("rand() - rand()")
    ['rand', 'rand']
    """
    found = (n.func for n in ast.walk(tree(text)) if isinstance(n, ast.Call))
    return [f.id for f in found if isinstance(f, ast.Name)]


class Rewriter(ast.NodeTransformer):
    """Transforms a tree without changing the original: every node on the way is a new one."""

    def generic_visit(self, node):
        changed = {}
        for name, old in ast.iter_fields(node):
            if isinstance(old, list):
                changed[name] = [self.visit(x) if isinstance(x, ast.AST) else x for x in old]
            else:
                changed[name] = self.visit(old) if isinstance(old, ast.AST) else old
        return type(node)(**changed)


class _Substitution(Rewriter):
    def __init__(self, replaced: Mapping[str, ast.expr]):
        self.replaced = replaced

    def visit_Name(self, node: ast.Name):
        return self.replaced.get(node.id, node)

    def visit_Call(self, node: ast.Call):  # the name of a function is no variable
        return ast.Call(node.func, [self.visit(a) for a in node.args], node.keywords)


def substitute(text: str, replaced: Mapping[str, str]) -> str:
    """Return an expression with other expressions in the place of names.

    Examples
    --------
    >>> substitute("a*b - c", {"a": "x + y"})
    '(x + y) * b - c'
    """
    used = {name: tree(new) for name, new in replaced.items() if name in names(text)}
    return ast.unparse(_Substitution(used).visit(tree(text))) if used else text


def expanded(text: str, named: Mapping[str, str], which: Callable[[str], bool]) -> str:
    """Return an expression without those named parts for which `which` holds."""
    while inside := [n for n in names(text) if n in named and which(n)]:
        text = substitute(text, {n: named[n] for n in inside})
    return text


def needed(texts: Iterable[str], named: Mapping[str, str]) -> dict[str, str]:
    """Return those named parts that expressions lead to, in the order of `named`.

    Examples
    --------
    >>> needed(["a + x"], {"b": "x", "a": "2*b", "c": "a"})
    {'b': 'x', 'a': '2*b'}
    """
    found: set[str] = set()
    waiting = set().union(*(names(text) for text in texts)) & set(named)
    while waiting:
        found |= waiting
        waiting = set().union(*(names(named[n]) for n in waiting)) & set(named) - found
    return {name: text for name, text in named.items() if name in found}


def in_order(named: Mapping[str, str]) -> dict[str, str]:
    """Return named parts so that each comes after those that it needs.

    Examples
    --------
    >>> in_order({"a": "2*b", "b": "x"})
    {'b': 'x', 'a': '2*b'}
    """
    done: dict[str, str] = {}
    waiting = dict(named)
    while waiting:
        ready = [k for k, text in waiting.items() if not names(text) & set(waiting)]
        if not ready:
            raise InputError(f"the equations of {sorted(waiting)} need each other")
        done |= {k: waiting.pop(k) for k in ready}
    return done


def depends(text: str, on: Iterable[str], named: Mapping[str, str]) -> bool:
    """Return whether an expression depends on any of some names, through named parts too."""
    on = set(on)
    parts = needed([text], named)
    return any(names(t) & on for t in (text, *parts.values()))


# --- derivatives -----------------------------------------------------------------------------------

# The derivative of a function of one argument x, as text.
_DERIVATIVES = {
    "exp": "exp(x)",
    "expm1": "exp(x)",
    "log": "1/x",
    "log1p": "1/(1 + x)",
    "log10": "1/(x*log(10.0))",
    "sqrt": "0.5/sqrt(x)",
    "sin": "cos(x)",
    "cos": "-sin(x)",
    "tan": "1 + tan(x)**2",
    "sinh": "cosh(x)",
    "cosh": "sinh(x)",
    "tanh": "1 - tanh(x)**2",
    "arcsin": "1/sqrt(1 - x**2)",
    "arccos": "-1/sqrt(1 - x**2)",
    "arctan": "1/(1 + x**2)",
    "abs": "sign(x)",
    "exprel": "exprel_slope(x)",
    "smooth_exprel": "exprel_slope(x)",
}
_STEPS = frozenset({"sign", "floor", "ceil", "int", "timestep"})  # slope 0 but where they jump


class NoDerivative(InputError):
    """An expression has no derivative that could be written down; the message names why."""


def derivative(text: str, by: str) -> str:
    """Return the derivative of an expression by one of its names, all others held.

    Jumps (``int``, ``floor``, comparisons) count as constant.

    Raises
    ------
    NoDerivative
        For a function whose derivative is not known: a user's own one.

    Examples
    --------
    >>> derivative("g*(v - E)", "v"), derivative("exp(-v/k)", "v"), derivative("a", "v")
    ('g', 'exp(-v / k) * (-1 / k)', '0')
    """
    if by not in names(text):
        return "0"
    return ast.unparse(_Derivative(by).of(tree(text)))


class _Derivative:
    """Derivatives of trees; zeros and ones are not written out."""

    def __init__(self, by: str, steps: Collection[str] = ()):
        self.by, self.steps = by, _STEPS.union(steps)

    def of(self, node: ast.expr) -> ast.expr:
        if not any(isinstance(n, ast.Name) and n.id == self.by for n in ast.walk(node)):
            return ZERO
        match node:
            case ast.Name():
                return ONE
            case ast.UnaryOp(op=ast.USub()):
                return _negated(self.of(node.operand))
            case ast.UnaryOp(op=ast.UAdd()):
                return self.of(node.operand)
            case ast.BinOp(op=ast.Add()):
                return _sum(self.of(node.left), self.of(node.right))
            case ast.BinOp(op=ast.Sub()):
                return _sum(self.of(node.left), _negated(self.of(node.right)))
            case ast.BinOp(op=ast.Mult()):
                a, b = node.left, node.right
                return _sum(_product(self.of(a), b), _product(a, self.of(b)))
            case ast.BinOp(op=ast.Div()):
                a, b = node.left, node.right
                first = _quotient(self.of(a), b)
                second = _quotient(_product(a, self.of(b)), ast.BinOp(b, ast.Pow(), _number(2)))
                return _sum(first, _negated(second))
            case ast.BinOp(op=ast.Pow()):
                return self._power(node.left, node.right)
            case ast.Call(func=ast.Name(id=name)):
                return self._call(name, node.args)
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                return ZERO
        raise NoDerivative(f"{ast.unparse(node)} has no derivative by {self.by}")

    def _power(self, base: ast.expr, exponent: ast.expr) -> ast.expr:
        inner, outer = self.of(base), self.of(exponent)
        lower = _sum(exponent, _number(-1))
        if isinstance(exponent, ast.Constant):
            lower = _number(exponent.value - 1)
        reduced = base if _is(lower, 1) else ast.BinOp(base, ast.Pow(), lower)
        slope = _product(_product(exponent, reduced), inner)
        if _is(outer, 0):
            return slope
        log = ast.Call(ast.Name("log"), [base], [])
        return _sum(slope, _product(_product(ast.BinOp(base, ast.Pow(), exponent), log), outer))

    def _call(self, name: str, arguments: list[ast.expr]) -> ast.expr:
        if name in self.steps:
            return ZERO
        if name == "clip":
            x, low, high = arguments
            inside = f"int({ast.unparse(x)} > {ast.unparse(low)})*" \
                     f"int({ast.unparse(x)} < {ast.unparse(high)})"  # fmt: skip
            return _product(self.of(x), tree(inside))
        if name not in _DERIVATIVES or len(arguments) != 1:
            raise NoDerivative(f"the derivative of {name}() is not known")
        outer = _Substitution({"x": arguments[0]}).visit(tree(_DERIVATIVES[name]))
        return _product(outer, self.of(arguments[0]))


def _number(value) -> ast.expr:
    return ast.UnaryOp(ast.USub(), ast.Constant(-value)) if value < 0 else ast.Constant(value)


ZERO, ONE = _number(0), _number(1)


def _is(node: ast.expr, value) -> bool:
    return isinstance(node, ast.Constant) and node.value == value


def _negated(a: ast.expr) -> ast.expr:
    if _is(a, 0):
        return a
    return a.operand if isinstance(a, ast.UnaryOp) and isinstance(a.op, ast.USub) else (
        ast.UnaryOp(ast.USub(), a)
    )  # fmt: skip


def _sum(a: ast.expr, b: ast.expr) -> ast.expr:
    if _is(a, 0):
        return b
    if _is(b, 0):
        return a
    if isinstance(b, ast.UnaryOp) and isinstance(b.op, ast.USub):
        return ast.BinOp(a, ast.Sub(), b.operand)
    return ast.BinOp(a, ast.Add(), b)


def _product(a: ast.expr, b: ast.expr) -> ast.expr:
    if _is(a, 0) or _is(b, 0):
        return ZERO
    if _is(a, 1):
        return b
    if _is(b, 1):
        return a
    for x, y in ((a, b), (b, a)):
        if isinstance(x, ast.UnaryOp) and isinstance(x.op, ast.USub):
            return _negated(_product(x.operand, y))
    return ast.BinOp(a, ast.Mult(), b)


def _quotient(a: ast.expr, b: ast.expr) -> ast.expr:
    return ZERO if _is(a, 0) else ast.BinOp(a, ast.Div(), b)


def chain(
    text: str,
    by: Iterable[str],
    named: Mapping[str, str],
    rates: Mapping[str, str],
    steps: Collection[str] = (),
) -> tuple[dict[str, str], str]:
    """Return how fast an expression changes when names move at given rates, in linear size.

    Each named part on the way gets a rate of its own, so that no expression is ever written out
    into another one: what is returned grows with the length of the text and not faster.

    Parameters
    ----------
    text : str
    by : iterable of str
        Names that move, beside the named parts that depend on them.
    named : dict of str to str
        In the order in which they are needed.
    rates : dict of str to str
        What the rate of each name in `by` is called.
    steps : collection of str
        Functions that are constant but where they jump, beside those of Brian2.

    Returns
    -------
    parts : dict of str to str
        Rates of named parts, in order, under ``rate_of_{name}``.
    rate : str

    Examples
    --------
    >>> chain("u - v", ["v"], {"u": "k*v**2"}, {"v": "f"})
    ({'rate_of_u': 'k * (2 * v) * f'}, 'rate_of_u - f')
    """
    known = {name: tree(rates[name]) for name in by}
    parts = {}
    for name, part in needed([text], named).items():
        rate = _rate(part, known, steps)
        if not _is(rate, 0):
            parts[f"rate_of_{name}"] = ast.unparse(rate)
            known[name] = ast.Name(f"rate_of_{name}")
    return parts, ast.unparse(_rate(text, known, steps))


def _rate(text: str, known: Mapping[str, ast.expr], steps: Collection[str]) -> ast.expr:
    total: ast.expr = ZERO
    for name in sorted(names(text) & set(known)):
        total = _sum(total, _product(_Derivative(name, steps).of(tree(text)), known[name]))
    return total
