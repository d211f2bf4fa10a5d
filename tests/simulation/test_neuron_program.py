"""Programs for users: values in, tables out; the state at time 0; no Brian2 on that path."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from brian2 import Hz, Quantity, cm, ms, msiemens, mV, nA, pA, uA
from excitable.dynamics import rest
from excitable.models import CONNOR_STEVENS, HODGKIN_HUXLEY, LIF, PATTERNS, ZOO, NeuronModel
from excitable.models.grouping import describe
from excitable.models.initial import initial_state
from excitable.protocols import (
    Constant,
    Pulses,
    Ramp,
    Recorded,
    Sine,
    Step,
    WhiteNoise,
    fi_curve,
    response,
)
from excitable.simulation import Backend, DivergenceError, build, open_program
from excitable.simulation.backends import has_compiler
from excitable.simulation.backends.compiled.compile import compiler
from excitable.simulation.backends.compiled.starting_state import starting_state_sources
from excitable.simulation.programs.build import plan_program
from excitable.simulation.programs.description import ProgramDescription
from excitable.simulation.programs.neuron_program import given_values

from excitable.errors import CoarseStepWarning
from tests.user_models import bistable, rounding_cell, with_pole

pytestmark = pytest.mark.skipif(not has_compiler(), reason="needs a C++ compiler")
ROOT = Path(__file__).parents[2]
CURRENTS = np.linspace(1.6, 5, 16)  # nA


@pytest.fixture(scope="module")
def lif():
    """Sixteen cells under a step from 10 ms on."""
    step = Step(2 * nA, onset=10 * ms, offset=90 * ms)
    return build(LIF, step, 16, 100 * ms, record=("spikes", "v"), vary=("tau", "I"))


@pytest.fixture(scope="module")
def connor_stevens():
    names = ("spikes", *CONNOR_STEVENS.symbolic.states)
    step = Step(10 * uA / cm**2, onset=20 * ms)
    return build(CONNOR_STEVENS, step, 64, 100 * ms, record=names, vary=("g_A", "I"))


def closed_form(current, tau=10.0):
    """Rate in Hz of a LIF with R = 10 Mohm, whose threshold lies 15 mV above rest and reset."""
    drive = 10 * current
    return 1000 / (tau * np.log(drive / (drive - 15)))


def test_rates_are_those_of_the_closed_form(lif):
    tau = np.linspace(1, 2, 16)  # ms; the slowest cell still fires five times in the window
    table = lif.run(tau=tau, I=CURRENTS)
    np.testing.assert_allclose(table["rate_Hz"], closed_form(CURRENTS, tau), rtol=1e-5)
    np.testing.assert_allclose(table["latency_ms"], 1000 / closed_form(CURRENTS, tau), rtol=1e-5)


def test_table_is_that_of_fi_curve(lif):
    """The same columns, and, with the stimulus on from the beginning, the same numbers."""
    table = lif.run(I=CURRENTS, tau=2, I_onset=1e-9, I_offset=80, duration=80, discard=20)
    expected = fi_curve(
        LIF.with_(tau=2 * ms), CURRENTS * nA, duration=80 * ms, discard=20 * ms, backend="numpy"
    )
    assert list(table.columns) == ["tau", *expected.columns]
    for name in ("I", "rate_Hz", "spike_count", "isi_cv", "latency_ms"):
        np.testing.assert_allclose(table[name], expected[name], rtol=1e-9, atol=1e-7)


def test_a_rate_above_that_of_the_steps_is_marked_as_in_fi_curve(lif):
    """At tau = 1 ms and 50 nA the closed form has an interval of 0.03 ms, less than a step."""
    table = lif.run(tau=1, I=[50] * 8 + [2] * 8)
    expected = fi_curve(
        LIF.with_(tau=1 * ms), [50, 2] * nA, duration=80 * ms, discard=20 * ms, backend="numpy"
    )
    assert expected["firing"].tolist() == ["faster than the step", "steady"]
    assert table["firing"].tolist() == ["faster than the step"] * 8 + ["steady"] * 8
    assert table["resolved"].tolist() == [False] * 8 + [True] * 8


def test_units_make_no_difference(lif):
    plain = lif.run(tau=2, I=CURRENTS, duration=80)
    with_units = lif.run(tau=0.002 * ms * 1000, I=CURRENTS * 1000 * pA, duration=80 * ms)
    listed = lif.run(tau=2, I=[x * nA for x in CURRENTS], duration=80)
    np.testing.assert_allclose(plain["rate_Hz"], with_units["rate_Hz"], rtol=1e-12)
    np.testing.assert_allclose(plain["rate_Hz"], listed["rate_Hz"], rtol=1e-12)


def test_what_is_not_given_is_what_it_was_built_with(lif):
    table = lif.run(tau=2)
    np.testing.assert_allclose(table["rate_Hz"], closed_form(2.0, 2.0), rtol=1e-5)
    assert set(table["I"]) == {2.0}
    assert table.attrs["parameters"]["V_th"] == -50


def test_parameters_that_do_not_vary_can_be_changed_for_all(lif):
    """A threshold of -55 mV leaves 10 mV to go."""
    table = lif.run(tau=2, I=2, V_th=-55)
    np.testing.assert_allclose(table["rate_Hz"], 1000 / (2 * np.log(20 / 10)), rtol=1e-5)
    assert table.attrs["parameters"]["V_th"] == -55


def test_the_table_says_how_to_redo_it(lif):
    attrs = lif.run(tau=2, I=CURRENTS, discard=15).attrs
    assert (attrs["model"], attrs["method"], attrs["dt_ms"]) == ("lif", "rk4", 0.05)
    assert (attrs["duration_ms"], attrs["discard_ms"], attrs["start"]) == (100, 15, "rest")
    assert attrs["units"]["tau"] == "ms"
    assert (attrs["I_unit"], attrs["membrane"]) == ("nA", "v_mV")
    assert "Step" in attrs["stimulus"]
    assert set(attrs["versions"]) == {"brian2", "numpy", "python"}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"tua": 2}, "unknown parameter 'tua'; did you mean 'tau'"),
        ({"tau": [1, 2, 3]}, r"expected one value or 16, one per neuron, got shape \(3,\)"),
        ({"R": np.ones(16)}, r"build the program with vary=\('R'"),
        ({"tau": np.nan}, "tau: holds NaN or infinite"),
        ({"I": 2 * mV}, "I: expected nA"),
        ({"I": [2 * nA] * 15 + [2]}, "some values have a unit and some have none"),
        ({"I": "two"}, "expected numbers in nA"),
        ({"duration": -1}, "duration: must be above zero"),
        ({"duration": 1 * mV}, "duration: expected ms"),
        ({"duration": 0.01, "discard": 0}, "dt: the step of 0.05 ms is longer than the run of"),
        ({"dt": 1e-10}, "steps, which would never end"),
        ({"discard": 85}, "discard: must not be negative and lie below"),
        ({"duration": 8}, "duration: the run of 8 ms ends before the stimulus begins, at 10 ms"),
        ({"start": "reset"}, "unknown start 'reset'; did you mean 'rest'"),
        ({"start": {"u": 1}}, "unknown state 'u'"),
    ],
)
def test_bad_values_are_refused_before_the_start(lif, values, message, monkeypatch):
    monkeypatch.setattr(type(lif.program), "execute", lambda *a, **k: pytest.fail("started"))
    with pytest.raises(ValueError, match=message):
        lif.run(**values)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vary": ("tua",)}, "did you mean 'tau'"),
        ({"vary": "I", "stimulus": Ramp(1 * nA / ms)}, "I_slope"),
        ({"record": ("spikes", "w")}, "unknown variable to record 'w'"),
        ({"start": "reset"}, "did you mean 'rest'"),
        ({"n": 0}, "n: expected a whole number"),
        ({"duration": 5}, "duration: expected ms"),
        ({"stimulus": 2 * nA}, "expected a Stimulus such as Constant or Step"),
    ],
)
def test_build_refuses_bad_input(changes, message):
    arguments = {"stimulus": Constant(2 * nA), "n": 4} | changes
    with pytest.raises(ValueError, match=message):
        build(LIF, **arguments)


def test_divergence_is_named(lif):
    with pytest.raises(
        DivergenceError, match=r"lif diverged: v is \S+ for 1 of 16 neurons"
    ) as caught:
        lif.run(I=np.where(np.arange(16) == 3, -1e300, -1), R=1e20, tau=10)
    assert "(first: neuron 3, tau = 10 ms, I = -1e+300 nA)" in str(caught.value)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"tau": np.where(np.arange(16) == 3, -0.05, 10)}, "tau: must be above zero.* -0.05 ms"),
        ({"t_ref": -1}, "t_ref: must not be negative"),
        ({"V_reset": -40}, "V_reset: must not lie above V_th"),
        ({"seed": 1.5}, "seed: expected a whole number"),
        ({"I": np.ma.array(np.ones(16), mask=np.eye(16)[0])}, "I: is a masked array"),
        ({"I": np.full(16, 2, "timedelta64[ms]")}, "I: has a unit that is none of Brian2's"),
        ({"duration": np.timedelta64(50, "ms")}, "duration: has a unit that is none of Brian2's"),
        ({"I": pd.Series([2 * ms] * 16, dtype=object)}, "I: expected nA"),
    ],
)
def test_values_that_make_no_sense_are_refused_before_the_run(lif, values, message):
    with pytest.raises(ValueError, match=message):
        lif.run(**{"tau": 10, "I": 1} | values)


def test_response_has_traces_and_spikes(lif):
    out = lif.response(tau=10, I=CURRENTS, duration=50)
    step = Step(CURRENTS * nA, onset=10 * ms, offset=90 * ms)
    expected = response(LIF, step, 50 * ms, n=16, backend="numpy")
    assert list(out.traces.columns) == ["neuron", "t_ms", "v_mV"]
    np.testing.assert_allclose(out.traces["v_mV"], expected.traces["v_mV"], rtol=1e-9)
    np.testing.assert_array_equal(out.spikes["neuron"], expected.spikes["neuron"])
    np.testing.assert_allclose(out.spikes["t_ms"], expected.spikes["t_ms"], rtol=1e-10)
    assert out.traces.attrs["model"] == "lif"


def test_start_of_some_variables(lif):
    """From -60 mV without input the potential relaxes to -65 mV with 10 ms."""
    out = lif.response(tau=10, I=0, start={"v": -60 * mV}, duration=20)
    v = out.traces[out.traces["neuron"] == 5]
    np.testing.assert_allclose(v["v_mV"], -65 + 5 * np.exp(-v["t_ms"] / 10), atol=1e-6)


def expected_start(model, n, **varied):
    """Return rest, or the model's initial values where there is none, in SI units."""
    first = initial_state(model, varied)
    return {
        name: np.where(np.isnan(x), np.broadcast_to(first[name], n), x)
        for name, x in rest(model, varied, n).items()
    }


