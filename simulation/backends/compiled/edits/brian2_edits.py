"""All edits of the C++ that Brian2 generates, in one list.

They are for what Brian2 offers no way to change; `standalone_device` has the rest. Each was tried
with Brian2 2.9, 2.10.1 and 2.11.
"""

from .sources import Edit

DURATION = "duration and progress report as arguments"
LOST_RESULTS = "an error where a result cannot be written"
RESULT_FILES = "names of the result files"
PROJECT_ARGUMENTS = "arguments and exit code of a project"
SINGLE = "arithmetic in single precision"
REQUIRED = (
    Edit(
        DURATION, "main.cpp",
        r"network\.run\([^;]*\);",
        'network.run(excitable_number("EXCITABLE_DURATION"), '
        'getenv("EXCITABLE_PROGRESS") ? excitable_report : NULL, 0.2);',
        for_speed=False,
    ),
    Edit(
        LOST_RESULTS, "objects.cpp",
        r"\b(outfile_(\w+))\.close\(\);",
        r'\1.close(); if (\1.fail()) std::cout << "Error writing \2; disk full?" << std::endl;',
        "some", for_speed=False,
    ),
    Edit(
        RESULT_FILES, "objects.cpp",
        r'results_dir \+ "$file"', 'results_dir + "$name"',
        for_speed=False,
    ),
    Edit(
        PROJECT_ARGUMENTS, "main.cpp",
        r"std::vector<std::string> args\(argv \+ 1, argv \+ argc\);",
        r"\g<0>\n\targs = project_arguments(argv[0], args);",
        for_speed=False, include='"arguments.h"',
    ),
    Edit(
        PROJECT_ARGUMENTS, "main.cpp",
        r"\n\treturn 0;\n\}", r"\n\treturn project_results();\n}",
        for_speed=False,
    ),
    # As it comes the code stores float32 but computes in double: the time step and the units are
    # double constants, literals are double, and so is the C function exp.
    Edit(
        SINGLE, "code_objects/*.cpp",
        r"const double (\w+) = (_ptr_array_\w+_dt\[0\]|[\d.e-]+);", r"const float \1 = \2;", "any",
        for_speed=False,
    ),
    Edit(
        SINGLE, "code_objects/*.cpp",
        r"(?<![\w.])(\d+\.\d*(?:e[+-]?\d+)?|\d+e[+-]?\d+)(?![\w.])", r"\1f", "any",
        for_speed=False,
    ),
    Edit(SINGLE, "code_objects/*.cpp", r"\A", "", for_speed=False,
         include="<math.h>"),  # overloads exp for float
)  # fmt: skip

WIDE = "whether a cell is refractory as wide as its numbers"
FEWER_FILES = "only those results that are asked for"
QUICK_CLOCK = "a quick clock"
SHORT_SETTERS = "setters of variables that compile quickly"
_FLAG = r"_array_\w+_not_refractory\b"
PROGRAMS = (
    # With one byte in a loop a compiler takes as many cells at once as a register holds bytes: 64.
    # That is 40 kB of code, four times as long to compile, and fewer cells are taken one by one.
    Edit(WIDE, "objects.h", rf"\bchar( \*{_FLAG})", r"$wide\1", "some"),
    Edit(WIDE, "objects.cpp", rf"\bchar( \* {_FLAG};)", r"$wide\1", "some"),
    Edit(WIDE, "objects.cpp", rf"({_FLAG} = new )char\b", r"\1$wide", "some"),
    Edit(WIDE, "objects.cpp", rf"({_FLAG}, var_size, )\(char\)", r"\1($wide)", "some"),
    Edit(WIDE, "objects.cpp", r'(not_refractory"\) \{\s*.*\s*data_size = \d+\*sizeof\()char\b',
         r"\1$wide", "some"),
    Edit(WIDE, "code_objects/*.cpp", r"\bchar\b([^;()\n]*\b(?:_ptr_array_\w+_)?not_refractory\b)",
         r"$wide\1", "any"),
    # Making a file takes time.
    Edit(
        FEWER_FILES, "objects.cpp",
        r"    ofstream outfile_(\w+);\n"
        r'(?!.*results_dir \+ "(?:$kept)")'
        r"(?:.*\n)*?.*Error writing output file for \1\..*\n    }\n",
        "", "some",
    ),
    # Each variable has a line that calls these: copies of names and code in line add up.
    Edit(SHORT_SETTERS, "objects.cpp", r"(set_variable_from_\w+\()std::string varname",
         r"\1const std::string& varname", "some"),
    Edit(SHORT_SETTERS, "objects.cpp", r"(data_size, )std::string filename",
         r"\1const std::string& filename"),
    Edit(SHORT_SETTERS, "objects.cpp", r"template<class T> (void set_variable_from)",
         r"template<class T> __attribute__((noinline)) \1", "some"),
    # Brian2 2.9 asks in every step for the processor time, which is a system call.
    Edit(QUICK_CLOCK, "network.cpp", r"std::clock\(\)", "quick_clock()", "any",
         include='"quick_clock.h"'),
)  # fmt: skip

