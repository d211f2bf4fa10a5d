"""A sensible range of the input where a model states none."""

import numpy as np

from .expressions import NoDerivative


def default_range(model) -> tuple[float, float]:
    """Return from 0 to three times the current that holds the membrane at the threshold.

    The other variables are at their initial values, so that is the scale of the input and no
    threshold; a single digit is enough.
    """
    try:
        held = abs(_holding_current(model)) / float(model.input_unit)
    except (NoDerivative, ArithmeticError, ValueError):
        return (0.0, 1.0)
    if not np.isfinite(held) or held == 0:
        return (0.0, 1.0)
    digit = 10 ** np.floor(np.log10(3 * held))
    return (0.0, float(f"{np.ceil(3 * held / digit) * digit:.1g}"))


def _holding_current(model) -> float:
    """Return the input at which dv/dt is zero where the threshold lies."""
    system, v = model.system, model.membrane
    effect = system.effect_of(model.input).get(v)
    gap = system.gap
    if effect is None or gap is None or gap.of:
        return 0.0
    from .grouping import initial_state  # which needs the model's file

    numbers = {**model.values, model.input: 0.0, "t": 0.0, "dt": float(model.dt)}
    numbers |= {k: float(x) for k, x in initial_state(model, {}).items()}
    arguments = list(numbers)

    def value(text: str) -> float:
        return float(system.function(arguments, [text])(*numbers.values())[0])

    slope = system.rate_of(gap.text, {x: "0" for x in system.rhs} | {v: "1"})
    rate = (
        float(system.function(arguments, [slope[1]])(*numbers.values())[0]) if not slope[0] else 1.0
    )
    numbers[v] -= value(gap.text) / rate if rate else 0.0
    text = system.slopes()[v]
    return -value(text) / value(effect) if value(effect) else 0.0
