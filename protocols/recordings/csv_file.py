"""Recordings in text files: columns of time, potential and current, units in their headers."""

import warnings
from collections.abc import Mapping, Sequence
from itertools import takewhile

import numpy as np
import pandas as pd

from ...analysis.trains.trace_tables import input_unit
from ...errors import InputError
from ...models.checks import check_name, listed
from .sweep_data import SweepData
from .unit_names import check_kind, checked_unit, kind_of, split_header, unit_named

SWEEPS = ("sweep", "neuron")  # what the column that tells sweeps apart is called
_EXAMPLES = {"time": "t_ms", "potential": "v_mV", "current": "I_pA"}


def read_csv(
    path, *, time=None, potential=None, current=None, sweep=None, units=None, **reader
) -> list[SweepData]:
    """Return the sweeps of a text file; see `read_recording`."""
    if units is not None and not isinstance(units, Mapping):
        raise InputError(f"units: expected a dict such as {{'Vm': 'mV'}}, got {units!r}")
    table = _table(path, reader)
    units = _units(path, table, units or {})
    potential = _columns(path, table, units, "potential", potential, required=True)
    times = _times(path, table, units, potential, time)
    named = current is not None
    current = _columns(path, table, units, "current", current, required=False)
    if len(current) not in (0, 1, len(potential)):
        raise InputError(
            f"{path}: {len(potential)} potentials and {len(current)} currents; give one current "
            "for all or one for each"
        )
    if len(current) > 1 and not named:
        current = _paired(path, potential, current, "current")
    elif current and not named:
        _check_of_all(path, potential, current[0])
    if sweep is None and len(potential) == 1:
        sweep = _telling_apart(table, units)
    if sweep is not None and len(potential) > 1:
        raise InputError(f"{path}: sweep= goes with one potential; name it: potential=")
    decimal = reader.get("decimal", ".")
    return [
        _sweep(f"{path}, {v}" + ("" if key is None else f", sweep {key}"), rows, units, decimal,
               times[k], v, current[k if len(current) > 1 else 0] if current else None)
        for key, rows in _sweeps(path, table, sweep)
        for k, v in enumerate(potential)
    ]  # fmt: skip


def _telling_apart(table: pd.DataFrame, units: Mapping) -> str | None:
    """Return the column that tells sweeps apart by its name, without being named; or None.

    Their times may go on from one sweep to the next, and then would make one of all.
    """
    called = [x for x in table if x.lower() in SWEEPS and units[x] is None]
    return next((x for x in called if len(table[x].unique()) > 1), None)


def _sweeps(path, table: pd.DataFrame, sweep) -> list:
    """Return the key and the rows of each sweep; key None where no column tells them apart."""
    if sweep is None:
        return [(None, table)]
    check_name("column", sweep, table.columns)
    empty = table[sweep].isna().to_numpy()
    if empty.any():
        raise InputError(
            f"{path}: column {sweep!r} is empty in row {empty.argmax() + 1} below the header "
            f"({empty.sum()} such), and its sample in no sweep; fill it, or leave the row out"
        )
    return list(table.groupby(sweep, sort=False))


def _times(path, table: pd.DataFrame, units, potential: Sequence[str], wanted) -> list[str]:
    """Return the time of each potential: that of all, or its own."""
    time = _columns(path, table, units, "time", wanted, required=True)
    alike = len({_heading(name) for name in time}) == 1
    if alike and all(table[name].equals(table[time[0]]) for name in time):
        time = time[:1]  # written beside every channel
    if len(time) == 1:
        return time * len(potential)
    if len(time) != len(potential):
        raise InputError(
            f"{path}: several columns of time, {listed(time)}; name one, or one for each "
            "potential: time="
        )
    return time if wanted is not None else _paired(path, potential, time, "time")


def _paired(path, potential: Sequence[str], others: Sequence[str], kind: str) -> list[str]:
    """Return the time or current of each potential: that which its name tells apart by the same.

    Equal headings tell nothing apart, and go by their order.
    """
    of_potential, of_others = _labels(potential), _labels(others)
    if sorted(of_potential) != sorted(of_others):
        raise InputError(
            f"{path}: which {kind} belongs to which potential? Name them in the same order: "
            f"potential={list(potential)}, {kind}={list(others)}"
        )
    left = list(zip(of_others, others, strict=True))
    return [left.pop([label for label, _ in left].index(own))[1] for own in of_potential]


