"""Faster synapses in generated networks: how they are made, and how spikes are delivered.

Brian2 lets its lists of synapses grow, puts every synapse of a spike into a queue, and delivers the
queue on one thread. Here the lists have their size at once, and where all synapses of a pathway
have one delay it is enough to remember which neuron fired (``cpp/source_pathway.h``). The statement
that a synapse executes stays Brian2's.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from .finish_sources import bring, code_of, replace_once
from .parts import Parted, split

HEADER = Path(__file__).parent / "cpp" / "source_pathway.h"
_LOOP = (
    r"(?:#pragma omp parallel\s+)?\{\s*"
    r"std::vector<int> \*_spiking_synapses = (\w+)\.peek\(\);\s*"
    r"const int _num_spiking_synapses = _spiking_synapses->size\(\);\s*"
    r"(?:#pragma omp .*\s+)?(\{?)\s*"
    r"for\(int _spiking_synapse_idx=0;\s*.*;\s*_spiking_synapse_idx\+\+\)\s*\{\s*"
    r"const size_t _idx = \(\*_spiking_synapses\)\[_spiking_synapse_idx\];"
)
_OURS = r"""{
    \2
        const std::vector<int32_t>& _due = \1.due(_part);
        for (size_t _k = 0; _k < _due.size(); _k++)
        for (size_t _place = \1.begin(_due, _k, _part), _end = \1.end(_due, _k, _part);
             _place < _end; _place++)
        {
            const size_t _idx = \1.synapse(_place);"""

_JUMP = (
    r"const double _r = _rand\(_vectorisation_idx\);\s*if\(_r==0\.0\) break;\s*"
    r"const int _jump = floor\(log\(_r\)\*_pconst\)"
)
_JUMP_BY_LOG = """const double _log = _random_generators[0].log_of_rand();
                if (_log < -40) break;  // of 0; the least other number is 2^-53
                const int _jump = floor(_log*_pconst)"""

# Newer Brian2 writes to a file, for runs that are continued, what is still on its way.
_QUEUE_FILE = r"    ofstream outfile_{0};\n(?:.*\n)*?.*spike queue state for '{0}'.*\n    }}\n"


def make_at_once(source: Path, expected: float) -> None:
    """Change the code that makes synapses: room for those expected, logarithms in vectors.

    What is counted for each cell is not used.
    """
    text = source.read_text()
    lists = re.findall(r"(_dynamic_array_\w+__synaptic_(?:pre|post))\.push_back", text)
    size = int(expected + 6 * expected**0.5)  # six standard deviations, or fewer
    room = "".join(f"    {name}.reserve({size});\n" for name in lists)
    text = re.sub(r"_dynamic_array_\w+_N_(?:incoming|outgoing)\[\w+\] \+= 1;", "", text)
    text = re.sub(_JUMP, _JUMP_BY_LOG, text)  # absent where they are not drawn with a probability
    source.write_text(replace_once(r"( *size_t _raw_pre_idx, _raw_post_idx;)", rf"{room}\1", text))


def deliver_by_source(
    folder: Path, pathways: Iterable[tuple[str, str, int]], n_parts: int
) -> list[Parted]:
    """Change the generated sources of a network so that these pathways deliver by source.

    Parameters
    ----------
    folder : Path
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
    objects, header = (folder / "objects.cpp").read_text(), (folder / "objects.h").read_text()
    parted = []
    for synapses, pathway, n_targets in pathways:
        name = f"{synapses}_{pathway}"
        loop = code_of(folder, f"{name}_codeobject")
        text = loop.read_text()
        if not _touches_targets_only(text):
            continue
        parted += [
            _split_push(code_of(folder, f"{name}_push_spikes")),
            split(loop, replace_once(_LOOP, _OURS, text)),
        ]
        header = replace_once(rf"SynapticPathway {name};", f"SourcePathway {name};", header)
        targets = f"_dynamic_array_{synapses}__synaptic_post"
        objects = replace_once(
            rf"SynapticPathway {name}\(\s*(\w+),\s*(\d+), (\d+)\);",
            rf"SourcePathway {name}(\1, {targets}, \2, \3, {n_targets}, {n_parts});",
            objects,
        )
        objects = re.sub(_QUEUE_FILE.format(name), "", objects)
    (folder / "objects.cpp").write_text(objects)
    (folder / "objects.h").write_text(header)
    bring(HEADER, folder / "objects.h")
    return parted


def _split_push(source: Path) -> Parted:
    text = re.sub(r"#pragma omp parallel\b.*", "", source.read_text())
    text = replace_once(r"\.advance\(\)", ".advance(_part)", text)
    return split(source, replace_once(r"\.push\(", ".push(_part, ", text))


def _touches_targets_only(loop: str) -> bool:
    """Return whether a pathway's statement needs no cell but its target, and changes no other."""
    written = re.findall(r"^\s*_ptr_array\w+\[(\w+)\] = ", loop, flags=re.MULTILINE)
    return "_presynaptic_idx" not in loop and set(written) <= {"_postsynaptic_idx", "_idx"}
