"""A model as plain text, LaTeX and HTML."""

import html as _html

import sympy as sp
from brian2 import ms
from sympy.printing.mathml import mathml

from .checks import unit_text, value_text
from .printers.latex import latex_of, symbol
from .system import HELD, parsed_equations
from .text.statements import assignments
from .text.symbolic import parse


def text(model) -> str:
    """Return everything that a model is, as plain text."""
    rows = [f"{model.name}: {model.title}", "", "Equations"]
    rows += [f"  {line.strip()}" for line in model.equations.strip().splitlines()]
    rows += ["", f"Input: {model.input} in {unit_text(model.input_unit)}", "", "Parameters"]
    for name, p in model.parameters.items():
        value = value_text(p.value, p.unit)
        limits = f" [{p.range[0]:g} to {p.range[1]:g}]" if p.range else ""
        if p.range and not p.range[0] <= p.value <= p.range[1]:
            limits += " (outside of it)"
        source = f" ({p.source})" if p.source else ""
        rows.append(f"  {name:<9} = {value:<16} {p.meaning}{limits}{source}")
    rows += ["", "Initial values"]
    rows += [f"  {name} = {value}" for name, value in model.initial.items()]
    rows += ["", f"Spike: {model.threshold or 'none is counted'}"]
    rows += [f"Reset: {'; '.join(model.reset.split(chr(10)))}"] if model.reset else []
    rows += [f"Refractory: {model.refractory}"] if model.refractory else []
    rows += [f"Integration: {model.method}, dt = {float(model.dt / ms):g} ms"]
    rows += [f"Variants: {', '.join(model.variants)}"] if model.variants else []
    if model.references:
        rows += ["", "References", *(f"  {reference}" for reference in model.references)]
    return "\n".join(rows)


def formulas(model) -> list[tuple[str, bool, sp.Expr]]:
    """Return the equations as written: name, whether it is a rate of change, right-hand side."""
    equations = parsed_equations(model.equations, [*model.parameters, model.input])
    names = {*equations.names, *model.parameters, model.input}
    return [
        (
            name,
            name in equations.diff_eq_names,
            _shown(parse(equation.expr.code, names, units=False)),
        )
        for name, equation in equations.items()
        if equation.expr is not None
    ]


def _shown(expression: sp.Expr) -> sp.Expr:
    """Return an expression with functions under the names that users know."""
    known = {"smooth_exprel": "exprel", "int_": "int"}
    return expression.replace(
        lambda e: isinstance(e, sp.core.function.AppliedUndef) and e.func.__name__ in known,
        lambda e: sp.Function(known[e.func.__name__])(*e.args),
    )


def latex(model) -> str:
    r"""Return equations, spike condition, reset and refractoriness as LaTeX, for a notebook.

    Every line has its terms in the order in which the user wrote them; a condition in square
    brackets is 1 where it holds and 0 elsewhere.

    Examples
    --------
    >>> from excitable.models import LIF
    >>> print(latex(LIF))
    $$\begin{aligned}
    \frac{d v}{d t} &= \frac{E_{L} - v + R \, I}{\tau}\quad\mathrm{(unless\ refractory)} \\
    v > V_{th} &\Rightarrow v \leftarrow V_{reset} \\
    &\mathrm{refractory\ for}\; t_{ref}
    \end{aligned}$$
    """
    parsed = parsed_equations(model.equations, [*model.parameters, model.input])
    known = frozenset({*parsed.names, *model.parameters, model.input})
    rows = []
    for name, equation in parsed.items():
        if equation.expr is None:
            continue
        left = symbol(name)
        left = rf"\frac{{d {left}}}{{d t}}" if name in parsed.diff_eq_names else left
        held = r"\quad\mathrm{(unless\ refractory)}" if HELD in equation.flags else ""
        rows.append(f"{left} &= {latex_of(equation.expr.code, known)}{held}")
    rows += _spike_rows(model, known)
    return "$$\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}$$"


def _spike_rows(model, known: frozenset[str]) -> list[str]:
    rows = []
    if model.threshold:
        steps = [
            rf"{symbol(s.target)} \leftarrow {latex_of(s.value, known)}"
            for s in assignments(model.reset)
        ]
        effect = r",\; ".join(steps) or r"\mathrm{spike}"
        rows.append(rf"{latex_of(model.threshold, known)} &\Rightarrow {effect}")
    if model.refractory:
        is_time = model.system.refractory.kind == "time"
        word = "for" if is_time else "while"
        rows.append(rf"&\mathrm{{refractory\ {word}}}\; {latex_of(model.refractory, known)}")
    return rows


def equations_html(model) -> str:
    """Return the equations as MathML rows, which browsers show without any script."""
    rows = []
    for name, is_rate, right in formulas(model):
        left = mathml(sp.Symbol(name), printer="presentation")
        if is_rate:
            left = f"<mfrac><mrow><mi>d</mi>{left}</mrow><mrow><mi>d</mi><mi>t</mi></mrow></mfrac>"
        body = f"{left}<mo>=</mo>{mathml(right, printer='presentation')}"
        rows.append(f"<p><math display='inline'>{body}</math></p>")
    return "\n".join(rows)


def html(model) -> str:
    """Return title, equations and parameters as HTML."""
    rows = "".join(
        f"<tr><td>{_html.escape(name)}</td><td>{value_text(p.value, p.unit)}"
        f"</td><td>{_html.escape(p.meaning)}</td></tr>"
        for name, p in model.parameters.items()
    )
    return (
        f"<h3>{_html.escape(model.title)}</h3>{equations_html(model)}"
        f"<table><tr><th>parameter</th><th>value</th><th>meaning</th></tr>{rows}</table>"
    )
