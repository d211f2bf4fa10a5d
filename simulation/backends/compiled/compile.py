"""Compile generated C++ sources: vectorised where the compiler can, quickly where it need not be.

Brian2's state-update loop is plain C++ that a compiler can vectorise, but two things stop gcc:
``-fno-finite-math-only`` leaves ``__FAST_MATH__`` undefined, which hides glibc's vector ``exp``,
and the loop has more arrays than gcc's default number of alias checks allows. The flags below
lift both; each is probed. Only the state update is worth ``-O3``; for the rest, compile time is.
"""

import contextlib
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from ....errors import CompileError
from ...parallel.machine import cores
from ...scratch import scratch
from . import cache as programs_cache

FAST = (
    "-O3",
    "-ffast-math",
    "-fno-finite-math-only",
    "-D__FAST_MATH__",
    "--param=vect-max-version-for-alias-checks=1000",
    "-mprefer-vector-width=512",
)
NATIVE = "-march=native"
CLANG_VECTOR_LIBRARY = "-fveclib=libmvec"
SMALL = ("-O1",)
_HEADERS = (
    "algorithm", "climits", "cmath", "ctime", "fstream", "iostream", "map", "random", "set",
    "string", "tuple", "vector",
)  # fmt: skip

_PROBE = """
#include <cmath>
void f(double* __restrict x, double* __restrict y) { for (int i = 0; i < 8; i++) y[i] = exp(x[i]); }
int main() { double x[8] = {0}, y[8]; f(x, y); return y[0] != 1; }
"""


_PROBE_OPENMP = """
#include <omp.h>
int main() { return omp_get_max_threads() < 1; }
"""


@cache
def compiler() -> str | None:
    """Return the C++ compiler on the path."""
    return next((path for name in ("g++", "c++", "clang++") if (path := shutil.which(name))), None)


@cache
def compiler_identity() -> tuple:
    """Return what decides which flags the compiler accepts, without asking it."""
    file = Path(compiler()).resolve()
    about = file.stat()
    return (compiler(), str(file), about.st_size, about.st_mtime_ns, FAST, NATIVE)


@cache
def fast_flags() -> tuple[str, ...]:
    """Return those of the fast flags that the compiler accepts, probed one by one."""
    candidates = [*FAST, NATIVE]
    if _is_clang():
        candidates.append(CLANG_VECTOR_LIBRARY)
    with scratch() as folder:
        source = folder / "probe.cpp"
        source.write_text(_PROBE)
        if _accepts(source, candidates):
            return tuple(candidates)
        kept: list[str] = []
        for flag in candidates:
            if _accepts(source, [*kept, flag]):
                kept.append(flag)
    return tuple(kept)


@cache
def _is_clang() -> bool:
    version = subprocess.run([compiler(), "--version"], capture_output=True, text=True).stdout
    return "clang" in version


@cache
def has_openmp() -> bool:
    """Return whether the compiler makes programs with threads; clang needs a library for it."""
    if compiler() is None:
        return False
    with scratch() as folder:
        source = folder / "probe.cpp"
        source.write_text(_PROBE_OPENMP)
        return _accepts(source, ["-fopenmp"])


@contextlib.contextmanager
def prepared_meanwhile(common: Sequence[str]):
    """Probe the flags and compile the headers while the block generates what they will compile."""
    with ThreadPoolExecutor(2) as pool:
        prepared = [
            pool.submit(lambda of: _with_headers((*common, *of())), of)
            for of in (fast_flags, lambda: SMALL)
        ]
        yield
        for each in prepared:
            each.result()


def _accepts(source: Path, flags: Sequence[str]) -> bool:
    """Return whether a probe compiles, links and runs with these flags, without a complaint.

    A temporary folder from which nothing may be started says nothing about flags.
    """
    program = source.with_suffix("")
    command = [compiler(), "-Werror", *flags, str(source), "-o", str(program)]
    if subprocess.run(command, capture_output=True).returncode:
        return False
    try:
        return subprocess.run([program]).returncode == 0
    except PermissionError:
        return True


def compile_program(folder: Path, is_hot: Callable[[Path], bool], common: Sequence[str]) -> None:
    """Compile all sources in `folder` to the program ``main``.

    Parameters
    ----------
    folder : Path
    is_hot : callable
        Whether a source deserves the fast flags.
    common : sequence of str
        Flags for all sources and for linking: the C++ standard of the sources, such as
        ``"-std=c++11"`` (an older one compiles faster), and ``"-fopenmp"`` for threads.

    Raises
    ------
    CompileError
    """
    units = _units(folder, is_hot)
    flags = {some: _with_headers((*common, *some)) for some in set(units.values())}
    with ThreadPoolExecutor(cores()) as pool:
        jobs = [pool.submit(_compile, folder, unit, flags[some]) for unit, some in units.items()]
        objects = [job.result() for job in jobs]
    link = [compiler(), *common, *map(str, objects), "-o", "main"]
    _check(subprocess.run(link, cwd=folder, capture_output=True, text=True))
    for file in [*folder.glob(f"{_UNIT}*.cpp"), *objects]:
        file.unlink()


