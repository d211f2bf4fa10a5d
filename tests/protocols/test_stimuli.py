"""Stimuli: their values in time against numpy, their statistics, and what they refuse."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from brian2 import Hz, cm, ms, mV, nA, second, uA
from excitable.models import HODGKIN_HUXLEY, LIF
from excitable.protocols.stimuli import (
    Chirp,
    Constant,
    Expression,
    OrnsteinUhlenbeck,
    Pulses,
    Ramp,
    Recorded,
    Sine,
    Step,
    WhiteNoise,
)
from excitable.protocols.stimuli.recorded import step_means
from excitable.simulation import simulate

from excitable.errors import InputError

DT = 0.1


def samples(stimulus, n=1, duration=60, model=LIF):
    """Return times in ms, and the input in the model's unit, shape (neurons, samples)."""
    run = simulate(
        model, stimulus, n, duration * ms, record=("I",), dt=DT * ms, backend="numpy",
        spikes="grid",
    )  # fmt: skip
    return run.t_ms, run.traces["I"] / float(model.input_unit)


def within(t, onset, offset=np.inf):
    """The part of the step that begins at `t` that lies between onset and offset."""
    end = np.minimum(t + DT, offset)
    return np.round(np.clip(end - np.maximum(t, onset), 0, DT) / DT, 9)


# fmt: off
# ruff: noqa: E501
VALUES = {
    "constant": (Constant(2*nA), lambda t: 2 + 0*t),
    "step": (Step(2*nA, onset=10*ms), lambda t: 2*within(t, 10)),
    "step_off": (Step(2*nA, onset=10*ms, offset=30*ms), lambda t: 2*within(t, 10, 30)),
    "step_between_steps": (Step(2*nA, onset=10.04*ms, offset=30.06*ms), lambda t: 2*within(t, 10.04, 30.06)),
    "ramp": (Ramp(0.1*nA/ms, onset=10*ms, offset=40*ms, start=-1*nA),
             lambda t: (-1 + 0.1*(t - 10))*within(t, 10, 40)),
    "ramp_from_0": (Ramp(0.1*nA/ms), lambda t: 0.1*t),
    "pulses": (Pulses(3*nA, times=[5, 20, 31]*ms, width=4*ms),
               lambda t: 3*(within(t, 5, 9) + within(t, 20, 24) + within(t, 31, 35))),
    "pulses_many": (Pulses(3*nA, times=(5.03 + 0.15*np.arange(300))*ms, width=0.07*ms),
                    lambda t: 3*sum(within(t, on, on + 0.07) for on in 5.03 + 0.15*np.arange(300))),
    "pulses_many_that_touch": (Pulses(3*nA, times=(5.03 + 0.15*np.arange(300))*ms, width=0.15*ms),
                               lambda t: 3*within(t, 5.03, 50.03)),
    "sine": (Sine(2*nA, 40*Hz, phase=0.3, mean=1*nA, onset=5*ms, offset=45*ms),
             lambda t: (1 + 2*np.sin(2*np.pi*0.04*(t - 5) + 0.3))*within(t, 5, 45)),
    "chirp": (Chirp(2*nA, 5*Hz, 100*Hz, offset=50*ms, onset=10*ms),
              lambda t: 2*np.sin(2*np.pi*(0.005*(t - 10) + (0.1 - 0.005)/40*(t - 10)**2/2))*within(t, 10, 50)),
    "expression": (Expression("I_max*cos(t/tau_s)", {"I_max": 2.5*nA, "tau_s": 30*ms}),
                   lambda t: 2.5*np.cos(t/30)),
    "expression_gated": (Expression("2*nA*(t/ms)", onset=10*ms, offset=20*ms),
                         lambda t: 2*t*within(t, 10, 20)),
    "recorded": (Recorded([1, 3, 2]*nA, dt=10*ms, onset=5*ms),
                 lambda t: within(t, 5, 15) + 3*within(t, 15, 25) + 2*within(t, 25, 35)),
    "sum": (Step(2*nA, onset=10*ms) + Sine(1*nA, 50*Hz) + Constant(-1*nA),
            lambda t: 2*within(t, 10) + np.sin(2*np.pi*0.05*t) - 1),
    "then": (Step(2*nA, onset=5*ms, offset=20*ms).then(Ramp(0.1*nA/ms, onset=10*ms, offset=25*ms)),
             lambda t: 2*within(t, 5, 20) + 0.1*(t - 30)*within(t, 30, 45)),
    "then_constant": (Step(2*nA, offset=20*ms).then(Constant(1*nA)), lambda t: 1 + within(t, 0, 20)),
    "then_sum": (Step(2*nA, offset=20*ms).then(Sine(1*nA, 50*Hz) + Step(1*nA, onset=10*ms)),
                 lambda t: 2*within(t, 0, 20) + np.sin(2*np.pi*0.05*(t - 20))*within(t, 20) + within(t, 30)),
    "then_then": (Step(2*nA, offset=10*ms).then(Step(1*nA, offset=10*ms)).then(Constant(3*nA)),
                  lambda t: 2*within(t, 0, 10) + within(t, 10, 20) + 3*within(t, 20)),
    "then_recorded": (Step(2*nA, offset=10*ms).then(Recorded([1, 3]*nA, dt=10*ms)),
                      lambda t: 2*within(t, 0, 10) + within(t, 10, 20) + 3*within(t, 20, 30)),
    "then_expression": (Step(2*nA, offset=10*ms).then(Expression("2*nA*(t/ms)")),
                        lambda t: 2*within(t, 0, 10) + 2*(t - 10)*within(t, 10)),
}
# fmt: on


