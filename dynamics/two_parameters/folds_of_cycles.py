"""Curves of folds of cycles over two parameters.

Cycles over two parameters are a surface. It is walked on in two coordinates: `a`, along the null
vector of a fold (the orbit changes, the parameters do not), and `h`, along the curve in the plane
of the parameters. Orbits are solved on the line of parameters that crosses the curve at h; where
the parameter along that line stands still as the orbit changes, there is a fold. In (a, h) the
curve is smooth even where it has a cusp in the plane of the parameters.
"""

from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field

import numpy as np

from ..continuation.arclength import NoConvergence
from ..continuation.collocation import Linear, Orbit
from ..continuation.cycles import LONG, CyclePoint, Follower, deviation
from ..continuation.field import Field

FIRST, SHORTEST, LONGEST = 0.02, 1e-4, 0.08  # steps, in (a, h)
PROBE = 1e-4  # for the derivatives of the fold's condition
MOST = 250  # steps
MEETING = 1e-3  # of the ranges: so near a curve runs beside another one, which is the same
FLAT = 1e-7  # derivative of the fold's condition: of less only rounding is left
SMALL = 0.003  # scaled amplitude of an orbit that has shrunk to a generalised Hopf point
CLOSE = 1e-8  # in (a, h), across the curve: both parameters stand still there, so they are met
# to the square of that


class Line:
    """A field of two free parameters on a line in their plane, which is given in their ranges."""

    def __init__(self, field: Field, base: np.ndarray, along: np.ndarray):
        self.field, self.base, self.along, self.n = field, base, along, field.n

    def limits(self) -> np.ndarray:
        """Return how large each variable is."""
        return self.field.limits()

    def parameters(self, s) -> np.ndarray:
        """Return both parameters at places of the line."""
        return self.base[:, None] + self.along[:, None] * np.atleast_1d(np.ravel(s))

    def slopes(self, x, s) -> np.ndarray:
        """Return dx/dt per ms."""
        return self.field.slopes(x, self.parameters(s))

    def derivatives(self, x, s) -> np.ndarray:
        """Return derivatives by state and place."""
        d = self.field.derivatives(x, self.parameters(s))
        return np.concatenate([d[..., : self.n], (d[..., self.n :] @ self.along)[..., None]], -1)


class _Bare(Follower):
    """Follows without multipliers, which no fold needs."""

    def made(self, orbit: Orbit, tangent: tuple, linear: Linear) -> CyclePoint:
        return CyclePoint(orbit, tangent, np.ones(1))


@dataclass
class FoldCurve:
    """Folds: both parameters, the state of highest membrane and the period; `cusps` likewise."""

    rows: list[tuple[np.ndarray, np.ndarray, float]]
    cusps: list[tuple[np.ndarray, np.ndarray, float]]
    notes: list[str] = dataclass_field(default_factory=list)

    def distance(self, parameters: np.ndarray, period: float, ranges) -> float:
        """Return how far a fold is from the curve, in the parameters' ranges and log(period)."""
        path = np.array([[*p, np.log(t)] for p, _, t in self.rows])
        size = np.array([high - low for low, high in ranges] + [1.0])
        return distance(path / size, np.append(parameters, np.log(period)) / size)


def distance(path: np.ndarray, u: np.ndarray) -> float:
    """Return the distance of a point from a path of straight pieces."""
    a, step = path[:-1], np.diff(path, axis=0)
    along = np.clip(((u - a) * step).sum(1) / np.maximum((step**2).sum(1), 1e-300), 0, 1)
    return float(np.linalg.norm(a + along[:, None] * step - u, axis=1).min(initial=np.inf))


@dataclass
class _Fold:
    """A fold on the surface: where, on which mesh, and the directions of `a` and of the curve."""

    orbit: Orbit
    null: tuple
    parameters: np.ndarray
    along_curve: np.ndarray  # unit vector in the plane, in the parameters' ranges
    moved: np.ndarray | None = None  # how the orbit changes with h


