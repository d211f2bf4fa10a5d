"""The leaky integrate-and-fire neuron as a first practical meets it.

Phase diagrams, the membrane potential with and without threshold, the F-I curve beside its formula,
and the responses to two stimuli that vary in time. The model's own constants are the practical's.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from brian2 import Quantity, ms, mV, nA, second

from ..analysis import (
    dominant_period,
    lif_rate,
    lif_rate_asymptote,
    lif_rheobase,
    phase_locking,
    residuals,
    spike_pattern_period,
)
from ..analysis.plots import (
    CYCLE,
    label_panels,
    legend_beside,
    new_axes,
    plot_convergence,
    plot_fi,
    plot_onset,
    plot_phase_line,
    plot_raster,
    plot_residuals,
    plot_stimulus_response,
    plot_trace,
    use_style,
)
from ..dynamics import equilibria, velocity
from ..models import LIF
from ..protocols import Constant, Expression, fi_curve, response
from .report import format_number
from .study import Section, Settings, StudyResult

VALUE = {name: parameter.value for name, parameter in LIF.parameters.items()}
DT_MS = float(LIF.dt / ms)
CURRENT_NA = 2.0  # of the sections about the membrane potential

COSINE_PERIOD_MS = 2 * np.pi * 30
# The sum of the five terms has the period 2 pi 3*5*7*11*13 ms. After half of it every argument has
# grown by an odd multiple of pi, so the sum has changed its sign and its square has come back.
FIVE_PERIOD_MS = np.pi * 3 * 5 * 7 * 11 * 13

COSINE = Expression("I_0*cos(t/(30*ms))", {"I_0": 2.5 * nA})
FIVE = Expression(
    "I_0*(cos(t/(3*ms)) + sin(t/(5*ms)) + cos(t/(7*ms)) + sin(t/(11*ms)) + cos(t/(13*ms)))**2",
    {"I_0": 0.35 * nA},
)
# Two time steps: far below any interval between spikes, far above the integration's error.
SAME_SPIKE_MS = 2 * DT_MS


def run(settings: Settings) -> StudyResult:
    """Carry out the study.

    Parameters
    ----------
    settings : Settings
        ``quick`` leaves out the run over two periods of the second stimulus, which takes a minute.

    Returns
    -------
    StudyResult
    """
    both = _membrane(settings)
    parts = [
        _phase_diagrams(),
        _without_threshold(both),
        _with_threshold(both),
        _firing_rate(settings),
        _time_grid(settings),
        _cosine(settings),
        _five_frequencies(settings),
    ]
    numbers = {name: value for _, found in parts for name, value in found.items()}
    return StudyResult(
        name="lif_practical",
        title="The leaky integrate-and-fire neuron",
        summary=_summary(numbers),
        sections=tuple(section for section, _ in parts),
        numbers=numbers,
    )


def _summary(numbers: dict[str, float]) -> str:
    V_th, V_reset = format_number(VALUE["V_th"]), format_number(VALUE["V_reset"])
    return f"""
