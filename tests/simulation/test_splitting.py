"""Splitting methods: their order, their agreement on all backends, and what they refuse."""

import numpy as np
import pytest
from brian2 import cm, ms, mV, nA, uA
from excitable.models import CONNOR_STEVENS, HODGKIN_HUXLEY, IZHIKEVICH, LIF, TRAUB_MILES
from excitable.models.text.numeric import function
from excitable.protocols.stimuli import Constant
from excitable.simulation import DivergenceError, has_compiler, reference, simulate
from excitable.simulation.methods.runge_kutta import RightHandSides
from excitable.simulation.methods.splitting import membrane_of, slope, split_step

needs_compiler = pytest.mark.skipif(not has_compiler(), reason="needs a C++ compiler")
ORDERS = {"strang": 2, "exponential_strang": 2, "extrapolated_strang": 4}
PULSE = Constant(20 * uA / cm**2)


def check_order(model, method):
    duration, steps = 20 * ms, np.array([0.05, 0.025, 0.0125])
    every = {"record": ("v",), "record_dt": 0.5 * ms}
    found = []
    for dt in steps:
        run = simulate(model, PULSE, 1, duration, method=method, dt=dt * ms,
                       backend="cpp_standalone", **every)  # fmt: skip
        if not found:
            exact = reference(model, PULSE, duration, record=("v",), t_eval=run.t_ms * ms)
        found.append(np.sqrt(np.mean((run.traces["v"] - exact.traces["v"]) ** 2)))
    assert len(exact.spike_ms) >= 2
    assert np.polyfit(np.log(steps), np.log(found), 1)[0] == pytest.approx(ORDERS[method], abs=0.4)


@needs_compiler
@pytest.mark.parametrize("method", ["strang", "extrapolated_strang"])
def test_squid_potential_converges_with_the_order_of_the_method(method):
    check_order(HODGKIN_HUXLEY, method)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "method"),
    [(HODGKIN_HUXLEY, "exponential_strang"), *((CONNOR_STEVENS, name) for name in ORDERS)],
)
def test_potential_converges_with_the_order_of_the_method(model, method):
    check_order(model, method)


@pytest.mark.slow
@needs_compiler
def test_all_backends_agree():
    how = {"method": "extrapolated_strang", "dt": 0.1 * ms, "record": ("v",)}
    trains = [
        simulate(HODGKIN_HUXLEY, PULSE, 1, 15 * ms, record_dt=0.5 * ms, backend=backend, **how)
        for backend in ("numpy", "cython", "cpp_standalone")
    ]
    assert len(trains[0].spike_ms) == 2
    for other in trains[1:]:
        assert other.spike_ms == pytest.approx(trains[0].spike_ms, abs=1e-9)


@needs_compiler
def test_stable_where_runge_kutta_is_not():
    # Runge-Kutta methods of order four need dt below .09 ms here.
    run = simulate(
        HODGKIN_HUXLEY, PULSE, 1, 100 * ms, method="extrapolated_strang", dt=0.2 * ms,
        record=("v",), record_dt=0.4 * ms, backend="cpp_standalone",
    )  # fmt: skip
    exact = reference(HODGKIN_HUXLEY, PULSE, 100 * ms, rtol=1e-8, atol=1e-10).spike_ms
    assert np.diff(run.spike_ms) == pytest.approx(np.diff(exact), rel=2e-3)


def test_step_of_a_leaky_membrane_is_in_closed_form():
    # One exponential step of tau dv/dt = E_L - v + R I is exact, with two half steps too.
    run = simulate(
        LIF, Constant(1 * nA), 1, 5 * ms, record=("v",), method="exponential_strang", dt=1 * ms,
        start="rest", backend="numpy",
    )  # fmt: skip
    v = LIF.values
    exact = v["E_L"] + v["R"] * 1e-9 * (1 - np.exp(-run.t_ms / 1e3 / v["tau"]))
    assert run.traces["v"][0] == pytest.approx(exact, abs=1e-14)


def value_of(text, parts, **values):
    """Evaluate an expression at some values; spelling does not count."""
    return function(list(values), [text], parts.named)(*values.values())[0]


def test_slopes_and_membrane_follow_from_the_text():
    named = {"alpha": "2*v"}
    parts = RightHandSides(named, {"v": "(I - g*x*v)/C", "x": "alpha*(1 - x) - 3*x"})
    at = {"v": 0.3, "x": 0.7, "g": 1.9, "C": 2.3, "I": 0.4}
    assert membrane_of(parts) == "v"
    assert value_of(slope(parts, "v"), parts, **at) == pytest.approx(-1.9 * 0.7 / 2.3)
    assert value_of(slope(parts, "x"), parts, **at) == pytest.approx(-2 * 0.3 - 3)


def test_a_slope_asks_nothing_of_the_rates_of_other_variables():
    """A shared exponential in a rate has no derivative, and the membrane's slope needs none."""
    named = {"alpha": "smooth_exprel_of(v, exp(v))"}
    parts = RightHandSides(named, {"v": "(I - g*x*v)/C", "x": "alpha*(1 - x) - x"})
    at = {"v": 0.3, "x": 0.7, "g": 1.9, "C": 2.3, "I": 0.4}
    assert value_of(slope(parts, "v"), parts, **at) == pytest.approx(-1.9 * 0.7 / 2.3)
    assert value_of(slope(parts, "x"), parts, **at) == pytest.approx(-np.expm1(0.3) / 0.3 - 1)


def test_equations_that_do_not_split_are_refused_before_anything_is_compiled():
    with pytest.raises(ValueError, match="dv/dt is not linear in v; use method='rk4'"):
        simulate(IZHIKEVICH, Constant(1 * mV / ms), 1, 1 * ms, method="strang")
    chain = RightHandSides({}, {"v": "-v", "x": "-x*y*v", "y": "-y*x*v"})
    with pytest.raises(ValueError, match="membrane potential"):
        split_step(chain, "strang")


def test_spike_that_cannot_be_located_is_an_error_and_no_number():
    # Located spikes go back over the step by Runge-Kutta steps, which have a limit.
    amplitudes = np.linspace(8, 50, 43) * uA / cm**2
    with pytest.raises(DivergenceError, match=r"could not be located.*smaller dt"):
        simulate(
            CONNOR_STEVENS, Constant(amplitudes), 43, 30 * ms, method="extrapolated_strang",
            dt=0.3 * ms, backend="numpy",
        )  # fmt: skip


def test_plain_groups_take_brian2_methods_only():
    with pytest.raises(ValueError, match="not one of Brian2's"):
        TRAUB_MILES.group(1, method="strang")
