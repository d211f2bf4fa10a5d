"""Bifurcation diagrams against AUTO's numbers, published ones and closed forms."""

from copy import copy
from dataclasses import replace

import numpy as np
import pytest
from brian2 import cm, msiemens, mV, uA
from excitable.analysis.plots.bifurcations import pieces
from excitable.dynamics import bifurcations, phase_response
from excitable.dynamics.continuation.field import Field
from excitable.dynamics.continuation.long_periods import long_end
from excitable.dynamics.continuation.tables import cycle_point_row
from excitable.models import CONNOR_STEVENS, HODGKIN_HUXLEY
from scipy.integrate import solve_ivp

from excitable import NeuronModel
from excitable.errors import InputError
from tests.diagrams import connor_stevens_diagram, squid_diagram
from tests.user_models import FITZHUGH_NAGUMO, MORRIS_LECAR, WANG_BUZSAKI

DENSITY = uA / cm**2


@pytest.fixture
def squid():
    return squid_diagram()


def of_type(diagram, kind, name="I_uA_per_cm2"):
    return diagram.points.query("type == @kind")[name].to_numpy()


def test_hopf_points_of_the_squid_axon(squid):
    # Interval arithmetic (ChaseHendrick/hh-dynamics); coefficients by AUTO's normal form.
    hopf = squid.points.query("type == 'Hopf'")
    assert hopf["I_uA_per_cm2"].to_numpy() == pytest.approx(
        [9.7754379953931, 154.522433665808], abs=1e-9
    )
    assert hopf["coefficient"].to_numpy() == pytest.approx(
        [0.0147936481310, -0.0047285026951], abs=1e-11
    )
    assert hopf["period_ms"].to_numpy() == pytest.approx([10.717882808, 5.911239441], abs=2e-9)
    assert hopf["criticality"].tolist() == ["subcritical", "supercritical"]


def test_a_diagram_shows_itself_in_a_line(squid):
    shown = f"<Diagram of hodgkin_huxley, I_uA_per_cm2 from 0 to 160: {len(squid.points)} points"
    assert repr(squid).startswith(shown)
    branches = squid.branches.groupby("kind")["branch"].nunique()
    cycles = f"equilibria and {branches['cycles']} of cycles, {len(squid.notes)} notes>"
    assert repr(squid).endswith(cycles)


def test_folds_and_doublings_of_the_squid_axon(squid):
    folds = squid.points.query("type == 'fold of cycles'")
    assert folds["I_uA_per_cm2"].to_numpy() == pytest.approx(
        [6.2603213, 7.8423471, 7.9177855], rel=1e-6
    )
    assert folds["period_ms"].to_numpy() == pytest.approx([19.89524, 16.7138, 20.7073], rel=3e-6)
    assert of_type(squid, "period doubling") == pytest.approx([7.8453374, 7.9177777], rel=1e-6)
    assert (folds["change"] < 1e-7).all()


def test_cycles_of_the_squid_axon_at_8(squid):
    found = squid.cycles_at(8 * DENSITY)
    assert found["period_ms"].to_numpy() == pytest.approx([14.3436009, 16.0077128038376], rel=5e-9)
    assert found["stable"].tolist() == [False, True]
    leading = [m[1].real for m in found["multipliers"]]
    assert leading == pytest.approx([10.3029, 0.07089678], rel=1e-4)


def test_snic_of_connor_stevens():
    found = connor_stevens_diagram(1)
    (snic,) = found.points.query("type == 'SNIC'").to_dict("records")
    assert snic["I_uA_per_cm2"] == pytest.approx(8.1140533, rel=1e-8)
    assert of_type(found, "Hopf")[-1] == pytest.approx(177.19937, rel=1e-7)
    end = next(e for e in found.ends.values() if e.type == "SNIC")
    assert end.numbers["by_cycles"] == pytest.approx(8.1140533, rel=1e-4)  # from the cycles alone


@pytest.mark.parametrize(("factor", "place"), [(2, 27.5969399), (3, 45.5585242)])
def test_homoclinic_orbits_of_connor_stevens(factor, place):
    found = connor_stevens_diagram(factor)
    assert of_type(found, "homoclinic") == pytest.approx([place], rel=2e-8)
    (end,) = found.ends.values()
    assert end.numbers["growth"] == pytest.approx(1, abs=1e-2)
    assert end.numbers["distance"] < 1e-6


