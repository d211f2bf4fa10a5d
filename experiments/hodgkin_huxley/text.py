"""The words of the Hodgkin-Huxley study, with its numbers put in."""

import pandas as pd

from ..formatting import signed
from .common import CRITERION, SHOWN


def summary(numbers: dict[str, float]) -> str:
    """Return the study in a few sentences."""
    return f"""
The squid axon of Hodgkin and Huxley (1952) answers a constant current with regular firing, but
never slowly: its F-I curve jumps from 0 to {numbers["squid_onset_rate_Hz"]:.0f} Hz (type II),
whereas the Traub–Miles cell starts from zero (type I). Between
{numbers["squid_sustained_uA_cm2"]:.3f} and {numbers["hopf_uA_cm2"]:.3f} µA/cm² the axon can rest
*or* fire, and how the current was switched on decides which. Forward Euler, with which first
courses integrate these equations, is first order, gives false spikes at a step of
{numbers["euler_false_spikes_dt_ms"]:.3g} ms and leaves the numbers at
{numbers["euler_diverges_dt_ms"]:.3g} ms; the classical Runge–Kutta method (RK4) reaches an error of
1 µs with {numbers["work_ratio"]:.0f} times less work.
"""


ACTION_POTENTIAL_CAPTIONS = {
    "action_potential": "An action potential after a brief pulse (grey band): **A** "
    "membrane potential, **B** gates, **C** ionic currents, outward positive.",
    "spike_shape": "Its shape. Depth of the after-hyperpolarisation from the threshold.",
}


def action_potential_text(spike, largest) -> str:
    """Return the text of the section “The action potential”."""
    return f"""
One pulse of 8 µA/cm² for 2 ms, given at 2 ms, carries 16 nC/cm² and so lifts the membrane
(1 µF/cm²) by less than 16 mV. What follows is the membrane's own doing.

- **Upstroke.** *m* opens sodium channels within a fraction of a millisecond, the inward current
  depolarises further, and so on: d*V*/d*t* passes 10 mV/ms at
  **{signed(spike.threshold_mV, 1)} mV** (a usual definition of the threshold; the model itself
  has no fixed one).
- **Peak** at **{spike.peak_mV:.1f} mV**, below *E*<sub>Na</sub> = 50 mV, because potassium channels
  are already opening. The width at half height is **{spike.half_width_ms:.2f} ms** (at 6.3 °C).
- **Downstroke.** *h* closes the sodium channels and *n* opens the potassium channels. For most of
  the spike the two currents, up to {largest["I_Na"]:.0f} and {largest["I_K"]:.0f} µA/cm², flow
  against each other: what charges the membrane is the small difference of two large currents.
- **After-hyperpolarisation** down to **{signed(spike.ahp_mV, 1)} mV**, since *n* falls slowly and
  the potassium current pulls the potential towards *E*<sub>K</sub> = −77 mV. While *h* is low and
  *n* high, the axon is refractory.
"""


def integrators_captions(euler) -> dict[str, str]:
    """Return the captions of the section “Forward Euler and Runge–Kutta”."""
    return {
        "convergence": "Largest error of a spike time in 100 ms at 10 µA/cm² against the time "
        "step.",
        "work": "The same errors against the work: evaluations of the right-hand side for one "
        "millisecond of the axon's life; Euler evaluates it once a step, RK4 four times. "
        "Dashed: 1 µs.",
        "euler_trace": f"Forward Euler with a step of {euler.dt_ms:g} ms beside the reference "
        "solution; **B** shows its first spikes.",
        "step_limits": "What the first 30 ms look like at large steps. A run that left the "
        "numbers has no spikes.",
    }


