"""Tables of parameter sets: cross products and lists of sets, a part of them at a time."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from brian2 import Quantity, Unit

from ...errors import InputError
from ...models.checks import check_column, check_name, check_quantity, tidy, unit_text

# At a hundred microseconds a set this takes a day; more is a slip in a number of values.
MOST_SETS = 10**9


@dataclass(frozen=True)
class Grid:
    """Parameter sets in rows; a cross product is never held as a whole.

    Attributes
    ----------
    columns : dict of str to array
        Values in the parameters' own units, and ``I`` in the model's input unit.
    crossed : bool
        Whether the rows are all combinations of the values, the last column running fastest, or
        the values side by side.
    """

    columns: Mapping[str, np.ndarray]
    crossed: bool

    def __len__(self) -> int:
        lengths = [len(values) for values in self.columns.values()]
        return math.prod(lengths) if self.crossed else lengths[0]

    def rows(self, start: int, stop: int) -> pd.DataFrame:
        """Return the sets from `start` to `stop`."""
        return self.at(np.arange(start, min(stop, len(self))))

    def at(self, numbers: np.ndarray) -> pd.DataFrame:
        """Return the sets of some numbers."""
        places = [numbers] * len(self.columns)
        if self.crossed:
            places = np.unravel_index(numbers, [len(values) for values in self.columns.values()])
        parts = zip(self.columns.items(), places, strict=True)
        return pd.DataFrame({name: values[k] for (name, values), k in parts})

    def find(self, sets: pd.DataFrame) -> np.ndarray:
        """Return the numbers of sets, -1 where one is not there; no set of the grid stands twice.

        Examples
        --------
        >>> grid = Grid({"a": np.array([1.0, 2.0]), "b": np.array([5.0, 3.0])}, crossed=True)
        >>> grid.find(pd.DataFrame({"b": [3.0, 5.0, 4.0], "a": [1.0, 2.0, 2.0]})).tolist()
        [1, 2, -1]
        """
        if self.crossed:
            places = [_places(values, sets[name]) for name, values in self.columns.items()]
            known = np.all([k >= 0 for k in places], axis=0)
            shape = [len(values) for values in self.columns.values()]
            return np.where(known, np.ravel_multi_index(places, shape, mode="clip"), -1)
        rows = pd.concat([pd.DataFrame(self.columns), sets[[*self.columns]]])
        # Groups of equal rows are numbered as they appear, and those of the grid come first.
        group = rows.groupby([*self.columns], sort=False).ngroup().to_numpy()[len(self) :]
        return np.where(group < len(self), group, -1)

    def repeats(self) -> bool:
        """Return whether a set stands twice."""
        if self.crossed:
            return any(len(np.unique(values)) < len(values) for values in self.columns.values())
        return bool(pd.DataFrame(self.columns).duplicated().any())

    def checksum(self) -> str:
        """Return a checksum of all values."""
        found = hashlib.sha256(b"crossed" if self.crossed else b"")
        for name, values in self.columns.items():
            found.update(f"{name} {len(values)} ".encode())
            found.update(np.ascontiguousarray(values).tobytes())
        return found.hexdigest()

    def __str__(self) -> str:
        return f"{len(self)} sets of {', '.join(self.columns)}"


def _places(values: np.ndarray, wanted) -> np.ndarray:
    """Return where each wanted value stands among values, -1 where it does not."""
    order = np.argsort(values)
    k = np.searchsorted(values, wanted, sorter=order).clip(max=len(values) - 1)
    return np.where(values[order[k]] == wanted, order[k], -1)


def cross(model, values: Mapping[str, Quantity]) -> Grid:
    """Return all combinations of values, the input current running fastest.

    Parameters
    ----------
    model : NeuronModel
    values : dict of str to Quantity
        Values of parameters; ``I`` is the input current.

    Raises
    ------
    ValueError
        For values that are empty, not finite, of the wrong dimension or unknown.

    Examples
    --------
    >>> from brian2 import ms, nA
    >>> from excitable.models import LIF
    >>> cross(LIF, {"I": [1, 2]*nA, "tau": [10, 20]*ms}).rows(1, 3)
        tau    I
    0  10.0  2.0
    1  20.0  1.0
    """
    _check_size([np.size(given) for given in values.values()])
    columns = {name: _values(model, name, given) for name, given in values.items()}
    if not columns:
        raise InputError("grid: names no parameter; give e.g. {'I': currents}")
    if "I" in columns:
        columns["I"] = columns.pop("I")  # the last one runs fastest
    return Grid(columns, crossed=True)


def _check_size(lengths: list[int]) -> None:
    if math.prod(lengths) > MOST_SETS:
        raise InputError(
            f"grid: {' x '.join(map(str, lengths))} values are {math.prod(lengths):.3g} sets, "
            f"more than {MOST_SETS:.0e}; take fewer values"
        )


def listed(model, sets: pd.DataFrame) -> Grid:
    """Return the sets of a table: columns named as parameters, in their own units, and ``I``.

    Raises
    ------
    ValueError
        For a table that is empty, or a column that is no parameter or holds anything but finite
        numbers.
    """
    columns = {}
    check_once("column of the grid", sets.columns)
    for name in sets.columns:
        check_name("column of the grid", name, [*model.parameters, "I"])
    if sets.empty:
        raise InputError("grid: the table has no rows or no columns; give at least one set")
    for name in sets.columns:
        unit = _unit_of(model, name)
        values = _plain(sets[name], unit_text(unit))
        # On the way of values with units, so that the same ones are the same to the last digit.
        columns[name] = _values(model, name, Quantity(values * unit))
    return Grid(columns, crossed=False)


def _plain(column: pd.Series, unit: str) -> np.ndarray:
    """Return the numbers of a table's column; dates, truth values and quantities are none."""
    if column.dtype.kind not in "iuf":
        column = column.astype(str)
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise InputError(
            f"grid, column {column.name}: {len(bad)} of {len(values)} values are not finite "
            f"numbers (first: {column.iloc[bad[0]]} in row {bad[0]}); give plain numbers"
            + (f" in {unit}" if unit != "1" else "")
        )
    return values


def check_once(kind: str, names) -> None:
    """Raise InputError for a name that stands twice."""
    names = list(names)
    twice = sorted({str(name) for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{kind} {', '.join(map(repr, twice))}: stands twice; keep one")


def grid_of(model, grid) -> Grid:
    """Return a user's grid: a table of sets, or a dict of values to be crossed."""
    if isinstance(grid, pd.DataFrame):
        return listed(model, grid)
    if isinstance(grid, Mapping):
        return cross(model, grid)
    raise InputError(
        "grid: expected a DataFrame with one parameter set a row, or a dict of arrays with units "
        f"such as {{'I': [1, 2]*nA}}, got {type(grid).__name__}"
    )


def _unit_of(model, name: str) -> Unit:
    """Return the unit of the input ``I``, or of a parameter that may be varied."""
    if name == "I":
        return model.input_unit
    unit = model.parameters[check_name("parameter", name, model.parameters)].unit
    check_column(model, name)
    return unit


def _values(model, name: str, given: Quantity) -> np.ndarray:
    unit = _unit_of(model, name)
    what = f"input {model.input}" if name == "I" else f"parameter {name}"
    numbers = np.atleast_1d(check_quantity(what, given, unit))
    if numbers.ndim != 1:
        raise InputError(f"{name}: expected one dimension, got shape {numbers.shape}")
    return np.array([tidy(value) for value in numbers])
