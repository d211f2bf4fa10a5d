"""The rate of a population over time, its spectrum, and the peaks in frequency bands.

Times are in ms, rates and frequencies in Hz; spikes and neurons as in
`excitable.analysis.populations.counts`.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.ndimage import correlate1d, gaussian_filter1d
from scipy.signal import find_peaks, lfilter, welch

from ...errors import InputError
from ..plain_numbers import takes
from ..trains.spikes import MS_PER_SECOND
from .counts import bin_count, by_population, located, size, spike_counts

# Clinical neurophysiology's limits (Kane et al. 2017, Clin Neurophysiol Pract 2:170-185), Hz. A
# band holds its lower limit and not its upper one.
BANDS: Mapping[str, tuple[float, float]] = {
    "theta": (4.0, 8.0),
    "alpha": (8.0, 13.0),
    "gamma": (30.0, 80.0),
}
KERNELS = ("none", "boxcar", "gaussian", "exponential")


@takes(start="ms", end="ms", bin="ms", width="ms")
def population_rate(spikes, neurons, *, start, end, bin=1.0, kernel="none", width=None):
    """Firing rate of a population over time, per neuron.

    Parameters
    ----------
    spikes : DataFrame
        Columns ``neuron``, ``t_ms`` and, if `neurons` is a dict, ``population``.
    neurons : int, array_like of int, or dict
        See `excitable.analysis.populations.counts`.
    start, end : float
        Window, ms.
    bin : float
        Width of a bin, ms.
    kernel : {"none", "boxcar", "gaussian", "exponential"}
        What the binned rate is smoothed with: nothing, a centred window, a Gaussian, or a causal
        exponential, which lets no spike act before its time.
    width : float, optional
        Of the kernel, ms: the window's length (the nearest odd number of bins), the Gaussian's
        standard deviation, the exponential's time constant.

    Returns
    -------
    DataFrame
        ``population`` (if `neurons` is a dict), ``t_ms`` (middle of the bin) and ``rate_Hz``.

    Raises
    ------
    ValueError
        As `spike_counts`, or for an unknown kernel or a width that is missing or not positive.

    Notes
    -----
    At the ends of the window the kernel is divided by the part of it that lies inside, so that a
    constant rate stays constant.

    Examples
    --------
    >>> spikes = pd.DataFrame({"neuron": [0, 1, 1], "t_ms": [1.0, 2.0, 11.0]})
    >>> population_rate(spikes, 2, start=0, end=20, bin=10)["rate_Hz"].tolist()
    [100.0, 50.0]
    """
    bins = bin_count(start, end, bin)
    smooth = _smoother(kernel, width, bin)
    weight = smooth(np.ones(bins))

    def of_one(rows, members):
        rate = smooth(_summed_counts(rows, members, start, bins, bin)[0]) / weight
        return pd.DataFrame(
            {
                "t_ms": start + bin * (np.arange(bins) + 0.5),
                "rate_Hz": MS_PER_SECOND * rate / (size(members) * bin),
            }
        )

    return by_population(of_one, spikes, neurons)


@takes(start="ms", end="ms", bin="ms", segment="ms")
def rate_spectrum(spikes, neurons, *, start, end, bin=1.0, segment=500.0):
    """Power spectral density of the population rate, by Welch's method.

    Parameters
    ----------
    spikes, neurons
        As in `population_rate`.
    start, end : float
        Window, ms, behind the transient.
    bin : float
        Width of a bin, ms; the spectrum goes up to half its inverse.
    segment : float
        Length of Welch's segments, ms; its inverse is the resolution.

    Returns
    -------
    DataFrame
        ``population`` (if `neurons` is a dict), ``frequency_Hz``, ``psd_Hz`` (one-sided; Hz**2 per
        Hz, hence Hz) and ``poisson_Hz``: the density of as many independent Poisson processes of
        the same mean rate, 2 rate/n, in which no rhythm is.

    Raises
    ------
    ValueError
        As `spike_counts`, or for a segment that does not fit into the window.

    Notes
    -----
    `scipy.signal.welch`: Hann windows that overlap by half, the mean of each taken off (Welch
    1967, IEEE Trans Audio Electroacoust 15:70).

    Examples
    --------
    >>> spikes = pd.DataFrame({"neuron": 0, "t_ms": np.arange(0, 2000, 25.0)})    # 40 Hz
    >>> found = rate_spectrum(spikes, 1, start=0, end=2000)
    >>> low = found[found["frequency_Hz"] < 60]
    >>> float(low["frequency_Hz"][low["psd_Hz"].idxmax()])
    40.0
    """
    bins = bin_count(start, end, bin)
    length = round(segment / bin)
    if not 2 <= length <= bins:
        raise InputError(
            f"segment = {segment} ms: expected at least two bins of {bin} ms and at most the "
            f"window of {end - start} ms."
        )

    def of_one(rows, members):
        n = size(members)
        count = _summed_counts(rows, members, start, bins, bin)[0]
        rate = MS_PER_SECOND * count / (n * bin)
        frequency, density = welch(rate, MS_PER_SECOND / bin, nperseg=length)
        found = {"frequency_Hz": frequency, "psd_Hz": density, "poisson_Hz": 2 * rate.mean() / n}
        return pd.DataFrame(found)

    return by_population(of_one, spikes, neurons)


def mean_spectrum(spectra):
    """Mean of the spectra of several runs, with its standard error.

    Parameters
    ----------
    spectra : list of DataFrame
        From `rate_spectrum`, one per run, such as one per seed.

    Returns
    -------
    DataFrame
        ``population`` (if there is one), ``frequency_Hz``, ``psd_Hz``, ``psd_sem_Hz`` (NaN for a
        single run), ``poisson_Hz`` and ``runs``.

    Raises
    ------
    ValueError
        For no spectrum, or spectra over different frequencies.

    Examples
    --------
    >>> one = pd.DataFrame({"frequency_Hz": [0.0, 2.0], "psd_Hz": [1.0, 3.0], "poisson_Hz": 1.0})
    >>> mean_spectrum([one, one.assign(psd_Hz=[3.0, 5.0])])["psd_sem_Hz"].tolist()
    [1.0, 1.0]
    """
    joined = _joined(spectra)
    keys = [k for k in ("population", "frequency_Hz") if k in joined]
    groups = joined.groupby(keys, sort=False)
    found = groups.agg(
        psd_Hz=("psd_Hz", "mean"), psd_sem_Hz=("psd_Hz", "sem"), poisson_Hz=("poisson_Hz", "mean"),
        runs=("run", "size"),
    )  # fmt: skip
    return found.reset_index()


def band_peaks(spectra, bands=BANDS):
    """Peak and power of the population rate in frequency bands, with uncertainty over runs.

    Parameters
    ----------
    spectra : list of DataFrame
        From `rate_spectrum`, one per run, such as one per seed.
    bands : dict of str to (float, float)
        Lower and upper limit of each band, Hz; the upper one does not belong to it.

    Returns
    -------
    DataFrame
        One row per population and band: ``band``, ``low_Hz``, ``high_Hz``; over the runs that have
        a peak in the band (``runs_with_peak`` of ``runs``) the mean of its frequency ``peak_Hz``
        and density ``peak_psd_Hz``; over all runs the mean ``power_Hz2`` in the band and its
        ``excess``, the power over that of independent Poisson processes. Each mean has its standard
        error (``peak_sem_Hz``, ``peak_psd_sem_Hz``, ``power_sem_Hz2``, ``excess_sem``), NaN below
        two values. ``resolution_Hz`` is the spacing of the frequencies.

    Raises
    ------
    ValueError
        As `mean_spectrum`, or for a band that is narrower than the resolution.

    Notes
    -----
    A peak is a density higher than at both neighbouring frequencies, of several the highest; a
    spectrum that falls or rises through the band has none. Every run of noise has peaks: whether
    one is a rhythm, its density over ``poisson_Hz`` and its spread over the runs tell.

    Examples
    --------
    >>> f = np.arange(0.0, 100.0, 2.0)
    >>> run = pd.DataFrame({"frequency_Hz": f, "psd_Hz": 1 + 9.0 * (f == 40), "poisson_Hz": 1.0})
    >>> band_peaks([run, run])[["band", "peak_Hz", "peak_sem_Hz", "power_Hz2", "runs_with_peak"]]
        band  peak_Hz  peak_sem_Hz  power_Hz2  runs_with_peak
    0  theta      NaN          NaN        4.0               0
    1  alpha      NaN          NaN        6.0               0
    2  gamma     40.0          0.0       68.0               2
    """
    joined = _joined(spectra)
    keys = [k for k in ("population", "run") if k in joined]
    rows = []
    for key, spectrum in joined.groupby(keys, sort=False):
        for name, limits in bands.items():
            rows.append(dict(zip(keys, key, strict=True)) | _band(spectrum, name, *limits))
    by = [k for k in ("population", "band") if k in (*keys, "band")]
    groups = pd.DataFrame(rows).groupby(by, sort=False)
    firsts = groups[["low_Hz", "high_Hz", "resolution_Hz"]].first()
    means = ("peak_Hz", "peak_psd_Hz", "power_Hz2", "excess")
    sems = ("peak_sem_Hz", "peak_psd_sem_Hz", "power_sem_Hz2", "excess_sem")
    averages = {mean: (mean, "mean") for mean in means}
    errors = {sem: (mean, "sem") for mean, sem in zip(means, sems, strict=True)}
    counts = {"runs": ("run", "size"), "runs_with_peak": ("peak_Hz", "count")}
    return firsts.join(groups.agg(**averages, **errors, **counts)).reset_index()


def _band(spectrum, name, low, high):
    """Peak and power of one spectrum in one band."""
    frequency = spectrum["frequency_Hz"].to_numpy()
    density = spectrum["psd_Hz"].to_numpy()
    spacing = frequency[1] - frequency[0]
    inside = (frequency >= low) & (frequency < high)
    if inside.sum() < 2:
        raise InputError(
            f"band {name} from {low} to {high} Hz: the spectrum's resolution is {spacing:g} Hz; "
            "take longer segments or a wider band."
        )
    peaks = find_peaks(density)[0]
    peaks = peaks[inside[peaks]]
    best = peaks[np.argmax(density[peaks])] if len(peaks) else None
    power = density[inside].sum() * spacing
    floor = spectrum["poisson_Hz"].to_numpy()[inside].sum() * spacing
    return {
        "band": name,
        "low_Hz": low,
        "high_Hz": high,
        "resolution_Hz": spacing,
        "peak_Hz": np.nan if best is None else frequency[best],
        "peak_psd_Hz": np.nan if best is None else density[best],
        "power_Hz2": power,
        "excess": power / floor if floor > 0 else np.nan,
    }


def _joined(spectra):
    """Put the runs' tables under one another, numbered, after a look at their frequencies."""
    spectra = [spectra] if isinstance(spectra, pd.DataFrame) else list(spectra)
    if not spectra:
        raise InputError("expected the spectrum of at least one run, got none.")
    first = spectra[0]["frequency_Hz"].to_numpy()
    for k, spectrum in enumerate(spectra):
        if not np.array_equal(spectrum["frequency_Hz"].to_numpy(), first):
            raise InputError(
                f"the spectrum of run {k} is over other frequencies than that of run 0; use the "
                "same window, bin and segment for all."
            )
    return pd.concat([s.assign(run=k) for k, s in enumerate(spectra)], ignore_index=True)


def _summed_counts(spikes, neurons, start, bins, width):
    """Counts of all neurons together, shape (1, bins)."""
    located(spikes, neurons)
    anyone = spikes.assign(neuron=0)
    return spike_counts(anyone, 1, start=start, end=start + bins * width, width=width)


def _smoother(kernel, width, bin):
    """Return the function that smooths a binned signal, with zeros beyond its ends."""
    if kernel not in KERNELS:
        raise InputError(f"kernel = {kernel!r}: expected one of {KERNELS}.")
    if kernel == "none":
        return lambda signal: signal
    if width is None or not 0 < width < np.inf:
        raise InputError(f"width = {width}: expected the positive width in ms of the {kernel}.")
    bins = width / bin
    if kernel == "gaussian":
        return lambda signal: gaussian_filter1d(signal.astype(float), bins, mode="constant")
    if kernel == "exponential":
        decay = np.exp(-1 / bins)
        return lambda signal: lfilter([1 - decay], [1, -decay], signal)
    window = np.ones(2 * round((bins - 1) / 2) + 1)  # centred, hence an odd number of bins
    return lambda signal: correlate1d(signal.astype(float), window, mode="constant")
