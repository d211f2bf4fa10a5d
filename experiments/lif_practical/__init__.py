"""The leaky integrate-and-fire neuron as a first practical meets it.

Phase diagrams, the membrane potential with and without threshold, the F-I curve beside its formula,
and the responses to two stimuli that vary in time. The model's own constants are the practical's.
"""

from __future__ import annotations

from ..study import Settings, StudyResult
from .measure import membrane
from .sections import (
    cosine,
    firing_rate,
    five_frequencies,
    phase_diagrams,
    time_grid,
    with_threshold,
    without_threshold,
)
from .text import summary


def run(settings: Settings) -> StudyResult:
    """Carry out the study.

    Parameters
    ----------
    settings : Settings
        ``quick`` leaves out the run over two periods of the second stimulus, which takes a minute.

    Returns
    -------
    StudyResult
    """
    both = membrane(settings)
    parts = [
        phase_diagrams(),
        without_threshold(both),
        with_threshold(both),
        firing_rate(settings),
        time_grid(settings),
        cosine(settings),
        five_frequencies(settings),
    ]
    numbers = {name: value for _, found in parts for name, value in found.items()}
    return StudyResult(
        name="lif_practical",
        title="The leaky integrate-and-fire neuron",
        summary=summary(numbers),
        sections=tuple(section for section, _ in parts),
        numbers=numbers,
    )
