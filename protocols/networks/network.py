"""`ei_network`: excitatory and inhibitory cells of any model, randomly connected."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from brian2 import Quantity, Unit, ms, mV, second

from ...models.checks import check_count, check_name, check_positive, check_quantity
from ...models.grouping import describe
from ...simulation.backends import Backend
from ...simulation.networks.network_memory import check_memory
from ...simulation.networks.network_plan import (
    Cells,
    NetworkPlan,
    Operation,
    Pathway,
    Population,
    Projection,
)
from ...simulation.networks.network_run import run_network
from ...simulation.start import starting_state
from .. import tables
from ..stimuli import Constant, Received, Stimulus
from .distributions import Distribution, lowest
from .network_result import NetworkRun, network_run, recorded, units_of
from .synapses import GapJunctions, Poisson, Synapse

NAMES = ("exc", "inh")
# Reversal potential of inhibition where none is given (Vogels & Abbott 2005).
E_INH = -80 * mV


def ei_network(
    model,
    n_exc: int = 800,
    n_inh: int = 200,
    *,
    synapse: Synapse,
    inhibition: Synapse | None = None,
    g: float = 4.0,
    p: float | Mapping[str, float] | None = None,
    in_degree: int | Mapping[str, int] | None = None,
    delay: Quantity | Distribution | None = None,
    drive=None,
    gap: GapJunctions | None = None,
    inh_model=None,
    inh_drive=None,
    duration: Quantity = 1 * second,
    start="rest",
    autapses: bool = False,
    record: Sequence[str] = (),
    cells: Sequence[int] = (),
    record_dt: Quantity | None = None,
    spikes: bool = True,
    connections: bool = True,
    method: str | None = None,
    dt: Quantity | None = None,
    seed: int = 1,
    backend: str | Backend | None = None,
) -> NetworkRun:
    """Run a random network of excitatory and inhibitory cells.

    Parameters
    ----------
    model : NeuronModel
        Of the excitatory cells, and of the inhibitory ones unless `inh_model` is given.
    n_exc, n_inh : int
    synapse : Synapse
        What a spike of an excitatory cell does to every target.
    inhibition : Synapse, optional
        The same for inhibitory cells. Default: the counterpart of `synapse`, `g` times as
        strong; a conductance then reverses at -80 mV.
    g : float
        Relative strength of inhibition where `inhibition` is not given.
    p : float or dict
        Probability of a connection, or one for each source (``{"exc": .., "inh": ..}``).
    in_degree : int or dict
        Instead of `p`: exactly so many synapses on every cell from each source, at random.
    delay : Quantity, Uniform or Normal
        From spike to effect; rounded to steps. Default 0: the effect is there in the next step.
    drive : Stimulus or Poisson, or a sequence of them
    gap : GapJunctions, optional
    inh_model, inh_drive : optional
        Model and drive of the inhibitory cells, where they differ.
    duration : Quantity
    start : "rest", "initial" or dict
        As in `excitable.simulation.simulate`; in a dict also Uniform or Normal.
    autapses : bool
        Whether a cell may connect to itself.
    record : sequence of str
        Variables to be sampled in `cells`.
    cells : sequence of int
        Excitatory cells come first.
    record_dt : Quantity
    spikes, connections : bool
        Whether these tables are kept.
    method, dt : optional
        Instead of the models' own; `dt` holds for the whole network.
    seed : int
        Decides connections, drawn values and noise.
    backend : Backend or {"auto", "numpy", "cython", "cpp_standalone"}
        ``Backend("cpp_standalone", threads=2)`` runs the compiled program on OpenMP threads. The
        same seed gives the same spikes on the same backend and number of threads.

    Returns
    -------
    NetworkRun

    Raises
    ------
    ValueError
        For bad input, before anything is compiled; see the message.
    excitable.simulation.DivergenceError
        If the integration diverged.

    Warns
    -----
    UserWarning
        If a delay is no multiple of the step; the message says what is used.

    Notes
    -----
    Spikes act on the time grid: a spike found in a step reaches its targets at the end of that
    step plus the delay. The memory that the network will take is printed before the run.

    Examples
    --------
    >>> from brian2 import nA, ms, mV, nS
    >>> from excitable.models import LIF
    >>> from excitable.protocols import WhiteNoise
    >>> net = ei_network(
    ...     LIF, n_exc=80, n_inh=20, p=0.1, synapse=Synapse.conductance(5*ms, 0*mV, 2*nS),
    ...     drive=WhiteNoise(1.4*nA, 1*nA*ms**0.5), duration=50*ms, backend="numpy")
    >>> list(net.spikes)
    ['neuron', 'population', 't_ms']
    """
    length = check_positive("duration", duration, ms) * ms
    sizes = {"exc": check_count("n_exc", n_exc), "inh": _check_size("n_inh", n_inh)}
    sides = {
        "exc": Side(model, _drives(drive)),
        "inh": Side(inh_model or model, _drives(drive if inh_drive is None else inh_drive)),
    }
    step = _step([side.model for side in sides.values()], dt)
    if inhibition is None and n_inh:
        inhibition = _counterpart(synapse, model, g)
    kinds = {"exc": synapse, "inh": inhibition}
    kinds = {name: kind for name, kind in kinds.items() if sizes[name]}
    populations = _populations(sizes, merged=sides["exc"] == sides["inh"])
    groups = {
        c: _cells(c, sides[NAMES[0] if c != "inh" else "inh"], n, kinds, gap, populations,
                  start, method, step)
        for c, n in _group_sizes(populations).items()
    }  # fmt: skip
    wiring = Wiring(p, in_degree, _check_delay(delay, step), autapses)
    targets = wiring.targets(populations)
    projections = [
        _projection(source, target, kinds[source.name], groups[target.cells][1], wiring)
        for source in populations
        for target in targets
    ]
    if gap is not None:
        projections.append(_gap_projection(gap, populations, groups))
    units = {c: units_of(m, extra) for c, (_, m, extra) in groups.items()}
    plan = NetworkPlan(
        cells=tuple(found for found, _, _ in groups.values()),
        populations=populations,
        projections=tuple(p for p in projections if p is not None),
        recorded=recorded(
            {c: list(u) for c, u in units.items()},
            populations, record, cells, record_dt, spikes, connections,
        ),
        duration=length,
        dt=step,
        seed=seed,
        label=f"network of {model.name}",
    )  # fmt: skip
    check_memory(plan)
    weights = {
        q.name: ("w", _weight_unit(q, kinds, gap, groups[q.target.cells][1]))
        for q in plan.projections
    }
    return network_run(plan, run_network(plan, backend), units, weights, {
        "protocol": "ei_network",
        **{name: tables.describe_model(side.model) for name, side in sides.items()},
        "arguments": {
            "n_exc": n_exc, "n_inh": n_inh, "synapse": repr(synapse),
            "inhibition": repr(inhibition), "p": p, "in_degree": in_degree, "delay": repr(delay),
            "drive": repr(drive), "inh_drive": repr(inh_drive), "gap": repr(gap),
            "start": repr(start), "autapses": autapses,
        },
    })  # fmt: skip


@dataclass(frozen=True)
class Side:
    """Model and drive of a population."""

    model: object
    drives: tuple

    def __eq__(self, other) -> bool:
        return (
            self.model is other.model
            and all(a is b for a, b in zip(self.drives, other.drives, strict=False))
            and len(self.drives) == len(other.drives)
        )


@dataclass(frozen=True)
class Wiring:
    """Who is connected to whom, and how late a spike arrives.

    Attributes
    ----------
    p, in_degree : float, int, dict or None
        As in `ei_network`; one of them is given.
    delay : float or Distribution
        In seconds where it is one for all.
    autapses : bool
    """

    p: object
    in_degree: object
    delay: float | Distribution
    autapses: bool

    def __post_init__(self):
        if (self.p is None) == (self.in_degree is None):
            raise ValueError(
                f"p, in_degree: give one of the two, got p={self.p}, in_degree={self.in_degree}"
            )

    def targets(self, populations: Sequence[Population]) -> list[Population]:
        """Return what a source projects to: each group as a whole, where that can be.

        Brian2's rule for a fixed in-degree leaves a cell out only within one population.
        """
        if self.in_degree is not None and not self.autapses:
            return list(populations)
        sizes = _group_sizes(populations)
        return [Population("all" if c == "cells" else c, c, 0, n) for c, n in sizes.items()]

    def connect(self, source: Population, target: Population) -> tuple[dict, float]:
        """Return Brian2's arguments of `connect`, and the expected number of synapses."""
        own = source.cells == target.cells and not self.autapses
        own = own and source.start < target.stop and target.start < source.stop
        if self.p is None:
            return self._with_in_degree(source, target, own)
        p = check_probability(f"p from {source.name}", _of(self.p, source.name, "p"))
        condition = {"condition": f"i + {source.start} != j + {target.start}"} if own else {}
        return {**condition, "p": p}, p * source.n * target.n

    def _with_in_degree(self, source, target, own: bool) -> tuple[dict, float]:
        k = _of(self.in_degree, source.name, "in_degree")
        if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 0:
            raise ValueError(f"in_degree from {source.name}: expected a whole number, got {k!r}")
        if k > source.n - own:
            raise ValueError(
                f"in_degree from {source.name}: {k} is above the {source.n - own} cells of that "
                "population that a cell can be connected to"
            )
        text = f"k for k in sample(0, {source.n}, size={k})"
        if own:  # draw among all others: from the cell itself on, take the next one
            text = f"k + int(k >= j) for k in sample(0, {source.n - 1}, size={k})"
        return {"i": text}, k * target.n


