"""Latencies against the closed form of the LIF cell and a solution to ten digits."""

import numpy as np
import pytest
from brian2 import Mohm, Unit, cm, ms, msiemens, mV, nA, uA
from excitable.models import CONNOR_STEVENS, LIF
from excitable.protocols import Constant
from excitable.protocols.firing.latency import latency
from excitable.simulation import reference

from tests.user_models import theta_neuron

UNIT = uA / cm**2
NO_A = CONNOR_STEVENS.with_(g_A=0 * msiemens / cm**2, E_L=-67.8 * mV)


def test_lif_latency_is_the_closed_form():
    """Charging from rest: tau ln(RI/(RI - (V_th - E_L))); never at or below 1.5 nA."""
    currents = np.array([1.0, 1.5, 1.6, 2.0, 5.0])
    table = latency(LIF, currents * nA, duration=100 * ms, backend="numpy")
    drive = 10 * currents[2:]
    assert table["I"].tolist() == currents.tolist()
    assert table["latency_ms"][:2].isna().all()
    np.testing.assert_allclose(
        table["latency_ms"][2:], 10 * np.log(drive / (drive - 15)), rtol=1e-6
    )


def test_a_theta_neuron_fires_after_the_closed_form():
    """From x = -sqrt(0.3) to infinity with x' = x**2 + I - 0.3."""
    currents = np.array([0.5, 1.0, 2.0])
    table = latency(theta_neuron(), currents * Unit(1), duration=20 * ms, backend="numpy")
    speed = np.sqrt(currents - 0.3)
    expected = (np.pi / 2 + np.arctan(np.sqrt(0.3) / speed)) / speed
    np.testing.assert_allclose(table["latency_ms"], expected, rtol=1e-5)


def test_varied_parameters_and_multiples_of_a_threshold():
    """R and tau crossed with currents of 2 and 4 times 1.5 nA, in closed form."""
    table = latency(
        LIF,
        [2, 4],
        relative_to=1.5 * nA,
        vary={"R": [10, 20] * Mohm, "tau": [10, 30] * ms},
        duration=40 * ms,
        backend="numpy",
    )
    assert list(table.columns) == ["R", "tau", "I", "I_unit", "I_relative", "latency_ms"]
    assert table["I"].tolist() == [3.0, 6.0] * 4
    assert table["I_relative"].tolist() == [2.0, 4.0] * 4
    drive = table["R"] * table["I"]
    np.testing.assert_allclose(
        table["latency_ms"], table["tau"] * np.log(drive / (drive - 15)), rtol=1e-6
    )
    assert table.attrs["protocol"] == "latency"
    assert table.attrs["I_unit"] == table["I_unit"][0] == "nA"


@pytest.mark.parametrize(
    ("model", "threshold", "known"),
    # Spikes are upward crossings of -20 mV; at 0 mV both are 0.04 to 0.05 ms later.
    [(CONNOR_STEVENS, 8.1140533, 70.6233), (NO_A, 7.19078, 3.8087)],
    ids=["with A-current", "without"],
)
def test_connor_stevens_latency(model, threshold, known):
    """The A-current delays the first spike twentyfold at the same distance from threshold."""
    table = latency(model, [1.1], relative_to=threshold * UNIT, duration=80 * ms, dt=0.005 * ms)
    assert table["latency_ms"][0] == pytest.approx(known, abs=2e-4)
    exact = reference(model, Constant(1.1 * threshold * UNIT), 80 * ms).spike_ms[0]
    assert table["latency_ms"][0] == pytest.approx(exact, abs=2e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"currents": [1.0, 2.0]}, "input I: expected nA"),
        ({"currents": [] * nA}, "is empty"),
        ({"currents": [1] * nA, "relative_to": 1.5 * nA}, "currents relative to a threshold"),
        ({"currents": [1], "relative_to": 1.5 * mV}, "relative_to: expected nA"),
        ({"currents": [1], "relative_to": 0 * nA}, "relative_to: must not be zero"),
        ({"currents": [1] * nA, "duration": 0 * ms}, "duration: must be above zero"),
        ({"currents": [1] * nA, "vary": {"r": [1] * Mohm}}, "unknown parameter 'r'; did you mean"),
        ({"currents": [1] * nA, "backend": "cuda"}, "unknown backend 'cuda'"),
        ({"currents": [1] * nA, "dt": -1 * ms}, "dt: must be above zero"),
    ],
)
def test_bad_input_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        latency(LIF, **arguments)
