"""Classifiers on arrays against scipy's derivatives, scikit-learn, closed forms and theorems."""

from itertools import pairwise

import numpy as np
import pytest
from excitable.analysis import (
    FeedForward,
    Logistic,
    RateCurve,
    ReLU,
    largest_margin,
    lif_rate,
    perceptron,
    separable,
    train,
)
from excitable.analysis.learning.data import check_samples, check_training
from excitable.analysis.learning.feedforward import loss_and_gradient
from excitable.analysis.learning.losses import LOSSES
from scipy.optimize import approx_fprime

INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
LIF = {"R": 10.0, "tau": 10.0, "E_L": -65.0, "V_reset": -65.0, "V_th": -50.0}


def lif_curve(**more):
    I = np.linspace(1, 5, 81)
    return RateCurve(I, lif_rate(I, **LIF), name="lif", I_unit="nA", **more)


def blobs(n=60, classes=3, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % classes
    angle = 2 * np.pi * y / classes
    return np.c_[np.cos(angle), np.sin(angle)] + rng.normal(0, 0.2, (n, 2)), y


# --- curves --------------------------------------------------------------------------------------


def test_curve_goes_through_its_points_and_hardly_leaves_the_closed_form():
    curve = lif_curve()
    assert curve.zero == 1.5
    np.testing.assert_allclose(curve.rate(curve.I), lif_rate(curve.I, **LIF), atol=1e-9)
    I = np.linspace(1.8, 5, 200)
    np.testing.assert_allclose(curve.rate(I), lif_rate(I, **LIF), rtol=2e-3)


def test_curve_rises_everywhere_and_its_slope_is_its_derivative():
    curve = lif_curve(unit=1.0)
    x = np.linspace(-1, 4, 2001)
    assert (np.diff(curve(x)) >= 0).all()
    middle = (x[:-1] + x[1:]) / 2
    numeric = (curve(middle + 1e-7) - curve(middle - 1e-7)) / 2e-7
    np.testing.assert_allclose(curve.slope(middle), numeric, rtol=1e-4, atol=1e-4)


def test_activity_of_one_is_the_rate_at_an_input_of_one():
    curve = lif_curve(unit=1.0)
    assert curve(1.0) == pytest.approx(1)
    assert curve.rate_scale == pytest.approx(float(lif_rate(2.5, **LIF)), rel=1e-3)


def test_current_for_a_rate_is_the_inverse_of_the_closed_form():
    rate = np.array([30.0, 100.0, 250.0])
    T = 1e3 / rate
    exact = 15 / (10 * (1 - np.exp(-T / 10)))  # R I (1 - exp(-T/tau)) = V_th - V_reset
    np.testing.assert_allclose(lif_curve().current_for(rate), exact, rtol=2e-3)
    assert lif_curve().current_for(0.0) == 1


@pytest.mark.parametrize(
    ("I", "rate", "message"),
    [
        ([1, 2, 3, 4], [0, 50, 40, 60], r"not monotone; it falls from 50 Hz at 2 to 40 Hz at 3"),
        ([1, 2, 2], [0, 1, 2], "must rise"),
        ([1, 2, 3], [0, np.nan, 2], "not finite"),
        ([1, 2], [0, 1], "at least three"),
        ([1, 2, 3], [0, 0, 0], "is silent at x = 1"),
    ],
)
def test_curves_that_cannot_be(I, rate, message):
    with pytest.raises(ValueError, match=message):
        RateCurve(I, rate)


# --- gradients -----------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize(
    "activation", [ReLU(), Logistic(), lif_curve(unit=1.0)], ids=lambda a: a.name
)
def test_gradient_is_that_of_finite_differences(activation, outputs, loss):
    rng = np.random.default_rng(3)
    sizes = [4, 5, 3, outputs]
    shapes = list(pairwise(sizes))
    shapes += [(b,) for b in sizes[1:]]
    ends = np.cumsum([int(np.prod(s)) for s in shapes])[:-1]
    X = rng.normal(size=(7, 4))
    targets = (rng.integers(0, max(2, outputs), 7)[:, None] == np.arange(outputs)).astype(float)
    masks = [rng.integers(0, 2, (7, n)) * 2.0 for n in sizes[1:-1]]

    def value(flat):
        parts = [p.reshape(s) for p, s in zip(np.split(flat, ends), shapes, strict=True)]
        return loss_and_gradient(parts[:3], parts[3:], activation, X, targets, LOSSES[loss], masks)

    flat = rng.normal(0.3, 0.7, ends[-1] + outputs)
    exact = np.concatenate([g.ravel() for g in value(flat)[1]])
    numeric = approx_fprime(flat, lambda f: value(f)[0], 1e-7)
    assert np.abs(exact).max() > 1e-3
    np.testing.assert_allclose(exact, numeric, atol=2e-6)


# --- training ------------------------------------------------------------------------------------


