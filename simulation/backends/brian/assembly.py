"""From a plan to Brian2 objects, under fixed names: compiled code is found by them."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass

from brian2 import (
    Clock,
    Network,
    NeuronGroup,
    PopulationRateMonitor,
    Quantity,
    SpikeMonitor,
    StateMonitor,
    StateUpdateMethod,
    Synapses,
    get_device,
    second,
)
from brian2.core.base import BrianObjectException
from brian2.stateupdaters.base import UnsupportedEquationsException

from ....errors import InputError
from ....models.grouping import run_events
from ....models.methods import METHODS
from ...methods import updater
from ...methods.within_step import SINCE
from ...plan import Cells, Plan, Population, Projection
from ...recording import qualified


def assemble(plan: Plan, *, standalone: bool) -> tuple[Network, dict]:
    """Return the network and its parts.

    Parameters
    ----------
    plan : Plan
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


@contextlib.contextmanager
def integrable(plan: Plan, parts: Mapping):
    """Say in a sentence which method cannot integrate whose equations, where Brian2 finds out."""
    try:
        yield
    except BrianObjectException as error:
        if not isinstance(error.__cause__, UnsupportedEquationsException):
            raise
        updaters = {parts[c.name].state_updater.name: c for c in plan.cells}
        raise _not_integrable(updaters[error._brian_objname], parts, error.__cause__) from None


@dataclass(frozen=True)
class Result:
    """Where a result is found after the run.

    Attributes
    ----------
    part, variable : str
        Name of a part of the network and of its variable.
    shape : tuple of str or int
        Its dimensions by name; see `sizes` for those that are known before the run.
    counts : str
        The dimension whose size is the sum of this result; else empty.
    """

    part: str
    variable: str
    shape: tuple[str | int, ...]
    counts: str = ""

    def variable_of(self, parts: Mapping):
        """Return the Brian2 variable; the delay is one of a pathway."""
        part = parts[self.part]
        return (part.pre if self.variable == "delay" else part).variables[self.variable]


def results(plan: Plan) -> dict[str, Result]:
    """Return all that a run leaves, under its name."""
    found = {}
    for cells in plan.cells:
        own = _results_of_cells(plan, cells)
        found |= {qualified(cells.name, name): result for name, result in own.items()}
    if plan.recorded.rates:
        found["step_t"] = Result(f"rate_{plan.populations[0].name}", "t", ("steps",))
        for p in plan.populations:
            found[f"{p.name}.rate"] = Result(f"rate_{p.name}", "rate", ("steps",))
    for p in plan.projections:
        synapses = f"{p.name}.synapses"
        found[f"{p.name}.count"] = Result(p.name, "N", (1,), counts=synapses)
        if plan.recorded.connections:
            kept = {"pre": "_synaptic_pre", "post": "_synaptic_post"}
            kept |= {f"each_{x}": x for x in p.individual}
            for name, variable in kept.items():
                found[f"{p.name}.{name}"] = Result(p.name, variable, (synapses,))
    return found


def sizes(plan: Plan) -> dict[str, int]:
    """Return the dimensions of results whose size is known before the run."""
    found = {qualified(c.name, "neurons"): c.text.n for c in plan.cells}
    for name, (_, indices) in plan.recorded.traces.items():
        found[_sampled(plan, name)] = len(indices)
    return found


def _results_of_cells(plan: Plan, cells: Cells) -> dict[str, Result]:
    """Return what a group of cells leaves."""
    neurons, spikes, samples = (
        qualified(cells.name, dimension) for dimension in ("neurons", "spikes", "samples")
    )
    found = {f"state_{x}": Result(cells.name, x, (neurons,)) for x in cells.state}
    if _keeps_spikes(plan, cells):
        monitor = f"spikes_{cells.name}"
        found["spike_count"] = Result(monitor, "count", (neurons,), counts=spikes)
        found["spike_neuron"] = Result(monitor, "i", (spikes,))
        found["spike_t"] = Result(monitor, "t", (spikes,))
        if cells.located:
            found["spike_since"] = Result(monitor, SINCE, (spikes,))
    if variables := plan.recorded.variables(cells.name):
        monitor = f"traces_{cells.name}"
        found["trace_t"] = Result(monitor, "t", (samples,))
        for x in variables:
            shape = (samples, _sampled(plan, cells.name))
            found[f"trace_{x}"] = Result(monitor, x, shape)
    return found


