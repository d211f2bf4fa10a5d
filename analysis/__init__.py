"""Numbers from arrays and tables: spike trains, spike shapes, F-I curves, periodicity.

Nothing here runs a simulation or draws; figures are in ``excitable.analysis.plots``.
"""

from .fi import (
    FI_FUNCTIONS,
    FIFit,
    fit_all,
    fit_fi,
    lif_rate,
    lif_rate_asymptote,
    lif_rheobase,
    onset,
    qif_rate,
    residuals,
)
from .periodicity import (
    Periodicity,
    PhaseLocking,
    dominant_period,
    phase_locking,
    repeats_with,
    spike_pattern_period,
)
from .spike_shape import spike_shapes
from .spikes import (
    adaptation_index,
    fano_factor,
    first_interval_rate,
    intervals,
    isi_cv,
    isi_cv2,
    isi_lv,
    latency,
    spike_table,
    steady_rate,
)

__all__ = [
    "FI_FUNCTIONS",
    "FIFit",
    "Periodicity",
    "PhaseLocking",
    "adaptation_index",
    "dominant_period",
    "fano_factor",
    "first_interval_rate",
    "fit_all",
    "fit_fi",
    "intervals",
    "isi_cv",
    "isi_cv2",
    "isi_lv",
    "latency",
    "lif_rate",
    "lif_rate_asymptote",
    "lif_rheobase",
    "onset",
    "phase_locking",
    "qif_rate",
    "repeats_with",
    "residuals",
    "spike_pattern_period",
    "spike_shapes",
    "spike_table",
    "steady_rate",
]
