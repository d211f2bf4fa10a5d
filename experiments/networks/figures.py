"""The figures of the study of networks, drawn from its tables."""

import pandas as pd

from ...analysis import noisy_lif_rate, population_rate
from ...analysis.plots import (
    CYCLE,
    label_panels,
    legend_below,
    new_axes,
    plot_convergence,
    plot_noisy_fi,
    plot_raster_rate,
    plot_spectrum,
    use_style,
)
from .common import CELL, DRAWN, N_EXC, N_INH, SAMPLE, START_MS, shown

VIEW = (300, 500)  # ms


@use_style()
def draw_a_current(table: pd.DataFrame):
    axes = new_axes(1, 3, size=(6.5, 2.7))
    shown = {
        "rate_Hz": ("rate_Hz_sem", "firing rate (Hz)"),
        "peak_Hz": ("peak_sem_Hz", "rhythm (Hz)"),
        "synchrony": ("synchrony_sem", "synchrony index"),
    }
    for ax, (name, (error, label)) in zip(axes, shown.items(), strict=True):
        for (way, rows), colour in zip(table.groupby("way", sort=False), CYCLE, strict=False):
            ax.errorbar(rows["g_A_multiple"], rows[name], rows[error], fmt="o-", color=colour,
                        capsize=2, label=way)  # fmt: skip
        ax.set(xlabel="$g_A$ (full cell: 1)", ylabel=label)
        ax.set_ylim(bottom=0)
    label_panels(axes)
    legend_below(axes)
    return axes[0].figure


@use_style()
def draw_brunel(spikes: dict[str, tuple[pd.DataFrame, float]]):
    axes = new_axes(2, len(spikes), sharex="col", size=(6.5, 3.6), height_ratios=(2, 1))
    for k, (title, (rows, end)) in enumerate(spikes.items()):
        rate = population_rate(rows[rows["neuron"] < SAMPLE], SAMPLE, start=START_MS,
                               end=end)  # fmt: skip
        few = rows[rows["neuron"] < DRAWN].drop(columns="population")
        upper, lower = plot_raster_rate(few, rate, axes[:, k])
        upper.set_title(title.replace(", ", ",\n"), fontsize=7.5)
        lower.set(xlabel="time (ms)", xlim=(START_MS, end))
        upper.set_ylim(-1, DRAWN)
        if k:
            upper.set_ylabel("")
            lower.set_ylabel("")
    return axes[0, 0].figure


@use_style()
def draw_rasters(first: dict[str, pd.DataFrame]):
    axes = new_axes(2, len(first), sharex=True, sharey="row", size=(6.5, 3.8),
                    height_ratios=(2, 1))  # fmt: skip
    cells = {"exc": range(N_EXC), "inh": range(N_EXC, N_EXC + N_INH)}
    for k, (name, spikes) in enumerate(first.items()):
        rate = population_rate(shown(spikes, *VIEW), cells, start=VIEW[0], end=VIEW[1],
                               kernel="gaussian", width=1)  # fmt: skip
        upper, lower = plot_raster_rate(shown(spikes, *VIEW), rate, axes[:, k])
        lower.get_legend().remove()
        upper.set_title(name, fontsize=8)
        lower.set(xlabel="", xlim=VIEW, xticks=[VIEW[0], sum(VIEW) / 2])
        if k:
            upper.set_ylabel("")
            lower.set_ylabel("")
    axes[1, len(first) // 2].set_xlabel("time (ms)")
    legend_below(axes[1])
    return axes[0, 0].figure


@use_style()
def draw_spectra(spectra: dict[str, pd.DataFrame]):
    ax = new_axes(size=(6.5, 3.4))
    for (name, spectrum), colour in zip(spectra.items(), CYCLE, strict=False):
        plot_spectrum(spectrum, ax, label=name, colour=colour, up_to=150)
    return ax.figure


@use_style()
def draw_closed_form(table: pd.DataFrame):
    return plot_noisy_fi(
        table, closed_form=lambda I, noise: noisy_lif_rate(I, noise, **CELL)
    ).figure


@use_style()
def draw_orders(table: pd.DataFrame):
    shown = table.rename(columns={"error": "kind"})
    return plot_convergence(shown, by="kind", error="error_mV", error_label="error (mV)").figure


@use_style()
def draw_onsets(found: dict[str, pd.DataFrame]):
    axes = new_axes(1, 3, size=(6.5, 2.8))
    for ax, (title, rows) in zip(axes, found.items(), strict=True):
        plot_noisy_fi(rows, ax, by="deviation", legend=False)
        ax.set_title(title.partition(" (")[0], fontsize=7.5)
    for ax in axes[1:]:
        ax.set_ylabel("")
    legend_below(axes, title="deviation of the resting membrane (mV)")
    return axes[0].figure
