"""Curves of saddle-nodes, Hopf points and folds of cycles over two parameters."""

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from itertools import combinations

import numpy as np
import pandas as pd

from ...errors import InputError
from ...models.by_name import takes_names
from ...models.checks import check_quantity
from ...progress import bar
from ..continuation.arclength import Curve, CurvePoint, NoConvergence, located
from ..continuation.diagram import bifurcations, checked
from ..continuation.field import Field
from ..continuation.normal_forms import first_lyapunov
from .folds_of_cycles import FoldCurve, distance, fold_curve

STEP = 0.02
FINELY = 12  # pieces of a step with a special point in it
OWN = ("curve", "kind", "type", "period_ms", "residual")  # columns beside parameters and state
SLOWEST = 1e-12  # square of a Hopf point's frequency, of that of the fastest eigenvalue
BEFORE = 0.999  # of the way to a Bogdanov-Takens point, where a curve of Hopf points ends


@dataclass
class Curves:
    """Curves over two parameters.

    Attributes
    ----------
    table : DataFrame
        One row per point of a curve: ``curve``, ``kind`` ("saddle-node", "Hopf", "fold of
        cycles"), both parameters, ``period_ms`` and the state (of cycles: where the membrane is
        highest).
    points : DataFrame
        ``type`` ("cusp", "Bogdanov-Takens", "generalised Hopf", "cusp of cycles"), both parameters,
        the state and ``residual``.
    notes : list of str
    """

    model: object
    parameters: tuple[str, str]
    table: pd.DataFrame
    points: pd.DataFrame
    notes: list[str] = dataclass_field(default_factory=list)


@takes_names
def curves(
    model,
    parameters: tuple[str, str],
    first,
    second,
    *,
    I=None,
    cycles: bool = True,
    slices: int = 5,
    cycles_at=None,
    report: Callable | None = None,
) -> Curves:
    """Follow saddle-nodes, Hopf points and folds of cycles over two parameters.

    Parameters
    ----------
    model : NeuronModel
    parameters : (str, str)
        Two of the model's parameters and its input.
    first, second : Quantity, shape (2,)
        From where to where.
    I : Quantity, optional
        Constant input, where it is neither of the two.
    cycles : bool
        Follow folds of cycles too. Not of cells that are reset.
    slices : int
        At so many values of each parameter, evenly over its range, diagrams over the other one show
        where curves begin.
    cycles_at : Quantity, optional
        Values of the first parameter at which diagrams over the second show folds of cycles;
        default: the ends of its range and its middle.
    report : callable, optional
        Is told in a sentence what is being done.

    Returns
    -------
    Curves

    Notes
    -----
    On a curve of saddle-nodes the Jacobian's determinant is zero, on one of Hopf points the sum of
    two of its eigenvalues. A cusp is where the quadratic coefficient vanishes, a Bogdanov-Takens
    point where a second eigenvalue does, a generalised Hopf point where the first Lyapunov
    coefficient does.

    Examples
    --------
    >>> from brian2 import uA, cm
    >>> from excitable.models import find_model
    >>> found = curves(find_model("fitzhugh_nagumo"), ("b", "I"), [0.5, 0.9], [0, 2])
    >>> sorted(set(found.table["kind"]))
    ['Hopf', 'fold of cycles']
    """
    if len(parameters) != 2 or parameters[0] == parameters[1]:
        raise InputError(f"parameters: expected two different names, got {parameters!r}")
    names, ranges = [], []
    for parameter, values in zip(parameters, (first, second), strict=True):
        name, low, high, numbers = checked(model, parameter, values, None)
        names.append(name)
        ranges.append((low, high))
    numbers = checked(model, parameters[0], first, I)[3] if I is not None else numbers
    field = Field(model, names, {k: v for k, v in numbers.items() if k not in names})
    field.columns(OWN)  # refuses a table that cannot be, before anything is followed
    places = np.linspace(*ranges[0], 3)
    if cycles_at is not None:
        places = np.atleast_1d(check_quantity("cycles_at", cycles_at, field.free_units[0]))
    followed = cycles and not model.system.reset and field.n > 1
    with bar(total=2 * slices + len(places) * followed, desc=f"curves of {model.name}") as shown:

        def say(text: str) -> None:
            (report or (lambda text: None))(text)
            shown.update()

        return _curves(model, names, ranges, (first, second), field, I, slices,
                       places if followed else (), say)  # fmt: skip


def _curves(model, names, ranges, given, field, I, slices, places, say) -> Curves:
    """Follow all curves that diagrams over either parameter show; see `curves`."""
    rows, special, notes, done = [], [], [], []
    for held in (0, 1):
        for p in np.linspace(*ranges[held], slices):
            say(f"{names[1 - held]} at {names[held]} = {p:g}")
            for kind, x, q in _slice(model, names, held, p, given[1 - held], field, I):
                start = np.concatenate([x, [p, q] if held == 0 else [q, p]])
                if any(k == kind and _near(u, start, ranges) for k, u in done):
                    continue
                try:
                    path, found, note = _followed(field, kind, start, ranges)
                except (NoConvergence, np.linalg.LinAlgError) as error:
                    notes.append(f"{kind} at {p:g}, {q:.6g}: {error}")
                    continue
                done.append((kind, path))
                rows += [(len(done) - 1, kind, np.nan, u) for u in path]
                special += found
                notes += note
    folds = _folds_of_cycles(model, names, ranges, given[1], field, I, places, say)
    for k, curve in enumerate(folds, start=len(done)):
        rows += [(k, "fold of cycles", t, np.append(x, p)) for p, x, t in curve.rows]
        special += [("cusp of cycles", np.append(x, p), np.nan) for p, x, _ in curve.cusps]
        notes += curve.notes
    return Curves(model, tuple(names), _table(field, rows), _points(field, special, ranges), notes)


