"""The documentation's course and the contributor's page: complete, and true to the tree."""

import ast
import re
from pathlib import Path

import pytest
from excitable.analysis import plots

ROOT = Path(__file__).parent.parent
COURSE = sorted((ROOT / "docs" / "course").glob("*.md"))
STUDIES = sorted(path.parent.name for path in (ROOT / "experiments").glob("*/figures.py"))


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
    assert missing in ([], ["docs/_build/notebooks"])


@pytest.mark.parametrize("study", STUDIES)
def test_gallery_shows_the_code_of_every_study(study):
    line = f".. literalinclude:: ../../experiments/{study}/figures.py\n"
    pages = [path.read_text("utf-8") for path in (ROOT / "docs" / "examples").glob("*.py")]
    assert sum(line in page for page in pages) == 1