@pytest.mark.parametrize(("size", "kind"), [(0, "homoclinic"), (1e-4, "long period")])
def test_what_lingers_beside_a_saddle_is_homoclinic_where_its_place_converges(size, kind):
    """Long bursts, such as Plant's (1981), do not: their branch winds on as spikes are added."""
    found = connor_stevens_diagram(2)
    ((k, known),) = found.ends.items()
    branch = copy(found.cycles[k])
    turned = [q.p * (1 + size * (-1) ** i) for i, q in enumerate(branch.points)]
    points = zip(branch.points, turned, strict=True)
    branch.points = [replace(q, orbit=replace(q.orbit, p=p)) for q, p in points]
    end = long_end(found.field, branch, found.curves)
    assert end.type == kind
    assert end.p == pytest.approx(known.p if kind == "homoclinic" else turned[-1], rel=1e-12)


def test_fold_of_cycles_without_a_current():
    found = connor_stevens_diagram(0)
    (fold,) = found.points.query("type == 'fold of cycles'").to_dict("records")
    assert fold["I_uA_per_cm2"] == pytest.approx(-8.0498962, rel=1e-7)
    assert fold["period_ms"] == pytest.approx(16.36546, rel=1e-6)


def test_multipliers_that_are_not_resolved_are_none_in_the_table():
    """That of the flow itself is 1; where it is not found to be, no other is believed."""
    found = connor_stevens_diagram(0)
    ((k, fold),) = [
        (k, s) for k, b in enumerate(found.cycles) for s in b.special if s.type == "fold of cycles"
    ]
    assert cycle_point_row(found, k, fold)["multiplier"] == pytest.approx(1, abs=1e-3)
    lost = cycle_point_row(found, k, replace(fold, residual=1.0))
    assert np.isnan(lost["multiplier"])
    assert lost["I_uA_per_cm2"] == fold.p


def test_morris_lecar_as_a_user_writes_it():
    found = bifurcations(MORRIS_LECAR, "I", [0, 300] * DENSITY)
    own = "I_app_uA_per_cm2"
    assert of_type(found, "Hopf", own) == pytest.approx([93.8576184, 212.0188163], rel=1e-9)
    assert of_type(found, "fold of cycles", own) == pytest.approx(
        [88.2932505, 216.8998014], rel=1e-8
    )


def test_a_cycle_from_simulation_where_there_is_no_hopf_point():
    found = bifurcations(WANG_BUZSAKI, "I", [-1, 20] * DENSITY)
    assert of_type(found, "SNIC", "Iapp_uA_per_cm2") == pytest.approx([0.1600863], rel=1e-6)


def test_hopf_points_in_closed_form():
    # Trace and determinant of FitzHugh-Nagumo: 1 - v**2 = epsilon*b, I from the nullclines.
    found = bifurcations(FITZHUGH_NAGUMO, "I", [0, 2], cycles=False)
    v = np.sqrt(1 - 0.08 * 0.8) * np.array([-1, 1])
    expected = v**3 / 3 - v + (v + 0.7) / 0.8
    assert found.points["I"].to_numpy() == pytest.approx(expected, abs=1e-12)


def normal_form(name, text, **more):
    return NeuronModel(
        name=name, equations=text, parameters={}, input_unit=mV / mV,
        initial={x: 0.3 for x in more.pop("states")}, **more,
    )  # fmt: skip


def test_transcritical_and_pitchfork_in_closed_form():
    one = normal_form("transcritical", "dx/dt = (I*x - x**2)/ms : 1", states="x")
    found = bifurcations(one, "I", [-1, 1.3], cycles=False)
    assert "transcritical" in found.points["type"].tolist()
    assert of_type(found, "transcritical", "I") == pytest.approx([0, 0], abs=1e-9)


def test_a_hopf_point_on_which_a_search_begins_is_met_once():
    text = """
    dx/dt = (I*x - 2*y - x*(x**2 + y**2))/ms : 1
    dy/dt = (I*y + 2*x - y*(x**2 + y**2))/ms : 1
    """
    found = bifurcations(normal_form("at_zero", text, states="xy"), "I", [-1, 1], cycles=False)
    assert of_type(found, "Hopf", "I") == pytest.approx([0], abs=1e-12)