def test_starts_at_rest_for_the_values_of_the_run(connor_stevens):
    """Over all g_A; the lowest ones have no rest, and E_L moves all of them."""
    g_A = np.linspace(0, 143.1, 64)
    out = connor_stevens.response(g_A=g_A, E_L=-18, duration=0.025)
    expected = expected_start(
        CONNOR_STEVENS, 64, g_A=g_A * 10.0, E_L=np.full(64, -0.018)
    )  # SI units
    assert 0 < np.isnan(rest(CONNOR_STEVENS, {"g_A": g_A * 10.0}, 64)["v"]).sum() < 64
    for name, values in expected.items():
        if name == "v":
            np.testing.assert_allclose(out.traces["v_mV"] / 1e3, values, rtol=0, atol=1e-9)
        else:
            np.testing.assert_allclose(out.traces[name], values, rtol=0, atol=1e-9)


def test_starts_at_the_initial_values_when_told(connor_stevens):
    out = connor_stevens.response(g_A=50, start="initial", duration=0.025)
    for name, value in initial_state(CONNOR_STEVENS, {}).items():
        scale = 1e3 if name == "v" else 1
        column = out.traces["v_mV" if name == "v" else name]
        np.testing.assert_allclose(column, value * scale, rtol=1e-12)


_MAIN = """
#include <cstdio>
#include "starting_arguments.h"
#include "objects.h"
namespace brian {{ double {arrays}; }}
using namespace brian;
int main() {{
    {values}
    set_starting_state(std::vector<std::string>());
    for (int k = 0; k < {n}; k++) printf("{format}\\n", {states});
}}
"""


