"""What is measured in the practical."""

from __future__ import annotations

import numpy as np
import pandas as pd
from brian2 import Quantity, ms, mV, nA

from ...analysis import dominant_period, lif_rate, lif_rate_asymptote, residuals
from ...models import LIF
from ...protocols import Constant, Expression, fi_curve, response
from ..study import Settings
from .common import CURRENT_NA, FIVE, FIVE_PERIOD_MS, SAME_SPIKE_MS, VALUE, WAYS


def membrane(settings: Settings):
    """Return the response to a constant current: neuron 0 without threshold, neuron 1 with it."""
    out_of_reach = 1000  # mV
    return response(
        LIF,
        Constant(CURRENT_NA * nA),
        100 * ms,
        n=2,
        vary={"V_th": [out_of_reach, VALUE["V_th"]] * mV},
        backend=settings.backend,
    )


def formula(function, I) -> np.ndarray:
    return function(np.asarray(I, dtype=float), **VALUE)


def measure_rates(settings: Settings, currents_nA, dt_ms: float) -> pd.DataFrame:
    """Return the rates from intervals, located and on the grid, and from the first grid spike."""
    duration, discard = (500, 100) if settings.quick else (2000, 500)
    located, grid = (
        fi_curve(
            LIF,
            currents_nA * nA,
            duration=duration * ms,
            discard=discard * ms,
            dt=dt_ms * ms,
            backend=settings.backend,
            spikes=spikes,
        )
        for spikes in ("located", "grid")
    )
    table = located[["I", "I_unit", "rate_Hz"]].assign(
        grid_rate_Hz=grid["rate_Hz"],
        first_spike_rate_Hz=(1000 / grid["latency_ms"]).fillna(0.0),
        formula_Hz=formula(lif_rate, currents_nA),
        asymptote_Hz=formula(lif_rate_asymptote, currents_nA),
    )
    table.attrs = located.attrs
    return table


def rate_residuals(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the residuals of one way of measuring."""
    rates = table[["I", "I_unit"]].assign(rate_Hz=table[column])
    return residuals(rates, table["formula_Hz"].to_numpy()).assign(I_unit="nA")


def rate_errors(settings: Settings, currents_nA: np.ndarray, dt_ms: float) -> pd.DataFrame:
    rates = measure_rates(settings, currents_nA, dt_ms)
    worst = [rate_residuals(rates, column)["relative"].abs().max() for column in WAYS.values()]
    return pd.DataFrame({"dt_ms": dt_ms, "rate_from": list(WAYS), "largest_relative_error": worst})


def order_of(rows: pd.DataFrame) -> float:
    """Return the median slope of log error over log step, as the figure's legend does."""
    step, error = np.log(rows["dt_ms"]), np.log(rows["largest_relative_error"])
    return float(np.median(np.diff(error) / np.diff(step)))


def driven_response(
    settings: Settings, stimulus: Expression, duration: Quantity, record_dt: Quantity
):
    return response(
        LIF,
        stimulus,
        duration,
        record=("v", "I"),
        record_dt=record_dt,
        backend=settings.backend,
    )


def largest_shift(spikes: np.ndarray, lag: float) -> float:
    """Return the largest distance of a spike, moved by `lag`, from the spike nearest to it."""
    moved = spikes[spikes + lag <= spikes[-1]] + lag
    return float(_nearest(moved, spikes).max())


def _nearest(times: np.ndarray, spikes: np.ndarray) -> np.ndarray:
    """Return the distance of each time from the nearest spike."""
    after = np.clip(np.searchsorted(spikes, times), 1, len(spikes) - 1)
    return np.minimum(np.abs(spikes[after] - times), np.abs(times - spikes[after - 1]))


def best_resemblance(traces: pd.DataFrame, lengths_s) -> pd.DataFrame:
    rows = []
    for length in lengths_s:
        part = traces[traces["t_ms"] < length * 1000]
        like = dominant_period(part["t_ms"], part["v_mV"])
        rows.append({"recorded_s": length, "lag_ms": like.period_ms, "correlation": like.strength,
                     "mismatch": like.mismatch, "periodic": like.periodic})  # fmt: skip
    return pd.DataFrame(rows)


def two_periods(settings: Settings) -> np.ndarray:
    """Return the spike times of two periods, and a little more for the spikes at the end."""
    duration = (2 * FIVE_PERIOD_MS + 500) * ms
    found = response(LIF, FIVE, duration, record=(), backend=settings.backend)
    return found.spikes["t_ms"].to_numpy()


def recurring_after(spikes: np.ndarray) -> pd.DataFrame:
    """Return, for every lag that could be a period, which part of the spikes recurs after it.

    A period carries the first spike onto a later one, so only those lags are tried; and at most
    half of the record, so that each is judged by as many spikes as it lasts.
    """
    lags = spikes[1:] - spikes[0]
    lags = lags[lags <= (spikes[-1] - spikes[0]) / 2]
    rows = []
    for lag in lags:
        moved = spikes[spikes + lag <= spikes[-1]] + lag
        rows.append(np.mean(_nearest(moved, spikes) <= SAME_SPIKE_MS))
    return pd.DataFrame({"lag_s": lags / 1000, "recurring": rows})
