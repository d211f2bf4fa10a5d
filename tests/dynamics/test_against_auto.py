"""The same points from XPPAUT's own AUTO (`xpplab`), through the project's .ode export."""

from functools import lru_cache

import numpy as np
import pytest
from brian2 import cm, ms, msiemens, uA
from excitable.dynamics import bifurcations, curves, phase_response
from excitable.dynamics import equilibria as states
from excitable.models import CONNOR_STEVENS, HODGKIN_HUXLEY, find_model
from scipy.interpolate import CubicSpline

from tests.diagrams import connor_stevens, connor_stevens_diagram, squid_diagram

xpplab = pytest.importorskip("xpplab", reason="needs xpplab, XPPAUT's code as a package")

DENSITY, CONDUCTANCE = uA / cm**2, msiemens / cm**2
# With a smaller tolerance of special points (epss) AUTO does not find some of them.
CLOSE = {"epsl": 1e-8, "epsu": 1e-8, "epss": 1e-6, "dsmin": 1e-6, "normmax": 1e4,
         "parmin": -100, "parmax": 300}  # fmt: skip
STEADY = {**CLOSE, "ds": 0.02, "dsmax": 0.5, "nmax": 3000, "npr": 3000}
CYCLES = {**CLOSE, "ds": 0.02, "dsmax": 0.5, "npr": 1000, "ntst": 100, "ncol": 4,
          "iad": 3, "nwtn": 3, "itnw": 7}  # fmt: skip


def foreign(model):
    return xpplab.Model.from_text(model.to_ode(duration=500 * ms))


def equilibria(session, high, **settings):
    """AUTO's equilibria from the rest without input, down to where they end."""
    session.run(total=300)
    return session.auto.equilibria("I", **{**STEADY, "parmax": high, **settings})


def cycles_from_a_run(session, current, **settings):
    """AUTO's cycles from one that a run falls into."""
    session.set(I=current)
    session.run(total=400, dt=0.01)
    session.ic_last()
    session.limit_cycle()
    return session.auto.start("periodic", "I", **{**CYCLES, **settings})


# --- equilibria ----------------------------------------------------------------------------------

MODELS = {
    "squid": (HODGKIN_HUXLEY, 160),
    **{f"Connor-Stevens x {k:g}": (connor_stevens(k), 200) for k in (0.5, 1, 1.25, 1.5, 2, 3)},
    "Morris-Lecar": (find_model("morris_lecar"), 250),
    "Morris-Lecar SNIC": (find_model("morris_lecar_snic"), 150),
    "Morris-Lecar homoclinic": (find_model("morris_lecar_homoclinic"), 150),
    "Wang-Buzsaki": (find_model("wang_buzsaki"), 10),
    "I_Na,p + I_K": (find_model("persistent_sodium"), 50),
    "I_Na,p + I_K, low threshold": (find_model("persistent_sodium_low"), 50),
}


@pytest.mark.parametrize(("model", "high"), MODELS.values(), ids=list(MODELS))
def test_saddle_nodes_and_hopf_points(model, high):
    found = equilibria(foreign(model), high).special()
    assert any(p.type in ("LP", "HB") for p in found)
    diagram = bifurcations(model, "I", [0, high] * model.input_unit, cycles=False)
    own = diagram.points
    for kind, label, tolerance in (("saddle-node", "LP", 1e-9), ("Hopf", "HB", 1e-7)):
        theirs = sorted(p.value for p in found if p.type == label and 0 < p.value < high)
        ours = own[own["type"] == kind][diagram.parameter_column].tolist()
        assert ours == pytest.approx(theirs, rel=tolerance)


def test_periods_at_the_hopf_points_of_the_squid_axon():
    for theirs in equilibria(foreign(HODGKIN_HUXLEY), 160).special("HB"):
        (values,) = states(HODGKIN_HUXLEY, I=theirs.value * DENSITY)["eigenvalues_per_ms"]
        ours = 2 * np.pi / max(abs(v.imag) for v in values)
        assert ours == pytest.approx(theirs.period, rel=1e-7)


