"""The rate of Brunel's mean-field equations."""

import numpy as np
from brian2 import Hz, mV
from scipy.optimize import brentq

from ...analysis import noisy_lif_rate
from ...protocols import PRESETS


def mean_field_rate(preset: str) -> float:
    """Return the stationary rate (Hz) of Brunel's mean-field equations.

    Parameters
    ----------
    preset : str

    Returns
    -------
    float

    Notes
    -----
    Brunel 2000, J. Comput. Neurosci. 8:183-208, equations 18 to 21.

    Examples
    --------
    >>> round(mean_field_rate("brunel_AI"), 1)
    37.9
    """
    arguments = PRESETS[preset].arguments
    cell = {name: arguments["model"].parameters[name].value
            for name in ("R", "tau", "E_L", "V_reset", "V_th", "t_ref")}  # fmt: skip
    jump = float(arguments["synapse"].weight / mV)
    external = float(arguments["drive"].n * arguments["drive"].rate / Hz) * 1e-3  # 1/ms
    exc, inh, g = (*arguments["in_degree"].values(), arguments["g"])

    def surplus(rate):
        arriving = external + exc * rate * 1e-3
        mean = jump * cell["tau"] * (arriving - g * inh * rate * 1e-3)
        strength = jump * cell["tau"] * np.sqrt(arriving + g**2 * inh * rate * 1e-3)
        return noisy_lif_rate(mean / cell["R"], strength / cell["R"], **cell) - rate

    return float(brentq(surplus, 1e-3, 1e3 / cell["t_ref"] - 1e-3))