def integrators_text(numbers: dict, limits: pd.DataFrame, errors: pd.DataFrame) -> str:
    bad = limits[(limits["method"] == "Euler") & ~limits["diverged"]].iloc[-1]
    default = errors[(errors["method"] == "RK4") & (errors["dt_ms"] == 0.02)].iloc[0]
    return f"""
Forward Euler follows the slope at the beginning of a step to its end; RK4 combines four slopes.
Both are held against scipy's DOP853 (relative tolerance 10⁻¹⁰) at 10 µA/cm², where the axon fires
at {numbers["reference_rate_Hz"]:.4f} Hz.

**Order.** A ten times smaller step makes Euler ten times better and RK4 ten thousand times: the
largest error of a spike time shrinks with order **{numbers["euler_order"]:.2f}** and
**{numbers["rk4_order"]:.2f}**. For an error of 1 µs Euler would need about
{numbers["euler_work_per_ms"]:.0f} evaluations of the equations per millisecond and RK4
{numbers["rk4_work_per_ms"]:.0f}, {numbers["work_ratio"]:.0f} times fewer. (Spikes are located
inside the step, to fourth order. With RK4 at 0.02 ms they are off by up to
{1e6 * default.error_ms:.0f} ns, and the rate by {1e9 * default.relative_rate_error:.0f} parts in a
thousand million.)

**Where Euler fails.** Accuracy is not the only limit. With the gates held, the potential decays
at the rate *g*/*C*, and at the peak of a spike, with most channels open, that is
{numbers["fastest_decay_per_ms"]:.1f} per ms. An explicit method amplifies such a decay instead of
damping it if Δ*t* exceeds 2*C*/*g* = **{numbers["euler_stable_dt_ms"]:.3f} ms** (Euler) or
2.785 *C*/*g* = **{numbers["rk4_stable_dt_ms"]:.3f} ms** (RK4). The peak lasts only half a
millisecond, so slightly larger steps survive; but from {numbers["euler_false_spikes_dt_ms"]:.3g} ms
Euler zigzags down from the first peak, and swings through the criterion count as spikes
({bad.spike_count:.0f} at {bad.dt_ms:g} ms where there are {bad.reference_count:.0f}). At
**{numbers["euler_diverges_dt_ms"]:.3g} ms** it leaves the numbers: *V* overshoots, a rate function
overflows, NaN. RK4 follows at {numbers["rk4_diverges_dt_ms"]:.3g} ms. The overflow is reported;
nothing warns of the false spikes. So stay well below the limit: this toolkit uses RK4 with
0.025 ms.
"""


FI_CAPTIONS = {
    "fi": "Firing rate against a current switched on at rest: **A** squid axon, **B** "
    "Traub–Miles cell, **C** its onset: the squared rate, and dotted the saddle-node.",
    "steady_current": "The current that holds each cell at a potential, all gates at rest "
    "there: **A** squid axon, **B** Traub–Miles cell, whose curve has a maximum (dot).",
    "spike_criterion": "The squid axon up to the end of its oscillation: **A** the rate "
    "for two criteria of a spike, **B** the lowest and highest potential of the "
    "oscillation, with both criteria. Dotted: Hopf points.",
    "fi_squid": "F-I curve of the squid axon for both criteria `V_spike`.",
    "fi_traub_miles": "F-I curve of the Traub–Miles cell.",
    "swing": "Lowest and highest potential of the squid axon after the transient.",
}


def fi_text(numbers: dict[str, float]) -> str:
    return f"""
**Squid axon: type II.** A step of current makes a single spike from
{numbers["squid_spike_uA_cm2"]:.3f} µA/cm² and goes on firing from
**{numbers["squid_sustained_uA_cm2"]:.3f} µA/cm²**, at once with
{numbers["squid_onset_rate_Hz"]:.0f} Hz. There is no slow firing: up to 50 µA/cm² the rate
little more than doubles. A threshold current must therefore say which of the two it is.

**Traub–Miles cell: type I.** It starts from zero. Near the onset the interval is the time spent
lingering near the old rest, which goes as one over the square root of the distance, plus that of
the spike; so the squared rate is nearly linear, and extrapolated to zero it puts the rheobase at
**{numbers["traub_miles_rheobase_pA"]:.3f} pA**. (A run of finite length sees no firing with
intervals longer than itself, so a search for the onset by runs alone ends too high.)

**Why.** Hold each cell at a potential, with its gates at their steady state, and ask for the
current. The squid axon's curve rises throughout, so every current has exactly one equilibrium;
it does not vanish but becomes unstable at {numbers["hopf_uA_cm2"]:.6f} µA/cm² with an oscillation
(a pair of complex eigenvalues crosses zero, a Hopf point), and a finite frequency with it. The
Traub–Miles curve has a maximum at **{numbers["traub_miles_saddle_node_pA"]:.4f} pA**. Above it no
equilibrium is left near rest (a saddle-node); just above, the cell still lingers where it was.

**What counts as a spike?** With growing current the squid axon's spikes shrink; the oscillation
ends at a second Hopf point, {numbers["upper_hopf_uA_cm2"]:.2f} µA/cm². Their peaks fall below 0 mV
from about {numbers["peaks_below_0_mV_uA_cm2"]:.0f} µA/cm² on. A criterion of 0 mV calls the axon
silent from there, one of {signed(CRITERION, 0)} mV only when the swings no longer pass
{signed(CRITERION, 0)} mV. Both statements are about the criterion; the axon oscillates on. The
model uses {signed(CRITERION, 0)} mV.
"""


