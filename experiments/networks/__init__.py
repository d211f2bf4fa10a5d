"""Networks of different cells: one drive for all models, the A-current's rhythm, Brunel, noise."""

from ..study import Settings, StudyResult
from .sections import a_current_section, brunel_section, models_section, noise_sections
from .text import summary


def run(settings: Settings) -> StudyResult:
    """Carry out the study.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    StudyResult
    """
    parts = [
        models_section(settings),
        a_current_section(settings),
        brunel_section(settings),
        *noise_sections(settings),
    ]
    numbers = {name: float(value) for _, found in parts for name, value in found.items()}
    return StudyResult(
        name="networks",
        title="Networks of different cells",
        summary=summary(numbers),
        sections=tuple(section for section, _ in parts),
        numbers=numbers,
    )
