"""Izhikevich's simple model: seven cells, twenty patterns, and what belongs to the time step.

The figures of 2003 and 2004 were computed with forward Euler in steps of up to half a millisecond.
Here the same equations are solved to convergence, beside the published programs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from brian2 import ms, mV, pA

from ..analysis.plots import label_panels, legend_beside, new_axes, plot_fi, plot_patterns
from ..models import IZHIKEVICH, IZHIKEVICH_2007
from ..models.symbolic import function
from ..protocols import Response, Step, fi_curve, response
from ..protocols.firing.izhikevich_patterns import (
    ADJUSTED_2004,
    CELLS_2003,
    PATTERNS_2004,
    Pattern,
    original_scheme,
    run_patterns,
)
from .study import Section, Settings, StudyResult

FINE_DT = 2**-8 * ms
V_RANGE = (-90.0, 30.0)  # mV, the paper's axes


def run(settings: Settings) -> StudyResult:
    """Carry out the study.

    Parameters
    ----------
    settings : Settings
        ``quick`` measures the F-I curves at fewer currents, for a shorter time.

    Returns
    -------
    StudyResult
    """
    compared = compare_schemes(settings)
    parts = [
        _seven_cells(settings),
        _twenty_patterns(compared),
        _step_size(compared),
        _cells_2007(settings),
        _fi_2003(settings),
        _fi_2007(settings),
    ]
    numbers = {name: float(value) for _, found in parts for name, value in found.items()}
    return StudyResult(
        name="izhikevich_patterns",
        title="Izhikevich's cells and firing patterns",
        summary=_summary(compared),
        sections=tuple(section for section, _ in parts),
        numbers=numbers,
    )


def _summary(compared: Compared) -> str:
    table = compared.table
    lost = table.loc[~table["holds_converged"], "letter"]
    return f"""
A quadratic equation for the potential *v*, a linear one for the recovery variable *u*, and a reset
at the peak of the spike: two equations that imitate every firing pattern of the cortex, if their
four constants are chosen well. The published figures of these patterns were drawn with forward
Euler and steps of 0.1 to 0.5 ms. Solved accurately, the same equations with the same constants
show {len(table) - len(lost)} of the 20 patterns of 2004; the other {len(lost)}
({", ".join(lost)}) are made by the step size, and need a slightly different stimulus or constant.
"""


# ---------------------------------------------------------------------------------------------
# What each panel shows, in a form that can be checked
# ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Claim:
    """What a panel of the paper shows, and how to tell from a response."""

    text: str
    holds: Callable[[np.ndarray, np.ndarray, pd.DataFrame], bool]


def _one(t, after=-np.inf, before=np.inf):
    return len(t) == 1 and after < t[0] < before


def _within(t, begin, end):
    return len(t) > 1 and begin <= t[0] and t[-1] <= end


def _burst(t):
    return len(t) > 2 and np.diff(t).max() < 15


def _bursts(t, gap_ms=15):
    """Count groups of at least three spikes, separated by more than `gap_ms`."""
    groups = np.split(t, np.flatnonzero(np.diff(t) > gap_ms) + 1)
    return sum(len(group) > 2 for group in groups)


def _onset_rate(t):
    return 1000 / (t[1] - t[0])


def _faster(t):
    return np.all(np.diff(t, 2) < 0)


def _swings(traces, start_ms=50):
    """Count how often the potential crosses its final value."""
    rows = traces[traces["t_ms"] > start_ms]
    sign = np.sign(rows["v_mV"].to_numpy() - rows["v_mV"].iloc[-1])
    return np.count_nonzero(np.diff(sign[sign != 0]))


# Of spike times t, edges of the stimulus e (both in ms) and traces x.
# fmt: off
CLAIMS = {
    "A": Claim("spikes at regular intervals",
               lambda t, e, x: len(t) > 3 and abs(np.diff(t, 2)[-1]) < 1),
    "B": Claim("one spike, then silence",
               lambda t, e, x: _one(t)),
    "C": Claim("burst after burst",
               lambda t, e, x: _bursts(t) > 2),
    "D": Claim("one burst, then silence",
               lambda t, e, x: _burst(t) and t[-1] < 100),
    "E": Claim("a burst, then single spikes",
               lambda t, e, x: _bursts(t) == 1 and np.diff(t)[-1] > 15),
    "F": Claim("ever longer intervals",
               lambda t, e, x: len(t) > 3 and np.all(np.diff(t, 2) > 0)),
    "G": Claim("starts at a low rate (below 30 Hz), which grows",
               lambda t, e, x: _onset_rate(t) < 30 and _faster(t)),
    "H": Claim("starts at a high rate (above 40 Hz), which grows",
               lambda t, e, x: _onset_rate(t) > 40 and t[-1] - t[-2] < t[1] - t[0]),
    "I": Claim("one spike, later after the pulse than twice its length",
               lambda t, e, x: _one(t, after=e[1] + 2 * (e[1] - e[0]))),
    "J": Claim("one spike, then the potential oscillates",
               lambda t, e, x: _one(t) and _swings(x) > 3),
    "K": Claim("one spike, to the wider pair of pulses only",
               lambda t, e, x: _one(t, after=e[-2])),
    "L": Claim("one spike, to the closer pair of pulses only",
               lambda t, e, x: _one(t, after=e[2], before=e[4])),
    "M": Claim("one spike after the inhibition",
               lambda t, e, x: _one(t, after=e[-1])),
    "N": Claim("one burst after the inhibition",
               lambda t, e, x: _burst(t) and t[0] > e[-1]),
    "O": Claim("spike to the same pulse only after inhibition",
               lambda t, e, x: _one(t, after=e[-2])),
    "P": Claim("one pulse starts, the next one stops the firing",
               lambda t, e, x: len(t) > 3 and _within(t, e[-4], e[-1])),
    "Q": Claim("one spike, then a depolarised potential",
               lambda t, e, x: _one(t)),
    "R": Claim("spike to the fast ramp, none to the slow one",
               lambda t, e, x: _one(t, after=e[-2])),
    "S": Claim("spikes during the inhibition only",
               lambda t, e, x: _within(t, *e[-2:])),
    "T": Claim("bursts during the inhibition only",
               lambda t, e, x: _bursts(t, 10) > 1 and _within(t, *e[-2:])),
}
# fmt: on


def holds(pattern: Pattern, out: Response) -> bool:
    """Return whether a response shows what the panel is there to show."""
    t = out.spikes["t_ms"].to_numpy()
    edges = 1e3 * np.array(pattern.stimulus.breakpoints)
    return bool(CLAIMS[pattern.letter].holds(t, edges, out.traces))


@dataclass(frozen=True)
class Compared:
    """Every panel by the published program, at 2⁻⁵ and 2⁻⁸ ms, and with the port's changes."""

    published: dict[str, Response]
    rk4: dict[str, Response]
    fine: dict[str, Response]
    adjusted: dict[str, Response]
    table: pd.DataFrame


