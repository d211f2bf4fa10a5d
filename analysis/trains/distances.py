"""How far two spike trains are apart: van Rossum and SPIKE distance, coincidence factor.

The van Rossum distance and the coincidence factor are closed sums of a few lines; Elephant is the
oracle of the first in the tests (no library has the second). The SPIKE distance is PySpike's.
"""

import numpy as np
import pandas as pd

from ...errors import InputError
from ..plain_numbers import takes
from .edges import ON_EDGE, within
from .spikes import check_train
from .trace_tables import check_known, check_neurons


@takes(train="ms", other="ms", tau="ms")
def van_rossum_distance(train, other, tau: float = 10.0) -> float:
    """Distance of two spike trains after every spike has become a decaying exponential.

    Parameters
    ----------
    train, other : array_like, shape (n,)
        Increasing spike times, ms.
    tau : float
        Time constant of the exponential, ms. Far below the intervals the distance counts spikes
        without partner, far above them it compares numbers of spikes.

    Returns
    -------
    float
        The square root of ``2/tau`` times the integral of the squared difference: one spike more is
        a distance of 1, two spikes that are ``d`` apart of ``sqrt(2 (1 - exp(-d/tau)))``.

    Raises
    ------
    ValueError
        For times that are not finite or do not increase, and a `tau` that is not above zero.

    Notes
    -----
    van Rossum 2001, Neural Comput 13:751, eq. 2.2, times the square root of two, as in Elephant.

    Examples
    --------
    >>> van_rossum_distance([10.0], []), round(van_rossum_distance([10.0], [15.0], tau=10.0), 4)
    (1.0, 0.8871)
    """
    a, b = check_train("train", train), check_train("other", other)
    tau = _positive("tau", tau)
    times = np.concatenate([a, b])
    signs = np.repeat([1.0, -1.0], [len(a), len(b)])
    order = np.argsort(times, kind="stable")
    times, signs = times[order], signs[order]
    # sum over pairs of sign sign' exp(-|t - t'|/tau): what is left, at each spike, of those before
    decays = np.exp(-np.diff(times, prepend=times[:1]) / tau)
    total = before = 0.0
    for sign, decay in zip(signs, decays, strict=True):
        before *= decay
        total += 1.0 + 2.0 * sign * before
        before += sign
    return float(np.sqrt(max(total, 0.0)))


@takes(train="ms", other="ms", start="ms", end="ms")
def spike_distance(train, other, start: float, end: float) -> float:
    """SPIKE distance of two spike trains: how far apart spikes are, relative to the local rate.

    Parameters
    ----------
    train, other : array_like, shape (n,)
        Increasing spike times, ms.
    start, end : float
        The recording, ms; spikes outside are left out.

    Returns
    -------
    float
        0 for equal trains, below 1; no time scale is chosen. NaN where one train has no spike:
        then there is no local rate.

    Raises
    ------
    ImportError
        Without PySpike, with the command that installs it.
    ValueError
        For times that are not finite or do not increase, and an empty window.

    Notes
    -----
    Kreuz et al. 2013, J Neurophysiol 109:1457; computed by PySpike (extra ``recordings``).

    Examples
    --------
    >>> spike_distance([10.0, 20.0], [10.0, 20.0], 0.0, 50.0)       # doctest: +SKIP
    0.0
    """
    a, b = _inside("train", train, start, end), _inside("other", other, start, end)
    try:
        import pyspike
    except ImportError:
        raise ImportError(
            "spike_distance needs PySpike: pip install 'excitable[recordings]'"
        ) from None
    if not (len(a) and len(b)):
        return np.nan
    trains = (pyspike.SpikeTrain(times, [start, end]) for times in (a, b))
    return float(pyspike.spike_distance(*trains))


