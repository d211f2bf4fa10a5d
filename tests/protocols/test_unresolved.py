"""Silent and firing cells whose rate the window cannot tell, and cells without a threshold."""

import re
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from brian2 import Mohm, Unit, cm, ms, mV, nA, nS, pA, pF, second, uA, uF
from excitable.models import HODGKIN_HUXLEY, LIF, QIF
from excitable.models.neuron_model import NeuronModel, Parameter
from excitable.protocols import (
    Constant,
    Step,
    conductance_sweep,
    excitability,
    fi_curve,
    latency,
    rates,
    response,
    rheobase,
    strength_duration,
    thresholds,
    voltage_clamp,
)
from excitable.protocols.firing.at_rest import not_at_rest
from excitable.simulation.backends import has_compiler
from scipy.integrate import solve_ivp

from excitable.errors import CoarseStepWarning
from tests.user_models import conductance as density
from tests.user_models import leaky_cell

compiled = pytest.mark.skipif(not has_compiler(), reason="needs a C++ compiler")

# Butera, Rinzel & Smith 1999, J. Neurophysiol. 81:382-397, model 1: bursts every few seconds.
BUTERA = NeuronModel(
    name="butera", title="pre-Boetzinger pacemaker", equations="""
dv/dt = (I - I_NaP - I_Na - gK*n**4*(v-EK) - gL*(v-EL))/C : volt
I_NaP = gNaP*mp_inf*h*(v-ENa) : amp
I_Na = gNa*m_inf**3*(1-n)*(v-ENa) : amp
dn/dt = (n_inf - n)/tau_n : 1
dh/dt = (h_inf - h)/tau_h : 1
m_inf = 1/(1+exp((v+34*mV)/(-5*mV))) : 1
n_inf = 1/(1+exp((v+29*mV)/(-4*mV))) : 1
mp_inf = 1/(1+exp((v+40*mV)/(-6*mV))) : 1
h_inf = 1/(1+exp((v+48*mV)/(6*mV))) : 1
tau_n = 10*ms/cosh((v+29*mV)/(-8*mV)) : second
tau_h = 10*second/cosh((v+48*mV)/(12*mV)) : second""",
    parameters={name: Parameter(value, unit, name) for name, (value, unit) in {
        "C": (21, pF), "gNa": (28, nS), "gK": (11.2, nS), "gNaP": (2.8, nS), "gL": (2.8, nS),
        "ENa": (50, mV), "EK": (-85, mV), "EL": (-60, mV)}.items()},
    input_unit=pA, input_range=(-20, 40), initial={"v": -50 * mV, "n": 0.01, "h": 0.5},
    threshold="v > -20*mV", refractory="v > -20*mV", method="rk4", dt=0.05 * ms,
)  # fmt: skip
# Spikes per second over 180 s (DOP853 and rk4 agree).
BUTERA_HZ = {0: 3.756, 5: 4.694, 10: 4.283, 20: 12.794}


def cell(name, equations, **more):
    """Return a model without units; `tau` is 5 ms unless given."""
    values = {"tau": Parameter(5, ms, "time constant")} | more.pop("parameters", {})
    return NeuronModel(
        name=name, title=name, equations=equations, parameters=values, input_unit=Unit(1),
        method="rk4", dt=0.05 * ms, **{"input_range": (0, 1)} | more,
    )  # fmt: skip


# Rest at -0.1; from its fold on the cell goes up to a plateau near 1 and stays there.
PLATEAU = cell(
    "plateau", "dv/dt = ((v + 0.1)*(1 - v)*(v - 0.1) + I)/tau : 1", initial={"v": -0.1},
    threshold="v > 0.5", refractory="v > 0.5", input_range=(0, 0.05),
)  # fmt: skip


# Where its two lower equilibria meet: at the lowest point of the cubic.
_CUBIC = np.polynomial.Polynomial([-0.01, 0.01, 1, -1])
FOLD = -min(_CUBIC(v) for v in _CUBIC.deriv().roots())


