"""Equilibria against closed forms and published numbers."""

import numpy as np
import pytest
from brian2 import Mohm, cm, ms, msiemens, mV, nA, nS, pA, pF, uA
from excitable.dynamics import bifurcations, equilibria, membrane_deviation, rest
from excitable.dynamics.phases import revolution
from excitable.models import (
    CONNOR_STEVENS,
    HODGKIN_HUXLEY,
    IZHIKEVICH,
    LIF,
    QIF,
    TRAUB_MILES,
    NeuronModel,
)

from excitable.errors import InputError
from tests.user_models import bistable, theta_neuron, with_pole


@pytest.mark.parametrize(("I", "v"), [(0, -65), (2, -45), (-1, -75)])
def test_lif(I, v):
    found = equilibria(LIF, I * nA)
    assert found["v_mV"].tolist() == pytest.approx([v], abs=1e-9)
    assert found["stable"].tolist() == [True]
    assert found["eigenvalue_per_ms"].tolist() == pytest.approx([-1 / 10], rel=1e-8)


@pytest.mark.parametrize(
    ("cell", "v"),
    [
        (LIF.with_(E_L=-20000 * mV), [-20000]),
        (bistable(scale=1), [-0.7, 0.1, 0.6]),
        (bistable(scale=100), [-70, 10, 60]),  # mV as pure numbers, from 0 on
        (bistable(scale=0.01), [-0.007, 0.001, 0.006]),
        (bistable(scale=1e4), [-7000, 1000, 6000]),
        (bistable(scale=1, saddle=0.59999), [-0.7, 0.59999, 0.6]),
        (bistable(scale=100, saddle=-0.6999), [-70, -69.99, 60]),
    ],
)
def test_equilibria_of_any_size_and_as_near_as_can_be(cell, v):
    assert equilibria(cell).iloc[:, 0].to_numpy() == pytest.approx(v, rel=1e-7)


def test_two_equilibria_between_points_of_the_grid():
    """Nearer than 0.125 mV: dv/dt = k*(v - E)**2 - I is zero at E -/+ sqrt(I/k)."""
    own = {"k": 1 * nS / mV, "E": -60.03 * mV, "C": 100 * pF}
    cell = NeuronModel("near", "dv/dt = (k*(v - E)**2 - I)/C : volt", own, pA, {"v": "E"})
    found = equilibria(cell, 1e-4 * pA)
    assert found["v_mV"].to_numpy() == pytest.approx([-60.04, -60.02], abs=1e-9)
    assert found["type"].tolist() == ["stable node", "unstable node"]


@pytest.mark.parametrize(
    ("slope", "named", "w"),
    [
        ("int(w < 1*mV)*4*mV + 3*mV - w", "", 3),
        ("up*4*mV + 3*mV - w", "up = int(w < 1*mV) : 1", 3),
        ("int(up and not high)*4*mV + 3*mV - w",
         "up = v > -80*mV : boolean\nhigh = w > 1*mV : boolean", 3),
        ("6*mV - 2*abs(w)", "", 3),
        ("12*mV - w - clip(w, 0*mV, 2*mV)", "", 10),
        ("2.5*mV + 0.5*mV*((w/mV) % 2) - w", "", 3),
    ],
)  # fmt: skip
def test_a_variable_whose_own_value_switches_it_rests_where_its_slope_is_zero(slope, named, w):
    """Solved by hand: a straight line between the jumps and bends, not at zero."""
    cell = NeuronModel("switched", f"""
        dv/dt = (E - v + R*I - w/2)/tau : volt
        dw/dt = ({slope})/(3*tau) : volt
        {named}""", {"E": -65 * mV, "R": 20 * Mohm, "tau": 10 * ms}, nA,
        {"v": "E", "w": 1 * mV},
    )  # fmt: skip
    found = rest(cell, {}, 1)
    assert float(found["w"][0]) * 1e3 == pytest.approx(w, abs=1e-9)
    assert float(found["v"][0]) * 1e3 == pytest.approx(-65 - w / 2, abs=1e-9)


