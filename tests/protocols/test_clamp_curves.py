"""Activation, inactivation and recovery against the gates from which the currents are made."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from brian2 import ms, mV, nA, nS, pA, pF
from excitable.models import CONNOR_STEVENS, HODGKIN_HUXLEY, LIF, TRAUB_MILES, NeuronModel
from excitable.protocols.clamp.clamp_curves import activation, inactivation, recovery
from numpy import exp


# Dayan & Abbott 2001, chapter 6, appendix, in mV and ms.
def a_inf(v):
    return (0.0761 * exp(0.0314 * (v + 94.22)) / (1 + exp(0.0346 * (v + 1.17)))) ** (1 / 3)


def tau_a(v):
    return 0.3632 + 1.158 / (1 + exp(0.0497 * (v + 55.96)))


def b_inf(v):
    return (1 / (1 + exp(0.0688 * (v + 53.3)))) ** 4


def tau_b(v):
    return 1.24 + 2.678 / (1 + exp(0.0624 * (v + 50)))


def a3b(v, a, b, t):
    """Open fraction of the A-conductance a time `t` after a step to `v`, shape (cells, times)."""
    v, a, b = (np.reshape(x, (-1, 1)) for x in (v, a, b))
    a = a_inf(v) + (a - a_inf(v)) * exp(-t / tau_a(v))
    return a**3 * (b_inf(v) + (b - b_inf(v)) * exp(-t / tau_b(v)))


# --- activation -------------------------------------------------------------------------------
def test_activation_of_the_a_current_is_the_peak_of_its_closed_form():
    v = np.array([-80.0, -50.0, -20.0, 0.0, 40.0])
    table = activation(
        CONNOR_STEVENS, "I_A", v * mV, hold=-110 * mV, duration=12 * ms, backend="numpy"
    )
    t = np.arange(480) * 0.025
    peaks = a3b(v, a_inf(-110.0), b_inf(-110.0), t).max(axis=1)
    np.testing.assert_allclose(table["conductance_mS_per_cm2"], 47.7 * peaks, rtol=1e-9)
    np.testing.assert_allclose(table["activation"], peaks / peaks.max(), rtol=1e-9)
    np.testing.assert_allclose(table["I_A_uA_per_cm2"], 47.7 * peaks * (v + 75), rtol=1e-9)
    assert table.attrs["protocol"] == "activation"
    # Inactivation sets in while the current rises: the peak stays below g_A a_inf^3 b(hold).
    assert (peaks < a_inf(v) ** 3 * b_inf(-110.0)).all()


def test_a_current_without_inactivation_follows_its_gate_exactly():
    """The delayed rectifier: n_inf^4, once n has settled (1e-9 after 20 time constants)."""
    v = np.array([-40.0, -20.0, 0.0, 30.0])
    table = activation(
        HODGKIN_HUXLEY, "I_K", v * mV, duration=100 * ms, dt=0.2 * ms, backend="numpy"
    )
    alpha = 0.01 * (v + 55) / (1 - exp(-(v + 55) / 10))
    n4 = (alpha / (alpha + 0.125 * exp(-(v + 65) / 80))) ** 4
    np.testing.assert_allclose(table["activation"], n4 / n4.max(), rtol=1e-7)
    np.testing.assert_allclose(table["conductance_mS_per_cm2"], 36 * n4, rtol=1e-7)


def test_conductance_is_defined_at_the_reversal_potential():
    """Current over driving force would be 0/0 at -75 mV."""
    v = np.array([-75.0, 0.0])
    table = activation(CONNOR_STEVENS, "I_A", v * mV, duration=5 * ms, backend="numpy")
    peaks = a3b(v, a_inf(-120.0), b_inf(-120.0), np.arange(200) * 0.025).max(axis=1)
    assert table["I_A_uA_per_cm2"][0] == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(table["activation"], peaks / peaks[1], rtol=1e-9)


def test_inward_currents_and_absolute_units():
    """The Traub-Miles cell states currents of the whole cell: 100 mS/cm2 on 20000 um2 are 20 uS."""
    table = activation(TRAUB_MILES, "I_Na", [-40, 0] * mV, duration=3 * ms, backend="numpy")
    assert (table["I_Na_nA"] < 0).all()
    assert table["conductance_nS"].between(0, 20000).all()
    np.testing.assert_allclose(
        table["I_Na_nA"], table["conductance_nS"] * (np.array([-40, 0]) - 50) * 1e-3, rtol=1e-9
    )


# --- inactivation -----------------------------------------------------------------------------
PREPULSES = np.array([-120.0, -100.0, -80.0, -60.0, -50.0])


def test_inactivation_read_late_is_the_gate_to_the_first_power():
    """8 ms after a step to 0 mV activation has settled to 1e-8: what is left is b(prepulse)."""
    table = inactivation(
        CONNOR_STEVENS, "I_A", PREPULSES * mV, prepulse_duration=80 * ms, test_duration=9 * ms,
        read_after=8 * ms, dt=0.2 * ms, backend="numpy",
    )  # fmt: skip
    # b(8 ms) has a small part that no prepulse changes: b_inf(0 mV), 4e-7.
    b = b_inf(0.0) + (b_inf(PREPULSES) - b_inf(0.0)) * exp(-8 / tau_b(0.0))
    np.testing.assert_allclose(table["inactivation"], b / b.max(), rtol=1e-6)
    np.testing.assert_allclose(table["inactivation"], b_inf(PREPULSES) / b_inf(-120.0), atol=2e-4)


def test_inactivation_read_at_the_peak():
    """The closed form, and how far it lies above the gate that it is taken for."""
    table = inactivation(
        CONNOR_STEVENS, "I_A", PREPULSES * mV, prepulse_duration=60 * ms, test_duration=4 * ms,
        dt=0.05 * ms, backend="numpy",
    )  # fmt: skip
    peaks = a3b(0.0, a_inf(PREPULSES), b_inf(PREPULSES), np.arange(80) * 0.05).max(axis=1)
    np.testing.assert_allclose(table["inactivation"], peaks / peaks.max(), rtol=1e-6)
    excess = table["inactivation"] - b_inf(PREPULSES) / b_inf(-120.0)
    assert 0.02 < excess.max() < 0.07


def test_sodium_inactivation_of_the_squid_axon():
    """m^3 h: half of the sodium conductance is available at -62.3 mV, where h_inf is 1/2."""
    v = np.array([-120.0, -70.0, -62.3, -50.0])
    table = inactivation(
        HODGKIN_HUXLEY, "I_Na", v * mV, test_duration=8 * ms, read_after=4 * ms, dt=0.2 * ms,
        backend="numpy",
    )  # fmt: skip

    def h(v):
        alpha, beta = 0.07 * exp(-(v + 65) / 20), 1 / (1 + exp(-(v + 35) / 10))
        return alpha / (alpha + beta), 1 / (alpha + beta)

    (rest, tau), start = h(0.0), h(v)[0]
    left = rest + (start - rest) * exp(-4 / tau)
    np.testing.assert_allclose(table["inactivation"], left / left.max(), rtol=1e-6)
    assert start[2] == pytest.approx(0.5, abs=2e-3)


# --- recovery ---------------------------------------------------------------------------------
@pytest.mark.parametrize("potential", [-110.0, -80.0])
def test_recovery_has_the_time_constant_of_the_gate(potential):
    table = recovery(
        CONNOR_STEVENS, "I_A", [1, 2, 4, 8, 16] * ms, potential=potential * mV,
        condition_duration=20 * ms, test_duration=9 * ms, read_after=8 * ms, dt=0.2 * ms,
        backend="numpy",
    )  # fmt: skip
    assert table.attrs["fit"]["tau_ms"] == pytest.approx(tau_b(potential), rel=1e-6)
    np.testing.assert_allclose(table["fit"], table["recovery"], rtol=1e-6)


def test_recovery_read_at_the_peak_is_near_it():
    """The closed form of the whole protocol, and a time constant within 10 %."""
    waits = np.array([2.0, 4.0, 8.0, 16.0, 30.0])
    table = recovery(
        CONNOR_STEVENS, "I_A", waits * ms, condition_duration=30 * ms, test_duration=4 * ms,
        dt=0.05 * ms, backend="numpy",
    )  # fmt: skip
    v = -100.0
    a = a_inf(v) + (a_inf(0.0) - a_inf(v)) * exp(-waits / tau_a(v))
    b = b_inf(v) + (b_inf(0.0) - b_inf(v)) * exp(-waits / tau_b(v))
    t = np.arange(80) * 0.05
    full = a3b(0.0, a_inf(v), b_inf(v), t).max()
    np.testing.assert_allclose(table["recovery"], a3b(0.0, a, b, t).max(axis=1) / full, rtol=1e-8)
    assert table.attrs["fit"]["tau_ms"] == pytest.approx(tau_b(v), rel=0.1)
    assert table["recovery"].is_monotonic_increasing


def test_recovery_of_the_sodium_current():
    """tau_h of the squid axon at -80 mV, from its rates."""
    table = recovery(
        HODGKIN_HUXLEY, "I_Na", [1, 3, 6, 12, 25] * ms, potential=-80 * mV,
        condition_duration=15 * ms, test_duration=8 * ms, read_after=6 * ms, dt=0.2 * ms,
        backend="numpy",
    )  # fmt: skip
    tau_h = 1 / (0.07 * exp(15 / 20) + 1 / (1 + exp(45 / 10)))
    assert table.attrs["fit"]["tau_ms"] == pytest.approx(tau_h, rel=1e-6)


# --- varied parameters ------------------------------------------------------------------------
# A current whose gates are written down here, in mV and ms.
GATED = NeuronModel(
    name="gated",
    equations="""
    dv/dt = (I - I_L - I_X)/C : volt
    I_L = g_L*(v - E_L) : amp
    I_X = g_X*m*h*(v - E_X) : amp
    dm/dt = (1/(1 + exp(-(v - V_m)/(6*mV))) - m)/tau_m : 1
    dh/dt = (1/(1 + exp((v - V_h)/(6*mV))) - h)/tau_h : 1
    """,
    parameters={
        "C": 100 * pF, "g_L": 5 * nS, "E_L": -70 * mV, "g_X": 20 * nS, "E_X": -80 * mV,
        "V_m": -30 * mV, "V_h": -60 * mV, "tau_m": 0.5 * ms, "tau_h": 8 * ms,
    },
    input="I",
    input_unit=nA,
    initial={"v": "E_L", "m": 0, "h": 1},
    threshold="v > 0*mV",
    dt=0.1 * ms,
)  # fmt: skip
GRID = {"backend": "numpy", "dt": 0.1 * ms}


def opened(v, v_m=-30.0):
    return 1 / (1 + exp(-(v - v_m) / 6))


def available(v, v_h=-60.0):
    return 1 / (1 + exp((v - v_h) / 6))


def test_activation_of_every_set():
    v, hold, t = np.array([-40.0, -20.0, 10.0]), -120.0, np.arange(100) * 0.1
    table = activation(
        GATED, "I_X", v * mV, vary={"V_m": [-30, -10] * mV, "g_X": [20, 5] * nS},
        duration=10 * ms, **GRID,
    )  # fmt: skip
    assert table[["V_m", "g_X", "command_mV"]].to_numpy().tolist() == [
        [v_m, g, x] for v_m in (-30, -10) for g in (20, 5) for x in v
    ]
    for (v_m, g), rows in table.groupby(["V_m", "g_X"]):
        m = [opened(x, v_m) + (opened(hold, v_m) - opened(x, v_m)) * exp(-t / 0.5) for x in v]
        h = [available(x) + (available(hold) - available(x)) * exp(-t / 8) for x in v]
        peaks = np.max(np.multiply(m, h), axis=1)
        np.testing.assert_allclose(rows["conductance_nS"], g * peaks, rtol=1e-9)
        np.testing.assert_allclose(rows["activation"], peaks / peaks.max(), rtol=1e-9)
        np.testing.assert_allclose(rows["I_X_nA"], g * 1e-3 * peaks * (v + 80), rtol=1e-9)


def test_inactivation_of_every_set():
    """Read 10 ms after the step activation has settled (2e-9): what is left follows h."""
    v = np.array([-110.0, -70.0, -50.0])
    table = inactivation(
        GATED, "I_X", v * mV, vary={"V_h": [-60, -75] * mV}, read_after=10 * ms, **GRID
    )
    for v_h, rows in table.groupby("V_h"):
        # The prepulse lasts 25 time constants; at the test potential nothing is available.
        left = available(0.0, v_h) + (available(v, v_h) - available(0.0, v_h)) * exp(-10 / 8)
        np.testing.assert_allclose(rows["inactivation"], left / left.max(), rtol=1e-6)


def test_recovery_of_every_set():
    table = recovery(
        GATED, "I_X", [2, 5, 10, 20, 40] * ms, potential=-110 * mV, read_after=10 * ms,
        vary={"tau_h": [4, 8, 12] * ms}, condition_duration=300 * ms, **GRID,
    )  # fmt: skip
    fit = pd.DataFrame(table.attrs["fit"])
    assert fit["tau_h"].tolist() == [4, 8, 12]
    np.testing.assert_allclose(fit["tau_ms"], [4, 8, 12], rtol=1e-5)
    np.testing.assert_allclose(table["fit"], table["recovery"], rtol=1e-5)
    assert table[["tau_h", "interval_ms"]].to_numpy().tolist() == [
        [tau, wait] for tau in (4, 8, 12) for wait in (2, 5, 10, 20, 40)
    ]


def test_one_set_of_many_is_that_of_a_run_of_its_own():
    one = recovery(GATED, "I_X", [2, 5, 10] * ms, read_after=9 * ms, **GRID)
    both = recovery(GATED, "I_X", [2, 5, 10] * ms, read_after=9 * ms, **GRID,
                    vary={"tau_h": [3, 8] * ms})  # fmt: skip
    again = both[both["tau_h"] == 8].reset_index(drop=True).drop(columns="tau_h")
    pd.testing.assert_frame_equal(one, again, rtol=1e-12)
    assert one.attrs["fit"]["tau_ms"] == pytest.approx(both.attrs["fit"]["tau_ms"][1], rel=1e-9)


@pytest.mark.parametrize("protocol", [activation, inactivation, recovery])
@pytest.mark.parametrize(
    ("vary", "message"),
    [
        ({"C": [1, 2] * pF}, "unknown parameter 'C'"),
        ({"tau_h": [1, 2] * mV}, "tau_h: expected ms"),
        ({"tau_h": [] * ms}, "tau_h: is empty"),
        ({"tua_h": [1] * ms}, "did you mean 'tau_h'"),
    ],
)
def test_what_cannot_be_varied_is_refused(protocol, vary, message):
    with pytest.raises(ValueError, match=message):
        protocol(GATED, "I_X", vary=vary, **GRID)


# --- bad input --------------------------------------------------------------------------------
@pytest.mark.parametrize("protocol", [activation, inactivation, recovery])
@pytest.mark.parametrize(
    ("model", "arguments", "message"),
    [
        (CONNOR_STEVENS, {"current": "I_B"}, "unknown current 'I_B'; did you mean"),
        (CONNOR_STEVENS, {"current": "I_L"}, "I_L of connor_stevens has no gates"),
        (LIF, {}, "lif: nothing moves while v is held"),
        (CONNOR_STEVENS, {"backend": "gpu"}, "unknown backend 'gpu'"),
        (CONNOR_STEVENS, {"dt": 0 * ms}, "dt: must be above zero"),
    ],
)
def test_bad_models_and_currents_are_refused(protocol, model, arguments, message):
    with pytest.raises(ValueError, match=message):
        protocol(model, **arguments)


@pytest.mark.parametrize(
    ("protocol", "arguments", "message"),
    [
        (activation, {"commands": [0.0]}, "commands: expected mV"),
        (activation, {"duration": -1 * ms}, "length of the last step: must be above zero"),
        (activation, {"hold": 1 * nA}, "potential of a step: expected mV"),
        (inactivation, {"prepulses": [] * mV}, "prepulses: is empty"),
        (inactivation, {"prepulses": [[0.0]] * mV}, "prepulses: expected one dimension"),
        (inactivation, {"prepulse_duration": 0 * ms}, "length of a step: must be above zero"),
        (inactivation, {"read_after": 20 * ms}, "read_after: must lie within the last step"),
        (recovery, {"intervals": [1, 2] * ms}, "intervals: expected at least three"),
        (recovery, {"intervals": [0.001, 1, 2] * ms}, "intervals: expected at least three"),
        (recovery, {"potential": -100}, "potential: expected mV"),
        (recovery, {"read_after": -1 * ms}, "read_after: must lie within the last step"),
    ],
)
def test_bad_steps_are_refused(protocol, arguments, message):
    with pytest.raises(ValueError, match=message):
        protocol(CONNOR_STEVENS, **arguments)


@pytest.mark.parametrize(
    "drive", ["(v - E_K)**2/E_K", "(v - E_K)*v/E_K", "(v - E_K)/(v + 2*E_K)*E_K*2 + g_L*E_L/g_K",
              "(v - E_K)/tanh((v - E_K)/E_L)"],
)  # fmt: skip
def test_a_current_that_is_not_ohmic_is_refused(drive):
    """A current without one driving force, or that flows on at its E, has no conductance."""
    equations = HODGKIN_HUXLEY.equations.replace("(v - E_K) ", f"({drive}) ")
    model = replace(HODGKIN_HUXLEY, equations=equations)
    with pytest.raises(ValueError, match="I_K of hodgkin_huxley is not ohmic"):
        activation(model, "I_K")


@pytest.mark.parametrize("text", ["g*p*h*(v - E)", "g*h*(v - E)/(1 + exp(-(v + 40*mV)/(6*mV)))"])
def test_gates_that_follow_the_potential_at_once_are_part_of_the_conductance(text):
    """A persistent sodium current: p_inf(v) times an inactivation h that decays with 40 ms."""
    cell = NeuronModel("persistent", f"""
    dv/dt = (I - I_NaP - g*(v + 60*mV))/C : volt
    I_NaP = {text} : amp
    p = 1/(1 + exp(-(v + 40*mV)/(6*mV))) : 1
    h_inf = 1/(1 + exp((v + 48*mV)/(6*mV))) : 1
    dh/dt = (h_inf - h)/(40*ms) : 1""", {"g": 2.8 * nS, "E": 50 * mV, "C": 21 * pF}, pA,
    {"v": -60 * mV, "h": 0.5}, threshold="v > 0*mV", dt=0.1 * ms)  # fmt: skip

    def h_inf(v):
        return 1 / (1 + exp((v + 48) / 6))

    v = np.array([-60.0, -40.0, -20.0, 50.0])  # the last one is E, where no current flows
    table = activation(cell, "I_NaP", v * mV, hold=-80 * mV, backend="numpy")
    p = 1 / (1 + exp(-(v + 40) / 6))
    opened = np.maximum(h_inf(-80), h_inf(v)) * p  # h only falls from there
    np.testing.assert_allclose(table["conductance_nS"], 2.8 * opened, rtol=1e-9)
    np.testing.assert_allclose(table["I_NaP_pA"], 2.8 * opened * (v - 50), rtol=1e-9, atol=1e-9)
    table = inactivation(
        cell, "I_NaP", v * mV, prepulse_duration=1000 * ms, test_duration=5 * ms,
        read_after=0 * ms, dt=5 * ms, backend="numpy",
    )  # fmt: skip
    np.testing.assert_allclose(table["inactivation"], h_inf(v) / h_inf(v[0]), atol=1e-10)


def test_activation_of_a_current_all_of_whose_gates_follow_at_once():
    """The persistent sodium current p_inf(v) beside a potassium gate that moves."""
    cell = NeuronModel("at_once", """
    dv/dt = (I - I_NaP - I_K)/C : volt
    I_NaP = g*(v - E)/(1 + exp(-(v + 40*mV)/(6*mV))) : amp
    I_K = g*n*(v + 80*mV) : amp
    dn/dt = (1/(1 + exp(-v/(6*mV))) - n)/(5*ms) : 1""", {"g": 2.8 * nS, "E": 50 * mV, "C": 21 * pF},
    pA, {"v": -60 * mV, "n": 0}, threshold="v > 0*mV", dt=0.1 * ms)  # fmt: skip
    v = np.array([-60.0, -40.0, 10.0])
    found = activation(cell, "I_NaP", v * mV, hold=-80 * mV, duration=1 * ms, backend="numpy")
    right = 2.8 / (1 + exp(-(v + 40) / 6))
    np.testing.assert_allclose(found["conductance_nS"], right, rtol=1e-12)
    np.testing.assert_allclose(found["activation"], right / right[-1], rtol=1e-12)