def test_torus_in_closed_form():
    # A cycle of radius sqrt(I), beside it a second oscillator that decays at 1/2 - I. Its speed,
    # 0.7 against 2 + I, is the angle of the multipliers. The shear x = u - z/2 hides the blocks.
    text = """
    du/dt = (I*x - turn*y - x*r + 0.5*(decay*z - 0.7*w))/ms : 1
    dy/dt = (I*y + turn*x - y*r)/ms : 1
    dz/dt = (decay*z - 0.7*w)/ms : 1
    dw/dt = (decay*w + 0.7*z)/ms : 1
    x = u - z/2 : 1
    r = x**2 + y**2 : 1
    turn = 2 + r : 1
    decay = r - 0.5 - z**2 - w**2 : 1
    """
    found = bifurcations(normal_form("torus", text, states="uyzw"), "I", [-0.2, 1])
    assert of_type(found, "torus", "I") == pytest.approx([0.5], abs=1e-9)
    (point,) = found.points.query("type == 'torus'").to_dict("records")
    assert point["period_ms"] == pytest.approx(2 * np.pi / 2.5, rel=1e-9)
    angle = 2 * np.pi * 0.7 / 2.5
    assert point["multiplier"].real == pytest.approx(np.cos(angle), abs=1e-7)
    assert abs(point["multiplier"].imag) == pytest.approx(np.sin(angle), abs=1e-7)
    cycles = found.branches.query("kind == 'cycles' and abs(I - 0.5) > 1e-9")
    assert (cycles["stable"] == (cycles["I"] < 0.5)).all()
    # Above it a simulation stays on the cycle, which is unstable there and known: no second branch.
    assert cycles["branch"].nunique() == 1


def test_hopf_normal_form():
    # r' = I*r + r**3 - r**5: cycles where I = r**4 - r**2; a fold at I = -1/4 with r**2 = 1/2.
    text = """
    dx/dt = (I*x - 2*y + x*(x**2 + y**2) - x*(x**2 + y**2)**2)/ms : 1
    dy/dt = (I*y + 2*x + y*(x**2 + y**2) - y*(x**2 + y**2)**2)/ms : 1
    """
    found = bifurcations(normal_form("bautin", text, states="xy"), "I", [-0.5, 1])
    assert of_type(found, "Hopf", "I") == pytest.approx([0], abs=1e-12)
    (hopf,) = found.points.query("type == 'Hopf'").to_dict("records")
    # With <q, q> = 1 the radius is sqrt(2)*|w|, so |w|' = 2*|w|**3: 2 over the frequency, 2.
    assert hopf["coefficient"] == pytest.approx(1, rel=1e-9)
    assert of_type(found, "fold of cycles", "I") == pytest.approx([-0.25], abs=1e-9)
    at = found.cycles_at(-0.2)
    radius = np.sqrt((1 + np.sqrt(1 - 0.8) * np.array([-1, 1])) / 2)
    assert sorted(at["x_max"]) == pytest.approx(radius, rel=1e-3)  # between base points
    assert at["period_ms"].to_numpy() == pytest.approx([np.pi, np.pi], rel=1e-9)
    for I in (-1e-4, -1e-6, -1e-8):  # beside the Hopf point, where no cycle of the branch is
        radius = np.sqrt((1 + np.sqrt(1 + 4 * I) * np.array([-1, 1])) / 2)
        assert sorted(found.cycles_at(I)["x_max"]) == pytest.approx(radius, rel=1e-6)
    assert len(found.cycles_at(1e-6)) == 1


def test_cycles_of_the_squid_axon_up_to_its_hopf_points(squid):
    for current, period, others in ((9.7754, 10.717882808, 1), (154.522, 5.911239441, 0)):
        found = squid.cycles_at(current * DENSITY)
        assert len(found) == 1 + others
        assert found["period_ms"].iloc[0] == pytest.approx(period, rel=1e-5)


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("dx/dt = (I - x + sin(t/ms))/ms : 1", "sin"),
        ("dx/dt = (I - x)/ms + xi*ms**-0.5 : 1", "xi"),
        ("dx/dt = (I - floor(x))/ms : 1", "floor"),
    ],
)
def test_what_has_no_vector_field_is_refused_by_its_term(text, term):
    with pytest.raises(InputError, match=term):
        bifurcations(normal_form("rough", text, states="x"), "I", [0, 1])


@pytest.mark.parametrize(
    ("parameter", "values", "part"),
    [
        ("I", [10, 0] * DENSITY, "lower end first"),
        ("I", [0, 10] * mV, "expected uA/cm"),
        ("g_a", [0, 10] * msiemens / cm**2, "unknown parameter 'g_a'"),
    ],
)
def test_bad_ranges_are_named(parameter, values, part):
    with pytest.raises(InputError) as error:
        bifurcations(CONNOR_STEVENS, parameter, values)
    assert part in str(error.value).replace(", ", " ").replace("  ", " ") or part in str(
        error.value
    )


