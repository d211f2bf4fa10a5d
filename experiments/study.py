"""What a study takes, its settings, and gives back: texts, figures, tables and numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import TYPE_CHECKING

import pandas as pd

from ..errors import InputError

if TYPE_CHECKING:  # for the type checker alone: a study is described without matplotlib
    from ..analysis.plots import Figure

_FILE_NAME = re.compile(r"[a-z0-9][a-z0-9_\-]*", re.IGNORECASE)
_RESERVED = "study"  # study.json holds the texts


@dataclass(frozen=True)
class Settings:
    """How a study is to run.

    Parameters
    ----------
    quick : bool
        A smoke version: fewer points, the same figures.
    backend : str, optional
        The simulation backend; None leaves the choice to the simulation.
    progress : bool
        Whether long work shows a progress bar.

    Examples
    --------
    >>> Settings(quick=True).backend is None
    True
    """

    quick: bool = False
    backend: str | None = None
    progress: bool = True


@dataclass(frozen=True)
class Section:
    """A part of a study: a text with its figures and tables.

    Parameters
    ----------
    title : str
        Heading.
    text : str
        Markdown; HTML and MathML in it pass through.
    figures : mapping of str to Figure
        By file name without ending.
    tables : mapping of str to DataFrame
        By file name without ending; units in the column names.
    captions : mapping of str to str
        Markdown, by the name of a figure or table.

    Raises
    ------
    ValueError
        If a caption belongs to nothing, or a name cannot be a file name.

    Examples
    --------
    >>> table = pd.DataFrame({"I": [2.0], "rate_Hz": [72.13]})
    >>> section = Section("F-I", "One point.", tables={"fi": table}, captions={"fi": "A point."})
    >>> section.names
    ('fi',)
    """

    title: str
    text: str = ""
    figures: Mapping[str, Figure] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    captions: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.names:
            _check_file_name(name, f"figure or table of the section {self.title!r}")
        stray = sorted(set(self.captions) - set(self.names))
        if stray:
            raise InputError(
                f"The section {self.title!r} has captions for {', '.join(stray)}, which are none "
                f"of its figures and tables ({', '.join(self.names) or 'it has none'})."
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the figures, then of the tables."""
        return (*self.figures, *self.tables)


@dataclass(frozen=True)
class StudyResult:
    """All that a study found.

    Parameters
    ----------
    name : str
        Of its folder.
    title : str
        Heading in the report.
    summary : str
        Markdown: the question and the answer in a few sentences.
    sections : tuple of Section
        In reading order.
    numbers : mapping of str to float
        The key results with the unit in the name (``rheobase_uA_cm2``), which the tests compare
        with references. A quantity that does not exist is NaN.

    Raises
    ------
    ValueError
        If two figures or tables share a name, a name cannot be a file name, or a number is none.

    Examples
    --------
    >>> StudyResult("lif", "LIF", "", (Section("A"),), {"rheobase_nA": 1.5}).numbers["rheobase_nA"]
    1.5
    """

    name: str
    title: str
    summary: str
    sections: tuple[Section, ...]
    numbers: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sections", tuple(self.sections))
        _check_file_name(self.name, "study")
        counts = Counter(name.lower() for section in self.sections for name in section.names)
        twice = sorted(name for name, count in counts.items() if count > 1)
        if twice:
            raise InputError(
                f"The study {self.name!r} uses the names {', '.join(twice)} for more than one "
                "figure or table, which would overwrite each other's files; rename all but one."
            )
        if _RESERVED in counts:
            raise InputError(
                f"The study {self.name!r} calls a figure or table {_RESERVED!r}, a name kept for "
                f"{_RESERVED}.json; choose another."
            )
        for name, value in self.numbers.items():
            if not isinstance(value, Real):
                raise InputError(
                    f"The number {name!r} of the study {self.name!r} is {value!r}; expected a "
                    "number without unit (the unit stands in the name)."
                )


def _check_file_name(name: str, what: str) -> None:
    """Refuse a name that is no portable file name."""
    if not _FILE_NAME.fullmatch(name):
        raise InputError(
            f"{name!r} cannot be the name of a {what}: it becomes a file name, so use letters, "
            "digits, '_' and '-' only."
        )
