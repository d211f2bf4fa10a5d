"""Curves over two parameters against AUTO's points, closed forms and simulation."""

import io

import numpy as np
import pytest
from brian2 import cm, msiemens, mV, second, uA
from excitable.dynamics import bifurcations, curves, saddle_node_loop
from excitable.dynamics.two_parameters import curves as two_parameters
from excitable.dynamics.two_parameters.curves import smallest_sum
from excitable.models import CONNOR_STEVENS, HODGKIN_HUXLEY, find_model
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline
from tqdm import tqdm

from excitable import NeuronModel

DENSITY, CONDUCTANCE = uA / cm**2, msiemens / cm**2
AXES = ["g_A_mS_per_cm2", "I_uA_per_cm2"]


@pytest.fixture(scope="module")
def plane():
    ranges = [0, 150] * CONDUCTANCE, [-10, 60] * DENSITY
    return curves(CONNOR_STEVENS, ("g_A", "I"), *ranges, cycles=False)


def test_cusps_and_bogdanov_takens_points(plane):
    cusps = plane.points.query("type == 'cusp'").sort_values(AXES[0])[AXES].to_numpy()
    expected = [[29.8727085, 5.2296364], [44.3454490, 6.8415474], [48.6508548, 8.1162747]]
    assert cusps == pytest.approx(np.array(expected), rel=1e-7)
    (bt,) = plane.points.query("type == 'Bogdanov-Takens'")[AXES].to_numpy()
    assert bt == pytest.approx([48.5427382, 8.0900425], rel=1e-7)
    assert plane.notes == []


def test_generalised_hopf_point_beside_bogdanov_takens(plane):
    """It lies within the last step of the curve; on its sides Hopf points differ in criticality."""
    (place,) = plane.points.query("type == 'generalised Hopf'")[AXES].to_numpy()
    kinds = []
    for g_A in place[0] + np.array([-0.01, 0.01]):
        model = CONNOR_STEVENS.with_(g_A=g_A * CONDUCTANCE)
        found = bifurcations(model, "I", [7, 8.05] * DENSITY, cycles=False).points
        (hopf,) = found.query("type == 'Hopf'").to_dict("records")
        assert hopf["I_uA_per_cm2"] == pytest.approx(place[1], abs=0.01)
        kinds.append(hopf["criticality"])
    assert kinds == ["subcritical", "supercritical"]


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
    found = curves(model, ("a", "I"), [-1, 1], [-2, 2], cycles=False)
    bt = found.points.query("type == 'Bogdanov-Takens'")[["a", "I"]].to_numpy()
    assert bt == pytest.approx(np.zeros((1, 2)), abs=1e-6)
    folds = found.table.query("kind == 'saddle-node'")
    assert folds["a"].to_numpy() == pytest.approx(folds["I"].to_numpy() ** 2 / 4, abs=1e-9)
    hopf = found.table.query("kind == 'Hopf'")  # at x = 0: a = 0, I < 0
    assert len(hopf)
    assert np.abs(hopf["a"]).max() < 1e-9
    assert hopf["I"].max() < 1e-6


def test_a_generalised_hopf_point_of_a_slow_cell():
    """r' = r*(I + a*r**2 - r**4) has it at (0, 0), however long a turn takes."""
    growth = "(I + a*(x**2 + y**2) - (x**2 + y**2)**2)"
    text = f"dx/dt = ({growth}*x - y)/tau : 1\ndy/dt = ({growth}*y + x)/tau : 1"
    model = NeuronModel("slow", text, {"a": 0.1, "tau": 500 * second}, 1, {"x": 0.3, "y": 0.1})
    found = curves(model, ("a", "I"), [-0.5, 0.6], [-0.2, 0.3], cycles=False, slices=3).points
    assert found["type"].tolist() == ["generalised Hopf"]
    assert found[["a", "I"]].to_numpy() == pytest.approx(np.zeros((1, 2)), abs=1e-9)


