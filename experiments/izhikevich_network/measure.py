"""The network over seeds and time steps."""

import numpy as np
import pandas as pd
from brian2 import ms

from ...analysis import band_peaks, mean_spectrum, population_rate, rate_spectrum
from ...protocols import izhikevich_2003_network
from ..study import Settings
from .common import BANDS, BURST_BIN_MS, DURATION_MS, RUNAWAY, TRANSIENT_MS, N

CELLS = {"exc": range(800), "inh": range(800, 1000)}


class Runs:
    """Runs of one scheme over seeds: a table of their activity, their spectra, the first's spikes.

    Parameters
    ----------
    scheme : str
    dt_ms : float
    seeds : sequence of int
    settings : Settings
    """

    def __init__(self, scheme: str, dt_ms: float, seeds, settings: Settings):
        self.scheme, self.dt_ms = scheme, dt_ms
        rows, self.spectra = [], []
        for seed in seeds:
            net = izhikevich_2003_network(
                seed=seed, scheme=scheme, dt=dt_ms * ms, duration=DURATION_MS * ms,
                connections=False, backend=settings.backend,
            )  # fmt: skip
            rows.append({"scheme": scheme, "dt_ms": dt_ms, "seed": seed, **_activity(net.spikes)})
            self.spectra.append(
                rate_spectrum(net.spikes, N, start=TRANSIENT_MS, end=DURATION_MS, segment=500)
            )
            if seed == seeds[0]:
                self.spikes = net.spikes
        self.table = pd.DataFrame(rows)

    @property
    def steady(self) -> pd.DataFrame:
        """The runs without a runaway burst."""
        return self.table[self.table["largest_burst"] < RUNAWAY]


def _activity(spikes: pd.DataFrame) -> dict[str, float]:
    """Return the numbers of one run."""
    times = spikes["t_ms"].to_numpy()
    bins = np.bincount((times // BURST_BIN_MS).astype(int))
    steady = (times >= TRANSIENT_MS).sum() / N / (DURATION_MS - TRANSIENT_MS) * 1e3
    return {
        "spikes": len(times),
        "steady_rate_Hz": steady,
        "largest_burst": bins.max() / N,
        "burst_t_ms": float(bins.argmax() * BURST_BIN_MS),
    }


def smoothed(spikes: pd.DataFrame) -> pd.DataFrame:
    return population_rate(spikes, CELLS, start=0, end=DURATION_MS, kernel="gaussian", width=2)


def row_of(runs: Runs) -> dict:
    spikes, steady = runs.table["spikes"], runs.steady["steady_rate_Hz"]
    return {
        "scheme": runs.scheme, "dt_ms": runs.dt_ms, "runs": len(spikes),
        "runaways": len(spikes) - len(steady), "spikes_median": spikes.median(),
        "spikes": spikes.mean(), "spikes_sem": spikes.sem(),
        "steady_rate_Hz": steady.mean(), "steady_rate_sem_Hz": steady.sem(),
    }  # fmt: skip


def peaks_of(runs: Runs) -> pd.DataFrame:
    """Return the peaks of the runs, and those of their mean spectrum."""
    table = band_peaks(runs.spectra, BANDS)
    table.insert(0, "scheme", runs.scheme)
    columns = ["scheme", "band", "low_Hz", "high_Hz", "peak_Hz", "peak_sem_Hz", "runs_with_peak",
               "runs", "excess", "excess_sem", "resolution_Hz"]  # fmt: skip
    of_mean = band_peaks(mean_spectrum(runs.spectra), BANDS)["peak_Hz"]
    return table[columns].assign(peak_of_mean_Hz=of_mean)