def test_a_pole_is_no_equilibrium():
    """Below it dv/dt is negative and above it positive, as beside a rest, which it comes before."""
    found = equilibria(with_pole())
    assert found["v_mV"].to_numpy() == pytest.approx([-60, -40], abs=1e-9)
    assert rest(with_pole(), {}, 1)["v"] == pytest.approx([-0.06], abs=1e-12)


def test_a_cable_of_seven_compartments_rests_where_linear_algebra_says():
    n, g_L, g_c = 7, 1.0, 10.0
    laplace = np.diag(np.full(n - 1, g_c), 1) + np.diag(np.full(n - 1, g_c), -1)
    matrix = np.diag(g_L + laplace.sum(axis=1)) - laplace
    text = "\n".join(
        f"dv{i}/dt = (g_L*(E_L - v{i}) + "
        + " + ".join(f"g_c*(v{j} - v{i})" for j in (i - 1, i + 1) if 0 <= j < n)
        + (" + I" if i == 0 else "")
        + ")/C : volt"
        for i in range(n)
    )
    own = {"C": 20 * pF, "g_L": g_L * nS, "g_c": g_c * nS, "E_L": -70 * mV}
    cable = NeuronModel("cable", text, own, nA, {f"v{i}": "E_L" for i in range(n)})
    found = equilibria(cable, 0.05 * nA)
    at = [found[f"v{i}_mV"].item() for i in range(n)]
    assert at == pytest.approx(-70 + np.linalg.solve(matrix, np.eye(n)[0] * 50), abs=1e-9)
    rates = -np.linalg.eigvalsh(matrix) / 20
    assert np.array(found["eigenvalues_per_ms"].item()) == pytest.approx(rates, rel=1e-6)


@pytest.mark.parametrize("scale", [0.02, 1, 60])
def test_all_equilibria_of_two_cells_in_pure_numbers(scale):
    """x = y in {0, 1, -1}; x = -y with x**2 = 1 - 2*c; and x*y = -c with x**2 + y**2 = 1 - c."""
    c = 0.05
    pair = NeuronModel("pair", """
        dx/dt = (x - x**3/s**2 + c*(y - x) + I)/ms : 1
        dy/dt = (y - y**3/s**2 + c*(x - y))/ms : 1""",
        {"c": c, "s": scale}, 1, {"x": -1, "y": -1})  # fmt: skip
    sums = np.array([1, -1, 1, -1]) * np.sqrt(1 - c - 2 * c)
    gaps = np.array([1, 1, -1, -1]) * np.sqrt(1 - c + 2 * c)
    opposite = np.sqrt(1 - 2 * c)
    x = np.concatenate([[0, 1, -1, opposite, -opposite], (sums + gaps) / 2])
    y = np.concatenate([[0, 1, -1, -opposite, opposite], (sums - gaps) / 2])
    found = equilibria(pair)[["x", "y"]].to_numpy()
    right = np.column_stack([x, y])[np.argsort(x)] * scale
    np.testing.assert_allclose(found, right, atol=1e-9 * scale)


def test_occupancies_that_add_up_to_what_they_are_initially():
    """o = 2*c and o + c = 1.5: v rests at 3*o = 3; what moves decays with 1/tau and 3/ms."""
    chain = NeuronModel("chain", """
        dv/dt = (3*o - v + I)/tau : 1
        do/dt = (2*c - o)/ms : 1
        dc/dt = (o - 2*c)/ms : 1""",
        {"tau": 10 * ms}, 1, {"v": 0, "o": 0, "c": 1.5})  # fmt: skip
    (found,) = equilibria(chain).to_dict("records")
    assert [found[x] for x in "voc"] == pytest.approx([3, 1, 0.5], rel=1e-9)
    assert found["eigenvalues_per_ms"] == pytest.approx((-0.1, -3), rel=1e-9)
    assert found["type"] == "stable node"
    resting = rest(chain, {"tau": np.array([0.01, 0.02])}, 2)
    assert resting["v"] == pytest.approx([3, 3], rel=1e-9)
    deviation = membrane_deviation(chain, 0.5 * ms**0.5)
    assert float(deviation) == pytest.approx(0.5 / np.sqrt(20), rel=1e-9)
    with pytest.raises(InputError, match=r"chain: o \+ c never changes, .* of dc/dt write"):
        bifurcations(chain, "I", [0, 1])


