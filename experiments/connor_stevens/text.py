"""The words of the Connor-Stevens study, with its numbers put in."""

from brian2 import ms

from ..formatting import signed
from .common import G_A, LEAD, LEAK_SHIFT


def summary(numbers: dict[str, float]) -> str:
    return f"""
What does a potassium current do that opens fast and closes itself? In the Connor–Stevens cell it
makes slow firing possible: the rate starts from 0 at {numbers["saddle_node_uA_per_cm2"]:.4f} µA/cm²
(type I), where the same cell without it starts with
{numbers["moved_leak_onset_rate_Hz"]:.0f} Hz at once (type II). It delays the first spike: from
{numbers["moved_leak_latency_1p1_ms"]:.1f} to {numbers["latency_1p1_ms"]:.0f} ms at 1.1 times the
threshold. And more of it is not more of the same: at twice the conductance the onset jumps again,
now with hysteresis.

All numbers are for the constants of Dayan and Abbott unless another set is named; the original
ones of 1977 give {numbers["rate_20_1977_Hz"]:.2f} instead of {numbers["rate_20_Hz"]:.2f} Hz at
20 µA/cm².
"""


def two_constant_sets_text(largest, at_20) -> str:
    """Return the text of the section “Two sets of constants”."""
    return f"""
The rate functions in Dayan and Abbott's appendix are those of Connor, Walter and McKown (1977), the
squid's shifted and sped up, with their numbers rounded: e<sup>−0.0556 V</sup> for
e<sup>−V/18</sup>, 0.0314 for 1/31.84. That is enough to change the firing rate by up to
**{largest:.2f} %** between 10 and 50 µA/cm²: at 20 µA/cm² **{at_20.rounded_Hz:.2f} Hz** against
**{at_20.original_Hz:.2f} Hz**. The error of the integration is several hundred times smaller. A
rate without the name of its constant set is good for two digits, no more.
"""


TWO_CONSTANT_SETS_CAPTIONS = {
    "constant_sets": "**A** F-I curves of the two sets. **B** Rate with Dayan and "
    "Abbott's constants relative to the original ones.",
    "constant_sets_rates": "Rounded: Dayan and Abbott 2001; original: 1977.",
}


def common_faults_text(change, shifted, numbers) -> str:
    """Return the text of the section “Common faults”."""
    return f"""
The model circulates in many codes, and several carry one of these faults. The spikes still look
like spikes, so nobody sees it; the numbers tell. Each row is the model with that one place of its
equation text changed.

The first fault would pass any look at a trace: {signed(change["alpha_h"], 1)} % at 20 µA/cm².
Instantaneous gates keep the window current and lose the transient; the cell is
{change["instantaneous"]:.0f} % faster at 20 µA/cm². The leak at −70 mV makes no other cell, only
another zero of the current axis: with {LEAK_SHIFT:.1f} = 0.3 × 53 µA/cm² more it fires the same
{shifted:.2f} Hz. To check a code, compare its rate at 20 µA/cm²:
**{numbers["fault_none_Hz"]:.2f} Hz**.
"""


COMMON_FAULTS_CAPTIONS = {
    "faults": "F-I curves with one fault each; black, nearly under the blue, without.",
    "fault_rates": "Firing rates with each fault; change at 20 µA/cm².",
}


def action_potential_text(at_rest, shape, peak) -> str:
    """Return the text of the section “The cell and its action potential”."""
    return f"""
Connor and Stevens (1971) voltage-clamped cell bodies of sea slugs and found, beside the currents
of the squid axon, a potassium current that switches on fast and then switches itself off: the
**A-current**. The model consists of the squid's sodium and potassium currents, shifted and sped
up, a leak, and

<p><i>I</i><sub>A</sub> = <i>g</i><sub>A</sub> <i>a</i>³ <i>b</i> (<i>V</i> − <i>E</i><sub>A</sub>),
with <i>g</i><sub>A</sub> = {G_A} mS/cm² and <i>E</i><sub>A</sub> = −75 mV;</p>

*a* opens it, *b* closes it. The leak reverses at −17 mV and drives the cell towards firing all the
time. What holds it at rest, at **{signed(at_rest["v (mV)"])} mV**, is the A-current: *b* is still
{at_rest["b"]:.2f} there and *a*³ is {at_rest["a"] ** 3:.2f}, and the {at_rest["I_A (uA/cm2)"]:.1f}
µA/cm² that balance the leak are nearly all its own (table). Taking the A-current away changes the
rest as well as the spikes; more of that below.

With 10 µA/cm² the cell fires slowly. A spike starts at {signed(shape.threshold_mV, 1)} mV, peaks at
{shape.peak_mV:.1f} mV and is {shape.half_width_ms:.2f} ms wide at half height. *I*<sub>K</sub>
repolarises it (up to {peak["I_K"]:.0f} µA/cm²), with some help of *I*<sub>A</sub>
({peak["I_A"]:.0f}). Between spikes it is the other way round: the after-hyperpolarisation takes
inactivation away, *b* (purple) rises, and *I*<sub>A</sub> is the outward current that slows the
next approach to threshold.
"""


