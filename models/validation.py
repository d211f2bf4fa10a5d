"""The checks that a `NeuronModel` passes when it is built."""

import ast
import builtins
import re
from collections.abc import Iterable, Mapping
from functools import cache

import numpy as np
from brian2 import DimensionMismatchError, Equations, Quantity, TimedArray, Unit, get_dimensions
from brian2.core.functions import DEFAULT_FUNCTIONS
from brian2.core.namespace import DEFAULT_CONSTANTS, DEFAULT_UNITS
from brian2.core.variables import Constant, Variable
from brian2.equations.equations import (
    BOOLEAN,
    DIFFERENTIAL_EQUATION,
    PARAMETER,
    SUBEXPRESSION,
    EquationError,
)
from brian2.parsing.expressions import is_boolean_expression, parse_expression_dimensions
from brian2.units.fundamentalunits import DIMENSIONLESS

from ..errors import InputError
from ..plain_checks import check_readable
from .checks import check_all_finite, check_name, dimension_text, unit_text
from .ranges import declared_kind
from .system import FREE, HELD, ONCE_A_STEP, parsed_equations
from .text.conditions import RANDOM, is_random
from .text.expressions import all_calls, calls, depends, is_condition, names, tree
from .text.functions import NAMESPACE
from .text.statements import assignments

_CLOCK = {"t": "second", "dt": "second", "t_in_timesteps": "1"}
# What Brian2 gives a group beside the clock, and what only white noise may be called.
_GROUP = {"N", "i", "lastspike"}
# What Brian2 lets a group's equations be marked with.
_FLAGS = {
    DIFFERENTIAL_EQUATION: (HELD,),
    SUBEXPRESSION: ("shared", ONCE_A_STEP),
    PARAMETER: ("constant", "shared", "linked"),
}
_CPP_WORDS = frozenset(
    [
        "alignas",
        "alignof",
        "and",
        "and_eq",
        "asm",
        "auto",
        "bitand",
        "bitor",
        "bool",
        "break",
        "case",
        "catch",
        "char",
        "char16_t",
        "char32_t",
        "class",
        "compl",
        "const",
        "const_cast",
        "constexpr",
        "continue",
        "decltype",
        "default",
        "delete",
        "do",
        "double",
        "dynamic_cast",
        "else",
        "enum",
        "explicit",
        "export",
        "extern",
        "false",
        "float",
        "for",
        "friend",
        "goto",
        "if",
        "inline",
        "int",
        "long",
        "mutable",
        "namespace",
        "new",
        "noexcept",
        "not",
        "not_eq",
        "nullptr",
        "operator",
        "or",
        "or_eq",
        "private",
        "protected",
        "public",
        "register",
        "reinterpret_cast",
        "return",
        "short",
        "signed",
        "sizeof",
        "static",
        "static_assert",
        "static_cast",
        "struct",
        "switch",
        "template",
        "this",
        "thread_local",
        "throw",
        "true",
        "try",
        "typedef",
        "typeid",
        "typename",
        "union",
        "unsigned",
        "using",
        "virtual",
        "void",
        "volatile",
        "wchar_t",
        "while",
        "xor",
        "xor_eq",
    ]
)
# Macros of the C library, names that generated code needs, and words of our own generated text.
_LIBRARY_WORDS = frozenset(
    [
        "NULL",
        "EOF",
        "NAN",
        "INFINITY",
        "HUGE_VAL",
        "M_E",
        "M_LN2",
        "M_LN10",
        "M_LOG2E",
        "M_LOG10E",
        "M_PI",
        "M_SQRT2",
        "OVERFLOW",
        "UNDERFLOW",
        "DOMAIN",
        "errno",
        "stdin",
        "stdout",
        "stderr",
        "assert",
        "linux",
        "unix",
        "brian",
        "std",
    ]
)
_OWN = ("since_crossing", "hold", "pending", "upstroke", "variables")
_OWN_ENDINGS = ("__", "_pre", "_post")


