"""The network of Izhikevich 2003: what its time step does to its activity and rhythms."""

import numpy as np
import pandas as pd
from brian2 import ms

from ..analysis import band_peaks, mean_spectrum, population_rate, rate_spectrum
from ..analysis.plots import (
    CYCLE,
    label_panels,
    legend_below,
    new_axes,
    plot_raster_rate,
    plot_spectrum,
    use_style,
)
from ..protocols import izhikevich_2003_network
from .izhikevich_network_program import AFTER, BEFORE, CUT, variants
from .study import Section, Settings, StudyResult

# Spikes in one second, mean and standard deviation over 20 seeds of the program net.m in numpy.
REFERENCE = (7532.6, 170.4)
CELLS = {"exc": range(800), "inh": range(800, 1000)}
N = 1000
DURATION_MS, TRANSIENT_MS = 1000, 200
BURST_BIN_MS = 5
RUNAWAY = 2  # spikes per cell within one such bin, above which a run counts as one
# The slow rhythm sits across the border between theta and alpha.
BANDS = {"slow": (4.0, 14.0), "gamma": (30.0, 80.0)}
SDE_DT = 0.1  # ms, the protocol's default
SCHEME_COLOURS = {"published": CYCLE[0], "sde": CYCLE[1]}


def run(settings: Settings) -> StudyResult:
    """Carry out the study.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    StudyResult
    """
    seeds = range(1, 4 if settings.quick else 21)
    steps = (1.0, SDE_DT, 0.05) if settings.quick else (1.0, 0.5, 0.25, SDE_DT, 0.05, 0.025)
    published = Runs("published", 1.0, seeds, settings)
    sde = {dt: Runs("sde", dt, seeds, settings) for dt in steps}
    parts = [
        _published(published),
        _half_steps(published, sde[1.0], settings),
        _steps(published, sde),
        _rhythms(published, sde[SDE_DT]),
    ]
    numbers = {name: float(value) for _, found in parts for name, value in found.items()}
    return StudyResult(
        name="izhikevich_network",
        title="Izhikevich's network of 2003: a time step that matters",
        summary=_summary(numbers),
        sections=tuple(section for section, _ in parts),
        numbers=numbers,
    )


def _summary(n: dict[str, float]) -> str:
    explosions = ", and at fine steps some runs of them explode" if n["sde_runaways"] else ""
    return f"""
800 excitatory and 200 inhibitory cells, no two alike, all connected to all: the most copied network
of spiking cells. Its program fires {n["published_spikes"]:.0f} ± {n["published_spikes_sem"]:.0f}
spikes a second. The equations that it discretises fire
{n["sde_converged_excess_percent"]:.0f} % more{explosions}. So the
step of 1 ms with its two half-steps is part of the model, and a network that is to be compared with
the published one has to keep it.
"""


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


def _mean(values: pd.Series) -> str:
    """Write mean and standard error."""
    digits = 0 if values.mean() > 100 else 2
    return f"{values.mean():.{digits}f} ± {values.sem():.{digits}f}"


# ---------------------------------------------------------------------------------------------
# As published
# ---------------------------------------------------------------------------------------------
def _published(runs: Runs) -> tuple[Section, dict]:
    spikes = runs.table["spikes"]
    mean, deviation = REFERENCE
    away = (spikes.mean() - mean) / (deviation / np.sqrt(len(spikes)))
    text = f"""
Each cell has its own parameters: excitatory cells lie between regular spiking and chattering,
inhibitory ones between fast spiking and low-threshold spiking. In every step of 1 ms, each gets
noise and the weights of all cells that have just fired; *v* moves in two half-steps of 0.5 ms, then
*u* once.

Over {len(spikes)} seeds the network fires **{_mean(spikes)}** spikes a second (mean and standard
error over seeds; standard deviation {spikes.std():.0f}). A port of the published program to numpy
gave {mean} ± {deviation} (mean and standard deviation of 20 seeds): the two means differ by
{abs(away):.1f} of the standard errors that this spread gives for {len(spikes)} runs. Per cell that
is {spikes.mean() / N:.1f} Hz; the paper says "around 8 Hz". The dark stripes in the raster are
episodes in which many cells fire together.
"""
    section = Section(
        "The network as published",
        text,
        figures={"raster": draw_raster(runs.spikes)},
        tables={"published_runs": runs.table.drop(columns=["dt_ms"])},
        captions={
            "raster": "Every spike of one second (excitatory cells below 800), and the "
            "populations' rates in bins of 1 ms, smoothed with a Gaussian of 2 ms.",
            "published_runs": "Each run: its spikes; rate per cell after the first "
            f"{TRANSIENT_MS} ms; spikes per cell in the fullest {BURST_BIN_MS} ms, and where "
            "they begin.",
        },
    )
    return section, {
        "published_spikes": spikes.mean(),
        "published_spikes_sem": spikes.sem(),
        "published_spikes_sd": spikes.std(),
        "published_rate_Hz": spikes.mean() / N,
        "published_away_in_standard_errors": away,
    }


