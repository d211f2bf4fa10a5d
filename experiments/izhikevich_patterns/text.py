"""The words of the study, with its numbers put in."""

from .common import Compared
from .measure import lts_limit_pA, mean_interval_ms


def summary(compared: Compared) -> str:
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


def seven_cells_text(at, fewer, table) -> str:
    """Return the text of the section “Seven types of cell”."""
    return f"""
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


SEVEN_CELLS_CAPTIONS = {
    "cells_2003": "The cells of 2003: potential *v*, recovery variable *u* and stimulus. "
    "Runge–Kutta, 2⁻⁵ ms.",
    "cells_2003_intervals": "Spikes in the panels above, and with the published program.",
}


def twenty_patterns_text(table, worst) -> str:
    """Return the text of the section “Twenty patterns”."""
    return f"""
Twenty things that cells in the cortex do, each with its own constants and stimulus (Izhikevich
2004, figure 1). Panels G and L have 4.1 *v* + 108 in place of 5 *v* + 140, and R has
*u*' = *a* *b* (*v* + 65), as in the paper's program. A star marks the panels that need a change to
show what they are there to show; the next section compares them.

Spike times at 2⁻⁵ ms differ from those at 2⁻⁸ ms by at most
{table["rk4_error_ms"].max():.2g} ms (panel {worst}).
"""


TWENTY_PATTERNS_CAPTIONS = {
    "patterns_2004": "The patterns of 2004, solved with Runge–Kutta: potential *v*, "
    "recovery variable *u* and stimulus. Stars: with the changes of the next section."
}


def step_size_text(differ, lost, latencies, compared, table, runaway) -> str:
    """Return the text of the section “What belongs to the step size”."""
    return f"""
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
  is {mean_interval_ms(compared.published["P"]):.2f} ms long in the program and
  {mean_interval_ms(compared.fine["P"]):.2f} ms in the equations. It does so at 208 ms.
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


STEP_SIZE_CAPTIONS = {
    "step_size": "Left: the published program. Middle: the same equations, stimulus and "
    "constants, converged; T is cut off where its spikes can no longer be told apart. "
    "Right: converged, with a changed stimulus or constant.",
    "schemes": "Number of spikes and whether the panel holds what it shows. Converged: "
    "Runge–Kutta with 2⁻⁸ ms; a dash where 2⁻⁵ and 2⁻⁸ ms do not agree. "
    "`rk4_error_ms`: largest difference of a spike time between these two.",
}
CELLS_2007_CAPTIONS = {
    "cells_2007_cortical": "Regular spiking, intrinsically bursting and chattering cells.",
    "cells_2007_special": "Low-threshold spiking, fast spiking and thalamo-cortical cells, "
    "which have resets of their own.",
    "cells_2007_intervals": "Spikes in the panels above.",
}


def fi_2003_text(first, at) -> str:
    """Return the text of the section “F–I curves of the cells of 2003”."""
    return f"""
Steady rate and rate of the first interval, for a current switched on at rest. Most steady curves
are flatter and straighter, because *u* grows with the rate and subtracts from the current: at
10 mV/ms RS starts with {first["RS", 10.0]:.0f} Hz and ends with {at["RS", 10.0]:.1f} Hz, FS with
{first["FS", 10.0]:.0f} and {at["FS", 10.0]:.1f} Hz. For the bursting cells (IB, CH) the steady rate
is the mean over bursts and pauses, and jumps when a burst gains a spike.
"""


FI_2003_CAPTIONS = {
    "fi_2003": "**A** Steady rate. **B** Rate of the first interval.",
    "fi_2003_rates": "Rates, intervals and latencies.",
}


def fi_2007_text(onsets, at) -> str:
    """Return the text of the section “F–I curves of the cells of 2007”."""
    return f"""
The same for the cells of 2007. First current of the sweep at which a cell keeps firing, in pA:
{onsets}. At 400 pA FS fires with {at["FS", 400.0]:.0f} Hz, RS with {at["RS", 400.0]:.1f} Hz.

Much stronger currents are no test of the LTS cell: its peak, 40 − 0.1 *u*, and its reset,
−53 + 0.04 *u*, meet at *u* = {lts_limit_pA():.1f} pA, just below the bound of *u* (670 pA). Beyond
that every reset is a spike.
"""


FI_2007_CAPTIONS = {
    "fi_2007": "**A** Steady rate. **B** Rate of the first interval.",
    "fi_2007_rates": "Rates, intervals and latencies.",
}
