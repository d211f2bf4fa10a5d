"""Numbers from arrays and tables: spike trains, spike shapes, F-I curves, periodicity, networks,
and small classifiers.

Nothing here runs a simulation or draws; figures are in ``excitable.analysis.plots``. The names
below are imported when they are used: a compiled program's tables need none of scipy.
"""

import importlib

_HOME = {
    "mean_correlation": "populations.correlation",
    "pairwise_correlation": "populations.correlation",
    "synchrony_index": "populations.correlation",
    "fano_factors": "populations.counts",
    "spike_counts": "populations.counts",
    "FIFit": "rates.fi_fits",
    "FI_FUNCTIONS": "rates.fi_fits",
    "fit_all": "rates.fi_fits",
    "fit_fi": "rates.fi_fits",
    "lif_rate": "rates.closed_forms",
    "lif_rate_asymptote": "rates.closed_forms",
    "lif_rheobase": "rates.closed_forms",
    "onset": "rates.fi",
    "qif_rate": "rates.closed_forms",
    "residuals": "rates.fi",
    "linearity": "rates.linear_fit",
    "to_neo": "trains.neo_export",
    "network_statistics": "populations.network",
    "over_runs": "populations.network",
    "Periodicity": "trains.periodicity",
    "PhaseLocking": "trains.periodicity",
    "dominant_period": "trains.periodicity",
    "phase_locking": "trains.periodicity",
    "repeats_with": "trains.periodicity",
    "spike_pattern_period": "trains.periodicity",
    "noisy_lif_rate": "rates.siegert",
    "BANDS": "populations.spectrum",
    "band_peaks": "populations.spectrum",
    "mean_spectrum": "populations.spectrum",
    "population_rate": "populations.spectrum",
    "rate_spectrum": "populations.spectrum",
    "FeedForward": "learning.feedforward",
    "Logistic": "learning.activations",
    "RateCurve": "learning.activations",
    "ReLU": "learning.activations",
    "Perceptron": "learning.perceptron",
    "largest_margin": "learning.perceptron",
    "perceptron": "learning.perceptron",
    "separable": "learning.perceptron",
    "Trained": "learning.training",
    "train": "learning.training",
    "spike_shapes": "trains.spike_shape",
    "adaptation_index": "trains.spikes",
    "fano_factor": "trains.spikes",
    "first_interval_rate": "trains.spikes",
    "intervals": "trains.spikes",
    "isi_cv": "trains.spikes",
    "isi_cv2": "trains.spikes",
    "isi_lv": "trains.spikes",
    "spike_latency": "trains.spikes",
    "spike_table": "trains.spikes",
    "steady_rate": "trains.spikes",
}

__all__ = sorted(_HOME)


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
