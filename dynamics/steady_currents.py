"""A model as a curve over its membrane potential: velocity, steady-state current, saddle-node."""

import numpy as np
from brian2 import mV

from ..errors import InputError
from ..models.by_name import takes_names
from ..models.checks import check_quantity
from ..plain_checks import check_readable, has_unit
from .equilibria import reduced

LINEAR = 1e-9  # of the terms, by which a straight line may be missed by rounding


@takes_names
def velocity(model, v: np.ndarray, I) -> np.ndarray:
    """Return dV/dt in SI units, from the model's equation text.

    Parameters
    ----------
    model : NeuronModel
        Of one variable, or with the others at their steady state.
    v : array or Quantity, shape (n,)
        Potentials; plain numbers are in SI units.
    I : Quantity
        Constant input; one, or one per potential.

    Returns
    -------
    array, shape (n,)

    Examples
    --------
    >>> from brian2 import nA
    >>> from excitable.models import LIF
    >>> velocity(LIF, np.array([-65e-3]), 2 * nA).round(9)
    array([2.])
    """
    form = reduced(model)
    unit = model.unit_of(model.membrane)
    v = _numbers("v", v, unit, float(unit))
    I = _numbers("I", I, model.input_unit, float(model.input_unit))
    known = {**model.values, model.input: I}
    return form.current(v, *(known[name] for name in form.arguments))[0]


def threshold_among(model, v: np.ndarray) -> float:
    """Return the first potential in SI units at which a cell is reset; NaN where it is at none.

    Parameters
    ----------
    model : NeuronModel
        As in `velocity`.
    v : array, shape (n,)
        Increasing potentials, SI units; between two of them the condition is taken for straight.

    Examples
    --------
    >>> from excitable.models import LIF
    >>> round(threshold_among(LIF, np.array([-0.065, -0.045])), 6)
    -0.05
    """
    form = reduced(model)
    if form.gap is None or not model.system.reset:
        return np.nan
    known = {**model.values, model.input: 0.0}
    arguments = [known[name] for name in form.arguments]
    gap = np.broadcast_to(form.gap(v, *form.steady(v, *arguments), *arguments), v.shape)
    crossed = np.flatnonzero((gap[:-1] <= 0) & (gap[1:] > 0))
    if not len(crossed):
        return np.nan
    k = crossed[0]
    return float(np.interp(0.0, gap[k : k + 2], v[k : k + 2]))


def _numbers(name: str, value, unit, scale: float = 1.0):
    """Return a quantity as numbers in a unit, times a scale; plain numbers as they are."""
    check_readable(name, value)
    return check_quantity(name, value, unit) * scale if has_unit(value) else value


@takes_names
def steady_current(model, v_mV) -> np.ndarray:
    """Return the input that holds a cell at a potential for good, all gates settled.

    Parameters
    ----------
    model : NeuronModel
        Whose input enters dv/dt linearly: two evaluations of dv/dt then give its zero.
    v_mV : array or Quantity, shape (n,)
        Potentials, mV.

    Returns
    -------
    array, shape (n,)
        In the model's input unit. An equilibrium at the input I lies where this curve has the
        value I.

    Raises
    ------
    ValueError
        Where dv/dt is no straight line over the input.

    Examples
    --------
    >>> from excitable.models import LIF
    >>> steady_current(LIF, np.array([-60.0, -50.0])).round(9).tolist()
    [0.5, 1.5]
    """
    v = np.asarray(_numbers("v_mV", v_mV, mV), dtype=float) * 1e-3
    without = velocity(model, v, 0.0)
    one = velocity(model, v, float(model.input_unit)) - without
    found = -without / one
    left = velocity(model, v, found * float(model.input_unit))
    if (np.abs(left) > LINEAR * (np.abs(without) + np.abs(one))).any():
        raise InputError(
            f"{model.name}: d{model.membrane}/dt is no straight line over {model.input}, so that "
            "no input follows from a potential; `bifurcations` follows its equilibria"
        )
    return found


@takes_names
def saddle_node(model) -> tuple[float, float]:
    """Return where the resting state ends by meeting an unstable equilibrium.

    Parameters
    ----------
    model : NeuronModel
        As `steady_current` takes it, with a membrane potential in volts.

    Returns
    -------
    current, potential : float
        The first maximum of the steady-state current between -75 and -50 mV (in the model's input
        unit, and mV); NaN if the current only rises there, so that no input makes rest vanish.

    Examples
    --------
    >>> from excitable.models import CONNOR_STEVENS
    >>> round(saddle_node(CONNOR_STEVENS)[0], 5)  # uA/cm2
    8.11405
    """
    from scipy.optimize import brentq  # slow to import, and every start imports this folder

    def slope(v):
        return (steady_current(model, v + 1e-3) - steady_current(model, v - 1e-3)) / 2e-3

    v = np.arange(-75.0, -50.0, 0.25)
    falling = np.flatnonzero((slope(v)[:-1] > 0) & (slope(v)[1:] <= 0))
    if not len(falling):
        return np.nan, np.nan
    at = brentq(slope, v[falling[0]], v[falling[0] + 1], xtol=1e-9)
    return float(steady_current(model, at)), at
