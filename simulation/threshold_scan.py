"""Find the cells that fire block by block, so that the search is vectorised, and on all threads.

Brian2 asks cell after cell on one thread, and for cheap cells that takes longer than to integrate
them. Few cells fire in a step: it is enough to ask blocks first whether one of their cells does.
"""

from pathlib import Path

from .finish_sources import replace_once

BLOCK = 64  # cells
MUCH = 64  # cells whose reset is worth waking another thread
_LOOP = (
    r"(?s)    long _count = 0;\s*"
    r"for\(size_t _idx=0; _idx<N; _idx\+\+\)\s*\{(?P<condition>.*?)"
    r"if\(_cond\) \{(?P<fires>.*?)\}\s*\}\s*(?P<spikes>_ptr_array\w+__spikespace)\[N\] = _count;"
)
# Each thread lists its cells from the place of its first one on; then the lists are joined.
_BLOCKS = rf"""
    const int _n_parts = THREADS;
    long _found[_n_parts];
    PARALLEL
    for (int _part = 0; _part < _n_parts; _part++)
    {{
        const size_t _begin = N * _part / _n_parts, _end = N * (_part + 1) / _n_parts;
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
    long _count = _found[0];
    for (int _part = 1; _part < _n_parts; _part++)
    {{
        const int32_t* _list = \g<spikes> + N * _part / _n_parts;
        std::copy(_list, _list + _found[_part], \g<spikes> + _count);
        _count += _found[_part];
    }}
    \g<spikes>[N] = _count;"""


def scan_in_blocks(source: Path, threads: int = 1) -> None:
    """Change the generated code of a threshold; one that draws random numbers is left alone."""
    text = source.read_text()
    if "_rand" in text:
        return
    parallel = "#pragma omp parallel for schedule(static)" if threads > 1 else ""
    blocks = _BLOCKS.replace("PARALLEL", parallel).replace("THREADS", str(threads))
    source.write_text("#include <algorithm>\n" + replace_once(_LOOP, blocks, text))


def reset_few_on_one_thread(source: Path) -> None:
    """Start no threads for the reset of a few cells: that takes longer than the reset."""
    pragma = "#pragma omp parallel for schedule(static)"
    source.write_text(source.read_text().replace(pragma, f"{pragma} if(_num_events > {MUCH})"))
