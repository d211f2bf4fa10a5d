"""What a network consists of, as text and numbers: groups of cells, projections, what is recorded.

A plan says everything that a run needs and builds nothing. Random choices (who is connected to
whom, drawn weights and delays, drawn initial values) are text that the program evaluates after it
has been seeded, so that a compiled network serves every seed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from brian2 import Quantity

from ...models.grouping import GroupText


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
    text : GroupText
    state : dict of str to float or array, shape (n,)
        Initial values in SI units.
    drawn : dict of str to str
        Initial values as text, which may call ``rand()`` and ``randn()``.
    operations : tuple of Operation
    update_when : str
        The slot in which the equations are integrated.
    """

    name: str
    text: GroupText
    state: Mapping[str, float | np.ndarray]
    drawn: Mapping[str, str] = field(default_factory=dict)
    operations: tuple[Operation, ...] = ()
    update_when: str = "groups"


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

    @property
    def individual(self) -> tuple[str, ...]:
        """Names of what differs between the synapses."""
        late = any(pathway.drawn for pathway in self.pathways.values())
        return (*self.drawn, *self.each, *(("delay",) if late else ()))

    @property
    def listed(self) -> bool:
        """Whether the synapses are listed one by one, not generated."""
        return isinstance(self.connect.get("i"), np.ndarray)


@dataclass(frozen=True)
class Recorded:
    """What a run keeps besides the population rates.

    Attributes
    ----------
    spikes, connections : bool
    traces : dict of str to (tuple of str, array of int)
        For each group the variables and the indices of the cells to be sampled.
    dt : Quantity or None
        Sampling interval of the traces.
    """

    spikes: bool = True
    connections: bool = True
    traces: Mapping[str, tuple[tuple[str, ...], np.ndarray]] = field(default_factory=dict)
    dt: Quantity | None = None


@dataclass(frozen=True)
class NetworkPlan:
    """A whole network and its run."""

    cells: tuple[Cells, ...]
    populations: tuple[Population, ...]
    projections: tuple[Projection, ...]
    recorded: Recorded
    duration: Quantity
    dt: Quantity
    seed: int
    label: str
