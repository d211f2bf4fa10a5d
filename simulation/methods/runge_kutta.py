"""Explicit Runge-Kutta methods as Brian2 text, with every named current and rate evaluated once.

Brian2's own `rk4` writes each stage out as one sympy expression per variable: it takes seconds to
derive for a conductance model, repeats exponentials, and expands `exprel`. The text made here has
the same stages and the same result to rounding, stays as the model wrote it, and is ready at once.
"""

import ast
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

from brian2.utils.stringtools import word_substitute

from ...models.system import FREE, System
from ...models.text.conditions import RANDOM
from ...models.text.expressions import calls, names, needed, tree


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
class RightHandSides:
    """Right-hand sides as text: named parts in the order in which they are needed, then slopes."""

    named: Mapping[str, str]
    rhs: Mapping[str, str]


def right_hand_sides(system: System, *, holding: bool | None = None) -> RightHandSides:
    """Return what a step of a system evaluates.

    Parameters
    ----------
    system : System
    holding : bool, optional
        Of a refractory cell, or of one that is not; default: as `not_refractory` says in each step.
    """
    if holding is not None:
        return RightHandSides(system.parts(holding=holding), system.slopes(holding=holding))
    rhs = {
        x: f"int({FREE})*({text})" if x in system.held else text for x, text in system.rhs.items()
    }
    return RightHandSides(needed(rhs.values(), system.named), rhs)


def step(
    parts: RightHandSides, tag: str, start: str, h: str, method: str = "rk4", later: str = ""
) -> tuple[list[str], dict[str, str]]:
    """Return one step as Brian2 statements.

    Parameters
    ----------
    parts : RightHandSides
    tag : str
        Makes the temporary names unique.
    start, h : str
        Text of the time at which the step starts, and of its length (may be negative).
    method : str
        A name in `TABLEAUS`.
    later : str
        How many steps of the grid later than the current one it is made; empty for none. What is
        constant in a step, such as the part of it in which an input is on, is that one's.

    Returns
    -------
    lines : list of str
        Statements; they change no state variable.
    results : dict of str to str
        For each state variable the name that holds its value after the step.
    """
    tableau = TABLEAUS[method]
    moving = {x: text for x, text in parts.rhs.items() if text != "0"}
    steady = _steady(parts.named, moving)
    lines: list[str] = []
    for stage, fraction in enumerate(tableau.fractions):
        here = {"t": start if fraction == "0" else f"({start} + {fraction}*({h}))"}
        if later:
            here["t_in_timesteps"] = f"(t_in_timesteps + {later})"
        if stage:
            for x in moving:
                here[x] = f"{x}__{tag}_{stage}"
                lines.append(f"{here[x]} = {x} + {fraction}*({h})*slope__{x}__{tag}_{stage - 1}")
        for name, text in parts.named.items():
            here[name] = f"{name}__{tag}_{0 if name in steady else stage}"
            if not stage or name not in steady:
                lines.append(f"{here[name]} = {word_substitute(text, here)}")
        for x, text in moving.items():
            lines.append(f"slope__{x}__{tag}_{stage} = {word_substitute(text, here)}")
    results = {x: f"{x}__{tag}_end" if x in moving else x for x in parts.rhs}
    for x in moving:
        slopes = " + ".join(
            f"{weight}*slope__{x}__{tag}_{stage}"
            for stage, weight in enumerate(tableau.weights)
            if weight != "0"
        )
        lines.append(f"{results[x]} = {x} + ({h})*({slopes})")
    return lines, results


def _steady(named: Mapping[str, str], moving: Collection[str]) -> set[str]:
    """Return the parts that are the same in all stages of a step, such as a constant input.

    They depend on no time but that of the step's beginning, on nothing that moves, and draw no
    random numbers.
    """
    changing, steady = {"t", *moving}, set()
    for name, text in named.items():
        moves = may_draw(text) or not names(text).isdisjoint(changing)
        (changing if moves else steady).add(name)
    return steady


@lru_cache(maxsize=4096)
def may_draw(text: str) -> bool:
    """Return whether an expression may draw random numbers; a function of nothing may.

    Examples
    --------
    >>> may_draw("2*randn()"), may_draw("mine()"), may_draw("exp(v)")
    (True, True, False)
    """
    if calls(text) & RANDOM:
        return True
    return any(isinstance(node, ast.Call) and not node.args for node in ast.walk(tree(text)))
