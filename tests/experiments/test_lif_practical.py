"""The numbers of the LIF practical against closed forms that are written out here again."""

import re

import numpy as np
import pytest
from excitable.analysis.plots import close_figure
from excitable.experiments import lif_practical
from excitable.experiments.study import Settings

STUDY = lif_practical
TAU, DT = 10.0, 0.05  # ms


def interval_ms(I):
    """Time from -65 to -50 mV with tau = 10 ms and R = 10 MOhm."""
    return TAU * np.log(10 * I / (10 * I - 15))


def test_every_item_has_its_figure(result):
    figures = {name for section in result.sections for name in section.figures}
    assert figures == {
        *("phase_diagrams", "without_threshold", "with_threshold", "fi", "time_grid"),
        *("cosine", "cosine_cycles", "five_frequencies", "five_lags"),
    }
    for section in result.sections:
        assert set(section.captions) == set(section.names)
        assert not re.search(r"\bnan\b", section.text)


def test_fixed_points(numbers, tables):
    assert numbers["fixed_point_0_nA_mV"] == pytest.approx(-65, abs=1e-9)
    assert numbers["fixed_point_2_nA_mV"] == pytest.approx(-65 + 10 * 2, abs=1e-9)
    assert numbers["rheobase_nA"] == pytest.approx(15 / 10, abs=1e-12)
    assert tables["fixed_points"]["stable"].all()
    assert tables["fixed_points"]["eigenvalue_per_ms"].to_numpy() == pytest.approx(-1 / TAU)


def test_runge_kutta_error_is_that_of_its_series(numbers):
    # Each step multiplies the distance from the fixed point by the Taylor polynomial of degree 4.
    h, steps = DT / TAU, np.arange(2001)
    polynomial = 1 - h + h**2 / 2 - h**3 / 6 + h**4 / 24
    expected = 20 * np.abs(polynomial**steps - np.exp(-h * steps)).max()
    # Rounding of potentials near 65 mV (1.4e-14 mV a step) blurs both by a few 1e-13 mV.
    assert numbers["rk4_largest_error_mV"] == pytest.approx(expected, abs=5e-13)


def test_exact_solution_is_the_textbook_s(tables):
    samples = tables["without_threshold_samples"]
    expected = -65 + 20 * (1 - np.exp(-samples["t_ms"] / TAU))
    np.testing.assert_allclose(samples["exact_mV"], expected, atol=1e-12)


def test_spikes_at_two_nA(numbers, tables):
    assert numbers["interval_2_nA_ms"] == pytest.approx(TAU * np.log(4), rel=1e-9)
    times = tables["spike_times"]["t_ms"]
    np.testing.assert_allclose(times, TAU * np.log(4) * np.arange(1, len(times) + 1), rtol=1e-9)
    assert len(times) == 7  # in 100 ms


def test_located_rates_follow_the_formula(numbers, tables):
    rates = tables["fi_rates"].set_index("I")["rate_Hz"]
    assert (rates[rates.index <= 1.5] == 0).all()
    firing = rates[rates.index > 1.5]
    np.testing.assert_allclose(firing, 1000 / interval_ms(firing.index.to_numpy()), rtol=1e-8)
    assert numbers["rate_2_nA_Hz"] == pytest.approx(72.1347520, abs=1e-6)
    assert numbers["rate_5_nA_Hz"] == pytest.approx(280.3673252, abs=1e-5)


def test_grid_rounds_intervals_up_and_the_first_spike_down(numbers, tables):
    table = tables["fi_rates"]
    firing = table[table["I"] > 1.5]
    steps = np.ceil(interval_ms(firing["I"].to_numpy()) / DT)
    np.testing.assert_allclose(firing["grid_rate_Hz"], 1000 / (steps * DT), rtol=1e-12)
    np.testing.assert_allclose(firing["first_spike_rate_Hz"], 1000 / ((steps - 1) * DT), rtol=1e-12)
    assert numbers["grid_rate_2_nA_Hz"] == pytest.approx(1000 / 13.90, rel=1e-12)
    assert numbers["first_spike_rate_2_nA_Hz"] == pytest.approx(1000 / 13.85, rel=1e-12)


