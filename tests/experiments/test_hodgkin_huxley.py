"""The Hodgkin-Huxley study against scipy's solutions, published points and theory.

Rates and thresholds are those computed with scipy (DOP853, rtol 1e-10); the points where
oscillations begin and end are the known ones of the squid axon's equations.
"""

import numpy as np
import pytest
from brian2 import cm, ms, nA, uA
from excitable.dynamics import equilibria
from excitable.experiments import hodgkin_huxley
from excitable.experiments.report import save_study
from excitable.models import HODGKIN_HUXLEY, TRAUB_MILES
from excitable.protocols import Step
from excitable.simulation import reference

STUDY = hodgkin_huxley
FOLD_OF_CYCLES, HOPF = 6.2603213, 9.775438  # uA/cm2


def test_all_files_are_there(result, tmp_path):
    names = {path.stem for path in save_study(result, tmp_path) if path.suffix == ".png"}
    assert names == {
        "action_potential", "convergence", "work", "euler_trace", "fi", "steady_current",
        "spike_criterion", "ways_of_switching_on", "hysteresis", "switched_by_pulses", "null_space",
    }  # fmt: skip


def test_all_numbers_are_finite(numbers):
    assert [name for name, value in numbers.items() if not np.isfinite(value)] == []


# --- the action potential ------------------------------------------------------------------------
def test_spike_shape_is_that_of_the_reference_solution(numbers):
    pulse = Step(8 * uA / cm**2, onset=2 * ms, offset=4 * ms)
    exact = reference(
        HODGKIN_HUXLEY, pulse, 12 * ms, record=("v",), t_eval=np.arange(0, 12, 1e-3) * ms
    )
    t, v = exact.t_ms, exact.traces["v"][0] * 1e3
    steep = np.flatnonzero(np.diff(v) / np.diff(t) > 10)[0]
    high = t[v > (v[steep] + v.max()) / 2]
    assert numbers["peak_mV"] == pytest.approx(v.max(), abs=0.01)
    assert numbers["ahp_mV"] == pytest.approx(v.min(), abs=0.01)
    assert numbers["threshold_mV"] == pytest.approx(v[steep], abs=0.1)
    assert numbers["half_width_ms"] == pytest.approx(np.ptp(high), abs=0.005)


# --- the integrators -----------------------------------------------------------------------------
def test_methods_have_their_order(numbers):
    assert numbers["euler_order"] == pytest.approx(1, abs=0.1)
    assert numbers["rk4_order"] == pytest.approx(4, abs=0.15)


def test_reference_rate(numbers):
    assert numbers["reference_rate_Hz"] == pytest.approx(68.32370, rel=1e-5)


def test_rk4_needs_far_fewer_evaluations(numbers):
    assert numbers["work_ratio"] > 10


def test_methods_diverge_above_their_stability_limit(numbers):
    """The limits 2/k and 2.785/k hold for a decay that lasts; the spike's peak is brief."""
    for method in ("euler", "rk4"):
        limit = numbers[f"{method}_stable_dt_ms"]
        assert limit < numbers[f"{method}_diverges_dt_ms"] < 1.5 * limit


def test_euler_counts_false_spikes_before_it_diverges(numbers):
    false, diverges = (numbers[f"euler_{name}_dt_ms"] for name in ("false_spikes", "diverges"))
    assert numbers["euler_stable_dt_ms"] < false < diverges


# --- F-I curves ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "exact"),
    [
        ("squid_rate_7_Hz", 58.32706),
        ("squid_rate_10_Hz", 68.32370),
        ("squid_rate_20_Hz", 86.47005),
        ("traub_miles_rate_100_pA_Hz", 23.52290),
        ("traub_miles_rate_350_pA_Hz", 59.03703),
    ],
)
def test_rates(numbers, name, exact):
    assert numbers[name] == pytest.approx(exact, rel=2e-4)


def test_thresholds_of_the_squid_axon(numbers):
    """The quick search stops at a bracket of 1e-3."""
    assert numbers["squid_spike_uA_cm2"] == pytest.approx(2.240, rel=1e-3)
    assert numbers["squid_sustained_uA_cm2"] == pytest.approx(FOLD_OF_CYCLES, rel=1e-3)


def test_rheobase_of_the_traub_miles_cell_from_equilibria_and_from_rates(numbers):
    assert numbers["traub_miles_saddle_node_pA"] == pytest.approx(18.188, abs=1e-3)
    assert numbers["traub_miles_rheobase_pA"] == pytest.approx(18.188, rel=1e-3)


def test_number_of_equilibria_changes_at_the_saddle_node_only(numbers):
    fold = numbers["traub_miles_saddle_node_pA"] / 1e3
    assert [len(equilibria(TRAUB_MILES, I * nA)) for I in (0.98 * fold, 1.02 * fold)] == [3, 1]


def test_hopf_points(numbers):
    assert numbers["hopf_uA_cm2"] == pytest.approx(HOPF, abs=1e-6)
    assert numbers["upper_hopf_uA_cm2"] == pytest.approx(154.5, abs=0.05)


def test_type_two_jumps_and_type_one_does_not(numbers, tables):
    assert numbers["squid_onset_rate_Hz"] == pytest.approx(50, abs=3)
    pyramid = tables["fi_traub_miles"]["rate_Hz"]
    assert 0 < pyramid[pyramid > 0].min() < 3


def test_peaks_fall_below_0_mV_long_before_the_oscillation_ends(numbers, tables):
    assert numbers["peaks_below_0_mV_uA_cm2"] == pytest.approx(63, abs=0.5)
    swing = tables["swing"].set_index("I")
    size = swing["highest_mV"] - swing["lowest_mV"]
    assert size[100] > 10
    assert size[160] < 1


# --- two answers ---------------------------------------------------------------------------------
def test_one_current_has_two_answers(numbers):
    assert numbers["step_7_Hz"] == pytest.approx(58.32706, rel=2e-4)
    assert numbers["ramp_up_7_Hz"] == 0
    assert numbers["ramp_down_7_Hz"] == pytest.approx(58.32706, rel=2e-4)


def test_paths_part_between_the_fold_and_the_hopf_point(tables):
    rates = tables["rates_by_path"].pivot_table(index="I", columns="path", values="rate_Hz")
    up, down = rates["slow ramp up"], rates["slow ramp down"]
    assert (down[down.index < FOLD_OF_CYCLES] == 0).all()
    assert (down[down.index > FOLD_OF_CYCLES] > 50).all()
    assert (up[up.index < HOPF] == 0).all()
    assert (up[up.index > HOPF] > 60).all()


def test_the_shown_pulse_ends_the_firing_of_the_reference_solution(tables):
    from excitable.experiments.hodgkin_huxley.measure_switching import at_rest, best_switch, train

    switch = best_switch(tables["pulses"])
    exact = reference(
        HODGKIN_HUXLEY,
        train(1, switch["onset_ms"], switch["amplitude"]),
        200 * ms,
        start=at_rest(),
    )
    assert (exact.spike_ms < switch["onset_ms"]).sum() > 3
    assert (exact.spike_ms > switch["onset_ms"]).sum() == 0