def _folds_of_cycles(model, names, ranges, second, field, I, places, say) -> list[FoldCurve]:
    """Follow all folds of cycles that diagrams over the second parameter show."""
    found: list[FoldCurve] = []
    for p in places:
        say(f"cycles at {names[0]} = {p:g}")
        diagram = _diagram(model, names, 0, p, second, field, I, cycles=True)
        for special in (s for b in diagram.cycles for s in b.special if s.type == "fold of cycles"):
            start = np.array([p, special.p])
            if any(c.distance(start, special.point.period, ranges) < 5e-3 for c in found):
                continue
            found.append(fold_curve(field, ranges, special.point, start, moving=1, known=found))
    return found


def _diagram(model, names, held: int, p, values, field, I, *, cycles: bool):
    """Return the diagram over one of the parameters, the other one held."""
    quantity, moving = p * field.free_units[held], names[1 - held]
    if names[held] == model.input:
        return bifurcations(model, moving, values, I=quantity, cycles=cycles)
    given = {"I": I} if moving != model.input else {}
    own = model.with_(**{names[held]: quantity})
    return bifurcations(own, moving, values, cycles=cycles, **given)


def _slice(model, names, held: int, p, values, field, I):
    """Yield saddle-nodes and Hopf points over one of the parameters, the other one held."""
    for curve in _diagram(model, names, held, p, values, field, I, cycles=False).curves:
        for point in curve.points:
            if point.type in ("saddle-node", "Hopf"):
                yield point.type, point.x, point.p


def _near(path: np.ndarray, start: np.ndarray, ranges) -> bool:
    """Return whether a path goes by a start, in the two parameters and the state."""
    scale = np.concatenate([np.maximum(np.ptp(path[:, :-2], axis=0), 1e-9),
                            [high - low for low, high in ranges]])  # fmt: skip
    return bool(distance(path / scale, start / scale) < 5e-3)


# --- what is zero on a curve ---------------------------------------------------------------------


def smallest_sum(jacobian: np.ndarray) -> np.ndarray:
    """Return the sum of two eigenvalues that is nearest to zero: zero at a Hopf point.

    It is smooth beside such a point, and where both meet at zero (Bogdanov-Takens) too.
    """
    values = np.linalg.eigvals(jacobian)
    sums = np.stack([a + b for a, b in combinations(np.moveaxis(values, -1, 0), 2)], axis=-1)
    nearest = np.abs(sums).argmin(axis=-1)[..., None]
    return np.take_along_axis(sums, nearest, axis=-1)[..., 0].real


_ZERO = {"saddle-node": np.linalg.det, "Hopf": smallest_sum}


def _curve(field: Field, kind: str, start: np.ndarray, ranges) -> Curve:
    n = field.n
    scale = np.concatenate([field.limits(), [high - low for low, high in ranges]])
    offsets = 1e-5 * np.diag(scale)

    def test(u: np.ndarray) -> np.ndarray:
        """Of states and parameters as columns."""
        return _ZERO[kind](field.jacobian(u[:n], u[n:]))

    def slope(u: np.ndarray) -> np.ndarray:
        up, down = test((u + offsets).T), test((u - offsets).T)
        return (up - down) / (2 * np.diag(offsets))

    size = np.abs(slope(start) * scale).max()  # so that the last equation is like the others

    def residual(u):
        return np.append(field.slopes(u[:n], u[n:]), test(u) / size)

    def derivative(u):
        return np.vstack([field.derivatives(u[:n], u[n:]), slope(u) / size])

    return Curve(residual, derivative, scale)


def _followed(field: Field, kind: str, start, ranges):
    """Follow a curve both ways; return its points, the special ones and notes."""
    curve = _curve(field, kind, start, ranges)
    s, _ = curve.corrected(start / curve.scale, curve.first(start).tangent)
    halves, special, notes = [], [], []
    for direction in (-1.0, 1.0):
        first = curve.first(s * curve.scale)
        first = CurvePoint(first.u, direction * first.tangent)
        path = [first.u * curve.scale]
        try:
            for here, step, there in curve.follow(first, step=STEP / 4, longest=STEP, most=1500):
                known = len(special)
                end = _special(field, curve, kind, here, step, there, special)
                if len(special) > known:
                    path += _finely(curve, here, there.u if end is None else end / curve.scale)
                u = there.u * curve.scale
                inside = all(a <= p <= b for p, (a, b) in zip(u[-2:], ranges, strict=True))
                if end is not None or not inside:
                    path.append(_clipped(curve, path[-1], u, ranges) if end is None else end)
                    break
                path.append(u)
                if len(path) > 20 and np.linalg.norm(there.u - first.u) < step:
                    break
            else:
                notes.append(f"a curve of {kind}s stopped after many steps")
        except NoConvergence as error:
            notes.append(f"a curve of {kind}s stopped at {path[-1][-2:]}: {error}")
        halves.append(path)
    return np.array([*halves[0][::-1], *halves[1][1:]]), special, notes


