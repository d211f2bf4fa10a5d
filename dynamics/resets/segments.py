"""Cycles through the reset as boundary value problems: from each landing to the next threshold.

A round with k spikes is k pieces of the flow, all on one mesh, each tied to the next by the reset
map. The unknowns are the pieces, how long each takes and the parameter; what is solved is the fixed
point of the reset map (multiple shooting, with collocation in between). The clock is slowed down
where the potential is fast, dt = ds/sqrt(1 + (v'/F)**2), so that upstrokes of exponential and
quadratic cells, which last 1e-15 ms, are straight lines in s.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..continuation.collocation import Closing, Linear, Orbit, Row, adapted, basis
from ..continuation.cycles import CyclePoint, Follower
from ..continuation.field import Field
from .reset_map import ResetMap


class Segments:
    """The vector field of k pieces of a round at once, in slowed time.

    The state is (x of piece 1, ..., x of piece k, shares of pieces 1 to k - 1 in the duration); the
    shares of all add up to k.
    """

    def __init__(self, field: Field, count: int):
        self.field, self.count = field, count
        self.n = field.n * count + count - 1
        self.fastest = field.limits()[field.membrane]  # per ms

    def limits(self) -> np.ndarray:
        """Return how large each variable is."""
        return np.append(np.tile(self.field.limits(), self.count), np.ones(self.count - 1))

    def pieces(self, x) -> np.ndarray:
        """Return the states of all pieces, shape (variables, pieces, points)."""
        own = np.reshape(x[: self.field.n * self.count], (self.count, self.field.n, -1))
        return own.transpose(1, 0, 2)

    def shares(self, x) -> np.ndarray:
        """Return the pieces' shares in the duration, shape (pieces, points)."""
        given = x[self.field.n * self.count :]
        return np.vstack([given, self.count - given.sum(axis=0)])

    def _flow(self, x, p):
        """Return states, slopes and slowness, flat over pieces and points."""
        flat = self.pieces(x).reshape(self.field.n, -1)
        p = np.full((1, flat.shape[1]), np.ravel(p)[0])
        f = self.field.slopes(flat, p)
        with np.errstate(over="ignore"):
            slow = np.sqrt(1 + (f[self.field.membrane] / self.fastest) ** 2)
        return flat, p, f, slow

    def slopes(self, x, p) -> np.ndarray:
        """Return derivatives by slowed time, shape (variables, points)."""
        _, _, f, slow = self._flow(x, p)
        own = (f / slow).reshape(self.field.n, self.count, -1) * self.shares(x)
        found = np.zeros(np.shape(x))
        found[: self.field.n * self.count] = own.transpose(1, 0, 2).reshape(-1, own.shape[2])
        return found

    def derivatives(self, x, p) -> np.ndarray:
        """Return derivatives of the slopes, shape (points, variables, variables + 1)."""
        n, count = self.field.n, self.count
        flat, p, f, slow = self._flow(x, p)
        d = self.field.derivatives(flat, p)  # (pieces*points, n, n + 1)
        v = self.field.membrane
        slowing = (f[v] / (self.fastest * slow) ** 2)[:, None] * d[:, v]
        d = (d - f.T[:, :, None] * slowing[:, None]) / slow[:, None, None]
        d = d.reshape(count, -1, n, n + 1)
        shares, bare = self.shares(x), (f / slow).reshape(n, count, -1)
        found = np.zeros((np.shape(x)[1], self.n, self.n + 1))
        for j in range(count):
            own = slice(j * n, (j + 1) * n)
            found[:, own, own] = d[j, ..., :n] * shares[j][:, None, None]
            found[:, own, -1] = d[j, ..., n] * shares[j][:, None]
            if j < count - 1:
                found[:, own, count * n + j] = bare[:, j].T
            else:
                found[:, own, count * n : -1] = -bare[:, j].T[:, :, None]
        return found

    def durations(self, orbit: Orbit) -> np.ndarray:
        """Return how long the pieces last, in ms."""
        lagrange, _, weights = basis()
        x = np.einsum("ck,ikn->nic", lagrange, orbit.local()).reshape(self.n, -1)
        _, _, _, slow = self._flow(x, orbit.p)
        pace = self.shares(x) / slow.reshape(self.count, -1)
        return orbit.period * pace @ np.outer(np.diff(orbit.mesh), weights).ravel()


