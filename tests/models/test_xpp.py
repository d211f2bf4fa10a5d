"""XPPAUT files, read back by XPPAUT's own code (`xpplab`), against formulas and the reference."""

import numpy as np
import pytest
from brian2 import Function, Mohm, cm, ms, mV, nA, second, uA
from excitable.models import (
    CONNOR_STEVENS,
    HODGKIN_HUXLEY,
    IZHIKEVICH,
    IZHIKEVICH_2007,
    LIF,
    ZOO,
    NeuronModel,
)
from excitable.models.initial import initial_state
from excitable.models.printers.c_like import CannotPrint
from excitable.models.printers.xpp import short_names
from excitable.protocols import OrnsteinUhlenbeck, Step, WhiteNoise
from excitable.simulation import reference

from excitable.commands import main as excitable
from tests.user_models import rounding_cell

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


@pytest.mark.parametrize("model", [*CELLS, rounding_cell()], ids=lambda m: m.name)
def test_slopes_in_the_units_of_the_file(model):
    rng = np.random.default_rng(1)
    given = 3 * model.input_unit
    read, system = load(model.to_ode(I=given)), model.system
    start = initial_state(model, {})
    for _ in range(5):
        state = {
            x: float(np.ravel(start[x])[0])
            + rng.normal() * (20 if x == model.membrane else 0.3) * float(model.unit_of(x))
            for x in system.rhs
        }
        known = {**model.values, "I": float(given), **state, "t": 0.0}
        right = np.array(
            system.function(list(known), list(system.slopes().values()))(*known.values())
        )
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
        (IZHIKEVICH_2007, 200 * IZHIKEVICH_2007.input_unit),
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
    left = sol["REFR"] if "REFR" in sol.columns else np.zeros(1)
    rises = sol.t[np.flatnonzero(np.diff(left) > 1)]  # at every spike
    got = rises if left.max() > 0 else spike_ms(model, sol)
    assert len(right) >= 4
    assert len(got) == len(right)
    late = right - got
    assert late.min() > -2e-3
    assert late.max() < 0.0125 + 2e-3


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("x < a/2", lambda x, a: x < a / 2),
        ("2*a > x + a", lambda x, a: 2 * a > x + a),
        ("x - a <= -a*x", lambda x, a: x - a <= -a * x),
        ("a > x**2", lambda x, a: a > x**2),
        ("x > 0.1 and not x > a", lambda x, a: 0.1 < x <= a),
        ("x < -a or x > 0.1 and not x > a", lambda x, a: 0.1 < x <= a or x < -a),
    ],
)
def test_conditions_hold_in_xppaut_where_they_hold(condition, holds):
    """There a comparison binds as a power does, and 'not' takes all that follows it."""
    cell = NeuronModel("cell", f"dx/dt = (3*int({condition}) + I)/ms : 1", {"a": 0.7}, 1, {"x": 0})
    read = load(cell.to_ode())
    for x in (-2.5, -0.8, -0.5, 0.05, 0.2, 0.36, 0.4, 0.6, 0.75, 0.9, 2.5):
        assert read.rhs([x])[0] == 3 * holds(x, 0.7), x


def test_period_of_lif_closed_form():
    read = load(LIF.with_(t_ref=3 * ms).to_ode(I=2 * nA, duration=1000 * ms, dt=0.02 * ms))
    times = spike_ms(LIF, read.run())
    period = 10 * np.log(20 / 5) + 3
    assert np.mean(np.diff(times)) == pytest.approx(period, abs=0.02 / len(times) + 1e-4)


@pytest.mark.parametrize(
    ("model", "given", "right"),
    [
        # Rest of the squid axon; I = 0 closed forms of the others.
        (HODGKIN_HUXLEY, 0 * uA / cm**2, {"V": -64.9963793}),
        (LIF, 1 * nA, {"V": -65 + 10 * 1}),
        (IZHIKEVICH, 0 * mV / ms, {"V": -70, "U": -14}),
    ],
    ids=["hodgkin_huxley", "lif", "izhikevich"],
)
def test_equilibria(model, given, right):
    found = load(model.to_ode(I=given)).equilibrium()
    assert found.stable
    for name, value in right.items():
        assert found.values[name] == pytest.approx(value, abs=1e-6)


def test_connor_stevens_rests_where_its_slopes_are_zero():
    """Against scipy: gates at their steady states, current balance solved for v."""
    model, system = CONNOR_STEVENS, CONNOR_STEVENS.system
    found = load(model.to_ode()).equilibrium().values
    state = {x: found[x.upper()] * float(model.unit_of(x)) for x in system.rhs}
    known = {**model.values, "I": 0.0, "t": 0.0, **state}
    slopes = system.function(list(known), list(system.slopes().values()))(*known.values())
    per_ms = np.array(slopes) * 1e-3 / [float(model.unit_of(x)) for x in system.rhs]
    assert np.max(np.abs(per_ms)) < 1e-6


