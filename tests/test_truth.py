"""A table of truth: cells written in many ways, each measured in every way.

What is right comes from closed forms, or from scipy's solution of slopes written here by hand.
"""

import shutil
import subprocess
from dataclasses import dataclass, replace

import numpy as np
import pytest
from brian2 import Mohm, TimedArray, Unit, mmolar, ms, mV, nA, nS, pA, pF, uS
from excitable.dynamics import equilibria
from excitable.models import NeuronModel
from excitable.protocols import (
    Constant,
    Network,
    Population,
    Step,
    certify,
    fi_curve,
    response,
    rheobase,
)
from excitable.simulation import build, export, has_compiler, open_program, reference, simulate
from excitable.simulation.start import RestWarning
from scipy.integrate import quad, solve_ivp

from tests.user_models import leaky_cell

LENGTH, DISCARD = 100, 20  # ms
LEAKY = {"E": -65 * mV, "tau": 10 * ms, "R": 10 * Mohm, "V_t": -50 * mV, "V_r": -62 * mV}
HELD = "dv/dt = (E - v + R*I)/tau : volt (unless refractory)"
FREE = "dv/dt = (E - v + R*I)/tau : volt"
# At 2 nA the cell goes from -65 to -45 mV.
FIRST = 10 * np.log((-45 + 65) / (-45 + 50))
PERIOD = 10 * np.log((-45 + 62) / (-45 + 50))


@dataclass(frozen=True)
class Kind:
    """A model, its input, and what is true of it: spikes in ms, and the threshold current."""

    model: NeuronModel
    spikes: np.ndarray
    drive: float = 2.0  # in the unit of the input
    onset: float | None = None
    start: str = "rest"
    rtol: float = 1e-6
    atol: float = 1e-6  # ms
    step: float = 0.1  # ms, of rates


def regular(first=FIRST, period=PERIOD):
    """Return spike times in ms from the first on."""
    return np.arange(first, LENGTH, period)


def solved(slopes, state, gap, jump=None):
    """Return spike times of hand-written slopes, from event to event; one run where none jumps."""

    def crossing(t, y):
        return gap(t, y)

    crossing.terminal, crossing.direction = jump is not None, 1
    options = {"method": "DOP853", "rtol": 1e-11, "atol": 1e-12, "max_step": 1}
    t, y, found = 0.0, np.array(state, dtype=float), []
    while t < LENGTH:
        run = solve_ivp(slopes, (t, LENGTH), y, events=crossing, **options)
        found.extend(run.t_events[0])
        t = run.t[-1]
        if run.status == 1:
            y = np.array(jump(run.y[:, -1]), dtype=float)
    return np.array(found)


def cell(equations=FREE, parameters=None, unused=(), **changes):
    """Return the leaky cell with changes, as a user would write it."""
    used = {k: v for k, v in {**LEAKY, **(parameters or {})}.items() if k not in unused}
    return leaky_cell(equations=equations, parameters=used, **changes)


def leaky(
    spikes=None, onset=1.5, start="rest", drive=2.0, rtol=1e-6, atol=1e-6, step=0.1, **changes
):
    """Return the kind of the leaky cell with changes."""
    spikes = regular() if spikes is None else spikes
    return Kind(cell(**changes), spikes, drive, onset, start, rtol, atol, step)


KINDS = {}

# --- how a threshold is written ------------------------------------------------------------------