@pytest.mark.parametrize(("duration", "discard"), [(2, 0.5), (4, 1), (20, 5)])
def test_a_slow_burster_is_resolved_only_with_the_right_rate(duration, discard):
    table = fi_curve(BUTERA, list(BUTERA_HZ) * pA, duration=duration * second,
                     discard=discard * second,
                     start="initial")  # fmt: skip
    right = np.array(list(BUTERA_HZ.values()))
    error = np.abs(table["rate_Hz"] / right - 1)
    assert (error[table["resolved"]] < 0.1).all()
    assert not table["resolved"].all()
    window = duration - discard
    np.testing.assert_allclose(table["mean_rate_Hz"], table["spike_count"] / window)


def test_a_burster_between_two_bursts_is_silent_but_not_at_rest():
    table = fi_curve(BUTERA, [0] * pA, start="initial")
    assert table[["rate_Hz", "firing"]].iloc[0].tolist() == [0, "not at rest"]
    assert not table["resolved"][0]


def test_rest_and_depolarisation_block_are_resolved():
    """The squid axon is at rest at 2 and, above its upper Hopf point at 154.5, blocked at 180."""
    table = fi_curve(HODGKIN_HUXLEY, [2, 180] * uA / cm**2)
    assert table["rate_Hz"].tolist() == [0, 0]
    assert table["firing"].tolist() == ["silent", "silent"]


def test_a_slow_passage_past_a_fold_is_not_rest():
    """At 1e-4 above its fold the QIF cell needs pi*tau/sqrt(I) = 3.1 s for an interval."""
    table = fi_curve(QIF, [-1e-4, 1e-4] * Unit(1), start={"v": -1.0}, duration=0.5 * second,
                     discard=0 * second)  # fmt: skip
    assert table["rate_Hz"].tolist() == [0, 0]
    assert table["resolved"].tolist() == [True, False]


def test_slow_relaxation_to_rest_is_rest():
    """An adaptation with a time constant of 20 s still moves when the window ends."""
    slow = cell("slow", "dv/dt = (I - v - w)/tau : 1\ndw/dt = (0.5*v - w)/tau_w : 1",
                parameters={"tau_w": Parameter(20, second, "of the adaptation")},
                initial={"v": 0.0, "w": 0.0}, threshold="v > 1", reset="v = 0")  # fmt: skip
    table = fi_curve(slow, [0.9] * Unit(1), start="initial")
    assert table["firing"].tolist() == ["silent"]
    rising = cell("rising", "dv/dt = (I - v + w)/tau : 1\ndw/dt = (0.5*v - w)/tau_w : 1",
                  parameters={"tau_w": Parameter(20, second, "of the facilitation")},
                  initial={"v": 0.0, "w": 0.0}, threshold="v > 1", reset="v = 0")  # fmt: skip
    table = fi_curve(rising, [0.9] * Unit(1), start="initial")  # v goes to 1.8, in about 10 s
    assert table["firing"].tolist() == ["not at rest"]


def test_an_oscillation_below_the_threshold_is_silence():
    """A limit cycle of radius 1 under a threshold of 2 (Hopf's normal form, 50 Hz)."""
    hopf = cell(
        "hopf",
        "dx/dt = (x*(1 - x**2 - y**2) + I)/tau - 2*pi*f*y : 1\n"
        "dy/dt = y*(1 - x**2 - y**2)/tau + 2*pi*f*x : 1",
        parameters={"f": Parameter(50, 1 / second, "frequency")},
        initial={"x": 1.0, "y": 0.0}, threshold="x > 2", refractory="x > 2",
    )  # fmt: skip
    assert fi_curve(hopf, [0] * Unit(1), start="initial")["resolved"].tolist() == [True]


def test_a_drive_of_its_own_is_no_unrest():
    """A cell that follows a sine moves for ever."""
    driven = cell("driven", "dv/dt = (I + sin(2*pi*t/period) - v)/tau : 1",
                  parameters={"period": Parameter(300, ms, "of the drive")}, initial={"v": 0.0},
                  threshold="v > 2", reset="v = 0")  # fmt: skip
    state, values = {"v": np.array([0.3])}, {"I": np.array([0.0])}
    assert not not_at_rest(driven, state, values, 1.0)[0]


