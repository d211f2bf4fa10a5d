"""Numbers from arrays and tables: spike trains, spike shapes, F-I curves, periodicity, networks,
and small classifiers.

Nothing here runs a simulation or draws; figures are in ``excitable.analysis.plots``. The names
below are imported when they are used: a compiled program's tables need none of scipy.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "learning.activations": ["Logistic", "RateCurve", "ReLU"],
        "learning.feedforward": ["FeedForward"],
        "learning.perceptron": ["Perceptron", "largest_margin", "perceptron", "separable"],
        "learning.training": ["Trained", "train"],
        "populations.correlation": ["mean_correlation", "pairwise_correlation", "synchrony_index"],
        "populations.counts": ["fano_factors", "spike_counts"],
        "populations.network": ["network_statistics", "over_runs"],
        "populations.spectrum": [
            "BANDS",
            "band_peaks",
            "mean_spectrum",
            "population_rate",
            "rate_spectrum",
        ],
        "rates.closed_forms": ["lif_rate", "lif_rate_asymptote", "lif_rheobase", "qif_rate"],
        "rates.fi": ["onset", "residuals"],
        "rates.fi_fits": ["FIFit", "FI_FUNCTIONS", "fit_all", "fit_fi"],
        "rates.linear_fit": ["linearity"],
        "rates.siegert": ["noisy_lif_rate"],
        "trains.detection": ["detect_spikes", "shapes_of"],
        "trains.distances": [
            "coincidence_factor",
            "compare_spikes",
            "spike_distance",
            "van_rossum_distance",
        ],
        "trains.neo_export": ["to_neo"],
        "trains.periodicity": [
            "Periodicity",
            "PhaseLocking",
            "dominant_period",
            "phase_locking",
            "repeats_with",
            "spike_pattern_period",
        ],
        "trains.spike_shape": ["spike_shapes"],
        "trains.spikes": [
            "adaptation_index",
            "fano_factor",
            "first_interval_rate",
            "intervals",
            "isi_cv",
            "isi_cv2",
            "isi_lv",
            "spike_latency",
            "spike_table",
            "steady_rate",
        ],
        "trains.steps": ["measured_fi"],
    },
)
