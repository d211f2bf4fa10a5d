"""Threads, processes, preferences, disks and kills around a run: right numbers, nothing left."""

import locale
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import brian2
import numpy as np
import pytest
from brian2 import ms, nA, prefs
from excitable.analysis import lif_rate
from excitable.models import LIF, QIF
from excitable.protocols import Constant, fi_curve, sweep
from excitable.simulation import export, open_program, scratch, simulate
from excitable.simulation.backends import has_compiler
from excitable.simulation.backends.compiled import compile, programs
from excitable.simulation.backends.compiled.compile import compiler
from excitable.simulation.backends.compiled.program import Program
from excitable.simulation.projects import project

from excitable.errors import InputError, ProgramError
from excitable.progress import bar, tell

ROOT = Path(__file__).parents[2]
REFRACTORY = 2  # ms; makes the legacy timing of refractory periods matter
CELL = LIF.with_(t_ref=REFRACTORY * ms)
QUICK = {"duration": 150 * ms, "discard": 20 * ms, "dt": 0.5 * ms, "backend": "numpy"}


def rate(I=3.0, tau=10.0) -> float:
    """The closed form, in Hz."""
    known = {"R": 10, "E_L": -65, "V_reset": -65, "V_th": -50, "t_ref": REFRACTORY}
    return float(lif_rate(I, tau=tau, **known))


def measured(I=3.0, tau=10.0) -> float:
    table = fi_curve(CELL.with_(tau=tau * ms), [I] * nA, **QUICK)
    return float(table["rate_Hz"].iloc[0])


# --- threads --------------------------------------------------------------------------------------

PAIRS = [(I, tau) for I in (2.0, 3.0, 4.0) for tau in (6.0, 9.0)]


@pytest.mark.parametrize("threads", [2, 4])
def test_threads_get_their_own_right_numbers(threads):
    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(lambda pair: measured(*pair), PAIRS))
    np.testing.assert_allclose(found, [rate(*pair) for pair in PAIRS], rtol=1e-4)


def test_joblib_on_threads():
    joblib = pytest.importorskip("joblib")
    jobs = (joblib.delayed(measured)(*pair) for pair in PAIRS[:3])
    found = joblib.Parallel(2, backend="threading")(jobs)
    np.testing.assert_allclose(found, [rate(*pair) for pair in PAIRS[:3]], rtol=1e-4)


@pytest.mark.skipif(not has_compiler(), reason="needs a C++ compiler")
def test_threads_generate_their_own_programs(tmp_path, monkeypatch):
    """Two at once used to end in "the script has itself called set_device"."""

    def compile_nothing(folder, *rest):
        (folder / "main").write_text("#!/bin/sh\n")
        (folder / "main").chmod(0o755)

    made = []
    monkeypatch.setenv("EXCITABLE_CACHE", str(tmp_path))
    monkeypatch.setattr(programs, "compile_program", compile_nothing)
    cached = programs.cached_program
    monkeypatch.setattr(programs, "cached_program", lambda *a: made.append(cached(*a)) or made[-1])

    def run(model):
        with pytest.raises(Exception, match="did not finish"):
            simulate(model, Constant(2 * model.input_unit), 2, 50 * ms, start="initial",
                     backend="cpp_standalone")  # fmt: skip

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, (LIF, QIF)))
    inputs = {frozenset(program.inputs) for program in made}
    assert len(inputs) == 2
    for left in Path(scratch.tempfile.gettempdir()).glob("excitable-failed-*"):
        if left.stat().st_mtime > time.time() - 60:
            shutil.rmtree(left)


