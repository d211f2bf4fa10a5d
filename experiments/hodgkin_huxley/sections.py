"""The sections of the Hodgkin-Huxley study: what is measured for each, drawn and said."""

import numpy as np
from brian2 import ms

from ...analysis import spike_shapes, steady_rate
from ...dynamics import saddle_node
from ...models import HODGKIN_HUXLEY, TRAUB_MILES
from ...protocols import Constant, Step, response
from ...simulation import reference
from ..study import Section, Settings
from .common import CHANNELS, CRITERION, CURRENT_COLUMNS, DENSITY, PATHS, SHOWN
from .figures import (
    draw_action_potential,
    draw_convergence,
    draw_criterion,
    draw_euler,
    draw_fi,
    draw_hysteresis,
    draw_paths,
    draw_pulses,
    draw_steady_currents,
    draw_switched,
    draw_work,
)
from .measure_firing import (
    extrapolated_onset,
    falls_below,
    hopf_points,
    measure_swing,
    rates_at,
    squid_curves,
    squid_thresholds,
    traub_miles_curve,
)
from .measure_integrators import (
    convergence,
    fastest_decay,
    limit_numbers,
    order_numbers,
    step_limits,
)
from .measure_switching import best_switch, first_firing, follow_paths, switched_traces, try_pulses
from .text import (
    ACTION_POTENTIAL_CAPTIONS,
    FI_CAPTIONS,
    TWO_ANSWERS_CAPTIONS,
    action_potential_text,
    fi_text,
    integrators_captions,
    integrators_text,
    two_answers_text,
)


def action_potential(settings: Settings) -> tuple[Section, dict]:
    """Return the section “The action potential” and its numbers."""
    pulse = Step(8 * DENSITY, onset=2 * ms, offset=4 * ms)
    record = ("v", "m", "h", "n", *CHANNELS)
    traces = response(
        HODGKIN_HUXLEY, pulse, 22 * ms, record=record, backend=settings.backend
    ).traces
    shape = spike_shapes(traces["t_ms"], traces["v_mV"])
    spike = shape.iloc[0]
    largest = {name: traces[column].abs().max() for column, name in CURRENT_COLUMNS.items()}
    text = action_potential_text(spike, largest)
    section = Section(
        "The action potential",
        text,
        figures={"action_potential": draw_action_potential(traces)},
        tables={"spike_shape": shape},
        captions=ACTION_POTENTIAL_CAPTIONS,
    )
    return section, {
        "peak_mV": spike.peak_mV,
        "threshold_mV": spike.threshold_mV,
        "half_width_ms": spike.half_width_ms,
        "ahp_mV": spike.ahp_mV,
    }


def integrators(settings: Settings) -> tuple[Section, dict]:
    """Return the section “Forward Euler and Runge–Kutta” and its numbers."""
    step = Constant(np.array([10.0]) * DENSITY)
    exact = reference(HODGKIN_HUXLEY, step, 100 * ms, record=("v", *CHANNELS))
    errors = convergence(settings, step, exact)
    limits, euler = step_limits(settings, step, exact)
    numbers = order_numbers(errors) | limit_numbers(limits) | fastest_decay(exact)
    numbers["reference_rate_Hz"] = steady_rate(exact.spike_ms, start=40)
    section = Section(
        "Forward Euler and Runge–Kutta",
        integrators_text(numbers, limits, errors),
        figures={
            "convergence": draw_convergence(errors),
            "work": draw_work(errors),
            "euler_trace": draw_euler(euler, exact),
        },
        tables={"errors": errors, "step_limits": limits},
        captions=integrators_captions(euler),
    )
    return section, numbers


def fi(settings: Settings) -> tuple[Section, dict]:
    """Return the section “F-I curves: type II and type I” and its numbers."""
    fold = saddle_node(TRAUB_MILES)
    squid = squid_curves(settings)
    pyramid = traub_miles_curve(settings, fold)
    swing = measure_swing(settings, squid["I"].unique())
    hopf = hopf_points()
    numbers = squid_thresholds(settings) | hopf
    seen = squid[squid["V_spike"] == CRITERION]
    numbers |= rates_at("squid", seen, {"7": 7, "10": 10, "20": 20})
    numbers |= rates_at("traub_miles", pyramid, {"100_pA": 0.1, "350_pA": 0.35})
    numbers |= {
        "squid_onset_rate_Hz": float(seen.loc[seen["rate_Hz"] > 0, "rate_Hz"].iloc[0]),
        "peaks_below_0_mV_uA_cm2": falls_below(swing, "highest_mV", 0.0),
        "traub_miles_saddle_node_pA": 1e3 * fold[0],
        "traub_miles_rheobase_pA": 1e3 * extrapolated_onset(pyramid),
    }
    section = Section(
        "F-I curves: type II and type I",
        fi_text(numbers),
        figures={
            "fi": draw_fi(seen, pyramid, fold[0]),
            "steady_current": draw_steady_currents(fold),
            "spike_criterion": draw_criterion(squid, swing, hopf),
        },
        tables={"fi_squid": squid, "fi_traub_miles": pyramid, "swing": swing},
        captions=FI_CAPTIONS,
    )
    return section, numbers


def two_answers(settings: Settings, bistable: tuple[float, float]) -> tuple[Section, dict]:
    """Return the section “Two answers to one current” and its numbers."""
    traces, table = follow_paths(settings)
    pulses = try_pulses(settings)
    switch = best_switch(pulses)
    switched = switched_traces(settings, switch)
    rates = table.set_index(["path", "I"])["rate_Hz"]
    numbers = {
        "step_7_Hz": float(rates[PATHS[0], SHOWN]),
        "ramp_up_7_Hz": float(rates[PATHS[1], SHOWN]),
        "ramp_down_7_Hz": float(rates[PATHS[2], SHOWN]),
        "ramp_up_starts_uA_cm2": first_firing(table, PATHS[1]),
        "ramp_down_ends_uA_cm2": first_firing(table, PATHS[2]),
        "null_space_percent": 100 * float(pulses["off"].mean()),
    }
    section = Section(
        "Two answers to one current",
        two_answers_text(numbers, bistable, switch),
        figures={
            "ways_of_switching_on": draw_paths(traces),
            "hysteresis": draw_hysteresis(table, bistable),
            "switched_by_pulses": draw_switched(switched),
            "null_space": draw_pulses(pulses, switch),
        },
        tables={"rates_by_path": table, "pulses": pulses},
        captions=TWO_ANSWERS_CAPTIONS,
    )
    return section, numbers
