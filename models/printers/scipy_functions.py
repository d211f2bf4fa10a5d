"""A system as functions for ``scipy.integrate.solve_ivp``, with the exact Jacobian; in SI units."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from brian2 import Quantity

from .. import grouping, validation
from ..initial import initial_state
from ..system import System
from ..text.expressions import NoDerivative
from .c_like import CannotPrint
from .edges import system_at_edges


@dataclass(frozen=True)
class ScipyFunctions:
    """A cell as plain functions of plain numbers, in SI units (s, V, A, ...).

    Attributes
    ----------
    rhs : callable
        ``rhs(t, y)``: the slopes, shape (states,), of a cell that is not refractory.
    jac : callable
        ``jac(t, y)``: their exact derivatives, shape (states, states); row i for slope i.
    y0 : array, shape (states,)
        The model's initial values.
    names : tuple of str
        The state variables in the order of `y0`.
    gap : callable or None
        ``gap(t, y)`` is above 0 where the spike condition holds: an event for `solve_ivp`,
        upwards. None without a condition.
    reset : callable or None
        ``reset(t, y)``: the state after a spike. None without a reset.
    """

    rhs: Callable
    jac: Callable
    y0: np.ndarray
    names: tuple[str, ...]
    gap: Callable | None
    reset: Callable | None


def scipy_functions(model, given=None, values: Mapping[str, Quantity] | None = None):
    """Return a model under an input as functions for scipy.

    Parameters
    ----------
    model : NeuronModel
    given : Quantity, str or Stimulus, optional
        The input; default 0. An edge of a stimulus acts at its time: integrate from edge to edge.
    values : dict of str to Quantity, optional
        Parameters instead of the model's own.

    Returns
    -------
    ScipyFunctions

    Raises
    ------
    CannotPrint
        For noise, random numbers, and functions without a known derivative.

    Examples
    --------
    >>> from brian2 import nA
    >>> from excitable.models import LIF
    >>> cell = scipy_functions(LIF, 2*nA)
    >>> cell.rhs(0, cell.y0), cell.jac(0, cell.y0)
    (array([2.]), array([[-100.]]))
    """
    model = model.with_(**(values or {}))
    if isinstance(given, str):
        validation.check_input_text(model, given)
    text = grouping.describe(model, 1, 0 * model.input_unit if given is None else given)
    system = system_at_edges(text.system)
    _check(system, model.name)
    numbers = {name: float(np.ravel(v)[0]) for name, v in text.values.items()} | {"i": 0.0}
    arguments, rest = ["t", *system.rhs, *numbers], list(numbers.values())
    names = system.states

    def compiled(outputs, system: System = system) -> Callable:
        f = system.function(arguments, list(outputs), scalar=True)
        return lambda t, y: f(t, *map(float, y), *rest)

    free = replace(system, rhs=system.slopes(), named=system.parts())
    start = initial_state(model, text.values)
    slopes, after = compiled(free.rhs.values()), compiled(system.after_reset().values())
    return ScipyFunctions(
        rhs=lambda t, y: np.array(slopes(t, y), dtype=float),
        jac=_jacobian(free, arguments, rest, model.name),
        y0=np.array([float(np.ravel(start.get(x, 0.0))[0]) for x in names]),
        names=names,
        gap=_gap(system, compiled),
        reset=(lambda t, y: np.array(after(t, y), dtype=float)) if system.reset else None,
    )


def _check(system: System, name: str) -> None:
    if system.draws:
        raise CannotPrint(
            f"{name}: {system.draws} cannot stand in an ordinary differential equation"
        )


def _jacobian(system: System, arguments: list[str], rest: list[float], name: str) -> Callable:
    try:
        parts, entries = system.jacobian()
    except NoDerivative as error:
        raise CannotPrint(f"{name}: no exact Jacobian, because {error}") from None
    known = replace(system, named={**system.named, **parts})
    f = known.function(arguments, list(entries.values()), scalar=True)
    n = len(system.states)
    rows = [system.states.index(x) for x, _ in entries]
    columns = [system.states.index(y) for _, y in entries]

    def jac(t, y):
        matrix = np.zeros((n, n))
        matrix[rows, columns] = f(t, *map(float, y), *rest)
        return matrix

    return jac


def _gap(system: System, compiled: Callable) -> Callable | None:
    if system.gap is None:
        return None
    text = system.gap.combined(lambda leaf: f"({leaf})", "_smaller({}, {})", "_larger({}, {})")
    whole = replace(system, functions={**system.functions, "_smaller": min, "_larger": max})
    value = compiled([text], whole)
    return lambda t, y: value(t, y)[0]
