"""Which variables follow from others where they have come to rest, and what they then are.

Most variables of a neuron relax: ``dx/dt = (x_inf - x)/tau``, in whatever form, with ``x_inf`` and
``tau`` that depend on the membrane potential, or on variables that follow from it themselves (a
calcium pool, then a gate that calcium opens). Those are found one after the other, so that a whole
cell at rest is a function of few variables.
"""

import ast
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import sympy as sp
from brian2.parsing.sympytools import str_to_sympy

from .system import System, total_derivative
from .text.expressions import NoDerivative, depends, expanded, names, needed, substitute, tree
from .text.functions import NAMESPACE

_BENT = (ast.Call, ast.Compare, ast.BoolOp)


@dataclass(frozen=True)
class Steady:
    """Variables that follow from given ones.

    Attributes
    ----------
    given : tuple of str
    order : tuple of str
        Variables that follow, each from the given ones and those before it.
    left : tuple of str
        State variables that are neither.
    statements : dict of str to str
        In order: what each is made of, and under its own name its steady state.
    rates : dict of str to str
        For each variable in `order` the name of what is minus one over its time constant.
    """

    given: tuple[str, ...]
    order: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    statements: Mapping[str, str] = field(default_factory=dict)
    rates: Mapping[str, str] = field(default_factory=dict)


def steady_states(system: System, given: Collection[str]) -> Steady:
    """Return which variables follow from given ones at rest.

    Examples
    --------
    >>> from excitable.models import HODGKIN_HUXLEY
    >>> found = steady_states(HODGKIN_HUXLEY.system, ["v"])
    >>> found.order, found.left
    (('m', 'h', 'n'), ())
    """
    order: list[str] = []
    statements: dict[str, str] = {}
    rates: dict[str, str] = {}
    slopes, parts = system.slopes(), system.parts()
    while True:
        known = {*given, *order}
        unknown = [x for x in slopes if x not in known]
        new = [
            (x, found)
            for x in unknown
            if (found := relaxing(x, slopes[x], parts, set(unknown) - {x})) is not None
        ]
        if not new:
            return Steady(tuple(given), tuple(order), tuple(unknown), statements, rates)
        for x, (own, rate, value) in new:
            statements |= own
            statements |= {f"rate__{x}": rate, x: f"-({value})/rate__{x}"}
            rates[x] = f"rate__{x}"
            order.append(x)


def relaxing(x: str, slope: str, parts: Mapping[str, str], others: set[str]):
    """Return what a relaxing variable is made of, its rate, and its slope at 0; else None.

    Its slope is the slope at 0 plus the rate times the variable, and depends on none of `others`.
    """
    used = needed([slope], parts)
    if any(names(text) & others for text in (slope, *used.values())):
        return None
    on_way = {x, *(name for name, text in used.items() if depends(text, [x], used))}
    if any(bends(text, on_way) for text in (slope, *used.values())):
        return None
    known, moving = {x: "1"}, {}
    try:
        for name, text in used.items():
            if (total := total_derivative(text, known)) != "0":
                known[name] = total
                moving[name] = f"{name}__without_{x}"
        rate = total_derivative(slope, known)
    except NoDerivative:
        return None
    if rate == "0" or not is_constant(rate, x, used):
        return None
    # Parts that do not depend on x keep their names but come to stand before it.
    zero = {x: "0", **moving}
    own = {moving.get(name, name): substitute(text, zero) for name, text in used.items()}
    return own, substitute(rate, zero), substitute(slope, zero)


def bends(text: str, moving: Collection[str]) -> bool:
    """Return whether an expression holds moving names in a condition or in a function.

    It is then no straight line over them, even where its derivative does not change with them.

    Examples
    --------
    >>> bends("a*int(v > 1) - x", ["x"]), bends("x/tau", ["x"])
    (False, False)
    >>> [bends(text, ["x"]) for text in ("a*int(x > 1)", "abs(x) - a", "x % 2")]
    [True, True, True]
    """
    inside = (node for node in ast.walk(tree(text)) if isinstance(node, _BENT) or _is_rounded(node))
    return any(
        isinstance(leaf, ast.Name) and leaf.id in moving
        for node in inside
        for leaf in ast.walk(node)
    )


def _is_rounded(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod | ast.FloorDiv)


def is_constant(text: str, x: str, parts: Mapping[str, str]) -> bool:
    """Return whether an expression does not change with a variable.

    A rational function that cancels is recognised; one that hides it behind functions is not.
    """
    if not depends(text, [x], parts):
        return True
    whole = expanded(text, parts, lambda n: depends(parts[n], [x], parts))
    try:
        change = total_derivative(whole, {x: "1"})
        return sp.expand(str_to_sympy(change, NAMESPACE)) == 0
    except (NoDerivative, SyntaxError, ValueError):
        return False
