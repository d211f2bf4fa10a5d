"""Brian2 as it comes: the script that somebody would write who copies a model into a NeuronGroup.

``python -m benchmarks.stock MODEL TARGET N SECONDS DT_MS METHOD FOLDER`` prints the table's length.
Run as a process of its own: the standalone device is a global of Brian2.
"""

import sys
from pathlib import Path

import brian2
import numpy as np
import pandas as pd
from brian2 import Network, NeuronGroup, SpikeMonitor, ms, second
from excitable.models import find_model


def network(model, n: int, dt_ms: float, method: str):
    """Return the network and its monitor: `n` currents over the model's range, from rest."""
    low, high = model.input_range
    unit = model.input_unit
    cells = NeuronGroup(n, **model.brian_kwargs() | {"method": method, "dt": dt_ms * ms})
    for name, value in model.initial.items():
        setattr(cells, name, value)
    setattr(cells, model.input, np.linspace(low, high, n) * unit)
    spikes = SpikeMonitor(cells)
    return Network(cells, spikes), spikes


def table(spikes, n: int, seconds: float) -> pd.DataFrame:
    """Return the rates as most scripts take them: intervals after the first 300 ms."""
    neuron, times = np.array(spikes.i), np.array(spikes.t / second)
    kept = times > 0.3
    grouped = pd.Series(times[kept]).groupby(neuron[kept])
    rates = (grouped.count() - 1) / (grouped.max() - grouped.min())
    return rates.reindex(range(n), fill_value=0.0).rename("rate_Hz").reset_index()


def main(name, target, n, seconds, dt_ms, method, folder) -> None:
    """Build and run once; a standalone project stays in its folder, to be run again."""
    n, seconds, dt_ms = int(n), float(seconds), float(dt_ms)
    if target == "cpp_standalone":
        brian2.set_device("cpp_standalone", directory=folder, build_on_run=False)
    else:
        brian2.prefs.codegen.target = target
        brian2.prefs.codegen.runtime.cython.cache_dir = str(Path(folder) / "cython")
    whole, spikes = network(find_model(name), n, dt_ms, method)
    whole.run(seconds * second)
    if target == "cpp_standalone":
        brian2.device.build(directory=folder, compile=True, run=True, with_output=False)
    print(len(table(spikes, n, seconds)))


if __name__ == "__main__":
    main(*sys.argv[1:])
