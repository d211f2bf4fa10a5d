"""A driven system as one JavaScript module that needs nothing else; numbers in SI units."""

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..checks import unit_text, value_text
from ..grouping import BrianText
from ..initial import initial_texts
from ..system import FREE
from ..text.expressions import Rewriter, needed, tree
from ..text.functions import opaque
from ..units import display_unit
from .c_like import CannotPrint, Dialect, written

_MATH = ("exp", "log", "log10", "expm1", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh",
         "tanh", "floor", "ceil", "abs", "sign")  # fmt: skip
_OWN = ("exprel_slope", "clip", "smooth_exprel", "smooth_exprel_of", "part_after", "part_between",
        "time_after", "time_between", "time_open")  # fmt: skip


# Math.pow takes as long as four exponentials.
_POWERS = {
    "2": "$to_the_2({})",
    "3": "$to_the_3({})",
    "4": "$to_the_4({})",
    "1/3": "$cube_root({})",
}


class _JavaScript(Dialect):
    def raised(self, base: str, exponent: str) -> str:
        """Return a power."""
        return _POWERS.get(exponent, self.power).format(base, exponent)

    def number(self, value: float) -> str:
        """Return a number as text, exactly: whole ones without a point, for all are doubles."""
        return repr(float(value)).removesuffix(".0")


JAVASCRIPT = _JavaScript(
    functions={
        **{name: f"Math.{name}" for name in _MATH},
        **{f"arc{name}": f"Math.a{name}" for name in ("sin", "cos", "tan")},
        **{name: f"${name}" for name in _OWN},
        "exprel": "$smooth_exprel",
        "timestep": "$timestep",
    },
    power="Math.pow({}, {})",
    modulo="$mod({}, {})",
    whole="Math.trunc({})",
    infinity="Infinity",
    comparison="{}",
)
# Brian2's names have no $, so none of these is taken.
FUNCTIONS = """
const $smooth_exprel_of = (x, e) => Math.abs(x) < 0.05
  ? 1 + x/2*(1 + x/3*(1 + x/4*(1 + x/5*(1 + x/6*(1 + x/7*(1 + x/8)))))) : (e - 1)/x;
const $smooth_exprel = (x) => x === 0 ? 1 : Math.expm1(x)/x;  // (exp(x) - 1)/x
const $exprel_slope = (x) => {
  if (Math.abs(x) > 0.5) return (Math.exp(x)*(x - 1) + 1)/(x*x);
  let sum = 0, term = 1;
  for (let k = 0; k < 14; k++) { sum += term/(k + 2); term *= x/(k + 1); }
  return sum;
};
const $to_the_2 = (x) => x*x, $to_the_3 = (x) => x*x*x, $to_the_4 = (x) => (x*x)*(x*x);
const $cube_root = (x) => x < 0 ? NaN : Math.cbrt(x);  // as a power of 1/3 is
const $clip = (x, low, high) => Math.min(Math.max(x, low), high);
const $timestep = (t, h) => Math.floor((t + 1e-3*h)/h);  // as Brian2 counts steps
const $time_open = (gap, speed) => speed > 0 ? gap/speed : speed <= 0 ? Infinity : NaN;
const $mod = (a, b) => a - b*Math.floor(a/b);
// The part of the step [begin, begin + h] that lies behind an edge of the input, and times in it.
const $part_after = (begin, h, edge) => {
  const late = begin + h - edge, near = Math.min(1e-12*(Math.abs(edge) + h), h/2);
  return late <= near ? 0 : late >= h - near ? 1 : late/h;
};
const $part_between = (begin, h, on, off) =>
  $part_after(begin, h, on) - $part_after(begin, h, off);
const $time_after = (t, begin, h, on) => t + (h - (t - begin))*(1 - $part_after(begin, h, on));
const $time_between = (t, begin, h, on, off) => {
  const before = 1 - $part_after(begin, h, on), after = $part_after(begin, h, off);
  return t + h*before - (t - begin)*(before + after);
};
"""
_KEPT = frozenset(
    [
        "break",
        "case",
        "catch",
        "class",
        "const",
        "continue",
        "debugger",
        "default",
        "delete",
        "do",
        "else",
        "enum",
        "export",
        "extends",
        "false",
        "finally",
        "for",
        "function",
        "if",
        "implements",
        "import",
        "in",
        "instanceof",
        "interface",
        "let",
        "new",
        "null",
        "package",
        "private",
        "protected",
        "public",
        "return",
        "static",
        "super",
        "switch",
        "this",
        "throw",
        "true",
        "try",
        "typeof",
        "var",
        "void",
        "while",
        "with",
        "yield",
        "await",
        "async",
        "arguments",
        "eval",
        "undefined",
        "NaN",
        "Infinity",
        "Math",
        "t",
        "x",
        "p",
        "out",
        "free",
        "begin",
        "h",
        "name",
        "states",
        "units",
        "parameters",
        "input",
        "dt",
        "initial",
        "slopes",
        "gap",
        "reset",
        "refractory",
        "refractoriness",
        "values",
        "Float64Array",
    ]
)
_ARGUMENTS = "t, x, p"
_MORE = "free = true, begin = t, h = dt"


