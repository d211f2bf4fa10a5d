"""Where cells start: at rest, at the model's initial values, or at given ones."""

from collections.abc import Mapping

import numpy as np

from ..dynamics.equilibria import rest
from ..models.checks import check_name, check_quantity
from ..models.grouping import GroupText, initial_state


def starting_state(model, text: GroupText, start) -> dict[str, np.ndarray]:
    """Return the state at time 0, in SI units; see `simulate`."""
    if isinstance(start, str):
        check_name("start", start, ("rest", "initial"))
    first = initial_state(model, text.values)
    if start == "initial":
        return first
    if isinstance(start, Mapping):
        for name, value in start.items():
            check_name("state variable", name, first)
            check_quantity(f"start {name}", value, model.unit_of(name))
        changed = {name: np.asarray(value, dtype=float) for name, value in start.items()}
        return first | changed
    varied = {k: v for k, v in text.arrays.items() if k in model.parameters}
    resting = rest(model, varied, text.n)
    return {name: np.where(np.isnan(x), first[name], x) for name, x in resting.items()}
