"""Periodic orbits by orthogonal collocation: piecewise polynomials that solve x' = T f(x, p).

Ascher, Mattheij & Russell 1995, chapter 5; Doedel, Keller & Kernevez 1991, Int. J. Bifurcation
Chaos 1:745-772. Time is scaled to one period. All interior points of an interval are eliminated at
once over all intervals; what is left is one block per interval, which are the flow's derivatives:
their product has the Floquet multipliers as its eigenvalues.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from .arclength import NoConvergence
from .field import Field

DEGREE = 4
ITERATIONS = 10
CLOSE = 1e-10
BLOCKS = 25  # so many are factorised, if no perturbation grows by more than GROWTH in one of them
GROWTH = 1e5


@dataclass(frozen=True)
class Orbit:
    """A periodic orbit.

    Attributes
    ----------
    mesh : array, shape (intervals + 1,)
        From 0 to 1.
    x : array, shape (intervals*DEGREE + 1, variables)
        Values at the base points, evenly spaced within each interval.
    period : float
        ms.
    p : float
        The free parameter.
    """

    mesh: np.ndarray
    x: np.ndarray
    period: float
    p: float

    @property
    def phases(self) -> np.ndarray:
        """Where the base points lie, 0 to 1."""
        inner = np.arange(DEGREE) / DEGREE
        points = self.mesh[:-1, None] + np.diff(self.mesh)[:, None] * inner
        return np.append(points.ravel(), 1.0)

    def local(self) -> np.ndarray:
        """Return the values interval by interval, shape (intervals, DEGREE + 1, variables)."""
        return _local(self.x)

    def at(self, phases: np.ndarray) -> np.ndarray:
        """Return the orbit's polynomial at phases, shape (phases, variables)."""
        return interpolated(self.mesh, self.x, phases)

    def densely(self) -> np.ndarray:
        """Return the orbit's polynomials at eight times as many points as base points."""
        values, _ = _lagrange(np.linspace(0, 1, 8 * DEGREE, endpoint=False))
        return np.einsum("ck,ikn->icn", values, self.local()).reshape(-1, self.x.shape[1])

    def on(self, mesh: np.ndarray) -> "Orbit":
        """Return the orbit interpolated to another mesh."""
        other = replace(self, mesh=mesh)
        return replace(other, x=self.at(other.phases))

    def finer(self) -> "Orbit":
        """Return the orbit on a mesh with every interval cut in two."""
        return self.on(self.with_halves())

    def with_halves(self) -> np.ndarray:
        """Return the mesh with every interval cut in two."""
        middle = (self.mesh[1:] + self.mesh[:-1]) / 2
        return np.sort(np.concatenate([self.mesh, middle]))


def _local(x: np.ndarray) -> np.ndarray:
    index = np.arange(0, len(x) - 1, DEGREE)[:, None] + np.arange(DEGREE + 1)
    return x[index]


@lru_cache
def basis() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return Lagrange values and slopes at the Gauss points, and the Gauss weights."""
    nodes, weights = np.polynomial.legendre.leggauss(DEGREE)
    values, slopes = _lagrange((nodes + 1) / 2)
    return values, slopes, weights / 2


def _lagrange(t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    base = np.linspace(0, 1, DEGREE + 1)
    coefficients = np.linalg.inv(np.vander(base, increasing=True))
    powers = np.arange(DEGREE + 1)
    values = t[:, None] ** powers @ coefficients
    down = powers * t[:, None] ** np.maximum(powers - 1, 0)
    return values, down @ coefficients


def interpolated(mesh: np.ndarray, x: np.ndarray, phases: np.ndarray) -> np.ndarray:
    """Return piecewise polynomials at phases between 0 and 1."""
    k = np.clip(np.searchsorted(mesh, phases, side="right") - 1, 0, len(mesh) - 2)
    values, _ = _lagrange((phases - mesh[k]) / np.diff(mesh)[k])
    return np.einsum("tk,tkn->tn", values, _local(x)[k])


@dataclass(frozen=True)
class Row:
    """A linear condition on (x, T, p): weights on all base points and on the two numbers."""

    x: np.ndarray
    period: float
    p: float

    def dot(self, x, period, p) -> float:
        """Return the condition's left side."""
        return float((self.x * x).sum() + self.period * period + self.p * p)


