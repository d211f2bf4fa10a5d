"""The checks that a `NeuronModel` passes when it is built."""

import re
from collections.abc import Mapping
from functools import cache

import numpy as np
from brian2 import DimensionMismatchError, Equations, get_dimensions
from brian2.core.functions import DEFAULT_FUNCTIONS
from brian2.core.namespace import DEFAULT_CONSTANTS, DEFAULT_UNITS
from brian2.core.variables import Constant, Variable
from brian2.equations.equations import EquationError
from brian2.parsing.expressions import parse_expression_dimensions
from brian2.units.fundamentalunits import DIMENSIONLESS
from brian2.utils.stringtools import get_identifiers

from .checks import check_name, dimension_text

_CLOCK = {"t": "second", "dt": "second", "t_in_timesteps": "1"}


def check_model(model) -> None:
    """Raise ValueError unless names and dimensions of a model are consistent."""
    try:
        equations = Equations(model.equations)
    except (EquationError, SyntaxError, ValueError) as error:
        raise ValueError(f"{model.name}: cannot read the equations: {error}") from None
    _check_names(model, equations)
    _check_initial(model, equations)
    _check_dimensions(model, equations)


def check_input_text(model, text: str, own: Mapping[str, object] | None = None) -> None:
    """Raise ValueError unless `text` is an expression with the dimensions of the input.

    It may use ``t``, the names of the model and those in `own` (name -> quantity).
    """
    variables = _variables(model, Equations(model.equations))
    variables |= {name: _constant(name, np.ravel(v)[0]) for name, v in (own or {}).items()}
    unknown = get_identifiers(text) - set(variables)
    for name in sorted(unknown):
        check_name(f"name in the text for input {model.input}:", name, variables)
    _expect(model, f"input {model.input}", text, get_dimensions(model.input_unit), variables)


def _check_names(model, equations: Equations) -> None:
    used = {i for eq in equations.values() if eq.expr for i in eq.expr.identifiers}
    for text in (model.threshold, model.reset, model.refractory):
        used |= get_identifiers(text)
    for value in model.initial.values():
        used |= get_identifiers(value) if isinstance(value, str) else set()
    shadowing = sorted(set(model.parameters) & set(equations.names))
    if shadowing:
        raise ValueError(f"{model.name}: parameters {shadowing} have the name of a variable")
    unused = sorted(set(model.parameters) - used)
    if unused:
        raise ValueError(f"{model.name}: parameters {unused} are used nowhere; remove them")
    known = {*equations.names, *model.parameters, *DEFAULT_FUNCTIONS, *_CLOCK}
    free = used - known - set(DEFAULT_UNITS) - set(DEFAULT_CONSTANTS) - {"True", "False"}
    free -= {"and", "or", "not"}
    if free != {model.input}:
        raise ValueError(
            f"{model.name}: the equations must leave exactly the input {model.input!r} open, "
            f"but leave open: {sorted(free) or 'nothing'}"
        )


def _check_initial(model, equations: Equations) -> None:
    states = equations.diff_eq_names
    for name in model.initial:
        check_name(f"state variable in initial of {model.name}:", name, states)
    missing = sorted(states - set(model.initial))
    if missing:
        raise ValueError(f"{model.name}: no initial value for {missing}")


def _check_dimensions(model, equations: Equations) -> None:
    variables = _variables(model, equations)
    for name, equation in equations.items():
        if equation.expr is not None:
            dimensions = equation.dim
            if name in equations.diff_eq_names:
                dimensions = dimensions / get_dimensions(DEFAULT_UNITS["second"])
                name = f"d{name}/dt"
            _expect(model, name, equation.expr.code, dimensions, variables)
    for name, value in model.initial.items():
        text = value if isinstance(value, str) else "_value"
        known = variables if isinstance(value, str) else {"_value": _constant("_value", value)}
        _expect(model, f"initial {name}", text, equations[name].dim, known)
    for statement in filter(None, (s.strip() for s in re.split(r"[;\n]", model.reset))):
        target, operation, text = re.split(r"\s*([-+*/]?=)\s*", statement, maxsplit=1)
        expected = DIMENSIONLESS if operation in ("*=", "/=") else equations[target].dim
        _expect(model, f"reset of {target}", text, expected, variables)
    if model.threshold:
        _expect(model, "threshold", model.threshold, DIMENSIONLESS, variables)


def _expect(model, what: str, text: str, expected, variables) -> None:
    """Raise unless the expression has the expected dimensions."""
    try:
        given = parse_expression_dimensions(text, variables)
    except (DimensionMismatchError, SyntaxError) as error:
        raise ValueError(f"{model.name}: {what} = {text}: {error}") from None
    if given is not expected and given != expected:
        raise ValueError(
            f"{model.name}: {what} = {text}: expected {dimension_text(expected)}, "
            f"got {dimension_text(given)}"
        )


def _constant(name: str, value) -> Constant:
    return Constant(name, float(value), dimensions=get_dimensions(value))


@cache
def _units() -> dict[str, Constant]:
    """Return Brian2's units, of which there are some 1700, as variables."""
    return {name: _constant(name, unit) for name, unit in DEFAULT_UNITS.items()}


def _variables(model, equations: Equations) -> dict:
    """Return all names of the model's text as Brian2 variables, for dimension analysis."""
    known = {**DEFAULT_FUNCTIONS, **DEFAULT_CONSTANTS, **_units()}
    for name, unit in _CLOCK.items():
        known[name] = Variable(name, get_dimensions(DEFAULT_UNITS.get(unit, 1)))
    known |= {name: _constant(name, p.quantity) for name, p in model.parameters.items()}
    known[model.input] = Variable(model.input, get_dimensions(model.input_unit))
    known |= {name: Variable(name, equation.dim) for name, equation in equations.items()}
    return known
