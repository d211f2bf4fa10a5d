"""Cycles through the reset against closed forms and the reference solution."""

from dataclasses import replace

import numpy as np
import pytest
from brian2 import amp, ms, mV, nA, nS, pA
from excitable.dynamics import bifurcations, phase_response
from excitable.models import LIF, QIF, find_model
from excitable.protocols import excitability
from excitable.protocols.firing.excitability import _Onset, _type
from excitable.simulation import reference
from scipy.integrate import solve_ivp

from excitable import Constant
from tests.user_models import ADEX, adapting_cell, leaky_cell


def settled_intervals(model, I, duration):
    """The last intervals between spikes of the reference solution, in ms."""
    run = reference(model, Constant(I), duration, start="initial")
    return np.diff(run.spike_ms)


@pytest.mark.parametrize("t_ref", [0, 2])
def test_leaky_cell_in_closed_form(t_ref):
    model = LIF.with_(t_ref=t_ref * ms)
    found = bifurcations(model, "I", [0, 6] * nA)
    ends = found.points.query("type == 'boundary equilibrium'")
    assert ends["I_nA"].to_numpy() == pytest.approx([1.5, 1.5], abs=1e-9)
    assert ends["growth"].max() == pytest.approx(1, abs=1e-4)  # T = -tau*log(I - 1.5) + ...
    for current in (1.6, 2, 5):
        (cycle,) = found.cycles_at(current * nA).to_dict("records")
        period = t_ref + 10 * np.log(10 * current / (10 * current - 15))
        assert cycle["period_ms"] == pytest.approx(period, rel=1e-9)
        assert cycle["stable"]


@pytest.mark.parametrize("slower", [1e-3, 1e3, 1e5])
def test_cells_of_any_pace(slower):
    """A cell that fires once in minutes is not at rest."""
    model = LIF.with_(tau=10 * slower * ms)
    found = bifurcations(model, "I", [0, 6] * nA)
    (cycle,) = found.cycles_at(1.6 * nA).to_dict("records")
    assert cycle["period_ms"] == pytest.approx(10 * slower * np.log(16), rel=1e-9)
    period = phase_response(model, 1.6 * nA, phases=1).attrs["period_ms"]
    assert period == pytest.approx(cycle["period_ms"], rel=1e-7)


def test_a_parameter_of_the_reset():
    found = bifurcations(LIF, "V_reset", [-90, -52] * mV, I=2 * nA)
    (cycle,) = found.cycles_at(-60 * mV).to_dict("records")
    assert cycle["period_ms"] == pytest.approx(10 * np.log(15 / 5), rel=1e-9)


def test_what_a_refractory_cell_does_meanwhile():
    # w decays while v is held: by exp(-3/30), and is then raised.
    cell = adapting_cell(reset="v = V_r; w += 2*mV", refractory=3 * ms)
    (cycle,) = bifurcations(cell, "I", [2, 5] * nA).cycles_at(3 * nA).to_dict("records")
    expected = settled_intervals(cell, 3 * nA, 400 * ms)[-1]
    assert cycle["period_ms"] == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("unit", [pA, amp])
def test_numbers_are_those_of_the_cell_in_any_unit(unit):
    """With w in amperes, 1e-10 of them, beside tens of mV: against scipy's flow."""
    text = ADEX.equations.replace("/C : volt", "/C : volt (unless refractory)")
    cell = replace(ADEX, equations=text, input_unit=unit, refractory=4 * ms)
    found = bifurcations(cell.with_(a=1 * nS, b=40 * pA, Vr=-58 * mV), "I", [0, 900] * pA)
    (cycle,) = found.cycles_at(700 * pA).to_dict("records")
    w = 0.0
    for _ in range(16):
        w = one_round(w)
    slope = (one_round(w + 0.02) - one_round(w - 0.02)) / 0.04
    assert cycle["multipliers"][1].real == pytest.approx(slope, rel=1e-5)


@pytest.mark.parametrize("unit", [1, 1e-12])
def test_a_verdict_does_not_depend_on_the_unit(unit):
    """Rest ends at 220 (in pA, or in amperes), and there is a cycle from 210 on."""
    begin = _Onset(210 * unit, "homoclinic")
    assert _type("saddle-node", 220 * unit, begin, "logarithm", 900 * unit) == "II*"


def one_round(w: float) -> float:
    """Return what w (in pA) becomes from one reset to the next one, at 700 pA."""

    def slopes(t, x):
        v, w = x
        along = (30 * (-70.6 - v) + 60 * np.exp((v + 50.4) / 2) + 700 - w) / 281
        return np.array([along, (v + 70.6 - w) / 144]) / np.hypot(1, along / 25)

    def peak(t, x):
        return x[0] - 20

    peak.terminal = True
    settled = 70.6 - 58  # to which it decays while v is held
    paused = [-58, settled + (w - settled) * np.exp(-4 / 144)]
    exact = {"method": "DOP853", "rtol": 1e-12, "atol": 1e-12}  # in time that is slowed at the peak
    return solve_ivp(slopes, (0, 400), paused, events=peak, **exact).y[1, -1] + 40


