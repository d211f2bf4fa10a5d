"""Pseudo-arclength continuation of curves of zeros, F(u) = 0 with one unknown more than equations.

Keller 1977, in Applications of Bifurcation Theory, 359-384. Nothing here knows what u is made of.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

# Newton's method has converged when its step is this small, in scaled unknowns; it gives up after
# so many iterations.
CLOSE, ITERATIONS = 1e-11, 8


class NoConvergence(ArithmeticError):
    """Newton's method did not converge."""


@dataclass
class CurvePoint:
    """A point of a curve, in scaled unknowns, with the unit tangent there."""

    u: np.ndarray
    tangent: np.ndarray


@dataclass(frozen=True)
class Curve:
    """What is followed.

    Attributes
    ----------
    residual : callable
        u (m + 1) -> F (m).
    derivative : callable
        u -> dF/du, shape (m, m + 1).
    scale : array, shape (m + 1,)
        How large the unknowns are; distances along the curve count in it.
    """

    residual: Callable
    derivative: Callable
    scale: np.ndarray

    def bordered(self, s: np.ndarray, row: np.ndarray) -> np.ndarray:
        """Return the derivative in scaled unknowns with a row below it."""
        return np.vstack([self.derivative(s * self.scale) * self.scale, row])

    def tangent(self, s: np.ndarray, along: np.ndarray) -> np.ndarray:
        """Return the unit tangent that points along a given one."""
        try:
            t = np.linalg.solve(self.bordered(s, along), np.eye(len(s))[-1])
        except np.linalg.LinAlgError:
            raise NoConvergence("two curves cross") from None
        return t / np.linalg.norm(t)

    def first(self, u: np.ndarray, direction: float = 1.0) -> CurvePoint:
        """Return the point at unknowns that solve F = 0; the last unknown moves in `direction`."""
        s = np.asarray(u) / self.scale
        matrix = self.derivative(s * self.scale) * self.scale
        t = np.linalg.svd(matrix)[2][-1]
        return CurvePoint(s, t * (1 if t[-1] * direction >= 0 else -1))

    def corrected(self, guess: np.ndarray, row: np.ndarray) -> tuple[np.ndarray, int]:
        """Return the zero of F on the plane through a guess that `row` is normal to."""
        s = guess.copy()
        for k in range(ITERATIONS):
            residual = self.residual(s * self.scale)
            system = self.bordered(s, row)
            if not (np.isfinite(residual).all() and np.isfinite(system).all()):
                break
            try:
                step = np.linalg.solve(system, np.append(residual, row @ (s - guess)))
            except np.linalg.LinAlgError:
                break
            s = s - step
            size = np.abs(step).max()
            if size < CLOSE * max(1.0, np.abs(s).max()):
                return s, k + 1
            if size > 1e3:
                break
        raise NoConvergence("Newton's method did not converge")

    def at(self, point: CurvePoint, distance: float) -> CurvePoint:
        """Return the point of the curve at a distance along the tangent of another."""
        s, _ = self.corrected(point.u + distance * point.tangent, point.tangent)
        return CurvePoint(s, self.tangent(s, point.tangent))

    def follow(
        self, start: CurvePoint, *, step=0.02, longest=0.1, shortest=1e-6, most=4000
    ) -> Iterator[tuple[CurvePoint, float, CurvePoint]]:
        """Yield neighbours on the curve, with the distance along the first one's tangent.

        Raises
        ------
        NoConvergence
            Where no step is short enough.
        """
        here = start
        for _ in range(most):
            while True:
                try:
                    s, count = self.corrected(here.u + step * here.tangent, here.tangent)
                    there = CurvePoint(s, self.tangent(s, here.tangent))
                    turn = here.tangent @ there.tangent
                    if turn > 0.95:
                        break
                except (NoConvergence, np.linalg.LinAlgError):
                    pass
                step /= 2
                if step < shortest:
                    raise NoConvergence("the steps became too short") from None
            yield here, step, there
            here = there
            if count <= 3 and turn > 0.99:
                step = min(1.5 * step, longest)


def located(curve: Curve, here: CurvePoint, step: float, test: Callable) -> CurvePoint:
    """Return where a test function of the point is zero between two neighbours."""
    from scipy.optimize import brentq

    kept: dict[float, CurvePoint] = {}

    def value(distance: float) -> float:
        kept[distance] = curve.at(here, distance) if distance else here
        return test(kept[distance])

    at = brentq(value, 0.0, step, xtol=1e-15, rtol=8.9e-16, maxiter=60)
    return kept[at] if at in kept else curve.at(here, at)
