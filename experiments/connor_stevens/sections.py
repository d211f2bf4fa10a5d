"""The sections of the Connor-Stevens study: what is measured for each, drawn and said."""

import numpy as np
import pandas as pd
from brian2 import Quantity, ms, mV

from ...analysis import spike_shapes
from ...analysis.plots import plot_voltage_clamp
from ...dynamics import saddle_node
from ...models import CONNOR_STEVENS, CONNOR_STEVENS_1977
from ...protocols import Step, fi_curve, response
from ...protocols.clamp.gating_curves import gating_curves
from ..study import Section, Settings
from .common import (
    CONDUCTANCE,
    CURRENTS,
    DENSITY,
    DT,
    G_A,
    GATES,
    LEAK_SHIFT,
    MULTIPLES,
    WRONG_LEAK,
    row_at,
    with_A,
)
from .faults import EFFECTS, fault_curves, rate_at
from .figure_plane import draw_plane
from .figures import (
    draw_cell,
    draw_clamp_curves,
    draw_constants,
    draw_delay,
    draw_family,
    draw_faults,
    draw_gating,
    draw_hysteresis,
    draw_law,
    draw_onset,
    draw_surface,
    draw_types,
)
from .measure_cell import clamp_family, latencies, rest_table, window_current
from .measure_conductance import hysteresis_limits, hysteresis_loop, returning_b, swept
from .measure_plane import crossing, plane, verdicts
from .measure_types import square_root_law, type_curves
from .text import (
    A_CURRENT_CAPTIONS,
    ACTION_POTENTIAL_CAPTIONS,
    COMMON_FAULTS_CAPTIONS,
    FIRST_SPIKE_DELAY_CAPTIONS,
    GATES_SECTION_CAPTIONS,
    HYSTERESIS_SECTION_CAPTIONS,
    SWEEP_SECTION_CAPTIONS,
    TWO_CONSTANT_SETS_CAPTIONS,
    TYPES_SECTION_CAPTIONS,
    a_current_text,
    action_potential_text,
    common_faults_text,
    first_spike_delay_text,
    gates_section_text,
    hysteresis_section_text,
    sweep_section_text,
    two_constant_sets_text,
    types_section_text,
)

ONSET_MS = 20.0


def two_constant_sets(settings: Settings) -> tuple[Section, dict]:
    currents = np.linspace(10, 50, 5 if settings.quick else 21) * DENSITY
    times = {"duration": 1000 * ms, "discard": 300 * ms, "dt": DT, "backend": settings.backend}
    vary = {"g_A": [G_A] * CONDUCTANCE}
    rounded, original = (
        fi_curve(model, currents, vary=vary, **times)
        for model in (CONNOR_STEVENS, CONNOR_STEVENS_1977)
    )
    table = rounded[["I", "I_unit"]].assign(
        rounded_Hz=rounded["rate_Hz"], original_Hz=original["rate_Hz"]
    )
    table["difference_percent"] = 100 * (table["rounded_Hz"] / table["original_Hz"] - 1)
    table.attrs = {"I_unit": rounded.attrs["I_unit"]}
    at_20 = table.loc[(table["I"] - 20).abs().idxmin()]
    largest = table["difference_percent"].abs().max()
    text = two_constant_sets_text(largest, at_20)
    section = Section(
        "Two sets of constants",
        text,
        figures={"constant_sets": draw_constants(rounded, original, table)},
        tables={"constant_sets_rates": table},
        captions=TWO_CONSTANT_SETS_CAPTIONS,
    )
    return section, {
        "rate_20_1977_Hz": at_20.original_Hz,
        "largest_difference_percent": largest,
    }


def common_faults(settings: Settings) -> tuple[Section, dict]:
    curves = fault_curves(settings)
    table = pd.DataFrame(
        [
            {"fault": fault, "rate_10_Hz": rate_at(curve, 10), "rate_20_Hz": rate_at(curve, 20)}
            for fault, curve in curves.items()
        ]
    )
    table["change_percent"] = 100 * (table["rate_20_Hz"] / table["rate_20_Hz"][0] - 1)
    table["effect"] = list(EFFECTS.values())
    shifted = rate_at(curves[WRONG_LEAK], 20 + LEAK_SHIFT)
    numbers = {f"fault_{key}_Hz": rate for key, rate in
               zip(EFFECTS, table["rate_20_Hz"], strict=True)}  # fmt: skip
    numbers["fault_leak_shifted_Hz"] = shifted
    change = dict(zip(EFFECTS, table["change_percent"], strict=True))
    text = common_faults_text(change, shifted, numbers)
    section = Section(
        "Common faults",
        text,
        figures={"faults": draw_faults(curves)},
        tables={"fault_rates": table},
        captions=COMMON_FAULTS_CAPTIONS,
    )
    return section, numbers