_UNIT = "unit_"


def _units(folder: Path, is_hot: Callable[[Path], bool]) -> dict[Path, tuple[str, ...]]:
    """Write few sources that hold all: headers are read once in each; return them with their flags.

    What takes long is as many as there are cores, and comes first; the rest is one. A source that
    is not written as `_in_one_unit` expects stays alone.
    """
    objects_code = sorted(folder.glob("code_objects/*.cpp"), key=lambda s: -s.stat().st_size)
    joined = [s for s in objects_code if _can_be_joined(s)]
    hot, small = ([s for s in joined if is_hot(s) == kind] for kind in (True, False))
    written = [
        *((_in_one_unit(hot[k :: cores()], f"hot_{k}"), fast_flags()) for k in range(cores())),
        (_in_one_unit(small, "small") + _around(folder), SMALL),
    ]
    units = {s: fast_flags() if is_hot(s) else SMALL for s in objects_code if s not in joined}
    for k, (text, flags) in enumerate(written):
        if text:
            unit = folder / f"{_UNIT}{k}.cpp"
            unit.write_text(text)
            units[unit] = flags
    return units


_NAMELESS = re.compile(r"^namespace \{", flags=re.MULTILINE)
_USE = "using namespace brian;"


def _can_be_joined(source: Path) -> bool:
    """Return whether a source is written as `_in_one_unit` expects; another is compiled alone."""
    text = source.read_text()
    return len(_NAMELESS.findall(text)) == 1 and _USE in text


_ONCE = ("main.cpp", "objects.cpp", "run.cpp")  # most of whose code runs once
# What the loops share with it has been read by then, and is optimised.
_UNOPTIMISED = '#include "objects.h"\n#pragma GCC optimize("O0")'


def _around(folder: Path) -> str:
    """Return the end of a unit: all around the objects' code, and last what runs once."""
    whole = [*sorted(folder.glob("*.cpp")), *sorted(folder.glob("brianlib/*.cpp"))]
    often, once = ([s for s in whole if (s.name in _ONCE) == kind] for kind in (False, True))
    lines = [f'#include "{s.relative_to(folder)}"' for s in (*often, *once)]
    lines.insert(len(often), _UNOPTIMISED)
    return "\n".join(["", *lines, ""])


def _in_one_unit(objects_code: Sequence[Path], name: str) -> str:
    """Return one source for several objects' code.

    Each comes with the same support functions in a nameless namespace of its own, which needs a
    name where there are several; with that its functions are seen by the linker, so the name is
    one in the whole program.
    """
    parts = []
    for k, source in enumerate(objects_code):
        text = source.read_text()
        support = f"support_{name}_{k}"
        text = _NAMELESS.sub(f"namespace {support} {{", text)
        parts.append(text.replace(_USE, f"{_USE} using namespace {support};"))
    return "\n".join(parts)


def _with_headers(flags: tuple[str, ...]) -> tuple[str, ...]:
    """Return the flags with the standard headers compiled beforehand, where there are such."""
    folder = _compiled_headers(flags)
    return (*flags, "-include", str(folder / "headers.h")) if folder else flags


def _compiled_headers(flags: tuple[str, ...]) -> Path | None:
    """Compile the headers that the sources include, or find them; None where there are none.

    Reading them takes a third of the time of compiling a program.
    """
    if _is_clang():  # it refuses headers that were moved after they were compiled
        return None

    def build(folder: Path) -> None:
        header = folder / "headers.h"
        header.write_text("".join(f"#include <{name}>\n" for name in _HEADERS))
        command = [compiler(), "-w", *flags, "-x", "c++-header", str(header)]
        _check(subprocess.run(command, capture_output=True, text=True))

    with contextlib.suppress(CompileError):
        key = programs_cache.key_of(compiler_identity(), _HEADERS, flags)
        return programs_cache.headers(key, build)
    return None


def _compile(folder: Path, source: Path, flags: Sequence[str]) -> Path:
    target = source.with_suffix(".o")
    command = [compiler(), "-c", "-w", *flags, "-I.", str(source), "-o", str(target)]
    _check(subprocess.run(command, cwd=folder, capture_output=True, text=True))
    return target


def _check(done: subprocess.CompletedProcess) -> None:
    if done.returncode:
        raise CompileError(
            f"{done.args[0]} failed (exit code {done.returncode}); backend='numpy' needs no "
            f"compiler. It said:\n{done.stderr[-2000:]}"
        )
