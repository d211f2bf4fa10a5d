"""`NetworkRun`: what a network's run gives, as tidy tables."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import brian2
import numpy as np
import pandas as pd
from brian2 import Unit, ms

from ...columns import check_columns
from ...errors import InputError
from ...models.checks import check_name, unit_text
from ...models.units import column, display_unit
from ...simulation.plan import Plan, Population, Recorded
from ...simulation.recording import Recording

# Rates are given in bins of this many ms; the step of the integration is too fine to look at.
RATE_BIN = 1.0
# What a table of traces has beside the variables.
TRACES = ("neuron", "population", "t_ms")
# What a table of synapses has.
SYNAPSES = ("projection", "source", "target", "pre", "post", "weight", "weight_unit", "delay_ms")


@dataclass(frozen=True)
class NetworkRun:
    """A network's run as tables. Cells are numbered through all populations, in their order.

    A table that the run was not to keep is refused where it is asked for.

    Attributes
    ----------
    spikes : DataFrame
        One row per spike, in the order of time: ``neuron``, ``population``, ``t_ms``. Made when
        asked for.
    rates : DataFrame
        One row per population and bin of 1 ms, or of the whole steps next to it: ``population``,
        ``t_ms`` (start of the bin), ``rate_Hz`` (spikes per cell and second).
    traces : DataFrame
        One row per recorded cell and sample: ``neuron``, ``population``, ``t_ms`` and a column
        for each variable, with its unit.
    connections : DataFrame
        One row per synapse: ``projection``, ``source`` and ``target`` (populations), ``pre`` and
        ``post`` (cells), ``weight`` with ``weight_unit``, ``delay_ms``. Made when asked for.
    summary : DataFrame
        One row per projection: its number of synapses.
    parameters : dict
        What is needed to redo the run.
    """

    rates: pd.DataFrame
    traces: pd.DataFrame
    summary: pd.DataFrame
    parameters: Mapping[str, object] = field(repr=False)
    _plan: Plan = field(repr=False)
    _recording: Recording = field(repr=False)
    _weights: Mapping[str, tuple[str, Unit]] = field(repr=False)

    @cached_property
    def spikes(self) -> pd.DataFrame:
        """One row per spike; see the class."""
        if not self._plan.recorded.spikes:
            raise InputError("spikes: were not kept; run with record_spikes=True")
        table = _spikes_frame(self._plan, self._recording)
        table.attrs = dict(self.parameters)
        return table

    @cached_property
    def connections(self) -> pd.DataFrame:
        """One row per synapse; see the class."""
        if not self._plan.recorded.connections:
            raise InputError("connections: were not kept; run with connections=True")
        tables = [
            _synapses_frame(p, self._plan, self._recording, *self._weights[p.name])
            for p in self._plan.projections
        ]
        table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=SYNAPSES)
        for name in ("projection", "source", "target", "weight_unit"):
            table[name] = table[name].astype("category")
        table.attrs = dict(self.parameters)
        return table

    def population(self, name: str) -> Population:
        """Return a population: its first cell (`start`), the one after its last (`stop`), `n`."""
        found = {p.name: p for p in everyone(self._plan)}
        return found[check_name("population", name, found)]


def network_run(
    plan: Plan,
    recording: Recording,
    units: Mapping[str, Mapping[str, Unit]],
    weights: Mapping[str, tuple[str, Unit]],
    parameters: Mapping[str, object],
) -> NetworkRun:
    """Make the tables.

    Parameters
    ----------
    plan : Plan
    recording : Recording
    units : dict of str to dict of str to Unit
        For each group the unit of each recorded variable.
    weights : dict of str to (str, Unit)
        For each projection the name of the synapses' weight and its unit.
    parameters : dict
    """
    parameters = {
        **parameters,
        "seed": plan.seed,
        "duration_ms": float(plan.duration / ms),
        "dt_ms": float(plan.dt / ms),
        "methods": {c.name: str(c.text.method) for c in plan.cells},
        "spikes": "grid",
        "backend": recording.backend,
        "precision": recording.precision,
        "threads": recording.threads,
        "versions": {
            "brian2": brian2.__version__,
            "numpy": np.__version__,
            "python": sys.version.split()[0],
        },
    }
    counts = dict.fromkeys(weights, 0) | dict(recording.synapse_counts)
    summary = pd.DataFrame({"projection": list(counts), "synapses": list(counts.values())})
    tables = {
        "rates": _rates_frame(plan, recording),
        "traces": _traces_frame(plan, recording, units),
        "summary": summary,
    }
    for table in tables.values():
        table.attrs = dict(parameters)
    return NetworkRun(
        **tables,
        parameters=parameters,
        _plan=plan,
        _recording=recording,
        _weights=dict(weights),
    )


def recorded(
    units: Mapping[str, Mapping[str, Unit]],
    populations: Sequence[Population],
    record: Sequence[str] | Mapping[str, Sequence[str]],
    cells: Sequence[int] | Mapping[str, Sequence[int]],
    record_dt,
    spikes: bool,
    connections: bool,
) -> Recorded:
    """Return what a run keeps, checked.

    Parameters
    ----------
    units : dict of str to dict of str to Unit
        For each group of cells the variables that it has, with their units.
    populations : sequence of Population
    record : sequence of str, or dict of str to sequence of str
        Variables, or those of each population.
    cells : sequence of int, or dict of str to sequence of int
        Numbered through all populations, or within each.
    """
    by_name = isinstance(record, Mapping) or isinstance(cells, Mapping)
    wanted = (_by_population if by_name else _by_number)(populations, record, cells)
    traces = {}
    for name, variables, numbers in wanted:
        for variable in variables:
            check_name("variable to record", variable, units[name])
        before, others = traces.get(name, ((), []))
        traces[name] = (
            tuple(dict.fromkeys((*before, *variables))),
            np.unique(np.r_[others, numbers].astype(int)),
        )
    columns = [(x, column(x, units[c][x])) for c, (found, _) in traces.items() for x in found]
    check_columns(columns, TRACES)
    return Recorded(spikes, connections, traces, record_dt)


def _by_number(populations, record, cells) -> list[tuple]:
    """Return group, variables and indices where cells are numbered through all populations."""
    record = (record,) if isinstance(record, str) else tuple(record)
    offsets = _offsets(populations)
    numbers = _numbers(cells, sum(p.n for p in populations))
    if bool(len(numbers)) != bool(record):
        raise InputError(
            "record, cells: traces need both, e.g. record=('v',), cells=[0, 1]; "
            f"got record={record!r}, cells={list(cells)!r}"
        )
    found = []
    for name, offset in offsets.items():
        size = max(p.stop for p in populations if p.cells == name)
        mine = numbers[(numbers >= offset) & (numbers < offset + size)] - offset
        found += [(name, record, mine)] if len(mine) else []
    return found


def _by_population(populations, record, cells) -> list[tuple]:
    """Return group, variables and indices where they are given for each population."""
    if not (isinstance(record, Mapping) and isinstance(cells, Mapping)) or set(record) != {*cells}:
        raise InputError(
            "record, cells: give both for the same populations, e.g. record={'exc': ['v']}, "
            f"cells={{'exc': [0, 1]}}; got record={record!r}, cells={cells!r}"
        )
    ranges = {p.name: p for p in populations}
    for name in _offsets(populations):  # a group as a whole
        stop = max(p.stop for p in populations if p.cells == name)
        ranges.setdefault(name, Population(name, name, 0, stop))
    found = []
    for name, variables in record.items():
        where = ranges[check_name("population to record", name, ranges)]
        numbers = _numbers(cells[name], where.n, f" of {name}")
        variables = (variables,) if isinstance(variables, str) else tuple(variables)
        found.append((where.cells, variables, numbers + where.start))
    return found


def _numbers(cells, n: int, whose: str = "") -> np.ndarray:
    """Return the numbers of the cells to be sampled; raise for what is no cell among `n`."""
    numbers = np.atleast_1d(np.asarray(cells)).ravel()
    if len(numbers) and not np.issubdtype(numbers.dtype, np.integer):
        raise InputError(
            f"cells: expected the numbers of cells{whose}, such as [0, 1], got {cells!r}; "
            "np.flatnonzero(...) makes numbers of a mask"
        )
    outside = numbers[(numbers < 0) | (numbers >= n)]
    if len(outside):
        raise InputError(f"cells: {outside[0]} is none of the cells 0 to {n - 1}{whose}")
    return numbers.astype(int)


def everyone(plan: Plan) -> list[Population]:
    """Return the populations with their cells numbered through all of them."""
    offsets = _offsets(plan.populations)
    return [
        Population(p.name, p.cells, p.start + offsets[p.cells], p.stop + offsets[p.cells])
        for p in plan.populations
    ]


def _offsets(populations: Sequence[Population]) -> dict[str, int]:
    """Return the number of each group's first cell."""
    offsets, total = {}, 0
    for p in populations:
        offsets.setdefault(p.cells, total)
        total += p.n
    return offsets


