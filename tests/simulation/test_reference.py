"""The reference solution against closed forms and published numbers."""

import numpy as np
import pytest
from brian2 import Hz, Unit, cm, ms, msiemens, mV, nA, pA, uA
from excitable.models import (
    CONNOR_STEVENS,
    HODGKIN_HUXLEY,
    IZHIKEVICH_2007,
    LIF,
    QIF,
    TRAUB_MILES,
    NeuronModel,
)
from excitable.protocols.stimuli import (
    Constant,
    OrnsteinUhlenbeck,
    Pulses,
    Recorded,
    Sine,
    Step,
    WhiteNoise,
)
from excitable.simulation import DivergenceError, reference, simulate

from excitable.errors import UnresolvedError
from tests.user_models import rounding_cell


def test_lif_with_refractory_period_and_reset():
    found = reference(
        LIF, Constant(2 * nA), 100 * ms, vary={"t_ref": 3.3 * ms, "V_reset": -60 * mV}
    )
    first, interval = 10 * np.log(20 / 5), 3.3 + 10 * np.log(15 / 5)
    assert found.spike_ms == pytest.approx(first + interval * np.arange(7), rel=1e-10)
    assert (found.method, found.backend, found.n) == ("DOP853", "scipy", 1)


@pytest.mark.parametrize("backend", ["numpy", "scipy"])
def test_parts_of_numbers_in_rest_slopes_and_reset(backend):
    """Rest is at E + 3.3 mV, the reset at E - 3 mV."""
    found = simulate(rounding_cell(), Constant(2 * nA), 1, 30 * ms, backend=backend)
    first, interval = 10 * np.log(20 / 8.3), 10 * np.log(26.3 / 8.3)
    assert found.spike_ms == pytest.approx(first + interval * np.arange(2), rel=1e-8)


def test_lif_at_rheobase_never_fires():
    assert len(reference(LIF, Constant(1.5 * nA), 500 * ms).spike_ms) == 0


def test_qif():
    found = reference(QIF, Constant(1), 100 * ms)
    assert 1000 / np.diff(found.spike_ms) == pytest.approx([33.9875327] * 2, abs=6e-8)
    assert np.diff(found.spike_ms) == pytest.approx([20 * np.arctan(10)] * 2, rel=1e-10)


def test_input_jumps_are_met_exactly():
    step = Step(2 * nA, onset=12.3456 * ms, offset=20.0001 * ms)
    t = np.array([0, 12, 12.3456, 15, 20.0001, 30])
    found = reference(LIF, step, 30 * ms, record=("v", "I"), t_eval=t * ms)
    on, off = 12.3456, 20.0001
    top = 20 * (1 - np.exp(-(off - on) / 10))
    v = np.where(t < off, 20 * (1 - np.exp(-np.clip(t - on, 0, None) / 10)),
                 top * np.exp(-(t - off) / 10))  # fmt: skip
    assert found.traces["v"][0] * 1e3 == pytest.approx(-65 + v, abs=1e-9)
    assert found.traces["I"][0] * 1e9 == pytest.approx([0, 0, 2, 2, 0, 0])


def test_sine_against_the_closed_form_below_threshold():
    # tau v' = -v + R I0 sin(w t), a = w tau:
    # v = R I0/(1 + a**2) (sin(w t) - a cos(w t) + a exp(-t/tau))
    found = reference(LIF, Sine(1 * nA, 40 * Hz), 60 * ms, record=("v",), t_eval=np.arange(61) * ms)
    t, a = np.arange(61.0), 2 * np.pi * 0.04 * 10
    angle = 2 * np.pi * 0.04 * t
    v = 10 / (1 + a**2) * (np.sin(angle) - a * np.cos(angle) + a * np.exp(-t / 10))
    assert found.traces["v"][0] * 1e3 == pytest.approx(-65 + v, abs=1e-8)


def swinging(period, top):
    """Return a cell whose x is sin(2*pi*t/period), and fires where it passes `top`."""
    equations = "dx/dt = I*w*cos(w*t) : 1"
    return NeuronModel(
        "swinging", equations, {"w": 2 * np.pi / (period * ms)}, Unit(1), {"x": 0}, f"x > {top!r}"
    )


@pytest.mark.parametrize("period", [3.1, 7.3, 19.7])
@pytest.mark.parametrize("depth", [1e-1, 1e-3, 1e-5, 1e-7])
def test_crossings_that_are_undone_soon(depth, period):
    """Steps of up to 1 ms; x is above the threshold for period*sqrt(2*depth)/pi, wherever."""
    found = reference(swinging(period, 1 - depth), Constant(1), 100 * ms, start="initial")
    first = np.arcsin(1 - depth) / (2 * np.pi) * period
    expected = np.arange(first, 100, period)
    assert len(found.spike_ms) == len(expected)
    # What the solution is off by, up to 1e-9, beside the slope at the crossing.
    late = 1e-9 / np.sqrt(2 * depth) * period
    np.testing.assert_allclose(found.spike_ms, expected, rtol=0, atol=late)


def test_what_stays_a_hair_below_the_threshold_does_not_fire():
    found = reference(swinging(7.3, 1 + 1e-7), Constant(1), 100 * ms, start="initial")
    assert len(found.spike_ms) == 0


