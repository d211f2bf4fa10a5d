"""The Connor-Stevens neuron: what an A-type potassium current does to a cell."""

from ..study import Settings, StudyResult
from .sections import (
    cell_sections,
    common_faults,
    conductance_sections,
    two_constant_sets,
    types_section,
)
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
    types = types_section(settings)
    moved_leak_threshold = types[1]["moved_leak_threshold_uA_per_cm2"]
    parts = [
        *cell_sections(settings, moved_leak_threshold),
        types,
        *conductance_sections(settings),
        two_constant_sets(settings),
        common_faults(settings),
    ]
    numbers = {name: float(value) for _, found in parts for name, value in found.items()}
    return StudyResult(
        name="connor_stevens",
        title="The Connor-Stevens neuron and its A-type current",
        summary=summary(numbers),
        sections=tuple(section for section, _ in parts),
        numbers=numbers,
    )
