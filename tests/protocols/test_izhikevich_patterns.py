"""The pattern figures: stimuli as in the published programs, the published scheme, convergence."""

import numpy as np
import pytest
from brian2 import ms, mV
from excitable.models import PATTERNS
from excitable.protocols import Sine
from excitable.protocols.firing.izhikevich_patterns import (
    ADJUSTED_2004,
    CELLS_2003,
    PATTERNS_2004,
    original_scheme,
    published_input,
    run_pattern,
    run_patterns,
)
from excitable.simulation.backends.reference import reference


def on(condition, level):
    return np.where(condition, level, 0.0)


def within(t, begin, length):
    return (t > begin) & (t < begin + length)


def pulses(t, level, length, *onsets):
    return on(np.any([within(t, onset, length) for onset in onsets], axis=0), level)


def inhibition(t):
    return np.where((t < 50) | (t > 250), 80.0, 75.0)


# Transcribed from figure1.m: duration, Euler step, I(t).
# fmt: off
FIGURE_1 = {
    "A": (100, .25, lambda t: on(t > 10, 14)),
    "B": (200, .25, lambda t: on(t > 20, .5)),
    "C": (220, .25, lambda t: on(t > 22, 15)),
    "D": (200, .2,  lambda t: on(t > 20, .6)),
    "E": (160, .25, lambda t: on(t > 16, 10)),
    "F": (85,  .25, lambda t: on(t > 8.5, 30)),
    "G": (300, .25, lambda t: on(t > 30, .075 * (t - 30))),
    "H": (300, .25, lambda t: np.where(t > 30, -.5 + .015 * (t - 30), -.5)),
    "I": (100, .2,  lambda t: pulses(t, 7.04, 3, 10)),
    "J": (200, .25, lambda t: pulses(t, 2, 5, 20)),
    "K": (400, .25, lambda t: pulses(t, .65, 4, 40, 60, 280, 320)),
    "L": (100, .25, lambda t: pulses(t, 9, 2, 100 / 11, 100 / 11 + 5, 70, 80)),
    "M": (200, .2,  lambda t: pulses(t, -15, 5, 20)),
    "N": (200, .2,  lambda t: pulses(t, -15, 5, 20)),
    "O": (100, .25, lambda t: pulses(t, 1, 5, 10, 80) + pulses(t, -6, 5, 70)),
    "P": (300, .25, lambda t: .24 + pulses(t, 1, 5, 300 / 8, 216)),
    "Q": (50,  .1,  lambda t: on(np.abs(t - 10) < 1, 20)),
    "R": (400, .5,  lambda t: on(t < 200, t / 25)
                              + on((t >= 300) & (t < 312.5), (t - 300) / 12.5 * 4)),
    "S": (350, .5,  inhibition),
    "T": (350, .5,  inhibition),
}
# fmt: on


@pytest.mark.parametrize("letter", FIGURE_1)
def test_stimulus_is_that_of_figure1(letter):
    duration, step, current = FIGURE_1[letter]
    pattern = PATTERNS_2004[letter]
    assert pattern.duration / ms == pytest.approx(duration)
    assert pattern.euler_dt / ms == pytest.approx(step)
    assert pattern.model is PATTERNS[letter]
    t = np.arange(round(duration / step) + 1) * step
    np.testing.assert_allclose(published_input(pattern.stimulus, t), current(t), atol=1e-12)


@pytest.fixture(scope="module")
def solved():
    """The twenty panels, the cells of 2003 and the adjusted panels in one group."""
    patterns = [*PATTERNS_2004.values(), *CELLS_2003.values(), *ADJUSTED_2004.values()]
    return list(zip(patterns, run_patterns(patterns), strict=True))


def test_stimulus_of_the_run_is_the_same_between_its_edges(solved):
    for pattern, out in solved[:20]:
        t = out.traces["t_ms"].to_numpy()
        edges = 1e3 * np.array([0, *pattern.stimulus.breakpoints])
        inside = np.abs(t[:, None] - edges).min(axis=1) > 1 / 32
        expected = FIGURE_1[pattern.letter][2](t[inside])
        np.testing.assert_allclose(out.traces["I"].to_numpy()[inside], expected, atol=1e-9)


