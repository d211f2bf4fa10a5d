"""What a `NeuronModel` refuses, and what it gives to Brian2."""

import pickle

import numpy as np
import pytest
from brian2 import (
    Mohm,
    Network,
    NeuronGroup,
    Unit,
    check_units,
    cm,
    get_dimensions,
    ms,
    mV,
    nA,
    uA,
    volt,
)
from excitable.models import CONNOR_STEVENS, LIF, QIF, TRAUB_MILES, ZOO, NeuronModel, Parameter
from excitable.models.checks import unit_text
from excitable.protocols import Expression
from excitable.simulation.backends import Backend, preferences


def model(**changes):
    """Return a leaky membrane, changed."""
    fields = {
        "name": "leaky",
        "title": "Leaky membrane",
        "equations": "dv/dt = (E - v + R*I)/tau : volt",
        "parameters": {
            "E": Parameter(-65, mV, "rest"),
            "R": Parameter(10, Mohm, "resistance"),
            "tau": Parameter(10, ms, "time constant"),
        },
        "input_unit": nA,
        "input_range": (0, 5),
        "initial": {"v": "E"},
        "threshold": "v > -50*mV",
        "reset": "v = E",
        "method": "rk4",
        "dt": 0.05 * ms,
    }
    return NeuronModel(**(fields | changes))


NAMED = "dv/dt = (E - v + R*I + n)/tau : volt\n"


def with_parameter(name, parameter):
    return {**model().parameters, name: parameter}


def test_a_reset_behind_the_threshold_is_no_title():
    fields = ("name", "equations", "parameters", "input_unit", "initial", "threshold", "reset")
    with pytest.raises(TypeError, match="takes from 6 to 7 positional arguments but 8 were given"):
        NeuronModel(*(getattr(model(), name) for name in fields))


def test_a_consistent_model_is_accepted():
    assert model().membrane == "v"
    assert model().values == pytest.approx({"E": -0.065, "R": 1e7, "tau": 0.01})


@pytest.mark.parametrize("threshold", ["v > -50*mV", "high"])
def test_of_two_compartments_that_the_input_reaches_the_spiking_one_is_the_membrane(threshold):
    both = """
        du/dt = (E - u + 0.5*(v - u) + R*I)/tau : volt
        dv/dt = (E - v + 0.5*(u - v) + R*I)/tau : volt
        high = v > -50*mV : boolean"""
    assert model(equations=both, initial={"u": "E", "v": "E"}, threshold=threshold).membrane == "v"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"equations": "dv/dt = (E - v + R*I)/tau + wild : volt"}, r"open: \['I', 'wild'\]"),
        ({"equations": "dv/dt = (E - v)/tau + R*0*nA/tau : volt"}, r"input 'I' open.*nothing"),
        ({"parameters": with_parameter("g", Parameter(1, ms, "?"))}, r"\['g'\] are used nowhere"),
        ({"parameters": with_parameter("v", Parameter(1, mV, "?"))}, r"\['v'\].*variable"),
        *(
            (
                {"parameters": with_parameter(x, Parameter(1, ms, "?"))},
                f"parameter '{x}': is a name of Python",
            )
            for x in ("open", "max", "set")
        ),
        ({"initial": {}}, r"no initial value for \['v'\]"),
        ({"initial": {"v": "E", "w": 0}}, "'w'"),
        ({"initial": {"v": 3 * ms}}, "initial v.*expected V.*got s"),
        ({"initial": {"v": "tau"}}, "initial v = tau.*expected V.*got s"),
        ({"equations": "dv/dt = (E - v + R*I)/tau*tau : volt"}, "dv/dt.*expected V/s.*got V"),
        ({"equations": "dv/dt = (E - v + I)/tau + R*I/tau : volt"}, "dv/dt"),
        ({"input_unit": uA / cm**2}, "dv/dt"),
        ({"reset": "v = tau"}, "reset of v = tau.*expected V.*got s"),
        ({"threshold": "v > tau"}, "threshold = v > tau"),
        ({"equations": "dv/dt = = : volt"}, "cannot read the equations"),
        (
            {"equations": "dv/dt = (E - v + R*I_stim)/tau : volt"},
            r"open: \['I_stim'\]; name what drives the cell with input=.*input='I_stim'",
        ),
        ({"input_unit": None}, "input_unit: expected a unit such as nA.*got None"),
        ({"input_unit": 2 * nA}, "input_unit: expected a unit"),
        ({"input_range": (5, 0)}, r"input_range: expected two numbers in nA, the lower first"),
        ({"input_range": (0, np.inf)}, "input_range: expected two numbers"),
        ({"input_range": (0 * nA, 5 * nA)}, "input_range: expected two numbers in nA"),
        ({"input_range": 5}, "input_range: expected two numbers"),
        ({"parameters": None}, "parameters: expected a dict of names, got None"),
        ({"initial": None}, "initial: expected a dict of names, got None"),
        ({"functions": 3}, "functions: expected a dict of names, got 3"),
        ({"variants": ["a"]}, "variants: expected a dict"),
        ({"references": "Lapicque 1907"}, "references: expected a tuple of texts"),
        ({"name": "leaky cell!"}, "cell!': .*for people to read go into title"),
        ({"name": "../leaky"}, "expected a letter"),
        ({"equations": NAMED + "n = randn()*mV : volt"}, "n = .*behind the unit"),
        ({"equations": "dv/dt = (E - v + R*I*(rand() - rand()))/tau : volt"}, r"rand\(\) 2 times"),
        ({"reset": "v = E + mV*(rand() - rand())"}, r"calls rand\(\) 2 times"),
        ({"initial": {"v": "poisson(3)*mV"}}, "draws another value"),
        ({"threshold": "v > -50*mV and R"}, "R is a number, which is compared"),
        ({"refractory": "not R/Mohm"}, "R / Mohm is a number, which is compared"),
        ({"threshold": "tau > 1*ms"}, "holds always or never, for nothing in it moves"),
        ({"threshold": "0*mV < v < E"}, r"write '\(0 \* mV < v and v < E\)'"),
        ({"reset": "v = E + (v > E)*mV"}, r"\(v > E\) \* mV: .* write 'int\(v > E\)'"),
        ({"reset": "v = E*int(E < v < E)"}, r"write '\(E < v and v < E\)'"),
        ({"refractory": "v > 2*ms or E < v < E"}, r"write '\(E < v and v < E\)'"),
        ({"initial": {"v": "E*int(E < E < E)"}}, r"write '\(E < E and E < E\)'"),
        ({"parameters": with_parameter("tau", Parameter(-10, ms))}, "tau: .*above zero.*-10 ms"),
        ({"parameters": with_parameter("tau", Parameter(0, ms))}, "tau: .*above zero"),
    ],
)
def test_inconsistent_models_are_refused(changes, message):
    with pytest.raises(ValueError, match=r"(?s)leaky.*" + message):
        model(**changes)


