"""What is changed in the C++ that Brian2 has generated, before it is compiled.

Numbers become arguments, errors are said, and some things are made faster. Each change looks for
what it expects and raises where another version of Brian2 writes something else.
"""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import brian2
import numpy as np

# Brian2 compiles duration, dt and seed into main.cpp. There they become arguments.
_SUPPORT = """
#include <cstdio>
#include <cstdlib>
#ifdef __linux__
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>
#endif
static void excitable_end_with_parent()
{
#ifdef __linux__
    const char* parent = getenv("EXCITABLE_END_WITH_PARENT");
    if (!parent) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != atoi(parent)) _exit(1);  // it has ended before this program said so
#endif
}
static double excitable_number(const char* name)
{
    const char* text = getenv(name);
    char* end = NULL;
    const double value = text ? strtod(text, &end) : 0;
    if (!text || *end || !(value > 0)) { fprintf(stderr, "Error: bad %s\\n", name); exit(2); }
    return value;
}
static void excitable_report(const double, const double completed, const double, const double)
{
    fprintf(stderr, "@progress %.4f\\n", completed);
    fflush(stderr);
}
"""
SEED = """
        if (const char* seed = getenv("EXCITABLE_SEED"))
            for (size_t i = 0; i < _random_generators.size(); i++)
                _random_generators[i].seed(strtoull(seed, NULL, 10) + i);
"""
_CPP = Path(__file__).parent / "cpp"
NORMALS, UNIFORMS, ALIGNED = (
    _CPP / name for name in ("normals.h", "uniforms.h", "aligned_arrays.h")
)
# A program that finds its neurons' state at time 0 by itself brings its own version of this file.
_GIVEN_STATE = """#pragma once
#include <string>
#include <vector>
inline void set_starting_state(const std::vector<std::string>&) {}
"""
_FINISHED = """
    if (!Network::_globally_stopped) std::ofstream(brian::results_dir + "complete") << "yes";
"""


def finish_sources(folder: Path, outputs: Mapping[str, dict], seed: str = SEED) -> None:
    """Change what Brian2 has generated where a program needs more; see the functions below.

    Parameters
    ----------
    folder : Path
    outputs : dict of str to dict
        The results of the manifest; no others are written.
    seed : str
        The code that runs just before the network does; empty where it stands elsewhere.
    """
    _make_arguments(folder / "main.cpp", seed)
    _check_writing(folder / "objects.cpp")
    _tell_time_quickly(folder / "network.cpp")
    _draw_in_buffers(folder / "objects.h")
    bring(ALIGNED, folder / "objects.cpp")  # arrays of state begin where a cache line does
    write_only(folder / "objects.cpp", {about["file"]: about["file"] for about in outputs.values()})
    (folder / "starting_state.h").write_text(_GIVEN_STATE)
    for source in folder.glob("code_objects/*stateupdater*.cpp"):
        _hide_size(source)
        _count_steps_in_doubles(source)
    if brian2.prefs.core.default_float_dtype == np.float32:
        for source in folder.glob("code_objects/*.cpp"):
            _make_single(source)


def _make_arguments(main: Path, seed: str) -> None:
    """Let the generated main.cpp take duration, dt, seed and progress from its environment."""
    source = main.read_text()
    source = replace_once(
        r"network\.run\([^;]*\);",
        seed.replace("\\", r"\\") + '        network.run(excitable_number("EXCITABLE_DURATION"), '
        'getenv("EXCITABLE_PROGRESS") ? excitable_report : NULL, 0.2);',
        source,
    )
    source, changed = re.subn(
        r"(_array_cells_clock_dt\[0\] = )[^;]*;", r'\1excitable_number("EXCITABLE_DT");', source
    )
    if not changed:
        raise RuntimeError(f"{main}: the generated code sets no time step; unknown Brian2 version")
    source = replace_once(r"\n\s*brian_end\(\);", r"\n    brian_end();" + _FINISHED, source)
    call = "set_from_command_line(args);"
    source = replace_once(re.escape(call), f"{call}\n        set_starting_state(args);", source)
    source = '#include "starting_state.h"\n' + source
    source = replace_once(
        r"\nint main\(([^)]*)\)\s*\{",
        _SUPPORT.replace("\\", r"\\") + r"\nint main(\1)\n{\n    excitable_end_with_parent();",
        source,
    )
    main.write_text(source)


def _check_writing(objects: Path) -> None:
    """Let the generated code say so where a result cannot be written, such as on a full disk."""
    source, changed = re.subn(
        r"\b(outfile_(\w+))\.close\(\);",
        r'\1.close(); if (\1.fail()) std::cout << "Error writing \2; disk full?" << std::endl;',
        objects.read_text(),
    )
    if not changed:
        raise RuntimeError(f"{objects}: the generated code writes no results; unknown Brian2")
    objects.write_text(source)


_QUICK_CLOCK = """#include <chrono>
#include <ctime>
static std::clock_t quick_clock()
{
    const std::chrono::duration<double> now = std::chrono::steady_clock::now().time_since_epoch();
    return std::clock_t(now.count()*CLOCKS_PER_SEC);
}
"""


