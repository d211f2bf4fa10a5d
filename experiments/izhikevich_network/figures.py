"""The figures of the study, drawn from its runs."""

import numpy as np
import pandas as pd

from ...analysis import mean_spectrum
from ...analysis.plots import (
    CYCLE,
    label_panels,
    legend_below,
    new_axes,
    plot_raster_rate,
    plot_spectrum,
    use_style,
)
from .measure import Runs, smoothed

SCHEME_COLOURS = {"published": CYCLE[0], "sde": CYCLE[1]}


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
    upper, _ = plot_raster_rate(spikes, smoothed(spikes))
    return upper.figure


@use_style()
def draw_steps(published: Runs, sde: dict[float, Runs]):
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


@use_style()
def draw_rasters(published: Runs, sde: Runs):
    axes = new_axes(2, 2, sharex=True, sharey="row", size=(6.5, 4.0), height_ratios=(2, 1))
    for k, runs in enumerate((published, sde)):
        _, lower = plot_raster_rate(runs.spikes, smoothed(runs.spikes), axes[:, k])
        lower.get_legend().remove()
    for ax in axes[:, 1]:
        ax.set_ylabel("")
    label_panels(axes[0])
    legend_below(axes[1])
    return axes[0, 0].figure


@use_style()
def draw_spectra(published: Runs, sde: Runs):
    ax = new_axes(size=(6.5, 3.2))
    for runs, name in ((published, "published"), (sde, f"SDE, {sde.dt_ms:g} ms")):
        plot_spectrum(
            mean_spectrum(runs.spectra), ax, label=name, colour=SCHEME_COLOURS[runs.scheme]
        )
    return ax.figure
