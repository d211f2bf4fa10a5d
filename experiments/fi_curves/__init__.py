"""F-I curves of the leaky and the quadratic integrate-and-fire neuron, side by side.

Phase portraits on both sides of the bifurcation, simulated rates beside their closed forms, the
functions that describe them, and why the time constant can be set to 1.
"""

from __future__ import annotations

from ..study import Settings, StudyResult
from .common import CELLS
from .measure import simulate_ranges
from .sections import closed_forms, fits_by_range, fits_section, portraits_section, time_constant
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
    ranges = {cell.name: simulate_ranges(settings, cell) for cell in CELLS}
    curves = {cell.name: ranges[cell.name][cell.currents[1]] for cell in CELLS}
    parts = [
        portraits_section(),
        closed_forms(curves),
        fits_section(curves),
        fits_by_range(ranges),
        time_constant(settings),
    ]
    numbers = {name: value for _, found in parts for name, value in found.items()}
    return StudyResult(
        name="fi_curves",
        title="F-I curves of integrate-and-fire neurons",
        summary=summary(numbers),
        sections=tuple(section for section, _ in parts),
        numbers=numbers,
    )
