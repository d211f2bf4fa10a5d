"""Give each thread a part of every group's cells, and all the work of a step on them.

Brian2 starts its threads anew for the loop of each object and lets them meet after it, and what
falls to few cells it does on one thread, for which the other's cells are far away: all that takes
longer than to integrate thousands of cheap cells. Here a thread has the same cells in every step
(``cpp/parts.h``), and goes through all objects that follow each other without waiting in between.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .brian2_edits import RESET, SEARCH, TOGETHER, UPDATE
from .sources import Sources


@dataclass(frozen=True)
class Parted:
    """An object's code that does its work on one part of the cells when it is called.

    Attributes
    ----------
    name : str
        The object's; its function ``_run_name()`` has become ``_part_name(int _part)``, which
        reads and writes cells of that part only.
    then : str
        A function to be called when all parts are done; empty if there is none.
    """

    name: str
    then: str = ""


def split_group(sources: Sources, group: str, n_cells: int, n_parts: int) -> list[Parted]:
    """Let the update, search and reset of a group's cells be those of a part; return these."""
    found = []
    for edit, kind in ((UPDATE, "stateupdater"), (RESET, "spike_resetter")):
        name = sources.object(f"{group}_{kind}_codeobject")
        if sources.has_object(name) and sources.edit(edit, object=name, n_parts=n_parts):
            found.append(Parted(name))
    name = sources.object(f"{group}_spike_thresholder_codeobject")
    if sources.has_object(name) and "_rand" not in sources.text(f"code_objects/{name}.cpp"):
        join = f"_join_{name}"
        if sources.edit(SEARCH, object=name, join=join, n_cells=n_cells, n_parts=n_parts):
            found.append(Parted(name, then=join))
    return found


def run_together(sources: Sources, objects: Iterable[Parted], n_parts: int) -> bool:
    """Let the program go through objects that follow each other part by part.

    Parameters
    ----------
    sources : Sources
    objects : iterable of Parted
        In any order.
    n_parts : int

    Returns
    -------
    bool
        False if it does not fit, so that nothing calls these objects.
    """
    parted = {each.name: each for each in objects}
    if not parted:
        return True
    line = rf" *network\.add\(CLOCK, _run_(?:{'|'.join(parted)})\);\n"
    first, next_ = line.replace("CLOCK", r"(?P<clock>&\w+)"), line.replace("CLOCK", "(?P=clock)")
    blocks = [*re.finditer(f"{first}(?:{next_})*", sources.text("main.cpp"))]
    names = [re.findall(r"_run_(\w+)\);", block[0]) for block in blocks]
    if sorted(name for each in names for name in each) != sorted(parted):
        sources.do_without(TOGETHER)
        return False
    runs = [
        (block, run)
        for block, each in zip(blocks, names, strict=True)
        for run in _runs(parted[name] for name in each)
    ]
    return all(
        _join(sources, f"_together_{k}", block["clock"], run, n_parts)
        for k, (block, run) in enumerate(runs)
    )


def _runs(objects: Iterable[Parted]) -> list[list[Parted]]:
    """Return neighbours that need not wait for each other."""
    runs: list[list[Parted]] = [[]]
    for parted in objects:
        runs[-1].append(parted)
        if parted.then:
            runs.append([])
    return [run for run in runs if run]


def _join(sources: Sources, name: str, clock: str, run: list[Parted], n_parts: int) -> bool:
    """Let one C++ function call all objects of a run; return whether it could be done."""
    lines = (rf" *network\.add\({clock}, _run_{each.name}\);\n" for each in run)
    return sources.edit(
        TOGETHER,
        lines="".join(lines),
        calls=f"        network.add({clock}, {name});\n",
        functions=_function(name, run, n_parts),
    )


def _function(name: str, run: list[Parted], n_parts: int) -> str:
    """Return the C++ function that executes a run of objects, and declares what it calls."""
    declared = "".join(f"void _part_{p.name}(int);\n" for p in run)
    work = "".join(f"        _part_{p.name}(part);\n" for p in run)
    text = f"    on_all_parts({n_parts}, [](int part) {{\n{work}    }});\n"
    if then := run[-1].then:
        declared += f"void {then}();\n"
        text += f"    {then}();\n"
    return f"{declared}static void {name}()\n{{\n{text}}}\n"
