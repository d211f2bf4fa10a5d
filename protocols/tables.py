"""From recordings to tidy tables: the cross product of a sweep, units in column names, attrs."""

import sys
from collections.abc import Mapping
from functools import lru_cache

import brian2
import numpy as np
import pandas as pd
import sympy as sp
from brian2 import Quantity, farad, get_dimensions, meter, ms, second

from ..models.checks import check_name, check_quantity, unit_text
from ..models.symbolic import symbolic
from ..simulation import results
from ..simulation.backends.compiled.describe_program import shown
from .sweeps import grids

# Methods whose steps know nothing of a relaxation that is faster than they are.
EXPLICIT = ("euler", "rk2", "rk4", "heun", "milstein")


def cross(
    model, currents: Quantity, vary: Mapping[str, Quantity] | None, numerics=None
) -> pd.DataFrame:
    """Return every combination of the varied parameters and the currents, one per row.

    Columns are the parameters (in their own unit), then ``I``; the current runs fastest.

    Raises
    ------
    ValueError
        For currents or values that are empty, not finite, of the wrong dimension or unknown.
    """
    grid = grids.cross(model, {**(vary or {}), "I": currents})
    check_values(model, vary, numerics)
    return grid.rows(0, len(grid))


def checked_sets(model, sets: pd.DataFrame, *, needs_current: bool, numerics=None) -> pd.DataFrame:
    """Return a user's table of parameter sets, numbered from 0, if a run can take it."""
    grid = grids.listed(model, sets)
    if needs_current != ("I" in grid.columns):
        raise ValueError(
            "sets: need a column I, the current of each set" if needs_current else
            "sets: must have no column I, because the current is what is looked for"
        )  # fmt: skip
    rows = grid.rows(0, len(grid))
    try:
        check_values(model, varied(model, rows), numerics)
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
        raise ValueError(f"duration: must be above zero, got {duration}")
    if not 0 <= start < length:
        raise ValueError(
            f"discard: must not be negative and lie below the duration {length:g} ms, "
            f"got {start:g} ms"
        )
    if numerics is not None:
        numerics.check_length(model, length)
    return length, start


def checked_start(model, start):
    """Return where cells start, if it is something that says so.

    Raises
    ------
    ValueError
        For another type, an unknown word or variable, or a value of the wrong dimension.
    """
    if isinstance(start, str):
        return check_name("start", start, ("rest", "initial"))
    if not isinstance(start, Mapping):
        raise ValueError(
            "start: expected 'rest', 'initial' or values of state variables such as "
            f"{{{model.membrane!r}: ...}}, got {start!r}"
        )
    for name, value in start.items():
        check_name("state variable", name, model.symbolic.states)
        check_quantity(f"start {name}", value, model.unit_of(name))
    return start


def check_values(model, vary: Mapping[str, Quantity] | None, numerics=None) -> None:
    """Raise ValueError for values that their parameter's part in the equations forbids.

    Of varied values a time or a capacitance by which a slope is divided must be above zero, and
    a refractory period must not be negative. With `numerics` no time constant, varied or not, may
    be so short that an explicit step would jump over it.
    """
    own = {} if numerics is None else {k: p.quantity for k, p in model.parameters.items()}
    for name, value in {**own, **(vary or {})}.items():
        unit = model.parameters[check_name("parameter", name, model.parameters)].unit
        numbers = np.atleast_1d(check_quantity(f"parameter {name}", value, unit))
        what, bad = "", np.zeros(numbers.shape, bool)
        if name in (vary or {}):
            what, bad = _forbidden(model, name, unit, numbers)
        if numerics is not None and not bad.any():
            what, bad = _jumped_over(model, name, unit, numbers, numerics)
        if bad.any():
            error = ValueError(
                f"parameter {name}: {int(bad.sum())} of {numbers.size} values are {what} "
                f"(first: {numbers[bad][0]:g} {unit_text(unit)})"
            )
            error.places = tuple(np.flatnonzero(bad).tolist())
            raise error


def _forbidden(model, name: str, unit, numbers: np.ndarray) -> tuple[str, np.ndarray]:
    dimensions = get_dimensions(unit)
    if name == model.refractory:
        return "no refractory period, which is not negative", numbers < 0
    kinds = {get_dimensions(second): "time constant", get_dimensions(farad): "capacitance",
             get_dimensions(farad / meter**2): "capacitance"}  # fmt: skip
    if dimensions in kinds and name in _divisors(
        model.equations, frozenset({*model.parameters, model.input})
    ):
        return f"no {kinds[dimensions]}, which is above zero", numbers <= 0
    return "", np.zeros(numbers.shape, bool)


def _jumped_over(model, name: str, unit, numbers: np.ndarray, numerics) -> tuple[str, np.ndarray]:
    """Return which time constants are shorter than half a step of an explicit method.

    From there on Euler's and Heun's steps overshoot by more than they correct, and at 2.8 times
    the time constant a fourth-order step follows.
    """
    explicit = (numerics.method or model.method) in EXPLICIT and numerics.tolerance is None
    step = numerics.step_ms(model)
    is_time = get_dimensions(unit) is get_dimensions(second)
    if not (
        explicit
        and is_time
        and name in _divisors(model.equations, frozenset({*model.parameters, model.input}))
    ):
        return "", np.zeros(numbers.shape, bool)
    bad = (numbers > 0) & (numbers * float(unit / ms) < step / 2)
    return f"too short for the time step of {step:g} ms, which must not exceed twice that", bad


@lru_cache(maxsize=64)
def _divisors(equations: str, names: frozenset[str]) -> frozenset[str]:
    """Return the symbols by which a slope is divided."""
    return frozenset(
        power.base.name
        for slope in symbolic(equations, names).rhs.values()
        for power in slope.atoms(sp.Pow)
        if power.base.is_Symbol and power.exp.is_negative
    )


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
