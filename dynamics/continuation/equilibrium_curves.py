"""Curves of equilibria over one parameter, with their special points."""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field

import numpy as np

from .arclength import Curve, CurvePoint, NoConvergence, located
from .field import Field
from .normal_forms import first_lyapunov, fold_coefficient

BESIDE = 1e-3  # of a step: so near a fold no Hopf point is looked for
SAME = 1e-6  # scaled distance below which two equilibria are one


@dataclass
class SpecialPoint:
    """A bifurcation, in display units.

    Attributes
    ----------
    type : str
    p : float
    x : array, shape (variables,)
    numbers : dict
        ``coefficient``, ``criticality``, ``period_ms``, ``residual``, ....
    """

    type: str
    p: float
    x: np.ndarray
    numbers: dict = dataclass_field(default_factory=dict)


@dataclass
class EquilibriumBranch:
    """A curve of equilibria: states (points, variables), parameter values and eigenvalues."""

    x: np.ndarray
    p: np.ndarray
    eigenvalues: np.ndarray
    points: list[SpecialPoint]
    end: str = ""


def equilibrium_curve(field: Field, span: float) -> Curve:
    """Return the curve f(x, p) = 0 in x and one free parameter."""
    return Curve(
        residual=lambda u: field.slopes(u[:-1], u[-1:]),
        derivative=lambda u: field.derivatives(u[:-1], u[-1:]),
        scale=np.append(field.limits(), span),
    )


def equilibrium_branches(
    field: Field, low: float, high: float, starts: Sequence[tuple[np.ndarray, float]]
) -> list[EquilibriumBranch]:
    """Follow all curves through given equilibria between two parameter values.

    Parameters
    ----------
    field : Field
        With one free parameter.
    starts : sequence of (x, p)
        A start that lies on a curve that has been followed is passed over.
    """
    curve = equilibrium_curve(field, high - low)
    found: list[EquilibriumBranch] = []
    for x, p in starts:
        if not any(_passes(branch, curve, x, p) for branch in found):
            found.append(_branch(field, curve, np.append(x, p), low, high))
    return found


def below_threshold(
    field: Field, branches: list[EquilibriumBranch], span: float, gap
) -> list[EquilibriumBranch]:
    """Return those pieces of curves at which a cell with a threshold can rest.

    Where an equilibrium reaches the threshold, the piece ends in a boundary equilibrium.
    """
    curve, found = equilibrium_curve(field, span), []
    for branch in branches:
        above = np.array([gap(x, p) for x, p in zip(branch.x, branch.p, strict=True)]) > 0
        edges = np.flatnonzero(np.diff(above)) + 1
        for piece in np.split(np.arange(len(above)), edges):
            if not above[piece[0]]:
                found.append(_piece(field, curve, branch, piece, gap))
    return found


def _piece(field: Field, curve: Curve, branch: EquilibriumBranch, piece, gap):
    u = np.column_stack([branch.x, branch.p])
    own, points = u[piece], [q for q in branch.points if gap(q.x, q.p) <= 0]
    low, high = own[:, -1].min(), own[:, -1].max()
    points = [q for q in points if low <= q.p <= high]
    for inner, outer in ((piece[0], piece[0] - 1), (piece[-1], piece[-1] + 1)):
        if 0 <= outer < len(u):
            at = _border(curve, u[inner], u[outer], gap)
            residual = max(_residual(field, at), abs(float(gap(at[:-1], at[-1]))))
            border = {"residual": residual}
            points.append(SpecialPoint("boundary equilibrium", float(at[-1]), at[:-1], border))
            own = np.vstack([at, own] if outer < inner else [own, at])
    eigenvalues = np.linalg.eigvals(field.jacobian(own[:, :-1].T, own[:, -1][None]))
    points = sorted(points, key=lambda q: q.p)
    return EquilibriumBranch(own[:, :-1], own[:, -1], eigenvalues, points, branch.end)


def _border(curve: Curve, a: np.ndarray, b: np.ndarray, gap) -> np.ndarray:
    """Return where an equilibrium lies at the threshold between two neighbours."""
    from scipy.optimize import brentq

    a, b = a / curve.scale, b / curve.scale

    def at(share: float) -> np.ndarray:
        return curve.corrected(a + share * (b - a), b - a)[0] * curve.scale

    test = lambda share: float(gap(at(share)[:-1], at(share)[-1]))  # noqa: E731
    return at(brentq(test, 0, 1, xtol=1e-14))