def inner_weights(mesh: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return weights w with ``(w*x).sum()`` the integral of x*values over one period.

    `values` are at the Gauss points, shape (intervals, DEGREE, variables).
    """
    lagrange, _, weights = basis()
    own = np.einsum("i,c,ck,icn->ikn", np.diff(mesh), weights, lagrange, values)
    total = np.zeros(((len(mesh) - 1) * DEGREE + 1, values.shape[2]))
    total[:-1] += own[:, :-1].reshape(-1, values.shape[2])
    total[DEGREE::DEGREE] += own[:, -1]
    return total


def phase_row(orbit: Orbit, scale: np.ndarray) -> Row:
    """Return the condition that an orbit moves as little as can be along itself."""
    _, slopes, _ = basis()
    speed = np.einsum("ck,ikn->icn", slopes, orbit.local()) / np.diff(orbit.mesh)[:, None, None]
    return Row(inner_weights(orbit.mesh, speed / scale**2), 0.0, 0.0)


@dataclass(frozen=True)
class Closing:
    """How an orbit's end is tied to its start, linearised: start.x0 + end.x1 + p.dp = -residual."""

    start: np.ndarray  # (n, n)
    end: np.ndarray  # (n, n)
    p: np.ndarray  # (n,)
    residual: np.ndarray  # (n,)


class Closed:
    """An orbit that ends where it begins, and moves as little as can be along itself."""

    def closing(self, orbit: Orbit) -> Closing:
        """Return the condition on the orbit's ends."""
        n = orbit.x.shape[1]
        return Closing(np.eye(n), -np.eye(n), np.zeros(n), orbit.x[0] - orbit.x[-1])

    def beginning(self, guess: Orbit, scale: np.ndarray) -> Callable[[Orbit], tuple[Row, float]]:
        """Return what fixes where orbits like a guess begin: a condition, and what is missing."""
        row = phase_row(guess, scale)
        return lambda orbit: (row, row.dot(guess.x - orbit.x, 0.0, 0.0))


CLOSED = Closed()


@lru_cache(maxsize=16)
def _pattern(count: int, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where the numbers of `Linear.solve` stand: their order by columns, rows, starts."""
    size, last = (count + 1) * n + 2, count * n
    block = np.indices((n, n))
    offsets = n * np.arange(count)
    inner = (block[:, None] + offsets[:, None, None]).reshape(2, -1)
    each = np.arange(last)
    places = [
        inner,
        np.stack([each, each + n]),
        np.stack([np.repeat(each, 2), np.tile([size - 2, size - 1], last)]),
        np.reshape(block + np.array([last, 0])[:, None, None], (2, -1)),
        (block + last).reshape(2, -1),
        np.stack([last + np.arange(n), np.full(n, size - 1)]),
    ]
    for row in (size - 2, size - 1):
        places.append(np.stack([np.full(size, row), np.arange(size)]))
    rows, columns = np.concatenate(places, axis=1)
    order = np.lexsort((rows, columns))
    starts = np.searchsorted(columns[order], np.arange(size + 1))
    return order, rows[order].astype(np.int32), starts.astype(np.int32)


@dataclass
class Linear:
    """The linearised equations of an orbit, the interior of each interval eliminated."""

    right: np.ndarray  # (intervals, DEGREE*n, n + 3): inner and right points by left one, T, p, 1
    orbit: Orbit
    closing: Closing
    sizes: np.ndarray  # (n,): of the variables

    @property
    def transfers(self) -> np.ndarray:
        """Derivative of each interval's end by its start."""
        n = self.orbit.x.shape[1]
        return self.right[:, -n:, :n]

    @cached_property
    def merged(self) -> np.ndarray:
        """`right` with neighbours joined into longer intervals, as long as nothing grows large.

        What is left to factorise has a few blocks instead of one per interval.
        """
        right, n = self.right, self.orbit.x.shape[1]
        while len(right) % 2 == 0 and len(right) > BLOCKS:
            joined = _joined(right[::2], right[1::2], n)
            if np.abs(joined[:, -n:, :n]).max() > GROWTH:
                break
            right = joined
        return right

    def solve(self, rows: list[Row], values: list[list[float]]) -> list[tuple]:
        """Solve the linear equations with two more conditions, for several right sides.

        Parameters
        ----------
        rows : list of two Row
        values : list of lists of three numbers
            Per right side: what the equations' own residual is multiplied with, and the two
            conditions' values.

        Returns
        -------
        list of (x, period, p)
        """
        from scipy.sparse import csc_matrix
        from scipy.sparse.linalg import splu

        count, n = len(self.merged), self.orbit.x.shape[1]
        size = (count + 1) * n + 2
        ends = self.merged[:, -n:]
        lines, constants = zip(*map(self._condensed, rows), strict=True)
        # x_{i+1} - A_i x_i - a_T T - a_p p = a_1, then how the orbit is closed, then the rows.
        closing = self.closing
        parts = [-ends[..., :n], np.ones(count * n), -ends[..., n : n + 2]]
        parts += [closing.start, closing.end, closing.p, *lines]
        order, index, starts = _pattern(count, n)
        data = np.concatenate([np.ravel(part) for part in parts])[order]
        try:
            # The order is one along the orbit already, with the full rows last.
            matrix = csc_matrix((data, index, starts), shape=(size, size))
            factors = splu(matrix, permc_spec="NATURAL")
        except RuntimeError as error:
            raise NoConvergence(str(error)) from None
        found = []
        for own, *conditions in values:
            b = np.empty(size)
            b[: count * n] = own * ends[..., -1].ravel()
            b[count * n : -2] = -own * closing.residual
            b[-2:] = np.array(conditions) - own * np.array(constants)
            found.append(self._expanded(factors.solve(b), own))
        return found

    def _condensed(self, row: Row) -> tuple[np.ndarray, float]:
        """Return a condition on all base points as one on the blocks' ends, T and p."""
        count, n = len(self.merged), self.orbit.x.shape[1]
        inner = row.x[:-1].reshape(count, -1)[:, n:]
        folded = np.einsum("ik,ikj->ij", inner, self.merged[:, :-n])
        line = np.zeros((count + 1) * n + 2)
        line[:-2] = row.x[:: (len(row.x) - 1) // count].ravel()
        line[: count * n] += folded[:, :n].ravel()
        line[-2:] = folded[:, n : n + 2].sum(0) + np.array([row.period, row.p])
        return line, float(folded[:, -1].sum())

    def _expanded(self, solution: np.ndarray, own: float) -> tuple:
        count, n = len(self.merged), self.orbit.x.shape[1]
        ends = solution[:-2].reshape(count + 1, n)
        period, p = solution[-2:]
        factors = np.column_stack([ends[:-1], np.tile([period, p, own], (count, 1))])
        inner = np.einsum("ikj,ij->ik", self.merged[:, :-n], factors)
        x = np.vstack([np.hstack([ends[:-1], inner]).reshape(-1, n), ends[-1]])
        return x, period, p


def _joined(first: np.ndarray, second: np.ndarray, n: int) -> np.ndarray:
    """Return intervals and those that follow them as one each, all by the first one's left end."""
    points = second[:, :, :n] @ first[:, -n:]
    points[..., n:] += second[..., n:]
    return np.concatenate([first, points], axis=1)


def linearised(field: Field, orbit: Orbit, boundary=CLOSED) -> Linear:
    """Return the linearised collocation equations at an orbit."""
    values, slopes, _ = basis()
    n, count = field.n, len(orbit.mesh) - 1
    h = np.diff(orbit.mesh)
    local = orbit.local()
    x = np.einsum("ck,ikn->icn", values, local)
    flat = x.reshape(-1, n).T
    p = np.full((1, flat.shape[1]), orbit.p)
    f = field.slopes(flat, p).T.reshape(count, DEGREE, n)
    derivative = field.derivatives(flat, p).reshape(count, DEGREE, n, n + 1)
    moved = np.einsum("ck,ikn->icn", slopes, local)
    residual = moved - (h * orbit.period)[:, None, None] * f
    # Block (c, k): L'_k(c) - h T L_k(c) df/dx, by Lagrange value k at Gauss point c.
    own = -(h * orbit.period)[:, None, None, None] * derivative[..., :n]
    blocks = np.einsum("icab,ck->icakb", own, values)
    diagonal = np.arange(n)
    blocks[:, :, diagonal, :, diagonal] += slopes[None, None]
    blocks = blocks.reshape(count, DEGREE * n, (DEGREE + 1) * n)
    sides = np.concatenate(
        [
            -blocks[..., :n],
            (h[:, None, None] * f).reshape(count, -1, 1),
            ((h * orbit.period)[:, None, None] * derivative[..., n]).reshape(count, -1, 1),
            -residual.reshape(count, -1, 1),
        ],
        axis=2,
    )
    if not np.isfinite(sides).all() or not np.isfinite(blocks).all():
        raise NoConvergence("the orbit left the numbers")
    # As shares of the variables' sizes: amperes beside millivolts would leave few digits.
    sizes = field.limits()
    inner = np.tile(sizes, DEGREE)
    sides[..., :n] *= sizes
    try:
        right = np.linalg.solve(blocks[..., n:] * inner / inner[:, None], sides / inner[:, None])
    except np.linalg.LinAlgError:
        raise NoConvergence("singular collocation equations") from None
    right *= inner[:, None]
    right[..., :n] /= sizes
    return Linear(right, orbit, boundary.closing(orbit), sizes)


def corrected(
    field: Field,
    guess: Orbit,
    along: Row,
    scale: np.ndarray,
    span: float,
    *,
    boundary=CLOSED,
    most: int = ITERATIONS,
) -> tuple[Orbit, Linear, int]:
    """Return the orbit that meets a linear condition as the guess does (Newton's method).

    `scale` says how large the variables are, and `span` the parameter.

    Raises
    ------
    NoConvergence
    """
    orbit, last = guess, np.inf
    target = along.dot(guess.x, guess.period, guess.p)
    beginning = boundary.beginning(guess, scale)
    for k in range(most):
        linear = linearised(field, orbit, boundary)
        row, missing = beginning(orbit)
        now = [missing, target - along.dot(orbit.x, orbit.period, orbit.p)]
        ((x, period, p),) = linear.solve([row, along], [[1.0, *now]])
        size = max(np.abs(x / scale).max(), abs(period / orbit.period), abs(p / span))
        orbit = replace(
            orbit, x=orbit.x + x, period=orbit.period + float(period), p=orbit.p + float(p)
        )
        if size < CLOSE or (size < 1e-7 and size > 0.5 * last):  # rounding is all that is left
            return orbit, linear, k + 1
        if not np.isfinite(size) or size > 30 or orbit.period <= 0 or (k > 3 and size > 2 * last):
            break
        last = size
    raise NoConvergence("Newton's method did not converge")


def adapted(orbit: Orbit, scale: np.ndarray, *, closed: bool = True) -> np.ndarray:
    """Return a mesh of as many intervals over which the error is spread evenly.

    The next derivative is estimated from jumps of the highest one (de Boor 1973).
    """
    h = np.diff(orbit.mesh)
    base = np.linspace(0, 1, DEGREE + 1)
    top = np.linalg.inv(np.vander(base, increasing=True))[-1]
    highest = np.einsum("k,ikn->in", top, orbit.local()) / h[:, None] ** DEGREE / scale
    gaps = (h + np.roll(h, 1)) / 2
    jumps = np.abs(highest - np.roll(highest, 1, axis=0)) / gaps[:, None]
    if not closed:  # its end is no neighbour of its beginning
        jumps[0] = jumps[1]
    after = np.roll(jumps, -1, axis=0)
    if not closed:
        after[-1] = jumps[-1]
    density = ((jumps + after) / 2).max(axis=1) ** (1 / (DEGREE + 1))
    total = np.sum(density * h)
    density = density + 0.1 * total + 1e-300  # no interval much longer than ten average ones
    edges = np.append(0.0, np.cumsum(density * h))
    mesh = np.interp(np.linspace(0, edges[-1], len(orbit.mesh)), edges, orbit.mesh)
    mesh[0], mesh[-1] = 0.0, 1.0
    return mesh


FACTORS = 25  # a product of a few blocks keeps what it needs to
SWEEPS = 2  # what is not apart after them differs by less than 1e4 per round


def multipliers(linear: Linear) -> np.ndarray:
    """Return the Floquet multipliers, that of the flow itself (1) first, then by size.

    The product of the blocks is never formed: of orbits with multipliers of 1e20 beside 1 it keeps
    the first only. Orthogonal bases are carried round the orbit until they return to themselves
    (Bojanczyk, Golub & Van Dooren 1992, Proc. SPIE 1770:31-42); the triangular factors then hold
    the multipliers, each to its own relative accuracy.
    """
    blocks = linear.transfers * linear.sizes / linear.sizes[:, None]
    while len(blocks) % 2 == 0 and len(blocks) > FACTORS:
        blocks = blocks[1::2] @ blocks[::2]
    n = blocks.shape[1]
    start = np.eye(n)
    for _ in range(SWEEPS):
        basis_, triangle = start, np.eye(n)
        for block in blocks:
            basis_, factor = np.linalg.qr(block @ basis_)
            triangle = factor @ triangle
        turn = start.T @ basis_
        start = basis_
    values = _graded_eigenvalues(turn, triangle)
    own = np.argmin(np.abs(values - 1))
    rest = np.delete(values, own)
    return np.append(values[own], rest[np.argsort(-np.abs(rest))])


def _graded_eigenvalues(turn: np.ndarray, triangle: np.ndarray) -> np.ndarray:
    """Return the eigenvalues of turn @ triangle, block by block where turn is block-diagonal."""
    n, found, k = len(turn), [], 0
    while k < n:
        end = k + 1
        while end < n and np.abs(turn[end:, k:end]).max() > 1e-8:
            end += 1
        own = turn[k:end, k:end] @ triangle[k:end, k:end]
        found.append(np.linalg.eigvals(own).astype(complex))
        k = end
    return np.concatenate(found)
