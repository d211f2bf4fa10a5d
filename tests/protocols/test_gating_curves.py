"""Gating curves against the papers' rate functions and the published resting values."""

import numpy as np
import pytest
from brian2 import cm, ms, msiemens, mV
from excitable.analysis.plots import close_figure, plot_gating
from excitable.models import (
    CONNOR_STEVENS,
    HODGKIN_HUXLEY,
    IZHIKEVICH,
    IZHIKEVICH_2007,
    LIF,
    QIF,
    TRAUB_MILES,
    NeuronModel,
)
from excitable.protocols.clamp.gating_curves import gating_curves
from numpy import exp
from scipy.special import exprel

from tests.user_models import MORRIS_LECAR, PINSKY_RINZEL

# Away from every singular voltage; V and times in mV and ms, as in the papers.
V = np.array([-97.3, -71.1, -52.4, -33.3, 1.7, 48.9])


def at(table, gate):
    """Steady state and time constant of one gate."""
    rows = table[table["gate"] == gate]
    return rows["steady_state"].to_numpy(), rows["tau_ms"].to_numpy()


def assert_rates(table, gate, alpha, beta):
    """Hodgkin and Huxley's equations 8 to 11: x_inf = alpha tau, tau = 1/(alpha + beta)."""
    x_inf, tau = at(table, gate)
    np.testing.assert_allclose(tau, 1 / (alpha + beta), rtol=1e-12)
    np.testing.assert_allclose(x_inf, alpha / (alpha + beta), rtol=1e-12)


def test_squid_gates_follow_the_rates_of_1952():
    table = gating_curves(HODGKIN_HUXLEY, V * mV)
    assert table["gate"].unique().tolist() == ["m", "h", "n"]
    assert_rates(table, "m", 0.1 * (V + 40) / (1 - exp(-(V + 40) / 10)), 4 * exp(-(V + 65) / 18))
    assert_rates(table, "h", 0.07 * exp(-(V + 65) / 20), 1 / (1 + exp(-(V + 35) / 10)))
    assert_rates(
        table, "n", 0.01 * (V + 55) / (1 - exp(-(V + 55) / 10)), 0.125 * exp(-(V + 65) / 80)
    )


def test_connor_stevens_gates_follow_the_book():
    """Dayan & Abbott 2001, chapter 6, appendix."""
    table = gating_curves(CONNOR_STEVENS, V * mV)
    assert table["gate"].unique().tolist() == ["m", "h", "n", "a", "b"]
    assert_rates(
        table,
        "m",
        0.38 * (V + 29.7) / (1 - exp(-0.1 * (V + 29.7))),
        15.2 * exp(-0.0556 * (V + 54.7)),
    )
    assert_rates(table, "h", 0.266 * exp(-0.05 * (V + 48)), 3.8 / (1 + exp(-0.1 * (V + 18))))
    assert_rates(
        table,
        "n",
        0.02 * (V + 45.7) / (1 - exp(-0.1 * (V + 45.7))),
        0.25 * exp(-0.0125 * (V + 55.7)),
    )
    a_inf, tau_a = at(table, "a")
    b_inf, tau_b = at(table, "b")
    bracket = 0.0761 * exp(0.0314 * (V + 94.22)) / (1 + exp(0.0346 * (V + 1.17)))
    np.testing.assert_allclose(a_inf, bracket ** (1 / 3), rtol=1e-12)
    np.testing.assert_allclose(tau_a, 0.3632 + 1.158 / (1 + exp(0.0497 * (V + 55.96))), rtol=1e-12)
    np.testing.assert_allclose(b_inf, (1 / (1 + exp(0.0688 * (V + 53.3)))) ** 4, rtol=1e-12)
    np.testing.assert_allclose(tau_b, 1.24 + 2.678 / (1 + exp(0.0624 * (V + 50))), rtol=1e-12)


def test_connor_stevens_gates_at_rest():
    """Reference values of the resting state at -67.978 mV."""
    table = gating_curves(CONNOR_STEVENS, -67.9781172 * mV)
    rest = dict(zip(table["gate"], table["steady_state"], strict=True))
    known = {"m": 0.0100699, "h": 0.9659140, "n": 0.1558564, "a": 0.5404230, "b": 0.2886663}
    assert rest == pytest.approx(known, abs=6e-8)


