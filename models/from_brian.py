"""From the pieces of a Brian2 script, or from its group, to the fields of a `NeuronModel`."""

from collections.abc import Collection, Iterator, Mapping
from types import SimpleNamespace

import numpy as np
from brian2 import Equations, NeuronGroup, Quantity, Subgroup, Unit
from brian2.core.functions import DEFAULT_FUNCTIONS
from brian2.core.namespace import DEFAULT_CONSTANTS, DEFAULT_UNITS
from brian2.equations.equations import (
    BOOLEAN,
    DIFFERENTIAL_EQUATION,
    INTEGER,
    PARAMETER,
    SUBEXPRESSION,
    SingleEquation,
)
from brian2.groups.group import CodeRunner
from brian2.groups.neurongroup import Resetter, StateUpdater, SubexpressionUpdater, Thresholder
from brian2.synapses.synapses import SummedVariableUpdater

from ..errors import InputError
from . import validation
from .checks import listed
from .text.statements import assignments
from .units import base_unit, display_unit

_CLOCK = {"t", "dt", "i", "N", "t_in_timesteps", "lastspike", "not_refractory", "True", "False"}


def fields_of_script(
    script, around: Mapping[str, object], *, input: str | None, parameters: Mapping, **given
) -> dict:
    """Return the arguments of the `NeuronModel` that a script's cell is; see its `from_brian`."""
    if isinstance(script, NeuronGroup | Subgroup):
        around = {**around, **(script.namespace or {})}
        taken, parameters = _of_group(script, parameters, given["initial"] or {}, input or "I")
        script = taken.pop("equations")
        given = {**taken, **{k: v for k, v in given.items() if v is not None}}
    elif not isinstance(script, str | Equations):
        raise InputError(
            "from_brian: expected a cell's equations as text or Equations, or its NeuronGroup, got "
            f"{script!r}"
        )
    around = {**around, **parameters}
    text = script if isinstance(script, str) else "\n".join(map(equation_line, script.values()))
    equations = Equations(text)
    declared = {e.varname: e for e in equations.values() if e.expr is None}
    names = {*_used(equations, given), *declared}
    driven = _input(input, names, around)
    values = {name: _value(name, around, name in declared) for name in sorted(names - {driven})}
    functions = {k: v for k, v in values.items() if callable(v)}
    states = {name: 0 * Unit(1, dim=equations[name].dim) for name in equations.diff_eq_names}
    own = {
        "equations": text,
        "parameters": {k: v for k, v in values.items() if k not in functions},
        "functions": functions,
        "input": driven,
        "input_unit": given.get("input_unit") or _unit(driven, declared, around),
        "initial": states | dict(given.get("initial") or {}),
    }
    return {k: v for k, v in given.items() if v is not None} | own


def equation_line(equation: SingleEquation) -> str:
    """Return an equation as text; Brian2's own shows units that it does not read."""
    left = {DIFFERENTIAL_EQUATION: "d{}/dt = {}", SUBEXPRESSION: "{} = {}", PARAMETER: "{}"}
    said = left[equation.type].format(equation.varname, equation.expr and equation.expr.code)
    flags = f" ({', '.join(equation.flags)})" if equation.flags else ""
    unit = {BOOLEAN: "boolean", INTEGER: "integer"}.get(equation.var_type)
    return f"{said} : {unit or base_unit(Unit(1, dim=equation.dim))}{flags}"


def _unit(driven: str, declared: Mapping, around: Mapping) -> Unit:
    """Return the unit in which the input is stated."""
    if driven in declared:
        return display_unit(declared[driven].dim)
    if driven not in around:
        raise InputError(
            f"from_brian: the unit of the input {driven} is nowhere; give input_unit=..., or "
            f"declare it in the equations, e.g. '{driven} : amp'"
        )
    return display_unit(around[driven])


def _value(name: str, around: Mapping, declared: bool):
    if name in around:
        return around[name]
    where = "is declared in the equations and set" if declared else "has no value that can be seen"
    raise InputError(
        f"from_brian: {name} {where} in the script; give its value with namespace={{{name!r}: ...}}"
    )


def _used(equations: Equations, given: Mapping) -> set[str]:
    """Return the names that are values of the script: neither variables nor Brian2's own."""
    texts = {k: given.get(k) for k in ("threshold", "reset", "refractory")}
    texts = {k: v if isinstance(v, str) else "" for k, v in texts.items()}
    used = validation.used_names(SimpleNamespace(initial={}, **texts), equations)
    local = {s.target for s in assignments(texts["reset"])} - set(equations.names)
    known = {*equations.names, *_CLOCK, *local, *DEFAULT_FUNCTIONS, *DEFAULT_CONSTANTS}
    return {name for name in used - known - set(DEFAULT_UNITS) if not validation.is_noise(name)}