def check_model(model) -> Equations:
    """Raise ValueError unless names and dimensions of a model are consistent.

    Returns
    -------
    Equations
        What Brian2 reads in the text.
    """
    try:
        equations = parsed_equations(model.equations, [*model.parameters, model.input])
        equations.check_flags(_FLAGS)
    except (EquationError, SyntaxError, ValueError, TypeError) as error:
        raise InputError(f"{model.name}: cannot read the equations: {error}") from None
    except KeyError as error:  # which Brian2 raises for what is no operator of its own
        raise InputError(
            f"{model.name}: cannot read the equations: unknown operator {error.args[0]} (a power is "
            "written **)"
        ) from None
    _check_reserved(model, equations)
    _check_open_names(model, equations)
    for text in _texts(model, equations):
        check_comparisons(model, text)
    for statement in assignments(model.reset):
        check_products(model, statement.right)
    for name, function in model.functions.items():
        if isinstance(function, TimedArray):
            check_all_finite(f"{model.name}: TimedArray {name}", function.values)
    _check_held(model, equations)
    _check_draws(model, equations)
    _check_initial(model, equations)
    _check_dimensions(model, equations)
    return equations


def check_kinds(model) -> None:
    """Refuse what is no text where text is meant, and so on, before anything takes it for that."""
    for name in ("name", "equations", "threshold", "reset", "title", "method", "input", "membrane"):
        value = getattr(model, name)
        if not isinstance(value, str):
            raise InputError(f"{model.name}: {name}: expected text, got {value!r}")
    if not re.fullmatch(r"[^\W\d][\w.+-]*", model.name):  # it names files, columns and C++ too
        raise InputError(
            f"name {model.name!r}: expected a letter and then letters, digits, '_', '-', '+' or "
            "'.'; words for people to read go into title"
        )
    for name in ("parameters", "initial", "variants", "functions"):
        value = getattr(model, name)
        if not isinstance(value, Mapping):
            raise InputError(f"{model.name}: {name}: expected a dict of names, got {value!r}")
    if isinstance(model.references, str) or not all(isinstance(r, str) for r in model.references):
        raise InputError(
            f"{model.name}: references: expected a tuple of texts, got {model.references!r}"
        )
    pure = type(model.input_unit) is int and model.input_unit == 1
    if not (isinstance(model.input_unit, Unit) or pure):
        raise InputError(
            f"{model.name}: input_unit: expected a unit such as nA or uA/cm**2 (1 for a pure "
            f"number), got {model.input_unit!r}"
        )
    _check_range(model)


def _check_range(model) -> None:
    if model.input_range is None:
        return
    unit = model.input_unit
    problem = (
        f"{model.name}: input_range: expected two numbers in {unit_text(unit)}, the lower first"
    )
    try:
        low, high = map(float, model.input_range)
    except (TypeError, ValueError):
        raise InputError(f"{problem}, got {model.input_range!r}") from None
    if any(isinstance(x, Quantity) and x.dim is not DIMENSIONLESS for x in model.input_range):
        raise InputError(f"{problem} and without it, got {model.input_range!r}")
    if not (low < high and np.isfinite([low, high]).all()):
        raise InputError(f"{problem}, got {model.input_range!r}")


def check_input_text(model, text: str, own: Mapping[str, object] | None = None) -> None:
    """Raise ValueError unless `text` is an expression with the dimensions of the input.

    It may use ``t``, the names of the model and those in `own` (name -> quantity).
    """
    variables = _variables(model, parsed_equations(model.equations, [*model.parameters]))
    variables |= {name: _constant(name, np.ravel(v)[0]) for name, v in (own or {}).items()}
    known = [*_own_names(model), *(own or {}), "t", "dt"]
    for name in sorted(_names_of_input(model, text) - set(variables)):
        check_name(f"name in the text for input {model.input}:", name, known)
    check_comparisons(model, text)
    check_products(model, text)
    _expect(model, f"input {model.input}", text, get_dimensions(model.input_unit), variables)


def check_brian_text(model, text: str) -> None:
    """Raise ValueError for input text that Brian2 must refuse, as far as that can be told here.

    It may use what only the script knows in which the group runs: Brian2 looks there for whatever
    is no name of the model. Dimensions are checked if there are no such names.
    """
    used = _names_of_input(model, text)
    variables = _variables(model, parsed_equations(model.equations, [*model.parameters]))
    variables |= {xi: _noise(xi) for xi in used if is_noise(xi)}
    if used <= set(variables):
        _expect(model, f"input {model.input}", text, get_dimensions(model.input_unit), variables)