def _tell_time_quickly(network: Path) -> None:
    """Let the loop over steps ask for the time of day; the processor time is a system call."""
    source = network.read_text()
    if "std::clock()" in source:  # not with threads, nor in newer Brian2
        network.write_text(_QUICK_CLOCK + source.replace("std::clock()", "quick_clock()"))


def _draw_in_buffers(objects: Path) -> None:
    """Let random numbers come from buffers that are filled in vectorised loops."""
    source = objects.read_text()
    source = replace_once(r"(?s)double rand\(\)\s*\{.*?\n        \}",
                          "double rand() { return uniforms.draw(gen); }\n"
                          "        double log_of_rand() { return uniforms.draw_log(gen); }",
                          source)  # fmt: skip
    source = replace_once(r"(?s)double randn\(\)\s*\{.*?\n        \}\n\};",
                          "double randn() { return normals.draw(*this); }\n};", source)  # fmt: skip
    seed = "gen.seed(seed); uniforms.clear(); normals.clear();"
    source = replace_once(r"gen\.seed\(seed\);", seed, source)
    members = "std::mt19937 gen; Uniforms uniforms; Normals normals;"
    objects.write_text(replace_once(r"std::mt19937 gen;", members, source))
    for header in (UNIFORMS, NORMALS):
        bring(header, objects)


def bring(header: Path, source: Path) -> None:
    """Put a header of ours beside a generated source, which includes it from now on."""
    shutil.copy(header, source.parent)
    source.write_text(f'#include "{header.name}"\n{source.read_text()}')


def _count_steps_in_doubles(source: Path) -> None:
    """Let whole steps, which say how long a cell is refractory, be doubles without a fraction.

    Brian2 converts them to 64-bit integers, for which AVX2 has no instruction.
    """
    source.write_text(
        re.sub(
            r"int64_t _timestep\(double t, double dt\)(\s*)\{(\s*)return \(int64_t\)",
            r"double _timestep(double t, double dt)\1{\2return std::trunc",
            source.read_text(),
        )
    )


def _hide_size(source: Path) -> None:
    """Hide from the compiler how many neurons a loop has, but for the largest power of two in it.

    It would write a short loop out and round differently in it: the same neuron's last digit
    would depend on how many others run with it.
    """
    text = source.read_text()
    n = int(re.search(r"const int64_t N = (\d+);", text)[1])
    factor = n & -n
    opaque = f'int _N = {n // factor}; asm("" : "+r"(_N)); _N *= {factor};'
    source.write_text(replace_once(r"const int _N = N;", opaque, text))


_RESULT = re.compile(
    r"    ofstream outfile_(\w+);\n(?:.*\n)*?.*Error writing output file for \1\..*\n    }\n"
)


def write_only(objects: Path, files: Mapping[str, str]) -> None:
    """Let the program write those results only, to files of these names; making a file takes time.

    Parameters
    ----------
    objects : Path
    files : dict of str to str
        The names that the code has, and those that it gets.
    """
    missing = set(files)

    def renamed(match: re.Match) -> str:
        file = re.search(r'results_dir \+ "(\w+)"', match[0])[1]
        missing.discard(file)
        return match[0].replace(f'"{file}"', f'"{files[file]}"') if file in files else ""

    source = _RESULT.sub(renamed, objects.read_text())
    if missing:
        raise RuntimeError(f"{objects.name} writes no {sorted(missing)}; unknown Brian2 version")
    objects.write_text(source)


_LITERAL = re.compile(r"(?<![\w.])(\d+\.\d*(?:e[+-]?\d+)?|\d+e[+-]?\d+)(?![\w.])")


def _make_single(source: Path) -> None:
    """Let generated code that stores float32 also compute in float32.

    As it comes it computes in double and gains nothing: the time step and the units are double
    constants, literals are double, and so is the C function ``exp``.
    """
    text = source.read_text()
    text = re.sub(
        r"const double (\w+) = (_ptr_array_\w+_dt\[0\]|[\d.e-]+);",
        r"const float \1 = \2;",
        text,
    )
    text = _LITERAL.sub(r"\1f", text)
    source.write_text("#include <math.h>\n" + text)  # which overloads exp for float


def code_of(folder: Path, name: str) -> Path:
    """Return the source of one of Brian2's code objects.

    Brian2 adds a number to the name of one whose namesake of an earlier program is still alive.
    """
    (found,) = (
        source
        for source in folder.glob(f"code_objects/{name}*.cpp")
        if re.fullmatch(rf"{name}(_\d+)?", source.stem)
    )
    return found


def replace_once(pattern: str, replacement: str, source: str) -> str:
    """Return generated code with the one place that a pattern fits changed."""
    changed, count = re.subn(pattern, replacement, source)
    if count != 1:
        raise RuntimeError(
            f"generated code: expected one {pattern!r}, found {count}; unknown Brian2 version"
        )
    return changed
