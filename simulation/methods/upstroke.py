"""Upstrokes that blow up in finite time, integrated to the threshold instead of through it.

In an exponential or quadratic integrate-and-fire neuron the potential reaches infinity within a
step once it is far enough above its soft threshold, and the numerical threshold is often put where
no step arrives: 25 slope factors above. A cell is therefore taken out of the grid as soon as it is
about to run away, and carried to the threshold with the potential as the independent variable
(Henon 1982, Physica D 5:412-414), in which the rest of the upstroke is short and smooth.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from brian2.utils.stringtools import word_substitute

from ...models.grouping import BrianText
from ...models.system import System, total_derivative
from ...models.text.expressions import NoDerivative, depends, derivative, expanded
from ...models.text.numeric import function
from ...models.units import base_unit
from .runge_kutta import RightHandSides

# A cell runs away when its slope grows by this much per step: a Runge-Kutta step is still exact to
# 1e-4 of it then, and the crossing is at most a few steps ahead.
RUNAWAY = 0.5
# Lengths of the steps towards the threshold, in e-folds of the slope. What is left of the time then
# is a hundredth of what it was, and follows from the derivatives of the slope.
_FOLDS = (0.4, 0.6, 0.9, 1.3, 1.8)


@dataclass(frozen=True)
class Upstroke:
    """The upstroke of a system as text.

    Attributes
    ----------
    membrane : str
    way : str
        How far the threshold is, in the unit of the membrane potential.
    growth, curvature : str
        First and second derivative of the membrane's slope by the membrane potential.
    """

    membrane: str
    way: str
    growth: str
    curvature: str


def upstroke_of(system: System, *, explosive: bool = True) -> Upstroke | None:
    """Return the upstroke of a cell that is reset above a potential; None for any other.

    Also None, unless `explosive` is false, where the slope does not grow with the potential.
    """
    gap = system.gap
    if not system.reset or gap is None or gap.of:
        return None
    v = system.membrane
    try:
        total = {v: "1"}
        for name, text in system.parts().items():
            if (slope := total_derivative(text, total)) != "0":
                total[name] = slope
        growth = total_derivative(system.slopes()[v], total)
        direct = derivative(gap.text, v)
        others = [x for x in system.rhs if x != v]
        if direct == "0" or depends(gap.text, others, system.named):
            return None
        if explosive and not depends(growth, [v], system.named):
            return None
        growth = expanded(growth, system.parts(), lambda name: True)
        curvature = total_derivative(growth, {v: "1"})
    except NoDerivative:
        return None
    way = f"-({gap.text})" if direct == "1" else f"-({gap.text})/({direct})"
    return Upstroke(v, way, growth, curvature)


def remedy_of(system: System) -> str:
    """Return what to do about a cell that can run away while it may not fire; or nothing."""
    v = system.membrane
    free = system.refractory.kind == "time" and v not in system.held
    if not free or upstroke_of(system) is None:
        return ""
    return (
        f"{v} goes on rising while the cell is refractory, and without a reset it runs away; hold "
        f"it for that time: mark d{v}/dt with (unless refractory)"
    )


def runs_away(text: BrianText, first: Mapping[str, np.ndarray]) -> bool:
    """Return whether a step of some cell cannot follow the upstroke up to the threshold.

    Parameters
    ----------
    text : BrianText
    first : dict of str to float or array, shape (n,)
        Some state of the cells: the slope is asked for at the threshold with all else as there.
    """
    found = None if text.stochastic else upstroke_of(text.system)
    if found is None:
        return False
    numbers = {**text.values, **first, "t": 0.0, "dt": float(text.dt), "t_in_timesteps": 0.0}
    numbers |= {"i": 0, "not_refractory": True}
    numbers = {name: np.asarray(x, dtype=float) for name, x in numbers.items()}
    evaluate = function(
        list(numbers), [found.way, found.growth], text.system.named, text.system.functions
    )
    with np.errstate(all="ignore"):
        way, _ = evaluate(*numbers.values())
        numbers[found.membrane] = numbers[found.membrane] + way
        _, growth = evaluate(*numbers.values())
        return bool(np.any(~(growth * float(text.dt) < RUNAWAY)))


def anticipated(text: BrianText) -> str:
    """Return a threshold that also holds for a cell that is about to run away."""
    return f"({text.threshold}) or ({_running_away(text.system, upstroke_of(text.system))})"


def _running_away(system: System, found: Upstroke) -> str:
    v = found.membrane
    zero = f"0*{base_unit(system.dims[v])}/second"
    return f"({found.growth})*dt > {RUNAWAY} and ({_written_out(system, v)}) > {zero}"


def _written_out(system: System, v: str) -> str:
    return expanded(system.slopes()[v], system.parts(), lambda name: True)


def with_anticipation(
    text: BrianText, first: Mapping[str, np.ndarray], *, ahead: bool | None = None
) -> BrianText:
    """Return the text for spikes on the grid: a cell fires at the last point before infinity.

    It would be there within a step, by the time that `_tail` uses too, and no step is made into
    it. What the rest of the way takes is below a step, as is what the grid adds to any spike.
    `ahead` says whether a cell runs away, in place of `first`.
    """
    if text.method == "euler" or not (runs_away(text, first) if ahead is None else ahead):
        return text
    system, found = text.system, upstroke_of(text.system)
    slope = _written_out(system, found.membrane)
    near = f"{found.growth} < ({slope})*({found.curvature})*dt"
    whole = f"({text.threshold}) or ({_running_away(system, found)} and {near})"
    return replace(text, threshold=whole)


def to_threshold(system: System, parts: RightHandSides) -> tuple[list[str], dict[str, str]]:
    """Return statements that carry a cell below the threshold up to it.

    Returns
    -------
    lines : list of str
        They set ``ahead__``: how long that takes; 0 for a cell that is above already.
    results : dict of str to str
        For each state variable the name that holds its value there.
    """
    found = upstroke_of(system)
    v = found.membrane
    unit = base_unit(system.dims[v])
    state = {x: x for x in parts.rhs}
    lines, times = [], []
    for k, folds in enumerate(_FOLDS):
        slopes, here = _slopes(parts, f"up__{k}_scale", state)
        way, growth = (word_substitute(text, state) for text in (found.way, found.growth))
        lines += [
            f"way__{k} = clip({way}, 0*{unit}, inf*{unit})",
            *slopes,
            f"part__{k} = clip({folds}*({here[v]})/({growth}), 0*{unit}, way__{k})",
        ]
        step, state, time = _step_along(parts, f"up__{k}", state, v, f"part__{k}")
        lines += step
        times.append(time)
    tail, state = _tail(found, parts, state, unit)
    return [*lines, *tail, f"ahead__ = {' + '.join([*times, 'time__tail'])}"], state


def _tail(found: Upstroke, parts: RightHandSides, state: dict[str, str], unit: str):
    """Return statements for the last of the way.

    Where the slope f grows as an exponential, or as any power, of the potential, it takes
    ``f'/(f*f'')`` to infinity.
    """
    v = found.membrane
    end = {**state, v: "top__tail"}
    first, here = _slopes(parts, "tail_from", state)
    last, there = _slopes(parts, "tail_to", end)
    times = [
        f"({growth})/(({slopes[v]})*({curvature}))"
        for at, slopes in ((state, here), (end, there))
        for growth, curvature in [
            [word_substitute(text, at) for text in (found.growth, found.curvature)]
        ]
    ]
    lines = [
        f"way__tail = clip({word_substitute(found.way, state)}, 0*{unit}, inf*{unit})",
        f"top__tail = {state[v]} + way__tail",
        *first,
        *last,
        f"time__tail = int(sign(way__tail) > 0)*({times[0]} - {times[1]})",
    ]
    results = {x: f"{x}__tail_end" for x in parts.rhs if x != v} | {v: "top__tail"}
    lines += [f"{results[x]} = {state[x]} + time__tail*{here[x]}" for x in parts.rhs if x != v]
    return lines, results


def _slopes(parts: RightHandSides, tag: str, state: Mapping[str, str]):
    """Return statements that evaluate all slopes at a state, and their names."""
    here = dict(state) | {"t": "(t + dt)"}
    lines = []
    for name, text in parts.named.items():
        lines.append(f"{name}__{tag} = {word_substitute(text, here)}")
        here[name] = f"{name}__{tag}"
    for x, text in parts.rhs.items():
        lines.append(f"slope__{x}__{tag} = {word_substitute(text, here)}")
    return lines, {x: f"slope__{x}__{tag}" for x in parts.rhs}


def _step_along(parts: RightHandSides, tag: str, state: dict[str, str], v: str, size: str):
    """Return a fourth-order step of a given length in v, and how long it takes."""
    lines, slopes = [], []
    for stage, fraction in enumerate(("0", "0.5", "0.5", "1")):
        moved = dict(state)
        if stage:
            before = slopes[-1]
            for x in parts.rhs:
                change = f"{fraction}*{size}" + ("" if x == v else f"*{before[x]}/{before[v]}")
                moved[x] = f"{x}__{tag}_{stage}"
                lines.append(f"{moved[x]} = {state[x]} + {change}")
        new, here = _slopes(parts, f"{tag}_{stage}", moved)
        lines += new
        slopes.append(here)
    weights = ("1/6.0", "1/3.0", "1/3.0", "1/6.0")
    results = {}
    for x in parts.rhs:
        results[x] = f"{x}__{tag}_end"
        total = " + ".join(f"{w}*{s[x]}/{s[v]}" for w, s in zip(weights, slopes, strict=True))
        change = size if x == v else f"{size}*({total})"
        lines.append(f"{results[x]} = {state[x]} + {change}")
    time = " + ".join(f"{w}/{s[v]}" for w, s in zip(weights, slopes, strict=True))
    lines.append(f"time__{tag} = {size}*({time})")
    return lines, results, f"time__{tag}"
