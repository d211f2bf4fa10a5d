"""The models' equations against transcriptions from the papers in plain Python, in mV and ms.

Each transcription returns, for every variable, the terms of its right-hand side: their sum is
compared, to 12 digits of the largest term.
"""

from dataclasses import replace
from math import exp, expm1, fsum

import numpy as np
import pytest
from brian2 import Network, NeuronGroup, defaultclock, ms
from excitable.models import (
    CONNOR_STEVENS,
    CONNOR_STEVENS_1977,
    HODGKIN_HUXLEY,
    IZHIKEVICH,
    IZHIKEVICH_2007,
    LIF,
    PATTERNS,
    QIF,
    TRAUB_MILES,
)
from excitable.models.text.functions import NAMESPACE, exprel_slope, smooth_exprel
from excitable.models.text.symbolic import function
from excitable.protocols.stimuli import Constant
from excitable.simulation import simulate
from excitable.simulation.backends import Backend, has_compiler, preferences
from scipy.special import exprel, hyp1f1


def ratio(x):
    """x/(1 - exp(-x)), and its limit at 0."""
    return x / -expm1(-x) if x else 1.0


def gate(alpha, beta, x):
    return [alpha * (1 - x), -beta * x]


def relaxation(target, tau, x):
    return [target / tau, -x / tau]


def connor_stevens_dayan_abbott(s, I):
    """Dayan & Abbott 2001, equation 6.1 and the appendix of chapter 6."""
    V, m, h, n, a, b = (s[x] for x in "vmhnab")
    am, bm = 0.38 * 10 * ratio(0.1 * (V + 29.7)), 15.2 * exp(-0.0556 * (V + 54.7))
    ah, bh = 0.266 * exp(-0.05 * (V + 48)), 3.8 / (1 + exp(-0.1 * (V + 18)))
    an, bn = 0.02 * 10 * ratio(0.1 * (V + 45.7)), 0.25 * exp(-0.0125 * (V + 55.7))
    ainf = (0.0761 * exp(0.0314 * (V + 94.22)) / (1 + exp(0.0346 * (V + 1.17)))) ** (1 / 3)
    taua = 0.3632 + 1.158 / (1 + exp(0.0497 * (V + 55.96)))
    binf = (1 / (1 + exp(0.0688 * (V + 53.3)))) ** 4
    taub = 1.24 + 2.678 / (1 + exp(0.0624 * (V + 50)))
    return {
        "v": [I, *connor_stevens_currents(V, m, h, n, a, b)],
        "m": gate(am, bm, m),
        "h": gate(ah, bh, h),
        "n": gate(an, bn, n),
        "a": relaxation(ainf, taua, a),
        "b": relaxation(binf, taub, b),
    }


def connor_stevens_currents(V, m, h, n, a, b):
    return [
        -0.3 * (V + 17),
        -120 * m**3 * h * (V - 55),
        -20 * n**4 * (V + 72),
        -47.7 * a**3 * b * (V + 75),
    ]


def connor_stevens_1977(s, I):
    """Connor, Walter & McKown 1977: shifted squid rates, as Ermentrout's .ode file has them."""
    V, m, h, n, a, b = (s[x] for x in "vmhnab")
    ms, hs, ns = -5.3, -12, -4.3
    am, bm = ratio((V + 35 + ms) / 10), 4 * exp(-(V + 60 + ms) / 18)
    ah, bh = 0.07 * exp(-(V + 60 + hs) / 20), 1 / (1 + exp(-(V + 30 + hs) / 10))
    an, bn = 0.1 * ratio((V + 50 + ns) / 10), 0.125 * exp(-(V + 60 + ns) / 80)
    taum, tauh, taun = 1 / (3.8 * (am + bm)), 1 / (3.8 * (ah + bh)), 2 / (3.8 * (an + bn))
    ainf = (0.0761 * exp((V + 94.22) / 31.84) / (1 + exp((V + 1.17) / 28.93))) ** 0.3333
    taua = 0.3632 + 1.158 / (1 + exp((V + 55.96) / 20.12))
    binf = 1 / (1 + exp((V + 53.3) / 14.54)) ** 4
    taub = 1.24 + 2.678 / (1 + exp((V + 50) / 16.027))
    return {
        "v": [I, *connor_stevens_currents(V, m, h, n, a, b)],
        "m": relaxation(am / (am + bm), taum, m),
        "h": relaxation(ah / (ah + bh), tauh, h),
        "n": relaxation(an / (an + bn), taun, n),
        "a": relaxation(ainf, taua, a),
        "b": relaxation(binf, taub, b),
    }


