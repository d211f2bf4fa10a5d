"""The documentation's course and the contributor's page: complete, and true to the tree."""

import ast
import importlib
import re
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from excitable.analysis import plots
from excitable.experiments import STUDIES
from excitable.experiments.report import save_study
from excitable.experiments.study import Section, StudyResult

from excitable.errors import InputError

ROOT = Path(__file__).parent.parent
COURSE = sorted((ROOT / "docs" / "course").glob("*.md"))


def code_of(page: Path) -> str:
    """Return the code cells of a notebook as one text."""
    cells = re.findall(r"^```\{code-cell\}\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)
    return "\n".join(cells)


def called(code: str) -> set[str]:
    """Return the names of all functions that a text calls."""
    calls = (node.func for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))
    return {getattr(f, "attr", getattr(f, "id", "")) for f in calls}


def test_every_figure_has_a_picture():
    shown = set().union(*(called(code_of(page)) for page in COURSE))
    public = {name for name in plots.__all__ if name.startswith("plot_")}
    assert len(public) > 20
    assert not public - shown, f"no page of docs/course calls {sorted(public - shown)}"


@pytest.mark.parametrize("page", COURSE, ids=lambda page: page.stem)
def test_page_of_the_course(page):
    assert f"course/{page.stem}\n" in (ROOT / "docs" / "index.rst").read_text("utf-8")
    code = code_of(page)
    assert called(code), "no code"
    assert max(map(len, code.splitlines())) <= 100
    imported = {
        alias.asname or alias.name
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    used = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    assert not imported - used, f"imported and not used: {sorted(imported - used)}"


def test_contributing_names_what_is_there():
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    paths = re.findall(r"`((?:[\w.]+/)+[\w.]*|[\w]+\.(?:cfg|md))`", text)
    assert len(paths) > 20
    missing = [path for path in paths if not (ROOT / path).exists()]
    assert missing in ([], ["docs/_build"])  # which a build leaves


@pytest.fixture
def study_pages(tmp_path, monkeypatch):
    """The extension that writes the pages of the studies, here into a folder of the test's."""
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    module = importlib.import_module("study_pages")
    monkeypatch.setattr(module, "PAGES", tmp_path / "pages")
    return module


def written(module, studies):
    """Write the pages for a value of the setting `studies`; return what was added beside them."""
    config = SimpleNamespace(studies=str(studies), sources="", html_extra_path=[])
    module._write_pages(SimpleNamespace(config=config))
    return config.html_extra_path


@pytest.fixture
def results(tmp_path):
    """Results as every study leaves them, one figure and one table each."""
    for name in STUDIES:
        axes = plots.new_axes(1, 1)
        table = pd.DataFrame({"I": [1.0], "I_unit": ["nA"], "rate_Hz": [72.13]})
        section = Section(
            f"Onset of {name}", "A *text*.", {"fi": axes.figure}, {"rates": table}, {"fi": "A < B."}
        )
        save_study(
            StudyResult(name, f"Title of {name}", "A summary.", (section,)), tmp_path / "out"
        )
    return tmp_path / "out"


def test_page_of_a_study_has_its_texts_figures_tables_and_code(study_pages, results):
    assert written(study_pages, results) == [str(results)]
    index = (study_pages.PAGES / "index.md").read_text("utf-8")
    for study in STUDIES:
        page = (study_pages.PAGES / f"{study}.md").read_text("utf-8")
        assert page.startswith(f"# Title of {study}\n")
        assert f"\n## Onset of {study}\n" in page
        assert f'<img src="../{study}/fi.svg"' in page
        assert "A &lt; B." in page
        assert "<em>text</em>" in page
        assert '<td class="number">72.13</td>' in page
        code = sorted(re.findall(r"\{literalinclude\} ../../experiments/(.*)", page))
        assert code == sorted(f"{study}/{p.name}" for p in code_of_study(study))
        assert f'href="{study}.html"' in index
        assert f"\n{study}\n" in index
        for file in re.findall(r'(?:src|href)="\.\./([^"]*)"', page):
            assert (results / file).exists(), file


def code_of_study(study: str) -> list[Path]:
    """Return the files of a study; its `__init__` joins them."""
    return [p for p in (ROOT / "experiments" / study).glob("*.py") if p.name != "__init__.py"]


def test_pages_of_studies_that_have_not_run_have_the_code(study_pages):
    assert written(study_pages, "none") == []
    page = (study_pages.PAGES / "lif_practical.md").read_text("utf-8")
    assert page.startswith(f"# {STUDIES['lif_practical']}\n")
    assert "../../experiments/lif_practical/figures.py" in page
    assert "Figure" not in page


def test_results_that_are_not_there_are_named(study_pages, tmp_path):
    with pytest.raises(InputError, match=r"there are no results of \w+; expected what"):
        written(study_pages, tmp_path)
