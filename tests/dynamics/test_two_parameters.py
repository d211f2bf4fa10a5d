"""Curves over two parameters against AUTO's points, closed forms and simulation."""

import numpy as np
import pytest
from brian2 import cm, msiemens, mV, uA
from excitable.dynamics import bifurcations, curves, saddle_node_loop
from excitable.dynamics.continuation.two_parameters import bialternate
from excitable.models import CONNOR_STEVENS
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline

from excitable import NeuronModel

DENSITY, CONDUCTANCE = uA / cm**2, msiemens / cm**2
AXES = ["g_A_mS_per_cm2", "I_uA_per_cm2"]


@pytest.fixture(scope="module")
def plane():
    return curves(CONNOR_STEVENS, ("g_A", "I"), [0, 150] * CONDUCTANCE, [-10, 60] * DENSITY)


def test_cusps_and_bogdanov_takens_points(plane):
    cusps = plane.points.query("type == 'cusp'").sort_values(AXES[0])[AXES].to_numpy()
    expected = [[29.8727085, 5.2296364], [44.3454490, 6.8415474], [48.6508548, 8.1162747]]
    assert cusps == pytest.approx(np.array(expected), rel=1e-7)
    (bt,) = plane.points.query("type == 'Bogdanov-Takens'")[AXES].to_numpy()
    assert bt == pytest.approx([48.5427382, 8.0900425], rel=1e-7)
    assert plane.notes == []


@pytest.mark.parametrize(("factor", "place"), [(1.5, 17.8045731), (2, 27.7300791), (3, 47.7282094)])
def test_saddle_nodes_lie_where_one_parameter_at_a_time_has_them(plane, factor, place):
    found = plane.table.query("kind == 'saddle-node' and v_mV < -55 and g_A_mS_per_cm2 > 60")
    at = CubicSpline(*found.sort_values(AXES[0])[AXES].to_numpy().T)(47.7 * factor)
    assert at == pytest.approx(place, rel=1e-6)  # between points of the curve


def test_the_saddle_node_loop_point_parts_rest_from_firing():
    """Just below the saddle-node a cell that has fired rests on one side, fires on on the other."""
    (point,) = saddle_node_loop(
        CONNOR_STEVENS, ("g_A", "I"), [76, 84] * CONDUCTANCE, [0, 60] * DENSITY
    ).to_dict("records")
    assert point["change"] < 1e-4 * 47.7
    assert [fires_on(point[AXES[0]] * (1 + s)) for s in (-0.015, 0.015)] == [False, True]


def fires_on(g_A: float) -> bool:
    """Whether spikes follow in 20 s, from a state within a spike, 8e-5 below the saddle-node."""
    model = CONNOR_STEVENS.with_(g_A=g_A * CONDUCTANCE)
    ends = bifurcations(model, "I", [15, 30] * DENSITY, cycles=False).points
    place = ends.query("type == 'saddle-node'")[AXES[1]].max()
    cell = model.to_scipy(I=(place - 8e-5) * DENSITY)
    cell.gap.direction = 1
    fired = model.to_scipy(I=(place + 5) * DENSITY)
    start = solve_ivp(fired.rhs, (0, 0.2), fired.y0, "LSODA", jac=fired.jac, rtol=1e-8).y[:, -1]
    run = solve_ivp(cell.rhs, (0, 20), start, "LSODA", jac=cell.jac, events=cell.gap,
                    rtol=1e-10, atol=1e-12)  # fmt: skip
    return len(run.t_events[0]) > 2


def test_bautin_and_bogdanov_takens_in_closed_form():
    # Kuznetsov 2004, equation 8.51: x' = y, y' = a + I*x + x**2 - x*y has its BT point at (0, 0).
    model = NeuronModel(
        name="takens", parameters={"a": 0.0}, input_unit=mV / mV, initial={"x": 0.3, "y": 0.0},
        equations="""
        dx/dt = y/ms : 1
        dy/dt = (a + I*x + x**2 - x*y)/ms : 1
        """,
    )  # fmt: skip
    found = curves(model, ("a", "I"), [-1, 1], [-2, 2])
    bt = found.points.query("type == 'Bogdanov-Takens'")[["a", "I"]].to_numpy()
    assert bt == pytest.approx(np.zeros((1, 2)), abs=1e-6)
    folds = found.table.query("kind == 'saddle-node'")
    assert folds["a"].to_numpy() == pytest.approx(folds["I"].to_numpy() ** 2 / 4, abs=1e-9)
    hopf = found.table.query("kind == 'Hopf'")  # at x = 0: a = 0, I < 0
    assert len(hopf)
    assert np.abs(hopf["a"]).max() < 1e-9
    assert hopf["I"].max() < 1e-6


def test_bialternate_product_has_the_sums_of_eigenvalues():
    matrix = np.random.default_rng(1).normal(size=(5, 5))
    values = np.linalg.eigvals(matrix)
    sums = [values[i] + values[j] for i in range(5) for j in range(i)]
    assert np.poly(bialternate(matrix)) == pytest.approx(np.poly(sums).real, abs=1e-9)
