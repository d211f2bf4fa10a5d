"""The description of a program that is to be made."""

import sys
from collections.abc import Collection, Sequence

import brian2
import numpy as np
from brian2 import TimedArray, get_dimensions, ms

from ...columns import check_columns
from ...models.checks import tidy, unit_text
from ...models.grouping import BrianText, InputText, unit_of_number
from ...models.units import column
from ..results import TRACES
from .cell_rules import cell_rules
from .description import Moment, ProgramDescription, UnitEntry, ValueEntry


def describe_program(
    model, stimulus, text: BrianText, names: dict[str, str], record: Sequence[str], **more
) -> ProgramDescription:
    """Return what the manifest says of model, stimulus and every number that can be set.

    Parameters
    ----------
    model : NeuronModel
    stimulus : Stimulus
    text : BrianText
        With its constants as arguments.
    names : dict of str to str
        For each number the name that users know it by, and the name in the text.
    record : sequence of str
        Variables to sample.
    **more
        The fields of `ProgramDescription` that say how it is run.
    """
    given = stimulus.text(model, text.n, text.dt)
    return ProgramDescription(
        model=model.name,
        title=model.title,
        stimulus=repr(stimulus),
        input=model.input,
        input_unit=unit_text(model.input_unit),
        membrane=column(model.membrane, model.unit_of(model.membrane)),
        n=text.n,
        values={name: _entry(model, stimulus, text, name, own) for name, own in names.items()},
        aliases={own: name for name, own in names.items() if own != name},
        rules=tuple(
            rule.as_json()
            for rule in (*stimulus.rules(model, text.dt), *cell_rules(model, text.system))
        ),
        states={x: UnitEntry(*_unit(model.unit_of(x))) for x in model.symbolic.states},
        onsets=tuple(_moment(given, begin) for begin, _ in given.windows),
        offsets=tuple(_moment(given, end) if end else None for _, end in given.windows),
        dt_ms=_ms(text.dt),
        dt_is_fixed=any(isinstance(f, TimedArray) for f in text.functions.values()),
        method=text.method,
        is_noisy=bool(text.system.draws),
        record=tuple(record),
        shown=shown(model, record),
        versions={"brian2": brian2.__version__, "python": sys.version.split()[0]},
        **more,
    )


def shown(
    model, record: Sequence[str], others: Collection[str] = ()
) -> dict[str, tuple[str, float]]:
    """Return each variable's column in a table of traces, and that column's unit in SI units.

    Raises
    ------
    ValueError
        Where two have one column, or one has that of something else: of the input, which is ``I``
        whatever a model calls it, of the table itself, or one of `others`.
    """
    units = {name: model.unit_of(name) for name in record}
    found = {x: "I" if x == model.input else column(x, unit) for x, unit in units.items()}
    check_columns([(model.input, "I"), *found.items()], {*TRACES, *others})
    return {name: (found[name], float(unit)) for name, unit in units.items()}


def _ms(seconds) -> float:
    return tidy(float(seconds) / float(ms))


def _moment(given: InputText, names: Sequence[str]) -> Moment:
    """Return a time that is the sum of some numbers, those apart that nobody can set."""
    built = [float(given.namespace[name]) for name in names if name not in given.parameters]
    return Moment(tuple(name for name in names if name in given.parameters), _ms(sum(built)))


def _entry(model, stimulus, text: BrianText, name: str, own: str) -> ValueEntry:
    si = text.values[own]
    if name in model.parameters:
        value, meaning = None, model.parameters[name].meaning
    else:
        value = stimulus.text(model, text.n, text.dt).parameters[own]
        meaning = f"{type(stimulus).__name__}: {own.removeprefix(model.input).lstrip('_')}"
    unit = unit_of_number(model, name, value)
    values = tuple(tidy(x) for x in np.ravel(si) / float(unit))
    per_neuron = own in text.arrays
    same = not per_neuron or len(set(values)) == 1
    return ValueEntry(
        *_unit(unit),
        value=values[0] if same else values,
        meaning=meaning,
        input=own,
        per_neuron=per_neuron,
    )


def _unit(unit) -> tuple[str, float, tuple[float, ...]]:
    """Return the fields of a unit's entry."""
    return unit_text(unit), float(unit), tuple(float(x) for x in get_dimensions(unit)._dims)
