"""What the parts of the study share: units, time step, cells."""

import numpy as np
import pandas as pd
from brian2 import cm, ms, msiemens, mV, uA

from ...analysis.plots import CYCLE
from ...models import CONNOR_STEVENS

WRONG_LEAK = "E_L = −70 mV"
LEAK_SHIFT = 0.3 * 53  # uA/cm2: g_L times the error of E_L
GATES = ("m", "h", "n", "a", "b")
CURRENTS = ("I_Na", "I_K", "I_A", "I_L")
CURRENT_COLUMNS = {f"{name}_uA_per_cm2": name for name in CURRENTS}
MULTIPLES = (1.02, 1.1, 1.3, 2.0)  # of the rheobase
DENSITY = uA / cm**2
CONDUCTANCE = msiemens / cm**2
# rk4 at this step gives the rates of conductance models within 1e-4 (see the study
# hodgkin_huxley), at half the cost of the model's own step.
DT = 0.05 * ms
G_A = CONNOR_STEVENS.parameters["g_A"].value  # mS/cm2
NO_A = CONNOR_STEVENS.with_(g_A=0 * CONDUCTANCE)
# Sterratt, Graham, Gillies & Willshaw 2011, Principles of Computational Modelling in Neuroscience:
# with this leak the cell without A-current rests where the full one does.
MOVED_LEAK = -67.8 * mV
NO_A_MOVED = NO_A.with_(E_L=MOVED_LEAK)
UNIT_TEXT = "mS/cm**2"
# The downward path starts on the cycle: a strong step first, then the current in question.
LEAD = 200 * ms
CELLS = {"with A-current": "black", "without A-current": CYCLE[1], "without, leak moved": CYCLE[0]}


def with_A(multiple: float):
    """Return the cell with a multiple of its A-type conductance."""
    return CONNOR_STEVENS.with_(g_A=multiple * G_A * CONDUCTANCE)


def bottleneck_ms(I, A, B, I_0):
    """Return the time (ms) that a cell takes at the input I, just above the saddle-node I_0."""
    return A / np.sqrt(np.maximum(I - I_0, 1e-6)) + B


def row_at(curve: pd.DataFrame, current: float) -> pd.Series:
    """Return the row of a current."""
    return curve.loc[(curve["I"] - current).abs().idxmin()]
