"""The figures of the Connor-Stevens study, drawn from its tables."""

import numpy as np
import pandas as pd
from brian2 import ms, mV

from ...analysis.plots import (
    CURRENT_COLOURS,
    CYCLE,
    GATE_COLOURS,
    label_panels,
    legend_below,
    legend_beside,
    new_axes,
    plot_currents,
    plot_curve,
    plot_fi,
    plot_fi_surface,
    plot_gates,
    plot_gating,
    plot_onset,
    plot_trace,
    unit_label,
    use_style,
)
from ...dynamics import saddle_node, steady_current
from ...models import CONNOR_STEVENS
from ...protocols.clamp.gating_curves import gating_curves
from .common import (
    CELLS,
    CURRENT_COLUMNS,
    DT,
    G_A,
    GATES,
    MULTIPLES,
    NO_A_MOVED,
    UNIT_TEXT,
    bottleneck_ms,
    with_A,
)


@use_style()
def draw_constants(rounded: pd.DataFrame, original: pd.DataFrame, table: pd.DataFrame):
    left, right = new_axes(1, 2, size=(6.5, 2.9))
    plot_fi(rounded, left, label="Dayan and Abbott 2001", color=CYCLE[0], marker="none")
    plot_fi(original, left, label="1977", color=CYCLE[1], marker="none", linestyle="--")
    left.get_legend().remove()
    right.plot(table["I"], table["difference_percent"], ".-", color="black")
    right.set(xlabel=left.get_xlabel(), ylabel="difference (%)")
    right.set_ylim(bottom=min(0.0, right.get_ylim()[0]))
    label_panels((left, right))
    legend_below([left])
    return left.figure


@use_style()
def draw_faults(curves: dict[str, pd.DataFrame]):
    ax = new_axes(size=(6.5, 3.2))
    for (fault, curve), colour in zip(curves.items(), ("black", *CYCLE), strict=False):
        plot_fi(curve, ax, label=fault, color=colour, marker="none")
    top = max(curve["rate_Hz"].max() for curve in curves.values())
    ax.set_ylim(-0.02 * top, 1.02 * top)
    return ax.figure


@use_style()
def draw_cell(traces: pd.DataFrame, peak_ms: float):
    axes = new_axes(3, 2, size=(6.5, 5.2), sharex="col", width_ratios=(2, 1))
    windows = ((0.0, 200.0), (peak_ms - 2.5, peak_ms + 5.5))
    for (top, middle, bottom), window in zip(axes.T, windows, strict=True):
        rows = traces[traces["t_ms"].between(*window)]
        plot_trace(rows, top, color="black")
        plot_gates(rows, GATES, middle)
        plot_currents(rows, CURRENT_COLUMNS, bottom)
        top.set(xlim=window, xlabel="")
        middle.set_xlabel("")
    for ax, label in zip(axes[:, 0], ("$V$ (mV)", "gate (fraction)", "$I$ (µA/cm²)"), strict=True):
        ax.set_ylabel(label)
    for ax in axes[:, 1]:
        ax.set_ylabel("")
    for ax in axes[1:, 0]:
        ax.get_legend().remove()  # the right panels have them
    axes[2, 0].set_ylim(-40, 40)
    label_panels(axes.ravel())
    axes[0, 0].figure.align_ylabels(axes[:, 0])
    return axes[0, 0].figure


@use_style()
def draw_delay(approach: pd.DataFrame, late: pd.DataFrame, early: pd.DataFrame):
    axes = new_axes(2, 2, size=(6.5, 4.8))
    columns = ("v_mV", "I_A_uA_per_cm2", "b")
    labels = ("membrane potential (mV)", unit_label("I_A", "uA/cm**2"), "inactivation gate $b$")
    steady = gating_curves(CONNOR_STEVENS).query("gate == 'b'")
    cells = zip(MULTIPLES, CYCLE, approach.groupby("neuron"), strict=False)
    for multiple, colour, (_, rows) in cells:
        for ax, column, label in zip(axes.flat, columns, labels, strict=False):
            ax.plot(rows["t_ms"], rows[column], color=colour, label=f"{multiple:g} × rheobase")
            ax.set(xlabel="time (ms)", ylabel=label)
        before = rows[rows["v_mV"] < -45].iloc[: -int(4 / (DT / ms))]
        settled = np.interp(before["v_mV"], steady["v_mV"], steady["steady_state"])
        axes[1, 0].plot(before["t_ms"], settled, color="black", linestyle=":", linewidth=1)
    axes[0, 1].set_ylim(0, 60)
    last = axes[1, 1]
    last.loglog(late["excess"], late["latency_ms"], "o", color="black", markersize=3)
    last.loglog(early["excess"], early["latency_ms"], "s", color=CYCLE[4], markersize=3)
    near = late.loc[late["excess"].idxmin()]
    line = np.array([near.excess, 1.0])
    last.plot(line, near.latency_ms * np.sqrt(near.excess / line), color="black", linewidth=0.8)
    last.annotate("with A-current", (0.03, 60), fontsize=8, ha="center", va="top")
    last.annotate("without", (0.03, 3.2), fontsize=8, color=CYCLE[4], ha="center", va="top")
    last.set(xlabel="$I$ − threshold (µA/cm²)", ylabel="latency (ms)", ylim=(0.4, 2000))
    last.xaxis.set_major_formatter("{x:g}")
    last.yaxis.set_major_formatter("{x:g}")
    label_panels(axes.flat)
    legend_below(axes[:1, 0])
    return last.figure