def test_asymptote(numbers, tables):
    table = tables["fi_rates"]
    expected = 1000 * (10 * table["I"] / (TAU * 15) - 1 / (2 * TAU))
    np.testing.assert_allclose(table["asymptote_Hz"], expected, rtol=1e-12, atol=1e-12)
    gap = 1000 * (50 / 150 - 1 / 20) - 1000 / interval_ms(5.0)
    assert numbers["asymptote_minus_formula_5_nA_Hz"] == pytest.approx(gap, abs=1e-6)


def test_time_grid_errors_are_those_of_rounding(tables):
    errors = tables["time_grid_errors"].set_index(["rate_from", "dt_ms"])["largest_relative_error"]
    currents = np.arange(16, 51, 17) / 10
    interval = interval_ms(currents)
    for dt in (0.4, 0.2):
        steps = np.ceil(interval / dt)
        up = np.abs(interval / (steps * dt) - 1).max()
        down = np.abs(interval / ((steps - 1) * dt) - 1).max()
        assert errors["intervals, on the grid", dt] == pytest.approx(up, rel=1e-9)
        assert errors["first spike, on the grid", dt] == pytest.approx(down, rel=1e-9)
        # A fourth-order step of length h leaves at most about h**4 of the interval.
        assert errors["intervals, located", dt] < (dt / TAU) ** 4


def test_cosine_response_repeats_with_the_stimulus(numbers):
    assert numbers["cosine_period_ms"] == pytest.approx(60 * np.pi, abs=DT)
    assert numbers["cosine_pattern_cycles"] == 1
    assert numbers["cosine_spikes_per_cycle"] == 4
    assert numbers["cosine_largest_spike_shift_ms"] < DT / 100
    assert 0 < numbers["cosine_vector_strength"] < 1


def test_cosine_spikes_are_those_of_an_independent_solver(numbers):
    # Steady state: V - E_L between spikes is exponential plus the linear response to the cosine.
    omega, t = 1 / 30, 0.0
    low = np.hypot(1, omega * TAU) ** -2

    def forced(time):
        return 25 * low * (np.cos(omega * time) + omega * TAU * np.sin(omega * time))

    v0, spikes = 0.0, []
    while t < 3 * 60 * np.pi:
        time = t + np.arange(1, 400_000) * 1e-3
        v = forced(time) + (v0 - forced(t)) * np.exp(-(time - t) / TAU)
        t = time[np.argmax(v > 15)]
        spikes.append(t)
    phases = np.array([s for s in spikes if 60 * np.pi < s < 120 * np.pi]) / 30
    assert len(phases) == numbers["cosine_spikes_per_cycle"]
    strength = np.abs(np.exp(1j * phases).mean())
    assert numbers["cosine_vector_strength"] == pytest.approx(strength, abs=1e-4)


def test_five_frequencies_do_not_repeat_soon(numbers, tables):
    assert not tables["five_resemblance"]["periodic"].any()
    assert numbers["five_largest_recurring_fraction_before"] < 0.5
    assert np.isnan(numbers["five_shortest_repeat_ms"])


def squared_sum(t):
    terms = np.cos(t / 3) + np.sin(t / 5) + np.cos(t / 7) + np.sin(t / 11) + np.cos(t / 13)
    return terms**2


def test_five_period_is_the_stimulus_period_and_no_part_of_it_is(numbers):
    t, period = np.linspace(0, 2000, 20001), 15015 * np.pi
    assert numbers["five_period_ms"] == pytest.approx(period, rel=1e-15)
    np.testing.assert_allclose(squared_sum(t + period), squared_sum(t), atol=1e-9)
    # A shorter period would be a fraction of it, hence also a prime fraction.
    for prime in (2, 3, 5, 7, 11, 13, 17, 19, 23):
        assert np.abs(squared_sum(t + period / prime) - squared_sum(t)).max() > 1


@pytest.mark.slow
def test_five_frequency_response_repeats_after_47_seconds():
    section, numbers = lif_practical.sections.five_frequencies(Settings())
    for figure in section.figures.values():
        close_figure(figure)
    assert numbers["five_shortest_repeat_ms"] == pytest.approx(15015 * np.pi, abs=DT)
    assert numbers["five_largest_spike_shift_ms"] < DT