@pytest.mark.parametrize(
    ("model", "gate", "v", "alpha"),
    # The limit of k x/(1 - exp(-x/w)) at x = 0 is k w.
    [
        (HODGKIN_HUXLEY, "m", -40.0, 1.0),
        (HODGKIN_HUXLEY, "n", -55.0, 0.1),
        (CONNOR_STEVENS, "m", -29.7, 3.8),
        (CONNOR_STEVENS, "n", -45.7, 0.2),
        (TRAUB_MILES, "m", -50.0, 1.28),
        (TRAUB_MILES, "n", -48.0, 0.16),
    ],
)
def test_singular_rates_have_their_limit(model, gate, v, alpha):
    x_inf, tau = at(gating_curves(model, v * mV), gate)
    assert x_inf[0] / tau[0] == pytest.approx(alpha, rel=1e-12)


def test_default_range_and_attrs():
    table = gating_curves(HODGKIN_HUXLEY)
    v = table.loc[table["gate"] == "h", "v_mV"].to_numpy()
    np.testing.assert_allclose(v, np.linspace(-100, 50, 301), atol=1e-12)
    assert table.attrs["model"] == "hodgkin_huxley"
    assert table.attrs["parameters"]["g_K"] == 36
    assert table["steady_state"].between(0, 1).all()
    # In pure numbers, of the size that the potential has at first.
    gate = "dx/dt = (1/(1 + exp(-(V + 40)/9)) - x)/ms : 1"
    for first, reach in ((-65, 130), (0.3, 2)):
        cell = NeuronModel("pure", f"dV/dt = (I - V - x)/ms : 1\n{gate}", {}, 1,
                           {"V": first, "x": 0})  # fmt: skip
        table = gating_curves(cell)
        np.testing.assert_allclose(table["v"].agg(["min", "max"]), [-reach, reach])
        right = 1 / (1 + np.exp(-(table["v"] + 40) / 9))
        np.testing.assert_allclose(table["steady_state"], right, rtol=1e-12)
    assert (table["tau_ms"] > 0).all()


def test_changed_parameters_act():
    """All rates of the Traub-Miles cell are functions of v - V_T."""
    shifted = gating_curves(TRAUB_MILES.with_(V_T=-53 * mV), (V + 10) * mV)
    plain = gating_curves(TRAUB_MILES, V * mV)
    for column in ("steady_state", "tau_ms"):
        np.testing.assert_allclose(shifted[column], plain[column], rtol=1e-12)
    conductance = gating_curves(CONNOR_STEVENS.with_(g_A=0 * msiemens / cm**2), V * mV)
    np.testing.assert_array_equal(
        conductance["steady_state"], gating_curves(CONNOR_STEVENS, V * mV)["steady_state"]
    )


def test_varied_parameters_are_those_of_changed_models():
    """Rates of v - V_T: the curve at V_T is that at -63 mV, moved; g_K does not enter."""
    V_T = np.array([-63.0, -58.0, -45.0])
    vary = {"V_T": V_T * mV, "g_K": [5, 10] * msiemens / cm**2}
    table = gating_curves(TRAUB_MILES, V * mV, vary=vary)
    assert list(table) == ["gate", "V_T", "g_K", "v_mV", "steady_state", "tau_ms"]
    assert len(table) == 3 * 3 * 2 * len(V)
    opening = 0.128 * exp(-(V - V_T[:, None] - 17) / 18)  # Traub & Miles' h
    closing = 4 / (1 + exp(-(V - V_T[:, None] - 40) / 5))
    h = table[table["gate"] == "h"]
    for _, rows in h.groupby("g_K"):
        x_inf, tau = (rows[x].to_numpy().reshape(3, -1) for x in ("steady_state", "tau_ms"))
        np.testing.assert_allclose(tau, 1 / (opening + closing), rtol=1e-12)
        np.testing.assert_allclose(x_inf, opening / (opening + closing), rtol=1e-12)
        np.testing.assert_array_equal(rows["v_mV"].to_numpy().reshape(3, -1), [V] * 3)
        np.testing.assert_array_equal(rows["V_T"], np.repeat(V_T, len(V)))


