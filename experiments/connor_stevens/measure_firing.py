"""The lowest current that keeps Connor-Stevens cells firing, from rest or from firing."""

import numpy as np
import pandas as pd
from brian2 import Quantity, ms, mV
from scipy.optimize import curve_fit

from ...analysis import spike_table
from ...models import CONNOR_STEVENS
from ...protocols import Constant, Step
from ...protocols.firing.search import search
from ...simulation import simulate
from ..study import Settings
from .common import CONDUCTANCE, DENSITY, DT, LEAD, UNIT_TEXT, bottleneck_ms


def onsets(
    curves: pd.DataFrame, by: list[str], settings: Settings, *, tolerance: float, margin: float
) -> pd.DataFrame:
    """Refine the onset of F-I curves.

    Parameters
    ----------
    curves : DataFrame
        As from `fi_curve`, with the columns `by`: g_A (mS/cm2) and E_L (mV).
    by : list of str
        One onset for each of their combinations.
    settings : Settings
    tolerance : float
        Of the threshold, relative.
    margin : float
        How far above the threshold the onset rate is measured, relative to it.

    Returns
    -------
    DataFrame
        `by`, the threshold ``I`` and the last silent current ``I_silent``, ``onset_rate_Hz``, and
        ``latency_ms`` at 1.1 times the threshold (NaN where it is not positive).
    """
    fires = curves[curves["rate_Hz"] != 0].groupby(by)["I"].min()
    silent = curves[curves["rate_Hz"] == 0].groupby(by)["I"].max()
    cells = fires.index.to_frame(index=False)
    below, found = lowest_firing(
        cells, silent[fires.index].to_numpy(), fires.to_numpy(), settings, tolerance=tolerance
    )
    current = np.concatenate([found + margin * np.abs(found), 1.1 * found])
    measured = fire(
        pd.concat([cells, cells], ignore_index=True), current, current, 2000.0, settings
    )
    table = cells.assign(I=found, I_unit="uA/cm**2", I_silent=below)
    table["onset_rate_Hz"] = measured["rate_Hz"].to_numpy()[: len(cells)]
    latency = measured["latency_ms"].to_numpy()[len(cells) :]
    table["latency_ms"] = np.where(found > 0, latency, np.nan)
    table.attrs = {
        "units": {"g_A": UNIT_TEXT, "E_L": "mV", "I_silent": "uA/cm**2"},
        "margin": margin,
    }
    return table


def fit_bottleneck(current, time_ms, guess: float) -> dict[str, float]:
    """Fit time = A/sqrt(I - I_0) + B, the passage by a saddle-node that has just vanished.

    Parameters
    ----------
    current, time_ms : array, shape (n,)
        Inputs (uA/cm2) a little above the saddle-node, and periods or latencies.
    guess : float
        Of I_0, below all of them.

    Returns
    -------
    dict
        A, B and I_0.
    """
    start = (100.0, 0.0, guess)
    values, _ = curve_fit(bottleneck_ms, current, time_ms, start, xtol=1e-12, ftol=1e-12)
    return dict(zip(("A", "B", "I_0"), map(float, values), strict=True))


def vanished_rest(cells: pd.DataFrame, fires, settings: Settings) -> np.ndarray:
    """Return the current from which a step from rest makes each cell fire, however late.

    A run of 2 s sees no latency longer than itself and puts this threshold too high by some 0.002
    uA/cm2. So latencies above it are extrapolated to an endless one.

    Parameters
    ----------
    cells : DataFrame
        Columns g_A (mS/cm2) and E_L (mV).
    fires : array, shape (cells,)
        A current just above, from `lowest_firing`, uA/cm2.
    settings : Settings

    Returns
    -------
    array, shape (cells,)
        uA/cm2.
    """
    above = np.linspace(0.05, 0.15, 8) ** 2  # uA/cm2; there the first spike takes 0.6 to 1.7 s
    current = np.asarray(fires)[:, None] + above
    repeated = cells.loc[cells.index.repeat(len(above))]
    measured = fire(repeated, current.ravel(), current.ravel(), 2000.0, settings)
    latencies = measured["latency_ms"].to_numpy().reshape(current.shape)
    rows = zip(current, latencies, fires, strict=True)
    return np.array([fit_bottleneck(I, t, first - 2e-3)["I_0"] for I, t, first in rows])


def lowest_firing(
    cells: pd.DataFrame, low, high, settings: Settings, *, before=None, tolerance, duration=1000.0
) -> tuple[np.ndarray, np.ndarray]:
    """Search, for all cells at once, the lowest current at which firing goes on.

    Parameters
    ----------
    cells : DataFrame
        Columns g_A (mS/cm2) and E_L (mV).
    low, high : array, shape (cells,)
        Where to begin, uA/cm2.
    settings : Settings
    before : array, shape (cells,), optional
        Current of the lead, uA/cm2; NaN, the default, for the same as afterwards: a step from rest.
    tolerance : float
        Relative.
    duration : float
        Of the runs that decide, ms.

    Returns
    -------
    low, high : array, shape (cells,)
        The last silent current, and the first that keeps the cell firing.
    """
    lead = np.full(len(cells), np.nan) if before is None else before

    def fires(amplitudes: np.ndarray, length: float) -> np.ndarray:
        repeated = cells.loc[cells.index.repeat(amplitudes.shape[1])]
        first = np.where(np.isnan(lead)[:, None], amplitudes, lead[:, None])
        counted = fire(repeated, amplitudes.ravel(), first.ravel(), length, settings)
        return (counted["spike_count"].to_numpy() > 0).reshape(amplitudes.shape)

    return search(
        fires, low, high, tolerance=tolerance, durations=(1000.0, duration), rungs=12,
        label="lowest current that keeps firing",
    )  # fmt: skip


def fire(cells: pd.DataFrame, current, before, length: float, settings: Settings) -> pd.DataFrame:
    """Run cells at a first and then a second current; count spikes in the last half of the latter.

    Parameters
    ----------
    cells : DataFrame
        Columns g_A (mS/cm2) and E_L (mV).
    current, before : array, shape (cells,)
        The current of interest and that of the lead, uA/cm2.
    length : float
        Of the current of interest, ms.
    settings : Settings

    Returns
    -------
    DataFrame
        As from `spike_table`.
    """
    stimulus = Step(Quantity(before * DENSITY), offset=LEAD).then(
        Constant(Quantity(current * DENSITY))
    )
    vary = {"g_A": Quantity(cells["g_A"].to_numpy() * CONDUCTANCE),
            "E_L": Quantity(cells["E_L"].to_numpy() * mV)}  # fmt: skip
    found = simulate(
        CONNOR_STEVENS, stimulus, len(cells), LEAD + length * ms, vary=vary, dt=DT,
        backend=settings.backend, label="firing that goes on",
    )  # fmt: skip
    end = float(LEAD / ms) + length
    return spike_table(
        found.spike_neuron, found.spike_ms, len(cells), start=end - length / 2, end=end
    )
