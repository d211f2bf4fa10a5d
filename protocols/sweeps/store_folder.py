"""The files of a sweep's store: their names, which are whole, and how one is written whole.

``_sweep.json`` says what is swept. ``part-000012.parquet`` (or ``.csv``) holds the rows of chunk
12, and ``_failed-000012.csv`` its sets that failed. ``_finished.jsonl`` has a line for each chunk
that is finished: its files, with their rows and checksums. What no line names does not count, and
what is not as its line says is damaged. ``_grid-....npz`` holds the values of a grid, or of a piece
by which it grew, under its checksum: ``_sweep.json`` names those that count, so that a grid grows
at the moment in which that file is replaced. Readers of parquet folders pass over names that begin
with ``_``.
"""

import contextlib
import hashlib
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from ...errors import InputError
from ...files import user_path
from ...progress import tell
from .grids import Grid
from .growth import Layout

FORMATS = (".parquet", ".csv")
MANIFEST, FINISHED, ATTRS = "_sweep.json", "_finished.jsonl", "_attrs.json"
PART, FAILED = "part", "_failed"


class StoreFolder:
    """A folder with the files of a sweep.

    Parameters
    ----------
    path : path-like
        Ends in ``.parquet`` or ``.csv``, which is what the files are.
    """

    def __init__(self, path):
        self.path = user_path(path)
        if self.path.suffix not in FORMATS:
            raise InputError(f"store {str(path)!r}: expected a name that ends in {FORMATS}")
        if self.path.suffix == ".parquet":
            _check_parquet()
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"store {self.path}: is a file; a store is a folder, choose another")

    # --- what is there ---

    def manifest(self) -> dict | None:
        """Return what the store says of its sweep; None for a new one."""
        file = self.path / MANIFEST
        if file.exists():
            return _checked_manifest(file)
        if self.path.is_dir() and any(self.path.glob("[!.]*")):
            raise InputError(
                f"store {self.path}: is a folder with other files and no {MANIFEST}; choose "
                "another name"
            )
        return None

    def layout(self, manifest: dict, given: Grid | None = None) -> Layout:
        """Return the sets of the store; a grid that is `given` need not be read."""
        known = {} if given is None else {given.checksum(): given}
        for checksum in {manifest["grid"], *manifest["pieces"]} - set(known):
            known[checksum] = self._grid(checksum)
        pieces = tuple(known[checksum] for checksum in manifest["pieces"])
        return Layout(known[manifest["grid"]], pieces, manifest["chunk"])

    def attrs(self) -> dict:
        """Return what a protocol says of its rows."""
        file = self.path / ATTRS
        remedy = "delete it; it only says how rows were made"
        found = _json(file, remedy) if file.exists() else {}
        if not isinstance(found, dict):
            raise InputError(f"{file}: cannot be read (expected names with values); {remedy}")
        return found

    def finished(self) -> dict[int, dict[str, tuple[int, str]]]:
        """Return each finished chunk's files, with rows and checksums, as its last line says."""
        file, found = self.path / FINISHED, {}
        lines = file.read_bytes().splitlines() if file.exists() else []
        for line in lines:
            with contextlib.suppress(ValueError, LookupError, TypeError, AttributeError):
                about = json.loads(line)  # fails for one that a kill cut off
                files = about["files"].items()
                found[int(about["chunk"])] = {
                    str(name): (int(x["rows"]), str(x["sha256"])) for name, x in files
                }
        return found

    def say_unnamed(self, chunks: int, remedy: str) -> None:
        """Say how many chunks have files that no line of the list names, so that nothing counts.

        A kill between the two leaves one; of a list that was damaged it may be all.
        """
        present = {file.name for file in self.path.iterdir()}
        listed = self.finished()
        left = [
            k
            for k in range(chunks)
            if k not in listed and present & {self.name(PART, k), self.name(FAILED, k)}
        ]
        if left:
            tell(
                f"store {self.path}: {FINISHED} has no readable line for {len(left)} of {chunks} "
                f"chunks that have files (first: {self.name(PART, left[0])}), so they do not "
                f"count; {remedy}"
            )

    def tables(self, kind: str, chunks: int, read: Callable) -> list[pd.DataFrame]:
        """Return one file of each finished chunk that has it, in their order."""
        found = []
        for chunk, files in sorted(self.finished().items()):
            name = self.name(kind, chunk)
            # One beyond what the manifest says belongs to a grid that grew since that was read.
            if name not in files or chunk >= chunks:
                continue
            if not self.is_whole(name, files[name]):
                raise InputError(
                    f"store {self.path}: {name} is damaged or missing; start the sweep again, "
                    "which computes its sets anew"
                )
            found.append(read(self.path / name))
        return found

    def name(self, kind: str, chunk: int) -> str:
        """Return the name of a chunk's file."""
        return f"{kind}-{chunk:06d}{self.path.suffix if kind == PART else '.csv'}"

    def is_whole(self, name: str, written: tuple[int, str]) -> bool:
        """Return whether a file is as it was written."""
        try:
            return sum_of(self.path / name) == written[1]
        except OSError:
            return False

    def _grid(self, checksum: str) -> Grid:
        file = self.path / grid_name(checksum)
        with contextlib.suppress(OSError, ValueError, LookupError, EOFError, zipfile.BadZipFile):
            with file.open("rb") as stream, np.load(stream) as found:
                values = {str(name): found[str(k)] for k, name in enumerate(found["names"])}
                grid = Grid(values, bool(found["crossed"]))
            if grid.checksum() == checksum:
                return grid
        raise InputError(
            f"{file}: is damaged or missing, so it cannot be said of which sets rows are; start "
            "the sweep again, which mends it where it is the grid's own, or choose another store"
        )

    # --- what is written ---

    def write_layout(self, layout: Layout, identity: dict) -> None:
        """Write the grids of a layout, and then the manifest that makes them count."""
        grids = {grid.checksum(): grid for grid in (layout.grid, *layout.pieces)}
        for checksum, grid in grids.items():
            try:
                self._grid(checksum)
            except InputError:
                self.write(grid_name(checksum), lambda file, grid=grid: _write_grid(file, grid))
        manifest = {
            "sets": len(layout.grid),
            "chunk": layout.chunk,
            "grid": layout.grid.checksum(),
            "pieces": [piece.checksum() for piece in layout.pieces],
            "identity": identity,
        }
        self.write(MANIFEST, lambda file: file.write_text(json.dumps(manifest)))

    def append(self, line: str) -> None:
        """Add a line to the list of finished chunks; one that a kill cut off stays alone."""
        with self._explained(), (self.path / FINISHED).open("a") as file:
            file.write(f"\n{line}\n")
            file.flush()
            os.fsync(file.fileno())

    def write(self, name: str, write: Callable[[Path], None]) -> None:
        """Write a file under another name and rename it when it is whole and on the disk."""
        new = self.path / f".new-{name}"
        try:
            with self._explained():
                write(new)
                with new.open("rb") as file:
                    os.fsync(file.fileno())
                new.replace(self.path / name)
        except OSError:
            with contextlib.suppress(OSError):
                new.unlink()
            raise

    @contextlib.contextmanager
    def _explained(self):
        """Say of an error of the disk what is left."""
        try:
            yield
        except OSError as error:
            raise OSError(
                error.errno,
                f"{error.strerror or error}; what was finished before is kept in {self.path}, "
                "start again to continue",
            ) from error