def start_in_cpp(folder, model, n, varied):
    """Return the state that the C++ finds, compiled around plain arrays: neurons x states."""
    vary = {k: Quantity(v, dim=model.parameters[k].unit.dim) for k, v in varied.items()}
    text = describe(model, n, vary=vary).with_arguments()
    (folder / "code_objects").mkdir(exist_ok=True)
    for name, content in starting_state_sources(model, text).items():
        (folder / name).write_text(content)
    states = [model.membrane, *(s for s in model.symbolic.states if s != model.membrane)]
    arrays = ", ".join(f"_array_cells_{name}[{n}]" for name in (*model.parameters, *states))
    numbers = model.values | varied
    values = "".join(
        f"_array_cells_{name}[{k}] = {float(np.broadcast_to(numbers[name], n)[k])!r};"
        for name in model.parameters for k in range(n)
    )  # fmt: skip
    size = f"const int _num__array_cells_{model.membrane} = {n};"
    (folder / "objects.h").write_text(f"namespace brian {{ extern double {arrays}; {size} }}")
    (folder / "main.cpp").write_text(_MAIN.format(
        arrays=arrays, values=values, n=n, format=" ".join(["%.17g"] * len(states)),
        states=", ".join(f"_array_cells_{s}[k]" for s in states),
    ))  # fmt: skip
    command = [compiler(), "-std=c++11", "-I.", "main.cpp", "code_objects/starting_state.cpp"]
    subprocess.run([*command, "-o", "main"], cwd=folder, check=True)
    done = subprocess.run(
        ["./main"], cwd=folder, env={"EXCITABLE_START": "rest"}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    return states, np.array([line.split() for line in done.stdout.splitlines()], float)


ROUNDING = rounding_cell()
EVERY = [*ZOO, *(v for m in ZOO for v in m.variants.values()), *PATTERNS.values(), ROUNDING]
# Two cells, one with k_u = 0, one unstable.
QUICK = (ROUNDING, HODGKIN_HUXLEY, PATTERNS["R"], PATTERNS["S"])


@pytest.mark.parametrize(
    "model",
    [m if m in QUICK else pytest.param(m, marks=pytest.mark.slow) for m in EVERY],
    ids=lambda m: m.name,
)
def test_rest_in_cpp_is_that_of_dynamics(model, tmp_path):
    """The first two parameters with a range, over that range, against the eigenvalues' choice."""
    names = [name for name, p in model.parameters.items() if p.range][:2]
    if model is HODGKIN_HUXLEY:
        names = ["g_Na", "g_K"]
    n = 12
    varied = {
        name: np.linspace(*model.parameters[name].range, n)[:: 1 if k else -1]
        * float(model.parameters[name].unit)
        for k, name in enumerate(names)
    }
    states, found = start_in_cpp(tmp_path, model, n, varied)
    expected = expected_start(model, n, **varied)
    for k, name in enumerate(states):
        np.testing.assert_allclose(found[:, k], expected[name], rtol=1e-9, atol=1e-12)


def test_rest_in_cpp_far_from_usual_and_beside_a_saddle(tmp_path):
    """Of a cubic, which is at rest at its lowest root: -0.7 times the scale; no pole is rest."""
    varied = {"s": np.array([1e4, 100, 0.01, 1]), "a": np.array([0.1, -0.69995, 0.1, -0.69999])}
    _, found = start_in_cpp(tmp_path, bistable(100), 4, varied)
    np.testing.assert_allclose(found[:, 0], -0.7 * varied["s"], rtol=1e-12)
    _, found = start_in_cpp(tmp_path, with_pole(), 1, {})
    np.testing.assert_allclose(found, [[-0.06]], rtol=1e-12)


def test_rest_in_cpp_holds_sums_that_never_change(tmp_path):
    """o = k*c and o + c = 1.5, as at first: v rests at 3*o."""
    chain = NeuronModel(
        "chain",
        """
        dv/dt = (3*o - v + I)/ms : 1
        do/dt = (k*c - o)/ms : 1
        dc/dt = (o - k*c)/ms : 1""",
        {"k": 2}, 1, {"v": 0, "o": 0, "c": 1.5},
    )  # fmt: skip
    states, found = start_in_cpp(tmp_path, chain, 2, {"k": np.array([2.0, 4.0])})
    at = dict(zip(states, found.T, strict=True))
    np.testing.assert_allclose(at["o"], [1, 1.2], rtol=1e-9)
    np.testing.assert_allclose(at["c"], [0.5, 0.3], rtol=1e-9)
    np.testing.assert_allclose(at["v"], [3, 3.6], rtol=1e-9)


def test_opens_in_a_process_without_brian2(lif):
    code = f"""
import sys
from excitable.simulation import open_program
program = open_program({str(lif.folder)!r})
table = program.run(tau=2, I=2)
loaded = {{name.split(".")[0] for name in sys.modules}}
assert not loaded & {{"brian2", "sympy", "scipy", "matplotlib", "cython"}}, loaded
print(repr(float(table["rate_Hz"][0])))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert float(done.stdout or "nan") == pytest.approx(closed_form(2, 2), rel=1e-5), done.stderr


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), "holds no program"),
        (lambda folder: (folder / "main").unlink(), "is not compiled yet; run `make"),
        (lambda folder: (folder / "manifest.json").write_text("{}"), "expected a program made by"),
        (
            lambda folder: (folder / "manifest.json").write_text(
                (folder / "manifest.json").read_text().replace("onsets", "onset_ms")
            ),
            "was made by another version of Excitable",
        ),
    ],
)
def test_what_is_no_program_is_not_opened(lif, tmp_path, spoil, message):
    shutil.copytree(lif.folder, tmp_path / "copy")
    spoil(tmp_path / "copy")
    with pytest.raises(ValueError, match=message):
        open_program(tmp_path / "copy")


def test_printed_program_names_all_numbers(lif):
    assert re.search(r"tau +one per neuron ms +membrane time constant", str(lif))
    assert re.search(r"V_th +-50 mV", str(lif))


@pytest.mark.slow
def test_noise_can_be_repeated_by_its_seed():
    noise = WhiteNoise(1.5 * nA, 1 * nA * ms**0.5)
    program = build(LIF, noise, 10, 200 * ms, vary=("I",))
    first = program.run(I=1.4)
    again = program.run(I=1.4, seed=first.attrs["seed"])
    other = program.run(I=1.4)
    np.testing.assert_array_equal(first["rate_Hz"], again["rate_Hz"])
    assert not np.array_equal(first["rate_Hz"], other["rate_Hz"])


RECORDED = Recorded([1, 0, 2] * nA, dt=0.13 * ms, onset=5 * ms)


@pytest.mark.parametrize(
    ("built", "given", "meant"),
    [
        (Pulses(1 * nA, [10, 50] * ms, 4 * ms), {"I_time_0": 30, "I_time_1": 70, "I_width": 9},
         Pulses(1 * nA, [30, 70] * ms, 9 * ms)),
        (Step(1 * nA, 10 * ms, 50 * ms) + Step(1 * nA, 30 * ms, 90 * ms),
         {"I_1_onset": 40, "I_1_offset": 95, "I_2_onset": [35, 60] * ms},
         Step(1 * nA, 40 * ms, 95 * ms) + Step(1 * nA, [35, 60] * ms, 90 * ms)),
        (Step(1 * nA, 10 * ms, 50 * ms).then(Sine(1 * nA, 50 * Hz, offset=20 * ms)),
         {"I_1_onset": 20, "I_1_offset": 60 * ms, "I_2_offset": 30},
         Step(1 * nA, 20 * ms, 60 * ms).then(Sine(1 * nA, 50 * Hz, offset=30 * ms))),
        (RECORDED + Step(1 * nA, 10 * ms, 50 * ms), {"I_2_onset": 3, "I_2_offset": 4},
         RECORDED + Step(1 * nA, 3 * ms, 4 * ms)),
        (Step(1 * nA, 10 * ms, 50 * ms) + Constant(1 * nA), {"I_1_onset": 20},
         Step(1 * nA, 20 * ms, 50 * ms) + Constant(1 * nA)),
    ],
    ids=lambda x: type(x).__name__,
)  # fmt: skip
def test_rates_and_latencies_are_counted_while_the_stimulus_is_on_as_it_is_in_the_run(
    built, given, meant
):
    """Whatever its parts are called; those of the same stimulus as Python has it."""
    varied = [name for name, value in given.items() if np.ndim(value)]
    _, about = plan_program(
        LIF, built, 2, 200 * ms, record=(), vary=varied, record_dt=None, start="rest",
        method=None, dt=None, spikes="located", backend=Backend("cpp_standalone"),
    )  # fmt: skip
    again = ProgramDescription.from_json(json.loads(json.dumps(about.to_json())))
    assert again == about
    found = again.window_ms(given_values(again, given))
    for time, expected in zip(found, (meant.onset, meant.offset), strict=True):
        np.testing.assert_allclose(time, np.asarray(expected) * 1e3, rtol=1e-12)


@pytest.mark.slow
def test_onsets_that_vary_move_the_window():
    """Each cell's latency counts from its own onset."""
    program = build(LIF, Step(2 * nA, onset=5 * ms), 16, 100 * ms, vary=("I_onset",))
    table = program.run(I_onset=np.arange(1, 17))
    np.testing.assert_allclose(table["latency_ms"], 10 * np.log(4), rtol=1e-6)


@pytest.mark.slow
def test_a_recorded_input_fixes_the_step():
    program = build(LIF, Recorded([3, 0] * nA, dt=20 * ms), 1, 50 * ms)
    assert program.run(discard=0)["spike_count"][0] == 2  # at 6.93 and 13.86 ms
    with pytest.raises(ValueError, match="a recorded input fixes the step"):
        program.run(dt=0.1)


@pytest.mark.slow
def test_large_groups_are_cut_into_chunks():
    """More cells than one program holds: the closed form, neuron by neuron."""
    program = build(LIF, Constant(2 * nA), 1500, 100 * ms, vary=("I",))
    currents = np.linspace(2, 5, 1500)
    np.testing.assert_allclose(program.run(I=currents)["rate_Hz"], closed_form(currents), rtol=1e-5)


def test_conductances_in_their_unit(connor_stevens):
    """47.7 mS/cm2 as a quantity and as a number are the same to the last digit."""
    a = connor_stevens.run(g_A=47.7 * msiemens / cm**2, I=20 * uA / cm**2)
    b = connor_stevens.run(g_A=47.7, I=20)
    np.testing.assert_allclose(a["rate_Hz"], b["rate_Hz"], rtol=1e-12)


def test_a_program_says_that_its_step_is_too_coarse(lif):
    """An interval of tau times ln(I R/(I R - 15 mV)) that is shorter than ten steps."""
    lif.run(tau=10, I=2, dt=0.5)
    with pytest.warns(CoarseStepWarning, match=r"lif: .*\(at tau = 0.1 ms, I = 2 nA\)"):
        lif.run(tau=[0.1] * 8 + [10] * 8, I=2, dt=0.1)
