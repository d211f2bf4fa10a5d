"""The words of the study, with its numbers put in."""

import numpy as np
import pandas as pd

from .common import BURST_BIN_MS, RUNAWAY, TRANSIENT_MS, N
from .program import AFTER, BEFORE, CUT


def summary(n: dict[str, float]) -> str:
    explosions = ", and at fine steps some runs of them explode" if n["sde_runaways"] else ""
    return f"""
800 excitatory and 200 inhibitory cells, no two alike, all connected to all: the most copied network
of spiking cells. Its program fires {n["published_spikes"]:.0f} ± {n["published_spikes_sem"]:.0f}
spikes a second. The equations that it discretises fire
{n["sde_converged_excess_percent"]:.0f} % more{explosions}. So the
step of 1 ms with its two half-steps is part of the model, and a network that is to be compared with
the published one has to keep it.
"""


def say(values: pd.Series) -> str:
    """Write mean and standard error."""
    digits = 0 if values.mean() > 100 else 2
    return f"{values.mean():.{digits}f} ± {values.sem():.{digits}f}"


def explain_bursts(bursts: pd.DataFrame, total: int, everything: pd.DataFrame) -> str:
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


def peaks_line(published, sde) -> str:
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


def published_section_text(spikes, mean, deviation, away) -> str:
    """Return the text of the section “The network as published”."""
    return f"""
Each cell has its own parameters: excitatory cells lie between regular spiking and chattering,
inhibitory ones between fast spiking and low-threshold spiking. In every step of 1 ms, each gets
noise and the weights of all cells that have just fired; *v* moves in two half-steps of 0.5 ms, then
*u* once.

Over {len(spikes)} seeds the network fires **{say(spikes)}** spikes a second (mean and standard
error over seeds; standard deviation {spikes.std():.0f}). A port of the published program to numpy
gave {mean} ± {deviation} (mean and standard deviation of 20 seeds): the two means differ by
{abs(away):.1f} of the standard errors that this spread gives for {len(spikes)} runs. Per cell that
is {spikes.mean() / N:.1f} Hz; the paper says "around 8 Hz". The dark stripes in the raster are
episodes in which many cells fire together.
"""


PUBLISHED_SECTION_CAPTIONS = {
    "raster": "Every spike of one second (excitatory cells below 800), and the "
    "populations' rates in bins of 1 ms, smoothed with a Gaussian of 2 ms.",
    "published_runs": "Each run: its spikes; rate per cell after the first "
    f"{TRANSIENT_MS} ms; spikes per cell in the fullest {BURST_BIN_MS} ms, and where "
    "they begin.",
}


def half_steps_text(row, both, one_step) -> str:
    """Return the text of the section “What the half-steps do”."""
    return f"""
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
differential equation at a step of 1 ms is the same, and gives {say(one_step.table.spikes)} here.
A port with about a quarter too many spikes has most likely lost the half-steps and the order
of updates.
"""


HALF_STEPS_CAPTIONS = {
    "variants": "The published program (first row) and changes of it: parts into which "
    "the step of *v* is divided, the *v* that *u* follows, spikes in one second (mean "
    "and standard error), mean potential at which spikes are found, and the change.",
}


def steps_section_text(rates, fine, coarse, excess, usual, bursts, everything) -> str:
    """Return the text of the section “The stochastic differential equation at smaller steps”."""
    return f"""
Read as equations, the network is a set of stochastic differential equations: *v* and *u* change in
continuous time, the noise is white with the same variance per millisecond, and a spike drives its
targets for 1 ms. Integrated by Euler and Maruyama they can be refined.

After the first {TRANSIENT_MS} ms a cell fires {rates}. From the longest to the shortest step the
rate changes by {100 * (fine.steady_rate_Hz.mean() / coarse.steady_rate_Hz.mean() - 1):+.1f} %, and
ends **{excess:.0f} %** above the published scheme ({say(usual)} Hz). Refining the step does not
lead back to the published activity: that belongs to its discretisation.

{explain_bursts(bursts, len(everything), everything)}
"""


STEPS_SECTION_CAPTIONS = {
    "steps": "**A** Spikes of every run in one second. **B** Rate per cell after the "
    f"first {TRANSIENT_MS} ms, mean and standard error over the runs without a runaway "
    "burst. The line is the published scheme.",
    "steps_table": "Spikes in one second: median, mean and standard error of all runs; "
    f"steady rate after {TRANSIENT_MS} ms of the runs without a runaway burst (more than "
    f"{RUNAWAY} spikes per cell in {BURST_BIN_MS} ms).",
    "sde_runs": "Every run of the stochastic differential equation.",
}


def rhythms_text(lines) -> str:
    """Return the text of the section “Rhythms”."""
    return f"""
The paper reads rhythms of about 10 Hz and 40 Hz, alpha and gamma, off the raster. The spectrum of
the rate (Welch's, mean over seeds) says how strong they are. The dotted lines are what as many
independent Poisson cells of the same rate would give: power above them is shared.

{lines}

Every noisy spectrum has peaks somewhere. A rhythm is a peak that stays in the mean over seeds, at a
frequency at which the seeds agree; the last columns of the table tell.
"""


def rhythms_captions(sde) -> dict[str, str]:
    """Return the captions of the section “Rhythms”."""
    return {
        "rasters": f"The published scheme (left) and the stochastic differential equation at "
        f"{sde.dt_ms:g} ms (right), the same cells and weights, other noise.",
        "spectra": "Spectral density of the rate of all cells; bands are one standard error "
        "over seeds.",
        "band_peaks": "For each band: the peak of each run, mean and standard error over the "
        "runs that have one; power in the band over that of Poisson cells; and the peak of the "
        "mean spectrum, if that has one there.",
    }