def test_a_plateau_crosses_the_spike_level_once():
    table = fi_curve(PLATEAU, [2 * FOLD] * Unit(1), start="initial", discard=0 * ms)
    assert table["spike_count"][0] == 1
    assert table["firing"].tolist() == ["one spike"]
    late = fi_curve(PLATEAU, [2 * FOLD] * Unit(1), start="initial")
    assert late[["rate_Hz", "firing"]].iloc[0].tolist() == [0, "silent"]  # blocked, up there


@pytest.mark.parametrize("start", ["initial", {"v": 0.0}])
def test_steps_that_cannot_follow_a_cell_make_no_rate(start):
    """Between -1e6 and 1e6 the QIF cell's interval at 0.5 is 44.4 ms; steps of 0.05 ms jump."""
    far = QIF.with_(V_th=1e6, V_reset=-1e6)
    with pytest.raises(ValueError, match="a variable relaxes within 5e-06 ms"):
        fi_curve(far, [0.5] * Unit(1), start=start)


def test_intervals_of_a_few_steps_are_not_resolved():
    """At 500 nA the LIF cell of 0.1 ms fires every tau*ln(5000/4985) = 0.3 us."""
    table = fi_curve(LIF.with_(tau=0.1 * ms), [500] * nA, duration=20 * ms, discard=5 * ms,
                     backend="numpy")  # fmt: skip
    assert not table["resolved"][0]
    assert table["firing"][0] == "faster than the step"


# --- thresholds ---------------------------------------------------------------------------------


def test_a_cell_that_fires_once_has_no_sustained_threshold():
    """Close to its fold the plateau cell is late: a spike in the last half is not firing on."""
    options = {"start": "initial", "duration": 3 * second}
    with pytest.raises(ValueError, match=r"plateau never fires on and on.*criterion='spike' finds"):
        rheobase(PLATEAU, **options)
    found = float(rheobase(PLATEAU, criterion="spike", **options))
    # Past a fold x' = (I - FOLD + x**2)/tau takes pi*tau/sqrt(I - FOLD), and 3 s are there.
    assert found == pytest.approx(FOLD + (np.pi * 5 / 3000) ** 2, rel=5e-4)


def test_a_cell_that_never_fires_has_no_threshold():
    mute = cell("mute", "dv/dt = (I - v)/tau : 1", initial={"v": 0.0}, threshold="v > 1000",
                reset="v = 0")  # fmt: skip
    message = r"mute makes no spike.* from 0 to 21 1 \(that is up to 20 widths of its input_range"
    with pytest.raises(ValueError, match=message):
        rheobase(mute, duration=200 * ms, dt=0.5 * ms)


def test_a_search_ends_where_the_integration_does():
    """Beyond its unstable equilibrium w runs away, and v stays far from the threshold."""
    away = cell("away", "dw/dt = (-w - I + 0.1*w**3)/tau : 1\ndv/dt = (I - v)/tau : 1",
                initial={"v": 0.0, "w": 0.0}, threshold="v > 1e9", reset="v = 0", membrane="v",
                input_range=(0, 1))  # fmt: skip
    with pytest.raises(ValueError, match=r"away makes no spike.*beyond that the integration diver"):
        rheobase(away, duration=200 * ms, dt=0.5 * ms)


def test_a_search_goes_the_way_to_the_threshold_from_any_range():
    """Rest is lost where v - 0.1*v**3 is highest: at -(2/3)*sqrt(10/3)."""
    turned = cell("turned", "dv/dt = (-v - I + 0.1*v**3)/tau : 1", initial={"v": 0.0},
                  threshold="v > 1e9", reset="v = 0", input_range=(0, 1))  # fmt: skip
    found = float(rheobase(turned, duration=2 * second, dt=0.5 * ms))
    assert found == pytest.approx(-2 / 3 * np.sqrt(10 / 3), rel=1e-3)


def test_a_cell_that_no_current_silences_has_no_threshold():
    tireless = cell("tireless", "dv/dt = exp(tanh(I))/tau : 1", initial={"v": 0.0},
                    threshold="v > 1", reset="v = 0")  # fmt: skip
    with pytest.raises(ValueError, match="tireless fires at every constant current"):
        rheobase(tireless, start="initial", duration=200 * ms, dt=0.5 * ms)