TWO_ANSWERS_CAPTIONS = {
    "ways_of_switching_on": f"One final current, {SHOWN:g} µA/cm², reached in three ways.",
    "hysteresis": "Firing rate at a current that is held after it was reached in three "
    "ways. Dotted: the fold of cycles, where firing begins to exist, and the Hopf point, "
    "where rest ceases to be stable; between them both coexist.",
    "switched_by_pulses": f"At {SHOWN:g} µA/cm² one pulse of 1 ms starts firing that "
    "lasts, and another one ends it.",
    "null_space": "Pulses of 1 ms into the firing axon: the dark ones end the firing. "
    "Circle: the pulse of the figure before.",
    "pulses": "Every pulse tried: when it came after the last spike, its amplitude, and "
    "whether the axon was silent afterwards.",
}


def two_answers_text(
    numbers: dict[str, float], bistable: tuple[float, float], switch: pd.Series
) -> str:
    fold, hopf = bistable
    return f"""
**One current, two answers.** At {SHOWN:g} µA/cm² a current that is switched on at once makes the
axon fire for ever, at {numbers["step_7_Hz"]:.2f} Hz. If the same current is reached slowly from
below, the axon stays silent ({numbers["ramp_up_7_Hz"]:.0f} Hz); slowly from above, it goes on
firing, at the very same {numbers["ramp_down_7_Hz"]:.2f} Hz. Rest and firing are both stable. A step
throws the state far enough from the new resting state to land in the firing one; on a slow ramp
*h* falls and *n* rises as the potential does (accommodation), and the state follows its resting
point.

**Hysteresis.** Up to {fold:.3f} µA/cm² there is no firing state to stay in (at a fold of cycles a
stable and an unstable oscillation meet and vanish), and from the Hopf point at {hopf:.3f} on rest
is no longer stable. On the way down the axon still fires at
{numbers["ramp_down_ends_uA_cm2"]:.1f} µA/cm², the lowest current tried above the fold; on the way
up the first to make it fire is {numbers["ramp_up_starts_uA_cm2"]:.1f}. (Just above the Hopf point
the oscillation grows so slowly that rest outlasts the time for which the current is held.) A quick
step joins the downward path. So the F-I curve of the section before belongs to one way of
switching on.

**Switching with pulses.** Within the bistable range one brief pulse starts the firing, and it
persists. A second pulse can end it, if it comes at the right moment: here
{signed(switch["amplitude"], 0)} µA/cm² for 1 ms, {switch["phase_ms"]:.1f} ms after a spike. Of
all the pulses tried, {numbers["null_space_percent"]:.0f} % fall into this "null space"; they put
the state on the resting side of the unstable oscillation that separates rest from firing.
Depolarising pulses do it in the after-hyperpolarisation, hyperpolarising ones shortly before the
next upstroke; at the wrong moment no strength helps. Best (1979, Biophys. J. 27:87) found this in
the equations, Guttman, Lewis & Rinzel (1980, J. Physiol. 305:377) in the squid axon.
"""
