"""What is typed as numbers, quantities and stimuli, read by its parsed form."""

import ast
import difflib
import inspect
import operator
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ..errors import InputError

MOST_VALUES = 10_000_000  # of one range; more is a slip, and would not fit into memory
_OPERATORS = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.UAdd: operator.pos, ast.USub: operator.neg,
    ast.Pow: lambda base, exponent: base ** float(exponent),  # whole ones of 9**9**9 never end
}  # fmt: skip


def numbers(texts: Sequence[str], unit=1, *, what: str = "values", count: int = 51) -> np.ndarray:
    """Read numbers, quantities, ``FROM:TO:COUNT`` and ``FROM:TO`` as numbers in a unit.

    Examples
    --------
    >>> numbers(["0:10:3", "12"]).tolist()
    [0.0, 5.0, 10.0, 12.0]
    >>> len(numbers(["0:50"]))
    51
    """
    return np.concatenate([_values(text, unit, what, count) for text in texts])


def _values(text: str, unit, what: str, count: int) -> np.ndarray:
    ends = text.split(":")
    if len(ends) == 1:
        return np.array([_number(what, text, unit)])
    if len(ends) > 3:
        raise InputError(f"{what}: {text!r}: expected a number, FROM:TO or FROM:TO:COUNT")
    first, last = (_number(what, end, unit) for end in ends[:2])
    return np.linspace(first, last, _count(what, ends[2]) if len(ends) == 3 else count)


def _count(what: str, text: str) -> int:
    if not text.strip().isdecimal() or not 1 <= int(text) <= MOST_VALUES:
        raise InputError(f"{what}: {text!r}: expected a count from 1 to {MOST_VALUES}")
    return int(text)


def _number(what: str, text: str, unit) -> float:
    try:
        return float(text)
    except ValueError:
        pass
    if not any(character.isdigit() for character in text):
        raise InputError(
            f"{what}: {text!r}: expected a number or FROM:TO:COUNT (each parameter has an option "
            "of its own: --vary A 1 2 --vary B 3 4)"
        )
    from ..models.checks import check_quantity

    value = evaluated(what, text, units())
    if isinstance(value, list | dict | str):
        raise InputError(
            f"{what}: {text!r}: expected one number, with a point before its decimals; several are "
            "written with spaces between them: 1.5 2 2.5"
        )
    return float(check_quantity(what, value, unit, scalar=True))


def quantity(what: str, text: str, unit):
    """Read a value in a unit, or with one of its own: ``20``, ``0.02*second``."""
    return _number(what, text, unit) * unit


def units() -> dict:
    """Return Brian2's units by their names."""
    from brian2.units import allunits, stdunits

    return {**_named(allunits), **_named(stdunits)}


def _named(module) -> dict:
    return {name: x for name, x in vars(module).items() if not name.startswith("_")}


def stimulus(text: str):
    """Read a stimulus, ``Step(9*nA, onset=50*ms)``, sums of them, or one from ``path.py:NAME``."""
    from ..models.user_files import from_file, is_file_name
    from ..protocols import stimuli

    if is_file_name(text):
        return from_file(text, stimuli.Stimulus, "stimulus")
    kinds = {name: getattr(stimuli, name) for name in stimuli.__all__}
    found = evaluated("--stimulus", text, {**units(), **kinds}, example="Step(9*nA, onset=50*ms)")
    if not isinstance(found, stimuli.Stimulus):
        raise InputError(f"--stimulus: {text!r} is no stimulus; e.g. 'Step(9*nA, onset=50*ms)'")
    return found


def evaluated(what: str, text: str, names: Mapping[str, object], example="1.5 or 0.5*second"):
    """Return the value of arithmetic, lists and calls of known names; nothing else is executed.

    Examples
    --------
    >>> evaluated("--x", "2*(a + 1)", {"a": 3})
    8
    >>> evaluated("--x", "__import__('os')", {})
    Traceback (most recent call last):
    ...
    excitable.errors.InputError: --x: "__import__('os')": unknown name '__import__'
    """
    try:
        return _value(ast.parse(text.strip(), mode="eval").body, names)
    except SyntaxError as error:
        raise InputError(
            f"{what}: {text!r}: {error.msg}; expected a value such as {example}"
        ) from None
    except Exception as error:
        raise InputError(f"{what}: {text!r}: {error}") from error


def _value(node: ast.expr, names: Mapping[str, object]):
    match node:
        case ast.Constant(value=int() | float() | str() as value):
            return value
        case ast.Name(id=name):
            if name not in names:
                raise InputError(f"unknown name {name!r}{_nearest(name, names)}")
            return names[name]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(left, names), _value(right, names))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(operand, names))
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_value(item, names) for item in items]
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            return {_value(key, names): _value(value, names) for key, value in pairs}
        case ast.Call(func=func, args=args, keywords=keywords):
            named = {k.arg: _value(k.value, names) for k in keywords if k.arg}
            return _call(_called(func, names), [_value(x, names) for x in args], named)
    raise InputError(f"{ast.unparse(node)!r} cannot stand here")


def _nearest(name: str, names: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(name, names, 1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _call(function: Callable, args: Sequence, named: Mapping[str, object]):
    """Return what a call gives; arguments that do not fit are refused with those that do."""
    signature = inspect.signature(function)
    try:
        signature.bind(*args, **named)
    except TypeError as error:
        takes = ", ".join(signature.parameters)
        raise InputError(f"{function.__name__}: {error}; it takes {takes}") from None
    return function(*args, **named)


def _called(func: ast.expr, names: Mapping[str, object]) -> Callable:
    """Return what is called: a class that is known, or ``then`` of a stimulus."""
    if isinstance(func, ast.Attribute) and func.attr == "then":
        return _value(func.value, names).then
    found = _value(func, names) if isinstance(func, ast.Name) else None
    if not isinstance(found, type):
        raise InputError(f"{ast.unparse(func)!r} cannot be called here")
    return found
