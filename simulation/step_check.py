"""Whether half the step would say the same: asked after a run, of its first spikes.

What the equations alone tell stands in `resolution`: a step that is too long for a cell at the
start or after its reset. Whether it is too long for the middle of a spike, only spikes tell. So the
beginning of the run is done again with half the step. Needs no Brian2.
"""

from collections.abc import Callable, Mapping

import numpy as np

from ..errors import CoarseStepWarning
from ..models.warn import warn_caller
from .input_rules import with_units
from .recording import CellsRecording

LIMIT = 1e-3  # of an interval, by which it may change: what `certify` asks of a rate
FEWEST, MOST = 3, 20  # spikes of a cell that are compared
MARGIN = 1.05  # times the time of a spike, for half the step may have it later
# How much is done again: until one cell has spikes to compare, and of a compiled program some time
# more, as failures come and go with where in the step a spike lies; never more than a part of all.
COMPILED_MS, CELLS = 100.0, 64  # of so many cells, and less of more
PART = 0.125


def check_step(
    recording: CellsRecording,
    duration_ms: float,
    again: Callable[[float, float], CellsRecording],
    *,
    who: str,
    of_cell: Callable[[int], Mapping[str, tuple[float, str]]],
    compiled: bool,
) -> None:
    """Warn if half the step changes the intervals at the beginning of a run of single cells.

    Nothing is said of cells that fire less than three times there.

    Parameters
    ----------
    recording : CellsRecording
        What the run gave; of cells that draw random numbers there is nothing to compare.
    duration_ms : float
        Its length.
    again : callable
        ``again(dt_ms, duration_ms)`` is the same run with another step and length.
    who : str
        The model.
    of_cell : callable
        ``of_cell(k)`` is what tells a cell from others, in its own units.
    compiled : bool
        Whether a run costs next to nothing beside its steps.

    Warns
    -----
    CoarseStepWarning
        If a cell's mean interval changes by more than one per mille; of spikes on the time grid,
        by more than their rounding besides.
    """
    trains = _Trains(recording)
    least = COMPILED_MS * min(1.0, CELLS / recording.n) if compiled else 0.0
    length = min(max(least, MARGIN * trains.third), max(least, PART * duration_ms), duration_ms)
    if trains.third > length:
        return
    halved = _Trains(again(recording.dt_ms / 2, length))
    grid = 0.0 if recording.located else recording.dt_ms
    ways = (_other_number, _other_intervals)
    found = next(filter(None, (way(trains, halved, length, grid) for way in ways)), None)
    if found is None:
        return
    cell, what = found
    own = with_units(of_cell(cell))
    warn_caller(
        f"{who}: method {recording.method} with dt = {recording.dt_ms:g} ms is too coarse for its "
        f"spikes: half the step {what}{own and f' (at {own})'}; use a smaller dt (of rates, "
        "`tolerance=` finds one)",
        CoarseStepWarning,
    )


def _other_number(
    trains: "_Trains", halved: "_Trains", length: float, grid: float
) -> tuple[int, str] | None:
    """Return which cell has other numbers of spikes than by one at the end, and what of it."""
    early = length / MARGIN
    allowed = 1 + grid * trains.counts(length) ** 2 / length  # as every interval is rounded
    more = trains.counts(early) - halved.counts(length) > allowed
    fewer = halved.counts(early) - trains.counts(length) > allowed
    for cell in np.flatnonzero(more | fewer)[:1]:
        numbers = [int(x.counts(length)[cell]) for x in (halved, trains)]
        return cell, f"gives {numbers[0]} spikes in {length:.3g} ms in place of {numbers[1]}"
    return None


def _other_intervals(
    trains: "_Trains", halved: "_Trains", length: float, grid: float
) -> tuple[int, str] | None:
    """Return which cell's mean interval changes most, if it does, and what of it."""
    counts = np.minimum(trains.counts(length), halved.counts(length))
    cells = np.flatnonzero(counts >= FEWEST)
    counts = np.minimum(counts[cells], MOST)
    interval = trains.mean_interval(cells, counts)
    moved = np.abs(halved.mean_interval(cells, counts) - interval) - grid
    change = moved / interval
    if not (change > LIMIT).any():
        return None
    worst = np.argmax(change)
    return cells[worst], f"changes its first intervals by {change[worst]:.1%}"


class _Trains:
    """The spikes of each cell of a recording."""

    def __init__(self, recording: CellsRecording):
        order = np.lexsort((recording.spike_ms, recording.spike_neuron))
        self.times = recording.spike_ms[order]
        edges = np.searchsorted(recording.spike_neuron[order], np.arange(recording.n + 1))
        self.begin, self.end = edges[:-1], edges[1:]

    @property
    def third(self) -> float:
        """When the first of all cells has spikes to compare, ms; infinite if none has."""
        have = self.begin[self.end - self.begin >= FEWEST]
        return self.times[have + FEWEST - 1].min(initial=np.inf)

    def counts(self, until_ms: float) -> np.ndarray:
        """Return how many spikes each cell has until a time."""
        early = np.concatenate([[0], np.cumsum(self.times < until_ms)])
        return early[self.end] - early[self.begin]

    def mean_interval(self, cells: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Return the mean interval of some cells over so many of their first spikes, ms."""
        first = self.begin[cells]
        return (self.times[first + counts - 1] - self.times[first]) / (counts - 1)
