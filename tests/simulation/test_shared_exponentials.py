"""Exponentials that are powers of one another: which are shared, and that no number changes."""

import math
import re

import brian2
import numpy as np
import pytest
from brian2 import ms
from excitable.models import CONNOR_STEVENS, CONNOR_STEVENS_1977, HODGKIN_HUXLEY, TRAUB_MILES
from excitable.models.text.functions import smooth_exprel, smooth_exprel_of
from excitable.protocols.stimuli import Constant
from excitable.simulation import has_compiler, methods, simulate
from excitable.simulation.methods.runge_kutta import RightHandSides, right_hand_sides
from excitable.simulation.methods.shared_exponentials import share_exponentials
from hypothesis import given
from hypothesis import strategies as st

MODELS = {m.name: m for m in (HODGKIN_HUXLEY, TRAUB_MILES, CONNOR_STEVENS, CONNOR_STEVENS_1977)}
# Where an exprel's argument is 0, in mV.
SINGULAR = {
    "hodgkin_huxley": [-40, -55],
    "traub_miles": [-50, -23, -48],
    "connor_stevens": [-29.7, -45.7],
    "connor_stevens_1977": [-29.7, -45.7],
}
FUNCTIONS = {"exp": np.exp, "smooth_exprel": smooth_exprel, "smooth_exprel_of": smooth_exprel_of}
UNITS = {"mV": 1e-3, "ms": 1e-3}


def shared(*texts, parameters=()):
    """Return the texts as they are rewritten, where `v` and `w` are state variables."""
    named = {f"r{k}": text for k, text in enumerate(texts)}
    return share_exponentials(RightHandSides(named, {"v": "r0", "w": "r0"}), parameters).named


def exponentials(parts):
    """Return how often parts call an exponential function."""
    return len(re.findall(r"\b(?:exp|smooth_exprel)\(", " ".join(parts.named.values())))


def values(parts, names, known):
    """Evaluate named parts in their order."""
    found = {**known, **FUNCTIONS, **UNITS}
    for name, text in parts.named.items():
        if not name.startswith("I"):
            found[name] = eval(text, found)
    return [found[name] for name in names]


@pytest.mark.parametrize(
    ("model", "before", "after"),
    [
        (HODGKIN_HUXLEY, 6, 2),  # 1/80 and 1/18 per mV
        (TRAUB_MILES, 6, 3),  # 1/40, 1/18 and 1/4 per mV
        (CONNOR_STEVENS, 11, 7),  # .0125, and six that are no multiples
        (CONNOR_STEVENS_1977, 11, 7),
    ],
)
def test_as_few_exponentials_as_the_slopes_allow(model, before, after):
    parts = right_hand_sides(model.system)
    assert exponentials(parts) == before
    assert exponentials(share_exponentials(parts)) == after


@pytest.mark.parametrize("name", MODELS)
def test_rates_are_the_same_to_rounding(name):
    model = MODELS[name]
    parts = right_hand_sides(model.system)
    rates = [x for x in parts.named if not x.startswith("I")]
    near = np.add.outer(SINGULAR[name], np.r_[0, np.geomspace(1e-12, 1, 40)]).ravel()
    known = {"v": np.r_[np.linspace(-200, 200, 4001), near] * 1e-3} | model.values
    before = values(parts, rates, known)
    after = values(share_exponentials(parts), rates, known)
    for rate, exact, found in zip(rates, before, after, strict=True):
        # An exprel whose argument is just above 0.05 loses a digit and a half of sixteen.
        np.testing.assert_allclose(found, exact, rtol=2e-13, atol=0, err_msg=rate)


def test_equal_slopes_share_and_the_base_is_the_text_itself():
    assert shared("exp(-(v + 40*mV)/(10*mV))", "2*exp(-0.1*(v + 50*mV)/mV)") == {
        "exp_v_1": "exp(-(v + 40 * mV) / (10 * mV))",
        "r0": "exp_v_1",
        "r1": f"2 * ({math.exp(-1)!r} * exp_v_1)",
    }


def test_slopes_without_a_multiple_among_them_share_their_common_divisor():
    parts = shared("exp(v/(2*mV))", "exp(v/(3*mV))")
    assert parts["exp_v_1"] == "exp((v / (3 * mV))/2)"
    assert parts["r0"] == "exp_v_1_3"
    assert parts["r1"] == "exp_v_1_2"