def _names_of_input(model, text: str) -> set[str]:
    """Return the names that input text uses; raise InputError for text that is no expression."""
    try:
        return _identifiers([text])
    except SyntaxError as error:
        raise InputError(f"{model.name}: input {model.input} = {text}: {error.msg}") from None


def _own_names(model) -> list[str]:
    equations = parsed_equations(model.equations, [*model.parameters])
    return list(dict.fromkeys([*equations.names, *model.parameters, model.input]))


# --- names -------------------------------------------------------------------------------------------


def _check_reserved(model, equations: Equations) -> None:
    """Refuse names that an engine uses for something else."""
    # What a reset sets for itself alone may hide a unit.
    local = {s.target for s in assignments(model.reset)} - {*equations.names, *DEFAULT_UNITS}
    for kind, given in {
        "variable": equations.names,
        "parameter": model.parameters,
        "input": [model.input],
        "function": model.functions,
        "name in the reset": sorted(local - {*model.parameters}),
    }.items():
        for name in given:
            if why := _reserved(name, kind):
                raise InputError(f"{model.name}: {kind} {name!r}: {why}; give it another name")


@cache
def _reserved(name: str, kind: str) -> str:
    """Return why a name cannot be a user's, or nothing."""
    if name in _CPP_WORDS or name in _LIBRARY_WORDS:
        return "is a word of C++, in which simulations are compiled"
    if name in _OWN or name.startswith("rate_of_"):
        return "is used in generated code"
    if any(end in name if end == "__" else name.endswith(end) for end in _OWN_ENDINGS):
        return "contains what marks names in generated code (__, _pre, _post)"
    if name in NAMESPACE or (name in DEFAULT_FUNCTIONS and kind != "function"):
        return "is the name of a function"
    if kind == "parameter" and hasattr(builtins, name):
        # Brian2 computes what is constant by eval, to which `open` in 1/open is Python's.
        return f"is a name of Python, which Brian2 takes it for where it computes 1/{name}"
    if kind == "function" and name in DEFAULT_FUNCTIONS:
        return "is the name of one of Brian2's own functions"
    try:
        Equations.check_identifier(name)
    except (SyntaxError, ValueError) as error:
        return str(error).rstrip(".")
    return "is what Brian2 calls a property of a cell" if name in _GROUP else ""


def _identifiers(texts: Iterable[str]) -> set[str]:
    return set().union(*((names(text) | calls(text)) for text in texts))


def _texts(model, equations: Equations) -> list[str]:
    """Return all expressions of a model."""
    found = [e.expr.code for e in equations.values() if e.expr is not None]
    found += [text for text in (model.threshold, model.refractory) if text]
    for statement in assignments(model.reset):
        found += [statement.right, statement.target]
    return found + [v for v in model.initial.values() if isinstance(v, str)]


def used_names(model, equations: Equations) -> set[str]:
    """Return all names in the texts of a model, those of functions too."""
    return _identifiers(_texts(model, equations))


def _check_open_names(model, equations: Equations) -> None:
    """Every name must be known, but for the input; every parameter must be used."""
    try:
        used = used_names(model, equations)
    except SyntaxError as error:
        raise InputError(f"{model.name}: cannot read {error.text!r}: {error.msg}") from None
    declared = [e.varname for e in equations.values() if e.expr is None]
    if declared:
        raise InputError(
            f"{model.name}: {declared[0]} is declared in the equations but has no value; give it "
            f"one in parameters, e.g. parameters={{{declared[0]!r}: ...}}, or, if it is what "
            f"drives the cell, name it as input={declared[0]!r}"
        )
    shadowing = sorted(set(model.parameters) & set(equations.names))
    if shadowing:
        raise InputError(f"{model.name}: parameters {shadowing} have the name of a variable")
    unused = sorted(set(model.parameters) - used)
    if unused:
        raise InputError(f"{model.name}: parameters {unused} are used nowhere; remove them")
    unused = sorted(set(model.functions) - used)
    if unused:
        raise InputError(f"{model.name}: functions {unused} are called nowhere; remove them")
    local = {s.target for s in assignments(model.reset)}
    known = {*equations.names, *model.parameters, *DEFAULT_FUNCTIONS, *_CLOCK, *NAMESPACE, *local}
    known |= {*model.functions, "True", "False", FREE, "inf"}
    free = used - known - set(DEFAULT_UNITS) - set(DEFAULT_CONSTANTS) - {model.input}
    free = {name for name in free if not is_noise(name)}
    _check_free(model, equations, free)
    if model.input not in used or model.input in equations.names:
        raise InputError(
            f"{model.name}: the equations must leave exactly the input {model.input!r} open, "
            f"but leave open: nothing; name it with input=... where it has another name"
        )


