"""The figures of the study of F-I curves, drawn from its tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...analysis import FI_FUNCTIONS, fit_fi, residuals
from ...analysis.plots import (
    CYCLE,
    label_panels,
    legend_below,
    new_axes,
    plot_fi,
    plot_fits,
    plot_onset,
    plot_phase_line,
    plot_residuals,
    use_style,
)
from ...dynamics import velocity
from ...models import LIF, QIF
from .common import CELLS, Cell, points_of


def portraits_figure(points: pd.DataFrame):
    axes = new_axes(2, 3, sharex="row", sharey="row", size=(6.5, 4.8))
    for row, cell in zip(axes, CELLS, strict=True):
        v = np.linspace(*cell.potentials, 201)
        scale = float(cell.model.unit_of("v"))
        tau = cell.model.values["tau"]
        threshold = cell.model.parameters["V_th"].value
        for ax, I in zip(row, cell.portraits, strict=True):
            speed = tau * velocity(cell.model, v * scale, I * cell.model.input_unit) / scale
            plot_phase_line(
                v,
                speed,
                points_of(points, cell.name, I),
                ax,
                threshold=threshold if threshold < v[-1] else None,
                v_label="$V$",
                v_unit=cell.unit,
                dv_label=r"$\tau\,\mathrm{d}V/\mathrm{d}t$",
                dv_unit=cell.unit,
                legend=False,
            )
            name = f"$I$ = {I:g} nA" if cell.unit else f"$V_0$ = {I:g}"
            set_title(ax, f"{cell.name}, {name}".replace("-", "−"))
            if ax is not row[0]:
                ax.set_ylabel("")
    label_panels(axes.flat)
    legend_below(axes.flat)
    return axes[0, 0].figure


def closed_forms_figure(curves: dict[str, pd.DataFrame], left: dict[str, pd.DataFrame]):
    axes = new_axes(2, 2, sharex="col", size=(6.5, 4.4), height_ratios=(2, 1))
    for column, cell in zip(axes.T, CELLS, strict=True):
        label = "simulated" if cell is CELLS[0] else None
        plot_fi(curves[cell.name], column[0], closed_form=cell.closed_form, label=label)
        column[0].get_legend().remove()
        relative = left[cell.name]["relative"]
        power = int(np.floor(np.log10(relative.abs().max())))
        scaled = left[cell.name].assign(relative=relative / 10.0**power)
        plot_residuals(scaled, column[1], y="relative")
        column[1].set_ylabel(f"relative residual\n($10^{{{power}}}$)")
        column[0].set_xlabel("")
        set_title(column[0], cell.name)
    axes[0, 0].figure.align_ylabels()
    name_qif_input(axes[1, 1])
    label_panels(axes.flat)
    legend_below(axes[0])
    return axes[0, 0].figure


def set_title(ax, text: str) -> None:
    with use_style():
        ax.set_title(text)


def name_qif_input(ax) -> None:
    """Call the input of the QIF by the name that it has in its equation."""
    ax.set_xlabel("input $V_0$")


def fits_figure(cell: Cell, curve: pd.DataFrame):
    fits = [fit_fi(curve["I"], curve["rate_Hz"], kind) for kind in FI_FUNCTIONS]
    axes = new_axes(2, sharex=True, size=(6.5, 4.6), height_ratios=(1.6, 1))
    plot_fits(curve, fits, axes[0])
    ranked = sorted(fits, key=lambda fit: fit.aicc)
    for fit, colour in zip(ranked, CYCLE, strict=False):
        rows = residuals(curve, fit.predict)
        dash = "--" if fit.kind == "softplus" else "-"  # it often lies on the ReLU
        plot_residuals(rows, axes[1], color=colour, linestyle=dash)
        axes[0].lines[1 + ranked.index(fit)].set_linestyle(dash)
    axes[0].set_xlabel("")
    if cell.model is QIF:
        name_qif_input(axes[1])
    axes[0].figure.align_ylabels(axes)
    label_panels(axes)
    return axes[0].figure


def ranges_figure(table: pd.DataFrame):
    axes = new_axes(1, 2, sharey=True, size=(6.5, 3.2))
    table = table.assign(unexplained=1 - table["R2"])
    for ax, cell in zip(axes, CELLS, strict=True):
        rows = table[table["model"] == cell.name]
        for kind, colour in zip(FI_FUNCTIONS, CYCLE, strict=False):
            line = {"linestyle": "--", "marker": ""} if kind == "softplus" else {}
            part = rows[rows["kind"] == kind]
            plot_onset(part, ax, x="end", y="unexplained", label=kind, color=colour, **line)
        ax.get_legend().remove()
        ax.set(xscale="log", yscale="log")
        ax.set_xlabel("largest $I$ (nA)" if cell.model is LIF else "largest $V_0$")
        shown = cell.ends[::2]
        ax.set_xticks(shown, [f"{end:g}" for end in shown])
        ax.set_xticks([], minor=True)
        set_title(ax, cell.name)
    axes[0].set_ylabel("unexplained variance, $1 - R^2$")
    axes[1].set_ylabel("")
    label_panels(axes)
    legend_below(axes)
    return axes[0].figure


def scaling_figure(tables: dict[str, pd.DataFrame]):
    axes = new_axes(2, 2, sharex="row", size=(6.5, 4.6))
    for row, (name, table) in zip(axes, tables.items(), strict=True):
        firing = table[table["rate_Hz"] > 0]
        plot_fi(firing, row[0], by="tau", by_unit="ms")
        plot_fi(table, row[1], by="tau", by_unit="ms", rate="spikes_per_tau")
        # Smaller markers on top, so that the curves below still show.
        curves = [line for line in row[1].lines if line.get_gid() is None]
        for line, size in zip(curves, (9, 6.5, 4, 1.5), strict=False):
            line.set(markersize=size, linewidth=0.8)
        # On a logarithmic axis a factor is a shift.
        row[0].set(yscale="log", ylim=(0.5 * firing["rate_Hz"].min(), None))
        row[0].get_legend().remove()
        set_title(row[0], name)
        row[1].set_ylabel(r"$\tau f$ (spikes per $\tau$)")
    for ax in axes[1]:
        name_qif_input(ax)
    axes[1, 1].get_legend().remove()
    label_panels(axes.flat)
    return axes[0, 0].figure