def draw_raster(spikes: pd.DataFrame):
    """Draw the spikes of one run with the rates of the two populations.

    Parameters
    ----------
    spikes : DataFrame
        As in `NetworkRun`.

    Returns
    -------
    Figure
    """
    upper, _ = plot_raster_rate(spikes, _smooth(spikes))
    return upper.figure


def _smooth(spikes: pd.DataFrame) -> pd.DataFrame:
    return population_rate(spikes, CELLS, start=0, end=DURATION_MS, kernel="gaussian", width=2)


# ---------------------------------------------------------------------------------------------
# The half-steps
# ---------------------------------------------------------------------------------------------
def _half_steps(published: Runs, one_step: Runs, settings: Settings) -> tuple[Section, dict]:
    table = variants(range(2 if settings.quick else 10))
    table["change_percent"] = 100 * (table["spikes"] / table["spikes"][0] - 1)
    row = {(r.v_steps, r.u_follows): r for r in table.itertuples()}
    both = row[1, BEFORE]
    text = f"""
What do the two half-steps do? The program with one line changed at a time tells. Two things come
together.

- **The upstroke.** Where *v* has started to rise it rises faster the higher it is. A second
  half-step already uses the higher *v*, so a spike is found at {row[2, AFTER].peak_mV:.0f} mV on
  average, with a single step at {row[1, AFTER].peak_mV:.0f} mV. (The equation says 30 mV: the rest
  is overshoot.) With a single step the count changes by {row[1, AFTER].change_percent:+.0f} %.
- **The overshoot drives *u*.** The program moves *u* after *v*, so for one step *u* follows that
  overshoot, and every spike leaves its cell with more recovery current than *d*. With *v* cut at
  30 mV for *u*, it changes by {row[2, CUT].change_percent:+.0f} %; with *u* following *v* from
  before the step, {row[2, BEFORE].change_percent:+.0f} %.

A plain Euler step of 1 ms, in which *v* and *u* move together, lacks both:
{both.change_percent:+.0f} % spikes ({both.spikes:.0f} ± {both.spikes_sem:.0f}). The stochastic
differential equation at a step of 1 ms is the same, and gives {_mean(one_step.table.spikes)} here.
A port with about a quarter too many spikes has most likely lost the half-steps and the order
of updates.
"""
    section = Section(
        "What the half-steps do",
        text,
        tables={"variants": table},
        captions={
            "variants": "The published program (first row) and changes of it: parts into which "
            "the step of *v* is divided, the *v* that *u* follows, spikes in one second (mean "
            "and standard error), mean potential at which spikes are found, and the change.",
        },
    )
    return section, {
        "program_spikes": row[2, AFTER].spikes,
        "program_spikes_sem": row[2, AFTER].spikes_sem,
        "one_step_change_percent": row[1, AFTER].change_percent,
        "no_overshoot_change_percent": row[2, CUT].change_percent,
        "euler_change_percent": both.change_percent,
        "euler_spikes": both.spikes,
        "sde_1_ms_spikes": one_step.table["spikes"].mean(),
        "sde_1_ms_spikes_sem": one_step.table["spikes"].sem(),
        "published_sde_ratio": one_step.table["spikes"].mean() / published.table["spikes"].mean(),
    }


