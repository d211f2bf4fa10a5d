"""Find the cells that fire block by block, so that the search is vectorised, each thread its own.

Brian2 asks cell after cell on one thread, and for cheap cells that takes longer than to integrate
them. Few cells fire in a step: it is enough to ask blocks first whether one of their cells does.
"""

import re
from pathlib import Path

from .finish_sources import replace_once
from .parts import Parted, bounds, split

BLOCK = 64  # cells
_LOOP = (
    r"(?s)    long _count = 0;\s*"
    r"for\(size_t _idx=0; _idx<N; _idx\+\+\)\s*\{(?P<condition>.*?)"
    r"if\(_cond\) \{(?P<fires>.*?)\}\s*\}\s*_ptr(?P<spikes>_array\w+__spikespace)\[N\] = _count;"
)
# Each part lists its cells that fire from the place of its first cell on; then they are joined.
_SEARCH = rf"""
    BOUNDS
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

void JOIN()
{{
    int32_t* const _spikes = brian::\g<spikes>;
    long _count = _found[0];
    for (int _part = 1; _part < PARTS; _part++)
    {{
        const int32_t* _list = _spikes + part_begin(CELLS, _part, PARTS);
        std::copy(_list, _list + _found[_part], _spikes + _count);
        _count += _found[_part];
    }}
    _spikes[CELLS] = _count;"""


def split_search(source: Path, n_parts: int) -> list[Parted]:
    """Let the generated search for cells above threshold be one of a part, in blocks.

    One that draws random numbers is left alone, and nothing returned.
    """
    text = source.read_text()
    if "_rand" in text:
        return []
    join = f"_join_{source.stem}"
    n = re.search(r"const int64_t N = (\d+);", text)[1]
    blocks = _SEARCH
    words = {"BOUNDS": bounds("N", n_parts), "JOIN": join, "PARTS": n_parts, "CELLS": n}
    for word, value in words.items():
        blocks = re.sub(rf"\b{word}\b", str(value), blocks)
    text = replace_once(_LOOP, blocks, text)
    text = f"#include <algorithm>\nstatic long _found[{n_parts}];\n{text}"
    return [split(source, text, then=join)]
