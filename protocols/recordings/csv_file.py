"""Recordings in text files: columns of time, potential and current, units in their headers."""

from collections.abc import Mapping

import pandas as pd

from ...errors import InputError
from ...models.checks import check_name, listed
from .sweep_data import SweepData
from .unit_names import check_kind, checked_unit, kind_of, unit_of_header

_EXAMPLES = {"time": "t_ms", "potential": "v_mV", "current": "I_pA"}


def read_csv(
    path, *, time=None, potential=None, current=None, sweep=None, units=None, **reader
) -> list[SweepData]:
    """Return the sweeps of a text file; see `read_recording`."""
    table = _table(path, reader)
    units = _units(path, table, units or {})
    time = _columns(path, table, units, "time", time, required=True)
    potential = _columns(path, table, units, "potential", potential, required=True)
    current = _columns(path, table, units, "current", current, required=False)
    if len(time) > 1:
        raise InputError(f"{path}: several columns of time, {listed(time)}; name one: time=")
    if len(current) not in (0, 1, len(potential)):
        raise InputError(
            f"{path}: {len(potential)} potentials and {len(current)} currents; give one current "
            "for all or one for each"
        )
    if sweep is not None:
        check_name("column", sweep, table.columns)
    if sweep is not None and len(potential) > 1:
        raise InputError(f"{path}: sweep= goes with one potential; name it: potential=")
    groups = [(None, table)] if sweep is None else list(table.groupby(sweep, sort=False))
    return [
        _sweep(f"{path}, {v}" + ("" if key is None else f", sweep {key}"), rows, units, time[0], v,
               current[k if len(current) > 1 else 0] if current else None)
        for key, rows in groups
        for k, v in enumerate(potential)
    ]  # fmt: skip


def _sweep(where, rows, units, t, v, current) -> SweepData:
    numbers = {name: _numbers(where, rows[name]) for name in (t, v, current) if name is not None}
    of_current = (numbers[current], units[current]) if current is not None else (None, None)
    return SweepData(where, numbers[t], units[t], numbers[v], units[v], *of_current)


def _table(path, reader: Mapping) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, **reader)
    except pd.errors.EmptyDataError:
        raise InputError(f"{path}: is empty; expected a header and columns of numbers") from None
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: cannot be read as a table ({error}); say how by sep=, skiprows=, encoding= "
            "(see pandas.read_csv)"
        ) from None
    if table.empty:
        raise InputError(f"{path}: holds no samples under its header {list(table.columns)}")
    return table.rename(columns=lambda name: str(name).strip())


def _units(path, table: pd.DataFrame, given: Mapping) -> dict:
    """Return column -> unit, as given or as its header says."""
    for name in given:
        check_name("column", name, table.columns)
    own = {name: unit_of_header(name) for name in table.columns}
    return own | {name: checked_unit(f"{path}, {name}", unit) for name, unit in given.items()}


def _columns(path, table, units, kind: str, wanted, *, required: bool) -> list[str]:
    """Return the columns of one kind: those that were named, or whose unit says so."""
    if wanted is not None:
        names = [wanted] if isinstance(wanted, str) else list(wanted)
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


def _numbers(where: str, column: pd.Series):
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(float)
    numbers = pd.to_numeric(column, errors="coerce")
    first = column[numbers.isna()].iloc[0]
    raise InputError(
        f"{where}: column {column.name!r} holds {first!r}, which is no number; for a decimal comma "
        "give sep=';', decimal=','"
    )
