"""The figures of the atlas: a page with four panels for each cell, and all F-I curves at once."""

import textwrap

import numpy as np

from ...analysis.plots import (
    CYCLE,
    axis_label,
    label_panels,
    new_axes,
    plot_bifurcations,
    plot_fi,
    plot_phase_response,
    unit_text,
)
from ...analysis.plots.bifurcations import pieces
from ...analysis.plots.labels import label_log_axis, unit_label
from ...analysis.plots.style import legend_below
from .measure import Page

TYPE_COLOURS = {"I": CYCLE[0], "II": CYCLE[1], "II*": CYCLE[2], "undecided": "0.45"}


def page_figure(page: Page):
    """Draw diagram, F-I curve, period and phase response of one cell."""
    axes = new_axes(2, 2, size=(7.2, 5.4), height_ratios=(5, 4), layout="constrained")
    (extent, firing), (period, response) = axes
    plot_bifurcations(page, extent, legend=False)
    _cycles(page, firing, "rate_Hz")
    plot_fi(page.fi, firing, linestyle="none", color="black", ms=4, clip_on=False)
    if firing.get_legend():  # the caption says what crosses are
        firing.get_legend().remove()
    firing.set_xlim(extent.get_xlim())
    firing.set_ylim(0, 1.1 * max(page.fi["mean_rate_Hz"].max(), 1))
    _cycles(page, period, "period_ms")
    period.set(yscale="log", xlabel=extent.get_xlabel(), ylabel=axis_label("period_ms"),
               xlim=extent.get_xlim())  # fmt: skip
    label_log_axis(period.yaxis)
    _phase_responses(page, response)
    for ax in (extent, firing):
        ax.set_xlabel("")
    label_panels(axes.ravel())
    legend_below([extent])
    return extent.figure


def _cycles(page: Page, ax, column: str) -> None:
    cycles = page.branches[page.branches["kind"] == "cycles"]
    for _, branch in cycles.groupby("branch"):
        for piece, stable in pieces(branch):
            style = {"lw": 1.6} if stable else {"lw": 0.9, "ls": (0, (4, 2))}
            ax.plot(piece[page.parameter_column], piece[column], color=CYCLE[2], zorder=1, **style)


def _phase_responses(page: Page, ax) -> None:
    colours = ("black", "0.6")
    unit = unit_text(page.fi["I_unit"].iloc[0])
    for (current, table), colour in zip(page.responses.items(), colours, strict=False):
        label = f"${page.model.input}$ = {current:.4g} {unit}".replace("-", "−")
        plot_phase_response(table, ax, color=colour, label=label)
    if page.responses:
        ax.legend(frameon=False, fontsize=8)
    else:
        ax.set(xlabel="phase", ylabel="phase advance", xticks=[], yticks=[])
        ax.text(0.5, 0.5, "no rhythm that repeats itself", ha="center", transform=ax.transAxes)


def all_curves(pages: list[Page]):
    """Draw all F-I curves in small, each coloured by its verdict."""
    columns = min(len(pages), 6)
    rows = -(-len(pages) // columns)
    axes = np.ravel(new_axes(rows, columns, size=(7.2, 1.4 * rows + 0.6), layout="constrained"))
    for page, ax in zip(pages, axes, strict=False):
        colour = TYPE_COLOURS[page.verdict["verdict"]]
        rate = page.fi["rate_Hz"].where(page.fi["resolved"], page.fi["mean_rate_Hz"])
        ax.plot(page.fi["I"], rate, color=colour, lw=1.4)
        ax.set_title(textwrap.fill(page.name.replace("_", " "), 20), fontsize=6, pad=3)
        ax.set_xlabel(unit_label("$I$", page.fi["I_unit"].iloc[0]), fontsize=5, labelpad=1)
        ax.tick_params(labelsize=5)
        ax.set_ylim(bottom=0)
    for ax in axes[len(pages) :]:
        ax.set_axis_off()
    for name, colour in TYPE_COLOURS.items():
        axes[0].plot([], [], color=colour, label=name if name == "undecided" else f"type {name}")
    axes[0].figure.supylabel("mean rate (Hz)", fontsize=8)
    legend_below([axes[0]])
    return axes[0].figure
