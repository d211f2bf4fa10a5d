"""Resets, refractory periods and upstrokes inside the step, against scipy and closed forms."""

import numpy as np
import pytest
from brian2 import Hz, Mohm, TimedArray, Unit, ms, mV, nA, nS, pA, pF, uS
from excitable.models import LIF, QIF, NeuronModel
from excitable.models.grouping import describe
from excitable.models.text.statements import assignments
from excitable.protocols import Constant, Pulses, Ramp, Recorded, Sine, Step
from excitable.simulation import DivergenceError, has_compiler, reference, simulate
from excitable.simulation.methods.within_step import locate_spikes
from excitable.simulation.start import RestWarning
from scipy.integrate import solve_ivp

from tests.user_models import LEAKY
from tests.user_models import leaky_cell as cell

ADAPTING = cell(
    name="adapting",
    equations="dv/dt = (E - v + R*I - R*w)/tau : volt (unless refractory)\n"
    "dw/dt = (g*(v - E) - w)/tau_w : amp",
    parameters={**LEAKY, "g": 0.02 * uS, "tau_w": 30 * ms},
    initial={"v": "E", "w": 0 * nA},
    reset="v = V_r; w += 0.3*nA",
    refractory=2.03 * ms,
)


def adapting_spikes(current, length):
    """Spike times in ms of `ADAPTING`, by scipy from event to event."""

    def free(t, y):
        return [(-65 - y[0] + 10 * (current - y[1])) / 10, (0.02 * (y[0] + 65) - y[1]) / 30]

    def held(t, y):
        return [0, (0.02 * (y[0] + 65) - y[1]) / 30]

    def crossing(t, y):
        return y[0] + 50

    crossing.terminal, crossing.direction = True, 1
    t, y, found = 0.0, [-65.0, 0.0], []
    options = {"rtol": 1e-12, "atol": 1e-13}
    while True:
        run = solve_ivp(free, (t, length), y, events=crossing, max_step=1, **options)
        if run.status != 1:
            return np.array(found)
        found.append(run.t[-1])
        t, y = run.t[-1] + 2.03, [-65.0, run.y[1, -1] + 0.3]
        if t >= length:
            return np.array(found)
        y = solve_ivp(held, (run.t[-1], t), y, **options).y[:, -1]


@pytest.mark.parametrize(
    "backend", ["numpy", pytest.param("cpp_standalone", marks=pytest.mark.slow)]
)
def test_variables_that_are_not_held_keep_the_order(backend):
    if backend == "cpp_standalone" and not has_compiler():
        pytest.skip("no C++ compiler")
    right = adapting_spikes(4, 150)
    errors = []
    for dt in (0.1, 0.05, 0.025):
        run = simulate(ADAPTING, Constant(4 * nA), 1, 150 * ms, dt=dt * ms, backend=backend)
        assert len(run.spike_ms) == len(right)
        errors.append(np.abs(run.spike_ms - right).max())
    assert errors[-1] < 1e-9
    assert np.log2(errors[0] / errors[-1]) / 2 > 3.5
    solved = reference(ADAPTING, Constant(4 * nA), 150 * ms)
    np.testing.assert_allclose(solved.spike_ms, right, atol=1e-7)


T = 10 * np.log(20 / 5)  # from -65 to -50 mV at 2 nA


@pytest.mark.parametrize(
    ("changes", "period"),
    [
        ({"refractory": 5 * ms}, T),  # shorter than the interval of a cell that is not held
        ({"refractory": "20.013*ms"}, 20.013),  # above threshold when it ends
        ({"refractory": "2*ms", "equations":
          "dv/dt = (E - v + R*I)/tau*int(not_refractory) : volt"}, T + 2),
        ({"refractory": "2*ms", "equations":
          "dv/dt = (E - v + R*I)/tau : volt (unless refractory)"}, T + 2),
        ({"refractory": "0.2*tau", "equations":
          "dv/dt = (E - v + R*I)/tau : volt (unless refractory)"}, T + 2),
        ({"refractory": "3.013*ms", "reset": "", "parameters":
          {k: v for k, v in LEAKY.items() if k != "V_r"}}, 3.013),  # stays above the threshold
        ({"reset": "v = V_r  # back to rest"}, T),
    ],
)  # fmt: skip
def test_refractory_periods_in_every_writing(changes, period):
    model = cell(**changes)
    expected = T + period * np.arange(int((100 - T) / period) + 1)
    run = simulate(model, Constant(2 * nA), 1, 100 * ms, backend="numpy")
    np.testing.assert_allclose(run.spike_ms, expected[expected < 100], atol=2e-8)
    solved = reference(model, Constant(2 * nA), 100 * ms)
    np.testing.assert_allclose(solved.spike_ms, expected[expected < 100], atol=1e-7)


