"""Seconds from equation text to what engines need, for cells of growing size; nothing is simulated.

Parsing, checking, singular rates, exact derivatives and the choice of a method must take time in
proportion to the text, for a cell of anybody's making.
"""

import time
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from brian2 import cm, msiemens, mV, second, uA, uF
from excitable.dynamics.equilibria import rest
from excitable.models import NeuronModel
from excitable.models.grouping import describe
from excitable.protocols import Constant, fi_curve
from excitable.simulation.methods import STEPS
from excitable.simulation.methods.shared_exponentials import economical
from excitable.simulation.methods.within_step import locate_spikes

from tests.user_models import WANG_BUZSAKI

# State variables beside the potential: gates with three rates each, written as quotients.
GATES = (4, 9, 19)
conductance = msiemens / cm**2


def cell(gates: int) -> NeuronModel:
    """Return a cell with a current for every gate, its rates in the quotients of textbooks."""
    lines = [
        f"""
        J_{k} = g_{k}*x_{k}**{1 + k % 4}*(v - E_{k}) : amp/meter**2
        dx_{k}/dt = phi_{k}*(alpha_{k}*(1 - x_{k}) - beta_{k}*x_{k}) : 1
        phi_{k} = 3**((v + {60 + k}*mV)/(100*mV)) : 1
        alpha_{k} = 0.1*(v + {20 + k}*mV)/mV/(1 - exp(-(v + {20 + k}*mV)/({8 + k % 5}*mV)))/ms : Hz
        beta_{k} = 4*exp(-(v + {50 + k}*mV)/({15 + k % 7}*mV))/ms : Hz
        """
        for k in range(gates)
    ]
    total = " - ".join(f"J_{k}" for k in range(gates))
    return NeuronModel(
        name=f"cell_of_{gates + 1}",
        equations=f"dv/dt = (I - g_L*(v - E_L) - {total})/C : volt" + "".join(lines),
        parameters={
            "C": 1 * uF / cm**2, "g_L": 0.3 * conductance, "E_L": -60 * mV,
            **{f"g_{k}": 0.5 * conductance for k in range(gates)},
            **{f"E_{k}": (50 if k % 2 else -77) * mV for k in range(gates)},
        },
        input_unit=uA / cm**2,
        initial={"v": -65 * mV} | {f"x_{k}": 0.1 for k in range(gates)},
        threshold="v > 0*mV",
    )  # fmt: skip


def _steps(model: NeuronModel) -> dict[str, Callable[[], object]]:
    """Return what is done with a model, in the order of a run."""
    text = describe(model, 1, Constant(0 * uA / cm**2))
    start = {x: np.zeros(1) for x in model.system.rhs}
    return {
        "derivatives": model.system.jacobian,
        "resting state": lambda: rest(model, {}, 1),
        "located spikes": lambda: locate_spikes(text, start),
        "rk4 step": lambda: STEPS["rk4"](economical(text.system)),
        "splitting step": lambda: STEPS["extrapolated_strang"](economical(text.system)),
        "scipy functions": model.to_scipy,
        "LaTeX": model._repr_latex_,
    }


def measure(quick: bool = False, large: bool = False) -> pd.DataFrame:
    """Return the table: states, rates, what is done, seconds."""
    rows = []
    for gates in GATES[:1] if quick else GATES:
        model, seconds = _timed(partial(cell, gates))
        rows.append((gates + 1, 3 * gates, "building the model", seconds))
        for name, step in _steps(model).items():
            rows.append((gates + 1, 3 * gates, name, _timed(step)[1]))
    currents = np.linspace(0, 5, 5 if quick else 11) * uA / cm**2
    _, seconds = _timed(
        lambda: fi_curve(WANG_BUZSAKI, currents, duration=1 * second, tolerance=1e-3)
    )
    rows.append((3, 6, "fi_curve(WANG_BUZSAKI, tolerance=1e-3)", seconds))
    return pd.DataFrame(rows, columns=["states", "rates", "what", "seconds"])


def _timed(action: Callable) -> tuple[object, float]:
    begin = time.perf_counter()
    result = action()
    return result, time.perf_counter() - begin
