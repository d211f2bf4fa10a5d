"""Where a sweep's rows land: a folder with one parquet or CSV file per chunk, each written whole.

In the folder ``_sweep.json`` says what is swept, ``part-000012.parquet`` holds the rows of chunk
12, and ``_failed-000012.csv`` its sets that failed. A chunk that failed altogether has no part but
a ``_lost-000012.csv``. Readers of parquet folders pass over names that begin with ``_``.
"""

import contextlib
import json
import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock, Timeout

from ...errors import InputError

FORMATS = (".parquet", ".csv")
_MANIFEST = "_sweep.json"


class SweepStore:
    """A sweep's rows in a folder.

    Parameters
    ----------
    path : path-like
        Ends in ``.parquet`` or ``.csv``, which is what the files are.
    """

    def __init__(self, path):
        self.path = Path(path)
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
            return json.loads(file.read_text())
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

    def finished(self, *, retry: bool) -> set[int]:
        """Return the chunks that need no run; with `retry`, forget those that failed altogether."""
        lost = self._chunks("_lost")
        if retry:
            for chunk in lost:
                self._file("_lost", chunk).unlink()
            lost = set()
        return self._chunks("part") | lost

    def add(self, chunk: int, rows: pd.DataFrame, failed: pd.DataFrame) -> None:
        """Write a chunk's rows, and its sets that failed with their ``error``."""
        if len(failed):
            kind = "_failed" if len(rows) else "_lost"
            name = self._file(kind, chunk).name
            self._write(name, lambda file: failed.to_csv(file, index=False))
        if len(rows):
            rows = rows.copy()
            self._write("_attrs.json", lambda file: _write_json(file, rows.attrs), once=True)
            rows.attrs = {}
            self._write(self._file("part", chunk).name, lambda file: _write_table(file, rows))

    def read(self, columns=None) -> pd.DataFrame:
        """Return the rows of all finished chunks in the order of the grid; see `read_sweep`."""
        wanted = None if columns is None else ["set", *(c for c in columns if c != "error")]
        files = sorted(self.path.glob("part-*[0-9].*"))
        attrs = self.path / "_attrs.json"
        table = _combined([_read_table(file, wanted) for file in files], self.failed(), columns)
        table.attrs = json.loads(attrs.read_text()) if attrs.exists() else {}
        return table

    def failed(self) -> pd.DataFrame:
        """Return the sets that failed, with their ``error``."""
        files = [self._file(kind, k) for kind in ("_failed", "_lost") for k in self._chunks(kind)]
        # Rows next to which a process was killed are those of a chunk that is not finished.
        files = [f for f in files if f.name.startswith("_lost") or self._part_of(f).exists()]
        found = _concatenated([pd.read_csv(f, keep_default_na=False) for f in files], "error")
        return found.sort_values("set", ignore_index=True)

    def _part_of(self, failed: Path) -> Path:
        return self._file("part", int(re.search(r"\d+", failed.name)[0]))

    def _file(self, kind: str, chunk: int) -> Path:
        suffix = self.path.suffix if kind == "part" else ".csv"
        return self.path / f"{kind}-{chunk:06d}{suffix}"

    def _chunks(self, kind: str) -> set[int]:
        return {int(f.stem.split("-")[1]) for f in self.path.glob(f"{kind}-*[0-9].*")}

    def _write(self, name: str, write, *, once: bool = False) -> None:
        """Write a file under another name and rename it when it is whole and on the disk."""
        if once and (self.path / name).exists():
            return
        new = self.path / f".new-{name}"
        try:
            write(new)
            with new.open("rb") as file:
                os.fsync(file.fileno())
            new.replace(self.path / name)
        except OSError as error:
            with contextlib.suppress(OSError):
                new.unlink()
            raise OSError(
                error.errno,
                f"{error.strerror or error}; what was finished before is kept in {self.path}, "
                "start again to continue",
            ) from error


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
        If there is no such store, or several are of different models or protocols.
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
        for what in ("model", "protocol"):
            if manifest[what] != first[what]:
                raise InputError(
                    f"read_sweep: store {store} is of another {what} ({manifest[what][0]}) than "
                    f"{stores[0]} ({first[what][0]}); read them one by one"
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
