"""Compare an exported project's spikes with those of the same cells in Python, on numpy.

The project is the one that .ci/run exports; its spikes.csv and neurons.csv are in the folder named
on the command line.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from brian2 import cm, ms, msiemens, mV, uA
from excitable.models import CONNOR_STEVENS
from excitable.protocols import Step, response

folder = Path(sys.argv[1])
exported = pd.read_csv(folder / "spikes.csv")
cells = pd.read_csv(folder / "neurons.csv")
python = response(
    CONNOR_STEVENS.with_(E_L=-20 * mV),
    Step(cells["I_uA_per_cm2"].to_numpy() * uA / cm**2, onset=20 * ms),
    100 * ms,
    record=(),
    n=len(cells),
    vary={"g_A": cells["g_A_mS_per_cm2"].to_numpy() * msiemens / cm**2},
    backend="numpy",
).spikes
assert len(python) > 100, f"only {len(python)} spikes to compare"
np.testing.assert_array_equal(exported["neuron"], python["neuron"])
np.testing.assert_allclose(exported["t_ms"], python["t_ms"], rtol=0, atol=1e-6)
largest = np.abs(exported["t_ms"] - python["t_ms"]).max()
print(f"{len(python)} spikes are the same; times differ by at most {largest:.1e} ms")
