"""The words of the practical, with its numbers put in."""

from ..report import format_number
from .common import (
    COSINE_PERIOD_MS,
    CURRENT_NA,
    DT_MS,
    FIVE_PERIOD_MS,
    SAME_SPIKE_MS,
    VALUE,
    rheobase_nA,
)


def summary(numbers: dict[str, float]) -> str:
    V_th, V_reset = format_number(VALUE["V_th"]), format_number(VALUE["V_reset"])
    return f"""
One linear differential equation and a reset: *τ* d*V*/d*t* = *E*<sub>L</sub> − *V* + *R* *I*, with
*τ* = {VALUE["tau"]:g} ms, *R* = {VALUE["R"]:g} MΩ, *E*<sub>L</sub> = {format_number(VALUE["E_L"])}
mV; at *V*<sub>th</sub> = {V_th} mV the potential is set back to {V_reset} mV. Nearly everything
about it has a formula, so it shows what a simulation gets right and what it does not.
With fourth-order Runge–Kutta and steps of {DT_MS:g} ms the potential is right to
{short(numbers["rk4_largest_error_mV"])} mV. The firing rate is not, as long as spikes happen
on the time grid only: it is wrong by up to {numbers["grid_largest_relative_error"]:.1%}, and by
{short(numbers["located_largest_relative_error"])} (relative) when they are located inside the
step. A periodic current gives a response with exactly its period, be that
{COSINE_PERIOD_MS:.1f} ms or {FIVE_PERIOD_MS / 1000:.2f} s.
"""


def short(value: float) -> str:
    """Write a small number with two digits and a power of ten."""
    return format_number(float(f"{value:.1e}"))


def phase_diagrams_text(at_rest, driven, slope) -> str:
    """Return the text of the section “Phase diagrams”."""
    return f"""
Where d*V*/d*t* is above zero the potential rises, where it is below zero it falls. The line
crosses zero once, downwards: a stable fixed point, at **{format_number(at_rest)} mV** without
current and at *E*<sub>L</sub> + *R* *I* = **{format_number(driven)} mV** with {CURRENT_NA:g} nA.
The current shifts the line and leaves its slope −1/*τ* = {format_number(slope)}/ms as it is. With
{CURRENT_NA:g} nA the fixed point lies beyond the threshold: the potential is on its way there, is
reset at {format_number(VALUE["V_th"])} mV, and never arrives. This is why the cell fires, as soon
as *I* exceeds (*V*<sub>th</sub> − *E*<sub>L</sub>)/*R* = {rheobase_nA():g} nA.
"""


PHASE_DIAGRAMS_CAPTIONS = {
    "phase_diagrams": "Velocity of the membrane potential over the potential. The arrows "
    "show where the flow goes.",
    "fixed_points": "Fixed points, found from the equation text.",
}


def without_threshold_text(largest) -> str:
    """Return the text of the section “Membrane potential without threshold”."""
    return f"""
Without threshold the potential relaxes to the fixed point,
*V*(*t*) = *E*<sub>L</sub> + *R* *I* (1 − e<sup>−*t*/*τ*</sup>). Runge–Kutta cannot be told apart
from it by eye: the largest error is **{short(largest)} mV**. It can be predicted, too. One step of
length *h* = Δ*t*/*τ* multiplies the distance from the fixed point by
1 − *h* + *h*²/2 − *h*³/6 + *h*⁴/24, the series of e<sup>−*h*</sup> up to its fourth power. What it
leaves out adds up to −*R* *I* (*h*⁴/120) (*t*/*τ*) e<sup>−*t*/*τ*</sup>, largest after one
time constant (black line below). Halve the step, and it is sixteen times smaller.
"""


WITHOUT_THRESHOLD_CAPTIONS = {
    "without_threshold": f"**A** Step to {CURRENT_NA:g} nA from rest: Runge–Kutta and the "
    "exact solution. **B** Their difference.",
    "without_threshold_samples": "Every 5 ms.",
}


def with_threshold_text(interval) -> str:
    """Return the text of the section “With threshold”."""
    return f"""
Up to the first spike both are the same curve. Then the one with threshold starts again from
{format_number(VALUE["V_reset"])} mV, always on the same curve, so all intervals are equal: the time
that the exponential takes from reset to threshold,
*T* = *τ* ln[(*E*<sub>L</sub> + *R* *I* − *V*<sub>reset</sub>)/(*E*<sub>L</sub> + *R* *I* −
*V*<sub>th</sub>)] = *τ* ln 4 = 13.8629 ms. Measured: **{interval:.4f} ms**. The spike itself is
not part of the model; the ticks mark when it happens.
"""


WITH_THRESHOLD_CAPTIONS = {
    "with_threshold": f"Step to {CURRENT_NA:g} nA from rest, with and without threshold. "
    "Red ticks: spikes.",
    "spike_times": "Spike times with threshold.",
}


