"""Normal-form coefficients of bifurcations of equilibria (Kuznetsov 2004, chapters 5 and 8)."""

import numpy as np

from .field import Field


def _null(matrix: np.ndarray) -> np.ndarray:
    return np.linalg.svd(matrix)[2][-1].conj()


def fold_coefficient(field: Field, x, p) -> float:
    """Return the coefficient a of a saddle-node, dw/dt = b*(p - p_c) + a*w**2; 0 at a cusp.

    ``a = <p, B(q, q)>/2`` with unit null vectors q, the membrane of which is positive, and p scaled
    to <p, q> = 1 (equation 5.3). NaN at a Bogdanov-Takens point, where <p, q> = 0.
    """
    jacobian = field.jacobian(x, p)
    q, left = _null(jacobian), _null(jacobian.T)
    q = q * (1 if q[field.membrane] >= 0 else -1)
    if abs(left @ q) < 1e-12:
        return np.nan
    left = left / (left @ q)
    return float((left @ field.form(x, p, q, q)).real / 2)


def hopf_vectors(jacobian: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the frequency, and the right and left vector with <q, q> = <p, q> = 1."""
    values, vectors = np.linalg.eig(jacobian)
    pair = np.flatnonzero(values.imag > 1e-12 * np.abs(values).max())
    k = pair[np.argmin(np.abs(values[pair].real))]
    omega, q = values[k].imag, vectors[:, k]
    left_values, left_vectors = np.linalg.eig(jacobian.T)
    left = left_vectors[:, np.argmin(np.abs(left_values - values[k].conj()))]
    return omega, q, left / np.vdot(left, q).conj()


def first_lyapunov(field: Field, x, p) -> float:
    """Return the first Lyapunov coefficient of a Hopf point, per ms (equation 5.39; <q, q> = 1).

    Negative: supercritical, the cycles that are born are stable.
    """
    jacobian = field.jacobian(x, p)
    omega, q, left = hopf_vectors(jacobian)
    b = lambda u, v: field.form(x, p, u, v)  # noqa: E731
    h11 = np.linalg.solve(jacobian, b(q, q.conj()))
    h20 = np.linalg.solve(2j * omega * np.eye(field.n) - jacobian, b(q, q))
    cubic = field.form(x, p, q, q, q.conj()) - 2 * b(q, h11) + b(q.conj(), h20)
    return float(np.vdot(left, cubic).real / (2 * omega))