@pytest.mark.parametrize("criterion", ["sustained", "spike"])
@pytest.mark.parametrize("start", ["initial", {"v": -50 * mV}])
def test_a_cell_that_fires_without_input_has_a_negative_threshold(criterion, start):
    """LIF with its rest, at -50 mV, above the threshold of -55 mV: I = -5 mV/R from any start."""
    active = LIF.with_(E_L=-50 * mV, V_th=-55 * mV, V_reset=-70 * mV)
    found = rheobase(active, criterion=criterion, start=start, duration=2 * second)
    assert float(found / pA) == pytest.approx(-500, rel=1e-4)


def test_one_cell_without_threshold_is_named():
    vary = {"V_th": [-50, 1000] * mV}
    with pytest.raises(ValueError, match="for 1 of 2 cells") as caught:
        thresholds(LIF, vary=vary, duration=200 * ms, dt=0.5 * ms)
    assert caught.value.sets == (1,)


# --- start --------------------------------------------------------------------------------------


def test_latency_from_any_start():
    """From v0 the LIF cell needs tau*ln((v_inf - v0)/(v_inf - V_th)), v_inf = -45 mV."""
    table = latency(LIF, [2] * nA, start={"v": -60 * mV}, backend="numpy")
    assert table["latency_ms"][0] == pytest.approx(10 * np.log(15 / 5), rel=1e-6)
    assert table.attrs["start"] == {"v": -60.0}


def test_strength_duration_from_any_start():
    """A pulse of 10 ms from -60 mV: the potential must come from -60 to -50 mV in it."""
    table = strength_duration(LIF, [10] * ms, settle=1 * ms, start={"v": -60 * mV})
    decayed = np.exp(-10 / 10)
    right = (15 - 5 * decayed) / (10 * (1 - decayed))
    assert table["I"][0] == pytest.approx(right, rel=1e-3)


def test_conductance_sweep_from_any_start():
    swept = conductance_sweep(
        LIF, "R", [10] * Mohm, [2] * nA, start={"v": -60 * mV},
        duration=200 * ms, discard=50 * ms, search_duration=300 * ms, tolerance=1e-3,
    )  # fmt: skip
    assert swept.fi["latency_ms"][0] == pytest.approx(10 * np.log(15 / 5), rel=1e-6)
    at = 1.1 * swept.onset["I"][0] * 10
    expected = 10 * np.log((at - 5) / (at - 15))
    assert swept.onset["latency_ms"][0] == pytest.approx(expected, rel=1e-3)


def test_gates_of_a_clamped_cell_start_where_they_are_told():
    """A gate relaxes from its start to its steady state at the potential held."""
    table = voltage_clamp(HODGKIN_HUXLEY, [-65] * mV, hold=-65 * mV, duration=5 * ms,
                          record=("n",), start={"n": 0.9}, backend="numpy")  # fmt: skip
    t, n = table["t_ms"].to_numpy(), table["n"].to_numpy()
    alpha = 0.01 * 10 / np.expm1(1)
    beta = 0.125
    expected = alpha / (alpha + beta) + (0.9 - alpha / (alpha + beta)) * np.exp(-(alpha + beta) * t)
    np.testing.assert_allclose(n, expected, rtol=1e-6)


def test_rates_of_sets_say_what_the_window_shows():
    table = rates(LIF, pd.DataFrame({"I": [1.0, 2.0]}), duration=100 * ms, discard=20 * ms,
                  backend="numpy")  # fmt: skip
    assert table["firing"].tolist() == ["silent", "steady"]
    assert table["mean_rate_Hz"].tolist() == [0, table["spike_count"][1] / 0.08]


@pytest.mark.parametrize(("current", "firing"), [(1.499, "silent"), (1.501, "not at rest")])
def test_a_cell_on_its_way_to_a_state_just_above_the_threshold_is_not_at_rest(current, firing):
    # Rests at E_L + R*I: 0.01 mV below the threshold, or above it, where it fires after 73 ms.
    table = fi_curve(LIF, [current] * nA, duration=40 * ms, discard=1 * ms, backend="numpy")
    assert table["firing"].tolist() == [firing]


