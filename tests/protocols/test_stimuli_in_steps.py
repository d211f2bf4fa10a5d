"""What a stimulus does within a step: the charge that a membrane receives, against closed forms."""

import numpy as np
import pytest
from brian2 import (
    Hz,
    Network,
    NeuronGroup,
    SpikeMonitor,
    StateMonitor,
    ms,
    mV,
    nA,
    nF,
)
from excitable.models import HODGKIN_HUXLEY, LIF, NeuronModel, Parameter
from excitable.protocols.stimuli import (
    Chirp,
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
from excitable.simulation import build, reference, simulate
from scipy.integrate import quad

DT = 0.1
T = 12.0
# A membrane without leak: its potential is the charge that it has received.
INTEGRATOR = NeuronModel(
    name="integrator", title="Capacitor", equations="dv/dt = I/C : volt", input_unit=nA,
    parameters={"C": Parameter(1, nF, "capacitance")}, input_range=(0, 1), initial={"v": 0 * mV},
    threshold="v > 1000*volt", reset="v = 0*volt", method="rk4", dt=DT * ms,
)  # fmt: skip
RNG = np.random.default_rng(11)
FINE = RNG.normal(size=800)
UNEVEN = np.r_[0, np.sort(RNG.uniform(0, 8, 299)), 8.3]


def integral(f, begin, end):
    """Return the integral of a smooth function."""
    return quad(f, begin, end, epsabs=1e-12, epsrel=1e-12)[0]


def held(times, values, begin=0.0, end=np.inf):
    """Return the integral of samples that are held until the next time."""
    return float(np.sum(np.diff(np.clip(times, begin, end)) * values))


# For each: the stimulus with its amplitude times `a`, and its integral over the run in pC.
# fmt: off
# ruff: noqa: E501
CHARGES = {
    "step": (lambda a: Step(2*a*nA, onset=1.234*ms, offset=7.777*ms), 2*6.543),
    "step_in_a_step": (lambda a: Step(2*a*nA, onset=2.01*ms, offset=2.03*ms), 2*0.02),
    "step_without_end": (lambda a: Step(2*a*nA, onset=1.234*ms), 2*(T - 1.234)),
    "pulses_in_a_step": (lambda a: Pulses(3*a*nA, times=[1.01, 1.04, 1.07, 5.5]*ms, width=0.02*ms), 4*3*0.02),
    "pulse_over_an_edge": (lambda a: Pulses(3*a*nA, times=[2.96]*ms, width=0.06*ms), 3*0.06),
    "pulses_that_touch": (lambda a: Pulses(3*a*nA, times=[2.95, 3.07]*ms, width=0.12*ms), 3*0.24),
    "ramp": (lambda a: Ramp(2*a*nA/ms, onset=1.03*ms, offset=4.56*ms, start=-1*a*nA), -3.53 + 3.53**2),
    "ramp_in_a_step": (lambda a: Ramp(2*a*nA/ms, onset=1.03*ms, offset=1.07*ms), 0.04**2),
    "sine": (lambda a: Sine(2*a*nA, 200*Hz, phase=0.3, mean=1*a*nA, onset=1.03*ms, offset=8.88*ms),
             integral(lambda t: 1 + 2*np.sin(2*np.pi*0.2*(t - 1.03) + 0.3), 1.03, 8.88)),
    "sine_in_a_step": (lambda a: Sine(2*a*nA, 200*Hz, phase=0.3, onset=1.03*ms, offset=1.05*ms),
                       integral(lambda t: 2*np.sin(2*np.pi*0.2*(t - 1.03) + 0.3), 1.03, 1.05)),
    "chirp": (lambda a: Chirp(2*a*nA, 50*Hz, 200*Hz, onset=1.03*ms, offset=8.88*ms),
              integral(lambda t: 2*np.sin(2*np.pi*(0.05*(t - 1.03) + 0.15/7.85*(t - 1.03)**2/2)), 1.03, 8.88)),
    "expression": (lambda a: Expression("I_max*(t/ms)**3", {"I_max": 0.01*a*nA}, onset=1.03*ms, offset=8.88*ms),
                   0.01*(8.88**4 - 1.03**4)/4),
    "then": (lambda a: Step(2*a*nA, onset=1.01*ms, offset=4.44*ms).then(Ramp(1*a*nA/ms, offset=3.33*ms)),
             2*3.43 + 3.33**2/2),
    "then_within_a_step": (lambda a: Pulses(2*a*nA, times=[1.01]*ms, width=0.02*ms).then(
                               Step(1*a*nA, onset=0.02*ms, offset=0.04*ms)).then(Step(5*a*nA, offset=1*ms)),
                           2*0.02 + 0.02 + 5),
    "recorded_finer": (lambda a: Recorded(np.multiply.outer(FINE, a)*nA, dt=0.01*ms), held(np.arange(801)*0.01, FINE)),
    "recorded_off_the_grid": (lambda a: Recorded(np.multiply.outer(FINE[:5], a)*nA, dt=1.03*ms, onset=0.77*ms),
                              1.03*FINE[:5].sum()),
    "recorded_unevenly": (lambda a: Recorded(np.multiply.outer(FINE[:300], a)*nA, times=UNEVEN*ms, onset=0.123*ms),
                          held(UNEVEN, FINE[:300])),
    "recorded_longer_than_the_run": (lambda a: Recorded(np.multiply.outer(FINE[:300], a)*nA, times=UNEVEN*ms, onset=7*ms),
                                     held(UNEVEN, FINE[:300], end=5.0)),
    "then_recorded": (lambda a: Step(2*a*nA, offset=1.23*ms).then(Recorded(np.multiply.outer(FINE, a)*nA, dt=0.01*ms)),
                      2*1.23 + held(np.arange(801)*0.01, FINE)),
    "recorded_then": (lambda a: Recorded(np.multiply.outer(FINE, a)*nA, dt=0.01*ms).then(Step(2*a*nA, offset=1.23*ms)),
                      2*1.23 + held(np.arange(801)*0.01, FINE)),
}
# fmt: on


def received(run) -> np.ndarray:
    """Return the charge of each cell at the end in pC."""
    return run.traces["v"][:, -1] * 1e12 * 1e-9


def run(model, stimulus, n, **options):
    """Record the potential up to the step that ends at T."""
    return simulate(
        model, stimulus, n, (T + DT) * ms, record=("v",), dt=DT * ms, spikes="grid",
        start="initial", **options,
    )  # fmt: skip


@pytest.mark.parametrize("name", CHARGES)
def test_the_membrane_receives_the_charge(name):
    make, charge = CHARGES[name]
    for amplitude in (1.0, np.array([1.0])):
        assert received(run(INTEGRATOR, make(amplitude), 1, backend="numpy"))[0] == pytest.approx(
            charge, rel=2e-6
        )


@pytest.mark.parametrize("name", CHARGES)
def test_the_reference_receives_the_charge(name):
    """It meets every edge, and averages nothing."""
    make, charge = CHARGES[name]
    if "recorded" in name:  # one integration per sample
        pytest.skip("see test_the_reference_meets_every_sample")
    found = reference(
        INTEGRATOR, make(1.0), (T + DT) * ms, record=("v",), t_eval=[T] * ms, start="initial"
    )
    assert received(found)[0] == pytest.approx(charge, rel=1e-8)


@pytest.mark.parametrize("name", ["recorded_unevenly", "recorded_off_the_grid"])
def test_the_reference_meets_every_sample(name):
    make, charge = CHARGES[name]
    found = reference(
        INTEGRATOR, make(1.0), (T + DT) * ms, record=("v",), t_eval=[T] * ms, start="initial"
    )
    assert received(found)[0] == pytest.approx(charge, rel=1e-8)


ENDS = np.array([3.013, 7.077])


@pytest.mark.parametrize(
    ("stimulus", "charges"),
    [
        (Step(1*nA, offset=ENDS*ms).then(Step(3*nA, onset=1*ms, offset=2*ms)), ENDS + 3),
        (Step(1*nA, offset=ENDS*ms).then(Recorded([3, 5]*nA, dt=1.1*ms)), ENDS + 8*1.1),
        (Recorded([3, 5]*nA, times=[1, 2.1]*ms, onset=ENDS*ms), [8*1.1, 8*1.1]),
    ],
    ids=["then", "then recorded", "recorded"],
)  # fmt: skip
def test_the_reference_meets_the_edges_of_each_neuron(stimulus, charges):
    found = simulate(INTEGRATOR, stimulus, 2, (T + DT) * ms, record=("v",), backend="scipy",
                     start="initial")  # fmt: skip
    assert received(found) == pytest.approx(charges, rel=1e-8)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("precision", "error"), [("float64", 2e-6), ("float32", 4e-5)], ids=["double", "single"]
)
def test_compiled_programs_receive_the_charge(precision, error):
    """All stimuli at once, each in a cell of its own."""
    from excitable.simulation import Backend

    one = np.eye(len(CHARGES))
    stimuli = [make(one[k]) for k, (make, _) in enumerate(CHARGES.values())]
    stimulus = stimuli[0]
    for other in stimuli[1:]:
        stimulus = stimulus + other
    found = run(
        INTEGRATOR, stimulus, len(CHARGES), backend=Backend("cpp_standalone", precision=precision)
    )
    charges = np.array([charge for _, charge in CHARGES.values()])
    # In single precision a time of 12 ms is known to 1.2e-9 s, a pulse of 20 us to 1e-4 of itself.
    single = 4 * 2.4e-7 * T * 5 if precision == "float32" else 0
    np.testing.assert_allclose(received(found), charges, rtol=error, atol=single)


