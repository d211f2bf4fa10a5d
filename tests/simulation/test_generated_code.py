"""Generated C++: what is changed for speed falls back where Brian2 writes other code."""

import brian2
import numpy as np
import pytest
from brian2 import cm, ms, mV, nA, nS, uA
from brian2.codegen.templates import Templater
from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject
from excitable.models import HODGKIN_HUXLEY, LIF
from excitable.protocols import Constant, Step, Synapse, Uniform, WhiteNoise, ei_network
from excitable.simulation import Backend, simulate
from excitable.simulation.backends import has_compiler
from excitable.simulation.backends.compiled import cache, standalone_device
from excitable.simulation.backends.compiled.compile import has_openmp
from excitable.simulation.backends.compiled.edits import brian2_edits
from excitable.simulation.backends.compiled.edits.sources import (
    Edit,
    GeneratedCodeWarning,
    Sources,
    UnknownCodeError,
)
from jinja2 import FunctionLoader
from scipy import stats

needs_compiler = pytest.mark.skipif(not has_compiler(), reason="needs a C++ compiler")
PLAIN = Backend("cpp_standalone", optimise=False)

# --- edits ---------------------------------------------------------------------------------------

PAIR = (Edit("pair", "$file.cpp", "int", "long"), Edit("pair", "b.cpp", r"f\(\)", "g()"))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.cpp").write_text("int a = f();")
    (tmp_path / "b.cpp").write_text("f() + f()")
    return tmp_path


def contents(folder):
    return [(folder / name).read_text() for name in ("a.cpp", "b.cpp")]


def test_edits_of_one_name_are_made_together(folder):
    (folder / "b.cpp").write_text("f()")
    sources = Sources(folder, PAIR)
    assert sources.edit("pair", file="a")
    sources.finish()
    assert contents(folder) == ["long a = f();", "g()"]


def test_where_one_does_not_fit_none_is_made_and_one_warning_says_so(folder):
    others = (Edit("clock", "main.cpp", "now", "then"), Edit("any", "b.cpp", "q", "r", "any"))
    sources = Sources(folder, (*PAIR, *others))
    before = contents(folder)
    assert not sources.edit("pair", file="a")
    assert not sources.edit("pair", file="a")
    assert not sources.edit("clock")  # there is no such file
    assert sources.edit("any")
    with pytest.warns(GeneratedCodeWarning) as said:
        sources.finish()
    (warning,) = said
    assert f"Brian2 {brian2.__version__} " in str(warning.message)
    assert str(warning.message).endswith("without: pair, clock")
    assert "\n" not in str(warning.message)
    assert contents(folder) == before


def test_what_is_required_raises(folder):
    sources = Sources(folder, [Edit("seed", "a.cpp", "srand", "", for_speed=False)])
    with pytest.raises(UnknownCodeError, match=rf"Brian2 {brian2.__version__}.*; seed: a\.cpp"):
        sources.edit("seed")


def test_without_optimisation_only_what_is_required_is_changed(folder):
    required = Edit("needed", "a.cpp", "f", "h", for_speed=False)
    sources = Sources(folder, [*PAIR, required], optimise=False)
    assert not sources.edit("pair", file="a")
    assert sources.edit("needed")
    sources.finish()
    assert contents(folder) == ["int a = h();", "f() + f()"]


def test_the_edits_of_a_name_are_all_required_or_all_for_speed():
    names = {edit.name for edit in brian2_edits.EDITS}
    for name in names:
        assert len({edit.for_speed for edit in brian2_edits.EDITS if edit.name == name}) == 1


# --- Brian2 with other templates -----------------------------------------------------------------

