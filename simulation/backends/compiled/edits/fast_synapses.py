"""Faster synapses in generated networks: how they are made, and how spikes are delivered.

Brian2 lets its lists of synapses grow, puts every synapse of a spike into a queue, and delivers the
queue on one thread. Here the lists have their size at once, and where all synapses of a pathway
have one delay it is enough to remember which neuron fired (``cpp/source_pathway.h``).
"""

import re
from collections.abc import Iterable

from .brian2_edits import BY_SOURCE, ROOM
from .parts import Parted
from .sources import Sources


def make_at_once(sources: Sources, synapses: str, expected: float) -> None:
    """Change the code that makes synapses: room for those expected, logarithms in vectors.

    Those that are made from a list of pairs have it already.
    """
    name = sources.object(f"{synapses}_synapses_create_generator_codeobject")
    if not sources.has_object(name):
        return
    text = sources.text(f"code_objects/{name}.cpp")
    lists = re.findall(r"(_dynamic_array_\w+__synaptic_(?:pre|post))\.push_back", text)
    size = int(expected + 6 * expected**0.5)  # six standard deviations, or fewer
    sources.edit(
        ROOM, object=name, room="".join(f"    {name}.reserve({size});\n" for name in lists)
    )


def deliver_by_source(
    sources: Sources, pathways: Iterable[tuple[str, str, int]], n_parts: int
) -> list[Parted]:
    """Change the sources of a network so that these pathways deliver by source.

    Parameters
    ----------
    sources : Sources
    pathways : iterable of (str, str, int)
        Names of synapses and of one of their pathways, all of whose synapses have one delay; and
        how many cells the group has that holds their targets.
    n_parts : int

    Returns
    -------
    list of Parted
        What takes up spikes and what delivers them. A pathway whose statement does more than
        change its target keeps Brian2's queue.
    """
    parted = []
    for synapses, pathway, n_targets in pathways:
        name = f"{synapses}_{pathway}"
        push, loop = sources.object(f"{name}_push_spikes"), sources.object(f"{name}_codeobject")
        if not _touches_targets_only(sources.text(f"code_objects/{loop}.cpp")):
            continue
        if sources.edit(
            BY_SOURCE, pathway=name, push=push, loop=loop, n_targets=n_targets, n_parts=n_parts,
            targets=f"_dynamic_array_{synapses}__synaptic_post",
        ):  # fmt: skip
            parted += [Parted(push), Parted(loop)]
    return parted


def _touches_targets_only(loop: str) -> bool:
    """Return whether a pathway's statement needs no cell but its target, and changes no other."""
    written = re.findall(r"^\s*_ptr_array\w+\[(\w+)\] = ", loop, flags=re.MULTILINE)
    return "_presynaptic_idx" not in loop and set(written) <= {"_postsynaptic_idx", "_idx"}
