"""Give each thread a part of every group's cells, and all the work of a step on them.

Brian2 starts its threads anew for the loop of each object and lets them meet after it, and what
falls to few cells it does on one thread, for which the other's cells are far away: all that takes
longer than to integrate thousands of cheap cells. Here a thread has the same cells in every step
(``cpp/parts.h``), and goes through all objects that follow each other without waiting in between.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .finish_sources import bring, replace_once

HEADER = Path(__file__).parent / "cpp" / "parts.h"
_PRAGMA = r"(?:#pragma omp [^\n]*\s*)?"


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


def split(source: Path, text: str, then: str = "") -> Parted:
    """Write an object's code, which uses ``_part``, as that of a part.

    Parameters
    ----------
    source : Path
    text : str
        The code, still with the function ``_run_name()``.
    then : str
        See `Parted`.
    """
    name = source.stem
    text = replace_once(rf"void _run_{name}\(\)", f"void _part_{name}(int _part)", text)
    source.write_text(f'#include "{HEADER.name}"\n{text}')
    return Parted(name, then)


def bounds(n: str | int, n_parts: int) -> str:
    """Return C++ that defines where a part of n cells begins and ends.

    The end is hidden from the compiler, as the size of a loop over all cells is.
    """
    return (
        f"const size_t _begin = part_begin({n}, _part, {n_parts});\n"
        f'    size_t _end = part_begin({n}, _part + 1, {n_parts}); asm("" : "+r"(_end));\n'
    )


def split_update(source: Path, n_parts: int) -> Parted:
    """Let the integration of a group's equations be one of a part."""
    loop = rf"{_PRAGMA}for\(int _idx=0; _idx<_N; _idx\+\+\)"
    ours = f"{bounds('N', n_parts)}    for(size_t _idx=_begin; _idx<_end; _idx++)"
    return split(source, replace_once(loop, ours, source.read_text()))


def split_reset(source: Path, n_parts: int) -> Parted:
    """Let the reset of the cells that fired be one of a part; they are listed in order."""
    loop = (
        rf"{_PRAGMA}for\(int32_t _index_events=0; _index_events<_num_events; _index_events\+\+\)"
        r"(\s*\{\s*// vector code\s*const size_t _idx = )_events\[_index_events\];"
    )
    ours = (
        rf"{bounds('N', n_parts)}    const int32_t* const _last = _events + _num_events;\n"
        r"    for(const int32_t* _event = std::lower_bound(_events, _last, (int32_t)_begin);\n"
        r"        _event != _last && *_event < _end; _event++)\1*_event;"
    )
    text = replace_once(loop, ours, source.read_text())
    return split(source, f"#include <algorithm>\n{text}")


def run_together(folder: Path, objects: Iterable[Parted], n_parts: int) -> None:
    """Let the program go through objects that follow each other part by part.

    Parameters
    ----------
    folder : Path
        The generated sources.
    objects : iterable of Parted
        In any order.
    n_parts : int
    """
    parted = {each.name: each for each in objects}
    functions: list[str] = []

    def joined(match: re.Match) -> str:
        calls = ""
        for run in _runs(parted[name] for name in re.findall(r"_run_(\w+)\);", match[0])):
            name = f"_together_{len(functions)}"
            functions.append(_function(name, run, n_parts))
            calls += f"        network.add({match['clock']}, {name});\n"
        return calls

    main = (folder / "main.cpp").read_text()
    line = rf" *network\.add\(CLOCK, _run_(?:{'|'.join(parted)})\);\n"
    first, next_ = line.replace("CLOCK", r"(?P<clock>&\w+)"), line.replace("CLOCK", "(?P=clock)")
    main = re.sub(f"{first}(?:{next_})*", joined, main)
    code = "".join(functions)
    (folder / "main.cpp").write_text(replace_once(r"\nint main\(", rf"\n{code}\g<0>", main))
    bring(HEADER, folder / "main.cpp")


def _runs(objects: Iterable[Parted]) -> list[list[Parted]]:
    """Return neighbours that need not wait for each other."""
    runs: list[list[Parted]] = [[]]
    for parted in objects:
        runs[-1].append(parted)
        if parted.then:
            runs.append([])
    return [run for run in runs if run]


def _function(name: str, run: list[Parted], n_parts: int) -> str:
    """Return the C++ function that executes a run of objects, and declares what it calls."""
    declared = "".join(f"void _part_{p.name}(int);\n" for p in run)
    work = "".join(f"        _part_{p.name}(part);\n" for p in run)
    text = f"    on_all_parts({n_parts}, [](int part) {{\n{work}    }});\n"
    if then := run[-1].then:
        declared += f"void {then}();\n"
        text += f"    {then}();\n"
    return f"{declared}static void {name}()\n{{\n{text}}}\n"
