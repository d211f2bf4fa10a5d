"""Spike conditions as distances: where a condition begins to hold, and how fast it is approached.

However a condition is written (``v > V_th``, turned round, ``v > a and m > b``, products of
``int(...)``, a named quantity), it holds where a *gap* is above zero: the difference of two sides
for a comparison, the smaller gap of two conditions for ``and``, the larger one for ``or``.
"""

import ast
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

from ...errors import InputError
from .expressions import Rewriter, calls, expanded, is_condition, names, tree

RANDOM = frozenset({"rand", "randn", "poisson"})
_MOST_JUMPS = 8  # int(...) in one comparison: all their values are gone through
# A value for each of them: 1, 0, or None where it does not matter.
_Case = tuple[int | None, ...]


@dataclass(frozen=True)
class Gap:
    """A tree of distances.

    Attributes
    ----------
    text : str
        Of a leaf: above zero where its comparison holds.
    of : "", "min" or "max"
        How the gaps of `parts` make this one; empty for a leaf.
    parts : tuple of Gap
    closed : bool
        Of a leaf: whether its comparison holds at zero too.
    """

    text: str = ""
    of: str = ""
    parts: tuple["Gap", ...] = ()
    closed: bool = False

    @property
    def leaves(self) -> list[str]:
        """The texts of all leaves, each once, in order."""
        found = [self.text] if not self.of else [t for part in self.parts for t in part.leaves]
        return list(dict.fromkeys(found))

    @property
    def closed_leaves(self) -> frozenset[str]:
        """The texts of those whose comparison holds at zero too."""
        own = {self.text} if self.closed and not self.of else set()
        return frozenset(own.union(*(part.closed_leaves for part in self.parts)))

    def settled(self, constant: Callable[[str], bool]) -> "Gap":
        """Return the same gap, above zero also where two constants are equal, if that holds.

        What moves passes through zero; what is `constant` may stay there.
        """
        if self.of:
            return replace(self, parts=tuple(part.settled(constant) for part in self.parts))
        if self.closed and constant(self.text):
            return Gap(f"2*int(sign({self.text}) >= 0) - 1")
        return self

    def combined(self, leaf, smaller: str, larger: str):
        """Return the tree as text: ``leaf(text)`` for leaves, templates for the two of two."""
        if not self.of:
            return leaf(self.text)
        function = smaller if self.of == "min" else larger
        values = [part.combined(leaf, smaller, larger) for part in self.parts]
        whole = values[0]
        for value in values[1:]:
            whole = function.format(whole, value)
        return whole


def gap_of(condition: str, named: Mapping[str, str], booleans: Collection[str] = ()) -> Gap:
    """Return the gap of a condition.

    Parameters
    ----------
    condition : str
        Brian2 text.
    named : dict of str to str
        Named parts; those that are conditions, or jump, are written out.
    booleans : collection of str
        Which of them are conditions.

    Raises
    ------
    ValueError
        For a condition whose beginning cannot be located: equality, or a value that is no
        condition.

    Examples
    --------
    >>> gap_of("V_th < v", {}).text
    'v - V_th'
    >>> gap = gap_of("int(v > a)*int(m > b) > 0", {})
    >>> gap.of, gap.leaves
    ('min', ['v - a', 'm - b'])
    """

    def jumps(name: str) -> bool:
        return name in booleans or "int" in calls(named[name]) or is_condition(tree(named[name]))

    return _gap(tree(expanded(condition, named, jumps)), condition)


def with_flags_compared(text: str, flags: Collection[str], *, condition: bool = False) -> str:
    """Return an expression in which constants that stand for conditions are comparisons.

    Parameters
    ----------
    text : str
    flags : collection of str
        Constants: what ``and``, ``or`` and ``not`` join is 0 or 1, for nothing else is allowed there.
    condition : bool
        Whether the whole is a condition.

    Examples
    --------
    >>> with_flags_compared("v > V_th and not blocked", {"blocked", "V_th"})
    'v > V_th and (not blocked > 0.5)'
    >>> with_flags_compared("on", {"on"}, condition=True), with_flags_compared("on", {"on"})
    ('on > 0.5', 'on')
    """
    whole = tree(text)
    node = _Flags(flags).visit(whole)
    node = _compared(node, flags) if condition else node
    return text if ast.dump(node) == ast.dump(whole) else ast.unparse(node)


class _Flags(Rewriter):
    def __init__(self, flags: Collection[str]):
        self.flags = flags

    def visit_BoolOp(self, node: ast.BoolOp):
        values = [_compared(self.visit(value), self.flags) for value in node.values]
        return ast.BoolOp(node.op, values)

    def visit_UnaryOp(self, node: ast.UnaryOp):
        operand = self.visit(node.operand)
        negated = isinstance(node.op, ast.Not)
        return ast.UnaryOp(node.op, _compared(operand, self.flags) if negated else operand)


def _compared(node: ast.expr, flags: Collection[str]) -> ast.expr:
    if isinstance(node, ast.Name) and node.id in flags:
        return ast.Compare(node, [ast.Gt()], [ast.Constant(0.5)])
    return node


def is_random(condition: str, named: Mapping[str, str]) -> bool:
    """Return whether a condition draws random numbers, itself or through named parts."""
    text = expanded(condition, named, lambda name: True)
    return bool(calls(text) & RANDOM)