One linear differential equation and a reset: *τ* d*V*/d*t* = *E*<sub>L</sub> − *V* + *R* *I*, with
*τ* = {VALUE["tau"]:g} ms, *R* = {VALUE["R"]:g} MΩ, *E*<sub>L</sub> = {format_number(VALUE["E_L"])}
mV; at *V*<sub>th</sub> = {V_th} mV the potential is set back to {V_reset} mV. Nearly everything
about it has a formula, so it shows what a simulation gets right and what it does not.
With fourth-order Runge–Kutta and steps of {DT_MS:g} ms the potential is right to
{_short(numbers["rk4_largest_error_mV"])} mV. The firing rate is not, as long as spikes happen
on the time grid only: it is wrong by up to {numbers["grid_largest_relative_error"]:.1%}, and by
{_short(numbers["located_largest_relative_error"])} (relative) when they are located inside the
step. A periodic current gives a response with exactly its period, be that
{COSINE_PERIOD_MS:.1f} ms or {FIVE_PERIOD_MS / 1000:.2f} s.
"""


def _short(value: float) -> str:
    """Write a small number with two digits and a power of ten."""
    return format_number(float(f"{value:.1e}"))


# ---------------------------------------------------------------------------------------------
# Phase diagrams
# ---------------------------------------------------------------------------------------------
def _phase_diagrams() -> tuple[Section, dict]:
    points = pd.concat(
        [equilibria(LIF, I * nA).assign(I=I, I_unit="nA") for I in (0.0, CURRENT_NA)],
        ignore_index=True,
    )[["I", "I_unit", "v_mV", "stable", "eigenvalue_per_ms"]]
    v_mV = np.linspace(-75, -35, 201)
    ax = new_axes(size=(6.5, 3.2))
    for (I, rows), colour in zip(points.groupby("I"), CYCLE, strict=False):
        plot_phase_line(
            v_mV,
            velocity(LIF, v_mV * 1e-3, I * nA),  # V/s is mV/ms
            rows.rename(columns={"v_mV": "v"}),
            ax,
            threshold=VALUE["V_th"],
            label=f"$I$ = {I:g} nA",
            colour=colour,
        )
    at_rest, driven = points["v_mV"]
    slope = round(points["eigenvalue_per_ms"].iloc[0], 6)
    text = f"""
