"""Edits of generated C++: a place is found and changed, or nothing is, and that is said.

`brian2_edits` lists all that there are. Those of one name belong together: all of them fit, or the
code stays as Brian2 has written it. Then the program cannot do its work (an edit that is required)
and an error says so, or it does it more slowly, and one warning says so.
"""

import re
import shutil
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

import brian2

from .....errors import GeneratedCodeWarning, UnknownCodeError
from .. import CPP

COUNTS = {"one": (1, 1), "some": (1, float("inf")), "any": (0, float("inf"))}


@dataclass(frozen=True)
class Edit:
    """A place in the code that Brian2 generates, and what stands there afterwards.

    Attributes
    ----------
    name : str
        What it is for; edits of the same name are made all or not at all.
    file : str
        In the folder of sources; a pattern such as ``code_objects/*.cpp`` stands for several.
    pattern, replacement : str
        As for `re.sub`. In them and in `file` a word such as ``$object`` is filled in.
    count : {"one", "some", "any"}
        How many such places each file must have.
    for_speed : bool
        False: the program does not do its work without.
    include : str
        A header that the changed file needs: one of ours in quotation marks, or a standard one.
    """

    name: str
    file: str
    pattern: str
    replacement: str
    count: str = "one"
    for_speed: bool = True
    include: str = ""


class _Unfit(Exception):
    """The place that an edit changes is not there."""


class Sources:
    """The generated sources in a folder while they are edited.

    Parameters
    ----------
    folder : Path
    edits : sequence of Edit
        All that can be made.
    optimise : bool
        Whether to make those for speed.
    """

    def __init__(self, folder: Path, edits: Sequence[Edit], optimise: bool = True):
        self.folder, self.optimise = folder, optimise
        self._edits = edits
        self._texts: dict[str, str] = {}
        self._without: list[str] = []

    def files(self, pattern: str) -> list[str]:
        """Return the files that a pattern stands for, by their names in the folder."""
        return sorted(f.relative_to(self.folder).as_posix() for f in self.folder.glob(pattern))

    def text(self, file: str) -> str:
        """Return what is in a file, with the edits that have been made."""
        if file not in self._texts:
            self._texts[file] = (self.folder / file).read_text()
        return self._texts[file]

    def object(self, name: str) -> str:
        """Return the name that one of Brian2's code objects has in the sources.

        Brian2 adds a number to the name of one whose namesake of an earlier program is still alive.
        """
        stems = (Path(file).stem for file in self.files(f"code_objects/{name}*.cpp"))
        return next((stem for stem in stems if re.fullmatch(rf"{name}(_\d+)?", stem)), name)

    def has_object(self, name: str) -> bool:
        """Return whether there is a code object of that name; not every group has a reset."""
        return bool(self.files(f"code_objects/{name}.cpp"))

    def edit(self, name: str, /, **words: object) -> bool:
        """Make the edits of a name; return whether they were made.

        Parameters
        ----------
        name : str
        **words
            What stands for the words in the edits, such as ``object=`` for ``$object``.

        Raises
        ------
        UnknownCodeError
            If they do not fit and are required.
        """
        edits = [edit for edit in self._edits if edit.name == name]
        for_speed = edits[0].for_speed
        if for_speed and not self.optimise:
            return False
        before = self.state()
        try:
            for edit in edits:
                self._make(edit, words)
        except _Unfit as unfit:
            if not for_speed:
                raise UnknownCodeError(
                    f"a program cannot be made with Brian2 {brian2.__version__}, whose generated "
                    f"code is not known here; {name}: {unfit}"
                ) from None
            self.restore(before)
            self.do_without(name)
            return False
        return True

    def _make(self, edit: Edit, words: dict) -> None:
        def filled(text: str) -> str:
            return Template(text).substitute(words)

        least, most = COUNTS[edit.count]
        pattern, replacement = filled(edit.pattern), filled(edit.replacement)
        files = self.files(filled(edit.file))
        if not files and least:
            raise _Unfit(f"there is no {filled(edit.file)}")
        for file in files:
            text, count = re.subn(pattern, replacement, self.text(file))
            if not least <= count <= most:
                raise _Unfit(
                    f"{file} has {count} places such as {pattern!r}, expected {edit.count}"
                )
            if count and edit.include:
                text = f"#include {edit.include}\n{text}"
                if edit.include.startswith('"'):
                    self.bring(edit.include.strip('"'))
            self._texts[file] = text

    def bring(self, *names: str) -> None:
        """Put headers or sources of ours beside the generated ones."""
        for name in names:
            shutil.copy(CPP / name, self.folder)

    def state(self) -> dict[str, str]:
        """Return what `restore` takes to undo all edits that are made from now on."""
        return dict(self._texts)

    def restore(self, state: dict[str, str]) -> None:
        """Take back all edits that were made since."""
        self._texts = dict(state)

    def do_without(self, name: str) -> None:
        """Remember for the warning that something does not fit."""
        if name not in self._without:
            self._without.append(name)

    def finish(self) -> None:
        """Write what was changed, and warn of what does not fit."""
        for file, text in self._texts.items():
            (self.folder / file).write_text(text)
        if self._without:
            warnings.warn(
                f"Brian2 {brian2.__version__} generates code that is not known here; results are "
                f"right, but a program runs without: {', '.join(self._without)}",
                GeneratedCodeWarning,
                stacklevel=4,
            )