def _gap(node: ast.expr, whole: str) -> Gap:
    match node:
        case ast.BoolOp(op=ast.And()):
            return _joined("min", [_gap(v, whole) for v in node.values])
        case ast.BoolOp(op=ast.Or()):
            return _joined("max", [_gap(v, whole) for v in node.values])
        case ast.UnaryOp(op=ast.Not()):
            return _opposite(_gap(node.operand, whole))
        case ast.Compare():
            sides = [node.left, *node.comparators]
            gaps = [
                _comparison(sides[k], operator, sides[k + 1], whole)
                for k, operator in enumerate(node.ops)
            ]
            return gaps[0] if len(gaps) == 1 else _joined("min", gaps)
        case ast.Call(func=ast.Name(id="int"), args=[inner]):
            return _gap(inner, whole)
        case ast.BinOp(op=ast.Mult()):  # a product of conditions
            return _joined("min", [_gap(node.left, whole), _gap(node.right, whole)])
    raise InputError(
        f"threshold {whole!r}: {ast.unparse(node)!r} is no condition; expected a comparison such "
        "as 'v > V_th', or several joined by 'and' and 'or'"
    )


def _comparison(left: ast.expr, operator: ast.cmpop, right: ast.expr, whole: str) -> Gap:
    """Return the gap of one comparison; what jumps in it is gone through value by value."""
    difference = ast.BinOp(left, ast.Sub(), right)
    jumps = list(dict.fromkeys(ast.unparse(n) for n in _jumps(difference)))
    if not jumps:
        return _plain_comparison(left, operator, right, whole)
    if len(jumps) > _MOST_JUMPS:
        raise InputError(f"threshold {whole!r}: more than {_MOST_JUMPS} int(...) in a comparison")
    conditions = [_gap(tree(jump), whole) for jump in jumps]
    cases: dict[Gap | bool, list[_Case]] = {}  # what is left to compare, and for which values
    for values in product((1, 0), repeat=len(jumps)):
        put = _Jumps(dict(zip(jumps, values, strict=True)))
        rest = _decided(put.visit(left), operator, put.visit(right), whole)
        cases.setdefault(rest, []).append(values)
    if len(cases) == 1 and not isinstance(rest, Gap):
        raise InputError(f"threshold {whole!r}: holds {'always' if rest else 'never'}")
    cases.pop(False, None)
    gaps = []
    for rest, values in cases.items():
        compared = [rest] if isinstance(rest, Gap) else []
        gaps += [_joined("min", [*_holding(conditions, c), *compared]) for c in _shortest(values)]
    return _joined("max", gaps)


def _holding(conditions: list[Gap], case: _Case) -> list[Gap]:
    """Return the gaps that are all above zero where the conditions have the values of a case."""
    return [
        gap if value else _opposite(gap)
        for gap, value in zip(conditions, case, strict=True)
        if value is not None
    ]


def _shortest(cases: list[_Case]) -> list[_Case]:
    """Return cases without the values that do not matter: the prime implicants of them all.

    All of them, or the gap would touch zero where a condition changes that does not matter there:
    of ``a and b or not a and c`` also ``b and c``.

    Examples
    --------
    >>> _shortest([(1, 1), (1, 0), (0, 0)])
    [(1, None), (None, 0)]
    """
    found: list[_Case] = []
    while cases:
        known, wider = set(cases), []
        for case in cases:
            without = [
                (*case[:k], None, *case[k + 1 :])
                for k, value in enumerate(case)
                if value is not None and (*case[:k], 1 - value, *case[k + 1 :]) in known
            ]
            wider += without
            found += [] if without else [case]
        cases = list(dict.fromkeys(wider))
    return sorted(found, key=lambda case: [value is None for value in case])


def _decided(left, operator, right, whole) -> Gap | bool:
    """Return whether numbers compare so, or the gap where one of them is none."""
    if any(names(ast.unparse(side)) or _jumps_in(side) for side in (left, right)):
        return _plain_comparison(left, operator, right, whole)
    text = ast.unparse(ast.Compare(left, [operator], [right]))
    try:
        return bool(eval(text, {"__builtins__": {}}))
    except (ArithmeticError, TypeError) as error:
        raise InputError(
            f"threshold {whole!r}: {text!r}, as it is for some value of int(...), has no truth "
            f"value ({error}); join conditions with 'and', 'or' and 'not'"
        ) from None


def _jumps_in(node: ast.expr) -> bool:
    return any(isinstance(n, ast.Call) for n in ast.walk(node))


def _jumps(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "int":
        yield node
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield from _jumps(child)


class _Jumps(Rewriter):
    def __init__(self, values: Mapping[str, int]):
        self.values = values

    def visit_Call(self, node: ast.Call):
        text = ast.unparse(node)
        return ast.Constant(self.values[text]) if text in self.values else self.generic_visit(node)


def _plain_comparison(left, operator, right, whole: str) -> Gap:
    closed = isinstance(operator, ast.GtE | ast.LtE)
    if isinstance(operator, ast.Gt | ast.GtE):
        return Gap(ast.unparse(ast.BinOp(left, ast.Sub(), right)), closed=closed)
    if isinstance(operator, ast.Lt | ast.LtE):
        return Gap(ast.unparse(ast.BinOp(right, ast.Sub(), left)), closed=closed)
    raise InputError(
        f"threshold {whole!r}: whether two values are equal is no crossing that could be located; "
        "use '>' or '<'"
    )


def _opposite(gap: Gap) -> Gap:
    if not gap.of:
        return Gap(f"-({gap.text})", closed=not gap.closed)
    return Gap("", {"min": "max", "max": "min"}[gap.of], tuple(map(_opposite, gap.parts)))


def _joined(of: str, gaps: list[Gap]) -> Gap:
    parts = [p for gap in gaps for p in (gap.parts if gap.of == of else (gap,))]
    parts = list(dict.fromkeys(parts))
    return parts[0] if len(parts) == 1 else Gap("", of, tuple(parts))
