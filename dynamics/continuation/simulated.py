"""Periodic orbits to which a cell converges by itself: integrated, then handed to collocation."""

import numpy as np

from .arclength import NoConvergence
from .collocation import DEGREE, Orbit
from .cycles import INTERVALS, CyclePoint, Follower
from .field import Field

RUN = 400.0  # ms of the first stretch of integration; of faster cells less
FASTEST = 1000.0  # of the fastest time constants that a first stretch lasts at most
STRETCHES = 12  # with many rounds; those with few are followed by one twice as long
DOUBLED = 20  # times, then it is given up
ROUNDS = 9  # upward crossings that are looked at
STILL = 4e-5  # scaled way that a cell at rest goes in a stretch
FAR = 1e3  # scaled size of a state that has run away
PERIODIC = 1e-3  # scaled difference of two successive rounds


def simulated_cycle(field: Field, p: float, start: np.ndarray, span: float) -> CyclePoint | None:
    """Return the stable cycle that a start leads to; None where it comes to rest or none is found.

    Parameters
    ----------
    field : Field
        With one free parameter.
    p : float
    start : array, shape (variables,)
    span : float
        Width of the parameter's range.
    """

    scale, x = field.limits(), np.asarray(start, float)
    length, tries, doubled = _first_length(field, p, x), 0, 0
    while tries < STRETCHES and doubled < DOUBLED:
        run = _stretch(field, p, x, length)
        if run.status != 0 or not np.isfinite(run.y[:, -1]).all():
            return None
        x = run.y[:, -1]
        if np.abs(field.slopes(x, np.array([p])) / scale).max() * length < STILL:
            return None
        times = _rises(run, field, scale)
        found = _last_round(run, times, scale)
        if found is not None:
            try:
                return Follower(field, span).solved(_orbit(run, *found, p))
            except (NoConvergence, np.linalg.LinAlgError):
                pass
        tries += 1
        if len(times) < ROUNDS:  # a cell so slow is run for longer
            length, tries, doubled = 2 * length, tries - 1, doubled + 1
    return None


def _first_length(field: Field, p: float, x) -> float:
    """Return how long a first stretch is, in ms: not longer than very many fast time constants."""
    values = np.linalg.eigvals(field.jacobian(x, np.array([p])))
    return min(RUN, FASTEST / max(np.abs(values).max(), 1e-300))


def _stretch(field: Field, p: float, x: np.ndarray, length: float):
    """Integrate for a while, or until the state runs away."""
    from scipy.integrate import solve_ivp

    scale, own = field.limits(), np.array([p])

    def escapes(t, y):
        return np.abs(y / scale).max() - FAR

    escapes.terminal = True
    return solve_ivp(
        lambda t, y: field.point_slopes(y, own),
        (0.0, length),
        x,
        "LSODA",
        jac=lambda t, y: field.jacobian(y, own),
        rtol=1e-7,
        atol=1e-8 * scale,
        events=escapes,
        dense_output=True,
    )


def _rises(run, field: Field, scale) -> list[float]:
    """Return when the membrane last crossed the middle of its range upwards."""
    from scipy.optimize import brentq

    t = np.union1d(np.linspace(run.t[0], run.t[-1], 16001), run.t)
    v = run.sol(t)[field.membrane]
    half = v[t > t[-1] / 4]
    if np.ptp(half) < 1e-3 * scale[field.membrane]:
        return []
    level = (half.max() + half.min()) / 2
    up = np.flatnonzero((v[:-1] < level) & (v[1:] >= level))
    gap = lambda s: run.sol(s)[field.membrane] - level  # noqa: E731
    return [brentq(gap, t[k], t[k + 1], xtol=1e-12 * t[-1]) for k in up[-ROUNDS:]]


def _last_round(run, times: list[float], scale) -> tuple[float, float] | None:
    """Return the times between which the last round lies, if it closes."""
    for count in range(1, len(times)):  # a round may have several spikes
        a, b = times[-1 - count], times[-1]
        if np.abs((run.sol(a) - run.sol(b)) / scale).max() < PERIODIC:
            return a, b
    return None


def _orbit(run, start: float, end: float, p: float) -> Orbit:
    """Return a piece of a solution as an orbit, its mesh spread by how fast the state moves."""
    fine = np.linspace(start, end, 4001)
    y = run.sol(fine)
    size = np.maximum(np.ptp(y, axis=1, keepdims=True), 1e-12)
    speed = np.abs(np.diff(y / size)).max(axis=0) ** 0.5
    density = speed / speed.sum() + 0.3 / len(speed)
    edges = np.append(0, np.cumsum(density))
    mesh = np.interp(np.linspace(0, edges[-1], 2 * INTERVALS + 1), edges, np.linspace(0, 1, 4001))
    mesh[0], mesh[-1] = 0.0, 1.0
    orbit = Orbit(mesh, np.zeros((2 * INTERVALS * DEGREE + 1, len(y))), end - start, p)
    x = run.sol(start + orbit.phases * (end - start)).T
    return Orbit(mesh, x, end - start, p)
