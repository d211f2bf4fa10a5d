"""The state in which a model starts: its initial values, which may name one another."""

from collections.abc import Mapping

import numpy as np

from .expressions import in_order, needed
from .functions import opaque
from .numeric import function


def initial_state(model, values: Mapping[str, np.ndarray | float]) -> dict[str, np.ndarray]:
    """Evaluate the model's initial values.

    Parameters
    ----------
    model : NeuronModel
    values : dict of str to float or array
        Parameters in SI units that replace the model's own.

    Returns
    -------
    dict of str to float or array
        State in SI units.
    """
    numbers = {**model.values, model.input: 0.0, "t": 0.0, "dt": float(model.dt)}
    numbers |= {k: values[k] for k in values if k in numbers}
    texts, statements = initial_texts(model)
    evaluate = function(list(numbers), list(texts), statements, model.functions)
    return dict(zip(texts, evaluate(*numbers.values()), strict=True))


def initial_texts(model) -> tuple[dict[str, str], dict[str, str]]:
    """Return the model's initial values as text, and all that they need in order."""
    written = {x: v if isinstance(v, str) else repr(float(v)) for x, v in model.initial.items()}
    texts = {x: opaque(text) for x, text in written.items()}
    named = model.system.named
    used = needed(texts.values(), named)
    return {x: x for x in texts}, in_order({**used, **texts})
