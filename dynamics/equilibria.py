"""Equilibria of a model at constant input, from its equation text: no simulation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
import sympy as sp
from brian2 import get_dimensions, volt

from ..models.checks import check_quantity
from ..models.symbolic import function, symbol, symbolic
from ..models.units import column

# Where an equilibrium is looked for: a membrane potential in volts, or a pure number.
_VOLTS = (-0.15, 0.1)
_NUMBERS = (-50.0, 50.0)
GRID = 2001  # 0.125 mV: closer pairs of roots are met only next to a saddle-node
_BLOCK = 64  # parameter sets at a time: an array over sets and grid then takes 1 MB


@dataclass(frozen=True)
class Reduced:
    """A model with its other variables at their steady state for the membrane potential.

    All functions take SI numbers or arrays: first the state (or the potential alone), then the
    parameters and the input in the order of `arguments`.
    """

    membrane: str
    others: tuple[str, ...]
    arguments: tuple[str, ...]
    current: Callable
    steady: Callable
    rhs: Callable


def reduced(model) -> Reduced:
    """Return the model as a function of its membrane potential alone.

    Raises
    ------
    ValueError
        If another variable has no steady state that the text determines.
    """
    return _reduced(model.equations, tuple(model.parameters), model.input, model.membrane)


@lru_cache(maxsize=64)
def _reduced(equations: str, parameters: tuple[str, ...], given: str, membrane: str) -> Reduced:
    text = expressions(equations, parameters, given, membrane)
    return Reduced(
        membrane,
        text.others,
        text.arguments,
        current=function([membrane, *text.arguments], [text.current]),
        steady=function([membrane, *text.arguments], list(text.steady)),
        rhs=function([membrane, *text.others, *text.arguments], list(text.rhs)),
    )


@dataclass(frozen=True)
class Expressions:
    """What `Reduced` computes, as sympy expressions in SI units."""

    others: tuple[str, ...]
    arguments: tuple[str, ...]
    current: sp.Expr
    steady: tuple[sp.Expr, ...]
    rhs: tuple[sp.Expr, ...]


def expressions(
    equations: str, parameters: tuple[str, ...], given: str, membrane: str
) -> Expressions:
    """Return equation text with the other variables at their steady state; see `reduced`."""
    arguments = (*parameters, given)
    form = symbolic(equations, frozenset(arguments))
    steady = {name: x_inf for name, (x_inf, _) in form.steady_states(membrane).items()}
    others = tuple(name for name in form.states if name != membrane)
    stuck = sorted(set(others) - set(steady))
    if stuck:
        raise ValueError(f"no steady state of {stuck} at a given {membrane} follows from the text")
    return Expressions(
        others,
        arguments,
        current=form.rhs[membrane].xreplace({symbol(k): v for k, v in steady.items()}),
        steady=tuple(steady[name] for name in others),
        rhs=tuple(form.rhs[name] for name in (membrane, *others)),
    )


def equilibria(model, I=None) -> pd.DataFrame:
    """Return all equilibria at a constant input.

    Parameters
    ----------
    model : NeuronModel
    I : Quantity, optional
        Constant input; default 0.

    Returns
    -------
    DataFrame
        One row per equilibrium, in ascending order of the membrane potential: the state (with
        units in the column names), ``stable``, and ``eigenvalue_per_ms``: the largest real part
        of the Jacobian's eigenvalues.

    Examples
    --------
    >>> from excitable.models import LIF
    >>> from brian2 import nA
    >>> equilibria(LIF, 2*nA)["v_mV"].round(6).tolist()
    [-45.0]
    """
    form = reduced(model)
    value = 0.0 if I is None else check_quantity("I", I, model.input_unit, scalar=True)
    numbers = {**model.values, model.input: value * float(model.input_unit)}
    arguments = [np.array([numbers[name]]) for name in form.arguments]
    units = [model.unit_of(name) for name in (form.membrane, *form.others)]
    names = [column(n, u) for n, u in zip((form.membrane, *form.others), units, strict=True)]
    rows = []
    _, states, growth = _equilibria(model, form, arguments)
    for state, fastest in zip(states.T, growth, strict=True):
        shown = [x / float(u) for x, u in zip(state, units, strict=True)]
        rows.append(dict(zip(names, shown, strict=True)))
        rows[-1] |= {"stable": bool(fastest < 0), "eigenvalue_per_ms": fastest / 1000}
    return pd.DataFrame(rows)


def rest(model, values: Mapping[str, np.ndarray], n: int) -> dict[str, np.ndarray]:
    """Return the resting state without input, for many parameter sets.

    Parameters
    ----------
    model : NeuronModel
    values : dict of str to array, shape (n,)
        Parameters in SI units that replace the model's own.
    n : int

    Returns
    -------
    dict of str to array, shape (n,)
        The stable equilibrium with the lowest membrane potential, in SI units; NaN for a set of
        parameters that has none (a cell that fires, or runs away, by itself).
    """
    form = reduced(model)
    numbers = {**model.values, model.input: 0.0} | dict(values)
    table = np.stack([np.broadcast_to(numbers[name], n) for name in form.arguments])
    unique, back = np.unique(table, axis=1, return_inverse=True)
    state = np.full((1 + len(form.others), unique.shape[1]), np.nan)
    for start in range(0, unique.shape[1], _BLOCK):
        arguments = list(unique[:, start : start + _BLOCK])
        sets, states, growth = _equilibria(model, form, arguments)
        stable = np.flatnonzero(growth < 0)
        # Those of a set come in ascending order: its first is the lowest.
        own, first = np.unique(sets[stable], return_index=True)
        state[:, start + own] = states[:, stable[first]]
    names = (form.membrane, *form.others)
    return dict(zip(names, state[:, np.ravel(back)], strict=True))


def _equilibria(model, form: Reduced, arguments: list[np.ndarray]):
    """Return the equilibria of several parameter sets, and how fast each is left.

    Returns
    -------
    sets : array of int, shape (found,)
        The set of each equilibrium, ascending; those of a set in the order of the potential.
    states : array, shape (variables, found)
    growth : array, shape (found,)
        Largest real part of the Jacobian's eigenvalues, 1/s.
    """
    sets, v = _roots(model, form, arguments)
    own = [a[sets] for a in arguments]
    with np.errstate(divide="ignore"):
        others = [np.broadcast_to(x, v.shape) for x in form.steady(v, *own)]
    states = np.stack([v, *others])
    decay = np.isfinite(states).all(axis=0)  # a variable that does not decay has no steady state
    sets, states, own = sets[decay], states[:, decay], [a[decay] for a in own]
    return sets, states, np.linalg.eigvals(_jacobian(form, states, own)).real.max(axis=-1)


def search_range(model) -> tuple[float, float]:
    """Return between which potentials equilibria are looked for, in SI units."""
    is_voltage = get_dimensions(model.unit_of(model.membrane)) is get_dimensions(volt)
    # The ends are odd numbers so that no grid point is an equilibrium of round parameters.
    low, high = (x * 1.000371 for x in (_VOLTS if is_voltage else _NUMBERS))
    return low, high


def _roots(model, form: Reduced, arguments: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the potentials at which dv/dt is zero, and the parameter set of each, ascending."""
    grid = np.linspace(*search_range(model), GRID)
    columns = [a[:, None] for a in arguments]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        current = np.broadcast_to(form.current(grid, *columns)[0], (len(arguments[0]), GRID))
    sets, lefts = np.nonzero(np.sign(current[:, :-1]) * np.sign(current[:, 1:]) < 0)
    own = [a[sets] for a in arguments]
    a, b = grid[lefts], grid[lefts + 1]
    at_a = current[sets, lefts]
    for _ in range(60):  # bisection: halves the 0.125 mV down to the last bit
        middle = (a + b) / 2
        value = np.broadcast_to(form.current(middle, *own)[0], middle.shape)
        same = np.sign(value) == np.sign(at_a)
        a, b = np.where(same, middle, a), np.where(same, b, middle)
    return sets, (a + b) / 2


def _jacobian(form: Reduced, states: np.ndarray, arguments: list) -> np.ndarray:
    """Return the Jacobians by central differences (relative error about 1e-9).

    Shape (found, variables, variables), for states of shape (variables, found).
    """
    columns = []
    for k in range(len(states)):
        h = 1e-6 * np.maximum(np.abs(states[k]), 1e-3)
        up, down = states.copy(), states.copy()
        up[k] += h
        down[k] -= h
        at_up, at_down = (
            np.stack([np.broadcast_to(x, h.shape) for x in form.rhs(*point, *arguments)])
            for point in (up, down)
        )
        columns.append((at_up - at_down) / (2 * h))
    return np.stack(columns).T
