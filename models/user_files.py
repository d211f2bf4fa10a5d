"""Models, stimuli and networks that a user's Python file defines, by ``path.py:NAME``."""

import runpy
import traceback
from pathlib import Path

from ..errors import InputError
from .checks import check_name


def is_file_name(text: str) -> bool:
    """Return whether a text is ``path.py`` or ``path.py:NAME``.

    Examples
    --------
    >>> is_file_name("my_model.py:CELL"), is_file_name("lif")
    (True, False)
    """
    return text.rpartition(".py")[2].partition(":")[0] == "" and ".py" in text


def from_file(text: str, kind: type, word: str):
    """Return what a Python file defines under a name; the file is executed.

    Parameters
    ----------
    text : str
        ``path.py:NAME``; ``:NAME`` may be left out where the file defines one such thing only.
    kind : type
        What it must be.
    word : str
        What messages call it.

    Raises
    ------
    InputError
        If there is no such file, it fails, or has nothing of that kind and name.
    """
    path, _, name = text.rpartition(".py")
    file, name = Path(f"{path}.py"), name.removeprefix(":")
    what = f"{word} file {str(file)!r}"
    if not file.is_file():
        raise InputError(f"{what}: there is no such file")
    try:
        space = runpy.run_path(str(file))
    except Exception as error:
        raise InputError(f"{what}{_line(file, error)}: {type(error).__name__}: {error}") from error
    found = {key: value for key, value in space.items() if isinstance(value, kind)}
    if not name and len(found) == 1:
        return next(iter(found.values()))
    if not found or not name:
        raise InputError(
            f"{what}: defines {sorted(found) or f'no {kind.__name__}'}; name one as {file}:NAME"
        )
    return found[check_name(f"{word} in {file}:", name, found)]


def _line(file: Path, error: Exception) -> str:
    """Return which line of a file raised, the innermost; a file that cannot be read says it."""
    steps = traceback.extract_tb(error.__traceback__)
    lines = [step.lineno for step in steps if step.filename == str(file)]
    return f", line {lines[-1]}" if lines else ""