def check_probability(name: str, p) -> float:
    """Return a probability; raise unless it lies between 0 and 1."""
    value = check_quantity(name, p, Unit(1), scalar=True)
    if not 0 <= value <= 1:
        raise ValueError(f"{name}: expected a probability between 0 and 1, got {p}")
    return float(value)


def _of(value, name: str, what: str):
    """Return the value for a source population."""
    if not isinstance(value, Mapping):
        return value
    for given in value:
        check_name(f"population in {what}", given, NAMES)
    if name not in value:
        raise ValueError(f"{what}: no value for the population {name!r}")
    return value[name]


def _check_size(name: str, n) -> int:
    return 0 if n == 0 else check_count(name, n)


def _step(models, dt: Quantity | None) -> Quantity:
    if dt is not None:
        return check_positive("dt", dt, ms) * ms
    return min((m.dt for m in models), key=float)


def _drives(drive) -> tuple:
    given = tuple(drive) if isinstance(drive, list | tuple) else (drive,)
    for one in given:
        if one is not None and not isinstance(one, Stimulus | Poisson):
            raise ValueError(
                f"drive: expected a Stimulus such as WhiteNoise or a Poisson drive, got {one!r}"
            )
    return tuple(one for one in given if one is not None)


def _counterpart(synapse: Synapse, model, g: float) -> Synapse:
    if synapse.form == "conductance" and model.unit_of(model.membrane).dim is not E_INH.dim:
        raise ValueError(f"inhibition: {model.name} has no potential in mV; give the synapse")
    return synapse.opposite(check_quantity("g", g, Unit(1), scalar=True), E_INH)