def test_quadratic_cell_in_closed_form():
    found = bifurcations(QIF, "I", [-1, 4])
    assert found.points["type"].tolist() == ["saddle-node", "SNIC"]
    assert found.points["I"].to_numpy() == pytest.approx([0, 0], abs=1e-9)
    for drive in (0.01, 1, 3):
        s = np.sqrt(drive)
        (cycle,) = found.cycles_at(drive).to_dict("records")
        assert cycle["period_ms"] == pytest.approx(20 / s * np.arctan(10 / s), rel=1e-9)


def test_quadratic_cell_that_is_reset_above_its_saddle():
    # V_reset = 0.5: it fires on down to I = -1/4, where it is reset onto the upper equilibrium.
    found = bifurcations(QIF.with_(V_reset=0.5), "I", [-1, 4])
    (end,) = found.points.query("type == 'homoclinic'").to_dict("records")
    assert end["I"] == pytest.approx(-0.25, abs=1e-9)
    assert end["growth"] == pytest.approx(1, abs=1e-2)
    s = np.sqrt(0.2)
    period = 5 / s * np.log((10 - s) / (10 + s) / ((0.5 - s) / (0.5 + s)))
    (cycle,) = found.cycles_at(-0.2).to_dict("records")
    assert cycle["period_ms"] == pytest.approx(period, rel=1e-8)


def test_izhikevich_cell_of_2007():
    # k*(v - v_r)*(v - v_t) + I = b*(v - v_r): equilibria meet at I = (b + k*20)**2/(4*k)
    model = find_model("izhikevich_2007_rs")
    found = bifurcations(model, "I", [0, 500] * pA)
    snic = found.points.query("type == 'SNIC'")["I_pA"].item()
    assert snic == pytest.approx((-2 + 0.7 * 20) ** 2 / (4 * 0.7), rel=1e-8)
    (cycle,) = found.cycles_at(100 * pA).to_dict("records")
    expected = settled_intervals(model, 100 * pA, 1000 * ms)
    assert cycle["period_ms"] == pytest.approx(expected[-1], rel=1e-7)


def test_bursts_and_their_multipliers():
    model = find_model("izhikevich_ch")
    found = bifurcations(model, "I", [9.4, 10.6] * model.input_unit)
    (cycle,) = found.cycles_at(10 * model.input_unit).query("stable").to_dict("records")
    intervals = settled_intervals(model, 10 * model.input_unit, 600 * ms)
    spikes = round(cycle["rate_Hz"] * cycle["period_ms"] / 1000)
    assert spikes > 2
    assert cycle["period_ms"] == pytest.approx(intervals[-spikes:].sum(), rel=1e-7)
    first = find_model("izhikevich_2007_ib")
    (single,) = bifurcations(first, "I", [450, 500] * pA).cycles_at(480 * pA).to_dict("records")
    steps = settled_intervals(first, 480 * pA, 800 * ms)
    steps = steps - steps[-1]
    ratio = single["multipliers"][1].real
    assert steps[3:6] / steps[2:5] == pytest.approx(np.full(3, ratio), rel=0.05)


def test_what_cannot_be_followed_through_the_reset_is_said():
    cell = leaky_cell(refractory="v < -60*mV")
    found = bifurcations(cell, "I", [2, 5] * nA)
    assert len(found.notes) == 5
    assert all("refractory as long as" in note for note in found.notes)


def test_rest_that_ends_in_a_hopf_bifurcation_just_before_its_fold():
    # 0.04*v**2 + 5*v + 140 - b*v + I = 0; the trace, 0.08*v + 5 - a, is zero before the fold
    model = find_model("izhikevich_rs")
    a, b = 0.02, 0.2
    v = (a - 5) / 0.08
    found = excitability(model, steps=False).iloc[0]
    assert found["rest_ends_by"] == "Hopf"
    assert found["rest_ends_mV_per_ms"] == pytest.approx(b * v - 0.04 * v**2 - 5 * v - 140)
    assert found["verdict"] == "II"
    assert found["cycle_begins_by"] == "homoclinic"


def test_a_leaky_cell_begins_to_fire_with_the_logarithm():
    found = excitability(LIF, steps=False).iloc[0]
    assert found["verdict"] == "I"
    assert found["onset"] == "logarithm"
    assert found["rest_ends_nA"] == pytest.approx(1.5, abs=1e-9)
