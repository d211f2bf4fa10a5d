"""Simulated rates, fixed points, fits and their numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
from brian2 import ms

from ...analysis import fit_all, qif_rate, residuals
from ...dynamics import equilibria
from ...models import QIF
from ...models.checks import unit_text
from ...protocols import fi_curve
from ..study import Settings
from .common import Cell


def fixed_points(cell: Cell, I: float) -> pd.DataFrame:
    """Return the fixed points at one input, also one where the velocity only touches zero."""
    found = equilibria(cell.model, I * cell.model.input_unit).rename(columns={"v_mV": "v"})
    return found.assign(model=cell.name, I=I, I_unit=unit_text(cell.model.input_unit)).reindex(
        columns=["model", "I", "I_unit", "v", "stable", "half_stable", "eigenvalue_per_ms"]
    )


def simulate_ranges(settings: Settings, cell: Cell) -> dict[float, pd.DataFrame]:
    """Return the F-I curve up to each end of the range, all of them from one group."""
    ends = (cell.ends[0], cell.currents[1], cell.ends[-1]) if settings.quick else cell.ends
    count = 16 if settings.quick else 51
    inputs = np.concatenate([cell.inputs(end, count) for end in ends])
    rates = simulate(settings, cell, inputs, cell.model.parameters["tau"].value)
    starts = range(0, len(rates), count)
    return {
        end: rates.iloc[k : k + count].reset_index(drop=True)
        for end, k in zip(ends, starts, strict=True)
    }


def simulate(settings: Settings, cell: Cell, inputs: np.ndarray, tau_ms: float) -> pd.DataFrame:
    """Return the F-I curve for a time constant, with all times in proportion to it."""
    duration, discard = (80, 30) if settings.quick else (200, 50)
    tau = tau_ms * ms
    return fi_curve(
        cell.model,
        inputs * cell.model.input_unit,
        duration=duration * tau,
        discard=discard * tau,
        dt=tau / 200,  # the model's own step at its own time constant
        # Given as a varied parameter, all time constants share one compiled program.
        vary={"tau": [tau_ms] * ms},
        backend=settings.backend,
    )


def unbounded_rate(V0: float) -> float:
    """Return the rate of the QIF with infinite reset and threshold."""
    tau = QIF.parameters["tau"].value
    return float(qif_rate(V0, tau=tau, V_reset=-np.inf, V_th=np.inf))


def rate_residuals(cell: Cell, table: pd.DataFrame) -> pd.DataFrame:
    found = residuals(table, cell.closed_form)
    found.insert(1, "I_unit", table["I_unit"])
    return found


def ranking(cell: Cell, curve: pd.DataFrame) -> pd.DataFrame:
    table = fit_all(curve["I"], curve["rate_Hz"])
    table.insert(0, "model", cell.name)
    return table


def r2_of(table: pd.DataFrame, cell: Cell, end: float, kind: str) -> float:
    rows = table[(table["model"] == cell.name) & (table["end"] == end) & (table["kind"] == kind)]
    return rows["R2"].item()


def scaled_rates(settings: Settings, cell: Cell, taus) -> pd.DataFrame:
    """Return F-I curves for several time constants, and the spikes per time constant."""
    inputs = cell.inputs(cell.currents[1], 16 if settings.quick else 26)
    curves = [simulate(settings, cell, inputs, tau) for tau in taus]
    table = pd.concat(curves, ignore_index=True)[["tau", "I", "I_unit", "rate_Hz"]]
    table.insert(0, "model", cell.name)
    return table.assign(spikes_per_tau=table["tau"] * table["rate_Hz"] / 1000)


def largest_spread(table: pd.DataFrame) -> float:
    """Return the largest relative difference between the scaled rates at one input."""
    scaled = table.pivot_table(index="I", columns="tau", values="spikes_per_tau")
    mean = scaled.mean(axis=1)
    apart = (scaled.max(axis=1) - scaled.min(axis=1))[mean > 0] / mean[mean > 0]
    return float(apart.max())
