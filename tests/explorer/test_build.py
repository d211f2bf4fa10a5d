"""The page's file: models of other people, bifurcation diagrams, the command line."""

import numpy as np
import pandas as pd
import pytest
from brian2 import (
    cm,
    coulomb,
    joule,
    kelvin,
    meter,
    mM,
    mole,
    ms,
    mV,
    nA,
    nS,
    pA,
    pF,
    uA,
    um,
    volt,
)
from excitable.explorer import cycle_diagrams, explorer_html, write_explorer
from excitable.explorer.blocks import blocks_of
from excitable.explorer.cells import limit_of
from excitable.explorer.page import joined
from excitable.models import HODGKIN_HUXLEY, IZHIKEVICH_2007, LIF, ZOO, NeuronModel, Parameter
from excitable.protocols import Chirp, Constant, response

from excitable.commands import main
from excitable.errors import ExcitableError
from tests import user_models
from tests.explorer.test_agrees_with_brian2 import on_the_page, run_python, same_spikes

# Soma and exponential dendrite: neither's rest follows from the other's in closed form.
DENDRITE = NeuronModel(
    "my_dendrite", """
    dVs/dt = (-gL*(Vs - E) + gc*(Vd - Vs) + I)/C : volt
    dVd/dt = (-gL*(Vd - E) + n*gc*(Vs - Vd) + int(active)*gL*D*exp((Vd - Vt)/D))/C : volt
    n : integer
    active : boolean""",
    {"n": 1, "active": 1, "gL": 10 * nS, "E": -65 * mV, "gc": 20 * nS, "C": 200 * pF,
     "D": 2 * mV, "Vt": -45 * mV},
    pA, {"Vs": "E", "Vd": -60 * mV}, "Vs > -47*mV", reset="Vs = -60*mV; Vd -= 5*mV", dt=0.1 * ms,
)  # fmt: skip
# Units that Brian2 shows by symbols which it does not export, and parameters that are called so.
MEASURED = NeuronModel(
    "measured", "dv/dt = (E - v + R*T/(z*F)*log(out/ca) + k*d*I*Mohm/mV)/tau : volt",
    {"E": -65 * mV, "R": 8.314 * joule / kelvin / mole, "T": 300 * kelvin, "z": 2,
     "F": 96485 * coulomb / mole, "out": 2 * mM, "ca": 0.1 * mM, "k": 9 * volt / meter,
     "d": 100 * um, "tau": 10 * ms},
    nA, {"v": "E"},
)  # fmt: skip
OWN = {m.name: m for m in vars(user_models).values() if hasattr(m, "equations")}
OWN |= {model.name: model for model in (DENDRITE, MEASURED)}
# Input (in the model's unit) and duration (ms) under which each fires a few times.
FIRING = {
    "my_morris_lecar": (100, 150),
    "my_adex": (1000, 30),
    "my_wang_buzsaki": (2, 40),
    "my_fitzhugh_nagumo": (0.5, 60),
    "my_hindmarsh_rose": (3, 60),
    "my_pinsky_rinzel": (2.5, 16),
    "my_connor_stevens_ahp": (20, 20),
}


@pytest.fixture(scope="module")
def own_page(opened, tmp_path_factory):
    """A page with models of other people."""
    path = tmp_path_factory.mktemp("own") / "own.html"
    with opened(write_explorer(path, *OWN.values(), python="CELLS")) as page:
        yield page


@pytest.mark.parametrize("name", FIRING)
def test_models_of_other_people_agree_with_brian2(own_page, name):
    amount, duration = FIRING[name]
    edit = (
        f"const S = excitable.defaults('{name}'); S.duration = {duration}; S.dt *= 2;"
        f"S.blocks = [{{kind: 'step', amplitude: {amount}, onset: 2, offset: {duration}}}];"
        "S.start = 'initial'; return S;"
    )
    found = on_the_page(own_page, edit)
    text = found["text"].replace(
        "cell = CELLS", f"from tests.user_models import *\ncell = {name_of(name)}"
    )
    same_spikes(found, run_python(text).spikes["t_ms"])


