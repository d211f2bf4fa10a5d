"""What a window shows of a spike train: steady firing, or something that makes no one rate.

The mean interval of any window with two spikes is a number, but it is *the* rate of a cell only
where another window would have given the same. Three things speak against that, and each is
measured here, for every neuron of a group at once:

* **Uneven**: the spikes do not follow a straight line. With the intervals ``I_k`` of the window
  the sums ``S_j = sum_{k<=j} (I_k - mean)`` leave zero and come back to it. Their range over the
  window's length is the error of the rate: for bursts of ``k`` spikes it is ``(1 - 1/k)`` over the
  number of gaps, the error at the worst phase of the window; for a Poisson process it is
  ``sqrt(pi/2 n)`` on average, the standard error ``1/sqrt(n)`` up to a factor. A silence before
  the first or after the last spike that is longer than the mean interval is an interval that is
  not over, and enters as one: so a single burst shows. An interval that began before the window and
  ends in it is known whole and enters as it is: one interval is no rate where the one before it was
  another. Firing that has stopped shows as a silence at the end that is half as long again as any
  interval.
* **Drifting**: intervals that grow or shrink from one third of the window to the next, by more
  than their scatter and the time step explain; also a slow drift whose thirds, continued
  geometrically (Aitken), lead elsewhere.
* **Faster than the step**: intervals of one or two steps are those of the integration, not of
  the cell.

Of a cell that draws random numbers no window tells the rate, however even its spikes are: what
would be steady or silent is **one trial**.
"""

import numpy as np

from .edges import within

STEADY, SILENT = "steady", "silent"
ONE_SPIKE, UNEVEN, DRIFTING = "one spike", "uneven", "drifting"
TOO_FAST, MOVING = "faster than the step", "not at rest"
ONE_TRIAL = "one trial"
RESOLVED = (STEADY, SILENT)

LONGER = 1.001  # than the mean interval: a silence at an end that counts as one
# Largest range of the sums, relative to the window: the rate is known to a tenth.
MOST_UNEVEN = 0.1
# Largest change of the interval between thirds of a window, and to where a drift leads.
MOST_DRIFT, MOST_AHEAD = 0.02, 0.05
MISSED = 1.5  # silence at the end, in intervals: at least one spike did not come
SIGNIFICANT = 3.0  # standard errors
FEWEST_STEPS = 3.0  # in an interval


def firing_kinds(neurons, times, n, start, end, dt_ms=0.0, one_trial=False) -> np.ndarray:
    """Return what the window [start, end) shows of each of n neurons.

    Parameters
    ----------
    neurons, times : array, shape (spikes,)
        Sorted by neuron, then by time in ms; those before the window too.
    n : int
    start, end : array, shape (n,)
    dt_ms : float
        Time step of the run that made the spikes; 0 for spikes that were measured.
    one_trial : bool
        Whether another trial has other spikes.

    Returns
    -------
    array of objects, shape (n,)
        ``"steady"``, ``"silent"``, ``"one spike"``, ``"uneven"``, ``"drifting"``,
        ``"faster than the step"`` or ``"one trial"``.

    Examples
    --------
    >>> times = np.array([10.0, 20.0, 30.0, 12.0, 14.0, 16.0])
    >>> firing_kinds(np.repeat([0, 1], 3), times, 3, np.zeros(3), np.full(3, 40.0)).tolist()
    ['steady', 'uneven', 'silent']
    """
    inside = within(times, start[neurons], end[neurons])
    count = np.bincount(neurons[inside], minlength=n)
    kinds = np.select([count == 0, count == 1], [SILENT, ONE_SPIKE], STEADY).astype(object)
    several = np.flatnonzero(count > 1)
    for kind, found in zip(
        (DRIFTING, UNEVEN, TOO_FAST),  # the last of those that hold is said
        _faults(neurons, times, inside, several, start, end, dt_ms),
        strict=True,
    ):
        kinds[several[found]] = kind
    if one_trial:
        kinds[np.isin(kinds, RESOLVED)] = ONE_TRIAL
    return kinds


