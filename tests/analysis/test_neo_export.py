"""Runs as Neo objects."""

import numpy as np
import pandas as pd
import pytest
from brian2 import second, volt
from excitable.analysis import to_neo

from excitable.errors import InputError

neo = pytest.importorskip("neo")

SPIKES = pd.DataFrame(
    {"neuron": [3, 0, 0], "t_ms": [2.0, 9.0, 1.0], "population": ["inh", "exc", "exc"]}
)
TRACES = pd.DataFrame(
    {
        "neuron": np.repeat([0, 3], 3),
        "t_ms": np.tile([0.0, 0.5, 1.0], 2),
        "v_mV": [-65.0, -64, -63, -60, -59, -58],
        "I_Na_uA_per_cm2": 1.0,
        "m": 0.5,
        "I": 2.0,
        "I_unit": "uA/cm**2",
    }
)


def test_trains_carry_neuron_population_and_unit():
    segment = to_neo(SPIKES, 10.0, neurons={"exc": range(2), "inh": range(2, 4)})
    about = [(t.annotations["population"], t.annotations["neuron"]) for t in segment.spiketrains]
    assert about == [("exc", 0), ("exc", 1), ("inh", 2), ("inh", 3)]
    for train, seconds in zip(segment.spiketrains, ([1e-3, 9e-3], [], [], [2e-3]), strict=True):
        np.testing.assert_allclose(train.rescale("s").magnitude, seconds)
    assert all(float(t.t_stop.rescale("ms")) == 10 for t in segment.spiketrains)


@pytest.mark.parametrize("spikes", [SPIKES, SPIKES.iloc[:0]])
def test_a_duration_with_its_unit(spikes):
    segment = to_neo(spikes, 0.2 * second, neurons={"exc": [0], "inh": [3]})
    assert [float(t.t_stop.rescale("ms")) for t in segment.spiketrains] == [200, 200]
    for refused in (0.2 * volt, np.timedelta64(200, "ms")):
        with pytest.raises(InputError, match="duration"):
            to_neo(spikes, refused)
    mixed = TRACES.assign(I_unit=["nA"] * 3 + ["uA/cm**2"] * 3)
    with pytest.raises(InputError, match="several units"):
        to_neo(SPIKES, 10.0, traces=mixed)


@pytest.mark.parametrize(
    ("traces", "message"),
    [
        (TRACES.drop(columns="neuron"), "no column neuron"),
        (TRACES.assign(m="closed"), "column m holds no numbers"),
    ],
)
def test_traces_that_are_none(traces, message):
    with pytest.raises(InputError, match=message):
        to_neo(SPIKES, 10.0, traces=traces)


def test_without_neurons_only_those_that_fired():
    segment = to_neo(SPIKES.drop(columns="population"), 10.0)
    assert [t.annotations["neuron"] for t in segment.spiketrains] == [0, 3]
    assert len(to_neo(SPIKES, 10.0).spiketrains) == 2


def test_traces_keep_their_units():
    segment = to_neo(SPIKES, 10.0, traces=TRACES)
    v, I_Na, m, I = segment.analogsignals
    assert [s.name for s in (v, I_Na, m, I)] == ["v", "I_Na", "m", "I"]
    np.testing.assert_allclose(
        v.rescale("V").magnitude, np.c_[[-65, -64, -63], [-60, -59, -58]] / 1e3
    )
    assert float(I_Na.rescale("A/m**2")[0, 0]) == pytest.approx(0.01)
    assert float(I.rescale("A/m**2")[0, 0]) == pytest.approx(0.02)
    assert m.dimensionality.string == "dimensionless"
    assert float(v.sampling_rate.rescale("Hz")) == pytest.approx(2000)
    assert v.array_annotations["neuron"].tolist() == [0, 3]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: to_neo(SPIKES, 5.0), "outside the run of 5.0 ms"),
        (lambda: to_neo(SPIKES, 10.0, neurons=4), "as a dict"),
        (lambda: to_neo(SPIKES, 10.0, neurons={"exc": 1}), "population \\['inh'\\]"),
        (lambda: to_neo(SPIKES, 10.0, neurons={"exc": 1, "inh": 3}), "neuron 3 has spikes"),
        (lambda: to_neo(SPIKES[["t_ms"]], 10.0), "no column \\['neuron'\\]"),
        (lambda: to_neo(SPIKES, 10.0, traces=TRACES.iloc[1:]), "same regular times"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
