"""Whether a silent cell is at rest, or only between two spikes that the window does not show.

A cell without a spike in the window has the rate 0 if it stays where it is. A burster between its
bursts, a cell that passes the ghost of a saddle-node, or one whose slow variable still creeps
towards the next spike, is silent too. They are told apart by the state at the end of the run: the
slopes there; for what still moves, the equilibrium to which it goes; and where that does not
decide, a continuation of just that cell with an implicit solver, which is fast where nothing
happens.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from brian2 import get_dimensions, volt
from brian2.units.fundamentalunits import DIMENSIONLESS

from ...models.system import FREE
from ...models.text.expressions import names

STILL = 1e-3  # of a variable's scale: what moves less over the run is at rest
NEAR = 0.1  # of a variable's scale: an equilibrium so close is where the cell goes
HORIZON = 10  # times the run: how long a doubtful cell is followed
MOST_STEPS = 4000  # of the solver, for one cell
MOST_CELLS = 256  # followed one by one; more are left unresolved
_CLOCK = {"t", "dt", "t_in_timesteps", "i", "lastspike"}  # what a cell has beside its state


def not_at_rest(
    model, state: Mapping[str, np.ndarray], values: Mapping[str, np.ndarray], duration_s: float
) -> np.ndarray:
    """Return which of several cells would not stay silent at constant input.

    Parameters
    ----------
    model : NeuronModel
    state : dict of str to array, shape (cells,)
        At the end of a run without spikes, in SI units.
    values : dict of str to array, shape (cells,)
        Parameters and input in SI units where they are not the model's own.
    duration_s : float
        Length of the run.

    Returns
    -------
    array of bool, shape (cells,)
        True for a cell that fires within ten times the run after its end, or whose course cannot
        be told. False for all cells of a model whose equations have a time of their own: there
        is no rest that they could be at.

    Examples
    --------
    >>> from excitable.models import LIF
    >>> rising = {"v": np.array([-0.055, -0.055])}
    >>> not_at_rest(LIF, rising, {"I": np.array([1e-9, 2e-9])}, 1.0).tolist()
    [False, True]
    """
    cells = len(next(iter(state.values())))
    if not cells or not _alone(model.system):
        return np.zeros(cells, bool)
    problem = _problem(model, state, values, cells)
    doubtful = problem.moving(STILL, duration_s)
    above = _condition(model)
    doubtful[doubtful] = ~_goes_to_rest(problem.only(doubtful), above)
    for k in np.flatnonzero(doubtful)[:MOST_CELLS]:
        only = problem.only(np.array([k]))
        doubtful[k] = above is None or _fires(model, only, above, HORIZON * duration_s)
    return doubtful


def _arguments(model) -> list[str]:
    return [*model.system.rhs, *model.parameters, model.input, FREE]


def _alone(system) -> bool:
    """Return whether the slopes are functions of state, parameters and input."""
    texts = [*system.rhs.values(), *system.named.values()]
    return not system.stochastic and not _CLOCK & set().union(*(names(text) for text in texts))


@dataclass(frozen=True)
class _Cells:
    """Slopes as a function of the state, and the states of some cells, (variables, cells)."""

    slopes_of: Callable
    state: np.ndarray
    constants: np.ndarray
    scale: np.ndarray

    def slopes(self, state: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            found = self.slopes_of(*state, *self.constants)
        return np.stack([np.broadcast_to(np.asarray(x, float), state.shape[1:]) for x in found])

    def moving(self, part: float, time: float) -> np.ndarray:
        """Return which cells move by more than a part of the scale in a time."""
        return (np.abs(self.slopes(self.state)) * time > part * self.scale).any(axis=0)

    def only(self, which: np.ndarray) -> "_Cells":
        return _Cells(self.slopes_of, self.state[:, which], self.constants[:, which], self.scale)


def _problem(model, state, values, cells: int) -> _Cells:
    system, arguments = model.system, _arguments(model)
    numbers = {**model.values, model.input: 0.0, FREE: 1.0, **values, **state}
    table = np.stack([np.broadcast_to(np.asarray(numbers[x], float), cells) for x in arguments])
    own = table[: len(system.rhs)]
    scale = [_scale(model.unit_of(x), own[k]) for k, x in enumerate(system.rhs)]
    slopes = system.function(arguments, list(system.rhs.values()))
    return _Cells(slopes, own, table[len(own) :], np.array(scale)[:, None])


def _scale(unit, values: np.ndarray) -> float:
    """Return what counts as a change: 10 mV, 1 for pure numbers, else the values' own size."""
    dimensions = get_dimensions(unit)
    if dimensions is get_dimensions(volt):
        return 0.01
    return 1.0 if dimensions is DIMENSIONLESS else float(np.abs(values).max() or 1.0)


