"""Izhikevich's simple model: seven cells, twenty patterns, and what belongs to the time step.

The figures of 2003 and 2004 were computed with forward Euler in steps of up to half a millisecond.
Here the same equations are solved to convergence, beside the published programs.
"""

from __future__ import annotations

from ..study import Settings, StudyResult
from .measure import compare_schemes
from .sections import cells_2007, fi_2003, fi_2007, seven_cells, step_size, twenty_patterns
from .text import summary


def run(settings: Settings) -> StudyResult:
    """Carry out the study.

    Parameters
    ----------
    settings : Settings
        ``quick`` measures the F-I curves at fewer currents, for a shorter time.

    Returns
    -------
    StudyResult
    """
    compared = compare_schemes(settings)
    parts = [
        seven_cells(settings),
        twenty_patterns(compared),
        step_size(compared),
        cells_2007(settings),
        fi_2003(settings),
        fi_2007(settings),
    ]
    numbers = {name: float(value) for _, found in parts for name, value in found.items()}
    return StudyResult(
        name="izhikevich_patterns",
        title="Izhikevich's cells and firing patterns",
        summary=summary(compared),
        sections=tuple(section for section, _ in parts),
        numbers=numbers,
    )