ARMING = {
    "equations": FREE + "\nda/dt = (1 - a)/tau_a : 1",
    "parameters": {"tau_a": 30 * ms},
    "initial": {"v": "E", "a": 0},
    "start": "initial",
    "spikes": regular(30 * np.log(2)),
}
KINDS |= {
    "plain": leaky(),
    "turned round": leaky(threshold="V_t < v"),
    "at least": leaky(threshold="v >= V_t"),
    "difference": leaky(threshold="v - V_t > 0*mV"),
    "armed, named": leaky(
        **{**ARMING, "equations": ARMING["equations"] + "\narmed = a > 0.5 : boolean"},
        threshold="v > V_t and armed",
    ),
    "armed, written out": leaky(**ARMING, threshold="a > 0.5 and v > V_t"),
    "armed, not": leaky(**ARMING, threshold="v > V_t and not a <= 0.5"),
    "armed, product": leaky(**ARMING, threshold="int(v > V_t)*int(a > 0.5) > 0"),
    "armed, product turned round": leaky(**ARMING, threshold="0 < int(a > 0.5)*int(v > V_t)"),
    "at least so many": leaky(
        threshold="int(v > V_t) + int(v > 0*mV) >= least", parameters={"least": 1}
    ),
    "named excess": leaky(equations=FREE + "\nexcess = v - V_t : volt", threshold="excess > 0*mV"),
    "named condition": leaky(equations=FREE + "\nfires = v > V_t : boolean", threshold="fires"),
    "either": leaky(threshold="v > V_t or v > V_t + 5*mV"),
    "either, added": leaky(threshold="int(v < V_t) + int(v < V_t + 5*mV) < 2"),
    "condition with t": leaky(threshold="v > V_t and t > 30.013*ms", spikes=regular(30.013)),
    "moving": leaky(
        equations=FREE + "\ndtheta/dt = (V_t - theta)/tau_th : volt",
        parameters={"tau_th": 5 * ms},
        initial={"v": "E", "theta": "V_t"},
        threshold="v > theta",
        reset="v = V_r; theta += 5*mV",
        spikes=solved(
            lambda t, y: [(-45 - y[0]) / 10, (-50 - y[1]) / 5],
            [-65, -50],
            lambda t, y: y[0] - y[1],
            lambda y: [-62, y[1] + 5],
        ),
    ),
    "gate": leaky(
        equations=FREE + "\ndm/dt = ((v - E)/(20*mV) - m)/tau_m : 1",
        parameters={"tau_m": 4 * ms},
        unused=("V_t", "V_r"),
        initial={"v": "E", "m": 0},
        threshold="m > 0.5",
        reset="m = 0.1",
        onset=1.0,
        spikes=solved(
            lambda t, y: [(-45 - y[0]) / 10, ((y[0] + 65) / 20 - y[1]) / 4],
            [-65, 0],
            lambda t, y: y[1] - 0.5,
            lambda y: [y[0], 0.1],
        ),
    ),
}

# --- how a refractory period is written ----------------------------------------------------------

STOPPED = "dv/dt = (E - v + R*I)/tau*int(not_refractory) : volt"
WITHIN = "dv/dt = (E - v + int(not_refractory)*R*I)/tau : volt"
RIPPLE = "dv/dt = (E - v + R*I*(1 + sin(w0*t) + sin(3*w0*t)))/tau : volt"


def ripple_factor(t):
    x = 2 * np.pi * t / 30
    return 1 + np.sin(x) + np.sin(3 * x)


def ripple(t, y):
    return [(-65 - y[0] + 20 * ripple_factor(t)) / 10]


def with_hysteresis(upper, lower):
    """Return upward crossings of `upper`, once between two falls below `lower`."""
    up = solved(ripple, [-65], lambda t, y: y[0] - upper)
    down = solved(ripple, [-65], lambda t, y: lower - y[0])
    kept = []
    for t in up:
        if not kept or np.any((down > kept[-1]) & (down < t)):
            kept.append(t)
    return np.array(kept)


# What a spike adds bends the way on from the crossing, which is left a hair above it.
ADAPTING_RIPPLE = solved(
    lambda t, y: [(-65 - y[0] + (20 - 10 * y[1]) * ripple_factor(t)) / 10, -y[1] / 20],
    [-65, 0],
    lambda t, y: y[0] + 50,
    lambda y: [y[0] + 1e-10, y[1] + 0.4],
)