# What draws, and how the refusals name it.
DRAWING = {
    "white noise (xi in dv/dt)": {
        "equations": "dv/dt = (I - v)/tau + 0.01*xi/tau**0.5 : 1",
        "method": "euler",
    },
    "random numbers in the equations": {
        "equations": "dv/dt = (I - v + 0.1*rand())/tau : 1",
        "method": "euler",
    },
    "random numbers in the threshold": {"threshold": "rand() < dt/tau"},
    "random numbers in the reset": {"reset": "v = 0.1*rand()"},
    "random numbers in the refractory period": {"refractory": "rand() < 0.5"},
}


def drawing(what):
    """Return a leaky cell of threshold 1 that draws random numbers."""
    given = {"equations": "dv/dt = (I - v)/tau : 1", "initial": {"v": 0.0}, "threshold": "v > 1",
             "reset": "v = 0", "input_range": (0, 4)}  # fmt: skip
    return replace(cell("drawing", **given), dt=1 * ms, **DRAWING[what])


@pytest.mark.parametrize("what", DRAWING)
def test_a_cell_that_draws_random_numbers_has_no_thresholds(what):
    model, quick = drawing(what), {"backend": "numpy"}
    for measure in (
        lambda: rheobase(model, **quick),
        lambda: thresholds(model, vary={"tau": [5, 10] * ms}, criterion="spike", **quick),
        lambda: strength_duration(model, [1, 5] * ms, **quick),
        lambda: latency(model, [2] * Unit(1), **quick),
        lambda: excitability(model, **quick),
    ):
        with pytest.raises(ValueError, match=re.escape(what)):
            measure()


@pytest.mark.parametrize("what", DRAWING)
def test_one_trial_of_a_cell_that_draws_random_numbers_tells_no_rate(what):
    table = fi_curve(drawing(what), [0, 2] * Unit(1), duration=200 * ms, discard=20 * ms,
                     start="initial", backend="numpy")  # fmt: skip
    assert table["firing"][1] in ("one trial", "uneven")
    assert not table["resolved"].any()
    assert table.attrs["spikes"] == "grid"  # what is drawn has no crossing to be located


def test_the_rate_of_one_trial_is_given_all_the_same():
    """A threshold that is drawn makes a Poisson process: one spike in 5 ms, whatever the input."""
    table = fi_curve(drawing("random numbers in the threshold"), np.zeros(200) * Unit(1),
                     duration=550 * ms, discard=50 * ms, backend="numpy")  # fmt: skip
    assert set(table["firing"]) <= {"one trial", "uneven", "drifting"}
    expected, error = 200, np.sqrt(200 / 0.5 / 200)
    assert table["mean_rate_Hz"].mean() == pytest.approx(expected, abs=4 * error)


def test_a_response_in_every_step_says_so():
    """2 nA lift the condition above its threshold whatever the reset does; 1 nA does not."""
    cell = leaky_cell(threshold="v + R*I > V_t")
    quiet = response(cell, Step(1 * nA, onset=5 * ms), 14 * ms, backend="numpy")
    assert len(quiet.spikes) == 1
    with pytest.warns(UserWarning, match="1 of 1 cells fire in every step, the first from 5 ms on"):
        response(cell, Step(2 * nA, onset=5 * ms), 7 * ms, backend="numpy")


# --- a step that is too coarse for the spikes ----------------------------------------------------

