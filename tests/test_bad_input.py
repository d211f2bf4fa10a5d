"""Bad input is refused before anything is compiled, with the value and the remedy named."""

import numpy as np
import pytest
from brian2 import NeuronGroup, cm, mA, ms, msiemens, mV, nA, second, uA
from excitable.models import CONNOR_STEVENS, LIF, QIF, find_model
from excitable.protocols import (
    Constant,
    Step,
    WhiteNoise,
    conductance_sweep,
    fi_curve,
    response,
    rheobase,
    thresholds,
)

I = 2 * nA


@pytest.fixture(autouse=True)
def nothing_is_built(monkeypatch):
    """Fail a test in which a NeuronGroup comes to be."""

    def refuse(*args, **kwargs):
        pytest.fail("a NeuronGroup was built")

    monkeypatch.setattr(NeuronGroup, "__init__", refuse)


CASES = {
    "unknown model": (lambda: find_model("conor_stevens"), "did you mean 'connor_stevens'"),
    "unknown parameter": (lambda: LIF.with_(tua=10 * ms), "did you mean 'tau'"),
    "unknown varied parameter": (
        lambda: fi_curve(CONNOR_STEVENS, [1] * uA / cm**2, vary={"g_a": [1] * msiemens / cm**2}),
        "did you mean 'g_A'",
    ),
    "unknown swept parameter": (
        lambda: conductance_sweep(CONNOR_STEVENS, "gA", [1] * msiemens / cm**2),
        "did you mean 'g_A'",
    ),
    "unknown variable": (
        lambda: response(LIF, Constant(I), 10 * ms, record=("V",)),
        "unknown variable to record 'V'; did you mean 'v'",
    ),
    "unknown backend": (lambda: fi_curve(LIF, [1] * nA, backend="cyton"), "did you mean 'cython'"),
    "unknown method": (
        lambda: response(LIF, Constant(I), 10 * ms, method="rk5"),
        "unknown method 'rk5'",
    ),
    "current of wrong dimension": (lambda: fi_curve(LIF, [1] * mV), "expected nA"),
    "density for a current": (
        lambda: fi_curve(CONNOR_STEVENS, [1] * mA),
        r"expected uA/cm\*\*2",
    ),
    "current without unit": (lambda: fi_curve(LIF, [1, 2]), r"multiply by its unit.*\*nA"),
    "parameter of wrong dimension": (lambda: LIF.with_(tau=10 * mV), "tau: expected ms"),
    "parameter without unit": (lambda: LIF.with_(tau=10), "no unit; multiply by its unit"),
    "NaN current": (lambda: fi_curve(LIF, [1, np.nan] * nA), "1 of 2 values are NaN or infinite"),
    "infinite parameter": (lambda: LIF.with_(tau=np.inf * ms), "NaN or infinite"),
    "empty currents": (lambda: fi_curve(LIF, [] * nA), "is empty"),
    "empty varied values": (
        lambda: fi_curve(LIF, [1] * nA, vary={"tau": [] * ms}),
        "tau: is empty",
    ),
    "negative duration": (
        lambda: fi_curve(LIF, [1] * nA, duration=-1 * second, discard=0 * ms),
        "duration: must be above zero",
    ),
    "zero duration": (lambda: response(LIF, Constant(I), 0 * ms), "duration: must be above zero"),
    "duration without unit": (lambda: fi_curve(LIF, [1] * nA, duration=2), "duration: expected ms"),
    "negative dt": (
        lambda: response(LIF, Constant(I), 10 * ms, dt=-0.1 * ms),
        "dt: must be above zero",
    ),
    "zero n": (lambda: response(LIF, Constant(I), 10 * ms, n=0), "n: expected a whole number"),
    "fractional n": (lambda: LIF.group(2.5), "n: expected a whole number"),
    "discard not below duration": (
        lambda: fi_curve(LIF, [1] * nA, duration=500 * ms, discard=500 * ms),
        "discard: must not be negative and lie below",
    ),
    "negative discard": (lambda: fi_curve(LIF, [1] * nA, discard=-1 * ms), "discard"),
    "unequal arrays in vary": (
        lambda: LIF.group(3, Constant(I), vary={"tau": [1, 2] * ms}),
        "expected 3 values",
    ),
    "unequal arrays in a stimulus": (
        lambda: LIF.group(3, Constant([1, 2] * nA)),
        "expected one value or 3 values",
    ),
    "no stimulus": (lambda: response(LIF, 5, 10 * ms), "input|Stimulus|stimulus"),
    "stimulus of wrong dimension": (
        lambda: response(LIF, Step(3 * mV), 10 * ms),
        "Step amplitude for lif: expected nA",
    ),
    "noise with rk4": (
        lambda: response(LIF, WhiteNoise(I, 1 * nA * ms**0.5), 10 * ms, method="rk4"),
        "cannot integrate white noise",
    ),
    "unknown state to start from": (
        lambda: response(LIF, Constant(I), 10 * ms, start={"V": -65 * mV}),
        "did you mean 'v'",
    ),
    "starts of other cells": (
        lambda: response(LIF, Constant(I), 10 * ms, n=3, start={"v": [-65, -60] * mV}),
        "start v: expected one value or 3 values",
    ),
    "unknown start": (lambda: response(LIF, Constant(I), 10 * ms, start="resting"), "start"),
    "unknown spike timing": (
        lambda: fi_curve(LIF, [1] * nA, spikes="gird"),
        "did you mean 'grid'",
    ),
    "text of wrong dimension": (lambda: LIF.brian_kwargs(I="3*mV"), "expected A, got V"),
    "unknown name in text": (lambda: LIF.to_scipy(I="I_stim*2"), "I_stim"),
    "unknown input name": (lambda: LIF.brian_kwargs(J="1*nA"), "unknown input 'J'"),
    "unknown criterion": (lambda: thresholds(LIF, criterion="spikes"), "did you mean 'spike'"),
    "F-I curve without a threshold": (
        lambda: fi_curve(QIF.with_(threshold="", reset=""), [1] * nA),
        "has no threshold, so no spike of it is ever counted",
    ),
    "rheobase without a threshold": (
        lambda: rheobase(QIF.with_(threshold="", reset="")),
        r"give it one, e.g. threshold='v > ...'",
    ),
    "rheobase of many": (lambda: rheobase(LIF, vary={"tau": [1, 2] * ms}), "use thresholds"),
}


@pytest.mark.parametrize("case", CASES)
def test_refused(case):
    call, message = CASES[case]
    with pytest.raises(ValueError, match=message):
        call()
