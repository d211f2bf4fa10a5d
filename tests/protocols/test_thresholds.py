"""Threshold currents against closed forms and independently computed bifurcations."""

import numpy as np
import pytest
from brian2 import Mohm, cm, ms, msiemens, mV, second
from excitable.models import CONNOR_STEVENS, HODGKIN_HUXLEY, LIF, TRAUB_MILES
from excitable.protocols import (
    excitability,
    noisy_onset,
    rheobase,
    strength_duration,
    thresholds,
)
from excitable.protocols.firing.search import search


def in_unit(model, value):
    return float(value) / float(model.input_unit)


def test_lif_over_varied_parameters():
    """The rheobase is (V_th - E_L)/R."""
    found = thresholds(LIF, vary={"R": [5, 10, 20] * Mohm, "V_th": [-55, -50] * mV},
                       duration=2 * second)  # fmt: skip
    expected = (found["V_th"] + 65) / found["R"]
    np.testing.assert_allclose(found["I"], expected, rtol=2e-5)
    assert (found["I_silent"] < found["I"]).all()


# Saddle-node and fold of cycles, computed without Brian2.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "expected"),
    [(CONNOR_STEVENS, 8.1140533), (TRAUB_MILES, 0.018188), (HODGKIN_HUXLEY, 6.2603213)],
    ids=lambda x: getattr(x, "name", ""),
)
def test_rheobase_of_conductance_models(model, expected):
    assert in_unit(model, rheobase(model)) == pytest.approx(expected, rel=1e-4)


def test_squid_axon_has_two_thresholds():
    """One spike from 2.240 uA/cm2 (four digits known), sustained firing from 6.26."""
    single = rheobase(HODGKIN_HUXLEY, criterion="spike", duration=200 * ms, tolerance=1e-4)
    assert in_unit(HODGKIN_HUXLEY, single) == pytest.approx(2.240, abs=6e-4)


def test_threshold_below_zero_is_found():
    """Without A-current, and nothing else changed, the cell fires down to -8.05 uA/cm2."""
    no_A = CONNOR_STEVENS.with_(g_A=0 * msiemens / cm**2)
    found = in_unit(no_A, rheobase(no_A, tolerance=1e-3, duration=500 * ms, start="initial"))
    assert found == pytest.approx(-8.05, abs=0.03)


# The other sign: of the current, or of the potential.
TURNED = {
    "the current": {"equations": LIF.equations.replace("R*I", "R*(-I)")},
    "the potential": {
        "E_L": 65 * mV, "V_th": 50 * mV, "V_reset": 65 * mV, "threshold": "v < V_th",
    },
}  # fmt: skip


@pytest.mark.parametrize("changes", TURNED.values(), ids=TURNED)
def test_less_input_takes_a_cell_to_its_threshold(changes):
    """-(V_th - E_L)/R = -1.5 nA, and Lapicque's law below 0."""
    cell = LIF.with_(**changes, name="turned", input_range=None)
    fast = {"dt": 0.5 * ms, "backend": "numpy"}
    assert cell.input_range == (-5, 0)
    found = rheobase(cell, tolerance=1e-3, duration=100 * ms, **fast)
    assert in_unit(cell, found) == pytest.approx(-1.5, rel=1e-3)
    pulses = strength_duration(cell, [2, 10, 50] * ms, settle=1 * ms, tolerance=1e-3, **fast)
    np.testing.assert_allclose(pulses["I"], -1.5 / (1 - np.exp([-0.2, -1, -5])), rtol=2e-3)
    assert pulses.attrs["fits"]["lapicque"]["rheobase"] == pytest.approx(-1.5, rel=1e-2)
    (row,) = excitability(cell, steps=False).to_dict("records")
    assert (row["verdict"], row["rest_ends_nA"]) == ("I", pytest.approx(-1.5))
    noisy = noisy_onset(cell, points=3, trials=1, threshold=found, duration=50 * ms,
                        discard=10 * ms, **fast)  # fmt: skip
    assert noisy["I"].unique().tolist() == pytest.approx([0, -1.5, -3], rel=1e-2)


def test_search_finds_any_threshold_wherever_it_starts():
    """A cell that fires at or above a known amplitude, and only in runs that are long enough."""
    known = np.array([-3.0, 0.7, 55.0, 123.4])

    def fires(amplitudes, duration):
        return amplitudes >= known[:, None] + 10 / duration**2

    low, high = search(fires, np.zeros(4), np.full(4, 10.0), tolerance=1e-6,
                       durations=(10.0, 1e4))  # fmt: skip
    true = known + 10 / 1e4**2
    assert ((low < true) & (true <= high)).all()
    assert ((high - low) / np.abs(high) < 1e-6).all()


def test_search_says_when_there_is_no_threshold():
    with pytest.raises(ValueError, match="no threshold found for 1 of 1 cells"):
        search(lambda a, d: np.zeros(a.shape, bool), np.zeros(1), np.ones(1), tolerance=1e-3,
               durations=(1.0, 1.0))  # fmt: skip


def test_bad_options():
    with pytest.raises(ValueError, match="did you mean 'sustained'"):
        thresholds(LIF, criterion="sustain")
    with pytest.raises(ValueError, match="tolerance"):
        thresholds(LIF, tolerance=0)
    with pytest.raises(ValueError, match="use thresholds"):
        rheobase(LIF, vary={"R": [1] * Mohm})


def test_looks_below_the_first_rung_before_it_climbs():
    # A cell that is blocked by depolarisation from 5 on, in a bracket up to 200.
    def fires(amplitudes, duration):
        return (amplitudes > 0.16) & (amplitudes < 5.0)

    low, high = search(fires, np.zeros(1), np.full(1, 200.0), tolerance=1e-4, durations=(1.0, 1.0))
    assert low[0] == pytest.approx(0.16, rel=2e-4)
    assert high[0] > 0.16 >= low[0]


def test_a_cell_that_fires_above_the_bracket_is_still_found():
    low, _ = search(
        lambda a, duration: a > 321.0, np.zeros(1), np.full(1, 100.0), tolerance=1e-4,
        durations=(1.0, 1.0),
    )  # fmt: skip
    assert low[0] == pytest.approx(321.0, rel=2e-4)
