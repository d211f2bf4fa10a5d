"""What the parts of the study share: wiring, windows, noise."""

import pandas as pd

from ...models import CONNOR_STEVENS, IZHIKEVICH, LIF, QIF, TRAUB_MILES

SAME_INPUT = 20.0  # uA/cm2
SAME_RATE = 100.0  # Hz
START_MS = 100
SAMPLE = 1000  # excitatory cells that are measured
DRAWN, DRAWN_MS = 50, 60  # and drawn
# Thresholds of sustained firing (`rheobase`), in the models' input units.
MODELS = {
    "LIF": (LIF, 1.5),
    "QIF": (QIF, 0.0),
    "Izhikevich": (IZHIKEVICH, 3.7744),
    "Traub–Miles": (TRAUB_MILES, 0.018189),
    "Connor–Stevens": (CONNOR_STEVENS, 8.11407),
}
N_EXC, N_INH, G = 200, 50, 6.0
# Exact in-degrees: drawn ones make a network of this size faster or slower from seed to seed.
IN_DEGREE = {"exc": 40, "inh": 10}
DELAY = 1.5  # ms
ABOVE = 0.5  # how far the mean drive is above the threshold, relative to the way up to it
DEVIATION, JUMP = 2.0, 1.0  # mV; a tenth of the number where the potential has no unit
WINDOW = (200, 800)  # ms
CELL = {name: LIF.parameters[name].value
        for name in ("R", "tau", "E_L", "V_reset", "V_th", "t_ref")}  # fmt: skip
STEP = 0.1  # ms


def shown(spikes: pd.DataFrame, start: float, end: float) -> pd.DataFrame:
    """Return the spikes of a part of a run."""
    return spikes[(spikes["t_ms"] >= start) & (spikes["t_ms"] < end)]