def compare_schemes(settings: Settings) -> Compared:
    """Run the twenty panels in every way.

    A panel has converged if both steps give the same number of spikes.
    """
    panels = PATTERNS_2004.values()
    published = {p.letter: original_scheme(p) for p in panels}
    rk4 = _by_letter(panels, backend=settings.backend)
    fine = _by_letter(panels, dt=FINE_DT, backend=settings.backend)
    adjusted = _by_letter(ADJUSTED_2004.values(), dt=FINE_DT, backend=settings.backend)
    rows = [
        _compare(p, published[p.letter], rk4[p.letter], fine[p.letter], adjusted.get(p.letter))
        for p in panels
    ]
    return Compared(published, rk4, fine, adjusted, pd.DataFrame(rows))


def _by_letter(patterns, **how) -> dict[str, Response]:
    patterns = list(patterns)
    return {p.letter: out for p, out in zip(patterns, run_patterns(patterns, **how), strict=True)}


def _compare(pattern, published, rk4, fine, adjusted) -> dict:
    """Return one row of the table."""
    t, t_fine = rk4.spikes["t_ms"].to_numpy(), fine.spikes["t_ms"].to_numpy()
    converged = len(t) == len(t_fine)
    change = ADJUSTED_2004.get(pattern.letter)
    return {
        "letter": pattern.letter,
        "pattern": pattern.title.split(maxsplit=1)[1],
        "shows": CLAIMS[pattern.letter].text,
        "euler_dt_ms": float(pattern.euler_dt / ms),
        "spikes_published": len(published.spikes),
        "spikes_rk4": len(t),
        "spikes_converged": float(len(t_fine)) if converged else np.nan,
        "rk4_error_ms": float(np.abs(t - t_fine).max()) if converged else np.nan,
        "holds_published": holds(pattern, published),
        "holds_converged": converged and holds(pattern, fine),
        "change": change.change if change else "",
        "spikes_adjusted": float(len(adjusted.spikes)) if adjusted else np.nan,
        "holds_adjusted": holds(change, adjusted) if adjusted else None,
    }