@use_style()
def draw_surface(surface: pd.DataFrame, onset: pd.DataFrame):
    ax = plot_fi_surface(surface, parameter="g_A", parameter_unit=UNIT_TEXT, rheobase=onset)
    ax.axhline(G_A, color="white", linestyle="--", linewidth=0.9)
    return ax.figure


@use_style()
def draw_family(surface: pd.DataFrame, onset: pd.DataFrame):
    above = onset["I"] + onset.attrs["margin"] * onset["I"].abs()
    starts = [onset.assign(I=onset["I_silent"], rate_Hz=0.0),
              onset.assign(I=above, rate_Hz=onset["onset_rate_Hz"])]  # fmt: skip
    rows = pd.concat([surface, *starts])[["g_A", "I", "I_unit", "rate_Hz"]]
    rows["multiple"] = (rows["g_A"] / G_A).round(6)
    rows = rows[np.isclose(rows["multiple"] % 0.5, 0)]
    ax = plot_fi(rows, by="multiple", marker="none")
    legend_beside(ax, title="$g_\\mathrm{A}$ (multiple)")
    return ax.figure


@use_style()
def draw_onset(onset: pd.DataFrame, folds: pd.DataFrame):
    axes = new_axes(1, 3, size=(6.5, 2.6))
    labels = {"x": "g_A", "x_unit": UNIT_TEXT}
    plot_onset(onset, axes[0], y="I", linestyle="none", label="step from rest", **labels)
    axes[0].plot(folds["multiple"] * G_A, folds["I"], color=CYCLE[1], label="saddle-node")
    axes[0].legend(loc="upper left")
    axes[0].set_ylabel(unit_label("threshold", "uA/cm**2"))
    plot_onset(onset, axes[1], y="onset_rate_Hz", **labels)
    plot_onset(onset, axes[2], y="latency_ms", **labels)
    axes[1].set_ylim(bottom=0)
    axes[2].set(ylim=(0, None), xlim=axes[0].get_xlim())
    label_panels(axes)
    return axes[0].figure


@use_style()
def draw_hysteresis(loop: pd.DataFrame, limits: pd.DataFrame):
    left, right = new_axes(1, 2, size=(6.5, 2.9), width_ratios=(1.2, 1))
    names = {"up": "from rest", "down": "from firing"}
    for (path, name), colour in zip(names.items(), CYCLE, strict=False):
        rows = loop[loop["path"] == path]
        marker = {"up": "^", "down": "v"}[path]
        plot_fi(rows, left, label=name, color=colour, marker=marker)
    left.get_legend().remove()
    left.legend(loc="lower right")
    plot_onset(limits, right, x="g_A", y="width_uA_per_cm2", x_unit=UNIT_TEXT)
    right.set_ylabel(unit_label("width of the loop", "uA/cm**2"))
    right.set_ylim(bottom=min(0.0, right.get_ylim()[0]))
    label_panels((left, right))
    return left.figure


@use_style()
def draw_gating(curves: pd.DataFrame, window: pd.Series):
    axes = new_axes(1, 3, size=(6.5, 2.7))
    plot_gating(curves, (axes[0], axes[1]))
    axes[2].axhline(0.0, color="black", linewidth=0.5)
    axes[2].plot(window, color=CURRENT_COLOURS["I_A"])
    axes[2].set(
        xlabel="membrane potential (mV)",
        ylabel=unit_label("window current", "uA/cm**2"),
        xlim=(-100, 0),
        ylim=(-30, 30),
    )
    label_panels(axes)
    return axes[0].figure