RIPPLING = {
    "equations": RIPPLE,
    "parameters": {"w0": 2 * np.pi / (30 * ms)},
    "unused": ("V_r",),
    "reset": "",
    "onset": None,
}
KINDS |= {
    "held, quantity": leaky(
        equations=HELD, refractory=2.03 * ms, spikes=regular(period=PERIOD + 2.03)
    ),
    "held, text": leaky(equations=HELD, refractory="5*ms", spikes=regular(period=PERIOD + 5)),
    "held, parameter": leaky(
        equations=HELD, refractory="t_ref", parameters={"t_ref": 3 * ms},
        spikes=regular(period=PERIOD + 3),
    ),
    "held, expression": leaky(
        equations=HELD, refractory="0.2*tau + 1*ms", spikes=regular(period=PERIOD + 3)
    ),
    "held, in the text": leaky(
        equations=STOPPED, refractory=2 * ms, spikes=regular(period=PERIOD + 2)
    ),
    "input held, in the text": leaky(
        equations=WITHIN, refractory=2 * ms,
        spikes=regular(period=2 + 10 * np.log((20 - 3 * np.exp(-0.2)) / 5)),
    ),
    "free, shorter than the interval": leaky(refractory=5 * ms),
    "free, longer than the interval": leaky(refractory=20.013 * ms, spikes=regular(period=20.013)),
    "no reset, refractory": leaky(
        unused=("V_r",), reset="", refractory=7.03 * ms, spikes=regular(period=7.03)
    ),
    "no reset, no refractory": leaky(
        **RIPPLING, spikes=solved(ripple, [-65], lambda t, y: y[0] + 50)
    ),
    "hysteresis": leaky(
        **{**RIPPLING, "parameters": {**RIPPLING["parameters"], "V_h": -51 * mV}},
        refractory="v > V_h", spikes=with_hysteresis(-50, -51),
    ),
    "condition is the threshold": leaky(
        **RIPPLING, refractory="v > V_t", spikes=with_hysteresis(-50, -50)
    ),
    "condition is false at the threshold": leaky(
        **RIPPLING, refractory="v > V_t + 4*mV", spikes=with_hysteresis(-50, -50)
    ),
    "condition ends above the threshold": leaky(
        **{**RIPPLING, "equations": RIPPLE + "\nda/dt = (v - V_t)/mV/tau : 1"},
        initial={"v": "E", "a": 0}, refractory="v > V_t - 1*mV and a < 0", start="initial",
        spikes=with_hysteresis(-50, -50),
    ),
    "reset without a way down": leaky(
        **{**RIPPLING, "equations": RIPPLE.replace("*I*(1", "*(I - w)*(1")
           + "\ndw/dt = -w/tau_w : amp", "reset": "w += 0.4*nA",
           "parameters": {**RIPPLING["parameters"], "tau_w": 20 * ms}},
        initial={"v": "E", "w": 0 * nA}, spikes=ADAPTING_RIPPLE,
    ),
    "reset without a way down, hysteresis": leaky(
        **{**RIPPLING, "equations": RIPPLE + "\ndw/dt = -w/tau_w : amp", "reset": "w += 0.4*nA",
           "parameters": {**RIPPLING["parameters"], "tau_w": 20 * ms, "V_h": -51 * mV}},
        initial={"v": "E", "w": 0 * nA}, refractory="v > V_h", spikes=with_hysteresis(-50, -51),
    ),
}  # fmt: skip

# --- where the input goes ------------------------------------------------------------------------

FILTERED = solved(
    lambda t, y: [(-65 - y[0] + 10 * y[1]) / 10, (2 - y[1]) / 5],
    [-65, 0],
    lambda t, y: y[0] + 50,
    lambda y: [-62, y[1]],
)
KINDS |= {
    "named current": leaky(
        equations="dv/dt = (E - v + R*I_all)/tau : volt\nI_all = I + I_0 : amp",
        parameters={"I_0": 0.5 * nA}, onset=1.0, initial={"v": "E + R*I_0"},
        spikes=regular(10 * np.log(20 / 10), 10 * np.log(22 / 10)),
    ),
    "named current chain": leaky(
        equations="dv/dt = total/C : volt\ntotal = leak + I : amp\nleak = (E - v)/R : amp",
        parameters={"C": 1000 * pF}, unused=("tau",),
    ),
    "input of another name": leaky(equations=FREE.replace("*I", "*I_app"), input="I_app"),
    "filtered input": leaky(
        equations="dv/dt = (E - v + R*J)/tau : volt\ndJ/dt = (I - J)/tau_s : amp",
        parameters={"tau_s": 5 * ms}, initial={"v": "E", "J": 0 * nA}, spikes=FILTERED,
    ),
    "second compartment": leaky(
        equations="dv/dt = (E - v + R*g*(vd - v))/tau : volt\n"
        "dvd/dt = (E - vd + R*g*(v - vd) + R*I)/tau : volt",
        parameters={"g": 0.1 * uS}, initial={"v": "E", "vd": "E"}, membrane="v",
        onset=4.5, drive=6.0,
        spikes=solved(
            lambda t, y: [(-65 - y[0] + y[1] - y[0]) / 10, (-65 - y[1] + y[0] - y[1] + 60) / 10],
            [-65, -65], lambda t, y: y[0] + 50, lambda y: [-62, y[1]],
        ),
    ),
}  # fmt: skip