# --- a leaky membrane ----------------------------------------------------------------------------

FREE = LIF.with_(V_th=1000 * mV)  # tau 10 ms, R 10 Mohm, E_L -65 mV


def after_pulse(t, onset, width, amplitude):
    """Return how far a pulse has moved the membrane at time t after it: the exact exponential."""
    return 10 * amplitude * (np.exp(-(t - onset - width) / 10) - np.exp(-(t - onset) / 10))


@pytest.mark.parametrize("dt", [0.1, 0.05, 0.025])
@pytest.mark.parametrize(
    ("onset", "width"), [(5, 0.06), (5.01, 0.06), (5.049, 0.002), (5.02, 1.37), (5, 0.1)]
)
def test_a_pulse_moves_a_leaky_membrane(onset, width, dt):
    """Right but for where in the step the charge comes: at most half a step of decay."""
    pulse = Pulses(100 * nA, times=[onset] * ms, width=width * ms)
    found = simulate(
        FREE, pulse, 1, 10.2 * ms, record=("v",), dt=dt * ms, method="rk4", backend="numpy",
    )  # fmt: skip
    t, v = found.t_ms, found.traces["v"][0] * 1e3 + 65
    late = t > onset + width + dt
    np.testing.assert_allclose(v[late], after_pulse(t[late], onset, width, 100), rtol=dt / 2 / 10)
    on_the_grid = abs(round(onset / dt) * dt - onset) + abs(round(width / dt) * dt - width) < 1e-9
    if on_the_grid:
        np.testing.assert_allclose(v[late], after_pulse(t[late], onset, width, 100), rtol=1e-8)


