"""Networks of different cells: one drive for all models, the A-current's rhythm, Brunel, noise."""

from . import networks_a_current, networks_brunel, networks_models, networks_noise
from .study import Settings, StudyResult


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
        networks_models.section(settings),
        networks_a_current.section(settings),
        networks_brunel.section(settings),
        *networks_noise.sections(settings),
    ]
    numbers = {name: float(value) for _, found in parts for name, value in found.items()}
    return StudyResult(
        name="networks",
        title="Networks of different cells",
        summary=_summary(numbers),
        sections=tuple(section for section, _ in parts),
        numbers=numbers,
    )


def _summary(n: dict[str, float]) -> str:
    return f"""
The same wiring and, in units of each cell's own threshold, the same drive: what is left is the
cell. Five models fire between {n["lowest_rate_Hz"]:.0f} and {n["highest_rate_Hz"]:.0f} Hz. An
A-type current slows a network's rhythm: at the same input from {n["same_input_none_peak_Hz"]:.0f}
to {n["same_input_full_peak_Hz"]:.0f} Hz. Brunel's network of the simplest cells has four regimes,
and in the asynchronous one the rate of {n["brunel_AI_rate_Hz"]:.1f} Hz follows from the closed form
for a single noisy cell ({n["brunel_AI_mean_field_Hz"]:.1f} Hz).
"""
