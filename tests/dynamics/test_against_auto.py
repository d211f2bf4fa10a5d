"""The same points from XPPAUT's own AUTO (`xpplab`), through the project's .ode export."""

import pytest
from brian2 import cm, ms, msiemens, uA
from excitable.dynamics import bifurcations
from excitable.models import CONNOR_STEVENS, HODGKIN_HUXLEY, find_model

xpplab = pytest.importorskip("xpplab", reason="needs xpplab, XPPAUT's code as a package")

DENSITY = uA / cm**2
CASES = {
    "squid": (HODGKIN_HUXLEY, 160),
    "Connor-Stevens": (CONNOR_STEVENS, 60),
    "Connor-Stevens x 2": (CONNOR_STEVENS.with_(g_A=95.4 * msiemens / cm**2), 60),
    "Morris-Lecar": (find_model("morris_lecar"), 250),
}
STEPS = {"ds": 0.02, "dsmin": 1e-5, "dsmax": 0.5, "nmax": 2000, "npr": 2000, "normmax": 1000}


@pytest.mark.parametrize(("model", "high"), CASES.values(), ids=list(CASES))
def test_saddle_nodes_and_hopf_points(model, high):
    foreign = xpplab.Model.from_text(model.to_ode(duration=500 * ms))
    found = foreign.auto.equilibria("I", parmin=0, parmax=high, **STEPS).special()
    assert any(p.type in ("LP", "HB") for p in found)
    own = bifurcations(model, "I", [0, high] * DENSITY, cycles=False).points
    for kind, label in (("saddle-node", "LP"), ("Hopf", "HB")):
        theirs = sorted(p.value for p in found if p.type == label and 0 < p.value < high)
        ours = own[own["type"] == kind]["I_uA_per_cm2"].tolist()
        assert ours == pytest.approx(theirs, rel=1e-4)