@pytest.mark.parametrize(
    "given",
    [
        Recorded([0, 1, -1, 1.2] * nA, dt=10 * ms),
        Recorded([1, -1, 1.2] * nA, dt=10 * ms, onset=10 * ms),
        Recorded([1, -1, 1.2] * nA, times=[10, 20, 30] * ms),
        Recorded([1, -1, 1.2] * nA, times=[7, 17, 27, 37] * ms, onset=3 * ms),
    ],
)
def test_recorded_input_is_the_sum_of_its_steps(given):
    t = [4, 14, 24, 34, 44] * ms
    pulses = (
        Step(1 * nA, onset=10 * ms, offset=20 * ms)
        + Step(-1 * nA, onset=20 * ms, offset=30 * ms)
        + Pulses(1.2 * nA, times=[30] * ms, width=10 * ms)
    )
    a, b = (reference(LIF, s, 50 * ms, record=("v", "I"), t_eval=t) for s in (given, pulses))
    assert a.traces["I"][0] * 1e9 == pytest.approx([0, 1, -1, 1.2, 0])
    assert a.traces["v"] == pytest.approx(b.traces["v"], abs=1e-14)


@pytest.mark.parametrize(
    ("model", "I", "changes", "rate"),
    [
        (CONNOR_STEVENS, 20 * uA / cm**2, {}, 132.30046),
        (CONNOR_STEVENS, 2 * uA / cm**2, {"g_A": 23.85 * msiemens / cm**2}, 56.60090),
        (HODGKIN_HUXLEY, 20 * uA / cm**2, {}, 86.47005),
        (TRAUB_MILES, 0.35 * nA, {}, 59.03703),
    ],
)
def test_published_rates(model, I, changes, rate):
    found = reference(model, Constant(I), 150 * ms, vary=changes)
    assert 1000 / np.diff(found.spike_ms)[-1] == pytest.approx(rate, rel=2e-6)


def test_connor_stevens_latency():
    found = reference(CONNOR_STEVENS, Constant(1.1 * 8.1140533 * uA / cm**2), 75 * ms)
    assert found.spike_ms[0] == pytest.approx(70.6233, abs=6e-5)


def test_resets_in_the_order_of_the_text():
    # LTS: v = c + k_reset*u with u before its jump, then u + d. Seen just after the spike.
    model = IZHIKEVICH_2007.variants["LTS"]
    spike = reference(model, Constant(300 * pA), 60 * ms).spike_ms[0]
    t = [spike * (1 - 1e-12), spike * (1 + 1e-12)] * ms
    found = reference(model, Constant(300 * pA), 60 * ms, record=("v", "u"), t_eval=t)
    (v0, v1), (u0, u1) = found.traces["v"][0] * 1e3, found.traces["u"][0] * 1e12
    assert v0 == pytest.approx(40 - 0.1 * u0, abs=1e-6)
    assert v1 == pytest.approx(-53 + 0.04 * u0, abs=1e-6)
    assert u1 == pytest.approx(u0 + 20, abs=1e-6)


@pytest.mark.parametrize(
    "noise",
    [WhiteNoise(1 * nA, 1 * nA * ms**0.5), OrnsteinUhlenbeck(1 * nA, 1 * nA, 5 * ms)],
)
def test_noise_is_refused(noise):
    with pytest.raises(ValueError, match=r"white noise \(xi.*\), which has no reference"):
        reference(LIF, noise, 10 * ms)


def test_a_reset_to_the_threshold_has_no_end():
    with pytest.raises(UnresolvedError, match=r"lif: fires again as soon .* 13\.8629 ms.* below"):
        reference(LIF.with_(V_reset=-50 * mV), Constant(2 * nA), 20 * ms)


def test_a_solution_that_leaves_the_numbers():
    # Without a reset v' = v**2 + I reaches infinity in a finite time.
    runaway = QIF.with_(V_th=1e308)
    with pytest.raises(DivergenceError, match="qif"):
        reference(runaway, Constant(1), 100 * ms)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"duration": 0 * ms}, "duration: must be above zero"),
        ({"record": ("w",)}, "unknown variable to record 'w'"),
        ({"vary": {"tau": [1, 2] * ms}}, "expected 1 values"),
        ({"t_eval": [3, 2] * ms}, "t_eval: must ascend"),
        ({"t_eval": [3, 200] * ms}, "t_eval: must ascend"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        reference(**({"model": LIF, "stimulus": Constant(2 * nA), "duration": 9 * ms} | arguments))


def test_the_reference_is_one_more_backend():
    """`simulate(backend="scipy")` gives what `reference` gives, for several cells at once."""
    step = Step([1.6, 3] * nA, onset=5.013 * ms, offset=60 * ms)
    run = simulate(LIF, step, 2, 80 * ms, backend="scipy", record=("v",), record_dt=1 * ms)
    for k, amplitude in enumerate((1.6, 3)):
        own = reference(LIF, Step(amplitude * nA, onset=5.013 * ms, offset=60 * ms), 80 * ms)
        np.testing.assert_array_equal(run.spike_ms[run.spike_neuron == k], own.spike_ms)
    # Between the onset and the first spike: a leaky membrane charged by R*I.
    t = run.t_ms[10:15]
    right = -65 + 16 * (1 - np.exp(-(t - 5.013) / 10))
    np.testing.assert_allclose(run.traces["v"][0, 10:15] * 1e3, right, rtol=1e-9)


@pytest.mark.parametrize("wrong", [{"method": "rk4"}, {"spikes": "grid"}])
def test_what_an_engine_without_steps_does_not_have_is_refused(wrong):
    with pytest.raises(ValueError, match="has no steps"):
        simulate(LIF, Constant(2 * nA), 1, 10 * ms, backend="scipy", **wrong)
