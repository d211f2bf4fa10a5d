"""The lines with which the project introduces itself work as written."""

import numpy as np
import pytest
from brian2 import (
    Network,
    NeuronGroup,
    Quantity,
    SpikeMonitor,
    cm,
    ms,
    msiemens,
    mV,
    second,
    uA,
)
from excitable.models import CONNOR_STEVENS, IZHIKEVICH, ZOO
from excitable.protocols import Step, fi_curve, response
from excitable.simulation.backends import Backend, preferences


def test_zoo_names():
    assert [model.name for model in ZOO] == [
        "lif", "qif", "hodgkin_huxley", "traub_miles", "connor_stevens", "connor_stevens_1977",
        "izhikevich", "izhikevich_2007",
    ]  # fmt: skip


def test_foreign_script():
    """20 uA/cm2 from the model's own rest: first spike at 7.5 to 9 ms, then 132.3 Hz."""
    cells = NeuronGroup(100, **CONNOR_STEVENS.brian_kwargs(I="20*uA/cm**2"))
    CONNOR_STEVENS.initialise(cells)
    spikes = SpikeMonitor(cells)
    with preferences(Backend("numpy")):
        Network(cells, spikes).run(60 * ms)
    times = np.asarray(spikes.t[spikes.i == 7] / ms)
    # Published rate for this constant set; on the time grid an interval is off by up to a step.
    assert np.diff(times)[-1] == pytest.approx(1000 / 132.30046, abs=0.026)


def test_foreign_script_with_a_free_input():
    cells = NeuronGroup(2, **CONNOR_STEVENS.brian_kwargs())
    CONNOR_STEVENS.initialise(cells)
    cells.I = [0, 20] * uA / cm**2
    spikes = SpikeMonitor(cells)
    with preferences(Backend("numpy")):
        Network(cells, spikes).run(30 * ms)
    assert spikes.count[0] == 0
    assert spikes.count[1] > 1


def test_group_with_stimulus_and_varied_parameter():
    values = np.linspace(0, 60, 100) * msiemens / cm**2
    cells = CONNOR_STEVENS.group(100, Step(20 * uA / cm**2, onset=100 * ms), vary={"g_A": values})
    assert isinstance(cells, NeuronGroup)
    np.testing.assert_allclose(np.asarray(cells.g_A), np.asarray(values))


def test_fi_curve_of_a_changed_model():
    no_A = CONNOR_STEVENS.with_(g_A=0 * msiemens / cm**2, E_L=-67.8 * mV)
    fi = fi_curve(no_A, [8, 10, 20] * uA / cm**2, duration=2 * second, discard=500 * ms)
    assert list(fi[["I", "rate_Hz", "spike_count", "latency_ms"]]["I"]) == [8, 10, 20]
    assert fi["rate_Hz"][1] == pytest.approx(118.86727, rel=2e-5)  # scipy, see the references


def test_fi_curve_over_a_cross_product():
    table = fi_curve(
        CONNOR_STEVENS,
        [2, 10, 20] * uA / cm**2,
        vary={"g_A": [0, 23.85, 47.7, 71.55] * msiemens / cm**2},
    )
    rate = table.set_index(["g_A", "I"])["rate_Hz"]
    assert len(table) == 12
    assert rate[23.85, 2] == pytest.approx(56.60090, rel=2e-5)
    assert rate[23.85, 10] == pytest.approx(137.77889, rel=2e-5)
    assert rate[47.7, 20] == pytest.approx(132.30046, rel=2e-5)
    assert rate[71.55, 20] == pytest.approx(42.25292, rel=2e-5)
    assert table.attrs["parameters"]["E_L"] == -17


def test_response_tables():
    out = response(
        IZHIKEVICH.variants["RS"],
        Step(14 * mV / ms, onset=15 * ms),
        150 * ms,
        record=("v", "u"),
        backend="numpy",
    )
    assert list(out.traces.columns) == ["neuron", "t_ms", "v_mV", "u_mV_per_ms"]
    assert list(out.spikes.columns) == ["neuron", "t_ms"]
    assert out.spikes["t_ms"].iloc[0] > 15


def test_rheobase_is_a_quantity():
    from excitable.models import LIF
    from excitable.protocols import rheobase

    found = rheobase(LIF)
    assert isinstance(found, Quantity)
    assert float(found) == pytest.approx(1.5e-9, rel=1e-4)
