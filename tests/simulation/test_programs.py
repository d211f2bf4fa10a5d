"""Programs and their cache: arguments are checked, results too, and nothing damaged is run."""

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from brian2 import Unit, cm, ms, nA, second, uA
from excitable.models import CONNOR_STEVENS, LIF, QIF
from excitable.protocols import Constant, Recorded, Step, WhiteNoise
from excitable.simulation import simulate
from excitable.simulation.backends import has_compiler
from excitable.simulation.backends.compiled import cache, programs
from excitable.simulation.backends.compiled import compile as compile_module
from excitable.simulation.backends.compiled.compile import CompileError, fast_flags
from excitable.simulation.backends.compiled.program import Program, ProgramError
from excitable.simulation.backends.compiled.programs import cached_program
from excitable.simulation.parallel.chunks import seeds_of_chunks
from excitable.simulation.parallel.machine import cores

pytestmark = pytest.mark.skipif(not has_compiler(), reason="needs a C++ compiler")
RUN = {"backend": "cpp_standalone"}


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """An empty cache, in a folder whose name has a space and an accent."""
    folder = tmp_path / "cäche folder"
    monkeypatch.setenv("EXCITABLE_CACHE", str(folder))
    return folder


def lif_values(**changes):
    values = {"v": -0.065, "tau": 0.01, "R": 1e7, "E_L": -0.065, "V_th": -0.05,
              "V_reset": -0.065, "t_ref": 0.0, "I_amplitude": np.full(16, 2e-9)}  # fmt: skip
    return values | changes


def test_program_runs_with_other_values(lif_program):
    """Interval of the closed form: tau*ln(R I/(R I - 15 mV)), for sixteen currents at once."""
    currents = np.linspace(2e-9, 5e-9, 16)
    found = lif_program.execute(lif_values(I_amplitude=currents), 0.1, 5e-5)
    for k, current in enumerate(currents):
        mine = found["spike_neuron"] == k
        times = (found["spike_t"] + 5e-5 - found["spike_since"])[mine]
        expected = 0.01 * np.log(1e7 * current / (1e7 * current - 0.015))
        np.testing.assert_allclose(np.diff(times), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("tau", np.nan, "NaN or infinite"),
        ("I_amplitude", np.full(16, np.inf), "NaN or infinite"),
        ("I_amplitude", np.zeros(7), r"expected shape \(16,\), got \(7,\)"),
        ("tua", 0.01, "unknown input 'tua'"),
    ],
)
def test_bad_arguments_are_refused_before_the_start(lif_program, name, value, message):
    with pytest.raises(ValueError, match=message):
        lif_program.execute(lif_values(**{name: value}), 0.1, 5e-5)


@pytest.mark.parametrize(
    ("beside_cores", "users", "bound"), [(0, None, "true"), (0, "false", "false"), (1, None, None)]
)
def test_threads_are_bound_to_cores_if_there_is_one_for_each(
    lif_program, monkeypatch, beside_cores, users, bound
):
    """Two programs with fewer threads than cores would all be bound to the first cores."""
    environments = []

    def start(self, arguments, environment, report):
        environments.append(environment)
        return started(self, arguments, environment, report)

    started = Program._start
    monkeypatch.setattr(Program, "_start", start)
    monkeypatch.delenv("OMP_PROC_BIND", raising=False)
    if users:
        monkeypatch.setenv("OMP_PROC_BIND", users)
    program = replace(lif_program, threads=cores() + beside_cores)
    program.execute(lif_values(), 0.1, 5e-5)
    assert environments[0].get("OMP_PROC_BIND") == bound


def test_times_may_be_numbers_of_numpy(lif_program):
    found = lif_program.execute(lif_values(), np.float64(0.1), np.float64(5e-5))
    assert len(found["spike_t"]) == 16 * 7  # at 72.1 Hz


def test_bad_duration_is_an_error_of_the_program(lif_program):
    with pytest.raises(ProgramError, match="bad EXCITABLE_DURATION"):
        lif_program.execute(lif_values(), -1.0, 5e-5)


def copy_of(program, folder):
    subprocess.run(["cp", "-r", str(program.folder), str(folder)], check=True)
    return Program.open(folder)