def grid_name(checksum: str) -> str:
    """Return the name of the file with a grid's values."""
    return f"_grid-{checksum[:16]}.npz"


def sum_of(file: Path) -> str:
    """Return the checksum of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write_grid(file: Path, grid: Grid) -> None:
    values = {str(k): column for k, column in enumerate(grid.columns.values())}
    np.savez(file, names=np.array([*grid.columns]), crossed=grid.crossed, **values)


def _checked_manifest(file: Path) -> dict:
    """Return a manifest that has everything a manifest has."""
    found = _json(file)
    try:
        numbers = [found["sets"], found["chunk"]]
        whole = (
            all(isinstance(n, int) and not isinstance(n, bool) and n > 0 for n in numbers)
            and isinstance(found["identity"], dict)
            and all(isinstance(text, str) for text in [found["grid"], *found["pieces"]])
        )
    except (KeyError, TypeError):
        whole = False
    if not whole:
        raise InputError(
            f"{file}: was written by another version or another program, so nothing can be said "
            "of the rows beside it; choose another store, or delete this one"
        )
    return found


def _json(file: Path, remedy: str = "choose another store, or delete this one"):
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise InputError(f"{file}: cannot be read ({error}); {remedy}") from None


def _check_parquet() -> None:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise InputError(
            "a parquet store needs pyarrow: pip install excitable[parquet], or use a store that "
            "ends in .csv"
        ) from None
