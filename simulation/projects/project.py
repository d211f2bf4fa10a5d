"""`export`: a program as a C++ project that needs no Python."""

import csv
import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from brian2 import Quantity, second

from ... import __version__
from ...columns import check_columns, with_unit
from ...errors import InputError
from ...files import user_path
from ...models.by_name import takes_names
from ...models.checks import tidy
from ...models.units import own_columns
from ..backends.backend import Backend, makes_program
from ..backends.brian.preferences import preferences
from ..backends.compiled import CPP, programs
from ..backends.compiled.edits.brian2_edits import PROJECT_ARGUMENTS
from ..backends.compiled.edits.finish_sources import edited, name_results
from ..backends.compiled.generate import generate
from ..backends.compiled.starting_state import starting_state_sources
from ..plan import Plan
from ..programs.build import plan_program, settable_names
from ..programs.description import ProgramDescription
from ..programs.neuron_program import check_sense, given_values
from ..scratch import scratch
from .library import filled, library_name, write_library
from .tables import inputs_header

_FILES = Path(__file__).parent / "project_files"
_MANIFEST = "manifest.json"
_LAST = ("CMakeLists.txt", "makefile", "run.sh", _MANIFEST)
_OWN_SOURCES = ("arguments.cpp", "results.cpp", "tables.cpp")
_MADE = ("src", "embed", "build", "static_arrays", "main")  # by an export, or by compiling it
_CMAKE_THREADS = """find_package(OpenMP REQUIRED)
target_link_libraries(main PRIVATE OpenMP::OpenMP_CXX)
"""
NEURONS = 64  # where nobody says how many; a square and a cube


@takes_names
def export(
    model,
    stimulus,
    folder,
    n: int | None = None,
    duration: Quantity = 1 * second,
    *,
    vary: Sequence[str] | None = None,
    values: Mapping[str, Quantity] | None = None,
    record: Sequence[str] = ("spikes",),
    record_dt: Quantity | None = None,
    start: str = "rest",
    method: str | None = None,
    dt: Quantity | None = None,
    spikes: str = "located",
    backend: str | Backend | None = None,
    overwrite: bool = False,
) -> Path:
    """Write a model under a stimulus as a C++ project: sources, makefile, parameters, reader.

    Parameters
    ----------
    model : NeuronModel
    stimulus : Stimulus
    folder : path
        New, or empty.
    n : int, optional
        Number of neurons; default 64, or as many as there are `values`; 1 if nothing varies.
    duration : Quantity
    vary : sequence of str, optional
        What differs between neurons; see `build`. Default: ``"I"``, the stimulus's amplitude;
        nothing for one that has no single amplitude (a recording, an expression, a sum).
    values : dict of str to Quantity or array, shape (n,), optional
        Content of ``parameters.csv``, in the units of the model where they are plain numbers.
        Default: all combinations of evenly spaced values over the ranges of what varies; of one
        neuron the model's parameters and the stimulus as it is.
    record, record_dt, start, method, dt, spikes, backend : optional
        As for `build`.
    overwrite : bool
        Replace an earlier export, or write into a folder that holds other files.

    Returns
    -------
    Path
        The folder. Its ``README.md`` says how to compile and run it; then `open_program` opens it.

    Raises
    ------
    ValueError
        For bad input, or a folder that is not empty, before anything is written.
    """
    if not str(folder):
        raise InputError("folder: is empty; name a new folder")
    folder = user_path(folder)
    if vary is None:
        vary = [name for name in settable_names(model, stimulus, n or 1, dt) if name == "I"]
    varied = (vary,) if isinstance(vary, str) else tuple(vary)
    sizes = [np.size(v) for v in (values or {}).values() if np.ndim(v)]
    if n is None:
        n = sizes[0] if sizes else NEURONS if varied else 1
    chosen = makes_program(backend)
    plan, description = plan_program(
        model, stimulus, n, duration, record=record, vary=varied, record_dt=record_dt,
        start=start, method=method, dt=dt, spikes=spikes, backend=chosen,
    )  # fmt: skip
    if values is None:
        values = _grid(model, varied, n) if varied and n > 1 else {}
    given = given_values(description, values)
    check_sense(description, given, description.dt_ms)
    _check_folder(folder, overwrite)
    with scratch() as private:
        made = private / "project"
        _write_project(made, model, plan, description, given, chosen)
        words = _words(model, description, chosen)
        _write_files(made, words)
        varied_in_model = [name for name in varied if name in model.parameters]
        write_library(
            made, model, varied_in_model, words, chosen, method=method, dt=dt, spikes=spikes
        )
        folder.mkdir(parents=True, exist_ok=True)
        _remove_earlier(folder)
        _copy(made, folder)
    return folder


