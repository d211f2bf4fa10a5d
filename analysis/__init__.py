"""Numbers from arrays and tables: spike trains, spike shapes, F-I curves, periodicity, networks.

Nothing here runs a simulation or draws; figures are in ``excitable.analysis.plots``.
"""

from .correlation import mean_correlation, pairwise_correlation, synchrony_index
from .counts import fano_factors, spike_counts
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
from .linearity import linearity
from .neo_export import to_neo
from .network import network_statistics, over_runs
from .periodicity import (
    Periodicity,
    PhaseLocking,
    dominant_period,
    phase_locking,
    repeats_with,
    spike_pattern_period,
)
from .siegert import noisy_lif_rate
from .spectrum import BANDS, band_peaks, mean_spectrum, population_rate, rate_spectrum
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
    "BANDS",
    "FI_FUNCTIONS",
    "FIFit",
    "Periodicity",
    "PhaseLocking",
    "adaptation_index",
    "band_peaks",
    "dominant_period",
    "fano_factor",
    "fano_factors",
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
    "linearity",
    "mean_correlation",
    "mean_spectrum",
    "network_statistics",
    "noisy_lif_rate",
    "onset",
    "over_runs",
    "pairwise_correlation",
    "phase_locking",
    "population_rate",
    "qif_rate",
    "rate_spectrum",
    "repeats_with",
    "residuals",
    "spike_counts",
    "spike_pattern_period",
    "spike_shapes",
    "spike_table",
    "steady_rate",
    "synchrony_index",
    "to_neo",
]