def cell_sections(
    settings: Settings, moved_leak_threshold: float
) -> list[tuple[Section, dict[str, float]]]:
    """Return the sections on the cell, each with its numbers.

    Parameters
    ----------
    settings : Settings
    moved_leak_threshold : float
        Threshold of the cell without A-current whose leak is moved, uA/cm2.

    Returns
    -------
    list of (Section, dict)
    """
    rheobase, _ = saddle_node(CONNOR_STEVENS)
    currents = np.array([10.0, *(x * rheobase for x in MULTIPLES)])
    out = response(
        CONNOR_STEVENS,
        Step(Quantity(currents * DENSITY), onset=ONSET_MS * ms),
        300 * ms,
        n=len(currents),
        record=("v", *GATES, *CURRENTS),
        dt=DT,
        backend=settings.backend,
    )
    traces, spikes = out.traces, out.spikes
    first = spikes.groupby("neuron")["t_ms"].min()
    approach = traces[(traces["neuron"] > 0) & (traces["t_ms"] < traces["neuron"].map(first) + 4)]
    return [
        action_potential(traces[traces["neuron"] == 0]),
        gates_section(settings),
        first_spike_delay(settings, rheobase, moved_leak_threshold, approach),
    ]


def action_potential(traces: pd.DataFrame) -> tuple[Section, dict]:
    rest = rest_table(traces)
    spikes = spike_shapes(traces["t_ms"], traces["v_mV"])
    at_rest = rest.set_index("quantity")["value"]
    shape = spikes.iloc[0]
    peak = {name: traces[f"{name}_uA_per_cm2"].max() for name in ("I_K", "I_A")}
    text = action_potential_text(at_rest, shape, peak)
    section = Section(
        "The cell and its action potential",
        text,
        figures={"action_potential": draw_cell(traces, shape.t_peak_ms)},
        tables={"rest": rest, "spike_shapes": spikes},
        captions=ACTION_POTENTIAL_CAPTIONS,
    )
    numbers = {"rest_mV": at_rest["v (mV)"]} | {f"rest_{gate}": at_rest[gate] for gate in GATES}
    return section, numbers


def first_spike_delay(
    settings: Settings, rheobase: float, moved_leak_threshold: float, approach: pd.DataFrame
) -> tuple[Section, dict]:
    late, early = latencies(settings, rheobase, moved_leak_threshold)
    at = late.loc[(late["I_relative"] - 1.1).abs().idxmin(), "latency_ms"]
    first = late.loc[late["excess"].idxmin()]
    text = first_spike_delay_text(rheobase, at, first, early)
    section = Section(
        "Why the first spike is late",
        text,
        figures={"delay": draw_delay(approach, late, early)},
        tables={
            "latency": late.drop(columns="excess"),
            "latency_no_A": early.drop(columns="excess"),
        },
        captions=FIRST_SPIKE_DELAY_CAPTIONS,
    )
    return section, {"latency_1p1_ms": float(at)}


def conductance_sections(settings: Settings) -> list[tuple[Section, dict[str, float]]]:
    """Return the sections on the amount of A-current, on hysteresis and on the plane of both.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    list of (Section, dict)
    """
    return [sweep_section(settings), hysteresis_section(settings), a_current(settings)]


def sweep_section(settings: Settings) -> tuple[Section, dict]:
    surface, onset = swept(settings)
    slowest = onset.loc[onset["onset_rate_Hz"].idxmin()]
    jumps = onset[(onset["g_A"] > slowest.g_A) & (onset["onset_rate_Hz"] > 10)]["g_A"].min() / G_A
    folds = pd.DataFrame({"multiple": np.round(np.arange(0.9, 3.001, 0.01), 2)})
    folds["I"] = [saddle_node(with_A(x))[0] for x in folds["multiple"]]
    folds = folds.dropna()
    longest = onset.loc[onset["latency_ms"].idxmax()]
    text = sweep_section_text(folds, onset, slowest, jumps, longest)
    section = Section(
        "More and less A-current",
        text,
        figures={
            "fi_surface": draw_surface(surface, onset),
            "fi_family": draw_family(surface, onset),
            "onset": draw_onset(onset, folds),
        },
        tables={"sweep": onset, "surface": surface},
        captions=SWEEP_SECTION_CAPTIONS,
    )
    return section, {}


def hysteresis_section(settings: Settings) -> tuple[Section, dict]:
    limits = hysteresis_limits(settings)
    twice = limits[np.isclose(limits["multiple"], 2.0)].iloc[0]
    loop = hysteresis_loop(settings, twice.I_down, twice.I_up)
    returning = returning_b(settings, (twice.I_down + twice.I_up) / 2, twice.I_up + 1.5)
    fold = saddle_node(with_A(2.0))[0]
    text = hysteresis_section_text(twice, fold, returning)
    section = Section(
        "Too much A-current: hysteresis",
        text,
        figures={"hysteresis": draw_hysteresis(loop, limits)},
        tables={"loop": loop, "limits": limits},
        captions=HYSTERESIS_SECTION_CAPTIONS,
    )
    return section, {
        "up_2x_uA_per_cm2": twice.I_up,
        "down_2x_uA_per_cm2": twice.I_down,
        "returning_b": returning["b"],
        "steady_b": returning["b_inf"],
    }


