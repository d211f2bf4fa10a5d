"""What fills a store, one process at a time: what needs no run, and a chunk's rows as they come."""

import contextlib
import json
from pathlib import Path

import pandas as pd
from filelock import FileLock, Timeout

from ...errors import InputError
from .grids import Grid
from .growth import Layout, begun
from .identity import Identity, difference
from .reading import combined, concatenated
from .store_folder import ATTRS, FAILED, PART, StoreFolder, sum_of


class SweepStore(StoreFolder):
    """A sweep's rows in a folder, to be filled."""

    @contextlib.contextmanager
    def filling(self, identity: Identity, grid: Grid, chunk: int | None = None):
        """Keep the store to this process for the block, and yield the layout of its sets.

        Those of a new store are those of the grid; one that has sets grows by what it has not.
        """
        self.manifest()  # refuses the folder of something else before anything is written there
        self.path.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.path / ".lock", timeout=0):
                for left in self.path.glob(".new-*"):  # of a process that was killed
                    left.unlink()
                layout = self._layout_with(grid, identity, chunk)
                self.write_layout(layout, identity)
                yield layout
        except Timeout:
            raise InputError(f"store {self.path}: another process is filling it") from None

    def _layout_with(self, grid: Grid, identity: Identity, chunk: int | None) -> Layout:
        """Return the sets of the store and those of a grid, which must hold them."""
        known = self.manifest()
        if known is None:
            return begun(grid, chunk)
        if found := difference(known["identity"], identity):
            raise InputError(
                f"store {self.path}: was begun with {found}; choose another store, or delete this "
                "one"
            )
        if chunk is not None and chunk != known["chunk"]:
            raise InputError(
                f"store {self.path}: was begun with chunks of {known['chunk']} sets, not {chunk}; "
                "leave chunk out to continue"
            )
        try:
            return self.layout(known, grid).grown(grid)
        except InputError as error:
            raise InputError(f"store {self.path}: {error}") from None

    def done(self, layout: Layout, *, retry: bool) -> set[int]:
        """Return the chunks that need no run; with `retry`, not those that failed altogether.

        Notes
        -----
        Files that are not as they were written are renamed: they, and their chunks, do not count.
        """
        self.say_unnamed(len(layout.chunks), "they are computed anew")
        done = set()
        sizes = {k: len(rows) for k, rows in enumerate(layout.chunks)}
        for chunk, files in self.finished().items():
            damaged = [name for name in files if not self.is_whole(name, files[name])]
            for name in damaged:
                self._set_aside(name)
            whole = not damaged and sum(rows for rows, _ in files.values()) == sizes.get(chunk)
            if whole and not (retry and self.name(PART, chunk) not in files):
                done.add(chunk)
        return done

    def add(self, chunk: int, rows: pd.DataFrame, failed: pd.DataFrame) -> None:
        """Write a chunk's rows, and its sets that failed with their ``error``."""
        written = {}
        if len(failed):
            name = self.name(FAILED, chunk)
            self.write(name, lambda file: failed.to_csv(file, index=False))
            written[name] = len(failed)
        if len(rows):
            rows, attrs = rows.copy(), rows.attrs
            rows.attrs = {}
            if not (self.path / ATTRS).exists():
                self.write(ATTRS, lambda file: file.write_text(json.dumps(attrs, default=str)))
            name = self.name(PART, chunk)
            self.write(name, lambda file: _write_table(file, rows))
            written[name] = len(rows)
        files = {n: {"rows": k, "sha256": sum_of(self.path / n)} for n, k in written.items()}
        self.append(json.dumps({"chunk": chunk, "files": files}))

    def _set_aside(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            (self.path / name).replace(self.path / f"_damaged-{name}")


class MemoryStore:
    """The same for a sweep that is not kept: rows in memory."""

    def __init__(self):
        self._rows: list[pd.DataFrame] = []
        self._failed: list[pd.DataFrame] = []

    def add(self, chunk: int, rows: pd.DataFrame, failed: pd.DataFrame) -> None:
        """Take a chunk's rows, and its sets that failed."""
        self._rows += [rows] if len(rows) else []
        self._failed += [failed] if len(failed) else []

    def read(self) -> pd.DataFrame:
        """Return the rows as `read_sweep` does."""
        attrs = self._rows[0].attrs if self._rows else {}
        table = combined(self._rows, concatenated(self._failed, "error"))
        table.attrs = dict(attrs)
        return table


def _write_table(file: Path, rows: pd.DataFrame) -> None:
    if ".parquet" in file.suffixes:
        rows.to_parquet(file, index=False)
    else:
        rows.to_csv(file, index=False)
