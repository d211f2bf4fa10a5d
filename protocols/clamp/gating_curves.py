"""`gating_curves`: steady state and time constant of every gate over the membrane potential."""

import numpy as np
import pandas as pd
from brian2 import Equations, Quantity, get_dimensions, mV, volt
from brian2.units.fundamentalunits import DIMENSIONLESS

from ...errors import InputError
from ...models.checks import check_quantity
from ...models.symbolic import function
from .. import tables


def gating_curves(model, v: Quantity | None = None) -> pd.DataFrame:
    """Return steady state and time constant of every gate, from the equation text.

    Parameters
    ----------
    model : NeuronModel
        Changed parameters are a matter of the model: ``gating_curves(model.with_(V_T=-60*mV))``.
    v : Quantity, shape (potentials,), optional
        Membrane potentials; default -100 to 50 mV in steps of 0.5 mV.

    Returns
    -------
    DataFrame
        One row per gate and potential: ``gate``, ``v_mV``, ``steady_state`` and ``tau_ms``.
        ``attrs`` names the model and its parameters.

    Raises
    ------
    ValueError
        For a model without gates, a gate whose steady state depends on more than the membrane
        potential, or potentials that are empty, not finite or of the wrong dimension.

    Notes
    -----
    A gate is a dimensionless state variable that obeys ``dx/dt = (x_inf(v) - x)/tau(v)``, in
    this form or as ``alpha*(1 - x) - beta*x`` (Hodgkin & Huxley 1952, equations 7 to 16). Nothing
    is simulated, hence no `backend`.

    Examples
    --------
    >>> from brian2 import mV
    >>> from excitable.models import HODGKIN_HUXLEY
    >>> gating_curves(HODGKIN_HUXLEY, [-65, -40]*mV).round(4)
      gate  v_mV  steady_state  tau_ms
    0    m -65.0        0.0529  0.2368
    1    m -40.0        0.5006  0.5006
    2    h -65.0        0.5961  8.5160
    3    h -40.0        0.0504  2.5151
    4    n -65.0        0.3177  5.4586
    5    n -40.0        0.6786  3.5145
    """
    v = np.arange(-100, 50.25, 0.5) * mV if v is None else v
    numbers = np.atleast_1d(check_quantity("v", v, mV))
    if numbers.ndim != 1:
        raise InputError(f"v: expected one dimension, got shape {numbers.shape}")
    frames = [
        pd.DataFrame({"gate": gate, "v_mV": numbers, "steady_state": x_inf, "tau_ms": tau * 1e3})
        for gate, (x_inf, tau) in gate_kinetics(model, numbers * 1e-3).items()
    ]
    table = pd.concat(frames, ignore_index=True)
    table.attrs = tables.describe_model(model, protocol="gating_curves")
    return table


def gate_names(model) -> list[str]:
    """Return the names of the gates: dimensionless state variables beside a membrane potential.

    Raises
    ------
    ValueError
        For a model without any.
    """
    equations = Equations(model.equations)
    membrane = model.membrane
    gates = [
        name
        for name in model.symbolic.states
        if name != membrane and equations[name].dim is DIMENSIONLESS
    ]
    if not gates or equations[membrane].dim is not get_dimensions(volt):
        raise InputError(
            f"{model.name} has no gates: expected a model with dimensionless state variables "
            "that depend on the membrane potential, such as CONNOR_STEVENS"
        )
    return gates


def gate_kinetics(model, v, values=None) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return each gate's steady state and time constant at given potentials, in SI units.

    Parameters
    ----------
    model : NeuronModel
    v : array, shape (k,)
        Membrane potential in volts.
    values : dict of str to array, shape (k,), optional
        Parameters in SI units that replace the model's own.

    Returns
    -------
    dict of str to (array, array), shape (k,)
        Steady state and time constant in seconds.
    """
    gates = gate_names(model)
    kinetics = model.symbolic.steady_states(model.membrane)
    stuck = [gate for gate in gates if gate not in kinetics]
    if stuck:
        raise InputError(
            f"{model.name}: the steady state of {stuck} does not follow from the membrane "
            "potential alone; expected dx/dt = (x_inf(v) - x)/tau(v)"
        )
    numbers = {model.membrane: v, **model.values} | dict(values or {})
    expressions = [expression for gate in gates for expression in kinetics[gate]]
    found = function(numbers, expressions)(*numbers.values())
    found = [np.broadcast_to(np.asarray(x, dtype=float), np.shape(v)) for x in found]
    return dict(zip(gates, zip(found[::2], found[1::2], strict=True), strict=True))
