"""From models to the page: what `python -m excitable explore` and `show` do."""

import csv
import json
from collections.abc import Collection, Mapping
from html import escape
from pathlib import Path

import pandas as pd

from .. import __version__
from ..errors import InputError
from ..files import user_path, written_whole
from ..models.checks import check_name
from ..models.neuron_model import NeuronModel
from ..models.printers.javascript import FUNCTIONS
from ..models.zoo import IZHIKEVICH, ZOO, find_model
from .blocks import KINDS, block_functions
from .cells import Catalogue
from .noise import SAMPLE_MS
from .page import page_text, safe_json
from .presets import SPECIALS, preset_data, presets

LANGUAGES = ("en", "es", "fr")
DIAGRAM_COLUMNS = ("I", "v", "branch", "stable")
PAGE = "explorer.html"


def explorer_html(
    *models: NeuronModel,
    python: str = "",
    diagrams: Mapping[str, pd.DataFrame] | None = None,
) -> str:
    """Return the page: the published models, with your own before them.

    Parameters
    ----------
    *models : NeuronModel
        Shown with their variants; the page opens with the first.
    python : str
        The text that gives your model in Python, for the page's panel with code; default: its name
        in capitals, as the variable in your own script may be called.
    diagrams : dict of str to DataFrame, optional
        Bifurcation diagrams by the names of models: one row per point, ``I`` in the model's input
        unit, ``v`` in the unit of its membrane, ``branch`` (rows of one branch follow one another)
        and ``stable``.

    Returns
    -------
    str
        HTML that needs nothing else: no server, no network.

    Raises
    ------
    ValueError
        For models that cannot run in a browser (white noise in the equations, functions of your
        own), with the reason; for a diagram without these columns.

    Examples
    --------
    >>> page = explorer_html()
    >>> page.startswith("<!DOCTYPE html>"), len(page.encode()) < 400_000
    (True, True)
    """
    published = [cell for model in ZOO for cell in _with_variants(model)]
    own = [model for model in models if not any(model is cell for cell in published)]
    names = {cell.name for model in own for cell in _with_variants(model)}
    families = [
        (model.title, [(c, f'find_model("{c.name}")') for c in _with_variants(model)
                       if c.name not in names])
        for model in ZOO
    ]  # fmt: skip
    for model in reversed(own):
        text = python or f"{model.name.upper()}"
        relatives = [(c, f"{text}.variants[{json.dumps(k)}]") for k, c in model.variants.items()]
        families.insert(0, ("", [(model, text), *relatives]))
    diagrams = dict(diagrams or {})
    _check_diagrams(diagrams, {c.name for c in published} | names)
    catalogue = Catalogue(families)
    engine = _engine_module(catalogue)
    data = {
        "version": __version__,
        "cells": catalogue.cells,
        "kinds": KINDS,
        "specials": {
            s.key: {
                "name": next(iter(s.stimulus.parameters)),
                "expression": s.stimulus.expression,
            }
            for s in SPECIALS
        },
        "sample": SAMPLE_MS,
        "presets": [preset_data(p) for p in presets() if p.cell.name not in names],
        "texts": texts(),
        "diagrams": {name: _branches(table) for name, table in diagrams.items()},
        "first": models[0].name if models else IZHIKEVICH.name,
    }
    return page_text(engine, f"export const DATA = {safe_json(data)};", "Excitable: the explorer")


def _with_variants(model: NeuronModel) -> list[NeuronModel]:
    return [model, *model.variants.values()]


def _engine_module(catalogue: Catalogue) -> str:
    systems = ",\n".join(
        f"{{...{safe_json(facts)}, ...{program}}}"
        for facts, program in zip(catalogue.facts, catalogue.programs, strict=True)
    )
    return (
        f"{FUNCTIONS}\nexport const BLOCKS = {block_functions(SPECIALS)};\n"
        f"export const SYSTEMS = [\n{systems}\n];\n"
    )


def texts() -> dict[str, dict[str, str]]:
    """Return the page's words by language and key."""
    path = Path(__file__).parent / "texts.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    # The English of a model's own words is the model's.
    return {
        language: {
            row["key"]: row[language]
            for row in rows
            if language != "en" or not row["key"].startswith("model.")
        }
        for language in LANGUAGES
    }


def _check_diagrams(diagrams: Mapping[str, pd.DataFrame], known: Collection[str]) -> None:
    for name, table in diagrams.items():
        check_name("model of a diagram", name, known)
        missing = [c for c in DIAGRAM_COLUMNS if c not in table]
        if missing:
            raise InputError(f"diagram of {name}: needs the columns {missing}")


def _branches(diagram: pd.DataFrame) -> list[dict]:
    """Return a bifurcation diagram as the page has it, in the digits that a screen shows."""
    return [
        {
            "I": [float(f"{x:.5g}") for x in part["I"]],
            "v": [float(f"{x:.4g}") for x in part["v"]],
            "stable": part["stable"].astype(int).tolist(),
        }
        for _, part in diagram.groupby("branch", sort=False)
    ]


def write_explorer(path: str | Path = PAGE, *models: NeuronModel, **how) -> Path:
    """Write the page to a file.

    Parameters
    ----------
    path : str or Path
        A file, or a folder that gets ``explorer.html``.
    *models, **how
        See `explorer_html`.

    Returns
    -------
    Path
    """
    path = user_path(path)
    path = path / PAGE if path.is_dir() else path
    page = explorer_html(*models, **how)
    with written_whole(path) as file:
        file.write_text(page, "utf-8")
    return path


def found_model(name: str) -> tuple[tuple[NeuronModel, ...], str]:
    """Return the model that a command names, and the text that gives it in Python.

    Examples
    --------
    >>> found_model("lif")[0][0].name
    'lif'
    """
    return (find_model(name),), f"find_model({json.dumps(name)})"


class Shown:
    """A page in a notebook: an output cell with the page inside it."""

    def __init__(self, html: str, height: int):
        self.html, self.height = html, height

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{escape(self.html)}" width="100%" height="{self.height}" '
            'style="border:0" title="Excitable: the explorer"></iframe>'
        )


def show(*models: NeuronModel, height: int = 820, **how) -> Shown:
    """Show the page in a notebook.

    Parameters
    ----------
    *models, **how
        See `explorer_html`.
    height : int
        In pixels.

    Examples
    --------
    >>> from excitable.models import LIF
    >>> show(LIF)._repr_html_().startswith("<iframe")
    True
    """
    return Shown(explorer_html(*models, **how), height)