def _faults(neurons, times, inside, several, start, end, dt_ms):
    """Return which of the neurons with two spikes or more drift, are uneven, or too fast."""
    place = np.full(len(start), -1)
    place[several] = np.arange(len(several))
    here = inside & (place[neurons] >= 0)
    spikes, own, k = times[here], place[neurons[here]], len(several)
    first = np.searchsorted(own, np.arange(k))
    last = np.searchsorted(own, np.arange(k), side="right") - 1
    same = own[1:] == own[:-1]
    isi, of = np.diff(spikes)[same], own[1:][same]
    mean = (spikes[last] - spikes[first]) / (last - first)
    before = _last_before(neurons, times, several, start)
    lead = spikes[first] - np.where(np.isnan(before), start[several], before)
    tail = end[several] - spikes[last]
    lead, tail = (np.where(np.isfinite(gap), gap, 0.0) for gap in (lead, tail))  # open windows
    longest = np.maximum.reduceat(isi, np.searchsorted(of, np.arange(k))) if k else mean
    whole = np.isfinite(before)  # the interval that leads to the first spike is over
    uneven = _unevenness(isi, of, k, mean, lead, tail, whole) > MOST_UNEVEN if k else mean > 0
    return (
        _drifting(isi, of, k, mean, dt_ms),
        uneven | (tail > MISSED * longest + dt_ms),
        mean < FEWEST_STEPS * dt_ms,
    )


def _last_before(neurons, times, several, start):
    """Return each neuron's last spike before its window, NaN where there is none."""
    found = np.full(len(start), np.nan)
    early = ~within(times, start[neurons])
    found[neurons[early]] = times[early]  # the last of those assigned stays
    return found[several]


def _unevenness(isi, of, k, mean, lead, tail, whole):
    """Return the range of the sums of (interval - mean), relative to the length of all.

    Or by how much the silences at the ends change the mean interval, if that is more.
    """
    before = np.flatnonzero(whole | (lead > LONGER * mean))
    after = np.flatnonzero(tail > LONGER * mean)
    values, owner = isi, of
    if len(before) or len(after):
        values = np.concatenate([lead[before], isi, tail[after]])
        owner = np.concatenate([before, of, after])
        order = np.argsort(owner, kind="stable")
        values, owner = values[order], owner[order]
    number = np.bincount(owner, minlength=k)
    total = np.bincount(owner, weights=values, minlength=k)
    sums = np.cumsum(values - (total / number)[owner])
    begin = np.cumsum(number) - number
    # Every neuron's sums end at zero up to rounding, so they may be cut out of one long sum.
    sums = sums - np.concatenate([[0.0], sums])[begin][owner]
    high = np.maximum(np.maximum.reduceat(sums, begin), 0.0)
    low = np.minimum(np.minimum.reduceat(sums, begin), 0.0)
    return np.maximum((high - low) / total, np.abs(total / number / mean - 1))


def _drifting(isi, of, k, mean, dt_ms):
    """Return which neurons' intervals drift."""
    number = np.bincount(of, minlength=k)
    begin = np.cumsum(number) - number
    rank = np.arange(len(isi)) - begin[of]
    size = np.maximum(number // 3, 1)
    thirds = [rank < size[of], rank >= (number - size)[of]]
    thirds.insert(1, ~(thirds[0] | thirds[1]))
    a, b, c = (_mean(isi[part], of[part], k) for part in thirds)
    step = np.diff(isi)[of[1:] == of[:-1]]
    owner = of[1:][of[1:] == of[:-1]]
    pairs = np.maximum(np.bincount(owner, minlength=k), 1)
    scatter = np.sqrt(np.bincount(owner, weights=step**2, minlength=k) / pairs / 2)
    rising = np.bincount(owner, weights=step > 0, minlength=k)
    falling = np.bincount(owner, weights=step < 0, minlength=k)
    one_way = np.minimum(rising, falling) == 0
    error = SIGNIFICANT * scatter * np.sqrt(2 / size)
    real = one_way | (np.abs(c - a) > error)
    changed = np.abs(c - a) > np.maximum(MOST_DRIFT * mean, dt_ms)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (c - b) / (b - a)
        ahead = c + (c - b) * ratio / (1 - ratio)
    slow = (ratio > 0) & (ratio < 1) & one_way & (np.abs(c - b) > dt_ms)
    leads_away = slow & (np.abs(ahead - mean) > MOST_AHEAD * mean)
    return (number > 1) & real & (changed | leads_away)


def _mean(values, owner, k):
    number = np.maximum(np.bincount(owner, minlength=k), 1)
    return np.bincount(owner, weights=values, minlength=k) / number
