"""With A-current the Connor-Stevens cell is type I, without it type II, and why."""

import numpy as np
import pandas as pd
from brian2 import ms, mV, second
from scipy.optimize import curve_fit

from ..analysis.plots import (
    CYCLE,
    label_panels,
    legend_below,
    new_axes,
    plot_fi,
    unit_label,
    use_style,
)
from ..models import CONNOR_STEVENS
from ..protocols import fi_curve
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
from .connor_stevens_firing import onsets
from .study import Section, Settings

CELLS = {"with A-current": "black", "without A-current": CYCLE[1], "without, leak moved": CYCLE[0]}


def section(settings: Settings) -> tuple[Section, dict[str, float]]:
    """Return the section on type I and type II, and its numbers.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    (Section, dict)
    """
    curves, starts = _curves(settings)
    rheobase, _ = saddle_node(CONNOR_STEVENS)
    full, bare, moved = curves.values()
    law, fit = _square_root_law(rheobase, settings)
    moved_onset, bare_onset = (row for _, row in starts.sort_values("E_L").iterrows())
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
        tables={"square_root": law, "fi_with_A": full, "fi_without_A": bare, "onsets": starts},
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
    starts = onsets(pd.concat(parts), ["g_A", "E_L"], settings, tolerance=1e-5, margin=0.0)
    curves = {"with A-current": full}
    for name, part in zip(list(CELLS)[1:], parts, strict=True):
        start = starts[np.isclose(starts["E_L"], part["E_L"].iloc[0])]
        jump = [start.assign(I=start["I_silent"], rate_Hz=0.0, latency_ms=np.nan),
                start.rename(columns={"onset_rate_Hz": "rate_Hz"})]  # fmt: skip
        curve = pd.concat([part, *jump])
        curves[name] = curve[["I", "I_unit", "rate_Hz", "latency_ms"]].sort_values("I")
        curves[name].attrs = part.attrs
    return curves, starts


def _square_root_law(rheobase: float, settings: Settings) -> tuple[pd.DataFrame, dict]:
    """Measure rates just above the saddle-node and fit period = A/sqrt(I - I_0) + B to them."""
    currents = rheobase + np.linspace(0.015, 0.1, 6 if settings.quick else 12)
    law = fi_curve(
        CONNOR_STEVENS, currents * DENSITY, vary={"g_A": [G_A] * CONDUCTANCE}, dt=DT,
        duration=2.2 * second, discard=400 * ms, backend=settings.backend,
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
