"""What is read from stores: the rows of one in the order of its grid, or of several together."""

import functools
from pathlib import Path

import numpy as np
import pandas as pd

from ...errors import InputError
from ...models.checks import tidy
from .growth import Layout
from .identity import Identity, difference, value_of
from .store_folder import FAILED, PART, StoreFolder


def read_sweep(store, columns=None) -> pd.DataFrame:
    """Return the rows of a sweep that are in its store, of a sweep that still runs too.

    Parameters
    ----------
    store : path-like, or a list of some
        As given to `sweep`. Several stores of one model and protocol are read together, whichever
        parameters each of them varies.
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
    return _rows(*_opened(store), columns)


def _rows(folder: StoreFolder, layout: Layout, columns=None) -> pd.DataFrame:
    """Return the rows of one store; see `read_sweep`."""
    folder.say_unnamed(len(layout.chunks), "start the sweep again, which computes them anew")
    wanted = None if columns is None else ["set", *(c for c in columns if c != "error")]
    parts = folder.tables(PART, len(layout.chunks), functools.partial(_read_part, columns=wanted))
    table = combined(parts, _failed(folder, layout), columns, layout)
    table.attrs = folder.attrs()
    return table


def failed_sets(store) -> pd.DataFrame:
    """Return the sets of a store that failed, in the order of the grid, with their ``error``."""
    folder, layout = _opened(store)
    return _in_order(_failed(folder, layout), layout)


def combined(parts: list, failed: pd.DataFrame, columns=None, layout: Layout | None = None):
    """Put the rows of all chunks, and those of sets that failed, into the order of the grid."""
    table = concatenated(parts)
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
    return _in_order(table, layout)


def concatenated(parts: list[pd.DataFrame], *columns: str) -> pd.DataFrame:
    """Return the rows of several tables, of none an empty one with ``set`` and `columns`."""
    if parts:
        return pd.concat(parts, ignore_index=True)
    return pd.DataFrame({"set": np.empty(0, int)} | {name: np.empty(0, str) for name in columns})


def _opened(store) -> tuple[StoreFolder, Layout]:
    folder = StoreFolder(store)
    manifest = folder.manifest()
    if manifest is None:
        raise InputError(f"store {folder.path}: does not exist or holds no sweep")
    return folder, folder.layout(manifest)


def _failed(folder: StoreFolder, layout: Layout) -> pd.DataFrame:
    read = functools.partial(pd.read_csv, keep_default_na=False)
    return concatenated(folder.tables(FAILED, len(layout.chunks), read), "error")


def _in_order(table: pd.DataFrame, layout: Layout | None) -> pd.DataFrame:
    """Return rows by their sets' places in the grid; without a layout they came in its order."""
    if layout is not None:
        table = table.assign(set=layout.places(table["set"].to_numpy()))
    return table.sort_values("set", ignore_index=True)


def _read_part(file: Path, columns) -> pd.DataFrame:
    if file.suffix == ".parquet":
        return pd.read_parquet(file, columns=columns)
    # Words such as None or NA are what a protocol said; what is missing is empty.
    return pd.read_csv(file, usecols=columns, keep_default_na=False, na_values=[""])


def _read_together(stores, columns) -> pd.DataFrame:
    """Return the rows of several stores, those of a set once."""
    if not stores:
        raise InputError("read_sweep: the list of stores is empty")
    tables, sets, first = [], [], None
    for store in stores:
        folder, layout = _opened(store)
        identity = folder.manifest()["identity"]
        first = identity if first is None else first
        if differs := difference(identity, first):
            raise InputError(
                f"read_sweep: store {store} is of {differs} as {stores[0]}; read them one by one"
            )
        table = _rows(folder, layout)
        tables.append(table.assign(store=str(store)))
        sets.append(layout.grid.at(table["set"].to_numpy()))
    whole = _each_set_once(tables, _whole_sets(tables, sets, first))
    return whole if columns is None else whole[["store", "set", *columns]]


def _whole_sets(tables: list, sets: list[pd.DataFrame], identity: Identity) -> pd.DataFrame:
    """Return the sets of several tables with a column for all that one of their grids varies."""
    names = dict.fromkeys(name for part in sets for name in part)
    # What one sweep varies has in the others the model's own value; the current has none.
    own = {name: np.nan if name == "I" else tidy(value_of(identity, name)) for name in names}
    for table, part in zip(tables, sets, strict=True):
        for name in (own.keys() & table.columns) - {*part}:
            if not table[name].isin([own[name], np.nan]).all():
                raise InputError(
                    f"read_sweep: the column {name} of store {table['store'].iloc[0]} is a result "
                    "of its protocol, and another store varies what has this name; read them one "
                    "by one"
                )
    whole = [part.assign(**{k: own[k] for k in own if k not in part}) for part in sets]
    return pd.concat(whole, ignore_index=True)


def _each_set_once(tables: list[pd.DataFrame], sets: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of several tables; of a set that is there twice one that did not fail.

    What a row is of is said by the grids of the stores, not by what a protocol's table holds.
    """
    table = pd.concat(tables, ignore_index=True)
    table[sets.columns] = sets
    order = np.argsort(table["error"].to_numpy() != "", kind="stable")
    kept = order[~sets.iloc[order].duplicated().to_numpy()]
    table = table.iloc[np.sort(kept)].reset_index(drop=True)
    table.attrs = next((dict(part.attrs) for part in tables if part.attrs), {})
    return table