def _passes(branch: EquilibriumBranch, curve: Curve, x, p) -> bool:
    """Return whether a branch goes through an equilibrium."""
    all_u = np.column_stack([branch.x, branch.p]) / curve.scale
    u = np.append(x, p) / curve.scale
    a, b = all_u[:-1], all_u[1:]
    step = b - a
    along = np.clip(((u - a) * step).sum(1) / np.maximum((step**2).sum(1), 1e-300), 0, 1)
    distance = np.linalg.norm(a + along[:, None] * step - u, axis=1)
    k = np.argmin(distance)
    if distance[k] < SAME:
        return True
    if distance[k] > 0.1:
        return False
    try:  # off the chord, but on the curve?
        own = (branch.x[k] + along[k] * (branch.x[k + 1] - branch.x[k])) / curve.scale[:-1]
        tangent = step[k] / np.linalg.norm(step[k])
        s, _ = curve.corrected(np.append(own, u[-1]) + 0 * tangent, tangent)
        s, _ = curve.corrected(s + tangent * (tangent @ (u - s)), tangent)
        return np.linalg.norm(s - u) < 1e-5
    except (NoConvergence, np.linalg.LinAlgError):
        return False


def _branch(field: Field, curve: Curve, u, low, high) -> EquilibriumBranch:
    halves, points, ends = [], [], []
    for direction in (-1.0, 1.0):
        first = curve.first(u, direction)
        half, own, end = _half(field, curve, first, low, high)
        halves.append(half)
        points.append(own)
        ends.append(end)
        if end == "closed":
            halves[0] = halves[0][:0] if len(halves) > 1 else halves[0]
            break
    if len(halves) == 1:
        all_u = np.array(halves[0])
    else:
        all_u = np.array([*halves[0][::-1], *halves[1][1 if len(halves[0]) else 0 :]])
    special = [*points[0][::-1], *(points[1] if len(points) > 1 else [])]
    x, p = all_u[:, :-1], all_u[:, -1]
    eigenvalues = np.linalg.eigvals(field.jacobian(x.T, p[None]))
    end = "; ".join(dict.fromkeys(e for e in ends if e not in ("range", "closed")))
    return EquilibriumBranch(x, p, eigenvalues, special, end)


def _half(field: Field, curve: Curve, first: CurvePoint, low, high):
    """Follow a curve from a start until it leaves the range; where it ended and why."""
    half, points = [first.u * curve.scale], []
    outer = np.append(np.full(field.n, 40.0), np.inf)  # scaled: far outside what a cell does
    before = _tests(field, curve, first)
    try:
        for here, step, there in curve.follow(first, longest=0.03):
            after = _tests(field, curve, there)
            new = _between(field, curve, here, step, before, after)
            points += new
            half += [np.append(q.x, q.p) for q in new if low <= q.p <= high]
            before = after
            u = there.u * curve.scale
            if not low <= u[-1] <= high:
                edge = low if u[-1] < low else high
                end = _at_edge(curve, here, step, edge)
                half.append(end)
                points = [q for q in points if low <= q.p <= high]
                return half, points, "range"
            half.append(u)
            if (np.abs(there.u) > outer).any():
                return half, points, "left the range of the variables"
            near = np.linalg.norm(there.u - first.u)
            if len(half) > 10 and near < 1.5 * step and here.tangent @ first.tangent > 0.9:
                half.append(half[0])
                return half, points, "closed"
    except NoConvergence as error:
        return half, points, f"stopped at {half[-1][-1]:.6g}: {error}"
    return half, points, "stopped after the largest number of steps"


def _at_edge(curve: Curve, here: CurvePoint, step: float, edge: float) -> np.ndarray:
    test = lambda point: point.u[-1] * curve.scale[-1] - edge  # noqa: E731
    if test(here) == 0:
        return here.u * curve.scale
    try:
        u = located(curve, here, step, test).u * curve.scale
    except (NoConvergence, ValueError):
        u = here.u * curve.scale
    u[-1] = edge
    return u


def _tests(field: Field, curve: Curve, point: CurvePoint) -> dict[str, float]:
    u = point.u * curve.scale
    values = np.linalg.eigvals(field.jacobian(u[:-1], u[-1:]))
    bordered = curve.bordered(point.u, point.tangent)
    return {
        "fold": point.tangent[-1],
        "branch": np.linalg.slogdet(bordered)[0],
        "unstable": int((values.real >= 0).sum()),
    }