def test_a_cell_whose_rest_the_page_does_not_find_starts_at_its_initial_values_in_both(own_page):
    edit = (
        "const S = excitable.defaults('my_dendrite'); S.duration = 30;"
        "S.blocks = [{kind: 'step', amplitude: 700, onset: 2, offset: 30}]; return S;"
    )
    found = on_the_page(own_page, edit)
    text = found["text"].replace(
        "cell = CELLS", f"from {__name__} import DENDRITE\ncell = DENDRITE"
    )
    same_spikes(found, run_python(text).spikes["t_ms"])
    assert found["v"][0] == pytest.approx(-65, abs=1e-9)


def test_values_in_any_unit_are_read_by_python(own_page):
    changed = {name: 1.5 * p.value for name, p in MEASURED.parameters.items()}
    text = own_page.evaluate(
        "values => excitable.pythonOf({...excitable.defaults('measured'), values})", changed
    )
    space = {"CELLS": MEASURED}
    exec(text.partition("stimulus =")[0], space)
    for name, value in space["cell"].values.items():  # in SI units
        assert float(value) == pytest.approx(1.5 * float(MEASURED.values[name]), rel=1e-12)


@pytest.mark.parametrize(
    ("name", "bad", "message"),
    [("n", "1.5", "Give a whole number."), ("active", "2", "Give 0 or 1.")],
)
def test_numbers_are_of_the_kind_that_the_equations_declare(own_page, name, bad, message):
    own_page.evaluate("excitable.set(excitable.defaults('my_dendrite')); excitable.now()")
    field = own_page.locator(f'#parameters .field[data-key="p.{name}"]')
    for text, said in ((bad, message), ("0", "")):
        field.locator("input[type=text]").fill(text)
        assert field.locator(".error").inner_text() == said


def name_of(model: str) -> str:
    return next(k for k, m in vars(user_models).items() if getattr(m, "name", "") == model)


def test_every_model_of_other_people_is_shown(own_page):
    for name in OWN:
        own_page.evaluate(
            "name => { excitable.set(excitable.defaults(name)); excitable.now(); }", name
        )
        assert own_page.locator("#parameters .field").count() == len(OWN[name].parameters)
        assert own_page.evaluate("excitable.result.found.diverged") is None
    # The published ones are there too.
    assert own_page.evaluate("Object.keys(excitable.data.cells)")[-1] == "izhikevich_2007_tc"


def test_equilibria_of_any_size_and_inputs_that_are_not_linear(opened, tmp_path):
    """A cubic in mV as pure numbers, two roots a hundredth apart; v = I**2 has no line v = I.

    Where dv/dt of a third cell changes sign at a pole is no equilibrium.
    """
    squared = NeuronModel("squared", "dv/dt = (I**2 - v)/tau : 1", {"tau": 9 * ms}, 1, {"v": 0})
    models = user_models.bistable(100, saddle=-0.6999), squared, user_models.with_pole()
    with opened(write_explorer(tmp_path / "page.html", *models)) as page:
        page.evaluate(
            "excitable.set({...excitable.defaults('bistable'), blocks: []}); excitable.now()"
        )
        found = page.evaluate("excitable.plane.points.map(({x, kind}) => [x[0], kind])")
        assert [kind for _, kind in found] == ["stableNode", "unstableNode", "stableNode"]
        assert [v for v, _ in found] == pytest.approx([-70, -69.99, 60], rel=1e-9)
        page.wait_for_function("() => excitable.curve?.branch?.length")
        for I, v in page.evaluate("excitable.curve.branch.map(({I, v}) => [I, v])"):
            cubic = (v + 70) * (v + 69.99) * (v - 60) / 100**2
            assert pytest.approx(cubic, rel=1e-9) == I
        page.evaluate("excitable.set(excitable.defaults('squared')); excitable.now()")
        page.wait_for_function("() => excitable.curve?.done")
        assert page.evaluate("excitable.curve.branch") is None
        page.evaluate(
            "excitable.set({...excitable.defaults('with_pole'), blocks: []}); excitable.now()"
        )
        found = page.evaluate("excitable.plane.points.map(({x}) => x[0])")
        assert found == pytest.approx([-0.06, -0.04], rel=1e-9)


