"""Which values make sense: of the input where a model states no range, and of what divides."""

import ast

import numpy as np
from brian2 import farad, get_dimensions, meter, second
from brian2.equations.equations import BOOLEAN, INTEGER

from ..errors import InputError
from .checks import unit_text
from .initial import initial_state
from .steady import steady_states
from .system import FREE, parsed_equations
from .text import numeric
from .text.expressions import NoDerivative, depends, derivative, tree


def default_range(model) -> tuple[float, float]:
    """Return from 0 to three times the current that brings the membrane to the threshold.

    That is the largest one needed to hold it anywhere on the way from its initial value, with the
    other variables at theirs: the scale of the input and no rheobase; a single digit is enough.
    Where the way has a knee, beyond which the membrane goes on by itself, what holds it there once
    the others have followed counts too: slow recovery needs more input than a quick push. Where
    more input takes the membrane away from its threshold, as in the signs of 1952, the range ends
    at 0.
    """
    try:
        with np.errstate(all="ignore"):
            held, at_knee = (x / float(model.input_unit) for x in _holding_currents(model))
    except (NoDerivative, ArithmeticError, ValueError):
        return (0.0, 1.0)
    held = held[np.isfinite(held)]
    largest = held.max(initial=0.0)
    if largest <= 0:  # it fires by itself
        largest = np.abs(held[:1]).max(initial=0.0) or 1 / 3
    if np.isfinite(at_knee):  # it is not where there is no knee, or the input has no effect there
        largest = max(largest, at_knee)
    digit = 10 ** np.floor(np.log10(3 * largest))
    end = float(f"{np.ceil(3 * largest / digit) * digit:.1g}")
    return (0.0, end) if towards_threshold(model) > 0 else (-end, 0.0)


def towards_threshold(model) -> int:
    """Return 1 if more input takes the membrane to its threshold, -1 if less does.

    That is a matter of signs in the equations: ``- I`` in a slope, or a potential that falls in a
    spike. An input that acts by the state of the cell, such as a conductance, counts as 1.
    """
    system = model.system
    try:
        effect, (watched, gap) = system.effect_of(model.input)[model.membrane], _watched(model)
        if watched is None or depends(effect, system.states, system.named):
            return 1
        numbers = {**model.values, FREE: 1.0}
        evaluate = system.function(list(numbers), [effect, derivative(gap, watched)])
        return -1 if np.prod(evaluate(*numbers.values())) < 0 else 1
    except (NoDerivative, ArithmeticError, KeyError, NameError, ValueError):
        return 1


def _watched(model) -> tuple[str | None, str]:
    """Return the potential that a threshold is of, and its distance above that.

    It is the membrane's, or another compartment's, which the membrane has to bring there.
    """
    system, v = model.system, model.membrane
    if system.gap is None or system.gap.of:
        return None, ""
    gap = system.gap.text
    alike = [x for x in (v, *system.states) if system.dims[x] is system.dims[v]]
    return next((x for x in alike if derivative(gap, x) != "0"), None), gap


def _holding_currents(model) -> tuple[np.ndarray, float]:
    """Return the inputs at which dv/dt is zero, on the way from the initial value to threshold.

    And the one at the knee of the way, the others settled there; NaN where there is no knee. All
    as what takes the membrane to its threshold: above zero also where that is less input.
    """
    system, v = model.system, model.membrane
    effect = system.effect_of(model.input).get(v)
    watched, gap = _watched(model)
    if effect is None or watched is None:
        return np.empty(0), np.nan
    effect = f"{towards_threshold(model)}*({effect})"
    numbers = {**model.values, model.input: 0.0, "t": 0.0, "dt": float(model.dt)}
    numbers |= {k: float(x) for k, x in initial_state(model, {}).items()}
    arguments = list(numbers)

    def value(text: str, **changed) -> np.ndarray:
        return np.asarray(system.function(arguments, [text])(*(numbers | changed).values())[0])

    top = numbers[watched] - value(gap) / value(derivative(gap, watched))
    way = np.linspace(numbers[v], float(top), 200)
    held = np.broadcast_to(-value(system.slopes()[v], **{v: way}) / value(effect), way.shape)
    knee = int(np.argmax(held))
    steady = steady_states(system, [v])
    if not 0 < knee < len(way) - 1 or steady.left:
        return held, np.nan
    known = {k: x for k, x in numbers.items() if k not in steady.order} | {v: way[knee]}
    followed = {**steady.statements, **system.parts()}
    slope = numeric.function(list(known), [system.slopes()[v]], followed, system.functions)
    return held, float(-slope(*known.values())[0] / value(effect))


_POSITIVE = {
    get_dimensions(second): "time constant",
    get_dimensions(farad): "capacitance",
    get_dimensions(farad / meter**2): "capacitance",
}


def meaning_above_zero(unit) -> str | None:
    """Return what a divisor of this unit is, if that is above zero; None for others."""
    return _POSITIVE.get(get_dimensions(unit))


def declared_kind(model, name: str) -> str | None:
    """Return whether the equations declare a parameter as "integer" or "boolean"; else None."""
    declared = parsed_equations(model.equations).get(name)
    kind = None if declared is None else declared.var_type
    return kind if kind in (INTEGER, BOOLEAN) else None


def check_numbers(model, name: str, numbers: np.ndarray, unit) -> None:
    """Raise InputError for values that the part of a parameter in the equations forbids.

    A time or a capacitance by which a slope is divided is above zero; what the equations declare
    as ``boolean`` is 0 or 1, as ``integer`` a whole number.

    Parameters
    ----------
    model : NeuronModel
    name : str
        The parameter.
    numbers : array
        Its values, in `unit`.
    unit : Unit
    """
    system, meaning = model.system, meaning_above_zero(unit)
    declared = declared_kind(model, name)
    if declared == INTEGER:
        bad, what = numbers % 1 != 0, "integer, as which the equations declare it"
    elif declared == BOOLEAN:
        bad, what = ~np.isin(numbers, (0, 1)), "boolean (0 or 1), as which the equations declare it"
    elif meaning and name in divisors(system):
        bad, what = numbers <= 0, f"{meaning}, which is above zero"
    else:
        return
    if not bad.any():
        return
    count = f"{int(bad.sum())} of {numbers.size} values are" if numbers.size > 1 else "the value is"
    shown = f"{numbers[bad][0]:g} {unit_text(unit).removeprefix('1')}"
    error = InputError(
        f"{system.name}: parameter {name}: {count} no {what} (first: {shown.strip()})"
    )
    error.places = tuple(np.flatnonzero(bad).tolist())
    raise error


def divisors(system) -> set[str]:
    """Return by what the slopes are divided: names, and the factors of named parts."""
    found: set[str] = set()
    for text in (*system.rhs.values(), *system.named.values()):
        for node in ast.walk(tree(text)):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                found |= _factors(node.right)
    for name, text in reversed(system.named.items()):
        if name in found:
            found |= _factors(tree(text))
    return found


def _factors(node: ast.expr) -> set[str]:
    """Return the names of which an expression is a multiple."""
    if isinstance(node, ast.Name):
        return {node.id}
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        divided = isinstance(node.op, ast.Div)
        return _factors(node.left) | (set() if divided else _factors(node.right))
    return set()
