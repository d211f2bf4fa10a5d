"""The sections of the practical: what is measured for each, drawn and said."""

from __future__ import annotations

import numpy as np
import pandas as pd
from brian2 import ms, nA, second

from ...analysis import dominant_period, phase_locking, spike_pattern_period
from ...analysis.plots import (
    CYCLE,
    legend_beside,
    new_axes,
    plot_convergence,
    plot_phase_line,
    plot_trace,
    use_style,
)
from ...dynamics import equilibria, velocity
from ...models import LIF
from ...protocols import Expression
from ..study import Section, Settings
from .common import (
    COSINE_PERIOD_MS,
    CURRENT_NA,
    DT_MS,
    FIVE,
    FIVE_PERIOD_MS,
    SAME_SPIKE_MS,
    VALUE,
    WAYS,
    of_neuron,
    rheobase_nA,
)
from .figures import cycles_figure, draw_until, fi_figure, lags_figure, passive_figure
from .measure import (
    best_resemblance,
    driven_response,
    largest_shift,
    measure_rates,
    order_of,
    rate_errors,
    rate_residuals,
    recurring_after,
    two_periods,
)
from .text import (
    COSINE_CAPTIONS,
    FIRING_RATE_CAPTIONS,
    FIVE_FREQUENCIES_CAPTIONS,
    PHASE_DIAGRAMS_CAPTIONS,
    WITH_THRESHOLD_CAPTIONS,
    WITHOUT_THRESHOLD_CAPTIONS,
    cosine_text,
    firing_rate_text,
    five_frequencies_text,
    phase_diagrams_text,
    short,
    time_grid_captions,
    time_grid_text,
    with_threshold_text,
    without_threshold_text,
)

COSINE = Expression("I_0*cos(t/(30*ms))", {"I_0": 2.5 * nA})


def phase_diagrams() -> tuple[Section, dict]:
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
    text = phase_diagrams_text(at_rest, driven, slope)
    section = Section(
        "Phase diagrams",
        text,
        {"phase_diagrams": ax.figure},
        {"fixed_points": points},
        PHASE_DIAGRAMS_CAPTIONS,
    )
    numbers = {
        "fixed_point_0_nA_mV": float(at_rest),
        "fixed_point_2_nA_mV": float(driven),
        "rheobase_nA": rheobase_nA(),
    }
    return section, numbers


def without_threshold(both) -> tuple[Section, dict]:
    found = of_neuron(0, both.traces)
    t = found["t_ms"].to_numpy() / VALUE["tau"]
    found["exact_mV"] = VALUE["E_L"] + VALUE["R"] * CURRENT_NA * -np.expm1(-t)
    found["error_mV"] = found["v_mV"] - found["exact_mV"]
    h = DT_MS / VALUE["tau"]
    expected = -VALUE["R"] * CURRENT_NA * h**4 / 120 * t * np.exp(-t)
    largest = float(found["error_mV"].abs().max())
    text = without_threshold_text(largest)
    section = Section(
        "Membrane potential without threshold",
        text,
        {"without_threshold": passive_figure(found, expected)},
        {"without_threshold_samples": found.iloc[:: round(5 / DT_MS)].reset_index(drop=True)},
        WITHOUT_THRESHOLD_CAPTIONS,
    )
    return section, {"rk4_largest_error_mV": largest}


def with_threshold(both) -> tuple[Section, dict]:
    spikes = of_neuron(1, both.spikes)
    interval = float(np.diff(spikes["t_ms"]).mean())
    ax = plot_trace(of_neuron(0, both.traces), label="without threshold", color=CYCLE[1])
    plot_trace(of_neuron(1, both.traces), ax, label="with threshold", color=CYCLE[0], spikes=spikes)
    with use_style():
        ax.axhline(VALUE["V_th"], color="grey", linestyle="--", linewidth=0.9, label="threshold")
    legend_beside(ax)
    text = with_threshold_text(interval)
    section = Section(
        "With threshold",
        text,
        {"with_threshold": ax.figure},
        {"spike_times": spikes},
        WITH_THRESHOLD_CAPTIONS,
    )
    return section, {"interval_2_nA_ms": interval}


