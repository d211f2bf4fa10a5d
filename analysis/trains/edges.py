"""Which window, or which bin, a spike belongs to.

Windows are half open, [start, end), and a spike on the grid of a simulation is a multiple of dt up
to rounding: one that a few digits put before an edge lies on it.
"""

import numpy as np

ON_EDGE = 1e-6  # of a bin, or in ms: so much before an edge lies on it


def within(times, start, end=np.inf):
    """Return which times lie in the window [start, end).

    Parameters
    ----------
    times : array
    start, end : float or array
        In ms, as the times.

    Examples
    --------
    >>> within(np.array([0.3, 0.1 * 3, 0.4]), 0.1 * 3, 0.4)    # 0.1 * 3 is 0.30000000000000004
    array([ True,  True, False])
    """
    return (times >= start - ON_EDGE) & (times < end - ON_EDGE)


def bin_of(times, start, width):
    """Return the number of the bin in which each time lies, counted from `start`.

    Examples
    --------
    >>> bin_of(np.array([0.3, 9.9, 0.1 * 99]), 0.0, 0.1 * 3).tolist()
    [1, 33, 33]
    """
    return np.floor((times - start) / width + ON_EDGE).astype(np.int64)