ACTION_POTENTIAL_CAPTIONS = {
    "action_potential": "A step to 10 µA/cm² at 20 ms: **A** membrane potential, **C** "
    "gates, **E** ionic currents (outward positive, cut at 40 µA/cm²). **B**, **D**, **F** "
    "the first spike enlarged, with the currents at full height.",
    "rest": "The resting state without input: the equilibrium of the equations, and the "
    "currents that cancel there.",
    "spike_shapes": "Shapes of these spikes; the threshold is where d*V*/d*t* passes 10 mV/ms.",
}


def first_spike_delay_text(rheobase, at, first, early) -> str:
    """Return the text of the section “Why the first spike is late”."""
    return f"""
Just above the rheobase ({rheobase:.4f} µA/cm²) the first spike takes its time: **{at:.1f} ms** at
1.1 times the rheobase, {first.latency_ms:.0f} ms at {first.I:.3f} µA/cm². The traces show two
stages.

1. **The A-current catches the depolarisation.** *a* opens within a millisecond or two, *b* has not
   yet moved, and the outward current stops the potential some ten millivolts below threshold.
2. **The cell creeps.** Is *b* so slow? No: near the rheobase it follows its steady state closely
   (dotted in panel C). The balance is what takes long: at the rheobase outward and inward current
   cancel exactly (a saddle-node, next section), just above it they *almost* do, and d*V*/d*t* stays
   near zero until the potential has squeezed through. Theory says that the time in such a
   bottleneck grows as 1/√(*I* − *I*<sub>0</sub>): panel D comes close to the slope −½ at its left
   end.

So the A-current delays the spike not by being slow but by balancing the input near threshold.
Without it (leak moved, see below) the first spike comes within {early["latency_ms"].max():.1f} ms
at any current that makes the cell fire on and on, however near the threshold.
"""


FIRST_SPIKE_DELAY_CAPTIONS = {
    "delay": "Steps at 20 ms to multiples of the rheobase, drawn up to the first spike: "
    "**A** membrane potential, **B** A-current, **C** its inactivation gate and (dotted) "
    "*b*<sub>∞</sub>(*V*). **D** Latency against the distance from the threshold; the thin "
    "line has the slope −½.",
    "latency": "First-spike latency of the Connor–Stevens cell.",
    "latency_no_A": "The same without A-current, leak moved to −67.8 mV.",
}


def sweep_section_text(folds, onset, slowest, jumps, longest) -> str:
    """Return the text of the section “More and less A-current”."""
    return f"""
One parameter, *g*<sub>A</sub>, from 0 to three times its value; all else, the leak too, stays.

- **Rheobase** rises with *g*<sub>A</sub>, for larger values in a straight line. Where the
  current–voltage curve has its N (from {folds["multiple"].iloc[0]:.2f} ×) the threshold measured
  with steps lies on the saddle-node that the equations predict without a simulation (line in A).
- **Onset rate**, half a percent above the rheobase: it falls from
  {onset["onset_rate_Hz"].iloc[0]:.0f} Hz at *g*<sub>A</sub> = 0 to
  {slowest.onset_rate_Hz:.1f} Hz at {slowest.g_A / G_A:.3g} × **and rises again**, above 10 Hz from
  {jumps:.3g} × on. More A-current does not make the cell "more type I".
- **Latency** at 1.1 × the rheobase is longest ({longest.latency_ms:.0f} ms) at
  {longest.g_A / G_A:.2g} × and shorter on both sides. (A threshold below zero has no 1.1 ×; those
  cells are missing.)
- **Slope**: well above the rheobase the curves run nearly parallel. The A-current subtracts from
  the input more than it divides the rate.
"""


