"""F-I curves, thresholds and Hopf points of the squid axon and the Traub-Miles cell."""

import numpy as np
import pandas as pd
from brian2 import ms, mV, nA
from scipy.optimize import brentq

from ...dynamics import equilibria
from ...models import HODGKIN_HUXLEY, TRAUB_MILES
from ...models.checks import unit_text
from ...protocols import Constant, fi_curve, response, thresholds
from ..study import Settings
from .common import CRITERION, DENSITY


def squid_curves(settings: Settings) -> pd.DataFrame:
    """Return the F-I curve for the model's own spike criterion and for 0 mV."""
    low = [0, 2, 4, 6, 6.2, 6.3, 6.5, 7, 8, 9, 10, 12, 15, 20, 30, 40, 50]
    high = [60, 100, 150, 160] if settings.quick else [*range(55, 155, 5), 153, 154, 155, 160, 170]
    duration = 600 if settings.quick else 1200
    tables = []
    for criterion in (CRITERION, 0.0):
        curve = fi_curve(
            HODGKIN_HUXLEY.with_(V_spike=criterion * mV),
            np.array([*low, *high], dtype=float) * DENSITY,
            duration=duration * ms,
            discard=duration / 2 * ms,
            backend=settings.backend,
        )
        curve.insert(0, "V_spike", criterion)
        tables.append(curve)
    table = pd.concat(tables, ignore_index=True)
    table.attrs = tables[0].attrs | {"V_spike_mV": [CRITERION, 0.0]}
    del table.attrs["parameters"]["V_spike"]
    return table


def traub_miles_curve(settings: Settings, fold: tuple[float, float]) -> pd.DataFrame:
    """Return the F-I curve, with currents closest where the rate rises steepest."""
    # The rate is about 2.5 Hz 1 pA above the onset: the first currents ask for the longest runs.
    above = (0.35, 0.5, 0.8, 1.2) if settings.quick else (0.1, 0.2, 0.35, 0.5)  # pA
    onset = fold[0] + np.array(above) / 1e3
    rest = [0, 0.01, 0.018, 0.02, 0.025, 0.04, 0.06, 0.1, 0.15, 0.2, 0.35, 0.5, 0.7]
    return fi_curve(
        TRAUB_MILES,
        np.sort([*onset, *rest]) * nA,
        duration=(2200 if settings.quick else 4000) * ms,
        discard=500 * ms,
        dt=0.05 * ms,
        backend=settings.backend,
    )


def measure_swing(settings: Settings, currents: np.ndarray) -> pd.DataFrame:
    """Return the extremes of the squid axon's potential after the transient."""
    duration = 300 if settings.quick else 600
    traces = response(
        HODGKIN_HUXLEY, Constant(currents * DENSITY), duration * ms, n=len(currents),
        record_dt=0.05 * ms, backend=settings.backend,
    ).traces  # fmt: skip
    late = traces[traces["t_ms"] > duration - 100].groupby("neuron")["v_mV"]
    table = pd.DataFrame({"I": currents, "lowest_mV": late.min(), "highest_mV": late.max()})
    return table.assign(I_unit=unit_text(HODGKIN_HUXLEY.input_unit))


def squid_thresholds(settings: Settings) -> dict[str, float]:
    """Return the threshold of a single spike and of firing that goes on."""
    options = {"tolerance": 1e-3 if settings.quick else 1e-4, "dt": 0.05 * ms}
    found = {
        criterion: thresholds(
            HODGKIN_HUXLEY, criterion=criterion, duration=length * ms, backend=settings.backend,
            **options,
        )
        for criterion, length in (("spike", 100), ("sustained", 600 if settings.quick else 1000))
    }  # fmt: skip
    return {f"squid_{name}_uA_cm2": float(table["I"].iloc[0]) for name, table in found.items()}


def hopf_points() -> dict[str, float]:
    """Return the currents at which the squid axon's equilibrium loses and regains stability."""

    def growth(current: float) -> float:
        (at,) = equilibria(HODGKIN_HUXLEY, current * DENSITY)["eigenvalue_per_ms"]
        return at

    return {
        "hopf_uA_cm2": brentq(growth, 5, 15, xtol=1e-9),
        "upper_hopf_uA_cm2": brentq(growth, 100, 200, xtol=1e-9),
    }


def rates_at(cell: str, table: pd.DataFrame, currents: dict[str, float]) -> dict[str, float]:
    """Return the rates at some currents of an F-I table, by name."""
    rates = table.set_index("I")["rate_Hz"]
    return {f"{cell}_rate_{name}_Hz": float(rates[I]) for name, I in currents.items()}


def falls_below(table: pd.DataFrame, column: str, level: float) -> float:
    """Return the current at which a column falls below a level for good, interpolated."""
    above = np.flatnonzero(table[column] > level)[-1]
    (i0, i1), (y0, y1) = (table[c].iloc[above : above + 2] for c in ("I", column))
    return float(i0 + (y0 - level) / (y0 - y1) * (i1 - i0))


def extrapolated_onset(table: pd.DataFrame) -> float:
    """Return the current at which the rate reaches zero, from the four points nearest to it.

    An interval of ``a/sqrt(I - I0) + b`` (passage by the saddle-node, and the spike) means
    ``I = I0 + (a*f)**2 + 2*b*a**2*f**3 + ...`` for a rate f.
    """
    near = table[table["rate_Hz"] > 0].head(4)
    rate = near["rate_Hz"].to_numpy()
    powers = np.stack([np.ones_like(rate), rate**2, rate**3], axis=1)
    return float(np.linalg.lstsq(powers, near["I"].to_numpy(), rcond=None)[0][0])
