"""The network of Izhikevich 2003 against the counts of a numpy port of its published program."""

import numpy as np
import pytest
from brian2 import ms, second
from excitable.protocols import izhikevich_2003_network
from excitable.simulation.backends import has_compiler

needs_compiler = pytest.mark.skipif(not has_compiler(), reason="needs a C++ compiler")
SEEDS = range(20)


def mean_count(**options) -> float:
    runs = (izhikevich_2003_network(seed=s, connections=False, **options) for s in SEEDS)
    return np.mean([len(run.spikes) for run in runs])


@needs_compiler
def test_published_scheme_fires_as_published():
    """7532.6 +- 170.4 spikes in a second; without the half-steps it would be about 9260."""
    standard_error = 170.4 / np.sqrt(len(SEEDS))
    assert abs(mean_count() - 7532.6) < 3 * standard_error


@pytest.mark.slow
@needs_compiler
def test_sde_at_one_ms_is_the_scheme_of_one_euler_step():
    """A single Euler step in place of the half-steps: 9264 +- 191 spikes."""
    standard_error = 191 / np.sqrt(len(SEEDS))
    assert abs(mean_count(scheme="sde", dt=1 * ms) - 9264) < 3 * standard_error


@pytest.fixture(scope="module")
def short():
    return izhikevich_2003_network(
        seed=3, duration=60 * ms, record=("v", "I"), cells=[0, 900], backend="numpy"
    )


def test_weights_are_drawn_as_published(short):
    """Means and standard deviations of U(0, 0.5) and -U(0, 1), all to all."""
    table = short.connections
    assert len(table) == 1000 * 1000
    assert not table.duplicated(["pre", "post"]).any()
    for source, low, high in (("exc", 0, 0.5), ("inh", -1, 0)):
        weights = table.loc[table["source"] == source, "weight"]
        assert weights.between(low, high).all()
        assert weights.mean() == pytest.approx((low + high) / 2, abs=0.002)
        assert weights.std() == pytest.approx((high - low) / np.sqrt(12), rel=0.01)
    assert table["weight_unit"].unique().tolist() == ["mV/ms"]


def test_trace_follows_the_published_step(short):
    """v recorded after a step is two half-steps on from v before it, with one input and one u.

    The u at each step is rebuilt from the recorded v of a cell that has not fired yet.
    """
    rows = short.traces[short.traces["neuron"] == 0]
    v, current = rows["v_mV"].to_numpy(), rows["I_mV_per_ms"].to_numpy()
    first = short.spikes.loc[short.spikes["neuron"] == 0, "t_ms"]
    last = int(first.iloc[0]) if len(first) else len(v) - 1
    assert last > 3
    u = 0.2 * -65
    for k in range(last - 1):
        half = v[k] + 0.5 * (0.04 * v[k] ** 2 + 5 * v[k] + 140 - u + current[k + 1])
        expected = half + 0.5 * (0.04 * half**2 + 5 * half + 140 - u + current[k + 1])
        assert v[k + 1] == pytest.approx(expected, rel=1e-9)
        u += 0.02 * (0.2 * v[k + 1] - u)


def test_rates_count_the_spikes(short):
    spikes = short.spikes.groupby("population", observed=True).size()
    rates = short.rates.groupby("population")["rate_Hz"].sum()
    for name, n in (("exc", 800), ("inh", 200)):
        assert rates[name] * n * 1e-3 == pytest.approx(spikes[name])


@needs_compiler
def test_seed_decides_the_spikes():
    a, b, c = (izhikevich_2003_network(seed=s, connections=False).spikes for s in (1, 1, 2))
    assert a.equals(b)
    assert len(a) != len(c)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scheme": "publishd"}, "did you mean 'published'"),
        ({"dt": 0.5 * ms}, "steps of 1 ms, got"),
        ({"scheme": "sde", "dt": 0.3 * ms}, "whole fraction"),
        ({"scheme": "sde", "dt": 2 * ms}, "whole fraction"),
        ({"n_exc": 0}, "n_exc: expected a whole number"),
        ({"cells": [1000], "record": ("v",)}, "cells: 1000 is none of the cells 0 to 999"),
        ({"cells": [1]}, "traces need both"),
        ({"cells": [1], "record": ("w",)}, "unknown variable to record 'w'"),
        ({"duration": 0 * second}, "must be above zero"),
        ({"method": "rk4"}, "takes no method: the scheme says how"),
        ({"tolerance": 1e-3}, "takes no tolerance"),
        ({"n_ex": 3}, "did you mean 'n_exc'"),
    ],
)
def test_bad_input(change, message):
    with pytest.raises(ValueError, match=message):
        izhikevich_2003_network(**change)
