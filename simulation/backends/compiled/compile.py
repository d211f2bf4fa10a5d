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
_HEADER = "everywhere.h"
_INCLUDED = (
    '"objects.h"', '"brianlib/common_math.h"', '"brianlib/stdint_compat.h"',
    "<climits>", "<cmath>", "<ctime>", "<fstream>", "<iostream>", "<map>", "<set>",
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
    version = subprocess.run([compiler(), "--version"], capture_output=True, text=True).stdout
    if "clang" in version:
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
def has_openmp() -> bool:
    """Return whether the compiler makes programs with threads; clang needs a library for it."""
    if compiler() is None:
        return False
    with scratch() as folder:
        source = folder / "probe.cpp"
        source.write_text(_PROBE_OPENMP)
        return _accepts(source, ["-fopenmp"])


@contextlib.contextmanager
def flags_probed_meanwhile():
    """Probe the flags while the block generates what they will compile."""
    with ThreadPoolExecutor(1) as pool:
        probed = pool.submit(fast_flags)
        yield
        probed.result()


def _accepts(source: Path, flags: Sequence[str]) -> bool:
    """Return whether a probe compiles, links and runs with these flags, without a complaint."""
    program = source.with_suffix("")
    command = [compiler(), "-Werror", *flags, str(source), "-o", str(program)]
    done = subprocess.run(command, capture_output=True)
    return done.returncode == 0 and subprocess.run([program]).returncode == 0


def compile_program(
    folder: Path,
    is_hot: Callable[[Path], bool],
    common: Sequence[str],
    precompile: bool = False,
) -> None:
    """Compile all sources in `folder` to the program ``main``.

    Parameters
    ----------
    folder : Path
    is_hot : callable
        Whether a source deserves the fast flags.
    common : sequence of str
        Flags for all sources and for linking: the C++ standard of the sources, such as
        ``"-std=c++11"`` (an older one compiles faster), and ``"-fopenmp"`` for threads.
    precompile : bool
        Read the headers once for all hot sources: pays for programs of many small sources.

    Raises
    ------
    CompileError
    """
    objects_code = sorted(folder.glob("code_objects/*.cpp"))
    joined = [s for s in objects_code if not is_hot(s) and _can_be_joined(s)]
    alone = [s for s in objects_code if s not in joined]
    units = {"around.cpp": _included(folder), "joined.cpp": _in_one_unit(joined)}
    written = [folder / name for name, text in units.items() if text]
    for unit in written:
        unit.write_text(units[unit.name])
    sources = [*sorted(alone, key=is_hot, reverse=True), *written]  # hot ones take longest
    hot, small = (*common, *fast_flags()), (*common, *SMALL)
    if precompile:
        _precompile(folder, hot)
        hot = (*hot, "-include", _HEADER)
    with ThreadPoolExecutor(cores()) as pool:
        jobs = [pool.submit(_compile, folder, s, hot if is_hot(s) else small) for s in sources]
        objects = [job.result() for job in jobs]
    link = [compiler(), *common, *map(str, objects), "-o", "main"]
    _check(subprocess.run(link, cwd=folder, capture_output=True, text=True))
    for file in [*written, *objects, *folder.glob(f"{_HEADER}*")]:
        file.unlink()


_NAMELESS = re.compile(r"^namespace \{", flags=re.MULTILINE)
_USE = "using namespace brian;"


def _can_be_joined(source: Path) -> bool:
    """Return whether a source is written as `_in_one_unit` expects; another is compiled alone."""
    text = source.read_text()
    return len(_NAMELESS.findall(text)) == 1 and _USE in text


def _included(folder: Path) -> str:
    """Return one source for all that is compiled alike: its headers are read once."""
    whole = [*sorted(folder.glob("*.cpp")), *sorted(folder.glob("brianlib/*.cpp"))]
    return "\n".join(f'#include "{source.relative_to(folder)}"\n' for source in whole)


def _in_one_unit(objects_code: Sequence[Path]) -> str:
    """Return one source for several objects' code.

    Each comes with the same support functions in a nameless namespace of its own, which needs a
    name where there are several.
    """
    parts = []
    for k, source in enumerate(objects_code):
        text = source.read_text()
        text = _NAMELESS.sub(f"namespace support_{k} {{", text)
        parts.append(text.replace(_USE, f"{_USE} using namespace support_{k};"))
    return "\n".join(parts)


def _precompile(folder: Path, flags: Sequence[str]) -> None:
    """Compile what every object of Brian2's code includes."""
    (folder / _HEADER).write_text("".join(f"#include {name}\n" for name in _INCLUDED))
    command = [compiler(), "-w", *flags, "-I.", "-x", "c++-header", _HEADER, "-o", f"{_HEADER}.gch"]
    _check(subprocess.run(command, cwd=folder, capture_output=True, text=True))


def _compile(folder: Path, source: Path, flags: Sequence[str]) -> Path:
    target = source.with_suffix(".o")
    command = [compiler(), "-c", "-w", *flags, "-I.", str(source), "-o", str(target)]
    _check(subprocess.run(command, cwd=folder, capture_output=True, text=True))
    return target


def _check(done: subprocess.CompletedProcess) -> None:
    if done.returncode:
        raise CompileError(
            f"{done.args[0]} failed (exit code {done.returncode}) and said:\n{done.stderr[-2000:]}"
        )