# ---------------------------------------------------------------------------------------------
# Panels
# ---------------------------------------------------------------------------------------------
def with_peaks(model, out: Response) -> pd.DataFrame:
    """Return the traces with a row at every spike, at its peak, which samples only come near."""
    rows = pd.merge_asof(out.spikes[["t_ms"]], out.traces, on="t_ms")
    u = next(name for name in rows if name.startswith("u_"))
    level = model.symbolic.expression(model.threshold, list(model.parameters)).lts
    state = {**model.values, "u": rows[u].to_numpy() * float(model.unit_of("u"))}
    rows["v_mV"] = 1e3 * np.broadcast_to(function(state, [level])(*state.values())[0], len(rows))
    return pd.concat([out.traces, rows]).sort_values("t_ms", kind="stable")


def _seven_cells(settings: Settings) -> tuple[Section, dict]:
    cells = list(CELLS_2003.values())
    outs = run_patterns(cells, backend=settings.backend)
    names = list(CELLS_2003)
    titles = [
        f"{cell.title.replace(' (TC)', ' (TC): rebound')}" if "rebound" in name else cell.title
        for name, cell in CELLS_2003.items()
    ]
    panels = [
        (title, with_peaks(cell.model, out))
        for title, cell, out in zip(titles, cells, outs, strict=True)
    ]
    table = pd.DataFrame([
        {"cell": name, **_interval_summary(out), "spikes_published": len(original_scheme(c).spikes)}
        for name, c, out in zip(names, cells, outs, strict=True)
    ])  # fmt: skip
    at = table.set_index("cell")
    fewer = int((table["spikes_published"] < table["spike_count"]).sum())
    text = f"""
Seven types of cell differ in four constants: *a*, how fast *u* follows; *b*, how strongly it
follows *v*; *c*, where *v* is reset; *d*, how much a spike adds to *u*. A high reset and a small
jump make bursts (CH). A large jump makes intervals grow: from
{at.loc["RS", "first_interval_ms"]:.1f} to {at.loc["RS", "last_interval_ms"]:.1f} ms in RS. A fast
*u* keeps them short: {at.loc["FS", "last_interval_ms"]:.2f} ms in FS. The TC cell also fires when
it is let go from inhibition ({at.loc["TC, rebound", "spike_count"]:.0f} spikes).

The stimuli are those of figure 2 of the paper of 2003. Its program takes Euler steps of 0.25 ms
and finds fewer spikes in {fewer} of the {len(table)} panels (last column), because Euler
underestimates the steep upstroke and delays every spike.
"""
    section = Section(
        "Seven types of cell",
        text,
        {"cells_2003": plot_patterns(panels, v_range=V_RANGE)},
        {"cells_2003_intervals": table},
        {
            "cells_2003": "The cells of 2003: potential *v*, recovery variable *u* and stimulus. "
            "Runge–Kutta, 2⁻⁵ ms.",
            "cells_2003_intervals": "Spikes in the panels above, and with the published program.",
        },
    )
    return section, {
        "RS_first_interval_ms": at.loc["RS", "first_interval_ms"],
        "RS_last_interval_ms": at.loc["RS", "last_interval_ms"],
        "FS_last_interval_ms": at.loc["FS", "last_interval_ms"],
        "TC_rebound_spikes": float(at.loc["TC, rebound", "spike_count"]),
    }


def _interval_summary(out: Response) -> dict:
    intervals = np.diff(out.spikes["t_ms"].to_numpy())
    first, last = intervals[[0, -1]] if len(intervals) else (np.nan, np.nan)
    return {
        "spike_count": len(out.spikes),
        "first_interval_ms": float(first),
        "last_interval_ms": float(last),
    }


