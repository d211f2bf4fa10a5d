"""Find the cells that fire block by block, so that the search is vectorised, and on all threads.

Brian2 asks cell after cell on one thread, and for cheap cells that takes longer than to integrate
them. Few cells fire in a step: it is enough to ask blocks first whether one of their cells does.
Each thread asks the cells that it has just integrated, without waiting for the others.
"""

import re
from pathlib import Path

from .finish_sources import code_of, replace_once

BLOCK = 64  # cells
MUCH = 64  # cells whose reset is worth waking another thread
_PRAGMA = "#pragma omp parallel for schedule(static)"
_LOOP = (
    r"(?s)    long _count = 0;\s*"
    r"for\(size_t _idx=0; _idx<N; _idx\+\+\)\s*\{(?P<condition>.*?)"
    r"if\(_cond\) \{(?P<fires>.*?)\}\s*\}\s*_ptr(?P<spikes>_array\w+__spikespace)\[N\] = _count;"
)
# A part of the cells is what one thread has. Each lists its cells that fire from the place of its
# first one on; then the lists are joined.
_SEARCH = rf"""
    long _count = _begin;
    for (size_t _first = _begin; _first < _end; _first += {BLOCK})
    {{
        const size_t _next = std::min<size_t>(_end, _first + {BLOCK});
        char _any = 0;
        for (size_t _idx = _first; _idx < _next; _idx++)
        {{\g<condition>_any |= _cond;
        }}
        if (!_any) continue;
        for (size_t _idx = _first; _idx < _next; _idx++)
        {{\g<condition>if(_cond) {{\g<fires>}}
        }}
    }}
    _found[_part] = _count - _begin;
}}

void RUN()
{{
    SEARCH_ALL
    int32_t* const _spikes = brian::\g<spikes>;
    long _count = _found[0];
    for (int _part = 1; _part < PARTS; _part++)
    {{
        const int32_t* _list = _spikes + BEGIN;
        std::copy(_list, _list + _found[_part], _spikes + _count);
        _count += _found[_part];
    }}
    _spikes[CELLS] = _count;"""
_UPDATE = r"(?s)(?:#pragma omp [^\n]*\s*)?for\(int _idx=0; _idx<_N; _idx\+\+\)(\s*\{.*\n    \})"


def scan_in_blocks(folder: Path, name: str, threads: int) -> None:
    """Change the generated search for cells above threshold; one that draws numbers is left alone.

    Parameters
    ----------
    folder : Path
    name : str
        The group of cells.
    threads : int
    """
    update = code_of(folder, f"{name}_stateupdater_codeobject")
    threshold = code_of(folder, f"{name}_spike_thresholder_codeobject")
    text = threshold.read_text()
    if "_rand" in text:
        return
    n = int(re.search(r"const int64_t N = (\d+);", text)[1])
    begin = f"({n // BLOCK}L * _part / {threads} * {BLOCK})"
    end = f"(_part == {threads - 1} ? {n}L : {n // BLOCK}L * (_part + 1) / {threads} * {BLOCK})"
    run, search = f"_run_{threshold.stem}", f"_search_{name}"
    pragma = _PRAGMA if threads > 1 else ""
    parts = f"{pragma}\n    for (int _part = 0; _part < {threads}; _part++)"
    call = f"{search}(_part, {begin}, {end});"

    main = (folder / "main.cpp").read_text()
    at_once = re.search(rf"_run_{update.stem}\);\s*network\.add\(&\w+, {run}\);", main)
    blocks = _SEARCH.replace("SEARCH_ALL", "" if at_once else f"{parts}\n        {call}")
    for word, value in {"RUN": run, "PARTS": threads, "BEGIN": begin, "CELLS": n}.items():
        blocks = re.sub(rf"\b{word}\b", str(value), blocks)
    text = replace_once(
        rf"void {run}\(\)",
        f"static long _found[{threads}];\nvoid {search}(int _part, size_t _begin, size_t _end)",
        text,
    )
    threshold.write_text("#include <algorithm>\n" + replace_once(_LOOP, blocks, text))
    if at_once:
        loop = (
            rf"{parts}\n    {{\n        const size_t _begin = {begin};\n"
            rf'        size_t _end = {end}; asm("" : "+r"(_end));  // hidden, as _N is'
            rf"\n    for(size_t _idx=_begin; _idx<_end; _idx++)\1\n"
            rf"        {search}(_part, _begin, _end);\n    }}"
        )
        text = replace_once(_UPDATE, loop, update.read_text())
        update.write_text(f"#include <cstddef>\nvoid {search}(int, size_t, size_t);\n{text}")


def reset_few_on_one_thread(source: Path) -> None:
    """Start no threads for the reset of a few cells: that takes longer than the reset."""
    source.write_text(source.read_text().replace(_PRAGMA, f"{_PRAGMA} if(_num_events > {MUCH})"))
