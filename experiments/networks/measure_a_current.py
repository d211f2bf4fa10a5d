"""Cells with more and less A-current, alone and in a network."""

import numpy as np
import pandas as pd
from brian2 import ms, mV

from ...dynamics import noise_for_deviation, steady_current
from ...models import CONNOR_STEVENS
from ...protocols import Synapse, WhiteNoise, ei_network, rates
from ..connor_stevens.common import CONDUCTANCE, DENSITY, DT, G_A, with_A
from ..study import Settings
from .common import DEVIATION, N_EXC, N_INH, SAME_RATE, WINDOW

REST = -67.978  # mV, of the full cell
G_L = CONNOR_STEVENS.parameters["g_L"].value
IN_DEGREE = {"exc": 80, "inh": 20}
EXCITATION = Synapse.conductance(3 * ms, 0 * mV, 0.01 * CONDUCTANCE)
INHIBITION = Synapse.conductance(8 * ms, -80 * mV, 0.1 * CONDUCTANCE)


def cell(multiple: float):
    """Return the cell with a multiple of its A-current, and a leak that keeps its rest.

    Parameters
    ----------
    multiple : float

    Returns
    -------
    NeuronModel

    Examples
    --------
    >>> round(float(cell(0.0).parameters["E_L"].value), 1)
    -67.9
    """
    changed = with_A(multiple)
    surplus = float(steady_current(changed, np.array([REST]))[0])
    return changed.with_(E_L=(changed.parameters["E_L"].value + surplus / G_L) * mV)


def single_cells(multiples, settings: Settings) -> pd.DataFrame:
    """Return the F-I curve of each cell without noise or connections, with ``multiple``."""
    currents = np.arange(5.0, 31.0, 1.0)
    sets = pd.DataFrame([
        {"multiple": x, "g_A": x * G_A, "E_L": cell(x).parameters["E_L"].value, "I": current}
        for x in multiples for current in currents
    ])  # fmt: skip
    found = rates(CONNOR_STEVENS, sets[["g_A", "E_L", "I"]], duration=700 * ms, discard=200 * ms,
                  dt=DT, backend=settings.backend)  # fmt: skip
    return sets[["multiple", "I"]].assign(rate_Hz=found["rate_Hz"].to_numpy())


def input_for(curve: pd.DataFrame) -> float:
    """Return the input at which a cell fires `SAME_RATE`, between the measured ones."""
    firing = curve[curve["rate_Hz"] > 0]
    return float(np.interp(SAME_RATE, firing["rate_Hz"], firing["I"]))


def interpolated_rate(curve: pd.DataFrame, current: float) -> float:
    return float(np.interp(current, curve["I"], curve["rate_Hz"]))


def cell_network(model, current: float, seed: int, settings: Settings) -> pd.DataFrame:
    noise = noise_for_deviation(cell(1.0), DEVIATION * mV)
    return ei_network(
        model, N_EXC, N_INH, in_degree=IN_DEGREE, synapse=EXCITATION, inhibition=INHIBITION,
        delay=1 * ms,
        drive=WhiteNoise(current * DENSITY, noise), method="euler", duration=WINDOW[1] * ms,
        connections=False, seed=seed, backend=settings.backend,
    ).spikes  # fmt: skip