def test_without_hidden_layers_it_is_the_logistic_regression_of_scikit_learn():
    sklearn = pytest.importorskip("sklearn.linear_model")
    X, y = blobs(classes=2, seed=5)
    X = X * 0.4  # overlapping
    found = train(X, y, (), optimiser="lbfgs", epochs=500, l2=0.1).network
    expected = sklearn.LogisticRegression(C=1 / (0.1 * len(X)), tol=1e-10).fit(X, y)
    np.testing.assert_allclose(found.weights[0][:, 0], expected.coef_[0], rtol=1e-3)
    np.testing.assert_allclose(found.biases[0], expected.intercept_, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("optimiser", ["adam", "sgd", "lbfgs"])
def test_every_optimiser_learns_with_a_curve(optimiser):
    X, y = blobs()
    rate = {"sgd": 0.3}.get(optimiser, 0.02)
    found = train(
        X, np.array(["a", "b", "c"])[y], (8,), lif_curve(unit=1.0), optimiser=optimiser,
        learning_rate=rate, batch=20, epochs=60, validation=(X[:9], np.array(list("abc"))[y[:9]]),
    )  # fmt: skip
    assert found.history["accuracy"].iloc[-1] == 1
    assert found.history["loss"].iloc[-1] < 0.2 * found.history["loss"].iloc[0]
    assert set(found.network.predict(X)) == {"a", "b", "c"}


def test_a_step_of_adam_is_the_one_of_the_paper():
    """The first step of Kingma & Ba's algorithm 1 is the learning rate times the sign."""
    X, y = blobs(classes=2)
    begin, after = (
        train(X, y, (), epochs=1, batch=None, learning_rate=rate, seed=2).network
        for rate in (1e-12, 0.01)
    )
    np.testing.assert_allclose(np.abs(after.weights[0] - begin.weights[0]), 0.01, rtol=1e-4)


def test_seeds_decide_everything():
    X, y = blobs()
    same = [train(X, y, (6,), dropout=0.3, epochs=3, seed=seed).network for seed in (1, 1, 2)]
    np.testing.assert_array_equal(same[0].weights[0], same[1].weights[0])
    assert not np.array_equal(same[0].weights[0], same[2].weights[0])


def test_images_are_rows_of_features():
    X = np.random.default_rng(0).normal(size=(12, 28, 28))
    network = train(X, np.arange(12) % 2, (3,), epochs=2).network
    assert network.predict(X).shape == (12,)
    assert check_samples(X).shape == (12, 784)


# --- bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ([[0.0, np.inf], [1, 1]], [0, 1], "1 of 2 samples hold values that are not finite"),
        ([[0.0, 1], [1, 1]], None, "one label for each of 2 samples, got none"),
        ([[0.0, 1], [1, 1]], [0], "one label for each of 2 samples"),
        ([[0.0, 1], [1, 1]], [0, None], "1 of 2 samples have no label"),
        ([[0.0, 1], [1, 1]], [0, np.nan], "1 of 2 samples have no label"),
        ([[0.0, 1], [1, 1]], [3, 3], "all 2 samples are of one class"),
        ([["a", "b"]], [0], "expected an array of numbers"),
        ([1.0, 2.0], [0, 1], "shape"),
    ],
)
def test_data_that_cannot_be_learned(X, y, message):
    with pytest.raises(ValueError, match=message):
        check_training(X, y)


class Bump(ReLU):
    def __call__(self, x):
        return np.exp(-(x**2))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"activation": Bump("bump")}, "activation bump: is not monotone"),
        ({"activation": np.tanh}, "expected ReLU"),
        ({"optimiser": "adams"}, "did you mean 'adam'"),
        ({"loss": "hinge"}, "loss"),
        ({"dropout": 1.0}, "dropout: expected a number"),
        ({"learning_rate": 0.0}, "learning_rate: expected a number above 0"),
        ({"dropout": 0.2, "optimiser": "lbfgs"}, "without chance"),
        ({"epochs": 0}, "epochs"),
        ({"validation": ([[0.0]], [0])}, "validation X: expected 2 features"),
        ({"validation": ([[0.0, 1.0]], [7])}, "no class 7"),
    ],
)
def test_trainings_that_cannot_be(how, message):
    X, y = blobs(12)
    with pytest.raises(ValueError, match=message):
        train(X, y, (3,), **{"epochs": 1, **how})


@pytest.mark.parametrize(
    ("weights", "biases", "message"),
    [
        ([np.ones((2, 3)), np.ones((2, 1))], [np.zeros(3), np.zeros(1)], "layer 2"),
        ([np.ones((2, 3))], [np.zeros(2)], "layer 1"),
        ([np.full((2, 3), np.nan)], [np.zeros(3)], "not finite"),
        ([], [], "one of each"),
    ],
)
def test_networks_that_cannot_be(weights, biases, message):
    with pytest.raises(ValueError, match=message):
        FeedForward(weights, biases, ReLU())


# --- the perceptron ------------------------------------------------------------------------------


@pytest.mark.parametrize("y", [[0, 0, 0, 1], [0, 1, 1, 1], [1, 1, 1, 0]])
def test_perceptron_learns_within_novikoffs_bound(y):
    found = perceptron(INPUTS, y)
    assert found.converged
    assert found.predict(INPUTS).tolist() == y
    _, bound = largest_margin(INPUTS, y)
    assert found.mistakes <= bound


def test_margin_of_and_is_the_one_by_hand():
    """AND: x1 + x2 = 1.5 has (1, 1, -1.5)/0.5 at one from (0,1), (1,0), (1,1)."""
    margin, bound = largest_margin(INPUTS, [0, 0, 0, 1])
    assert margin == pytest.approx(0.5 / np.sqrt(1 + 1 + 1.5**2), rel=1e-6)
    assert bound == pytest.approx(3 * 17, rel=1e-6)


def test_xor_has_no_line_and_the_rule_goes_round():
    xor = [0, 1, 1, 0]
    assert not separable(INPUTS, xor)
    found = perceptron(INPUTS, xor)
    assert not found.converged
    assert found.cycle > 0
    with pytest.raises(ValueError, match="no plane"):
        largest_margin(INPUTS, xor)
