"""Values of a `TimedArray` in equation text as a step sees them: by their mean over the step.

The array jumps from one value to the next. A stage of a method that asks for it at the end of a
step would see what comes after a jump there, and one inside the step would be missed.
"""

import ast
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

from brian2 import TimedArray

from ..errors import InputError
from .system import System
from .text.expressions import Rewriter, names, tree
from .text.step_parts import STEP_BEGIN
from .warn import warn_caller

# How many values one step may see: each is a term of the text.
_MOST_VALUES = 16


def by_steps(system: System, dt: float) -> System:
    """Return a system in which each TimedArray is asked for its mean over the current step.

    Parameters
    ----------
    system : System
    dt : float
        Length of the step in seconds.

    Raises
    ------
    ValueError
        For an array whose values are far shorter than the step.

    Warns
    -----
    UserWarning
        For an array that is asked for at another time than ``t``.
    """
    arrays = {k: f for k, f in system.functions.items() if isinstance(f, TimedArray)}
    if not arrays:
        return system
    mean = _Means(system.name, arrays, dt)
    rhs, named = (
        {name: mean.of(text) for name, text in texts.items()}
        for texts in (system.rhs, system.named)
    )
    rule = replace(system.refractory, text=mean.of(system.refractory.text))
    threshold = mean.of(system.threshold)
    return replace(system, rhs=rhs, named=named, threshold=threshold, refractory=rule)


def jumps(system: System, duration: float) -> list[float]:
    """Return when the values of TimedArrays that a cell asks for change, in seconds."""
    rules = filter(None, (system.threshold, system.refractory.text))
    texts = [*system.rhs.values(), *system.named.values(), *rules]
    called = {call.func.id for text in texts for call in _calls(tree(text), system.functions)}
    found = set()
    for name in called:
        array = system.functions[name]
        last = min(len(array.values) - 1, math.ceil(duration / float(array.dt)))
        found |= {k * float(array.dt) for k in range(1, last + 1)}
    return sorted(found)


def _calls(node: ast.AST, functions: Mapping[str, object]) -> Iterator[ast.Call]:
    for n in ast.walk(node):
        if isinstance(n, ast.Call) and isinstance(functions.get(n.func.id), TimedArray):
            yield n


class _Means(Rewriter):
    def __init__(self, model: str, arrays: Mapping[str, TimedArray], dt: float):
        self.model, self.arrays, self.dt = model, arrays, dt

    def of(self, text: str) -> str:
        if not text:
            return text
        node = tree(text)
        return ast.unparse(self.visit(node)) if any(_calls(node, self.arrays)) else text

    def visit_Call(self, node: ast.Call):
        name = node.func.id
        if name not in self.arrays:
            return ast.Call(node.func, [self.visit(a) for a in node.args], node.keywords)
        when, *neuron = map(ast.unparse, node.args)
        if when == "t":
            return tree(_mean(name, float(self.arrays[name].dt), "".join(f", {i}" for i in neuron),
                              self._values_in_a_step(name)))  # fmt: skip
        if "t_in_timesteps" not in names(when):
            warn_caller(
                f"{self.model}: {ast.unparse(node)} is looked up at another time than t, so a step "
                "does not meet its jumps, and spike times are known to about a step; shift the "
                f"values instead, and write {name}(t)"
            )
        return node

    def _values_in_a_step(self, name: str) -> int:
        length = float(self.arrays[name].dt)
        count = max(1, math.ceil(self.dt / length - 1e-9))
        if count > _MOST_VALUES:
            raise InputError(
                f"{self.model}: the values of TimedArray {name} last {length * 1e3:g} ms, and a "
                f"step of {self.dt * 1e3:g} ms would take in {count} of them; use a smaller dt, or "
                f"give {name} longer values (at most {_MOST_VALUES} in a step)"
            )
        return count


def _mean(name: str, length: float, neuron: str, count: int) -> str:
    """Return the mean over a step in which at most `count` jumps lie.

    Values are looked up in their middle, where rounding cannot lead to a neighbour.
    """
    each = f"({length!r}*second)"
    edge = f"floor(({STEP_BEGIN} + dt)/{each})*{each}"  # the last jump before the step's end

    def value(back: float) -> str:
        return f"{name}({edge} - {back}*{each}{neuron})"

    terms = [value(count - 0.5)]
    for k in range(count):
        part = f"part_after({STEP_BEGIN}, dt, {edge} - {k}*{each})"
        terms.append(f"({value(k - 0.5)} - {value(k + 0.5)})*{part}")
    return f"({' + '.join(terms)})"
