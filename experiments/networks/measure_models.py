"""The same drive through networks of different models."""

import pandas as pd
from brian2 import ms, mV

from ...dynamics import noise_for_deviation
from ...models import QIF
from ...protocols import Synapse, WhiteNoise, ei_network
from ..study import Settings
from .common import ABOVE, DELAY, DEVIATION, IN_DEGREE, MODELS, N_EXC, N_INH, WINDOW, G


def drive(name: str) -> tuple:
    """Return a model's drive as a stimulus, and what stands for 1 mV of its potential.

    Parameters
    ----------
    name : str
        One of `MODELS`.

    Returns
    -------
    (WhiteNoise, Quantity or float)
    """
    model, threshold = MODELS[name]
    low = min(0.0, model.input_range[0])
    scale = 0.1 if model is QIF else mV
    mean = (threshold + ABOVE * (threshold - low)) * model.input_unit
    noise = noise_for_deviation(model, DEVIATION * scale, low * model.input_unit)
    return WhiteNoise(mean, noise), scale


def network(name: str, jump: float, seed: int, settings: Settings) -> pd.DataFrame:
    """Run a network of a model; return its spikes.

    Parameters
    ----------
    name : str
        One of `MODELS`.
    jump : float
        Of the potential by an excitatory spike, in mV (tenths where it has no unit).
    seed : int
    settings : Settings

    Returns
    -------
    DataFrame
    """
    stimulus, scale = drive(name)
    return ei_network(
        MODELS[name][0], N_EXC, N_INH, in_degree=IN_DEGREE, g=G, delay=DELAY * ms, method="euler",
        duration=WINDOW[1] * ms, synapse=Synapse.delta(jump * scale), drive=stimulus,
        connections=False, seed=seed, backend=settings.backend,
    ).spikes  # fmt: skip