# --- where a cell rests --------------------------------------------------------------------------


def coupled(t, y):
    return [(-65 - y[0] + 10 * (3.5 - y[1])) / 10, (0.05 * (y[0] + 65) - y[1]) / 40]


KINDS |= {
    # At rest w = a*u and u = R*(I_b - w), so u = R*I_b/(1 + R*a) = 10/3 mV.
    "coupled rest, variable w": leaky(
        equations="dv/dt = (E - v + R*(I + I_b - w))/tau : volt\n"
        "dw/dt = (a*(v - E) - w)/tau_w : amp",
        parameters={"I_b": 0.5 * nA, "a": 0.05 * uS, "tau_w": 40 * ms},
        initial={"v": "E", "w": 0 * nA}, drive=3.0, onset=None,
        reset="v = V_r; w += 0.2*nA",
        spikes=solved(coupled, [-65 + 10 / 3, 0.5 / 3], lambda t, y: y[0] + 50,
                      lambda y: [-62, y[1] + 0.2]),
    ),
    "active without input": leaky(
        parameters={"E": -45 * mV}, initial={"v": "V_r"}, drive=0.0, onset=None,
        spikes=regular(PERIOD),
    ),
    "pure numbers": Kind(
        NeuronModel(
            name="numbers", equations="dx/dt = (I - x)/tau : 1", parameters={"tau": 10 * ms},
            input_unit=Unit(1), initial={"x": 0}, threshold="x > 1", reset="x = 0", dt=0.05 * ms,
        ),
        regular(10 * np.log(2), 10 * np.log(2)), 2.0, 1.0,
    ),
}  # fmt: skip

# --- rates that are 0/0, upstrokes that explode --------------------------------------------------

SINGULAR = quad(lambda u: 10 * (1 if u == 0 else np.expm1(u / 20) / (u / 20)) / (20 - u), 0, 15,
                epsabs=1e-12)[0]  # fmt: skip


def exponential(t, y):
    return [(10 * (-65 - y[0]) + 20 * np.exp(min((y[0] + 50) / 2, 80)) + 400) / 200]


def quadratic(reset, peak, current):
    """Return the time in ms that ``dv/dt = (v**2 + I)/(10*ms)`` takes."""
    s = np.sqrt(current)
    return 10 / s * (np.arctan(peak / s) - np.arctan(reset / s))


QUADRATIC = {
    "parameters": {"tau": 10 * ms, "top": 1e4}, "input_unit": Unit(1), "threshold": "v > top",
    "reset": "v = -10", "dt": 0.05 * ms,
}  # fmt: skip
KINDS |= {
    "whole numbers": leaky(
        equations="dv/dt = (E - v + R*I*2**-1*(2/3)*3)/tau*(100000*100000*10**-10) : volt",
        threshold="v > V_t*100*10**-2", reset="v = V_r*int(v > E)**-1",
    ),
    "0/0 at rest and reset": leaky(
        equations="dv/dt = (E - v + R*I)/tau*y/(exp(y) - 1) : volt\ny = (v - E)/(20*mV) : 1",
        parameters={"V_r": -65 * mV}, spikes=regular(SINGULAR, SINGULAR),
    ),
    "exponential": Kind(
        NeuronModel(
            name="eif",
            equations="dv/dt = (g*(E - v) + g*D*exp((v - V_T)/D) + I)/C : volt",
            parameters={"C": 200 * pF, "g": 10 * nS, "E": -65 * mV, "D": 2 * mV, "V_T": -50 * mV,
                        "V_r": -62 * mV},
            input_unit=pA, initial={"v": "E"}, threshold="v > 0*mV", reset="v = V_r",
            dt=0.05 * ms,
        ),
        solved(exponential, [-65], lambda t, y: y[0], lambda y: [-62]),
        400.0,
        None, "initial", 1e-4, 2e-3,
    ),
    "quadratic": Kind(
        NeuronModel(
            name="qif", equations="dv/dt = (v**2 + I)/tau : 1", initial={"v": 0}, **QUADRATIC
        ),
        regular(quadratic(0, 1e4, 4), quadratic(-10, 1e4, 4)), 4.0, None, "initial", 2e-5, 2e-3,
        0.05,
    ),
}  # fmt: skip

# --- what equations may name ---------------------------------------------------------------------

WAVE = TimedArray([1.0, 3.0] * 10 * nA, dt=5 * ms)