ROOM = "room for synapses"
BY_SOURCE = "delivery of spikes by source"
SYNAPSES = (
    # Lists have their size at once; what is counted for each cell is not used.
    Edit(ROOM, "code_objects/$object.cpp",
         r"( *size_t _raw_pre_idx, _raw_post_idx;)", r"$room\1"),
    Edit(ROOM, "code_objects/$object.cpp",
         r"_dynamic_array_\w+_N_(?:incoming|outgoing)\[\w+\] \+= 1;", "", "any"),
    # Absent where connections are not drawn with a probability.
    Edit(
        ROOM, "code_objects/$object.cpp",
        r"const double _r = _rand\(_vectorisation_idx\);\s*if\(_r==0\.0\) break;\s*"
        r"const int _jump = floor\(log\(_r\)\*_pconst\)",
        """const double _log = excitable::random_numbers[0].log_of_rand();
                if (_log < -40) break;  // of 0; the least other number is 2^-53
                const int _jump = floor(_log*_pconst)""",
        "any", include='"random_numbers.h"',
    ),
    # Where all synapses of a pathway have one delay it is enough to remember which neuron fired.
    # The statement that a synapse executes stays Brian2's.
    Edit(BY_SOURCE, "code_objects/$push.cpp", r"#pragma omp parallel\b.*", "", "any"),
    Edit(BY_SOURCE, "code_objects/$push.cpp", r"\.advance\(\)", ".advance(_part)"),
    Edit(BY_SOURCE, "code_objects/$push.cpp", r"\.push\(", ".push(_part, "),
    Edit(BY_SOURCE, "code_objects/$push.cpp",
         r"void _run_$push\(\)", "void _part_$push(int _part)", include='"parts.h"'),
    Edit(
        BY_SOURCE, "code_objects/$loop.cpp",
        r"(?:#pragma omp parallel\s+)?\{\s*"
        r"std::vector<int> \*_spiking_synapses = (\w+)\.peek\(\);\s*"
        r"const int _num_spiking_synapses = _spiking_synapses->size\(\);\s*"
        r"(?:#pragma omp .*\s+)?(\{?)\s*"
        r"for\(int _spiking_synapse_idx=0;\s*.*;\s*_spiking_synapse_idx\+\+\)\s*\{\s*"
        r"const size_t _idx = \(\*_spiking_synapses\)\[_spiking_synapse_idx\];",
        r"""{
    \2
        const std::vector<int32_t>& _due = \1.due(_part);
        for (size_t _k = 0; _k < _due.size(); _k++)
        for (size_t _place = \1.begin(_due, _k, _part), _end = \1.end(_due, _k, _part);
             _place < _end; _place++)
        {
            const size_t _idx = \1.synapse(_place);""",
    ),
    Edit(BY_SOURCE, "code_objects/$loop.cpp",
         r"void _run_$loop\(\)", "void _part_$loop(int _part)", include='"parts.h"'),
    Edit(BY_SOURCE, "objects.h", "SynapticPathway $pathway;", "SourcePathway $pathway;",
         include='"source_pathway.h"'),
    Edit(
        BY_SOURCE, "objects.cpp",
        r"SynapticPathway $pathway\(\s*(\w+),\s*(\d+), (\d+)\);",
        r"SourcePathway $pathway(\1, $targets, \2, \3, $n_targets, $n_parts);",
    ),
    # Newer Brian2 writes to a file, for runs that are continued, what is still on its way.
    Edit(
        BY_SOURCE, "objects.cpp",
        r"    ofstream outfile_$pathway;\n(?:.*\n)*?.*spike queue state for '$pathway'.*\n    }\n",
        "", "any",
    ),
)  # fmt: skip

