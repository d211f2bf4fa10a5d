"""How a cell begins to fire: a verdict from what is measured on its bifurcation diagram."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from ...dynamics import Diagram, bifurcations
from ...errors import InputError
from ...models.units import column

TYPES = {
    "I": "rest ends in a saddle-node on the cycle: the rate begins at zero, without hysteresis",
    "II": "rest loses its stability in a Hopf bifurcation: the rate begins above zero",
    "II*": "rest ends in a saddle-node beside a cycle that is there already: the rate jumps, with "
    "hysteresis",
    "undecided": "the diagram does not show where rest ends and which cycle is reached",
}


def excitability(
    model, values=None, *, diagram: Diagram | None = None, report: Callable | None = None
) -> pd.DataFrame:
    """Return how a cell begins to fire, with the numbers from which that follows.

    Parameters
    ----------
    model : NeuronModel
        Without reset, noise and explicit time.
    values : Quantity, shape (2,), optional
        Range of the input; default: the model's input range and half of it below.
    diagram : Diagram, optional
        One of this model over its input that has been made already, instead of `values`.
    report : callable, optional
        Is told in a sentence what is being done.

    Returns
    -------
    DataFrame
        One row: ``verdict`` ("I", "II", "II*", "undecided"), ``rest_ends_by`` (which bifurcation),
        ``rest_ends`` (where), ``cycle_begins_by`` and ``cycle_begins``, the hysteresis between,
        ``onset_rate_Hz`` of the stable cycle where rest ends (of a SNIC 0), the measured ``growth``
        of the period (see `Diagram`), ``rest_returns``: where an equilibrium becomes stable again
        (depolarisation block), and ``why``.

    Notes
    -----
    Hodgkin's classes (1948, J. Physiol. 107:165-181) by bifurcation: Rinzel & Ermentrout 1998.
    Nothing is decided by a threshold on a rate: type I needs the SNIC itself, told by the saddle-
    node on the cycle and the exponent of the period.

    Examples
    --------
    >>> from brian2 import uA, cm
    >>> from excitable.models import HODGKIN_HUXLEY
    >>> excitability(HODGKIN_HUXLEY, [0, 20]*uA/cm**2)["verdict"].item()
    'II'
    """
    if diagram is None:
        diagram = bifurcations(model, "I", _range(model, values), report=report)
    elif values is not None or (diagram.model.name, diagram.parameter) != (model.name, model.input):
        raise InputError(
            f"diagram: expected one of {model.name} over {model.input} and no values beside it, "
            f"got one of {diagram.model.name} over {diagram.parameter}"
        )
    return pd.DataFrame([_verdict(diagram)])


def _range(model, values):
    if values is not None:
        return values
    low, high = model.input_range
    return np.array([low - (high - low) / 2, high]) * model.input_unit


def _verdict(diagram: Diagram) -> dict:
    unit = diagram.field.free_units[0]
    name = lambda text: column(text, unit)  # noqa: E731
    row = {"model": diagram.model.name, "verdict": "undecided"}
    end, kind = _end_of_rest(diagram)
    begin, begins, growth = _begin_of_cycle(diagram, end)
    snic = begins == "SNIC" and kind == "saddle-node" and abs(begin - end) < 1e-6 * abs(end or 1)
    if snic:
        row["verdict"] = "I"
    elif kind == "Hopf":
        row["verdict"] = "II"
    elif kind == "saddle-node" and begin < end:
        row["verdict"] = "II*"
    row |= {
        "rest_ends_by": kind,
        name("rest_ends"): end,
        "cycle_begins_by": begins,
        name("cycle_begins"): begin,
        name("hysteresis"): 0.0 if snic else end - begin,
        "onset_rate_Hz": 0.0 if snic else _rate_at(diagram, end),
        "growth": growth,
        name("rest_returns"): _return_of_rest(diagram, end),
        "why": TYPES[row["verdict"]],
    }
    return row


def _end_of_rest(diagram: Diagram) -> tuple[float, str]:
    """Return where the stable equilibrium at the lowest input ends, and at what bifurcation."""
    best = None
    for curve in diagram.curves:
        stable = curve.eigenvalues.real.max(axis=1) < 0
        for k in (0, len(curve.p) - 1):
            v = curve.x[k, diagram.field.membrane]
            if curve.p[k] == diagram.low and stable[k] and (best is None or v < best[0]):
                best = (v, curve, stable if k == 0 else stable[::-1], k != 0)
    if best is None:
        return np.nan, "none at the lowest input"
    _, curve, stable, backwards = best
    p = curve.p[::-1] if backwards else curve.p
    lost = np.flatnonzero(~stable)
    if not len(lost):
        return np.nan, "stable throughout"
    near = min(curve.points, key=lambda q: abs(q.p - p[lost[0]]))
    at = [q for q in curve.points if abs(q.p - near.p) <= abs(p[lost[0]] - p[lost[0] - 1])]
    point = min(at, key=lambda q: abs(q.p - p[max(lost[0] - 1, 0)]))
    return point.p, point.type


def _begin_of_cycle(diagram: Diagram, end: float) -> tuple[float, str, float]:
    """Return the lowest input of the stable cycle that is there where rest has ended."""
    above = end + 0.01 * (diagram.high - diagram.low)
    for k, branch in enumerate(diagram.cycles):
        p = np.array([q.orbit.p for q in branch.points])
        stable = np.array([q.stable for q in branch.points])
        over = np.flatnonzero(((p[:-1] - above) * (p[1:] - above) <= 0) & stable[:-1] & stable[1:])
        for at in over:
            step = 1 if p[at + 1] < p[at] else -1
            m = at + (step == 1)
            while 0 <= m + step < len(p) and stable[m + step] and p[m + step] <= p[m]:
                m += step
            last = m + step if 0 <= m + step < len(p) else m
            if k in diagram.ends and last == len(p) - 1:
                found = diagram.ends[k]
                return found.p, found.type, found.numbers.get("growth", np.nan)
            special = [s for s in branch.special if s.type == "fold of cycles"]
            if special:
                fold = min(special, key=lambda s: abs(s.p - p[m]))
                return fold.p, "fold of cycles", np.nan
            return float(p[m]), "Hopf" if branch.end == "Hopf" else branch.end, np.nan
    return np.nan, "no stable cycle", np.nan


def _rate_at(diagram: Diagram, end: float) -> float:
    """Return the rate of the stable cycle where rest ends; NaN without one."""
    if not np.isfinite(end):
        return np.nan
    stable = [q for q in diagram.orbits_at(end) if q.stable]
    return 1000 / stable[0].orbit.period if stable else np.nan


def _return_of_rest(diagram: Diagram, end: float) -> float:
    """Return where above the onset an equilibrium becomes stable again; NaN if nowhere."""
    hopfs = [q.p for c in diagram.curves for q in c.points if q.type == "Hopf" and q.p > end]
    for p in sorted(hopfs):
        for curve in diagram.curves:
            later = curve.p > p
            if later.any() and (curve.eigenvalues[later].real.max(axis=1) < 0).any():
                return p
    return np.nan