@pytest.mark.parametrize("wrap", [str, Expression])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nA*int(0*ms < t <= 5*ms)", r"write '\(0 \* ms < t and t <= 5 \* ms\)'"),
        ("nA*(t > 5*ms)", r"write 'int\(t > 5 \* ms\)'"),
    ],
)
def test_a_condition_in_an_input_that_is_no_number_is_refused(text, message, wrap):
    with pytest.raises(ValueError, match=rf"leaky.*{message}"):
        model().group(1, wrap(text))


@pytest.mark.parametrize("function", [lambda v: 0, check_units(v=volt)(lambda v: 0), 3])
def test_a_function_says_its_units(function):
    with pytest.raises(ValueError, match=r"function 'f': expected .* says all its units"):
        model(equations="dv/dt = (E - v + R*I + f(v))/tau : volt", functions={"f": function})


def test_random_numbers_want_a_method_that_takes_one_a_step():
    text = "dv/dt = (E - v + R*I + mV*randn())/tau : volt"
    with pytest.raises(ValueError, match="method 'rk4' cannot integrate random numbers; use one"):
        model(equations=text)


def test_an_input_without_unit_may_be_called_1():
    """A file for XPPAUT, for one, wants to know of what dimension the input is."""
    text = {"equations": "dx/dt = (drive - x)/ms : 1", "parameters": {}, "initial": {"x": 0}}
    cell = model(**text, input="drive", input_unit=1, threshold="x > 1", reset="")
    assert isinstance(cell.input_unit, Unit)
    assert "x'=drive - x" in cell.to_ode()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"g_a": 0 * uA}, "unknown parameter 'g_a'; did you mean 'g_A'"),
        ({"E_l": 0 * mV}, "did you mean 'E_L'"),
        ({"V_spik": 0 * mV}, "did you mean 'V_spike'"),
        ({"E_L": 3 * ms}, "parameter E_L: expected mV, got .* with s"),
        ({"E_L": -67.8}, r"parameter E_L: expected mV.*multiply by its unit, e.g. E_L=-67.8\*mV"),
        ({"E_L": np.nan * mV}, "parameter E_L.*NaN"),
        ({"E_L": np.inf * mV}, "parameter E_L.*infinite"),
        ({"E_L": [-60, -70] * mV}, "parameter E_L: expected one value"),
        ({"E_L": "high"}, "parameter E_L: expected a quantity in mV, got 'high'"),
    ],
)
def test_with_refuses(changes, message):
    with pytest.raises(ValueError, match=message):
        CONNOR_STEVENS.with_(**changes)


