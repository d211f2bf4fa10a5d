"""The Connor-Stevens study against numbers computed with scipy from hand-written equations.

Unless said otherwise: solve_ivp, DOP853, rtol 1e-10, atol 1e-12, spikes located at -20 mV.
"""

import numpy as np
import pytest
from excitable.dynamics import bifurcations, saddle_node, steady_current
from excitable.experiments import connor_stevens
from excitable.experiments.connor_stevens.common import DENSITY, NO_A, NO_A_MOVED, with_A
from excitable.experiments.connor_stevens.faults import with_fault
from excitable.experiments.connor_stevens.measure_plane import X, Y, plane, verdicts
from excitable.experiments.study import Settings
from scipy.interpolate import CubicSpline

RATES_HZ = {
    "rate_8p5_Hz": 9.72811,
    "rate_10_Hz": 34.04593,
    "rate_20_Hz": 132.30046,
    "half_A_rate_2_Hz": 56.60090,
    "half_A_rate_10_Hz": 137.77889,
    "more_A_rate_20_Hz": 42.25292,
    "no_A_rate_0_Hz": 155.987,
    "moved_leak_rate_10_Hz": 118.86727,
    "rate_20_1977_Hz": 128.72,
}
FAULTY_RATES_HZ = {  # at 20 uA/cm2, each fault written into the equations by hand
    "fault_none_Hz": 132.300459,
    "fault_alpha_h_Hz": 131.046715,
    "fault_slow_b_Hz": 147.580165,
    "fault_a_inf_Hz": 229.780583,
    "fault_instantaneous_Hz": 178.006904,
    "fault_leak_Hz": 0.0,
    "fault_leak_shifted_Hz": 132.300459,
}


STUDY = connor_stevens


def test_resting_state(numbers):
    expected = {"rest_mV": -67.9781172, "rest_m": 0.0100699, "rest_h": 0.9659140,
                "rest_n": 0.1558564, "rest_a": 0.5404230, "rest_b": 0.2886663}  # fmt: skip
    assert {name: numbers[name] for name in expected} == pytest.approx(expected, abs=5e-8)


def test_currents_cancel_at_rest(tables):
    rest = tables["rest"].set_index("quantity")["value"]
    assert abs(rest[rest.index.str.startswith("I_")].sum()) < 1e-9
    # g_A a^3 b (v - E_A), by hand
    assert rest["I_A (uA/cm2)"] == pytest.approx(
        47.7 * 0.5404230**3 * 0.2886663 * (75 - 67.9781172), rel=1e-5
    )


@pytest.mark.parametrize("name", RATES_HZ)
def test_rates(numbers, name):
    assert numbers[name] == pytest.approx(RATES_HZ[name], rel=2e-4)


def test_rheobase_from_the_equations_and_from_the_rates(numbers):
    assert numbers["saddle_node_uA_per_cm2"] == pytest.approx(8.1140533, abs=1e-7)
    assert numbers["rheobase_from_rates_uA_per_cm2"] == pytest.approx(8.1140533, rel=1e-4)


def test_saddle_node_is_where_the_steady_current_turns():
    current, potential = saddle_node(with_A(1.0))
    around = steady_current(with_A(1.0), potential + np.array([-0.5, 0.0, 0.5]))
    assert around[1] == pytest.approx(current, rel=1e-12)
    assert around[0] < current > around[2]


@pytest.mark.parametrize("model", [NO_A, NO_A_MOVED, with_A(0.5)])
def test_no_saddle_node_without_enough_A_current(model):
    assert np.isnan(saddle_node(model)[0])


def test_without_A_current_the_onset_jumps(numbers):
    # At -8.0492 scipy's cell fires 65.505 Hz, at -8.0495 it falls silent after one spike.
    assert -8.0495 < numbers["no_A_threshold_uA_per_cm2"] <= -8.0490
    assert numbers["no_A_onset_rate_Hz"] == pytest.approx(65.505, rel=5e-3)
    assert numbers["moved_leak_threshold_uA_per_cm2"] == pytest.approx(7.19078, rel=2e-5)
    assert numbers["moved_leak_latency_1p1_ms"] == pytest.approx(3.8087, rel=2e-4)


def test_moving_the_leak_only_shifts_the_current(numbers):
    shift = numbers["moved_leak_threshold_uA_per_cm2"] - numbers["no_A_threshold_uA_per_cm2"]
    assert shift == pytest.approx(0.3 * (67.8 - 17), abs=3e-4)


def test_latency_just_above_rheobase(numbers, tables):
    assert numbers["latency_1p1_ms"] == pytest.approx(70.6233, rel=2e-4)
    late, early = tables["latency"], tables["latency_no_A"]
    assert late["latency_ms"].is_monotonic_decreasing
    assert late["latency_ms"].max() > 200 * early["latency_ms"].max()


