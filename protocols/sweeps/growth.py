"""Grids that grow: what a larger grid adds to a smaller one, and where each set came from.

A store keeps its rows as they came: first the sets of the grid that it began with, then those that
each growth added, piece after piece. Their place in the grid of today is found when they are read.
"""

import functools
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from ...errors import InputError
from ...simulation.backends.compiled.programs import LARGEST
from .grids import Grid

# A chunk is as large as a program, or smaller where that would leave cores without work.
WANTED_CHUNKS, SMALLEST_CHUNK = 8, 64


@dataclass(frozen=True)
class Layout:
    """The sets of a sweep in the order in which they came, cut into chunks.

    Attributes
    ----------
    grid : Grid
        All sets in the order of the user.
    pieces : tuple of Grid
        The same sets as they came.
    chunk : int
        Largest number of sets that run together.
    """

    grid: Grid
    pieces: tuple[Grid, ...]
    chunk: int

    @functools.cached_property
    def chunks(self) -> list[range]:
        """The numbers of each chunk's sets, as they came.

        In a piece their sizes differ by one at most, so that none is small.
        """
        found = []
        for begin, piece in zip(self._begins, self.pieces, strict=True):
            n, parts = len(piece), -(-len(piece) // self.chunk)
            edges = [begin + n * k // parts for k in range(parts + 1)]
            found += [range(*ends) for ends in pairwise(edges)]
        return found

    @property
    def _begins(self) -> np.ndarray:
        return np.cumsum([0, *map(len, self.pieces)])[:-1]

    def sets(self, chunk: int) -> pd.DataFrame:
        """Return the sets of a chunk."""
        rows = self.chunks[chunk]
        k = np.searchsorted(self._begins, rows.start, side="right") - 1
        begin = self._begins[k]
        return self.pieces[k].rows(rows.start - begin, rows.stop - begin)

    def places(self, came: np.ndarray) -> np.ndarray:
        """Return the numbers in the grid of sets that are numbered as they came."""
        if len(self.pieces) == 1 and self.pieces[0].checksum() == self.grid.checksum():
            return came
        found = np.empty(len(came), int)
        for begin, piece in zip(self._begins, self.pieces, strict=True):
            here = (came >= begin) & (came < begin + len(piece))
            found[here] = self.grid.find(piece.at(came[here] - begin))
        return found

    def grown(self, grid: Grid) -> "Layout":
        """Return the layout of a grid that has all sets of this one.

        Raises
        ------
        ValueError
            If it has not.

        Examples
        --------
        >>> first = Grid({"a": np.array([1.0, 2.0]), "b": np.array([5.0])}, crossed=True)
        >>> finer = Grid({"a": np.array([1.0, 1.5, 2.0]), "b": np.array([4.0, 5.0])}, crossed=True)
        >>> grown = begun(first, 64).grown(finer)
        >>> [len(piece) for piece in grown.pieces], grown.places(np.arange(6)).tolist()
        ([2, 2, 2], [1, 5, 2, 3, 0, 4])
        """
        if grid.checksum() == self.grid.checksum():
            return self
        _check_holds(grid, self.grid)
        return Layout(grid, (*self.pieces, *_added(grid, self.grid)), self.chunk)


def begun(grid: Grid, chunk: int | None) -> Layout:
    """Return the layout of a sweep that begins."""
    return Layout(grid, (grid,), default_chunk(len(grid)) if chunk is None else chunk)


def default_chunk(sets: int) -> int:
    """Return the sets per chunk: a program's size, smaller where cores would be without work.

    It does not depend on the machine, so that a sweep can go on elsewhere.
    """
    wanted = -(-sets // WANTED_CHUNKS)
    return min(max(SMALLEST_CHUNK, 1 << (wanted - 1).bit_length()), LARGEST)


def _check_holds(grid: Grid, old: Grid) -> None:
    """Raise InputError for a grid that has not all sets of another, each once."""
    if sorted(grid.columns) != sorted(old.columns):
        raise InputError(
            f"grid: is of {', '.join(grid.columns)}, not of {', '.join(old.columns)} as what is "
            "there; choose another store, and read both with read_sweep([one, other])"
        )
    if grid.repeats() or old.repeats():
        raise InputError(
            "grid: has a set twice, so that it cannot be told which of the two is there already; "
            "give each set once, or choose another store"
        )
    if len(grid) < len(old):
        raise InputError(
            f"grid: {grid}, and {len(old)} are there; a store grows and gives nothing away: take "
            "the rows that you want from read_sweep, or choose another store"
        )
    sets = _enough_of(old, grid)
    lost = sets[grid.find(sets) < 0]
    if len(lost):
        example = ", ".join(f"{name} = {value!r}" for name, value in lost.iloc[0].to_dict().items())
        raise InputError(
            f"grid: lacks {example}, which is there; a store grows and gives nothing away: add "
            "what is missing to the grid, or choose another store"
        )


def _enough_of(old: Grid, grid: Grid) -> pd.DataFrame:
    """Return sets that are all in another grid only if all sets of the first are."""
    if not (old.crossed and grid.crossed):
        return old.rows(0, len(old))
    # Of two cross products one holds the other if it holds each value of each column.
    most = max(len(values) for values in old.columns.values())
    return pd.DataFrame({name: np.resize(values, most) for name, values in old.columns.items()})


def _added(grid: Grid, old: Grid) -> list[Grid]:
    """Return what a grid has beside one within it."""
    if not (old.crossed and grid.crossed):
        sets = grid.rows(0, len(grid))
        new = sets[old.find(sets) < 0]
        return [Grid({name: new[name].to_numpy() for name in new}, crossed=False)] * (len(new) > 0)
    # Column by column its new values, with the old ones of the columns before it and all of those
    # after it: cross products again, which are never held as a whole.
    pieces, columns = [], dict(grid.columns)
    for name, values in grid.columns.items():
        known = np.isin(values, old.columns[name])
        if not known.all():
            pieces.append(Grid(columns | {name: values[~known]}, crossed=True))
        columns[name] = values[known]
    return pieces