Where d*V*/d*t* is above zero the potential rises, where it is below zero it falls. The line
crosses zero once, downwards: a stable fixed point, at **{format_number(at_rest)} mV** without
current and at *E*<sub>L</sub> + *R* *I* = **{format_number(driven)} mV** with {CURRENT_NA:g} nA.
The current shifts the line and leaves its slope −1/*τ* = {format_number(slope)}/ms as it is. With
{CURRENT_NA:g} nA the fixed point lies beyond the threshold: the potential is on its way there, is
reset at {format_number(VALUE["V_th"])} mV, and never arrives. This is why the cell fires, as soon
as *I* exceeds (*V*<sub>th</sub> − *E*<sub>L</sub>)/*R* = {_rheobase():g} nA.
"""
    section = Section(
        "Phase diagrams",
        text,
        {"phase_diagrams": ax.figure},
        {"fixed_points": points},
        {
            "phase_diagrams": "Velocity of the membrane potential over the potential. The arrows "
            "show where the flow goes.",
            "fixed_points": "Fixed points, found from the equation text.",
        },
    )
    numbers = {
        "fixed_point_0_nA_mV": float(at_rest),
        "fixed_point_2_nA_mV": float(driven),
        "rheobase_nA": _rheobase(),
    }
    return section, numbers


def _rheobase() -> float:
    return lif_rheobase(R=VALUE["R"], E_L=VALUE["E_L"], V_th=VALUE["V_th"])


# ---------------------------------------------------------------------------------------------
# Membrane potential
# ---------------------------------------------------------------------------------------------
def _membrane(settings: Settings):
    """Return the response to a constant current: neuron 0 without threshold, neuron 1 with it."""
    out_of_reach = 1000  # mV
    return response(
        LIF,
        Constant(CURRENT_NA * nA),
        100 * ms,
        n=2,
        vary={"V_th": [out_of_reach, VALUE["V_th"]] * mV},
        backend=settings.backend,
    )


def _of(neuron: int, table: pd.DataFrame) -> pd.DataFrame:
    return table[table["neuron"] == neuron].drop(columns="neuron").reset_index(drop=True)


def _without_threshold(both) -> tuple[Section, dict]:
    found = _of(0, both.traces)
    t = found["t_ms"].to_numpy() / VALUE["tau"]
    found["exact_mV"] = VALUE["E_L"] + VALUE["R"] * CURRENT_NA * -np.expm1(-t)
    found["error_mV"] = found["v_mV"] - found["exact_mV"]
    h = DT_MS / VALUE["tau"]
    expected = -VALUE["R"] * CURRENT_NA * h**4 / 120 * t * np.exp(-t)
    largest = float(found["error_mV"].abs().max())
    text = f"""
Without threshold the potential relaxes to the fixed point,
*V*(*t*) = *E*<sub>L</sub> + *R* *I* (1 − e<sup>−*t*/*τ*</sup>). Runge–Kutta cannot be told apart
from it by eye: the largest error is **{_short(largest)} mV**. It can be predicted, too. One step of
length *h* = Δ*t*/*τ* multiplies the distance from the fixed point by
1 − *h* + *h*²/2 − *h*³/6 + *h*⁴/24, the series of e<sup>−*h*</sup> up to its fourth power. What it
leaves out adds up to −*R* *I* (*h*⁴/120) (*t*/*τ*) e<sup>−*t*/*τ*</sup>, largest after one
time constant (black line below). Halve the step, and it is sixteen times smaller.
"""
    section = Section(
        "Membrane potential without threshold",
        text,
        {"without_threshold": _passive_figure(found, expected)},
        {"without_threshold_samples": found.iloc[:: round(5 / DT_MS)].reset_index(drop=True)},
        {
            "without_threshold": f"**A** Step to {CURRENT_NA:g} nA from rest: Runge–Kutta and the "
            "exact solution. **B** Their difference.",
            "without_threshold_samples": "Every 5 ms.",
        },
    )
    return section, {"rk4_largest_error_mV": largest}


def _passive_figure(found: pd.DataFrame, expected: np.ndarray):
    above, below = new_axes(2, sharex=True, size=(6.5, 4.2), height_ratios=(1.6, 1))
    every = found.iloc[:: round(4 / DT_MS)]
    plot_trace(found, above, y="exact_mV", label="exact", color="black")
    marks = {"linestyle": "none", "marker": "o", "color": CYCLE[0]}
    label = f"Runge–Kutta,\n$\\Delta t$ = {DT_MS:g} ms"
    plot_trace(every, above, label=label, **marks)
    above.set(xlabel="")
    # In units that keep the axis free of an offset in its corner.
    scaled = pd.DataFrame(
        {"t_ms": found["t_ms"], "error": found["error_mV"] * 1e12, "expected": expected * 1e12}
    )
    y_label = "error ($10^{-12}$ mV)"
    plot_trace(scaled, below, y="error", label="Runge–Kutta − exact", color=CYCLE[0])
    plot_trace(scaled, below, y="expected", label="predicted", y_label=y_label, color="black",
               linestyle="--", linewidth=0.8)  # fmt: skip
    above.figure.align_ylabels([above, below])
    label_panels([above, below])
    return above.figure


def _with_threshold(both) -> tuple[Section, dict]:
    spikes = _of(1, both.spikes)
    interval = float(np.diff(spikes["t_ms"]).mean())
    ax = plot_trace(_of(0, both.traces), label="without threshold", color=CYCLE[1])
    plot_trace(_of(1, both.traces), ax, label="with threshold", color=CYCLE[0], spikes=spikes)
    with use_style():
        ax.axhline(VALUE["V_th"], color="grey", linestyle="--", linewidth=0.9, label="threshold")
    legend_beside(ax)
    text = f"""
Up to the first spike both are the same curve. Then the one with threshold starts again from
{format_number(VALUE["V_reset"])} mV, always on the same curve, so all intervals are equal: the time
that the exponential takes from reset to threshold,
*T* = *τ* ln[(*E*<sub>L</sub> + *R* *I* − *V*<sub>reset</sub>)/(*E*<sub>L</sub> + *R* *I* −
*V*<sub>th</sub>)] = *τ* ln 4 = 13.8629 ms. Measured: **{interval:.4f} ms**. The spike itself is
not part of the model; the ticks mark when it happens.
"""
    section = Section(
        "With threshold",
        text,
        {"with_threshold": ax.figure},
        {"spike_times": spikes},
        {
            "with_threshold": f"Step to {CURRENT_NA:g} nA from rest, with and without threshold. "
            "Red ticks: spikes.",
            "spike_times": "Spike times with threshold.",
        },
    )
    return section, {"interval_2_nA_ms": interval}


# ---------------------------------------------------------------------------------------------
# Firing rate
# ---------------------------------------------------------------------------------------------
def _formula(function, I) -> np.ndarray:
    return function(np.asarray(I, dtype=float), **VALUE)


def _measure_rates(settings: Settings, currents_nA, dt_ms: float) -> pd.DataFrame:
    """Return the rates from intervals, located and on the grid, and from the first grid spike."""
    duration, discard = (500, 100) if settings.quick else (2000, 500)
    located, grid = (
        fi_curve(
            LIF,
            currents_nA * nA,
            duration=duration * ms,
            discard=discard * ms,
            dt=dt_ms * ms,
            backend=settings.backend,
            spikes=spikes,
        )
        for spikes in ("located", "grid")
    )
    table = located[["I", "I_unit", "rate_Hz"]].assign(
        grid_rate_Hz=grid["rate_Hz"],
        first_spike_rate_Hz=(1000 / grid["latency_ms"]).fillna(0.0),
        formula_Hz=_formula(lif_rate, currents_nA),
        asymptote_Hz=_formula(lif_rate_asymptote, currents_nA),
    )
    table.attrs = located.attrs
    return table


WAYS = {
    "intervals, located": "rate_Hz",
    "intervals, on the grid": "grid_rate_Hz",
    "first spike, on the grid": "first_spike_rate_Hz",
}


def _firing_rate(settings: Settings) -> tuple[Section, dict]:
    currents_nA = np.arange(0, 51, 5 if settings.quick else 1) / 10
    table = _measure_rates(settings, currents_nA, DT_MS)
    left = {way: _left(table, column) for way, column in WAYS.items()}
    worst = {way: float(rows["relative"].abs().max()) for way, rows in left.items()}
    at = table.set_index("I")
    two, five = at.loc[2.0], at.loc[5.0]
    text = f"""
The formula is *f* = 1/*T* above {_rheobase():g} nA and 0 up to it. The curve starts with an
infinite slope, because just above the rheobase the potential creeps towards a fixed point just
beyond the threshold, and the time for that grows only as a logarithm. At large currents it becomes
a straight line, *R* *I*/(*τ* (*V*<sub>th</sub> − *E*<sub>L</sub>)) − 1/(2*τ*): the exponential is
cut off so early that it is nearly a ramp (panel C: at 5 nA the line is
{five["asymptote_Hz"] - five["formula_Hz"]:.2f} Hz too high).

