"""Rules that the times of a stimulus obey: what they let pass and what they refuse."""

import json

import numpy as np
import pytest
from excitable.simulation.input_rules import Rule, check_rules, on_grid

AFTER = Rule({"off": 1.0, "on": -1.0}, "above zero", "off: must come after on")
APART = Rule({"b": 1.0, "a": -1.0, "width": -1.0}, "not negative", "times: too close")
SLOW = Rule({"f": 1.0}, "slow", "f: too fast", "Hz", 1.0)
BUILT = Rule({"x": 1.0}, "as built", "x: is built in", built=(1e-3, 2e-3))


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        (AFTER, {"on": 0.0, "off": 1e-9}),
        (AFTER, {"on": np.array([1.0, 2.0]), "off": np.array([1.5, 2.5])}),
        (APART, {"a": 5e-3, "b": 9e-3, "width": 4e-3}),  # 9 - 5 - 4 is -9e-19 in doubles
        (SLOW, {"f": 2500.0}),
        (BUILT, {"x": np.array([1e-3, 2e-3])}),
    ],
)
def test_holds(rule, values):
    check_rules([rule], values, 1e-4)


@pytest.mark.parametrize(
    ("rule", "values", "message"),
    [
        (AFTER, {"on": 2e-3, "off": 2e-3}, "Step off: must come after on, got off = 2 ms, on = 2"),
        (AFTER, {"on": np.array([0, 3e-3]), "off": 2e-3}, "got off = 2 ms, on = 3 ms"),
        (
            AFTER,
            {"on": np.zeros(2), "off": np.ones(3)},
            r"values differ \(off: 3, on: 2",
        ),
        (AFTER, {"on": 0.0, "off": np.nan}, "must come after"),
        (APART, {"a": 5e-3, "b": 9e-3, "width": 4.001e-3}, "too close.*width = 4.001 ms"),
        (SLOW, {"f": 2501.0}, r"f: too fast, got f = 2501 Hz, dt = 0.1 ms"),
        (BUILT, {"x": np.array([1e-3, 3e-3])}, "x: is built in, got x = 3 ms"),
    ],
)
def test_refused(rule, values, message):
    with pytest.raises(ValueError, match=message):
        check_rules([rule], values, 1e-4, "Step ")
    with pytest.raises(ValueError, match=message):  # as a program's manifest has it
        check_rules([json.loads(json.dumps(rule.as_json()))], values, 1e-4, "Step ")


def test_without_a_step_nothing_is_too_fast():
    check_rules([SLOW], {"f": 1e9})


def test_times_on_the_grid():
    assert np.all(on_grid(np.arange(10**6) * 0.025e-3, 0.025e-3))
    assert not np.any(on_grid((np.arange(10**6) + 0.01) * 0.025e-3, 0.025e-3))
