"""What the parts of the study share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...models.text.symbolic import function
from ...protocols import Response

V_RANGE = (-90.0, 30.0)  # mV, the paper's axes
# Currents in pA and lengths in ms of the figures of chapter 8 (8.12, 8.19, 8.23, 8.25, 8.27, 8.31),
# as in OpenSourceBrain/IzhikevichModel, MATLAB/izhi2007.m.
# fmt: off
STEPS_2007 = {
    "RS":  ((60, 70, 85, 100),     520),
    "IB":  ((290, 370, 500, 550),  600),
    "CH":  ((200, 300, 400, 600),  210),
    "LTS": ((100, 125, 200, 300),  320),
    "FS":  ((73.2, 100, 200, 400), 100),
    "TC":  ((50, 100, 150),        650),
}
# fmt: on
REBOUND_PA, REBOUND_MS = -1200, 120  # holds TC near -80 mV


@dataclass(frozen=True)
class Compared:
    """Every panel by the published program, at 2⁻⁵ and 2⁻⁸ ms, and with the port's changes."""

    published: dict[str, Response]
    rk4: dict[str, Response]
    fine: dict[str, Response]
    adjusted: dict[str, Response]
    table: pd.DataFrame


def with_peaks(model, out: Response) -> pd.DataFrame:
    """Return the traces with a row at every spike, at its peak, which samples only come near."""
    rows = pd.merge_asof(out.spikes[["t_ms"]], out.traces, on="t_ms")
    u = next(name for name in rows if name.startswith("u_"))
    level = model.symbolic.expression(model.threshold, list(model.parameters)).lts
    state = {**model.values, "u": rows[u].to_numpy() * float(model.unit_of("u"))}
    rows["v_mV"] = 1e3 * np.broadcast_to(function(state, [level])(*state.values())[0], len(rows))
    return pd.concat([out.traces, rows]).sort_values("t_ms", kind="stable")
