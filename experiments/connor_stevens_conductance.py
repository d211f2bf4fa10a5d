"""From no A-current to three times as much: F-I surface, onset, latency, hysteresis."""

import numpy as np
import pandas as pd
from brian2 import ms, mV

from ..analysis.plots import (
    CYCLE,
    label_panels,
    legend_beside,
    new_axes,
    plot_fi,
    plot_fi_surface,
    plot_onset,
    unit_label,
    use_style,
)
from ..models import CONNOR_STEVENS
from ..protocols import Constant, Step, fi_curve, response
from ..protocols.clamp.gating_curves import gating_curves
from .connor_stevens_common import CONDUCTANCE, DENSITY, DT, G_A, saddle_node, with_A
from .connor_stevens_firing import LEAD, UNIT_TEXT, fire, lowest_firing, onsets
from .study import Section, Settings


def sections(settings: Settings) -> list[tuple[Section, dict[str, float]]]:
    """Return the sections on the amount of A-current and on hysteresis, each with its numbers.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    list of (Section, dict)
    """
    return [_sweep(settings), _hysteresis(settings)]


# ---------------------------------------------------------------------------------------------
# From no A-current to three times as much
# ---------------------------------------------------------------------------------------------
def _sweep(settings: Settings) -> tuple[Section, dict]:
    surface, onset = _swept(settings)
    slowest = onset.loc[onset["onset_rate_Hz"].idxmin()]
    jumps = onset[(onset["g_A"] > slowest.g_A) & (onset["onset_rate_Hz"] > 10)]["g_A"].min() / G_A
    folds = pd.DataFrame({"multiple": np.round(np.arange(0.9, 3.001, 0.01), 2)})
    folds["I"] = [saddle_node(with_A(x))[0] for x in folds["multiple"]]
    folds = folds.dropna()
    longest = onset.loc[onset["latency_ms"].idxmax()]
    text = f"""
One parameter, *g*<sub>A</sub>, from 0 to three times its value; all else, the leak too, stays.

- **Rheobase** rises with *g*<sub>A</sub>, for larger values in a straight line. Where the
  current–voltage curve has its N (from {folds["multiple"].iloc[0]:.2f} ×) the threshold measured
  with steps lies on the saddle-node that the equations predict without a simulation (line in A).
- **Onset rate**, half a percent above the rheobase: it falls from
  {onset["onset_rate_Hz"].iloc[0]:.0f} Hz at *g*<sub>A</sub> = 0 to
  {slowest.onset_rate_Hz:.1f} Hz at {slowest.g_A / G_A:.3g} × **and rises again**, above 10 Hz from
  {jumps:.3g} × on. More A-current does not make the cell "more type I".
- **Latency** at 1.1 × the rheobase is longest ({longest.latency_ms:.0f} ms) at
  {longest.g_A / G_A:.2g} × and shorter on both sides. (A threshold below zero has no 1.1 ×; those
  cells are missing.)
- **Slope**: well above the rheobase the curves run nearly parallel. The A-current subtracts from
  the input more than it divides the rate.
"""
    section = Section(
        "More and less A-current",
        text,
        figures={
            "fi_surface": _draw_surface(surface, onset),
            "fi_family": _draw_family(surface, onset),
            "onset": _draw_onset(onset, folds),
        },
        tables={"sweep": onset, "surface": surface},
        captions={
            "fi_surface": "Firing rate over current and A-type conductance. Dashed: the model's "
            "own value.",
            "fi_family": f"Cuts through this surface; the legend gives multiples of {G_A} mS/cm².",
            "onset": "**A** Threshold of sustained firing for a step from rest, and the "
            "saddle-node of the equations. **B** Rate 0.5 % above it. **C** Latency at 1.1 × the "
            "threshold.",
            "sweep": "Threshold, onset rate and latency.",
            "surface": "All rates of the surface.",
        },
    )
    return section, {}


