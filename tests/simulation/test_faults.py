"""What a run leaves when it is killed, the disk is full or the cache may not be written."""

import os
import resource
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
from brian2 import ms, nA
from excitable.models import LIF
from excitable.protocols import Constant
from excitable.simulation import simulate
from excitable.simulation.backends import has_compiler
from excitable.simulation.backends.compiled import cache
from excitable.simulation.backends.compiled.compile import CompileError, compiler, fast_flags
from excitable.simulation.backends.compiled.program import Program, ProgramError

pytestmark = pytest.mark.skipif(not has_compiler(), reason="needs a C++ compiler")
RUN = {"backend": "cpp_standalone"}
VALUES = {"v": -0.065, "tau": 0.01, "R": 1e7, "E_L": -0.065, "V_th": -0.05, "V_reset": -0.065,
          "I_amplitude": np.full(16, 2e-9)}  # fmt: skip
HOURS = 1e5  # s; longer than anybody waits


@pytest.fixture
def program(lif_program):
    return lif_program


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """A folder of its own for the files of a run."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def check_spikes(program):
    """Intervals of the closed form at 2 nA: tau*ln 4."""
    found = program.execute(VALUES, 0.1, 5e-5)
    times = (found["spike_t"] - found["spike_since"])[found["spike_neuron"] == 3]
    assert len(times) == 7
    np.testing.assert_allclose(np.diff(times), 0.01 * np.log(4), rtol=1e-6)


def running(folder: Path) -> list[int]:
    """Return the ids of the processes that run the program in a folder."""
    found = []
    for link in Path("/proc").glob("[0-9]*/exe"):
        try:
            target = os.readlink(link)
        except OSError:
            continue
        found += [int(link.parent.name)] if target == str(folder / "main") else []
    return found


def wait_until(condition):
    end = time.monotonic() + 300  # a busy machine compiles slowly
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def own_copy(program, folder: Path) -> Program:
    subprocess.run(["cp", "-r", str(program.folder), str(folder)], check=True)
    return Program.open(folder)


LONG_RUN = """
    import sys
    from excitable.simulation.backends.compiled.program import Program
    Program.open(sys.argv[1]).execute({}, 1e5, 5e-5)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_killed_script_leaves_no_program_running_and_the_next_run_is_right(program, scratch):
    mine = own_copy(program, scratch / "mine")
    script = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(LONG_RUN), str(mine.folder)],
        cwd=Path(__file__).parents[2],
        env=dict(os.environ, TMPDIR=str(scratch)),
    )
    wait_until(lambda: running(mine.folder))
    script.kill()
    script.wait()
    wait_until(lambda: not running(mine.folder))
    check_spikes(mine)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_killed_program_is_an_error(program, scratch):
    mine = own_copy(program, scratch / "mine")
    killed = []

    def kill(fraction):
        killed.extend(running(mine.folder))
        os.kill(killed[0], signal.SIGKILL)

    with pytest.raises(ProgramError, match="ended with code -9"):
        mine.execute(VALUES, HOURS, 5e-5, report=kill)
    assert killed
    check_spikes(mine)


def test_a_disk_that_gets_full_is_an_error_and_is_not_kept_full(program, small_disk, monkeypatch):
    """A second of spikes at 2 nA fits into 256 kB; a hundred do not."""
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
    with pytest.raises(ProgramError, match=r"could not write its results .* is the disk full\?"):
        program.execute(VALUES, 100.0, 5e-5)
    assert list(small_disk.iterdir()) == []
    check_spikes(program)


def test_a_full_disk_is_an_error_before_the_start(program, small_disk, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
    file = small_disk / "other"
    with pytest.raises(OSError, match="No space"):
        file.write_bytes(bytes(2**20))
    with pytest.raises((ProgramError, OSError), match="No space left"):
        program.execute(VALUES, 0.1, 5e-5)
    assert list(small_disk.iterdir()) == [file]


def test_results_that_may_not_become_that_large_are_an_error(program, scratch):
    """The same without a disk of one's own: a limit on the size of files."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**16, before[1]))
    try:
        with pytest.raises(ProgramError, match=r"ended with code|could not write"):
            program.execute(VALUES, 100.0, 5e-5)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    check_spikes(program)


def test_a_compiler_that_fails_half_way_leaves_nothing_behind(tmp_path, monkeypatch):
    """Everything is compiled, the linker fails; then it works again."""
    fast_flags()  # probed with the real compiler
    monkeypatch.setenv("EXCITABLE_CACHE", str(tmp_path / "cache"))
    real = compiler()
    fake = tmp_path / "g++"
    fake.write_text(
        f'#!/bin/sh\ncase "$*" in *-c\\ *) exec {real} "$@";; esac\necho no space >&2\nexit 1\n'
    )
    fake.chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setattr("excitable.simulation.backends.compiled.compile.compiler", lambda: str(fake))
        with pytest.raises(CompileError, match="no space"):
            simulate(LIF, Constant(3 * nA), 2, 50 * ms, **RUN)
    assert [p for p in cache.cache_folder().iterdir() if p.is_dir()] == []
    found = simulate(LIF, Constant(2 * nA), 2, 50 * ms, **RUN)
    np.testing.assert_allclose(np.diff(found.spike_ms[::2]), 10 * np.log(4), rtol=1e-6)


@pytest.fixture
def read_only_cache(tmp_path, monkeypatch, program):
    """A cache that holds one program and on which nothing can be written, by root neither."""
    folder = tmp_path / "cache"
    (folder / "programs").mkdir(parents=True)
    own_copy(program, folder / "programs" / program.folder.name)
    commands = (["mount", "--bind", str(folder), str(folder)],
                ["mount", "-o", "remount,bind,ro", str(folder)])  # fmt: skip
    for command in commands:
        if subprocess.run(command, capture_output=True).returncode:
            pytest.skip("may not mount a folder read-only")
    monkeypatch.setenv("EXCITABLE_CACHE", str(folder))
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_read_only_cache_gives_what_it_has(read_only_cache, capsys, monkeypatch):
    monkeypatch.setattr(
        "excitable.simulation.backends.compiled.programs.compile_program",
        lambda *a: pytest.fail("compiled again"),
    )
    found = simulate(LIF, Constant(np.full(16, 2) * nA), 16, 50 * ms, **RUN)
    assert len(found.spike_ms) == 16 * 3
    assert capsys.readouterr().err == ""


def test_what_a_read_only_cache_has_not_is_built_once(read_only_cache, capsys):
    for _ in range(2):
        found = simulate(LIF, Constant(2 * nA), 2, 50 * ms, **RUN)
        assert len(found.spike_ms) == 2 * 3
    assert capsys.readouterr().err.count("cannot be used") == 1


def test_an_interrupted_run_leaves_no_files(program, scratch):
    def interrupt(fraction):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        program.execute(VALUES, HOURS, 5e-5, report=interrupt)
    assert not list(scratch.iterdir())


def test_an_hour_of_simulated_time_loses_none(program):
    """Of sixteen cells one fires: its last spike is the k-th interval of the closed form."""
    values = VALUES | {"I_amplitude": np.eye(16)[3] * 2e-9}
    found = program.execute(values, 3600.0, 2.5e-4)
    times = found["spike_t"] + 2.5e-4 - found["spike_since"]
    count = int(3600 / (0.01 * np.log(4)))
    assert len(times) == count
    np.testing.assert_allclose(times[-1], count * 0.01 * np.log(4), rtol=1e-8)