OFF_GRID = solved(
    lambda t, y: [(-65 - y[0] + 5 + 10 * (1 + 2 * (int(t / 5.013) % 2))) / 10],
    [-65],
    lambda t, y: y[0] + 50,
    lambda y: [-62],
)


def waving(t, y):
    return [(-65 - y[0] + 20 * (1 + 0.3 * np.sin(2 * np.pi * t / 7)) + 10) / 10]


KINDS |= {
    "t in the text": leaky(
        equations="dv/dt = (E - v + R*(I*(1 + 0.3*sin(2*pi*t/(7*ms))) + 1*nA))/tau : volt",
        onset=None, start="initial",
        spikes=solved(waving, [-65], lambda t, y: y[0] + 50, lambda y: [-62]), atol=1e-5,
    ),
    "parameter declared": leaky(equations=FREE + "\ntau : second (constant)"),
    "names of letters": leaky(
        equations="dv/dt = (E - v + S*I)/beta : volt", threshold="v > Q", reset="v = O",
        parameters={"S": 10 * Mohm, "beta": 10 * ms, "Q": -50 * mV, "O": -62 * mV},
        unused=("tau", "R", "V_t", "V_r"),
    ),
    "names of sympy": leaky(
        equations="dv/dt = (E - v + gamma*I)/zeta : volt", threshold="v > N0",
        parameters={"gamma": 10 * Mohm, "zeta": 10 * ms, "N0": -50 * mV},
        unused=("tau", "R", "V_t"),
    ),
    "membrane vm": leaky(
        equations="dvm/dt = (E - vm + R*I)/tau : volt", initial={"vm": "E"}, threshold="vm > V_t",
        reset="vm = V_r",
    ),
    "membrane V": leaky(
        equations="dV/dt = (E - V + R*I)/tau : volt", initial={"V": "E"}, threshold="V > V_t",
        reset="V = V_r",
    ),
    "calcium": leaky(
        equations="dv/dt = (E - v + R*(I - k*Ca))/tau : volt\ndCa/dt = -Ca/tau_Ca : mmolar",
        parameters={"k": 2 * nA / mmolar, "tau_Ca": 30 * ms},
        initial={"v": "E", "Ca": 0 * mmolar}, reset="v = V_r; Ca += 0.1*mmolar",
        spikes=solved(lambda t, y: [(-45 - y[0] - 20 * y[1]) / 10, -y[1] / 30], [-65, 0],
                      lambda t, y: y[0] + 50, lambda y: [-62, y[1] + 0.1]),
    ),
    "a part of the condition that stands still": leaky(
        threshold="v > V_t and armed > 0.5", parameters={"armed": 1.0}
    ),
    "timed array": leaky(
        equations="dv/dt = (E - v + R*(I + wave(t)))/tau : volt", functions={"wave": WAVE},
        onset=None, start="initial", drive=0.5,
        spikes=solved(lambda t, y: [(-65 - y[0] + 5 + 10 * (1 + 2 * (int(t / 5 + 1e-9) % 2))) / 10],
                      [-65], lambda t, y: y[0] + 50, lambda y: [-62]),
    ),
    "timed array off the grid": leaky(
        equations="dv/dt = (E - v + R*I_all)/tau : volt\nI_all = I + wave(t) : amp",
        functions={"wave": TimedArray([1.0, 3.0] * 10 * nA, dt=5.013 * ms)},
        onset=None, start="initial", drive=0.5, spikes=OFF_GRID, atol=2e-4, rtol=1e-4,
        step=0.05,
    ),
}  # fmt: skip

# --- the uses ------------------------------------------------------------------------------------

MEASURED = {"duration": LENGTH * ms, "discard": DISCARD * ms}


def table(names):
    """Return the kinds as parameters of a test."""
    return pytest.mark.parametrize("name", list(names))


FIRING = [name for name, kind in KINDS.items() if np.sum(kind.spikes > DISCARD) > 2]
BY_ITSELF = pytest.mark.filterwarnings("ignore::excitable.simulation.start.RestWarning")
needs_compiler = pytest.mark.skipif(not has_compiler(), reason="no C++ compiler")


def current(kind):
    return kind.drive * kind.model.input_unit


def rate_of(kind):
    """Return the true rate in Hz, from the intervals after the discarded beginning."""
    kept = kind.spikes[kind.spikes >= DISCARD]
    return 1e3 * (len(kept) - 1) / (kept[-1] - kept[0])