def _swept(settings: Settings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the F-I surface, and the onset for every second of its conductances."""
    quick = settings.quick
    multiples = np.linspace(0, 3, 4 if quick else 25)
    surface = fi_curve(
        CONNOR_STEVENS, np.linspace(-12, 60, 13 if quick else 49) * DENSITY, dt=DT,
        duration=(500 if quick else 1000) * ms, discard=200 * ms,
        vary={"g_A": multiples * G_A * CONDUCTANCE}, backend=settings.backend,
    )  # fmt: skip
    chosen = surface[surface["g_A"].isin(surface["g_A"].unique()[:: 1 if quick else 2])]
    chosen = chosen.assign(E_L=CONNOR_STEVENS.parameters["E_L"].value)
    return surface, onsets(
        chosen, ["g_A", "E_L"], settings, margin=5e-3, tolerance=2e-2 if quick else 2e-3
    )


@use_style()
def _draw_surface(surface: pd.DataFrame, onset: pd.DataFrame):
    ax = plot_fi_surface(surface, parameter="g_A", parameter_unit=UNIT_TEXT, rheobase=onset)
    ax.axhline(G_A, color="white", linestyle="--", linewidth=0.9)
    return ax.figure


@use_style()
def _draw_family(surface: pd.DataFrame, onset: pd.DataFrame):
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
def _draw_onset(onset: pd.DataFrame, folds: pd.DataFrame):
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


# ---------------------------------------------------------------------------------------------
# Hysteresis
# ---------------------------------------------------------------------------------------------
def _hysteresis(settings: Settings) -> tuple[Section, dict]:
    limits = _limits(settings)
    twice = limits[np.isclose(limits["multiple"], 2.0)].iloc[0]
    loop = _loop(settings, twice.I_down, twice.I_up)
    returning = _return(settings, (twice.I_down + twice.I_up) / 2, twice.I_up + 1.5)
    fold = saddle_node(with_A(2.0))[0]
    text = f"""
At twice the conductance the jump at the onset comes with a memory. A step **from rest** must reach
**{twice.I_up:.3f}** µA/cm², where rest vanishes in its saddle-node ({fold:.3f}). But a cell that
fires already goes on down to **{twice.I_down:.3f}**: in between rest *and* firing are stable, and
the past decides. Drion, O'Leary and Marder (2015) describe this loop and call it type II*.

Why does *more* A-current bring it? A resting cell has all the A-current that *b*<sub>∞</sub>
allows. A firing cell comes back from a spike that has closed *b*, and *b* needs τ<sub>b</sub> to
recover: on the way up through −60 mV it is **{returning["b"]:.3f}**, where a resting cell has
{returning["b_inf"]:.3f} (2 × *g*<sub>A</sub>, {returning["I"]:.2f} µA/cm²). So the firing cell
meets less outward current than the resting one and gets past the place where that one is held. The
more A-current there is, the more this difference counts.

The two thresholds are measured by two paths in one group of cells: *up* starts at rest and gets the
current at once, *down* fires for {LEAD / ms:.0f} ms at a higher current before it gets it.
"""
    section = Section(
        "Too much A-current: hysteresis",
        text,
        figures={"hysteresis": _draw_hysteresis(loop, limits)},
        tables={"loop": loop, "limits": limits},
        captions={
            "hysteresis": "**A** Rate at 2 × *g*<sub>A</sub>, from rest and from firing. "
            "**B** How far below the threshold firing survives, against *g*<sub>A</sub>.",
            "loop": "The two paths at 2 × *g*<sub>A</sub>.",
            "limits": "Lowest current that keeps the cell firing, on both paths. A width within "
            "0.01 µA/cm² of zero is none: so near the saddle-node a cell is slower than the runs.",
        },
    )
    return section, {
        "up_2x_uA_per_cm2": twice.I_up,
        "down_2x_uA_per_cm2": twice.I_down,
        "returning_b": returning["b"],
        "steady_b": returning["b_inf"],
    }


def _limits(settings: Settings) -> pd.DataFrame:
    """Search the lowest current that keeps the cell firing, on both paths at once."""
    multiples = np.array([2.0] if settings.quick else [1.25, 1.5, 1.75, 2.0, 2.5, 3.0])
    folds = np.array([saddle_node(with_A(x))[0] for x in multiples])
    cells = pd.DataFrame({"g_A": multiples * G_A, "E_L": CONNOR_STEVENS.parameters["E_L"].value})
    deepest = folds - np.maximum(0.3, 0.06 * (folds - 10))
    _, found = lowest_firing(
        pd.concat([cells, cells], ignore_index=True),
        np.concatenate([folds - 0.1, deepest]),
        np.tile(folds + 0.1, 2),
        settings,
        before=np.concatenate([np.full(len(cells), np.nan), folds + 1.5]),
        tolerance=5e-5,
        duration=2000.0,
    )
    upward, downward = found.reshape(2, -1)
    table = pd.DataFrame({"g_A": cells["g_A"], "multiple": multiples, "I_up": upward,
                          "I_down": downward, "saddle_node": folds})  # fmt: skip
    table["width_uA_per_cm2"] = table["I_up"] - table["I_down"]
    table.attrs = {"units": dict.fromkeys(("I_up", "I_down", "saddle_node"), "uA/cm**2")
                   | {"g_A": UNIT_TEXT}}  # fmt: skip
    return table


def _loop(settings: Settings, down: float, up: float) -> pd.DataFrame:
    """Measure the rate on both paths around the loop at twice the conductance."""
    inner = down + (up - down) * np.array([-0.5, -0.25, -0.02, 0.02, 0.1, 0.25, 0.5, 0.75, 0.95])
    outer = up + (up - down) * np.array([0.1, 0.25, 0.5, 1.0, 1.5, 2.0])
    current = np.concatenate([inner, outer])
    table = pd.DataFrame({"path": np.repeat(["up", "down"], len(current)),
                          "I": np.tile(current, 2), "I_unit": "uA/cm**2"})  # fmt: skip
    cells = table.assign(g_A=2 * G_A, E_L=CONNOR_STEVENS.parameters["E_L"].value)
    before = np.where(table["path"] == "up", table["I"], up + 1.5)
    counted = fire(
        cells, table["I"].to_numpy(), before, 1200.0 if settings.quick else 2000.0, settings
    )
    return table.join(counted[["rate_Hz", "spike_count", "resolved"]])


def _return(settings: Settings, current: float, before: float) -> dict[str, float]:
    """Measure b when a firing cell at twice the conductance comes back through -60 mV."""
    stimulus = Step(before * DENSITY, offset=LEAD).then(Constant(current * DENSITY))
    out = response(
        with_A(2.0), stimulus, 600 * ms, record=("v", "b"), dt=DT, backend=settings.backend
    )
    last = out.traces[out.traces["t_ms"].between(*out.spikes["t_ms"].iloc[-2:])]
    v = last["v_mV"].to_numpy()
    rises = np.flatnonzero((v[:-1] < -60) & (v[1:] >= -60))[-1]
    steady = gating_curves(CONNOR_STEVENS, [-60] * mV).set_index("gate")["steady_state"]
    return {"b": last["b"].iloc[rises], "b_inf": steady["b"], "I": current}


@use_style()
def _draw_hysteresis(loop: pd.DataFrame, limits: pd.DataFrame):
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