def _population_of(plan: Plan, neurons: np.ndarray) -> pd.Categorical:
    found = everyone(plan)
    codes = np.searchsorted([p.stop for p in found], neurons, side="right")
    return pd.Categorical.from_codes(codes, categories=[p.name for p in found])


def _spikes_frame(plan: Plan, recording: Recording) -> pd.DataFrame:
    offsets = _offsets(plan.populations)
    parts = [(i + offsets[c], t) for c, (i, t) in recording.spikes.items()]
    neurons = np.concatenate([np.empty(0, np.int32), *(i for i, _ in parts)])
    times = np.concatenate([np.empty(0), *(t for _, t in parts)])
    if len(parts) > 1:
        order = np.argsort(times, kind="stable")
        neurons, times = neurons[order], times[order]
    neurons = neurons.astype(np.int32)
    return pd.DataFrame(
        {"neuron": neurons, "population": _population_of(plan, neurons), "t_ms": times}
    )


def _rates_frame(plan: Plan, recording: Recording) -> pd.DataFrame:
    dt = float(plan.dt / ms)
    steps = max(1, round(RATE_BIN / dt))
    tables = []
    for p in plan.populations:
        rate = recording.rates[p.name]
        starts = np.arange(0, len(rate), steps)
        sizes = np.diff([*starts, len(rate)])
        mean = np.add.reduceat(rate, starts) / sizes if len(rate) else rate
        tables.append(pd.DataFrame({"population": p.name, "t_ms": starts * dt, "rate_Hz": mean}))
    return pd.concat(tables, ignore_index=True)