def _check_of_all(path, potential: Sequence[str], current: str) -> None:
    """Raise InputError where the one current has the name or number of one of the potentials."""
    name = split_header(_heading(current))[0]
    for own, label in zip(potential, _labels(potential), strict=True):
        if label and (name.startswith(label) or name.endswith(label)):
            raise InputError(
                f"{path}: the current {current!r} is that of {own!r} by its name, and the others "
                f"have none; give current={current!r} where it is that of all, or name the "
                "potentials that it belongs to: potential="
            )


def _labels(columns: Sequence[str]) -> list[str]:
    """Return what tells columns apart: their names without unit, and without what all share.

    Examples
    --------
    >>> _labels(["v1_mV", "v12_mV"]), _labels(["cell a, V (mV)", "cell b, V (mV)"])
    (['', '2'], ['a', 'b'])
    """
    names = [split_header(_heading(column))[0] for column in columns]
    for _ in range(2):  # from the beginning, then from the end
        alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
        shared = len(list(alike))
        names = [name[shared:][::-1] for name in names]
    return names


def _headed(table: pd.DataFrame, heading: str) -> list[str]:
    """Return the columns of a heading, which several may have."""
    check_name("column", heading, table.columns)
    return [name for name in table.columns if heading in (name, _heading(name))]


def _heading(column: str) -> str:
    """Return a column's heading without the number by which pandas tells equal ones apart.

    Examples
    --------
    >>> _heading("Vm (mV).1"), _heading("Vm.1 (mV)")
    ('Vm (mV)', 'Vm.1 (mV)')
    """
    heading, _, number = column.rpartition(".")
    return heading if number.isdigit() else column


def _sweep(where, rows, units, decimal, t, v, current) -> SweepData:
    columns = [name for name in (t, v, current) if name is not None]
    numbers = {name: _numbers(where, rows[name], decimal) for name in columns}
    of_current = (numbers[current], units[current]) if current is not None else (None, None)
    return SweepData(where, numbers[t], units[t], numbers[v], units[v], *of_current)


def _table(path, reader: Mapping) -> pd.DataFrame:
    try:
        with warnings.catch_warnings():
            # Or pandas takes the first fields of rows that are too long for an index, shifts the
            # others to the left, and says nothing.
            warnings.filterwarnings("error", "Length of header", pd.errors.ParserWarning)
            table = _read(path, reader)
    except pd.errors.ParserWarning:
        raise InputError(
            f"{path}: its rows have more fields than its header; say how it is written by sep=, "
            "decimal=, comment= and skiprows= (decimal commas need another separator than commas), "
            "give each column a heading, or say index_col=0 where rows begin with their names"
        ) from None
    except pd.errors.EmptyDataError:
        raise InputError(f"{path}: is empty; expected a header and columns of numbers") from None
    except ValueError as error:  # of the text, or of how pandas is told to read it
        raise InputError(
            f"{path}: cannot be read as a table ({str(error).strip()}); say how by sep=, "
            "skiprows=, comment=, encoding= (see pandas.read_csv)"
        ) from None
    if not isinstance(table, pd.DataFrame):
        raise InputError(f"{path}: is read as a whole; leave out chunksize= and iterator=")
    if table.empty:
        raise InputError(f"{path}: holds no samples under its header {list(table.columns)}")
    table = table.rename(columns=lambda name: str(name).strip())
    _check_columns(path, table)
    return table


def _read(path, reader: Mapping):
    """Read the text by pandas, and headers that stand in several rows as one.

    Below several rows pandas takes the first fields of rows that are too long for an index, or
    leaves the last ones out, so that it reads what is below the last of them.
    """
    rows = reader.get("header")
    if not np.ndim(rows):
        return pd.read_csv(path, **{"index_col": False, **reader})
    table = pd.read_csv(path, **{"index_col": False, **reader, "header": rows[-1]})
    if isinstance(table, pd.DataFrame):
        headers = pd.read_csv(path, **{**reader, "nrows": 0}).columns
        table.columns = [_one_header(*np.atleast_1d(levels)) for levels in headers]
    return table


