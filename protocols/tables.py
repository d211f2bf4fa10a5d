"""From recordings to tidy tables: the cross product of a sweep, units in column names, attrs."""

import ast
import sys
from collections.abc import Mapping

import brian2
import numpy as np
import pandas as pd
from brian2 import Quantity, farad, get_dimensions, meter, ms, second

from ..errors import InputError
from ..models.checks import check_name, check_quantity, unit_text
from ..simulation import results
from ..simulation.programs.describe import shown
from .sweeps import grids


def cross(model, currents: Quantity, vary: Mapping[str, Quantity] | None) -> pd.DataFrame:
    """Return every combination of the varied parameters and the currents, one per row.

    Columns are the parameters (in their own unit), then ``I``; the current runs fastest.

    Raises
    ------
    ValueError
        For currents or values that are empty, not finite, of the wrong dimension or unknown.
    """
    grid = grids.cross(model, {**(vary or {}), "I": currents})
    check_values(model, vary)
    return grid.rows(0, len(grid))


def checked_sets(model, sets: pd.DataFrame, *, needs_current: bool) -> pd.DataFrame:
    """Return a user's table of parameter sets, numbered from 0, if a run can take it."""
    grid = grids.listed(model, sets)
    if needs_current != ("I" in grid.columns):
        raise InputError(
            "sets: need a column I, the current of each set" if needs_current else
            "sets: must have no column I, because the current is what is looked for"
        )  # fmt: skip
    rows = grid.rows(0, len(grid))
    try:
        check_values(model, varied(model, rows))
    except ValueError as error:
        error.sets = getattr(error, "places", ())
        raise
    return rows


def varied(model, sets: pd.DataFrame) -> dict[str, Quantity]:
    """Return the parameter columns of a table of parameter sets as arrays with units."""
    names = [name for name in sets.columns if name in model.parameters]
    return {name: sets[name].to_numpy() * model.parameters[name].unit for name in names}


def currents_of(model, sets: pd.DataFrame) -> Quantity:
    """Return the column ``I`` as an array with its unit."""
    return Quantity(sets["I"].to_numpy() * model.input_unit)


def window(duration, discard, numerics=None, model=None) -> tuple[float, float]:
    """Return duration and discarded beginning in ms, checked, also against the time step."""
    length = check_quantity("duration", duration, ms, scalar=True)
    start = check_quantity("discard", discard, ms, scalar=True)
    if length <= 0:
        raise InputError(f"duration: must be above zero, got {duration}")
    if not 0 <= start < length:
        raise InputError(
            f"discard: must not be negative and lie below the duration {length:g} ms, "
            f"got {start:g} ms"
        )
    if numerics is not None:
        numerics.check_length(model, length)
    return length, start


def check_values(model, vary: Mapping[str, Quantity] | None) -> None:
    """Raise ValueError for varied values that their part in the equations forbids.

    A time or a capacitance by which a slope is divided must be above zero.
    """
    for name, value in (vary or {}).items():
        unit = model.parameters[check_name("parameter", name, model.parameters)].unit
        numbers = np.atleast_1d(check_quantity(f"parameter {name}", value, unit))
        what = _POSITIVE.get(get_dimensions(unit))
        bad = numbers <= 0
        if what is not None and bad.any() and name in _divisors(model.system):
            error = InputError(
                f"parameter {name}: {int(bad.sum())} of {numbers.size} values are no {what}, which "
                f"is above zero (first: {numbers[bad][0]:g} {unit_text(unit)})"
            )
            error.places = tuple(np.flatnonzero(bad).tolist())
            raise error


_POSITIVE = {
    get_dimensions(second): "time constant",
    get_dimensions(farad): "capacitance",
    get_dimensions(farad / meter**2): "capacitance",
}


def _divisors(system) -> set[str]:
    """Return by what the slopes are divided: names, and the factors of named parts."""
    found: set[str] = set()
    for text in (*system.rhs.values(), *system.named.values()):
        for node in ast.walk(ast.parse(text.strip(), mode="eval")):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                found |= _factors(node.right)
    for name, text in reversed(system.named.items()):
        if name in found:
            found |= _factors(ast.parse(text.strip(), mode="eval").body)
    return found


def _factors(node: ast.expr) -> set[str]:
    """Return the names of which an expression is a multiple."""
    if isinstance(node, ast.Name):
        return {node.id}
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        divided = isinstance(node.op, ast.Div)
        return _factors(node.left) | (set() if divided else _factors(node.right))
    return set()


def describe_model(model, **more) -> dict:
    """Return what a table says of its model, for its ``attrs``."""
    return {
        "model": model.name,
        "equations": model.equations,
        "parameters": {name: p.value for name, p in model.parameters.items()},
        "units": {name: unit_text(p.unit) for name, p in model.parameters.items()},
        "I_unit": unit_text(model.input_unit),
        "versions": {
            "brian2": brian2.__version__,
            "numpy": np.__version__,
            "python": sys.version.split()[0],
        },
        **more,
    }


def describe_run(model, recording, **more) -> dict:
    """Return what a reader needs to redo a table, for its ``attrs``."""
    return describe_model(
        model,
        method=recording.method,
        dt_ms=recording.dt_ms,
        backend=recording.backend,
        precision=recording.precision,
        threads=recording.threads,
        **more,
    )


def describe_start(model, start):
    """Return where cells started as plain values: a word, or numbers in the units of tables."""
    if not isinstance(start, Mapping):
        return start
    units = {name: model.unit_of(name) for name in start}
    return {name: (np.asarray(v) / float(units[name])).tolist() for name, v in start.items()}


def read_start(model, described):
    """Return what `describe_start` described."""
    if not isinstance(described, Mapping):
        return described
    return {name: np.asarray(v) * model.unit_of(name) for name, v in described.items()}


def spikes_frame(recording) -> pd.DataFrame:
    """Return the spikes as a table: neuron, t_ms."""
    return results.spikes_frame(recording.spike_neuron, recording.spike_ms)


def traces_frame(model, recording) -> pd.DataFrame:
    """Return the traces as a table: neuron, t_ms, and one column per variable, with its unit."""
    return results.traces_frame(
        recording.n,
        recording.t_ms,
        recording.traces,
        {name: shown(model, name) for name in recording.traces},
        unit_text(model.input_unit),
    )
