"""The laws of strength and duration: which current reaches threshold in which time."""

import numpy as np


def lapicque(duration, rheobase, chronaxie):
    """Return the threshold of Lapicque's law: a leaky membrane charged to a fixed potential.

    Parameters
    ----------
    duration, chronaxie : float or array
        In the same unit.
    rheobase : float
        Threshold of a pulse without end.

    Examples
    --------
    >>> round(float(lapicque(7.0, 1.5, 7.0)), 12)
    3.0
    """
    return rheobase / -np.expm1(-np.log(2) * duration / chronaxie)


def weiss(duration, rheobase, chronaxie):
    """Return the threshold of Weiss' law, ``rheobase*(1 + chronaxie/duration)``.

    Examples
    --------
    >>> weiss(7.0, 1.5, 7.0)
    3.0
    """
    return rheobase * (1 + chronaxie / duration)


LAWS = {"lapicque": lapicque, "weiss": weiss}
