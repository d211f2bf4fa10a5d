"""F-I curves against closed forms and independently computed rates."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from brian2 import Unit, cm, ms, mV, nA, second, uA
from excitable.analysis import lif_rate, qif_rate
from excitable.models import (
    CONNOR_STEVENS,
    CONNOR_STEVENS_1977,
    HODGKIN_HUXLEY,
    LIF,
    QIF,
    TRAUB_MILES,
)
from excitable.protocols import fi_curve, noisy_fi_curve

# Computed with scipy's DOP853 at rtol 1e-10, without Brian2: a step from rest, after the transient.
COMPUTED = [
    (CONNOR_STEVENS, uA / cm**2, {8.5: 9.72811, 10: 34.04593, 20: 132.30046}),
    (HODGKIN_HUXLEY, uA / cm**2, {7: 58.32706, 10: 68.32370, 20: 86.47005}),
    (TRAUB_MILES, nA, {0.1: 23.52290, 0.35: 59.03703}),
    (CONNOR_STEVENS_1977, uA / cm**2, {20: 128.72}),
]


@pytest.mark.parametrize(("model", "unit", "rates"), COMPUTED, ids=lambda x: getattr(x, "name", ""))
def test_rates_of_conductance_models(model, unit, rates):
    table = fi_curve(model, list(rates) * unit)
    tolerance = 5e-5 if model is CONNOR_STEVENS_1977 else 2e-5  # the reference has five digits
    np.testing.assert_allclose(table["rate_Hz"], list(rates.values()), rtol=tolerance)


@pytest.mark.parametrize("t_ref", [0, 2.23])
@pytest.mark.parametrize("V_reset", [-65, -58])
def test_lif_over_the_whole_curve(t_ref, V_reset):
    model = LIF.with_(t_ref=t_ref * ms, V_reset=V_reset * mV)
    currents = np.linspace(0, 5, 51)
    table = fi_curve(model, currents * nA)
    expected = lif_rate(currents, R=10, tau=10, E_L=-65, V_reset=V_reset, V_th=-50, t_ref=t_ref)
    assert (table["rate_Hz"].to_numpy()[:16] == 0).all()  # 1.5 nA itself never fires
    np.testing.assert_allclose(table["rate_Hz"], expected, rtol=1e-6)


def test_qif_over_the_whole_curve():
    currents = np.linspace(-1, 4, 51)
    table = fi_curve(QIF, currents * Unit(1), start="initial")  # at 0 its two equilibria meet
    expected = qif_rate(currents, tau=10, V_reset=-10, V_th=10)
    np.testing.assert_allclose(table["rate_Hz"], expected, rtol=1e-5)


def test_grid_scheme_rounds_every_interval_up_to_a_step():
    table = fi_curve(LIF, [5] * nA, spikes="grid")
    interval = 10 * np.log(50 / 35)  # 3.5667 ms
    assert 1000 / table["rate_Hz"][0] == pytest.approx(np.ceil(interval / 0.05) * 0.05, abs=1e-9)


def test_silent_and_unresolved_cells():
    """2 nA fires every 13.863 ms: one spike between 10 and 20 ms makes no rate."""
    table = fi_curve(LIF, [1, 2] * nA, duration=20 * ms, discard=10 * ms, backend="numpy")
    assert table["rate_Hz"][0] == 0
    assert table["resolved"][0]
    assert np.isnan(table["latency_ms"][0])
    assert table["spike_count"][1] == 1
    assert np.isnan(table["rate_Hz"][1])
    assert not table["resolved"][1]
    assert table["latency_ms"][1] == pytest.approx(10 * np.log(4), rel=1e-6)


@pytest.mark.parametrize(
    "run", [fi_curve, partial(noisy_fi_curve, noise=[0] * nA * ms**0.5, trials=1)]
)
def test_a_quarter_of_any_run_is_discarded_by_default(run):
    """2 nA fires every 10*ln(4) = 13.863 ms: three of four spikes in 60 ms come after 15 ms."""
    table = run(LIF, [2] * nA, duration=60 * ms, dt=0.5 * ms, backend="numpy")
    assert table.attrs["discard_ms"] == 15
    assert table["rate_Hz"][0] * 0.045 == pytest.approx(3, abs=0.3)


@pytest.mark.parametrize("spikes", ["located", "grid"])
@pytest.mark.parametrize(
    "threshold", ["v > V_th and on", "on and not (v < V_th or not on)", "up", "not down"]
)
def test_conditions_that_are_declared_make_thresholds(threshold, spikes):
    """As in Brian2; 2 nA fires every 10*ln(4) ms, where it is on."""
    named = "on : boolean\nup = v > V_th and on : boolean\ndown = not on or not up : boolean"
    text = f"{LIF.equations}\n{named}"
    cell = LIF.with_(equations=text, parameters={"on": 1}, threshold=threshold)
    table = fi_curve(cell, [2] * nA, vary={"on": [0, 1]}, duration=60 * ms, backend="numpy",
                     spikes=spikes)  # fmt: skip
    assert table["rate_Hz"].tolist() == pytest.approx([0, 100 / np.log(4)], rel=4e-3)


def test_table_says_how_to_redo_it():
    table = fi_curve(LIF, [2] * nA, duration=50 * ms, discard=0 * ms, dt=0.1 * ms, backend="numpy")
    assert list(table["I_unit"]) == ["nA"]
    for key, value in {
        "model": "lif", "method": "rk4", "dt_ms": 0.1, "backend": "numpy", "I_unit": "nA",
        "duration_ms": 50, "discard_ms": 0,
    }.items():  # fmt: skip
        assert table.attrs[key] == value


def test_currents_are_in_the_models_unit_whatever_they_were_given_in():
    a = fi_curve(LIF, [2] * nA, duration=50 * ms, discard=0 * ms, backend="numpy")
    b = fi_curve(LIF, [2e-9] * nA * 1e9, duration=0.05 * second, discard=0 * ms, backend="numpy")
    pd.testing.assert_frame_equal(a, b)
