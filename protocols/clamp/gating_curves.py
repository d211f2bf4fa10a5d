"""`gating_curves`: steady state and time constant of every gate over the membrane potential."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from brian2 import Quantity, get_dimensions, volt
from brian2.units.fundamentalunits import DIMENSIONLESS

from ...errors import InputError
from ...models.by_name import takes_names
from ...models.checks import check_quantity
from ...models.initial import initial_state
from ...models.steady import relaxing
from ...models.system import System
from ...models.text import numeric
from ...models.text.expressions import depends
from ...models.units import column
from .. import tables


@takes_names
def gating_curves(model, v: Quantity | None = None, *, vary=None) -> pd.DataFrame:
    """Return steady state and time constant of every gate, from the equation text.

    Parameters
    ----------
    model : NeuronModel
    v : Quantity, shape (potentials,), optional
        Membrane potentials; default -100 to 50 mV in steps of 0.5 mV, or for a cell in pure
        numbers -2 to 2, and where its initial potential is larger, twice that either way. A gate
        of another compartment is shown over the potential of that compartment.
    vary : dict of str to Quantity, optional
        Values of parameters; all combinations with the potentials are computed.

    Returns
    -------
    DataFrame
        One row per gate, set of varied parameters and potential, the potential running fastest:
        ``gate``, the varied parameters in their own units, the given potentials ``v_mV`` (``v``
        for a cell in pure numbers), ``steady_state`` and ``tau_ms``.
        ``attrs`` names the model, its parameters and the ``potentials``, which of its state
        variables each gate follows; pure
        numbers that depend on more than one potential (gates that calcium opens) are no part of
        it and stand in ``attrs["left_out"]``.

    Raises
    ------
    ValueError
        For a model without gates, or potentials or varied values that are empty, not finite or of
        the wrong dimension.

    Notes
    -----
    A gate is a dimensionless state variable that obeys ``dx/dt = (x_inf(v) - x)/tau(v)``, in
    this form or as ``alpha*(1 - x) - beta*x`` (Hodgkin & Huxley 1952, equations 7 to 16). In a
    cell in pure numbers that is every recovery variable which relaxes: its nullcline and its time
    constant. Nothing is simulated, hence no `backend`.

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

    All rates of the Traub-Miles cell are functions of ``v - V_T``:

    >>> from excitable.models import TRAUB_MILES
    >>> gating_curves(TRAUB_MILES, [-60, -50]*mV, vary={"V_T": [-63, -53]*mV}).head(4).round(4)
      gate   V_T  v_mV  steady_state  tau_ms
    0    m -63.0 -60.0        0.0269  0.0939
    1    m -63.0 -50.0        0.1442  0.1127
    2    m -53.0 -60.0        0.0033  0.0757
    3    m -53.0 -50.0        0.0269  0.0939
    """
    gates = gates_of(model)
    if not gates:
        raise InputError(
            f"{model.name} has no gates: expected dimensionless state variables that follow a "
            "membrane potential, dx/dt = (x_inf(v) - x)/tau(v), such as CONNOR_STEVENS has"
        )
    unit = model.unit_of(model.membrane)
    if v is None:
        volts = get_dimensions(unit) is get_dimensions(volt)
        v = np.linspace(-0.1, 0.05, 301) * volt if volts else _pure_potentials(model)
    numbers = np.atleast_1d(check_quantity("v", v, unit))
    if numbers.ndim != 1:
        raise InputError(f"v: expected one dimension, got shape {numbers.shape}")
    shown = column("v", unit)
    cells = tables.cross_with(model, shown, numbers, vary)
    at = cells[shown].to_numpy() * float(unit)
    values = {name: np.asarray(x, float) for name, x in tables.varied(model, cells).items()}
    frames = [
        pd.DataFrame({"gate": gate, **cells, "steady_state": x_inf, "tau_ms": tau * 1e3})
        for gate, (x_inf, tau) in _kinetics(model, gates, at, values).items()
    ]
    table = pd.concat(frames, ignore_index=True)
    table.attrs = tables.describe_model(
        model,
        protocol="gating_curves",
        potentials={name: gate.potential for name, gate in gates.items()},
        left_out=[name for name in _pure_numbers(model.system) if name not in gates],
    )
    return table


@dataclass(frozen=True)
class Gate:
    """A gate ``dx/dt = value + rate*x``, both functions of one membrane potential.

    Attributes
    ----------
    potential : str
        The state variable on which it depends: the membrane, or that of another compartment.
    rate, value : str
        Minus one over the time constant, and the slope at ``x = 0``.
    parts : dict of str to str
        What these are made of, in order.
    """

    potential: str
    rate: str
    value: str
    parts: Mapping[str, str]


def _pure_potentials(model) -> np.ndarray:
    """Return potentials of the size that those of a cell in pure numbers have."""
    first = float(np.abs(np.ravel(initial_state(model, {})[model.membrane])[0]))
    return 2 * (first if first > 2 else 1) * np.linspace(-1, 1, 201)


def gates_of(model) -> dict[str, Gate]:
    """Return the gates of a model: pure numbers that relax to a value set by one potential.

    Examples
    --------
    >>> from excitable.models import HODGKIN_HUXLEY
    >>> list(gates_of(HODGKIN_HUXLEY))
    ['m', 'h', 'n']
    """
    found = ((name, gate_of(model.system, name)) for name in model.system.states)
    return {name: gate for name, gate in found if gate is not None}


def gate_of(system: System, name: str) -> Gate | None:
    """Return a state variable as a gate, or nothing if it is none."""
    if name == system.membrane or system.dims[name] is not DIMENSIONLESS:
        return None
    slope, parts = system.slopes()[name], system.parts()
    pure = system.dims[system.membrane] is DIMENSIONLESS  # where any state has its dimensions
    like_it = [x for x in system.states if system.dims[x] is system.dims[system.membrane]]
    for potential in [system.membrane] if pure else like_it:
        others = {*system.states, "t", system.input} - {name, potential}
        if potential != name and (found := relaxing(name, slope, parts, others)) is not None:
            own, rate, value = found
            follows = any(depends(text, [potential], own) for text in (rate, value))
            return Gate(potential, rate, value, own) if follows else None
    return None


def _kinetics(model, gates: Mapping[str, Gate], v, varied: Mapping[str, np.ndarray]) -> dict:
    """Return each gate's steady state and time constant (s) at given potentials (V).

    Varied parameters have one value for each potential, in SI units.
    """
    found = {}
    for name, gate in gates.items():
        given = {gate.potential: v, **model.values, **varied}
        outputs = [f"-({gate.value})/({gate.rate})", f"-1/({gate.rate})"]
        function = numeric.function([*given], outputs, gate.parts, model.system.functions)
        pair = function(*given.values())
        found[name] = tuple(np.broadcast_to(np.asarray(x, float), np.shape(v)) for x in pair)
    return found


def _pure_numbers(system: System) -> list[str]:
    states = [x for x in system.states if x != system.membrane]
    return [x for x in states if system.dims[x] is DIMENSIONLESS]