def hodgkin_huxley(s, I):
    """Hodgkin & Huxley 1952 with the modern sign and rest at -65 mV."""
    V, m, h, n = (s[x] for x in "vmhn")
    am, bm = ratio((V + 40) / 10), 4 * exp(-(V + 65) / 18)
    ah, bh = 0.07 * exp(-(V + 65) / 20), 1 / (1 + exp(-(V + 35) / 10))
    an, bn = 0.1 * ratio((V + 55) / 10), 0.125 * exp(-(V + 65) / 80)
    return {
        "v": [I, -120 * m**3 * h * (V - 50), -36 * n**4 * (V + 77), -0.3 * (V + 54.387)],
        "m": gate(am, bm, m),
        "h": gate(ah, bh, h),
        "n": gate(an, bn, n),
    }


def traub_miles(s, I):
    """Brian2's example IF_curve_Hodgkin_Huxley; I in nA, 1 nA/20000 um2 = 5 uA/cm2."""
    V, m, h, n = (s[x] for x in "vmhn")
    u = V + 63
    am, bm = 0.32 * 4 * ratio((u - 13) / 4), 0.28 * 5 * ratio(-(u - 40) / 5)
    ah, bh = 0.128 * exp((17 - u) / 18), 4 / (1 + exp((40 - u) / 5))
    an, bn = 0.032 * 5 * ratio((u - 15) / 5), 0.5 * exp((10 - u) / 40)
    return {
        "v": [5 * I, -100 * m**3 * h * (V - 50), -30 * n**4 * (V + 90), -0.05 * (V + 65)],
        "m": gate(am, bm, m),
        "h": gate(ah, bh, h),
        "n": gate(an, bn, n),
    }


CONDUCTANCE = {
    "connor_stevens": (CONNOR_STEVENS, connor_stevens_dayan_abbott, (-29.7, -45.7)),
    "connor_stevens_1977": (CONNOR_STEVENS_1977, connor_stevens_1977, (-29.7, -45.7)),
    "hodgkin_huxley": (HODGKIN_HUXLEY, hodgkin_huxley, (-40, -55)),
    "traub_miles": (TRAUB_MILES, traub_miles, (-50, -23, -48)),
}


def izhikevich_2003(a, b, c, d):
    return lambda s, I: {
        "v": [0.04 * s["v"] ** 2, 5 * s["v"], 140, -s["u"], I],
        "u": [a * b * s["v"], -a * s["u"]],
    }


RS, IB, CH, LTS, FS, TC = IZHIKEVICH_2007.variants.values()


def izhikevich_2007(C, k, vr, vt, a, U):
    return lambda s, I: {
        "v": [k * (s["v"] - vr) * (s["v"] - vt) / C, -s["u"] / C, I / C],
        "u": [a * U(s["v"]), -a * s["u"]],
    }


