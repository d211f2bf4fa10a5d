"""TimedArrays in equation text: what a step sees of their values, against sums of exponentials."""

import numpy as np
import pytest
from brian2 import Mohm, NeuronGroup, TimedArray, defaultclock, ms, mV, nA, run
from excitable.protocols import Constant, Network, Population
from excitable.simulation import reference, simulate

from tests.user_models import leaky_cell

TEXT = "dv/dt = (E - v + R*(I + {}))/tau : volt"
QUIET = {
    "parameters": {"E": -65 * mV, "tau": 10 * ms, "R": 10 * Mohm},
    "threshold": "v > 0*mV",
    "reset": "v = E",
}
VALUES = np.random.default_rng(1).uniform(0, 1, 5000)


def cell(call="wave(t)", values=VALUES, length=5):
    return leaky_cell(
        **QUIET,
        equations=TEXT.format(call),
        functions={"wave": TimedArray(values * nA, dt=length * ms)},
    )


def potential(t, values, length):
    """Return the potential in mV of a cell of 10 ms and 10 Mohm, from -65 mV on, by closed form."""
    edges = length * np.arange(len(values) + 1)
    decay = np.exp(-np.clip(t - edges, 0, None) / 10)
    return -65 + 10 * np.sum(values * np.diff(decay))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_refused(value):
    with pytest.raises(ValueError, match="TimedArray wave: 1 of 3 values are NaN or infinite"):
        cell(values=np.array([0, value, 1]))


@pytest.mark.parametrize(
    ("length", "error"),
    [(5, 1e-8), (0.05, 1e-8), (5.013, 2e-4), (0.061, 1e-3), (0.02, 1e-3)],
)
def test_a_step_sees_the_mean_of_its_values(length, error):
    """On the grid exactly; off it a step forgets where inside it the charge came.

    That is at most R*(1 nA)*(dt/tau)**2/2, 0.125 microvolt, for each step with a jump.
    """
    model = cell(length=length)
    found = simulate(
        model, Constant(0 * nA), 1, 10 * ms, record=("v",), start="initial", backend="numpy"
    ).traces["v"][0]
    right = [potential(t, VALUES, length) for t in 0.05 * np.arange(200)]
    np.testing.assert_allclose(found * 1e3, right, rtol=0, atol=error)


def test_the_reference_meets_every_jump():
    t = np.array([5.013, 17, 30])
    found = reference(
        cell(length=5.013), Constant(0 * nA), 30 * ms, record=("v",), start="initial", t_eval=t * ms
    ).traces["v"][0]
    right = [potential(x, VALUES, 5.013) for x in t]
    np.testing.assert_allclose(found * 1e3, right, rtol=0, atol=1e-8)


def test_a_network_and_a_script_see_the_same():
    model, right = cell(), potential(30, VALUES, 5)
    net = Network([Population("cells", model, 1, drive=Constant(0 * nA), start="initial")])
    traces = net.run(30.05 * ms, record=["v"], cells=[0], seed=1, backend="numpy").traces
    assert traces["v_mV"].iloc[-1] == pytest.approx(right, abs=1e-8)
    defaultclock.dt = 0.05 * ms
    group = NeuronGroup(1, **model.brian_kwargs(I=0 * nA))
    model.initialise(group)
    run(30 * ms)
    assert float(group.v[0] / mV) == pytest.approx(right, abs=1e-8)


def test_an_input_of_each_neuron_that_is_a_timed_array_is_met_too():
    model, values = leaky_cell(**QUIET), np.stack([VALUES, VALUES[::-1]], axis=1)
    group = NeuronGroup(2, **model.brian_kwargs(I=TimedArray(values * nA, dt=5 * ms)))
    model.initialise(group)
    run(30 * ms)
    right = [potential(30, column, 5) for column in values.T]
    np.testing.assert_allclose(np.asarray(group.v) * 1e3, right, rtol=0, atol=1e-8)


def test_another_time_than_t_is_warned_of():
    with pytest.warns(UserWarning, match=r"wave\(t - 2 \* ms\) is looked up at another time"):
        simulate(cell("wave(t - 2*ms)"), Constant(0 * nA), 1, 1 * ms, start="initial",
                 backend="numpy")  # fmt: skip


def test_too_many_values_for_a_step_are_refused():
    with pytest.raises(ValueError, match=r"TimedArray wave last 0.001 ms.*50 of them"):
        simulate(cell(length=0.001), Constant(0 * nA), 1, 1 * ms, start="initial")


@pytest.mark.parametrize("backend", ["numpy", "scipy"])
@pytest.mark.parametrize("length", [5, 5.013])
@pytest.mark.parametrize(
    ("threshold", "named"),
    [
        ("v > -50*mV + wave(t)", ""),
        ("v > th", "th = -50*mV + wave(t) : volt"),
        ("v > th + wave(t)/2", "th = -50*mV + wave(t)/2 : volt"),
        ("v - wave(t) > -50*mV and v < 0*mV", ""),
    ],
)
def test_a_spike_condition_meets_the_jumps(threshold, named, length, backend):
    """From -70 mV towards -45 mV: above -65 mV after `length`, and again each 10 ln(5/4) ms."""
    model = leaky_cell(
        equations=f"dv/dt = (E - v + R*I)/tau : volt\n{named}",
        parameters={"E": -70 * mV, "tau": 10 * ms, "R": 100 * Mohm},
        threshold=threshold,
        reset="v = E",
        functions={"wave": TimedArray([0, -15, 0] * mV, dt=length * ms)},
    )
    found = simulate(model, Constant(0.25 * nA), 1, 15 * ms, start="initial", backend=backend)
    right = length + 10 * np.log(5 / 4) * np.arange(3)
    np.testing.assert_allclose(found.spike_ms, right, rtol=0, atol=1e-7)