def test_opposite_slopes_share_by_a_division():
    parts = shared("exp(v/(5*mV))", "exp(-(v - 5*mV)/(5*mV))")
    assert parts["r1"] == f"{math.e!r} * exp_v_1_under_1"
    assert parts["exp_v_1_under_1"] == "1/exp_v_1"


@pytest.mark.parametrize(
    "texts",
    [
        ("exp(v/(10*mV))", "exp(v/k)"),  # a parameter as slope
        ("exp(v/(10*mV))", "exp(w)"),  # another variable
        ("exp(v/(10*mV))", "exp(v/(10*mV) + w)"),  # two variables
        ("exp(v/(10*mV))", "exp((v - E)/(10*mV))"),  # shifted by a parameter
        ("exp(v/(10*mV))", "exp(v**2/(10*mV)**2)"),
        ("exp(v/(10*mV))", "exp(v/(90*mV))"),  # the ninth power
        ("exp(v/(10*mV))", "exp(v/(10.000000001*mV))"),
        ("exp(v/(10*mV))", "exp(r0/(10*mV))"),  # of a part that varies
        ("exp(v/(10*mV))", "exp((v + 401*mV)/(10*mV))"),  # a factor exp(40.1)
        ("exp(v/(10*mV)) + mV*(v + 2)", "exp(sin(v))"),
    ],
)
def test_left_alone(texts):
    assert list(shared(*texts).values()) == list(texts)


def test_parameters_that_shift_the_variable_alike_share():
    parts = shared("exp((v - E)/(10*mV))", "exp((5*mV - E + v)/(5*mV))")
    assert parts["r1"] == f"{math.e!r} * exp_v_1_2"


def test_parameter_with_the_name_of_a_unit_is_no_unit():
    texts = ("exp(v/mM)", "exp(v/(2*mM))")
    assert exponentials(RightHandSides(shared(*texts), {})) == 1
    assert list(shared(*texts, parameters=["mM"]).values()) == list(texts)


def test_names_that_the_text_has_are_not_taken():
    assert "shared_exp_v_1" in shared("exp_v_1*exp(v/mV)", "exp(v/mV)")


@given(
    slopes=st.lists(st.integers(-12, 12).filter(bool), min_size=1, max_size=6),
    offsets=st.lists(st.integers(-15, 15), min_size=6, max_size=6),
    v=st.floats(-0.05, 0.05),
)
def test_any_set_of_slopes_keeps_its_values(slopes, offsets, v):
    texts = [f"exp({a}*v/(20*mV) + {b})" for a, b in zip(slopes, offsets, strict=False)]
    parts = RightHandSides({f"r{k}": text for k, text in enumerate(texts)}, {"v": "r0"})
    rewritten = share_exponentials(parts)
    assert exponentials(rewritten) <= len(set(slopes))
    exact = values(parts, parts.named, {"v": v})
    np.testing.assert_allclose(values(rewritten, parts.named, {"v": v}), exact, rtol=1e-13)


def trajectories(model, backend):
    """Return traces of cells that start at many voltages, the singular ones among them."""
    v = np.r_[SINGULAR[model.name], -75, -60, -20, 40] * brian2.mV
    gates = {x: np.full(len(v), 0.3) for x in model.symbolic.rhs if x != "v"}
    return simulate(
        model, Constant(0 * model.input_unit), len(v), 4 * ms, start={"v": v, **gates},
        record=("v", *gates), backend=backend, method="rk4", spikes="grid",
    ).traces  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_trajectories_are_the_same_to_rounding(name, monkeypatch):
    after = trajectories(MODELS[name], "numpy")
    monkeypatch.setattr(methods, "economical", right_hand_sides)
    before = trajectories(MODELS[name], "numpy")
    for x, trace in after.items():
        assert np.isfinite(trace).all()
        np.testing.assert_allclose(trace, before[x], rtol=1e-12, atol=1e-14, err_msg=x)


@pytest.mark.skipif(not has_compiler(), reason="needs a C++ compiler")
@pytest.mark.parametrize("name", ["hodgkin_huxley", "traub_miles"])
def test_compiled_trajectories_agree_at_singular_voltages(name):
    compiled = trajectories(MODELS[name], "cpp_standalone")
    for x, trace in trajectories(MODELS[name], "numpy").items():
        np.testing.assert_allclose(compiled[x], trace, rtol=1e-11, atol=1e-13, err_msg=x)
