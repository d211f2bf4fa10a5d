"""Names, units, results and rules of a project as C++ tables."""

import string
from collections.abc import Mapping

import numpy as np

from ..input_rules import MOST_STEPS
from ..programs.description import ProgramDescription


def inputs_header(manifest: Mapping, about: ProgramDescription) -> str:
    """Return the tables of inputs, results and rules as a C++ header."""
    lines = [
        "// What arguments.cpp reads, and what is checked and written afterwards.",
        "#pragma once",
        '#include "rules.h"',
        "struct Input",
        "{",
        "    const char *name, *unit, *column, *meaning, *key;  // key: its name in the program",
        "    double factor;  // the unit in SI units",
        "    bool per_neuron, is_single;",
        "};",
        "struct Output { const char *file, *shape, *type; int bytes; };",
        "struct Trace { const char *file, *column; double factor; };",
        f"const double MOST_STEPS = {MOST_STEPS!r};",
        f"const char* const TITLE = {quoted(about.title)};",
        f"const int NEURONS = {about.n};",
        f"const bool FIXED_DT = {str(about.dt_is_fixed).lower()};",
        f"const double DT_MS = {about.dt_ms!r};",
        f"const double RECORD_DT_MS = {about.record_dt_ms or 0.0!r};  // 0: every step",
        "const Input INPUTS[] = {",
    ]
    for name, entry in about.values.items():
        texts = (name, entry.unit, manifest["columns"][name], entry.meaning, entry.input)
        is_single = manifest["inputs"][entry.input]["dtype"] == "float32"
        flags = f"{str(entry.per_neuron).lower()}, {str(is_single).lower()}"
        lines.append(f"    {{{', '.join(map(quoted, texts))}, {entry.factor!r}, {flags}}},")
    lines += ["};", "const Output OUTPUTS[] = {"]
    for output in manifest["outputs"].values():
        shape = " ".join(output["shape"])
        texts = (output["file"], shape, output["dtype"])
        size = np.dtype(output["dtype"]).itemsize
        lines.append(f"    {{{', '.join(map(quoted, texts))}, {size}}},")
    lines += ["};", "const std::vector<Trace> TRACES = {"]
    for name in about.record:
        texts = (f"trace_{name}", manifest["columns"][name])
        lines.append(f"    {{{', '.join(map(quoted, texts))}, {about.shown[name][1]!r}}},")
    return "\n".join([*lines, "};", *rules(about), ""])


def rules(about: ProgramDescription) -> list[str]:
    """Return the rules of `input_rules` that a program's numbers must obey, as C++."""
    return ["const std::vector<Rule> RULES = {", *map(_rule, about.rules), "};"]


def _rule(rule: Mapping) -> str:
    texts = ", ".join(quoted(rule[name]) for name in ("must", "sentence", "shown"))
    terms = ", ".join(f"{{{quoted(name)}, {factor!r}}}" for name, factor in rule["terms"].items())
    built = ", ".join(map(repr, rule["built"] or ()))
    return f"    {{{texts}, {rule['unit']!r}, {{{terms}}}, {{{built}}}}},"


def quoted(text: str) -> str:
    """Return a text as a C++ string, whatever stands in it.

    Examples
    --------
    >>> print(quoted('a "b"?\\n'))
    "a \\042b\\042\\077\\012"
    """
    plain = set(string.ascii_letters + string.digits + " _.,:;()[]{}<>=+-*/%^&|!#'$@~")
    letters = [chr(byte) for byte in text.encode()]
    return '"' + "".join(x if x in plain else f"\\{ord(x):03o}" for x in letters) + '"'
