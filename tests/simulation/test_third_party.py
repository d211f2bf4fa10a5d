"""Spike times that other programs publish in their test suites, with the tolerances given there.

The programs report the sample at which a trace is first above a level, so the same is read off
the traces here: integrators, steps and order of updates are the source's where that matters.
"""

from dataclasses import replace

import numpy as np
import pytest
from brian2 import cm, ms, mV, nA, pA, uA
from excitable.models import HODGKIN_HUXLEY, IZHIKEVICH, IZHIKEVICH_2007, LIF
from excitable.protocols.stimuli import Constant, Step
from excitable.simulation import simulate


def crossings(t, v, level):
    """Return the time of every first sample above `level`."""
    above = v > level
    return t[1:][above[1:] & ~above[:-1]]


def test_squid_axon_of_neuroml():
    """NeuroML2 LEMSexamples/test/.test.ex5.mep: E_L = -54.3 mV, 0-mV crossings, within 0.2 %."""
    found = simulate(
        HODGKIN_HUXLEY.with_(E_L=-54.3 * mV, V_spike=0 * mV),
        Step(8 * uA / cm**2, onset=100 * ms, offset=200 * ms),
        1,
        220 * ms,
    )
    expected = [102.22, 118.46, 134.50, 150.52, 166.55, 182.58, 198.60]
    assert found.spike_ms == pytest.approx(expected, rel=2e-3)


def test_integrate_and_fire_of_neuroml():
    """NeuroML2 .test.ex0.mep: Euler with 0.005 ms, times at which v passes -55.1 mV, within 0.01 %.

    The first passage is at 30 ln(20/5.1) = 40.9946 ms; the file has 41.0: its samples carry the
    time of the next step, which is added here.
    """
    cell = LIF.with_(tau=30 * ms, E_L=-50 * mV, V_th=-55 * mV, V_reset=-70 * mV)
    found = simulate(
        cell, Constant(0 * nA), 1, 250 * ms, start={"v": -70 * mV}, record=("v",),
        method="euler", dt=0.005 * ms, spikes="grid",
    )  # fmt: skip
    passed = crossings(found.t_ms, found.traces["v"][0] * 1e3, -55.1) + 0.005
    expected = [41.0, 82.595, 124.19, 165.785, 207.38, 248.975]
    assert passed == pytest.approx(expected, rel=1.03245345356e-4)


def test_izhikevich_2003_of_the_published_script():
    """OpenSourceBrain/IzhikevichModel MATLAB/results/.test.2003.mep, tolerance 0: exact.

    The script takes Euler steps of 0.25 ms, of v first and of u with the new v; here u is given
    the text of the new v. A sample of the script is the end of a step, with the peak in it, where
    Brian2 records its beginning, after the reset: a step that spikes counts as above 0 mV.
    """
    model = IZHIKEVICH.variants["RS"]
    scheme = replace(
        model,
        equations="""
            dv/dt = slope : volt
            du/dt = a*(b*(v + dt*slope - v_u) - k_u*u) : volt/second
            slope = k_2*v**2 + k_1*v + k_0 - u + I : volt/second
        """,
    )
    # The script's input is on for t > 15 ms, hence from the step that begins at 15.25 ms.
    found = simulate(
        scheme, Step(14 * mV / ms, onset=15.25 * ms), 1, 150 * ms,
        start={"v": -63 * mV, "u": -0.2 * 63 * mV / ms}, record=("v",),
        method="euler", dt=0.25 * ms, spikes="grid",
    )  # fmt: skip
    after = found.traces["v"][0, 1:] * 1e3
    after[np.rint(found.spike_ms[found.spike_ms < 149] / 0.25).astype(int)] = 30
    t = found.t_ms[:-1]
    assert crossings(t, after, 0) == pytest.approx([18.25, 24, 54.25, 87.5, 120.75], abs=1e-9)


def test_izhikevich_2007_of_the_published_script():
    """The same repository's .test.2007.mep: Euler with 0.0025 ms, first samples above 0 mV."""
    found = simulate(
        IZHIKEVICH_2007.variants["RS"], Constant(100 * pA), 1, 300 * ms,
        start={"v": -60 * mV, "u": 0 * pA}, record=("v",),
        method="euler", dt=0.0025 * ms, spikes="grid",
    )  # fmt: skip
    passed = crossings(found.t_ms, found.traces["v"][0] * 1e3, 0)
    assert passed == pytest.approx([47.0325, 120.4975, 196.6175, 272.6525], abs=1e-6)
