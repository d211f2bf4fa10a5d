"""What every model must satisfy, and every variant."""

import copy
import pickle

import numpy as np
import pytest
from brian2 import Equations, Network, ms, prefs
from excitable.dynamics import equilibria, rest
from excitable.models import PATTERNS, ZOO
from excitable.models.grouping import describe
from excitable.models.initial import initial_state
from excitable.models.text.symbolic import function
from excitable.models.units import base_unit
from excitable.protocols.stimuli import Constant
from excitable.simulation import has_compiler, simulate
from excitable.simulation.backends import Backend, preferences
from excitable.simulation.run import starting_state

VARIANTS = [variant for model in ZOO for variant in model.variants.values()]
MODELS = {model.name: model for model in [*ZOO, *VARIANTS, *PATTERNS.values()]}

# Models that share their text are one Brian2 group: what is compiled is tested once for each text.
FAMILIES: dict[tuple, list] = {}
for _model in MODELS.values():
    _key = (_model.equations, _model.threshold, _model.reset, tuple(_model.parameters))
    FAMILIES.setdefault(_key, []).append(_model)

# No equilibrium without input that is stable: a perfect square in QIF; the last two patterns of
# Izhikevich 2004 are held at rest by their input. In pattern R u has no decay: see below.
WITHOUT_REST = {"qif", "izhikevich_pattern_S", "izhikevich_pattern_T"}
CONDUCTANCE = [model for model in ZOO if "m" in model.initial]

every_model = pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))
every_text = pytest.mark.parametrize(
    "members", FAMILIES.values(), ids=[family[0].name for family in FAMILIES.values()]
)


def slopes(model, state):
    """Return the right-hand sides without input, each in its variable's unit per ms."""
    numbers = {**model.values, model.input: 0.0, **state}
    found = function(numbers, list(model.symbolic.rhs.values()))(*numbers.values())
    units = [float(model.unit_of(name)) for name in model.symbolic.rhs]
    return [float(np.ravel(x)[0]) / unit * 1e-3 for x, unit in zip(found, units, strict=True)]


def test_all_cells_of_the_papers_are_there():
    assert len(MODELS) == 8 + 7 + 6 + 20
    assert list(PATTERNS) == list("ABCDEFGHIJKLMNOPQRST")
    assert [list(model.variants) for model in ZOO[-2:]] == [
        ["RS", "IB", "CH", "FS", "LTS", "TC", "RZ"],
        ["RS", "IB", "CH", "LTS", "FS", "TC"],
    ]


@every_model
def test_documents_itself(model):
    assert model.references
    assert all(reference.strip() for reference in model.references)
    for name, parameter in model.parameters.items():
        assert parameter.meaning, name
        assert parameter.range is not None, name
        low, high = parameter.range
        assert low <= parameter.value <= high, name
        assert low < high, name
    low, high = model.input_range
    assert low < high


@every_model
def test_leaves_only_the_input_open(model):
    symbols = {s.name for rhs in model.symbolic.rhs.values() for s in rhs.free_symbols}
    assert symbols - {*model.parameters, *model.symbolic.rhs} == {model.input}


@every_model
def test_shows_itself(model):
    shown = str(model)
    for name in [*model.parameters, *model.references, *Equations(model.equations).names]:
        assert name in shown
    assert model._repr_latex_().count(r"\frac{d ") >= len(model.symbolic.rhs)
    html = model._repr_html_()
    assert html.count("<math") == len(Equations(model.equations).names)
    assert html.count("<tr>") == 1 + len(model.parameters)
    assert all(parameter.meaning in html for parameter in model.parameters.values())


@every_model
def test_is_a_value(model):
    assert pickle.loads(pickle.dumps(model)) == model
    assert copy.deepcopy(model) == model
    with pytest.raises(AttributeError):
        model.name = "other"