def _one_header(*levels: str) -> str:
    """Return a header that stands in several rows, of which the last may be its unit, as one.

    Examples
    --------
    >>> _one_header("Vm", "[mV]"), _one_header("Vm", "mV.1"), _one_header("t", "Unnamed: 0_level_1")
    ('Vm (mV)', 'Vm (mV).1', 't')
    """
    *names, last = [str(level).strip() for level in levels if not str(level).startswith("Unnamed:")]
    heading = _heading(last)
    unit = heading.strip("()[] ")
    if not names or unit_named(unit) is None:
        return " ".join([*names, last])
    return f"{' '.join(names)} ({unit}){last[len(heading) :]}"


def _check_columns(path, table: pd.DataFrame) -> None:
    """Raise InputError for what says that the text has another form than it was read in."""
    if table.shape[1] == 1:
        raise InputError(
            f"{path}: has one column only, {table.columns[0]!r}; say what separates the columns: "
            r"sep=';', sep='\t', or sep=r'\s+' for blanks"
        )
    first = table.iloc[0].dropna()
    if pd.to_numeric(first, errors="coerce").isna().all() and any(
        unit_named(str(field).strip("()[] ")) for field in first
    ):
        raise InputError(
            f"{path}: the row below its header holds units, {listed(first)}; say header=[0, 1] "
            "where these are the first two rows"
        )
    if not table.columns.is_unique:
        twice = table.columns[table.columns.duplicated()][0]
        raise InputError(
            f"{path}: several columns are called {twice!r} but for blanks; rename them, or give "
            "skipinitialspace=True"
        )


def _units(path, table: pd.DataFrame, given: Mapping) -> dict:
    """Return column -> unit, as given or as its header says."""
    units = {name: split_header(_heading(name))[1] for name in table.columns}
    if "I" in table and "I_unit" in table:  # as tables of traces have it
        units["I"] = unit_named(input_unit(table))
    for heading, unit in given.items():
        of_this = checked_unit(f"{path}, {heading}", unit)
        units |= dict.fromkeys(_headed(table, heading), of_this)
    return units


def _columns(path, table, units, kind: str, wanted, *, required: bool) -> list[str]:
    """Return the columns of one kind: those that were named, or whose unit says so."""
    if wanted is not None:
        names = _headed(table, wanted) if isinstance(wanted, str) else list(wanted)
        for name in names:
            check_name("column", name, table.columns)
            if units[name] is None:
                raise InputError(
                    f"{path}: column {name!r} has no unit in its header (such as "
                    f"{_EXAMPLES[kind]}); give units={{{name!r}: ...}}"
                )
            check_kind(f"{path}, {name}", units[name], kind)
        return names
    names = [name for name in table.columns if units[name] is not None]
    names = [name for name in names if kind_of(units[name]) == kind]
    if not names and required:
        raise InputError(
            f"{path}: no column has a unit of {kind} in its header, such as {_EXAMPLES[kind]}; "
            f"name it, with its unit: {kind}=..., units={{...}}. Columns: {listed(table.columns)}"
        )
    return names


def _numbers(where: str, column: pd.Series, decimal: str):
    if pd.api.types.is_bool_dtype(column):
        column = column.astype(str)  # pandas takes truth values for 1 and 0
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(float)
    # Text throughout (dtype=str), or in some row only, perhaps of another sweep. Where numbers have
    # decimal commas, points and commas change places: a point is then no part of a number.
    swapped = str.maketrans(f".{decimal}", f"{decimal}.")
    plain = column.map(lambda field: field.translate(swapped) if isinstance(field, str) else field)
    numbers = pd.to_numeric(plain, errors="coerce")
    wrong = column[numbers.isna() & column.notna()]
    if wrong.empty:
        return numbers.to_numpy(float)
    remedy = _remedy(str(wrong.iloc[0]), column.name, decimal)
    raise InputError(
        f"{where}: column {column.name!r} holds {wrong.iloc[0]!r}, which is no number; {remedy}"
    )


def _remedy(field: str, column: str, decimal: str) -> str:
    """Return how to read a field that is no number."""
    other = "," if decimal == "." else "."
    if other not in field:
        return "leave such rows out (skiprows=), or correct them"
    if decimal in field:
        return f"for thousands in groups give thousands={other!r}"
    if decimal == ".":
        return "for a decimal comma give sep=';', decimal=','"
    return f"for a column with decimal points give converters={{{column!r}: float}}"
