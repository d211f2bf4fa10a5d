"""Verdicts on excitability at published bifurcations."""

import numpy as np
import pytest
from brian2 import ms, nA
from excitable.models import LIF, QIF, NeuronModel, find_model
from excitable.protocols import excitability

from excitable.errors import InputError
from tests.diagrams import connor_stevens_diagram
from tests.user_models import leaky_cell, theta_neuron


@pytest.mark.parametrize(
    ("factor", "verdict", "hysteresis"),
    [
        (0, "II", None), (0.5, "II", None), (1, "I", 0), (1.25, "I", 0), (1.5, "I", 0),
        (2, "II*", 27.7300791 - 27.5969399), (3, "II*", 47.7282094 - 45.5585242),
    ],
)  # fmt: skip
def test_connor_stevens_over_its_a_current(factor, verdict, hysteresis):
    diagram = connor_stevens_diagram(factor)
    (row,) = excitability(diagram.model, diagram=diagram, steps=False).to_dict("records")
    assert row["verdict"] == verdict
    if hysteresis is not None:
        assert row["hysteresis_uA_per_cm2"] == pytest.approx(hysteresis, abs=2e-7)
    if verdict == "I":
        assert row["onset_rate_Hz"] == 0
        assert row["growth"] == pytest.approx(-0.5, abs=0.1)
        assert row["onset_exponent"] == pytest.approx(0.5, abs=0.05)
    else:
        assert row["onset_rate_Hz"] > 10
    assert row["onset"] == {"I": "square root", "II": "jump", "II*": "logarithm"}[verdict]
    assert 170 < row["rest_returns_uA_per_cm2"] < 180


def test_a_cell_that_does_not_fire_in_the_range_is_undecided():
    row = excitability(find_model("fitzhugh_nagumo"), [-0.2, 0.1], steps=False).iloc[0]
    assert row["verdict"] == "undecided"
    assert row["rest_ends_by"] == "stable throughout"
    assert row["why"].endswith("take one that reaches higher")
    assert np.isnan(row["onset_rate_Hz"])
    row = excitability(find_model("fitzhugh_nagumo"), [0.5, 0.6], steps=False).iloc[0]
    assert row["why"].endswith("take one that reaches lower")


@pytest.mark.slow
def test_steps_and_a_ramp_of_connor_stevens():
    diagram = connor_stevens_diagram(1)
    (row,) = excitability(diagram.model, diagram=diagram).to_dict("records")
    assert row["step_rheobase_uA_per_cm2"] == pytest.approx(8.1140533, rel=2e-5)
    assert row["latency_at_1.1_ms"] == pytest.approx(70.6233, abs=0.02)
    # Near a saddle-node it grows as the inverse square root: tenfold at a hundredth.
    assert row["latency_at_1.001_ms"] > 5 * row["latency_at_1.1_ms"]
    assert 8.114 < row["ramp_up_uA_per_cm2"] < 15
    assert 8.114 < row["ramp_down_uA_per_cm2"] < 15


def test_cells_that_are_reset():
    (row,) = excitability(LIF, [0, 5] * nA, backend="numpy", dt=2 * ms).to_dict("records")
    assert (row["verdict"], row["onset"]) == ("I", "logarithm")
    assert row["rest_ends_nA"] == pytest.approx(1.5, abs=1e-9)
    assert row["step_rheobase_nA"] == pytest.approx(1.5, rel=1e-4)
    assert row["latency_at_1.1_ms"] == pytest.approx(10 * np.log(11), rel=1e-3)
    # v lags behind the ramp by slope*tau at its own speed: it crosses at 1.5 nA + 2.5e-3*10 nA.
    assert row["ramp_up_nA"] == pytest.approx(1.5 + 2.5e-2, abs=1e-3)
    assert row["ramp_down_nA"] > 1.5
    (quadratic,) = excitability(QIF, [-1, 4], steps=False).to_dict("records")
    assert (quadratic["verdict"], quadratic["onset"]) == ("I", "square root")


def test_a_ramp_begins_where_steps_follow_the_cell():
    """A gate is e times faster with each mV down: at -1 nA, 10 mV below rest, it diverges."""
    gate = "du/dt = (v/mV - u)*exp(-65 - v/mV)/(2*ms) : 1"
    cell = leaky_cell(equations="dv/dt = (E - v + R*I)/tau : volt\n" + gate,
                      initial={"v": "E", "u": -65})  # fmt: skip
    (row,) = excitability(cell, [-5, 5] * nA, backend="numpy", dt=2 * ms).to_dict("records")
    assert row["rest_ends_nA"] == pytest.approx(1.5, abs=1e-9)
    assert row["ramp_up_nA"] == pytest.approx(1.5 + 10 * 4e-3, abs=3e-3)


def test_a_phase_begins_to_fire_as_a_quadratic_cell():
    (row,) = excitability(theta_neuron(), [-0.2, 2], steps=False).to_dict("records")
    found = [row[name] for name in ("verdict", "cycle_begins_by", "onset")]
    assert found == ["I", "SNIC", "square root"]
    assert row["rest_ends"] == pytest.approx(0.3, abs=1e-6)


def test_cycles_that_begin_above_the_end_of_rest_are_no_type():
    """At radius r it moves out as I - b*r**2 + r**4: for I > 0.1 to a cycle, below to infinity."""
    cell = NeuronModel(
        "late",
        """
        dx/dt = (f*x - y)/ms : 1
        dy/dt = (f*y + x)/ms : 1
        f = I - b*(x**2 + y**2) + (x**2 + y**2)**2 : 1
        b = 2*sqrt(0.1) + 10*(I - 0.1) : 1
        """,
        {}, 1, {"x": 0.01, "y": 0}, "x > 0.1",
    )  # fmt: skip
    (row,) = excitability(cell, [-1, 10], steps=False).to_dict("records")
    assert row["rest_ends"] == pytest.approx(0, abs=1e-9)
    assert row["cycle_begins"] == pytest.approx(0.1, abs=1e-6)
    assert row["verdict"] == "undecided"
    assert "begins at 0.1 (fold of cycles) only" in row["why"]


def test_another_cell_s_diagram_is_refused():
    with pytest.raises(InputError, match="expected one of lif over I"):
        excitability(LIF, diagram=connor_stevens_diagram(1))
