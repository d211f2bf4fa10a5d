"""What a step evaluates in each of its stages, and what once."""

import numpy as np
import pytest
from brian2 import Hz, Mohm, ms, mV, nA
from excitable.models.grouping import describe
from excitable.protocols import Constant, Expression, Step
from excitable.simulation import simulate
from excitable.simulation.methods.runge_kutta import RightHandSides, right_hand_sides, step

from excitable import NeuronModel

CELL = NeuronModel(
    name="warm",
    equations="""
    dv/dt = (E - v + R*I*warmth)/(tau/warmth) : volt
    warmth = 3**((T - 6.3)/10) : 1
    excess = v - E : volt
    """,
    parameters={"E": -65 * mV, "R": 10 * Mohm, "tau": 10 * ms, "T": 16.3},
    input_unit=nA,
    initial={"v": "E"},
    threshold="v > -50*mV",
    reset="v = -62*mV",
)


def lines_of(stimulus, method="rk4"):
    """Return the statements of a step of the driven cell."""
    return step(right_hand_sides(describe(CELL, 1, stimulus).system), "rk", "t", "dt", method)[0]


def times_evaluated(lines, name):
    return sum(line.startswith(f"{name}__rk_") for line in lines)


@pytest.mark.parametrize(("method", "stages"), [("euler", 1), ("rk2", 2), ("rk4", 4)])
def test_what_stays_is_evaluated_once_and_what_moves_in_each_stage(method, stages):
    constant, wave = Step(2 * nA, onset=3.3 * ms), Expression("2*nA*sin(2*pi*f*t)", {"f": 50 * Hz})
    assert times_evaluated(lines_of(constant, method), "I") == 1
    assert times_evaluated(lines_of(constant, method), "warmth") == 1
    assert times_evaluated(lines_of(wave, method), "I") == stages
    assert times_evaluated(lines_of(constant, method), "slope__v") == stages


@pytest.mark.parametrize("text", ["rand()", "2*randn()", "poisson(3)", "mine()", "f(mine())"])
def test_random_numbers_are_drawn_in_each_stage(text):
    parts = RightHandSides({"a": text, "b": "a*2"}, {"v": "b"})
    lines, _ = step(parts, "rk", "t", "dt")
    assert times_evaluated(lines, "a") == times_evaluated(lines, "b") == 4


def test_parts_of_parts_and_of_time_move():
    parts = RightHandSides({"a": "t/tau", "b": "a + c", "c": "tau*2", "d": "c*c"}, {"v": "b + d"})
    lines, _ = step(parts, "rk", "t", "dt")
    assert [times_evaluated(lines, name) for name in "abcd"] == [4, 4, 1, 1]


def test_rates_of_the_warm_cell_are_the_closed_form():
    """Tripled by 10 degrees: tau/3, and three times the input; tau*ln((RI - 3)/(RI - 15))."""
    found = simulate(CELL, Constant(1 * nA), 1, 60 * ms, backend="numpy").spike_ms
    period = 10 / 3 * np.log((30 - 3) / (30 - 15))
    np.testing.assert_allclose(np.diff(found), period, rtol=1e-6)