def _check_free(model, equations: Equations, free: set[str]) -> None:
    if not free:
        return
    called = free & set().union(*(calls(text) for text in _texts(model, equations)))
    if called:
        raise InputError(
            f"{model.name}: the function {min(called)!r} is not known; give it in functions="
            f"{{{min(called)!r}: ...}} (a Brian2 Function or TimedArray)"
        )
    if "lastspike" in free:
        raise InputError(
            f"{model.name}: 'lastspike' is what Brian2 calls the time of the last spike; write the time "
            "since then as a variable, 'dsince/dt = 1 : second', which the reset sets to 0"
        )
    if free & _GROUP:
        raise InputError(
            f"{model.name}: {min(free & _GROUP)!r} is what Brian2 calls a property of the "
            "whole group; a model of one neuron cannot use it"
        )
    if model.input not in used_names(model, equations):
        raise InputError(
            f"{model.name}: the equations must leave exactly the input {model.input!r} open, but "
            f"leave open: {sorted(free)}; name what drives the cell with input=..., e.g. "
            f"input={min(free)!r}, and give the rest in parameters"
        )
    raise InputError(
        f"{model.name}: the equations must leave exactly the input {model.input!r} open, but leave "
        f"open: {sorted({*free, model.input})}; give {sorted(free)} in parameters"
    )


def is_noise(name: str) -> bool:
    """Return whether a name is Brian2's for white noise: ``xi``, ``xi_1``."""
    return re.fullmatch(r"xi(_\w+)?", name) is not None


def _check_held(model, equations: Equations) -> None:
    held = [name for name, equation in equations.items() if HELD in equation.flags]
    if held and not model.refractory:
        raise InputError(
            f"{model.name}: {held[0]} is marked ({HELD}), but the model has no refractory period; "
            "give it one with refractory=..., or remove the mark"
        )


def _check_draws(model, equations: Equations) -> None:
    """Refuse random numbers where Brian2 cannot tell when they are drawn."""
    for name, equation in equations.items():
        if equation.expr is None:
            continue
        text = equation.expr.code
        drawn = calls(text) & RANDOM
        if drawn and equation.type == SUBEXPRESSION and ONCE_A_STEP not in equation.flags:
            raise InputError(
                f"{model.name}: {name} = {text}: {min(drawn)}() draws another number in every place "
                f"that uses {name}; let it draw once a step, with ({ONCE_A_STEP}) behind the unit"
            )
        check_single_draws(model, f"{name} = {text}", text)
    for statement in assignments(model.reset):
        check_single_draws(model, f"reset {statement}", statement.right)


def check_single_draws(model, what: str, text: str) -> None:
    """Refuse two calls in one expression, which Brian2 does: ``rand() - rand()`` might be 0."""
    drawn = [call for call in all_calls(text) if call in RANDOM]
    for name in drawn:
        if drawn.count(name) > 1:
            raise InputError(
                f"{model.name}: {what}: calls {name}() {drawn.count(name)} times, and Brian2 takes "
                f"one call in an expression; name the others apart: 'x = {name}() : 1 "
                f"({ONCE_A_STEP})'"
            )


