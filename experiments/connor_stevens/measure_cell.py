"""The cell at rest, its latencies, its gates and currents in voltage clamp."""

import numpy as np
import pandas as pd
from brian2 import Quantity, ms, mV

from ...dynamics import equilibria
from ...models import CONNOR_STEVENS
from ...protocols.clamp.clamp_curves import activation, inactivation, recovery
from ...protocols.clamp.voltage_clamp import voltage_clamp
from ...protocols.firing.latency import latency
from ..study import Settings
from .common import CONDUCTANCE, CURRENT_COLUMNS, DENSITY, DT, G_A, GATES, MOVED_LEAK, NO_A

READ_AFTER = 8 * ms  # at 0 mV the gate a has settled by then


def rest_table(traces: pd.DataFrame) -> pd.DataFrame:
    """List the stable equilibrium without input, and the currents of the first sample, at rest."""
    state = equilibria(CONNOR_STEVENS).query("stable").iloc[0]
    sample = traces.iloc[0]
    rows = {"v (mV)": state["v_mV"]} | {gate: state[gate] for gate in GATES}
    rows |= {f"{name} (uA/cm2)": sample[column] for column, name in CURRENT_COLUMNS.items()}
    return pd.DataFrame({"quantity": list(rows), "value": [float(x) for x in rows.values()]})


def latencies(
    settings: Settings, rheobase: float, moved_leak_threshold: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    count = 8 if settings.quick else 20
    excess = np.geomspace(0.008, 32.0, count)  # uA/cm2
    run = {"dt": DT, "backend": settings.backend}
    late = latency(
        CONNOR_STEVENS, np.sort([1.1, *(1 + excess / rheobase)]), relative_to=rheobase * DENSITY,
        duration=1300 * ms, vary={"g_A": [G_A] * CONDUCTANCE}, **run,
    )  # fmt: skip
    early = latency(
        NO_A, Quantity((moved_leak_threshold + excess) * DENSITY), duration=100 * ms,
        vary={"E_L": [float(MOVED_LEAK / mV)] * mV}, **run,
    )  # fmt: skip
    late["excess"] = late["I"] - rheobase
    early["excess"] = early["I"] - moved_leak_threshold
    return late, early


def clamp_family(settings: Settings) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Run the clamp family, and the activation, inactivation and recovery of the A-current."""
    step = 20 if settings.quick else 10
    clamp = voltage_clamp(
        CONNOR_STEVENS, np.arange(-80, 21, step) * mV, hold=-100 * mV, duration=15 * ms,
        hold_duration=2 * ms, record_dt=DT, dt=DT, backend=settings.backend,
    )  # fmt: skip
    run = {"dt": DT, "backend": settings.backend}
    intervals = [1, 3, 6, 10, 20] if settings.quick else [0.5, 1, 2, 3, 4, 6, 8, 10, 15, 20]
    measured = {
        "activation": activation(
            CONNOR_STEVENS, "I_A", np.arange(-90, 31, step) * mV, duration=10 * ms, **run
        ),
        "inactivation": inactivation(
            CONNOR_STEVENS, "I_A", np.arange(-120, -19, step) * mV, read_after=READ_AFTER,
            prepulse_duration=60 * ms, test_duration=10 * ms, **run,
        ),
        "recovery": recovery(
            CONNOR_STEVENS, "I_A", intervals * ms, read_after=READ_AFTER,
            condition_duration=30 * ms, test_duration=10 * ms, **run,
        ),
    }  # fmt: skip
    return clamp, measured


def window_current(curves: pd.DataFrame) -> pd.Series:
    """Return the A-current (uA/cm2) with both gates settled, by potential (mV)."""
    steady = curves.pivot_table(index="v_mV", columns="gate", values="steady_state")
    E_A = CONNOR_STEVENS.parameters["E_A"].value
    return G_A * steady["a"] ** 3 * steady["b"] * (steady.index - E_A)
