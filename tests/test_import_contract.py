"""Imports run one way: models <- dynamics <- simulation <- protocols <- experiments.

analysis imports models and dynamics alone and runs no simulation; whatever makes a table may use
it.
"""

import ast
import configparser
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "models": set(),
    "dynamics": {"models"},
    "simulation": {"models", "dynamics", "analysis"},
    "analysis": {"models", "dynamics"},
    "protocols": {"models", "dynamics", "simulation", "analysis"},
    "explorer": {"models", "dynamics", "simulation", "protocols"},
    "experiments": {"models", "dynamics", "simulation", "analysis", "protocols", "explorer"},
}


def imported_folders(path: Path, folder: str) -> set[str]:
    """Return the folders of the project that a file imports from."""
    depth = len(path.relative_to(ROOT / folder).parts)  # 1 for a file directly in the folder
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level > depth:
            found |= {node.module.split(".")[0]} if node.module else {a.name for a in node.names}
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            found |= _absolute(node.module, ROOT)
        if isinstance(node, ast.Import):
            found |= set().union(*(_absolute(alias.name, ROOT) for alias in node.names))
    own = {
        "__version__",
        "errors",
        "columns",
        "files",
        "plain_checks",
        "progress",
    }  # of excitable itself, not folders
    return found - {folder} - own


def _absolute(module: str, root: Path) -> set[str]:
    parts = module.split(".")
    if parts[0] == "excitable":
        return {parts[1]} if len(parts) > 1 else {"excitable"}
    # A stray `import models` would work from a checkout and fail once installed.
    return {parts[0]} if parts[0] in MAY_IMPORT else set()


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_folder_imports_only_what_it_may(folder):
    for path in (ROOT / folder).rglob("*.py"):
        extra = imported_folders(path, folder) - MAY_IMPORT[folder]
        assert not extra, f"{path.relative_to(ROOT)} imports {extra}"


def test_contract_sees_a_violation(tmp_path, monkeypatch):
    """The walker itself must notice a forbidden import, in each of its spellings."""
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / "models").mkdir()
    for text in ("from ..protocols import x", "import protocols", "import excitable.protocols",
                 "from excitable.protocols import x", "from .. import protocols"):  # fmt: skip
        path = tmp_path / "models" / "stray.py"
        path.write_text(text)
        assert imported_folders(path, "models") == {"protocols"}, text


def test_every_folder_of_ours_is_installed():
    """A package that setup.cfg forgets works from a checkout and is missing once installed."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    folders = [path.parent for name in MAY_IMPORT for path in (ROOT / name).rglob("__init__.py")]
    own = {".".join(("excitable", *folder.relative_to(ROOT).parts)) for folder in folders}
    own |= {"excitable", "excitable.commands"}
    assert set(setup["options"]["packages"].split()) == own


def test_only_what_lives_as_long_as_the_process_is_set_aside():
    """The objects of Brian2 are not searched for garbage; a user's own are still collected."""
    code = (
        "import gc, weakref\n"
        "from excitable.models import LIF\n"
        "assert gc.get_freeze_count() > 100_000\n"
        "class Cycle:\n"
        "    def __init__(self):\n"
        "        self.me = self\n"
        "known = weakref.ref(Cycle())\n"
        "gc.collect()\n"
        "assert known() is None\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
