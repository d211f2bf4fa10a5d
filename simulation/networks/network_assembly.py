"""From a network's plan to Brian2 objects, under fixed names: compiled code is found by them."""

from dataclasses import replace

from brian2 import (
    Clock,
    Network,
    NeuronGroup,
    PopulationRateMonitor,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    get_device,
    second,
)

from ...models.grouping import run_events
from ..methods import updater
from .network_plan import Cells, NetworkPlan, Population, Projection


def assemble_network(plan: NetworkPlan, *, standalone: bool) -> tuple[Network, dict]:
    """Return the network and its parts.

    Parameters
    ----------
    plan : NetworkPlan
    standalone : bool
        Leave all numbers as arguments of the program; else set them.
    """
    clock = Clock(plan.dt, name="cells_clock")
    groups = {c.name: _group(c, clock) for c in plan.cells}
    synapses = {p.name: _synapses(p, groups, clock) for p in plan.projections}
    if standalone:
        get_device().apply_run_args()  # before anything that is drawn with them
    else:
        _set_numbers(plan, groups, synapses)
    for cells in plan.cells:
        for name, text in cells.drawn.items():
            setattr(groups[cells.name], name, text)
    for projection in plan.projections:
        _connect(projection, synapses[projection.name])
    parts = {**groups, **synapses, **_monitors(plan, groups, clock)}
    return Network(*parts.values(), name="network"), parts


def variable(part, name: str):
    """Return a variable of one of the network's parts; the delay is one of a pathway."""
    return (part.pre if name == "delay" else part).variables[name]


def with_arguments(plan: NetworkPlan) -> NetworkPlan:
    """Return the plan with all constants of its cells as shared parameters."""
    return replace(plan, cells=tuple(replace(c, text=c.text.with_arguments()) for c in plan.cells))


def numbers(plan: NetworkPlan) -> dict[str, float]:
    """Return everything that can be set, in SI units, under ``"group.variable"``."""
    found = {}
    for cells in plan.cells:
        values = {**cells.text.shared, **cells.text.arrays, **cells.state}
        found |= {f"{cells.name}.{k}": v for k, v in values.items() if k not in cells.drawn}
    for projection in plan.projections:
        found |= {f"{projection.name}.{k}": v for k, v in projection.values.items()}
    return found


def _group(cells: Cells, clock: Clock) -> NeuronGroup:
    text = cells.text
    method = updater(text)
    kwargs = text.kwargs() | {"method": method}
    del kwargs["dt"]
    group = NeuronGroup(text.n, **kwargs, clock=clock, name=cells.name)
    run_events(text, group)
    group.state_updater.when = cells.update_when
    for k, operation in enumerate(cells.operations):
        group.run_regularly(
            operation.text, clock=clock, when=operation.when, name=f"{cells.name}_operation_{k}"
        )
    return group


def _part(population: Population, groups):
    group = groups[population.cells]
    whole = population.n == len(group)
    return group if whole else group[population.start : population.stop]


def _synapses(projection: Projection, groups, clock: Clock) -> Synapses:
    homogeneous = {k: p.delay * second for k, p in projection.pathways.items() if not p.drawn}
    return Synapses(
        _part(projection.source, groups),
        _part(projection.target, groups),
        projection.model,
        on_pre={name: pathway.text for name, pathway in projection.pathways.items()},
        delay=homogeneous,
        clock=clock,
        namespace={},
        name=projection.name,
    )


def _connect(projection: Projection, synapses: Synapses) -> None:
    synapses.connect(**projection.connect)
    for name, text in projection.drawn.items():
        setattr(synapses, name, text)
    for name, pathway in projection.pathways.items():
        if pathway.drawn:
            getattr(synapses, name).delay = pathway.drawn


def _monitors(plan: NetworkPlan, groups, clock: Clock) -> dict:
    recorded = plan.recorded
    parts = {
        f"rate_{p.name}": PopulationRateMonitor(_part(p, groups), name=f"rate_{p.name}")
        for p in plan.populations
    }
    if recorded.spikes:
        parts |= {f"spikes_{c}": SpikeMonitor(g, name=f"spikes_{c}") for c, g in groups.items()}
    for c, (variables, indices) in recorded.traces.items():
        when = {"clock": clock} if recorded.dt is None else {"dt": recorded.dt}
        parts[f"traces_{c}"] = StateMonitor(
            groups[c], variables, record=indices, name=f"traces_{c}", **when
        )
    return parts


def _set_numbers(plan: NetworkPlan, groups, synapses) -> None:
    for cells in plan.cells:
        values = {**cells.text.arrays, **cells.state}
        values = {k: v for k, v in values.items() if k not in cells.drawn}
        groups[cells.name].set_states(values, units=False)
    for projection in plan.projections:
        for name, value in projection.values.items():
            synapses[projection.name].variables[name].set_value(value)
