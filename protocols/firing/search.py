"""`search`: the lowest amplitude that makes each of several cells fire, by ladders in parallel."""

from collections.abc import Callable

import numpy as np

from ...errors import InputError
from ...progress import bar
from ...simulation.run import DivergenceError

RUNGS = 24
COARSE = 0.02  # relative width of a bracket from which on the long runs decide
MAX_PASSES = 40
CLIMB = 20  # widths of the first bracket: how far beyond its ends a threshold is looked for
_GIVE_UP = 0.01  # widths: a bracket so narrow beside amplitudes that diverge is not cut again


def search(
    fires: Callable[[np.ndarray, float], np.ndarray],
    low: np.ndarray,
    high: np.ndarray,
    *,
    tolerance: float,
    durations: tuple[float, float],
    rungs: int = RUNGS,
    climb: float = CLIMB,
    sign: int = 1,
    label: str = "threshold",
    explain: Callable[[int, bool, float, float, bool], str] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Bracket the lowest amplitude that makes each of several cells fire.

    Parameters
    ----------
    fires : callable
        ``fires(amplitudes, duration)``: an array of the same shape, (cells, rungs), true where the
        cell fires, NaN where that cannot be told from the run alone: there the next rung above
        decides.
    low, high : array, shape (cells,)
        Where to begin; the bracket moves if the threshold lies outside.
    tolerance : float
        Wanted width of the bracket, relative to the larger of its ends.
    durations : (float, float)
        Length of the runs of the coarse passes and of those that decide.
    rungs : int
        Amplitudes per cell and pass.
    climb : float
        How far the bracket may move, in widths of the first one.
    sign : int
        -1 for cells that fire below an amplitude: the highest one is looked for.
    label : str
    explain : callable, optional
        ``explain(cell, fires, lowest, highest, diverged)``: why a cell that fires at all amplitudes
        tried, or at none, has no threshold.

    Returns
    -------
    low, high : array, shape (cells,)
        Last amplitude that was silent and first that fired.

    Raises
    ------
    ValueError
        If no amplitude that was tried made a cell fire, or all did; its attribute ``sets`` holds
        the cells concerned.
    DivergenceError
        If the integration diverged at an amplitude of the first bracket. Outside of it the search
        stops there.

    Notes
    -----
    Near a threshold a cell is slow, so a run that is too short calls it silent, or calls a dying
    oscillation sustained. The coarse passes may therefore err; a bracket whose ends do not hold
    in the longer runs is moved, not trusted.
    """
    at = _Brackets(low, high, climb, sign)
    ladder = np.linspace(0, 1, rungs)
    coarse, final = durations
    duration, goal = coarse, max(COARSE, tolerance)
    with bar(desc=label, total=MAX_PASSES, bar_format="{desc}: pass {n_fmt}") as progress:
        for _ in range(MAX_PASSES):
            amplitudes = at.low[:, None] + (at.high - at.low)[:, None] * ladder
            try:
                fired = fires(sign * amplitudes, duration)
            except DivergenceError as error:
                if not at.shorten(getattr(error, "neurons", None), rungs):
                    raise
                continue
            at.move(amplitudes, fired, goal)
            progress.update()
            if at.done.all():
                if at.lost.any() or goal == tolerance:
                    break
                duration, goal = final, tolerance
                at.settled[:] = False
    if at.lost.any() or not at.done.all():
        raise at.no_threshold(label, explain or _explain)
    return sign * at.low, sign * at.high


class _Brackets:
    """Where the threshold of each cell lies, or was looked for in vain.

    In amplitudes times `sign`, so that cells fire above it.
    """

    def __init__(self, low, high, climb: float, sign: int):
        self.sign = sign
        ends = (sign * np.array(low, float), sign * np.array(high, float))
        self.first = ends[::sign]
        self.low, self.high = (x.copy() for x in self.first)
        width = self.high - self.low
        self.limits = self.first[0] - climb * width, self.first[1] + climb * width
        self.width = width
        # How far a bracket moves when the threshold lies outside. At first a fifth of the range:
        # far below rest a conductance model becomes stiff.
        self.reach = width / 5
        cells = len(width)
        self.settled, self.lost, self.held = (np.zeros(cells, bool) for _ in range(3))
        self.always, self.diverged = (np.zeros(cells, bool) for _ in range(2))
        # Which are looked at between their first two rungs now, and which have been.
        self.closer, self.looked = (np.zeros(cells, bool) for _ in range(2))
        self.tried = [x.copy() for x in self.first]

    @property
    def done(self) -> np.ndarray:
        return self.settled | self.lost

    def move(self, amplitudes: np.ndarray, fired: np.ndarray, goal: float) -> None:
        """Narrow each bracket around its threshold, or move it to where that may be."""
        fired = _decided(fired, self.held)
        all_fire, none_fires = fired[:, 0], ~fired.any(axis=1)
        inside = ~all_fire & ~none_fires
        self.tried[0] = np.where(self.done, self.tried[0], np.minimum(self.tried[0], self.low))
        self.tried[1] = np.where(self.done, self.tried[1], np.maximum(self.tried[1], self.high))
        row, first = np.arange(len(fired)), fired.argmax(axis=1)
        self._give_up(all_fire & (self.low <= self.limits[0]), always=True)
        self._give_up(none_fires & (self.high >= self.limits[1]), always=False)
        # Far above its threshold a cell may be blocked by depolarisation: where no rung of the
        # first bracket fires, what lies between its lowest two is looked at before it climbs.
        high = np.where(self.closer & none_fires, self.first[1], self.high)
        first_time = ~self.looked & (self.low == self.first[0]) & (self.high == self.first[1])
        self.closer = closer = none_fires & first_time & ~self.done
        self.looked |= closer
        down = np.maximum(self.low - self.reach, self.limits[0])
        up = np.minimum(high + self.reach, self.limits[1])
        cases = [self.done, inside, all_fire, closer]
        self.low, self.high = (
            np.select(cases, [self.low, amplitudes[row, first - 1], down, self.low], high),
            np.select(cases, [self.high, amplitudes[row, first], self.low, amplitudes[:, 1]], up),
        )
        self.held = np.where(self.done, self.held, ~none_fires)
        grown = np.where(closer, self.reach, 2 * self.reach)
        self.reach = np.where(inside, 2 * (self.high - self.low), grown)
        width = (self.high - self.low) / np.maximum(np.abs(self.low), np.abs(self.high))
        self.settled |= inside & (width <= goal) & ~self.lost

    def shorten(self, neurons, rungs: int) -> bool:
        """Draw brackets in from amplitudes that diverged; return whether there were any to draw."""
        cells = np.arange(len(self.low))
        if neurons is not None:
            cells = np.unique(np.array(neurons, int) // rungs)
        above = self.high[cells] > self.first[1][cells]
        below = self.low[cells] < self.first[0][cells]
        if neurons is None:  # it is not known which: of all that lie outside
            cells, above, below = (x[above | below] for x in (cells, above, below))
        if not len(cells) or not (above | below).all():
            return False
        middle = (self.low[cells] + self.high[cells]) / 2
        self.low[cells[below]], self.high[cells[above]] = middle[below], middle[above]
        self.limits[0][cells[below]], self.limits[1][cells[above]] = middle[below], middle[above]
        self.diverged[cells] = True
        self.held[cells[above]] = False
        narrow = np.zeros(len(self.low), bool)
        narrow[cells] = (self.high - self.low)[cells] < _GIVE_UP * self.width[cells]
        for edge, always in ((below, True), (above, False)):
            out = np.zeros(len(self.low), bool)
            out[cells[edge]] = True
            self._give_up(out & narrow, always=always)
        return True

    def _give_up(self, which: np.ndarray, *, always: bool) -> None:
        """Leave cells that have no threshold, back where amplitudes do no harm."""
        which = which & ~self.done
        self.lost |= which
        self.always |= which & always
        for now, first in zip((self.low, self.high), self.first, strict=True):
            now[which] = first[which]

    def no_threshold(self, label: str, explain) -> ValueError:
        stuck = np.flatnonzero(~self.settled)
        cell = int(stuck[0])
        low, high = sorted(self.sign * float(x[cell]) for x in self.tried)
        why = (
            explain(cell, bool(self.always[cell]), low, high, bool(self.diverged[cell]))
            if self.lost[cell]
            else f"no bracket holds after {MAX_PASSES} passes, the last between "
            f"{self.sign * self.low[cell]:g} and {self.sign * self.high[cell]:g}"
        )
        which = f" for {len(stuck)} of {len(self.low)} cells (first: cell {cell})"
        error = InputError(f"{label}: no threshold found{which}: {why}")
        error.sets = tuple(stuck.tolist())
        return error


def _decided(fired: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Return what fires where each rung that cannot be told takes after the one above it.

    `held` says of each cell whether the top of its ladder is known to fire.
    """
    found = np.array(fired, float)
    above = held.astype(float)
    for k in reversed(range(found.shape[1])):
        found[:, k] = above = np.where(np.isnan(found[:, k]), above, found[:, k])
    return found.astype(bool)


def _explain(cell: int, fires: bool, low: float, high: float, diverged: bool) -> str:
    every = "every amplitude" if fires else "no amplitude"
    beyond = "; beyond that the integration diverges" if diverged else ""
    return f"{every} tried from {low:g} to {high:g} made it fire{beyond}"
