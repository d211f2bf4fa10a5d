"""Models as functions for scipy: the Jacobian against differences, spikes against the reference."""

import numpy as np
import pytest
from brian2 import Function, Mohm, cm, mmolar, mS, ms, mV, nA, uA, uF
from excitable.models import CONNOR_STEVENS, HODGKIN_HUXLEY, LIF, ZOO, NeuronModel
from excitable.models.printers.c_like import CannotPrint
from excitable.protocols import Step, WhiteNoise
from excitable.simulation import reference
from scipy.integrate import solve_ivp

CELLS = [cell for top in ZOO for cell in (top, *top.variants.values())]
CALCIUM = NeuronModel(
    name="calcium",
    equations="""
        dv/dt = (I - I_Ca - I_AHP - g_L*(v - E_L))/C : volt
        I_Ca  = g_Ca*s**2*(v - E_Ca) : amp/meter**2
        I_AHP = g_AHP*Ca/(Ca + K)*q*(v - E_K) : amp/meter**2
        ds/dt = (1/(1 + exp(-(v + 20*mV)/(9*mV))) - s)/(2*ms) : 1
        dq/dt = (clip(Ca/K/5, 0, 1) - q)/tau_q : 1
        tau_q = 10*ms + 20*ms*exprel(-(v + 50*mV)/(20*mV))*tanh(Ca/K) : second
        dCa/dt = -k*I_Ca - Ca/(80*ms) : mmolar
    """,
    parameters={
        "C": 1 * uF / cm**2, "g_L": 0.1 * mS / cm**2, "E_L": -65 * mV, "g_Ca": 1 * mS / cm**2,
        "E_Ca": 120 * mV, "g_AHP": 5 * mS / cm**2, "K": 0.03 * mmolar, "E_K": -80 * mV,
        "k": 0.002 * mmolar / ms / (uA / cm**2),
    },
    input_unit=uA / cm**2,
    initial={"v": "E_L", "s": 0.1, "q": 0.2, "Ca": 0.02 * mmolar},
    threshold="v > -20*mV",
)  # fmt: skip


def central_differences(f, y, widths):
    """Return df/dy from differences of two widths, extrapolated: an error of fourth order."""

    def slope(step):
        return (f(y + step) - f(y - step)) / (2 * step.sum())

    steps = np.diag(widths)
    return np.array([(4 * slope(h / 2) - slope(h)) / 3 for h in steps]).T


@pytest.mark.parametrize("model", [*CELLS, CALCIUM], ids=lambda m: m.name)
def test_jacobian_against_differences(model):
    rng = np.random.default_rng(5)
    cell = model.to_scipy(**{model.input: 3 * model.input_unit})
    units = np.array([float(model.unit_of(x)) for x in cell.names])
    width = np.array([15.0 if x == model.membrane else 0.1 for x in cell.names]) * units
    for _ in range(5):
        y = cell.y0 + rng.uniform(0, 1, len(units)) * width
        exact = cell.jac(0.0, y)
        differences = central_differences(lambda y: cell.rhs(0.0, y), y, 1e-3 * units)
        scaled = exact * units / units[:, None]
        near = differences * units / units[:, None]
        np.testing.assert_allclose(scaled, near, rtol=1e-7, atol=1e-8 * np.abs(scaled).max())


@pytest.mark.parametrize("method", ["LSODA", "Radau"])
@pytest.mark.parametrize(
    ("model", "given"),
    [
        (HODGKIN_HUXLEY, 10 * uA / cm**2),
        (CONNOR_STEVENS, 20 * uA / cm**2),
        (CALCIUM, 40 * uA / cm**2),
    ],
    ids=["hh", "cs", "calcium"],
)
def test_stiff_solvers_fire_when_the_reference_does(model, given, method):

    right = reference(model, given, 60 * ms, start="initial").spike_ms
    cell = model.to_scipy(I=given)
    cell.gap.direction = 1
    sol = solve_ivp(
        cell.rhs, (0, 0.06), cell.y0, method, jac=cell.jac, events=cell.gap, rtol=1e-9, atol=1e-11
    )
    assert len(right) >= 1
    np.testing.assert_allclose(sol.t_events[0] * 1e3, right, atol=2e-5)


def test_reset_and_gap_by_the_closed_form():
    cell = LIF.to_scipy(I=2 * nA)
    cell.gap.direction, cell.gap.terminal = 1, True
    sol = solve_ivp(cell.rhs, (0, 0.1), cell.y0, jac=cell.jac, method="Radau", events=cell.gap,
                    rtol=1e-10, atol=1e-13)  # fmt: skip
    assert sol.t[-1] == pytest.approx(0.010 * np.log(4), rel=1e-7)
    assert cell.reset(sol.t[-1], sol.y[:, -1]) == pytest.approx([-0.065])


def test_reset_statements_follow_one_another_through_named_parts():
    """`b` is a part of the part `a`: after `v = c` both have the new v."""
    cell = NeuronModel(
        name="own",
        equations="""
            dv/dt = (E - v + R*I)/tau : volt
            du/dt = -u/tau : volt
            a = 2*b : volt
            b = v + 1*mV : volt
        """,
        parameters={"E": -65 * mV, "R": 10 * Mohm, "tau": 10 * ms, "c": -70 * mV},
        input_unit=nA,
        initial={"v": "E", "u": 0 * mV},
        threshold="v > -50*mV or u > 1*volt",
        reset="v = c; u += a",
    ).to_scipy()
    np.testing.assert_allclose(cell.reset(0, [-0.05, 0.003]), [-0.07, 0.003 + 2 * -0.069])
    assert cell.gap(0, [-0.04, 0.0]) == pytest.approx(0.01)
    assert cell.gap(0, [-0.06, 1.5]) == pytest.approx(0.5)


def test_an_edge_of_the_input_acts_at_its_time():
    cell = LIF.to_scipy(I=Step(2 * nA, onset=10 * ms))
    assert cell.rhs(0.00999, cell.y0) == pytest.approx([0.0])
    assert cell.rhs(0.01001, cell.y0) == pytest.approx([2.0])


def test_refuses_by_name():
    with pytest.raises(CannotPrint, match="lif: white noise"):
        LIF.to_scipy(I=WhiteNoise(1 * nA, 1 * nA * ms**0.5))
    own = NeuronModel(
        name="own",
        equations="dv/dt = (E - v + R*I + pulse(v/mV)*mV)/tau : volt",
        parameters={"E": -65 * mV, "R": 10 * Mohm, "tau": 10 * ms},
        input_unit=nA,
        initial={"v": "E"},
        threshold="v > -50*mV",
        functions={"pulse": Function(lambda x: x, arg_units=[1], return_unit=1)},
    )
    with pytest.raises(CannotPrint, match=r"own: no exact Jacobian.*pulse\(\)"):
        own.to_scipy()
    with pytest.raises(ValueError, match=r"unknown input 'J'.*Known: I"):
        LIF.to_scipy(J=1 * nA)