def javascript_expression(
    text: str, names: Mapping[str, str], functions: Mapping[str, str] | None = None
) -> str:
    """Return an expression as JavaScript, numbers in SI units.

    Parameters
    ----------
    text : str
        Brian2 text.
    names : dict of str to str
        What its names are there; ``step_begin`` is the beginning of the current step.
    functions : dict of str to str, optional
        More functions that the text calls, and what they are called there.

    Raises
    ------
    CannotPrint
        For what JavaScript does not have.

    Examples
    --------
    >>> javascript_expression("g*m**3*exp(v/(5*mV))", {n: n for n in "gmv"})
    'g*m*m*m*Math.exp(v/(5*0.001))'
    """
    dialect = JAVASCRIPT
    if functions:
        dialect = replace(JAVASCRIPT, functions={**JAVASCRIPT.functions, **functions})
    return written(ast.unparse(_Begin().visit(tree(text))), names, dialect)


def safe_name(name: str) -> str:
    """Return a name as JavaScript and the module's own functions leave it free."""
    return f"{name}$" if name in _KEPT else name


def javascript_text(model, driven: BrianText, parts) -> str:
    """Return one driven cell as the text of a JavaScript module.

    Parameters
    ----------
    model : NeuronModel
    driven : BrianText
        Of one neuron; see `grouping.describe`.
    parts
        What a step evaluates: `named` and `rhs`, dictionaries of text such as
        ``simulation.methods.shared_exponentials.economical(driven.system)`` returns, with
        exponentials shared.

    Returns
    -------
    str
        It exports ``name, states, units, parameters, values, dt``; ``initial(p)``, the state at
        time 0; ``slopes(t, x, p, out, free, begin, h)``, which writes the derivatives of `x` to
        `out` (`free`: not refractory; `begin` and `h` are the current step, on which the input's
        edges act); ``gap(t, x, p)``, above 0 where the spike condition holds; ``reset(t, x, p)``,
        which changes `x`; and ``refractory(t, x, p)``, seconds or a condition as
        ``refractoriness`` says. What the model does not have is null.

    Raises
    ------
    CannotPrint
        For noise, a recording, and functions of the user's own; the message names them.

    Examples
    --------
    >>> from brian2 import nA
    >>> from excitable.models import LIF, grouping
    >>> from excitable.simulation.methods.shared_exponentials import economical
    >>> driven = grouping.describe(LIF, 1, 2*nA)
    >>> text = javascript_text(LIF, driven, economical(driven.system))
    >>> print([line for line in text.splitlines() if "out[0]" in line][0])
      out[0] = (free ? 1.0 : 0.0)*((E_L - v + R*I)/tau);
    """
    return _Module(model, driven, parts).text()