def _input(asked: str | None, names: set[str], around: Mapping) -> str:
    """Return the name that stays open: what drives the cell."""
    if asked is not None:
        if asked not in names:
            raise InputError(
                f"from_brian: the input {asked!r} is not in the text; there are "
                f"{listed(sorted(names), near=asked)}"
            )
        return asked
    without = sorted(names - set(around))
    if "I" in names and without in ([], ["I"]):
        return "I"
    if len(without) == 1:
        return without[0]
    raise InputError(
        f"from_brian: which name is the input? Without a value are {listed(without) or 'none'}; say "
        "input=..., what drives the cell (where the text calls a TimedArray for it, write a name, "
        "and give the array to the protocols as Recorded)"
    )


# What a model holds of a group: its equations, threshold and reset.
_OF_A_MODEL = (StateUpdater, SubexpressionUpdater, Thresholder, Resetter)


def _check_alone(group: NeuronGroup, cells: NeuronGroup | Subgroup, chosen: Collection) -> None:
    """Refuse what else changes the cells' variables and has no place in a model.

    A variable with values from elsewhere is none if it is `chosen`: given a value, or left open.
    """
    for event, code in group.event_codes.items():
        if event != "spike" and group.resetter[event].active:
            raise InputError(
                f"from_brian: the group executes {code!r} at its event {event!r}, which a model has "
                "no place for; give the cell's equations, threshold and reset as text"
            )
    for operation in _operations(group, cells):
        raise InputError(
            f"from_brian: run_regularly({operation.abstract_code!r}) acts on the group, which a "
            "model has no place for; write it as an equation or as input, and give the cell's "
            "equations, threshold and reset as text"
        )
    for name, source in _from_elsewhere(group).items():
        if name not in chosen:
            raise InputError(
                f"from_brian: {name} is {source}, and its present value would stay for good; give "
                f"a value (namespace={{{name!r}: ...}}), leave it open (input={name!r}), or write "
                "it as an equation"
            )


def _whole(cells: NeuronGroup | Subgroup) -> NeuronGroup:
    """Return the group to which cells belong."""
    group = cells.source if isinstance(cells, Subgroup) else cells
    try:
        if isinstance(group, NeuronGroup):
            return group
        problem = f"got a part of {group!r}"
    except ReferenceError:  # Brian2 keeps no group for its parts
        problem = "got a part of a group that is no more; keep the group in a variable"
    raise InputError(f"from_brian: expected a NeuronGroup or a part of one, {problem}")


def _operations(group: NeuronGroup, cells: NeuronGroup | Subgroup) -> Iterator:
    """Yield what runs on some of the cells in the steps, beside the group's own text."""
    for part in group.contained_objects:
        within = part.contained_objects if isinstance(part, Subgroup) else [part]
        for one in within:
            if not isinstance(one, CodeRunner) or isinstance(one, _OF_A_MODEL):
                continue  # such as synapses, which may run something on themselves
            at = one.group  # a part of the group may have operations of its own
            if one.active and at.start < cells.stop and cells.start < at.stop:
                yield one


def _from_elsewhere(group: NeuronGroup) -> dict[str, str]:
    """Return the variables of a group that get their values elsewhere, and from where."""
    summed = {
        one.target_var.name: f"summed over the synapses {one.group.name!r}"
        for one in (known() for known in SummedVariableUpdater.__instances__())
        if one is not None and one.target_var is group.variables.get(one.target_var.name)
    }
    linked = {e.varname for e in group.user_equations.values() if "linked" in e.flags}
    return summed | dict.fromkeys(linked, "linked to a variable of another group")


def _of_group(
    cells: NeuronGroup | Subgroup, values: Mapping, start: Mapping, driven: str
) -> tuple[dict, dict]:
    """Return the pieces of a group, and the values that are set in it, the same in all cells.

    What is `driven` may have any values.
    """
    group = _whole(cells)
    _check_alone(group, cells, {*values, driven})
    equations = group.user_equations
    set_there = {e.varname for e in equations.values() if e.expr is None} - {driven}
    start = {name: _one_value(cells, name, start, "initial") for name in equations.diff_eq_names}
    values = {**values, **{n: _one_value(cells, n, values, "namespace") for n in set_there}}
    chosen = group.method_choice if isinstance(group.method_choice, str) else None
    return {
        "equations": equations,
        "threshold": group.events.get("spike", ""),
        "reset": group.event_codes.get("spike") or "",
        "refractory": "" if group._refractory is False else group._refractory,
        "method": chosen,
        "dt": group.clock.dt,
        "initial": start,
    }, values


def _one_value(cells: NeuronGroup | Subgroup, name: str, given: Mapping, where: str):
    """Return the value of a variable of some cells, or what is given in its place."""
    if name in given:
        return given[name]
    values = np.unique(np.asarray(cells.state(name, use_units=False)[:], dtype=float))
    if len(values) == 1:
        return Quantity.with_dimensions(values[0], cells.variables[name].dim)
    raise InputError(
        f"from_brian: {name} differs between the cells of the group; give one value with "
        f"{where}={{{name!r}: ...}}, or take a part of it, group[:1] (a protocol takes several "
        "parameters with vary=)"
    )