SPAWN = """
    import sys
    from test_surroundings import measured, rate
    if __name__ == "__main__":
        if sys.argv[1] == "spawn":
            from multiprocessing import get_context
            with get_context("spawn").Pool(1) as pool:
                found = pool.map(measured, [3.0])
        else:
            import joblib
            jobs = (joblib.delayed(measured)(I) for I in (3.0, 3.0))
            found = joblib.Parallel(2, backend="loky")(jobs)
        assert all(abs(x/rate() - 1) < 1e-4 for x in found), found
        print("right")
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", ["spawn", "loky"])
def test_processes_of_other_libraries(tmp_path, how):
    (tmp_path / "script.py").write_text(textwrap.dedent(SPAWN))
    path = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    done = subprocess.run([sys.executable, "script.py", how], cwd=tmp_path, capture_output=True,
                          text=True, env=dict(os.environ, PYTHONPATH=path))  # fmt: skip
    assert done.stdout == "right\n", done.stderr


# --- preferences and settings of the user ---------------------------------------------------------

SCHEDULE = ["start", "resets", "groups", "thresholds", "synapses", "end"]
PREFERENCES = [
    ("legacy.refractory_timing", True), ("core.network.default_schedule", SCHEDULE),
    ("core.default_float_dtype", np.float32), ("codegen.target", "cython"),
    ("codegen.loop_invariant_optimisations", False), ("core.outdated_dependency_error", False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), PREFERENCES)
def test_preferences_of_a_script_change_no_number_and_stay(name, value):
    before = prefs[name]
    prefs[name] = value
    try:
        assert measured() == pytest.approx(rate(), rel=1e-4)
        assert prefs[name] == value
    finally:
        prefs[name] = before


@pytest.mark.parametrize("state", ["raise", "warn", "ignore"])
def test_how_numpy_takes_errors_changes_no_number_and_stays(state):
    with np.errstate(all=state):
        assert measured() == pytest.approx(rate(), rel=1e-4)
        assert np.geterr()["divide"] == state


@pytest.mark.parametrize("step", [0.01, 1, 7])
def test_the_default_clock_of_a_script_changes_no_number_and_stays(step):
    before = brian2.defaultclock.dt
    brian2.defaultclock.dt = step * ms
    try:
        assert measured() == pytest.approx(rate(), rel=1e-4)
        assert brian2.defaultclock.dt == step * ms
    finally:
        brian2.defaultclock.dt = before


def test_names_of_a_script_change_no_number():
    tau = R = v = I = V_th = n = i = t = dt = 1e9  # noqa: F841
    assert measured() == pytest.approx(rate(), rel=1e-4)


def test_draws_of_a_script_go_on_where_they_were():
    np.random.seed(5)  # noqa: NPY002
    first = np.random.rand()  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    simulate(LIF, Constant(2 * nA), 1, 5 * ms, backend="numpy", seed=3)
    assert np.random.rand() == first  # noqa: NPY002


@pytest.mark.parametrize("stream", ["stderr", "stdout"])
def test_a_process_without_streams(monkeypatch, stream):
    """As under pythonw; a bar and a message have nowhere to go."""
    monkeypatch.setattr(sys, stream, None)
    assert measured() == pytest.approx(rate(), rel=1e-4)
    with bar(total=1) as shown:
        shown.update(1)
    tell("nobody listens")
    table = sweep(CELL, {"I": [3.0] * nA}, workers=0, **QUICK)
    assert table["rate_Hz"][0] == pytest.approx(rate(), rel=1e-4)


def test_warnings_as_errors():
    """As under -W error, but for what Brian2 itself warns of when it parses."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=DeprecationWarning, module="pyparsing|brian2")
        assert measured() == pytest.approx(rate(), rel=1e-4)


@pytest.mark.skipif(
    tuple(map(int, brian2.__version__.split(".")[:2])) < (2, 11),
    reason="such a Brian2 warns when it is imported",
)
@pytest.mark.skipif(not has_compiler(), reason="needs a C++ compiler")
def test_a_process_in_which_every_warning_is_an_error(tmp_path):
    script = """
        from excitable import LIF, Constant, response
        from brian2 import ms, nA
        for backend in ("numpy", "cpp_standalone"):
            print(len(response(LIF, Constant(2*nA), duration=100*ms, backend=backend).spikes))
    """
    env = dict(os.environ, PYTHONPATH=str(ROOT))
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(script)]
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.split() == ["7", "7"], done.stderr  # at 72.1 Hz


