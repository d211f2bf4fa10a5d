"""The activity of a network over seeds, as the row of a table."""

from ...analysis import band_peaks, network_statistics, over_runs, rate_spectrum

MEASURES = ["rate_Hz", "isi_cv", "correlation", "synchrony"]


def measure(runs, cells: range, window: tuple[float, float], band, segment: float, bin: float = 5):
    """Describe the first population of a network over several seeds in one row.

    Parameters
    ----------
    runs : list of DataFrame
        Spikes, one table per seed.
    cells : range
        The population.
    window : (float, float)
        From when to when, ms.
    band : (float, float)
        Where the rhythm is looked for, Hz.
    segment, bin : float
        Of the spectrum, and of correlation and synchrony, ms.

    Returns
    -------
    row : dict
        Means of `MEASURES` and their standard errors, ``peak_Hz`` and ``peak_sem_Hz`` of the
        strongest rhythm, and its power over that of independent Poisson cells (``excess``).
    spectra : list of DataFrame
    """
    start, end = window
    runs = [spikes[spikes["neuron"].isin(cells)] for spikes in runs]
    found = over_runs([
        network_statistics(spikes, cells, start=start, end=end, bin=bin, window=(end - start) / 5)
        for spikes in runs
    ]).iloc[0]  # fmt: skip
    spectra = [rate_spectrum(spikes, cells, start=start, end=end, segment=segment)
               for spikes in runs]  # fmt: skip
    peaks = band_peaks(spectra, {"rhythm": band}).iloc[0]
    row = {name: found[name] for measure in MEASURES for name in (measure, f"{measure}_sem")}
    return row | {name: peaks[name] for name in ("peak_Hz", "peak_sem_Hz", "excess")}, spectra