def _traces_frame(plan, recording, units) -> pd.DataFrame:
    offsets = _offsets(plan.populations)
    tables = []
    for c, (times, sampled) in recording.traces.items():
        _, indices = plan.recorded.traces[c]
        neurons = np.repeat(indices + offsets[c], len(times))
        columns = {
            "neuron": neurons,
            "population": _population_of(plan, neurons),
            "t_ms": np.tile(times, len(indices)),
        }
        for name, values in sampled.items():
            unit = units[c][name]
            columns[column(name, unit)] = values.ravel() / float(unit)
        tables.append(pd.DataFrame(columns))
    if not tables:
        return pd.DataFrame({"neuron": [], "population": [], "t_ms": []})
    return pd.concat(tables, ignore_index=True)


def _synapses_frame(p, plan, recording, weight: str, unit: Unit) -> pd.DataFrame:
    offsets = _offsets(plan.populations)
    found = recording.synapses[p.name]
    pre, post = found.pre + offsets[p.source.cells], found.post + offsets[p.target.cells]
    delays = [pathway.delay for pathway in p.pathways.values()]  # none for gap junctions
    weights = found.individual.get(weight, p.values.get(weight))
    delays = found.individual.get("delay", delays[0] if delays else np.nan)
    return pd.DataFrame(
        {
            "projection": p.name,
            "source": _source_of(plan, p, pre),
            "target": _population_of(plan, post),
            "pre": pre,
            "post": post,
            "weight": weights / float(unit),
            "weight_unit": unit_text(unit),
            "delay_ms": delays * 1e3,
        }
    )


def _source_of(plan: Plan, p, pre: np.ndarray):
    """Return the population of each source: one for all, unless the cells have parts."""
    one = p.source.name in {q.name for q in plan.populations}
    return p.source.name if one else _population_of(plan, pre)


def units_of(model, extra: Mapping[str, Unit]) -> dict[str, Unit]:
    """Return the unit of everything that a group of `model` can record."""
    form = model.symbolic
    names = [*form.rhs, *form.named, model.input]
    return {name: model.unit_of(name) for name in names} | {
        name: display_unit(unit, unit) for name, unit in extra.items()
    }