def test_with_keeps_small_values():
    # In siemens/cm2 the leak is a small number: no digit of it may be rounded away.
    unit = TRAUB_MILES.parameters["g_L"].unit
    changed = TRAUB_MILES.with_(g_L=5.123456789123e-5 * unit)
    assert changed.parameters["g_L"].value == pytest.approx(5.123456789123e-5, rel=1e-13)


def test_with_gives_back_the_number_that_was_typed():
    assert CONNOR_STEVENS.with_(E_L=-67.8 * mV).parameters["E_L"].value == -67.8
    assert CONNOR_STEVENS.with_(E_L=-0.0678 * volt).parameters["E_L"].value == -67.8


def test_brian_kwargs_work_in_a_foreign_script():
    with preferences(Backend("numpy")):
        cells = NeuronGroup(3, **CONNOR_STEVENS.brian_kwargs(I="10*uA/cm**2"))
        CONNOR_STEVENS.initialise(cells)
        before = np.array(cells.v[:] / mV)
        Network(cells).run(1 * ms, namespace={})
    assert before == pytest.approx([-67.9781172] * 3)
    # 10 uA/cm2 on 1 uF/cm2 charge the membrane by at most 10 mV in 1 ms.
    assert np.all(np.array(cells.v[:] / mV) > -67)
    assert np.all(np.array(cells.v[:] / mV) < -57)


def test_brian_kwargs_leave_the_input_open():
    cells = NeuronGroup(2, **LIF.brian_kwargs())
    cells.I = [0, 2] * nA
    cells.v = -65 * mV
    with preferences(Backend("numpy")):
        Network(cells).run(5 * ms, namespace={})
    expected = [-65, -45 - 20 * np.exp(-0.5)]
    assert np.array(cells.v[:] / mV) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"J": 1 * nA}, "'J'"),
        ({"I": 1 * mV}, "input I: expected nA"),
        ({"I": "2*mV"}, "(?s)input I = 2.mV.*expected A.*got V"),
    ],
)
def test_brian_kwargs_check_the_input(given, message):
    with pytest.raises(ValueError, match=message):
        LIF.brian_kwargs(**given)


def test_group_takes_parameters_that_differ():
    cells = LIF.group(2, 0 * nA, vary={"E_L": [-60, -70] * mV})
    Network(cells)
    assert np.array(cells.v[:] / mV) == pytest.approx([-60, -70])  # initial v is E_L


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "n: expected a whole number of at least 1"),
        ({"n": 1.5}, "n: expected a whole number"),
        ({"vary": {"E": [1, 2] * mV}}, "unknown parameter 'E'"),
        ({"vary": {"E_L": [1, 2, 3] * mV}}, "expected 2 values, one per neuron"),
        ({"vary": {"E_L": [1, 2] * ms}}, "parameter E_L: expected mV"),
        ({"method": "rk5"}, "unknown method 'rk5'"),
        ({"dt": 0 * ms}, "dt: must be above zero"),
        ({"dt": 1 * mV}, "dt: expected ms"),
    ],
)
def test_group_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        LIF.group(**({"n": 2, "stimulus": 1 * nA} | arguments))


def test_group_refuses_what_is_no_stimulus():
    with pytest.raises(ValueError, match="expected a Stimulus such as Constant or Step"):
        LIF.group(2, [1, 2])


def test_units_of_variables():
    units = {x: CONNOR_STEVENS.unit_of(x) for x in ("v", "m", "I_A", "I", "g_A")}
    assert units["v"] is mV
    assert units["I_A"] == units["I"] == uA / cm**2
    assert units["m"] == QIF.unit_of("v") == Unit(1)
    assert TRAUB_MILES.unit_of("I_Na") == nA
    with pytest.raises(ValueError, match="unknown variable 'I_a'; did you mean 'I_A'"):
        CONNOR_STEVENS.unit_of("I_a")


def test_parameters_are_quantities():
    quantity = Parameter(47.7, mV, "?").quantity
    assert get_dimensions(quantity) is get_dimensions(volt)
    assert float(quantity) == pytest.approx(0.0477)


@pytest.mark.parametrize("model", ZOO, ids=lambda m: m.name)
def test_a_pickled_model_keeps_its_units(model):
    """Brian2 pickles a unit to a quantity without a name: nA would come back as A."""
    again = pickle.loads(pickle.dumps(model))
    assert again == model
    pairs = [(model.input_unit, again.input_unit)]
    pairs += [(p.unit, again.parameters[name].unit) for name, p in model.parameters.items()]
    for unit, found in pairs:
        assert isinstance(found, Unit)
        assert (unit_text(found), float(found)) == (unit_text(unit), float(unit))
