"""F-I curves with and without A-current, and the law near the onset."""

import numpy as np
import pandas as pd
from brian2 import ms, mV, second

from ...dynamics import saddle_node
from ...models import CONNOR_STEVENS
from ...protocols import fi_curve
from ..study import Settings
from .common import CELLS, CONDUCTANCE, DENSITY, DT, G_A, MOVED_LEAK, NO_A
from .measure_firing import fit_bottleneck, onsets


def type_curves(settings: Settings) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Measure the F-I curves of the three cells, and the onset of the two without A-current."""
    rheobase, _ = saddle_node(CONNOR_STEVENS)
    grid = np.linspace(-12, 40, 14 if settings.quick else 53)
    fine = [] if settings.quick else rheobase + np.geomspace(0.08, 2, 7)
    run = {"duration": 1 * second, "discard": 300 * ms, "dt": DT, "backend": settings.backend}
    currents = np.unique([*grid, 8.5, 10.0, 20.0, *fine]) * DENSITY
    full = fi_curve(CONNOR_STEVENS, currents, vary={"g_A": [G_A] * CONDUCTANCE}, **run)
    # A current that takes the cell with moved leak below -78 mV would make dt*beta_m too large
    # for rk4; its curve starts at 0.
    parts = [
        fi_curve(NO_A, currents * DENSITY, vary={"E_L": [leak] * mV}, **run).assign(g_A=0.0)
        for leak, currents in (
            (CONNOR_STEVENS.parameters["E_L"].value, np.union1d(grid, [0.0])),
            (float(MOVED_LEAK / mV), np.union1d(grid[grid >= 0], [10.0])),
        )
    ]
    starts = onsets(pd.concat(parts), ["g_A", "E_L"], settings, tolerance=1e-5, margin=0.0)
    curves = {"with A-current": full}
    for name, part in zip(list(CELLS)[1:], parts, strict=True):
        start = starts[np.isclose(starts["E_L"], part["E_L"].iloc[0])]
        jump = [start.assign(I=start["I_silent"], rate_Hz=0.0, latency_ms=np.nan),
                start.rename(columns={"onset_rate_Hz": "rate_Hz"})]  # fmt: skip
        curve = pd.concat([part, *jump])
        curves[name] = curve[["I", "I_unit", "rate_Hz", "latency_ms"]].sort_values("I")
        curves[name].attrs = part.attrs
    return curves, starts


def square_root_law(rheobase: float, settings: Settings) -> tuple[pd.DataFrame, dict]:
    """Measure rates just above the saddle-node and fit period = A/sqrt(I - I_0) + B to them."""
    currents = rheobase + np.linspace(0.015, 0.1, 6 if settings.quick else 12)
    law = fi_curve(
        CONNOR_STEVENS, currents * DENSITY, vary={"g_A": [G_A] * CONDUCTANCE}, dt=DT,
        duration=2.2 * second, discard=400 * ms, backend=settings.backend,
    )[["I", "I_unit", "rate_Hz"]]  # fmt: skip
    law = law.assign(period_ms=1000 / law["rate_Hz"])
    return law, fit_bottleneck(law["I"], law["period_ms"], currents[0] - 0.02)