SWEEP_SECTION_CAPTIONS = {
    "fi_surface": "Firing rate over current and A-type conductance. Dashed: the model's own value.",
    "fi_family": f"Cuts through this surface; the legend gives multiples of {G_A} mS/cm².",
    "onset": "**A** Threshold of sustained firing for a step from rest, and the "
    "saddle-node of the equations. **B** Rate 0.5 % above it. **C** Latency at 1.1 × the "
    "threshold.",
    "sweep": "Threshold, onset rate and latency.",
    "surface": "All rates of the surface.",
}


def hysteresis_section_text(twice, fold, returning) -> str:
    """Return the text of the section “Too much A-current: hysteresis”."""
    return f"""
At twice the conductance the jump at the onset comes with a memory. A step **from rest** must reach
**{twice.I_up:.3f}** µA/cm², where rest vanishes in its saddle-node ({fold:.3f}). But a cell that
fires already goes on down to **{twice.I_down:.3f}**: in between rest *and* firing are stable, and
the past decides. Drion, O'Leary and Marder (2015) describe this loop and call it type II*.

Why does *more* A-current bring it? A resting cell has all the A-current that *b*<sub>∞</sub>
allows. A firing cell comes back from a spike that has closed *b*, and *b* needs τ<sub>b</sub> to
recover: on the way up through −60 mV it is **{returning["b"]:.3f}**, where a resting cell has
{returning["b_inf"]:.3f} (2 × *g*<sub>A</sub>, {returning["I"]:.2f} µA/cm²). So the firing cell
meets less outward current than the resting one and gets past the place where that one is held. The
more A-current there is, the more this difference counts.

The two thresholds are measured by two paths in one group of cells: *up* starts at rest and gets the
current at once, *down* fires for {LEAD / ms:.0f} ms at a higher current before it gets it. (Just
above the upper one the first spike takes longer than any run. Therefore latencies a little above
are extrapolated, by the law of the section on types, to the current at which it never comes.)
"""


HYSTERESIS_SECTION_CAPTIONS = {
    "hysteresis": "**A** Rate at 2 × *g*<sub>A</sub>, from rest and from firing. "
    "**B** How far below the threshold firing survives, against *g*<sub>A</sub>.",
    "loop": "The two paths at 2 × *g*<sub>A</sub>.",
    "limits": "Lowest current that keeps the cell firing, on both paths. From "
    "rest: extrapolated from latencies. A width within 0.01 µA/cm² of zero is none: so near the "
    "saddle-node a firing cell is slower than the runs.",
}


def gates_section_text(window, tau, recovered) -> str:
    """Return the text of the section “Five gates, and the A-current in voltage clamp”."""
    return f"""
All five gates follow d*x*/d*t* = (*x*<sub>∞</sub> − *x*)/τ<sub>x</sub>. Steady states and time
constants come from the equation text itself.

*a* and *b* overlap, so a **window current** *g*<sub>A</sub>*a*<sub>∞</sub>³*b*<sub>∞</sub>(*V* −
*E*<sub>A</sub>) flows all the time, largest at {signed(window.idxmax(), 0)} mV
({window.max():.0f} µA/cm²) and gone at about −35 mV: it grows while the cell leaves rest and
shrinks when it comes near threshold. On depolarisation *a* follows within
{tau["a", -50.0]:.1f} ms, *b* only within {tau["b", -50.0]:.1f} ms (both at −50 mV): for the first
milliseconds the current exceeds the window current, then it lets go.

The voltage clamp shows what Connor and Stevens saw. From −100 mV, where *b* is open, a step upwards
draws a fast outward current that decays with τ<sub>b</sub> ({tau["b", 0.0]:.2f} ms at 0 mV). After
a prepulse the current left at 0 mV follows *b*<sub>∞</sub>, and at −100 mV it recovers with a time
constant of **{recovered:.2f} ms**: the τ<sub>b</sub> of the equations
({tau["b", -100.0]:.2f} ms), measured by currents alone.
"""


GATES_SECTION_CAPTIONS = {
    "gating": "**A** Steady state and **B** time constant of the gates; **C** the window "
    "current, which no depolarisation ever inactivates.",
    "voltage_clamp": "A-current for steps from −100 mV, after 2 ms.",
    "clamp_curves": "Read off such currents (points). **A** Peak conductance as a fraction "
    "of *g*<sub>A</sub>, below *a*<sub>∞</sub>³ (line) because *b* falls while *a* rises; "
    "and the conductance at 0 mV after a prepulse, relative to the largest, with "
    "*b*<sub>∞</sub> (line). **B** Recovery at −100 mV with the fitted exponential.",
    "gates": "Steady states and time constants at four potentials; the second is the rest.",
    "a_activation": "Activation: peak conductance for a step from −120 mV.",
    "a_inactivation": "Inactivation: 8 ms into a step to 0 mV, after a prepulse.",
    "a_recovery": "Recovery at −100 mV, with the fitted exponential.",
}


