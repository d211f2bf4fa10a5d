"""The compiled LIF that several files run, and C++ that writes numbers."""

import subprocess

import numpy as np
import pytest
from brian2 import ms, nA
from excitable.models import LIF
from excitable.protocols import Constant
from excitable.simulation import simulate
from excitable.simulation.backends.compiled import cache
from excitable.simulation.backends.compiled.compile import SMALL, compiler, fast_flags
from excitable.simulation.backends.compiled.program import Program


@pytest.fixture(scope="session")
def lif_program(tmp_path_factory):
    """Sixteen LIF cells under a constant input, in a cache where no other test puts its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXCITABLE_CACHE", str(tmp_path_factory.mktemp("programs")))
        simulate(LIF, Constant(np.full(16, 2) * nA), 16, 20 * ms, backend="cpp_standalone")
        ((name, *_),) = cache.entries()
        return Program.open(cache.cache_folder() / name)


@pytest.fixture(scope="module", params=["fast", "small"])
def numbers(request, tmp_path_factory):
    """What the module's C++ PROGRAM writes, with the flags of a hot loop and of the rest."""
    folder = tmp_path_factory.mktemp("cpp")
    (folder / "main.cpp").write_text(request.module.PROGRAM)
    flags = fast_flags() if request.param == "fast" else SMALL
    command = [compiler(), "-std=c++11", *flags, "main.cpp", "-o", "main"]
    subprocess.run(command, cwd=folder, check=True)
    said = subprocess.run(["./main"], cwd=folder, check=True, capture_output=True).stdout
    return np.frombuffer(said)
