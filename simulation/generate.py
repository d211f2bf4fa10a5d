"""From a group's text to C++ sources and a manifest, by Brian2's standalone device."""

import contextlib
import json
import re
from pathlib import Path

import brian2
from brian2 import Clock, Network, NeuronGroup, SpikeMonitor, StateMonitor, second
from brian2.devices import reset_device

from ..models.grouping import GroupText
from .runge_kutta import updater
from .within_step import SINCE

# Brian2 compiles duration, dt and seed into main.cpp. There they become arguments.
_SUPPORT = """
#include <cstdio>
#include <cstdlib>
static double excitable_number(const char* name)
{
    const char* text = getenv(name);
    char* end = NULL;
    const double value = text ? strtod(text, &end) : 0;
    if (!text || *end || !(value > 0)) { fprintf(stderr, "Error: bad %s\\n", name); exit(2); }
    return value;
}
static void excitable_report(const double, const double completed, const double, const double)
{
    fprintf(stderr, "@progress %.4f\\n", completed);
    fflush(stderr);
}
"""
_SEED = """
        if (const char* seed = getenv("EXCITABLE_SEED"))
            for (size_t i = 0; i < _random_generators.size(); i++)
                _random_generators[i].seed(strtoull(seed, NULL, 10) + i);
"""
_FINISHED = """
    if (!Network::_globally_stopped) std::ofstream(brian::results_dir + "complete") << "yes";
"""


def generate(folder: Path, text: GroupText, states, record, record_dt) -> None:
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
    """
    with device_for(folder) as device:
        network, parts = assemble(text, record, record_dt)
        network.run(1 * second, namespace=dict(text.functions))
        device.build(directory=str(folder), compile=False, run=False)
        manifest = _manifest(device, parts, text, states, record)
    make_arguments(folder / "main.cpp")
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1))


@contextlib.contextmanager
def device_for(folder: Path):
    """Make Brian2 generate C++ into a folder for the block; give the device."""
    if brian2.get_device() is brian2.all_devices["cpp_standalone"]:
        raise ValueError(
            "the script has itself called set_device('cpp_standalone'), whose unfinished program "
            "this run would destroy; use set_device('runtime') first, or backend='cython'"
        )
    brian2.set_device("cpp_standalone", directory=str(folder), build_on_run=False)
    device = brian2.get_device()
    try:
        yield device
    finally:
        device.reinit()
        reset_device()


def assemble(text: GroupText, record, record_dt) -> tuple[Network, dict]:
    """Return the network and its parts, under fixed names: compiled code is found by them."""
    kwargs = text.kwargs() | {"method": updater(text.method, text.stochastic)}
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

    def output(owner, name, shape, dtype="float64"):
        return {"file": file(owner, name), "dtype": dtype, "shape": shape}

    inputs = {}
    for name in (*states, *text.arrays, *text.shared):
        shape = [] if name in text.shared else [text.n]
        inputs[name] = {"variable": f"cells.{name}", "shape": shape, "dtype": "float64"}
    outputs = {f"state_{name}": output(cells, name, ["neurons"]) for name in states}
    if "spikes" in parts:
        spikes = parts["spikes"]
        outputs["spike_count"] = output(spikes, "count", ["neurons"], "int32")
        outputs["spike_neuron"] = output(spikes, "i", ["spikes"], "int32")
        outputs["spike_t"] = output(spikes, "t", ["spikes"])
        if SINCE in text.equations:
            outputs["spike_since"] = output(spikes, SINCE, ["spikes"])
    if "traces" in parts:
        outputs["trace_t"] = output(parts["traces"], "t", ["samples"])
        for name in record:
            outputs[f"trace_{name}"] = output(parts["traces"], name, ["samples", "neurons"])
    return {"n": text.n, "inputs": inputs, "outputs": outputs}


def make_arguments(main: Path, seed: str = _SEED) -> None:
    """Let the generated main.cpp take duration, dt, seed and progress from its environment."""
    source = main.read_text()
    source = _replace_once(
        r"network\.run\([^;]*\);",
        seed.replace("\\", r"\\") + '        network.run(excitable_number("EXCITABLE_DURATION"), '
        'getenv("EXCITABLE_PROGRESS") ? excitable_report : NULL, 0.2);',
        source,
    )
    source, changed = re.subn(
        r"(_array_cells_clock_dt\[0\] = )[^;]*;", r'\1excitable_number("EXCITABLE_DT");', source
    )
    if not changed:
        raise RuntimeError(f"{main}: the generated code sets no time step; unknown Brian2 version")
    source = _replace_once(r"\n\s*brian_end\(\);", _FINISHED + r"\n    brian_end();", source)
    source = _replace_once(r"\nint main\(", _SUPPORT.replace("\\", r"\\") + r"\nint main(", source)
    main.write_text(source)


def _replace_once(pattern: str, replacement: str, source: str) -> str:
    changed, count = re.subn(pattern, replacement, source)
    if count != 1:
        raise RuntimeError(f"generated main.cpp: expected one {pattern!r}, found {count}")
    return changed
