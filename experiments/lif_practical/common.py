"""What the parts of the practical share: constants, stimuli, the rheobase."""

from __future__ import annotations

import numpy as np
import pandas as pd
from brian2 import ms, nA

from ...analysis import lif_rheobase
from ...models import LIF
from ...protocols import Expression

VALUE = {name: parameter.value for name, parameter in LIF.parameters.items()}
DT_MS = float(LIF.dt / ms)
CURRENT_NA = 2.0  # of the sections about the membrane potential
COSINE_PERIOD_MS = 2 * np.pi * 30
# The sum of the five terms has the period 2 pi 3*5*7*11*13 ms. After half of it every argument has
# grown by an odd multiple of pi, so the sum has changed its sign and its square has come back.
FIVE_PERIOD_MS = np.pi * 3 * 5 * 7 * 11 * 13
FIVE = Expression(
    "I_0*(cos(t/(3*ms)) + sin(t/(5*ms)) + cos(t/(7*ms)) + sin(t/(11*ms)) + cos(t/(13*ms)))**2",
    {"I_0": 0.35 * nA},
)
# Two time steps: far below any interval between spikes, far above the integration's error.
SAME_SPIKE_MS = 2 * DT_MS
WAYS = {
    "intervals, located": "rate_Hz",
    "intervals, on the grid": "grid_rate_Hz",
    "first spike, on the grid": "first_spike_rate_Hz",
}


def rheobase_nA() -> float:
    return lif_rheobase(R=VALUE["R"], E_L=VALUE["E_L"], V_th=VALUE["V_th"])


def of_neuron(neuron: int, table: pd.DataFrame) -> pd.DataFrame:
    return table[table["neuron"] == neuron].drop(columns="neuron").reset_index(drop=True)
