"""Files of a study, and the one-page report made from them.

`save_study` writes a study's folder: figures, tables and ``study.json`` with its texts.
`write_report` reads such folders and nothing else, so that studies run in other processes or on
another day come together in one report.
"""

from __future__ import annotations

import base64
import contextlib
import json
import math
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from pathlib import Path

import jinja2
import nh3
import numpy as np
import pandas as pd
from markdown import markdown
from markupsafe import Markup

from ..analysis.plots import close_figure, save_figure
from ..explorer.build import PAGE as EXPLORER
from ..files import user_path, written_whole
from .formatting import format_column, format_number, header, is_text
from .study import Section, StudyResult

REPORT = "report.html"
_INDEX = "study.json"
_LARGEST_SVG = 1_500_000  # bytes; above that the PNG is embedded, or the page becomes slow
_ABANDONED = 3600  # s; saving takes seconds
# What sympy's printer of MathML writes.
_MATHML = {
    *("math", "mrow", "mi", "mo", "mn", "mtext", "mspace", "mfrac", "msqrt", "mroot", "mstyle"),
    *("msub", "msup", "msubsup", "mover", "munder", "munderover", "mfenced", "mpadded"),
    *("mtable", "mtr", "mtd"),
}
_ATTRIBUTES = {
    "math": {"display", "xmlns"}, "mo": {"stretchy", "fence"}, "mi": {"mathvariant"},
    "mfenced": {"open", "close", "separators"}, "mtable": {"columnalign"}, "mspace": {"width"},
    "th": {"style", "align"}, "td": {"style", "align"}, "code": {"class"},
}  # fmt: skip
_LONG_TABLE = 14  # rows that are shown without scrolling


class OutputFolderError(ValueError, OSError):
    """An output folder that cannot be made or written."""


def check_output_folder(out: str | Path) -> Path:
    """Make sure, before the work starts, that results can be written.

    Parameters
    ----------
    out : str or Path
        The folder; it is made if it does not exist.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputFolderError
        A ValueError and an OSError that names the folder and the reason.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     check_output_folder(Path(folder) / "results").name
    'results'
    """
    out = user_path(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):  # leaves nothing, however this process ends
            pass
    except OSError as error:
        raise OutputFolderError(
            f"Results cannot be written to the folder {str(out)!r} "
            f"({error.strerror or error}); choose another output folder or change its permissions."
        ) from error
    return out


def save_study(result: StudyResult, out: str | Path) -> list[Path]:
    """Write the files of a study into its folder, replacing those of an earlier run.

    The files are written beside the folder and moved into place when all are there: a failure
    leaves the earlier results as they were.

    Parameters
    ----------
    result : StudyResult
        What the study found.
    out : str or Path
        The folder of all results; the study gets the folder ``out/<name>``.

    Returns
    -------
    list of Path
        Every figure as PNG and SVG, every table as CSV (with ``<table>.json`` for its ``attrs``, if
        it has any), and ``study.json``.

    Raises
    ------
    OutputFolderError
        If the folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> section = Section("F-I", tables={"fi": pd.DataFrame({"rate_Hz": [72.13]})})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in save_study(StudyResult("lif", "LIF", "", (section,)), folder)]
    ['fi.csv', 'study.json']
    """
    out = check_output_folder(out)
    fresh = out / f".{result.name}-{os.getpid()}.new"
    _clear_abandoned(out, result.name)
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    try:
        files = [path for section in result.sections for path in _save_section(section, fresh)]
        index = fresh / _INDEX
        index.write_text(json.dumps(_index(result), indent=1, ensure_ascii=False), "utf-8")
        target = out / result.name
        _replace(target, fresh)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return [target / path.name for path in (*files, index)]


def _clear_abandoned(out: Path, name: str) -> None:
    """Delete what processes have left that were killed while they saved this study.

    Earlier results that one had moved away, and had not replaced yet, are put back.
    """
    for left in [*out.glob(f".{name}-*.old"), *out.glob(f".{name}-*.new")]:
        with contextlib.suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime <= _ABANDONED:
                continue
            if left.suffix == ".old" and not (out / name).exists():
                left.rename(out / name)
            shutil.rmtree(left, ignore_errors=True)


