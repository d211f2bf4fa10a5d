"""The adjoint of a cycle through the reset: how its phase answers an infinitely small push."""

from dataclasses import dataclass

import numpy as np

from ..continuation.arclength import NoConvergence
from .rounds import to_threshold
from .segments import ResetFollower, ResetPoint

ACCURACY = 1e-10


@dataclass
class Moment:
    """A place on a cycle through the reset.

    ``piece`` counts the spikes before it; ``place`` is the slowed time since the cell goes on, and
    ``pause`` for how many ms it is still held.
    """

    piece: int
    x: np.ndarray
    place: float
    pause: float


class Adjoint:
    """The advance of all later spikes per push of each variable, Z, around a cycle.

    Between spikes Z is carried backwards; in slowed time s, with the pace r = dt/ds, the flow is
    r*f and dZ/ds = -(d(r*f)/dx)^T Z + dr/dx, so that Z . f = 1 throughout. A push just before the
    threshold, with gap g(x), moves the spike by g'/(g' . f) and the landing by what is left of it;
    this is the saltation matrix of a flow that is reset (Coombes, Thul & Wedgwood 2012, Physica D
    241:2042-2057). Both are linear in Z, and a round leads back to where it began.

    Parameters
    ----------
    follower : ResetFollower
    point : ResetPoint
    """

    def __init__(self, follower: ResetFollower, point: ResetPoint):
        self.field, self.jump = follower.field.field, follower.map
        self.fastest, self.p = follower.field.fastest, point.p
        runs = [to_threshold(self.field, self.jump, self.p, x) for x in point.starts]
        if any(run is None for run in runs):
            raise NoConvergence("a piece of the cycle does not reach the threshold")
        self.runs = runs
        last = [run.y[:-1, -1] for run in runs]
        self.resets = [self.jump.reset(x, self.p) for x in (last[-1], *last[:-1])]
        self.pauses = [self.jump.pause(x, self.p) for x in self.resets]
        self.ends = np.cumsum(self.pauses + np.array([run.y[-1, -1] for run in runs]))
        self._backward = [self._carried(run) for run in runs]
        self._last = self._closed()

    @property
    def period(self) -> float:
        """The length of a round, in ms."""
        return float(self.ends[-1])

    def moments(self, phases) -> list[Moment]:
        """Return the places at shares of the round, which begins with its last spike."""
        return [self._moment(t) for t in np.asarray(phases) * self.period]

    def at(self, moment: Moment) -> np.ndarray:
        """Return Z at a moment, in ms per unit of each variable."""
        run = self.runs[moment.piece]
        z = self._between(moment.piece, min(moment.place, run.t[-1]))
        if not moment.pause:
            return z
        going_on = lambda x, p: self.jump.paused(x, p, moment.pause)  # noqa: E731
        return self.jump.by_state(going_on, moment.x, self.p).T @ z

    def _moment(self, t: float) -> Moment:
        from scipy.optimize import brentq

        k = min(int(np.searchsorted(self.ends, t, side="right")), len(self.ends) - 1)
        since = t - (self.ends[k - 1] if k else 0)
        if since < self.pauses[k]:
            x = self.jump.paused(self.resets[k], self.p, since)
            return Moment(k, x, 0.0, self.pauses[k] - since)
        run = self.runs[k]
        late = lambda s: run.sol(s)[-1] - (since - self.pauses[k])  # noqa: E731
        place = brentq(late, 0, run.t[-1], xtol=1e-14) if late(run.t[-1]) > 0 else run.t[-1]
        place = place if late(0) < 0 else 0.0
        return Moment(k, run.sol(place)[:-1], place, 0.0)

    def _carried(self, run):
        """Return Z along a piece as (M, m), by slowed time: Z = M Z(end) + m."""
        from scipy.integrate import solve_ivp

        n, v, p = self.field.n, self.field.membrane, np.array([[self.p]])

        def slopes(s, y):
            x = run.sol(s)[:-1, None]
            f = self.field.slopes(x, p)[:, 0]
            d = self.field.derivatives(x, p)[0, :, :n]
            slow = np.hypot(1, f[v] / self.fastest)
            slowing = f[v] / (self.fastest * slow) ** 2 * d[v]
            change = -((d - np.outer(f, slowing)) / slow).T @ y.reshape(n, n + 1)
            change[:, n] -= slowing / slow
            return change.ravel()

        # Z(end) is about the inverse of the flow there, however fast that is
        first = np.eye(n, n + 1)
        return solve_ivp(slopes, (run.t[-1], 0), first.ravel(), "LSODA", rtol=ACCURACY,
                         atol=ACCURACY, dense_output=True)  # fmt: skip

    def _affine(self, piece: int, place: float) -> tuple[np.ndarray, np.ndarray]:
        n = self.field.n
        both = self._backward[piece].sol(place).reshape(n, n + 1)
        return both[:, :n], both[:, n]

    def _between(self, piece: int, place: float) -> np.ndarray:
        whole, added = self._affine(piece, place)
        return whole @ self._last[piece] + added

    def _through(self, piece: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (B, b): Z at the end of a piece is B Z(start of the next) + b."""
        x = self.runs[piece].y[:-1, -1]
        slope = self.field.point_slopes(x, np.array([self.p]))
        by_x = self.jump.by_state(self.jump.gap, x, self.p)
        later = by_x / (by_x @ slope)
        left = np.eye(self.field.n) - np.outer(slope, later)
        pause = lambda y, p: self.jump.pause(self.jump.reset(y, p), p)  # noqa: E731
        longer = self.jump.by_state(pause, x, self.p)
        whole = self.jump.by_state(self.jump.landed, x, self.p)
        return (whole @ left).T, later - longer @ left

    def _closed(self) -> list[np.ndarray]:
        """Return Z at the ends of all pieces, from the condition that a round repeats itself."""
        n, count = self.field.n, len(self.runs)
        whole, added, ends = np.eye(n), np.zeros(n), []
        maps = [self._through(k) for k in range(count)]
        for k in reversed(range(count)):  # to the beginning of the first piece
            matrix, plus = maps[k]
            flow, more = self._affine(k, 0.0)
            whole, added = flow @ matrix @ whole, flow @ (matrix @ added + plus) + more
        z = np.linalg.solve(np.eye(n) - whole, added)
        for k in reversed(range(count)):
            ends.insert(0, maps[k][0] @ z + maps[k][1])
            flow, more = self._affine(k, 0.0)
            z = flow @ ends[0] + more
        return ends
