"""The model with errors met in published or public code."""

from dataclasses import replace

import numpy as np
import pandas as pd
from brian2 import ms, mV

from ...errors import InputError
from ...models import CONNOR_STEVENS
from ...protocols import fi_curve
from ..study import Settings
from .common import CONDUCTANCE, DENSITY, DT, G_A, LEAK_SHIFT, WRONG_LEAK

# Errors met in published or public code, each as a replacement in the model's equation text.
FAULTS = {
    "α_h = 0.26 exp(−0.04 (V + 48))": {
        "0.266*exp(-0.05*(v + 48*mV)/mV)": "0.26*exp(-0.04*(v + 48*mV)/mV)"
    },
    "b at a quarter of its speed": {"(b_inf - b)/tau_b": "(b_inf - b)/(4*tau_b)"},
    "a∞ without the + 94.22": {"0.0314*(v + 94.22*mV)": "0.0314*v"},
    "a and b instantaneous": {
        "da/dt = (a_inf - a)/tau_a : 1": "a = a_inf : 1",
        "db/dt = (b_inf - b)/tau_b : 1": "b = b_inf : 1",
    },
}
CORRECT = "as published"
EFFECTS = {
    "none": "",
    "alpha_h": "h recovers too late: a little slower",
    "slow_b": "A-current outlasts its pause: later onset, then steeper",
    "a_inf": "hardly any A-current: fires without input",
    "instantaneous": "no transient, only the window current: fast, steep onset",
    "leak": "current axis shifted by 15.9 uA/cm2",
}


def with_fault(replacements: dict[str, str]):
    """Return the Connor-Stevens model with changes in its equation text.

    Parameters
    ----------
    replacements : dict of str to str
        Text that stands in the equations exactly once, and what replaces it. A differential
        equation may become a definition; its initial value is then dropped.

    Returns
    -------
    NeuronModel

    Raises
    ------
    ValueError
        If a text is not there exactly once.

    Examples
    --------
    >>> with_fault(FAULTS["a and b instantaneous"]).symbolic.states
    ('v', 'm', 'h', 'n')
    """
    equations = CONNOR_STEVENS.equations
    for old, new in replacements.items():
        if equations.count(old) != 1:
            raise InputError(
                f"{old!r} stands {equations.count(old)} times in the equations of "
                f"{CONNOR_STEVENS.name}; expected it once"
            )
        equations = equations.replace(old, new)
    initial = {
        name: value for name, value in CONNOR_STEVENS.initial.items() if f"d{name}/dt" in equations
    }
    return replace(CONNOR_STEVENS, equations=equations, initial=initial)


def fault_curves(settings: Settings) -> dict[str, pd.DataFrame]:
    """Measure the F-I curve with each fault; the first is without."""
    models = {CORRECT: CONNOR_STEVENS}
    models |= {fault: with_fault(changes) for fault, changes in FAULTS.items()}
    models[WRONG_LEAK] = CONNOR_STEVENS.with_(E_L=-70 * mV)
    grid = np.linspace(0, 40, 5 if settings.quick else 41)
    duration = (300 if settings.quick else 600) * ms
    currents = np.unique([*grid, 10, 20, 20 + LEAK_SHIFT]) * DENSITY
    return {
        fault: fi_curve(
            model, currents, vary={"g_A": [G_A] * CONDUCTANCE}, duration=duration,
            discard=100 * ms, dt=DT, backend=settings.backend,
        )
        for fault, model in models.items()
    }  # fmt: skip


def rate_at(curve: pd.DataFrame, current: float) -> float:
    return float(curve.loc[(curve["I"] - current).abs().idxmin(), "rate_Hz"])