# --- cycles --------------------------------------------------------------------------------------


@lru_cache
def squid_cycles():
    """AUTO's session and branch from the lower Hopf point to beyond the last fold."""
    session = foreign(HODGKIN_HUXLEY)
    hopf = equilibria(session, 20).first("HB")
    settings = {**CYCLES, "parmax": 9.9, "nmax": 110, "npr": 1}
    branch = session.auto.continue_from(hopf, "periodic", **settings)
    return session, list(branch)


def test_folds_of_cycles_of_the_squid_axon():
    _, branch = squid_cycles()
    theirs = sorted((p.value, p.period) for p in branch if p.type == "LP")
    own = squid_diagram().points.query("type == 'fold of cycles'")
    ours = own.sort_values("I_uA_per_cm2")[["I_uA_per_cm2", "period_ms"]].to_numpy()
    assert len(theirs) == 3
    assert ours[:, 0] == pytest.approx([p for p, _ in theirs], rel=1e-8)
    assert ours[:, 1] == pytest.approx([t for _, t in theirs], rel=1e-6)


def test_periods_and_multipliers_along_the_branch_of_the_squid_axon():
    _, branch = squid_cycles()
    for theirs in [p for p in branch if not p.type and p.value < 9.6][::8]:
        orbits = squid_diagram().orbits_at(theirs.value)
        ours = min(orbits, key=lambda q: abs(q.period - theirs.period))
        assert ours.period == pytest.approx(theirs.period, rel=1e-6)
        largest = max(theirs.multipliers, key=abs)
        if 1.01 < abs(largest) < 1e3:
            assert ours.multipliers[1] == pytest.approx(largest, rel=1e-4)


def test_period_doublings_of_the_squid_axon():
    """AUTO steps over them unless its steps are small."""
    session, branch = squid_cycles()
    theirs = []
    for place, side in ((7.8515, -1), (7.9177, 1)):
        start = min((p for p in branch if p.period > 16.7), key=lambda p: abs(p.value - place))
        settings = {**CYCLES, "ds": side * 0.002, "dsmax": 0.02, "nmax": 25}
        theirs += session.auto.continue_from(start, "extend", **settings).special("PD")
    ours = squid_diagram().points.query("type == 'period doubling'")["I_uA_per_cm2"]
    assert sorted(ours) == pytest.approx(sorted(p.value for p in theirs), rel=1e-7)


def test_folds_of_cycles_of_morris_and_lecar():
    session = foreign(model := find_model("morris_lecar"))
    hopfs = [p for p in equilibria(session, 250).special() if p.type == "HB"]
    theirs = []
    for hopf, nmax in zip(hopfs, (60, 60), strict=True):
        settings = {**CYCLES, "dsmax": 3, "nmax": nmax}
        branch = session.auto.continue_from(hopf, "periodic", **settings)
        theirs += [(p.value, p.period) for p in branch.special("LP")]
    diagram = bifurcations(model, "I", [0, 250] * model.input_unit)
    own = diagram.points.query("type == 'fold of cycles'")
    ours = own.sort_values(diagram.parameter_column)[[diagram.parameter_column, "period_ms"]]
    assert ours.to_numpy() == pytest.approx(np.array(sorted(theirs)), rel=1e-6)


def test_fold_of_cycles_without_a_current():
    branch = cycles_from_a_run(foreign(connor_stevens(0)), -5, nmax=60, ds=-0.02)
    (theirs,) = branch.special("LP")
    (ours,) = connor_stevens_diagram(0).points.query("type == 'fold of cycles'").to_dict("records")
    assert ours["I_uA_per_cm2"] == pytest.approx(theirs.value, rel=1e-7)
    assert ours["period_ms"] == pytest.approx(theirs.period, rel=1e-6)


