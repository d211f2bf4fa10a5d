"""Changed copies of a model: parameters by their names, and everything else that it consists of."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, replace
from types import SimpleNamespace

from brian2.equations.equations import EquationError

from ..errors import InputError
from . import validation
from .checks import check_name, check_quantity, listed
from .system import parsed_equations
from .text.statements import one_expression

# What says which names a model uses: with other text, some parameters may have lost their use.
_TEXTS = ("equations", "threshold", "reset", "refractory", "initial")
_MERGED = ("initial", "functions")


def changed_fields(model, changes: Mapping[str, object]) -> dict:
    """Return the arguments from which the changed model is built; see `NeuronModel.with_`."""
    own = {name: value for name, value in changes.items() if name in model.parameters}
    others = {name: value for name, value in changes.items() if name not in own}
    defaults = _defaults(model)
    for name in others:
        if name not in defaults:
            _refuse(model, name, list(defaults))
    given = {k: defaults[k] if v is None else v for k, v in others.items()}
    given = {k: v for k, v in given.items() if v is not MISSING}
    kept = {k: getattr(model, k) for k in defaults}
    kept |= {k: defaults[k] for k in vars(model)["_derived"]}
    new = {**kept, **given}
    for name in _MERGED:
        if name in given:
            new[name] = {**getattr(model, name), **given[name]}
    new["parameters"] = _parameters(model, {**dict(given.get("parameters", {})), **own})
    return _without_unused(new, given) if set(given) & set(_TEXTS) else new


def _defaults(model) -> dict:
    """Return the fields of a model with their defaults; `MISSING` where there is none."""
    return {
        f.name: f.default if f.default_factory is MISSING else f.default_factory()
        for f in fields(model)
    }


def _refuse(model, name: str, known: list[str]) -> None:
    """Raise for a name that is neither a parameter nor a field."""
    if name in model.system.rhs:
        raise InputError(
            f"unknown parameter {name!r}: it is a state variable of {model.name}; its value at the "
            f"start is changed with with_(initial={{{name!r}: ...}})"
        )
    if name == model.input:
        raise InputError(
            f"unknown parameter {name!r}: it is the input of {model.name}, which is given where the "
            "model runs"
        )
    try:
        check_name("parameter", name, [*model.parameters, *known])
    except InputError as error:
        nearest = str(error).partition(" Known: ")[0]
    raise InputError(
        f"{nearest} Known: {listed(model.parameters, near=name) or 'no parameter'}; and of the "
        f"model itself: {listed(known, most=len(known))}"
    )


def _parameters(model, changes: Mapping[str, object]) -> dict:
    """Return the model's parameters with new values, and with new parameters."""
    from .neuron_model import Parameter  # which needs this file

    parameters = dict(model.parameters)
    for name, value in changes.items():
        old = parameters.get(name)
        if old is None or isinstance(value, Parameter):
            parameters[name] = Parameter.of(name, value)
            continue
        number = check_quantity(f"parameter {name}", value, old.unit, scalar=True)
        parameters[name] = replace(old, value=float(f"{number:.14g}"))
    return parameters


def _without_unused(new: dict, given: Mapping[str, object]) -> dict:
    """Return fields without the parameters, functions and initial values of which no text is left.

    What the caller gives himself stays, so that it is refused if it has no use.
    """
    asked = {name: given.get(name) or {} for name in ("initial", "parameters", "functions")}
    try:
        equations = parsed_equations(new["equations"], [*new["parameters"], new["input"]])
        states = {*equations.diff_eq_names, *asked["initial"]}
        initial = {k: v for k, v in new["initial"].items() if k in states}
        used = validation.used_names(_texts(new, initial), equations)
    except (EquationError, SyntaxError, ValueError, TypeError):
        return new  # the model itself says what cannot be read
    kept = {
        name: {k: v for k, v in new[name].items() if k in used or k in asked[name]}
        for name in ("parameters", "functions")
    }
    return {**new, **kept, "initial": initial}


def _texts(new: dict, initial: Mapping[str, object]) -> SimpleNamespace:
    """Return the texts of a model that is not built yet, each on one line."""
    first = {k: one_expression(v) if isinstance(v, str) else v for k, v in initial.items()}
    lines = {k: new[k] for k in ("threshold", "refractory")}
    one = {k: one_expression(v) if isinstance(v, str) else "" for k, v in lines.items()}
    return SimpleNamespace(reset=new["reset"], initial=first, **one)