def firing_rate(settings: Settings) -> tuple[Section, dict]:
    currents_nA = np.arange(0, 51, 5 if settings.quick else 1) / 10
    table = measure_rates(settings, currents_nA, DT_MS)
    left = {way: rate_residuals(table, column) for way, column in WAYS.items()}
    worst = {way: float(rows["relative"].abs().max()) for way, rows in left.items()}
    at = table.set_index("I")
    two, five = at.loc[2.0], at.loc[5.0]
    text = firing_rate_text(five, two, worst)
    section = Section(
        "Firing rate against current",
        text,
        {"fi": fi_figure(table, left)},
        {"fi_rates": table},
        FIRING_RATE_CAPTIONS,
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


def time_grid(settings: Settings) -> tuple[Section, dict]:
    steps = (0.4, 0.2) if settings.quick else (0.8, 0.4, 0.2, 0.1, 0.05, 0.025, 0.0125)
    currents_nA = np.arange(16, 51, 17 if settings.quick else 1) / 10
    table = pd.concat([rate_errors(settings, currents_nA, dt) for dt in steps], ignore_index=True)
    orders = {way: order_of(rows) for way, rows in table.groupby("rate_from", sort=False)}
    ax = new_axes(size=(6.5, 3.4))
    plot_convergence(table, ax, by="rate_from", error="largest_relative_error",
                     error_label="largest relative error of the rate")  # fmt: skip
    grid, located = (
        table[table["rate_from"] == way].set_index("dt_ms")
        for way in ("intervals, on the grid", "intervals, located")
    )
    text = time_grid_text(orders, grid, located)
    section = Section(
        "What the time grid costs",
        text,
        {"time_grid": ax.figure},
        {"time_grid_errors": table},
        time_grid_captions(currents_nA),
    )
    numbers = {
        "grid_order": orders["intervals, on the grid"],
        "located_order": orders["intervals, located"],
    }
    return section, numbers


def cosine(settings: Settings) -> tuple[Section, dict]:
    cycles = 6 if settings.quick else 26
    found = driven_response(settings, COSINE, cycles * COSINE_PERIOD_MS * ms, DT_MS * ms)
    period = COSINE_PERIOD_MS
    spikes = found.spikes["t_ms"].to_numpy()
    steady = spikes[spikes > period]
    locking = phase_locking(steady, period)
    pattern = spike_pattern_period(steady, period, tolerance_ms=SAME_SPIKE_MS)
    apart = largest_shift(steady, period)
    trace = found.traces[found.traces["t_ms"] > period]
    # A reset of 15 mV, seen up to one sample earlier or later four times in a cycle, makes a
    # relative difference of up to 0.03 between cycles that are alike.
    like = dominant_period(trace["t_ms"], trace["v_mV"], tolerance=0.05)
    text = cosine_text(period, locking, pattern, apart, like)
    section = Section(
        "Response to a cosine",
        text,
        {"cosine": draw_until(found, 3.2 * period), "cosine_cycles": cycles_figure(spikes, period)},
        captions=COSINE_CAPTIONS,
    )
    numbers = {
        "cosine_period_ms": like.period_ms,
        "cosine_pattern_cycles": float("nan") if pattern is None else pattern,
        "cosine_spikes_per_cycle": locking.spikes_per_cycle,
        "cosine_vector_strength": locking.vector_strength,
        "cosine_largest_spike_shift_ms": apart,
    }
    return section, numbers


def five_frequencies(settings: Settings) -> tuple[Section, dict]:
    lengths_s = (0.5, 1) if settings.quick else (1, 2, 5, 10)
    found = driven_response(settings, FIVE, lengths_s[-1] * second, 2 * DT_MS * ms)
    alike = best_resemblance(found.traces, lengths_s)
    spikes = found.spikes["t_ms"].to_numpy() if settings.quick else two_periods(settings)
    spikes = spikes[spikes > 200]  # twenty time constants: the start is forgotten
    lags = recurring_after(spikes)
    apart = float("nan") if settings.quick else largest_shift(spikes, FIVE_PERIOD_MS)
    shortest = lags["lag_s"][lags["recurring"] == 1.0].min()
    early = lags[lags["lag_s"] < FIVE_PERIOD_MS / 1000 - 1e-3]
    verified = (
        "The quick version of this study does not run that long."
        if settings.quick
        else f"""Run for two periods ({2 * FIVE_PERIOD_MS / 1000:.1f} s), every spike of the first
comes back in the second, none more than **{short(apart)} ms** away from its place. The shortest
lag at which all spikes recur is **{shortest:.4f} s**; at every shorter one at most
{early["recurring"].max():.0%} of them do."""
    )
    text = five_frequencies_text(lengths_s, alike, verified)
    section = Section(
        "Response to five frequencies",
        text,
        {"five_frequencies": draw_until(found, 1000), "five_lags": lags_figure(lags)},
        {"five_resemblance": alike},
        FIVE_FREQUENCIES_CAPTIONS,
    )
    numbers = {
        "five_period_ms": FIVE_PERIOD_MS,
        "five_shortest_repeat_ms": float(shortest * 1000),
        "five_largest_spike_shift_ms": apart,
        "five_smallest_short_mismatch": float(alike["mismatch"].min()),
        "five_largest_recurring_fraction_before": float(early["recurring"].max()),
    }
    return section, numbers