def _grid(model, names: Sequence[str], n: int) -> dict[str, np.ndarray]:
    """Return all combinations of evenly spaced values over the names' ranges; the last is fastest.

    Raises
    ------
    ValueError
        If `n` is no power of the number of names, or a name has no range.
    """
    ranges = {name: p.range for name, p in model.parameters.items() if p.range}
    ranges["I"] = model.input_range
    without = [name for name in names if name not in ranges]
    if without:
        raise InputError(f"{without} have no range to take values from; give values=")
    side = round(n ** (1 / len(names)))
    if side ** len(names) != n:
        raise InputError(
            f"n = {n}: for all combinations of {len(names)} parameters expected a number such as "
            f"{side ** len(names)} ({side} values each), or values="
        )
    axes = np.meshgrid(*(np.linspace(*ranges[name], side) for name in names), indexing="ij")
    return {name: axis.ravel() for name, axis in zip(names, axes, strict=True)}


# --- the folder ----------------------------------------------------------------------------------


def _check_folder(folder: Path, overwrite: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file; name a new folder")
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not overwrite:
        raise InputError(
            f"{folder}: is not empty; name a new folder, or allow it with overwrite=True (--force)"
        )
    foreign = [name for name in _MADE if (folder / name).exists()]
    if foreign and not _is_export(folder):
        raise InputError(
            f"{folder}: holds {foreign}, which no export has made to its end; name a new folder"
        )


def _is_export(folder: Path) -> bool:
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        return "neurons" in manifest
    except (OSError, ValueError):
        return False


def _remove_earlier(folder: Path) -> None:
    """Remove what would otherwise be taken for a part of the new project."""
    for name in (*_LAST, *_MADE):
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _copy(made: Path, folder: Path) -> None:
    """Copy a project; that by which it is compiled, run and read when all else is there."""
    try:
        shutil.copytree(made, folder, ignore=lambda *_: set(_LAST), dirs_exist_ok=True)
        for name in _LAST:
            shutil.copy(made / name, folder)
    except OSError as error:
        why = str(error)
        if isinstance(error, shutil.Error):  # has a line for each file
            why = error.args[0][0][2]
        raise OSError(
            f"the project could not be written: {why.partition(': ')[0]}; delete {folder} and "
            "export again"
        ) from None


def _write_project(
    made: Path,
    model,
    plan: Plan,
    description: ProgramDescription,
    given: Mapping,
    backend: Backend,
) -> None:
    src = made / "src"
    src.mkdir(parents=True)
    sources = starting_state_sources(model, plan.cells[0].text)
    with preferences(backend):
        generate(src, plan, backend, description.to_json(), sources)
    manifest = json.loads((src / "manifest.json").read_text())
    for outside in ("manifest.json", "makefile"):
        (src / outside).unlink(missing_ok=True)
    shutil.rmtree(src / "results", ignore_errors=True)
    if any((src / "static_arrays").glob("*")):
        (src / "static_arrays").rename(made / "static_arrays")
    else:
        shutil.rmtree(src / "static_arrays", ignore_errors=True)
    with edited(src) as generated:
        generated.edit(PROJECT_ARGUMENTS)
        name_results(generated, {about["file"]: k for k, about in manifest["outputs"].items()})
    for name, about in manifest["outputs"].items():
        about["file"] = name
    # Headers take most of the time of compiling, and are read once for each of these two.
    _write_joined(src / "around.cpp", sorted(file.name for file in src.glob("*.cpp")))
    for name in (*_OWN_SOURCES, "results.h", "rules.h"):
        shutil.copy(CPP / name, src)
    _write_joined(src / "project.cpp", _OWN_SOURCES)
    manifest["columns"] = _columns(model, description)
    _write(src / "inputs.h", inputs_header(manifest, description))
    _write(made / "manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False))
    _write_parameters(made / "parameters.csv", description, given)


def _columns(model, about: ProgramDescription) -> dict[str, str]:
    """Return, for each number that can be set or is recorded, its column's name with the unit."""
    numbers = {name: with_unit(name, entry.unit) for name, entry in about.values.items()}
    varied = [(name, numbers[name]) for name in about.varied]
    check_columns(varied, ("neuron", "spike_count"), what="vary")
    units = {"I" if x == model.input else x: model.unit_of(x) for x in about.record}
    traces = own_columns(units, ("neuron", "t_ms"))
    return numbers | dict(zip(about.record, traces.values(), strict=True))


def _write_joined(file: Path, sources: Iterable[str]) -> None:
    _write(file, "".join(f'#include "{name}"\n' for name in sources))


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


def _words(model, about: ProgramDescription, backend: Backend) -> dict[str, object]:
    """Return what stands in the files that are the same in every project but for a few words."""
    varied = about.varied
    shared = [name for name in about.values if name not in varied]
    example = (shared or varied)[0]
    return {
        "COMMON": " ".join(programs.common_flags(backend)),
        "THREADS": _CMAKE_THREADS if backend.threads > 1 else "",
        "STANDARD_NUMBER": re.sub(r"\D", "", programs.cpp_standard()),
        "TITLE": " ".join(about.title.split()),
        "MODEL": about.model,
        "LIBRARY": library_name(model),
        "STIMULUS": about.stimulus,
        "N": about.n,
        "VERSION": __version__,
        "EXAMPLE": f"{example}={np.ravel(about.values[example].value)[0]:g}",
        "VARIED": f"{varied[0]}[0]=1" if varied else "duration=500",
        "PYTHON": ", ".join(f"{name}=values" for name in varied),
        "INPUT": f"{sum(model.input_range) / 2:g}",
        "DURATION": f"{about.duration_ms:g}",
    }


def _write_files(made: Path, words: Mapping[str, object]) -> None:
    for name in ("makefile", "CMakeLists.txt", "run.sh", "read_results.py", "README.md"):
        _write(made / name, filled(_FILES / name, words))
    (made / "run.sh").chmod(0o755)


def _write_parameters(
    file: Path, about: ProgramDescription, given: Mapping[str, np.ndarray]
) -> None:
    rows = [("duration", "all", _text(about.duration_ms), "ms", "how long to run")]
    if not about.dt_is_fixed:
        rows.append(("dt", "all", _text(about.dt_ms), "ms", "integration step"))
    meaning = "rest or initial: where the cells begin"
    rows.append(("start", "all", about.start, "", meaning))
    entries = about.values.items()
    for name, entry in sorted(entries, key=lambda item: item[1].per_neuron):
        values = np.broadcast_to(given[name], about.n) if entry.per_neuron else [given[name]]
        for k, value in enumerate(values):
            neuron = k if entry.per_neuron else "all"
            rows.append((name, neuron, _text(value), entry.unit, _cell(entry.meaning)))
    with file.open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(("name", "neuron", "value", "unit", "meaning"))
        table.writerows(rows)


def _text(value) -> str:
    return repr(tidy(value))


def _cell(words: str) -> str:
    """Return words on one line, which no spreadsheet takes for a formula."""
    line = " ".join(words.split())
    return f"'{line}" if line.startswith(("=", "+", "-", "@")) else line