def test_hysteresis_at_twice_the_conductance(numbers, tables):
    assert numbers["up_2x_uA_per_cm2"] == pytest.approx(27.7300791, abs=2e-6)
    assert numbers["down_2x_uA_per_cm2"] == pytest.approx(27.597, abs=1.5e-3)
    loop = tables["loop"].set_index("path")
    between = loop["I"].between(27.598, 27.73)
    assert (loop[between].loc["up", "rate_Hz"] == 0).all()
    assert (loop[between].loc["down", "rate_Hz"] > 0).all()
    above = loop[loop["I"] > 27.735]
    assert above.loc["up", "rate_Hz"].to_numpy() == pytest.approx(
        above.loc["down", "rate_Hz"].to_numpy(), rel=1e-4
    )


def test_onset_rate_is_lowest_at_the_published_conductance(tables):
    rates = tables["sweep"].set_index((tables["sweep"]["g_A"] / 47.7).round(6))["onset_rate_Hz"]
    assert rates[0] > 60
    assert rates[1] < 5
    assert rates[3] > rates[2] > 10


def test_recovery_gives_back_the_time_constant_of_b(numbers):
    tau_b = 1.24 + 2.678 / (1 + np.exp(0.0624 * (-100 + 50)))
    assert numbers["recovery_tau_ms"] == pytest.approx(tau_b, rel=1e-3)


def test_difference_between_the_constant_sets(numbers):
    assert numbers["largest_difference_percent"] == pytest.approx(2.8, abs=0.05)


@pytest.mark.parametrize("name", FAULTY_RATES_HZ)
def test_faults(numbers, name):
    assert numbers[name] == pytest.approx(FAULTY_RATES_HZ[name], rel=2e-4)


def test_a_replacement_must_be_found():
    with pytest.raises(ValueError, match="stands 0 times"):
        with_fault({"alpha_x": "0"})


def test_special_points_of_the_plane(numbers, tables):
    """Against AUTO's; the saddle-node-loop point is where a trajectory from scipy turns."""
    cusps = tables["a_current_points"].query("type == 'cusp'")[[X, Y]].to_numpy()
    expected = [[29.8727085, 5.2296364], [44.3454490, 6.8415474], [48.6508548, 8.1162747]]
    assert cusps == pytest.approx(np.array(expected), rel=1e-6)
    at = {"bogdanov_takens": (48.5427382, 8.0900425), "saddle_node_loop": (80.546, 21.5368)}
    for name, (g_A, current) in at.items():
        assert numbers[f"{name}_g_A_mS"] == pytest.approx(g_A, rel=1e-4)
        assert numbers[f"{name}_I_uA"] == pytest.approx(current, rel=1e-4)
    bt = numbers["bogdanov_takens_g_A_mS"], numbers["bogdanov_takens_I_uA"]
    assert bt == pytest.approx(at["bogdanov_takens"], rel=1e-6)


def test_the_published_cell_is_of_type_one(tables):
    (row,) = tables["a_current_verdicts"].to_dict("records")
    assert (row["multiple"], row["verdict"], row["cycle_begins_by"]) == (1, "I", "SNIC")
    assert row["rest_ends_uA_per_cm2"] == pytest.approx(8.1140533, abs=1e-7)


def test_where_type_one_begins_rest_has_two_ends_at_one_input(numbers):
    model = with_A(numbers["type_I_from_g_A_mS"] / 47.7)
    found = bifurcations(model, "I", [7, 8] * DENSITY, cycles=False).points
    (hopf,) = found.query("type == 'Hopf'")[Y]
    # closed form: the lowest maximum of the steady current over the potential
    assert hopf == pytest.approx(saddle_node(model)[0], abs=1e-5)


@pytest.mark.slow
def test_curves_and_verdicts_of_the_whole_plane():
    found = plane(Settings())
    folds = found.table.query("kind == 'fold of cycles' and v_mV > 43.5")  # of full spikes
    for multiple, current in ((0.0, -8.0498962), (0.5, 1.2663701)):
        near = (folds[X] - multiple * 47.7).abs()
        own = folds[folds["curve"] == folds["curve"][near.idxmin()]].sort_values(X)
        curve = CubicSpline(own[X], own[Y])
        assert curve(multiple * 47.7) == pytest.approx(current, rel=1e-5)
    types = verdicts(found, Settings()).set_index("multiple")
    expected = {0.0: "II", 0.5: "II", 1.0: "I", 1.25: "I", 1.5: "I", 2.0: "II*", 3.0: "II*"}
    assert types["verdict"].to_dict() == expected
    begins = types["cycle_begins_uA_per_cm2"]
    assert begins[[0.0, 0.5]].to_numpy() == pytest.approx([-8.0498962, 1.2663701], rel=1e-6)
    assert begins[[2.0, 3.0]].to_numpy() == pytest.approx([27.5969399, 45.5585242], rel=1e-7)
    assert set(types.loc[[2.0, 3.0], "cycle_begins_by"]) == {"homoclinic"}


def test_every_figure_and_table_has_a_caption(result):
    for section in result.sections:
        assert section.text
        assert set(section.captions) == set(section.names)


def test_texts_state_the_numbers(result):
    text = " ".join((result.summary, *(section.text for section in result.sections)))
    for stated in ("8.1141", "−67.98", "70.6 ms", "155.98 Hz", "27.730", "27.597", "132.31 Hz"):
        assert stated in text
    assert "nan" not in text
