"""Onset and hysteresis for other amounts of A-current."""

import numpy as np
import pandas as pd
from brian2 import ms, mV

from ...dynamics import saddle_node
from ...models import CONNOR_STEVENS
from ...protocols import Constant, Step, fi_curve, response
from ...protocols.clamp.gating_curves import gating_curves
from ..study import Settings
from .common import CONDUCTANCE, DENSITY, DT, G_A, LEAD, UNIT_TEXT, with_A
from .measure_firing import fire, lowest_firing, onsets, vanished_rest


def swept(settings: Settings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the F-I surface, and the onset for every second of its conductances."""
    quick = settings.quick
    multiples = np.linspace(0, 3, 4 if quick else 25)
    surface = fi_curve(
        CONNOR_STEVENS, np.linspace(-12, 60, 13 if quick else 49) * DENSITY, dt=DT,
        duration=(500 if quick else 1000) * ms, discard=200 * ms,
        vary={"g_A": multiples * G_A * CONDUCTANCE}, backend=settings.backend,
    )  # fmt: skip
    chosen = surface[surface["g_A"].isin(surface["g_A"].unique()[:: 1 if quick else 2])]
    chosen = chosen.assign(E_L=CONNOR_STEVENS.parameters["E_L"].value)
    return surface, onsets(
        chosen, ["g_A", "E_L"], settings, margin=5e-3, tolerance=2e-2 if quick else 2e-3
    )


def hysteresis_limits(settings: Settings) -> pd.DataFrame:
    """Search the lowest current that keeps the cell firing, on both paths at once."""
    multiples = np.array([2.0] if settings.quick else [1.25, 1.5, 1.75, 2.0, 2.5, 3.0])
    folds = np.array([saddle_node(with_A(x))[0] for x in multiples])
    cells = pd.DataFrame({"g_A": multiples * G_A, "E_L": CONNOR_STEVENS.parameters["E_L"].value})
    deepest = folds - np.maximum(0.3, 0.06 * (folds - 10))
    _, found = lowest_firing(
        pd.concat([cells, cells], ignore_index=True),
        np.concatenate([folds - 0.1, deepest]),
        np.tile(folds + 0.1, 2),
        settings,
        before=np.concatenate([np.full(len(cells), np.nan), folds + 1.5]),
        tolerance=5e-5,
        duration=2000.0,
    )
    upward, downward = found.reshape(2, -1)
    upward = vanished_rest(cells, upward, settings)
    table = pd.DataFrame({"g_A": cells["g_A"], "multiple": multiples, "I_up": upward,
                          "I_down": downward, "saddle_node": folds})  # fmt: skip
    table["width_uA_per_cm2"] = table["I_up"] - table["I_down"]
    table.attrs = {"units": dict.fromkeys(("I_up", "I_down", "saddle_node"), "uA/cm**2")
                   | {"g_A": UNIT_TEXT}}  # fmt: skip
    return table


def hysteresis_loop(settings: Settings, down: float, up: float) -> pd.DataFrame:
    """Measure the rate on both paths around the loop at twice the conductance."""
    inner = down + (up - down) * np.array([-0.5, -0.25, -0.02, 0.02, 0.1, 0.25, 0.5, 0.75, 0.95])
    outer = up + (up - down) * np.array([0.1, 0.25, 0.5, 1.0, 1.5, 2.0])
    current = np.concatenate([inner, outer])
    table = pd.DataFrame({"path": np.repeat(["up", "down"], len(current)),
                          "I": np.tile(current, 2), "I_unit": "uA/cm**2"})  # fmt: skip
    cells = table.assign(g_A=2 * G_A, E_L=CONNOR_STEVENS.parameters["E_L"].value)
    before = np.where(table["path"] == "up", table["I"], up + 1.5)
    counted = fire(
        cells, table["I"].to_numpy(), before, 1200.0 if settings.quick else 2000.0, settings
    )
    return table.join(counted[["rate_Hz", "spike_count", "resolved"]])


def returning_b(settings: Settings, current: float, before: float) -> dict[str, float]:
    """Measure b when a firing cell at twice the conductance comes back through -60 mV."""
    stimulus = Step(before * DENSITY, offset=LEAD).then(Constant(current * DENSITY))
    out = response(
        with_A(2.0), stimulus, 600 * ms, record=("v", "b"), dt=DT, backend=settings.backend
    )
    last = out.traces[out.traces["t_ms"].between(*out.spikes["t_ms"].iloc[-2:])]
    v = last["v_mV"].to_numpy()
    rises = np.flatnonzero((v[:-1] < -60) & (v[1:] >= -60))[-1]
    steady = gating_curves(CONNOR_STEVENS, [-60] * mV).set_index("gate")["steady_state"]
    return {"b": last["b"].iloc[rises], "b_inf": steady["b"], "I": current}
