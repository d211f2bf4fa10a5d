"""The studies of classifiers: what was asked of them, published accuracies, scikit-learn."""

import re
import warnings

import numpy as np
import pytest
from excitable.analysis import RateCurve, ReLU, lif_rate
from excitable.analysis.plots import close_figure
from excitable.experiments import circles, digits, perceptron
from excitable.experiments.circles.measure import rates_of_success, restart
from excitable.experiments.classification import data
from excitable.experiments.classification.cells import success
from excitable.experiments.digits.measure import BASE, NARROW, learn
from excitable.experiments.perceptron.measure import gates_in_cells, measures, noisy_and
from excitable.experiments.study import Settings
from excitable.simulation.backends import has_compiler

metrics = pytest.importorskip("sklearn.metrics")
needs_compiler = pytest.mark.skipif(not has_compiler(), reason="needs a C++ compiler")


def numbers_of(study, quick=True):
    found = study.run(Settings(quick=quick, progress=False))
    for section in found.sections:
        assert set(section.captions) == set(section.names)
        assert not re.search(r"\bnan\b", section.text)
        for figure in section.figures.values():
            close_figure(figure)
    assert not re.search(r"\bnan\b", found.summary)
    return found.numbers


def test_interval_is_the_one_of_wilson():
    """Brown, Cai & DasGupta 2001, equation 4, for 19 of 20."""
    p, n, z = 0.95, 20, 1.959964
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    found = success(19, 20)
    assert (found["low"], found["high"]) == pytest.approx((centre - half, centre + half), rel=1e-6)


def test_precision_and_recall_are_those_of_scikit_learn():
    _, y = noisy_and()
    found = np.random.default_rng(0).permutation(y)
    matrix, quality = measures(y, found)
    np.testing.assert_array_equal(matrix, metrics.confusion_matrix(y, found))
    precision, recall, F, _ = metrics.precision_recall_fscore_support(y, found, average="binary")
    assert (quality["precision"], quality["recall"], quality["F"]) == pytest.approx(
        (precision, recall, F)
    )
    assert quality["accuracy"] == metrics.accuracy_score(y, found)


def test_circles_need_hidden_units():
    split = data.circles()
    assert (split.X.shape, split.X_test.shape) == ((300, 2), (100, 2))
    with data.one_thread():
        found = {("ReLU", n): restart(split, ReLU(), n, tries) for n, tries in ((1, 3), (5, 10))}
    rates = rates_of_success(found).set_index("units")
    assert rates.loc[1, "success"] == 0  # one fold encloses nothing
    assert rates.loc[5, "success"] >= 0.9


def test_digits_are_read():
    with data.one_thread():
        base = learn(0, **BASE)
        narrow = [learn(seed, ReLU(), **NARROW).accuracy for seed in range(3)]
    assert base.accuracy > 0.94
    assert np.mean(narrow) > 0.97


def test_training_is_as_good_as_that_of_scikit_learn():
    """The base stops early: this is what its accuracy below 97.5 % is due to."""
    classifier = pytest.importorskip("sklearn.neural_network").MLPClassifier
    own, other = [], []
    with data.one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn says that it has not converged
        for seed in range(2):
            split = data.digits(seed)
            X, X_test = (x.reshape(len(x), -1) for x in (split.X, split.X_test))
            fitted = classifier(
                BASE["hidden"], alpha=0, batch_size=BASE["batch"], max_iter=BASE["epochs"],
                learning_rate_init=BASE["learning_rate"], n_iter_no_change=99, random_state=seed,
            ).fit(X, split.y)  # fmt: skip
            other.append(fitted.score(X_test, split.y_test))
            own.append(learn(seed, **{**BASE, "dropout": 0}).accuracy)
    assert 0.95 < np.mean(other) < 0.975
    assert np.mean(own) > np.mean(other) - 0.005


def test_gates_in_cells_answer_rightly():
    I = np.linspace(0.5, 5, 181)
    shape = {"R": 10.0, "tau": 10.0, "E_L": -65.0, "V_reset": -65.0, "V_th": -50.0}
    curve = RateCurve(I, lif_rate(I, **shape), unit=1.0, name="lif")
    table, _ = gates_in_cells(curve, "numpy")
    assert (table["found"] == table["wanted"]).all()
    # AND of two inputs is a cell at 2 nA, from the middle of its cycle.
    both = table[(table["gate"] == "AND") & (table["x_1"] + table["x_2"] == 2)]
    assert both["spikes"].item() == pytest.approx(0.1 * lif_rate(2.0, **shape), abs=1)


@pytest.mark.slow
@needs_compiler
def test_study_of_the_perceptron():
    numbers = numbers_of(perceptron)
    assert numbers["gates_right_in_cells"] == 16
    assert numbers["XOR_converged"] == 0


@pytest.mark.slow
@needs_compiler
def test_study_of_circles():
    n = numbers_of(circles, quick=False)
    assert n["relu_1000_success_percent"] == 100
    assert n["relu_5_success_percent"] > 95
    assert n["relu_3_success_high_percent"] < n["relu_5_success_low_percent"]
    for name in ("lif_5", "connor_stevens_5", "lif_1000"):
        spikes, rates = (n[f"{name}_spiking_1_{k}accuracy_percent"] for k in ("", "rate_"))
        assert spikes >= rates - 1
    assert n["inverse_activity_error_percent"] < n["linear_activity_error_percent"] / 3


@pytest.mark.slow
@needs_compiler
def test_study_of_digits():
    """MNIST-1D: 32 % and 68 % in Greydanus & Kobak 2024."""
    pytest.importorskip("mnist1d")
    n = numbers_of(digits, quick=False)
    assert n["best_accuracy_percent"] >= 97.5
    assert n["narrow_relu_accuracy_percent"] >= 97.5
    assert n["curve_1_at_130_percent"] >= n["curve_1_rate_percent"] - 0.5
    assert n["curve_1_at_65_percent"] >= n["curve_1_rate_percent"] - 1
    assert n["deep_spiking_percent"] >= n["deep_rate_percent"] - 1
    assert n["mnist1d_logistic_percent"] == pytest.approx(32, abs=3)
    assert n["mnist1d_mlp_percent"] >= 66
    assert n["mnist1d_lif_percent"] >= 66
    assert n["mnist1d_spiking_percent"] >= n["mnist1d_rate_percent"] - 2
