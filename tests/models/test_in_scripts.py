"""A model in anybody's Brian2 script fires as the group that is written there by hand."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from brian2 import (
    Equations,
    Hz,
    Mohm,
    Network,
    NeuronGroup,
    SpikeMonitor,
    TimedArray,
    cm,
    ms,
    msiemens,
    mV,
    nA,
    nS,
    seed,
)
from excitable.models import CONNOR_STEVENS, LIF, NeuronModel
from excitable.protocols import Step
from excitable.simulation import has_compiler
from excitable.simulation.backends import Backend, preferences

needs_compiler = pytest.mark.skipif(not has_compiler(), reason="needs a C++ compiler")
ROOT = Path(__file__).parents[2]
OWN = {"E_L": -65 * mV, "V_th": -50 * mV, "R": 10 * Mohm, "tau": 10 * ms}
HAND = "dv/dt = (E_L - v + R*I)/tau {noise} : volt\nI = {I} : amp {flag}\n{more}"


def by_hand(n, I, *, noise="", more="", flag="", method="rk4", dt=0.05 * ms, **space):
    """Return the cell of `LIF` as one writes it in Brian2."""
    space = {k: v for k, v in (OWN | space).items() if f"{k} :" not in more}
    text = HAND.format(I=I, noise=noise, more=more, flag=flag)
    cells = NeuronGroup(
        n, text, threshold="v > V_th", reset="v = -65*mV", method=method, dt=dt, namespace=space
    )
    cells.v = -65 * mV
    return cells


def from_model(n, model=LIF, **given):
    cells = NeuronGroup(n, **model.brian_kwargs(**given))
    model.initialise(cells)
    return cells


def spikes(cells, space, duration=100 * ms):
    """Return which cells fired in which step."""
    monitor = SpikeMonitor(cells)
    with preferences(Backend("numpy")):
        seed(7)
        Network(cells, monitor).run(duration, namespace=space)
    steps = np.round(np.array(monitor.t) / float(cells.clock.dt_)).astype(int)
    return sorted(zip(np.array(monitor.i).tolist(), steps.tolist(), strict=True))


def same(cells, hand, **space):
    found = spikes(cells, space)
    assert found == spikes(hand, space)
    assert len(found) > 3


WAVE = TimedArray([0, 2, 3, 1, 2.5] * nA, dt=20 * ms)
PAIR = TimedArray([[0, 3], [2, 1], [3, 2.5]] * nA, dt=20 * ms)


@pytest.mark.parametrize(
    ("text", "space"),
    [
        ("2*nA + g_s*(0*mV - v)", {"g_s": 5 * nS}),
        ("stim(t)", {"stim": WAVE}),
        ("stim(t, i)", {"stim": PAIR}),
        ("amplitude*sin(2*pi*f*t)", {"amplitude": 9 * nA, "f": 40 * Hz}),
        ("2*nA  # as in the paper", {}),
    ],
)
def test_names_of_the_script_are_left_to_brian(text, space):
    same(from_model(2, I=text), by_hand(2, text.partition("#")[0]), **space)


@pytest.mark.parametrize(("array", "call"), [(WAVE, "stim(t)"), (PAIR, "stim(t, i)")])
def test_an_array_over_time_is_an_input(array, call):
    # A value that holds for a whole step acts in all of it: rk4's last stage does not see the next.
    hand = {"flag": "(constant over dt)", "stim": array}
    same(from_model(2, I=array), by_hand(2, call, **hand))
    same(LIF.group(2, array), by_hand(2, call, **hand))


def test_white_noise_in_the_text_of_an_input():
    cells = from_model(5, I="1.4*nA + 0.5*nA*sqrt(ms)*xi + g_s*(0*mV - v)")
    hand = by_hand(
        5,
        "1.4*nA + g_s*(0*mV - v)",
        noise="+ R/tau*0.5*nA*sqrt(ms)*xi",
        method="heun",
    )
    same(cells, hand, g_s=1 * nS)


def test_method_step_and_parameters_that_differ():
    rests = [-64, -62, -58] * mV
    cells = from_model(3, I="2*nA", vary={"E_L": rests}, method="euler", dt=0.1 * ms)
    hand = by_hand(3, "2*nA", more="E_L : volt (constant)", method="euler", dt=0.1 * ms)
    hand.E_L = rests
    hand.v = "E_L"
    same(cells, hand)


def test_a_stimulus_with_values_for_each_neuron():
    cells = from_model(2, I=Step([2, 3] * nA, onset=0 * ms), vary={"tau": [10, 10] * ms})
    hand = by_hand(2, "I_own", more="I_own : amp (constant)")
    hand.I_own = [2, 3] * nA
    same(cells, hand)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"I": "2*nA +"}, r"input I = 2\*nA \+"),
        ({"I": "2*mV + 0*mV*xi*second**0.5"}, "expected A.*got V"),
        ({"I": "2*nA + 1*nA*xi"}, "input I"),
        ({"I": "1*nA*second*xi**2"}, "not linear in the white noise"),
        ({"I": TimedArray([1, 2] * mV, dt=1 * ms)}, "TimedArray in nA, got one with V"),
        ({"I": TimedArray([1, np.nan] * nA, dt=1 * ms)}, "1 of 2 values are NaN or infinite"),
        ({"method": "strang"}, "not one of Brian2's"),
        ({"method": "rk4", "I": "1*nA*sqrt(ms)*xi"}, "cannot integrate white noise"),
        ({"vary": {"E": [1, 2] * mV}}, "unknown parameter 'E'"),
        ({"vary": {"E_L": [1, 2] * mV, "tau": [1, 2, 3] * ms}}, "expected 3 values"),
    ],
)
def test_kwargs_that_are_refused(given, message):
    with pytest.raises(ValueError, match=message) as refused:
        LIF.brian_kwargs(**given)
    assert len(str(refused.value)) < 400


# --- the state in which groups of other text start ----------------------------------------------

ADAPTING = NeuronModel(
    name="adapting",
    equations="dv/dt = (E - v + R*(I - w))/tau : volt\ndw/dt = (g*(v - F) - w)/tau : amp\n"
    "g = 2*k : siemens",
    parameters={"E": -65 * mV, "F": -70 * mV, "R": 10 * Mohm, "tau": 10 * ms, "k": 1.0 * nS},
    input_unit=nA,
    initial={"v": "E", "w": "g*(v - F)"},
    threshold="v > -50*mV",
    reset="v = E",
)


@pytest.mark.parametrize(
    ("more", "values", "v_mV", "w_pA"),
    [
        ("I = J + K : amp\nJ : amp\nK : amp", {}, [-65, -65], [10, 10]),
        ("I : amp", {}, [-65, -65], [10, 10]),
        ("dI/dt = -I/tau : amp", {}, [-65, -65], [10, 10]),
        ("I : amp\nE : volt (constant)", {"E": [-60, -50] * mV}, [-60, -50], [20, 40]),
        ("I : amp\nE : volt (shared)", {"E": -60 * mV}, [-60, -60], [20, 20]),
        ("I : amp\nE = -61*mV + i*mV : volt", {}, [-61, -60], [18, 20]),
        ("I : amp\nk : siemens\nF : volt", {"k": "i*nS", "F": -75 * mV}, [-65, -65], [0, 20]),
    ],
)
def test_the_start_of_a_group_with_more_text(more, values, v_mV, w_pA):
    kwargs = ADAPTING.brian_kwargs()
    kwargs["model"] = Equations(ADAPTING.equations) + Equations(more)
    cells = NeuronGroup(2, **kwargs)
    for name, value in values.items():
        setattr(cells, name, value)
    ADAPTING.initialise(cells)
    assert np.array(cells.v / mV) == pytest.approx(v_mV)
    assert np.array(cells.w / nA) * 1e3 == pytest.approx(w_pA)
    Network(cells)


def test_the_start_where_the_input_or_a_variable_is_gone():
    E = -60 * mV  # noqa: F841 (of the script, as Brian2 does)
    tau = 10 * ms  # noqa: F841
    fixed = NeuronGroup(2, "v = -50*mV : volt\ndw/dt = -w/tau : amp", method="euler")
    alone = NeuronGroup(2, "dw/dt = -w/tau : amp", method="euler")
    for cells, expected in ((fixed, 40), (alone, 20)):
        ADAPTING.initialise(cells)
        assert np.array(cells.w / nA) * 1e3 == pytest.approx([expected] * 2)
    other = NeuronGroup(2, "dx/dt = -x/tau : amp", method="euler")
    with pytest.raises(ValueError, match=r"none of its state variables \(v, w\)"):
        ADAPTING.initialise(other)
    Network(fixed, alone, other)


def test_the_start_of_a_part_of_a_group():
    cells = NeuronGroup(3, **ADAPTING.brian_kwargs(vary={"E": [-60, -55, -50] * mV}))
    ADAPTING.initialise(cells[1:])
    assert np.array(cells.v / mV) == pytest.approx([0, -55, -50])
    few = NeuronGroup(2, **ADAPTING.brian_kwargs(vary={"E": [-60, -55, -50] * mV}))
    with pytest.raises(ValueError, match=r"vary\['E'\]: has 3 values, but .* has 2 neurons"):
        ADAPTING.initialise(few)
    Network(cells, few)


def test_kwargs_and_group_start_alike():
    vary = {"g_A": [0, 24, 48] * msiemens / cm**2, "E_L": [-60, -65, -70] * mV}
    cells, group = from_model(3, CONNOR_STEVENS, vary=vary), CONNOR_STEVENS.group(3, vary=vary)
    for name in (*CONNOR_STEVENS.initial, *vary):
        assert np.array_equal(np.array(getattr(cells, name)), np.array(getattr(group, name)))
    Network(cells, group)


SCRIPT = """
from brian2 import *
from excitable.models import LIF

