"""Where cells start: at rest, at the model's initial values, or at given ones."""

from collections.abc import Mapping

import numpy as np

from ..dynamics.equilibria import rest
from ..errors import InputError, RestWarning
from ..models.checks import check_name, check_quantity
from ..models.grouping import BrianText
from ..models.initial import initial_state
from ..models.warn import warn_caller


def starting_state(model, text: BrianText, start) -> dict[str, np.ndarray]:
    """Return the state at time 0, in SI units; see `simulate`.

    Warns
    -----
    RestWarning
        If cells were to start at rest and have none.
    """
    check_start(model, start)
    first = initial_state(model, text.values)
    if isinstance(start, Mapping):
        return first | {name: one_per_cell(name, value, text.n) for name, value in start.items()}
    if start == "initial":
        return first
    if model.system.restless:
        warn_restless(model, model.system.restless)
        return first
    varied = {k: v for k, v in text.arrays.items() if k in model.parameters}
    resting = rest(model, varied, text.n)
    restless = int(np.isnan(resting[model.membrane]).sum())
    if restless:
        which = "it has" if text.n == 1 else f"{restless} of {text.n} cells have"
        warn_restless(model, f"without input {which} no stable equilibrium below the threshold")
    return {name: np.where(np.isnan(x), first[name], x) for name, x in resting.items()}


def check_start(model, start) -> None:
    """Raise ValueError unless `start` is a word or names state variables with their values."""
    if isinstance(start, str):
        check_name("start", start, ("rest", "initial"))
        return
    if not isinstance(start, Mapping):
        raise InputError(
            f"start: expected 'rest', 'initial' or a dict of state variables such as "
            f"{{{model.membrane!r}: ...}}, got {start!r}"
        )
    for name, value in start.items():
        check_name("state variable", name, model.system.rhs)
        check_quantity(f"start {name}", value, model.unit_of(name))


def one_per_cell(name: str, value, n: int) -> np.ndarray:
    """Return the start of a variable in SI units: one number, or one for each of `n` cells."""
    numbers = np.asarray(value, dtype=float)
    if numbers.shape not in ((), (1,), (n,)):
        raise InputError(
            f"start {name}: expected one value or {n} values, one per neuron, got shape "
            f"{numbers.shape}"
        )
    return numbers


def warn_restless(model, why: str) -> None:
    """Say, once for a model, that cells that were to start at rest start elsewhere."""
    said = vars(model).setdefault("_said", set())
    if why in said:
        return
    said.add(why)
    warn_caller(
        f"{model.name}: start='rest': {why}; starts at its initial values instead (say "
        "start='initial', or give a state, if that is meant)",
        RestWarning,
    )
