"""What is changed in the C++ that Brian2 has generated, for any program, before it is compiled."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import brian2
import numpy as np

from ..standalone_device import HIDDEN
from . import brian2_edits
from .sources import Sources

# A program that finds its neurons' state at time 0 by itself brings its own version of this file.
_GIVEN_STATE = """#pragma once
#include <string>
#include <vector>
inline void set_starting_state(const std::vector<std::string>&) {}
"""
_BUFFERED = ("normals.h", "random_numbers.cpp", "random_numbers.h", "uniforms.h")


@contextmanager
def edited(folder: Path, optimise: bool = True) -> Iterator[Sources]:
    """Give the sources in a folder to be edited for the block; write and warn after it."""
    sources = Sources(folder, brian2_edits.EDITS, optimise)
    yield sources
    sources.finish()


def finish_sources(sources: Sources, outputs: Mapping[str, dict]) -> None:
    """Make the edits of any program, and bring what the code of `standalone_device` needs.

    Parameters
    ----------
    sources : Sources
    outputs : dict of str to dict
        The results of the manifest; no others are needed.
    """
    sources.bring(
        "program.h", "seeds.h", "aligned_arrays.cpp", *(_BUFFERED if sources.optimise else ())
    )
    (sources.folder / "starting_arguments.h").write_text(_GIVEN_STATE)
    sources.edit(brian2_edits.DURATION)
    sources.edit(brian2_edits.LOST_RESULTS)
    files = sorted({about["file"] for about in outputs.values()})
    name_results(sources, {file: file for file in files})
    sources.edit(brian2_edits.FEWER_FILES, kept="|".join(files))
    sources.edit(brian2_edits.QUICK_CLOCK)
    sources.edit(brian2_edits.SHORT_SETTERS)
    single = brian2.prefs.core.default_float_dtype == np.float32
    if "not_refractory" in sources.text("objects.h"):
        sources.edit(brian2_edits.WIDE, wide="int32_t" if single else "int64_t")
    if single:
        sources.edit(brian2_edits.SINGLE)
    _check_hidden_sizes(sources)


def name_results(sources: Sources, names: Mapping[str, str]) -> None:
    """Let the program write its results to files of these names; those that it had are the keys."""
    for file, name in names.items():
        sources.edit(brian2_edits.RESULT_FILES, file=file, name=name)


def _check_hidden_sizes(sources: Sources) -> None:
    """Say so if a newer Brian2 writes the size of a loop in another way."""
    for file in sources.files("code_objects/*stateupdater*.cpp"):
        if "const int64_t N = " in sources.text(file) and HIDDEN not in sources.text(file):
            sources.do_without("last digits that are the same for any number of neurons")
