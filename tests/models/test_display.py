"""Models as LaTeX: the user's order, every construct, and text that matplotlib can set."""

import re

import pytest
from brian2 import Function, Mohm, ms, mV, nA
from brian2.units import allunits, stdunits
from excitable.models import HODGKIN_HUXLEY, ZOO, NeuronModel
from excitable.models.checks import unit_text
from excitable.models.printers.latex import latex_of
from excitable.models.units import SHOWN, column
from matplotlib.mathtext import MathTextParser

from excitable.columns import split_column

AWKWARD = NeuronModel(
    name="awkward",
    equations="""
        dv/dt = (E - v + R*I + clip(v, -80*mV, 2*mV)*int(hot))/tau : volt (unless refractory)
        hot = v > -60*mV and not (w > 0.5 or w < 0.1) : boolean
        dw/dt = (f_o(v/mV)*int(v <= -60*mV) + floor(w) - (v/mV % 3 - w**(1/3)) + abs(w)**2
                 + clip(w, 0, inf)*2e-5 + sqrt(w // 2)*log10(w) + (-w)**2 - -w)/tau : 1
    """,
    parameters={"E": -65 * mV, "R": 10 * Mohm, "tau": 10 * ms},
    input_unit=nA,
    initial={"v": "E", "w": 0.2},
    threshold="v > -50*mV and hot",
    reset="v = E  # back; \nw += 1",
    refractory="2*ms",
    functions={"f_o": Function(lambda x: x, arg_units=[1], return_unit=1)},
)
CELLS = [*(cell for top in ZOO for cell in (top, *top.variants.values())), AWKWARD]


@pytest.mark.parametrize("model", CELLS, ids=lambda m: m.name)
def test_every_line_can_be_set(model):
    text = model._repr_latex_()
    lines = re.fullmatch(r"\$\$\\begin\{aligned\}\n(.*)\n\\end\{aligned\}\$\$", text, re.S)[1]
    rows = lines.split(" \\\\\n")
    assert len(rows) == len(model.system.order) + 1 + bool(model.refractory)
    parser = MathTextParser("path")
    for row in rows:
        assert row.count("{") == row.count("}")
        assert row.count(r"\left") - row.count(r"\leftarrow") == row.count(r"\right")
        parser.parse(f"${row.replace('&', '')}$")


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("I - g*(v - E)", r"I - g \, \left(v - E\right)"),
        ("a - (b - c)", r"a - \left(b - c\right)"),
        ("a - (b + c) + d", r"a - \left(b + c\right) + d"),
        ("(a + b)*c", r"\left(a + b\right) \, c"),
        ("a/b/c", r"\frac{a}{b \, c}"),
        ("a/(b/c)", r"\frac{a}{\frac{b}{c}}"),
        ("-(v + 40*mV)/(10*mV)", r"-\frac{v + 40\,\mathrm{mV}}{10\,\mathrm{mV}}"),
        ("(-w)**2", r"\left(-w\right)^{2}"),
        ("-w**2", "-w^{2}"),
        ("a - -w", r"a - \left(-w\right)"),
        ("a*-w", r"a \, \left(-w\right)"),
        ("(a*b)**c", r"\left(a \, b\right)^{c}"),
        ("(a**b)**c", r"\left(a^{b}\right)^{c}"),
        ("1e-5*a", r"1 \cdot 10^{-5} \, a"),
        ("2*3", r"2 \cdot 3"),
        ("not (a > b and c)", r"\neg \left(a > b \wedge c\right)"),
        ("a and (b or c)", r"a \wedge \left(b \vee c\right)"),
        ("int(a < b <= c)", r"\left[ a < b \leq c \right]"),
        ("abs(a)**2", r"\left| a \right|^{2}"),
        ("my_f(a_b, inf)", r"\operatorname{my\_f}\left(a_{b}, \infty\right)"),
        ("alpha_m*(1 - m)", r"\alpha_{m} \, \left(1 - m\right)"),
    ],
)
def test_expressions(text, right):
    assert latex_of(text) == right


def test_a_name_that_is_also_a_unit():
    assert latex_of("2*mV", frozenset({"mV"})) == r"2 \, mV"


def test_reset_threshold_and_refractoriness():
    text = AWKWARD._repr_latex_()
    assert r"v \leftarrow E,\; w \leftarrow w + 1" in text
    assert r"v > -50\,\mathrm{mV} \wedge hot &\Rightarrow" in text
    assert r"refractory\ for}\; 2\,\mathrm{ms}" in text
    assert text.count("unless") == 1
    assert r"refractory\ while}\; v > V_{spike}" in HODGKIN_HUXLEY._repr_latex_()


def test_ipython_shows_what_print_does():
    pretty = pytest.importorskip("IPython.lib.pretty").pretty
    assert pretty({"cell": AWKWARD}) == f"{{'cell': {AWKWARD}}}"


def test_html_has_the_names_of_functions_that_users_write():
    html = AWKWARD._repr_html_() + HODGKIN_HUXLEY._repr_html_()
    assert "smooth" not in html
    assert "int_" not in html
    assert "exprel" in html


def test_a_model_without_references_threshold_or_reset_has_no_empty_lines():
    text = str(
        NeuronModel(
            name="passive",
            equations="dv/dt = (E - v + R*I)/tau : volt",
            parameters={"E": -65 * mV, "R": 10 * Mohm, "tau": 10 * ms},
            input_unit=nA,
            initial={"v": "E"},
            dt=0.05 * ms,
        )
    )
    assert "References" not in text
    assert text.endswith("Spike: none is counted\nIntegration: rk4, dt = 0.05 ms")


@pytest.mark.parametrize("name", SHOWN)
def test_every_unit_in_which_tables_show_a_number_is_read_from_its_column(name):
    unit = eval(name, {**vars(allunits), **vars(stdunits)})
    read, text = split_column(column("I_x", unit))
    assert read == "I_x"
    assert text == unit_text(unit).replace("(", "").replace(")", "")


@pytest.mark.parametrize("name", ["g_K", "g_A", "E_K", "I_A", "m", "isi_cv", "C_S", "x_F"])
def test_an_index_is_no_unit(name):
    assert split_column(name) == (name, "")