# The same C++ written in another way, for each group of edits.
OTHER_TEXTS = {
    brian2_edits.FEWER_FILES: ("objects.cpp", "ofstream outfile_", "std::ofstream outfile_"),
    brian2_edits.WIDE: (
        "objects.cpp", "{{c_data_type(var.dtype)}} * {{varname}};",
        "{{c_data_type(var.dtype)}}  * {{varname}};",
    ),
    brian2_edits.SHORT_SETTERS: (
        "objects.cpp", "template<class T> void set", "template <class T> void set",
    ),
    brian2_edits.ROOM: (
        "synapses_create_generator.cpp",
        "size_t _raw_pre_idx, _raw_post_idx;",
        "size_t _raw_pre_idx; size_t _raw_post_idx;",
    ),
    brian2_edits.BY_SOURCE: (
        "synapses.cpp", "_spiking_synapses->size()", "(int)(*_spiking_synapses).size()",
    ),
    brian2_edits.UPDATE: ("stateupdate.cpp", "_idx<_N; _idx++", "_idx < _N; ++_idx"),
    brian2_edits.RESET: ("reset.cpp", "_index_events<_num_events", "_index_events < _num_events"),
    brian2_edits.SEARCH: ("threshold.cpp", "long _count = 0;", "long _count(0);"),
    brian2_edits.TOGETHER: (
        "main.cpp",
        "{{main_lines|",
        "{{main_lines|map('replace', 'network.add(', 'network . add(')|list|",
    ),
    "last digits that are the same for any number of neurons": (
        "stateupdate.cpp", "{{constant_or_scalar('N', variables['N'])}}", "N",
    ),
}  # fmt: skip


@pytest.fixture
def alter(monkeypatch, tmp_path):
    """Give a function that changes texts in Brian2's templates; programs have a fresh cache."""
    monkeypatch.setenv("EXCITABLE_CACHE", str(tmp_path / "programs"))

    def alter(*changes):
        for code in (CPPStandaloneCodeObject, standalone_device._Update):
            known = code.templater
            package = known.package_names, known.extension
            altered = Templater(*package, known.env_globals, known.templates_dir)
            original = altered.env.loader

            def load(name, original=original, env=altered.env):
                text = original.get_source(env, name)[0]
                for file, old, new in changes:
                    if name == file:
                        assert old in text
                        text = text.replace(old, new)
                return text

            altered.env.loader = FunctionLoader(load)
            monkeypatch.setattr(code, "templater", altered)

    return alter


def lif(**options):
    return simulate(LIF, Constant(np.linspace(1, 5, 20) * nA), 20, 50 * ms, **options)


def network(threads=1, **options):
    return ei_network(
        LIF, n_exc=230, n_inh=70, p=0.1, delay=1.5 * ms, drive=Constant(1.8 * nA),
        synapse=Synapse.conductance(5 * ms, 0 * mV, 3 * nS),
        inhibition=Synapse.conductance(10 * ms, -80 * mV, 10 * nS),
        start={"v": Uniform(-65 * mV, -50 * mV)}, duration=100 * ms,
        backend=Backend("cpp_standalone", threads, **options),
    ).spikes  # fmt: skip


@pytest.fixture(scope="module")
def usual_spikes():
    return {threads: network(threads).to_numpy() for threads in (1, 2 if has_openmp() else 1)}


def said_by(warnings):
    (warning,) = (w for w in warnings if issubclass(w.category, GeneratedCodeWarning))
    return str(warning.message)


@needs_compiler
def test_a_brian2_that_writes_all_in_other_words_gives_the_same_spikes(alter, usual_spikes):
    alter(*OTHER_TEXTS.values())
    with pytest.warns(GeneratedCodeWarning) as said:
        found = network()
    message = said_by(said)
    assert brian2.__version__ in message
    # What is not parted needs not be put together.
    assert [name for name in OTHER_TEXTS if name not in message] == [brian2_edits.TOGETHER]
    np.testing.assert_array_equal(found.to_numpy(), usual_spikes[1])


@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize(
    "threads",
    [1, pytest.param(2, marks=pytest.mark.skipif(not has_openmp(), reason="needs OpenMP"))],
)
@pytest.mark.parametrize("name", OTHER_TEXTS)
def test_one_thing_in_other_words_leaves_the_rest_as_it_is(alter, usual_spikes, name, threads):
    alter(OTHER_TEXTS[name])
    with pytest.warns(GeneratedCodeWarning) as said:
        found = network(threads)
    assert said_by(said).endswith(f"without: {name}")
    np.testing.assert_array_equal(found.to_numpy(), usual_spikes[threads])


