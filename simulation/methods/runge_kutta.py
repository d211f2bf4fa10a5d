"""Explicit Runge-Kutta methods as Brian2 text, with every named current and rate evaluated once.

Brian2's own `rk4` writes each stage out as one sympy expression per variable: it takes seconds to
derive for a conductance model, repeats exponentials, and expands `exprel`. The text made here has
the same stages and the same result to rounding, stays as the model wrote it, and is ready at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from brian2 import Equations
from brian2.equations.equations import DIFFERENTIAL_EQUATION, SUBEXPRESSION
from brian2.utils.stringtools import get_identifiers, word_substitute


@dataclass(frozen=True)
class Tableau:
    """An explicit Runge-Kutta method: each stage starts from the one before it.

    Attributes
    ----------
    fractions : tuple of str
        Part of the step that each stage has gone, starting from the previous stage's slope.
    weights : tuple of str
        Weight of each stage's slope in the step; they sum to 1.
    """

    fractions: tuple[str, ...]
    weights: tuple[str, ...]


TABLEAUS = {
    "euler": Tableau(("0",), ("1",)),
    "rk2": Tableau(("0", "0.5"), ("0", "1")),  # the midpoint method, as in Brian2
    "rk4": Tableau(("0", "0.5", "0.5", "1"), ("1/6.0", "1/3.0", "1/3.0", "1/6.0")),
}


@dataclass(frozen=True)
class System:
    """Right-hand sides as text: named parts in the order in which they are needed, then slopes."""

    named: Mapping[str, str]
    rhs: Mapping[str, str]


def system(equations: str | Equations) -> System:
    """Read equation text into a `System`, without what the right-hand sides do not use."""
    parsed = Equations(equations) if isinstance(equations, str) else equations
    rhs = {
        name: equation.expr.code
        for name, equation in parsed.items()
        if equation.type == DIFFERENTIAL_EQUATION
    }
    needed = set().union(*(get_identifiers(text) for text in rhs.values()))
    named = {}
    for equation in reversed([e for e in parsed.ordered if e.type == SUBEXPRESSION]):
        if equation.varname in needed:
            named[equation.varname] = equation.expr.code
            needed |= get_identifiers(equation.expr.code)
    return System(dict(reversed(named.items())), rhs)


def step(
    parts: System, tag: str, start: str, h: str, method: str = "rk4"
) -> tuple[list[str], dict[str, str]]:
    """Return one step as Brian2 statements.

    Parameters
    ----------
    parts : System
    tag : str
        Makes the temporary names unique.
    start, h : str
        Text of the time at which the step starts, and of its length (may be negative).
    method : str
        A name in `TABLEAUS`.

    Returns
    -------
    lines : list of str
        Statements; they change no state variable.
    results : dict of str to str
        For each state variable the name that holds its value after the step.
    """
    tableau = TABLEAUS[method]
    lines: list[str] = []
    for stage, fraction in enumerate(tableau.fractions):
        here = {"t": start if fraction == "0" else f"({start} + {fraction}*({h}))"}
        if stage:
            for x in parts.rhs:
                here[x] = f"{x}_{tag}_{stage}"
                lines.append(f"{here[x]} = {x} + {fraction}*({h})*slope_{x}_{tag}_{stage - 1}")
        for name, text in parts.named.items():
            lines.append(f"{name}_{tag}_{stage} = {word_substitute(text, here)}")
            here[name] = f"{name}_{tag}_{stage}"
        for x, text in parts.rhs.items():
            lines.append(f"slope_{x}_{tag}_{stage} = {word_substitute(text, here)}")
    results = {x: f"{x}_{tag}_end" for x in parts.rhs}
    for x, result in results.items():
        slopes = " + ".join(
            f"{weight}*slope_{x}_{tag}_{stage}"
            for stage, weight in enumerate(tableau.weights)
            if weight != "0"
        )
        lines.append(f"{result} = {x} + ({h})*({slopes})")
    return lines, results
