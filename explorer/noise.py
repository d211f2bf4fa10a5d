"""The page's noise: the same numbers in Python as in the browser."""

import numpy as np
from brian2 import Quantity, ms

from ..errors import InputError
from ..models.checks import check_count, check_positive, check_quantity
from ..protocols.stimuli import Recorded

SAMPLE_MS = 0.5  # how long each value is held


def frozen_noise(
    deviation: Quantity, correlation: Quantity, duration: Quantity, seed: int = 1
) -> Recorded:
    """Return the noise that the block of the page with this seed makes.

    Parameters
    ----------
    deviation : Quantity
        Standard deviation, in the unit of the input.
    correlation : Quantity
        Correlation time; 0 for samples that know nothing of one another.
    duration : Quantity
    seed : int
        From 1 on.

    Returns
    -------
    Recorded
        Samples of an Ornstein-Uhlenbeck process with mean 0, one each 0.5 ms and held until the
        next: ``x -> x*r + deviation*sqrt(1 - r**2)*normal`` with ``r = exp(-0.5 ms/correlation)``,
        the process' exact step.

    Raises
    ------
    ValueError
        For bad input.

    Notes
    -----
    The normals are Box and Muller's (1958, Ann. Math. Statist. 29:610-611) of 32-bit numbers that
    a counter gives: the finaliser of MurmurHash3, which a browser computes exactly too.

    Examples
    --------
    >>> from brian2 import nA
    >>> len(frozen_noise(1*nA, 5*ms, 100*ms, seed=3).values)
    200
    """
    check_count("seed", seed)
    length = check_positive("duration", duration, ms)
    tau = check_quantity("correlation", correlation, ms, scalar=True)
    if tau < 0:
        raise InputError(f"correlation: must not be negative, got {correlation}")
    n = int(np.ceil(length / SAMPLE_MS - 1e-9))
    drawn = normals(n, seed)
    kept = np.exp(-SAMPLE_MS / tau) if tau > 0 else 0.0
    values = np.empty(n)
    x = drawn[0]
    for k in range(n):
        values[k] = x
        if k + 1 < n:
            x = kept * x + np.sqrt(1 - kept**2) * drawn[k + 1]
    return Recorded(values * deviation, dt=SAMPLE_MS * ms)


def normals(n: int, seed: int) -> np.ndarray:
    """Return standard normal numbers, shape (n,).

    Examples
    --------
    >>> abs(normals(10000, 1).std() - 1) < 0.02
    True
    """
    counters = np.arange(2 * n, dtype=np.uint32)
    bits = _mixed(counters + _mixed(np.uint32([seed % 2**32])))
    uniform = (bits.astype(float) + 0.5) / 2**32
    return np.sqrt(-2 * np.log(uniform[0::2])) * np.cos(2 * np.pi * uniform[1::2])


def _mixed(x: np.ndarray) -> np.ndarray:
    """Return 32-bit numbers with their bits mixed (the finaliser of MurmurHash3)."""
    x = x ^ (x >> np.uint32(16))
    x = x * np.uint32(0x85EBCA6B)
    x = x ^ (x >> np.uint32(13))
    x = x * np.uint32(0xC2B2AE35)
    return x ^ (x >> np.uint32(16))
