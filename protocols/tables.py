"""From recordings to tidy tables: the cross product of a sweep, units in column names, attrs."""

import sys
from collections.abc import Mapping

import brian2
import numpy as np
import pandas as pd
from brian2 import Quantity, ms

from ..columns import NO_PARAMETERS
from ..errors import InputError
from ..models.checks import check_column, check_name, check_quantity, check_varied, unit_text
from ..models.ranges import check_numbers
from ..models.units import column
from ..simulation import results
from ..simulation.programs.describe import shown
from .sweeps import grids

# What of a model a table tells as text, and what else tells two cells apart, in words.
_TEXTS = ("equations", "threshold", "reset", "refractory")
_TELLING = {**{x: x for x in _TEXTS}, "units": "units of parameters", "I_unit": "unit of the input"}
MOST_ROWS = 10_000_000  # of one table: about a gigabyte


def cross(model, currents: Quantity, vary: Mapping[str, Quantity] | None) -> pd.DataFrame:
    """Return every combination of the varied parameters and the currents, one per row.

    Columns are the parameters (in their own unit), then ``I``; the current runs fastest.

    Raises
    ------
    ValueError
        For currents or values that are empty, not finite, of the wrong dimension or unknown.
    """
    grid = grids.cross(model, {**check_varied(vary), "I": currents})
    check_values(model, vary)
    if len(grid) > MOST_ROWS:
        raise InputError(
            f"{grid}: more than the {MOST_ROWS} that are run at once; take fewer values, or "
            "`sweep` with a store, which runs them in parts"
        )
    return grid.rows(0, len(grid))


def cross_with(
    model, column: str, numbers: np.ndarray, vary: Mapping[str, Quantity] | None
) -> pd.DataFrame:
    """Return every combination of the varied parameters and something else than a current.

    Columns are the parameters, then `column` with the numbers, which run fastest.

    Raises
    ------
    ValueError
        For values as in `cross`.

    Examples
    --------
    >>> from brian2 import ms
    >>> from excitable.models import LIF
    >>> cross_with(LIF, "duration_ms", np.array([1.0, 5.0]), {"tau": [10, 20]*ms})
        tau  duration_ms
    0  10.0          1.0
    1  10.0          5.0
    2  20.0          1.0
    3  20.0          5.0
    """
    sets = cross(model, np.zeros(len(numbers)) * model.input_unit, vary).drop(columns="I")
    return sets.assign(**{column: np.tile(numbers, len(sets) // len(numbers))})


def of_sets(sets: pd.DataFrame, found: list[dict[str, float]]) -> dict:
    """Return what was found of each parameter set, for ``attrs``.

    Numbers where nothing varies; else lists, beside those of the parameters' values.

    Examples
    --------
    >>> of_sets(pd.DataFrame(index=[0]), [{"tau_ms": 3.8}])
    {'tau_ms': 3.8}
    >>> of_sets(pd.DataFrame({"g": [1.0, 2.0]}), [{"tau_ms": 3.8}, {"tau_ms": 4.0}])
    {'g': [1.0, 2.0], 'tau_ms': [3.8, 4.0]}
    """
    if not len(sets.columns):
        return found[0]
    return sets.to_dict(orient="list") | pd.DataFrame(found).to_dict(orient="list")


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
    names = [n for n in sets.columns if n in model.parameters and n not in NO_PARAMETERS]
    return {name: sets[name].to_numpy() * model.parameters[name].unit for name in names}


def currents_of(model, sets: pd.DataFrame) -> Quantity:
    """Return the column ``I`` as an array with its unit."""
    return Quantity(sets["I"].to_numpy() * model.input_unit)


def check_spikes(model) -> None:
    """Raise InputError for a model of which no spike can be counted."""
    if not model.threshold:
        raise InputError(
            f"{model.name} has no threshold, so no spike of it is ever counted; give it one, e.g. "
            f"threshold={f'{model.membrane} > ...'!r} (`response` records it without)"
        )


def check_repeats(model, what: str) -> None:
    """Raise InputError for a cell that draws random numbers, which has no one `what`.

    Examples
    --------
    >>> from excitable.models import LIF
    >>> check_repeats(LIF, "threshold current")
    """
    if drawn := model.system.draws:
        raise InputError(
            f"{model.name}: has no one {what}, because {drawn} make every trial another; measure "
            "over trials (noisy_fi_curve with trials=..., or many cells: response(..., n=..., "
            "seed=...)), or take that out of the model"
        )


def window(duration, discard, numerics=None, model=None, *, spikes=True) -> tuple[float, float]:
    """Return duration and discarded beginning in ms, checked, also against the time step.

    The beginning is a quarter of the duration where it is None, as in programs. A model of which
    `spikes` are to be counted needs a threshold.
    """
    if model is not None and spikes:
        check_spikes(model)
    length = check_quantity("duration", duration, ms, scalar=True)
    if length <= 0:
        raise InputError(f"duration: must be above zero, got {duration}")
    start = length / 4 if discard is None else check_quantity("discard", discard, ms, scalar=True)
    if not 0 <= start < length:
        raise InputError(
            f"discard: must not be negative and lie below the duration {length:g} ms, "
            f"got {start:g} ms; give a longer duration, or discard={length / 3:.3g}*ms"
        )
    if numerics is not None:
        numerics.check_length(model, length)
    return length, start


def check_values(model, vary: Mapping[str, Quantity] | None) -> None:
    """Raise ValueError for varied values that their part in the equations or in tables forbids.

    See `check_numbers`.
    """
    for name, value in check_varied(vary).items():
        check_column(model, name)
        unit = model.parameters[check_name("parameter", name, model.parameters)].unit
        numbers = np.atleast_1d(check_quantity(f"parameter {name}", value, unit))
        check_numbers(model, name, numbers, unit)


def describe_model(model, **more) -> dict:
    """Return what a table says of its model, for its ``attrs``."""
    return {
        "model": model.name,
        **{name: str(getattr(model, name)) for name in _TEXTS},
        "parameters": {name: p.value for name, p in model.parameters.items()},
        "units": {name: unit_text(p.unit) for name, p in model.parameters.items()},
        "I_unit": unit_text(model.input_unit),
        "membrane": column(model.membrane, model.unit_of(model.membrane)),
        "versions": {
            "brian2": brian2.__version__,
            "numpy": np.__version__,
            "python": sys.version.split()[0],
        },
        **more,
    }


def differs(about: Mapping, model) -> str:
    """Return in what a model is another one than that of a table, but for its parameters' values.

    Parameters
    ----------
    about : dict
        As from `describe_model`.
    model : NeuronModel

    Returns
    -------
    str
        In words, such as ``"equations"`` or ``"threshold"``; empty where nothing differs.
    """
    here = describe_model(model)
    return next((what for k, what in _TELLING.items() if about.get(k, here[k]) != here[k]), "")


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
        shown(model, [*recording.traces]),
        unit_text(model.input_unit),
    )
