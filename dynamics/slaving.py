"""How a conductance model is reduced to two variables: what the others follow, and how well."""

import numpy as np
import pandas as pd

from ..models.by_name import takes_names
from ..models.checks import check_name, check_quantity
from ..models.steady import steady_states
from ..models.text import numeric
from .continuation.field import Field
from .phase_response import stable_cycle


@takes_names
def slaving(model, variables: tuple[str, str], I) -> pd.DataFrame:
    """Return what a model's other variables follow best on its cycle: their rest, or a variable.

    Each is compared with its steady state at the potential, and with a straight line in the second
    variable (n and h of the squid axon: Krinskii & Kokoz 1973; Rinzel 1985, Fed. Proc.
    44:2944-2946), fitted over one period in time.

    Parameters
    ----------
    model : NeuronModel
        Without reset.
    variables : (str, str)
        The two that are kept: the membrane potential and a slow variable.
    I : Quantity
        Constant input at which it fires.

    Returns
    -------
    DataFrame
        One row per other variable: ``variable``, ``follows`` ("steady state", "line"), ``text``
        (what `phase_plane` takes as ``slave``; empty for the steady state), and the root mean
        square deviations ``by_steady_state`` and ``by_line``.

    Raises
    ------
    ValueError
        For an unknown variable, and where the cell does not fire periodically.

    Examples
    --------
    >>> from brian2 import uA, cm
    >>> from excitable.models import HODGKIN_HUXLEY
    >>> slaving(HODGKIN_HUXLEY, ("v", "n"), 10*uA/cm**2)["follows"].tolist()
    ['steady state', 'line']
    """
    for name in variables:
        check_name("variable", name, model.system.states)
    p = check_quantity("I", I, model.input_unit, scalar=True)
    field = Field(model, [model.input])
    orbit = stable_cycle(model, field, p).orbit
    x = orbit.at(np.arange(2000) / 2000).T * field.scale[:, None]
    known = dict(zip(field.names, x, strict=True))
    steady = _steady(model, variables[0], known[variables[0]], field, p)
    rows = []
    for name in field.names:
        if name in variables:
            continue
        slope, offset = np.polyfit(known[variables[1]], known[name], 1)
        by_line = _deviation(known[name], offset + slope * known[variables[1]])
        by_rest = _deviation(known[name], steady[name]) if name in steady else np.inf
        is_line = by_line < by_rest
        text = f"{offset:.6g} + {slope:.6g}*{variables[1]}".replace("+ -", "- ")
        rows.append((name, "line" if is_line else "steady state", text if is_line else "",
                     by_rest, by_line))  # fmt: skip
    return pd.DataFrame(rows, columns=["variable", "follows", "text", "by_steady_state", "by_line"])


def _deviation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sqrt(np.mean((a - b) ** 2)))


def _steady(model, membrane: str, v: np.ndarray, field: Field, p: float) -> dict[str, np.ndarray]:
    """Return the steady states at potentials, in SI units."""
    system = model.system
    found = steady_states(system, [membrane])
    given = [membrane, *field.free, *field.fixed, "t", "dt"]
    parts = {**found.statements, **system.parts()}
    others = numeric.function(given, list(found.order), parts, system.functions)
    values = [p * field.free_scale[0], *field.fixed.values(), 0.0, float(model.dt)]
    shape = [np.broadcast_to(y, v.shape) for y in others(v, *values)]
    return dict(zip(found.order, shape, strict=True))