@pytest.mark.parametrize("name", VALUES)
def test_values(name):
    stimulus, expected = VALUES[name]
    t, found = samples(stimulus)
    np.testing.assert_allclose(found[0], expected(t), atol=1e-9)


def test_one_value_per_neuron():
    stimulus = Step([1, 2, 3] * nA, onset=[0, 10, 20] * ms, offset=[20, 30, 40] * ms)
    t, found = samples(stimulus, n=3)
    for k in range(3):
        np.testing.assert_allclose(found[k], (k + 1) * within(t, 10 * k, 10 * k + 20), atol=1e-9)
    pulses = Pulses([1, 2] * nA, times=[5, 20] * ms, width=4 * ms)
    t, found = samples(pulses, n=2)
    np.testing.assert_allclose(found[1], 2 * found[0])


def test_values_in_the_unit_of_another_model():
    t, found = samples(Step(20 * uA / cm**2, onset=1 * ms), duration=2, model=HODGKIN_HUXLEY)
    np.testing.assert_allclose(found[0], 20 * within(t, 1))


@pytest.mark.parametrize(
    ("stimulus", "onset", "offset", "breakpoints"),
    [
        (Constant(1 * nA), 0, np.inf, [0]),
        (Step(1 * nA, onset=10 * ms, offset=30 * ms), 10, 30, [10, 30]),
        (Pulses(1 * nA, times=[10, 50] * ms, width=4 * ms), 10, 54, [10, 14, 50, 54]),
        (Recorded([1, 2] * nA, dt=5 * ms, onset=10 * ms), 10, 20, [10, 15, 20]),
        (Step(1 * nA, onset=5 * ms) + Step(1 * nA, offset=30 * ms), 0, np.inf, [0, 5, 30]),
        (
            Step(1 * nA, onset=5 * ms, offset=20 * ms).then(Step(1 * nA, offset=7 * ms)),
            5,
            27,
            [5, 20, 27],
        ),
    ],
    ids=["constant", "step", "pulses", "recorded", "sum", "then"],
)
def test_knows_its_onset_offset_and_breakpoints(stimulus, onset, offset, breakpoints):
    assert float(stimulus.onset / ms) == pytest.approx(onset)
    assert float(stimulus.offset / ms) == pytest.approx(offset)
    assert np.array(stimulus.breakpoints) * 1e3 == pytest.approx(breakpoints)


