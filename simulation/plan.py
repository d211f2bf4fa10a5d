"""What is run: groups of cells, projections between them, what is recorded, for how long.

A plan says everything that a run needs and builds nothing. A sweep of single cells is a plan with
one group and no projection; a network is the same with more. Random choices (who is connected to
whom, drawn weights and delays, drawn initial values) are text that the run evaluates after it has
been seeded, so that a compiled network serves every seed.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from brian2 import Quantity, ms

from ..models.grouping import BrianText
from ..plain_checks import check_seed
from .input_rules import check_sampling, with_units
from .recording import CELLS, CellsRecording, DivergenceError, check_finite, diverged, qualified


@dataclass(frozen=True)
class Operation:
    """Statements that a group executes in every step.

    Attributes
    ----------
    text : str
    when : str
        The slot of Brian2's schedule.
    """

    text: str
    when: str = "start"


@dataclass(frozen=True)
class Cells:
    """One NeuronGroup.

    Attributes
    ----------
    name : str
    text : BrianText
    state : dict of str to float or array, shape (n,)
        Initial values in SI units.
    drawn : dict of str to str
        Initial values as text, which may call ``rand()`` and ``randn()``.
    operations : tuple of Operation
    update_when : str
        The slot in which the equations are integrated.
    located : bool
        Whether the text locates spikes inside the step (see `methods.within_step`).
    model : str
        Name of the model, for messages; empty where the plan's label says enough.
    parameters : dict of str to (float, str)
        The model's own, for messages, in the units in which it states them, and these as text.
    units : dict of str to float
        The units in which the model's variables are shown, in SI units.
    remedy : str
        What to do if it diverges, where the equations tell.
    """

    name: str
    text: BrianText
    state: Mapping[str, float | np.ndarray]
    drawn: Mapping[str, str] = field(default_factory=dict)
    operations: tuple[Operation, ...] = ()
    update_when: str = "groups"
    located: bool = False
    model: str = ""
    parameters: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    units: Mapping[str, float] = field(default_factory=dict)
    remedy: str = ""

    @property
    def numbers(self) -> dict[str, float | np.ndarray]:
        """All that can be set, in SI units."""
        values = {**self.text.shared, **self.text.arrays, **self.state}
        return {k: v for k, v in values.items() if k not in self.drawn}


@dataclass(frozen=True)
class Population:
    """A named run of neighbours in a group."""

    name: str
    cells: str
    start: int
    stop: int

    @property
    def n(self) -> int:
        """Number of cells."""
        return self.stop - self.start


@dataclass(frozen=True)
class Pathway:
    """What a spike does to the target, and how much later.

    Attributes
    ----------
    text : str
    delay : float
        In seconds; where it is drawn for each synapse, the largest that it can be.
    drawn : str
        Text of a delay that differs between synapses; else empty.
    """

    text: str
    delay: float
    drawn: str = ""


@dataclass(frozen=True)
class Projection:
    """The synapses from one population to another.

    Attributes
    ----------
    name : str
    source, target : Population
    model : str
        Equation text of the synapses.
    pathways : dict of str to Pathway
    connect : dict
        Arguments of Brian2's ``Synapses.connect``: texts and numbers, or ``i`` and ``j`` as arrays
        of indices within source and target.
    expected : float
        Expected number of synapses.
    values : dict of str to float
        Shared parameters, in SI units.
    drawn : dict of str to str
        Values of each synapse, as text.
    each : dict of str to array
        Values of each synapse in SI units, in the order of the indices in `connect`.
    functions : dict of str to Function or TimedArray
        What the texts call.
    """

    name: str
    source: Population
    target: Population
    model: str
    pathways: Mapping[str, Pathway]
    connect: Mapping[str, object]
    expected: float
    values: Mapping[str, float] = field(default_factory=dict)
    drawn: Mapping[str, str] = field(default_factory=dict)
    each: Mapping[str, np.ndarray] = field(default_factory=dict)
    functions: Mapping[str, object] = field(default_factory=dict)

    @property
    def individual(self) -> tuple[str, ...]:
        """Names of what differs between the synapses."""
        late = any(pathway.drawn for pathway in self.pathways.values())
        return (*self.drawn, *self.each, *(("delay",) if late else ()))

    @property
    def is_listed(self) -> bool:
        """Whether the synapses are listed, not generated."""
        return isinstance(self.connect.get("i"), np.ndarray)


@dataclass(frozen=True)
class Recorded:
    """What a run keeps besides the final states.

    Attributes
    ----------
    spikes, connections : bool
    traces : dict of str to (tuple of str, array of int)
        For each group the variables and the indices of the cells to be sampled.
    dt : Quantity or None
        Sampling interval of the traces; None for the step.
    rates : bool
        Whether every population's rate is kept, step by step.
    times : array, optional
        When traces are sampled, in seconds, instead of every `dt`; for an engine without steps.
    """

    spikes: bool = True
    connections: bool = True
    traces: Mapping[str, tuple[tuple[str, ...], np.ndarray]] = field(default_factory=dict)
    dt: Quantity | None = None
    rates: bool = True
    times: np.ndarray | None = None

    def variables(self, group: str) -> tuple[str, ...]:
        """Return the variables of a group that are sampled."""
        return self.traces[group][0] if group in self.traces else ()


@dataclass(frozen=True)
class Plan:
    """Cells and projections, and their run.

    Attributes
    ----------
    cells : tuple of Cells
    populations : tuple of Population
    projections : tuple of Projection
    recorded : Recorded
    duration, dt : Quantity
    seed : int or None
        Of everything random; None leaves it to the system.
    label : str
        What the progress bar says, and messages where the cells name no model.
    breakpoints : tuple of float
        When the input jumps, in seconds; for an engine without steps.
    tolerances : (float, float)
        Relative, and absolute in the unit in which a variable is shown; likewise.
    """

    cells: tuple[Cells, ...]
    populations: tuple[Population, ...]
    projections: tuple[Projection, ...]
    recorded: Recorded
    duration: Quantity
    dt: Quantity
    seed: int | None
    label: str
    breakpoints: tuple[float, ...] = ()
    tolerances: tuple[float, float] = (1e-10, 1e-12)

    def __post_init__(self):
        if self.seed is not None:
            object.__setattr__(self, "seed", check_seed(self.seed))
        if self.recorded.dt is not None:
            check_sampling(float(self.recorded.dt / ms), self.dt_ms)

    @property
    def dt_ms(self) -> float:
        """The step in ms."""
        return float(self.dt / ms)

    @property
    def steps(self) -> float:
        """Number of steps."""
        return float(self.duration / self.dt)

    @property
    def functions(self) -> dict[str, object]:
        """What the texts of all cells call."""
        return {k: f for c in self.cells for k, f in c.text.functions.items()}

    @property
    def numbers(self) -> dict[str, float | np.ndarray]:
        """Everything that can be set, in SI units, under the names of a program's inputs."""
        return {
            qualified(part.name, k): v
            for part, values in (
                *((c, c.numbers) for c in self.cells),
                *((p, p.values) for p in self.projections),
            )
            for k, v in values.items()
        }

    @property
    def divisible(self) -> bool:
        """Whether the cells may run in any parts: nothing is between them, nothing kept of all."""
        return (
            [c.name for c in self.cells] == [CELLS]
            and not (self.projections or self.recorded.rates)
            and not (self.cells[0].drawn or self.cells[0].operations)
            and all(self.samples_all(c) for c in self.recorded.traces)
        )

    def samples_all(self, group: str) -> bool:
        """Return whether a group's traces are those of all its cells."""
        (n,) = (c.text.n for c in self.cells if c.name == group)
        return np.array_equal(self.recorded.traces[group][1], np.arange(n))

    def with_arguments(self, names: Collection[str] | None = None) -> "Plan":
        """Return the plan with constants of its cells as shared parameters: all, or the named."""
        cells = (replace(c, text=c.text.with_arguments(names)) for c in self.cells)
        return replace(self, cells=tuple(cells))

    def resized(self, n: int) -> "Plan":
        """Return a divisible plan for another number of cells; its numbers are not resized."""
        (cells,), traces = self.cells, self.recorded.traces
        everyone = {name: (variables, np.arange(n)) for name, (variables, _) in traces.items()}
        return replace(
            self,
            cells=(replace(cells, text=replace(cells.text, n=n)),),
            populations=(Population(CELLS, CELLS, 0, n),),
            recorded=replace(self.recorded, traces=everyone),
        )

    def check_finite(self, group: Cells, recording: CellsRecording) -> None:
        """Raise `DivergenceError` if a group of cells left the numbers."""
        check_finite(
            recording,
            group.model or self.label,
            group.text.of_cell,
            parameters=with_units(group.parameters),
            remedy=group.remedy,
        )

    def diverged(self, what: str) -> DivergenceError:
        """Return the error of a run that left the numbers before its end."""
        first = self.cells[0]
        who = first.model if len(self.cells) == 1 and first.model else self.label
        methods = ", ".join(dict.fromkeys(str(c.text.method) for c in self.cells))
        return diverged(who, what, methods, self.dt_ms, with_units(first.parameters), first.remedy)


def seed_of_32_bits(seed: int) -> int:
    """Return a seed for generators that take no larger ones; those of neighbours are unrelated."""
    return int(np.random.SeedSequence(seed).generate_state(1)[0]) or 1


def single_cells(
    text: BrianText,
    state: Mapping[str, float | np.ndarray],
    duration: Quantity,
    *,
    record: Sequence[str] = (),
    record_dt: Quantity | None = None,
    seed: int | None = None,
    label: str = "",
    **more,
) -> Plan:
    """Return the plan of cells that are not connected.

    Parameters
    ----------
    text : BrianText
    state : dict of str to float or array, shape (n,)
        Initial values in SI units.
    duration : Quantity
    record : sequence of str
        Variables that are sampled in all cells.
    record_dt, seed, label : optional
        See `Recorded` and `Plan`.
    **more
        For `Cells`.
    """
    traces = {CELLS: (tuple(record), np.arange(text.n))} if record else {}
    return Plan(
        cells=(Cells(CELLS, text, state, **more),),
        populations=(Population(CELLS, CELLS, 0, text.n),),
        projections=(),
        recorded=Recorded(connections=False, traces=traces, dt=record_dt, rates=False),
        duration=duration,
        dt=text.dt,
        seed=seed,
        label=label,
    )
