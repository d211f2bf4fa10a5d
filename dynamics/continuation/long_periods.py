"""How a branch of cycles ends whose period grows without end: homoclinic orbit or SNIC."""

from dataclasses import dataclass

import numpy as np

from .cycles import CycleBranch, CyclePoint
from .equilibrium_curves import EquilibriumBranch, SpecialPoint
from .field import Field

EXPONENTIAL = (0.7, 1.4)  # the growth of a period towards a homoclinic orbit, measured
CONVERGED = 1e-6  # of the parameter: what changes the place no more leaves no growth to measure
NEAR = 0.05  # scaled distance at which an orbit counts as touching an equilibrium


@dataclass
class LongEnd:
    """Where the period becomes infinite.

    Attributes
    ----------
    type : str
        "SNIC", "homoclinic", "boundary equilibrium" (a stable equilibrium reaches the threshold
        at which the cell is reset) or "long period", the last where none could be shown: the place
        still changes, and the period does not grow as theirs do.
    p : float
    x : array
        The equilibrium that the cycle meets.
    numbers : dict
        ``distance`` of the last orbit to it (scaled), ``growth``: the measured slope of log T over
        log |p - p_c| (SNIC: -1/2) or of T over -log |p - p_c| times the saddle's growth rate
        (homoclinic: 1), and what the place changed by in the last step.
    """

    type: str
    p: float
    x: np.ndarray
    numbers: dict


def long_end(field: Field, branch: CycleBranch, curves: list[EquilibriumBranch]) -> LongEnd:
    """Tell where and how a branch ends whose period grows without end."""
    scale = field.limits()
    last = branch.points[-1]
    if (saddle := _lingering(field, last, scale)) is not None:
        return _homoclinic(field, branch, saddle, scale)
    folds = [q for curve in curves for q in curve.points if q.type == "saddle-node"]
    if folds and (found := _snic(branch, folds, scale)):
        return found
    x = last.states[_slowest(field, last)]
    return LongEnd("long period", last.p, x, {"period_ms": last.period})


def _slowest(field: Field, point: CyclePoint) -> int:
    x = point.states.T
    speed = field.slopes(x, np.full((1, x.shape[1]), point.p)) / field.limits()[:, None]
    return int(np.argmin(np.abs(speed).max(axis=0)))


def distance(point: CyclePoint, x: np.ndarray, scale: np.ndarray) -> float:
    """Return an orbit's scaled distance to a state."""
    return float(np.linalg.norm((point.states - x) / scale, axis=1).min())


def _lingering(field: Field, point: CyclePoint, scale) -> np.ndarray | None:
    """Return the equilibrium beside which an orbit lingers, if there is one.

    A smooth orbit can linger beside a saddle only; one that is reset may end at a node too.
    """
    x, p = point.states[_slowest(field, point)], np.array([point.p])
    for _ in range(30):
        try:
            step = np.linalg.solve(field.jacobian(x, p), field.slopes(x, p))
        except np.linalg.LinAlgError:
            return None
        x = x - step
        if not np.isfinite(x).all():
            return None
        if np.abs(step / scale).max() < 1e-11:
            break
    else:
        return None
    values = np.linalg.eigvals(field.jacobian(x, p))
    above = (values.real > 0).sum()
    allowed = 0 < above < field.n or (
        _is_reset(point) and (above or _at_threshold(point, x, scale))
    )
    if allowed and distance(point, x, scale) < NEAR:
        return x
    return None


def _is_reset(point: CyclePoint) -> bool:
    from ..resets.segments import ResetPoint

    return isinstance(point, ResetPoint)


def _at_threshold(point: CyclePoint, x: np.ndarray, scale) -> bool:
    """Return whether an equilibrium lies where the orbit's last piece ends, at the threshold."""
    return bool(np.abs((point.states[-1] - x) / scale).max() < 1e-3)