A student's script counts time in steps and takes 1/*t* of the first spike. At 2 nA:

| | rate (Hz) | largest relative error up to 5 nA |
|---|---|---|
| formula | {two["formula_Hz"]:.4f} | |
| intervals, located in the step | {two["rate_Hz"]:.4f} | {_short(worst["intervals, located"])} |
| intervals, on the grid | {two["grid_rate_Hz"]:.4f} | {worst["intervals, on the grid"]:.2%} |
| first spike, on the grid | {two["first_spike_rate_Hz"]:.4f} | \
{worst["first spike, on the grid"]:.2%} |

On the grid every interval is rounded **up** to whole steps, because the reset waits for the end of
the step. The first spike is rounded **down**, because Brian2 stamps it with the time at which
its step begins. So the two ways err in opposite directions, by up to *f*² Δ*t* each (grey lines in
panel B). Neither gets better by simulating longer.
"""
    section = Section(
        "Firing rate against current",
        text,
        {"fi": _fi_figure(table, left)},
        {"fi_rates": table},
        {
            "fi": "**A** Firing rate. **B** Measured rate minus formula; within the grey lines an "
            "error of less than one step per interval keeps it. **C** Asymptote minus formula.",
            "fi_rates": "Rates measured in three ways, formula and large-current asymptote.",
        },
    )
    numbers = {
        "rate_2_nA_Hz": float(two["rate_Hz"]),
        "rate_5_nA_Hz": float(five["rate_Hz"]),
        "grid_rate_2_nA_Hz": float(two["grid_rate_Hz"]),
        "first_spike_rate_2_nA_Hz": float(two["first_spike_rate_Hz"]),
        "located_largest_relative_error": worst["intervals, located"],
        "grid_largest_relative_error": worst["intervals, on the grid"],
        "first_spike_largest_relative_error": worst["first spike, on the grid"],
        "asymptote_minus_formula_5_nA_Hz": float(five["asymptote_Hz"] - five["formula_Hz"]),
    }
    return section, numbers


def _left(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the residuals of one way of measuring."""
    rates = table[["I", "I_unit"]].assign(rate_Hz=table[column])
    return residuals(rates, table["formula_Hz"].to_numpy()).assign(I_unit="nA")


