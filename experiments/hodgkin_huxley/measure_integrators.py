"""Forward Euler and Runge-Kutta on the squid axon: errors, orders, limits of the step."""

import numpy as np
import pandas as pd
from brian2 import ms

from ...analysis import steady_rate
from ...errors import ExcitableError
from ...models import HODGKIN_HUXLEY
from ...simulation import DivergenceError, simulate
from ..study import Settings
from .common import CHANNELS

# Where a step of an explicit method stops damping a decay at the rate k: dt*k on the real axis.
# Hairer & Wanner 1996, Solving Ordinary Differential Equations II, section IV.2.
STABLE_UP_TO = {"euler": 2.0, "rk4": 2.785}
STAGES = {"euler": 1, "rk4": 4}


def convergence(settings: Settings, step, exact) -> pd.DataFrame:
    """Return the largest error of a spike time for both methods over the time step."""
    steps = {"euler": (0.05, 0.04, 0.02, 0.01, 0.005), "rk4": (0.08, 0.04, 0.02, 0.01)}
    if settings.quick:
        steps = {"euler": (0.04, 0.02, 0.01), "rk4": (0.08, 0.04, 0.02)}
    rows = []
    for method, dts in steps.items():
        for dt in dts:
            run = simulate(
                HODGKIN_HUXLEY, step, 1, 100 * ms, record=("v",), method=method, dt=dt * ms,
                backend=settings.backend, label=f"{method}, dt = {dt:g} ms",
            )  # fmt: skip
            rate = steady_rate(run.spike_ms, start=40)
            exact_rate = steady_rate(exact.spike_ms, start=40)
            rows.append(
                {
                    "method": {"euler": "Euler", "rk4": "RK4"}[method],
                    "dt_ms": dt,
                    "evaluations_per_ms": STAGES[method] / dt,
                    "error_ms": _largest(run.spike_ms - exact.spike_ms),
                    "rate_Hz": rate,
                    "relative_rate_error": abs(rate / exact_rate - 1),
                }
            )
    return pd.DataFrame(rows)


def _largest(errors: np.ndarray) -> float:
    return float(np.abs(errors).max())


def step_limits(settings: Settings, step, exact) -> tuple[pd.DataFrame, object]:
    """Return what both methods do at large steps, and Euler's run with the most false spikes."""
    steps = {
        "euler": (0.055, 0.06, 0.065, 0.07, 0.075, 0.08),
        "rk4": (0.08, 0.085, 0.09, 0.095, 0.1),
    }
    if settings.quick:
        steps = {"euler": (0.06, 0.07, 0.075), "rk4": (0.085, 0.095)}
    expected = int((exact.spike_ms < 30).sum())
    rows, worst = [], None
    for method, dts in steps.items():
        for dt in dts:
            found = _attempt(settings, step, method, dt)
            rows.append(
                {
                    "method": {"euler": "Euler", "rk4": "RK4"}[method],
                    "dt_ms": dt,
                    "diverged": found is None,
                    "spike_count": np.nan if found is None else len(found.spike_ms),
                    "reference_count": expected,
                    "lowest_mV": np.nan if found is None else found.traces["v"].min() * 1e3,
                    "highest_mV": np.nan if found is None else found.traces["v"].max() * 1e3,
                }
            )
            wrong = found is not None and len(found.spike_ms) != expected
            if method == "euler" and wrong:
                worst = found
    if worst is None:
        raise ExcitableError(f"Euler counted {expected} spikes at every step: {rows}")
    return pd.DataFrame(rows), worst


def _attempt(settings: Settings, step, method: str, dt: float):
    """Run 30 ms; None if the integration left the numbers."""
    try:
        with np.errstate(all="ignore"):  # numpy warns on the way to the NaN that is looked for
            return simulate(
                HODGKIN_HUXLEY, step, 1, 30 * ms, record=("v",), method=method, dt=dt * ms,
                backend=settings.backend, label=f"{method}, dt = {dt:g} ms",
            )  # fmt: skip
    except DivergenceError:
        return None


def order_numbers(errors: pd.DataFrame) -> dict[str, float]:
    """Return the observed orders, and the work for errors below 1 µs in the spike times."""
    numbers, work = {}, {}
    for method, rows in errors.groupby("method", sort=False):
        rows = rows.sort_values("dt_ms")
        log_dt = np.log(rows["dt_ms"])
        key = method.lower()
        slopes = np.diff(np.log(rows["error_ms"])) / np.diff(log_dt)
        numbers[f"{key}_order"] = float(np.median(slopes))
        order = {"euler": 1, "rk4": 4}[key]
        best = rows.iloc[0]
        work[key] = best["evaluations_per_ms"] * (best["error_ms"] / 1e-3) ** (1 / order)
    return numbers | {
        "euler_work_per_ms": work["euler"],
        "rk4_work_per_ms": work["rk4"],
        "work_ratio": work["euler"] / work["rk4"],
    }


def limit_numbers(limits: pd.DataFrame) -> dict[str, float]:
    """Return the smallest steps at which each method diverged and Euler counted false spikes."""
    diverged = limits[limits["diverged"]].groupby("method")["dt_ms"].min()
    finite = limits[~limits["diverged"] & (limits["method"] == "Euler")]
    false = finite[finite["spike_count"] != finite["reference_count"]]
    return {
        "euler_diverges_dt_ms": float(diverged["Euler"]),
        "rk4_diverges_dt_ms": float(diverged["RK4"]),
        "euler_false_spikes_dt_ms": float(false["dt_ms"].min()),
    }


def fastest_decay(exact) -> dict[str, float]:
    """Return the largest conductance over capacitance, and the steps that it allows."""
    v, values = exact.traces["v"][0], HODGKIN_HUXLEY.values
    conductance = sum(exact.traces[name][0] / (v - values[E]) for name, E in CHANNELS.items())
    rate = float(conductance.max() / values["C_m"] / 1e3)
    return {"fastest_decay_per_ms": rate} | {
        f"{method}_stable_dt_ms": limit / rate for method, limit in STABLE_UP_TO.items()
    }