@every_model
def test_with_changes_one_parameter_and_back(model):
    for name, parameter in model.parameters.items():
        value = parameter.value + 0.123456789 * (parameter.range[1] - parameter.range[0])
        changed = model.with_(**{name: value * parameter.unit})
        assert changed.parameters[name].value == pytest.approx(value, rel=1e-12)
        assert changed != model
        assert changed.with_(**{name: parameter.quantity}) == model
        assert model.parameters[name] is parameter


@every_model
def test_rest_is_at_rest(model):
    found = rest(model, {}, 1)
    if model.name in WITHOUT_REST:
        assert all(np.isnan(x).all() for x in found.values())
        assert not any(equilibria(model).get("stable", []))
        return
    state = starting_state(model, describe(model, 1), "rest")
    assert slopes(model, state) == pytest.approx([0] * len(state), abs=1e-9)


@pytest.mark.parametrize("model", CONDUCTANCE, ids=lambda model: model.name)
def test_initial_state_of_conductance_models_is_their_rest(model):
    # The potential is a literal with 7 decimals in mV; the gates follow from it.
    first = initial_state(model, {})
    resting = rest(model, {}, 1)
    assert float(first["v"]) * 1e3 == pytest.approx(float(resting["v"][0]) * 1e3, abs=5.1e-8)
    for name in set(first) - {"v"}:
        assert float(first[name]) == pytest.approx(float(resting[name][0]), abs=1e-8)


@every_text
def test_units_agree_when_brian2_checks_them(members):
    with preferences(Backend("numpy")):
        for stimulus in (None, Constant(0 * members[0].input_unit)):
            cells = members[0].group(2, stimulus, method="euler")
            Network(cells).run(0 * ms, namespace={})


def run_family(members, backend, spikes):
    """Run all members of a family as one group, each from its initial state."""
    unit = members[0].input_unit
    states = [initial_state(model, {}) for model in members]
    return simulate(
        members[0],
        Constant(members[0].input_range[1] * unit),
        len(members),
        (10 if "m" in members[0].initial else 40) * ms,  # numpy takes 10 ms a step there
        vary={
            name: np.array([m.parameters[name].value for m in members]) * p.unit
            for name, p in members[0].parameters.items()
            if len(members) > 1
        },
        start={
            name: np.array([float(state[name]) for state in states])
            * (members[0].unit_of(name) / float(members[0].unit_of(name)))
            for name in states[0]
        },
        backend=backend,
        spikes=spikes,
    )


def slow_if(condition):
    return [pytest.mark.slow] if condition else []


@pytest.mark.parametrize(
    ("members", "backend", "spikes"),
    [
        pytest.param(family, *how, id="-".join((family[0].name, *how)),
                     marks=slow_if(how[0] == "cython" and family[0] not in ZOO))
        for family in FAMILIES.values()
        for how in (("cython", "grid"), ("cpp_standalone", "located"))
    ],
)  # fmt: skip
def test_same_spikes_on_every_backend(members, backend, spikes, monkeypatch):
    if backend == "cython":  # whose modules take most of the time, and run for a moment
        monkeypatch.setitem(prefs, "codegen.cpp.extra_compile_args_gcc", ["-w", "-O0"])
    slow = run_family(members, "numpy", spikes)
    assert len(slow.spike_ms) > 0
    assert slow.backend == "numpy"
    if not has_compiler():
        pytest.skip("no C++ compiler")
    fast = run_family(members, backend, spikes)
    assert fast.spike_neuron.tolist() == slow.spike_neuron.tolist()
    # On the grid, the same step. Located: libraries differ in the last bit of exp, which the
    # cells amplify; 1 us is 1/25 of a step.
    tolerance = 1e-9 if spikes == "grid" else 1e-6
    np.testing.assert_allclose(fast.spike_ms, slow.spike_ms, atol=tolerance, rtol=0)


@every_model
def test_input_unit_and_variables_have_units_for_tables(model):
    assert base_unit(model.input_unit)
    for name in [*model.symbolic.rhs, *model.symbolic.named, *model.parameters, model.input]:
        assert float(model.unit_of(name)) > 0
