"""What a step of the integration sees of an edge inside it: the mean over the step.

A stimulus that begins or ends inside a step is on for a part of that step. The text of its input
multiplies its value by that part, so that the membrane receives the right charge, whatever the
step; and asks for its value at times that lie in that part, so that a ramp or a sine has its mean
over it. On the grid the part is 0 or 1 to the last digit: an edge that lies within rounding of a
step's end counts as on it.

All are opaque to sympy, like `smooth_exprel`, and have no branches, so that compilers can vectorise
them. They are given the step's beginning, which the stages of a method do not shift, and its
length; a solver of its own may hand over any piece of time as a step.
"""

import ast

import numpy as np
from brian2 import Function, second
from brian2.codegen.generators.cpp_generator import CPPCodeGenerator
from brian2.codegen.generators.cython_generator import CythonCodeGenerator

from .expressions import Rewriter, substitute, tree

# Two times are the same if they differ by this part of themselves: some thousand roundings in
# doubles; in single precision two, which is as exactly as it knows a time.
SAME = 1e-12
_SAME_SINGLE = 2.4e-7
_FOR_EVER = 1e30  # s; a number in single precision too

# The beginning of the current step: unlike `t` it is not shifted by the stages of a method.
STEP_BEGIN = "t_in_timesteps*dt"


def part_after(begin, dt, edge):
    """Return which part of the step ``[begin, begin + dt]`` lies after `edge`, from 0 to 1.

    Parameters
    ----------
    begin, dt, edge : float or array
        In seconds.

    Examples
    --------
    >>> [round(float(part_after(1.0, 0.5, edge)), 12) for edge in (0.9, 1.0, 1.1, 1.5, 2.0)]
    [1.0, 1.0, 0.8, 0.0, 0.0]
    """
    late = begin + dt - edge
    if not np.ndim(late):  # one edge for all cells, in every stage of every step
        near = min(SAME * (abs(edge) + dt), dt / 2)
        return 0.0 if late <= near else 1.0 if late >= dt - near else float(late / dt)
    near = np.minimum(SAME * (np.abs(edge) + dt), dt / 2)
    return np.where(late <= near, 0.0, np.where(late >= dt - near, 1.0, late / dt))


def part_between(begin, dt, onset, offset):
    """Return which part of the step ``[begin, begin + dt]`` lies between two edges.

    Examples
    --------
    >>> round(float(part_between(1.0, 0.5, 1.1, 1.2)), 12)
    0.2
    """
    return part_after(begin, dt, onset) - part_after(begin, dt, offset)


def time_after(t, begin, dt, onset):
    """Return `t`, a time in the step, moved in proportion into the part after `onset`.

    In a step that lies after it as a whole this is `t` itself.

    Examples
    --------
    >>> [round(float(time_after(t, 1.0, 0.5, 1.1)), 12) for t in (1.0, 1.25, 1.5)]
    [1.1, 1.3, 1.5]
    """
    off = 1 - part_after(begin, dt, onset)
    return t + (dt - (t - begin)) * off


def time_between(t, begin, dt, onset, offset):
    """Return `t`, a time in the step, moved in proportion into the part between two edges.

    Examples
    --------
    >>> [round(float(time_between(t, 1.0, 0.5, 1.1, 1.2)), 12) for t in (1.0, 1.25, 1.5)]
    [1.1, 1.15, 1.2]
    """
    before = 1 - part_after(begin, dt, onset)
    after = part_after(begin, dt, offset)
    return t + dt * before - (t - begin) * (before + after)


def time_open(gap, speed):
    """Return for how long a gap has been open that grows: ``gap/speed``; for ever if it does not.

    What is no number stays none.

    Examples
    --------
    >>> [float(time_open(2.0, speed)) for speed in (4.0, 0.0, -1.0, np.nan)]
    [0.5, 1e+30, 1e+30, nan]
    """
    speed = np.asarray(speed)
    grows = speed > 0
    otherwise = np.where(speed <= 0, _FOR_EVER, speed)
    return np.where(grows, gap / np.where(grows, speed, 1.0), otherwise)


def _step_function(
    function, arguments: str, cpp: str, cython: str, unit=1, uses=None, units=second
) -> Function:
    """Return a Brian2 function; `cpp` and `cython` are the bodies, without the head.

    Its arguments are times, or all in `units`; None for any.
    """
    name = f"_{function.__name__}"
    names = arguments.split()
    types = [f"T{k}" for k in range(len(names))]
    head = ", ".join(f"const {a} {b}" for a, b in zip(types, names, strict=True))
    template = ", ".join(f"typename {a}" for a in types)
    cpp = f"template <{template}> static inline double {name}({head})\n{{\n{cpp}\n}}\n"
    head = ", ".join(f"double {b}" for b in names)
    cython = f"cdef inline double {name}({head}) noexcept nogil:\n{cython}\n"
    made = Function(function, arg_units=[units] * len(names), return_unit=unit)
    # With units Brian2 checks each call, and to that end turns its arguments into text.
    made.implementations.add_numpy_implementation(function, discard_units=True)
    for generator, code in ((CPPCodeGenerator, cpp), (CythonCodeGenerator, cython)):
        made.implementations.add_implementation(generator, code, name=name, dependencies=uses)
    return made


