"""A compiled network: generated from a plan, cached, run again with other seeds and values."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import brian2
from brian2 import second

from ...networks.network_assembly import assemble_network, variable
from ...networks.network_plan import NetworkPlan
from .. import Backend, preferences
from . import cache as programs_cache
from .compile import compile_program, compiler_identity, flags_probed_meanwhile
from .finish_sources import edited, finish_sources
from .generate import device_for
from .network_edits import speed_up
from .program import Program, ProgramError
from .programs import common_flags, contents, own_sources


def _is_object(source: Path) -> bool:
    """Return whether a source is an object's code, run in every step or for every synapse."""
    return source.parent.name == "code_objects"


@dataclass(frozen=True)
class NetworkProgram(Program):
    """A compiled network; `outputs` names other results whose size a result must have."""

    def _check_size(self, found, name, about, results) -> None:
        (like,) = about["shape"]
        expected = like if isinstance(like, int) else found[like].size * about.get("columns", 1)
        if found[name].size != expected:
            raise ProgramError(
                f"result {name} has {found[name].size} values where {expected} were expected; its "
                f"files are in {results}"
            )


def cached_network_program(plan: NetworkPlan, backend: Backend) -> NetworkProgram:
    """Return the compiled program of a plan whose numbers are arguments."""
    key = programs_cache.key_of(
        "network", own_sources(), brian2.__version__, compiler_identity(),
        backend.threads, backend.optimise, _text_of(plan),
    )  # fmt: skip

    def build(folder):
        with flags_probed_meanwhile(), preferences(backend):
            _generate(folder, plan, backend)
        compile_program(folder, _is_object, common_flags(backend), precompile=True)

    return NetworkProgram.open(programs_cache.program(key, build).folder)


def _text_of(plan: NetworkPlan) -> list:
    """Return all that decides what the program consists of: the plan without its numbers."""
    cells = [
        (c.name, c.text.n, c.text.equations, c.text.threshold, c.text.reset, c.text.refractory,
         c.text.method, sorted(c.state), c.drawn, [vars(o) for o in c.operations], c.update_when)
        for c in plan.cells
    ]  # fmt: skip
    projections = [
        (p.name, vars(p.source), vars(p.target), p.model, p.connect, sorted(p.values), p.drawn,
         {name: vars(pathway) for name, pathway in p.pathways.items()})
        for p in plan.projections
    ]  # fmt: skip
    recorded = plan.recorded
    traces = {c: (list(v), i.tolist()) for c, (v, i) in recorded.traces.items()}
    monitors = [recorded.spikes, recorded.connections, traces, recorded.dt and float(recorded.dt)]
    inputs = [contents(c.text) for c in plan.cells]
    return [cells, [vars(p) for p in plan.populations], projections, monitors, inputs]


def _generate(folder: Path, plan: NetworkPlan, backend: Backend) -> None:
    """Write the C++ sources and ``manifest.json`` of a network."""
    with device_for(folder, backend.optimise) as device:
        network, parts = assemble_network(plan, standalone=True)
        functions = [c.text.functions for c in plan.cells]
        network.run(1 * second, namespace={k: f for each in functions for k, f in each.items()})
        device.build(directory=str(folder), compile=False, run=False)
        manifest = {"n": 0, "threads": backend.threads, **_manifest(device, parts, plan)}
    with edited(folder, backend.optimise) as sources:
        finish_sources(sources, manifest["outputs"])
        speed_up(sources, plan, backend.threads)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1))


def _manifest(device, parts: Mapping, plan: NetworkPlan) -> dict:
    """Say which arrays go in and come out, by the names of the files and variables."""

    def output(owner, name, like, dtype="float64", **more):
        file = Path(device.get_array_filename(variable(parts[owner], name))).name
        return {"file": file, "dtype": dtype, "shape": [like], **more}

    inputs, outputs = {}, {}
    for cells in plan.cells:
        text = cells.text
        for name in {**cells.state, **text.arrays, **text.shared}:
            shape = [] if name in text.shared else [text.n]
            about = {"variable": f"{cells.name}.{name}", "shape": shape, "dtype": "float64"}
            inputs[f"{cells.name}.{name}"] = about
        for name in cells.state:
            outputs[f"state_{cells.name}.{name}"] = output(cells.name, name, text.n)
    for p in plan.projections:
        for name in p.values:
            about = {"variable": f"{p.name}.{name}", "shape": [], "dtype": "float64"}
            inputs[f"{p.name}.{name}"] = about
        outputs[f"n_{p.name}"] = output(p.name, "N", 1, "int32")
        if plan.recorded.connections:
            outputs |= _synapse_outputs(output, p)
    for name in parts:
        outputs |= _monitor_outputs(output, name, plan)
    return {"inputs": inputs, "outputs": outputs}


def _synapse_outputs(output, p) -> dict:
    pre = f"pre_{p.name}"
    found = {
        pre: output(p.name, "_synaptic_pre", f"post_{p.name}", "int32"),
        f"post_{p.name}": output(p.name, "_synaptic_post", pre, "int32"),
    }
    found |= {f"{name}_{p.name}": output(p.name, name, pre) for name in p.individual}
    return found


def _monitor_outputs(output, name: str, plan: NetworkPlan) -> dict:
    if name.startswith("rate_"):
        return {name: output(name, "rate", f"t_{name}"), f"t_{name}": output(name, "t", name)}
    if name.startswith("spikes_"):
        return {f"i_{name}": output(name, "i", f"t_{name}", "int32"),
                f"t_{name}": output(name, "t", f"i_{name}")}  # fmt: skip
    if name.startswith("traces_"):
        variables, indices = plan.recorded.traces[name.removeprefix("traces_")]
        t = f"t_{name}"
        found = {f"{x}_{name}": output(name, x, t, columns=len(indices)) for x in variables}
        return {t: output(name, "t", t), **found}
    return {}
