"""Equilibria of a model at constant input, from its equation text: no simulation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from brian2 import Quantity

from ..errors import InputError
from ..models.by_name import takes_names
from ..models.checks import check_count, check_name, check_quantity, listed_parts
from ..models.initial import initial_state
from ..models.steady import steady_states
from ..models.text import numeric
from ..models.text.conditions import Gap
from ..models.text.expressions import NoDerivative
from ..models.units import own_columns
from .conserved import conserved
from .equilibrium_search import HELD, newton_roots
from .potential_search import Search, roots, search_of, touching

_BLOCK = 64  # parameter sets at a time: an array over sets and grid then takes 1 MB
# A cell whose variables do not all follow from the potential is let relax, from the first step (in
# seconds) on in steps that grow, until the last is far longer than any time constant of a neuron.
FIRST_STEP, GROWTH, STEPS = 2e-5, 1.15, 260
SETTLED = 1e-9  # of a variable's size per its time constant


@dataclass(frozen=True)
class Reduced:
    """A model's equations as functions of numpy arrays, reduced as far as they can be.

    All functions take SI numbers or arrays: first the state (or the potential alone), then the
    parameters and the input in the order of `arguments`.

    Attributes
    ----------
    membrane : str
    others : tuple of str
        The other state variables.
    arguments : tuple of str
    left : tuple of str
        Those that do not follow from the potential; empty for a model that is reduced.
    current : callable or None
        dv/dt with all others at their steady state, of ``(v, *arguments)``; None if any is left.
    steady : callable or None
        The others at their steady state.
    rhs, jacobian : callable
        Of ``(v, *others, *arguments)``: all slopes, and their derivatives row by row.
    constant : array, shape (variables, variables)
        Projection onto the sums of variables that never change: what moves a state along it is
        held at the initial values.
    gap : callable or None
        Above zero where the model's spike condition holds.
    """

    membrane: str
    others: tuple[str, ...]
    arguments: tuple[str, ...]
    left: tuple[str, ...]
    current: Callable | None
    steady: Callable | None
    rhs: Callable
    jacobian: Callable | None
    gap: Callable | None
    constant: np.ndarray


def reduced(model) -> Reduced:
    """Return the model as a function of its membrane potential alone.

    Raises
    ------
    ValueError
        If another variable has no steady state that the text determines.
    """
    form = reduction(model)
    if form.left:
        raise InputError(
            f"{model.name}: no steady state of {sorted(form.left)} at a given {model.membrane} "
            "follows from the text"
        )
    return form


def reduction(model) -> Reduced:
    """Return the model reduced as far as it can be; kept with the model."""
    kept = vars(model).setdefault("_reduction", [])
    if not kept:
        kept.append(_reduction(model))
    return kept[0]


def _reduction(model) -> Reduced:
    system, v = model.system, model.membrane
    steady = steady_states(system, [v])
    others = tuple(x for x in system.states if x != v)
    arguments = (*model.parameters, model.input)
    clock = ("t", "dt")

    def compiled(names, outputs, named):
        given = [*names, *arguments, *clock]
        f = numeric.function(given, list(outputs), named, system.functions)
        return lambda *values: f(*values, 0.0, float(model.dt))

    whole = system.parts()
    slopes = system.slopes()
    followed = {**steady.statements, **whole}
    is_reduced = not steady.left
    state = (v, *others)
    rhs = compiled(state, [slopes[x] for x in state], whole)
    return Reduced(
        v,
        others,
        arguments,
        steady.left,
        current=compiled([v], [slopes[v]], followed) if is_reduced else None,
        steady=compiled([v], others, followed) if is_reduced else None,
        rhs=rhs,
        jacobian=_jacobian_function(system, state, compiled),
        gap=_gap_function(system, state, compiled),
        constant=np.zeros((len(state),) * 2) if is_reduced else _constant(model, state, rhs),
    )


def _constant(model, state: tuple[str, ...], rhs: Callable) -> np.ndarray:
    numbers = {**model.values, model.input: 0.0}

    def slopes(x):
        return np.stack([np.broadcast_to(f, x[0].shape) for f in rhs(*x, *numbers.values())])

    rows = conserved(model, state, slopes)
    return np.linalg.pinv(rows) @ rows


def _jacobian_function(system, state, compiled) -> Callable | None:
    """Return the exact Jacobian; None where a function has no known derivative."""
    try:
        parts, entries = system.jacobian()
    except NoDerivative:
        return None
    texts = [entries.get((x, y), "0.0") for x in state for y in state]
    return compiled(state, texts, {**system.parts(), **parts})


def _gap_function(system, state, compiled) -> Callable | None:
    if system.gap is None:
        return None
    leaves = system.gap.leaves
    values = compiled(state, leaves, system.named)

    def combined(node: Gap, at: Mapping[str, np.ndarray]):
        if not node.of:
            return at[node.text]
        parts = [combined(part, at) for part in node.parts]
        return (np.minimum if node.of == "min" else np.maximum).reduce(np.broadcast_arrays(*parts))

    return lambda *given: combined(system.gap, dict(zip(leaves, values(*given), strict=True)))


@takes_names
def equilibria(model, I=None) -> pd.DataFrame:
    """Return all equilibria at a constant input; of a phase, those of one revolution.

    Parameters
    ----------
    model : NeuronModel
    I : Quantity, optional
        Constant input; default 0.

    Returns
    -------
    DataFrame
        One row per equilibrium, in ascending order of the membrane potential: the state (with
        units in the column names), ``stable``, ``half_stable`` (two equilibria that have just
        met: dv/dt touches zero), ``type`` ("stable focus", "saddle", "saddle-node", ...),
        ``eigenvalue_per_ms``, the largest real part of the Jacobian's eigenvalues, and
        ``eigenvalues_per_ms``, all of them (where a sum of variables never changes, as that of a
        channel's occupancies, those of what can move while it is as it is initially).

    Notes
    -----
    Where everything follows from the membrane potential, sign changes of dv/dt on a grid are
    refined, whose steps are 0.125 mV from -150 to 100 mV and wider beyond, and so are its turns
    towards zero between points of the grid. Else (two compartments) Newton's method starts from a
    grid over as many variables as are needed; where those are more than four, as in a cable, from
    points that are spread over it and from those at which all compartments are alike.

    Examples
    --------
    >>> from excitable.models import LIF
    >>> from brian2 import nA
    >>> equilibria(LIF, 2*nA)["v_mV"].round(6).tolist()
    [-45.0]
    """
    return equilibria_between(model, I, search_of(model))


def equilibria_between(model, I, search: Search) -> pd.DataFrame:
    """Return all equilibria whose potential lies where it is searched; see `equilibria`."""
    form = reduction(model)
    value = 0.0 if I is None else check_quantity("I", I, model.input_unit, scalar=True)
    numbers = {**model.values, model.input: value * float(model.input_unit)}
    units = [model.unit_of(name) for name in (form.membrane, *form.others)]
    own = {"stable": bool, "half_stable": bool, "eigenvalue_per_ms": float, "type": object,
           "eigenvalues_per_ms": object}  # fmt: skip
    variables = dict(zip((form.membrane, *form.others), units, strict=True))
    names = [*own_columns(variables, own, what=model.name).values()]
    states, eigenvalues = equilibria_at(model, numbers, search)
    touching, at_touching = _touching(form, numbers, search)
    rows = []
    for state, values, touches in zip(
        [*states, *touching],
        [*eigenvalues, *at_touching],
        [False] * len(states) + [True] * len(touching),
        strict=True,
    ):
        shown = [x / float(u) for x, u in zip(state, units, strict=True)]
        rows.append(dict(zip(names, shown, strict=True)))
        rows[-1] |= {
            "stable": bool(values.real.max() < 0) and not touches,
            "half_stable": touches,
            "eigenvalue_per_ms": values.real.max() / 1000,
            "type": "saddle-node" if touches else equilibrium_type(values),
            "eigenvalues_per_ms": tuple(values / 1000),
        }
    table = pd.DataFrame(rows, columns=[*names, *own]).astype(dict.fromkeys(names, float) | own)
    return table.sort_values(names[0], ignore_index=True)


def _touching(form: Reduced, numbers: Mapping[str, float], search: Search):
    """Return states and eigenvalues where dv/dt touches zero and does not cross it."""
    if form.left:
        return np.empty((0, 1 + len(form.others))), np.empty((0, 1 + len(form.others)))
    arguments = [np.array([numbers[name]]) for name in form.arguments]
    v = touching(_velocity(form, arguments), search)
    own = [np.broadcast_to(a, v.shape) for a in arguments]
    states = np.stack([v, *(np.broadcast_to(x, v.shape) for x in form.steady(v, *own))])
    eigenvalues = np.linalg.eigvals(jacobians(form, states, own)).astype(complex)
    return states.T, -np.sort_complex(-eigenvalues)


def _velocity(form: Reduced, arguments: list[np.ndarray]) -> Callable:
    """Return dv/dt as a function of the potential and of which parameter set."""

    def at(v, sets):
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            slope = form.current(v, *(a[sets] for a in arguments))[0]
        return np.broadcast_to(slope, np.broadcast_shapes(np.shape(v), np.shape(sets)))

    return at


def equilibria_at(
    model, numbers: Mapping[str, float], search: Search | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return all equilibria at parameters and an input in SI units.

    Parameters
    ----------
    model : NeuronModel
    numbers : dict of str to float
    search : Search, optional
        Of a model that is reduced: at which potentials; default `search_of`.

    Returns
    -------
    states : array, shape (found, variables)
        Membrane first, then the others of `reduction`, in SI units.
    eigenvalues : array, shape (found, variables)
        1/s, in descending order of their real parts.
    """
    form = reduction(model)
    arguments = [np.array([numbers[name]]) for name in form.arguments]
    if form.left:
        states = newton_roots(model, form, arguments, jacobians)
    else:
        _, states, _ = _equilibria(model, form, arguments, search)
    own = [np.broadcast_to(a, states.shape[1]) for a in arguments]
    eigenvalues = np.linalg.eigvals(jacobians(form, states, own)).astype(complex)
    held = round(np.trace(form.constant))  # as many are no eigenvalues of what can move
    order = np.argsort(np.abs(eigenvalues + HELD), axis=1)[:, held:]
    eigenvalues = np.take_along_axis(eigenvalues, np.sort(order, axis=1), axis=1)
    order = np.argsort(-eigenvalues.real, axis=1, kind="stable")
    return states.T, np.take_along_axis(eigenvalues, order, axis=1)


def equilibrium_type(eigenvalues: np.ndarray) -> str:
    """Return the name of an equilibrium with these eigenvalues.

    Examples
    --------
    >>> equilibrium_type(np.array([-1 + 2j, -1 - 2j])), equilibrium_type(np.array([1, -2]))
    ('stable focus', 'saddle')
    """
    values = np.asarray(eigenvalues, complex)
    above = values.real > 0
    leading = values[np.argsort(-np.abs(values.real) if above.all() else -values.real)]
    if above.any() and not above.all():
        return "saddle-focus" if np.abs(values.imag).any() and len(values) > 2 else "saddle"
    kind = "focus" if leading[0].imag or (above.all() and values.imag.any()) else "node"
    return f"{'unstable' if above.any() else 'stable'} {kind}"


@takes_names
def rest(model, values: Mapping[str, np.ndarray], n: int) -> dict[str, np.ndarray]:
    """Return the resting state without input, for many parameter sets.

    Parameters
    ----------
    model : NeuronModel
    values : dict of str to array, shape (n,)
        Parameters that replace the model's own; plain numbers are in SI units.
    n : int

    Returns
    -------
    dict of str to array, shape (n,)
        The stable equilibrium with the lowest membrane potential (of a phase: within one
        revolution), in SI units; NaN for a set of parameters that has none (a cell that fires, or
        runs away, by itself). Where variables do
        not follow from the potential, it is the one to which the cell relaxes from its initial
        values.

    Raises
    ------
    ValueError
        For an unknown name, and values in another unit, not finite or not one for each set.
    """
    n, form = check_count("n", n), reduction(model)
    given = {name: _in_si(model, name, value, n) for name, value in dict(values).items()}
    numbers = {**model.values, model.input: 0.0} | given
    table = np.stack([np.broadcast_to(numbers[name], n) for name in form.arguments])
    unique, back = np.unique(table, axis=1, return_inverse=True)
    state = np.full((1 + len(form.others), unique.shape[1]), np.nan)
    for start in range(0, unique.shape[1], _BLOCK):
        arguments = list(unique[:, start : start + _BLOCK])
        sets, states, growth = _equilibria(model, form, arguments)
        stable = np.flatnonzero(
            (growth < 0) & _below_threshold(model, form, states, sets, arguments)
        )
        # Those of a set come in ascending order: its first is the lowest.
        own, first = np.unique(sets[stable], return_index=True)
        state[:, start + own] = states[:, stable[first]]
    names = (form.membrane, *form.others)
    return dict(zip(names, state[:, np.ravel(back)], strict=True))


def _in_si(model, name: str, value, n: int) -> np.ndarray:
    """Return the values of a parameter, checked, in SI units."""
    unit = model.unit_of(check_name("parameter", name, [*model.parameters, model.input]))
    value = listed_parts(value)
    if not isinstance(value, Quantity):
        value = Quantity(value, dim=unit.dim)
    check_quantity(f"values: {name}", value, unit)
    if np.shape(value) not in ((), (1,), (n,)):
        raise InputError(
            f"values: {name}: expected one value or {n}, got an array of shape {np.shape(value)}"
        )
    return np.asarray(value, float)


def settled(model, potential, values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return where everything else comes to rest while the membrane potential is held.

    Parameters
    ----------
    model : NeuronModel
    potential : array, shape (n,)
        In SI units.
    values : dict of str to array, shape (n,)
        Parameters in SI units that replace the model's own.

    Returns
    -------
    dict of str to array, shape (n,)
        The other state variables in SI units, without input. Those that do not follow from the
        potential alone (a second compartment) have relaxed from their initial values.

    Raises
    ------
    ValueError
        Where they do not come to rest.
    """
    form = reduction(model)
    v = np.atleast_1d(np.asarray(potential, float))
    numbers = {**model.values, model.input: 0.0} | dict(values)
    arguments = [np.broadcast_to(numbers[name], v.shape) for name in form.arguments]
    if not form.others:
        return {}
    if not form.left:
        with np.errstate(all="ignore"):
            found = [np.broadcast_to(x, v.shape) for x in form.steady(v, *arguments)]
    else:
        where, states = _relaxed(model, _holding(form), arguments, v)
        found = np.full((len(form.others), len(v)), np.nan)
        found[:, where] = states[1:]
    restless = [x for x, y in zip(form.others, found, strict=True) if not np.isfinite(y).all()]
    if restless:
        raise InputError(
            f"{model.name}: while {model.membrane} is held, {restless} come to no rest; give "
            "their values (start={...}) or start='initial'"
        )
    return dict(zip(form.others, found, strict=True))


def _holding(form: Reduced) -> Reduced:
    """Return the same cell with its membrane potential standing still."""
    size = 1 + len(form.others)

    def rhs(*given):
        return [0.0, *form.rhs(*given)[1:]]

    def jacobian(*given):
        return [*([0.0] * size), *form.jacobian(*given)[size:]]

    return replace(form, rhs=rhs, jacobian=form.jacobian and jacobian)


def _equilibria(model, form: Reduced, arguments: list[np.ndarray], search=None):
    """Return the equilibria of several parameter sets, and how fast each is left.

    Returns
    -------
    sets : array of int, shape (found,)
        The set of each equilibrium, ascending; those of a set in the order of the potential.
    states : array, shape (variables, found)
    growth : array, shape (found,)
        Largest real part of the Jacobian's eigenvalues, 1/s.
    """
    if form.left:
        sets, states = _relaxed(model, form, arguments)
    else:
        velocity = _velocity(form, arguments)
        sets, v = roots(velocity, len(arguments[0]), search or search_of(model))
        own = [a[sets] for a in arguments]
        with np.errstate(divide="ignore", invalid="ignore"):
            others = [np.broadcast_to(x, v.shape) for x in form.steady(v, *own)]
        states = np.stack([v, *others])
    decay = np.isfinite(states).all(axis=0)  # a variable that does not decay has no steady state
    sets, states = sets[decay], states[:, decay]
    jacobian = jacobians(form, states, [a[sets] for a in arguments])
    known = np.isfinite(jacobian).all(axis=(1, 2))
    growth = np.linalg.eigvals(jacobian[known]).real.max(axis=-1)
    return sets[known], states[:, known], growth


def _below_threshold(model, form: Reduced, states, sets, arguments) -> np.ndarray:
    """Return at which equilibria a cell stays: one that is reset does not rest above threshold."""
    if not model.system.reset or form.gap is None:
        return np.ones(states.shape[1], dtype=bool)
    return np.broadcast_to(form.gap(*states, *(a[sets] for a in arguments)) <= 0, states.shape[1])


def _relaxed(model, form: Reduced, arguments: list[np.ndarray], potential=None):
    """Let each parameter set relax from the initial values; see `_equilibria`.

    The membrane starts at `potential` where that is given.

    Linearly implicit Euler steps that grow: those that are left at the end move no more.
    """
    n = len(arguments[0])
    values = dict(zip(form.arguments, arguments, strict=True))
    first = initial_state(model, values)
    if potential is not None:
        first = first | {form.membrane: potential}
    names = (form.membrane, *form.others)
    states = np.stack([np.broadcast_to(np.asarray(first[x], float), n) for x in names]).copy()
    step = FIRST_STEP
    with np.errstate(all="ignore"):
        for _ in range(STEPS):
            states = states + _implicit_step(form, states, arguments, step)
            step *= GROWTH
        last = _implicit_step(form, states, arguments, step)
    size = np.maximum(np.abs(states), np.max(np.abs(states), axis=1, keepdims=True))
    still = (np.abs(last) <= SETTLED * np.maximum(size, 1e-300)).all(axis=0)
    return np.flatnonzero(still), states[:, still]


def _implicit_step(form: Reduced, states, arguments, step: float) -> np.ndarray:
    slopes = np.stack([np.broadcast_to(x, states[0].shape) for x in form.rhs(*states, *arguments)])
    matrix = np.eye(len(states)) / step - jacobians(form, states, arguments)
    lost = ~(np.isfinite(matrix).all(axis=(1, 2)) & np.isfinite(slopes).all(axis=0))
    matrix[lost] = np.eye(len(states))
    moved = np.linalg.solve(matrix, slopes.T[..., None])[..., 0].T
    return np.where(lost, np.nan, moved)


def jacobians(form: Reduced, states: np.ndarray, arguments: list) -> np.ndarray:
    """Return the Jacobians at several states, shape (found, variables, variables).

    They are exact; where a function of the user's own has no known derivative, central
    differences (relative error about 1e-9).
    """
    shape = states[0].shape
    if form.jacobian is not None:
        entries = [np.broadcast_to(x, shape) for x in form.jacobian(*states, *arguments)]
        found = np.stack(entries, axis=-1).reshape(*shape, len(states), len(states))
        return found - HELD * form.constant
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
    return np.stack(columns).T - HELD * form.constant
