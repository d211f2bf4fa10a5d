"""How spike times converge with the step: fourth order where resets are located, first on the grid.

Each ladder halves the step and fits the order to the largest error of all spike times, against a
closed form or the reference solution.
"""

import numpy as np
import pytest
from brian2 import Hz, ms, mV, nA, pA
from excitable.models import IZHIKEVICH, IZHIKEVICH_2007, LIF, QIF
from excitable.models.neuron_model import NeuronModel
from excitable.protocols.stimuli import Constant, Sine
from excitable.simulation import reference, simulate

DURATION = 100 * ms


def errors(model, stimulus, exact, steps, spikes, start="initial"):
    """Return the largest error of the spike times, in ms, for every step."""
    found = []
    for dt in steps:
        run = simulate(model, stimulus, 1, DURATION, dt=dt * ms, spikes=spikes, start=start)
        assert len(run.spike_ms) == len(exact)
        found.append(np.abs(run.spike_ms - exact).max())
    return np.array(found)


def order(steps, errors):
    return np.polyfit(np.log(steps), np.log(errors), 1)[0]


LOCATED = {
    "lif": (LIF.with_(t_ref=3 * ms, V_reset=-60 * mV), Constant(2 * nA), [2, 1, 0.5, 0.25]),
    "lif_sine": (LIF, Sine(3 * nA, 25 * Hz, mean=1.5 * nA), [1, 0.5, 0.25, 0.125]),
    "qif": (QIF, Constant(1), [0.25, 0.125, 0.0625, 0.03125]),
    # Above 0.067 ms the upstroke runs away within a step and is carried to the peak otherwise.
    "izhikevich": (IZHIKEVICH, Constant(14 * mV / ms), [0.0625, 0.03125, 0.015625]),
    "izhikevich_2007_fs": (
        IZHIKEVICH_2007.variants["FS"],
        Constant(300 * pA),
        [2**-5, 2**-6, 2**-7, 2**-8],
    ),
}


@pytest.mark.parametrize("name", LOCATED)
def test_located_resets_keep_the_order_of_the_method(name):
    model, stimulus, steps = LOCATED[name]
    exact = reference(model, stimulus, DURATION, start="initial").spike_ms
    found = errors(model, stimulus, exact, steps, "located")
    assert order(steps, found) >= 3
    assert found[-1] < 1e-4


def test_grid_resets_are_of_first_order():
    # Steps of which the interval holds 20.5, 40.5, ...: each interval is half a step too long.
    interval = 10 * np.log(4)
    steps = interval / (np.array([20, 40, 80, 160]) + 0.5)
    found = []
    for dt in steps:
        run = simulate(LIF, Constant(2 * nA), 1, DURATION, dt=dt * ms, spikes="grid")
        found.append(np.diff(run.spike_ms) - interval)
        assert found[-1] == pytest.approx(dt / 2, rel=1e-3)
    assert order(steps, [np.max(e) for e in found]) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("t_ref", [0, 1.25, 1.3])
@pytest.mark.parametrize("held", ["", "(unless refractory)"])
def test_a_crossing_on_the_grid_costs_no_step(held, t_ref):
    """A perfect integrator: rounding decides to which of two steps its crossings belong."""
    cell = NeuronModel(
        name="integrator",
        equations=f"dv/dt = I/tau : 1 {held}",
        parameters={"tau": 10 * ms, "t_ref": t_ref * ms},
        initial={"v": 0},
        input_unit=1,
        threshold="v > 1",
        reset="v = 0",
        refractory="t_ref",
        dt=0.125 * ms,
    )
    intervals = np.arange(2, 20, 0.125)  # ms: 16 steps, 17, ...
    run = simulate(
        cell, Constant(10 / intervals), len(intervals), 60 * ms, start="initial", backend="numpy"
    )
    for k, interval in enumerate(intervals + (t_ref if held else 0)):
        found = np.diff(run.spike_ms[run.spike_neuron == k])
        assert found == pytest.approx(np.full(len(found), interval), rel=1e-9)