def homoclinic(branch) -> float:
    """Where AUTO's cycles are long, but not so long that its mesh no longer carries them."""
    return max((p for p in branch if p.period < 1000), key=lambda p: p.period).value


@pytest.mark.slow
def test_homoclinic_orbit_with_three_times_the_a_current():
    branch = cycles_from_a_run(foreign(connor_stevens(3)), 50, nmax=85, dsmax=10, ds=-0.1)
    (ours,) = connor_stevens_diagram(3).points.query("type == 'homoclinic'")["I_uA_per_cm2"]
    assert ours == pytest.approx(homoclinic(branch), rel=1e-7)


@pytest.mark.slow
def test_homoclinic_orbit_with_twice_the_a_current():
    session = foreign(connor_stevens(2))
    hopf = equilibria(session, 200).special("HB")[-1]
    branch = session.auto.continue_from(hopf, "periodic", **{**CYCLES, "dsmax": 5, "nmax": 140})
    (ours,) = connor_stevens_diagram(2).points.query("type == 'homoclinic'")["I_uA_per_cm2"]
    assert ours == pytest.approx(homoclinic(branch), rel=1e-7)


# --- two parameters ------------------------------------------------------------------------------


@pytest.mark.slow
def test_saddle_nodes_hopf_points_and_cusps_over_two_parameters():
    found = curves(CONNOR_STEVENS, ("g_A", "I"), [10, 120] * CONDUCTANCE, [-5, 40] * DENSITY,
                   cycles=False, slices=2)  # fmt: skip
    for kind, label, factor in (("saddle-node", "LP", 1), ("Hopf", "HB", 0.5)):
        theirs = auto_curve(label, factor)
        own = found.table.query("kind == @kind")
        own = own[own["v_mV"].between(theirs.x[0], theirs.x[-1])]
        assert len(own) > 20
        ours = own[["g_A_mS_per_cm2", "I_uA_per_cm2"]].to_numpy()
        assert ours == pytest.approx(theirs(own["v_mV"]), rel=2e-6)
        if kind == "saddle-node":  # at a cusp both parameters stand still
            turns = [theirs(v) for v in theirs.derivative().roots(extrapolate=False)[0]]
    cusps = found.points.query("type == 'cusp'")[["g_A_mS_per_cm2", "I_uA_per_cm2"]].to_numpy()
    assert sorted(cusps.tolist()) == pytest.approx(np.array(sorted(map(list, turns))), rel=2e-6)


def auto_curve(label: str, factor: float) -> CubicSpline:
    """AUTO's curve of saddle-nodes or Hopf points, (g_A, I) over the potential."""
    session = foreign(connor_stevens(factor))
    start = equilibria(session, 60).first(label)
    points = []
    for side in (0.02, -0.02):
        points += session.auto.continue_from(
            start, "two-parameter", parameter="I", second="g_A",
            **{**STEADY, "ds": side, "dsmax": 0.1, "nmax": 800, "parmin": -20, "parmax": 60},
        )  # fmt: skip
    rows = np.array([[p.u0["V"], p.value2, p.value] for p in points if not p.type])
    v, *rest = rows[np.unique(rows[:, 0].round(9), return_index=True)[1]].T
    return CubicSpline(v, np.transpose(rest))


# --- phase response ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model",
    [HODGKIN_HUXLEY, CONNOR_STEVENS, connor_stevens(0.5)],
    ids=["squid", "Connor-Stevens", "x 0.5"],
)
def test_adjoints(model):
    session = foreign(model)
    session.set(I=10, dt=0.005)
    theirs = session.phase_response()["V"]  # along a run: good to some thousandths
    ours = phase_response(model, 10 * DENSITY, phases=2000)["z_ms_per_mV"]
    assert (ours.max(), ours.min()) == pytest.approx((theirs.max(), theirs.min()), rel=5e-3)
