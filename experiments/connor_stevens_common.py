"""What the sections on the Connor-Stevens neuron share: units, time step, steady-state currents."""

import numpy as np
from brian2 import cm, ms, msiemens, mV, uA
from scipy.optimize import brentq

from ..dynamics.equilibria import reduced
from ..models import CONNOR_STEVENS

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


def with_A(multiple: float):
    """Return the cell with a multiple of its A-type conductance."""
    return CONNOR_STEVENS.with_(g_A=multiple * G_A * CONDUCTANCE)


def steady_current(model, v_mV) -> np.ndarray:
    """Return the input (uA/cm2) that holds a cell at a potential for good, all gates settled.

    Parameters
    ----------
    model : NeuronModel
    v_mV : array, shape (n,)

    Returns
    -------
    array, shape (n,)
        The sum of the ionic currents, outward positive: an equilibrium at the input I lies where
        this curve has the value I.
    """
    form = reduced(model)
    numbers = {**model.values, model.input: 0.0}
    slope = form.current(np.asarray(v_mV) * 1e-3, *(numbers[name] for name in form.arguments))[0]
    return -slope * model.values["C_m"] / float(DENSITY)


def saddle_node(model) -> tuple[float, float]:
    """Return where the resting state ends by meeting an unstable equilibrium.

    Parameters
    ----------
    model : NeuronModel

    Returns
    -------
    current, potential : float
        The first maximum of the steady-state current above the resting potential (uA/cm2, mV);
        NaN if the current only rises up to -50 mV, so that no input makes rest vanish.
    """

    def slope(v):
        return (steady_current(model, v + 1e-3) - steady_current(model, v - 1e-3)) / 2e-3

    v = np.arange(-75.0, -50.0, 0.25)
    falling = np.flatnonzero((slope(v)[:-1] > 0) & (slope(v)[1:] <= 0))
    if not len(falling):
        return np.nan, np.nan
    at = brentq(slope, v[falling[0]], v[falling[0] + 1], xtol=1e-9)
    return float(steady_current(model, at)), at


def signed(number: float, digits: int = 2) -> str:
    """Write a number that may be negative with a minus sign."""
    return f"{number:.{digits}f}".replace("-", "−")
