"""`Numerics`: one value, checked when built, and the same keywords in every protocol."""

import inspect
from dataclasses import fields

import pandas as pd
import pytest
from brian2 import cm, ms, mV, nA, second, uA, uF
from excitable.models import CONNOR_STEVENS, HODGKIN_HUXLEY, LIF
from excitable.protocols import (
    Constant,
    activation,
    conductance_sweep,
    fi_curve,
    latency,
    noisy_fi_curve,
    noisy_onset,
    response,
    rheobase,
    strength_duration,
    thresholds,
    voltage_clamp,
)
from excitable.simulation import Backend, Numerics

from excitable import protocols
from tests.user_models import LEAKY, leaky_cell

SETS = pd.DataFrame({"R": [10.0]})
CALLS = {
    "fi_curve": lambda **how: fi_curve(LIF, [2] * nA, **how),
    "rates": lambda **how: protocols.rates(LIF, SETS.assign(I=2.0), **how),
    "response": lambda **how: response(LIF, Constant(2 * nA), 10 * ms, **how),
    "latency": lambda **how: latency(LIF, [2] * nA, **how),
    "thresholds": lambda **how: thresholds(LIF, **how),
    "thresholds_of": lambda **how: protocols.thresholds_of(LIF, SETS, **how),
    "strength_duration": lambda **how: strength_duration(LIF, [2] * ms, **how),
    "conductance_sweep": lambda **how: conductance_sweep(LIF, "R", [1] * mV / nA, **how),
    "noisy_fi_curve": lambda **how: noisy_fi_curve(LIF, [2] * nA, [0] * nA * ms**0.5, **how),
    "noisy_onset": lambda **how: noisy_onset(LIF, **how),
    "voltage_clamp": lambda **how: voltage_clamp(HODGKIN_HUXLEY, [0] * mV, hold=-70 * mV, **how),
    "activation": lambda **how: activation(CONNOR_STEVENS, "I_A", **how),
    "inactivation": lambda **how: protocols.inactivation(CONNOR_STEVENS, "I_A", **how),
    "recovery": lambda **how: protocols.recovery(CONNOR_STEVENS, "I_A", **how),
}
with_numerics = pytest.mark.parametrize("name", CALLS)
OF_GATES = ("voltage_clamp", "activation", "inactivation", "recovery")
WITHOUT_TOLERANCE = ("response", "latency", "noisy_fi_curve", "noisy_onset", *OF_GATES)
WITH_START = [name for name in CALLS if name not in OF_GATES[1:]]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"method": "rk5"}, "unknown method 'rk5'; did you mean 'rk4'"),
        ({"method": 4}, "unknown method 4"),
        ({"dt": 0.1}, "dt: expected ms, got 0.1 with no unit"),
        ({"dt": 0 * ms}, "dt: must be above zero"),
        ({"dt": 1 * mV}, "dt: expected ms"),
        ({"backend": "nunpy"}, "unknown backend 'nunpy'; did you mean 'numpy'"),
        ({"backend": 3}, "backend: expected a name .* or a Backend, got 3"),
        ({"precision": "single"}, "unknown precision 'single'"),
        ({"threads": 0}, "threads: expected a whole number of at least 1"),
        ({"threads": 2, "backend": "numpy"}, "backend 'numpy' has one thread"),
        ({"threads": 2, "backend": Backend("cpp_standalone")}, "the backend given has threads=1"),
        (
            {"precision": "float32", "backend": Backend("numpy")},
            "precision='float32': the backend given has precision='float64'",
        ),
        ({"spikes": "exact"}, "unknown spike timing 'exact'"),
        ({"tolerance": 2}, "tolerance: expected a number between 0 and 1"),
        ({"tolerance": "1e-3"}, "tolerance: expected a number between 0 and 1"),
        ({"tolerance": 1e-3, "dt": 0.1 * ms}, "leave both out, or the tolerance"),
        ({"tolerance": 1e-3, "method": "rk4"}, "leave both out, or the tolerance"),
    ],
)
def test_what_makes_no_sense_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        Numerics(**given)


def test_the_backend_takes_precision_and_threads():
    assert Numerics().engine == Backend()
    assert Numerics(precision="float32").engine == Backend(precision="float32")
    both = Numerics(backend="cpp_standalone", threads=2, precision="float32").engine
    assert both == Backend("cpp_standalone", threads=2, precision="float32")
    assert Numerics(backend=both, threads=2).engine is both


@pytest.mark.parametrize(("dt", "duration"), [(1 * ms, 0.5 * ms), (1e-9 * ms, 1000 * second)])
def test_steps_that_do_not_fit_the_run_are_refused(dt, duration):
    with pytest.raises(ValueError, match=r"longer than the run|would never end"):
        response(LIF, Constant(2 * nA), duration, dt=dt)


