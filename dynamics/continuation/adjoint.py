"""The adjoint of a periodic orbit: how its phase answers an infinitely small push."""

import numpy as np

from .collocation import DEGREE, linearised
from .cycles import CyclePoint
from .field import Field


def adjoint(field: Field, point: CyclePoint) -> np.ndarray:
    """Return dphase/dx (in ms per unit of each variable) at the starts of the mesh's intervals.

    The left eigenvector of the multiplier 1, carried backwards through the flow's derivatives
    (Ermentrout & Kopell 1991, J. Math. Biol. 29:195-217), with Z . dx/dt = 1.
    """
    orbit = point.orbit
    transfers = linearised(field, orbit).transfers
    product = np.eye(field.n)
    for block in transfers:
        product = block @ product
    z = np.linalg.svd(product.T - np.eye(field.n))[2][-1]
    found = np.empty((len(transfers) + 1, field.n))
    for _ in range(4):  # backwards it is attracting: rounding of the product is forgotten
        found[-1] = z
        for k in reversed(range(len(transfers))):
            found[k] = found[k + 1] @ transfers[k]
        start = orbit.x[0]
        speed = field.slopes(start, np.array([orbit.p]))
        z = found[0] / (found[0] @ speed)
    ends = orbit.x[::DEGREE]
    speeds = field.slopes(ends.T, np.full((1, len(ends)), orbit.p)).T
    return found / (found * speeds).sum(axis=1, keepdims=True)