def _between(field: Field, curve: Curve, here: CurvePoint, step, before, after):
    """Return the special points between two neighbours."""
    if not _changes(before["fold"], after["fold"]):
        found = _hopfs(field, curve, here, step, before, after)
        if before["branch"] * after["branch"] < 0:
            found.append(_crossing(field, curve, here, step, before))
        return found
    point = located(curve, here, step, lambda q: q.tangent[-1])
    return [_fold(field, curve, point), *_beside(field, curve, here, step, point, before, after)]


def _beside(field: Field, curve: Curve, here, step, fold: CurvePoint, before, after):
    """Return Hopf points on both sides of a fold that lies in the same step."""
    at = here.tangent @ (fold.u - here.u)
    found = []
    if at > BESIDE * step:
        near = at - BESIDE * step
        found += _hopfs(
            field, curve, here, near, before, _tests(field, curve, curve.at(here, near))
        )
    if at < (1 - BESIDE) * step:
        start, end = curve.at(here, at + BESIDE * step), curve.at(here, step)
        rest = start.tangent @ (end.u - start.u)
        found += _hopfs(field, curve, start, rest, _tests(field, curve, start), after)
    return found


def _hopfs(field: Field, curve: Curve, here: CurvePoint, step, before, after):
    """Return where two eigenvalues that cross between two points are a pair."""
    fewer, more = sorted((before["unstable"], after["unstable"]))
    if more - fewer < 2:
        return []

    def test(q: CurvePoint) -> float:  # their sum
        u = q.u * curve.scale
        values = np.linalg.eigvals(field.jacobian(u[:-1], u[-1:]))
        return float(np.sort(values.real)[::-1][fewer : fewer + 2].sum())

    try:
        return _hopf(field, curve, located(curve, here, step, test))
    except (ValueError, NoConvergence):
        return []


def _changes(before: float, after: float) -> bool:
    """Return whether a sign changes; zero counts as above, so that a start on it is met once."""
    return (before >= 0) != (after >= 0)


def _residual(field: Field, u) -> float:
    return float(np.abs(field.slopes(u[:-1], u[-1:])).max())


def _fold(field: Field, curve: Curve, point: CurvePoint) -> SpecialPoint:
    u = point.u * curve.scale
    a = fold_coefficient(field, u[:-1], u[-1:])
    values = np.linalg.eigvals(field.jacobian(u[:-1], u[-1:]))
    least = float(np.abs(values).min())
    numbers = {"coefficient": a, "residual": max(_residual(field, u), least)}
    return SpecialPoint("saddle-node", float(u[-1]), u[:-1], numbers)


def _crossing(field: Field, curve: Curve, here, step, before) -> SpecialPoint:
    """Return where two curves of equilibria cross: a transcritical or pitchfork bifurcation."""

    def test(q: CurvePoint) -> float:
        u = q.u * curve.scale
        return np.linalg.det(field.jacobian(u[:-1], u[-1:]))

    try:
        point = located(curve, here, step, test)
    except (NoConvergence, ValueError):  # singular at the crossing itself: come as near as can be
        point = _nearest_crossing(curve, here, step, test)
    u = point.u * curve.scale
    x, p = u[:-1], u[-1:]
    a = fold_coefficient(field, x, p)
    kind = "pitchfork" if abs(a) < 1e-7 else "transcritical"
    return SpecialPoint(kind, float(u[-1]), x, {"coefficient": a, "residual": _residual(field, u)})


def _nearest_crossing(curve: Curve, here: CurvePoint, step: float, test) -> CurvePoint:
    """Return a point from which the crossing is met by a straight line between two neighbours."""
    a, b = here, curve.at(here, step)
    share = test(a) / (test(a) - test(b))
    return CurvePoint(a.u + share * (b.u - a.u), a.tangent)


def _hopf(field: Field, curve: Curve, point: CurvePoint) -> list[SpecialPoint]:
    """Return the Hopf point; nothing where the two eigenvalues are real (a neutral saddle)."""
    u = point.u * curve.scale
    x, p = u[:-1], u[-1:]
    values = np.linalg.eigvals(field.jacobian(x, p))
    pair = values[values.imag > 0]
    if not len(pair) or np.abs(pair.real).min() > 1e-6 * np.abs(values).max():
        return []
    critical = pair[np.argmin(np.abs(pair.real))]
    l1 = first_lyapunov(field, x, p)
    numbers = {
        "coefficient": l1,
        "criticality": "subcritical" if l1 > 0 else "supercritical",
        "period_ms": float(2 * np.pi / critical.imag),
        "residual": max(_residual(field, u), abs(float(critical.real))),
    }
    return [SpecialPoint("Hopf", float(u[-1]), x, numbers)]