def test_qif():
    found = equilibria(QIF, -1)
    assert found["v"].tolist() == pytest.approx([-1, 1], abs=1e-12)
    assert found["stable"].tolist() == [True, False]
    # d/dv (I + v**2)/tau = 2 v/tau
    assert found["eigenvalue_per_ms"].tolist() == pytest.approx([-0.2, 0.2], rel=1e-8)
    assert len(equilibria(QIF, 1)) == 0


@pytest.mark.parametrize(
    ("values", "n", "message"),
    [
        ({"E_L": [-70] * ms}, 1, "values: E_L: expected mV, got .* with s"),
        ({"E_l": [-0.07]}, 1, "unknown parameter 'E_l'; did you mean 'E_L'"),
        ({"E_L": [-0.07, np.nan]}, 2, "values: E_L: 1 of 2 values are NaN"),
        ({"E_L": [-0.07, -0.06]}, 3, "values: E_L: expected one value or 3"),
        ({}, 0, "n: expected a whole number of at least 1"),
    ],
)
def test_values_at_which_rest_is_not_asked_for(values, n, message):
    with pytest.raises(InputError, match=message):
        rest(LIF, values, n)


def test_rest_takes_values_with_units_and_plain_ones_in_si():
    """It is at E_L."""
    for E_L in ([-70, -60] * mV, [-0.07, -0.06], -70 * mV):
        assert rest(LIF, {"E_L": E_L}, 2)["v"] == pytest.approx(np.broadcast_to(E_L, 2))


def test_connor_stevens_rest():
    found = equilibria(CONNOR_STEVENS)
    expected = {
        "v_mV": -67.9781172, "m": 0.0100699, "h": 0.9659140,
        "n": 0.1558564, "a": 0.5404230, "b": 0.2886663,
    }  # fmt: skip
    stable = found[found["stable"]]
    assert len(stable) == 1
    for name, value in expected.items():
        assert stable[name].item() == pytest.approx(value, abs=6e-8)


def test_connor_stevens_saddle_node():
    # Rest meets the saddle at the rheobase: two equilibria more below it than above.
    below = equilibria(CONNOR_STEVENS, 8.1140 * uA / cm**2)
    above = equilibria(CONNOR_STEVENS, 8.1141 * uA / cm**2)
    assert len(below) == len(above) + 2
    assert below["stable"].sum() == 1
    assert above["stable"].sum() == 0


def test_squid_rest_and_hopf_point():
    found = equilibria(HODGKIN_HUXLEY)
    assert found["v_mV"].tolist() == pytest.approx([-64.9963793], abs=6e-8)
    for I, stable in ((9.7754, True), (9.7755, False), (154.4, False), (154.6, True)):
        assert equilibria(HODGKIN_HUXLEY, I * uA / cm**2)["stable"].tolist() == [stable]


def test_traub_miles_saddle_node():
    assert len(equilibria(TRAUB_MILES, 18.17 * pA)) == 3
    assert len(equilibria(TRAUB_MILES, 18.20 * pA)) == 1


@pytest.mark.parametrize("key", IZHIKEVICH.variants)
def test_izhikevich_equilibria_are_roots_of_a_quadratic(key):
    model = IZHIKEVICH.variants[key]
    b = model.parameters["b"].value
    found = equilibria(model)
    v = np.sort(np.roots([0.04, 5 - b, 140]))
    assert found["v_mV"].to_numpy() == pytest.approx(v)
    assert found["u_mV_per_ms"].to_numpy() == pytest.approx(b * v)
    assert found["stable"].tolist() == [True, False]


def test_rest_of_many_parameter_sets():
    leak = np.array([-17.0, -17.0, -67.8])
    g_A = np.array([47.7, 0.0, 0.0])
    unit = float(msiemens / cm**2)
    found = rest(CONNOR_STEVENS, {"g_A": g_A * unit, "E_L": leak * float(mV)}, 3)
    assert found["v"][0] * 1e3 == pytest.approx(-67.9781172, abs=6e-8)
    # Without the A-current the cell fires by itself, unless its leak is moved.
    assert np.isnan(found["v"][1])
    assert -70 < found["v"][2] * 1e3 < -65