# --- refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Step(1 * nA, onset=-1 * ms), "Step onset: must not be negative"),
        (lambda: Step(1 * nA, onset=1 * mV), "Step onset: expected ms"),
        (lambda: Step(1 * nA, onset=np.nan * ms), "Step onset.*NaN"),
        (lambda: Step(1 * nA, onset=9 * ms, offset=9 * ms), "Step offset: must come after"),
        (lambda: Step(1 * nA, onset=9 * ms, offset=5 * ms), "Step offset: must come after"),
        (lambda: Pulses(1 * nA, [5, 8] * ms, 4 * ms), "Pulses times:.*at least a width"),
        (lambda: Pulses(1 * nA, [8, 5] * ms, 1 * ms), "Pulses times:.*ascend"),
        (lambda: Pulses(1 * nA, [-1, 5] * ms, 1 * ms), "Pulses times: must not be negative"),
        (lambda: Pulses(1 * nA, [5] * ms, 0 * ms), "Pulses width: must be above zero"),
        (lambda: Sine(1 * nA, 0 * Hz), "Sine frequency: must be above zero"),
        (lambda: Sine(1 * nA, 1 * ms), "Sine frequency: expected"),
        (lambda: Chirp(1 * nA, 1 * Hz, 2 * Hz, offset=np.inf * second), "Chirp offset: must be"),
        (lambda: Recorded(3 * nA, 1 * ms), r"Recorded values: expected shape"),
        (lambda: Recorded([1] * nA, 0 * ms), "Recorded dt: must be above zero"),
        (lambda: OrnsteinUhlenbeck(0 * nA, 1 * nA, 0 * ms), "OrnsteinUhlenbeck tau"),
        (lambda: Expression("2*nA", {"a": 1}), r"\['a'\] do not occur"),
        *(
            (
                lambda name=name: Expression(f"2*nA*{name}/second", {name: 1 * ms}),
                f"{name!r} is the time, or that at which the stimulus begins",
            )
            for name in ("onset", "offset", "t")
        ),
        (lambda: Constant(1 * nA).then(Constant(2 * nA)), "never ends; give it an offset"),
        (lambda: Step(1 * nA) + 3 * nA, "wrap a value in Constant"),
    ],
)
def test_refused_when_made(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("stimulus", "message"),
    [
        (Constant(1 * mV), "Constant amplitude for lif: expected nA"),
        (Constant(1), r"Constant amplitude for lif: expected nA.*multiply by its unit"),
        (Constant(np.nan * nA), "Constant amplitude for lif.*NaN"),
        (Constant([1, 2, 3] * nA), "expected one value or 2 values"),
        (Step([1, 2] * nA, onset=[1, 2, 3] * ms), "Step I_onset: expected one value or 2 values"),
        (Ramp(1 * nA), "Ramp slope for lif: expected nA/ms"),
        (Pulses(1 * mV, [5] * ms, 1 * ms), "Pulses amplitude for lif: expected nA"),
        (Recorded([1, 2] * mV, 1 * ms), "Recorded values for lif: expected nA"),
        (Recorded(np.ones((4, 3)) * nA, 1 * ms), "3 columns for 2 neurons"),
        (Expression("2*mV"), "(?s)input I = 2.mV.*expected A"),
        (Expression("2*nA*wild"), "'wild'"),
        (Expression("2*nA +"), r"input I = 2\*nA \+: invalid syntax"),
        (Expression("(2*nA"), r"input I = \(2\*nA: .* never closed"),
        (Expression("2*nA*randn()"), r"randn\(\) draws random numbers, which a waveform"),
        ("2*nA*(rand() - rand())", r"calls rand\(\) 2 times"),
        (WhiteNoise(0 * nA, 1 * nA), "WhiteNoise sigma for lif: expected"),
        (Step(1 * nA) + Constant(1 * mV), "Constant amplitude for lif: expected nA"),
    ],
)
def test_refused_by_the_model(stimulus, message):
    with pytest.raises(ValueError, match=message):
        simulate(LIF, stimulus, 2, 10 * ms)


