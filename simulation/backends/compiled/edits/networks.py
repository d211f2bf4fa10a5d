"""What is changed for speed in the sources of a network."""

from ....plan import Plan
from .fast_synapses import deliver_by_source, make_at_once
from .parts import run_together, split_group
from .sources import Sources


def speed_up(sources: Sources, plan: Plan, n_parts: int) -> None:
    """Make synapses at once, and let every thread do all the work of a step on its cells.

    Parameters
    ----------
    sources : Sources
    plan : Plan
    n_parts : int
        As many as threads.
    """
    for p in plan.projections:
        if not p.is_listed:
            make_at_once(sources, p.name, p.expected)
    whole = sources.state()
    sizes = {cells.name: cells.text.n for cells in plan.cells}
    single = [
        (p.name, pathway, sizes[p.target.cells])
        for p in plan.projections
        for pathway, path in p.pathways.items()
        if not path.drawn
    ]
    parted = deliver_by_source(sources, single, n_parts)
    for name, n_cells in sizes.items():
        parted += split_group(sources, name, n_cells, n_parts)
    if not run_together(sources, parted, n_parts):
        sources.restore(whole)
