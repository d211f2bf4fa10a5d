"""What the A-current does to excitability: type I or II, rheobase, onset rate, hysteresis."""

import numpy as np
import pandas as pd
from brian2 import Quantity, ms, mV, second
from scipy.optimize import curve_fit

from ..analysis import spike_table
from ..analysis.plots import (
    CYCLE,
    label_panels,
    legend_below,
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
from ..protocols.gating_curves import gating_curves
from ..protocols.thresholds import search
from ..simulation import simulate
from .connor_stevens_common import (
    CONDUCTANCE,
    DENSITY,
    DT,
    G_A,
    MOVED_LEAK,
    NO_A,
    NO_A_MOVED,
    saddle_node,
    signed,
    steady_current,
    with_A,
)
from .study import Section, Settings

CELLS = {"with A-current": "black", "without A-current": CYCLE[1], "without, leak moved": CYCLE[0]}
UNIT_TEXT = "mS/cm**2"
# The downward path starts on the cycle: a strong step first, then the current in question.
LEAD = 200 * ms


def sections(settings: Settings) -> list[tuple[Section, dict[str, float]]]:
    """Return the sections on excitability, each with its numbers.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    list of (Section, dict)
    """
    return [_types(settings), _sweep(settings), _hysteresis(settings)]


# ---------------------------------------------------------------------------------------------
# Type I and type II
# ---------------------------------------------------------------------------------------------
def _types(settings: Settings) -> tuple[Section, dict]:
    curves, onsets = _curves(settings)
    rheobase, _ = saddle_node(CONNOR_STEVENS)
    full, bare, moved = curves.values()
    law, fit = _square_root_law(rheobase, settings)
    moved_onset, bare_onset = (row for _, row in onsets.sort_values("E_L").iterrows())
    other = fi_curve(
        CONNOR_STEVENS, [2, 10, 20] * DENSITY, duration=800 * ms, discard=300 * ms, dt=DT,
        vary={"g_A": np.array([0.5, 1.5]) * G_A * CONDUCTANCE}, backend=settings.backend,
    )  # fmt: skip
    idle = _at(bare, 0.0)
    text = f"""
With its A-current the cell can fire as slowly as one likes: the rate starts from 0 at the rheobase
(**type I**, Hodgkin 1948). Take the A-current away and nothing else, *g*<sub>A</sub> = 0, and two
things happen.

- The cell fires **{idle.rate_Hz:.2f} Hz without any input**, because the leak at −17 mV has lost
  its counterweight; it starts at {signed(bare_onset.I)} µA/cm², a *hyper*polarising current.
- The curve no longer starts from zero: it jumps to {bare_onset.onset_rate_Hz:.1f} Hz (**type II**).

To see what belongs to the A-current and not to the lost resting potential, move the leak to
−67.8 mV as well (Sterratt et al. 2011). The cell then rests where it did, and a step from rest
starts it at **{moved_onset.I:.4f}** µA/cm², close to the full cell. It is still type II, with
{moved_onset.onset_rate_Hz:.1f} Hz at once, and its first spike at 1.1 × threshold comes after
{moved_onset.latency_ms:.2f} ms. (Moving a leak of 0.3 mS/cm² by 50.8 mV adds a constant current of
15.24 µA/cm²: the red and the blue curve are one, shifted.)

**Why.** An equilibrium at the input *I* lies where the steady-state current–voltage curve has the
value *I* (panel B). Without A-current that curve only rises: rest never disappears, and firing
starts from an oscillation that has its own frequency. The window of the A-current bends the curve
into an **N**. At its first maximum rest meets an unstable equilibrium and both vanish, a
saddle-node, at *I*<sub>0</sub> = **{rheobase:.6f}** µA/cm². The spike's orbit passes just there,
so above *I*<sub>0</sub> every cycle has to squeeze through the gap. To leading order its period is
*A*/√(*I* − *I*<sub>0</sub>) + *B*, hence *f* ∝ √(*I* − *I*<sub>0</sub>) close to *I*<sub>0</sub>.
This formula, fitted to the {len(law)} measured rates, finds *I*<sub>0</sub> =
**{fit["I_0"]:.4f}** µA/cm²: the same current, from spikes alone.
"""
    section = Section(
        "Type I with, type II without A-current",
        text,
        figures={
            "fi_types": _draw_types(curves),
            "square_root_law": _draw_law(law, fit, rheobase),
        },
        tables={"square_root": law, "fi_with_A": full, "fi_without_A": bare, "onsets": onsets},
        captions={
            "fi_types": "**A** Firing rate for a step from rest. **B** Steady-state current "
            "against potential: the input at which each potential is an equilibrium. Dots are "
            "saddle-nodes; the inset enlarges the one of the full cell.",
            "square_root_law": "**A** Rate just above the rheobase, with the fit. **B** Period "
            "against 1/√(*I* − *I*<sub>0</sub>), with *I*<sub>0</sub> from the equations "
            "(dashed in A): a straight line.",
            "square_root": "The rates fitted.",
            "fi_with_A": "The Connor–Stevens cell.",
            "fi_without_A": "*g*<sub>A</sub> = 0, all else the same.",
            "onsets": "Thresholds of sustained firing without A-current, for both leaks. (Where no "
            "rest exists at *I* = 0 the step starts from −68 mV, gates settled.)",
        },
    )
    numbers = {
        "saddle_node_uA_per_cm2": rheobase,
        "rheobase_from_rates_uA_per_cm2": fit["I_0"],
        **{f"rate_{label}_Hz": _at(full, I).rate_Hz
           for label, I in (("8p5", 8.5), ("10", 10.0), ("20", 20.0))},
        "half_A_rate_2_Hz": _at(other[other["g_A"] < G_A], 2.0).rate_Hz,
        "half_A_rate_10_Hz": _at(other[other["g_A"] < G_A], 10.0).rate_Hz,
        "more_A_rate_20_Hz": _at(other[other["g_A"] > G_A], 20.0).rate_Hz,
        "no_A_rate_0_Hz": idle.rate_Hz,
        "no_A_threshold_uA_per_cm2": bare_onset.I,
        "no_A_onset_rate_Hz": bare_onset.onset_rate_Hz,
        "moved_leak_threshold_uA_per_cm2": moved_onset.I,
        "moved_leak_onset_rate_Hz": moved_onset.onset_rate_Hz,
        "moved_leak_rate_10_Hz": _at(moved, 10.0).rate_Hz,
        "moved_leak_latency_1p1_ms": moved_onset.latency_ms,
    }  # fmt: skip
    return section, {name: float(value) for name, value in numbers.items()}


def _curves(settings: Settings) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Measure the F-I curves of the three cells, and the onset of the two without A-current."""
    rheobase, _ = saddle_node(CONNOR_STEVENS)
    grid = np.linspace(-12, 40, 14 if settings.quick else 53)
    fine = [] if settings.quick else rheobase + np.geomspace(0.08, 2, 7)
    run = {"duration": 1 * second, "discard": 300 * ms, "dt": DT, "backend": settings.backend}
    currents = np.unique([*grid, 8.5, 10.0, 20.0, *fine]) * DENSITY
    full = fi_curve(CONNOR_STEVENS, currents, vary={"g_A": [G_A] * CONDUCTANCE}, **run)
    # A current that takes the cell with moved leak below -78 mV would make dt*beta_m too large
    # for rk4; its curve starts at 0.
    parts = [
        fi_curve(NO_A, currents * DENSITY, vary={"E_L": [leak] * mV}, **run).assign(g_A=0.0)
        for leak, currents in (
            (CONNOR_STEVENS.parameters["E_L"].value, np.union1d(grid, [0.0])),
            (float(MOVED_LEAK / mV), np.union1d(grid[grid >= 0], [10.0])),
        )
    ]
    onsets = _onsets(pd.concat(parts), ["g_A", "E_L"], settings, tolerance=1e-5, margin=0.0)
    curves = {"with A-current": full}
    for name, part in zip(list(CELLS)[1:], parts, strict=True):
        start = onsets[np.isclose(onsets["E_L"], part["E_L"].iloc[0])]
        jump = [start.assign(I=start["I_silent"], rate_Hz=0.0, latency_ms=np.nan),
                start.rename(columns={"onset_rate_Hz": "rate_Hz"})]  # fmt: skip
        curve = pd.concat([part, *jump])
        curves[name] = curve[["I", "I_unit", "rate_Hz", "latency_ms"]].sort_values("I")
        curves[name].attrs = part.attrs
    return curves, onsets


def _square_root_law(rheobase: float, settings: Settings) -> tuple[pd.DataFrame, dict]:
    """Measure rates just above the saddle-node and fit period = A/sqrt(I - I_0) + B to them."""
    currents = rheobase + np.linspace(0.01, 0.1, 6 if settings.quick else 12)
    law = fi_curve(
        CONNOR_STEVENS, currents * DENSITY, vary={"g_A": [G_A] * CONDUCTANCE}, dt=DT,
        duration=3 * second, discard=500 * ms, backend=settings.backend,
    )[["I", "I_unit", "rate_Hz"]]  # fmt: skip
    law = law.assign(period_ms=1000 / law["rate_Hz"])
    guess = (100.0, 0.0, currents[0] - 0.02)
    values, _ = curve_fit(_period, law["I"], law["period_ms"], guess, xtol=1e-12, ftol=1e-12)
    return law, dict(zip(("A", "B", "I_0"), map(float, values), strict=True))


def _period(I, A, B, I_0):
    return A / np.sqrt(np.maximum(I - I_0, 1e-6)) + B


def _at(curve: pd.DataFrame, current: float) -> pd.Series:
    """Return the row of a current."""
    return curve.loc[(curve["I"] - current).abs().idxmin()]


@use_style()
def _draw_types(curves: dict[str, pd.DataFrame]):
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
def _draw_law(law: pd.DataFrame, fit: dict[str, float], rheobase: float):
    left, right = new_axes(1, 2, size=(6.5, 2.8))
    plot_fi(law, left, color="black", linestyle="none", marker="o")
    current = fit["I_0"] + np.linspace(0.01, 1, 201) ** 2 * (law["I"].max() - fit["I_0"])
    left.plot(current, 1000 / _period(current, **fit), color=CYCLE[1], linewidth=1, zorder=1.9)
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


# ---------------------------------------------------------------------------------------------
# From no A-current to three times as much
# ---------------------------------------------------------------------------------------------
def _sweep(settings: Settings) -> tuple[Section, dict]:
    surface, onset = _swept(settings)
    slowest = onset.loc[onset["onset_rate_Hz"].idxmin()]
    jumps = onset[(onset["g_A"] > slowest.g_A) & (onset["onset_rate_Hz"] > 10)]["g_A"].min() / G_A
    longest = onset.loc[onset["latency_ms"].idxmax()]
    text = f"""
One parameter, *g*<sub>A</sub>, from 0 to three times its value; all else, the leak too, stays.

- **Rheobase** rises with *g*<sub>A</sub>, for larger values in a straight line. Where the
  current–voltage curve has its N (from about 0.9 ×) the threshold measured with steps lies on the
  saddle-node that the equations predict without a simulation (line in A).
- **Onset rate**, half a percent above the rheobase: it falls from
  {onset["onset_rate_Hz"].iloc[0]:.0f} Hz at *g*<sub>A</sub> = 0 to {slowest.onset_rate_Hz:.1f} Hz
  at {slowest.g_A / G_A:.3g} × **and rises again**, above 10 Hz from {jumps:.3g} × on. More A-current
  does not make the cell "more type I".
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
            "fi_family": _draw_family(surface),
            "onset": _draw_onset(onset),
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
    chosen = surface if quick else surface[np.isclose(surface["g_A"] / G_A * 4 % 1, 0)]
    chosen = chosen.assign(E_L=CONNOR_STEVENS.parameters["E_L"].value)
    return surface, _onsets(chosen, ["g_A", "E_L"], settings, tolerance=2e-3, margin=5e-3)


@use_style()
def _draw_surface(surface: pd.DataFrame, onset: pd.DataFrame):
    ax = plot_fi_surface(surface, parameter="g_A", parameter_unit=UNIT_TEXT, rheobase=onset)
    ax.axhline(G_A, color="white", linestyle="--", linewidth=0.9)
    return ax.figure


@use_style()
def _draw_family(surface: pd.DataFrame):
    rows = surface.assign(multiple=(surface["g_A"] / G_A).round(6))
    rows = rows[np.isclose(rows["multiple"] % 0.5, 0)]
    ax = plot_fi(rows, by="multiple", marker="none")
    legend_beside(ax, title="$g_\\mathrm{A}$ (multiple)")
    return ax.figure


@use_style()
def _draw_onset(onset: pd.DataFrame):
    axes = new_axes(1, 3, size=(6.5, 2.6))
    labels = {"x": "g_A", "x_unit": UNIT_TEXT}
    multiples = np.linspace(0.85, 3, 87)
    folds = [saddle_node(with_A(x))[0] for x in multiples]
    plot_onset(onset, axes[0], y="I", linestyle="none", label="step from rest", **labels)
    axes[0].plot(multiples * G_A, folds, color=CYCLE[1], label="saddle-node")
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
{returning["b_inf"]:.3f} (2 × *g*<sub>A</sub>, {returning["I"]:.2f} µA/cm²). So the firing cell meets
less outward current than the resting one and gets past the place where that one is held. The more
A-current there is, the more this difference counts.

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
            "limits": "Lowest current that keeps the cell firing, on both paths.",
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
    _, found = _lowest_firing(
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
    counted = _fire(cells, table["I"].to_numpy(), before, 2000.0, settings)
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


# ---------------------------------------------------------------------------------------------
# The lowest current that keeps a cell firing
# ---------------------------------------------------------------------------------------------
def _onsets(
    curves: pd.DataFrame, by: list[str], settings: Settings, *, tolerance: float, margin: float
) -> pd.DataFrame:
    """Refine the onset of F-I curves.

    Parameters
    ----------
    curves : DataFrame
        As from `fi_curve`, with the columns `by`: g_A (mS/cm2) and E_L (mV).
    by : list of str
        One onset for each of their combinations.
    settings : Settings
    tolerance : float
        Of the threshold, relative.
    margin : float
        How far above the threshold the onset rate is measured, relative to it.

    Returns
    -------
    DataFrame
        `by`, the threshold ``I`` and the last silent current ``I_silent``, ``onset_rate_Hz``, and
        ``latency_ms`` at 1.1 times the threshold (NaN where it is not positive).
    """
    fires = curves[curves["rate_Hz"] != 0].groupby(by)["I"].min()
    silent = curves[curves["rate_Hz"] == 0].groupby(by)["I"].max()
    cells = fires.index.to_frame(index=False)
    below, found = _lowest_firing(
        cells, silent[fires.index].to_numpy(), fires.to_numpy(), settings, tolerance=tolerance
    )
    current = np.concatenate([found + margin * np.abs(found), 1.1 * found])
    measured = _fire(
        pd.concat([cells, cells], ignore_index=True), current, current, 1000.0, settings
    )
    table = cells.assign(I=found, I_unit="uA/cm**2", I_silent=below)
    table["onset_rate_Hz"] = measured["rate_Hz"].to_numpy()[: len(cells)]
    latency = measured["latency_ms"].to_numpy()[len(cells) :]
    table["latency_ms"] = np.where(found > 0, latency, np.nan)
    table.attrs = {
        "units": {"g_A": UNIT_TEXT, "E_L": "mV", "I_silent": "uA/cm**2"},
        "margin": margin,
    }
    return table


def _lowest_firing(
    cells: pd.DataFrame, low, high, settings: Settings, *, before=None, tolerance, duration=1000.0
) -> tuple[np.ndarray, np.ndarray]:
    """Search, for all cells at once, the lowest current at which firing goes on.

    Parameters
    ----------
    cells : DataFrame
        Columns g_A (mS/cm2) and E_L (mV).
    low, high : array, shape (cells,)
        Where to begin, uA/cm2.
    settings : Settings
    before : array, shape (cells,), optional
        Current of the lead, uA/cm2; NaN, the default, for the same as afterwards: a step from rest.
    tolerance : float
        Relative.
    duration : float
        Of the runs that decide, ms.

    Returns
    -------
    low, high : array, shape (cells,)
        The last silent current, and the first that keeps the cell firing.
    """
    lead = np.full(len(cells), np.nan) if before is None else before

    def fires(amplitudes: np.ndarray, length: float) -> np.ndarray:
        repeated = cells.loc[cells.index.repeat(amplitudes.shape[1])]
        first = np.where(np.isnan(lead)[:, None], amplitudes, lead[:, None])
        counted = _fire(repeated, amplitudes.ravel(), first.ravel(), length, settings)
        return (counted["spike_count"].to_numpy() > 0).reshape(amplitudes.shape)

    return search(
        fires, low, high, tolerance=tolerance, durations=(1000.0, duration), rungs=max(12, 96 // len(cells)),
        label="lowest current that keeps firing",
    )  # fmt: skip


def _fire(cells: pd.DataFrame, current, before, length: float, settings: Settings) -> pd.DataFrame:
    """Run cells at a first and then a second current; count spikes in the last half of the latter.

    Parameters
    ----------
    cells : DataFrame
        Columns g_A (mS/cm2) and E_L (mV).
    current, before : array, shape (cells,)
        The current of interest and that of the lead, uA/cm2.
    length : float
        Of the current of interest, ms.
    settings : Settings

    Returns
    -------
    DataFrame
        As from `spike_table`.
    """
    stimulus = Step(Quantity(before * DENSITY), offset=LEAD).then(
        Constant(Quantity(current * DENSITY))
    )
    vary = {"g_A": Quantity(cells["g_A"].to_numpy() * CONDUCTANCE),
            "E_L": Quantity(cells["E_L"].to_numpy() * mV)}  # fmt: skip
    found = simulate(
        CONNOR_STEVENS, stimulus, len(cells), LEAD + length * ms, vary=vary, dt=DT,
        backend=settings.backend, label="firing that goes on",
    )  # fmt: skip
    end = float(LEAD / ms) + length
    return spike_table(
        found.spike_neuron, found.spike_ms, len(cells), start=end - length / 2, end=end
    )