# The soma of Booth, Rinzel & Kiehn 1997, J. Neurophysiol. 78:3371-3385, without calcium and with
# more sodium channels, which open at once: its step will do at rest, and not in the upstroke.
STEEP = NeuronModel(
    name="motoneuron_soma", equations="""
dV/dt = (I - g_Na*m_inf**3*h*(V - V_Na) - g_K*n**4*(V - V_K) - g_L*(V - V_L))/C : volt
dh/dt = (1/(1 + exp((V + 55*mV)/(7*mV))) - h)/tau_h : 1
dn/dt = (1/(1 + exp(-(V + 28*mV)/(15*mV))) - n)/tau_n : 1
m_inf = 1/(1 + exp(-(V + 35*mV)/(7.8*mV))) : 1
tau_h = 30*ms/(exp((V + 50*mV)/(15*mV)) + exp(-(V + 50*mV)/(16*mV))) : second
tau_n = 7*ms/(exp((V + 40*mV)/(40*mV)) + exp(-(V + 40*mV)/(50*mV))) : second""",
    parameters={"C": 1 * uF / cm**2, "g_Na": 300 * density, "V_Na": 55 * mV, "g_K": 100 * density,
                "V_K": -80 * mV, "g_L": 0.51 * density, "V_L": -60 * mV},
    input_unit=uA / cm**2, initial={"V": -60 * mV, "h": 0.6, "n": 0.1}, threshold="V > 0*mV",
)  # fmt: skip


def steep_rate(current, until=200.0):
    """Return the rate of that cell after 50 ms, Hz, from its formulas in mV, ms and uA/cm2."""

    def slopes(_, state):
        v, h, n = state
        m = 1 / (1 + np.exp(-(v + 35) / 7.8))
        return [
            current - 300 * m**3 * h * (v - 55) - 100 * n**4 * (v + 80) - 0.51 * (v + 60),
            (1 / (1 + np.exp((v + 55) / 7)) - h)
            / 30 * (np.exp((v + 50) / 15) + np.exp(-(v + 50) / 16)),
            (1 / (1 + np.exp(-(v + 28) / 15)) - n)
            / 7 * (np.exp((v + 40) / 40) + np.exp(-(v + 40) / 50)),
        ]  # fmt: skip

    def crossing(_, state):
        return state[0]

    crossing.direction = 1
    found = solve_ivp(
        slopes, (0, until), [-60, 0.6, 0.1], "LSODA", rtol=1e-9, atol=1e-11, events=crossing
    )
    times = found.t_events[0]
    return 1e3 / np.diff(times[times > 50]).mean()


def said_of_the_step(run):
    """Return what a run returns, and what it says of its step."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", CoarseStepWarning)
        found = run()
    return found, [str(w.message) for w in said if w.category is CoarseStepWarning]


@compiled
@pytest.mark.parametrize(("dt", "coarse"), [(0.025, True), (0.0125, False)])
def test_a_step_that_is_too_coarse_in_mid_spike_is_said(dt, coarse):
    table, said = said_of_the_step(
        lambda: fi_curve(
            STEEP, [5] * uA / cm**2, duration=200 * ms, discard=50 * ms, dt=dt * ms,
            start="initial", backend="cpp_standalone",
        )
    )  # fmt: skip
    assert (abs(table["rate_Hz"][0] / steep_rate(5) - 1) > 1e-3) == bool(said) == coarse


@pytest.mark.parametrize("dt", [0.03, 0.05, 0.1])
@pytest.mark.parametrize("backend", ["numpy", pytest.param("cpp_standalone", marks=compiled)])
def test_a_step_that_is_too_coarse_is_said_as_the_closed_form_has_it(dt, backend):
    """Of Euler's method: an interval of a LIF is so many times ln(1 - dt/tau)."""
    _, said = said_of_the_step(
        lambda: fi_curve(
            LIF, [1, 4] * nA, duration=200 * ms, discard=20 * ms, method="euler", dt=dt * ms,
            backend=backend,
        )
    )  # fmt: skip
    interval, halved = (step / -np.log1p(-step / 10) for step in (dt, dt / 2))
    change = halved / interval - 1
    assert len(said) == (change > 1e-3)
    for line in said:
        percent = float(re.search(r"intervals by ([\d.]+)% \(at I_amplitude = 4 nA\)", line)[1])
        assert percent == pytest.approx(100 * change, abs=0.06)


@pytest.mark.parametrize("backend", ["numpy", pytest.param("cpp_standalone", marks=compiled)])
def test_spikes_on_the_grid_may_be_rounded_to_it(backend):
    """At 2 nA every interval of 13.863 ms is 0.037 ms longer, with half the step 0.012 ms."""
    run = {"duration": 200 * ms, "backend": backend, "spikes": "grid"}
    assert said_of_the_step(lambda: response(LIF, Constant(2 * nA), **run))[1] == []