# ---------------------------------------------------------------------------------------------
# The stochastic differential equation
# ---------------------------------------------------------------------------------------------
def _steps(published: Runs, sde: dict[float, Runs]) -> tuple[Section, dict]:
    table = pd.DataFrame([_row(runs) for runs in (published, *sde.values())])
    finest = min(sde)
    coarse, fine = sde[max(sde)].steady, sde[finest].steady
    usual = published.steady["steady_rate_Hz"]
    excess = 100 * (fine["steady_rate_Hz"].mean() / usual.mean() - 1)
    everything = pd.concat([runs.table for runs in sde.values()], ignore_index=True)
    bursts = everything[everything["largest_burst"] >= RUNAWAY]
    rates = ", ".join(
        f"{_mean(runs.steady['steady_rate_Hz'])} Hz at {dt:g} ms" for dt, runs in sde.items()
    )
    text = f"""
Read as equations, the network is a set of stochastic differential equations: *v* and *u* change in
continuous time, the noise is white with the same variance per millisecond, and a spike drives its
targets for 1 ms. Integrated by Euler and Maruyama they can be refined.

After the first {TRANSIENT_MS} ms a cell fires {rates}. From the longest to the shortest step the
rate changes by {100 * (fine.steady_rate_Hz.mean() / coarse.steady_rate_Hz.mean() - 1):+.1f} %, and
ends **{excess:.0f} %** above the published scheme ({_mean(usual)} Hz). Refining the step does not
lead back to the published activity: that belongs to its discretisation.

{_explain_bursts(bursts, len(everything), everything)}
"""
    section = Section(
        "The stochastic differential equation at smaller steps",
        text,
        figures={"steps": _draw_steps(published, sde)},
        tables={"steps_table": table, "sde_runs": everything},
        captions={
            "steps": "**A** Spikes of every run in one second. **B** Rate per cell after the "
            f"first {TRANSIENT_MS} ms, mean and standard error over the runs without a runaway "
            "burst. The line is the published scheme.",
            "steps_table": "Spikes in one second: median, mean and standard error of all runs; "
            f"steady rate after {TRANSIENT_MS} ms of the runs without a runaway burst (more than "
            f"{RUNAWAY} spikes per cell in {BURST_BIN_MS} ms).",
            "sde_runs": "Every run of the stochastic differential equation.",
        },
    )
    return section, {
        "sde_converged_rate_Hz": fine["steady_rate_Hz"].mean(),
        "sde_converged_rate_sem_Hz": fine["steady_rate_Hz"].sem(),
        "sde_converged_excess_percent": excess,
        "sde_runaways": len(bursts),
        "sde_runaways_coarse": (bursts["dt_ms"] >= SDE_DT).sum(),
    }


def _row(runs: Runs) -> dict:
    spikes, steady = runs.table["spikes"], runs.steady["steady_rate_Hz"]
    return {
        "scheme": runs.scheme, "dt_ms": runs.dt_ms, "runs": len(spikes),
        "runaways": len(spikes) - len(steady), "spikes_median": spikes.median(),
        "spikes": spikes.mean(), "spikes_sem": spikes.sem(),
        "steady_rate_Hz": steady.mean(), "steady_rate_sem_Hz": steady.sem(),
    }  # fmt: skip


def _explain_bursts(bursts: pd.DataFrame, total: int, everything: pd.DataFrame) -> str:
    """Say how many runs explode, at which steps, and how."""
    if bursts.empty:
        return f"None of these {total} runs explodes; with more seeds, some at fine steps do."
    by_step = ", ".join(
        f"{len(rows)} of {(everything['dt_ms'] == dt).sum()} at {dt:g} ms"
        for dt, rows in bursts.groupby("dt_ms", sort=False)
    )
    return f"""
**But does the limit exist?** Some runs explode ({by_step}): within {BURST_BIN_MS} ms, every cell
fires {bursts.largest_burst.min():.0f} to {bursts.largest_burst.max():.0f} spikes on average, first
at {bursts.burst_t_ms.min():.0f} and at the latest at {bursts.burst_t_ms.max():.0f} ms. The model
has neither delays nor a refractory period. All cells start from the same potential; should enough
of them fire together, each drives all others for 1 ms, within which they fire, are reset and fire
again. A step of 1 ms forbids that, since a cell fires at most once in it. The smaller the step, the
more often a cell can fire in the millisecond of a volley. The step thus stands in for a refractory
period that the equations do not have, and the activity of a refined network depends on it in a way
that no mean over seeds shows.
"""


@use_style()
def _draw_steps(published: Runs, sde: dict[float, Runs]):
    left, right = new_axes(1, 2, size=(6.5, 3.0))
    colour = SCHEME_COLOURS["sde"]
    rng = np.random.default_rng(0)  # spreads dots that would hide one another
    for dt, runs in sde.items():
        spikes = runs.table["spikes"]
        left.plot(dt * np.exp(rng.uniform(-0.12, 0.12, len(spikes))), spikes, ".",
                  color=colour, markersize=4, alpha=0.7)  # fmt: skip
    steady = [runs.steady["steady_rate_Hz"] for runs in sde.values()]
    right.errorbar([*sde], [s.mean() for s in steady], [s.sem() for s in steady], fmt="o-",
                   color=colour, capsize=2, label="stochastic differential equation")  # fmt: skip
    for ax, values in (
        (left, published.table["spikes"]),
        (right, published.steady["steady_rate_Hz"]),
    ):
        ax.axhline(values.mean(), color=SCHEME_COLOURS["published"], label="published scheme")
        error = values.sem()
        ax.axhspan(values.mean() - error, values.mean() + error, alpha=0.25, linewidth=0,
                   color=SCHEME_COLOURS["published"])  # fmt: skip
        ax.set(xscale="log", xlabel="time step (ms)", xticks=[*sde])
        ax.set_xticklabels([f"{dt:g}" for dt in sde])
        ax.minorticks_off()
    left.set(yscale="log", ylabel="spikes in 1 s")
    left.set_yticks([5000, 10_000, 20_000, 40_000], ["5000", "10 000", "20 000", "40 000"])
    left.minorticks_off()
    right.set(ylabel="steady firing rate (Hz)")
    label_panels((left, right))
    legend_below((left, right))
    return left.figure


