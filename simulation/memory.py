"""How much memory a network takes, predicted from its plan before anything is compiled."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from brian2 import ms

from ..errors import InputError
from ..progress import tell
from .plan import Plan, Projection

# Bytes of a synapse in the compiled program: two indices of 4, and what is drawn for it. Its place
# in the order of the sources, where synapses are made target by target. With a drawn delay, its
# place in its source's list (of 4, in vectors that grow by doubling), the delay, and that in steps.
INDICES = 8
DRAWN = 8
ORDER = 4
DRAWN_DELAY = 18
QUEUE = 24  # a step of the longest delay: the list of what arrives then
LONGEST = 2**31 - 1  # steps of a delay that the compiled program can count
PER_CELL = 40  # bookkeeping of spikes and of a cell's synapses
PROGRAM = 6e6  # the process itself
LONG = 0.01  # of the whole: what delays take is said from here on
_CGROUP = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


@dataclass(frozen=True)
class Memory:
    """A prediction, in bytes."""

    synapses: float
    per_synapse: float
    cells: int
    per_cell: float
    recorded: float
    delayed: float

    @property
    def total(self) -> float:
        """Of the program, spikes not counted (12 bytes each)."""
        return (
            self.synapses * self.per_synapse
            + self.cells * self.per_cell
            + self.recorded
            + self.delayed
            + PROGRAM
        )

    def __str__(self) -> str:
        return (
            f"{self.cells} cells at {self.per_cell:.0f} bytes, about {self.synapses:.0f} synapses "
            f"at {self.per_synapse:.0f} bytes, records {readable(self.recorded)}"
            f"{self._of_delays()}: "
            f"{readable(self.total)}"
        )

    def _of_delays(self) -> str:
        return f", delays {readable(self.delayed)}" if self.delayed >= LONG * self.total else ""


def predict(plan: Plan) -> Memory:
    """Return what a run of the plan will take at its peak."""
    synapses = sum(p.expected for p in plan.projections)
    bytes_of_synapses = sum(p.expected * per_synapse(p) for p in plan.projections)
    cells = sum(c.text.n for c in plan.cells)
    # Every value once in the program and once in the file through which it came.
    values = sum(c.text.n * (len(c.state) + len(c.text.arrays)) for c in plan.cells)
    return Memory(
        synapses=synapses,
        per_synapse=bytes_of_synapses / synapses if synapses else 0.0,
        cells=cells,
        per_cell=PER_CELL + 16 * values / cells,
        recorded=_recorded(plan),
        delayed=QUEUE * sum(_delays(plan)),
    )


def per_synapse(projection: Projection) -> float:
    """Return the bytes that a synapse of this projection takes."""
    order = ORDER if "i" in projection.connect else 0
    pathways = sum(DRAWN_DELAY if p.drawn else order for p in projection.pathways.values())
    return INDICES + DRAWN * (len(projection.drawn) + len(projection.each)) + pathways


def check_memory(plan: Plan) -> Memory:
    """Say what the network will take, and refuse it if the machine has less.

    Raises
    ------
    ValueError
        If the prediction is above the machine's memory.
    """
    longest, memory = max(_delays(plan), default=0), predict(plan)
    if longest > LONGEST:
        raise InputError(
            f"delay: is {longest:.3g} steps of dt = {float(plan.dt / ms):g} ms long at the most, "
            f"and a network counts {LONGEST}; use shorter delays, or a larger dt"
        )
    available = machine_memory()
    if memory.total > available:
        raise InputError(
            f"memory: the network would take {memory}, but this machine has "
            f"{readable(available)}; use fewer cells, a lower p or in_degree, shorter delays, or "
            "record less"
        )
    _say(f"{plan.label}: {memory}")
    return memory


def machine_memory() -> float:
    """Return the memory in bytes that this process may use."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for file in map(Path, _CGROUP):
        text = file.read_text().strip() if file.exists() else "max"
        limits += [int(text)] if text.isdigit() else []
    return min(limits)


def readable(size: float) -> str:
    """Return a number of bytes in the unit that suits it.

    Examples
    --------
    >>> readable(1.25e9), readable(320)
    ('1.2 GB', '320 bytes')
    """
    for limit, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= limit:
            return f"{size / limit:.1f} {unit}"
    return f"{size:.0f} bytes"


def _delays(plan: Plan) -> list[float]:
    """Return the longest delay of every pathway, in steps."""
    step = float(plan.dt)
    return [q.delay / step for p in plan.projections for q in p.pathways.values()]


def _recorded(plan: Plan) -> float:
    rates = 16 * plan.steps * len(plan.populations) if plan.recorded.rates else 0
    step = plan.dt if plan.recorded.dt is None else plan.recorded.dt
    samples = float(plan.duration / step)
    traces = sum(8 * samples * (1 + len(v) * len(i)) for v, i in plan.recorded.traces.values())
    return rates + traces


@cache
def _say(line: str) -> None:
    """Print a line, once: a network that is run with many seeds says it with the first."""
    tell(line)