def test_an_interval_without_equilibria_is_an_answer():
    runs = normal_form("runs", "dx/dt = (1 + x**2 + I**2)/ms : 1", states="x")
    found = bifurcations(runs, "I", [0, 1])
    assert len(found.points) == 0
    assert found.notes == ["no equilibrium in this range"]


def test_derivatives_of_all_orders_against_mpmath():
    import mpmath

    field = Field(HODGKIN_HUXLEY, ["I"])
    x, p = np.array([-52.0, 0.2, 0.3, 0.5]), np.array([3.0])
    series = field.series(x, p, np.array([[1.0, 0, 0, 0, 0]]).T, 5)[:, 1, 0]

    def slope(v):  # dm/dt of Hodgkin & Huxley 1952
        a = (v + 40) / (10 * (1 - mpmath.exp(-(v + 40) / 10)))
        return a * (1 - mpmath.mpf(x[1])) - 4 * mpmath.exp(-(v + 65) / 18) * mpmath.mpf(x[1])

    with mpmath.workdps(40):
        expected = [float(c) for c in mpmath.taylor(slope, mpmath.mpf(x[0]), 5)]
    assert series == pytest.approx(expected, rel=1e-12)


def test_phase_response_by_the_adjoint():
    # The maximum and minimum of a second program's adjoint, 200 phases and more.
    found = phase_response(HODGKIN_HUXLEY, 10 * DENSITY, phases=400)
    z = found["z_ms_per_mV"]
    assert (z.max(), z.min()) == pytest.approx((0.50673, -0.24948), abs=1e-5)
    assert found["phase"][z.idxmax()] == pytest.approx(0.8025, abs=3e-3)
    assert found["phase"][z.idxmin()] == pytest.approx(0.5855, abs=3e-3)
    assert found.attrs["period_ms"] == pytest.approx(14.63621, rel=1e-6)


def test_phase_response_by_pushes_agrees_with_the_adjoint():
    both = [phase_response(HODGKIN_HUXLEY, 10 * DENSITY, phases=12, method=m)["z_ms_per_mV"]
            for m in ("adjoint", "direct")]  # fmt: skip
    assert both[1].to_numpy() == pytest.approx(both[0].to_numpy(), abs=1e-3 * both[0].max())


def test_a_cell_at_rest_has_no_phase_response():
    with pytest.raises(InputError, match="does not fire periodically"):
        phase_response(HODGKIN_HUXLEY, 0 * DENSITY)


# --- tables and lines ----------------------------------------------------------------------------


def test_extent_of_a_cycle_is_that_of_its_trajectory():
    (row,) = squid_diagram().cycles_at(20 * DENSITY).to_dict("records")
    cell = HODGKIN_HUXLEY.to_scipy(I=20 * DENSITY)
    run = solve_ivp(cell.rhs, (0, 0.3), cell.y0, "LSODA", jac=cell.jac, rtol=1e-9, atol=1e-11,
                    max_step=2e-5)  # fmt: skip
    v = 1000 * run.y[0][run.t > 0.2]
    assert (row["v_min_mV"], row["v_max_mV"]) == pytest.approx((v.min(), v.max()), abs=2e-3)


def test_lines_lie_on_cycles_between_those_that_were_solved():
    diagram = squid_diagram()
    cycles = diagram.branches.query("kind == 'cycles'")
    (line,) = (fine for fine, stable in pieces(cycles) if stable)
    line = line.sort_values("I_uA_per_cm2")
    for current in (6.5, 8, 12, 20, 40, 70, 100, 125, 140, 150):
        solved = diagram.cycles_at(current * DENSITY).query("stable").iloc[0]
        for column, off in (("v_max_mV", 0.3), ("v_min_mV", 0.3), ("period_ms", 0.02)):
            drawn = np.interp(current, line["I_uA_per_cm2"], line[column])
            assert drawn == pytest.approx(solved[column], abs=off), (current, column)


def test_lines_reach_from_one_hopf_point_to_the_other():
    diagram = squid_diagram()
    branches, points = diagram.branches, diagram.points
    hopfs = points.query("type == 'Hopf'")["I_uA_per_cm2"].to_list()
    cycles = branches.query("kind == 'cycles'")
    assert cycles["I_uA_per_cm2"].iloc[[0, -1]].to_list() == hopfs
    assert (cycles["v_max_mV"] - cycles["v_min_mV"]).iloc[[0, -1]].to_list() == [0, 0]
    rest = branches.query("kind == 'equilibria' and stable")["I_uA_per_cm2"]
    assert [rest[rest < 50].max(), rest[rest > 50].min()] == pytest.approx(hopfs, abs=1e-9)