def check_spikes(kind, found):
    assert len(found) == len(kind.spikes)
    np.testing.assert_allclose(found, kind.spikes, rtol=0, atol=kind.atol)


@BY_ITSELF
@table(KINDS)
def test_response(name):
    kind = KINDS[name]
    out = response(
        kind.model, Constant(current(kind)), LENGTH * ms, start=kind.start, backend="numpy"
    )
    check_spikes(kind, out.spikes["t_ms"])


@BY_ITSELF
@table(KINDS)
def test_reference(name):
    kind = KINDS[name]
    found = reference(kind.model, Constant(current(kind)), LENGTH * ms, start=kind.start)
    assert len(found.spike_ms) == len(kind.spikes)
    np.testing.assert_allclose(found.spike_ms, kind.spikes, rtol=0, atol=1e-6)


def test_reference_of_a_grazing_crossing():
    """v passes the threshold at 18.283 ms and would fall below it again some 0.3 ms later."""
    model = cell("dv/dt = (E - v + R*(I*(1 + sin(2*pi*t/(7*ms))) + 1*nA))/tau : volt")

    def slopes(t, y):
        return [(-65 - y[0] + 20 * (1 + np.sin(2 * np.pi * t / 7)) + 10) / 10]

    true = solved(slopes, [-65], lambda t, y: y[0] + 50, lambda y: [-62])
    found = reference(model, Constant(2 * nA), LENGTH * ms, start="initial")
    np.testing.assert_allclose(found.spike_ms, true, rtol=0, atol=1e-6)


@BY_ITSELF
@table(FIRING)
def test_fi_curve_and_certificate(name):
    kind = KINDS[name]
    found = fi_curve(
        kind.model, [kind.drive] * kind.model.input_unit, start=kind.start,
        dt=kind.step * ms, **MEASURED,
    )  # fmt: skip
    assert found["rate_Hz"][0] == pytest.approx(rate_of(kind), rel=kind.rtol)
    certificate = certify(found, model=kind.model)
    assert certificate.converged
    true = certificate.rows["reference_Hz"].to_numpy()
    np.testing.assert_allclose(true, rate_of(kind), rtol=1e-7)


@BY_ITSELF
@table([name for name, kind in KINDS.items() if kind.onset is not None])
def test_rheobase(name):
    kind = KINDS[name]
    found = rheobase(
        kind.model, start=kind.start, duration=250 * ms, tolerance=1e-2, dt=0.25 * ms,
    )  # fmt: skip
    assert float(found / kind.model.input_unit) == pytest.approx(kind.onset, rel=1.2e-2)


@BY_ITSELF
@table(KINDS)
def test_network(name):
    """On the grid, as a network is: crossing and refractory period are off by a step each."""
    kind = KINDS[name]
    cells = Population("cells", kind.model, 1, drive=Constant(current(kind)), start=kind.start)
    found = Network([cells]).run(LENGTH * ms, seed=1, backend="numpy").spikes["t_ms"].to_numpy()
    both = min(len(found), len(kind.spikes))
    assert abs(len(found) - len(kind.spikes)) <= 1
    steps = 1 + np.arange(both)
    assert np.all(np.abs(found[:both] - kind.spikes[:both]) <= 0.1001 * steps)


COMPILED = [
    "condition is false at the threshold",
    "armed, product",
    "hysteresis",
    "calcium",
    "exponential",
]


@needs_compiler
@table(COMPILED)
def test_program(name):
    kind = KINDS[name]
    program = build(kind.model, Constant(current(kind)), 1, LENGTH * ms, start=kind.start)
    check_spikes(kind, program.response().spikes["t_ms"])


@needs_compiler
@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_exported_project(tmp_path):
    kind = KINDS["moving"]
    folder = export(
        kind.model, Step(current(kind)), tmp_path / "project", 1, LENGTH * ms,
        values={"I": [kind.drive]},
    )  # fmt: skip
    subprocess.run(["make"], cwd=folder, check=True, capture_output=True)
    subprocess.run([str(folder / "run.sh")], check=True, capture_output=True)
    check_spikes(kind, open_program(folder).response(I=kind.drive).spikes["t_ms"])


# --- noise of a cell's own -----------------------------------------------------------------------

NOISY = cell(
    equations="dv/dt = (E - v + R*I)/tau + sigma*sqrt(2/tau)*xi : volt",
    parameters={"sigma": 2 * mV},
    unused=("V_t", "V_r"),
    threshold="",
    reset="",
)


