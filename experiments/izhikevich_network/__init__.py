"""The network of Izhikevich 2003: what its time step does to its activity and rhythms."""

from ..study import Settings, StudyResult
from .common import SDE_DT
from .measure import Runs
from .sections import half_steps, published_section, rhythms, steps_section
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
    seeds = range(1, 4 if settings.quick else 21)
    steps = (1.0, SDE_DT, 0.05) if settings.quick else (1.0, 0.5, 0.25, SDE_DT, 0.05, 0.025)
    published = Runs("published", 1.0, seeds, settings)
    sde = {dt: Runs("sde", dt, seeds, settings) for dt in steps}
    parts = [
        published_section(published),
        half_steps(published, sde[1.0], settings),
        steps_section(published, sde),
        rhythms(published, sde[SDE_DT]),
    ]
    numbers = {name: float(value) for _, found in parts for name, value in found.items()}
    return StudyResult(
        name="izhikevich_network",
        title="Izhikevich's network of 2003: a time step that matters",
        summary=summary(numbers),
        sections=tuple(section for section, _ in parts),
        numbers=numbers,
    )
