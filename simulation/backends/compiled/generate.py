"""From a group's text to C++ sources and a manifest, by Brian2's standalone device."""

import contextlib
import json
from pathlib import Path

import brian2
import numpy as np
from brian2 import Clock, Network, NeuronGroup, SpikeMonitor, StateMonitor, second
from brian2.devices import reset_device
from brian2.devices.cpp_standalone.device import CPPStandaloneDevice

from ....models.grouping import GroupText
from ...methods import updater
from ...methods.within_step import SINCE
from .finish_sources import edited, finish_sources
from .standalone_device import ProgramDevice


def generate(
    folder: Path,
    text: GroupText,
    states,
    record,
    record_dt,
    about=None,
    sources=None,
    optimise: bool = True,
) -> None:
    """Write the C++ sources and ``manifest.json`` of a program.

    Parameters
    ----------
    folder : Path
    text : GroupText
        Its constants and arrays become inputs of the program.
    states : sequence of str
        State variables; inputs (initial values) and outputs (final values).
    record : sequence of str
    record_dt : Quantity or None
    about : dict, optional
        More fields of the manifest.
    sources : dict of str to str, optional
        More source files, or others for some of those that are generated, and their contents.
    optimise : bool
        Whether Brian2's code is changed for speed; see `Backend`.
    """
    with device_for(folder, optimise) as device:
        network, parts = assemble(text, record, record_dt)
        network.run(1 * second, namespace=dict(text.functions))
        device.build(directory=str(folder), compile=False, run=False)
        manifest = _manifest(device, parts, text, states, record)
    with edited(folder, optimise) as generated:
        finish_sources(generated, manifest["outputs"])
    for name, content in (sources or {}).items():
        (folder / name).write_text(content)
    (folder / "manifest.json").write_text(json.dumps(manifest | (about or {}), indent=1))


@contextlib.contextmanager
def device_for(folder: Path, optimise: bool = True):
    """Make Brian2 generate C++ into a folder for the block; give the device."""
    if isinstance(brian2.get_device(), CPPStandaloneDevice):
        raise ValueError(
            "the script has itself called set_device('cpp_standalone'), whose unfinished program "
            "this run would destroy; use set_device('runtime') first, or backend='cython'"
        )
    device = ProgramDevice(optimise)
    brian2.set_device(device, directory=str(folder), build_on_run=False)
    try:
        yield device
    finally:
        reset_device()


def assemble(text: GroupText, record, record_dt) -> tuple[Network, dict]:
    """Return the network and its parts, under fixed names: compiled code is found by them."""
    kwargs = text.kwargs() | {"method": updater(text.method, text.stochastic, text.namespace)}
    clock = Clock(kwargs.pop("dt"), name="cells_clock")
    cells = NeuronGroup(text.n, **kwargs, clock=clock, name="cells")
    parts = {"cells": cells}
    if text.threshold:
        located = SINCE in text.equations
        when = {"when": "after_resets"} if located else {}
        variables = [SINCE] if located else None
        parts["spikes"] = SpikeMonitor(cells, variables=variables, name="spikes", **when)
    if record:
        when = {"clock": clock} if record_dt is None else {"dt": record_dt}
        parts["traces"] = StateMonitor(cells, record, record=True, name="traces", **when)
    return Network(*parts.values(), name="network"), parts


def _manifest(device, parts, text: GroupText, states, record) -> dict:
    """Say which arrays go in and come out, by the names of the files and variables."""
    cells = parts["cells"]

    def file(owner, name):
        return Path(device.get_array_filename(owner.variables[name])).name

    def output(owner, name, shape):
        dtype = np.dtype(owner.variables[name].dtype).name
        return {"file": file(owner, name), "dtype": dtype, "shape": shape}

    inputs = {}
    for name in (*states, *text.arrays, *text.shared):
        shape = [] if name in text.shared else [text.n]
        dtype = np.dtype(cells.variables[name].dtype).name
        inputs[name] = {"variable": f"cells.{name}", "shape": shape, "dtype": dtype}
    outputs = {f"state_{name}": output(cells, name, ["neurons"]) for name in states}
    if "spikes" in parts:
        spikes = parts["spikes"]
        outputs["spike_count"] = output(spikes, "count", ["neurons"])
        outputs["spike_neuron"] = output(spikes, "i", ["spikes"])
        outputs["spike_t"] = output(spikes, "t", ["spikes"])
        if SINCE in text.equations:
            outputs["spike_since"] = output(spikes, SINCE, ["spikes"])
    if "traces" in parts:
        outputs["trace_t"] = output(parts["traces"], "t", ["samples"])
        for name in record:
            outputs[f"trace_{name}"] = output(parts["traces"], name, ["samples", "neurons"])
    threads = brian2.prefs.devices.cpp_standalone.openmp_threads or 1
    return {"n": text.n, "threads": threads, "inputs": inputs, "outputs": outputs}
