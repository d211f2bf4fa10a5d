"""Spiking classifiers against closed forms, the network in rates, and plain counting."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from brian2 import ms, mV, nA, pA, second
from excitable.analysis import FeedForward, RateCurve, ReLU, lif_rate
from excitable.models import IZHIKEVICH, LIF, QIF
from excitable.protocols import activation_curve, to_spiking

from excitable.errors import CurveRangeWarning

SHAPE = {"R": 10.0, "tau": 10.0, "E_L": -65.0, "V_reset": -65.0, "V_th": -50.0}
FAST = {"duration": 300 * ms, "discard": 100 * ms, "backend": "numpy"}


@pytest.fixture(scope="module")
def curve():
    return activation_curve(LIF, 1 * nA, 5 * nA, points=17, unit=1 * nA, **FAST)


def network(curve, sizes, seed=0, scale=0.5):
    rng = np.random.default_rng(seed)
    weights = [rng.normal(0, scale, (a, b)) for a, b in pairwise(sizes)]
    return FeedForward(weights, [np.full(b, 0.3) for b in sizes[1:]], curve)


def test_measured_curve_is_the_closed_form(curve):
    I = curve.I[curve.rate_Hz > 0]
    np.testing.assert_allclose(curve.rate(I), lif_rate(I, **SHAPE), rtol=1e-5)
    assert len(I) > 17  # refined where it is steep


def test_onset_that_is_too_slow_for_the_window_is_left_out():
    """At 1.50000001 nA the interval is 188 ms: one spike in the window from 100 to 300."""
    curve = activation_curve(LIF, 1.50000001 * nA, 5 * nA, points=8, zero=1.5 * nA, **FAST)
    assert curve.I[0] > 1.51


def test_bursts_have_no_rate_to_train_with():
    """Izhikevich 2003, figure 2, chattering."""
    chattering = IZHIKEVICH.with_(c=-50 * mV, d=2 * mV / ms)
    with pytest.raises(ValueError, match=r"izhikevich: no resolved F-I curve from 6 to 12.*uneven"):
        activation_curve(chattering, 6 * mV / ms, 12 * mV / ms, points=3, duration=150 * ms,
                         discard=20 * ms, dt=0.125 * ms, backend="numpy")  # fmt: skip


def test_cell_that_does_not_fire_is_refused():
    with pytest.raises(ValueError, match="does not fire; use larger currents"):
        activation_curve(LIF, 0 * nA, 1 * nA, points=4, **FAST)


def test_counts_of_one_layer_are_those_of_the_closed_form(curve):
    """From rest, which is the reset, a cell has fired floor(T f(I)) times."""
    given = network(curve, (3, 6, 2))
    X = np.random.default_rng(1).normal(size=(20, 3))
    run = to_spiking(given, LIF, start="rest").run(X, 80 * ms, backend="numpy")
    rate = lif_rate(curve.current(given.inputs(X)[0]), **SHAPE)
    for t in (20, 80):
        expected = np.floor(rate * t * 1e-3)
        off = np.abs(run.counts(t * ms) - expected)
        assert off.max() <= 1
        assert (off > 0).mean() < 0.06  # the grid makes intervals up to a step longer
    assert run.counts().sum() > 200
    scores = run.counts() / 0.08 / curve.rate_scale @ given.weights[1] + given.biases[1]
    np.testing.assert_allclose(run.scores(), scores)


def test_cells_start_where_counts_are_right_on_average(curve):
    """From the middle of a cycle a count is neither too low nor too high, from rest it is low."""
    x = np.linspace(0.2, 3, 200)[:, None]
    given = FeedForward([[[1.0]], [[1.0]]], [[0.0], [0.0]], curve)
    wanted = lif_rate(curve.current(x), **SHAPE) * 0.05
    off = {}
    for start in ("cycle", "rest"):
        run = to_spiking(given, LIF, start=start).run(x, 50 * ms, backend="numpy")
        off[start] = np.mean(run.counts() - wanted)
    assert abs(off["cycle"]) < 0.15
    assert off["rest"] == pytest.approx(-0.5, abs=0.15)


def test_two_layers_become_those_of_the_rates(curve):
    given = network(curve, (3, 8, 4, 2), scale=0.4)
    X = np.random.default_rng(2).normal(size=(10, 3))
    run = to_spiking(given, LIF, tau_syn=20 * ms).run(X, 600 * ms, backend="numpy")
    wanted = curve(given.inputs(X)[1])
    found = (run.counts() - run.counts(200 * ms)) / 0.4 / curve.rate_scale
    firing = wanted > 0.5
    assert firing.sum() > 8
    np.testing.assert_allclose(found[firing], wanted[firing], rtol=0.1)
    assert (found[wanted == 0] < 0.4).all()


def test_more_cells_per_unit_resolve_rates_better(curve):
    given = network(curve, (2, 5, 2))
    X = np.random.default_rng(3).normal(size=(12, 2))
    rate = curve.rate(curve.current(given.inputs(X)[0]))
    errors = []
    for n in (1, 8):
        run = to_spiking(given, LIF, cells_per_unit=n).run(X, 50 * ms, backend="numpy")
        errors.append(np.sqrt(np.mean((run.rates() - rate) ** 2)))
        assert run.spikes["cell"].max() == n - 1
    assert errors[1] < errors[0] / 3


def test_batches_change_nothing_and_memory_is_stated(curve):
    given = network(curve, (3, 6, 4, 2))
    X = np.random.default_rng(4).normal(size=(7, 3))
    spiking = to_spiking(given, LIF)
    whole = spiking.run(X, 40 * ms, backend="numpy")
    need = whole.about["memory_MB"] * 1e6 / 7
    parts = spiking.run(X, 40 * ms, memory=3.5 * need, backend="numpy")
    assert (whole.about["batches"], parts.about["batches"]) == (1, 3)
    assert whole.about["cells"] == 7 * 10
    assert whole.about["synapses"] == 7 * 24
    for layer in (0, 1):
        np.testing.assert_array_equal(whole.counts(layer=layer), parts.counts(layer=layer))
    with pytest.raises(ValueError, match="memory: one sample needs"):
        spiking.run(X, 40 * ms, memory=need / 2, backend="numpy")


def test_linear_scaling_distorts_and_the_inverse_does_not(curve):
    """ReLU activities as rates: linear in the current, LIF's own, and the curve undone."""
    x = np.linspace(0, 1, 21)[:, None]
    relu = FeedForward([[[1.0]], [[1.0]]], [[0.0], [-0.5]], ReLU())
    found = {}
    for scaling in ("linear", "inverse"):
        spiking = to_spiking(relu, LIF, curve=curve, scaling=scaling, calibrate=x)
        run = spiking.run(x, 400 * ms, backend="numpy")
        found[scaling] = run.rates()[:, 0] / run.rate_scale
    # In the middle, at 3.25 nA, LIF fires at more than half of its rate at 5 nA.
    expected = float(lif_rate(3.25, **SHAPE) / lif_rate(5.0, **SHAPE))
    assert expected > 0.55
    assert found["linear"][10] == pytest.approx(expected, abs=0.01)
    # Slower than at the first point beyond the onset, the curve is a guess.
    known = x[:, 0] * run.rate_scale > curve.rate_Hz[curve.rate_Hz > 0][0]
    assert known.sum() > 17
    # A count is a whole number (1/400 ms), and intervals of 3.6 ms are up to a step of 0.05 longer.
    np.testing.assert_allclose(found["inverse"][known], x[known, 0], atol=0.009 + 0.014)