# ---------------------------------------------------------------------------------------------
# Rhythms
# ---------------------------------------------------------------------------------------------
def _rhythms(published: Runs, sde: Runs) -> tuple[Section, dict]:
    peaks = pd.concat([_peaks(runs) for runs in (published, sde)], ignore_index=True)
    found = {(r.scheme, r.band): r for r in peaks.itertuples()}
    lines = "\n".join(_line(found["published", band], found["sde", band]) for band in BANDS)
    text = f"""
The paper reads rhythms of about 10 Hz and 40 Hz, alpha and gamma, off the raster. The spectrum of
the rate (Welch's, mean over seeds) says how strong they are. The dotted lines are what as many
independent Poisson cells of the same rate would give: power above them is shared.

{lines}

Every noisy spectrum has peaks somewhere. A rhythm is a peak that stays in the mean over seeds, at a
frequency at which the seeds agree; the last columns of the table tell.
"""
    section = Section(
        "Rhythms",
        text,
        figures={
            "rasters": _draw_rasters(published, sde),
            "spectra": _draw_spectra(published, sde),
        },
        tables={"band_peaks": peaks},
        captions={
            "rasters": f"The published scheme (left) and the stochastic differential equation at "
            f"{sde.dt_ms:g} ms (right), the same cells and weights, other noise.",
            "spectra": "Spectral density of the rate of all cells; bands are one standard error "
            "over seeds.",
            "band_peaks": "For each band: the peak of each run, mean and standard error over the "
            "runs that have one; power in the band over that of Poisson cells; and the peak of the "
            "mean spectrum, if that has one there.",
        },
    )
    numbers = {}
    for (scheme, band), row in found.items():
        numbers |= {
            f"{scheme}_{band}_peak_Hz": row.peak_Hz,
            f"{scheme}_{band}_peak_sem_Hz": row.peak_sem_Hz,
            f"{scheme}_{band}_peak_of_mean_Hz": row.peak_of_mean_Hz,
            f"{scheme}_{band}_excess": row.excess,
        }
    return section, numbers


def _peaks(runs: Runs) -> pd.DataFrame:
    """Return the peaks of the runs, and those of their mean spectrum."""
    table = band_peaks(runs.spectra, BANDS)
    table.insert(0, "scheme", runs.scheme)
    columns = ["scheme", "band", "low_Hz", "high_Hz", "peak_Hz", "peak_sem_Hz", "runs_with_peak",
               "runs", "excess", "excess_sem", "resolution_Hz"]  # fmt: skip
    of_mean = band_peaks(mean_spectrum(runs.spectra), BANDS)["peak_Hz"]
    return table[columns].assign(peak_of_mean_Hz=of_mean)


def _line(published, sde) -> str:
    return (
        f"- **{published.band.capitalize()}** ({published.low_Hz:g} to {published.high_Hz:g} Hz). "
        f"Published scheme: {_say_peak(published)}. Stochastic differential equation: "
        f"{_say_peak(sde)}."
    )


def _say_peak(row) -> str:
    mean = "no peak in the mean spectrum"
    if not np.isnan(row.peak_of_mean_Hz):
        mean = f"peak of the mean spectrum at {row.peak_of_mean_Hz:g} Hz"
    single = "a peak in fewer than two runs"
    if row.runs_with_peak > 1:
        single = (
            f"those of {row.runs_with_peak} single runs at {row.peak_Hz:.1f} ± "
            f"{row.peak_sem_Hz:.1f} Hz"
        )
    return (
        f"{mean}, {single}, power {row.excess:.0f} ± {row.excess_sem:.0f} times that of "
        "independent cells"
    )


@use_style()
def _draw_rasters(published: Runs, sde: Runs):
    axes = new_axes(2, 2, sharex=True, sharey="row", size=(6.5, 4.0), height_ratios=(2, 1))
    for k, runs in enumerate((published, sde)):
        _, lower = plot_raster_rate(runs.spikes, _smooth(runs.spikes), axes[:, k])
        lower.get_legend().remove()
    for ax in axes[:, 1]:
        ax.set_ylabel("")
    label_panels(axes[0])
    legend_below(axes[1])
    return axes[0, 0].figure


@use_style()
def _draw_spectra(published: Runs, sde: Runs):
    ax = new_axes(size=(6.5, 3.2))
    for runs, name in ((published, "published"), (sde, f"SDE, {sde.dt_ms:g} ms")):
        plot_spectrum(
            mean_spectrum(runs.spectra), ax, label=name, colour=SCHEME_COLOURS[runs.scheme]
        )
    return ax.figure