# fmt: off
SIMPLE = {
    "lif": (LIF, lambda s, I: {"v": [(-65 - s["v"]) / 10, 10 * I / 10]}),
    "qif": (QIF, lambda s, I: {"v": [I / 10, s["v"] ** 2 / 10]}),
    "RS": (IZHIKEVICH.variants["RS"], izhikevich_2003(.02, .2, -65, 8)),
    "IB": (IZHIKEVICH.variants["IB"], izhikevich_2003(.02, .2, -55, 4)),
    "CH": (IZHIKEVICH.variants["CH"], izhikevich_2003(.02, .2, -50, 2)),
    "FS": (IZHIKEVICH.variants["FS"], izhikevich_2003(.1, .2, -65, 2)),
    "LTS": (IZHIKEVICH.variants["LTS"], izhikevich_2003(.02, .25, -65, 2)),
    "TC": (IZHIKEVICH.variants["TC"], izhikevich_2003(.02, .25, -65, .05)),
    "RZ": (IZHIKEVICH.variants["RZ"], izhikevich_2003(.1, .26, -65, 2)),
    "G": (PATTERNS["G"], lambda s, I: {
        "v": [.04 * s["v"] ** 2, 4.1 * s["v"], 108, -s["u"], I],
        "u": [.02 * -.1 * s["v"], -.02 * s["u"]]}),
    "R": (PATTERNS["R"], lambda s, I: {
        "v": [.04 * s["v"] ** 2, 5 * s["v"], 140, -s["u"], I],
        "u": [.02 * 1 * s["v"], .02 * 1 * 65]}),
    "RS 2007": (RS, izhikevich_2007(100, .7, -60, -40, .03, lambda v: -2 * (v + 60))),
    "IB 2007": (IB, izhikevich_2007(150, 1.2, -75, -45, .01, lambda v: 5 * (v + 75))),
    "CH 2007": (CH, izhikevich_2007(50, 1.5, -60, -40, .03, lambda v: 1 * (v + 60))),
    "LTS 2007": (LTS, izhikevich_2007(100, 1, -56, -42, .03, lambda v: 8 * (v + 56))),
    "FS 2007": (FS, izhikevich_2007(
        20, 1, -55, -40, .2, lambda v: .025 * (v + 55) ** 3 if v > -55 else 0)),
    "TC 2007": (TC, izhikevich_2007(
        200, 1.6, -60, -50, .01, lambda v: 15 * (v + 60) if v <= -65 else 0)),
}
# (C, k, ..) do not hold what a spike does: threshold, and the state after a spike at u = 100.
SPIKES = {
    "RS": (35, -50, 200), "IB": (50, -56, 230), "CH": (25, -40, 250),
    "LTS": (40 - .1 * 100, -53 + .04 * 100, 120), "FS": (25, -45, 100),
    "TC": (35 + .1 * 100, -60 - .1 * 100, 110),
}
# fmt: on


def right_hand_sides(model):
    """Return a function of a state, in the units of tables, to the right-hand sides per ms."""
    units = {name: float(model.unit_of(name)) for name in [*model.symbolic.rhs, model.input]}
    names = [*model.values, *units]
    compiled = function(names, list(model.symbolic.rhs.values()))

    def evaluate(state, I):
        given = {**state, model.input: I}
        found = compiled(*model.values.values(), *(given[x] * units[x] for x in units))
        return {
            name: float(x) / units[name] * 1e-3
            for name, x in zip(model.symbolic.rhs, found, strict=True)
        }

    return evaluate


def assert_same(evaluate, transcription, state, I, rel=1e-12):
    found = evaluate(state, I)
    expected = transcription(state, I)
    assert set(found) == set(expected)
    for name, terms in expected.items():
        largest = max(map(abs, terms))
        assert found[name] == pytest.approx(fsum(terms), abs=rel * largest, rel=rel), (name, state)


def states(model, count=50):
    """Random states: potentials of -100 to 60 mV, gates in 0 to 1."""
    rng = np.random.default_rng(1)
    for _ in range(count):
        state = {name: rng.uniform(0, 1) for name in model.symbolic.rhs}
        state["v"] = rng.uniform(-100, 60)
        if "u" in state:
            state["u"] = rng.uniform(-50, 300)
        yield state, rng.uniform(*model.input_range)


@pytest.mark.parametrize("name", CONDUCTANCE)
def test_conductance_models_match_the_papers(name):
    model, transcription, _ = CONDUCTANCE[name]
    evaluate = right_hand_sides(model)
    for state, I in states(model):
        assert_same(evaluate, transcription, state, I)


@pytest.mark.parametrize("name", CONDUCTANCE)
@pytest.mark.parametrize("distance", [0, 1e-9, -1e-9, 1e-4, -1e-4, 0.09, -0.09, 0.2])
def test_conductance_models_match_the_papers_at_singular_voltages(name, distance):
    model, transcription, singular = CONDUCTANCE[name]
    evaluate = right_hand_sides(model)
    for v in singular:
        for state, I in states(model, 3):
            assert_same(evaluate, transcription, {**state, "v": v + distance}, I)


@pytest.mark.parametrize("name", SIMPLE)
def test_simple_models_match_the_papers(name):
    model, transcription = SIMPLE[name]
    evaluate = right_hand_sides(model)
    for state, I in states(model):
        assert_same(evaluate, transcription, state, I)