@pytest.mark.parametrize(
    ("vary", "message"),
    [
        ({"V_t": [-63] * mV}, "did you mean 'V_T'"),
        ({"V_T": [-63] * ms}, "V_T: expected mV"),
        ({"V_T": [] * mV}, "V_T: is empty"),
        ({"I": [1] * mV}, "unknown parameter 'I'|input I: expected"),
    ],
)
def test_bad_varied_values_are_refused(vary, message):
    with pytest.raises(ValueError, match=message):
        gating_curves(TRAUB_MILES, vary=vary)


def test_the_figure_colours_by_the_varied_parameter():
    """One colour for each value, whichever the gate; each gate has its letter, in black."""
    vary = {"V_T": [-63, -53] * mV}
    table = gating_curves(TRAUB_MILES, np.linspace(-90, 10, 51) * mV, vary=vary)
    left, right = plot_gating(table)
    assert left.get_xlabel() == "membrane potential (mV)"
    colours = [line.get_color() for line in left.lines]
    assert colours == colours[:2] * 3
    assert len(set(colours)) == 2
    assert [text.get_text() for text in right.get_legend().get_texts()] == ["-63", "-53"]
    assert [text.get_text() for text in left.texts] == ["$m$", "$h$", "$n$"]
    close_figure(left.figure)
    with pytest.raises(ValueError, match="V_T varies in the table; name it in by="):
        plot_gating(table, by=[])
    left, _ = plot_gating(table[table["V_T"] == -53])
    assert len(left.lines) == 3
    close_figure(left.figure)


@pytest.mark.parametrize("model", [LIF, QIF, IZHIKEVICH, IZHIKEVICH_2007])
def test_models_without_gates_are_refused(model):
    with pytest.raises(ValueError, match=f"{model.name} has no gates: expected .* CONNOR_STEVENS"):
        gating_curves(model)


@pytest.mark.parametrize(
    ("v", "message"),
    [
        ([-60.0, 0.0], "v: expected mV"),
        ([-60.0, 0.0] * ms, "v: expected mV"),
        ([np.nan] * mV, "v: 1 of 1 values are NaN"),
        ([] * mV, "v: is empty"),
        ([[-60.0], [0.0]] * mV, "v: expected one dimension"),
    ],
)
def test_bad_potentials_are_refused(v, message):
    with pytest.raises(ValueError, match=message):
        gating_curves(HODGKIN_HUXLEY, v)


def test_gates_of_a_dendrite_are_shown_over_its_own_potential():
    """Pinsky & Rinzel's s follows the dendrite; q follows calcium, a pure number itself."""
    V = np.array([0.0, 30.0, 51.1, 80.0])
    table = gating_curves(PINSKY_RINZEL, V * mV)
    assert list(table["gate"].unique()) == ["h", "n", "s", "c"]
    assert table.attrs["potentials"] == {"h": "Vs", "n": "Vs", "s": "Vd", "c": "Vd"}
    assert table.attrs["left_out"] == ["q", "Ca"]
    assert "v_mV" in table
    opening, closing = 1.6 / (1 + np.exp(-0.072 * (V - 65))), 0.1 / exprel((V - 51.1) / 5)
    s = table[table["gate"] == "s"]
    np.testing.assert_allclose(s["steady_state"], opening / (opening + closing), rtol=1e-12)
    np.testing.assert_allclose(s["tau_ms"], 1 / (opening + closing), rtol=1e-12)


def test_the_figure_has_the_models_own_name_of_the_potential():
    """Morris & Lecar's V; their gate opens around 2 mV."""
    table = gating_curves(MORRIS_LECAR, V * mV)
    assert list(table) == ["gate", "v_mV", "steady_state", "tau_ms"]
    assert table.attrs["potentials"] == {"w": "V"}
    opening = 0.5 * (1 + np.tanh((V - 2) / 30))
    np.testing.assert_allclose(table["steady_state"], opening, rtol=1e-12)
    left, right = plot_gating(table)
    assert left.get_xlabel() == right.get_xlabel() == "membrane potential $V$ (mV)"
    close_figure(left.figure)


def test_a_nullcline_is_shown_whole():
    """w = (v + 0.7)/0.8 of FitzHugh's cell goes far beyond 0 and 1."""
    left, _ = plot_gating(gating_curves("fitzhugh_nagumo", np.linspace(-2, 2, 5)))
    low, high = left.get_ylim()
    assert low < -1.3 / 0.8
    assert high > 2.7 / 0.8
    assert left.get_ylabel() == "steady state"
    close_figure(left.figure)
