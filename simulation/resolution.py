"""Whether a step can follow what a cell does: asked before anything is compiled.

A rate that comes from a step far longer than the membrane's time constant, from a reset that
leaves the cell above its threshold, or from one into a region where the equations are stiffer than
the step allows, is a number without a meaning. All three show in the equations: in the Jacobian
where a cell starts and where it is reset, and where its synapses are open.
"""

import math
from collections.abc import Mapping

import numpy as np
from brian2 import ms

from ..errors import UnresolvedError
from ..models.grouping import BrianText
from ..models.methods import METHODS
from ..models.system import FREE, System
from ..models.text.expressions import NoDerivative
from ..models.text.numeric import function
from ..models.text.statements import Assignment
from .input_rules import with_units
from .methods.upstroke import upstroke_of


def check_resolved(model, text: BrianText, state: Mapping[str, np.ndarray]) -> None:
    """Raise UnresolvedError if a step cannot follow some cell; see this file.

    Parameters
    ----------
    model : NeuronModel
    text : BrianText
        As described, before spikes are located.
    state : dict of str to array, shape (n,)
        Where cells start, and what they receive from others there, in SI units.
    """
    numbers = _numbers(text, state)
    _check_period(model, text, numbers)
    _check_stiffness(model, text, numbers, "at the start")
    if text.system.reset and text.system.gap is not None and not text.system.random:
        after = _after_reset(text, numbers)
        if after is not None:
            _check_reset(model, text, numbers, after)
            _check_stiffness(model, text, after, "after the reset")


def check_opened(model, text: BrianText, state: Mapping, opened: Mapping) -> None:
    """Raise UnresolvedError if a step cannot follow some cell while a synapse is open.

    Parameters
    ----------
    model, text, state
        As in `check_resolved`.
    opened : dict of str to float or array, shape (n,)
        How much of each conductance there will be at times, in SI units.
    """
    for name, conductance in opened.items():
        numbers = _numbers(text, {**state, name: conductance})
        _check_stiffness(model, text, numbers, f"while its synapses {name} are open")


def check_coupling(model, text: BrianText, state: Mapping, coupling: np.ndarray) -> None:
    """Raise UnresolvedError if gap junctions would carry a cell past its neighbours in a step.

    Parameters
    ----------
    model, text, state
        As in `check_resolved`.
    coupling : array, shape (n,)
        What each cell's junctions conduct in all, and the strongest of them once more, for the
        neighbour moves too; in SI units.
    """
    try:
        effect = text.system.effect_of(model.input)[model.membrane]
    except (NoDerivative, KeyError):
        return
    (effect,) = _values(text.system, [effect], _numbers(text, state))
    rate = np.broadcast_to(np.abs(effect) * coupling, text.n)
    _refuse(
        np.flatnonzero(rate * float(text.dt) >= 1), text,
        f"{model.name}: gap junctions draw a cell to its neighbours within "
        f"{1e3 / max(rate.max(), 1e-300):.2g} ms, which their current, held over a step of dt = "
        f"{float(text.dt / ms):g} ms, cannot follow; use a smaller dt",
    )  # fmt: skip


def _numbers(text: BrianText, state: Mapping) -> dict[str, np.ndarray]:
    clock = {"t": 0.0, "dt": float(text.dt), "t_in_timesteps": 0.0, "i": 0.0, FREE: True}
    first = {**state, **{x: state.get(x, 0.0) for x in text.system.rhs}}
    return {k: np.asarray(v, dtype=float) for k, v in {**text.values, **clock, **first}.items()}


def _values(system: System, outputs, numbers: Mapping, named=None) -> list[np.ndarray]:
    evaluate = function(
        list(numbers), list(outputs), system.named if named is None else named, system.functions
    )
    with np.errstate(all="ignore"):
        return evaluate(*numbers.values())


def _after_reset(text: BrianText, numbers: Mapping) -> dict[str, np.ndarray] | None:
    """Return the state after a reset at the threshold, all else as at the start."""
    system, found = text.system, upstroke_of(text.system, explosive=False)
    if found is None:
        return None
    v = found.membrane
    (way,) = _values(system, [found.way], numbers)
    changed = dict(numbers) | {v: numbers[v] + way}
    for statement in system.reset:
        (value,) = _values(system, [statement.value], changed)
        changed[statement.target] = value
    return {name: changed[name] for name in numbers}


def _check_reset(model, text: BrianText, before: Mapping, after: Mapping) -> None:
    (gap,) = _values(text.system, text.system.gap.leaves, after)
    v = model.membrane
    size = 1e-9 * np.maximum(np.abs(after[v]), 1e-6)
    bad = np.flatnonzero(np.broadcast_to(gap > size, text.n))
    _refuse(
        bad, text,
        f"{model.name}: its reset ({'; '.join(map(str, _written(text.system.reset)))}) leaves it "
        f"above its threshold ({model.threshold}), so it would fire in every step; reset it below",
    )  # fmt: skip


def _written(reset: tuple[Assignment, ...]) -> list[str]:
    return [str(statement) for statement in reset]


def _check_period(model, text: BrianText, numbers: Mapping) -> None:
    if text.system.refractory.kind != "time" or text.system.random:
        return
    (period,) = _values(text.system, [text.system.refractory.text], numbers)
    bad = np.flatnonzero(np.broadcast_to(np.logical_not(period >= 0), text.n))
    _refuse(bad, text, f"{model.name}: its refractory period ({model.refractory}) is negative")


def _check_stiffness(model, text: BrianText, numbers: Mapping, where: str) -> None:
    if text.system.random == "the equations":
        return
    # Some methods of this package, for one published program, are in no list.
    limit = METHODS[text.method].decay if text.method in METHODS else math.inf
    if math.isinf(limit):
        return
    system = text.system
    try:
        parts, entries = system.jacobian()
    except NoDerivative:
        return
    named = {**system.parts(), **parts}
    texts = [entries.get((x, y), "0.0") for x in system.rhs for y in system.rhs]
    n, k = text.n, len(system.rhs)
    entries = [np.broadcast_to(x, n) for x in _values(system, texts, numbers, named)]
    matrix = np.stack(entries, axis=-1).reshape(n, k, k)
    bad = ~np.isfinite(matrix).all(axis=(1, 2))
    _refuse(
        np.flatnonzero(bad), text,
        f"{model.name}: {where} a rate of change, or its slope, is no finite number; check the "
        "parameters (a time constant or a capacitance of 0?)",
    )  # fmt: skip
    real = np.linalg.eigvals(matrix).real
    dt = float(text.dt)
    bad = -real.min(axis=-1) * dt > limit
    slowest = 1e3 / max(-real.min(), 1e-300)
    _refuse(
        np.flatnonzero(bad), text,
        f"{model.name}: {where} a variable relaxes within {slowest:.2g} ms, which method "
        f"{text.method} with dt = {float(text.dt / ms):g} ms cannot follow; use a smaller dt, or "
        "check the parameters",
    )  # fmt: skip


def _refuse(bad: np.ndarray, text: BrianText, message: str) -> None:
    if not len(bad):
        return
    own = with_units(text.of_cell(bad[0])) or "no varied values"
    which = f" ({len(bad)} of {text.n} cells, first: {bad[0]}, {own})" if text.n > 1 else ""
    error = UnresolvedError(message + which)
    error.neurons = tuple(bad.tolist())
    raise error