class _Surface:
    """Orbits around a fold, by (a, h)."""

    def __init__(self, field: Field, spans: np.ndarray, fold: _Fold):
        self.field, self.spans, self.fold = field, spans, fold
        across = np.array([-fold.along_curve[1], fold.along_curve[0]])
        self.across = across * spans
        self.along = fold.along_curve * spans

    def at(self, a: float, h: float) -> CyclePoint:
        """Return the orbit there; its tangent's last part vanishes at a fold."""
        fold = self.fold
        line = Line(self.field, fold.parameters + h * self.along, self.across)
        follower = _Bare(line, 1.0)
        x, period, _ = fold.null
        moved = 0 if fold.moved is None else h * fold.moved
        orbit = replace(fold.orbit, p=0.0)
        guess = replace(orbit, x=orbit.x + a * x + moved, period=orbit.period + a * period)
        along = follower.row(orbit, (x, period, 0.0))
        # How far the guess has gone along the null vector is what is kept, at any h.
        target = along.dot(orbit.x + a * x, orbit.period + a * period, 0.0)
        missing = target - along.dot(guess.x, guess.period, 0.0)
        guess = replace(guess, x=guess.x + missing * x, period=guess.period + missing * period)
        return follower.corrected(guess, along)[0]

    def test(self, point: CyclePoint) -> float:
        return point.tangent[2]

    def parameters(self, point: CyclePoint, h: float) -> np.ndarray:
        return self.fold.parameters + h * self.along + point.p * self.across


def fold_curve(
    field: Field, ranges, start: CyclePoint, parameters, moving: int, known: list[FoldCurve]
) -> FoldCurve:
    """Follow a curve of folds of cycles both ways.

    Parameters
    ----------
    field : Field
        With two free parameters.
    ranges : sequence of (low, high)
    start : CyclePoint
        A fold over one of them.
    parameters : array, shape (2,)
        Where it is.
    moving : int
        Which of the two varied when it was found.
    known : list of FoldCurve
        Where the curve runs into one of them it ends.
    """
    spans = np.array([high - low for low, high in ranges])
    curve = FoldCurve([], [])
    halves = []
    x, period, _ = start.tangent
    for side in (1.0, -1.0):
        null = (side * x, side * period, 0.0)
        fold = _Fold(start.orbit, null, np.array(parameters, float), side * np.eye(2)[1 - moving])
        halves.append(_half(field, spans, ranges, fold, curve, known))
    curve.rows = [*halves[1][::-1], *halves[0][1:]]
    return curve


def _row(field: Field, point: CyclePoint, parameters) -> tuple[np.ndarray, np.ndarray, float]:
    top = np.argmax(point.orbit.x[:, field.membrane])
    return parameters, point.orbit.x[top], point.period


def _half(field: Field, spans, ranges, fold: _Fold, curve: FoldCurve, known: list[FoldCurve]):
    rows, step, direction, last, met = [], FIRST, np.array([0.0, 1.0]), None, 0
    shortest = fold.orbit.period
    for _ in range(MOST):
        amplitude = np.linalg.norm(deviation(fold.orbit, field.limits())) / 8
        if amplitude < SMALL or fold.orbit.period > 4 * LONG * shortest:
            return rows
        step = min(step, amplitude / 2)
        try:
            surface, gradient = _oriented(field, spans, fold, rows)
            if np.linalg.norm(gradient) < FLAT:
                curve.notes.append(
                    f"a curve of folds of cycles was left at {fold.parameters}: from there on "
                    "cycles of one period and another are there at one place (canards)"
                )
                return rows
            along = _along(gradient, direction)
            point, _, new = _next(surface, along, gradient, step)
        except (NoConvergence, np.linalg.LinAlgError):
            step /= 2
            if step < SHORTEST:
                curve.notes.append(f"a curve of folds of cycles stopped at {fold.parameters}")
                return rows
            continue
        if along[1] * direction[1] < 0 and last is not None:
            curve.cusps += _cusp(field, spans, *last)
        if _beyond(new.parameters, ranges) > 0:
            return rows + _at_edge(surface, along, gradient, step, ranges)
        rows.append(_row(field, point, new.parameters))
        on = any(c.distance(new.parameters, point.period, ranges) < MEETING for c in known)
        met = met + 1 if on else 0
        if met == 3:  # one may be chance
            return rows
        last = (surface, along, gradient, step)
        fold, direction = new, along
        shortest, step = min(shortest, point.period), min(step * 1.4, LONGEST)
    curve.notes.append(f"a curve of folds of cycles stopped after {MOST} steps")
    return rows


