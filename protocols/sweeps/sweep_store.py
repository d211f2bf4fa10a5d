"""Where a sweep's rows land: a folder with one parquet or CSV file per chunk, each written whole.

In the folder ``_sweep.json`` says what is swept, ``part-000012.parquet`` holds the rows of chunk
12, and ``_failed-000012.csv`` its sets that failed. ``_finished.jsonl`` has a line for each chunk
that is finished: its files, with their rows and checksums. What no line names does not count, and
what is not as its line says is damaged. Readers of parquet folders pass over names that begin with
``_``.
"""

import contextlib
import functools
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock, Timeout

from ...errors import InputError
from .identity import difference

FORMATS = (".parquet", ".csv")
_MANIFEST, _FINISHED = "_sweep.json", "_finished.jsonl"
_PART, _FAILED = "part", "_failed"


class SweepStore:
    """A sweep's rows in a folder.

    Parameters
    ----------
    path : path-like
        Ends in ``.parquet`` or ``.csv``, which is what the files are.
    """

    def __init__(self, path):
        self.path = Path(path).expanduser()
        if self.path.suffix not in FORMATS:
            raise InputError(f"store {str(path)!r}: expected a name that ends in {FORMATS}")
        if self.path.suffix == ".parquet":
            _check_parquet()
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"store {self.path}: is a file; a store is a folder, choose another")

    def manifest(self) -> dict | None:
        """Return what the store says of its sweep; None for a new one."""
        file = self.path / _MANIFEST
        if file.exists():
            return _checked_manifest(file)
        if self.path.is_dir() and any(self.path.glob("[!.]*")):
            raise InputError(
                f"store {self.path}: is a folder with other files and no {_MANIFEST}; choose "
                "another name"
            )
        return None

    @contextlib.contextmanager
    def filling(self, manifest: dict):
        """Keep the store to this process for the block; `manifest` is written to a new one."""
        self.path.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.path / ".lock", timeout=0):
                for left in self.path.glob(".new-*"):  # of a process that was killed
                    left.unlink()
                if not (self.path / _MANIFEST).exists():
                    self._write(_MANIFEST, lambda file: file.write_text(json.dumps(manifest)))
                yield
        except Timeout:
            raise InputError(f"store {self.path}: another process is filling it") from None

    def finished(self, sizes: Mapping[int, int], *, retry: bool) -> set[int]:
        """Return the chunks that need no run; with `retry`, not those that failed altogether.

        Parameters
        ----------
        sizes : dict of int to int
            Of each chunk how many sets it has.
        retry : bool

        Notes
        -----
        Files that are not as they were written are renamed: they, and their chunks, do not count.
        """
        done = set()
        for chunk, files in self._finished().items():
            damaged = [name for name in files if not self._is_whole(name, files[name])]
            for name in damaged:
                self._set_aside(name)
            whole = not damaged and sum(rows for rows, _ in files.values()) == sizes.get(chunk)
            if whole and not (retry and self._name(_PART, chunk) not in files):
                done.add(chunk)
        return done

    def add(self, chunk: int, rows: pd.DataFrame, failed: pd.DataFrame) -> None:
        """Write a chunk's rows, and its sets that failed with their ``error``."""
        written = {}
        if len(failed):
            name = self._name(_FAILED, chunk)
            self._write(name, lambda file: failed.to_csv(file, index=False))
            written[name] = len(failed)
        if len(rows):
            rows = rows.copy()
            self._write("_attrs.json", lambda file: _write_json(file, rows.attrs), once=True)
            rows.attrs = {}
            name = self._name(_PART, chunk)
            self._write(name, lambda file: _write_table(file, rows))
            written[name] = len(rows)
        files = {n: {"rows": k, "sha256": _sum(self.path / n)} for n, k in written.items()}
        self._append(json.dumps({"chunk": chunk, "files": files}))

    def read(self, columns=None) -> pd.DataFrame:
        """Return the rows of all finished chunks in the order of the grid; see `read_sweep`."""
        wanted = None if columns is None else ["set", *(c for c in columns if c != "error")]
        read = functools.partial(_read_table, columns=wanted)
        parts = self._tables(_PART, read)
        attrs = self.path / "_attrs.json"
        table = _combined(parts, self.failed(), columns)
        table.attrs = (
            _json(attrs, "delete it; it only says how rows were made") if attrs.exists() else {}
        )
        return table

    def failed(self) -> pd.DataFrame:
        """Return the sets that failed, with their ``error``."""
        found = self._tables(_FAILED, functools.partial(pd.read_csv, keep_default_na=False))
        return _concatenated(found, "error").sort_values("set", ignore_index=True)

    def _tables(self, kind: str, read: Callable) -> list[pd.DataFrame]:
        """Return one file of each chunk that has it, in their order."""
        found = []
        for chunk, files in sorted(self._finished().items()):
            name = self._name(kind, chunk)
            if name not in files:
                continue
            if not self._is_whole(name, files[name]):
                raise InputError(
                    f"store {self.path}: {name} is damaged or missing; start the sweep again, "
                    "which computes its sets anew"
                )
            found.append(read(self.path / name))
        return found

    def _name(self, kind: str, chunk: int) -> str:
        return f"{kind}-{chunk:06d}{self.path.suffix if kind == _PART else '.csv'}"

    def _finished(self) -> dict[int, dict]:
        """Return the files of each finished chunk, as its last line says."""
        file, found = self.path / _FINISHED, {}
        lines = file.read_bytes().splitlines() if file.exists() else []
        for line in lines:
            with contextlib.suppress(
                ValueError, LookupError, TypeError, AttributeError
            ):  # cut off by a kill
                about = json.loads(line)
                files = {
                    str(k): (int(x["rows"]), str(x["sha256"])) for k, x in about["files"].items()
                }
                found[int(about["chunk"])] = files
        return found

    def _is_whole(self, name: str, written: tuple[int, str]) -> bool:
        try:
            return _sum(self.path / name) == written[1]
        except OSError:
            return False

    def _set_aside(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            (self.path / name).replace(self.path / f"_damaged-{name}")

    def _append(self, line: str) -> None:
        """Add a line to the list of finished chunks; one that a kill cut off stays alone."""
        with self._explained(), (self.path / _FINISHED).open("a") as file:
            file.write(f"\n{line}\n")
            file.flush()
            os.fsync(file.fileno())

    def _write(self, name: str, write, *, once: bool = False) -> None:
        """Write a file under another name and rename it when it is whole and on the disk."""
        if once and (self.path / name).exists():
            return
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


def _checked_manifest(file: Path) -> dict:
    """Return a manifest that has everything a manifest has."""
    found = _json(file)
    try:
        numbers = [found["sets"], found["chunk"]]
        whole = isinstance(found["identity"], dict) and all(
            isinstance(n, int) and not isinstance(n, bool) and n > 0 for n in numbers
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


def _sum(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_sweep(store, columns=None) -> pd.DataFrame:
    """Return the rows of a sweep that are in its store, of a sweep that still runs too.

    Parameters
    ----------
    store : path-like, or a list of some
        As given to `sweep`. Several stores of one model and protocol are read together: a grid,
        and the values that were added to it later.
    columns : sequence of str, optional
        Read these only, which takes less memory.

    Returns
    -------
    DataFrame
        One row per parameter set in the order of the grid: ``set``, its number there, the
        protocol's columns, and ``error``, empty where there was none. Rows of sets that failed
        hold NaN. ``attrs`` says how to redo a row. Of several stores the rows stand one after
        the other, with a column ``store``; a set that is in two of them is taken from the first.

    Raises
    ------
    ValueError
        If there is no such store, a part of it is damaged, or several are of different models or
        protocols.
    """
    if isinstance(store, list | tuple):
        return _read_together(store, columns)
    found = SweepStore(store)
    if found.manifest() is None:
        raise InputError(f"store {found.path}: does not exist or holds no sweep")
    return found.read(columns)


def _read_together(stores, columns) -> pd.DataFrame:
    """Return the rows of several stores, those of a set once."""
    if not stores:
        raise InputError("read_sweep: the list of stores is empty")
    tables, first = [], None
    for store in stores:
        table = read_sweep(store)
        manifest = SweepStore(store).manifest()
        first = manifest if first is None else first
        # Stores of one table may differ in their grids alone.
        kinds = [{k: v for k, v in m["identity"].items() if k != "grid"} for m in (manifest, first)]
        if differs := difference(*kinds):
            raise InputError(
                f"read_sweep: store {store} is of {differs} as {stores[0]}; read them one by one"
            )
        tables.append(table.assign(store=str(store)))
    whole = _each_set_once(tables)
    return whole if columns is None else whole[["store", "set", *columns]]


def _each_set_once(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of several tables; of a set that is there twice one that did not fail."""
    attrs = next((dict(table.attrs) for table in tables if table.attrs), {})
    values = attrs.get("parameters", {})
    varied = sorted({name for table in tables for name in table if name in values})
    # What one sweep varies has in the others the model's own value.
    tables = [t.assign(**{k: values[k] for k in varied if k not in t}) for t in tables]
    table = pd.concat(tables, ignore_index=True)
    keys = [name for name in (*varied, "I") if name in table and len(table)]
    if keys:
        first = table.assign(failed=table["error"] != "").sort_values("failed", kind="stable")
        table = table.loc[~first.duplicated(keys).sort_index()].reset_index(drop=True)
    table.attrs = attrs
    return table


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
        """Return the rows as `SweepStore.read` does."""
        attrs = self._rows[0].attrs if self._rows else {}
        table = _combined(self._rows, _concatenated(self._failed, "error"))
        table.attrs = dict(attrs)
        return table


def _combined(parts: list, failed: pd.DataFrame, columns=None) -> pd.DataFrame:
    """Put the rows of all chunks, and those of sets that failed, into the order of the grid."""
    table = _concatenated(parts)
    if len(failed):
        flags = [name for name in table if table[name].dtype == bool]
        table = pd.concat([table.astype(dict.fromkeys(flags, "boolean")), failed])
        table["error"] = table["error"].fillna("")
    else:
        table["error"] = ""
    if columns is not None:
        table = table[["set", *columns]]
    if table["set"].duplicated().any():
        raise InputError("the store holds a set twice; was it put together by hand?")
    return table.sort_values("set", ignore_index=True)


def _concatenated(parts: list[pd.DataFrame], *columns: str) -> pd.DataFrame:
    if parts:
        return pd.concat(parts, ignore_index=True)
    return pd.DataFrame({"set": np.empty(0, int)} | {name: np.empty(0, str) for name in columns})


def _write_table(file: Path, rows: pd.DataFrame) -> None:
    if ".parquet" in file.suffixes:
        rows.to_parquet(file, index=False)
    else:
        rows.to_csv(file, index=False)


def _read_table(file: Path, columns) -> pd.DataFrame:
    if file.suffix == ".parquet":
        return pd.read_parquet(file, columns=columns)
    return pd.read_csv(file, usecols=columns)


def _write_json(file: Path, attrs: dict) -> None:
    file.write_text(json.dumps(attrs, default=str))


def _check_parquet() -> None:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise InputError(
            "a parquet store needs pyarrow: pip install excitable[parquet], or use a store that "
            "ends in .csv"
        ) from None
