"""Trajectories in a phase plane, through resets, and the phase line of a cell of one variable."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from brian2 import ms

from ..errors import InputError
from ..models.by_name import takes_names
from ..models.checks import check_positive, check_quantity
from ..models.units import column
from .continuation.field import Field
from .equilibria import equilibria_between
from .potential_search import Search
from .resets.reset_map import ResetMap

FASTEST = 0.05  # of the axes' lengths per ms: beyond it the clock is slowed down
LONGEST = 1e5  # of the slowed clock, in ms
SPIKES = 10_000


@dataclass
class PhaseLine:
    """The phase line of a cell of one variable, in display units and ms.

    Attributes
    ----------
    name : str
        The variable with its unit, as a column.
    x, slope : array
        Values and how fast the variable moves there, per ms.
    equilibria : DataFrame
        The variable, ``type``, ``stable``: in the range of `x`, and below the threshold.
    threshold, reset : float
        Where it fires and where it is put; NaN for a cell without reset.
    """

    name: str
    x: np.ndarray
    slope: np.ndarray
    equilibria: pd.DataFrame
    threshold: float
    reset: float


@takes_names
def phase_line(model, values, *, I=None) -> PhaseLine:
    """Return the phase line of a model with one variable (LIF, QIF, exponential).

    Parameters
    ----------
    model : NeuronModel
    values : Quantity, shape (2,)
        Range of the variable.
    I : Quantity, optional
        Constant input; default 0.

    Raises
    ------
    ValueError
        For a model of several variables, or an empty range.

    Examples
    --------
    >>> from excitable.models import QIF
    >>> phase_line(QIF, [-5, 5], I=-1).equilibria["type"].tolist()
    ['stable node', 'unstable node']
    """
    field = Field(model, [model.input])
    if field.n != 1:
        raise InputError(f"{model.name}: has {field.n} variables; use phase_plane")
    numbers = np.atleast_1d(check_quantity(field.names[0], values, field.units[0]))
    if numbers.shape != (2,) or not numbers[0] < numbers[1]:
        raise InputError(f"{field.names[0]}: expected a range, its lower end first, got {values}")
    p = 0.0 if I is None else check_quantity("I", I, model.input_unit, scalar=True)
    x = np.linspace(*numbers, 1001)
    slope = field.slopes(x[None], np.full((1, len(x)), p))[0]
    name = column(field.names[0], field.units[0])
    search = Search(*numbers * float(field.units[0]))
    points = equilibria_between(model, I, search)[[name, "type", "stable"]]
    threshold = reset = np.nan
    if model.system.reset:
        jump = ResetMap(field)
        gap = np.broadcast_to(jump.gap(x[None], p), x.shape)
        crossing = np.flatnonzero((gap[:-1] <= 0) & (gap[1:] > 0))
        if crossing.size:
            k = crossing[0]
            threshold = float(x[k] - gap[k] * (x[k + 1] - x[k]) / (gap[k + 1] - gap[k]))
            reset = float(jump.landed(np.array([threshold]), p)[0])
            points = points[points[name] < threshold].reset_index(drop=True)
    return PhaseLine(name, x, slope, points, threshold, reset)


def trajectory(model, slope, start: np.ndarray, duration, p: float, names, size) -> pd.DataFrame:
    """Return one trajectory of a plane.

    Parameters
    ----------
    model : NeuronModel
    slope : callable
        The plane's slopes per ms, of both variables.
    start : array, shape (2,)
    duration : Quantity
    p : float
        Input.
    names : (str, str)
        Columns.
    size : array, shape (2,)
        Lengths of the axes.

    Returns
    -------
    DataFrame
        ``t_ms``, both variables and ``spikes``, how many resets lie behind: pieces with the same
        number are one curve.
    """
    end = float(check_positive("duration", duration, ms))
    jump = _planar_reset(model, names) if model.system.reset else None
    rows, y, spikes = [], np.append(start, 0.0), 0
    while y[2] < end and spikes < SPIKES:
        run = _piece(slope, y, end, size, jump, p)
        rows += [(t, a, b, spikes) for a, b, t in run.y.T]
        y = run.y[:, -1].copy()
        if run.status != 1 or not (jump and run.t_events[1].size):
            break
        y[:2] = jump.landed(y[:2], p)
        y[2] += jump.pause(y[:2], p)
        spikes += 1
    return pd.DataFrame(rows, columns=["t_ms", *names, "spikes"])


def _planar_reset(model, names) -> ResetMap:
    field = Field(model, [model.input])
    if tuple(column(n, u) for n, u in zip(field.names, field.units, strict=True)) != tuple(names):
        raise InputError(
            f"{model.name}: a trajectory through the reset needs the plane of exactly its "
            f"variables {field.names}, in that order"
        )
    return ResetMap(field)


def _piece(slope, y, end: float, size, jump, p: float):
    """Integrate to the end or to the threshold; the clock is slowed down where the cell is fast."""
    from scipy.integrate import solve_ivp

    def moves(s, z):
        u = np.array([float(c) for c in slope(*z[:2])])
        return np.append(u, 1.0) / np.hypot(1, np.abs(u / size).max() / FASTEST)

    def late(s, z):
        return z[2] - end

    late.terminal = True
    events = [late]
    if jump is not None:

        def fires(s, z):
            return float(jump.gap(z[:2], p))

        fires.terminal, fires.direction = True, 1
        events.append(fires)
    return solve_ivp(moves, (0, LONGEST), y, "LSODA", events=events, rtol=1e-9,
                     atol=1e-10 * np.append(size, 1.0))  # fmt: skip