def _check_delay(delay, dt: Quantity) -> float | Distribution:
    """Return the delay in seconds, rounded to steps; say so if that changes it."""
    if delay is None:
        return 0.0
    if isinstance(delay, Distribution):
        delay.text("delay", ms)
        if lowest(delay) < 0:
            raise ValueError(f"delay: {delay} can be negative; give it a low of 0*ms or above")
        return delay
    value, step = check_quantity("delay", delay, ms, scalar=True), float(dt / ms)
    if value < 0:
        raise ValueError(f"delay: must not be negative, got {delay}")
    used = round(value / step) * step
    if abs(used - value) > 1e-6 * step:
        warnings.warn(
            f"delay: {value:g} ms is no multiple of dt = {step:g} ms; {used:g} ms is used",
            stacklevel=3,
        )
    return float(f"{used * 1e-3:.12g}")


def _populations(sizes: Mapping[str, int], merged: bool) -> tuple[Population, ...]:
    found, begin = [], 0
    for name, n in sizes.items():
        if n:
            start = begin if merged else 0
            found.append(Population(name, "cells" if merged else name, start, start + n))
            begin += n
    return tuple(found)


def _group_sizes(populations: Sequence[Population]) -> dict[str, int]:
    return {c: max(p.stop for p in populations if p.cells == c) for c in
            dict.fromkeys(p.cells for p in populations)}  # fmt: skip


