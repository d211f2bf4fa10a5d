"""A script's cell as a model fires as it does in the script; what cannot be known is asked for."""

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from brian2 import (
    Equations,
    Mohm,
    NeuronGroup,
    TimedArray,
    amp,
    ms,
    mV,
    nA,
    prefs,
    second,
)
from excitable.models import LIF, NeuronModel
from excitable.protocols import fi_curve
from excitable.simulation import has_compiler

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "brian2.rst"
LEAKY = "dv/dt = (E_L - v + R*I)/tau : volt (unless refractory)"
SPACE = {"E_L": -65 * mV, "R": 10 * Mohm, "tau": 10 * ms, "V_th": -50 * mV}
SPIKE = {"threshold": "v > V_th", "reset": "v = E_L", "refractory": 5 * ms}


def test_the_page_runs():
    target = prefs.codegen.target
    try:
        failed, tried = doctest.testfile(
            str(PAGE), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE
        )
    finally:
        prefs.codegen.target = target
    assert (failed, tried > 50) == (0, True)


@pytest.mark.slow
@pytest.mark.skipif(not has_compiler(), reason="needs a C++ compiler")
def test_the_pages_standalone_script(tmp_path):
    (block,) = re.findall(r"code-block:: python\n\n((?:   .*\n|\n)+)", PAGE.read_text())
    (tmp_path / "script.py").write_text(re.sub("^   ", "", block, flags=re.M))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, text=True, capture_output=True, env=environment
    )
    assert done.stdout.strip().endswith("True"), done.stderr


def fires_as_the_closed_form(model):
    """tau*ln(R I/(R I - 15 mV)) and 5 ms of refractory period."""
    table = fi_curve(model, [1, 2, 4] * nA, duration=300 * ms, discard=50 * ms, backend="numpy")
    above = 1e3 / (5 + 10 * np.log(np.array([20, 40]) / (np.array([20, 40]) - 15)))
    assert table["rate_Hz"].tolist() == pytest.approx([0, *above], rel=1e-5)


def test_text_with_a_namespace():
    model = NeuronModel.from_brian(LEAKY + "\nI : amp", **SPIKE, namespace=SPACE, name="mine")
    assert (model.name, model.input, str(model.input_unit)) == ("mine", "I", "nA")
    assert model.initial == {"v": 0 * mV}
    fires_as_the_closed_form(model)


def test_names_of_the_place_where_it_is_called():
    E_L, R, tau, V_th = SPACE.values()
    found = NeuronModel.from_brian(Equations(LEAKY), **SPIKE, input_unit=nA)
    kept = {k: p.quantity for k, p in found.parameters.items()}
    assert kept == {"E_L": E_L, "R": R, "tau": tau, "V_th": V_th}
    fires_as_the_closed_form(found)


def group(n=2, **more):
    text = f"{LEAKY}\nI : amp\nR : ohm (constant)"
    space = {k: v for k, v in SPACE.items() if k != "R"}
    cells = NeuronGroup(n, text, **SPIKE, method="rk4", dt=0.05 * ms, namespace=space, **more)
    cells.v, cells.R, cells.I = -65 * mV, 10 * Mohm, 1 * nA
    return cells


def test_a_group():
    model = NeuronModel.from_brian(group())
    assert (model.method, float(model.dt / ms)) == ("rk4", pytest.approx(0.05))
    assert model.initial["v"] == -65 * mV
    assert model.refractory == "0.005*second"
    fires_as_the_closed_form(model)


def test_there_and_back():
    cells = NeuronGroup(1, **LIF.brian_kwargs())
    LIF.initialise(cells)
    again = NeuronModel.from_brian(cells, name="lif", title=LIF.title)
    for name, p in LIF.parameters.items():
        assert again.parameters[name].quantity == p.quantity
    assert again.initial["v"] == -65 * mV


def test_a_constant_that_drives_the_cell_in_the_script_is_left_open():
    text = LEAKY.replace("I", "I_ext")
    found = NeuronModel.from_brian(text, **SPIKE, namespace=SPACE | {"I_ext": 2 * nA},
                                   input="I_ext")  # fmt: skip
    assert (found.input, "I_ext" in found.parameters) == ("I_ext", False)


def differing():
    cells = group()
    cells.R = [10, 20] * Mohm
    return cells


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: NeuronModel.from_brian(LEAKY, namespace={}), "which name is the input"),
        (lambda: NeuronModel.from_brian(LEAKY, **SPIKE, namespace=SPACE), "the unit of the input"),
        (lambda: NeuronModel.from_brian(LEAKY, **SPIKE, namespace=SPACE, input="J"), "'J' is not"),
        (lambda: NeuronModel.from_brian(
            f"{LEAKY}\nI : amp\nb : amp", **SPIKE, namespace=SPACE, input="I"), "b is declared"),
        (lambda: NeuronModel.from_brian(
            LEAKY.replace("I", "stim(t)"), **SPIKE,
            namespace=SPACE | {"stim": TimedArray([1] * amp, dt=1 * second)}), "as Recorded"),
        (lambda: NeuronModel.from_brian(differing()), "R differs between the cells"),
    ],
)  # fmt: skip
def test_what_cannot_be_known_is_asked_for(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_one_value_for_what_differs():
    model = NeuronModel.from_brian(differing(), namespace={"R": 10 * Mohm})
    fires_as_the_closed_form(model)
