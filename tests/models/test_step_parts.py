"""What a step sees of an edge inside it, against the definition; and in each language alike."""

import numpy as np
import pytest
from brian2 import NeuronGroup, ms
from excitable.models.text.functions import NAMESPACE
from excitable.models.text.step_parts import part_after, part_between, time_after, time_between
from excitable.simulation import backends

RNG = np.random.default_rng(3)


@pytest.mark.parametrize("dt", [0.025e-3, 0.1e-3, 1e-3 / 32, 1.0e-6])
def test_edges_on_the_grid_are_exact(dt):
    """However the time of step k has been computed: 0 before it and 1 from it on."""
    k = RNG.integers(1, 40_000_000, 2000)
    begin = k * dt
    for edge in (k * dt, (k * (dt * 1e3)) * 1e-3, (k - 3) * dt + 3 * dt, k / (1 / dt)):
        assert np.all(part_after(begin, dt, edge) == 1)
        assert np.all(part_after((k - 1) * dt, dt, edge) == 0)
        assert np.all(part_between(begin, dt, edge, edge + dt) == 1)
        t = begin + dt * RNG.random(2000)
        assert np.array_equal(time_after(t, begin, dt, edge), t)
        assert np.array_equal(time_between(t, begin, dt, edge, (k + 5) * dt), t)


def test_parts_are_lengths():
    onset = RNG.uniform(-1, 2, 1000)
    offset = onset + RNG.uniform(0, 2, 1000)
    overlap = np.clip(np.minimum(offset, 0.5) - np.maximum(onset, 0.0), 0, None)
    np.testing.assert_allclose(part_between(0.0, 0.5, onset, offset), overlap / 0.5, atol=1e-11)


def test_parts_of_all_steps_add_up():
    """The charge of a pulse does not depend on where it lies, nor on how short it is."""
    begin, dt = np.arange(200) * 0.025, 0.025
    for onset, width in ((1.0, 0.06), (1.01, 0.06), (1.012, 1e-6), (1.02, 2.5), (1.0, 0.025)):
        total = part_between(begin, dt, onset, onset + width).sum() * dt
        assert total == pytest.approx(width, rel=1e-8)


def test_times_are_those_of_the_part_that_is_on():
    for onset, offset in ((1.1, 1.3), (0.2, 1.3), (1.1, 9.0)):
        a, b = max(onset, 1.0), min(offset, 1.5)
        t = np.array([1.0, 1.25, 1.5])
        expected = [a, (a + b) / 2, b]
        np.testing.assert_allclose(time_between(t, 1.0, 0.5, onset, offset), expected)
    np.testing.assert_allclose(time_after(t, 1.0, 0.5, 1.1), [1.1, 1.3, 1.5])


@pytest.mark.parametrize("backend", ["numpy", pytest.param("cython", marks=pytest.mark.slow)])
def test_brian2_computes_the_same(backend):
    onset = np.r_[RNG.uniform(0, 3e-3, 50), 0.2e-3, 0.3e-3]
    text = """
    between = part_between(t_in_timesteps*dt, dt, onset, onset + 0.03*ms) : 1
    after = part_after(t_in_timesteps*dt, dt, onset) : 1
    moved = time_between(t, t_in_timesteps*dt, dt, onset, onset + 0.03*ms) : second
    late = time_after(t, t_in_timesteps*dt, dt, onset) : second
    dx/dt = (between + after + (moved + late)/second)/second : 1
    onset : second (constant)
    """
    with backends.preferences(backends.choose(backend)):
        import brian2

        cells = NeuronGroup(len(onset), text, namespace=NAMESPACE, method="euler", dt=0.1 * ms)
        cells.onset_ = onset
        brian2.Network(cells).run(4 * ms)
    begin = (np.arange(40) * 1e-4)[:, None]
    step = begin, 1e-4, onset
    expected = part_between(*step, onset + 0.03e-3) + part_after(*step) + time_after(begin, *step)
    expected = expected + time_between(begin, *step, onset + 0.03e-3)
    np.testing.assert_allclose(cells.x[:], expected.sum(axis=0) * 1e-4, rtol=1e-12)