def _cells(name, side: Side, n, kinds, gap, populations, start, method, dt):
    """Return a group, its model, and the units of what synapses add to its variables."""
    model = side.model
    parts = [d for d in side.drives if isinstance(d, Stimulus)]
    parts += [kind.input(label) for label, kind in kinds.items()]
    extra, operations, parameters = {}, [], {}
    for label, kind in kinds.items():
        extra |= kind.states(model, label)
    for k, drive in enumerate(d for d in side.drives if isinstance(d, Poisson)):
        label = f"ext_{k}" if k else "ext"
        parts.append(drive.synapse.input(label))
        extra |= drive.synapse.states(model, label)
        operations.append(Operation(drive.statement(model, label), when="before_synapses"))
        parameters |= drive.parameters(label)
    states = list(extra)
    if gap is not None and _gap_population(gap, populations).cells == name:
        parts += [Received("I_gap_1"), Received("I_gap_2")]
        extra |= {"I_gap_1": model.input_unit, "I_gap_2": model.input_unit}
    stimulus = parts[0] if parts else Constant(0 * model.input_unit)
    for part in parts[1:]:
        stimulus = stimulus + part
    text = describe(model, n, stimulus, method=method, dt=dt)
    text = replace(text, namespace={**text.namespace, **parameters})
    state, drawn = _start(model, text, start, {k: extra[k] for k in states})
    return Cells(name, text, state, drawn, tuple(operations)), model, extra


def _start(model, text, start, synaptic: Mapping[str, Unit]) -> tuple[dict, dict]:
    """Return initial values: numbers in SI units, and text of those that are drawn."""
    given = dict(start) if isinstance(start, Mapping) else {}
    known = [*model.initial, *synaptic]
    for name in given:
        check_name("state variable", name, known)
    own = {k: v for k, v in given.items() if k in model.initial}
    fixed = {k: v for k, v in own.items() if not isinstance(v, Distribution)}
    state = starting_state(model, text, fixed if isinstance(start, Mapping) else start)
    state |= dict.fromkeys(synaptic, 0.0)
    drawn = {}
    for name, value in given.items():
        unit = synaptic[name] if name in synaptic else model.unit_of(name)
        if isinstance(value, Distribution):
            drawn[name] = value.text(f"start {name}", unit)
        elif name in synaptic:
            state[name] = check_quantity(f"start {name}", value, unit) * float(unit)
    return {k: np.broadcast_to(v, text.n) for k, v in state.items()}, drawn


def _projection(source, target, kind: Synapse, model, wiring: Wiring) -> Projection | None:
    """Return the synapses from one population to all cells of a group; None if there are none."""
    connect, expected = wiring.connect(source, target)
    if not expected:
        return None
    kwargs = kind.brian_kwargs(model, source.name)
    unit = kind.weight_unit(model)
    drawn, values = {}, {}
    if isinstance(kind.weight, Distribution):
        drawn["w"] = kind.weight.text(f"weight from {source.name}", unit)
    else:
        values["w"] = float(kind.weight)
    delay = wiring.delay
    late = (
        Pathway(kwargs["on_pre"], np.inf, delay.text("delay", ms))
        if isinstance(delay, Distribution)
        else Pathway(kwargs["on_pre"], delay)
    )
    return Projection(
        name=f"{source.name}_to_{target.name}",
        source=source,
        target=target,
        model=kwargs["model"],
        pathways={"pre": late},
        connect=connect,
        expected=expected,
        values=values,
        drawn=drawn,
    )


def _gap_population(gap: GapJunctions, populations) -> Population:
    found = {p.name: p for p in populations}
    return found[check_name("population of gap junctions", gap.within, found)]


def _gap_projection(gap: GapJunctions, populations, groups) -> Projection | None:
    where = _gap_population(gap, populations)
    model = groups[where.cells][1]
    check_quantity(f"conductance between cells of {model.name}", gap.conductance,
                   gap.unit(model), scalar=True)  # fmt: skip
    p = check_probability("p of gap junctions", gap.p)
    if not p:
        return None
    return Projection(
        name="gap",
        source=where,
        target=where,
        model=gap.model(model),
        pathways={},
        connect={"condition": "i < j", "p": p},
        expected=p * where.n * (where.n - 1) / 2,
        values={"w": float(gap.conductance)},
    )


def _weight_unit(projection: Projection, kinds, gap, model) -> Unit:
    if projection.name == "gap":
        return gap.unit(model)
    return kinds[projection.source.name].weight_unit(model)
