"""Variables that are phases (theta neurons): after one revolution a cell is where it was."""

import ast

import numpy as np
from brian2.units.fundamentalunits import DIMENSIONLESS

from ..models.initial import initial_state
from ..models.system import total_derivative
from ..models.text.expressions import NoDerivative, derivative, tree

# In revolutions, where two of them are compared: not where ``v % 3`` jumps.
_PLACES = np.linspace(-2, 2, 41) + 1 / 31
_SAME = 1e-9
_BESIDE = 0.37  # of its unit: what else there is has other values than its own, which are often 0


def revolution(model) -> tuple[float, float] | None:
    """Return one revolution of a membrane variable that is a phase; None where it is no phase.

    It is one where the equations depend on it and are the same a period later, also with other
    parameters. The period is that of the reset, from the threshold to where it puts the cell, that
    by which the equations wrap it (3 of ``v % 3``), or 2 pi. The revolution ends at the threshold
    of a cell that is reset; else it lies around the initial value.

    Parameters
    ----------
    model : NeuronModel

    Returns
    -------
    low, high : float
        In SI units.

    Examples
    --------
    >>> from brian2 import ms
    >>> from excitable.models import LIF, NeuronModel
    >>> theta = NeuronModel("theta", "dth/dt = (1 - cos(th) + (1 + cos(th))*I)/tau : 1",
    ...                     {"tau": 1*ms}, 1, {"th": 0}, threshold="th > pi", reset="th -= 2*pi")
    >>> revolution(theta), revolution(LIF)
    ((-3.141592653589793, 3.141592653589793), None)
    """
    kept = vars(model).setdefault("_revolution", [])
    if not kept:
        try:
            with np.errstate(all="ignore"):  # far from where the cell ever is
                kept.append(_revolution(model))
        except (NoDerivative, ArithmeticError, ValueError):  # what is drawn, or not known, is none
            kept.append(None)
    return kept[0]


class _Values:
    """What a model's expressions are at its initial state, in SI units.

    Or `beside` it: with other values of its parameters, of its input and of its other variables.
    """

    def __init__(self, model, *, beside: bool = False):
        self.system, self.membrane = model.system, model.membrane
        self.numbers = {**model.values, model.input: 0.0, "t": 0.0, "dt": float(model.dt)}
        first = initial_state(model, {})
        self.numbers |= {x: float(np.ravel(y)[0]) for x, y in first.items()}
        if beside:
            units = {x: model.unit_of(x) for x in (*model.system.states, model.input)}
            units |= {x: parameter.unit for x, parameter in model.parameters.items()}
            del units[model.membrane]
            self.numbers |= {x: self.numbers[x] + _BESIDE * float(u) for x, u in units.items()}

    def of(self, *texts: str, **changed) -> list[np.ndarray]:
        found = self.system.function(list(self.numbers), texts)
        return found(*(self.numbers | changed).values())


def _revolution(model) -> tuple[float, float] | None:
    own, beside = _candidates(_Values(model)), _Values(model, beside=True)
    for (low, high), turn in zip(own, _candidates(beside), strict=True):
        if low < high and _repeats(beside, *turn):
            return low, high
    return None


def _repeats(values: _Values, low: float, high: float) -> bool:
    """Return whether the equations depend on the membrane, and are the same a turn later."""
    slopes, v = values.system.slopes().values(), values.membrane
    place = low + _PLACES * (high - low)
    now, later = (values.of(*slopes, **{v: x}) for x in (place, place + high - low))
    return any(np.ptp(slope) > 0 for slope in now) and all(map(_alike, now, later))


def _candidates(values: _Values) -> list[tuple[float, float]]:
    """Return what may be one revolution: of the reset, as wrapped, or 2 pi; NaN for none."""
    system, v = values.system, values.membrane
    high = _threshold(values) if system.reset else np.nan
    low = np.nan
    if np.isfinite(high) and not system.random:
        low = float(values.of(system.after_reset()[v], **{v: high})[0])
    end = high if np.isfinite(high) else values.numbers[v] + np.pi
    turns = [*_wrapped(values), 2 * np.pi if system.dims[v] is DIMENSIONLESS else np.nan]
    return [(low, high), *((end - turn, end) for turn in turns)]


def _wrapped(values: _Values) -> list[float]:
    """Return after which changes of the membrane its remainders in the equations are the same."""
    system, v = values.system, values.membrane
    parts = system.parts()
    found = [
        node
        for text in (*system.slopes().values(), *parts.values())
        for node in ast.walk(tree(text))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod)
    ]
    pairs = [(total_derivative(ast.unparse(x.left), {v: "1"}), ast.unparse(x.right)) for x in found]
    numbers = [map(float, values.of(*pair)) for pair in pairs if pair[0] != "0"]
    return [abs(period / slope) for slope, period in numbers]


def _threshold(values: _Values) -> float:
    """Return where the spike condition begins to hold; NaN where it is no straight line."""
    gap, v = values.system.gap, values.membrane
    if gap is None or gap.of:
        return np.nan
    at, rise = (float(x) for x in values.of(gap.text, derivative(gap.text, v)))
    high = values.numbers[v] - at / rise if rise else np.nan
    left = float(values.of(gap.text, **{v: high})[0])
    return high if abs(left) <= _SAME * max(abs(high), abs(at)) else np.nan


def _alike(now, later) -> bool:
    return bool(np.all(np.abs(np.subtract(later, now)) <= _SAME * np.max(np.abs(now))))
