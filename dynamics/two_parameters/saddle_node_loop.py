"""The saddle-node-loop point: where the onset of firing turns from a SNIC to a jump.

On the curve of saddle-nodes the trajectory that leaves the saddle-node comes back to it. Where it
comes back on the node's side, the saddle-node lies on a cycle (SNIC). Where it comes back beyond
the strong stable manifold it misses the node, and the cycle ends in a homoclinic orbit at a lower
input. Between the two it comes back along the strong stable manifold itself (Schecter 1987, SIAM
J. Math. Anal. 18:1142-1156).
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from ...errors import InputError
from ...models.by_name import takes_names
from ..continuation.diagram import bifurcations, checked
from ..continuation.field import Field
from ..continuation.simulated import RUN
from .curves import Curve, _curve

START = 0.01  # scaled distance from the saddle-node at which the trajectory starts
ARRIVED = 1e-5  # scaled distance from its centre manifold at which it has come back; more where
# it comes back far from the saddle-node, where the manifold to second order is no longer exact
STRETCHES = 15  # of integration; what is not back by then has missed the saddle-node by far
FAR = 0.1
SECANT = 1e-4  # of the range


@takes_names
def saddle_node_loop(
    model, parameters: tuple[str, str], first, second, *, report: Callable | None = None
) -> pd.DataFrame:
    """Return the saddle-node-loop point over two parameters.

    Parameters
    ----------
    model : NeuronModel
    parameters : (str, str)
    first : Quantity, shape (2,)
        Between which values of the first parameter it lies.
    second : Quantity, shape (2,)
        Range of the second, in which the saddle-node of the resting state is.

    Returns
    -------
    DataFrame
        One row: both parameters, the state, and ``change`` of the first parameter when the
        trajectory starts twice as near.

    Raises
    ------
    ValueError
        If the onset is of one kind at both ends of the range, which the message names, or there
        is no such saddle-node.
    """
    from scipy.optimize import brentq

    say = report or (lambda text: None)
    names, ranges = zip(
        *((c[0], c[1:3]) for c in (checked(model, n, v, None) for n, v in
                                   zip(parameters, (first, second), strict=True))), strict=True
    )  # fmt: skip
    field = Field(model, names)
    columns = field.columns(["change"])
    low, high = ranges[0]
    start = _resting_saddle_node(model, field, names, low, second)
    curve = _curve(field, "saddle-node", start, ranges)
    known = {low: start}

    def side(value: float, share: float = 1.0) -> float:
        nearest = known[min(known, key=lambda k: abs(k - value))]
        u = _moved(curve, nearest, value)
        known[value] = u
        found = returned(field, u, START * share)
        say(f"{parameters[0]} = {value:.8g}: comes back at {found:+.3g}")
        return found

    ends = side(low), side(high)
    if ends[0] * ends[1] > 0:
        kind = "SNIC" if ends[0] < 0 else "jump (homoclinic orbit)"
        raise InputError(f"{parameters[0]}: the onset is a {kind} at both ends of {first}")
    at = brentq(side, low, high, xtol=1e-7 * (high - low))
    # From half the distance it is so near that one secant finds it.
    beside = at + SECANT * (high - low)
    here, there = side(at, 0.5), side(beside, 0.5)
    half = at - here * (beside - at) / (there - here)
    u = _moved(curve, known[at], half)
    row = dict(zip(columns, np.roll(u, 2), strict=True))
    return pd.DataFrame([row | {"change": abs(at - half)}])


def _resting_saddle_node(model, field: Field, names, value: float, second) -> np.ndarray:
    """Return the saddle-node at which a stable equilibrium ends, as (state, both parameters)."""
    own = model.with_(**{names[0]: value * field.free_units[0]})
    found = bifurcations(own, names[1], second, cycles=False)
    folds = [q for c in found.curves for q in c.points if q.type == "saddle-node"]
    for q in sorted(folds, key=lambda q: -q.p):
        values = np.linalg.eigvals(field.jacobian(q.x, np.array([value, q.p])))
        if np.sort(values.real)[-2] < 0 and np.abs(values).min() < 1e-6:
            return np.concatenate([q.x, [value, q.p]])
    raise InputError(f"{model.name}: no saddle-node of a resting state at {names[0]} = {value:g}")


def _moved(curve: Curve, u: np.ndarray, value: float) -> np.ndarray:
    """Return the saddle-node at another value of the first parameter."""
    row = np.eye(len(u))[-2]
    s = u / curve.scale
    for k in range(1, 6):
        guess = s.copy()
        guess[-2] += (value / curve.scale[-2] - s[-2]) * (1 / (6 - k))
        s, _ = curve.corrected(guess, row)
    return s * curve.scale


def returned(field: Field, u: np.ndarray, distance: float) -> float:
    """Return on which side of a saddle-node the trajectory that leaves it comes back.

    In scaled distance along the centre direction: below zero on the node's side. The trajectory
    starts on the centre manifold, taken to second order.
    """
    n, scale = field.n, field.limits()
    x, p = u[:n], u[n:]
    jacobian = field.jacobian(x, p)
    q, left = (np.linalg.svd(m)[2][-1] for m in (jacobian, jacobian.T))
    q = q / np.linalg.norm(q / scale)
    left = left / (left @ q)
    second = field.form(x, p, q, q).real
    a = left @ second / 2
    q, left, a = q * np.sign(a), left * np.sign(a), abs(a)  # it leaves along q
    bordered = np.block([[jacobian, q[:, None]], [left[None], np.zeros((1, 1))]])
    bend = np.linalg.solve(bordered, np.append(a * q - second / 2, 0))[:n]
    return _round(field, x, p, q, left, bend, distance, scale)


def _round(field, x, p, q, left, bend, distance, scale):
    """Integrate from the centre manifold back to it; return where on it that is."""
    from scipy.integrate import solve_ivp

    def off(t, y):
        d = y - x
        w = left @ d
        return np.linalg.norm((d - w * q - w**2 * bend) / scale) - ARRIVED - 0.05 * w**2

    off.terminal, off.direction = True, -1
    y = x + distance * q + distance**2 * bend
    options = {"rtol": 1e-10, "atol": 1e-12 * scale, "method": "LSODA"}
    away = False
    for _ in range(STRETCHES):
        run = solve_ivp(lambda t, z: field.point_slopes(z, p), (0, RUN), y,
                        jac=lambda t, z: field.jacobian(z, p),
                        events=off if away else None, **options)  # fmt: skip
        y = run.y[:, -1]
        if away and run.t_events[0].size:
            return float(left @ (y - x))
        if not away and np.linalg.norm((run.y - x[:, None]) / scale[:, None], axis=0).max() > 0.3:
            far = np.linalg.norm((run.y - x[:, None]) / scale[:, None], axis=0)
            y, away = run.y[:, np.argmax(far > 0.3)], True
    return FAR