def _fi_figure(table: pd.DataFrame, left: dict[str, pd.DataFrame]):
    axes = new_axes(3, sharex=True, size=(6.5, 6.6), height_ratios=(2, 1.2, 0.8))
    plot_fi(table, axes[0], closed_form=lambda I: _formula(lif_rate, I), label="intervals, located")
    plot_fi(table, axes[0], rate="first_spike_rate_Hz", label="first spike, on the grid",
            linestyle="none", marker="x", markersize=3.5, color=CYCLE[3])  # fmt: skip
    positive = table[table["asymptote_Hz"] > 0]
    plot_fi(positive, axes[0], rate="asymptote_Hz", label="asymptote", marker="none",
            linestyle="--", color=CYCLE[1])  # fmt: skip
    axes[0].set_ylabel("firing rate (Hz)")
    for way, rows, colour in zip(left, left.values(), (CYCLE[0], CYCLE[2], CYCLE[3]), strict=True):
        plot_residuals(rows, axes[1], label=way, color=colour)
    f = _formula(lif_rate, table["I"])
    for sign in (-1, 1):
        bound = f / (1 - sign * f * DT_MS / 1000) - f
        name = "one step per interval" if sign > 0 else None
        plot_residuals(table.assign(bound_Hz=bound), axes[1], y="bound_Hz", label=name,
                       marker="none", color="grey", linestyle=":", linewidth=1)  # fmt: skip
    axes[1].set_ylabel("residual (Hz)")
    gap = table["asymptote_Hz"] - table["formula_Hz"]
    above = table.assign(gap_Hz=gap)[table["I"] > _rheobase()]
    plot_residuals(above, axes[2], y="gap_Hz", label="asymptote − formula", color=CYCLE[1])
    axes[2].set_ylabel("residual (Hz)")
    for ax in axes[:2]:
        ax.set_xlabel("")
    axes[0].figure.align_ylabels(axes)
    label_panels(axes)
    return axes[0].figure