def _replace(target: Path, fresh: Path) -> None:
    """Move a folder into the place of another, and put that back if this fails."""
    old = fresh.with_suffix(".old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    try:
        fresh.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _save_section(section: Section, folder: Path) -> list[Path]:
    """Write the figures and tables of one section."""
    files = []
    for name, figure in section.figures.items():
        files += save_figure(figure, folder, name)
        close_figure(figure)
    for name, table in section.tables.items():
        files.append(folder / f"{name}.csv")
        table.to_csv(files[-1], index=False, encoding="utf-8")
        if table.attrs:
            files.append(folder / f"{name}.json")
            text = json.dumps(json_safe(table.attrs), indent=1, ensure_ascii=False)
            files[-1].write_text(text, "utf-8")
    return files


def _index(result: StudyResult) -> dict:
    """Collect what the report needs besides the figures and tables."""
    return {
        "name": result.name,
        "title": result.title,
        "summary": result.summary,
        "numbers": json_safe(result.numbers),
        "sections": [
            {
                "title": section.title,
                "text": section.text,
                "figures": list(section.figures),
                "tables": list(section.tables),
                "captions": dict(section.captions),
            }
            for section in result.sections
        ],
    }


def json_safe(value: object) -> object:
    """Turn a value into one that JSON can hold.

    Parameters
    ----------
    value : object
        Containers are followed; NaN and infinities become None (JSON has no word for them);
        arrays become lists; whatever else (a quantity, a path) becomes its text.

    Returns
    -------
    object
        Of JSON's types.

    Examples
    --------
    >>> json_safe({"dt_ms": np.float64(0.025), "seed": None, "rates_Hz": np.array([1.0, np.nan])})
    {'dt_ms': 0.025, 'seed': None, 'rates_Hz': [1.0, None]}
    """
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, Mapping):
        return {str(key): json_safe(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [json_safe(item) for item in value]
    if type(value) is np.ndarray:  # a Quantity is a subclass, and only its text keeps its unit
        return json_safe(value.tolist())
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real) and type(value).__module__ in ("builtins", "numpy"):
        return float(value) if math.isfinite(value) else None
    return str(value)


def write_report(
    out: str | Path,
    studies: Iterable[str] | None = None,
    failures: Mapping[str, str] | None = None,
) -> Path:
    """Assemble the report from the folders of the studies.

    Parameters
    ----------
    out : str or Path
        The folder of all results.
    studies : iterable of str, optional
        Names in the order of the report; those without results are left out. By default every
        study found, by name.
    failures : mapping of str to str, optional
        Studies that failed, with the text of the error. Their earlier results, if there are any,
        are shown and marked as such.

    Returns
    -------
    Path
        ``out/report.html``: one file, with the figures inside, that needs no network.

    Raises
    ------
    OutputFolderError
        If the folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = save_study(StudyResult("lif", "LIF", "A summary.", ()), folder)
    ...     "A summary." in write_report(folder).read_text("utf-8")
    True
    """
    out = check_output_folder(out)
    failures = dict(failures or {})
    if studies is None:
        studies = sorted(path.parent.name for path in out.glob(f"[!.]*/{_INDEX}"))
    names = list(dict.fromkeys([*studies, *failures]))
    shown = [
        load_study(out / name, number, failures.get(name))
        for number, name in enumerate(
            (name for name in names if name in failures or (out / name / _INDEX).is_file()), 1
        )
    ]
    page = (
        templates()
        .get_template("report.html.jinja")
        .render(studies=shown, explorer=EXPLORER if (out / EXPLORER).is_file() else "")
    )
    with written_whole(out / REPORT) as file:
        file.write_text(page, "utf-8")
    return out / REPORT


def templates(*folders: Path) -> jinja2.Environment:
    """Return what finds and fills templates: those of the report, and those in more folders."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([*folders, Path(__file__).parent]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


def load_study(
    folder: Path, number: int, failure: str | None = None, base: str | None = None
) -> dict:
    """Read a study's folder into what the templates show; a failed study may have none.

    Parameters
    ----------
    folder : Path
        Of this study, as `save_study` writes it.
    number : int
        Of the study; figures and tables are counted after it.
    failure : str, optional
        The text of an error.
    base : str, optional
        What leads a page to the folder of all results, such as ``"../"``. By default the page lies
        in it, and has its figures inside.

    Returns
    -------
    dict
        Texts as HTML.
    """
    study = {"name": folder.name, "title": folder.name, "number": number, "failure": failure}
    study |= {"summary": "", "sections": [], "numbers": [], "has_results": False}
    if not (folder / _INDEX).is_file():
        return study
    index = json.loads((folder / _INDEX).read_text("utf-8"))
    figures = tables = 0
    for section in index["sections"]:
        study["sections"].append(
            {
                "title": section["title"],
                "text": _to_html(section["text"]),
                "figures": [
                    _load_figure(folder, name, section["captions"], f"{number}.{place}", base)
                    for place, name in enumerate(section["figures"], figures + 1)
                ],
                "tables": [
                    _load_table(folder, name, section["captions"], f"{number}.{place}", base)
                    for place, name in enumerate(section["tables"], tables + 1)
                ],
            }
        )
        figures += len(section["figures"])
        tables += len(section["tables"])
    numbers = [(header(name), format_number(value)) for name, value in index["numbers"].items()]
    return study | {
        "title": index["title"],
        "summary": _to_html(index["summary"]),
        "numbers": numbers,
        "has_results": True,
    }


def _load_figure(
    folder: Path, name: str, captions: Mapping[str, str], number: str, base: str | None
) -> dict:
    path = folder / f"{name}.svg"
    if path.stat().st_size > _LARGEST_SVG:
        path = folder / f"{name}.png"
    file = f"{base or ''}{folder.name}/{name}"
    return {
        "name": name,
        "number": number,
        "source": _embedded(path) if base is None else f"{file}{path.suffix}",
        "caption": _to_html(captions.get(name, "")),
        "files": [f"{file}.{ending}" for ending in ("svg", "png")],
    }


def _embedded(path: Path) -> str:
    """Return a figure as a data URI: as an image, the identifiers inside two SVGs cannot clash."""
    kind = {".svg": "svg+xml", ".png": "png"}[path.suffix]
    return f"data:image/{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"


def _load_table(
    folder: Path, name: str, captions: Mapping[str, str], number: str, base: str | None
) -> dict:
    """Render a table; the unit of the input moves from its column into the header."""
    table = pd.read_csv(folder / f"{name}.csv")
    units = _units(folder / f"{name}.json")
    if {"I", "I_unit"} <= set(table) and len(table["I_unit"].unique()) == 1:
        units["I"] = table["I_unit"].iloc[0]
        table = table.drop(columns="I_unit")
    return {
        "name": name,
        "number": number,
        "html": _table_html(table, units),
        "rows": len(table),
        "long": len(table) > _LONG_TABLE,
        "caption": _to_html(captions.get(name, "")),
        "files": [f"{base or ''}{folder.name}/{name}.csv"],
    }


def _units(path: Path) -> dict[str, str]:
    """Read the units of columns whose names have none from a table's ``attrs``.

    ``attrs["units"]`` maps columns to units; ``attrs["I_unit"]`` is the unit of the input.
    """
    attrs = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return {"I": attrs.get("I_unit"), **attrs.get("units", {})}


def _to_html(text: str) -> Markup:
    """Turn Markdown into HTML; harmless HTML and MathML in it pass, and nothing that runs."""
    html = markdown(text, extensions=["tables", "fenced_code", "sane_lists"])
    return Markup(
        nh3.clean(
            html,
            tags=nh3.ALLOWED_TAGS | _MATHML,
            attributes={**nh3.ALLOWED_ATTRIBUTES, **_ATTRIBUTES},
            filter_style_properties={"text-align"},
            link_rel=None,
        )
    )


def _table_html(table: pd.DataFrame, units: Mapping[str, str]) -> Markup:
    """Write a table as HTML: numbers to the right, formatted column by column."""
    columns = [format_column(table[name]) for name in table]
    right = ["" if is_text(table[name]) else ' class="number"' for name in table]
    heads = (
        f"<th{side}>{header(str(name), units.get(name))}</th>"
        for name, side in zip(table, right, strict=True)
    )
    rows = (
        "<tr>" + "".join(f"<td{side}>{cell}</td>" for cell, side in zip(row, right, strict=True))
        for row in zip(*columns, strict=True)
    )
    return Markup(
        f"<table><thead><tr>{''.join(heads)}</tr></thead>\n<tbody>{chr(10).join(rows)}</tbody></table>"
    )