@pytest.fixture
def decimal_comma(tmp_path, monkeypatch):
    """A German locale, made here where none is installed."""
    made = ["localedef", "-i", "de_DE", "-f", "UTF-8", str(tmp_path / "de_DE.UTF-8")]
    if not shutil.which("localedef") or subprocess.run(made, capture_output=True).returncode:
        pytest.skip("no locale with a decimal comma can be made")
    monkeypatch.setenv("LOCPATH", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    before = locale.setlocale(locale.LC_ALL)
    locale.setlocale(locale.LC_ALL, "de_DE.UTF-8")
    yield
    locale.setlocale(locale.LC_ALL, before)


def test_a_decimal_comma(decimal_comma, tmp_path):
    assert locale.format_string("%.1f", 1.5) == "1,5"
    assert measured(2.5) == pytest.approx(rate(2.5), rel=1e-4)
    sweep(CELL, {"I": [2.5] * nA}, workers=0, store=tmp_path / "x.csv", **QUICK)
    assert ",2.5," in (tmp_path / "x.csv" / "part-000000.csv").read_text()


# --- files of runs --------------------------------------------------------------------------------


def abandoned(folder: Path, age=3600) -> Path:
    left = folder / "excitable-run-left"
    left.mkdir()
    (left / ".lock").touch()
    (left / "in_tau").write_bytes(bytes(8))
    os.utime(left, (time.time() - age,) * 2)
    return left


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(scratch.tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_what_a_killed_run_left_goes_at_the_next_start(temporary):
    left = abandoned(temporary)
    with scratch.scratch() as folder:
        assert not left.exists()
        assert folder.exists()
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("name", ["excitable-failed-x", "excitable-mine", "other", "excitable-run"])
def test_other_folders_stay(temporary, name):
    abandoned(temporary).rename(temporary / name)
    os.utime(temporary / name, (0, 0))
    with scratch.scratch():
        assert (temporary / name / "in_tau").exists()


def test_a_folder_just_made_stays(temporary):
    left = abandoned(temporary, age=5)
    with scratch.scratch():
        assert left.exists()


def test_a_link_stays_and_what_it_shows(temporary):
    thesis = temporary / "thesis"
    thesis.mkdir()
    (temporary / "excitable-run-link").symlink_to(thesis)
    os.utime(thesis, (0, 0))
    with scratch.scratch():
        assert thesis.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_folders_of_somebody_else_stay(temporary):
    left = abandoned(temporary)
    os.chown(left, 12345, -1)
    os.utime(left, (0, 0))
    with scratch.scratch():
        assert left.exists()


HOLD = """
    import os, signal, sys, tempfile
    tempfile.tempdir = sys.argv[1]
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # which nohup switches off
    from excitable.simulation.scratch import Scratch
    held = Scratch()
    os.utime(held.folder, (0, 0))
    print(held.folder, flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_folder_is_held_until_its_process_ends_however_it_does(temporary, how):
    command = [sys.executable, "-c", textwrap.dedent(HOLD), str(temporary)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as process:
        folder = Path(process.stdout.readline().strip())
        scratch.delete_abandoned.cache_clear()
        scratch.delete_abandoned(str(temporary))
        assert folder.exists()
        process.send_signal(how)
        process.wait()
    scratch.delete_abandoned.cache_clear()
    scratch.delete_abandoned(str(temporary))
    assert not folder.exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, RuntimeError, MemoryError])
def test_an_interrupted_block_leaves_nothing(temporary, error):
    def work():
        with scratch.scratch() as folder:
            (folder / "x").write_text("x")
            raise error

    with pytest.raises(error):
        work()
    assert list(temporary.iterdir()) == []


def test_a_temporary_directory_that_is_full_is_said(small_disk, monkeypatch):
    monkeypatch.setattr(scratch.tempfile, "tempdir", str(small_disk))
    with pytest.raises(OSError, match="No space"), scratch.scratch() as folder:
        (folder / "x").write_bytes(bytes(2**20))
    assert list(small_disk.iterdir()) == []


# --- programs that do not start, or are ended -----------------------------------------------------


def program_that_says(folder: Path, body: str) -> Program:
    (folder / "main").write_text(f"#!/bin/sh\n{body}\n")
    (folder / "main").chmod(0o755)
    return Program(folder, {}, {}, {"neurons": 1}, 1)


NO_START = {
    "cleared": (lambda file: shutil.rmtree(file.parent), "perhaps with a cache that was cleared"),
    "lost": (lambda file: file.unlink(), "perhaps with a cache that was cleared"),
    "noexec": (lambda file: file.chmod(0o644), "mounted noexec.*EXCITABLE_CACHE"),
    "foreign": (lambda file: file.write_bytes(b"\x7fELF"), "build it again on this machine"),
}


@pytest.mark.parametrize("what", NO_START)
def test_a_program_that_cannot_start_says_why(tmp_path, temporary, what):
    (tmp_path / "program").mkdir()
    program = program_that_says(tmp_path / "program", "exit 0")
    change, message = NO_START[what]
    change(program.folder / "main")
    with pytest.raises(ProgramError, match=f"could not be started: .*{message}"):
        program.execute({}, 1.0, 1e-3)
    assert not list(temporary.glob("excitable-*"))


@pytest.mark.parametrize(
    ("sent", "error", "message"),
    [("INT", KeyboardInterrupt, "^$"), ("KILL", ProgramError, "is there no memory left")],
)
def test_a_program_that_is_ended_has_not_failed(tmp_path, temporary, sent, error, message):
    """Ctrl-C reaches all that a terminal runs; what failed would be kept for good."""
    (tmp_path / "program").mkdir()
    program = program_that_says(tmp_path / "program", f"kill -{sent} $$")
    with pytest.raises(error, match=message):
        program.execute({}, 1.0, 1e-3)
    kept = list(temporary.glob("excitable-*"))
    assert len(kept) == (sent == "KILL")


def test_flags_are_probed_where_nothing_may_be_started(monkeypatch):
    """As in a temporary folder on a disk that is mounted noexec."""

    def run(command, **options):
        if len(command) == 1:
            raise PermissionError(13, "Permission denied")
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(compile.subprocess, "run", run)
    assert compile._accepts(Path("probe.cpp"), ["-O3"])


# --- exports and studies that are killed ----------------------------------------------------------


def export_stopped_at(name, folder, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copy", _stops_at(name))
        with pytest.raises(KeyboardInterrupt):
            export(LIF, Constant(2 * nA), folder, 4, 50 * ms)


def test_an_export_that_is_stopped_is_never_taken_for_one(tmp_path, monkeypatch):
    """Wherever it stops: without its manifest nothing runs."""
    folder, again = tmp_path / "project", tmp_path / "again"
    export_stopped_at("manifest.json", folder, monkeypatch)
    assert (folder / "run.sh").exists()
    with pytest.raises(InputError, match="holds no program"):
        open_program(folder)
    export_stopped_at("CMakeLists.txt", again, monkeypatch)
    assert (again / "parameters.csv").exists()
    assert not {"run.sh", "makefile", "CMakeLists.txt"} & set(os.listdir(again))
    with pytest.raises(InputError, match="not empty"):
        export(LIF, Constant(2 * nA), folder, 4, 50 * ms)


def test_an_export_to_a_full_disk_says_it_in_one_sentence(small_disk, tmp_path):
    (tmp_path / "made").mkdir()
    for name in ("main.cpp", "run.sh", "README.md"):
        (tmp_path / "made" / name).write_bytes(bytes(250_000))
    sentence = rf"^the project could not be written: .*No space left.*delete {small_disk} and"
    with pytest.raises(OSError, match=sentence) as raised:
        project._copy(tmp_path / "made", small_disk)
    assert len(str(raised.value)) < 3 * len(str(small_disk)) + 100


def _stops_at(name):
    """Copy files until the one of this name."""
    copy = shutil.copy

    def copies(source, target):
        if Path(source).name == name:
            raise KeyboardInterrupt
        return copy(source, target)

    return copies


COMPILED = """
from excitable import fi_curve, LIF
from brian2 import nA, ms
table = fi_curve(LIF.with_(t_ref=2*ms), [3.0]*nA, backend="cpp_standalone")
print(repr(float(table["rate_Hz"].iloc[0])))
"""


@pytest.mark.slow
@pytest.mark.skipif(not has_compiler(), reason="needs a C++ compiler")
@pytest.mark.parametrize("behind", ["exec", "ccache"])
def test_a_compiler_behind_something_else(tmp_path, behind):
    """A script, or a cache of compilations that is asked again."""
    if behind == "ccache" and not shutil.which(behind):
        pytest.skip("there is no ccache")
    wrapper = tmp_path / "bin" / "g++"
    wrapper.parent.mkdir()
    wrapper.write_text(
        f'#!/bin/sh\nexport CCACHE_DIR="{tmp_path}/ccache"\n{behind} {compiler()} "$@"\n'
    )
    wrapper.chmod(0o755)
    for cache in ("first", "second"):
        environment = dict(
            os.environ, PYTHONPATH=str(ROOT), EXCITABLE_CACHE=str(tmp_path / cache),
            PATH=f"{wrapper.parent}{os.pathsep}{os.environ['PATH']}",
        )  # fmt: skip
        done = subprocess.run([sys.executable, "-c", COMPILED], env=environment, cwd=tmp_path,
                              capture_output=True, text=True)  # fmt: skip
        assert float(done.stdout) == pytest.approx(rate(), rel=1e-4), done.stderr


@pytest.mark.parametrize("tools", [(), ("sh",), ("sh", "rm"), ("g++",)])
def test_a_project_without_make_says_what_is_missing(tmp_path, tools):
    shutil.copy(ROOT / "simulation/projects/project_files/run.sh", tmp_path)
    (tmp_path / "bin").mkdir()
    for name in tools:
        if shutil.which(name):
            (tmp_path / "bin" / name).symlink_to(shutil.which(name))
    done = subprocess.run(["/bin/sh", str(tmp_path / "run.sh")], capture_output=True, text=True,
                          env={"PATH": str(tmp_path / "bin")})  # fmt: skip
    assert done.returncode == 1
    assert "error: compiling needs make and a C++ compiler" in done.stderr


ORPHAN = """
    import multiprocessing, os, time
    from excitable.simulation.parallel.workers import end_with_parent
    def wait(): time.sleep(600)
    if __name__ == "__main__":
        with multiprocessing.get_context("spawn").Pool(1, initializer=end_with_parent) as pool:
            pool.apply(os.getpid)
            print(pool.apply(os.getpid), flush=True)
            pool.apply(time.sleep, (600,))
"""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes in /proc")
def test_a_killed_run_of_studies_leaves_no_process(tmp_path):
    (tmp_path / "script.py").write_text(textwrap.dedent(ORPHAN))
    command = [sys.executable, "script.py"]
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE,
                          text=True) as process:  # fmt: skip
        worker = Path("/proc") / process.stdout.readline().strip()
        assert worker.exists()
        process.kill()
        process.wait()
        end = time.monotonic() + 30
        while worker.exists() and "Z" not in (worker / "stat").read_text().split(")")[1]:
            assert time.monotonic() < end, "the worker lives on"
            time.sleep(0.05)


@pytest.mark.parametrize("ending", ["new", "old"])
def test_what_a_killed_study_left_goes_with_the_next(tmp_path, ending):
    from excitable.experiments.report import save_study
    from excitable.experiments.study import StudyResult

    for name, age in (("old", 7200), ("young", 5)):
        left = tmp_path / f".lif-{name}.{ending}"
        left.mkdir()
        os.utime(left, (time.time() - age,) * 2)
    save_study(StudyResult("lif", "LIF", "", ()), tmp_path)
    assert sorted(os.listdir(tmp_path)) == [f".lif-young.{ending}", "lif"]


@pytest.fixture
def read_only_installation(tmp_path):
    """The package where nothing can be written, by root neither."""
    folder = tmp_path / "site"
    folder.mkdir()
    for command in (["mount", "--bind", str(ROOT), str(folder)],
                    ["mount", "-o", "remount,bind,ro", str(folder)]):  # fmt: skip
        if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("may not mount a folder read-only")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_read_only_installation(read_only_installation, tmp_path):
    command = [sys.executable, "-m", "excitable", "models", "lif"]
    environment = dict(os.environ, PYTHONPATH=str(read_only_installation))
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, "Leaky integrate-and-fire" in done.stdout) == (0, True), done.stderr


def test_forks_know_nothing_of_the_locks_of_their_parents():
    """A child that is forked while no thread runs computes as its parent does."""
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("cannot fork")
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply(measured) == pytest.approx(rate(), rel=1e-4)