# ---------------------------------------------------------------------------------------------
# What the time grid costs
# ---------------------------------------------------------------------------------------------
def _time_grid(settings: Settings) -> tuple[Section, dict]:
    steps = (0.4, 0.2) if settings.quick else (0.8, 0.4, 0.2, 0.1, 0.05, 0.025, 0.0125)
    currents_nA = np.arange(16, 51, 17 if settings.quick else 1) / 10
    table = pd.concat([_errors(settings, currents_nA, dt) for dt in steps], ignore_index=True)
    orders = {way: _order(rows) for way, rows in table.groupby("rate_from", sort=False)}
    ax = new_axes(size=(6.5, 3.4))
    plot_convergence(table, ax, by="rate_from", error="largest_relative_error",
                     error_label="largest relative error of the rate")  # fmt: skip
    grid, located = (
        table[table["rate_from"] == way].set_index("dt_ms")
        for way in ("intervals, on the grid", "intervals, located")
    )
    text = f"""
Runge–Kutta is of fourth order, and the time grid takes that away. With spikes on the grid the
error of the rate falls only in proportion to the step (order
{orders["intervals, on the grid"]:.2f}): from {grid["largest_relative_error"].iloc[0]:.1%} at
{grid.index[0]:g} ms to {grid["largest_relative_error"].iloc[-1]:.2%} at {grid.index[-1]:g} ms,
for {grid.index[0] / grid.index[-1]:.0f} times as many steps. If the crossing is found inside the
step, the state reset there, and the rest of the step integrated from the reset, the order comes
back ({orders["intervals, located"]:.2f}), and already at the longest step the error is
{_short(located["largest_relative_error"].iloc[0])}.
"""
    section = Section(
        "What the time grid costs",
        text,
        {"time_grid": ax.figure},
        {"time_grid_errors": table},
        {
            "time_grid": f"Largest relative error of the rate for currents from "
            f"{currents_nA[0]:g} to {currents_nA[-1]:g} nA.",
            "time_grid_errors": "The same as numbers.",
        },
    )
    numbers = {
        "grid_order": orders["intervals, on the grid"],
        "located_order": orders["intervals, located"],
    }
    return section, numbers


def _errors(settings: Settings, currents_nA: np.ndarray, dt_ms: float) -> pd.DataFrame:
    rates = _measure_rates(settings, currents_nA, dt_ms)
    worst = [_left(rates, column)["relative"].abs().max() for column in WAYS.values()]
    return pd.DataFrame({"dt_ms": dt_ms, "rate_from": list(WAYS), "largest_relative_error": worst})


def _order(rows: pd.DataFrame) -> float:
    """Return the median slope of log error over log step, as the figure's legend does."""
    step, error = np.log(rows["dt_ms"]), np.log(rows["largest_relative_error"])
    return float(np.median(np.diff(error) / np.diff(step)))


# ---------------------------------------------------------------------------------------------
# Stimuli that vary in time
# ---------------------------------------------------------------------------------------------
def _driven(settings: Settings, stimulus: Expression, duration: Quantity, record_dt: Quantity):
    return response(
        LIF,
        stimulus,
        duration,
        record=("v", "I"),
        record_dt=record_dt,
        backend=settings.backend,
    )


def _shown(found, until_ms: float):
    """Draw the beginning of a response."""
    traces = found.traces[found.traces["t_ms"] <= until_ms]
    spikes = found.spikes[found.spikes["t_ms"] <= until_ms]
    upper, _ = plot_stimulus_response(traces, spikes=spikes)
    with use_style():
        upper.axhline(VALUE["V_th"], color="grey", linestyle="--", linewidth=0.9)
    return upper.figure


