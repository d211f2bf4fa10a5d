"""A sensible range of the input where a model states none."""

import numpy as np

from .expressions import NoDerivative, derivative
from .initial import initial_state


def default_range(model) -> tuple[float, float]:
    """Return from 0 to three times the current that brings the membrane to the threshold.

    That is the largest one needed to hold it anywhere on the way from its initial value, with the
    other variables at theirs: the scale of the input and no rheobase; a single digit is enough.
    """
    try:
        with np.errstate(all="ignore"):
            held = _holding_currents(model) / float(model.input_unit)
    except (NoDerivative, ArithmeticError, ValueError):
        return (0.0, 1.0)
    held = held[np.isfinite(held)]
    largest = held.max(initial=0.0)
    if largest <= 0:  # it fires by itself
        largest = np.abs(held[:1]).max(initial=0.0) or 1 / 3
    digit = 10 ** np.floor(np.log10(3 * largest))
    return (0.0, float(f"{np.ceil(3 * largest / digit) * digit:.1g}"))


def _holding_currents(model) -> np.ndarray:
    """Return the inputs at which dv/dt is zero, on the way from the initial value to threshold."""
    system, v = model.system, model.membrane
    effect = system.effect_of(model.input).get(v)
    gap = system.gap
    if effect is None or gap is None or gap.of:
        return np.empty(0)
    numbers = {**model.values, model.input: 0.0, "t": 0.0, "dt": float(model.dt)}
    numbers |= {k: float(x) for k, x in initial_state(model, {}).items()}
    arguments = list(numbers)

    def value(text: str, **changed) -> np.ndarray:
        return np.asarray(system.function(arguments, [text])(*(numbers | changed).values())[0])

    direct = derivative(gap.text, v)
    if direct == "0":
        return np.empty(0)
    top = numbers[v] - value(gap.text) / value(direct)
    way = np.linspace(numbers[v], float(top), 200)
    return np.broadcast_to(-value(system.slopes()[v], **{v: way}) / value(effect), way.shape)