def test_a_moved_program_gives_the_same_spikes(lif_program, tmp_path):
    moved = copy_of(lif_program, tmp_path / "somewhere élse")
    a = lif_program.execute(lif_values(), 0.1, 5e-5)
    b = moved.execute(lif_values(), np.float64(0.1), np.float64(5e-5))  # however they are written
    np.testing.assert_array_equal(a["spike_t"], b["spike_t"])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("exit 0", "did not finish"),
        ("echo 'Error reading x'; exit 0", "Error reading x"),
        ("kill -9 $$", "code -9"),
    ],
)
def test_a_program_that_fails_raises(lif_program, tmp_path, body, message):
    broken = copy_of(lif_program, tmp_path / "broken")
    (broken.folder / "main").write_text(f"#!/bin/sh\n{body}\n")
    with pytest.raises(ProgramError, match=message):
        broken.execute(lif_values(), 0.1, 5e-5)


def test_an_interrupted_program_ends_by_the_signal(lif_program, tmp_path):
    """Brian2's own would stop early and end as if all were well."""
    environment = lif_program._environment(100.0, 5e-5, "", 1, lambda fraction: None)
    command = ["./main", "--results_dir", f"{tmp_path}/"]
    with subprocess.Popen(command, cwd=lif_program.folder, env=environment,
                          stderr=subprocess.PIPE) as process:  # fmt: skip
        while process.stderr.readline() == b"@progress 0.0000\n":  # until it runs
            pass
        process.send_signal(signal.SIGINT)
    assert process.returncode == -signal.SIGINT


def test_a_truncated_result_raises(lif_program, tmp_path):
    broken = copy_of(lif_program, tmp_path / "broken")
    (broken.folder / "main").rename(broken.folder / "real")
    spikes = broken.outputs["spike_t"]["file"]
    run = 'EXCITABLE_END_WITH_PARENT=$$ ./real "$@"'  # the parent of `real` is this shell
    (broken.folder / "main").write_text(f'#!/bin/sh\n{run}\ntruncate -s -8 "$2/{spikes}"\n')
    (broken.folder / "main").chmod(0o755)
    with pytest.raises(ProgramError, match="result spike_t has"):
        broken.execute(lif_values(), 0.1, 5e-5)


def test_padding_and_chunks_change_nothing(monkeypatch):
    """300 cells in chunks of 64 and in one program: the same spikes, neuron by neuron."""
    stimulus = Constant(np.linspace(1, 5, 300) * nA)
    monkeypatch.setattr(programs, "LARGEST", 64)
    cut = simulate(LIF, stimulus, 300, 100 * ms, record=("v",), record_dt=1 * ms, **RUN)
    monkeypatch.setattr(programs, "LARGEST", 512)
    monkeypatch.setattr(programs, "WORTH_SPLITTING", 1000)
    whole = simulate(LIF, stimulus, 300, 100 * ms, record=("v",), record_dt=1 * ms, **RUN)
    assert cut.traces["v"].shape == (300, 100)
    np.testing.assert_array_equal(cut.traces["v"], whole.traces["v"])
    a, b = (np.lexsort((r.spike_ms, r.spike_neuron)) for r in (cut, whole))
    np.testing.assert_array_equal(cut.spike_neuron[a], whole.spike_neuron[b])
    np.testing.assert_array_equal(cut.spike_ms[a], whole.spike_ms[b])


@pytest.mark.parametrize("model", [LIF, QIF], ids=lambda m: m.name)
def test_same_spikes_as_numpy(model):
    amplitude = np.array([0.5, 2.0, 3.0]) * model.input_unit
    stimulus = Step(amplitude, onset=5 * ms, offset=70 * ms)
    mine = simulate(model, stimulus, 3, 80 * ms, **RUN)
    numpy = simulate(model, stimulus, 3, 80 * ms, backend="numpy")
    np.testing.assert_array_equal(mine.spike_neuron, numpy.spike_neuron)
    np.testing.assert_allclose(mine.spike_ms, numpy.spike_ms, rtol=1e-10)


def test_recorded_input_per_neuron():
    """Two columns, one of them above the rheobase; the third sample switches it off."""
    values = np.array([[1.0, 3.0], [1.0, 3.0], [0.0, 0.0]]) * nA
    found = simulate(LIF, Recorded(values, dt=20 * ms), 2, 60 * ms, **RUN)
    assert set(found.spike_neuron) == {1}
    assert found.spike_ms[0] == pytest.approx(10 * np.log(2), rel=1e-6)
    assert found.spike_ms[-1] < 40