def _cosine(settings: Settings) -> tuple[Section, dict]:
    cycles = 6 if settings.quick else 26
    found = _driven(settings, COSINE, cycles * COSINE_PERIOD_MS * ms, DT_MS * ms)
    period = COSINE_PERIOD_MS
    spikes = found.spikes["t_ms"].to_numpy()
    steady = spikes[spikes > period]
    locking = phase_locking(steady, period)
    pattern = spike_pattern_period(steady, period, tolerance_ms=SAME_SPIKE_MS)
    apart = _apart(steady, period)
    trace = found.traces[found.traces["t_ms"] > period]
    # A reset of 15 mV, seen up to one sample earlier or later four times in a cycle, makes a
    # relative difference of up to 0.03 between cycles that are alike.
    like = dominant_period(trace["t_ms"], trace["v_mV"], tolerance=0.05)
    text = f"""
*I*<sub>0</sub> cos(*t*/30 ms) with *I*<sub>0</sub> = 2.5 nA has the period 2π · 30 ms =
{period:.3f} ms. The cell fires around the maximum of the current, {locking.spikes_per_cycle:g}
spikes per cycle. Those at the very beginning come later, because the cell starts at rest with
the current already at its maximum. Then the potential follows the current down for many time
constants, forgets where it was, and every cycle begins alike.

Measured after the first cycle: the pattern of spikes repeats after **{pattern} cycle**, each
spike within {_short(apart)} ms of its counterpart one cycle earlier; the membrane potential
is most like itself after {like.period_ms:.3f} ms (relative difference {like.mismatch:.2f}, from
the jumps at the resets, which fall between other samples). The vector strength,
{locking.vector_strength:.3f}, is below 1 although the locking is perfect: it measures how
narrowly the spikes crowd around one phase, and here {locking.spikes_per_cycle:g} different phases
share every cycle.
"""
    section = Section(
        "Response to a cosine",
        text,
        {"cosine": _shown(found, 3.2 * period), "cosine_cycles": _cycles_figure(spikes, period)},
        captions={
            "cosine": "Membrane potential with spikes (red) above, stimulus below.",
            "cosine_cycles": "Spike times within the cycle, one row per cycle: locked from the "
            "second cycle on.",
        },
    )
    numbers = {
        "cosine_period_ms": like.period_ms,
        "cosine_pattern_cycles": float("nan") if pattern is None else pattern,
        "cosine_spikes_per_cycle": locking.spikes_per_cycle,
        "cosine_vector_strength": locking.vector_strength,
        "cosine_largest_spike_shift_ms": apart,
    }
    return section, numbers


def _cycles_figure(spikes: np.ndarray, period: float):
    cycle, time = np.divmod(spikes, period)
    table = pd.DataFrame({"neuron": cycle.astype(int) + 1, "t_ms": time})
    ax = plot_raster(table)
    ax.set(xlabel="time since the maximum of the current (ms)", ylabel="cycle", xlim=(0, period))
    return ax.figure


def _apart(spikes: np.ndarray, lag: float) -> float:
    """Return the largest distance of a spike, moved by `lag`, from the spike nearest to it."""
    moved = spikes[spikes + lag <= spikes[-1]] + lag
    return float(_nearest(moved, spikes).max())


def _nearest(times: np.ndarray, spikes: np.ndarray) -> np.ndarray:
    """Return the distance of each time from the nearest spike."""
    after = np.clip(np.searchsorted(spikes, times), 1, len(spikes) - 1)
    return np.minimum(np.abs(spikes[after] - times), np.abs(times - spikes[after - 1]))