def test_a_published_model_is_not_shown_twice():
    page = explorer_html(LIF)
    assert page.count('"lif":{') == 1
    assert '"first":"lif"' in page


def test_a_model_with_the_name_of_a_published_one_takes_its_place():
    tau = {"tau": 33 * ms}
    page = explorer_html(LIF.with_(**tau))
    assert page.count('"lif":{') == 1
    assert '"values":[33.0' in page


def test_diagrams_come_along():
    table = pd.DataFrame(
        {
            "I": [0.0, 1, 2],
            "v": [-65.0, -64, -63],
            "branch": [0, 0, 0],
            "stable": [True, True, False],
        }
    )
    page = explorer_html(diagrams={"hodgkin_huxley": table})
    diagram = '{"I":[0.0,1.0,2.0],"v":[-65.0,-64.0,-63.0],"stable":[1,1,0]}'
    assert f'"diagrams":{{"hodgkin_huxley":[{diagram}]}}' in page
    with pytest.raises(ValueError, match=r"needs the columns \['branch'\]"):
        explorer_html(diagrams={"hodgkin_huxley": table.drop(columns="branch")})
    with pytest.raises(ValueError, match="unknown model of a diagram 'hh'"):
        explorer_html(diagrams={"hh": table})


def test_diagrams_hold_the_extremes_of_firing():
    table = cycle_diagrams([HODGKIN_HUXLEY, LIF])["hodgkin_huxley"]
    stable = table[table["stable"]]
    out = response(HODGKIN_HUXLEY, Constant(20 * uA / cm**2), 100 * ms, dt=0.05 * ms,
                   record=("v",), backend="numpy")  # fmt: skip
    v = out.traces.loc[out.traces["t_ms"] > 60, "v_mV"]
    found = [np.interp(20, b["I"], b["v"]) for _, b in stable.groupby("branch")]
    assert found == pytest.approx([v.max(), v.min()], abs=0.5)
    # Repetitive firing begins at a fold of cycles, at 6.26 (Rinzel 1978, Fed. Proc. 37:2793).
    assert table["I"].min() == pytest.approx(6.26, abs=0.01)


def test_the_command_writes_the_page(tmp_path, capsys):
    file = tmp_path / "mine.py"
    file.write_text("from excitable.models import LIF\nCELL = LIF.with_(name='mine')\n")
    assert main(["explore", f"{file}:CELL", "--out", str(tmp_path), "--no-open"]) == 0
    text = (tmp_path / "explorer.html").read_text("utf-8")
    assert "wrote" in capsys.readouterr().out
    assert '"first":"mine"' in text
    assert 'mine.py:CELL\\")' in text
    assert main(["explore", "hogkin_huxley", "--no-open", "--out", str(tmp_path)]) == 2
    assert "did you mean 'hodgkin_huxley'" in capsys.readouterr().err


def test_what_has_no_block_is_refused():
    with pytest.raises(ValueError, match="no block for Chirp"):
        blocks_of(Chirp(1, 1 / ms, 2 / ms, offset=9 * ms), 1)


def test_modules_with_two_things_of_one_name_are_refused():
    use = 'import { x } from "./b.js";\n'
    twice = {
        "a": f"{use}const y = 1;\n",
        "b": "export const x = 1;\nconst y = 2;\n",
    }
    with pytest.raises(ExcitableError, match="two things of the name y"):
        joined("a", twice)
    text, order = joined("a", {**twice, "a": f"{use}const z = x;\n"})
    assert order == ["b", "a"]
    assert text.index("const x") < text.index("const z")


def test_limits_of_physics():
    for model in ZOO:
        for name, parameter in model.parameters.items():
            limit = limit_of(parameter)
            if name.startswith("g_"):
                assert limit == "not negative"
            if name.startswith(("C", "tau", "R")):
                assert limit == "above zero"
            # Whatever a model states obeys.
            assert min(parameter.value, *parameter.range) >= 0 or not limit
    assert limit_of(Parameter(0, ms)) == "not negative"
    assert limit_of(IZHIKEVICH_2007.parameters["b"]) == ""  # a slope in nS, -2 by default