set_device("cpp_standalone", build_on_run=False)
stim = TimedArray([0, 2, 3, 1, 2.5]*nA, dt=20*ms)
kwargs = LIF.brian_kwargs(I="stim(t) + g_s*(0*mV - v)", vary={{"tau": [8, 10, 12]*ms}})
kwargs["model"] = Equations(kwargs["model"]) + Equations("E_L : volt (constant)")
g_s = 5*nS
cells = NeuronGroup(3, **kwargs)
cells.E_L = "-65*mV + i*mV"  # known only when the program runs
LIF.initialise(cells)
hand = NeuronGroup(3, '''
    dv/dt = (E - v + R*I)/T : volt
    I = stim(t) + g_s*(0*mV - v) : amp
    E : volt (constant)
    T : second (constant)''', threshold="v > -50*mV", reset="v = -65*mV", method="rk4",
    dt=0.05*ms, namespace=dict(R=10*Mohm, stim=stim, g_s=g_s))
hand.T = [8, 10, 12]*ms
hand.E = "-65*mV + i*mV"
hand.v = "E"
one, two = SpikeMonitor(cells), SpikeMonitor(hand)
run(100*ms)
device.build(directory={folder!r}, compile=True, run=True)
assert len(one.t) > 10
assert array_equal(one.i, two.i) and array_equal(one.t_, two.t_)
print("equal")
"""


@needs_compiler
def test_the_same_in_a_compiled_program(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(folder=str(tmp_path / "program")))
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    env = os.environ | {"PYTHONPATH": path}
    command = [sys.executable, str(script)]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.stdout.strip().endswith("equal"), done.stderr[-2000:]
