"""The state at time 0 as C++: a compiled program finds it for the parameters of each run."""

from collections.abc import Mapping, Sequence

from brian2.codegen.generators.cpp_generator import CPPCodeGenerator

from ....dynamics.equilibria import FIRST_STEP, GROWTH, SETTLED, STEPS, reduction
from ....dynamics.equilibrium_search import HELD
from ....dynamics.potential_search import CUTS, POLE, TOUCHES, search_of
from ....models.checks import check_name
from ....models.grouping import BrianText
from ....models.initial import initial_texts
from ....models.printers.c_like import CannotPrint, written
from ....models.steady import steady_states
from ....models.text.expressions import NoDerivative, needed
from ....models.text.functions import SMOOTH_EXPREL
from ...start import warn_restless
from . import CPP

_FUNCTIONS = f"""
{SMOOTH_EXPREL.implementations[CPPCodeGenerator].get_code(None).strip()}
static inline double clip(double x, double low, double high)
{{
    return x < low ? low : x > high ? high : x;
}}
static inline double sign(double x) {{ return x > 0 ? 1 : x < 0 ? -1 : 0; }}
static inline double exprel_slope(double x)
{{
    if (fabs(x) > 0.5) return (exp(x)*(x - 1) + 1)/(x*x);
    double sum = 0, term = 1;
    for (int k = 0; k < 14; k++) {{ sum += term/(k + 2); term *= x/(k + 1); }}
    return sum;
}}
"""


def starting_state_sources(model, text: BrianText) -> dict[str, str]:
    """Return the files that let a program of `model` start at rest, or at its initial values.

    Parameters
    ----------
    model : NeuronModel
    text : BrianText
        Says which parameters are arrays of the program; see `BrianText.with_arguments`.

    Returns
    -------
    dict of str to str
        File names and their contents.
    """
    return {
        "code_objects/starting_state.cpp": (CPP / "starting_state.cpp").read_text(),
        "model_equations.h": _Equations(model, text).text(),
        **{name: (CPP / name).read_text() for name in ("starting_state.h", "starting_arguments.h")},
    }


def has_rest(model) -> bool:
    """Return whether a program can look for the model's resting state by itself.

    It cannot where the equations depend on time, draw random numbers, or call a function that has
    no C++ here.
    """
    try:
        return bool(_Equations(model, None).rest())
    except (CannotPrint, NoDerivative):
        return False


def start_of(model, start: str) -> str:
    """Return where a program of a model starts by itself; say so if that is not what was asked."""
    check_name("start", start, ("rest", "initial"))
    if start == "rest" and not has_rest(model):
        warn_restless(model, "a program cannot find its resting state from the equations")
        return "initial"
    return start


