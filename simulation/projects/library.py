"""A model as a library in a project: C++ sources with a C interface, for somebody else's loop.

The code of a step is Brian2's, as in the program beside it, but it finds its variables in a set of
cells that the caller holds, of any number; nothing runs by itself and nothing is read or written.
"""

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from brian2 import Quantity, second

from ...errors import InputError
from ...models.grouping import InputText, free_name
from ...models.units import base_unit
from ..backends.backend import Backend
from ..backends.brian.preferences import preferences
from ..backends.compiled import CPP
from ..backends.compiled.generate import generate
from ..backends.compiled.starting_state import starting_state_sources
from ..programs.build import plan_program
from ..programs.description import ProgramDescription
from .step_code import CELLS, StepCode
from .tables import quoted, rules

FILES = Path(__file__).parent / "library_files"
FOLDER = "embed"
_SHARED = ("normals.h", "random_numbers.h", "rules.h", "seeds.h", "uniforms.h")


def library_name(model) -> str:
    """Return what the functions of a model's library begin with.

    Examples
    --------
    >>> from excitable.models import LIF
    >>> library_name(LIF), library_name(LIF.with_(name="lif-2.5"))
    ('lif', 'lif_2_5')
    """
    return re.sub(r"\W", "_", model.name, flags=re.ASCII)


def write_library(
    made: Path, model, varied: Sequence[str], words: Mapping[str, str], backend: Backend, **numerics
) -> None:
    """Write the folder ``embed`` of a project.

    Parameters
    ----------
    made : Path
        The project's folder.
    model : NeuronModel
    varied : sequence of str
        Parameters that may differ between cells.
    words : dict of str to str
        What stands for ``@NAME@`` in the files.
    backend : Backend
    **numerics
        ``method``, ``dt``, ``spikes``, as for `build`.
    """
    chosen = replace(backend, threads=1)
    plan, about = plan_program(
        model, _Outside(model), CELLS, 1 * second, record=(), vary=("I", *varied), record_dt=None,
        start="initial", backend=chosen, **numerics,
    )  # fmt: skip
    plan = replace(plan, recorded=replace(plan.recorded, spikes=False))
    raw = made / "raw"
    raw.mkdir()
    sources = starting_state_sources(model, plan.cells[0].text)
    with preferences(chosen):
        generate(raw, plan, chosen, None, sources)
    folder = made / FOLDER
    code = StepCode(raw, words["LIBRARY"])
    code.write(folder)
    shutil.rmtree(raw)
    for name in _SHARED:
        shutil.copy(CPP / name, folder)
    write_interface(folder, about, words)


def write_interface(folder: Path, about: ProgramDescription, words: Mapping[str, str]) -> None:
    """Write what a caller sees, and what leads from there to the variables; see `write_library`."""
    (folder / "names.h").write_text(_names(about, words["LIBRARY"]), encoding="utf-8")
    words = {**words, **_words(about, words)}
    for name in ("arrays.h", "cells.cpp", "embed_example.c", "interface.h"):
        target = folder / name.replace("interface", words["LIBRARY"])
        if target.exists():
            raise InputError(
                f"{about.model}: another file of the library is called {target.name}; give the "
                "model another name"
            )
        target.write_text(filled(FILES / name, words), encoding="utf-8")


def filled(file: Path, words: Mapping[str, object]) -> str:
    """Return a file's text in which words stand in the places of their names, ``@NAME@``."""
    text = file.read_text(encoding="utf-8")
    return re.sub("@([A-Z_]+)@", lambda found: str(words[found[1]]), text)


@dataclass(frozen=True)
class _Outside:
    """A stimulus that stands for what the caller says before each step."""

    model: object

    @property
    def onset(self) -> Quantity:
        return 0 * second

    @property
    def offset(self) -> Quantity:
        return float("inf") * second

    def text(self, model, n: int, dt: Quantity | None = None) -> InputText:
        name, unit = free_name(model, "amplitude"), base_unit(model.input_unit)
        line = f"{model.input} = {name} : {unit}"
        return InputText(line, parameters={name: 0 * model.input_unit})

    def rules(self, model, dt: Quantity | None = None) -> tuple:
        """Return none."""
        return ()


def _named(about: ProgramDescription) -> dict[str, tuple]:
    """Return entry, name of the variable, default, and whether it is one per cell, by the name."""
    found = {
        name: (entry, entry.input, entry.value, entry.per_neuron)
        for name, entry in about.values.items()
    }
    return found | {name: (entry, name, 0.0, True) for name, entry in about.states.items()}


def _names(about: ProgramDescription, library: str) -> str:
    """Return the table by which the interface finds a variable, as a C++ header."""
    cells = f"{library}_cells"
    lines = [
        "// Names and units of what can be set and asked for.",
        "#pragma once",
        '#include "rules.h"',
        "struct Name",
        "{",
        "    const char *name, *key;  // key: its name in the program",
        "    double factor, value;    // the unit in SI units, and the default in that unit",
        "    bool per_cell;",
        f"    double (*get)(const {cells}&, int);",
        f"    void (*set)({cells}&, int, double);",
        "};",
        f"const double STEP = {about.dt_ms * 1e-3!r};  // the model's own, in seconds",
        f"const bool FIXED_STEP = {str(about.dt_is_fixed).lower()};",
        'const char* const INPUT = "I";',
        "const Name NAMES[] = {",
    ]
    for name, (entry, key, value, per_cell) in _named(about).items():
        at = f"c.cells_{key}.at[k]"
        lines += [
            f"    {{{quoted(name)}, {quoted(key)}, {entry.factor!r}, {value!r}, "
            f"{str(per_cell).lower()},",
            f"     [](const {cells}& c, int k) -> double {{ return {at}; }},",
            f"     []({cells}& c, int k, double x) {{ {at} = x; }}}},",
        ]
    return "\n".join([*lines, "};", *rules(about), ""])


def _words(about: ProgramDescription, words: Mapping[str, str]) -> dict[str, str]:
    """Return the words that the interface and its example need."""
    named = _named(about)
    settable = next((name for name in named if name != "I"), "I")
    _, _, value, per_cell = named[settable]
    meanings = {name: entry.meaning for name, entry in about.values.items()}
    meanings |= {"I": "input"} | dict.fromkeys(about.states, "state variable")
    lines = [
        f"       {name:<14} {entry.unit:<10} {_comment(meanings[name])}"
        + (", one per cell" if per_cell else "")
        for name, (entry, _, _, per_cell) in named.items()
    ]
    return {
        "TITLE": _comment(words["TITLE"]),
        "EXAMPLE": settable,
        "WHICH": "1" if per_cell else f"{words['LIBRARY']}_ALL",
        "VALUE": f"{value:g}",
        "NAMES": "\n".join(lines),
        "INPUT_UNIT": about.input_unit,
    }


def _comment(text: str) -> str:
    """Return words on one line, which end no comment.

    Examples
    --------
    >>> _comment("a\\n*/ b")
    'a * / b'
    """
    return " ".join(text.split()).replace("*/", "* /")
