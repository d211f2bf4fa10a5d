"""`run_network`: the one way from a network's plan to spikes, rates, traces and connections."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from brian2 import ms, second

from .. import backends
from ..backends import Backend
from ..backends.compiled.network_program import cached_network_program
from ..parallel.progress import reporter
from ..run import DivergenceError, _seeded
from .network_assembly import assemble_network, numbers, variable, with_arguments
from .network_plan import NetworkPlan


@dataclass(frozen=True)
class Connections:
    """The synapses of a projection, one value each.

    Attributes
    ----------
    pre, post : array of int, shape (synapses,)
        Indices within the groups that hold source and target.
    individual : dict of str to array
        What differs between synapses (``w``, ``delay``), in SI units.
    """

    pre: np.ndarray
    post: np.ndarray
    individual: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class NetworkRecording:
    """What a network's run returns, as plain arrays.

    Attributes
    ----------
    spikes : dict of str to (array of int, array of float)
        For each group the cells that fired and when, in ms, ascending in time.
    rates : dict of str to array, shape (steps,)
        For each population, in Hz.
    traces : dict of str to (array, dict of str to array)
        For each group the sampling times in ms and the variables in SI units, of shape
        (cells, samples).
    synapse_counts : dict of str to int
    synapses : dict of str to Connections
        Empty if connections were not asked for.
    backend : str
    threads : int
    """

    spikes: Mapping[str, tuple[np.ndarray, np.ndarray]]
    rates: Mapping[str, np.ndarray]
    traces: Mapping[str, tuple[np.ndarray, Mapping[str, np.ndarray]]]
    synapse_counts: Mapping[str, int]
    synapses: Mapping[str, Connections] = field(repr=False)
    backend: str = ""
    threads: int = 1


def run_network(plan: NetworkPlan, backend: str | Backend | None = None) -> NetworkRecording:
    """Run a network.

    Parameters
    ----------
    plan : NetworkPlan
    backend : Backend or {"auto", "numpy", "cython", "cpp_standalone"}

    Raises
    ------
    ValueError
        For a backend that is unknown or cannot run here, or single precision.
    DivergenceError
        If a state is not finite at the end.
    """
    chosen = backends.choose(backend)
    if chosen.precision != "float64":
        raise ValueError(f"precision {chosen.precision!r}: networks run in 'float64' only")
    standalone = chosen.name == "cpp_standalone"
    found = _run_program(plan, chosen) if standalone else _run_here(plan, chosen)
    _check_finite(plan, found)
    return _recording(plan, found, chosen)


def _run_program(plan: NetworkPlan, backend: Backend) -> dict[str, np.ndarray]:
    plan = with_arguments(plan)
    program = cached_network_program(plan, backend)
    with reporter(plan.label) as report:
        return program.execute(
            numbers(plan),
            float(plan.duration),
            float(plan.dt),
            seed=_program_seed(plan.seed),
            report=report,
        )


def _program_seed(seed: int) -> int:
    """Return a seed for the program's generators; those of neighbouring seeds are unrelated."""
    return int(np.random.SeedSequence(seed).generate_state(1)[0]) or 1


def _run_here(plan: NetworkPlan, backend: Backend) -> dict[str, np.ndarray]:
    """Run with Brian2 as it is, on numpy or cython."""
    with (
        backends.preferences(backend),
        _seeded(_program_seed(plan.seed)),
        np.errstate(all="ignore"),
        reporter(plan.label) as report,
    ):
        network, parts = assemble_network(plan, standalone=False)

        def tell(elapsed, completed, start, duration):
            report(completed)

        functions = [c.text.functions for c in plan.cells]
        network.run(
            plan.duration,
            namespace={k: f for each in functions for k, f in each.items()},
            report=report and tell,
            report_period=0.2 * second,
        )
    return _collected(plan, parts)


def _collected(plan: NetworkPlan, parts) -> dict[str, np.ndarray]:
    """Return what a run in this process left, under the names that a program's results have."""

    def values(owner, name):
        return np.array(variable(parts[owner], name).get_value())

    found = {}
    for cells in plan.cells:
        found |= {f"state_{cells.name}.{x}": values(cells.name, x) for x in cells.state}
    for p in plan.projections:
        found[f"n_{p.name}"] = np.array([len(parts[p.name])])
        if plan.recorded.connections:
            found[f"pre_{p.name}"] = values(p.name, "_synaptic_pre")
            found[f"post_{p.name}"] = values(p.name, "_synaptic_post")
            found |= {f"{x}_{p.name}": values(p.name, x) for x in p.individual}
    for name in parts:
        if name.startswith("rate_"):
            found[name] = values(name, "rate")
        if name.startswith("spikes_"):
            found |= {f"i_{name}": values(name, "i"), f"t_{name}": values(name, "t")}
        if name.startswith("traces_"):
            variables, _ = plan.recorded.traces[name.removeprefix("traces_")]
            found[f"t_{name}"] = values(name, "t")
            found |= {f"{x}_{name}": values(name, x).ravel() for x in variables}
    return found


def _recording(plan: NetworkPlan, found, backend: Backend) -> NetworkRecording:
    recorded = plan.recorded
    names = [c.name for c in plan.cells] if recorded.spikes else []
    traces = {}
    for c, (variables, indices) in recorded.traces.items():
        sampled = {x: found[f"{x}_traces_{c}"].reshape(-1, len(indices)).T for x in variables}
        traces[c] = (found[f"t_traces_{c}"] * 1e3, sampled)
    kept = plan.projections if recorded.connections else ()
    return NetworkRecording(
        spikes={c: (found[f"i_spikes_{c}"], found[f"t_spikes_{c}"] * 1e3) for c in names},
        rates={p.name: found[f"rate_{p.name}"] for p in plan.populations},
        traces=traces,
        synapse_counts={p.name: int(found[f"n_{p.name}"][0]) for p in plan.projections},
        synapses={
            p.name: Connections(
                found[f"pre_{p.name}"],
                found[f"post_{p.name}"],
                {x: found[f"{x}_{p.name}"] for x in p.individual},
            )
            for p in kept
        },
        backend=backend.name,
        threads=backend.threads,
    )


def _check_finite(plan: NetworkPlan, found) -> None:
    """Raise if the integration diverged, naming what was integrated and how."""
    for cells in plan.cells:
        for name in cells.state:
            values = np.broadcast_to(found[f"state_{cells.name}.{name}"], cells.text.n)
            bad = np.flatnonzero(~np.isfinite(values))
            if len(bad):
                raise DivergenceError(
                    f"{plan.label} diverged: {name} is {values[bad[0]]} for {len(bad)} of "
                    f"{cells.text.n} cells (first: cell {bad[0]}); method {cells.text.method}, "
                    f"dt = {float(plan.dt / ms):g} ms. Try a smaller dt or another method"
                )
