"""Verdicts on excitability at published bifurcations."""

import numpy as np
import pytest
from excitable.models import find_model
from excitable.protocols import excitability

from tests.diagrams import connor_stevens_diagram


@pytest.mark.parametrize(
    ("factor", "verdict", "hysteresis"),
    [
        (0, "II", None), (0.5, "II", None), (1, "I", 0), (1.25, "I", 0), (1.5, "I", 0),
        (2, "II*", 27.7300791 - 27.5969399), (3, "II*", 47.7282094 - 45.5585242),
    ],
)  # fmt: skip
def test_connor_stevens_over_its_a_current(factor, verdict, hysteresis):
    diagram = connor_stevens_diagram(factor)
    (row,) = excitability(diagram.model, diagram=diagram).to_dict("records")
    assert row["verdict"] == verdict
    if hysteresis is not None:
        assert row["hysteresis_uA_per_cm2"] == pytest.approx(hysteresis, abs=2e-7)
    if verdict == "I":
        assert row["onset_rate_Hz"] == 0
        assert row["growth"] == pytest.approx(-0.5, abs=0.1)
    else:
        assert row["onset_rate_Hz"] > 10
    assert 170 < row["rest_returns_uA_per_cm2"] < 180


def test_a_cell_that_does_not_fire_in_the_range_is_undecided():
    row = excitability(find_model("fitzhugh_nagumo"), [-0.2, 0.1]).iloc[0]
    assert row["verdict"] == "undecided"
    assert row["rest_ends_by"] == "stable throughout"
    assert np.isnan(row["onset_rate_Hz"])