def test_seed_decides_the_noise():
    stimulus = WhiteNoise(1.5 * nA, 1 * nA * ms**0.5)
    a, b, c = (simulate(LIF, stimulus, 5, 200 * ms, seed=s, **RUN).spike_ms for s in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert len(a) != len(c) or not np.array_equal(a, c)


def test_chunks_of_different_seeds_draw_different_noise():
    seeds = [seed for k in range(20) for seed in seeds_of_chunks(k, 4)]
    assert len(set(seeds)) == len(seeds)


def test_one_program_serves_other_parameters_durations_and_steps(own_cache):
    for tau, duration, dt in ((10, 50, 0.05), (20, 80, 0.05), (20, 80, 0.1)):
        model = LIF.with_(tau=tau * ms)
        simulate(model, Constant(3 * nA), 4, duration * ms, dt=dt * ms, **RUN)
    assert len(cache.entries()) == 1


def flip_a_byte(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))


def test_a_damaged_entry_is_rebuilt(own_cache):
    first = simulate(LIF, Constant(3 * nA), 2, 50 * ms, **RUN)
    (entry,) = [p for p in cache.cache_folder().iterdir() if p.is_dir()]
    flip_a_byte(entry / "main")
    assert not cache.is_whole(entry)
    again = simulate(LIF, Constant(3 * nA), 2, 50 * ms, **RUN)
    assert cache.is_whole(entry)
    np.testing.assert_array_equal(first.spike_ms, again.spike_ms)


def test_a_foreign_entry_is_not_run(own_cache):
    simulate(LIF, Constant(3 * nA), 2, 50 * ms, **RUN)
    (entry,) = [p for p in cache.cache_folder().iterdir() if p.is_dir()]
    (entry / "main").write_text("#!/bin/sh\ntouch /tmp/was-run\n")
    simulate(LIF, Constant(3 * nA), 2, 50 * ms, **RUN)
    assert b"ELF" in (entry / "main").read_bytes()[:4]


def test_a_failing_compiler_leaves_nothing_behind(own_cache, tmp_path, monkeypatch):
    fast_flags()  # probed with the real compiler
    fake = tmp_path / "bin" / "g++"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho 'internal compiler error' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr(
        "excitable.simulation.backends.compiled.compile.compiler", lambda: str(fake)
    )
    with pytest.raises(CompileError, match="internal compiler error"):
        simulate(LIF, Constant(3 * nA), 2, 50 * ms, **RUN)
    assert [p for p in cache.cache_folder().iterdir() if p.is_dir()] == []


def test_an_unusable_cache_folder_is_said_and_done_without(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(cache, "_PRIVATE", {})  # of the tests before this one
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("EXCITABLE_CACHE", str(file / "cache"))
    found = simulate(LIF, Constant(3 * nA), 2, 50 * ms, **RUN)
    assert len(found.spike_ms) > 0
    assert "cannot be used" in capsys.readouterr().err


def run_python(code: str, folder: Path, **options):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=dict(os.environ, EXCITABLE_CACHE=str(folder)),
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
        **options,
    )


SIMULATE = """
    from brian2 import ms, nA
    from excitable.models import LIF
    from excitable.protocols import Constant
    from excitable.simulation import simulate
    print(len(simulate(LIF, Constant(3*nA), 2, 50*ms, backend="cpp_standalone").spike_ms))
"""


def test_two_processes_build_one_program(own_cache):
    processes = [run_python(SIMULATE, own_cache) for _ in range(2)]
    counts = [process.communicate(timeout=300)[0].strip() for process in processes]
    assert counts[0] == counts[1] != ""
    assert len(cache.entries()) == 1


def test_a_kill_in_the_middle_of_a_build_is_recovered_from(own_cache):
    process = run_python(SIMULATE.replace(
        "from excitable.simulation import simulate",
        "from excitable.simulation import simulate\n"
        "    from excitable.simulation.backends.compiled import programs\n"
        "    import os\n"
        "    def die(*a): os.kill(os.getpid(), 9)\n"
        "    programs.compile_program = die",
    ), own_cache)  # fmt: skip
    process.communicate(timeout=300)
    assert process.returncode == -9
    assert cache.entries() == []
    found = simulate(LIF, Constant(3 * nA), 2, 50 * ms, **RUN)
    assert len(found.spike_ms) > 0


def test_the_cache_is_bounded(own_cache, monkeypatch):
    simulate(LIF, Constant(3 * nA), 2, 20 * ms, **RUN)
    monkeypatch.setattr(cache, "MAX_BYTES", 1)
    simulate(QIF, Constant(1 * Unit(1)), 2, 20 * ms, **RUN)
    assert len(cache.entries()) == 1  # the one just used stays