PART_AFTER = _step_function(
    part_after, "begin dt edge",
    f"""    const double late = begin + dt - edge;
    const double same = (sizeof(dt) == 4 ? {_SAME_SINGLE} : {SAME})*(fabs(edge) + dt);
    const double near = same < dt/2 ? same : dt/2;
    return late <= near ? 0 : (late >= dt - near ? 1 : late/dt);""",
    f"""    cdef double late = begin + dt - edge
    cdef double near = {SAME}*((edge if edge > 0 else -edge) + dt)
    near = near if near < dt/2 else dt/2
    return 0 if late <= near else (1 if late >= dt - near else late/dt)""",
)  # fmt: skip
_USES = {"part_after": PART_AFTER}
_BETWEEN = "_part_after(begin, dt, onset) - _part_after(begin, dt, offset)"
PART_BETWEEN = _step_function(
    part_between, "begin dt onset offset",
    f"    return {_BETWEEN};",
    f"    return {_BETWEEN}",
    uses=_USES,
)  # fmt: skip
_AFTER = "t + (dt - (t - begin))*(1 - _part_after(begin, dt, onset))"
TIME_AFTER = _step_function(
    time_after, "t begin dt onset",
    f"    return {_AFTER};",
    f"    return {_AFTER}",
    unit=second, uses=_USES,
)  # fmt: skip
TIME_BETWEEN = _step_function(
    time_between, "t begin dt onset offset",
    """    const double before = 1 - _part_after(begin, dt, onset);
    const double after = _part_after(begin, dt, offset);
    return t + dt*before - (t - begin)*(before + after);""",
    """    cdef double before = 1 - _part_after(begin, dt, onset)
    cdef double after = _part_after(begin, dt, offset)
    return t + dt*before - (t - begin)*(before + after)""",
    unit=second, uses=_USES,
)  # fmt: skip
TIME_OPEN = _step_function(
    time_open, "gap speed",
    f"    return speed > 0 ? gap/(speed > 0 ? speed : 1) : speed <= 0 ? {_FOR_EVER} : speed;",
    f"    return gap/speed if speed > 0 else {_FOR_EVER} if speed <= 0 else speed",
    unit=lambda gap, speed: gap / speed, units=None,
)  # fmt: skip

STEP_FUNCTIONS = {
    "part_after": PART_AFTER,
    "part_between": PART_BETWEEN,
    "time_after": TIME_AFTER,
    "time_between": TIME_BETWEEN,
    "time_open": TIME_OPEN,
}

# The first of the arguments that say at which times what a function gives changes.
_FIRST_EDGE = {"part_after": 2, "part_between": 2, "time_after": 3, "time_between": 3}


def edges(text: str) -> list[str]:
    """Return at which times an expression changes in a way of which a step sees the mean.

    Examples
    --------
    >>> edges("A*part_between(t_in_timesteps*dt, dt, on, on + width)")
    ['on', 'on + width']
    """
    calls = (n for n in ast.walk(tree(text)) if isinstance(n, ast.Call))
    found = (ast.unparse(a) for n in calls for a in n.args[_FIRST_EDGE.get(n.func.id, 99) :])
    return list(dict.fromkeys(found))


def at_end(text: str) -> str:
    """Return an expression as it is at the end of a step, where `text` has means over the step.

    Examples
    --------
    >>> at_end("A*part_after(t_in_timesteps*dt, dt, on)")
    'A * ceil(part_after(t_in_timesteps * dt, dt, on))'
    """
    return ast.unparse(_AtOnce("ceil").visit(tree(text)))


def at_begin(text: str) -> str:
    """Return an expression as it is at the beginning of a step; see `at_end`."""
    return ast.unparse(_AtOnce("floor").visit(tree(text)))


def at_time(text: str, when: str) -> str:
    """Return an expression as it is at a time in the step; see `at_end`.

    Examples
    --------
    >>> at_time("A*part_after(t_in_timesteps*dt, dt, on) + B*t", "(t + dt - back)")
    'A * floor(part_after(t + dt - back, dt, on)) + B * (t + dt - back)'
    """
    return ast.unparse(_AtOnce("floor", tree(when)).visit(tree(substitute(text, {"t": when}))))


class _AtOnce(Rewriter):
    """Makes a part of a step 0 or 1, and a time in that part the time itself.

    Seen from the beginning of the step, or from another time.
    """

    def __init__(self, whole: str, begin: ast.expr | None = None):
        self.whole, self.begin = whole, begin

    def visit_Call(self, node: ast.Call):
        name, arguments = node.func.id, [self.visit(a) for a in node.args]
        if name == "part_after":
            return self._part(arguments)
        if name == "part_between":
            begin, dt, on, off = arguments
            return ast.BinOp(self._part([begin, dt, on]), ast.Sub(), self._part([begin, dt, off]))
        if name in _FIRST_EDGE:
            return arguments[0]
        return ast.Call(node.func, arguments, node.keywords)

    def _part(self, arguments: list[ast.expr]) -> ast.Call:
        own, *others = arguments
        seen = [own if self.begin is None else self.begin, *others]
        return ast.Call(ast.Name(self.whole), [ast.Call(ast.Name("part_after"), seen, [])], [])
