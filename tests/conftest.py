"""Shared by all tests."""

import contextlib
import gc
import shutil
import subprocess

import matplotlib
import pytest
from brian2 import defaultclock, ms, prefs

matplotlib.use("Agg")
with contextlib.suppress(ImportError):  # not every environment has it
    import hypothesis

    hypothesis.settings.register_profile("no clock", deadline=None)
    hypothesis.settings.load_profile("no clock")


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