@pytest.mark.parametrize("dt_s", [0.05, 0.025, 0.02, 0.005])
def test_samples_finer_than_the_step_are_filtered(dt_s):
    """White samples of deviation s: sd(v) = R s sqrt((1 - q)/(1 + q)) with q = exp(-dt_s/tau)."""
    n, cells, s = round(60 / dt_s), 300, 3.0
    values = np.random.default_rng(1).normal(0, s, (n, cells))
    found = simulate(
        FREE, Recorded(values * nA, dt=dt_s * ms), cells, 60 * ms, record=("v",), dt=0.05 * ms,
        record_dt=59.9 * ms, backend="numpy",
    )  # fmt: skip
    v = found.traces["v"][:, -1] * 1e3 + 65
    q = np.exp(-dt_s / 10)
    sd = 10 * s * np.sqrt((1 - q) / (1 + q))
    assert v.std() == pytest.approx(sd, abs=4 * sd / np.sqrt(2 * cells))
    # Cell by cell: each sample decays from when it came.
    decay = np.exp(-dt_s / 10 * np.arange(n)[::-1]) * (1 - q)
    steps = round(59.9 / dt_s)
    exact = 10 * (decay[n - steps :] @ values[:steps])
    assert np.abs(v - exact).max() < 0.02 * sd


