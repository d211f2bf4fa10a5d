"""The page on models of one's own: its examples run, and its messages are what is raised."""

import doctest
import re
import shlex
import sys
import textwrap
import warnings
from pathlib import Path

import pytest

from excitable.commands import main

PAGE = Path(__file__).parent.parent / "docs" / "models.rst"
TEXT = PAGE.read_text(encoding="utf-8")


def block(first: str) -> str:
    """Return the literal block whose opening line is `first`."""
    _, rest = TEXT.split(first + "\n", 1)
    lines = []
    for line in rest.splitlines():
        if line and not line.startswith(" "):
            break
        lines.append(line)
    kept = [line for line in lines if not line.strip().startswith(":caption:")]
    return textwrap.dedent("\n".join(kept)).strip() + "\n"


def mistakes() -> dict[str, tuple[str, str]]:
    """Return the rows of the table of mistakes: what was done wrong, the code, the message."""
    row = r"^   \* - (.+)\n     - ``(.+)``\n     - ``(.+)``$"
    return {what: (code, message) for what, code, message in re.findall(row, TEXT, re.M)}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page's names, after all its examples have run beside its model file."""
    folder = tmp_path_factory.mktemp("page")
    model_file = block(".. code-block:: python\n   :caption: my_model.py")
    (folder / "my_model.py").write_text(model_file, encoding="utf-8")
    names: dict = {"__name__": "__main__"}
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        examples = doctest.DocTestParser().get_doctest(TEXT, names, PAGE.name, str(PAGE), 0)
        runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
        result = runner.run(examples, clear_globs=False)
        sys.modules.pop("my_model", None)
    exec("from excitable import export, find_model", examples.globs)
    return folder, result, examples.globs


def test_examples(page):
    _, result, _ = page
    assert result.failed == 0
    assert result.attempted > 40


def test_export(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _, _, names = page
    exec(block("As a C++ project that needs no Python (:doc:`programs`)::"), dict(names))
    assert (tmp_path / "my_project" / "makefile").exists()


def test_commands(page, monkeypatch, capsys):
    folder, _, _ = page
    monkeypatch.chdir(folder)
    commands = block(".. code-block:: sh").splitlines()
    for command in commands:
        python, flag, package, *arguments = shlex.split(command)
        assert (python, flag, package) == ("python", "-m", "excitable")
        assert not main(arguments)
    assert len(commands) == 3
    assert "Interneuron with calcium and AHP" in capsys.readouterr().out
    assert (folder / "my_cell.ode").exists()


def test_fields():
    from dataclasses import fields

    from excitable import NeuronModel

    (table,) = re.findall(r"\* - field\n(.*?)\n\n", TEXT, re.S)
    told = re.findall(r"\* - (``.+)", table)
    assert {name for row in told for name in re.findall(r"``(\w+)``", row)} == {
        field.name for field in fields(NeuronModel)
    }


def test_mistakes_are_many():
    assert len(mistakes()) > 30


@pytest.mark.parametrize("what", mistakes())
def test_mistake(page, what):
    code, message = mistakes()[what]
    _, _, names = page
    said = []
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            eval(code, dict(names))
        except ValueError as error:
            said.append(str(error))
    said += [str(w.message) for w in warned]
    assert any(message in text for text in said), said
