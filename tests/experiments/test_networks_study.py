"""The study of networks against closed forms, published rates and scipy."""

import re

import numpy as np
import pandas as pd
import pytest
from brian2 import mV
from excitable.analysis import noisy_lif_rate
from excitable.analysis.plots import close_figure
from excitable.dynamics import equilibria
from excitable.experiments import networks
from excitable.experiments.networks.common import MODELS
from excitable.experiments.networks.measure_a_current import cell, input_for
from excitable.experiments.networks.measure_brunel import mean_field_rate
from excitable.experiments.study import Settings
from excitable.protocols import rheobase
from excitable.simulation.backends import has_compiler
from scipy.integrate import quad
from scipy.special import erfcx

needs_compiler = pytest.mark.skipif(not has_compiler(), reason="needs a C++ compiler")


def test_mean_field_rate_solves_brunels_equations():
    """Equations 18 to 21 of Brunel 2000, written out: g = 5, twice the threshold's input."""
    rate = mean_field_rate("brunel_AI") * 1e-3
    mean = 0.1 * 20 * (1000 * (0.02 + rate) - 5 * 250 * rate)
    deviation = 0.1 * np.sqrt(20 * (1000 * (0.02 + rate) + 25 * 250 * rate))
    integral = quad(lambda u: erfcx(-u), (10 - mean) / deviation, (20 - mean) / deviation)[0]
    assert rate == pytest.approx(1 / (2 + 20 * np.sqrt(np.pi) * integral), rel=1e-6)
    assert 1e3 * rate == pytest.approx(37.7, rel=0.02)  # simulation of figure 8C


@pytest.mark.parametrize("multiple", [0.0, 0.5, 2.0])
def test_cells_with_another_a_current_keep_their_rest(multiple):
    lowest = equilibria(cell(multiple)).iloc[0]
    assert lowest.iloc[0] == pytest.approx(-67.9781172, abs=2e-3)  # scipy, the full cell


def test_without_a_current_the_leak_is_the_one_of_sterratt_et_al():
    assert float(cell(0.0).parameters["E_L"].quantity / mV) == pytest.approx(-67.8, abs=0.1)


def test_input_is_interpolated_between_firing_points():
    curve = pd.DataFrame({"I": [5.0, 6.0, 7.0], "rate_Hz": [0.0, 90.0, 110.0]})
    assert input_for(curve) == pytest.approx(6.5)


@pytest.mark.slow
@needs_compiler
@pytest.mark.parametrize("name", MODELS)
def test_thresholds(name):
    model, threshold = MODELS[name]
    found = float(rheobase(model) / model.input_unit)
    assert threshold == pytest.approx(found, rel=1e-4, abs=1e-3)


def numbers_of(settings):
    found = networks.run(settings)
    figures = {name for section in found.sections for name in section.figures}
    for section in found.sections:
        assert set(section.captions) == set(section.names)
        assert not re.search(r"\bnan\b", section.text)
        for figure in section.figures.values():
            close_figure(figure)
    assert figures == {
        *("models", "models_spectra", "a_current", "brunel", "siegert", "orders", "onsets")
    }
    return found.numbers


@pytest.fixture(scope="module")
def quick():
    return numbers_of(Settings(quick=True, progress=False))


@pytest.mark.slow
@needs_compiler
def test_uncoupled_lif_cells_follow_the_closed_form(quick):
    """2.25 nA; noise that moves the membrane by 2 mV, sigma = 2 mV sqrt(2 tau)/R."""
    expected = noisy_lif_rate(2.25, 2 * np.sqrt(20) / 10, R=10.0, tau=10.0, E_L=-65.0,
                              V_reset=-65.0, V_th=-50.0, t_ref=0.0, dt=0.05)  # fmt: skip
    assert quick["lif_uncoupled_rate_Hz"] == pytest.approx(expected, rel=0.02)


@pytest.mark.slow
@needs_compiler
def test_single_cell_rate_of_the_sweep_is_scipy_s(quick):
    assert quick["same_input_full_single_cell_rate_Hz"] == pytest.approx(132.30046, rel=1e-3)


@pytest.mark.slow
@needs_compiler
def test_a_current_slows_the_rhythm(quick):
    for way in ("input", "rate"):
        assert quick[f"same_{way}_full_peak_Hz"] < quick[f"same_{way}_none_peak_Hz"]


@pytest.mark.slow
@needs_compiler
def test_orders_and_closed_form_of_noise(quick):
    """Strong and weak order 1 for additive noise (Kloeden & Platen 1992)."""
    assert quick["strong_order"] == pytest.approx(1, abs=0.1)
    assert quick["weak_order"] == pytest.approx(1, abs=0.1)
    assert quick["siegert_shortfall_percent"] < -2
    assert abs(quick["siegert_left_percent"]) < 2
    for model in ("lif", "hodgkin_huxley", "connor_stevens"):
        assert quick[f"{model}_onset_R2_gain"] > 0


@pytest.mark.slow
@needs_compiler
def test_full_study_has_brunels_regimes():
    """Rates of figure 8 of Brunel 2000; short runs, hence the widths."""
    n = numbers_of(Settings(progress=False))
    assert n["brunel_AI_rate_Hz"] == pytest.approx(37.7, rel=0.03)
    assert n["brunel_AI_rate_Hz"] == pytest.approx(n["brunel_AI_mean_field_Hz"], rel=0.03)
    assert n["brunel_SI_fast_rate_Hz"] == pytest.approx(60.7, rel=0.08)
    assert n["brunel_SR_isi_cv"] < 0.05 < n["brunel_AI_isi_cv"]
    assert n["brunel_SR_synchrony"] > 0.5 > 2 * n["brunel_AI_synchrony"]