def check_comparisons(model, text: str) -> None:
    """Refuse ``a < b < c``, of which Brian2 cannot make code; in equations it says so itself."""
    for node in ast.walk(tree(text)):
        if isinstance(node, ast.Compare) and len(node.ops) > 1:
            sides = [node.left, *node.comparators]
            pairs = zip(sides[:-1], node.ops, sides[1:], strict=True)
            single = [ast.unparse(ast.Compare(a, [op], [b])) for a, op, b in pairs]
            raise InputError(
                f"{model.name}: {ast.unparse(node)}: Brian2 takes one comparison at a time; write "
                f"'({' and '.join(single)})'"
            )


def check_products(model, text: str) -> None:
    """Refuse arithmetic with a condition, ``R*(v > E)``, which Brian2 takes in thresholds alone."""
    for node in ast.walk(tree(text)):
        if isinstance(node, ast.BinOp):
            for side in filter(is_condition, (node.left, node.right)):
                raise InputError(
                    f"{model.name}: {ast.unparse(node)}: a condition is no number; write "
                    f"'int({ast.unparse(side)})'"
                )


def _check_initial(model, equations: Equations) -> None:
    states = equations.diff_eq_names
    for name, value in model.initial.items():
        check_name(f"state variable in initial of {model.name}:", name, states)
        check_readable(f"{model.name}: initial {name}", value)
        if np.ndim(value):
            raise InputError(
                f"{model.name}: initial {name} = {value}: expected one value; start={{...}} of a "
                "protocol takes one for each cell"
            )
        if isinstance(value, str) and calls(value) & RANDOM:
            raise InputError(
                f"{model.name}: initial {name} = {value}: rand() draws another value for every "
                "neuron and run; give a value here, and the drawn one where a run starts: "
                "start={...} of a protocol takes arrays, that of a network Uniform and Normal"
            )
    missing = sorted(states - set(model.initial))
    if missing:
        raise InputError(f"{model.name}: no initial value for {missing}")


# --- dimensions --------------------------------------------------------------------------------------


def _check_dimensions(model, equations: Equations) -> None:
    variables = _variables(model, equations)
    for name, equation in equations.items():
        dimensions = equation.dim
        if name in equations.diff_eq_names:
            dimensions = dimensions / get_dimensions(DEFAULT_UNITS["second"])
            name = f"d{name}/dt"
        if equation.var_type != "boolean":
            _expect(model, name, equation.expr.code, dimensions, variables)
    for name, value in model.initial.items():
        if isinstance(value, str):
            _expect(model, f"initial {name}", value, equations[name].dim, variables)
        elif get_dimensions(value) != equations[name].dim:
            _refuse(model, f"initial {name} = {value}", equations[name].dim, get_dimensions(value))
    _check_reset(model, equations, variables)
    if model.threshold:
        _expect(model, "threshold", model.threshold, DIMENSIONLESS, variables)
        _expect_condition(model, "threshold", model.threshold, variables)
        _expect_crossing(model, equations)
    if model.refractory:
        _check_refractory(model, equations, variables)


def _check_reset(model, equations: Equations, variables: dict) -> None:
    known = dict(variables)
    for statement in assignments(model.reset):
        target = statement.target
        if target not in known:  # a name of the reset's own
            known[target] = Variable(target, _dimensions(model, "reset", statement.value, known))
            continue
        if target not in equations.diff_eq_names and isinstance(known[target], Constant):
            raise InputError(f"{model.name}: reset {statement}: {target} is a constant")
        factor = statement.operator in ("*", "/", "**")
        expected = DIMENSIONLESS if factor else known[target].dim
        _expect(model, f"reset of {target}", statement.right, expected, known)


def _check_refractory(model, equations: Equations, variables: dict) -> None:
    found = refractory_dimensions(model, variables)
    if found is DIMENSIONLESS:
        _expect_condition(model, "refractory", model.refractory, variables)
        return
    if found is not get_dimensions(DEFAULT_UNITS["second"]):
        raise InputError(
            f"{model.name}: refractory = {model.refractory}: expected a time or a condition, got "
            f"{dimension_text(found)}"
        )
    named = {name: e.expr.code for name, e in equations.items() if e.type == SUBEXPRESSION}
    if is_random(model.refractory, named):  # Brian2 evaluates it step by step, not once a spike
        raise InputError(
            f"{model.name}: refractory = {model.refractory}: another period is drawn in every step, "
            "so that none holds; draw it with the spike: a line 'dperiod/dt = 0 : second' in the "
            f"equations, 'period = {model.refractory}' in the reset, refractory='period'"
        )