def exponential_cell(threshold):
    """Regular bursting of Naud et al. 2008, with the numerical threshold where one wants it."""
    return NeuronModel(
        name="adex",
        equations="""
            dvm/dt = (g_L*(E_L - vm) + g_L*D_T*exp((vm - V_T)/D_T) + I - w)/C : volt
            dw/dt = (a*(vm - E_L) - w)/tau_w : amp""",
        parameters={"C": 200 * pF, "g_L": 10 * nS, "E_L": -58 * mV, "V_T": -50 * mV,
                    "D_T": 2 * mV, "a": 2 * nS, "tau_w": 120 * ms, "b": 100 * pA, "V_r": -46 * mV},
        input_unit=pA, initial={"vm": "E_L", "w": 0 * pA},
        threshold=f"vm > {threshold}*mV", reset="vm = V_r; w += b", dt=0.05 * ms,
    )  # fmt: skip


def exponential_spikes(threshold, length):
    def slopes(t, y):
        upstroke = 10 * 2 * np.exp(min((y[0] + 50) / 2, 80))
        return [(10 * (-58 - y[0]) + upstroke + 210 - y[1]) / 200, (2 * (y[0] + 58) - y[1]) / 120]

    def crossing(t, y):
        return y[0] - threshold

    crossing.terminal, crossing.direction = True, 1
    t, y, found = 0.0, [-58.0, 0.0], []
    while t < length:
        run = solve_ivp(slopes, (t, length), y, method="DOP853", rtol=1e-10, atol=1e-10,
                        events=crossing, max_step=2)  # fmt: skip
        t = run.t[-1]
        if run.status == 1:
            found.append(t)
            y = [-46, run.y[1, -1] + 100]
    return np.array(found)


@pytest.mark.parametrize("threshold", [-40, -30, 0, 30])
def test_explosive_upstrokes_reach_any_numerical_threshold(threshold):
    # From 0 mV on the upstroke takes less than a femtosecond.
    right = exponential_spikes(min(threshold, 0), 400)
    run = simulate(exponential_cell(threshold), Constant(210 * pA), 1, 400 * ms,
                   start="initial")  # fmt: skip
    assert len(run.spike_ms) == len(right)
    np.testing.assert_allclose(run.spike_ms, right, atol=2e-3)
    grid = simulate(exponential_cell(threshold), Constant(210 * pA), 1, 400 * ms,
                    start="initial", spikes="grid")  # fmt: skip
    rates = [(len(t) - 1) / (t[-1] - t[0]) for t in (grid.spike_ms, right)]
    assert len(grid.spike_ms) == len(right)
    assert rates[0] == pytest.approx(rates[1], rel=3e-3)


@pytest.mark.parametrize("peak", [10.0, 100.0, 1e4, 1e6])
def test_quadratic_upstrokes_reach_any_peak(peak):
    """Closed form, REFERENCES: T = tau/s*(atan(peak/s) - atan(reset/s)), s = sqrt(I)."""
    model = QIF.with_(V_th=peak, V_reset=-10)
    run = simulate(model, Constant(0.5), 1, 300 * ms, start={"v": -10.0})
    s = 0.5**0.5
    period = 10 / s * (np.arctan(peak / s) + np.arctan(10 / s))
    np.testing.assert_allclose(np.diff(run.spike_ms), period, rtol=2e-5)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (LIF.with_(V_reset=-45 * mV), "reset.*above its threshold"),
        (LIF.with_(tau=1e-3 * ms), "relaxes within 0.001 ms.*smaller dt"),
        (LIF.with_(t_ref=-1 * ms), "refractory period.*negative"),
        (QIF.with_(V_th=1e6, V_reset=-1e6), "relaxes within.*cannot follow"),
    ],
)
def test_what_a_step_cannot_follow_is_refused_before_the_run(model, message):
    with pytest.raises(ValueError, match=message) as caught:
        simulate(model, Constant(2 * model.input_unit), 1, 50 * ms, start="initial")
    assert isinstance(caught.value, DivergenceError)