DEGREES = "(1 - cos(th*pi/180) + (1 + cos(th*pi/180))*(eta + I))*180/pi"


@pytest.mark.parametrize(
    ("changes", "low", "high"),
    [
        ({}, -np.pi, np.pi),
        ({"reset": "th = -pi"}, -np.pi, np.pi),
        ({"threshold": "2*pi < th", "reset": "th = th % (2*pi)"}, 0, 2 * np.pi),
        ({"reset": "th = 0.5 - pi"}, -np.pi, np.pi),  # by more than a period
        ({"threshold": "cos(th) < -0.9", "reset": "", "refractory": "cos(th) < -0.9"},
         -1 - np.pi, -1 + np.pi),
        ({"equations": f"dth/dt = {DEGREES}/tau : 1", "threshold": "th > 180",
          "reset": "th -= 360"}, -180, 180),
        ({"equations": f"dth/dt = {DEGREES}/tau : 1".replace("th*", "(th % 360)*"),
          "threshold": "th > 180", "reset": "th = 0"}, -180, 180),
        ({"equations": "dth/dt = (1 - cos(th) + (1 + cos(th))*(eta + I - w))/tau : 1\n"
          "dw/dt = -w/(50*ms) : 1", "initial": {"th": 0, "w": 0}, "reset": "th -= 2*pi; w += 1"},
         -np.pi, np.pi),
    ],
)  # fmt: skip
def test_a_phase_has_the_equilibria_of_one_revolution(changes, low, high):
    model = theta_neuron(**changes)
    assert revolution(model) == pytest.approx((low, high))
    turn = high - low
    roots = np.arctan([-np.sqrt(0.3), np.sqrt(0.3)]) / np.pi * turn  # 2 atan(x), or in degrees
    roots = low + (roots - low) % turn
    found = equilibria(model)
    assert found["th"].to_numpy() == pytest.approx(np.sort(roots), abs=1e-9)
    assert rest(model, {}, 1)["th"] == pytest.approx(roots[:1], abs=1e-9)


# Without its leak it would be the same after each reset.
INTEGRATOR = NeuronModel(
    "integrator", "dv/dt = (I - g*(v - E_L))/C : volt",
    {"C": 100 * pF, "g": 0 * nS, "E_L": -70 * mV}, nA, {"v": -60 * mV},
    threshold="v > -50*mV", reset="v = -60*mV",
)  # fmt: skip


@pytest.mark.parametrize(
    "model",
    [
        LIF, QIF, IZHIKEVICH, HODGKIN_HUXLEY,
        theta_neuron(equations="dth/dt = (1 - cos(th) + (1 + cos(th))*(eta + I - w))/tau : 1\n"
                     "dw/dt = (th - w)/(50*ms) : 1", initial={"th": 0, "w": 0}),
        theta_neuron(equations="dth/dt = (1 - cos(th) + I*th + eta)/tau : 1"),
        LIF.with_(R=1e3 * Mohm), INTEGRATOR,
        theta_neuron(equations="dth/dt = (1/(1 + exp(-(th - 3)*50)) - 0.5 + I + eta)/tau : 1",
                     threshold="th > 1", reset="th = 0"),
    ],
    ids=lambda model: model.name,
)  # fmt: skip
def test_what_is_another_after_a_turn_is_no_phase(model):
    assert revolution(model) is None


def test_a_leak_that_is_varied_from_zero_has_its_rest():
    resting = rest(INTEGRATOR, {"g": np.array([5e-9, 10e-9])}, 2)
    assert resting["v"] == pytest.approx([-0.07, -0.07])


def test_bad_input():
    with pytest.raises(ValueError, match="I: expected nA"):
        equilibria(LIF, 2 * mV)
    with pytest.raises(ValueError, match="I: expected one value"):
        equilibria(LIF, [1, 2] * nA)