class Resets:
    """How the pieces of a round are tied together: each begins where the reset puts it."""

    def __init__(self, segments: Segments, jump: ResetMap):
        self.segments, self.map = segments, jump
        self.n, self.count = segments.field.n, segments.count

    def _ends(self, orbit: Orbit) -> np.ndarray:
        """Return the states at which the pieces end, shape (pieces, variables)."""
        return orbit.x[-1, : self.n * self.count].reshape(self.count, self.n)

    def closing(self, orbit: Orbit) -> Closing:
        """Return the conditions on the ends of the pieces, all but the last threshold's."""
        n, count, size = self.n, self.count, self.segments.n
        found = Closing(np.zeros((size, size)), np.zeros((size, size)), np.zeros(size),
                        np.zeros(size))  # fmt: skip
        for j, end in enumerate(self._ends(orbit)):
            after = slice((j + 1) % count * n, ((j + 1) % count + 1) * n)
            by_x, by_p = self.map.reset_derivatives(end, orbit.p)
            found.start[after, after] = np.eye(n)
            found.end[after, j * n : (j + 1) * n] = -by_x
            found.p[after] = -by_p
            found.residual[after] = orbit.x[0, after] - self.map.landed(end, orbit.p)
            if j < count - 1:
                by_x, by_p, gap = self.threshold(end, orbit.p)
                found.end[count * n + j, j * n : (j + 1) * n] = by_x
                found.p[count * n + j], found.residual[count * n + j] = by_p, gap
        return found

    def threshold(self, x, p):
        """Return the threshold's derivatives and gap, in the size of the variables."""
        by_x, by_p = self.map.threshold_derivatives(x, p)
        size = np.abs(by_x * self.segments.field.limits()).max()
        return by_x[0] / size, by_p[0] / size, float(self.map.gap(x, p)) / size

    def beginning(self, guess: Orbit, scale: np.ndarray):
        """Return the condition that the last piece ends at the threshold."""

        def condition(orbit: Orbit) -> tuple[Row, float]:
            weights = np.zeros_like(orbit.x)
            by_x, by_p, gap = self.threshold(self._ends(orbit)[-1], orbit.p)
            last = slice((self.count - 1) * self.n, self.count * self.n)
            weights[-1, last] = by_x
            return Row(weights, 0.0, by_p), -gap

        return condition

    def multipliers(self, linear: Linear) -> np.ndarray:
        """Return 1 for the flow, then the reset map's own multipliers, by size."""
        n, orbit = self.n, linear.orbit
        product = np.eye(n)
        for j, end in enumerate(self._ends(orbit)):
            own = slice(j * n, (j + 1) * n)
            for block in linear.transfers[:, own, own]:
                product = block @ product
            slope = self.segments.field.point_slopes(end, np.array([orbit.p]))
            by_x, _, _ = self.threshold(end, orbit.p)
            arrival = np.eye(n) - np.outer(slope / (by_x @ slope), by_x)
            product = self.map.reset_derivatives(end, orbit.p)[0] @ arrival @ product
        values = np.linalg.eigvals(product).astype(complex)
        values = values[np.argsort(-np.abs(values))]
        return np.append(1.0, values[:-1])  # one is 0: when a round begins is lost at its end


@dataclass
class ResetPoint(CyclePoint):
    """A cycle through the reset; `orbit` has all its pieces, in slowed time."""

    durations: np.ndarray
    starts: np.ndarray
    visited: np.ndarray

    @property
    def period(self) -> float:
        """Return the period in ms."""
        return float(self.durations.sum())

    @property
    def states(self) -> np.ndarray:
        """Return the states that it goes through."""
        return self.visited

    @property
    def extremes(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the least and the greatest value of each variable; most are where pieces end."""
        return self.visited.min(axis=0), self.visited.max(axis=0)

    @property
    def spikes(self) -> int:
        """Return how many spikes a round counts."""
        return len(self.durations)


class ResetFollower(Follower):
    """Steps along a branch of cycles through the reset."""

    def __init__(self, field: Field, jump: ResetMap, count: int, span: float):
        super().__init__(Segments(field, count), span)
        self.map = jump
        self.boundary = Resets(self.field, jump)

    def made(self, orbit: Orbit, tangent: tuple, linear: Linear) -> ResetPoint:
        """Return an orbit with its multipliers."""
        pieces = self.field.pieces(orbit.x.T)
        starts = pieces[:, :, 0].T
        pauses = [self.map.pause(x, orbit.p) for x in starts]
        visited = pieces.transpose(1, 2, 0).reshape(-1, self.field.field.n)
        linear = replace(linear, orbit=orbit)
        return ResetPoint(
            orbit,
            tangent,
            self.boundary.multipliers(linear),
            self.field.durations(orbit) + pauses,
            starts,
            visited,
        )

    def adapted(self, orbit: Orbit) -> np.ndarray:
        """Return a mesh that fits an orbit."""
        return adapted(orbit, self.scale, closed=False)

    def is_hopf(self, here: CyclePoint, there: CyclePoint) -> bool:
        """Return that a cycle through the reset never shrinks to a point."""
        return False


def too_short(jump: ResetMap, point: ResetPoint) -> str:
    """Return why a branch ends where the next spike would fall into the refractory period."""
    for duration, x in zip(point.durations, point.starts, strict=True):
        if jump.refractory(x, point.p) > duration:
            return "refractory"
    return ""