def _five_frequencies(settings: Settings) -> tuple[Section, dict]:
    lengths_s = (0.5, 1) if settings.quick else (1, 2, 5, 10)
    found = _driven(settings, FIVE, lengths_s[-1] * second, 2 * DT_MS * ms)
    alike = _best_resemblance(found.traces, lengths_s)
    spikes = found.spikes["t_ms"].to_numpy() if settings.quick else _two_periods(settings)
    spikes = spikes[spikes > 200]  # twenty time constants: the start is forgotten
    lags = _recurring(spikes)
    apart = float("nan") if settings.quick else _apart(spikes, FIVE_PERIOD_MS)
    shortest = lags["lag_s"][lags["recurring"] == 1.0].min()
    early = lags[lags["lag_s"] < FIVE_PERIOD_MS / 1000 - 1e-3]
    verified = (
        "The quick version of this study does not run that long."
        if settings.quick
        else f"""Run for two periods ({2 * FIVE_PERIOD_MS / 1000:.1f} s), every spike of the first
comes back in the second, none more than **{_short(apart)} ms** away from its place. The shortest
lag at which all spikes recur is **{shortest:.4f} s**; at every shorter one at most
{early["recurring"].max():.0%} of them do."""
    )
    text = f"""
The sum of cosines and sines with the periods 2π · 3, 5, 7, 11 and 13 ms repeats when all five do,
after 2π · 15015 ms. Its square repeats after half of that: by then every argument has grown by an
odd multiple of π, and the sum has just changed its sign. So the period of
.35 nA · [cos(*t*/3) + sin(*t*/5) + cos(*t*/7) + sin(*t*/11) + cos(*t*/13)]² is
15015π ms = {FIVE_PERIOD_MS / 1000:.2f} s, and in any recording of usual length the response looks
irregular: within {lengths_s[-1]} s, the lag at which the potential is most like itself
still leaves a relative difference of {alike["mismatch"].iloc[-1]:.2f} (0 would be periodic, 1.4
nothing in common).

{verified} Nothing random is in it, and there is no chaos either: the cell follows its input, and
what looks irregular is the input.
"""
    section = Section(
        "Response to five frequencies",
        text,
        {"five_frequencies": _shown(found, 1000), "five_lags": _lags_figure(lags)},
        {"five_resemblance": alike},
        {
            "five_frequencies": "The first second: membrane potential with spikes (red) above, "
            "stimulus below.",
            "five_lags": "Fraction of the spikes that have a counterpart (within "
            f"{SAME_SPIKE_MS:g} ms) one lag later, for every lag that carries the first spike onto "
            "another one: no other lag could be a period.",
            "five_resemblance": "The lag at which the membrane potential is most like itself, in "
            "recordings of different length: its correlation and relative difference there.",
        },
    )
    numbers = {
        "five_period_ms": FIVE_PERIOD_MS,
        "five_shortest_repeat_ms": float(shortest * 1000),
        "five_largest_spike_shift_ms": apart,
        "five_smallest_short_mismatch": float(alike["mismatch"].min()),
        "five_largest_recurring_fraction_before": float(early["recurring"].max()),
    }
    return section, numbers


def _best_resemblance(traces: pd.DataFrame, lengths_s) -> pd.DataFrame:
    rows = []
    for length in lengths_s:
        part = traces[traces["t_ms"] < length * 1000]
        like = dominant_period(part["t_ms"], part["v_mV"])
        rows.append({"recorded_s": length, "lag_ms": like.period_ms, "correlation": like.strength,
                     "mismatch": like.mismatch, "periodic": like.periodic})  # fmt: skip
    return pd.DataFrame(rows)


def _two_periods(settings: Settings) -> np.ndarray:
    """Return the spike times of two periods, and a little more for the spikes at the end."""
    duration = (2 * FIVE_PERIOD_MS + 500) * ms
    found = response(LIF, FIVE, duration, record=(), backend=settings.backend)
    return found.spikes["t_ms"].to_numpy()


def _recurring(spikes: np.ndarray) -> pd.DataFrame:
    """Return, for every lag that could be a period, which part of the spikes recurs after it.

    A period carries the first spike onto a later one, so only those lags are tried; and at most
    half of the record, so that each is judged by as many spikes as it lasts.
    """
    lags = spikes[1:] - spikes[0]
    lags = lags[lags <= (spikes[-1] - spikes[0]) / 2]
    rows = []
    for lag in lags:
        moved = spikes[spikes + lag <= spikes[-1]] + lag
        rows.append(np.mean(_nearest(moved, spikes) <= SAME_SPIKE_MS))
    return pd.DataFrame({"lag_s": lags / 1000, "recurring": rows})


def _lags_figure(lags: pd.DataFrame):
    ax = new_axes(size=(6.5, 2.4))
    plot_onset(lags, ax, x="lag_s", y="recurring", linestyle="none", marker=".")
    with use_style():
        ax.axhline(1.0, color="grey", linestyle="--", linewidth=0.9, label="periodic")
    legend_beside(ax)
    ax.set(ylabel="recurring spikes (fraction)", ylim=(0, 1.05))
    return ax.figure
