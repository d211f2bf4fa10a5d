"""What tests of sweeps share: protocols that need no simulation, and the rates they should find."""

import os

import numpy as np
import pandas as pd
from excitable.analysis import lif_rate


def closed_form(sets: pd.DataFrame) -> np.ndarray:
    """Rates of the LIF neuron in Hz, set by set."""
    rows = zip(sets["tau"], sets["I"], strict=True)
    known = {"R": 10, "E_L": -65, "V_reset": -65, "V_th": -50, "t_ref": 0}
    return np.array([float(lif_rate(I, tau=tau, **known)) for tau, I in rows])


def formula(model, sets, log=None):
    """A protocol that needs no simulation and writes down what it computes, and where."""
    if log:
        with open(log, "a") as file:
            file.writelines(f"{os.getpid()} {tau} {I}\n" for tau, I in sets.to_numpy())
    return sets.assign(rate_Hz=closed_form(sets))
