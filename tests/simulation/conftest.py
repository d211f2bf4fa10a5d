"""The compiled LIF that several files run."""

import numpy as np
import pytest
from brian2 import ms, nA
from excitable.models import LIF
from excitable.protocols import Constant
from excitable.simulation import cache, simulate
from excitable.simulation.program import Program


@pytest.fixture(scope="session")
def lif_program(tmp_path_factory):
    """Sixteen LIF cells under a constant input, in a cache where no other test puts its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXCITABLE_CACHE", str(tmp_path_factory.mktemp("programs")))
        simulate(LIF, Constant(np.full(16, 2) * nA), 16, 20 * ms, backend="cpp_standalone")
        ((name, *_),) = cache.entries()
        return Program.open(cache.cache_folder() / name)