@use_style()
def draw_clamp_curves(measured: dict[str, pd.DataFrame]):
    left, right = new_axes(1, 2, size=(6.5, 2.9))
    steady = gating_curves(CONNOR_STEVENS, np.arange(-120, 31) * mV)
    steady = steady.pivot_table(index="v_mV", columns="gate", values="steady_state").reset_index()
    opened = measured["activation"].assign(
        fraction=measured["activation"]["conductance_mS_per_cm2"] / G_A
    )
    rising = steady.assign(command_mV=steady["v_mV"], fraction=steady["a"] ** 3)
    closed = measured["inactivation"].rename(columns={"inactivation": "fraction"})
    falling = steady.assign(prepulse_mV=steady["v_mV"], fraction=steady["b"] / steady["b"][0])
    plot_curve(closed, "prepulse_mV", "fraction", left, color=GATE_COLOURS["b"],
               label="inactivation", theory=falling)  # fmt: skip
    plot_curve(opened, "command_mV", "fraction", left, color=GATE_COLOURS["a"],
               label="activation", theory=rising)  # fmt: skip
    left.set(xlabel="potential (mV)", ylabel="fraction")
    left.legend(loc="upper center", bbox_to_anchor=(0.6, 1.0))
    recovered, fit = measured["recovery"], measured["recovery"].attrs["fit"]
    times = np.linspace(0, recovered["interval_ms"].max(), 201)
    decay = fit["amplitude"] * np.exp(-times / fit["tau_ms"])
    fitted = pd.DataFrame({"interval_ms": times, "recovery": 1 - decay})
    plot_curve(recovered, "interval_ms", "recovery", right, theory=fitted,
               color=GATE_COLOURS["b"])  # fmt: skip
    right.set(xlabel="time at −100 mV (ms)", ylabel="recovered fraction", ylim=(0, 1.02))
    label_panels((left, right))
    return left.figure


@use_style()
def draw_types(curves: dict[str, pd.DataFrame]):
    left, right = new_axes(1, 2, size=(6.5, 3.3))
    for name, colour in CELLS.items():
        plot_fi(curves[name], left, label=name, color=colour, marker="none")
    top = max(curve["rate_Hz"].max() for curve in curves.values())
    left.set_ylim(-0.02 * top, 1.02 * top)
    left.get_legend().remove()
    v = np.linspace(-72, -44, 1121)
    inset = right.inset_axes((0.5, 0.1, 0.46, 0.18), xlim=(-62, -46), ylim=(7.7, 8.2))
    twice = with_A(2.0)
    for model, colour in ((CONNOR_STEVENS, "black"), (NO_A_MOVED, CYCLE[0]), (twice, CYCLE[2])):
        current, potential = saddle_node(model)
        for ax in (right, inset) if colour == "black" else (right,):
            ax.plot(v, steady_current(model, v), color=colour)
            ax.plot(potential, current, "o", color=colour, markersize=4)
    right.plot([], color=CYCLE[2], label="twice the A-current")
    inset.tick_params(labelsize=7)
    right.set(
        xlabel="membrane potential (mV)", ylabel=unit_label("steady current", "uA/cm**2"),
        ylim=(-12, 31), xlim=(-72, -44),
    )  # fmt: skip
    label_panels((left, right))
    legend_below((left, right))
    return left.figure


@use_style()
def draw_law(law: pd.DataFrame, fit: dict[str, float], rheobase: float):
    left, right = new_axes(1, 2, size=(6.5, 2.8))
    plot_fi(law, left, color="black", linestyle="none", marker="o")
    current = fit["I_0"] + np.linspace(0.01, 1, 201) ** 2 * (law["I"].max() - fit["I_0"])
    left.plot(
        current,
        1000 / bottleneck_ms(current, **fit),
        color=CYCLE[1],
        linewidth=1,
        zorder=1.9,
    )
    left.axvline(rheobase, color="0.5", linewidth=0.8, linestyle="--")
    root = 1 / np.sqrt(law["I"] - rheobase)
    right.plot(root, law["period_ms"], "o", color="black")
    right.plot(root, fit["A"] * root + fit["B"], color=CYCLE[1], linewidth=1, zorder=1.9)
    right.set(
        xlabel="$1/\\sqrt{I - I_0}$ ((µA/cm²)$^{-1/2}$)", ylabel="period (ms)",
        xlim=(0, None), ylim=(0, None),
    )  # fmt: skip
    label_panels((left, right))
    return left.figure