@with_numerics
def test_every_protocol_takes_the_same_keywords(name):
    parameters = inspect.signature(getattr(protocols, name)).parameters
    assert parameters["numerics"].kind is inspect.Parameter.VAR_KEYWORD
    assert not {f.name for f in fields(Numerics)} & set(parameters) - {"tolerance"}
    with pytest.raises(ValueError, match=f"keyword of {name} 'bakend'; did you mean 'backend'"):
        CALLS[name](bakend="numpy")
    with pytest.raises(ValueError, match="unknown method 'rk5'"):
        CALLS[name](method="rk5")


@pytest.mark.parametrize("name", WITHOUT_TOLERANCE)
def test_a_tolerance_that_cannot_be_used_is_refused(name):
    with pytest.raises(ValueError, match=f"{name} takes no tolerance: only `fi_curve`"):
        CALLS[name](tolerance=1e-3)


@pytest.mark.parametrize("name", ["noisy_fi_curve", "noisy_onset", "voltage_clamp"])
def test_spikes_that_cannot_be_located_are_refused(name):
    with pytest.raises(ValueError, match=f"{name} takes no spikes: no"):
        CALLS[name](spikes="located")


@pytest.mark.parametrize("start", [5, None, ["rest"], 1 * mV])
@pytest.mark.parametrize("name", WITH_START)
def test_a_start_that_is_none_is_refused(name, start):
    with pytest.raises(ValueError, match="start: expected 'rest'"):
        CALLS[name](start=start)


def test_a_start_of_something_else_is_refused():
    with pytest.raises(ValueError, match="unknown start 'rset'; did you mean 'rest'"):
        latency(LIF, [2] * nA, start="rset")
    with pytest.raises(ValueError, match="unknown state variable 'w'"):
        latency(LIF, [2] * nA, start={"w": 1 * mV})
    with pytest.raises(ValueError, match="start v: expected mV"):
        latency(LIF, [2] * nA, start={"v": 1})


@pytest.mark.parametrize(
    ("kind", "wrong", "what"), [("integer", 3.7, "integer"), ("boolean", 2, r"boolean \(0 or 1\)")]
)
def test_a_declared_parameter_has_values_of_its_kind(kind, wrong, what):
    cell = leaky_cell(
        equations=f"dv/dt = (E - v + R*I*int(n))/tau : volt\nn : {kind} (constant)",
        parameters=LEAKY | {"n": 1},
    )
    assert fi_curve(cell, [2] * nA, vary={"n": [0, 1]}, backend="numpy",
                    duration=60 * ms, discard=0 * ms).spike_count.tolist() == [0, 4]  # fmt: skip
    for call in (
        lambda: cell.with_(n=wrong),
        lambda: fi_curve(cell, [2] * nA, vary={"n": [wrong]}),
    ):
        with pytest.raises(ValueError, match=f"parameter n: the value is no {what}"):
            call()


def test_precision_is_used_and_said():
    table = fi_curve(LIF, [2] * nA, duration=60 * ms, discard=0 * ms, backend="numpy",
                     precision="float32")  # fmt: skip
    assert table.attrs["precision"] == "float32"
    assert table["rate_Hz"][0] == pytest.approx(72.13475, rel=1e-4)


@pytest.mark.parametrize(
    ("vary", "message"),
    [
        ({"t_ref": [1, -1] * ms}, r"lif: its refractory period \(t_ref\) is negative"),
        ({"tau": [0, 10] * ms}, "parameter tau: 1 of 2 values are no time constant"),
        ({"tau": [-10] * ms}, "parameter tau: the value is no time constant"),
        (
            {"tau": [0.004] * ms},
            "a variable relaxes within 0.004 ms, which method rk4 with dt = 0.05 ms",
        ),
    ],
)
def test_values_that_make_no_sense_are_refused(vary, message):
    with pytest.raises(ValueError, match=message):
        fi_curve(LIF, [2] * nA, vary=vary)
    with pytest.raises(ValueError, match=message):
        thresholds(LIF, vary=vary)


def test_a_time_constant_of_the_model_below_the_step_is_refused():
    fast = LIF.with_(tau=0.004 * ms)
    with pytest.raises(ValueError, match=r"a variable relaxes within 0\.004 ms"):
        rheobase(fast)
    table = fi_curve(fast, [2] * nA, dt=0.0005 * ms, duration=2 * ms, discard=0 * ms,
                     backend="numpy")  # fmt: skip
    assert table["rate_Hz"][0] == pytest.approx(1e6 / 5.545177, rel=1e-4)


def test_a_capacitance_is_above_zero():
    with pytest.raises(ValueError, match="C_m: 1 of 2 values are no capacitance"):
        fi_curve(HODGKIN_HUXLEY, [10] * uA / cm**2, vary={"C_m": [-1, 1] * uF / cm**2})
