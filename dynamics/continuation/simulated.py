"""Periodic orbits to which a cell converges by itself: integrated, then handed to collocation."""

import numpy as np

from .arclength import NoConvergence
from .collocation import DEGREE, Orbit
from .cycles import INTERVALS, CyclePoint, Follower
from .field import Field

RUN = 400.0  # ms of one stretch of integration
STRETCHES = 12
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
    from scipy.integrate import solve_ivp

    scale, x = field.limits(), np.asarray(start, float)
    own = np.array([p])

    def escapes(t, y):
        return np.abs(y / scale).max() - FAR

    escapes.terminal = True
    for _ in range(STRETCHES):
        run = solve_ivp(
            lambda t, y: field.point_slopes(y, own),
            (0.0, RUN),
            x,
            "LSODA",
            jac=lambda t, y: field.jacobian(y, own),
            rtol=1e-7,
            atol=1e-8 * scale,
            events=escapes,
            dense_output=True,
        )
        if run.status != 0 or not np.isfinite(run.y[:, -1]).all():
            return None
        x = run.y[:, -1]
        if np.abs(field.slopes(x, own) / scale).max() < 1e-7:
            return None
        found = _last_round(run, field, scale)
        if found is not None:
            try:
                return Follower(field, span).solved(_orbit(run, *found, p))
            except (NoConvergence, np.linalg.LinAlgError):
                continue
    return None


def _last_round(run, field: Field, scale) -> tuple[float, float] | None:
    """Return the times between which the last round lies, if it closes."""
    from scipy.optimize import brentq

    t = np.linspace(run.t[0], run.t[-1], 16001)
    v = run.sol(t)[field.membrane]
    half = v[len(v) // 4 :]
    if np.ptp(half) < 1e-3 * scale[field.membrane]:
        return None
    level = (half.max() + half.min()) / 2
    up = np.flatnonzero((v[:-1] < level) & (v[1:] >= level))
    gap = lambda s: run.sol(s)[field.membrane] - level  # noqa: E731
    times = [brentq(gap, t[k], t[k + 1], xtol=1e-12) for k in up[-9:]]
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
