"""Equilibria against closed forms and published numbers."""

import numpy as np
import pytest
from brian2 import cm, msiemens, mV, nA, pA, uA
from excitable.dynamics import equilibria, rest
from excitable.models import CONNOR_STEVENS, HODGKIN_HUXLEY, IZHIKEVICH, LIF, QIF, TRAUB_MILES


@pytest.mark.parametrize(("I", "v"), [(0, -65), (2, -45), (-1, -75)])
def test_lif(I, v):
    found = equilibria(LIF, I * nA)
    assert found["v_mV"].tolist() == pytest.approx([v], abs=1e-9)
    assert found["stable"].tolist() == [True]
    assert found["eigenvalue_per_ms"].tolist() == pytest.approx([-1 / 10], rel=1e-8)


def test_qif():
    found = equilibria(QIF, -1)
    assert found["v"].tolist() == pytest.approx([-1, 1], abs=1e-12)
    assert found["stable"].tolist() == [True, False]
    # d/dv (I + v**2)/tau = 2 v/tau
    assert found["eigenvalue_per_ms"].tolist() == pytest.approx([-0.2, 0.2], rel=1e-8)
    assert len(equilibria(QIF, 1)) == 0


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


def test_bad_input():
    with pytest.raises(ValueError, match="I: expected nA"):
        equilibria(LIF, 2 * mV)
    with pytest.raises(ValueError, match="I: expected one value"):
        equilibria(LIF, [1, 2] * nA)
