"""XPPAUT files, read back by XPPAUT's own code (`xpplab`), against formulas and the reference."""

import numpy as np
import pytest
from brian2 import Function, Mohm, cm, mV, ms, nA, second, uA
from excitable.models import (
    CONNOR_STEVENS,
    HODGKIN_HUXLEY,
    IZHIKEVICH,
    IZHIKEVICH_2007,
    LIF,
    ZOO,
    NeuronModel,
    grouping,
)
from excitable.models.printers.c_like import CannotPrint
from excitable.models.printers.xpp import short_names
from excitable.protocols import OrnsteinUhlenbeck, Step, WhiteNoise
from excitable.simulation import reference

from excitable.__main__ import main as excitable

xpplab = pytest.importorskip("xpplab", reason="needs xpplab, XPPAUT's code as a package")

CELLS = [cell for top in ZOO for cell in (top, *top.variants.values())]
MOVING_THRESHOLD = NeuronModel(
    name="moving_threshold",
    equations="""
        dv/dt = (E_L - v + R*I)/tau : volt (unless refractory)
        dtheta/dt = (theta_0 - theta)/tau_theta : volt
    """,
    parameters={
        "E_L": -65 * mV, "R": 10 * Mohm, "tau": 10 * ms, "theta_0": -55 * mV,
        "tau_theta": 20 * ms, "jump": 5 * mV, "V_reset": -60 * mV, "t_ref": 3 * ms,
    },
    input_unit=nA,
    initial={"v": "E_L", "theta": "theta_0"},
    threshold="v > theta",
    reset="v = V_reset; theta += jump",
    refractory="t_ref",
)  # fmt: skip


def load(text):
    return xpplab.Model.from_text(text)


def numbers(model, state):
    return [state[x] / float(model.unit_of(x)) for x in model.system.rhs]


def spike_ms(model, sol, level=None):
    """Return when a run fired: crossings of a level, or the samples before a reset."""
    t, v = sol.t, sol[model.membrane]
    if level is None:
        return t[np.flatnonzero(np.diff(v) < -3)]
    k = np.flatnonzero((v[:-1] <= level) & (v[1:] > level))
    return t[k] + (level - v[k]) / (v[k + 1] - v[k]) * (t[k + 1] - t[k])


@pytest.mark.parametrize("model", CELLS, ids=lambda m: m.name)
def test_slopes_in_the_units_of_the_file(model):
    rng = np.random.default_rng(1)
    given = 3 * model.input_unit
    read, system = load(model.to_ode(I=given)), model.system
    start = grouping.initial_state(model, {})
    for _ in range(5):
        state = {
            x: float(np.ravel(start[x])[0])
            + rng.normal() * (20 if x == model.membrane else 0.3) * float(model.unit_of(x))
            for x in system.rhs
        }
        known = {**model.values, "I": float(given), **state, "t": 0.0}
        right = np.array(system.function(list(known), list(system.slopes().values()))(*known.values()))
        right *= 1e-3 / np.array([float(model.unit_of(x)) for x in system.rhs])
        waiting = [-1000.0] * (len(read.rhs()) - len(right))
        got = read.rhs([*numbers(model, state), *waiting])[: len(right)]
        np.testing.assert_allclose(got, right, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(
    ("model", "given"),
    [(HODGKIN_HUXLEY, 10 * uA / cm**2), (CONNOR_STEVENS, 20 * uA / cm**2)],
    ids=["hodgkin_huxley", "connor_stevens"],
)
def test_spikes_of_conductance_models(model, given):
    right = reference(model, given, 200 * ms, start="initial").spike_ms
    read = load(model.to_ode(I=given, duration=200 * ms, dt=0.0125 * ms))
    got = spike_ms(model, read.run(), model.parameters["V_spike"].value)
    assert len(right) > 10
    np.testing.assert_allclose(got, right, atol=5e-4)  # samples in single precision


@pytest.mark.parametrize(
    ("model", "given"),
    [
        (LIF, 2 * nA),
        (LIF.with_(t_ref=3 * ms), 2 * nA),
        (IZHIKEVICH, 10 * mV / ms),
        (IZHIKEVICH_2007, 100 * IZHIKEVICH_2007.input_unit),
        (MOVING_THRESHOLD, 3 * nA),
        (MOVING_THRESHOLD.with_(jump=0.1 * mV, V_reset=-54 * mV), 3 * nA),  # above theta at once
    ],
    ids=["lif", "lif_refractory", "izhikevich", "izhikevich_2007", "moving", "released_above"],
)
def test_spikes_with_resets(model, given):
    """A spike shows at the last sample before the reset: at most one step too early, ever."""
    right = reference(model, given, 200 * ms, start="initial").spike_ms
    read = load(model.to_ode(I=given, duration=200 * ms, dt=0.0125 * ms))
    sol = read.run()
    if "refr" in sol.columns:  # jumps up at every spike
        left = sol["refr"]
        got = sol.t[np.flatnonzero(np.diff(left) > 1)]
    else:
        got = spike_ms(model, sol)
    assert len(right) >= 4
    assert len(got) == len(right)
    late = right - got
    assert late.min() > -2e-3
    assert late.max() < 0.0125 + 2e-3


def test_period_of_lif_closed_form():
    read = load(LIF.with_(t_ref=3 * ms).to_ode(I=2 * nA, duration=1000 * ms, dt=0.02 * ms))
    times = spike_ms(LIF, read.run())
    period = 10 * np.log(20 / 5) + 3
    assert np.mean(np.diff(times)) == pytest.approx(period, abs=0.02 / len(times) + 1e-4)


@pytest.mark.parametrize("model", [HODGKIN_HUXLEY, CONNOR_STEVENS], ids=lambda m: m.name)
def test_equilibrium_has_no_slope_and_right_stability(model):
    found = load(model.to_ode()).equilibrium()
    state = dict(zip(model.system.rhs, found.state, strict=True)) if hasattr(found, "state") else found
    known = {**model.values, "I": 0.0, "t": 0.0}
    known |= {x: state[x] * float(model.unit_of(x)) for x in model.system.rhs}
    slopes = model.system.function(list(known), list(model.system.slopes().values()))(*known.values())
    assert max(abs(np.array(slopes)) * 1e-3 / [float(model.unit_of(x)) for x in model.system.rhs]) < 1e-7