@pytest.mark.parametrize("width", [0.04, 0.06, 0.25])
def test_noise_that_is_on_for_a_part_of_a_step_has_that_variance(width):
    n = 4000
    noise = WhiteNoise(0 * nA, 1 * nA * ms**0.5, onset=1.02 * ms, offset=(1.02 + width) * ms)
    charge = received(run(INTEGRATOR, noise, n, backend="numpy", seed=4))
    sd = np.sqrt(width)
    assert charge.std() == pytest.approx(sd, abs=4 * sd / np.sqrt(2 * n))


@pytest.mark.parametrize(("width", "at"), [(0.06, 10.01), (0.01, 10)])
def test_thresholds_of_brief_shocks(width, at):
    """The charge that fires an axon, with steps of 25 us, within 1 % of the exact solution's."""
    from brian2 import cm, uA

    def pulse(charge):
        return Pulses(charge / width * uA / cm**2, times=[at] * ms, width=width * ms)

    low, high = 6.4, 6.6  # uA ms/cm2; the reference fires between them
    assert len(reference(HODGKIN_HUXLEY, pulse(low), 20 * ms).spike_ms) == 0
    assert len(reference(HODGKIN_HUXLEY, pulse(high), 20 * ms).spike_ms) == 1
    for charge, spikes in ((low * 0.99, 0), (high * 1.01, 1)):
        found = simulate(HODGKIN_HUXLEY, pulse(charge), 1, 20 * ms, backend="numpy")
        assert len(found.spike_ms) == spikes


# --- on the grid nothing has changed ---------------------------------------------------------------

MIDDLE = "(t_in_timesteps + 0.5)*dt"
ON = f"int({MIDDLE} >= I_onset)*int({MIDDLE} < I_offset)"
# fmt: off
PLAIN = {
    "step": (Step(2*nA, onset=10.3*ms, offset=31.7*ms), f"I = {ON}*(I_amplitude) : amp"),
    "ramp": (Ramp(0.1*nA/ms, onset=10.3*ms, offset=31.7*ms, start=1*nA),
             f"I = {ON}*(I_start + I_slope*(t - I_onset)) : amp"),
    "sine": (Sine(2*nA, 40*Hz, phase=0.5, onset=10.3*ms, offset=31.7*ms),
             f"I = {ON}*(I_amplitude*sin(2*pi*I_frequency*(t - I_onset) + I_phase)) : amp"),
    "pulses": (Pulses(9*nA, times=[10.3, 20.1]*ms, width=4*ms),
               f"I = I_amplitude*(int({MIDDLE} >= I_time_0)*int({MIDDLE} < I_time_0 + I_width)"
               f" + int({MIDDLE} >= I_time_1)*int({MIDDLE} < I_time_1 + I_width)) : amp"),
    "recorded": (Recorded([1, 3, 2, -1]*nA, dt=5*ms, onset=10.3*ms),
                 f"I = {ON}*(I_samples({MIDDLE} - I_onset)) : amp"),
}
# fmt: on
# Brian2 sorts sums by the names in them, here the time since the onset; and so are they rounded.
SORTED_OTHERWISE = {("sine", "exponential_euler"), ("ramp", "rk4")}


