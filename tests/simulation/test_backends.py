"""`Backend`: precision and threads, and what cannot be."""

import subprocess

import brian2
import numpy as np
import pytest
from brian2 import Function, Mohm, cm, ms, mV, nA, uA
from excitable.analysis import lif_rate
from excitable.models import CONNOR_STEVENS, LIF
from excitable.protocols import Constant, fi_curve
from excitable.simulation import Backend, build, has_compiler, simulate
from excitable.simulation.backends import backend as backends
from excitable.simulation.backends import choose, preferences
from excitable.simulation.backends.compiled.compile import compiler, fast_flags, has_openmp
from excitable.simulation.backends.compiled.programs import SMALLEST

from tests.user_models import leaky_cell

needs_compiler = pytest.mark.skipif(not has_compiler(), reason="needs a C++ compiler")
needs_openmp = pytest.mark.skipif(not has_openmp(), reason="needs a compiler with OpenMP")
SINGLE = Backend("cpp_standalone", precision="float32")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": "numpi"}, "did you mean 'numpy'"),
        ({"precision": "float23"}, "did you mean 'float32'"),
        ({"threads": 0}, "threads"),
        ({"optimise": "no"}, "optimise: expected True or False, got 'no'"),
        ({"name": "cython", "threads": 2}, "has one thread"),
    ],
)
def test_what_cannot_be_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        Backend(**wrong)


@needs_compiler
def test_auto_takes_numpy_for_short_work_and_programs_for_long():
    assert choose("auto", steps=100).name == "numpy"
    assert choose(None, steps=1e5).name == "cpp_standalone"
    assert choose(Backend(precision="float32"), steps=1e5) == SINGLE


TWICE = leaky_cell(
    equations="dv/dt = (E - v + R*twice(I/nA)*nA)/tau : volt",
    parameters={"E": -65 * mV, "R": 5 * Mohm, "tau": 10 * ms, "V_t": -50 * mV, "V_r": -65 * mV},
    functions={"twice": Function(lambda x: 2 * x, arg_units=[1], return_unit=1)},
)


@needs_compiler
def test_auto_takes_numpy_for_functions_that_are_python_alone():
    table = fi_curve(TWICE, [2] * nA, duration=200 * ms, discard=0 * ms)
    expected = lif_rate([2], tau=10, R=10, E_L=-65, V_th=-50, V_reset=-65, t_ref=0)
    assert table["rate_Hz"].to_numpy() == pytest.approx(expected, rel=1e-6)
    assert table.attrs["backend"] == "numpy"


@needs_compiler
def test_programs_refuse_functions_that_are_python_alone():
    with pytest.raises(ValueError, match=r"'twice' is written in Python alone.*C.. implementation"):
        fi_curve(TWICE, [2] * nA, backend="cpp_standalone")
    with pytest.raises(ValueError, match="'twice' is written in Python alone"):
        build(TWICE, Constant(2 * nA), n=1, duration=100 * ms)


@needs_openmp
def test_auto_takes_programs_for_threads():
    assert choose(Backend(threads=2), steps=10).name == "cpp_standalone"


@needs_compiler
def test_threads_without_openmp_are_refused(monkeypatch):
    monkeypatch.setattr(backends, "has_openmp", lambda: False)
    with pytest.raises(ValueError, match=r"threads=2: .* has no OpenMP; install it"):
        choose(Backend("cpp_standalone", threads=2))


def test_the_users_preferences_come_back():
    before = {name: brian2.prefs[name] for name in ("codegen.target", "core.default_float_dtype")}
    with preferences(Backend("numpy", precision="float32")):
        assert brian2.prefs["core.default_float_dtype"] == np.float32
    assert before == {name: brian2.prefs[name] for name in before}


@pytest.mark.parametrize(
    "backend", [pytest.param(SINGLE, marks=needs_compiler), Backend("numpy", precision="float32")]
)
def test_single_precision_keeps_the_closed_form_to_its_rounding(backend):
    """Rounding 6e-8 of v = -65 mV, over 1000 steps in each of which v moves by about 15 µV."""
    currents = np.linspace(1.6, 4, SMALLEST) * nA
    table = fi_curve(LIF, currents, duration=200 * ms, discard=20 * ms, backend=backend)
    exact = lif_rate(currents / nA, R=10, tau=10, E_L=-65, V_reset=-65, V_th=-50)
    np.testing.assert_allclose(table["rate_Hz"], exact, rtol=2e-5)
    assert table.attrs["precision"] == "float32"
    double = fi_curve(LIF, currents, duration=200 * ms, discard=20 * ms, backend=backend.name)
    assert (table["rate_Hz"] != double["rate_Hz"]).any()


@needs_compiler
@pytest.mark.slow
def test_single_precision_computes_in_single_precision(monkeypatch):
    """The loop calls the vector exponential of float, not of double, and the rates stay."""
    if "-D__FAST_MATH__" not in fast_flags() or "clang" in compiler():
        pytest.skip("no vector flags here")
    from excitable.simulation.backends.compiled import programs

    build, used = programs.cached_program, []
    monkeypatch.setattr(programs, "cached_program", lambda *a: used.append(build(*a)) or used[-1])
    currents = np.linspace(10, 30, 16) * uA / cm**2
    single, double = (
        fi_curve(CONNOR_STEVENS, currents, backend=b) for b in (SINGLE, "cpp_standalone")
    )
    main = str(used[0].folder / "main")
    symbols = subprocess.run(["nm", "-D", main], capture_output=True, text=True).stdout
    assert "_expf" in symbols
    np.testing.assert_allclose(single["rate_Hz"], double["rate_Hz"], rtol=2e-4)


@needs_openmp
def test_threads_change_nothing():
    stimulus = Constant(np.linspace(1, 5, 300) * nA)
    one, two = (
        simulate(LIF, stimulus, 300, 50 * ms, backend=Backend("cpp_standalone", threads=n))
        for n in (1, 2)
    )
    assert two.threads == 2
    a, b = (np.lexsort((r.spike_ms, r.spike_neuron)) for r in (one, two))
    np.testing.assert_array_equal(one.spike_neuron[a], two.spike_neuron[b])
    np.testing.assert_array_equal(one.spike_ms[a], two.spike_ms[b])
