"""Shared by all tests."""

import contextlib
import gc
import shutil
import subprocess
from pathlib import Path

import matplotlib
import pytest
from brian2 import defaultclock, ms, prefs

matplotlib.use("Agg")
with contextlib.suppress(ImportError):  # not every environment has it
    import hypothesis

    hypothesis.settings.register_profile("no clock", deadline=None)
    hypothesis.settings.load_profile("no clock")


_TESTS = Path(__file__).parent


def _text(file: str) -> str:
    return (_TESTS / file).read_text(encoding="utf-8")


@pytest.hookimpl(tryfirst=True)  # before pytest looks at the marks
def pytest_collection_modifyitems(items):
    """Mark the tests that `thorough.txt` names: a folder, a file, or a test with all its cases."""
    lines = _text("thorough.txt").splitlines()
    named = {line for line in lines if not line.startswith("#")}
    for file, _, test in (line.partition("::") for line in named):
        if not (_TESTS / file).exists() or (test and f"def {test}(" not in _text(file)):
            raise pytest.UsageError(f"thorough.txt: there is no test {file} {test}")
    for item in items:
        path = item.path.relative_to(_TESTS)
        names = {*map(str, path.parents), str(path), f"{path}::{item.originalname}"}
        if names & named:
            item.add_marker("thorough")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """One more than there are cores: a test that waits for a program leaves its core free."""
    from excitable.simulation.parallel.machine import cores

    return cores() + 1


@pytest.fixture(autouse=True, scope="session")
def _no_progress_bars():
    from excitable.progress import set_progress

    set_progress(False)


@pytest.fixture(autouse=True, scope="session")
def _plain_brian2_on_numpy():
    """What a test runs in Brian2 itself is short: compiling it would take most of the time."""
    prefs.codegen.target = "numpy"


@pytest.fixture(autouse=True)
def _old_objects_are_set_aside():
    """Brian2 searches for garbage before every run: in all that the tests before this one left."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _clock_of_brian2():
    """A step that a test gives Brian2's clock is no other test's."""
    yield
    defaultclock.dt = 0.1 * ms


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 256 kB, where one may be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("may not mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
