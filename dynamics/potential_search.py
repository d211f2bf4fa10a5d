"""Where dv/dt of a cell whose variables all follow from its potential is zero."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from brian2 import get_dimensions, volt

from ..models.initial import initial_state
from .phases import revolution

_VOLTS = (-0.15, 0.1)  # between these the grid is even, with steps of 0.125 mV
GRID = 2001
TOUCHES = 1e-9  # of dv/dt at the next points of the grid: below it an extremum is a zero
_GOLDEN = (5**0.5 - 1) / 2
CUTS = 30  # by the golden section: what is left of two steps is 1e-6 of them
_HALVINGS = 60  # down to the last bit
POLE = 1e3  # as many times larger than where it began dv/dt has become: no zero, but a pole


class Search(NamedTuple):
    """A grid of potentials in SI units: even from `low` to `high`, then with ever wider steps.

    So that what lies far from where a cell usually is (strong inputs, constants of another size)
    is found too.

    Attributes
    ----------
    low, high : float
    points : int
        From `low` to `high`.
    tail : int
        Points beyond either end.
    wider : float
        By how much each step there is wider than the one before.

    Examples
    --------
    >>> Search(0.0, 2.0, points=3, tail=2, wider=2.0).grid().tolist()
    [-6.0, -2.0, 0.0, 1.0, 2.0, 4.0, 8.0]
    """

    low: float
    high: float
    points: int = GRID
    tail: int = 0
    wider: float = 1.05

    def grid(self) -> np.ndarray:
        """Return the potentials, ascending."""
        even = np.linspace(self.low, self.high, self.points)
        beyond = (even[1] - even[0]) * np.cumsum(self.wider ** np.arange(1, self.tail + 1))
        return np.concatenate([self.low - beyond[::-1], even, self.high + beyond])


def search_of(model) -> Search:
    """Return the potentials between which equilibria are looked for.

    Of a phase that is one revolution: in the others are the same equilibria again. Potentials that
    are pure numbers may be of any size: steps are then in proportion to them.
    """
    if turn := revolution(model):
        return Search(*turn)
    unit = model.unit_of(model.membrane)
    if get_dimensions(unit) is not get_dimensions(volt):
        return _odd(Search(-float(unit), float(unit), 1001, tail=2400, wider=1.005))
    low, high = _VOLTS
    first = float(np.ravel(initial_state(model, {})[model.membrane])[0])
    if not low <= first <= high:
        low, high = -2 * abs(first), 2 * abs(first)
    return _odd(Search(low, high, tail=300))


def _odd(search: Search) -> Search:
    """Return a search whose grid no equilibrium of round parameters is on."""
    return search._replace(low=search.low * 1.000371, high=search.high * 1.000371)


def roots(at: Callable, count: int, search: Search) -> tuple[np.ndarray, np.ndarray]:
    """Return the zeros of functions of the potential, and the function of each, ascending.

    Parameters
    ----------
    at : callable
        Of (potentials, functions), arrays that broadcast: the values.
    count : int
        How many functions.
    search : Search

    Returns
    -------
    sets : array of int, shape (found,)
    v : array, shape (found,)
    """
    grid = search.grid()
    values = at(grid, np.arange(count)[:, None])
    above = values >= 0  # so that a zero that is a point of the grid is met once
    even = (grid >= search.low) & (grid <= search.high)
    there = np.isfinite(values) & (even | (values != 0))  # far away a zero is an underflow
    sets, k = np.nonzero((above[:, :-1] != above[:, 1:]) & there[:, :-1] & there[:, 1:])
    dip_sets, dips, lowest, depth = _dips(at, grid, values)
    pair = depth < -TOUCHES  # two zeros between points of the grid
    sets = np.concatenate([sets, dip_sets[pair], dip_sets[pair]])
    a = np.concatenate([grid[k], grid[dips[pair] - 1], lowest[pair]])
    b = np.concatenate([grid[k + 1], lowest[pair], grid[dips[pair] + 1]])
    at_a = at(a, sets)
    most = POLE * np.maximum(np.abs(at_a), np.abs(at(b, sets)))
    for _ in range(_HALVINGS):
        middle = (a + b) / 2
        same = (at(middle, sets) >= 0) == (at_a >= 0)
        a, b = np.where(same, middle, a), np.where(same, b, middle)
    # At a pole, as of Ca/(K + Ca) below zero, dv/dt has both signs too.
    v = (a + b) / 2
    zero = np.abs(at(v, sets)) <= most
    sets, v = sets[zero], v[zero]
    order = np.lexsort((v, sets))
    return sets[order], v[order]


def touching(at: Callable, search: Search) -> np.ndarray:
    """Return where one function has a zero that is an extremum, to the rounding of its terms."""
    grid = search.grid()
    _, _, lowest, depth = _dips(at, grid, at(grid, np.zeros((1, 1), int)))
    return lowest[np.abs(depth) <= TOUCHES]


def _dips(at: Callable, grid: np.ndarray, values: np.ndarray):
    """Return where functions come nearest to zero between points at which they have one sign.

    Returns
    -------
    sets, k : array of int
        The function, and the point of the grid beside which that is.
    v, depth : array
        Where it is, and the value as a share of that at the neighbours: below zero where the
        function goes through zero and back.
    """
    size = np.abs(values)
    with np.errstate(invalid="ignore"):
        falls = size[:, 1:] < size[:, :-1]
        sets, k = np.nonzero(falls[:, :-1] & (size[:, 1:-1] <= size[:, 2:]))
    k = k + 1
    left, middle, right = (values[sets, k + step] for step in (-1, 0, 1))
    up = np.sign(right)
    # Of one sign, and bent: a parabola would need eight times as much to go through zero.
    near = (up == np.sign(left)) & (up != -np.sign(middle))
    near &= up * middle <= up * (left + right - 2 * middle)
    sets, k, up, greatest = (x[near] for x in (sets, k, up, np.maximum(up * left, up * right)))
    a, b = grid[k - 1], grid[k + 1]
    for _ in range(CUTS if len(sets) else 0):
        inner = _GOLDEN * (b - a)
        lower = up * at(b - inner, sets) < up * at(a + inner, sets)
        a, b = np.where(lower, a, b - inner), np.where(lower, a + inner, b)
    v = (a + b) / 2
    return sets, k, v, up * at(v, sets) / np.maximum(greatest, 1e-300)