UPDATE, RESET, SEARCH = "the update in parts", "the reset in parts", "the search in parts"
TOGETHER = "all of a step in parts"
_PRAGMA = r"(?:#pragma omp [^\n]*\s*)?"
# The end is hidden from the compiler, as the size of a loop over all cells is.
_BOUNDS = (
    "const size_t _begin = part_begin(N, _part, $n_parts);\n"
    '    size_t _end = part_begin(N, _part + 1, $n_parts); asm("" : "+r"(_end));\n'
)


def _renamed(name: str) -> Edit:
    """Return the edit with which an object's code becomes that of a part."""
    return Edit(name, "code_objects/$object.cpp", r"void _run_$object\(\)",
                "void _part_$object(int _part)", include='"parts.h"')  # fmt: skip


PARTS = (
    Edit(
        UPDATE, "code_objects/$object.cpp",
        _PRAGMA + r"for\(int _idx=0; _idx<_N; _idx\+\+\)",
        _BOUNDS + "    for(size_t _idx=_begin; _idx<_end; _idx++)",
    ),
    _renamed(UPDATE),
    # The cells that fired are listed in order.
    Edit(
        RESET, "code_objects/$object.cpp",
        _PRAGMA + r"for\(int32_t _index_events=0; _index_events<_num_events; _index_events\+\+\)"
        r"(\s*\{\s*// vector code\s*const size_t _idx = )_events\[_index_events\];",
        _BOUNDS + r"    const int32_t* const _last = _events + _num_events;\n"
        r"    for(const int32_t* _event = std::lower_bound(_events, _last, (int32_t)_begin);\n"
        r"        _event != _last && *_event < _end; _event++)\1*_event;",
        include="<algorithm>",
    ),
    _renamed(RESET),
    # Few cells fire in a step: it is enough to ask blocks first whether one of their cells does.
    # Each part lists its cells that fire from the place of its first cell on; then they are joined.
    Edit(
        SEARCH, "code_objects/$object.cpp",
        r"(?s)    long _count = 0;\s*"
        r"for\(size_t _idx=0; _idx<N; _idx\+\+\)\s*\{(?P<condition>.*?)"
        r"if\(_cond\) \{(?P<fires>.*?)\}\s*\}\s*"
        r"_ptr(?P<spikes>_array\w+__spikespace)\[N\] = _count;",
        rf"""
    {_BOUNDS}
    long _count = _begin;
    for (size_t _first = _begin; _first < _end; _first += 64)
    {{
        const size_t _next = std::min<size_t>(_end, _first + 64);
        char _any = 0;
        for (size_t _idx = _first; _idx < _next; _idx++)
        {{\g<condition>_any |= _cond;
        }}
        if (!_any) continue;
        for (size_t _idx = _first; _idx < _next; _idx++)
        {{\g<condition>if(_cond) {{\g<fires>}}
        }}
    }}
    _found_$object[_part] = _count - _begin;
}}

void $join()
{{
    int32_t* const _spikes = brian::\g<spikes>;
    long _count = _found_$object[0];
    for (int _part = 1; _part < $n_parts; _part++)
    {{
        const int32_t* _list = _spikes + part_begin($n_cells, _part, $n_parts);
        std::copy(_list, _list + _found_$object[_part], _spikes + _count);
        _count += _found_$object[_part];
    }}
    _spikes[$n_cells] = _count;""",
    ),
    Edit(SEARCH, "code_objects/$object.cpp", r"\A", "static long _found_$object[$n_parts];\n",
         include="<algorithm>"),
    _renamed(SEARCH),
    # Objects that follow each other become one that goes through them part by part.
    Edit(TOGETHER, "main.cpp", "$lines", "$calls"),
    Edit(TOGETHER, "main.cpp", r"\nint main\(", r"\n$functions\g<0>", include='"parts.h"'),
)  # fmt: skip

EDITS = (*REQUIRED, *PROGRAMS, *SYNAPSES, *PARTS)
