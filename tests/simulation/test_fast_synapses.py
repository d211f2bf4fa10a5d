"""Synapses made and spikes delivered our way, against the code that Brian2 generates itself."""

from dataclasses import replace

import numpy as np
import pytest
from brian2 import ms, mV, nA, nS
from excitable.models import LIF, TRAUB_MILES
from excitable.protocols import Constant, Poisson, Synapse, Uniform, ei_network
from excitable.simulation import Backend
from excitable.simulation.backends import has_compiler
from excitable.simulation.backends.compiled.compile import has_openmp
from excitable.simulation.run import run_network

pytestmark = pytest.mark.skipif(not has_compiler(), reason="needs a C++ compiler")
needs_openmp = pytest.mark.skipif(not has_openmp(), reason="needs a compiler with OpenMP")

NETWORK = {
    "n_exc": 230, "n_inh": 70, "synapse": Synapse.conductance(5 * ms, 0 * mV, 3 * nS),
    "inhibition": Synapse.conductance(10 * ms, -80 * mV, 10 * nS), "drive": Constant(1.8 * nA),
    "start": {"v": Uniform(-65 * mV, -50 * mV)}, "duration": 100 * ms,
}  # fmt: skip


CONDUCTANCE_MODEL = {  # has no reset
    "model": TRAUB_MILES, "p": 0.1, "drive": Constant(0.5 * nA), "start": "rest",
}  # fmt: skip


def both(threads, **options):
    """Return a network run by our code and by Brian2's own, from the same seed."""
    options = {"model": LIF, **NETWORK, **options}
    return tuple(
        ei_network(**options, backend=Backend("cpp_standalone", threads, optimise=optimise))
        for optimise in (True, False)
    )


def same(a, b):
    np.testing.assert_array_equal(a.spikes.to_numpy(), b.spikes.to_numpy())
    np.testing.assert_array_equal(
        a.connections[["pre", "post"]].to_numpy(), b.connections[["pre", "post"]].to_numpy()
    )
    return len(a.spikes)


@pytest.mark.parametrize(
    ("threads", "options"),
    [
        (1, {"p": 0.1}),
        pytest.param(1, {"p": 0.1, "delay": 1.5 * ms}, marks=pytest.mark.slow),
        (1, {"in_degree": {"exc": 20, "inh": 7}, "delay": 1.5 * ms}),  # made target by target
        pytest.param(1, {"p": 0.1, "delay": Uniform(0.5 * ms, 2 * ms)}, marks=pytest.mark.slow),
        (1, CONDUCTANCE_MODEL),
        pytest.param(
            2, {"in_degree": {"exc": 20, "inh": 7}, "delay": 1.5 * ms}, marks=needs_openmp
        ),
        pytest.param(2, {"p": 0.1}, marks=[pytest.mark.slow, needs_openmp]),
    ],
)
def test_spikes_are_those_of_brian2s_own_code_to_the_last_bit(threads, options):
    assert same(*both(threads, **options)) > 1000


@pytest.mark.slow
@needs_openmp
def test_many_spikes_at_once_on_two_threads():
    """All cells fire in the same step: reset and delivery are worth threads there."""
    options = {"p": 0.1, "n_exc": 1500, "n_inh": 500, "start": "rest", "drive": Constant(2 * nA)}
    ours, plain = both(2, **options)
    assert same(ours, plain) > 2000
    assert ours.spikes["t_ms"].value_counts().max() == 2000


@needs_openmp
def test_a_synapse_that_asks_its_source_is_left_to_brian2(monkeypatch):
    """Another thread may be resetting the source meanwhile."""

    def asking(plan, backend):
        def changed(projection):
            (name, path), = projection.pathways.items()  # fmt: skip
            text = f"{path.text}*(1 + int(v_pre > V_th_pre + 0.02*mV))"
            return replace(projection, pathways={name: replace(path, text=text)})

        return run_network(
            replace(plan, projections=tuple(map(changed, plan.projections))), backend
        )

    unchanged = ei_network(LIF, **NETWORK, p=0.1, backend=Backend("cpp_standalone", threads=2))
    monkeypatch.setattr("excitable.protocols.networks.network.run_network", asking)
    ours, plain = both(2, p=0.1)
    assert same(ours, plain) > 1000
    assert not ours.spikes.equals(unchanged.spikes)


@needs_openmp
@pytest.mark.parametrize(
    "options",
    [{"model": LIF, "p": 0.1, "start": "rest"},
     pytest.param(CONDUCTANCE_MODEL, marks=pytest.mark.slow)],
)  # fmt: skip
def test_the_number_of_threads_changes_nothing_without_drawn_values(options):
    """What is drawn is drawn thread by thread; connections are not, and sums keep their order.

    Threads meet where a vector register ends, so that exponentials are rounded alike too.
    """
    options = NETWORK | options
    one, *more = (
        ei_network(**options, backend=Backend("cpp_standalone", threads=n)) for n in (1, 2, 3)
    )
    for run in more:
        assert same(one, run) > 1000


@needs_openmp
def test_a_drive_of_random_spikes_is_the_same_again():
    options = NETWORK | {
        "p": 0.1, "drive": Poisson(1 / ms, Synapse.delta(2 * mV)), "duration": 50 * ms,
        "backend": Backend("cpp_standalone", threads=2),
    }  # fmt: skip
    assert same(ei_network(LIF, **options, seed=3), ei_network(LIF, **options, seed=3)) > 100
