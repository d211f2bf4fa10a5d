"""A sensible range of the input where a model states none."""

import numpy as np

from .expressions import NoDerivative

_GRID = 2001  # potentials between start and threshold


def default_range(model) -> tuple[float, float]:
    """Return from 0 to three times the current that carries the membrane to the threshold.

    The other variables are at their initial values, so that is the scale of the input and no
    threshold; a single digit is enough.
    """
    try:
        held = _carrying_current(model) / float(model.input_unit)
    except (NoDerivative, ArithmeticError, ValueError):
        return (0.0, 1.0)
    if not np.isfinite(held) or held == 0:
        return (0.0, 1.0)
    digit = 10 ** np.floor(np.log10(3 * held))
    return (0.0, float(f"{np.ceil(3 * held / digit) * digit:.1g}"))


def _carrying_current(model) -> float:
    """Return the input that brings the membrane from its initial value to the threshold.

    Where the current that holds the membrane still first grows with the potential and then falls,
    that is its maximum: beyond it the cell goes on by itself, and what would hold it at the
    threshold (in the upstroke of a spike) says nothing.
    """
    system, v = model.system, model.membrane
    effect = system.effect_of(model.input).get(v)
    gap = system.gap
    if effect is None or gap is None or gap.of:
        return 0.0
    from .grouping import initial_state  # which needs the model's file

    numbers = {**model.values, model.input: 0.0, "t": 0.0, "dt": float(model.dt)}
    numbers |= {k: float(x) for k, x in initial_state(model, {}).items()}
    arguments = list(numbers)

    def values(text: str) -> np.ndarray:
        return np.asarray(system.function(arguments, [text])(*numbers.values())[0], dtype=float)

    slope = system.rate_of(gap.text, {x: "0" for x in system.rhs} | {v: "1"})
    rate = float(values(slope[1])) if not slope[0] else 1.0
    begin = numbers[v]
    end = begin - float(values(gap.text)) / rate if rate else begin
    numbers[v] = np.linspace(begin, end, _GRID)
    with np.errstate(all="ignore"):
        held = np.broadcast_to(-values(system.slopes()[v]) / values(effect), _GRID)
    falls = np.flatnonzero((np.diff(held) < 0) & (held[:-1] > 0))
    return abs(float(held[falls[0] if len(falls) and end > begin else -1]))