@pytest.mark.parametrize("method", ["rk4", "euler", "exponential_euler"])
@pytest.mark.parametrize("name", PLAIN)
def test_plain_brian2_gives_the_same_bits(name, method):
    """Edges on the grid: as the text that decides in the middle of each step."""
    stimulus, text = PLAIN[name]
    ours = LIF.group(1, stimulus, method=method, dt=0.1 * ms)
    kwargs = LIF.brian_kwargs() | {"method": method, "dt": 0.1 * ms}
    kwargs["model"] = kwargs["model"].replace("I : amp", text)
    given = stimulus.text(LIF, 1, 0.1 * ms)
    kwargs["namespace"] |= {**given.parameters, **given.namespace}
    plain = NeuronGroup(1, **kwargs)
    LIF.initialise(plain)
    found = []
    for cells in (ours, plain):
        trace, spikes = StateMonitor(cells, ["v", "I"], record=True), SpikeMonitor(cells)
        Network(cells, trace, spikes).run(40 * ms)
        found.append((np.array(trace.v), np.array(trace.I), np.array(spikes.t)))
    error = 1e-15 if (name, method) in SORTED_OTHERWISE else 0
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=error)
    np.testing.assert_array_equal(found[0][1], found[1][1])
    np.testing.assert_array_equal(found[0][2], found[1][2])
    assert np.ptp(found[0][0]) > 1e-3


# --- recordings ----------------------------------------------------------------------------------


def test_means_over_steps_are_exact():
    """Against numpy's mean of samples a hundred times as fine."""
    values = RNG.normal(size=(37, 3))
    times = np.cumsum(RNG.integers(1, 400, 38)) / 100
    fine = np.zeros((int(np.ceil(times[-1])) * 100, 3))
    for begin, end, value in zip(times[:-1], times[1:], values, strict=True):
        fine[round(begin * 100) : round(end * 100)] = value
    means = fine.reshape(-1, 100, 3).mean(axis=1)
    found = step_means(times * 0.25, values, 0.25)
    np.testing.assert_allclose(found[:-1], means, atol=1e-12)
    assert np.all(found[-1] == 0)


def test_samples_of_a_whole_step_keep_their_bits():
    values = RNG.normal(size=5000)
    found = step_means(np.arange(5001) * 0.1e-3, values, 0.1e-3)
    np.testing.assert_array_equal(found[:-1], values)


def test_from_a_table():
    import pandas as pd

    table = pd.DataFrame({"t_ms": [0, 0.5, 2], "I": [1, 3, 2]})
    recorded = Recorded.from_table(table, nA, onset=1 * ms)
    assert np.array(recorded.breakpoints) * 1e3 == pytest.approx([1, 1.5, 3, 4.5])
    seconds = Recorded.from_table(
        pd.DataFrame({"t": [0, 0.5e-3, 2e-3], "I": [1, 3, 2]}), nA, time_unit=1e3 * ms
    )
    assert np.array(seconds.breakpoints) * 1e3 == pytest.approx([0, 0.5, 2, 3.5])
    both = pd.concat([table.assign(neuron=0), table.assign(neuron=1, I=[5, 6, 7])])
    np.testing.assert_allclose(Recorded.from_table(both, nA).values / nA, [[1, 5], [3, 6], [2, 7]])
    for wrong, message in (
        (table.rename(columns={"I": "current"}), "expected columns t_ms .or t. and I, got"),
        (table.rename(columns={"t_ms": "t"}), "column t has no unit; give time_unit="),
        (pd.concat([both, table.assign(neuron=2, t_ms=[0, 1, 2])]), "samples at different times"),
        (table.assign(I=[1, np.nan, 2]), "Recorded values: 1 of 3 values are NaN"),
        (table.assign(t_ms=[0, np.nan, 2]), "Recorded times: 1 of 3 values are NaN"),
        (pd.concat([both, both[:1]]), "neuron 0 has several samples at t_ms = 0; keep one"),
        (both.assign(neuron=list("bbbaaa")), "column neuron holds b"),
        (table.assign(I=["1", "2", "3"]), r"column I: expected plain numbers, got 1 \(str\)"),
        (table.assign(I=[True, False, True]), "column I: expected plain numbers, got True"),
    ):
        with pytest.raises(ValueError, match=message):
            Recorded.from_table(wrong, nA)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Recorded([1, np.nan] * nA, dt=1 * ms), "Recorded values: 1 of 2 values are NaN"),
        (lambda: Recorded([1, 2] * nA), "give either dt, the sampling interval, or times"),
        (lambda: Recorded([1, 2] * nA, dt=1 * ms, times=[0, 1] * ms), "give either dt"),
        (lambda: Recorded([1, 2] * nA, dt=[1, 2] * ms), "Recorded dt: expected one.*give times="),
        (lambda: Recorded([1, 2, 3] * nA, times=[0, 2, 1] * ms), "2 and 1 ms are not in order"),
        (lambda: Recorded([1, 2, 3] * nA, times=[0, 1, 1] * ms), "1 and 1 ms occur twice"),
        (lambda: Recorded([1, 2, 3] * nA, times=[0, 1] * ms), "Recorded times: expected 3 times"),
        (lambda: Recorded([1, 2] * nA, times=[0, 1, 2, 3] * ms), "Recorded times: expected 2"),
        (lambda: Recorded([1] * nA, times=[0] * ms), "at least two"),
        (lambda: Recorded([1, 2] * nA, times=[-1, 1] * ms), "times: must not be negative"),
        (lambda: Recorded([1, 2] * nA, times=[0, 1] * mV), "Recorded times: expected ms"),
    ],
)
def test_recordings_that_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# --- what the step cannot follow -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stimulus", "message"),
    [
        (Sine(1 * nA, 2600 * Hz), "Sine I_frequency: a period must have.*2600 Hz, dt = 0.1 ms"),
        (Chirp(1 * nA, 1 * Hz, 3000 * Hz, offset=9 * ms), "Chirp I_stop: a period.*3000 Hz"),
        (OrnsteinUhlenbeck(0 * nA, 1 * nA, 0.1 * ms), "I_tau: must be at least two steps"),
    ],
    ids=["sine", "chirp", "ou"],
)
def test_too_fast_for_the_step(stimulus, message):
    method = "heun" if isinstance(stimulus, OrnsteinUhlenbeck) else None
    with pytest.raises(ValueError, match=message):
        simulate(LIF, stimulus, 1, 10 * ms, dt=DT * ms, method=method, backend="numpy")
    simulate(LIF, stimulus, 1, 10 * ms, dt=DT / 4 * ms, method=method, backend="numpy")


