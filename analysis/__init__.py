"""Numbers from arrays and tables: spike trains, spike shapes, F-I curves, periodicity, networks.

Nothing here runs a simulation or draws; figures are in ``excitable.analysis.plots``. The names
below are imported when they are used: a compiled program's tables need none of scipy.
"""

import importlib

_HOME = {
    "mean_correlation": "correlation",
    "pairwise_correlation": "correlation",
    "synchrony_index": "correlation",
    "fano_factors": "counts",
    "spike_counts": "counts",
    "FIFit": "fi_fits",
    "FI_FUNCTIONS": "fi_fits",
    "fit_all": "fi_fits",
    "fit_fi": "fi_fits",
    "lif_rate": "closed_forms",
    "lif_rate_asymptote": "closed_forms",
    "lif_rheobase": "closed_forms",
    "onset": "fi",
    "qif_rate": "closed_forms",
    "residuals": "fi",
    "linearity": "linear_fit",
    "to_neo": "neo_export",
    "network_statistics": "network",
    "over_runs": "network",
    "Periodicity": "periodicity",
    "PhaseLocking": "periodicity",
    "dominant_period": "periodicity",
    "phase_locking": "periodicity",
    "repeats_with": "periodicity",
    "spike_pattern_period": "periodicity",
    "noisy_lif_rate": "siegert",
    "BANDS": "spectrum",
    "band_peaks": "spectrum",
    "mean_spectrum": "spectrum",
    "population_rate": "spectrum",
    "rate_spectrum": "spectrum",
    "spike_shapes": "spike_shape",
    "adaptation_index": "spikes",
    "fano_factor": "spikes",
    "first_interval_rate": "spikes",
    "intervals": "spikes",
    "isi_cv": "spikes",
    "isi_cv2": "spikes",
    "isi_lv": "spikes",
    "latency": "spikes",
    "spike_table": "spikes",
    "steady_rate": "spikes",
}

__all__ = sorted(_HOME)


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