def a_current(settings: Settings) -> tuple[Section, dict[str, float]]:
    """Return the section on the plane of A-type conductance and input, and its numbers.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    (Section, dict)
    """
    found = plane(settings)
    types = verdicts(found, settings)
    section = Section(
        "One plane for all onsets",
        a_current_text(found.points, types, crossing(found)),
        figures={"a_current_plane": draw_plane(found, types)},
        tables={
            "a_current_points": found.points,
            "a_current_verdicts": types,
            "a_current_curves": found.table,
        },
        captions=A_CURRENT_CAPTIONS,
    )
    at = found.points.set_index("type")
    names = {"bogdanov_takens": "Bogdanov-Takens", "generalised_hopf": "generalised Hopf",
             "saddle_node_loop": "saddle-node loop"}  # fmt: skip
    places = {f"{name}_{axis}": at.loc[kind, f"{axis}_per_cm2"]
              for name, kind in names.items() for axis in ("g_A_mS", "I_uA")}  # fmt: skip
    return section, places | {"type_I_from_g_A_mS": crossing(found)}


def gates_section(settings: Settings) -> tuple[Section, dict[str, float]]:
    """Return the section on the gates, and its numbers.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    (Section, dict)
    """
    curves = gating_curves(CONNOR_STEVENS)
    landmarks = gating_curves(CONNOR_STEVENS, [-100, -67.98, -50, 0] * mV)
    window = window_current(curves)
    clamp, measured = clamp_family(settings)
    tau = landmarks.set_index(["gate", "v_mV"])["tau_ms"]
    recovered = measured["recovery"].attrs["fit"]["tau_ms"]
    text = gates_section_text(window, tau, recovered)
    section = Section(
        "Five gates, and the A-current in voltage clamp",
        text,
        figures={
            "gating": draw_gating(curves, window),
            "voltage_clamp": plot_voltage_clamp(clamp, current="I_A", window=(0, 12))[0].figure,
            "clamp_curves": draw_clamp_curves(measured),
        },
        tables={"gates": landmarks, **{f"a_{name}": table for name, table in measured.items()}},
        captions=GATES_SECTION_CAPTIONS,
    )
    return section, {"recovery_tau_ms": recovered}


def types_section(settings: Settings) -> tuple[Section, dict[str, float]]:
    """Return the section on type I and type II, and its numbers.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    (Section, dict)
    """
    curves, starts = type_curves(settings)
    rheobase, _ = saddle_node(CONNOR_STEVENS)
    full, bare, moved = curves.values()
    law, fit = square_root_law(rheobase, settings)
    moved_onset, bare_onset = (row for _, row in starts.sort_values("E_L").iterrows())
    other = fi_curve(
        CONNOR_STEVENS, [2, 10, 20] * DENSITY, duration=800 * ms, discard=300 * ms, dt=DT,
        vary={"g_A": np.array([0.5, 1.5]) * G_A * CONDUCTANCE}, backend=settings.backend,
    )  # fmt: skip
    idle = row_at(bare, 0.0)
    text = types_section_text(idle, bare_onset, moved_onset, rheobase, law, fit)
    section = Section(
        "Type I with, type II without A-current",
        text,
        figures={
            "fi_types": draw_types(curves),
            "square_root_law": draw_law(law, fit, rheobase),
        },
        tables={"square_root": law, "fi_with_A": full, "fi_without_A": bare, "onsets": starts},
        captions=TYPES_SECTION_CAPTIONS,
    )
    numbers = {
        "saddle_node_uA_per_cm2": rheobase,
        "rheobase_from_rates_uA_per_cm2": fit["I_0"],
        **{f"rate_{label}_Hz": row_at(full, I).rate_Hz
           for label, I in (("8p5", 8.5), ("10", 10.0), ("20", 20.0))},
        "half_A_rate_2_Hz": row_at(other[other["g_A"] < G_A], 2.0).rate_Hz,
        "half_A_rate_10_Hz": row_at(other[other["g_A"] < G_A], 10.0).rate_Hz,
        "more_A_rate_20_Hz": row_at(other[other["g_A"] > G_A], 20.0).rate_Hz,
        "no_A_rate_0_Hz": idle.rate_Hz,
        "no_A_threshold_uA_per_cm2": bare_onset.I,
        "no_A_onset_rate_Hz": bare_onset.onset_rate_Hz,
        "moved_leak_threshold_uA_per_cm2": moved_onset.I,
        "moved_leak_onset_rate_Hz": moved_onset.onset_rate_Hz,
        "moved_leak_rate_10_Hz": row_at(moved, 10.0).rate_Hz,
        "moved_leak_latency_1p1_ms": moved_onset.latency_ms,
    }  # fmt: skip
    return section, {name: float(value) for name, value in numbers.items()}