def _twenty_patterns(compared: Compared) -> tuple[Section, dict]:
    table = compared.table.set_index("letter")
    panels = []
    for letter, pattern in PATTERNS_2004.items():
        if table.loc[letter, "holds_converged"]:
            panels.append((pattern.title, with_peaks(pattern.model, compared.rk4[letter])))
        else:
            out, model = compared.adjusted[letter], ADJUSTED_2004[letter].model
            panels.append((f"{pattern.title} *", with_peaks(model, out)))
    worst = table["rk4_error_ms"].idxmax()
    text = f"""
Twenty things that cells in the cortex do, each with its own constants and stimulus (Izhikevich
2004, figure 1). Panels G and L have 4.1 *v* + 108 in place of 5 *v* + 140, and R has
*u*' = *a* *b* (*v* + 65), as in the paper's program. A star marks the panels that need a change to
show what they are there to show; the next section compares them.

Spike times at 2⁻⁵ ms differ from those at 2⁻⁸ ms by at most
{table["rk4_error_ms"].max():.2g} ms (panel {worst}).
"""
    figure = plot_patterns(panels, v_range=V_RANGE)
    section = Section(
        "Twenty patterns",
        text,
        {"patterns_2004": figure},
        captions={
            "patterns_2004": "The patterns of 2004, solved with Runge–Kutta: potential *v*, "
            "recovery variable *u* and stimulus. Stars: with the changes of the next section."
        },
    )
    return section, {"rk4_largest_spike_time_error_ms": float(table["rk4_error_ms"].max())}


def _step_size(compared: Compared) -> tuple[Section, dict]:
    table = compared.table.set_index("letter")
    lost = list(table.index[~table["holds_converged"]])
    runaway = _runaway(compared.fine["T"])
    latencies = {
        way: outs["I"].spikes["t_ms"].iloc[0] - 13
        for way, outs in (
            ("published", compared.published),
            ("converged", compared.fine),
            ("adjusted", compared.adjusted),
        )
    }
    differ = int((table["spikes_published"] != table["spikes_converged"]).sum())
    text = f"""
What is the model, the equations or the program? The table compares the number of spikes, and
whether a panel still shows its pattern: by the published program (forward Euler), by the same
equations solved to convergence, and with the changes that a port to small steps made
(OpenSourceBrain). The numbers of spikes differ in {differ} of the 20 panels, mostly because Euler
delays every spike. In {", ".join(lost)} the pattern itself is lost:

- **I** The spike comes {latencies["converged"]:.1f} ms after the pulse in place of
  {latencies["published"]:.1f} ms. A long latency needs a stimulus just above threshold, and the
  threshold depends on the step (and on the program's `t > T1 & t < T1+3`, which leaves 2.8 ms of
  the 3-ms pulse). With 6.71 in place of 7.04 the latency is {latencies["adjusted"]:.1f} ms.
- **P** The second pulse no longer stops the firing: it has to meet the right phase of a rhythm that
  is {_period(compared.published["P"]):.2f} ms long in the program and
  {_period(compared.fine["P"]):.2f} ms in the equations. It does so at 208 ms.
- **Q** In place of one spike with a depolarised potential after it, the cell fires
  {table.loc["Q", "spikes_converged"]:.0f} times. With *b* = 0.18 there is one.
- **S** One more spike comes, {compared.fine["S"].spikes["t_ms"].iloc[-1] - 250:.1f} ms after the
  inhibition has ended. If it ends at 220 ms, there is none.
- **T** There is nothing to converge to. A spike lowers *u* by 2, which makes the next spike come
  sooner; *u* has negative *a* and runs away. At {runaway:.1f} ms the intervals are
  shorter than 1/32 ms, and from there the number of spikes is a property of the step size. Euler
  with 0.5 ms allows one spike per step, skips the explosion and shows bursts. With
  *d* = −0.7 the equations do.

Panel **K** needs no change, although the port moves its pulses: with the published stimulus the
converged solution spikes at {compared.fine["K"].spikes["t_ms"].iloc[0]:.1f} ms, to the wider pair.
"""
    section = Section(
        "What belongs to the step size",
        text,
        {"step_size": _step_size_figure(compared, lost, runaway)},
        {"schemes": compared.table},
        {
            "step_size": "Left: the published program. Middle: the same equations, stimulus and "
            "constants, converged; T is cut off where its spikes can no longer be told apart. "
            "Right: converged, with a changed stimulus or constant.",
            "schemes": "Number of spikes and whether the panel holds what it shows. Converged: "
            "Runge–Kutta with 2⁻⁸ ms; a dash where 2⁻⁵ and 2⁻⁸ ms do not agree. "
            "`rk4_error_ms`: largest difference of a spike time between these two.",
        },
    )
    numbers = {
        f"{letter}_spikes_published": float(n) for letter, n in table.spikes_published.items()
    }
    numbers |= {f"{letter}_spikes_converged": n for letter, n in table.spikes_converged.items()}
    numbers |= {f"I_latency_{way}_ms": float(value) for way, value in latencies.items()}
    numbers |= {
        "patterns_lost": float(len(lost)),
        "spike_counts_that_differ": float(differ),
        "T_runaway_ms": runaway,
        "P_period_published_ms": _period(compared.published["P"]),
        "P_period_converged_ms": _period(compared.fine["P"]),
    }
    return section, numbers