def _sampled(plan: Plan, group: str) -> str:
    """Return the name of the dimension of a group's cells that are sampled."""
    return qualified(group, "neurons" if plan.samples_all(group) else "sampled")


def _keeps_spikes(plan: Plan, cells: Cells) -> bool:
    return plan.recorded.spikes and bool(cells.text.threshold)


# --- the objects ---------------------------------------------------------------------------------


def _not_integrable(cells: Cells, parts: Mapping, why: Exception) -> InputError:
    """Return the error of a method that cannot integrate the equations of a group."""
    method, equations = str(cells.text.method), parts[cells.name].equations
    given = f"{cells.model or cells.name}: method {method!r} cannot integrate its equations"
    if not cells.text.stochastic:
        return InputError(f"{given}, for it needs {METHODS[method].needs}; use method='rk4'")
    able = [m.name for m in METHODS.values() if m.noise and _takes(m.name, parts[cells.name])]
    remedy = "give every variable noise of its own" if not able else f"use method={able[0]!r}"
    if equations.stochastic_type == "multiplicative" and able:
        remedy += ", which takes noise whose strength changes in Stratonovich's sense"
    return InputError(f"{given} ({str(why).rstrip('.')}); {remedy}")


def _takes(method: str, group: NeuronGroup) -> bool:
    """Return whether a method of Brian2 integrates the noise of a group."""
    try:
        StateUpdateMethod.apply_stateupdater(group.equations, group.variables, method)
    except UnsupportedEquationsException:
        return False
    return True


def _group(cells: Cells, clock: Clock) -> NeuronGroup:
    text = cells.text
    kwargs = text.kwargs() | {"method": updater(text)}
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
    synapses = Synapses(
        _part(projection.source, groups),
        _part(projection.target, groups),
        projection.model,
        on_pre={name: pathway.text for name, pathway in projection.pathways.items()},
        delay=homogeneous,
        clock=clock,
        namespace=dict(projection.functions),
        name=projection.name,
    )
    for name in projection.values:
        if not synapses.variables[name].scalar:
            raise InputError(
                f"projection {projection.name}: {name} has one value for all synapses; let its "
                "model declare it (shared), or draw it"
            )
    return synapses


def _connect(projection: Projection, synapses: Synapses) -> None:
    synapses.connect(**projection.connect)
    for name, text in projection.drawn.items():
        setattr(synapses, name, text)
    for name, values in projection.each.items():
        setattr(synapses, name, Quantity(values, dim=synapses.variables[name].dim))
    for name, pathway in projection.pathways.items():
        if pathway.drawn:
            getattr(synapses, name).delay = pathway.drawn


def _monitors(plan: Plan, groups, clock: Clock) -> dict:
    recorded = plan.recorded
    parts = {}
    if recorded.rates:
        for p in plan.populations:
            name = f"rate_{p.name}"
            parts[name] = PopulationRateMonitor(_part(p, groups), name=name)
    for c in plan.cells:
        if _keeps_spikes(plan, c):
            more = {"variables": [SINCE], "when": "after_resets"} if c.located else {}
            name = f"spikes_{c.name}"
            parts[name] = SpikeMonitor(groups[c.name], name=name, **more)
    for c, (variables, indices) in recorded.traces.items():
        when = {"clock": clock} if recorded.dt is None else {"dt": recorded.dt}
        parts[f"traces_{c}"] = StateMonitor(
            groups[c], variables, record=indices, name=f"traces_{c}", **when
        )
    return parts


def _set_numbers(plan: Plan, groups, synapses) -> None:
    for cells in plan.cells:
        groups[cells.name].set_states(cells.numbers, units=False)
    for projection in plan.projections:
        for name, value in projection.values.items():
            synapses[projection.name].variables[name].set_value(value)
