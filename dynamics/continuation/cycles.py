"""Branches of periodic orbits over one parameter, with folds, period doublings and torus points."""

from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field

import numpy as np

from .arclength import NoConvergence
from .collocation import (
    CLOSED,
    DEGREE,
    Linear,
    Orbit,
    Row,
    adapted,
    basis,
    corrected,
    inner_weights,
    multipliers,
)
from .equilibrium_curves import SpecialPoint
from .field import Field
from .normal_forms import hopf_vectors

INTERVALS = 50
FIRST, SHORTEST, LONGEST = 0.02, 1e-5, 0.15  # steps, in scaled arclength
LEAP = 0.6  # that of long periods, of which little else changes than their logarithm
MOST = 300  # steps of a branch
UNREFINED = 6  # special points, after which a branch is left: numbers no longer tell what is there
ADAPT = 4  # steps between new meshes
LONG = 8  # a period of so many shortest ones
SETTLED = 1e-9  # of the range: a parameter that no longer changes while the period grows
TRUSTED = 1e-2  # error of the multiplier 1, up to which the others are believed


@dataclass
class CyclePoint:
    """An orbit of a branch, with the branch's unit tangent (x, T, p) and multipliers."""

    orbit: Orbit
    tangent: tuple
    multipliers: np.ndarray

    @property
    def p(self) -> float:
        """Return the parameter."""
        return self.orbit.p

    @property
    def period(self) -> float:
        """Return the period in ms."""
        return self.orbit.period

    @property
    def states(self) -> np.ndarray:
        """Return the states that the orbit goes through, shape (points, variables)."""
        return self.orbit.x

    @property
    def extremes(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the least and the greatest value of each variable."""
        x = self.orbit.densely()
        return x.min(axis=0), x.max(axis=0)

    @property
    def stable(self) -> bool:
        """Whether all multipliers but the flow's own lie inside the unit circle."""
        return bool((np.abs(self.multipliers[1:]) < 1).all())

    @property
    def resolved(self) -> bool:
        """Whether the flow's own multiplier is near 1; beside a homoclinic orbit all are lost."""
        return bool(abs(self.multipliers[0] - 1) < 0.5)


@dataclass
class CycleSpecial:
    """A bifurcation of cycles; `change` is that of the parameter on a mesh twice as fine."""

    type: str
    point: CyclePoint
    p: float
    change: float
    residual: float
    numbers: dict = dataclass_field(default_factory=dict)

    @property
    def resolved(self) -> bool:
        """Whether its multipliers are believed; a fold shows without them."""
        return self.residual <= TRUSTED


@dataclass
class CycleBranch:
    """A branch of periodic orbits, in order; where it began and why it ended.

    `born` and `dies` are the Hopf points at its ends, where it has some.
    """

    points: list[CyclePoint]
    special: list[CycleSpecial]
    origin: str
    end: str
    follower: "Follower"
    notes: list[str] = dataclass_field(default_factory=list)
    born: SpecialPoint | None = None
    dies: SpecialPoint | None = None


class Follower:
    """Steps along a branch of periodic orbits."""

    boundary = CLOSED

    def __init__(self, field: Field, span: float):
        self.field, self.span = field, span
        self.scale = field.limits()

    def row(self, orbit: Orbit, tangent: tuple) -> Row:
        """Return the arclength condition of a tangent."""
        lagrange, _, _ = basis()
        x, period, p = tangent
        values = np.einsum("ck,ikn->icn", lagrange, replace(orbit, x=x).local())
        weights = inner_weights(orbit.mesh, values / self.scale**2)
        return Row(weights, period / orbit.period**2, p / self.span**2)

    def length(self, orbit: Orbit, tangent: tuple) -> float:
        """Return a tangent's length."""
        return float(np.sqrt(max(self.row(orbit, tangent).dot(*tangent), 1e-300)))

    def corrected(self, guess: Orbit, along: Row) -> tuple[CyclePoint, int]:
        """Return the orbit that meets a condition as a guess does, and the iterations it took."""
        orbit, linear, count = corrected(
            self.field, guess, along, self.scale, self.span, boundary=self.boundary
        )
        return self.point(orbit, linear, along), count

    def point(self, orbit: Orbit, linear: Linear, along: Row) -> CyclePoint:
        """Return an orbit with its tangent, on the side of `along`."""
        row, _ = self.boundary.beginning(orbit, self.scale)(orbit)
        ((x, period, p),) = linear.solve([row, along], [[0.0, 0.0, 1.0]])
        size = self.length(orbit, (x, period, p))
        return self.made(orbit, (x / size, period / size, p / size), linear)

    def made(self, orbit: Orbit, tangent: tuple, linear: Linear) -> CyclePoint:
        """Return an orbit with its multipliers."""
        return CyclePoint(orbit, tangent, multipliers(linear))

    def adapted(self, orbit: Orbit) -> np.ndarray:
        """Return a mesh that fits an orbit."""
        return adapted(orbit, self.scale)

    def at(self, here: CyclePoint, distance: float) -> tuple[CyclePoint, int]:
        """Return the point of the branch at a distance along the tangent of another."""
        x, period, p = here.tangent
        orbit = here.orbit
        guess = replace(
            orbit,
            x=orbit.x + distance * x,
            period=orbit.period + distance * period,
            p=orbit.p + distance * p,
        )
        if guess.period <= 0:
            raise NoConvergence("the period would be negative")
        return self.corrected(guess, self.row(orbit, here.tangent))

    def distance(self, here: CyclePoint, orbit: Orbit) -> float:
        """Return how far an orbit lies along the tangent of a point."""
        own, other = here.orbit, orbit.on(here.orbit.mesh)
        row = self.row(own, here.tangent)
        return row.dot(other.x - own.x, other.period - own.period, other.p - own.p)

    def with_mesh(self, point: CyclePoint, mesh: np.ndarray) -> CyclePoint:
        """Return a point on another mesh, corrected at the same place of the branch."""
        orbit = point.orbit.on(mesh)
        x, period, p = point.tangent
        tangent = (replace(point.orbit, x=x).on(mesh).x, period, p)
        return self.corrected(orbit, self.row(orbit, tangent))[0]

    def at_parameter(self, orbit: Orbit, p: float) -> CyclePoint:
        """Return the orbit at a given value of the parameter, from one nearby."""
        fixed = Row(np.zeros_like(orbit.x), 0.0, 1.0)
        return self.corrected(replace(orbit, p=p), fixed)[0]

    def solved(self, orbit: Orbit) -> CyclePoint:
        """Return an orbit corrected at its own parameter value, on a mesh that fits it."""
        point = self.at_parameter(orbit, orbit.p)
        for _ in range(2):
            point = self.at_parameter(point.orbit.on(self.adapted(point.orbit)), orbit.p)
        return point

    def from_hopf(self, x: np.ndarray, p: float, amplitude: float = 0.05) -> CyclePoint:
        """Return a small orbit near a Hopf point, the tangent pointing away from it."""
        omega, q, _ = hopf_vectors(self.field.jacobian(x, np.array([p])))
        q = q / np.linalg.norm(q / self.scale)
        mesh = np.linspace(0, 1, INTERVALS + 1)
        centre = Orbit(mesh, np.tile(x, (INTERVALS * DEGREE + 1, 1)), 2 * np.pi / omega, p)
        wave = np.exp(2j * np.pi * centre.phases)[:, None] * q
        shape = (np.sqrt(2) * wave.real, 0.0, 0.0)
        along = self.row(centre, shape)
        moving = replace(centre, x=centre.x + amplitude * shape[0])
        return self.corrected(moving, along)[0]

    def is_hopf(self, here: CyclePoint, there: CyclePoint) -> bool:
        """Return whether an orbit shrank to a point between two neighbours: it turned round."""
        before, after = (deviation(q.orbit, self.scale) for q in (here, there))
        return (before * after).sum() < 0


def deviation(orbit: Orbit, scale: np.ndarray) -> np.ndarray:
    """Return an orbit's scaled deviation from its mean, at even phases."""
    x = orbit.at(np.arange(64) / 64)
    return (x - x.mean(axis=0)) / scale


def follow(
    follower: Follower,
    first: CyclePoint,
    low: float,
    high: float,
    *,
    origin: str,
    longest_period: float,
    ends=lambda point: "",
) -> CycleBranch:
    """Follow a branch of periodic orbits until it leaves the range or ends.

    Parameters
    ----------
    first : CyclePoint
        The branch goes on along its tangent.
    low, high : float
        Of the parameter.
    longest_period : float
        In multiples of the shortest period of the branch: where a branch that may end at a
        homoclinic orbit is given up.
    ends : callable
        Says of a point why the branch ends there, or nothing.
    """
    points, special, step, end = [first], [], FIRST, ""
    notes: list[str] = []
    here, since = first, 0
    while not end:
        if len(points) > MOST:
            end = f"stopped after {MOST} steps"
            break
        if len(notes) >= UNREFINED:
            end = f"stopped at {here.p:.6g}: {UNREFINED} special points could not be refined"
            break
        try:
            there, count = follower.at(here, step)
            turn = follower.row(here.orbit, here.tangent).dot(*there.tangent)
            if turn < 0.8:
                raise NoConvergence("turned too sharply")
        except (NoConvergence, np.linalg.LinAlgError):
            step /= 2
            if step < SHORTEST:
                end = _lost(points)
            continue
        if follower.is_hopf(here, there):
            end = "Hopf"
            break
        if not low <= there.orbit.p <= high:
            edge = low if there.orbit.p < low else high
            points.append(_at_edge(follower, here, there, edge))
            special += _between(follower, here, step, points[-1], points, notes)
            end = "range"
            break
        new = _between(follower, here, step, there, points, notes)
        special += new
        points += [*(s.point for s in new), there]
        end = ends(there) or _ended(points, follower, longest_period)
        here, since = there, since + 1
        if since >= (1 if is_long(points) else ADAPT):
            here, since = _remeshed(follower, here, is_long(points)), 0
            points[-1] = here
        if count <= 4:
            longest = LEAP if is_long(points) else LONGEST
            step = min(step * (1.4 if turn > 0.95 else 1.0), longest)
        elif count > 6:
            step /= 1.5
    special = _distinct(special, follower.span)
    return CycleBranch(points, special, origin, end, follower, _short(notes))


def _distinct(special: list[CycleSpecial], span: float) -> list[CycleSpecial]:
    """Return the points without those that are one: where the parameter hardly moves (canards)."""
    kept: list[CycleSpecial] = []
    for new in special:
        for k, old in enumerate(kept):
            near = max(1e-9 * span, old.change, new.change)
            same_period = abs(old.point.period / new.point.period - 1) < 1e-3
            if old.type == new.type and abs(old.p - new.p) < near and same_period:
                kept[k] = min(old, new, key=lambda s: s.change)
                break
        else:
            kept.append(new)
    return kept


def _short(notes: list[str]) -> list[str]:
    more = [f"and {len(notes) - 3} more that could not be refined"] if len(notes) > 3 else []
    return notes[:3] + more


def _lost(points: list[CyclePoint]) -> str:
    periods = [q.period for q in points]
    if is_long(points) and periods[-1] >= max(periods):
        return "long"
    return f"stopped at {points[-1].p:.6g}: the steps became too short"


def _remeshed(follower: Follower, point: CyclePoint, is_long: bool) -> CyclePoint:
    """Return a point on a mesh that fits it; finer where an orbit lingers and spikes."""
    mesh = follower.adapted(point.orbit)
    if is_long and len(mesh) <= 2 * INTERVALS:
        mesh = replace(point.orbit, mesh=mesh).with_halves()
    try:
        return follower.with_mesh(point, mesh)
    except (NoConvergence, np.linalg.LinAlgError):
        return point


def is_long(points: list[CyclePoint]) -> bool:
    """Return whether the last period is far above the shortest."""
    return points[-1].period > LONG * min(q.period for q in points)


def _ended(points: list[CyclePoint], follower: Follower, longest: float) -> str:
    """Return "long" where the period grows without end."""
    periods = np.array([q.period for q in points[-4:]])
    if periods[-1] > longest * min(q.period for q in points):
        return "long"
    if len(points) > 8 and is_long(points) and (np.diff(periods) > 0).all():
        moved = np.abs(np.diff([q.p for q in points[-3:]]))
        if (moved < SETTLED * follower.span).any() and periods[-1] > 1.02 * periods[-2]:
            return "long"
    return ""


def _at_edge(follower: Follower, here: CyclePoint, there: CyclePoint, edge: float) -> CyclePoint:
    share = (edge - here.orbit.p) / (there.orbit.p - here.orbit.p)
    x = here.orbit.x + share * (there.orbit.x - here.orbit.x)
    period = here.orbit.period + share * (there.orbit.period - here.orbit.period)
    try:
        point = follower.at_parameter(replace(here.orbit, x=x, period=float(period)), edge)
    except NoConvergence:
        return here
    if follower.row(here.orbit, here.tangent).dot(*point.tangent) < 0:
        x, period, p = point.tangent
        point.tangent = (-x, -period, -p)
    return point


# --- special points ------------------------------------------------------------------------------


def fold_test(point: CyclePoint) -> float:
    """Return what vanishes at a fold: how the parameter moves along the branch."""
    return point.tangent[2]


def doubling_test(point: CyclePoint) -> float:
    """Return what vanishes at a period doubling."""
    values = point.multipliers[1:]
    return float(np.prod((values + 1) / np.maximum(1, np.abs(values))).real)


def torus_test(point: CyclePoint) -> float:
    """Return what vanishes where a complex pair of multipliers crosses the unit circle."""
    pair = point.multipliers[np.abs(point.multipliers.imag) > 1e-6]
    if not len(pair):
        return np.nan
    size = np.abs(pair)
    return float(size[np.argmin(np.abs(size - 1))] - 1)


_TESTS = {
    "fold of cycles": fold_test,
    "period doubling": doubling_test,
    "torus": torus_test,
}


def _between(follower, here, step, there, points, notes) -> list[CycleSpecial]:
    found = []
    if there is here:
        return found
    for kind, test in _TESTS.items():
        a, b = test(here), test(there)
        if not (np.isfinite(a) and np.isfinite(b) and a * b < 0):
            continue
        if _is_noise(follower, here, there, points):
            continue
        if kind == "period doubling" and not _crosses(here, there):
            continue
        if kind != "fold of cycles" and _is_planar(follower):
            continue
        try:
            found.append(_located(follower, here, step, kind, test))
        except (NoConvergence, RuntimeError, ValueError, np.linalg.LinAlgError):
            low, high = sorted((here.orbit.p, there.orbit.p))
            notes.append(f"a {kind} between {low:.8g} and {high:.8g} could not be refined")
    return sorted(found, key=lambda s: follower.distance(here, s.point.orbit))


def _is_planar(follower) -> bool:
    """Return whether orbits are smooth ones in a plane, which no multiplier turns around."""
    return follower.field.n == 2 and follower.boundary is CLOSED


def _crosses(here: CyclePoint, there: CyclePoint) -> bool:
    """Return whether the number of real multipliers below -1 changes."""

    def below(point):
        real = np.abs(point.multipliers.imag) < 1e-9
        return int((real & (point.multipliers.real < -1)).sum())

    return below(here) != below(there)


def _is_noise(follower, here, there, points) -> bool:
    """Return whether the parameter has settled while the period changes: its slope is rounding."""
    moved = abs(there.p - here.p)
    if moved < SETTLED * follower.span and abs(there.period / here.period - 1) > 1e-2:
        return True
    return is_long([*points, there]) and moved < 1e-6 * follower.span


def _located(follower, here, step, kind, test) -> CycleSpecial:
    """Return a special point between two neighbours, on the mesh and on one twice as fine."""
    from scipy.optimize import brentq

    tolerance = 1e-6 if kind == "fold of cycles" else 1e-9

    def zero(start: CyclePoint, low: float, high: float) -> CyclePoint:
        kept = {}

        def value(distance):
            kept[distance] = follower.at(start, distance)[0] if distance else start
            return test(kept[distance])

        at = brentq(value, low, high, xtol=tolerance * max(step, 1e-3), rtol=1e-12, maxiter=60)
        return kept[at]

    coarse = zero(here, 0.0, step)
    mesh = follower.adapted(coarse.orbit)
    start = follower.with_mesh(coarse, replace(coarse.orbit, mesh=mesh).with_halves())
    width = 1e-4
    while True:
        a, b = (test(follower.at(start, d)[0]) for d in (-width, width))
        if a * b < 0:
            break
        width *= 4
        if width > 2 * step + 0.1:
            raise NoConvergence(f"the {kind} is not there on a finer mesh")
    fine = zero(start, -width, width)
    change = abs(fine.orbit.p - coarse.orbit.p)
    crossing = {"period doubling": np.abs(fine.multipliers + 1).min(),
                "torus": np.abs(np.abs(fine.multipliers[1:]) - 1).min()}.get(kind, 0.0)  # fmt: skip
    residual = max(crossing, float(np.abs(fine.multipliers[0] - 1)))
    if crossing > 1e-3 or change > 1e-3 * follower.span:
        raise NoConvergence(f"the {kind} moves as the mesh is refined")
    if kind != "fold of cycles" and residual > TRUSTED:  # which shows in the tangent too
        raise NoConvergence(f"the multipliers at the {kind} are not resolved")
    return CycleSpecial(kind, fine, fine.orbit.p, change, residual)