def firing_rate_text(five, two, worst) -> str:
    """Return the text of the section “Firing rate against current”."""
    return f"""
The formula is *f* = 1/*T* above {rheobase_nA():g} nA and 0 up to it. The curve starts with an
infinite slope, because just above the rheobase the potential creeps towards a fixed point just
beyond the threshold, and the time for that grows only as a logarithm. At large currents it becomes
a straight line, *R* *I*/(*τ* (*V*<sub>th</sub> − *E*<sub>L</sub>)) − 1/(2*τ*): the exponential is
cut off so early that it is nearly a ramp (panel C: at 5 nA the line is
{five["asymptote_Hz"] - five["formula_Hz"]:.2f} Hz too high).

A student's script counts time in steps and takes 1/*t* of the first spike. At 2 nA:

| | rate (Hz) | largest relative error up to 5 nA |
|---|---|---|
| formula | {two["formula_Hz"]:.4f} | |
| intervals, located in the step | {two["rate_Hz"]:.4f} | {short(worst["intervals, located"])} |
| intervals, on the grid | {two["grid_rate_Hz"]:.4f} | {worst["intervals, on the grid"]:.2%} |
| first spike, on the grid | {two["first_spike_rate_Hz"]:.4f} | \
{worst["first spike, on the grid"]:.2%} |

On the grid every interval is rounded **up** to whole steps, because the reset waits for the end of
the step. The first spike is rounded **down**, because Brian2 stamps it with the time at which
its step begins. So the two ways err in opposite directions, by up to *f*² Δ*t* each (grey lines in
panel B). Neither gets better by simulating longer.
"""


FIRING_RATE_CAPTIONS = {
    "fi": "**A** Firing rate. **B** Measured rate minus formula; within the grey lines an "
    "error of less than one step per interval keeps it. **C** Asymptote minus formula.",
    "fi_rates": "Rates measured in three ways, formula and large-current asymptote.",
}


def time_grid_text(orders, grid, located) -> str:
    """Return the text of the section “What the time grid costs”."""
    return f"""
Runge–Kutta is of fourth order, and the time grid takes that away. With spikes on the grid the
error of the rate falls only in proportion to the step (order
{orders["intervals, on the grid"]:.2f}): from {grid["largest_relative_error"].iloc[0]:.1%} at
{grid.index[0]:g} ms to {grid["largest_relative_error"].iloc[-1]:.2%} at {grid.index[-1]:g} ms,
for {grid.index[0] / grid.index[-1]:.0f} times as many steps. If the crossing is found inside the
step, the state reset there, and the rest of the step integrated from the reset, the order comes
back ({orders["intervals, located"]:.2f}), and already at the longest step the error is
{short(located["largest_relative_error"].iloc[0])}.
"""


def time_grid_captions(currents_nA) -> dict[str, str]:
    """Return the captions of the section “What the time grid costs”."""
    return {
        "time_grid": f"Largest relative error of the rate for currents from "
        f"{currents_nA[0]:g} to {currents_nA[-1]:g} nA.",
        "time_grid_errors": "The same as numbers.",
    }


def cosine_text(period, locking, pattern, apart, like) -> str:
    """Return the text of the section “Response to a cosine”."""
    return f"""
*I*<sub>0</sub> cos(*t*/30 ms) with *I*<sub>0</sub> = 2.5 nA has the period 2π · 30 ms =
{period:.3f} ms. The cell fires around the maximum of the current, {locking.spikes_per_cycle:g}
spikes per cycle. Those at the very beginning come later, because the cell starts at rest with
the current already at its maximum. Then the potential follows the current down for many time
constants, forgets where it was, and every cycle begins alike.

Measured after the first cycle: the pattern of spikes repeats after **{pattern} cycle**, each
spike within {short(apart)} ms of its counterpart one cycle earlier; the membrane potential
is most like itself after {like.period_ms:.3f} ms (relative difference {like.mismatch:.2f}, from
the jumps at the resets, which fall between other samples). The vector strength,
{locking.vector_strength:.3f}, is below 1 although the locking is perfect: it measures how
narrowly the spikes crowd around one phase, and here {locking.spikes_per_cycle:g} different phases
share every cycle.
"""


COSINE_CAPTIONS = {
    "cosine": "Membrane potential with spikes (red) above, stimulus below.",
    "cosine_cycles": "Spike times within the cycle, one row per cycle: locked from the "
    "second cycle on.",
}


def five_frequencies_text(lengths_s, alike, verified) -> str:
    """Return the text of the section “Response to five frequencies”."""
    return f"""
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


FIVE_FREQUENCIES_CAPTIONS = {
    "five_frequencies": "The first second: membrane potential with spikes (red) above, "
    "stimulus below.",
    "five_lags": "Fraction of the spikes that have a counterpart (within "
    f"{SAME_SPIKE_MS:g} ms) one lag later, for every lag that carries the first spike onto "
    "another one: no other lag could be a period.",
    "five_resemblance": "The lag at which the membrane potential is most like itself, in "
    "recordings of different length: its correlation and relative difference there.",
}