def test_folds_of_cycles_and_their_cusp_in_closed_form():
    # With r**2 = s: I + a*s + s**2 - s**3 = 0, folds where a + 2*s - 3*s**2 = 0, a cusp at s = 1/3.
    growth = "(I + a*(x**2 + y**2) + (x**2 + y**2)**2 - (x**2 + y**2)**3)"
    model = NeuronModel(
        name="cusp", parameters={"a": 0.0}, input_unit=mV / mV, initial={"x": 0.3, "y": 0.1},
        equations=f"""
        dx/dt = ({growth}*x - 2*y)/ms : 1
        dy/dt = ({growth}*y + 2*x)/ms : 1
        """,
    )  # fmt: skip
    found = curves(model, ("a", "I"), [-0.5, 0.2], [-0.2, 0.3])
    folds = found.table.query("kind == 'fold of cycles'")
    s = folds["x"].to_numpy() ** 2 + folds["y"].to_numpy() ** 2
    assert folds["a"].to_numpy() == pytest.approx(3 * s**2 - 2 * s, abs=1e-7)
    assert folds["I"].to_numpy() == pytest.approx(s**2 - 2 * s**3, abs=1e-7)
    assert s.min() < 2e-3  # to the generalised Hopf point
    assert s.max() > 0.5  # and through the cusp
    (cusp,) = found.points.query("type == 'cusp of cycles'").to_dict("records")
    assert (cusp["a"], cusp["I"]) == pytest.approx((-1 / 3, 1 / 27), abs=1e-6)


def test_folds_of_cycles_of_the_squid_axon():
    """The three folds at 36 mS/cm2, on curves that begin beside them."""
    ranges = [35.6, 36.6] * CONDUCTANCE, [5, 11] * DENSITY
    found = curves(HODGKIN_HUXLEY, ("g_K", "I"), *ranges)
    at = []
    for _, own in found.table.query("kind == 'fold of cycles'").groupby("curve"):
        path = CubicSpline(*own.sort_values("g_K_mS_per_cm2")[["g_K_mS_per_cm2", AXES[1]]].T.values)
        at.append(float(path(36.0)))
    assert sorted(at) == pytest.approx([6.2603213, 7.8423471, 7.9177855], rel=1e-6)


@pytest.mark.slow
def test_folds_of_cycles_of_connor_stevens():
    ranges = [5, 30] * CONDUCTANCE, [-8, 6] * DENSITY
    found = curves(CONNOR_STEVENS, ("g_A", "I"), *ranges)
    # where the cycle of full spikes begins; beside it are folds of smaller cycles (canards)
    own = found.table.query("kind == 'fold of cycles' and v_mV > 43.5").sort_values(AXES[0])
    at = CubicSpline(*own[AXES].T.values)(47.7 / 2)
    assert at == pytest.approx(1.2663701, rel=2e-6)


@pytest.mark.parametrize("pair", [[[1e-3, 2], [-2, 1e-3]], [[1e-3, 1], [0, 1e-3]]])
def test_the_sum_of_two_eigenvalues_is_found_among_many(pair):
    """Of 24 variables of a cable, say; also where both are the same (Bogdanov-Takens)."""
    matrix = np.diag(-np.arange(30.0, 54.0))
    matrix[:2, :2] = pair
    basis = np.linalg.qr(np.random.default_rng(1).normal(size=(24, 24)))[0]
    sums = smallest_sum(np.stack([matrix, basis @ matrix @ basis.T]))
    assert sums == pytest.approx([2e-3, 2e-3], rel=1e-9)


@pytest.mark.parametrize("cycles", [True, False])
def test_progress_ends_with_the_last_step(monkeypatch, cycles):
    bars, said = [], []

    def bar(**options):
        bars.append(tqdm(**options, file=io.StringIO()))
        return bars[-1]

    monkeypatch.setattr(two_parameters, "bar", bar)
    two_parameters.curves(find_model("fitzhugh_nagumo"), ("b", "I"), [0.5, 0.9], [0.2, 0.4],
                          slices=2, cycles=cycles, cycles_at=[0.6], report=said.append)  # fmt: skip
    assert [(shown.n, shown.total) for shown in bars] == [(len(said), 4 + cycles)]
    assert len(said) == 4 + cycles
