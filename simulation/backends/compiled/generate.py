"""From a plan to C++ sources and a manifest, by Brian2's standalone device."""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path

import brian2
import numpy as np
from brian2 import second
from brian2.devices import reset_device
from brian2.devices.cpp_standalone.device import CPPStandaloneDevice

from ....errors import InputError
from ...plan import Plan
from ...recording import qualified
from ..backend import Backend
from ..brian.assembly import assemble, integrable, results, sizes
from .edits.finish_sources import edited, finish_sources
from .edits.networks import speed_up
from .standalone_device import ProgramDevice


def generate(
    folder: Path,
    plan: Plan,
    backend: Backend,
    description: Mapping | None = None,
    sources: Mapping[str, str] | None = None,
) -> None:
    """Write the C++ sources and ``manifest.json`` of a program.

    Parameters
    ----------
    folder : Path
    plan : Plan
        With its constants as arguments; all its numbers become inputs of the program.
    backend : Backend
        Says how many threads, and whether Brian2's code is changed for speed.
    description : dict, optional
        What the manifest says of the neurons.
    sources : dict of str to str, optional
        More source files, or others for some of those that are generated, and their contents.
    """
    with device_for(folder, backend.optimise) as device:
        network, parts = assemble(plan, standalone=True)
        with integrable(plan, parts):
            network.run(1 * second, namespace={})  # each group has its own
        device.build(directory=str(folder), compile=False, run=False)
        manifest = {"threads": backend.threads, **_manifest(device, parts, plan)}
    with edited(folder, backend.optimise) as generated:
        finish_sources(generated, manifest["outputs"])
        if not plan.divisible:
            speed_up(generated, plan, backend.threads)
    for name, content in (sources or {}).items():
        (folder / name).write_text(content)
    manifest |= {} if description is None else {"neurons": description}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1))


@contextlib.contextmanager
def device_for(folder: Path, optimise: bool = True):
    """Make Brian2 generate C++ into a folder for the block; give the device."""
    if isinstance(brian2.get_device(), CPPStandaloneDevice):
        raise InputError(
            "the script has itself called set_device('cpp_standalone'), whose unfinished program "
            "this run would destroy; use set_device('runtime') first, or backend='cython'"
        )
    device = ProgramDevice(optimise)
    brian2.set_device(device, directory=str(folder), build_on_run=False)
    try:
        yield device
    finally:
        reset_device()


def _manifest(device, parts: Mapping, plan: Plan) -> dict:
    """Say which arrays go in and come out, by the names of the files and variables."""
    inputs = {}
    for cells in plan.cells:
        for name in cells.numbers:
            shape = [] if name in cells.text.shared else [cells.text.n]
            inputs[qualified(cells.name, name)] = _input(parts[cells.name], name, shape)
    for p in plan.projections:
        for name in p.values:
            inputs[qualified(p.name, name)] = _input(parts[p.name], name, [])
    outputs = {}
    for name, result in results(plan).items():
        variable = result.variable_of(parts)
        outputs[name] = {
            "file": Path(device.get_array_filename(variable)).name,
            "dtype": np.dtype(variable.dtype).name,
            "shape": list(result.shape),
        }
        if result.counts:
            outputs[name]["counts"] = result.counts
    made_for = plan.label or ", ".join(c.model for c in plan.cells)
    return {"sizes": sizes(plan), "inputs": inputs, "outputs": outputs, "made_for": made_for}


def _input(part, name: str, shape: list[int]) -> dict:
    dtype = np.dtype(part.variables[name].dtype).name
    return {"variable": f"{part.name}.{name}", "shape": shape, "dtype": dtype}
