"""The resting membrane's deviation in weak noise, against closed forms and a simulation."""

import numpy as np
import pytest
from brian2 import Function, Unit, cm, ms, mV, nA, nF, nS, uA
from excitable.dynamics import equilibria, membrane_deviation, noise_for_deviation, steady_current
from excitable.models import HODGKIN_HUXLEY, LIF, QIF, ZOO, NeuronModel
from excitable.protocols import WhiteNoise
from excitable.simulation import simulate


def test_lif_is_the_ornstein_uhlenbeck_process():
    model = LIF.with_(tau=20 * ms)
    expected = 10 * 0.7 / np.sqrt(2 * 20)  # R sigma/sqrt(2 tau)
    assert membrane_deviation(model, 0.7 * nA * ms**0.5) / mV == pytest.approx(expected, rel=1e-6)


def test_qif_at_its_stable_fixed_point():
    """Around -sqrt(-I) the slope is -2 sqrt(-I)/tau: variance sigma**2/(4 tau sqrt(-I))."""
    found = membrane_deviation(QIF, 0.3 * ms**0.5, -4 * Unit(1))
    assert float(found) == pytest.approx(0.3 / np.sqrt(4 * 10 * 2), rel=1e-6)


def adapting(**changes):
    """Return a cell with one variable in volts and one in amperes, changed."""
    fields = {
        "name": "adapting", "input_unit": nA, "initial": {"v": -70 * mV, "w": 0 * nA},
        "equations": """
            dv/dt = (g*(E - v) - w + I)/C : volt
            dw/dt = (a*(v - E) - w)/tau : amp""",
        "parameters": {"C": 0.2 * nF, "g": 10 * nS, "E": -70 * mV, "a": 2 * nS, "tau": 30 * ms},
        "threshold": "v > -50*mV", "reset": "v = E; w += 0.1*nA",
    }  # fmt: skip
    return NeuronModel(**(fields | changes))


def test_a_variable_in_amperes_beside_the_potential():
    """The variance of v in dx = A x dt + b dW of two variables, b on v alone, in closed form."""
    A = np.array([[-10 / 200, -1 / 200], [2 / 30, -1 / 30]])  # mV and pA
    det, trace, b = np.linalg.det(A), np.trace(A), 50 / 200
    expected = b * np.sqrt((det + A[1, 1] ** 2) / (-2 * trace * det))
    noise = 0.05 * nA * ms**0.5
    assert membrane_deviation(adapting(), noise) / mV == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("term", "message"),
    [
        (" + mV/ms**0.5*xi", r"white noise \(xi in dv/dt\) of its own"),
        (" + I*I/C/nA", "not linear in I"),
    ],
)
def test_what_noise_in_the_input_does_not_say_is_refused(term, message):
    text = adapting().equations.replace("/C : volt", f"/C{term} : volt")
    with pytest.raises(ValueError, match=message):
        membrane_deviation(adapting(equations=text), 1 * nA * ms**0.5)


@pytest.mark.parametrize(
    "drive", ["I**2", "clip(I, -9, 9)", "clip(I, -1, 1)", "4*I/(2 + I)", "squared(I)"]
)
def test_no_input_follows_from_a_potential_where_it_is_not_linear(drive):
    own = {"squared": Function(lambda x: x**2, arg_units=[1], return_unit=1)}
    cell = NeuronModel("driven", f"dv/dt = ({drive} - v)/tau : 1", {"tau": 8 * ms}, 1, {"v": 0},
                       functions=own if "squared" in drive else {})  # fmt: skip
    with pytest.raises(ValueError, match="driven: dv/dt is no straight line over I"):
        steady_current(cell, np.array([2e4]))


def test_the_steady_current_of_a_linear_input():
    cell = NeuronModel("driven", "dv/dt = (3*I - v)/tau : 1", {"tau": 8 * ms}, 1, {"v": 0})
    assert steady_current(cell, np.array([6e3])) == pytest.approx(2)


@pytest.mark.slow
def test_hodgkin_huxley_in_weak_noise():
    """Four variables and a damped oscillation, simulated until it is stationary."""
    slowest = -equilibria(HODGKIN_HUXLEY)["eigenvalue_per_ms"][0]
    assert 2 * slowest * 59 > 8  # the variance is within exp(-8) of its limit
    n, wanted = 2000, 0.05 * mV
    noise = noise_for_deviation(HODGKIN_HUXLEY, wanted)
    run = simulate(
        HODGKIN_HUXLEY, WhiteNoise(0 * uA / cm**2, noise), n, 60 * ms, record=("v",),
        record_dt=59 * ms, dt=0.02 * ms, seed=2,
    )  # fmt: skip
    v = run.traces["v"][:, -1] * 1e3
    assert v.std() == pytest.approx(0.05, rel=4 / np.sqrt(2 * n))


@pytest.mark.parametrize("model", ZOO, ids=lambda model: model.name)
def test_noise_and_deviation_are_inverse(model):
    unit = model.unit_of(model.membrane)
    I = -1 * Unit(1) if model is QIF else None
    noise = noise_for_deviation(model, 2 * unit, I)
    assert float(membrane_deviation(model, noise, I) / unit) == pytest.approx(2, rel=1e-9)


def test_bad_input():
    with pytest.raises(ValueError, match="qif has no stable equilibrium at I = 1"):
        membrane_deviation(QIF, 1 * ms**0.5, 1 * Unit(1))
    with pytest.raises(ValueError, match="noise: expected"):
        membrane_deviation(LIF, 1 * nA)
    with pytest.raises(ValueError, match="deviation: expected mV"):
        noise_for_deviation(LIF, 1 * nA)
