"""Brian2 expressions as Python functions: of numpy arrays, or of plain numbers."""

import ast
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from brian2 import Function, TimedArray
from brian2.core.functions import DEFAULT_FUNCTIONS
from brian2.core.namespace import DEFAULT_CONSTANTS, DEFAULT_UNITS

from ...errors import InputError
from .conditions import RANDOM
from .expressions import Rewriter, needed, tree
from .functions import exprel_slope, smooth_exprel, smooth_exprel_of, whole_part
from .remembered import remembered
from .step_parts import part_after, part_between, time_after, time_between


def _any_of(*conditions):
    return np.logical_or.reduce(np.broadcast_arrays(*conditions))


def _all_of(*conditions):
    return np.logical_and.reduce(np.broadcast_arrays(*conditions))


_STEP_PARTS = {f.__name__: f for f in (part_after, part_between, time_after, time_between)}


def _timestep(t, dt):
    return np.floor(t / dt + 1e-3)  # as Brian2 counts steps


_ARRAYS = {
    **{name: getattr(np, name) for name in DEFAULT_FUNCTIONS if hasattr(np, name)},
    "exprel": smooth_exprel,
    "smooth_exprel": smooth_exprel,
    "smooth_exprel_of": smooth_exprel_of,
    "exprel_slope": exprel_slope,
    **_STEP_PARTS,
    "int": whole_part,
    "timestep": _timestep,
    "_and": _all_of,
    "_or": _any_of,
    "_not": np.logical_not,
}


def _scalar_exprel(x: float) -> float:
    return math.expm1(x) / x if x else 1.0


_SCALARS = {
    **{name: getattr(math, name) for name in DEFAULT_FUNCTIONS if hasattr(math, name)},
    "arcsin": math.asin,
    "arccos": math.acos,
    "arctan": math.atan,
    "abs": abs,
    "sign": lambda x: float(x > 0) - float(x < 0),
    "exprel": _scalar_exprel,
    "smooth_exprel": _scalar_exprel,
    "smooth_exprel_of": lambda x, exp_x: _scalar_exprel(x),
    "exprel_slope": lambda x: float(exprel_slope(x)),
    **{name: lambda *x, f=f: float(f(*x)) for name, f in _STEP_PARTS.items()},
    "clip": lambda x, low, high: min(max(x, low), high),
    "int": lambda x: float(whole_part(x)),
    "timestep": lambda t, dt: float(_timestep(t, dt)),
    "_and": lambda *conditions: all(conditions),
    "_or": lambda *conditions: any(conditions),
    "_not": lambda condition: not condition,
    "pow": math.pow,
}


def function(
    arguments: Sequence[str],
    outputs: Sequence[str],
    named: Mapping[str, str] | None = None,
    functions: Mapping[str, object] | None = None,
    *,
    scalar: bool = False,
) -> Callable:
    """Compile expressions to one Python function; each named part is evaluated once.

    Parameters
    ----------
    arguments : sequence of str
        Names, in the order in which the function takes their values (SI numbers).
    outputs : sequence of str
        Brian2 expressions.
    named : dict of str to str, optional
        Named parts that they may use, in the order in which they are needed.
    functions : dict of str to Function, TimedArray or callable, optional
        What they call beside Brian2's own functions.
    scalar : bool
        Take plain numbers, not arrays; what is not defined raises an ArithmeticError or a
        ValueError, as in Python's `math`.

    Returns
    -------
    callable
        Returns a list with the value of each output.

    Examples
    --------
    >>> f = function(["v"], ["a/ms", "v > 1"], {"a": "2*v"})
    >>> f(np.array([1.0, 2.0]))
    [array([2000., 4000.]), array([False,  True])]
    """
    named, functions = named or {}, functions or {}
    own = {f"f_{name}": numeric_function(f, scalar=scalar) for name, f in functions.items()}
    builtin = {f"f_{name}": f for name, f in (_SCALARS if scalar else _ARRAYS).items()}
    space = {**builtin, **own}
    exec(_code(arguments, outputs, named, scalar), space)
    return space["compiled"]


