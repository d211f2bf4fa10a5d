"""Changed copies of a model are what one gets by writing the model so from the start."""

import pickle
import warnings

import numpy as np
import pytest
from brian2 import Mohm, ms, mV, nA, nS, pF
from excitable.dynamics import equilibria
from excitable.models import IZHIKEVICH, NeuronModel, Parameter, find_model

TEXT = "dv/dt = (E - v + R*I)/tau + g*(E - v)/tau : volt"
PARAMETERS = {"E": -65 * mV, "R": 10 * Mohm, "tau": 10 * ms, "g": 1.0}


def bare(**changes):
    """Return a model with all defaults."""
    fields = {
        "name": "bare",
        "equations": TEXT,
        "parameters": PARAMETERS,
        "input_unit": nA,
        "initial": {"v": "E"},
        "threshold": "v > -50*mV",
    }
    return NeuronModel(**(fields | changes))


WITHOUT_G = {k: v for k, v in PARAMETERS.items() if k != "g"}
NOISY = "dv/dt = (E - v + R*I)/tau + g*s*xi*tau**-0.5 : volt"
TWO = "dv/dt = (E - v + R*I - u*R)/tau + g*0*volt/second : volt\ndu/dt = -u/tau : amp"


@pytest.mark.parametrize(
    ("changes", "written"),
    [
        ({"E": -60 * mV}, {"parameters": PARAMETERS | {"E": -60 * mV}}),
        ({"g": 0.5}, {"parameters": PARAMETERS | {"g": 0.5}}),  # a pure number
        ({"method": "euler", "dt": 0.01 * ms}, {"method": "euler", "dt": 0.01 * ms}),
        ({"name": "other"}, {"name": "other"}),
        ({"title": "Other"}, {"title": "Other"}),
        ({"threshold": "v > -40*mV"}, {"threshold": "v > -40*mV"}),
        ({"threshold": None}, {"threshold": ""}),
        ({"reset": "v = E"}, {"reset": "v = E"}),
        ({"reset": "v = E", "refractory": 2 * ms}, {"reset": "v = E", "refractory": 2 * ms}),
        ({"input_range": (0, 1)}, {"input_range": (0, 1)}),
        ({"initial": {"v": -70 * mV}}, {"initial": {"v": -70 * mV}}),
        (
            {"equations": "dv/dt = (E - v + R*I)/tau : volt"},
            {"equations": "dv/dt = (E - v + R*I)/tau : volt", "parameters": WITHOUT_G},
        ),
        (
            {"equations": NOISY, "parameters": {"s": 1 * mV}},
            {"equations": NOISY, "parameters": PARAMETERS | {"s": 1 * mV}},
        ),
        (
            {"equations": TWO, "initial": {"u": 0 * nA}},
            {"equations": TWO, "initial": {"v": "E", "u": 0 * nA}},
        ),
    ],
)
def test_a_changed_model_is_the_model_written_so(changes, written):
    assert bare().with_(**changes) == bare(**written)
    assert pickle.loads(pickle.dumps(bare())).with_(**changes) == bare(**written)


def test_what_was_given_stays():
    given = {"title": "Leaky", "method": "rk2", "dt": 0.05 * ms, "input_range": (0, 5)}
    changed = bare(**given).with_(threshold="v > -20*mV", reset="v = E", name="other")
    kept = (changed.input_range, changed.method, float(changed.dt), changed.title)
    assert kept == ((0, 5), "rk2", pytest.approx(5e-5), "Leaky")
    assert changed.with_(input_range=None).input_range != (0, 5)  # None: the default


def test_a_variable_that_goes_takes_its_initial_value_along():
    two = bare(equations=TWO, initial={"v": "E", "u": 0 * nA})
    assert two.with_(equations=TEXT) == bare()


def test_a_parameter_with_the_name_of_a_field_is_the_parameter():
    text = "dv/dt = (title - v + R*I)/tau : volt"
    own = {"title": -65 * mV, "R": 10 * Mohm, "tau": 10 * ms}
    odd = bare(equations=text, parameters=own, initial={"v": "title"})
    changed = odd.with_(title=-60 * mV)
    assert (changed.values["title"], changed.title) == (pytest.approx(-0.06), "bare")


def test_a_parameter_can_be_described_anew():
    changed = bare().with_(E=Parameter(-60, mV, "rest"))
    assert changed.parameters["E"].meaning == "rest"


def test_pure_numbers_beside_units():
    changed = IZHIKEVICH.with_(k_u=0.5, initial={"u": 0 * mV / ms})
    assert changed.values["k_u"] == 0.5
    assert changed.initial["v"] == IZHIKEVICH.initial["v"]
    with pytest.raises(ValueError, match=r"parameter a: expected 1/ms.*multiply by its unit"):
        IZHIKEVICH.with_(a=0.1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"thresold": ""}, "did you mean 'threshold'.* of the model itself: .*dt"),
        ({"v": -60 * mV}, r"state variable of bare.*initial=\{'v'"),
        ({"I": 1 * nA}, "is the input of bare"),
        ({"threshold": -50 * mV}, "threshold: expected text"),
        ({"method": "rk5"}, "unknown method 'rk5'"),
        ({"dt": 3}, "dt: expected ms"),
        ({"equations": TEXT + " + ="}, "cannot read the equations"),
        ({"equations": TEXT.replace("g*", "k*")}, r"give \['k'\] in parameters"),
        ({"parameters": {"z": 3}}, r"\['z'\] are used nowhere"),
        ({"initial": {"w": 3}}, "'w'"),
    ],
)
def test_changes_that_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        bare().with_(**changes)


def test_an_input_without_effect_at_the_beginning_has_the_range_of_one_of_unknown_scale():
    """No input holds the membrane at t = 0: nothing is divided by zero, and the range is finite."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        model = NeuronModel(
            name="rising", equations="dv/dt = (E_L - v + R*I*tanh(t/(10*ms)))/tau : volt",
            parameters={"E_L": -65 * mV, "R": 10 * Mohm, "tau": 10 * ms}, input_unit=nA,
            initial={"v": -70 * mV}, threshold="v > -50*mV", reset="v = -65*mV",
        )  # fmt: skip
    assert model.input_range == (0, 1)


@pytest.mark.parametrize("name", ["fitzhugh_nagumo", "morris_lecar", "wang_buzsaki"])
def test_the_default_range_reaches_the_threshold(name):
    """Somewhere in it rest is lost: FitzHugh-Nagumo's from 0.33, where its Hopf bifurcation is."""
    model = find_model(name)
    low, high = model.with_(input_range=None).input_range
    currents = np.linspace(low, high, 13) * model.input_unit
    assert equilibria(model, currents[0])["stable"].any()
    assert not all(equilibria(model, I)["stable"].any() for I in currents)


@pytest.mark.parametrize("place", ["v_s", "v_d"])
def test_the_default_range_reaches_a_threshold_in_another_compartment(place):
    """To hold one of two at -50 mV, 20 mV above the other: 3*20 mV*(10 + 20) nS is near 2 nA."""
    model = NeuronModel(
        "two",
        """
        dv_s/dt = (g*(E - v_s) + g_c*(v_d - v_s) + I)/C : volt
        dv_d/dt = (g*(E - v_d) + g_c*(v_s - v_d))/C : volt""",
        {"g": 10 * nS, "g_c": 20 * nS, "E": -70 * mV, "C": 100 * pF}, nA,
        {"v_s": "E", "v_d": "E"}, f"{place} > -50*mV",
    )  # fmt: skip
    assert (model.membrane, model.input_range) == ("v_s", (0, 2))