def test_own_noise():
    """Stationary after ten time constants: mean E + R*I, standard deviation sigma."""
    n = 2000
    found = simulate(NOISY, Constant(1 * nA), n, 100 * ms, seed=3, backend="numpy")
    v = found.state["v"] * 1e3
    assert v.mean() == pytest.approx(-55, abs=5 * 2 / np.sqrt(n))
    assert v.std() == pytest.approx(2, rel=5 / np.sqrt(2 * n))


@pytest.mark.parametrize(
    ("equations", "given"),
    [
        ("dv/dt = (E - v + R*I + spread*randn())/tau : volt", Constant(1 * nA)),
        ("dv/dt = (E - v + R*I + spread*x)/tau : volt\nx = randn() : 1 (constant over dt)",
         Constant(1 * nA)),
        ("dv/dt = (E - v + R*I + spread*(poisson(4) - 4)/2)/tau : volt", Constant(1 * nA)),
        (FREE, "1*nA + 5*nA*randn()"),
    ],
)  # fmt: skip
def test_a_number_drawn_in_each_step(equations, given):
    """An Euler step leaves 1 - a of the deviation, a = dt/tau, and adds a part a of the draw."""
    n, a = 2000, 0.01
    own = {"spread": 50 * mV} if "spread" in equations else {}
    text = {"threshold": "", "reset": "", "dt": 0.1 * ms}
    model = cell(equations=equations, parameters=own, unused=("V_t", "V_r"), **text)
    found = simulate(model, given, n, 70 * ms, seed=4, start="initial", backend="numpy",
                     method="euler")  # fmt: skip
    v = found.state["v"] * 1e3
    wanted = 50 * np.sqrt(a / (2 - a))
    assert v.mean() == pytest.approx(-55, abs=5 * wanted / np.sqrt(n))
    assert v.std() == pytest.approx(wanted, rel=5 / np.sqrt(2 * n))


def test_a_model_that_draws_is_stepped_by_euler_and_has_no_rest():
    model = cell(equations="dv/dt = (E - v + R*I + 5*mV*randn())/tau : volt")
    assert (model.method, model.input_range) == ("euler", (0, 1))
    with pytest.warns(RestWarning, match="draw random numbers, so it never rests"):
        response(model, Constant(3 * nA), 1 * ms, backend="numpy")
    with pytest.raises(ValueError, match=r"randn\(\) draws another number"):
        equilibria(model)


def test_own_noise_has_no_reference():
    with pytest.raises(ValueError, match="white noise"):
        reference(NOISY, Constant(1 * nA), 10 * ms)


def test_a_cell_that_fires_by_itself_says_so():
    model = replace(KINDS["active without input"].model)  # a model says it once
    with pytest.warns(RestWarning, match="no stable equilibrium"):
        simulate(model, Constant(0 * nA), 1, 1 * ms, backend="numpy")


def test_a_coupled_cell_rests_where_the_closed_form_says():
    kind = KINDS["coupled rest, variable w"]
    out = response(kind.model, Constant(0 * nA), 1 * ms, record=("v", "w"), backend="numpy")
    np.testing.assert_allclose(out.traces["v_mV"], -65 + 10 / 3, rtol=1e-9)
    np.testing.assert_allclose(out.traces["w_nA"], 0.5 / 3, rtol=1e-7)


def test_the_last_spike_is_refused_by_name():
    with pytest.raises(ValueError, match="'lastspike' is what Brian2 calls"):
        cell(equations=HELD, refractory="t - lastspike < 2*ms")
    with pytest.raises(ValueError, match="parameter 'lastspike': is what Brian2 calls"):
        cell(HELD + "\ndw/dt = -w*lastspike/tau : 1", {"lastspike": 1}, initial={"v": "E", "w": 0})


def test_a_refractory_condition_holds_where_constants_are_equal():
    held = cell(
        HELD + "\ndw/dt = -w/tau : 1", {"on": 1}, initial={"v": "E", "w": 0},
        reset="v = V_r; w = 1", refractory="w > 0.5 and on >= 1",
    )  # fmt: skip
    found = reference(held, Constant(2 * nA), LENGTH * ms, start="initial").spike_ms
    np.testing.assert_allclose(found, regular(period=PERIOD + 10 * np.log(2)), rtol=1e-7)
