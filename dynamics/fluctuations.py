"""How much white noise moves the resting membrane: the linearised equations, no simulation."""

import numpy as np
from brian2 import Quantity, get_dimensions, ms

from ..errors import InputError
from ..models.by_name import takes_names
from ..models.checks import check_quantity
from ..models.grouping import noise_terms
from .equilibria import equilibria, jacobians, reduction


@takes_names
def membrane_deviation(model, noise: Quantity, I: Quantity | None = None) -> Quantity:
    """Return the standard deviation of the membrane potential at rest in white noise.

    Parameters
    ----------
    model : NeuronModel
    noise : Quantity
        Strength of the noise, input unit times the square root of time, as in
        `excitable.protocols.WhiteNoise`.
    I : Quantity, optional
        Constant input under which the cell rests; default 0.

    Returns
    -------
    Quantity
        In the membrane's unit (volt, or none).

    Raises
    ------
    ValueError
        For bad input, a cell without a stable equilibrium at this input or with noise of its own,
        or one that the input does not drive linearly.

    Notes
    -----
    To first order in the noise the state is an Ornstein-Uhlenbeck process around the stable
    equilibrium with the lowest potential. Its covariance S solves A S + S A' + B B' = 0 with the
    Jacobian A and the noise's effect B on each variable (Gardiner 2009, Stochastic Methods, sec.
    4.5.6). It ignores the threshold.

    Examples
    --------
    >>> from brian2 import nA, ms, mV
    >>> from excitable.models import LIF
    >>> print(round(membrane_deviation(LIF, 1*nA*ms**0.5)/mV, 6))    # R sigma/sqrt(2 tau)
    2.236068
    """
    strength = check_quantity("noise", noise, model.input_unit * ms**0.5, scalar=True)
    return strength * _deviation_of_unit_noise(model, I)


@takes_names
def noise_for_deviation(model, deviation: Quantity, I: Quantity | None = None) -> Quantity:
    """Return the white noise under which the resting membrane has a standard deviation.

    So the same noise can be given to models whose inputs have different units.

    Parameters
    ----------
    model : NeuronModel
    deviation : Quantity
        In the membrane's unit: one value, or an array.
    I : Quantity, optional
        Constant input under which the cell rests; default 0.

    Returns
    -------
    Quantity
        Input unit times the square root of time.

    Raises
    ------
    ValueError
        As `membrane_deviation`.

    Examples
    --------
    >>> from brian2 import nA, ms, mV
    >>> from excitable.models import LIF
    >>> print(round(noise_for_deviation(LIF, 2*mV)/(nA*ms**0.5), 6))
    0.894427
    """
    unit = model.unit_of(model.membrane)
    wanted = check_quantity("deviation", deviation, unit)
    return wanted * unit / _deviation_of_unit_noise(model, I) * model.input_unit * ms**0.5


def _deviation_of_unit_noise(model, I) -> Quantity:
    """Return the deviation under noise of one input unit times ms**0.5."""
    from scipy.linalg import solve_continuous_lyapunov  # slow to import, and few runs need it

    if drawn := model.system.draws:
        raise InputError(
            f"{model.name}: draws {drawn} of its own, which moves the membrane too; take that out "
            "of the model"
        )
    noise_terms(model, "xi")  # refuses what noise in the input cannot drive
    points = equilibria(model, I)
    stable = points[points["stable"]] if len(points) else points
    if stable.empty:
        raise InputError(
            f"{model.name} has no stable equilibrium at I = {0 if I is None else I}: it rests "
            "nowhere. Give an I at which it does."
        )
    form = reduction(model)
    names = (form.membrane, *form.others)
    units = np.array([float(model.unit_of(name)) for name in names])
    state = stable.iloc[0, : len(names)].to_numpy(float) * units
    given = 0.0 if I is None else check_quantity("I", I, model.input_unit, scalar=True)
    unit = float(model.input_unit)
    numbers = {**model.values, model.input: given * unit}
    arguments = [np.array([numbers[name]]) for name in form.arguments]
    effect = _input_effect(form, state, arguments) * unit * np.sqrt(float(ms))
    # In the model's units: volts beside amperes have no digits in common.
    effect /= units
    jacobian = jacobians(form, state[:, None], arguments)[0] * units / units[:, None]
    covariance = solve_continuous_lyapunov(jacobian, -np.outer(effect, effect))
    dimensions = get_dimensions(model.unit_of(form.membrane))
    return Quantity.with_dimensions(np.sqrt(covariance[0, 0]) * units[0], dimensions)


def _input_effect(form, state, arguments) -> np.ndarray:
    """Return how fast each variable moves per input, in SI units; the input enters linearly."""

    def slopes(given):
        values = form.rhs(*state, *arguments[:-1], np.array([given]))
        return np.array([float(np.ravel(x)[0]) for x in values])

    return slopes(1.0) - slopes(0.0)
