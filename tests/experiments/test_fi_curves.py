"""The numbers of the study of F-I curves against closed forms that are written out here again."""

import re

import numpy as np
import pytest
from excitable.analysis import fit_fi
from excitable.experiments import fi_curves
from scipy.optimize import curve_fit

STUDY = fi_curves
TAU = 10.0  # ms


def lif_rate(I):
    """tau = 10 ms, R = 10 MOhm, from -65 to -50 mV; for currents above 1.5 nA."""
    return 1000 / (TAU * np.log(10 * I / (10 * I - 15)))


def qif_rate(V0):
    """tau = 10 ms, from -10 to 10; for V0 above 0."""
    return 1000 * np.sqrt(V0) / (TAU * 2 * np.arctan(10 / np.sqrt(V0)))


def test_every_item_has_its_figure(result):
    figures = {name for section in result.sections for name in section.figures}
    assert figures == {
        *("phase_portraits", "closed_forms", "lif_fits", "qif_fits", "fit_ranges"),
        "time_constant",
    }
    for section in result.sections:
        assert set(section.captions) == set(section.names)
        assert not re.search(r"\bnan\b", section.text)


def test_fixed_points(tables):
    points = tables["portrait_fixed_points"].groupby(["model", "I"])
    for I, v in ((1.0, -55.0), (1.5, -50.0), (2.0, -45.0)):
        found = points.get_group(("LIF", I))
        np.testing.assert_allclose(found["v"], [v], atol=1e-9)
        assert found["stable"].tolist() == [True]
        assert found["half_stable"].tolist() == [False]
    below = points.get_group(("QIF", -1.0)).sort_values("v")
    np.testing.assert_allclose(below["v"], [-1, 1], atol=1e-9)
    assert below["stable"].tolist() == [True, False]
    # d(V'/dV) = 2 V/tau
    np.testing.assert_allclose(below["eigenvalue_per_ms"], [-0.2, 0.2], rtol=1e-6)
    saddle_node = points.get_group(("QIF", 0.0))
    assert saddle_node["v"].tolist() == pytest.approx([0.0], abs=1e-9)
    assert saddle_node["half_stable"].tolist() == [True]
    assert saddle_node["stable"].tolist() == [False]
    assert ("QIF", 1.0) not in points.groups


def test_rates_follow_the_closed_forms(numbers, tables):
    for name, onset, rate in (("lif", 1.5, lif_rate), ("qif", 0.0, qif_rate)):
        table = tables[f"{name}_rates"]
        silent = table["I"] <= onset
        assert silent.any()
        assert (table["rate_Hz"][silent] == 0).all()
        firing = table[~silent]
        # Half a dozen digits more than a curve needs; the QIF runs through its peak at 1 per step.
        np.testing.assert_allclose(firing["rate_Hz"], rate(firing["I"]), rtol=1e-6)
    assert numbers["lif_rate_2_nA_Hz"] == pytest.approx(72.1347520, abs=1e-6)
    assert numbers["qif_rate_1_Hz"] == pytest.approx(33.9875327, abs=1e-5)


def test_fits_agree_with_another_fitter(numbers, tables):
    lif, qif = tables["lif_rates"], tables["qif_rates"]
    (scale, shift), _ = curve_fit(
        lambda I, scale, shift: scale * np.maximum(I - shift, 0),
        *(lif["I"], lif["rate_Hz"]),
        p0=(60, 1),
    )
    assert numbers["lif_relu_scale_Hz_per_nA"] == pytest.approx(scale, rel=1e-5)
    assert numbers["lif_relu_shift_nA"] == pytest.approx(shift, rel=1e-5)
    (scale, shift), _ = curve_fit(
        lambda I, scale, shift: scale * np.sqrt(np.maximum(I - shift, 0)),
        *(qif["I"], qif["rate_Hz"]),
        p0=(35, 0.1),
    )
    assert numbers["qif_sqrt_scale_Hz"] == pytest.approx(scale, rel=1e-4)
    assert numbers["qif_sqrt_shift"] == pytest.approx(shift, rel=1e-3)


def test_stated_ranking_holds_for_the_closed_forms(numbers):
    # Over the study's ranges, finely sampled and without any simulation.
    for rate, I, first, order in (
        (lif_rate, np.linspace(0, 5, 501), 1.5, ("relu", "sigmoid")),
        (qif_rate, np.linspace(-1, 4, 501), 0.0, ("sqrt", "sigmoid", "relu")),
    ):
        fires = first < I
        exact = np.where(fires, rate(np.where(fires, I, first + 1)), 0)
        left = [fit_fi(I, exact, kind).rmse for kind in order]
        assert left == sorted(left)
    assert numbers["lif_relu_R2"] > numbers["lif_sigmoid_R2"]
    assert numbers["qif_sqrt_R2"] > numbers["qif_sigmoid_R2"] > numbers["qif_relu_R2"]


def test_range_decides(tables):
    best = tables["range_fits"].query("delta_AICc == 0").set_index(["model", "end"])["kind"]
    assert best["LIF", 2.0] == best["QIF", 1.0] == "sqrt"
    assert best["LIF", 20.0] == best["QIF", 200.0] == "relu"
    assert "sigmoid" not in set(best)


def test_scaled_rates_collapse(numbers, tables):
    for name in ("lif", "qif"):
        assert numbers[f"{name}_largest_deviation_of_scaled_rates"] < 1e-12
    table = tables["scaled_rates"]
    assert table["tau"].nunique() > 1
    lif = table[(table["model"] == "LIF") & (table["I"] > 1.5)]
    expected = 1 / np.log(10 * lif["I"] / (10 * lif["I"] - 15))
    np.testing.assert_allclose(lif["spikes_per_tau"], expected, rtol=1e-6)