@pytest.mark.parametrize("key", SPIKES)
def test_peaks_and_resets_of_izhikevich_2007(key):
    model = IZHIKEVICH_2007.variants[key]
    peak, v_after, u_after = SPIKES[key]
    values = {**model.values, "v": 0.0, "u": 100e-12, "int": int}
    sides = model.threshold.split(">")
    assert eval(sides[0], values) == 0
    assert eval(sides[1], values) == pytest.approx(peak * 1e-3)
    exec(model.reset, values)
    assert values["v"] == pytest.approx(v_after * 1e-3)
    assert values["u"] == pytest.approx(u_after * 1e-12)


def test_lts_bounds_its_recovery_variable():
    model = IZHIKEVICH_2007.variants["LTS"]
    values = {**model.values, "v": 0.0, "u": 660e-12, "int": int}
    exec(model.reset, values)
    assert values["u"] == pytest.approx(670e-12)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("0.266*exp(-0.05*", "0.26*exp(-0.04*"),
        ("(b_inf - b)/tau_b", "(b_inf - b)/(4*tau_b)"),
        ("(v + 94.22*mV)", "v"),
        ("0.0556", "0.056"),
    ],
)
def test_faults_of_public_codes_would_be_caught(right, wrong):
    assert right in CONNOR_STEVENS.equations
    faulty = replace(CONNOR_STEVENS, equations=CONNOR_STEVENS.equations.replace(right, wrong))
    state, I = next(states(faulty))
    with pytest.raises(AssertionError):
        assert_same(right_hand_sides(faulty), connor_stevens_dayan_abbott, state, I, rel=1e-4)


def test_the_slope_of_exprel():
    # d/dx (exp(x) - 1)/x is Kummer's function M(2, 3, x)/2.
    x = np.array([-30.0, -2.0, -0.51, -0.49, -1e-3, 0.0, 1e-9, 0.2, 0.49, 0.51, 3.0, 40.0])
    np.testing.assert_allclose(exprel_slope(x), hyp1f1(2, 3, x) / 2, rtol=3e-15)


def test_smooth_exprel_is_exprel():
    x = np.concatenate([np.linspace(-30, 30, 2001), np.geomspace(1e-18, 1, 500), [0.01, -0.01]])
    x = np.concatenate([x, -x])
    np.testing.assert_allclose(smooth_exprel(x), exprel(x), rtol=1e-15)
    for name in ("numpy", "cython") if has_compiler() else ("numpy",):
        cells = NeuronGroup(len(x), "x : 1 (constant)\ny : 1", namespace=NAMESPACE)
        cells.x = x
        cells.run_regularly("y = smooth_exprel(x)")
        with preferences(Backend(name)):
            Network(cells).run(defaultclock.dt, namespace={})
        # exp(x) - 1 loses two of sixteen digits where |x| is just above 0.01.
        np.testing.assert_allclose(cells.y[:], exprel(x), rtol=5e-14, err_msg=name)


@pytest.mark.parametrize("name", CONDUCTANCE)
@pytest.mark.parametrize(
    ("backend", "method"),
    [
        pytest.param(b, m, marks=[pytest.mark.slow] if b == "cython" else [])  # they compile long
        for b in ("numpy", "cython")
        for m in ("euler", "rk2", "rk4", "exponential_euler")
    ],
)
def test_no_step_from_a_singular_voltage_is_zero_by_zero(name, backend, method):
    model, transcription, singular = CONDUCTANCE[name]
    first = {x: 0.3 for x in model.symbolic.rhs if x != "v"}
    voltages = np.array(singular) * model.unit_of("v")
    start = {"v": voltages} | {x: np.full(len(singular), y) for x, y in first.items()}
    run = simulate(
        model,
        Constant(0 * model.input_unit),
        len(singular),
        2 * model.dt,
        start=start,
        method=method,
        backend=backend,
        record=tuple(start),
        spikes="grid",
    )
    for x, trace in run.traces.items():
        assert np.isfinite(trace).all(), x
        if method == "euler":  # the first step follows the limits of the rates
            step = np.diff(trace, axis=1)[:, 0] / float(model.unit_of(x)) / float(model.dt / ms)
            slopes = [fsum(transcription({"v": v, **first}, 0)[x]) for v in singular]
            assert step == pytest.approx(slopes, rel=1e-9), x