def test_only_the_cells_at_fault_are_named():
    tau = np.array([10, 1e-3, 20]) * ms
    with pytest.raises(DivergenceError) as caught:
        simulate(LIF, Constant(2 * nA), 3, 50 * ms, vary={"tau": tau})
    assert caught.value.neurons == (1,)


def test_a_cell_without_rest_says_where_it_starts():
    active = cell(parameters={**LEAKY, "E": -45 * mV}, initial={"v": "V_r"})
    with pytest.warns(RestWarning, match="no stable equilibrium.*initial values"):
        run = simulate(active, Constant(0 * nA), 1, 100 * ms, backend="numpy")
    period = 10 * np.log(20 / 5)
    np.testing.assert_allclose(run.spike_ms, period * np.arange(1, len(run.spike_ms) + 1), 1e-7)


@pytest.mark.parametrize("start", [None, 3, [1, 2], "resting"])
def test_a_start_that_is_none_is_refused(start):
    with pytest.raises(ValueError, match="start"):
        simulate(LIF, Constant(1 * nA), 1, 10 * ms, start=start)


@pytest.mark.parametrize(
    ("slope", "bound"),
    [("0/second", "n >= 1"), ("0*(v - E)/mV*drift", "not n < 1"), ("drift", "n > 0.5")],
)
@pytest.mark.parametrize("backend", ["numpy", "scipy"])
def test_a_variable_that_stands_still_leaves_the_crossing_to_the_others(slope, bound, backend):
    """With a rate of 0 by its text, or by a parameter; also where it stands at its bound."""
    still = cell(
        equations=f"dv/dt = (E - v + R*I)/tau : volt\ndn/dt = {slope} : 1",
        parameters={**LEAKY, "drift": 0 / ms} if "drift" in slope else LEAKY,
        initial={"v": "E", "n": 1},
        threshold=f"v > V_t and {bound}",
    )
    found = simulate(still, Constant(2 * nA), 1, 30 * ms, start="initial", backend=backend)
    assert found.spike_ms == pytest.approx(10 * np.log(4) * np.arange(1, 3), rel=1e-8)


def test_a_moving_threshold_is_located_with_its_motion():
    """The threshold relaxes too: v - theta is a sum of exponentials, its zero by bisection."""
    model = cell(
        name="moving",
        equations="dv/dt = (E - v + R*I)/tau : volt\ndtheta/dt = (V_t - theta)/tau_th : volt",
        parameters={**LEAKY, "tau_th": 5 * ms},
        initial={"v": "E", "theta": -30 * mV},
        threshold="v > theta",
        reset="v = V_r; theta += 20*mV",
    )
    from scipy.optimize import brentq

    first = brentq(lambda t: 20 * (1 - np.exp(-t / 10)) - 15 - 20 * np.exp(-t / 5), 1, 100)
    run = simulate(model, Constant(2 * nA), 1, 20 * ms, start="initial", backend="numpy")
    assert run.spike_ms[0] == pytest.approx(first, abs=1e-7)


def test_pure_numbers_have_units_of_their_own():
    one = Unit(1)
    model = NeuronModel(
        name="numbers", equations="dV/dt = (I - V)/(10*ms) : 1", parameters={},
        input_unit=one, initial={"V": 0}, threshold="V > 1", reset="V = 0",
    )  # fmt: skip
    run = simulate(model, Constant(2.0), 1, 50 * ms, backend="numpy")
    np.testing.assert_allclose(np.diff(run.spike_ms), 10 * np.log(2), rtol=1e-7)


# --- conditions that jump -------------------------------------------------------------------------

# 1 nA drives this membrane from -70 mV towards 30 mV: it is at -37 mV after 4 ms.
MEMBRANE = {"E": -70 * mV, "R": 100 * Mohm, "tau": 10 * ms}


def jumpy(named="", **changes):
    """Return a cell whose threshold is 80 mV higher at 1 nA than at 0."""
    given = {
        "equations": f"dv/dt = (E - v + R*I)/tau : volt\n{named}",
        "parameters": MEMBRANE,
        "threshold": "v > -50*mV + 80*Mohm*I",
        "reset": "v = E",
    }
    return cell(**given | changes)


TWO = Pulses(1 * nA, times=[0, 10] * ms, width=4 * ms)
CROSSING = 10 * np.log(5 / 4)  # of -50 mV at 1 nA
EXACT = pytest.mark.parametrize("backend", ["scipy", "numpy"])