def test_noise_has_its_stationary_spread():
    """tau dv = (E - v) dt + sigma*sqrt(2 tau) dW has standard deviation sigma."""
    cell = NeuronModel(
        name="diffusing",
        equations="dv/dt = (E_L - v + R*I)/tau + sigma*sqrt(2/tau)*xi : volt",
        parameters={"E_L": -65 * mV, "R": 10 * Mohm, "tau": 5 * ms, "sigma": 2 * mV},
        input_unit=nA,
        initial={"v": "E_L"},
        threshold="v > 100*mV",
        method="euler",
    )
    sol = load(cell.to_ode(I=0.1 * nA, duration=20 * second, dt=0.05 * ms)).run()
    v = sol["v"][2000:]
    # 2000 independent pieces of 2 tau: the spread is known to 2 %, the mean to 0.07 mV.
    assert v.std() == pytest.approx(2, rel=0.06)
    assert v.mean() == pytest.approx(-64, abs=0.25)


def test_a_step_of_input_and_filtered_noise():
    onset = Step(2 * nA, onset=20 * ms)
    sol = load(LIF.to_ode(I=onset, duration=60 * ms, dt=0.0125 * ms)).run()
    first = spike_ms(LIF, sol)[0]
    assert first == pytest.approx(20 + 10 * np.log(4), abs=0.03)
    noisy = OrnsteinUhlenbeck(mean=0 * nA, sigma=0.1 * nA, tau=3 * ms)
    assert "wiener" in LIF.to_ode(I=noisy)
    assert "wiener" in HODGKIN_HUXLEY.to_ode(I=WhiteNoise(0 * uA / cm**2, 1 * uA / cm**2 * ms**0.5))


def test_input_as_text_of_time():
    read = load(LIF.to_ode(I="2*nA*sin(2*pi*50*Hz*t)"))
    # R*I = 20 mV at a quarter of 20 ms; the membrane at rest.
    assert read.rhs([-65.0, -1000.0], t=5.0)[0] == pytest.approx(2.0, rel=1e-12)


def own_cell(**changes):
    values = {
        "name": "own",
        "equations": "dv/dt = (E_L - v + R*I)/tau : volt",
        "parameters": {"E_L": -65 * mV, "R": 10 * Mohm, "tau": 10 * ms},
        "input_unit": nA,
        "initial": {"v": "E_L"},
        "threshold": "v > -50*mV",
        "reset": "v = E_L",
    }
    return NeuronModel(**values | changes)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"refractory": "v > -60*mV"}, "v > -60*mV"),
        ({"threshold": "v > -50*mV + rand()*mV"}, "the threshold"),
        ({"reset": "v = E_L + rand()*mV"}, "the reset"),
        ({"initial": {"v": -40 * mV}}, "holds at the initial values"),
        (
            {
                "equations": "dv/dt = (E_L - v + R*I*pulse(t/ms))/tau : volt",
                "functions": {"pulse": Function(lambda x: x, arg_units=[1], return_unit=1)},
            },
            "pulse()",
        ),
        ({"equations": "dv/dt = (E_L - v + R*I)/tau + floor(v)/second : volt"}, "floor(v)"),
    ],
    ids=["condition", "threshold", "reset", "above", "function", "floor"],
)
def test_refuses_by_name(changes, named):
    with pytest.raises(CannotPrint, match="own: ") as refused:
        own_cell(**changes).to_ode()
    assert named in str(refused.value)


def test_names_that_differ_in_capitals_or_late():
    names = short_names(["g_Na", "G_na", "conductance_one", "conductance_two", "mod", "2x", "_a"])
    assert len({n.lower() for n in names.values()}) == len(names)
    assert all(len(n) <= 9 and n[0].isalpha() for n in names.values())
    assert names["mod"] != "mod"


def test_renamed_names_keep_their_values():
    cell = own_cell(
        equations="""
            dv/dt = (E_L - v + resistance_of_membrane*I)/tau_membrane_1 + drive*w : volt
            dw/dt = (W - w)/tau_membrane_2 : 1
            W = clip(v/mV + 65, -1, 2)**2 + int(v > -60*mV or not v > -64*mV) + log1p(2 % 1.5) : 1
        """,
        parameters={
            "E_L": -65 * mV, "resistance_of_membrane": 10 * Mohm, "tau_membrane_1": 10 * ms,
            "tau_membrane_2": 50 * ms, "drive": 3 * mV / ms,
        },
        initial={"v": "E_L", "w": 0},
    )  # fmt: skip
    read = load(cell.to_ode(I=2 * nA))
    v, w = -62.0, 0.5
    right = [(-65 - v + 20) / 10 + 3 * w, (2**2 + 0 + np.log1p(0.5) - w) / 50]
    np.testing.assert_allclose(read.rhs([v, w]), right, rtol=1e-13)


def test_command_line_writes_a_file(tmp_path, capsys):
    path = tmp_path / "lif.ode"
    command = ["export", "lif", "--format", "ode", "--out", str(path), "--amplitude", "2"]
    assert excitable([*command, "--set", "t_ref", "3"]) == 0
    assert str(path) in capsys.readouterr().out
    assert path.read_text() == LIF.with_(t_ref=3 * ms).to_ode(I=2 * nA, duration=1000 * ms)
    assert excitable(command) == 2
    assert "--force" in capsys.readouterr().err
    assert excitable([*command, "--force", "--n", "5"]) == 2
    assert "--n" in capsys.readouterr().err