def objects(*quantities):
    return pd.Series(quantities, dtype=object)


@pytest.mark.parametrize(
    ("listed", "plain"),
    [
        (lambda: Step([2 * nA, 3000 * nA / 1000]), Step([2, 3] * nA)),
        (lambda: Step(objects(2 * nA, 3 * nA)), Step([2, 3] * nA)),
        (lambda: Step(objects(2 * nA, 3 * nA).to_numpy(), onset=[1 * ms, 2 * ms]),
         Step([2, 3] * nA, onset=[1, 2] * ms)),
        (lambda: Pulses(3 * nA, [5 * ms, 0.02 * second], 4 * ms),
         Pulses(3 * nA, [5, 20] * ms, 4 * ms)),
        (lambda: Recorded(objects(1 * nA, 3 * nA), times=[0 * ms, 2 * ms]),
         Recorded([1, 3] * nA, times=[0, 2] * ms)),
        (lambda: Expression("A*t/ms", {"A": [1 * nA, 2 * nA]}),
         Expression("A*t/ms", {"A": [1, 2] * nA})),
    ],
)  # fmt: skip
def test_lists_and_objects_are_quantities(listed, plain):
    np.testing.assert_allclose(samples(listed(), 2)[1], samples(plain, 2)[1])


def table(**columns):
    return pd.DataFrame({"t_ms": [0.0, 1.0, 2.0], "I": [1.0, 3.0, 2.0], **columns})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Step([2 * nA, 3.0]), r"Step amplitude: expected quantities of one dimension"),
        (lambda: Pulses(1 * nA, [5 * ms, 6], 1 * ms), "Pulses times: expected quantities of one"),
        (lambda: Recorded([1 * nA, 2], dt=1 * ms), "Recorded values: expected quantities of one"),
        (lambda: Sine(1 * nA, 40 * Hz, phase=np.timedelta64(1, "ms")), "phase: has a unit"),
        (lambda: Expression("A*nA", {"A": np.timedelta64(1, "ms")}), "Expression A: has a unit"),
        (lambda: Recorded.from_table(table(I_unit="pA"), nA), "nA, but the column I_unit says pA"),
        (lambda: Recorded.from_table(table(I_unit=["pA", "nA", "nA"]), nA), "several units"),
        (lambda: Recorded.from_table(table(), "nA"), "Recorded unit: expected a unit such as nA"),
        (lambda: Recorded.from_table(table(), nA, time_unit="s"), "Recorded time_unit: expected a"),
        (lambda: Recorded.from_table(table(I=objects(1 * nA, 2 * nA, 3 * nA)), nA),
         "column I: takes plain numbers"),
        (lambda: simulate(LIF, Constant(1 * nA), 3, 10 * ms, start={"v": [-65, -60] * mV},
                          backend="numpy"), r"start v: expected one value or 3 values, .* \(2,\)"),
    ],
)  # fmt: skip
def test_units_that_do_not_fit_together_are_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


@pytest.mark.parametrize("method", ["rk4", "rk2", "exponential_euler"])
@pytest.mark.parametrize(
    "noise",
    [WhiteNoise(0 * nA, 1 * nA * ms**0.5), OrnsteinUhlenbeck(0 * nA, 1 * nA, 5 * ms)],
    ids=["white", "ou"],
)
def test_noise_needs_a_stochastic_method(noise, method):
    with pytest.raises(ValueError, match="cannot integrate white noise; use one of"):
        simulate(LIF, noise, 1, 10 * ms, method=method)


# --- statistics ----------------------------------------------------------------------------------

BACKEND = None
NEURONS = 4000