@remembered
def _code(arguments: Sequence[str], outputs: Sequence[str], named: Mapping[str, str], scalar: bool):
    known = {*arguments, *named}
    writer = _Writer(known, scalar)
    rename = {name: f"v_{name}" for name in known}
    lines = [f"def compiled({', '.join(rename[a] for a in arguments)}):"]
    for name, text in needed(outputs, named).items():
        if name not in arguments:
            lines.append(f"    {rename[name]} = {writer.write(text)}")
    lines.append(f"    return [{', '.join(writer.write(text) for text in outputs)}]")
    return compile("\n".join(lines), "<equations>", "exec")


class _Writer(Rewriter):
    """Writes expressions for Python: names and functions under prefixes, units as numbers."""

    def __init__(self, known: set[str], scalar: bool):
        self.known, self.scalar = known, scalar

    def write(self, text: str) -> str:
        return ast.unparse(self.visit(tree(text)))

    def visit_Name(self, node: ast.Name):
        if node.id in self.known:
            return ast.Name(f"v_{node.id}")
        if node.id in DEFAULT_UNITS:
            return ast.Constant(float(DEFAULT_UNITS[node.id]))
        if node.id in DEFAULT_CONSTANTS:
            value = float(DEFAULT_CONSTANTS[node.id].value)
            return ast.Constant(value) if math.isfinite(value) else tree("1e999")
        if node.id in ("True", "False"):
            return ast.Constant(node.id == "True")
        raise InputError(f"the value of {node.id!r} is not known")

    def visit_Call(self, node: ast.Call):
        if node.func.id in RANDOM:
            raise InputError(
                f"{ast.unparse(node)} draws another number whenever it is asked, so nothing follows "
                "from the equations alone; leave it out of them, or simulate"
            )
        return ast.Call(
            ast.Name(f"f_{node.func.id}"), [self.visit(a) for a in node.args], node.keywords
        )

    def visit_BoolOp(self, node: ast.BoolOp):
        name = "f__and" if isinstance(node.op, ast.And) else "f__or"
        return ast.Call(ast.Name(name), [self.visit(v) for v in node.values], [])

    def visit_UnaryOp(self, node: ast.UnaryOp):
        if isinstance(node.op, ast.Not):
            return ast.Call(ast.Name("f__not"), [self.visit(node.operand)], [])
        return self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp):
        new = self.generic_visit(node)
        fractional = not (
            isinstance(node.right, ast.Constant) and isinstance(node.right.value, int)
        )
        if self.scalar and isinstance(node.op, ast.Pow) and fractional:  # never a complex number
            return ast.Call(ast.Name("f_pow"), [new.left, new.right], [])
        return new

    def visit_Compare(self, node: ast.Compare):
        sides = [self.visit(side) for side in (node.left, *node.comparators)]
        pairs = [
            ast.Compare(sides[k], [operator], [sides[k + 1]]) for k, operator in enumerate(node.ops)
        ]
        return pairs[0] if len(pairs) == 1 else ast.Call(ast.Name("f__and"), pairs, [])


def numeric_function(f, *, scalar: bool = False) -> Callable:
    """Return what a Brian2 function, TimedArray or Python function does to SI numbers.

    Of a Brian2 function that is what Brian2 itself runs on numpy, with units where it has them.
    """
    if isinstance(f, TimedArray):
        return lambda t, *neuron: _sampled(f, t, *neuron, scalar=scalar)
    if isinstance(f, Function):
        if "numpy" not in f.implementations:
            f.implementations.add_numpy_implementation(f.pyfunc)
        plain = f.implementations["numpy"].get_code(None)
        return (lambda *x: float(plain(*x))) if scalar else plain
    return f


def _sampled(array: TimedArray, t, neuron=0, *, scalar: bool):
    k = np.clip(np.floor(np.asarray(t) / array.dt + 1e-9).astype(int), 0, len(array.values) - 1)
    found = array.values[k] if array.values.ndim == 1 else array.values[k, int(neuron)]
    return float(found) if scalar else found
