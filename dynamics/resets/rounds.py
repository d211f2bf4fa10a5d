"""The rhythm into which a cell that is reset falls: integrated, then handed to `segments`."""

import itertools

import numpy as np

from ..continuation.arclength import NoConvergence
from ..continuation.collocation import DEGREE, Orbit
from ..continuation.cycles import INTERVALS
from ..continuation.field import Field
from .reset_map import ResetMap
from .segments import ResetFollower, Segments

SPIKES = 150  # after which a rhythm that does not repeat itself is given up
MOST_PER_ROUND = 8
RUN = 3000.0  # longest interval, in slowed ms, that is always waited for
EVALUATIONS = 50_000  # of the slopes, after which a flow is given up; hundreds are usual
PATIENCE = 5_000  # evaluations, before which a cell that still moves is waited for longer
STILL = 4e-5  # scaled way that a cell at rest goes in an interval
PERIODIC = 1e-3  # scaled difference of two rounds; Newton's method does the rest


def first_round(field: Field, jump: ResetMap, p: float, span: float, x=None):
    """Return the rhythm that a cell falls into after one spike.

    Parameters
    ----------
    field : Field
        With one free parameter.
    jump : ResetMap
    p, span : float
        Parameter, and width of its range.
    x : array, optional
        State at that spike; default the model's initial one.

    Returns
    -------
    (ResetFollower, CyclePoint) or None
        None where it comes to rest.

    Raises
    ------
    NoConvergence
        Where it fires on, but not in a rhythm of up to 8 spikes.
    """
    x = jump.landed(field.start() if x is None else x, p)
    jump.check_landing(x, p)
    scale, runs, landings = field.limits(), [], [x]
    for _ in range(SPIKES):
        if (run := to_threshold(field, jump, p, landings[-1])) is None:
            return None
        runs.append(run)
        landings.append(jump.landed(run.y[:-1, -1], p))
        jump.check_landing(landings[-1], p)
        for count in range(1, min(MOST_PER_ROUND, len(runs)) + 1):
            if np.abs((landings[-1] - landings[-1 - count]) / scale).max() < PERIODIC:
                follower = ResetFollower(field, jump, count, span)
                return follower, follower.solved(_orbit(follower.field, runs[-count:], p))
    raise NoConvergence(f"fires, but {SPIKES} spikes do not repeat themselves")


def to_threshold(field: Field, jump: ResetMap, p: float, x: np.ndarray):
    """Return the flow from a state to the threshold, in slowed time; None where it stays below.

    Its last variable is the time in ms.

    Raises
    ------
    NoConvergence
        Where it comes to a stand at a jump of the equations, and steps shrink without end.
    """
    from scipy.integrate import solve_ivp

    segments, own = Segments(field, 1), np.array([p])
    quiet = jump.refractory(x, p) - jump.pause(x, p)
    evaluations = itertools.count()

    def crossing(s, y):
        return float(jump.gap(y[:-1], p))

    def slopes(s, y):
        if next(evaluations) > EVALUATIONS:
            raise NoConvergence("the cell comes to a stand where its equations jump")
        f = np.append(field.point_slopes(y[:-1], own), 1)
        return f / np.hypot(1, f[field.membrane] / segments.fastest)

    crossing.terminal, crossing.direction = True, 1
    absolute = 1e-11 * np.append(field.limits(), 1)
    length, scale = RUN + quiet, field.limits()
    while True:
        run = solve_ivp(slopes, (0, length), np.append(x, 0), "LSODA", events=crossing, rtol=1e-10,
                        atol=absolute, dense_output=True)  # fmt: skip
        if not run.success or run.t_events[0].size:
            return run if run.success else None
        left = np.abs(slopes(length, run.y[:, -1])[:-1] / scale).max() * length
        if not np.isfinite(left) or left < STILL or run.nfev > PATIENCE:
            return None
        length *= 2  # so slow a cell


def _orbit(segments: Segments, runs, p: float) -> Orbit:
    lengths = np.array([run.t[-1] for run in runs])
    mesh = np.linspace(0, 1, 2 * INTERVALS + 1)
    phases = np.linspace(0, 1, 2 * INTERVALS * DEGREE + 1)
    x = np.vstack([run.sol(phases * run.t[-1])[:-1] for run in runs])
    shares = np.tile(lengths[:-1, None] / lengths.mean(), len(phases))
    return Orbit(mesh, np.vstack([x, shares]).T, float(lengths.mean()), p)