def _along(gradient: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Return the curve's direction in (a, h), on the side of another."""
    along = np.array([-gradient[1], gradient[0]]) / np.linalg.norm(gradient)
    return along if along @ direction >= 0 else -along


def _cusp(field: Field, spans, surface: _Surface, along, gradient, step: float) -> list:
    """Return where in a step the curve stands still in the plane of the parameters."""
    from scipy.optimize import brentq

    kept = {}

    def forward(length: float) -> float:
        if not length:
            return along[1]
        kept[length] = found = _next(surface, along, gradient, length)
        return _along(_oriented(field, spans, found[2], [0])[1], along)[1]

    try:
        point, _, new = kept[brentq(forward, 0.0, step, xtol=1e-7)]
    except (NoConvergence, ValueError, KeyError, np.linalg.LinAlgError):
        return []
    return [_row(field, point, new.parameters)]


def _beyond(parameters, ranges) -> float:
    """Return by which share of a range a point lies outside; below zero inside."""
    low, high = np.transpose(ranges)
    return float(np.max(np.maximum(parameters - high, low - parameters) / (high - low)))


def _at_edge(surface: _Surface, along, gradient, step: float, ranges) -> list:
    """Return the fold at which the curve leaves the ranges, in a step or less (secants)."""
    from scipy.optimize import brentq

    kept = {}

    def beyond(length: float) -> float:
        if not length:
            return _beyond(surface.fold.parameters, ranges)
        kept[length] = _next(surface, along, gradient, length)
        return _beyond(kept[length][2].parameters, ranges)

    try:
        at = brentq(beyond, 0.0, step, xtol=1e-9)
    except (NoConvergence, ValueError, np.linalg.LinAlgError):
        return []
    if at not in kept:
        return []
    point, _, new = kept[at]
    return [_row(surface.field, point, new.parameters)]


def _oriented(field: Field, spans, fold: _Fold, rows):
    """Return the surface around a fold, and the derivatives of the fold's condition by (a, h).

    The curve's direction in the plane is that in which orbits move without the parameter across.
    """
    surface = _Surface(field, spans, fold)
    centre, beside = surface.at(0.0, 0.0), surface.at(0.0, PROBE)
    by_a = surface.test(surface.at(PROBE, 0.0)) - surface.test(surface.at(-PROBE, 0.0))
    by_h = surface.test(beside) - surface.test(centre)
    slant = (beside.p - centre.p) / PROBE  # the fold's line in the plane: across by along
    turned = fold.along_curve + slant * np.array([-fold.along_curve[1], fold.along_curve[0]])
    longer = np.linalg.norm(turned)  # than PROBE is the way to `beside` on that line
    moved = (beside.orbit.x - centre.orbit.x) / (PROBE * longer)
    fold = replace(fold, along_curve=turned / longer, moved=moved)
    if not rows:
        rows.append(_row(field, centre, surface.parameters(centre, 0.0)))
    return _Surface(field, spans, fold), np.array([by_a / 2, by_h / longer]) / PROBE


def _next(surface: _Surface, along, gradient, step):
    """Return the next fold of the curve, its place, and it as a place to go on from."""
    normal = gradient / np.linalg.norm(gradient)
    size, off = np.linalg.norm(gradient), 0.0
    last = None
    for _ in range(8):
        place = step * along + off * normal
        point = surface.at(*place)
        value = surface.test(point)
        if abs(value / size) < CLOSE:
            break
        if last is not None and off != last[0] and value != last[1]:
            size = (value - last[1]) / (off - last[0])
        last = (off, value)
        off -= value / size
        if abs(off) > step:
            raise NoConvergence("the curve bends too much")
    else:
        raise NoConvergence("the fold was not met")
    x, period, _ = point.tangent
    null = surface.fold.null
    forward = 1 if (x * null[0]).sum() >= 0 else -1
    orbit = point.orbit.on(_Bare(surface.field, 1.0).adapted(point.orbit))
    tangent = replace(point.orbit, x=forward * x).on(orbit.mesh).x
    parameters = surface.parameters(point, place[1])
    new = _Fold(orbit, (tangent, forward * period, 0.0), parameters, surface.fold.along_curve)
    return point, place, new