def test_ornstein_uhlenbeck_has_its_mean_deviation_and_correlation_time():
    """Across independent neurons, so that the standard errors are those of independent samples."""
    mean, sd, tau = 0.5, 0.2, 5.0
    run = simulate(
        LIF, OrnsteinUhlenbeck(mean * nA, sd * nA, tau * ms), NEURONS, 60 * ms, record=("I",),
        record_dt=1 * ms, dt=0.05 * ms, backend=BACKEND, seed=7,
    )  # fmt: skip
    x = run.traces["I"] * 1e9
    late, now = x[:, -1], x[:, 50]  # after 10 tau: started at 0, stationary to exp(-20)
    root = np.sqrt(NEURONS)
    assert late.mean() == pytest.approx(mean, abs=4 * sd / root)
    assert late.std() == pytest.approx(sd, abs=4 * sd / (root * np.sqrt(2)))
    # Fisher's transform of a correlation r has the standard error 1/sqrt(n - 3).
    for lag in (2, 5, 9):
        r = np.corrcoef(now, x[:, 50 + lag])[0, 1]
        expected = np.arctanh(np.exp(-lag / tau))
        assert np.arctanh(r) == pytest.approx(expected, abs=4 / np.sqrt(NEURONS - 3))
    # Before it is stationary: variance sigma**2 (1 - exp(-2 t/tau)), at t = 2 ms.
    early = sd * np.sqrt(1 - np.exp(-2 * 2 / tau))
    assert x[:, 2].std() == pytest.approx(early, abs=4 * early / (root * np.sqrt(2)))


@pytest.mark.parametrize("onset", [0, 20])
def test_white_noise_gives_a_membrane_its_stationary_variance(onset):
    """tau dv = (E - v + R I) dt + R s dW has the variance (R s)**2/(2 tau)."""
    tau, R, s = 10.0, 10.0, 0.5  # ms, Mohm, nA ms**0.5: R s is 5 mV ms**0.5
    noise = WhiteNoise(0.2 * nA, s * nA * ms**0.5, onset=onset * ms)
    run = simulate(
        LIF.with_(V_th=1000 * mV), noise, NEURONS, 100 * ms, record=("v",), record_dt=1 * ms,
        dt=0.05 * ms, backend=BACKEND, seed=5,
    )  # fmt: skip
    v = run.traces["v"] * 1e3
    sd = R * s / np.sqrt(2 * tau)
    root = np.sqrt(NEURONS)
    assert v[:, -1].std() == pytest.approx(sd, abs=4 * sd / (root * np.sqrt(2)))
    rise = 1 - np.exp(-(99 - onset) / tau)
    assert v[:, -1].mean() == pytest.approx(-65 + R * 0.2 * rise, abs=4 * sd / root)
    if onset:
        assert np.ptp(v[:, :onset]) < 1e-9


def test_the_same_seed_gives_the_same_noise():
    runs = [
        simulate(
            LIF, OrnsteinUhlenbeck(1 * nA, 1 * nA, 5 * ms), 2, 5 * ms, record=("I",),
            backend="numpy", seed=seed,
        ).traces["I"]
        for seed in (1, 1, 2)
    ]  # fmt: skip
    assert np.array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])
    # One stream per neuron.
    assert not np.any(runs[0][0, 1:] == runs[0][1, 1:])


def test_means_over_many_steps_are_right_and_the_only_long_array():
    """Hours of few samples: eight bytes a step and not seventy."""
    edges = np.array([2.5, 1e5 + 0.25, 1e5 + 0.75, 1e6])
    tracemalloc.start()
    means = step_means(edges, np.array([1.0, 3.0, 2.0]), 1.0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * means.nbytes
    assert means[[1, 2, 3, 100_000, 100_001, -2, -1]].tolist() == [0, 0.5, 1, 2.25, 2, 2, 0]
    assert means.sum() == pytest.approx(1e5 - 2.25 + 1.5 + 2 * (9e5 - 0.75), rel=1e-12)