def test_programs_that_are_built_or_deleted_meanwhile_are_left_alone(own_cache, monkeypatch):
    """Another process may rename its private folder, or evict a program, at any moment."""
    simulate(LIF, Constant(3 * nA), 2, 20 * ms, **RUN)
    ((name, *_),) = cache.entries()
    private = cache.cache_folder() / f".{name}-being-built"
    shutil.copytree(cache.cache_folder() / name, private)
    assert [found for found, *_ in cache.entries()] == [name]

    def deleted_meanwhile(place):
        shutil.rmtree(place)
        return place.stat().st_size

    monkeypatch.setattr(cache, "_size", deleted_meanwhile)
    assert cache.entries() == []
    assert (private / "main").exists()


def test_running_a_program_does_not_import_brian2(lif_program):
    code = f"""
        import sys
        from excitable.simulation.backends.compiled.program import Program
        program = Program.open({str(lif_program.folder)!r})
        found = program.execute({{}}, 0.01, 5e-5)
        assert not [name for name in sys.modules if name.startswith("brian2")]
        print(len(found["state_v"]))
    """
    out, _ = run_python(code, cache.cache_folder().parent).communicate(timeout=100)
    assert out.strip() == "16"


def test_the_state_update_is_vectorised(monkeypatch):
    """The binary calls glibc's vector exponential; only where the flags were accepted."""
    if "-D__FAST_MATH__" not in fast_flags():
        pytest.skip("no vector flags here")
    used = []
    monkeypatch.setattr(
        programs, "cached_program", lambda *a: used.append(cached_program(*a)) or used[-1]
    )
    simulate(CONNOR_STEVENS, Constant(20 * uA / cm**2), 1, 1 * ms, **RUN)
    main = str(used[0].folder / "main")
    symbols = subprocess.run(["nm", "-D", main], capture_output=True, text=True).stdout
    assert "_ZGV" in symbols


def test_manifest_is_plain_json(lif_program):
    manifest = json.loads((lif_program.folder / "manifest.json").read_text())
    assert manifest["sizes"] == {"neurons": 16}
    assert manifest["inputs"]["tau"]["shape"] == []


def test_a_users_own_standalone_script_is_not_destroyed():
    code = """
        from brian2 import set_device, ms, nA
        set_device("cpp_standalone", build_on_run=False)
        from excitable.models import LIF
        from excitable.protocols import Ramp
        from excitable.simulation import simulate
        try:
            simulate(LIF, Ramp(1*nA/ms), 3, 10*ms, backend="cpp_standalone")
        except ValueError as error:
            print(error)
    """
    out, _ = run_python(code, cache.cache_folder().parent / "none").communicate(timeout=100)
    assert "use set_device('runtime') first" in out


def test_long_runs_do_not_lose_time():
    """4 s at 2 nA: the last spike is the 288th interval of the closed form."""
    found = simulate(LIF, Constant(2 * nA), 1, 4 * second, **RUN)
    assert found.spike_ms[-1] == pytest.approx(len(found.spike_ms) * 10 * np.log(4), rel=1e-7)
    assert found.dt_ms == 0.05


@pytest.mark.parametrize("cores", [1, 2, 3])
@pytest.mark.parametrize("hot", [0, 3, 6])
def test_objects_bring_the_same_support_functions(tmp_path, monkeypatch, cores, hot):
    """As those that draw from `poisson` do, which are not inline: none meets another's."""
    monkeypatch.setattr(compile_module, "cores", lambda: cores)
    (tmp_path / "code_objects").mkdir()
    (tmp_path / "objects.h").write_text("#pragma once\nnamespace brian {}\n")
    names = [f"object_{k}" for k in range(6)]
    for k, name in enumerate(names):
        (tmp_path / "code_objects" / f"{name}.cpp").write_text(
            '#include "objects.h"\n'
            f"namespace {{\ndouble drawn(double x) {{ return x + {k}; }}\n}}\n"
            f"double run_{name}()\n{{\n    using namespace brian;\n    return drawn(1);\n}}\n"
        )
    declared = "".join(f"double run_{name}();\n" for name in names)
    total = " + ".join(f"run_{name}()" for name in names)
    (tmp_path / "main.cpp").write_text(f"{declared}int main() {{ return int({total}); }}\n")
    compile_module.compile_program(tmp_path, lambda path: path.stem in names[:hot], ())
    # Each adds its own number: 6*1 + 0 + 1 + ... + 5.
    assert subprocess.run([tmp_path / "main"]).returncode == 21
