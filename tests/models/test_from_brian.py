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
    Network,
    NeuronGroup,
    PoissonGroup,
    SpikeMonitor,
    Synapses,
    TimedArray,
    amp,
    check_units,
    exp,
    kHz,
    linked_var,
    ms,
    mV,
    nA,
    prefs,
    second,
    volt,
)
from brian2.codegen.runtime.numpy_rt import NumpyCodeObject
from excitable.models import LIF, NeuronModel
from excitable.protocols import Constant, fi_curve, response
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


def test_a_part_of_a_group_says_what_the_whole_cannot():
    cells = differing()
    cells.v = [-60, -70] * mV
    found = NeuronModel.from_brian(cells[1:2])
    assert found.parameters["R"].quantity == 20 * Mohm
    assert found.initial == {"v": -70 * mV}
    fires_as_the_closed_form(NeuronModel.from_brian(cells[:1]))


def test_the_input_may_differ_between_cells():
    cells = group()
    cells.I = [1, 2] * nA
    assert NeuronModel.from_brian(cells).input == "I"


def with_more(declared, **more):
    """Return cells with a further current u."""
    text = f"dv/dt = (E_L - v + R*(I + u))/tau : volt\nI : amp\n{declared}"
    return NeuronGroup(2, text, threshold="v > V_th", reset="v = E_L", namespace=SPACE, **more)


def regularly(part=slice(None)):
    cells = group()
    cells[part].run_regularly("v -= 5*mV", dt=5 * ms)
    return cells


def with_event():
    cells = group(events={"low": "v > -55*mV"})
    cells.run_on_event("low", "v -= 5*mV")
    return cells


def linked(variable="w"):
    source = NeuronGroup(2, "dw/dt = -w/(20*ms) : amp\nhalf = w/2 : amp")
    cells = with_more("u : amp (linked)")
    cells.u = linked_var(source, variable)
    return cells, source


def summed():
    cells = with_more("u : amp")
    synapses = Synapses(cells, cells, "u_post = 1*nA : amp (summed)")
    synapses.connect()
    return cells, synapses


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: [regularly()], r"run_regularly\('v -= 5\*mV'\)"),
        (lambda: [regularly(slice(1))], r"run_regularly\('v -= 5\*mV'\)"),
        (lambda: [with_event()], r"'v -= 5\*mV' at its event 'low'"),
        (linked, "u is linked to a variable of another group"),
        (lambda: linked("half"), "u is linked to a variable of another group"),
        (summed, "u is summed over the synapses"),
        (lambda: [PoissonGroup(1, 1 * kHz)], "expected a cell's equations"),
        (lambda: [group()[:1]], "a group that is no more"),
    ],
)
def test_what_acts_on_a_group_and_is_in_no_model_is_refused(make, message):
    cells, *_ = make()
    with pytest.raises(ValueError, match=message):
        NeuronModel.from_brian(cells)


def test_a_condition_of_a_group_is_one_of_the_model():
    cells = NeuronGroup(1, f"{LEAKY}\nI : amp\nflag : boolean", namespace=SPACE,
                        **SPIKE | {"threshold": "v > V_th and flag"})  # fmt: skip
    cells.flag = True
    fires_as_the_closed_form(NeuronModel.from_brian(cells))
    cells.flag = False
    off = fi_curve(NeuronModel.from_brian(cells), [4] * nA, duration=50 * ms, backend="numpy")
    assert off["firing"].tolist() == ["silent"]


def switched_off():
    cells = group()
    cells.run_regularly("v -= 5*mV").active = False
    return cells


def plastic():
    cells = group()
    synapses = Synapses(cells, cells, "w : 1", on_post="w += 1")
    synapses.run_regularly("w *= 0.9", dt=10 * ms)
    return cells


@pytest.mark.parametrize(
    "make",
    [
        lambda: group(events={"low": "v > -55*mV"}),  # where nothing is executed
        switched_off,
        plastic,
        lambda: regularly(slice(1, 2)),  # which acts on the other cell
    ],
)
def test_what_does_nothing_to_a_cell_is_no_matter(make):
    cells = make()
    assert NeuronModel.from_brian(cells[:1]) == NeuronModel.from_brian(group())


@pytest.mark.parametrize("make", [linked, summed])
def test_a_variable_from_elsewhere_can_be_given_or_left_open(make):
    cells, *_ = make()
    given = NeuronModel.from_brian(cells, namespace={"u": 2 * nA})
    assert given.parameters["u"].quantity == 2 * nA
    assert NeuronModel.from_brian(cells, input="u").input == "u"


@check_units(v=volt, result=1)
def activation(v):
    return 1 / (1 + exp(-(v + 55 * mV) / (3 * mV)))


@pytest.mark.parametrize("start", ["script", "functions"])
def test_a_python_function_does_what_it_does_in_brian2(start):
    text = "dv/dt = (E_L - v + R*I + 5*mV*activation(v))/tau : volt"
    how = SPIKE | {"refractory": 1 * ms}
    space = SPACE | {"activation": activation}
    cells = NeuronGroup(1, f"{text}\nI : amp", **how, method="euler", dt=0.1 * ms, namespace=space,
                        codeobj_class=NumpyCodeObject)  # fmt: skip
    cells.v, cells.I = -65 * mV, 2 * nA
    if start == "script":
        model = NeuronModel.from_brian(cells)
    else:
        model = NeuronModel("sigmoid", text, SPACE, nA, {"v": -65 * mV}, method="euler",
                            dt=0.1 * ms, functions={"activation": activation}, **how)  # fmt: skip
    spikes = SpikeMonitor(cells, codeobj_class=NumpyCodeObject)
    Network(cells, spikes).run(50 * ms)
    assert len(spikes.t) == 4
    there = response(model, Constant(2 * nA), 50 * ms, start="initial", spikes="grid",
                     backend="numpy")  # fmt: skip
    assert there.spikes["t_ms"].to_numpy() == pytest.approx(spikes.t / ms)