def refractory_dimensions(model, variables: dict | None = None):
    """Return the dimensions of the refractory text: of a time, or none for a condition."""
    if variables is None:
        declared = [*model.parameters, model.input]
        variables = _variables(model, parsed_equations(model.equations, declared))
    return _dimensions(model, "refractory", model.refractory, variables)


def _expect_condition(model, what: str, text: str, variables: dict) -> None:
    for part in _joined_parts(tree(text)):
        if not is_boolean_expression(part, variables):
            raise InputError(
                f"{model.name}: {what} = {text}: expected a condition such as 'v > V_th'; {part} is "
                f"a number, which is compared: '{part} > 0'"
            )


def _expect_crossing(model, equations: Equations) -> None:
    """Refuse a threshold that holds always or never: of constants alone."""
    named = {name: e.expr.code for name, e in equations.items() if e.type == SUBEXPRESSION}
    moving = {*equations.diff_eq_names, model.input, FREE, *_CLOCK}
    if not depends(model.threshold, moving, named) and not is_random(model.threshold, named):
        raise InputError(
            f"{model.name}: threshold = {model.threshold}: holds always or never, for nothing in it "
            f"moves; compare a variable, as in '{model.membrane or 'v'} > V_th'"
        )


def _joined_parts(node: ast.expr) -> list[str]:
    """Return what ``and``, ``or`` and ``not`` join."""
    match node:
        case ast.BoolOp(values=values):
            return [part for value in values for part in _joined_parts(value)]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _joined_parts(operand)
    return [ast.unparse(node)]


def _expect(model, what: str, text: str, expected, variables) -> None:
    """Raise unless the expression has the expected dimensions."""
    given = _dimensions(model, what, text, variables)
    if given is not expected and given != expected:
        _refuse(model, f"{what} = {text}", expected, given)


def _refuse(model, what: str, expected, given) -> None:
    raise InputError(
        f"{model.name}: {what}: expected {dimension_text(expected)}, got {dimension_text(given)}"
    )


def _dimensions(model, what: str, text: str, variables):
    try:
        return parse_expression_dimensions(text, variables)
    except (DimensionMismatchError, SyntaxError, KeyError, TypeError) as error:
        raise InputError(f"{model.name}: {what} = {text}: {error}") from None


def _constant(name: str, value) -> Constant:
    return Constant(name, float(value), dimensions=get_dimensions(value))


def _noise(name: str) -> Variable:
    return Variable(name, get_dimensions(DEFAULT_UNITS["second"] ** -0.5))


@cache
def _units() -> dict[str, Constant]:
    """Return Brian2's units, of which there are some 1700, as variables."""
    return {name: _constant(name, unit) for name, unit in DEFAULT_UNITS.items()}


def _variables(model, equations: Equations) -> dict:
    """Return all names of the model's text as Brian2 variables, for dimension analysis."""
    known = {**DEFAULT_FUNCTIONS, **DEFAULT_CONSTANTS, **_units(), **NAMESPACE}
    for name, unit in _CLOCK.items():
        known[name] = Variable(name, get_dimensions(DEFAULT_UNITS.get(unit, 1)))
    known[FREE] = Variable(FREE, DIMENSIONLESS, dtype=bool)
    for text in _texts(model, equations):
        known |= {name: _noise(name) for name in names(text) if is_noise(name)}
    for name, p in model.parameters.items():
        flag = declared_kind(model, name) == BOOLEAN
        known[name] = Variable(name, dtype=bool) if flag else _constant(name, p.quantity)
    known[model.input] = Variable(model.input, get_dimensions(model.input_unit))
    for name, equation in equations.items():
        kind = {"dtype": bool} if equation.var_type == "boolean" else {}
        known[name] = Variable(name, equation.dim, **kind)
    return known | {name: f for name, f in model.functions.items()}