@pytest.mark.slow
def test_times_given_to_a_program_obey_the_same_rules():
    pulses = Pulses(1 * nA, times=[1, 5] * ms, width=2 * ms)
    program = build(INTEGRATOR, pulses, 2, T * ms, vary=("I_width",), start="initial")
    for given, message in (
        ({"I_width": [1, 4.1]}, "I_times: must ascend and lie at least a width apart.*4.1 ms"),
        ({"I_width": [1, -1]}, "I_width: must be above zero, got I_width = -1 ms"),
        ({"I_time_0": 6}, "I_times: must ascend"),
        ({"I_time_0": -1}, "I_times: must not be negative"),
    ):
        with pytest.raises(ValueError, match=message):
            program.run(**given)
    program.run(I_width=[0.01, 4], discard=0)
    sine = build(INTEGRATOR, Sine(1 * nA, 10 * Hz), 1, T * ms, start="initial", record=("v",))
    with pytest.raises(ValueError, match="I_frequency: a period must have at least four steps"):
        sine.run(I_frequency=5000)
    # A sine that begins later at run time is silent before.
    late = sine.response(I_onset=8.03, I_frequency=200).traces
    charge = integral(lambda t: np.sin(2 * np.pi * 0.2 * (t - 8.03)), 8.03, 11.9)
    assert late.v_mV[late.t_ms <= 8].abs().max() == 0
    assert late.v_mV.iloc[-1] == pytest.approx(charge, rel=1e-6)


@pytest.mark.slow
def test_a_recording_fixes_when_it_begins():
    step = Step(2 * nA, offset=1.23 * ms)
    stimulus = step.then(Recorded(FINE[:100] * nA, dt=0.01 * ms))
    program = build(INTEGRATOR, stimulus, 1, T * ms, start="initial")
    for name in ("I_1_offset", "I_2_onset"):
        with pytest.raises(ValueError, match=f"unknown parameter '{name}'"):
            program.run(**{name: 2})