class _Module:
    """The lines of a module."""

    def __init__(self, model, driven: BrianText, parts):
        self.model, self.driven, self.parts = model, driven, parts
        self.system = driven.system
        self.values = {k: float(np.ravel(v)[0]) for k, v in driven.values.items()}
        if model.input in self.system.constants:
            self.values[model.input] = 0.0  # open: a parameter
        named = [*self.system.named, *parts.named]
        self.names = {n: safe_name(n) for n in (*self.system.rhs, *self.values, *named)}
        self.clock = {"t": "t", FREE: "free", "dt": "h", "step_begin": "begin"}
        self._check()

    def _check(self) -> None:
        system = self.system
        if self.driven.n != 1:
            raise CannotPrint(f"{self.model.name}: a module holds one cell, not {self.driven.n}")
        if system.draws:
            raise CannotPrint(f"{self.model.name}: {system.draws} cannot be printed as JavaScript")

    def write(self, text: str, names: Mapping[str, str]) -> str:
        """Return an expression."""
        try:
            return javascript_expression(text, names)
        except CannotPrint as error:
            raise CannotPrint(f"{self.model.name}: {error}") from None

    def text(self) -> str:
        """Return the module."""
        model, system = self.model, self.system
        shown = [str(unit_text(self._unit(x))) for x in system.rhs]
        return "\n".join(
            [
                f"// {_comment(model.title)}. All numbers are in SI units.",
                f"export const name = {_text(model.name)};",
                f"export const states = [{', '.join(map(_text, system.rhs))}];",
                f"export const units = [{', '.join(map(_text, shown))}];  // to show them in",
                f"export const parameters = [{', '.join(map(_text, self.values))}];",
                "export const values = new Float64Array([",
                *(f"  {value!r},  // {self._comment(name)}" for name, value in self.values.items()),
                "]);",
                f"export const dt = {float(self.driven.dt)!r};  // s",
                FUNCTIONS.rstrip(),
                "",
                *self._initial(),
                *self._function(
                    "slopes",
                    f"{_ARGUMENTS}, out, {_MORE}",
                    [(f"out[{k}]", text) for k, text in enumerate(self.parts.rhs.values())],
                    self.parts.named,
                ),
                *self._gap(),
                *self._reset(),
                *self._refractory(),
                "",
            ]
        )

    def _unit(self, name: str):
        return display_unit(self.system.dims[name], self.model.input_unit)

    def _comment(self, name: str) -> str:
        parameter = self.model.parameters.get(name)
        if parameter is None:
            return name
        value = value_text(parameter.value, parameter.unit)
        return f"{name} = {value}  {_comment(parameter.meaning)}".rstrip()

    # --- functions ---------------------------------------------------------------------------

    def _function(
        self,
        name: str,
        arguments: str,
        results: Sequence[tuple[str, str]],
        named: Mapping[str, str],
    ) -> list[str]:
        """Return a function that sets results, or returns the one that has no target."""
        texts = [text for _, text in results]
        parts = needed(texts, named)
        names = self._used([*texts, *parts.values()])
        known = {**self.clock, **self.names}
        lines = [f"export function {name}({arguments}) {{", *self._unpacked(names)]
        lines += [
            f"  const {self.names[part]} = {self.write(text, known)};"
            for part, text in parts.items()
        ]
        for target, text in results:
            left = f"{target} =" if target else "return"
            lines.append(f"  {left} {self.write(text, known)};")
        return [*lines, "}"]

    @staticmethod
    def _used(texts: Iterable[str]) -> set[str]:
        return {n.id for text in texts for n in ast.walk(tree(text)) if isinstance(n, ast.Name)}

    def _unpacked(self, used: set[str]) -> list[str]:
        """Return the lines that give state variables and parameters their names."""
        from_x = [f"{self.names[n]} = x[{k}]" for k, n in enumerate(self.system.rhs) if n in used]
        from_p = [f"{self.names[n]} = p[{k}]" for k, n in enumerate(self.values) if n in used]
        return [f"  const {', '.join(group)};" for group in (from_x, from_p) if group]

    def _initial(self) -> list[str]:
        texts, statements = initial_texts(self.model)
        step = repr(float(self.model.dt))
        names = {**self.names, "t": "0.0", "dt": step, self.model.input: "0.0"}
        used = self._used(statements.values()) - {*texts, self.model.input}
        fixed = {k: v for k, v in self.names.items() if k in self.values}
        lines = [f"  const {fixed[n]} = p[{k}];" for k, n in enumerate(self.values) if n in used]
        lines += [
            f"  const {self.names[name]} = {self.write(opaque(text), names)};"
            for name, text in statements.items()
        ]
        result = ", ".join(self.names[x] if x in texts else "0.0" for x in self.system.rhs)
        start = "export function initial(p) {"
        return [start, *lines, f"  return new Float64Array([{result}]);", "}"]

    def _gap(self) -> list[str]:
        gap, system = self.system.gap, self.system
        if gap is None:
            return ["export const gap = null;"]
        return self._combined("gap", gap, system.named)

    def _combined(self, name: str, gap, named: Mapping[str, str]) -> list[str]:
        known = {**self.clock, **self.names}
        parts = needed(gap.leaves, named)
        whole = gap.combined(
            lambda text: self.write(text, known), "Math.min({}, {})", "Math.max({}, {})"
        )
        lines = self._function(name, f"{_ARGUMENTS}, {_MORE}", [], {})[:1]
        lines += self._unpacked(self._used([*gap.leaves, *parts.values()]))
        lines += [f"  const {self.names[n]} = {self.write(t, known)};" for n, t in parts.items()]
        return [*lines, f"  return {whole};", "}"]

    def _reset(self) -> list[str]:
        after = {x: t for x, t in self.system.after_reset().items() if t != x}
        if not after:
            return ["export const reset = null;"]
        index = {x: k for k, x in enumerate(self.system.rhs)}
        results = [(f"x[{index[x]}]", text) for x, text in after.items()]
        return self._function("reset", f"{_ARGUMENTS}, {_MORE}", results, self.system.named)

    def _refractory(self) -> list[str]:
        rule = self.system.refractory
        kind = f"export const refractoriness = {_text(rule.kind)};  // time (s), condition or none"
        if not rule.kind:
            return [kind, "export const refractory = null;"]
        arguments = f"{_ARGUMENTS}, {_MORE}"
        return [
            kind,
            *self._function("refractory", arguments, [("", rule.text)], self.system.named),
        ]


def _comment(words: str) -> str:
    """Return words on one line that end no script of an HTML page."""
    return " ".join(words.split()).replace("<", "‹")


def _text(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Begin(Rewriter):
    """Gives the beginning of a step, which Brian2 text has as a product, a name."""

    def visit_BinOp(self, node: ast.BinOp):
        factors = {f.id for f in (node.left, node.right) if isinstance(f, ast.Name)}
        if isinstance(node.op, ast.Mult) and factors == {"t_in_timesteps", "dt"}:
            return ast.Name("step_begin")
        return self.generic_visit(node)
