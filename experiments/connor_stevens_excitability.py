"""What the A-current does to excitability: type I or II, rheobase, onset rate, hysteresis."""

import numpy as np
import pandas as pd
from brian2 import Quantity, ms, mV, second

from ..analysis import spike_table
from ..analysis.plots import (
    CYCLE,
    axis_label,
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
from ..protocols import Constant, Step, fi_curve
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
    near = full.query("rate_Hz > 0 and I < @rheobase + 0.16")
    slope, constant = np.polyfit(near["I"], near["rate_Hz"] ** 2, 1)
    fitted = -constant / slope
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

- The cell fires **{idle.rate_Hz:.2f} Hz without any input**, because the leak at −17 mV has lost its
  counterweight, and starts at {signed(bare_onset.I)} µA/cm², a *hyper*polarising current.
- The curve no longer starts from zero: it jumps to {bare_onset.onset_rate_Hz:.1f} Hz (**type II**).

To see what belongs to the A-current and not to the lost resting potential, move the leak to −67.8 mV
as well (Sterratt et al. 2011): the cell rests where it did, and a step from rest starts it at
**{moved_onset.I:.4f}** µA/cm², close to the full cell. It is still type II, with {moved_onset.onset_rate_Hz:.1f} Hz at
once, and its first spike at 1.1 × threshold comes after
{moved_onset.latency_ms:.2f} ms. A leak moved by
51 mV is a constant current of 0.3 × 51 = 15.2 µA/cm²: the two red and blue curves are one, shifted.

**Why.** An equilibrium at the input *I* lies where the steady-state current–voltage curve has the
value *I*. Without A-current that curve only rises: rest never disappears, it loses its stability to an
oscillation that already has its own frequency. The window of the A-current bends the curve into an
**N**. At its first maximum rest meets an unstable equilibrium and both vanish (saddle-node) at
*I*<sub>0</sub> = **{rheobase:.6f}** µA/cm². The spike's orbit passes just there, so above
*I*<sub>0</sub> every cycle has to squeeze through the gap, and theory says *f* ∝ √(*I* − *I*<sub>0</sub>).
A straight line through *f*² of the {len(near)} slowest measured rates meets zero at **{fitted:.5f}**: the
same current from spikes alone.
"""
    section = Section(
        "Type I with, type II without A-current",
        text,
        figures={
            "fi_types": _draw_types(curves),
            "square_root_law": _draw_law(near, slope, fitted, rheobase),
        },
        tables={"fi_with_A": full, "fi_without_A": bare, "onsets": onsets},
        captions={
            "fi_types": "**A** Firing rate for a step from rest. **B** Steady-state current "
            "against potential: the input at which each potential is an equilibrium. The dot is "
            "the saddle-node.",
            "square_root_law": "**A** The squared rate is a straight line near the rheobase. "
            "**B** Rate over distance from it, with the slope ½.",
            "fi_with_A": "The Connor–Stevens cell.",
            "fi_without_A": "*g*<sub>A</sub> = 0, all else the same.",
            "onsets": "Thresholds of sustained firing without A-current, for both leaks. (Where no "
            "rest exists at *I* = 0 the step starts from −68 mV, gates settled.)",
        },
    )
    numbers = {
        "saddle_node_uA_per_cm2": rheobase,
        "rheobase_from_rates_uA_per_cm2": float(fitted),
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
    near = rheobase + np.linspace(0.01, 0.15, 5 if settings.quick else 10)
    grid = np.linspace(-12, 40, 14 if settings.quick else 53)
    fine = [] if settings.quick else rheobase + np.geomspace(0.2, 2, 7)
    run = {"duration": 2 * second, "discard": 500 * ms, "dt": DT, "backend": settings.backend}
    currents = np.unique([*grid, 8.5, 10.0, 20.0, *near, *fine]) * DENSITY
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
        curve = pd.concat([part, start.rename(columns={"onset_rate_Hz": "rate_Hz"})])
        curves[name] = curve[["I", "I_unit", "rate_Hz", "latency_ms"]].sort_values("I")
        curves[name].attrs = part.attrs
    return curves, onsets


def _at(curve: pd.DataFrame, current: float) -> pd.Series:
    """Return the row of a current."""
    return curve.loc[(curve["I"] - current).abs().idxmin()]


@use_style()
def _draw_types(curves: dict[str, pd.DataFrame]):
    left, right = new_axes(1, 2, size=(6.5, 3.3))
    models = (CONNOR_STEVENS, NO_A, NO_A_MOVED)
    v = np.linspace(-76, -44, 641)
    for (name, colour), model in zip(CELLS.items(), models, strict=True):
        plot_fi(curves[name], left, label=name, color=colour, marker="none")
        right.plot(v, steady_current(model, v), color=colour)
    current, potential = saddle_node(CONNOR_STEVENS)
    right.plot(potential, current, "o", color="black", markersize=5)
    right.axhline(0.0, color="black", linewidth=0.4)
    right.set(
        xlabel="membrane potential (mV)", ylabel=unit_label("steady current", "uA/cm**2"),
        ylim=(-22, 24), xlim=(-76, -44),
    )  # fmt: skip
    left.get_legend().remove()
    label_panels((left, right))
    legend_below([left])
    return left.figure


@use_style()
def _draw_law(near: pd.DataFrame, slope: float, fitted: float, rheobase: float):
    left, right = new_axes(1, 2, size=(6.5, 2.8))
    left.plot(near["I"], near["rate_Hz"] ** 2, "o", color="black", markersize=4)
    line = np.array([fitted, near["I"].max()])
    left.plot(line, slope * (line - fitted), color=CYCLE[1], linewidth=1)
    left.axvline(rheobase, color="0.5", linewidth=0.8, linestyle="--")
    left.set(xlabel=unit_label("input $I$", "uA/cm**2"), ylabel="squared rate (Hz²)")
    right.loglog(near["I"] - rheobase, near["rate_Hz"], "o", color="black", markersize=4)
    excess = near["I"].to_numpy() - rheobase
    right.plot(excess, np.sqrt(slope * excess), color=CYCLE[1], linewidth=1)
    right.set(xlabel="$I - I_0$ (µA/cm²)", ylabel=axis_label("rate_Hz"))
    for axis in (right.xaxis, right.yaxis):
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("{x:g}")
    right.tick_params(which="minor", labelsize=6.5)
    label_panels((left, right))
    return left.figure


# ---------------------------------------------------------------------------------------------
# From no A-current to three times as much
# ---------------------------------------------------------------------------------------------
def _sweep(settings: Settings) -> tuple[Section, dict]:
    surface, onset = _swept(settings)
    type_I = onset[onset["onset_rate_Hz"] < 5]["g_A"] / G_A
    text = f"""
One parameter, *g*<sub>A</sub>, from 0 to three times its value; all else, the leak too, stays.

- **Rheobase** rises with *g*<sub>A</sub>, first because a more polarised rest is farther from
  threshold, later because every 1 mS/cm² adds its share of window current. Where the
  current–voltage curve has its **N** (from about 0.9 ×) the measured threshold lies on the
  saddle-node that the equations predict without a simulation (line in C).
- **Onset rate**, half a percent above the rheobase: it falls from
  {onset["onset_rate_Hz"].iloc[0]:.0f} Hz at *g*<sub>A</sub> = 0 to nearly 0, **and rises again** from
  {type_I.max():.2g} × upwards. More A-current does not make the cell "more type I".
- **Latency** at 1.1 × the rheobase is longest where the onset is slowest, around 1 ×, and shorter on
  both sides. (A threshold below zero has no 1.1 ×; those cells are missing.)
- **Slope**: high above the rheobase the curves run nearly parallel; the A-current subtracts, it hardly
  divides.
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
    return surface, _onsets(chosen, ["g_A", "E_L"], settings, tolerance=1e-3, margin=5e-3)


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
    text = f"""
Beyond about 1.5 × the jump at the onset comes with a memory. At 2 × a step **from rest** must reach
**{twice.I_up:.3f}** µA/cm², where rest vanishes in its saddle-node
({saddle_node(with_A(2.0))[0]:.3f}). But a cell that fires already goes on down to
**{twice.I_down:.3f}**: between the two rest *and* firing are stable, and the past decides. Drion, O'Leary
and Marder (2015) found this loop and named the excitability type II*.

Why does still more A-current bring it? The after-hyperpolarisation frees so much *b* that the
next approach to threshold overshoots the place where the saddle-node is about to appear: the cycle no
longer passes through it, so it survives when saddle and node are there. It ends a little lower, by
running into the saddle, which is why the lower branch bends down steeply at its end.

The width of the loop is measured by two paths in one group of cells: *up* starts at rest and gets the
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
    return section, {"up_2x_uA_per_cm2": twice.I_up, "down_2x_uA_per_cm2": twice.I_down}


def _limits(settings: Settings) -> pd.DataFrame:
    """Search the lowest current that keeps the cell firing, on both paths at once."""
    multiples = np.array([2.0] if settings.quick else [1.25, 1.5, 1.75, 2.0, 2.5, 3.0])
    folds = np.array([saddle_node(with_A(x))[0] for x in multiples])
    cells = pd.DataFrame({"g_A": multiples * G_A, "E_L": CONNOR_STEVENS.parameters["E_L"].value})
    deepest = folds - np.maximum(0.3, 0.06 * (folds - 10))
    found = _lowest_firing(
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
        `by`, the threshold ``I``, ``onset_rate_Hz``, and ``latency_ms`` at 1.1 times the threshold
        (NaN where it is not positive).
    """
    fires = curves[curves["rate_Hz"] != 0].groupby(by)["I"].min()
    silent = curves[curves["rate_Hz"] == 0].groupby(by)["I"].max()
    cells = fires.index.to_frame(index=False)
    found = _lowest_firing(
        cells, silent[fires.index].to_numpy(), fires.to_numpy(), settings, tolerance=tolerance
    )
    current = np.concatenate([found + margin * np.abs(found), 1.1 * found])
    measured = _fire(
        pd.concat([cells, cells], ignore_index=True), current, current, 1000.0, settings
    )
    table = cells.assign(I=found, I_unit="uA/cm**2")
    table["onset_rate_Hz"] = measured["rate_Hz"].to_numpy()[: len(cells)]
    latency = measured["latency_ms"].to_numpy()[len(cells) :]
    table["latency_ms"] = np.where(found > 0, latency, np.nan)
    table.attrs = {"units": {"g_A": UNIT_TEXT, "E_L": "mV"}, "margin": margin}
    return table


def _lowest_firing(
    cells: pd.DataFrame, low, high, settings: Settings, *, before=None, tolerance, duration=1000.0
) -> np.ndarray:
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
    array, shape (cells,)
    """
    lead = np.full(len(cells), np.nan) if before is None else before

    def fires(amplitudes: np.ndarray, length: float) -> np.ndarray:
        repeated = cells.loc[cells.index.repeat(amplitudes.shape[1])]
        first = np.where(np.isnan(lead)[:, None], amplitudes, lead[:, None])
        counted = _fire(repeated, amplitudes.ravel(), first.ravel(), length, settings)
        return (counted["spike_count"].to_numpy() > 0).reshape(amplitudes.shape)

    return search(
        fires, low, high, tolerance=tolerance, durations=(1000.0, duration), rungs=12,
        label="lowest current that keeps firing",
    )[1]  # fmt: skip


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
