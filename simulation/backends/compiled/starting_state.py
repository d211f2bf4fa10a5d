"""The state at time 0 as C++: a compiled program finds it for the parameters of each run."""

from pathlib import Path

import sympy as sp
from brian2.codegen.generators.cpp_generator import CPPCodeGenerator

from ....dynamics.equilibria import GRID, Expressions, expressions, search_range
from ....models.functions import SMOOTH_EXPREL
from ....models.grouping import GroupText, initial_expressions
from ....models.symbolic import symbol

_SOURCE = Path(__file__).parent / "cpp" / "starting_state.cpp"
_USED = {"smooth_exprel": "_smooth_exprel", "int_": "_number", "clip": "_clip"}
_FUNCTIONS = f"""
{SMOOTH_EXPREL.implementations[CPPCodeGenerator].get_code(None).strip()}
static inline double _number(bool condition) {{ return condition ? 1.0 : 0.0; }}
static inline double _clip(double x, double low, double high)
{{
    return x < low ? low : x > high ? high : x;
}}
"""


def starting_state_sources(model, text: GroupText) -> dict[str, str]:
    """Return the files that let a program of `model` start at rest, or at its initial values.

    Parameters
    ----------
    model : NeuronModel
    text : GroupText
        Says which parameters are arrays of the program; see `GroupText.with_arguments`.

    Returns
    -------
    dict of str to str
        File names and their contents.
    """
    return {
        "code_objects/starting_state.cpp": _SOURCE.read_text(),
        "starting_state.h": "#pragma once\n#include <string>\n#include <vector>\n"
        "void set_starting_state(const std::vector<std::string>& arguments);\n",
        "model_equations.h": _model_equations(model, text),
    }


def has_rest(model) -> bool:
    """Return whether the model's resting state follows from its text."""
    try:
        _reduced(model)
    except ValueError:
        return False
    return True


def _reduced(model) -> Expressions:
    return expressions(model.equations, tuple(model.parameters), model.input, model.membrane)


def _model_equations(model, text: GroupText) -> str:
    """Return the model as C++ functions of its state and its parameters ``p``, in SI units."""
    arguments = (*model.parameters, model.input)
    p = {symbol(name): sp.Symbol(f"p[{k}]") for k, name in enumerate(arguments)}
    known = has_rest(model)
    names = [model.membrane, *(x for x in model.symbolic.states if x != model.membrane)]
    start = initial_expressions(model)
    v = {symbol(model.membrane): sp.Symbol("v")}
    x = {symbol(name): sp.Symbol(f"x[{k}]") for k, name in enumerate(names)}
    form = _reduced(model) if known else None
    low, high = search_range(model)
    lines = [
        f"// {model.title}: its equations in SI units.",
        "#pragma once",
        "#include <cmath>",
        "namespace model {",
        "using std::exp; using std::pow; using std::sqrt; using std::log; using std::fabs;",
        _FUNCTIONS,
        f"const bool HAS_REST = {str(known).lower()};",
        f"const int NEURONS = {text.n};",
        f"const int GRID = {GRID};",
        f"const double LOWEST = {low!r}, HIGHEST = {high!r};",
        f"const int STATES = {len(names)}, OTHERS = {len(names) - 1};",
        f"const int ARGUMENTS = {len(arguments)};  // {', '.join(arguments)}",
        "const char* const NAMES[] = {" + ", ".join(f'"{name}"' for name in names) + "};",
        "",
        "// dv/dt with all other variables at their steady state",
        "static inline double current(double v, const double* p)",
        *_body([form.current] if known else [sp.Integer(0)], {**p, **v}, None),
        "static inline void steady(double v, const double* p, double* result)",
        *_body(form.steady if known else [], {**p, **v}, "result"),
        "static inline void rhs(const double* x, const double* p, double* result)",
        *_body(form.rhs if known else [], {**p, **x}, "result"),
        "static inline void initial(const double* p, double* result)",
        *_body([start[name] for name in names], p, "result"),
        "static inline void arguments_of(int neuron, double* p)",
        "{",
        *(f"    p[{k}] = {_value(name, model, text)};" for k, name in enumerate(arguments)),
        "}",
        "static inline void set_state(int neuron, const double* x, const bool* given)",
        "{",
        *(
            f"    if (!given[{k}]) brian::_array_cells_{name}[neuron] = x[{k}];"
            for k, name in enumerate(names)
        ),
        "}",
        "}  // namespace model",
    ]
    return "\n".join(lines) + "\n"


def _value(name: str, model, text: GroupText) -> str:
    if name == model.input:
        return "0"  # rest is without input
    return f"brian::_array_cells_{name}[{'neuron' if name in text.arrays else '0'}]"


def _body(formulas, renamed: dict, result: str | None) -> list[str]:
    """Return a function's body: common parts once, then the results, or the one that it returns."""
    parts, finals = sp.cse([e.xreplace(renamed) for e in formulas], sp.numbered_symbols("t_"))
    lines = [f"    const double {name} = {_code(part)};" for name, part in parts]
    if result is None:
        lines.append(f"    return {_code(finals[0])};")
    else:
        lines += [f"    {result}[{k}] = {_code(final)};" for k, final in enumerate(finals)]
    return ["{", *lines, "}"]


def _code(expression: sp.Expr) -> str:
    return sp.ccode(expression, user_functions=_USED)