def test_one_compiled_group_serves_all_and_keeps_each_pattern_apart(solved):
    for pattern, out in solved:
        assert set(out.traces["neuron"]) == {0}
        assert out.traces["t_ms"].iloc[-1] == pytest.approx(float(pattern.duration / ms) - 1 / 32)
        assert out.traces["v_mV"].iloc[0] == pytest.approx(float(pattern.model.initial["v"] / mV))
        assert out.traces.attrs["model"] == pattern.model.name
        assert out.traces.attrs["parameters"]["a"] == pattern.model.parameters["a"].value
    alone = run_pattern(PATTERNS_2004["H"])
    together = solved[list(PATTERNS_2004).index("H")][1]
    np.testing.assert_allclose(alone.spikes["t_ms"], together.spikes["t_ms"], rtol=1e-9)


@pytest.mark.parametrize("k", [k for k in range(34) if k != 19])  # T runs away
def test_spikes_are_those_of_the_reference_integrator(solved, k):
    """Error of the fourth-order method at 2**-5 ms; edges that lie between steps add up to dt/2."""
    pattern, out = solved[k]
    exact = reference(pattern.model, pattern.stimulus, pattern.duration, start="initial").spike_ms
    edges = 32e3 * np.array(pattern.stimulus.breakpoints)
    on_grid = np.allclose(edges, np.rint(edges), atol=1e-6)
    assert len(out.spikes) == len(exact)
    tolerance = 0.01 if on_grid else 1 / 64
    np.testing.assert_allclose(out.spikes["t_ms"], exact, atol=tolerance)


def test_pattern_T_runs_away_at_a_time_that_does_not_depend_on_the_step():
    """The intervals shrink below any step: only the beginning has a solution."""
    runs = [run_pattern(PATTERNS_2004["T"], dt=dt * ms) for dt in (2**-5, 2**-6)]
    first, second = (out.spikes["t_ms"].to_numpy() for out in runs)
    assert len(second) > 1.5 * len(first)
    np.testing.assert_allclose(first[first < 150], second[second < 150], atol=0.01)
    assert np.all(np.diff(first[first < 150], 2) < 0)


def test_published_scheme_gives_the_third_party_spike_times():
    """OpenSourceBrain/IzhikevichModel, MATLAB/results/.test.2003.mep: first samples above 0 mV."""
    traces = original_scheme(CELLS_2003["RS"]).traces
    above = traces["v_mV"].to_numpy() > 0
    passed = traces["t_ms"].to_numpy()[1:][above[1:] & ~above[:-1]]
    assert passed.tolist() == [18.25, 24, 54.25, 87.5, 120.75]


def test_published_scheme_converges_to_the_solution_at_first_order():
    pattern = PATTERNS_2004["A"]
    exact = reference(pattern.model, pattern.stimulus, pattern.duration, start="initial").spike_ms
    coarse, fine = (
        np.abs(original_scheme(pattern, dt * ms).spikes["t_ms"] - exact).max()
        for dt in (2**-6, 2**-9)
    )
    assert coarse / fine == pytest.approx(8, rel=0.15)


def test_published_scheme_plots_the_peak_at_thirty():
    out = original_scheme(PATTERNS_2004["C"])
    assert out.traces["v_mV"].max() == 30
    assert (out.traces["v_mV"] == 30).sum() == len(out.spikes)


def test_adjusted_panels_change_what_they_say():
    """PyNN/izhikevich2004.py and, for K, NeuroML2/WhichModel.nml of OpenSourceBrain."""
    changed = {
        letter: [
            name
            for name, parameter in pattern.model.parameters.items()
            if parameter != PATTERNS_2004[letter].model.parameters[name]
        ]
        for letter, pattern in ADJUSTED_2004.items()
    }
    assert changed == {"I": [], "K": [], "P": [], "Q": ["b"], "S": [], "T": ["d"]}
    assert ADJUSTED_2004["Q"].model.parameters["b"].value == 0.18
    assert ADJUSTED_2004["T"].model.parameters["d"].value == -0.7
    t = np.arange(0, 350, 0.5)
    inputs = {k: published_input(ADJUSTED_2004[k].stimulus, t) for k in "IKPS"}
    assert inputs["I"].max() == 6.71
    np.testing.assert_allclose(inputs["K"], pulses(t, 0.65, 4, 40, 60, 200, 240))
    np.testing.assert_allclose(inputs["P"], 0.24 + pulses(t, 1, 5, 37.5, 208))
    np.testing.assert_allclose(inputs["S"], np.where((t < 50) | (t > 220), 80, 75))


def test_other_stimuli_are_refused_by_name():
    with pytest.raises(ValueError, match=r"sum of Constant, Step, Ramp and Pulses, got Sine"):
        published_input(Sine(1 * mV / ms, 10 / (1000 * ms)), np.zeros(2))