def _rate(values: np.ndarray, is_reset: bool) -> float:
    """Return the rate over which an orbit's period grows as -log|p - p_c|.

    A smooth orbit: that at which it leaves or reaches the saddle, whichever is slower. One that is
    reset starts, or ends, anywhere beside the equilibrium: that at which it leaves, or reaches a
    node.
    """
    leaving = values.real[values.real > 0]
    if is_reset:
        return leaving.min() if leaving.size else np.abs(values.real).min()
    if leaving.size > 1:  # seen backwards in time the other side is the slow one
        return np.abs(values.real).min()
    return min(leaving.min(), np.abs(values.real).min())


def _homoclinic(field: Field, branch: CycleBranch, saddle, scale) -> LongEnd:
    """Return the end of cycles that linger longer and longer beside an equilibrium."""
    orbits = branch.points[-6:]
    values = np.linalg.eigvals(field.jacobian(saddle, np.array([orbits[-1].p])))
    rate = _rate(values, _is_reset(orbits[-1]))
    a, b = orbits[-2], orbits[-1]
    share = np.exp(-rate * (b.period - a.period))
    p = (b.p - share * a.p) / (1 - share) if share < 1 else b.p
    change = abs(p - b.p)
    numbers = {
        "distance": distance(b, saddle, scale),
        "growth": _exponential_growth(orbits, p, rate, branch.follower.span),
        "change": change,
        "eigenvalue_per_ms": float(values.real.max()),
        "period_ms": b.period,
    }
    settled = change < CONVERGED * max(abs(p), 1e-3 * branch.follower.span)
    if not settled and not EXPONENTIAL[0] < numbers["growth"] < EXPONENTIAL[1]:
        # Bursts that gain a spike linger beside a saddle too, and end nowhere near.
        return LongEnd("long period", b.p, saddle, numbers)
    kind = "homoclinic" if values.real.max() > 0 else "boundary equilibrium"
    return LongEnd(kind, float(p), saddle, numbers)


def _exponential_growth(orbits: list[CyclePoint], p: float, rate: float, span: float) -> float:
    """Return d(-log|p - p_c|)/dT over the saddle's rate: 1 near a homoclinic orbit.

    Of the orbits before those from which p_c is.
    """
    periods = np.array([o.period for o in orbits[:-1]])
    gaps = np.abs(np.array([o.p for o in orbits[:-1]]) - p)
    size = max(abs(p), 1e-3 * span)
    good = (gaps > 1e-9 * size) & (gaps < 1e-3 * size)
    if good.sum() < 2:
        return np.nan
    t, g = periods[good][-2:], -np.log(gaps[good][-2:])
    return float((g[1] - g[0]) / (t[1] - t[0]) / rate)


def _snic(branch: CycleBranch, folds: list[SpecialPoint], scale) -> LongEnd | None:
    """Return the saddle-node on the cycle: sqrt growth, and a distance that goes to zero."""
    orbits = branch.points[-6:]
    periods = np.array([o.period for o in orbits])
    for fold in sorted(folds, key=lambda q: abs(q.p - orbits[-1].p)):
        gaps = np.abs(np.array([o.p for o in orbits]) - fold.p)
        if gaps.min() == 0:
            continue
        growth = np.polyfit(np.log(gaps[-3:]), np.log(periods[-3:]), 1)[0]
        near = distance(orbits[-1], fold.x, scale)
        closing = near < max(distance(orbits[0], fold.x, scale), NEAR / 5)
        if -0.7 < growth < -0.4 and near < 4 * NEAR and closing:
            # 1/T**2 is linear in p: where it is zero, by the cycles alone.
            slope, offset = np.polyfit([o.p for o in orbits[-2:]], periods[-2:] ** -2.0, 1)
            numbers = {
                "distance": near,
                "growth": float(growth),
                "by_cycles": float(-offset / slope),
                "period_ms": orbits[-1].period,
            }
            return LongEnd("SNIC", fold.p, fold.x, numbers)
    return None


__all__ = ["LongEnd", "distance", "long_end"]
