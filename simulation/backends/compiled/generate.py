"""From a plan to C++ sources and a manifest, by Brian2's standalone device."""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path

import brian2
import numpy as np
from brian2 import second
from brian2.devices import reset_device

from ...plan import Plan
from ...recording import qualified
from ..brian.assembly import assemble, results, sizes
from .fast_synapses import deliver_by_source, make_at_once
from .finish_sources import SEED, code_of, finish_sources
from .parts import Parted, run_together, split_reset, split_update
from .threshold_scan import split_search


def generate(
    folder: Path,
    plan: Plan,
    threads: int = 1,
    description: Mapping | None = None,
    sources: Mapping[str, str] | None = None,
) -> None:
    """Write the C++ sources and ``manifest.json`` of a program.

    Parameters
    ----------
    folder : Path
    plan : Plan
        With its constants as arguments; all its numbers become inputs of the program.
    threads : int
    description : dict, optional
        What the manifest says of the neurons.
    sources : dict of str to str, optional
        More source files, or others for some of those that are generated, and their contents.
    """
    with device_for(folder) as device:
        # At the beginning, so that connections and weights are drawn from the seed too.
        device.insert_code("main", SEED)
        network, parts = assemble(plan, standalone=True)
        network.run(1 * second, namespace=plan.functions)
        device.build(directory=str(folder), compile=False, run=False)
        manifest = {"threads": threads, **_manifest(device, parts, plan)}
    finish_sources(folder, manifest["outputs"], seed="")
    if not plan.divisible:
        _make_parts(folder, plan, threads)
    for name, content in (sources or {}).items():
        (folder / name).write_text(content)
    manifest |= {} if description is None else {"neurons": description}
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


def _make_parts(folder: Path, plan: Plan, threads: int) -> None:
    """Make the synapses at once, and let every thread do all the work on its part of the cells."""
    for p in plan.projections:
        if p.is_listed:
            continue
        make_at_once(code_of(folder, f"{p.name}_synapses_create_generator_codeobject"), p.expected)
    run_together(folder, _split(folder, plan, threads), threads)


def _split(folder: Path, plan: Plan, n_parts: int) -> list[Parted]:
    """Split all that can be done part by part."""
    sizes = {cells.name: cells.text.n for cells in plan.cells}
    single = [
        (p.name, k, sizes[p.target.cells])
        for p in plan.projections
        for k, path in p.pathways.items()
        if not path.drawn
    ]
    parted = deliver_by_source(folder, single, n_parts)
    for cells in plan.cells:

        def code(name, of=cells.name):
            return code_of(folder, f"{of}_{name}_codeobject")

        parted.append(split_update(code("stateupdater"), n_parts))
        if cells.text.threshold:
            parted += split_search(code("spike_thresholder"), n_parts)
        if cells.text.reset:
            parted.append(split_reset(code("spike_resetter"), n_parts))
    return parted


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
    return {"sizes": sizes(plan), "inputs": inputs, "outputs": outputs}


def _input(part, name: str, shape: list[int]) -> dict:
    dtype = np.dtype(part.variables[name].dtype).name
    return {"variable": f"{part.name}.{name}", "shape": shape, "dtype": dtype}