def _period(out: Response) -> float:
    """Return the mean of the second to fourth interval."""
    return float(np.diff(out.spikes["t_ms"].to_numpy())[1:4].mean())


def _runaway(out: Response) -> float:
    """Return when the interspike interval falls below 1/32 ms."""
    t = out.spikes["t_ms"].to_numpy()
    return float(t[np.argmax(np.diff(t) < 2**-5)])


def _step_size_figure(compared: Compared, lost: list[str], runaway: float):
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


# ---------------------------------------------------------------------------------------------
# The cells of 2007
# ---------------------------------------------------------------------------------------------
# Currents in pA and lengths in ms of the figures of chapter 8 (8.12, 8.19, 8.23, 8.25, 8.27, 8.31),
# as in OpenSourceBrain/IzhikevichModel, MATLAB/izhi2007.m.
# fmt: off
STEPS_2007 = {
    "RS":  ((60, 70, 85, 100),     520),
    "IB":  ((290, 370, 500, 550),  600),
    "CH":  ((200, 300, 400, 600),  210),
    "LTS": ((100, 125, 200, 300),  320),
    "FS":  ((73.2, 100, 200, 400), 100),
    "TC":  ((50, 100, 150),        650),
}
# fmt: on
ONSET_MS = 50
REBOUND_PA, REBOUND_MS = -1200, 120  # holds TC near -80 mV


def _cells_2007(settings: Settings) -> tuple[Section, dict]:
    panels, rows = {}, []
    for name, (currents, length) in STEPS_2007.items():
        model = IZHIKEVICH_2007.variants[name]
        for current, out in _under_steps(model, currents, length, settings).items():
            title = f"{name}, {current:g} pA" if current > 0 else f"{name}, after {current:g} pA"
            panels.setdefault(name, []).append((title.replace("-", "−"), with_peaks(model, out)))
            rows.append({"cell": name, "I": current, "I_unit": "pA", **_interval_summary(out)})
    table = pd.DataFrame(rows)
    at = table.set_index(["cell", "I"])
    text = f"""
The form of 2007 has the units of a cell: a capacitance, a resting potential, a threshold, currents
in pA. Three cells reset in their own way. LTS: the peak falls and the reset rises with *u*, which
is bounded. FS: *u* is driven by a cubic and does not jump. TC: *u* is driven below −65 mV only, so
inhibition loads it; when the current of {REBOUND_PA:g} pA ends, the cell fires
{at.loc[("TC", REBOUND_PA), "spike_count"]:.0f} spikes, though nothing excites it.

The currents are those of the book's figures. RS at 100 pA fires every
{at.loc[("RS", 100), "last_interval_ms"]:.2f} ms. Number of spikes at the lowest currents:
{at.loc[("IB", 290), "spike_count"]:.0f} (IB, 290 pA), {at.loc[("LTS", 100), "spike_count"]:.0f}
(LTS, 100 pA).
""".replace("-1200", "−1200")
    section = Section(
        "The cells of 2007",
        text,
        {
            "cells_2007_cortical": plot_patterns(
                [panel for name in ("RS", "IB", "CH") for panel in panels[name]]
            ),
            "cells_2007_special": plot_patterns(
                [panel for name in ("LTS", "FS", "TC") for panel in panels[name]]
            ),
        },
        {"cells_2007_intervals": table},
        {
            "cells_2007_cortical": "Regular spiking, intrinsically bursting and chattering cells.",
            "cells_2007_special": "Low-threshold spiking, fast spiking and thalamo-cortical cells, "
            "which have resets of their own.",
            "cells_2007_intervals": "Spikes in the panels above.",
        },
    )
    return section, {
        "RS_2007_100pA_interval_ms": at.loc[("RS", 100), "last_interval_ms"],
        "TC_2007_rebound_spikes": float(at.loc[("TC", REBOUND_PA), "spike_count"]),
    }