def _finely(curve: Curve, here: CurvePoint, there: np.ndarray) -> list[np.ndarray]:
    """Return points between two others, beside a special point, where curves bend."""
    way = here.tangent @ (there - here.u)
    return [curve.at(here, way * k / FINELY).u * curve.scale for k in range(1, FINELY)]


def _clipped(curve: Curve, a: np.ndarray, b: np.ndarray, ranges) -> np.ndarray:
    """Return where the curve leaves the ranges between two of its points."""
    share, held = 1.0, -1
    for k, (low, high) in zip((-2, -1), ranges, strict=True):
        edge = min(max(b[k], low), high)
        if edge != b[k] and (at := max((edge - a[k]) / (b[k] - a[k]), 0.0)) <= share:
            share, held = at, k
    s, _ = curve.corrected((a + share * (b - a)) / curve.scale, np.eye(len(a))[held])
    return s * curve.scale


# --- special points ------------------------------------------------------------------------------


def _null_vectors(field: Field, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    jacobian = field.jacobian(u[: field.n], u[field.n :])
    return np.linalg.svd(jacobian)[2][-1], np.linalg.svd(jacobian.T)[2][-1]


def _fold_tests(field: Field, u: np.ndarray, reference: np.ndarray) -> dict[str, float]:
    """Return the tests, the null vectors on the sides of those of a neighbour."""
    n = field.n
    x, p = u[:n], u[n:]
    q, left = (
        own * (1 if own @ theirs >= 0 else -1)
        for own, theirs in zip(
            _null_vectors(field, u), _null_vectors(field, reference), strict=True
        )
    )
    return {"cusp": (left @ field.form(x, p, q, q)).real, "Bogdanov-Takens": left @ q}


def _hopf_tests(field: Field, u: np.ndarray, reference: np.ndarray) -> dict[str, float]:
    n = field.n
    x, p = u[:n], u[n:]
    values = np.linalg.eigvals(field.jacobian(x, p))
    a, b = min(combinations(values, 2), key=lambda pair: abs(sum(pair)))
    square = float((a * b).real)  # omega**2 of a Hopf point, negative for a neutral saddle
    turns = square > SLOWEST * np.abs(values).max() ** 2
    lyapunov = first_lyapunov(field, x, p) if turns else np.nan
    return {"Bogdanov-Takens": square, "generalised Hopf": lyapunov}


def _special(field, curve, kind, here, step, there, special) -> np.ndarray | None:
    """Find the points between two neighbours; return where the curve ends there, if it does."""
    tests = _fold_tests if kind == "saddle-node" else _hopf_tests
    start, end = here.u * curve.scale, None

    def value(point: CurvePoint, name: str) -> float:
        return tests(field, point.u * curve.scale, start)[name]

    for name in tests(field, start, start):
        if not value(here, name) * value(there, name) < 0:
            continue
        try:
            point = located(curve, here, step, lambda q, name=name: value(q, name))
        except (NoConvergence, ValueError, RuntimeError, StopIteration):
            continue
        u = point.u * curve.scale
        special.append((name, u, float(np.abs(curve.residual(u)).max())))
        if kind == "Hopf" and name == "Bogdanov-Takens":  # the others lie before it
            end, step = u, BEFORE * (here.tangent @ (point.u - here.u))
            there = curve.at(here, step)
    if end is None and kind == "Hopf" and value(there, "Bogdanov-Takens") < 0:
        end = start
        special.append(("Bogdanov-Takens", end, np.nan))
    return end


def _table(field: Field, rows) -> pd.DataFrame:
    n = field.n
    found = [[k, kind, *u[n:], period, *u[:n]] for k, kind, period, u in rows]
    names = field.columns(OWN)
    return pd.DataFrame(found, columns=["curve", "kind", *names[:2], "period_ms", *names[2:]])


def _points(field: Field, special, ranges) -> pd.DataFrame:
    """Return each point once: a Bogdanov-Takens point lies on two curves."""
    kept: list = []
    for name, u, residual in sorted(special, key=lambda s: (np.isnan(s[2]), s[2])):
        scale = np.array([high - low for low, high in ranges])
        inside = all(a <= p <= b for p, (a, b) in zip(u[-2:], ranges, strict=True))
        same = any(k == name and (np.abs(u - w)[-2:] < 1e-3 * scale).all() for k, w, _ in kept)
        if inside and not same:
            kept.append((name, u, residual))
    n = field.n
    rows = [[name, *u[n:], *u[:n], residual] for name, u, residual in kept]
    return pd.DataFrame(rows, columns=["type", *field.columns(OWN), "residual"])
