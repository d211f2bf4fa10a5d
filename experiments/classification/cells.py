"""The cells whose F-I curves are activation functions, and where on them they work."""

import numpy as np
import pandas as pd
from brian2 import cm, ms, msiemens, mV, nA, second, uA
from scipy.stats import binomtest

from ...analysis import RateCurve
from ...models import CONNOR_STEVENS, LIF, QIF
from ...protocols import activation_curve

DENSITY = uA / cm**2
# The leak that keeps the rest of the full cell (Sterratt et al. 2011, section 5.5).
NO_A = CONNOR_STEVENS.with_(g_A=0 * msiemens / cm**2, E_L=-67.8 * mV)
# Lowest and highest current, and the current of an input of 1 beyond the onset: two thirds of the
# range lie above it.
CELLS = {
    "LIF": (LIF, 1 * nA, 5 * nA, 1 * nA),
    "QIF": (QIF, -1, 4, 1),
    "Connor–Stevens": (CONNOR_STEVENS, 4 * DENSITY, 50 * DENSITY, 12 * DENSITY),
    "Connor–Stevens, no A": (NO_A, 0 * DENSITY, 50 * DENSITY, 12 * DENSITY),
}


def curve_of(name: str, backend=None, *, low=None, high=None, unit=None) -> RateCurve:
    """Return the measured curve of one of the `CELLS`, or over another range."""
    model, own_low, own_high, own_unit = CELLS[name]
    return activation_curve(
        model,
        own_low if low is None else low,
        own_high if high is None else high,
        points=49,
        unit=own_unit if unit is None else unit,
        duration=1.5 * second,
        discard=500 * ms,
        start="initial" if model is QIF else "rest",  # without input it has no stable rest
        backend=backend,
    )


def curves_table(curves: dict[str, RateCurve]) -> pd.DataFrame:
    """Return the curves as activation functions: ``cell``, ``x``, ``activity``, ``rate_Hz``."""
    tables = []
    for name, curve in curves.items():
        x = np.linspace(-0.5, min(3, curve.range[1]), 281)
        tables.append(
            pd.DataFrame(
                {
                    "cell": name,
                    "x": x,
                    "activity": curve(x),
                    "rate_Hz": curve.rate(curve.current(x)),
                    "I": curve.current(x),
                    "I_unit": curve.I_unit,
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def success(successes: int, tries: int) -> dict[str, float]:
    """Return a rate of success with its 95 % interval (Wilson 1927).

    Examples
    --------
    >>> {name: round(value, 3) for name, value in success(19, 20).items()}
    {'success': 0.95, 'low': 0.764, 'high': 0.991}
    """
    interval = binomtest(int(successes), int(tries)).proportion_ci(0.95, method="wilson")
    found = {"success": successes / tries, "low": interval.low, "high": interval.high}
    return {name: float(value) for name, value in found.items()}