def _under_steps(model, currents, length, settings) -> dict[float, Response]:
    """Return the responses of one cell, by current; TC also to an inhibition that ends."""
    first = [*currents, *([REBOUND_PA] if model.name.endswith("tc") else [])]
    second = [max(current, 0) for current in first]
    change = ONSET_MS + REBOUND_MS
    stimulus = Step(first * pA, onset=ONSET_MS * ms, offset=change * ms)
    stimulus += Step(second * pA, onset=change * ms)
    out = response(
        model,
        stimulus,
        (ONSET_MS + length) * ms,
        n=len(first),
        record=("v", "u", "I"),
        start="initial",
        backend=settings.backend,
    )
    return {
        current: Response(
            out.traces[out.traces["neuron"] == k], out.spikes[out.spikes["neuron"] == k]
        )
        for k, current in enumerate(first)
    }


# ---------------------------------------------------------------------------------------------
# F-I curves
# ---------------------------------------------------------------------------------------------
def _fi_of(cells: dict, currents, settings: Settings) -> pd.DataFrame:
    """Return the F-I curves of several cells in one table."""
    duration, discard = (600, 300) if settings.quick else (2000, 1000)
    curves = [
        fi_curve(
            model,
            currents,
            duration=duration * ms,
            discard=discard * ms,
            backend=settings.backend,
        ).assign(cell=name)
        for name, model in cells.items()
    ]
    return pd.concat(curves, ignore_index=True)


def _fi_figure(table: pd.DataFrame):
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


def _onsets(table: pd.DataFrame) -> dict[str, float]:
    """Return the lowest current at which each cell fires on."""
    firing = table[table["rate_Hz"] > 0]
    return firing.groupby("cell", sort=False)["I"].min().to_dict()


def _fi_2003(settings: Settings) -> tuple[Section, dict]:
    currents = np.arange(0, 20.1, 2 if settings.quick else 0.5) * mV / ms
    table = _fi_of(IZHIKEVICH.variants, currents, settings)
    at = table.set_index(["cell", "I"])["rate_Hz"]
    first = table.set_index(["cell", "I"])["first_rate_Hz"]
    text = f"""
Steady rate and rate of the first interval, for a current switched on at rest. Most steady curves
are flatter and straighter, because *u* grows with the rate and subtracts from the current: at
10 mV/ms RS starts with {first["RS", 10.0]:.0f} Hz and ends with {at["RS", 10.0]:.1f} Hz, FS with
{first["FS", 10.0]:.0f} and {at["FS", 10.0]:.1f} Hz. For the bursting cells (IB, CH) the steady rate
is the mean over bursts and pauses, and jumps when a burst gains a spike.
"""
    section = Section(
        "F–I curves of the cells of 2003",
        text,
        {"fi_2003": _fi_figure(table)},
        {"fi_2003_rates": table},
        {
            "fi_2003": "**A** Steady rate. **B** Rate of the first interval.",
            "fi_2003_rates": "Rates, intervals and latencies.",
        },
    )
    return section, {f"{cell}_rate_10_Hz": float(at[cell, 10.0]) for cell in IZHIKEVICH.variants}


def _lts_limit() -> float:
    """Return u in pA at which the LTS cell's peak has come down to its reset."""
    p = {name: q.value for name, q in IZHIKEVICH_2007.variants["LTS"].parameters.items()}
    return (p["v_peak"] - p["c"]) / (p["k_peak"] + p["k_reset"])


def _fi_2007(settings: Settings) -> tuple[Section, dict]:
    currents = np.arange(0, 601, 100 if settings.quick else 20) * pA
    table = _fi_of(IZHIKEVICH_2007.variants, currents, settings)
    at = table.set_index(["cell", "I"])["rate_Hz"]
    onsets = ", ".join(f"{cell} {I:g}" for cell, I in _onsets(table).items())
    text = f"""
The same for the cells of 2007. First current of the sweep at which a cell keeps firing, in pA:
{onsets}. At 400 pA FS fires with {at["FS", 400.0]:.0f} Hz, RS with {at["RS", 400.0]:.1f} Hz.

Much stronger currents are no test of the LTS cell: its peak, 40 − 0.1 *u*, and its reset,
−53 + 0.04 *u*, meet at *u* = {_lts_limit():.1f} pA, just below the bound of *u* (670 pA). Beyond
that every reset is a spike.
"""
    section = Section(
        "F–I curves of the cells of 2007",
        text,
        {"fi_2007": _fi_figure(table)},
        {"fi_2007_rates": table},
        {
            "fi_2007": "**A** Steady rate. **B** Rate of the first interval.",
            "fi_2007_rates": "Rates, intervals and latencies.",
        },
    )
    return section, {f"{cell}_2007_rate_400pA_Hz": float(at[cell, 400.0]) for cell in STEPS_2007}