@needs_compiler
def test_a_single_cell_program_warns_when_it_is_built_and_not_again(alter, recwarn):
    usual = lif(backend=PLAIN)
    alter(OTHER_TEXTS[brian2_edits.FEWER_FILES])
    for _ in range(2):
        found = lif(backend="cpp_standalone")
    assert brian2_edits.FEWER_FILES in said_by(recwarn)
    np.testing.assert_array_equal(found.spike_ms, usual.spike_ms)


@needs_compiler
def test_a_brian2_whose_run_takes_no_arguments_is_refused(alter):
    alter(("main.cpp", "{{main_lines|", "{{main_lines|map('replace', 'network.run', 'go')|list|"))
    with pytest.raises(UnknownCodeError, match=rf"{brian2.__version__}.*{brian2_edits.DURATION}"):
        lif(backend="cpp_standalone")


# --- optimised and not ---------------------------------------------------------------------------


@needs_compiler
@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize(
    ("model", "stimulus"),
    [
        (LIF, Constant(np.linspace(1, 5, 64) * nA)),
        (HODGKIN_HUXLEY, Step(np.linspace(5, 20, 64) * uA / cm**2, onset=5 * ms)),
    ],
    ids=["lif", "hodgkin_huxley"],
)
def test_spikes_are_the_same_to_the_last_bit(model, stimulus, precision):
    """Of 64 cells: Brian2's own code takes fewer one by one, and so rounds in another way."""
    fast, plain = (
        simulate(model, stimulus, 64, 60 * ms, backend=Backend("cpp_standalone", 1, precision, o))
        for o in (True, False)
    )
    assert len(fast.spike_ms) > 20
    np.testing.assert_array_equal(fast.spike_ms, plain.spike_ms)
    np.testing.assert_array_equal(fast.spike_neuron, plain.spike_neuron)


@needs_compiler
def test_a_cell_has_the_same_spikes_however_many_run_with_it():
    """To the last bit: a compiler takes all of them together, sixteen as well as more."""
    few, many = (
        simulate(
            HODGKIN_HUXLEY, Step(np.full(n, 10) * uA / cm**2, onset=5 * ms), n, 60 * ms,
            backend="cpp_standalone",
        )
        for n in (16, 64)
    )  # fmt: skip
    first = few.spike_ms[few.spike_neuron == 0]
    assert len(first) > 3
    for found, n in ((few, 16), (many, 64)):
        for neuron in range(n):
            np.testing.assert_array_equal(found.spike_ms[found.spike_neuron == neuron], first)


@needs_compiler
def test_they_are_two_programs(monkeypatch, tmp_path):
    monkeypatch.setenv("EXCITABLE_CACHE", str(tmp_path))
    for backend in ("cpp_standalone", PLAIN):
        lif(backend=backend)
    assert len(cache.entries()) == 2


@needs_compiler
@pytest.mark.parametrize("optimise", [True, False])
def test_noise_has_the_stationary_distribution(optimise):
    """An Ornstein-Uhlenbeck process: standard deviation R*sigma/sqrt(2*tau) around E_L.

    Optimised programs draw their normal numbers in another way, so that these differ.
    """
    sigma = 0.8 * nA * ms**0.5
    found = simulate(
        LIF, WhiteNoise(0 * nA, sigma), 1024, 61 * ms, record=("v",), record_dt=60 * ms, seed=2,
        backend=Backend("cpp_standalone", optimise=optimise),
    )  # fmt: skip
    parameters = (LIF.parameters[name] for name in ("E_L", "R", "tau"))
    E_L, R, tau = (float(p.value * p.unit) for p in parameters)
    sd = R * float(sigma) / np.sqrt(2 * tau)
    v = found.traces["v"][:, -1]
    assert stats.kstest(v, stats.norm(E_L, sd).cdf).pvalue > 0.01