def test_currents_outside_of_the_curve_are_said_with_their_units(curve):
    given = FeedForward([[[1.0, 9.0, 0.0]], [[1.0], [1.0], [1.0]]], [np.zeros(3), [0.0]], curve)
    with pytest.warns(CurveRangeWarning, match=r"layer 1: 1 of 3 units get currents up to 10.5 nA"):
        run = to_spiking(given, LIF).run([[1.0], [0.2]], 5 * ms, backend="numpy")
    assert run.about["units_outside"] == 1


def test_accuracy_counts(curve):
    given = network(curve, (2, 4, 2))
    X = np.random.default_rng(5).normal(size=(9, 2))
    run = to_spiking(given, LIF).run(X, 60 * ms, backend="numpy")
    y = run.predict()
    y[0] = 1 - y[0]
    table = run.accuracy(y, [30, 60] * ms)
    assert table["accuracy"].iloc[1] == pytest.approx(8 / 9)
    assert table["spikes_per_decision"].iloc[1] == len(run.spikes) / 9
    for t in (0 * ms, 70 * ms):
        with pytest.raises(ValueError, match="t: expected a time above 0"):
            run.counts(t)
    with pytest.raises(ValueError, match="one label for each of 9"):
        run.accuracy(y[:4])


def test_what_cannot_be_converted(curve):
    relu = FeedForward([np.ones((2, 3)), np.ones((3, 3)), np.ones((3, 1))],
                       [np.zeros(3), np.zeros(3), np.zeros(1)], ReLU())  # fmt: skip
    own = network(curve, (2, 3, 2))
    flat = FeedForward([np.ones((2, 1))], [np.zeros(1)], curve)
    by_hand = RateCurve(curve.I, curve.rate_Hz, I_unit="nA")
    cases = [
        (relu, LIF, {}, "trained with ReLU; give the cell's curve"),
        (relu, LIF, {"curve": curve}, "needs samples to calibrate it"),
        (relu, LIF, {"curve": curve, "scaling": "curve"}, "train with it"),
        (relu, LIF, {"curve": curve, "scaling": "inverse", "calibrate": np.ones((4, 2))},
         "works in one hidden layer"),
        (relu, LIF, {"curve": curve, "calibrate": -np.ones((4, 2))}, "no unit of layer 1"),
        (own, LIF, {"scaling": "linear"}, "is for ReLU weights"),
        (own, QIF, {}, "other model than qif has"),
        (own, LIF.with_(tau=20 * ms), {}, "other parameters than lif has"),
        (own, replace(LIF, reset="v = V_reset - 9*mV"), {}, "other reset than lif has"),
        (own, replace(LIF, refractory="t_ref + 3*ms"), {}, "other refractory than lif has"),
        (network(by_hand, (2, 3, 2)), replace(LIF, input_unit=pA), {}, "other unit of the input"),
        (flat, LIF, {}, "needs a hidden layer"),
        ("weights", LIF, {}, "expected what `train` returns"),
        (own, LIF, {"tau_syn": 1 * nA}, "tau_syn"),
        (own, LIF, {"cells_per_unit": 0}, "cells_per_unit"),
    ]  # fmt: skip
    for given, model, how, message in cases:
        with pytest.raises(ValueError, match=message):
            to_spiking(given, model, **how)
    with pytest.raises(ValueError, match="takes 2 features, got 5"):
        to_spiking(own, LIF).run(np.ones((3, 5)), 10 * ms, backend="numpy")


def test_foreign_curve_needs_no_description():
    """A table from elsewhere will do; a cell that does not follow it is noticed when it starts."""
    I = np.linspace(0, 4, 9)
    foreign = RateCurve(I, 10 * I**2, zero=0, unit=1, name="lif")
    given = network(foreign, (2, 3, 2))
    assert to_spiking(given, LIF, start="rest").codings[0].rate_scale == pytest.approx(10)
    with pytest.raises(ValueError, match="is it the curve of this cell"):
        to_spiking(given, LIF)


def test_duration_is_a_time(curve):
    spiking = to_spiking(network(curve, (2, 3, 2)), LIF)
    with pytest.raises(ValueError, match="duration"):
        spiking.run(np.ones((3, 2)), 0 * second, backend="numpy")