def types_section_text(idle, bare_onset, moved_onset, rheobase, law, fit) -> str:
    """Return the text of the section “Type I with, type II without A-current”."""
    return f"""
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


TYPES_SECTION_CAPTIONS = {
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
}


def a_current_text(points, verdicts, change) -> str:
    """Return the text of the section “One plane for all onsets”."""
    place = points.set_index("type")
    loop, bt, gh = (place.loc[name] for name in
                    ("saddle-node loop", "Bogdanov-Takens", "generalised Hopf"))  # fmt: skip
    said = "; ".join(f"× {row.multiple:g} {row.verdict}" for row in verdicts.itertuples())
    said = said.replace("*", "\\*")
    return f"""
Where rest ends and where firing begins can be computed from the equations alone, as curves over
input and *g*<sub>A</sub>: saddle-nodes and Hopf points of the resting states, and folds at which
cycles begin. Three things happen along *g*<sub>A</sub>, and two borders part them.

- **Little A-current: type II.** The steady current–voltage curve has no N where the cell rests.
  Rest goes on as long as the potential is one at which the fast sodium current does not yet feed
  itself faster than potassium follows, and ends in a **Hopf bifurcation**: an oscillation grows
  that brings a frequency of its own. The cycle of full spikes is there before (it begins at a
  *fold of cycles*, at a lower input), so firing begins with a jump. The less A-current, the longer
  rest and firing exist side by side (C). (There are more folds than one: small cycles grow to full
  spikes within a hair's breadth of input, as *canards* that follow the unstable state for a while.)
- **The published amount: type I.** The window of the A-current bends the curve into an N; from a
  cusp on, at {points.query("type == 'cusp'").multiple.iloc[1]:.3f} ×, the lowest rest has an end
  of its own, a saddle-node, and from **{change / G_A:.3f} ×** on that end comes last: at a higher
  input than the Hopf bifurcation. The spike comes back with *b* recovered far enough to be caught
  by the A-current exactly where rest vanishes. Its cycle passes *through* the saddle-node (a SNIC)
  and takes as long as one likes.
- **Much A-current: type II\\*.** More A-current sets the saddle-node higher, but the spike closes
  *b* as before. Coming back, the cell has less outward current than a resting one, and from
  **{loop.multiple:.4f} ×** on (*g*<sub>A</sub> = {loop.g_A_mS_per_cm2:.3f} mS/cm², {
        loop.I_uA_per_cm2:.4f} µA/cm²) it gets past the saddle-node on the far side. That is the
  **saddle-node-loop point**: there the orbit that leaves the saddle-node returns to it along its
  fast direction. Beyond, the cycle ends in a homoclinic orbit of the saddle at a *lower* input than
  rest does, and in between both are stable (section on hysteresis).

So type I is no end of a scale. It is what lies between two borders, {change / G_A:.2f} and
{loop.multiple:.2f} times the published conductance, where the saddle-node is the last end of rest
*and* lies on the cycle. The verdicts of `excitability`, each read off a diagram of its own, agree:
{said}.

Beside the first border lies all that brings it about (B, D): the Hopf points end in a
Bogdanov–Takens point (BT, {bt.multiple:.4f} ×) on the curve of saddle-nodes, and shortly before it
the curve of folds of cycles ends in a generalised Hopf point (GH, {gh.multiple:.4f} ×), beyond
which the oscillation would begin softly. There the lowest rest is stable still: what happens to the
upper state does not show in a cell that comes from rest.
"""


A_CURRENT_CAPTIONS = {
    "a_current_plane": "**A** Bifurcations over the plane of A-type conductance and input, and "
    "where rest ends for the verdicts; dotted: the borders of type I. **B** The box of A enlarged; "
    "folds of cycles cover Hopf points. **C** Range of inputs over which rest and firing are both "
    "stable. **D** The end of the Hopf points, as distance from their tangent in the "
    "Bogdanov–Takens point (BT). Squares: cusps; GH: generalised Hopf point; SNL: saddle-node-loop "
    "point; CPC: two cusps of cycles.",
    "a_current_points": "Special points; ``multiple`` of the published conductance.",
    "a_current_verdicts": "Type of onset, and from what it follows.",
    "a_current_curves": "The curves, with the states on them.",
}