@takes(data="ms", model="ms", start="ms", end="ms", precision="ms")
def coincidence_factor(data, model, start: float, end: float, *, precision: float = 4.0) -> float:
    r"""Coincidence factor: which part of the spikes a model predicts, beyond chance.

    Parameters
    ----------
    data, model : array_like, shape (n,)
        Increasing spike times of the cell and of its model, ms.
    start, end : float
        The window that is compared, ms; spikes outside are left out.
    precision : float
        Largest distance of two coincident spikes, ms.

    Returns
    -------
    float
        1 where every spike has its partner, 0 on average for a Poisson process of the model's rate,
        negative where it is worse than that; NaN where neither fires.

    Raises
    ------
    ValueError
        For times that are not finite or do not increase, an empty window, and a precision at which
        chance explains everything (``2 * precision`` times the model's rate is 1 or more).

    Notes
    -----
    With the rate ``nu`` of the model, :math:`\Gamma = (N_c - 2 \nu \Delta N_{data}) / (\frac12
    (N_{data} + N_{model})) / (1 - 2 \nu \Delta)`: Kistler, Gerstner & van Hemmen 1997, Neural
    Comput 9:1015; Jolivet et al. 2008, J Neurosci Methods 169:417 (4 ms). A spike belongs to one
    coincidence at most.

    Examples
    --------
    >>> coincidence_factor([10.0, 30.0], [11.0, 29.0], 0.0, 100.0)
    1.0
    """
    a, b = _inside("data", data, start, end), _inside("model", model, start, end)
    precision = _positive("precision", precision)
    if not (len(a) or len(b)):
        return np.nan
    by_chance = 2 * precision * len(b) / (end - start)
    if by_chance >= 1:
        raise InputError(
            f"precision: within {precision:g} ms of a train of {len(b)} spikes in {end - start:g} "
            "ms lies every moment, so that chance explains all; take a smaller one"
        )
    extra = _coincidences(a, b, precision) - by_chance * len(a)
    return float(extra / (0.5 * (len(a) + len(b))) / (1 - by_chance))


@takes(data="any", model="any", start="ms", end="ms", precision="ms", tau="ms")
def compare_spikes(
    data: pd.DataFrame, model: pd.DataFrame, *, n: int | None = None, start: float, end: float,
    precision: float = 4.0, tau: float = 10.0,
) -> pd.DataFrame:  # fmt: skip
    """Compare the spikes of a recording and of a model, sweep by sweep.

    Parameters
    ----------
    data, model : DataFrame
        Columns ``neuron`` and ``t_ms``, as `detect_spikes` and `excitable.protocols.response` give.
    n : int, optional
        Number of sweeps, silent ones included; default: up to the last that has a spike.
    start, end : float
        The window that is compared, ms.
    precision : float
        See `coincidence_factor`, ms.
    tau : float
        See `van_rossum_distance`, ms.

    Returns
    -------
    DataFrame
        ``neuron``, ``spikes_data``, ``spikes_model``, ``coincidence`` (see `coincidence_factor`)
        and ``van_rossum`` (see `van_rossum_distance`).

    Raises
    ------
    ValueError
        For missing columns, spikes of neurons beyond `n`, and what the two measures refuse.

    Examples
    --------
    >>> data = pd.DataFrame({"neuron": [0, 0], "t_ms": [10.0, 30.0]})
    >>> compare_spikes(data, data + [0, 1.0], start=0, end=100).round(3)
       neuron  spikes_data  spikes_model  coincidence  van_rossum
    0       0            2             2          1.0       0.615
    """
    for name, spikes in (("data", data), ("model", model)):
        if not {"neuron", "t_ms"} <= set(spikes):
            raise InputError(f"{name}: expected columns neuron and t_ms, got {list(spikes)}")
        check_neurons(spikes)
    if n is None:
        n = int(max([-1, *data["neuron"], *model["neuron"]])) + 1
    for spikes in (data, model):
        remedy = f"take the spikes of those that are compared, by query('neuron < {n}')"
        check_known(spikes, range(n), f"of {n} sweeps; {remedy}")
    rows = []
    for neuron in range(n):
        a, b = (
            _inside(name, np.sort(spikes["t_ms"][spikes["neuron"] == neuron]), start, end)
            for name, spikes in (("data", data), ("model", model))
        )
        gamma = coincidence_factor(a, b, start, end, precision=precision)
        rows.append((neuron, len(a), len(b), gamma, van_rossum_distance(a, b, tau)))
    names = ["neuron", "spikes_data", "spikes_model", "coincidence", "van_rossum"]
    return pd.DataFrame(rows, columns=names)


def _coincidences(a, b, precision: float) -> int:
    """Return the largest number of pairs within the precision, each spike in one pair."""
    number = i = j = 0
    while i < len(a) and j < len(b):
        # Of sorted trains the earliest partner is the best one.
        if abs(a[i] - b[j]) <= precision + ON_EDGE:
            number, i, j = number + 1, i + 1, j + 1
        elif a[i] < b[j]:
            i += 1
        else:
            j += 1
    return number


def _inside(name: str, times, start: float, end: float) -> np.ndarray:
    if not (np.isfinite(start) and np.isfinite(end) and start < end):
        raise InputError(f"the window [{start}, {end}) ms must be finite and not empty")
    times = check_train(name, times)
    return times[within(times, start, end)]


def _positive(name: str, value) -> float:
    if not (np.isfinite(value) and value > 0):
        raise InputError(f"{name}: must be above zero and finite (ms), got {value}")
    return float(value)
