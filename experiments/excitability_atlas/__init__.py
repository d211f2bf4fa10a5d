"""How every published cell and variant begins to fire, on a page each."""

from ..study import Settings, StudyResult
from .measure import measured, models
from .sections import overview, page_section
from .text import summary


def run(settings: Settings) -> StudyResult:
    """Carry out the study.

    Parameters
    ----------
    settings : Settings
        ``quick`` takes four cells and fewer currents.

    Returns
    -------
    StudyResult
    """
    pages = measured(models(settings), settings)
    section, numbers = overview(pages)
    return StudyResult(
        name="excitability_atlas",
        title="An atlas of excitability",
        summary=summary(pages),
        sections=(section, *map(page_section, pages)),
        numbers=numbers,
    )
