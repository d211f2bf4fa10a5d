"""The Hodgkin-Huxley axon: its spike, the integrator it needs, its F-I curve, its two answers.

Numbers come from Brian2 runs; beside them stand scipy's solution of the same equations and what
follows from the equilibria alone.
"""

from ..study import Settings, StudyResult
from .sections import action_potential, fi, integrators, two_answers
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
    curves, thresholds_found = fi(settings)
    bistable = (thresholds_found["squid_sustained_uA_cm2"], thresholds_found["hopf_uA_cm2"])
    parts = [
        action_potential(settings),
        integrators(settings),
        (curves, thresholds_found),
        two_answers(settings, bistable),
    ]
    numbers = {name: value for _, found in parts for name, value in found.items()}
    return StudyResult(
        name="hodgkin_huxley",
        title="The Hodgkin-Huxley neuron",
        summary=summary(numbers),
        sections=tuple(section for section, _ in parts),
        numbers=numbers,
    )