@EXACT
@pytest.mark.parametrize(
    ("changes", "stimulus", "right"),
    [
        *(({}, Step(1 * nA, offset=t * ms), [t]) for t in (4, 4.02, 4.049)),
        ({"threshold": "v > th", "named": "th = -50*mV + 80*Mohm*I : volt"},
         Step(1 * nA, offset=4.02 * ms), [4.02]),
        ({"threshold": "v > -60*mV and I < 0.5*nA"}, Step(1 * nA, offset=4.02 * ms), [4.02]),
        # 2.95 + 0.12 is less than 3.07: for that time the input would be off.
        ({}, Pulses(1 * nA, times=[2.95, 3.07] * ms, width=0.12 * ms)
         + Step(1 * nA, offset=2.95 * ms), [3.19]),
        ({"reset": ""}, TWO, [4, 14]),
        ({"reset": "", "refractory": 3 * ms}, TWO, [4, 7, 14, 17, 20]),
        ({"reset": "", "refractory": "v > -60*mV"}, TWO, [4]),
        ({"refractory": 12.01 * ms}, TWO, [4, 16.01]),
        ({"threshold": "v > -50*mV + 20*Mohm*I"}, Ramp(0.3 * nA / ms, offset=4.02 * ms), [4.02]),
        # A jump that changes nothing, before the crossing and after it, in its step.
        *(({"threshold": "v > -50*mV + 1e-9*Mohm*I", "refractory": 20 * ms},
           Constant(1 * nA) + Step(0 * nA, onset=t * ms), [CROSSING]) for t in (2.21, 2.24)),
    ],
)  # fmt: skip
def test_conditions_that_begin_to_hold_at_a_jump_of_the_input(changes, stimulus, right, backend):
    found = simulate(jumpy(**changes), stimulus, 1, 21 * ms, start="initial", backend=backend)
    np.testing.assert_allclose(found.spike_ms, right, rtol=0, atol=2e-8)


@pytest.mark.parametrize(("backend", "error"), [("scipy", 1e-9), ("numpy", 0.05)])
def test_a_recording_off_the_grid_is_known_to_a_condition_to_a_step(backend, error):
    recorded = Recorded([1, 1] * nA, times=[0, 1.1, 4.02] * ms)
    found = simulate(jumpy(), recorded, 1, 21 * ms, start="initial", backend=backend)
    np.testing.assert_allclose(found.spike_ms, [4.02], rtol=0, atol=error)


@EXACT
def test_a_condition_that_moves_with_the_input_is_located_with_its_motion(backend):
    """v = -70 + 30*(t - 10*(1 - exp(-t/10))) reaches -50 + 6*t, by bisection."""
    from scipy.optimize import brentq

    right = brentq(lambda t: -20 + 24 * t - 300 * (1 - np.exp(-t / 10)), 1, 20)
    model, ramp = jumpy(threshold="v > -50*mV + 20*Mohm*I"), Ramp(0.3 * nA / ms)
    found = simulate(model, ramp, 1, right * ms + 1 * ms, start="initial", backend=backend)
    assert found.spike_ms[0] == pytest.approx(right, abs=1e-7)


@EXACT
@pytest.mark.parametrize("reset", ["", "v = E"])
def test_a_start_above_the_threshold_is_a_spike_at_once(backend, reset):
    found = simulate(jumpy(reset=reset), Constant(0 * nA), 1, 9 * ms, start={"v": -40 * mV},
                     backend=backend)  # fmt: skip
    assert found.spike_ms.tolist() == [0]


@pytest.mark.parametrize(("backend", "late"), [("scipy", 1e-8), ("numpy", 0.05)])
def test_the_end_of_a_refractory_condition_above_the_threshold_is_a_spike(backend, late):
    """w falls from 1 to 1/2 in 7 ln 2 ms; steps see that at their ends."""
    model = jumpy("dw/dt = -w/(7*ms) : 1", initial={"v": "E", "w": 0}, threshold="v > -50*mV",
                  reset="v = E; w = 1", refractory="w > 0.5")  # fmt: skip
    found = simulate(model, Constant(1 * nA), 1, 20 * ms, start="initial", backend=backend)
    right = CROSSING + 7 * np.log(2) * np.arange(4)
    assert np.all(np.abs(found.spike_ms - right) <= late * np.maximum(np.arange(4), 1))