def _goes_to_rest(cells: _Cells, above: Callable | None) -> np.ndarray:
    """Return which cells have a stable equilibrium close by (Newton's method, all at once).

    One at which the spike condition holds is none: the cell fires on the way there.
    """
    state, settled = cells.state, np.zeros(cells.state.shape[1], bool)
    if not settled.size:
        return settled
    with np.errstate(all="ignore"):
        for _ in range(8):
            jacobian = _jacobian(cells, state)
            if not np.isfinite(jacobian).all():  # somewhere a rate has no number: let it be
                return settled
            step = -np.linalg.pinv(jacobian) @ cells.slopes(state).T[..., None]
            state = state + step[..., 0].T
        jacobian = _jacobian(cells, state)
        if not np.isfinite(jacobian).all():
            return settled
    close = (np.abs(state - cells.state) <= NEAR * cells.scale).all(axis=0)
    converged = (np.abs(step[..., 0].T) <= 1e-6 * cells.scale).all(axis=0)
    stable = np.linalg.eigvals(jacobian).real.max(axis=-1) < 0
    silent = True if above is None else ~above(*state, *cells.constants)
    return close & converged & stable & silent


def _jacobian(cells: _Cells, state: np.ndarray) -> np.ndarray:
    """Return the Jacobians by central differences, shape (cells, variables, variables)."""
    columns = []
    for k in range(len(state)):
        h = 1e-5 * cells.scale[k]
        shift = np.zeros_like(state)
        shift[k] = h
        columns.append((cells.slopes(state + shift) - cells.slopes(state - shift)) / (2 * h))
    return np.stack(columns, axis=-1).transpose(1, 0, 2)


def _fires(model, cell: _Cells, above: Callable, time: float) -> bool:
    """Follow one cell: whether it fires, or cannot be told within the steps allowed."""
    from scipy.integrate import LSODA  # slow to import, and few runs need it

    constants = cell.constants[:, 0].tolist()
    membrane = model.system.states.index(model.membrane)

    def slopes(_, state):
        with np.errstate(all="ignore"):
            return np.array(cell.slopes_of(*state.tolist(), *constants), float)

    first = cell.state[:, 0]
    solver = LSODA(slopes, 0.0, first, time, rtol=1e-6, atol=1e-8 * cell.scale[:, 0])
    was, heights = bool(above(*first, *constants)), []
    for _ in range(MOST_STEPS):
        solver.step()
        if solver.status == "failed" or not np.isfinite(solver.y).all():
            return True
        course = solver.dense_output()
        for t in np.linspace(solver.t_old, solver.t, 5)[1:]:
            state = course(t)
            now = bool(above(*state, *constants))
            if now and not was:
                return True
            was = now
            heights.append(state[membrane])
        if solver.status == "finished":
            return False
    return not _repeats(np.array(heights), cell.scale[membrane, 0])


def _condition(model) -> Callable | None:
    """Return the spike condition of state and constants; None where it needs more than those."""
    system = model.system
    if system.random or _CLOCK & names(system.threshold or "False"):
        return None
    condition = system.function(_arguments(model), [system.threshold or "False"])
    return lambda *numbers: np.asarray(condition(*numbers)[0], bool)


def _repeats(heights: np.ndarray, scale: float) -> bool:
    """Return whether an oscillation below the threshold neither grows nor shrinks."""
    halves = np.array_split(heights, 2)
    return all(abs(f(halves[0]) - f(halves[1])) < NEAR * scale for f in (np.min, np.max))
