"""What a cell's own numbers must obey, as rules that travel with its program.

Before a run in Python the equations themselves are asked (`excitable.simulation.resolution`). A
program knows none; these rules are what can be said of its numbers alone.
"""

import ast

from ...models.checks import unit_text
from ...models.ranges import declared_kind, divisors, meaning_above_zero
from ...models.system import System
from ...models.text.expressions import tree
from ..input_rules import Rule


def cell_rules(model, system: System) -> tuple[Rule, ...]:
    """Return the rules of a cell's parameters.

    Examples
    --------
    >>> from excitable.models import LIF
    >>> for rule in cell_rules(LIF, LIF.system):
    ...     print(rule.sentence)
    tau: must be above zero, as a time constant is
    t_ref: must not be negative, as a refractory period is
    V_reset: must not lie above V_th, or the cell fires in every step
    """
    found = [*_kind_rules(model), *_divisor_rules(model, system), *_period_rules(model, system)]
    return tuple(found + _reset_rules(model, system))


def _rule(model, terms: dict[str, float], must: str, sentence: str) -> Rule:
    unit = model.parameters[next(iter(terms))].unit
    return Rule(terms, must, sentence, unit_text(unit), float(unit))


def _kind_rules(model) -> list[Rule]:
    """Return rules of what the equations declare as integer or boolean."""
    kinds = {
        "integer": ("whole", "a whole number"),
        "boolean": ("zero or one", "0 or 1, a truth value"),
    }
    found = []
    for name in model.parameters:
        if kind := declared_kind(model, name):
            must, what = kinds[kind]
            sentence = f"{name}: must be {what}, as which the equations declare it"
            found.append(_rule(model, {name: 1.0}, must, sentence))
    return found


def _divisor_rules(model, system: System) -> list[Rule]:
    named = sorted(divisors(system) & set(model.parameters))
    what = {name: meaning_above_zero(model.parameters[name].unit) for name in named}
    return [
        _rule(model, {name: 1.0}, "above zero", f"{name}: must be above zero, as a {kind} is")
        for name, kind in what.items()
        if kind
    ]


def _period_rules(model, system: System) -> list[Rule]:
    name = system.refractory.text
    if system.refractory.kind != "time" or name not in model.parameters:
        return []
    sentence = f"{name}: must not be negative, as a refractory period is"
    return [_rule(model, {name: 1.0}, "not negative", sentence)]


def _reset_rules(model, system: System) -> list[Rule]:
    """Return a rule where reset and threshold of the membrane are parameters."""
    top = _threshold(model, system)
    resets = [x.right for x in system.reset if x.target == model.membrane and not x.operator]
    if top is None or len(resets) != 1 or resets[0] not in model.parameters:
        return []
    low = resets[0]
    sentence = f"{low}: must not lie above {top}, or the cell fires in every step"
    return [_rule(model, {top: 1.0, low: -1.0}, "not negative", sentence)]


def _threshold(model, system: System) -> str | None:
    """Return the parameter which the membrane must exceed for a spike, if it is one."""
    match system.gap and system.gap.text and tree(system.gap.text):
        case ast.BinOp(ast.Name(id=model.membrane), ast.Sub(), ast.Name(id=name)):
            return name if name in model.parameters else None
    return None