def test_a_condition_without_a_known_rate_of_change_says_what_to_do():
    from brian2 import Function, second, volt

    sway = Function(lambda t: 0 * volt * (t / second), arg_units=[second], return_unit=volt)
    model = jumpy(threshold="v > sway(t)", functions={"sway": sway})
    with pytest.raises(ValueError, match=r"cell: when its spike.*sway.*use spikes='grid'"):
        simulate(model, Constant(1 * nA), 1, 1 * ms, backend="numpy")


DRIVE = Constant(2.2 * nA) + Sine(0.5 * nA, frequency=300 * Hz)
VALUES = TimedArray([0, 1, 2, -1, 5, 3] * mV, dt=7.013 * ms)


def drive(t):
    """The drive in mV; t in ms."""
    return 22 + 5 * np.sin(2 * np.pi * 0.3 * t)


@EXACT
@pytest.mark.parametrize(
    ("changes", "reset", "period"),
    [
        ({"reset": "v = V_r + 0.1*mV*t/ms"}, lambda t: 0.1 * t, lambda t: 0),
        ({"reset": "v = V_r + 0.2*R*I"}, lambda t: 0.2 * drive(t), lambda t: 0),
        ({"reset": "v = V_r + values(t)", "functions": {"values": VALUES}},
         lambda t: VALUES.values[int(t / 7.013)] * 1e3, lambda t: 0),
        ({"reset": "v = V_r + q", "functions": {"values": VALUES},
          "equations": "dv/dt = (E - v + R*I)/tau : volt\nq = values(t) + 0*R*I : volt"},
         lambda t: VALUES.values[int(t / 7.013)] * 1e3, lambda t: 0),
        ({"refractory": "2*ms + t/10"}, lambda t: 0, lambda t: 2 + t / 10),
        ({"refractory": "2*ms*R*I/(20*mV)"}, lambda t: 0, lambda t: drive(t) / 10),
    ],
)  # fmt: skip
def test_what_a_reset_and_a_period_read_is_that_of_the_crossing(changes, reset, period, backend):
    """Against scipy, from crossing to crossing."""

    def crossing(t, v):
        return v[0] + 50

    crossing.terminal, crossing.direction = True, 1
    right, t, v = [], 0.0, -65.0
    while t < 40:
        run = solve_ivp(lambda t, v: (-65 - v + drive(t)) / 10, (t, 40), [v], events=crossing,
                        max_step=1, rtol=1e-11, atol=1e-12)  # fmt: skip
        if run.status != 1:
            break
        right.append(run.t[-1])
        t, v = right[-1] + period(right[-1]), -65 + reset(right[-1])
    given = {"equations": "dv/dt = (E - v + R*I)/tau : volt", "parameters": LEAKY} | changes
    if "refractory" in changes:
        given["equations"] += " (unless refractory)"
    found = simulate(cell(**given), DRIVE, 1, 40 * ms, start="initial", backend=backend)
    np.testing.assert_allclose(found.spike_ms, right, rtol=0, atol=2e-5)


HOLDS = {"": 2 * ms, " (unless refractory)": 2 * ms, " # not refractory": ""}


@pytest.mark.parametrize("flag", HOLDS)
@pytest.mark.parametrize("other", ["dw/dt = -w/tau : volt", "w = 0*mV : volt"])
@pytest.mark.parametrize("upward", ["", " + exp(v/mV + 50)*mV"])
def test_names_that_the_text_sets_are_none_that_a_model_may_have(flag, other, upward):
    model = cell(
        equations=f"dv/dt = (E - v + R*I + w{upward})/tau : volt{flag}\n{other}",
        initial={"v": "E", **({"w": 0 * mV} if other.startswith("d") else {})},
        refractory=HOLDS[flag],
        threshold="v > V_t" if upward else "v > V_t + 1*mV*int(I > 1*nA)",
    )
    text = describe(model, 1, Step(2 * nA, onset=1 * ms))
    located = locate_spikes(text, {"v": -0.065, "w": 0.0}, ahead=bool(upward))
    released = [event.statements for event in located.events.values()]
    made = assignments("\n".join([located.reset, *released]))
    own = {s.target for s in made} - {"v", "w", *located.system.rhs}
    assert len(own) > 10
    for name in own:
        with pytest.raises(ValueError, match="give it another name"):
            cell(parameters={**LEAKY, name: 1 * ms})
