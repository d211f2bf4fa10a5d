"""The figures of the study, drawn from its responses and tables."""

from __future__ import annotations

import pandas as pd
from brian2 import ms

from ...analysis.plots import label_panels, legend_beside, new_axes, plot_fi, plot_patterns
from ...protocols.firing.izhikevich_patterns import ADJUSTED_2004, PATTERNS_2004
from .common import V_RANGE, Compared, with_peaks


def step_size_figure(compared: Compared, lost: list[str], runaway: float):
    panels = []
    for letter in lost:
        pattern, changed = PATTERNS_2004[letter], ADJUSTED_2004[letter]
        converged = with_peaks(pattern.model, compared.fine[letter])
        if letter == "T":
            converged = _cut_off(converged, runaway)
        panels += [
            (f"({letter}) Euler, {float(pattern.euler_dt / ms):g} ms",
             compared.published[letter].traces),
            (f"({letter}) {'runs away' if letter == 'T' else 'converged'}", converged),
            (f"({letter}) {changed.change}".replace("-", "−"),
             with_peaks(changed.model, compared.adjusted[letter])),
        ]  # fmt: skip
    return plot_patterns(panels, ncols=3, v_range=V_RANGE)


def _cut_off(traces: pd.DataFrame, end_ms: float) -> pd.DataFrame:
    """Leave out potential and recovery variable from a time on, and keep the stimulus."""
    late = traces["t_ms"] >= end_ms
    return traces.assign(
        v_mV=traces["v_mV"].mask(late), u_mV_per_ms=traces["u_mV_per_ms"].mask(late)
    )


def fi_figure(table: pd.DataFrame):
    axes = new_axes(1, 2, size=(6.5, 3.0), sharex=True)
    for name, rows in table.groupby("cell", sort=False):
        plot_fi(rows.assign(I_unit=table["I_unit"].iloc[0]), axes[0], label=name, marker="none")
        plot_fi(rows, axes[1], rate="first_rate_Hz", label=name, marker="none")
    for ax in axes:  # the limits that the first curve fixed
        ax.autoscale(axis="y")
        ax.set_ylim(bottom=0)
    axes[0].get_legend().remove()
    axes[0].set_ylabel("steady firing rate (Hz)")
    axes[1].set_ylabel("rate of first interval (Hz)")
    legend_beside(axes[1])
    label_panels(axes)
    return axes[0].figure