class _Equations:
    """A model as C++ functions of its state ``x`` and its parameters ``p``, in SI units."""

    def __init__(self, model, text: BrianText | None):
        self.model, self.group, self.system = model, text, model.system
        self.arguments = (*model.parameters, model.input)
        v = model.membrane
        self.names = (v, *(x for x in self.system.states if x != v))
        clock = {"dt": "TIME_STEP", "t": "0.0"}
        self.p = {name: f"p[{k}]" for k, name in enumerate(self.arguments)} | clock
        self.x = {name: f"x[{k}]" for k, name in enumerate(self.names)}

    def text(self) -> str:
        model = self.model
        search = search_of(model)
        known = has_rest(model)
        n, v = len(self.names), self.model.membrane
        return "\n".join(
            [
                "// The model's equations in SI units.",
                "#pragma once",
                "#include <cmath>",
                "namespace model {",
                "using std::exp; using std::pow; using std::sqrt; using std::log; using std::fabs;",
                _FUNCTIONS,
                f"const bool HAS_REST = {str(known).lower()};",
                f"const int POINTS = {search.points}, TAIL = {search.tail}, CUTS = {CUTS};",
                f"const double LOW = {search.low!r}, HIGH = {search.high!r};",
                f"const double WIDER = {search.wider!r}, TOUCHES = {TOUCHES!r}, POLE = {POLE!r};",
                f"const double FIRST_STEP = {FIRST_STEP!r}, GROWTH = {GROWTH!r};",
                f"const double SETTLED = {SETTLED!r}, TIME_STEP = {float(model.dt)!r};",
                f"const int STEPS = {STEPS};",
                f"const int STATES = {n}, OTHERS = {n - 1};",
                f"const int ARGUMENTS = {len(self.arguments)};  // {', '.join(self.arguments)}",
                f"const char* const NAMES[] = {{{_listed(self.names)}}};",
                "",
                *(self.rest() if known else _NO_REST),
                "static inline void initial(const double* p, double* result)",
                *self.body(*self.start(), self.p, "result"),
                f"static inline int neurons() {{ return brian::_num__array_cells_{v}; }}",
                "static inline void arguments_of(int neuron, double* p)",
                "{",
                *(f"    p[{k}] = {self.value(x)};" for k, x in enumerate(self.arguments)),
                "}",
                "static inline void set_state(int neuron, const double* x, const bool* given)",
                "{",
                *(
                    f"    if (!given[{k}]) brian::_array_cells_{x}[neuron] = x[{k}];"
                    for k, x in enumerate(self.names)
                ),
                "}",
                "}  // namespace model\n",
            ]
        )

    def rest(self) -> list[str]:
        """Return the functions by which a resting state is found."""
        system, v = self.system, self.model.membrane
        if system.restless:
            return []
        parts, slopes = system.parts(), system.slopes()
        steady = steady_states(system, [v])
        followed = {**steady.statements, **parts}
        reduced = not steady.left
        here = {**self.p, v: "v"}
        derivatives, entries = system.jacobian()
        jacobian = [entries.get((a, b), "0") for a in self.names for b in self.names]
        # Sums that never change are held as in Python, and do not keep a cell from being at rest.
        held = HELD * reduction(self.model).constant.ravel()
        jacobian = [
            f"{x} - ({h!r})" if h else x for x, h in zip(jacobian, held.tolist(), strict=True)
        ]
        return [
            f"const bool REDUCED = {str(reduced).lower()};",
            f"const bool IS_RESET = {str(bool(system.reset)).lower()};",
            "// dv/dt with all other variables at their steady state",
            "static inline double current(double v, const double* p)",
            *self.body([slopes[v]] if reduced else ["0"], followed, here),
            "static inline void steady(double v, const double* p, double* result)",
            *self.body(self.names[1:] if reduced else [], followed, here, "result"),
            "static inline void rhs(const double* x, const double* p, double* result)",
            *self.body([slopes[x] for x in self.names], parts, {**self.p, **self.x}, "result"),
            "static inline void jacobian(const double* x, const double* p, double* result)",
            *self.body(jacobian, {**parts, **derivatives}, {**self.p, **self.x}, "result"),
            "// above zero where the spike condition holds",
            "static inline double gap(const double* x, const double* p)",
            *self.gap(),
        ]

    def gap(self) -> list[str]:
        gap = self.system.gap
        if gap is None:
            return ["{", "    return -1;", "}"]
        named = {**self.p, **self.x}
        lines = self.statements(gap.leaves, self.system.named, named)

        def leaf(text: str) -> str:
            return f"({written(text, named)})"

        whole = gap.combined(leaf, "fmin({}, {})", "fmax({}, {})")
        return ["{", *lines, f"    return {whole};", "}"]

    def start(self) -> tuple[list[str], Mapping[str, str]]:
        """Return the initial values and what they need."""
        _, statements = initial_texts(self.model)
        return list(self.names), statements

    def statements(self, outputs: Sequence[str], named: Mapping[str, str], names: dict) -> list:
        """Return C++ that evaluates what the outputs need, whose names are added to `names`."""
        lines = []
        for name, text in needed(outputs, named).items():
            if name in names:
                continue
            kind = "bool" if name in self.system.booleans else "double"
            lines.append(f"    const {kind} _{name} = {written(text, names)};")
            names[name] = f"_{name}"
        return lines

    def body(self, outputs, named, names, result: str | None = None) -> list[str]:
        """Return a function's body: named parts, then the results, or the one it returns."""
        names = dict(names)
        lines = self.statements(outputs, named, names)
        finals = [written(text, names) for text in outputs]
        if result is None:
            lines.append(f"    return {finals[0]};")
        else:
            lines += [f"    {result}[{k}] = {final};" for k, final in enumerate(finals)]
        return ["{", *lines, "}"]

    def value(self, name: str) -> str:
        if name == self.model.input:
            return "0"  # rest is without input
        return f"brian::_array_cells_{name}[{'neuron' if name in self.group.arrays else '0'}]"


# A model whose rest a program cannot look for.
_NO_REST = [
    "const bool REDUCED = false, IS_RESET = false;",
    "static inline double current(double, const double*) { return 0; }",
    "static inline void steady(double, const double*, double*) {}",
    "static inline void rhs(const double*, const double*, double*) {}",
    "static inline void jacobian(const double*, const double*, double*) {}",
    "static inline double gap(const double*, const double*) { return -1; }",
]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
