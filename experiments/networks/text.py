"""The words of the study of networks, with its numbers put in."""

import numpy as np
import pandas as pd

from ..formatting import signed
from .common import (
    ABOVE,
    DELAY,
    DEVIATION,
    DRAWN,
    IN_DEGREE,
    JUMP,
    N_EXC,
    N_INH,
    SAME_INPUT,
    SAME_RATE,
    SAMPLE,
    START_MS,
    STEP,
    G,
)


def summary(n: dict[str, float]) -> str:
    return f"""
The same wiring and, in units of each cell's own threshold, the same drive: what is left is the
cell. Five models fire between {n["lowest_rate_Hz"]:.0f} and {n["highest_rate_Hz"]:.0f} Hz. An
A-type current slows a network's rhythm: at the same input from {n["same_input_none_peak_Hz"]:.0f}
to {n["same_input_full_peak_Hz"]:.0f} Hz. Brunel's network of the simplest cells has four regimes,
and in the asynchronous one the rate of {n["brunel_AI_rate_Hz"]:.1f} Hz follows from the closed form
for a single noisy cell ({n["brunel_AI_mean_field_Hz"]:.1f} Hz).
"""


def a_current_text(found, most: float) -> str:
    none, full, top = (found["same input", x] for x in (0.0, 1.0, most))
    bare, same = found["same rate alone", 0.0], found["same rate alone", 1.0]
    more = "" if most == 1 else f" ({top.peak_Hz:.0f} Hz at {most:g} times the conductance)"
    return f"""
A network of Connor–Stevens cells with conductance synapses: excitation fades with 3 ms, inhibition,
which reverses at −80 mV, with 8 ms. A volley of excitation recruits inhibition, which silences all
until it has faded, and so on: a rhythm. *g*<sub>A</sub> is now changed in all cells. The leak
moves along so that the cells keep their resting potential.

**At the same input**, {SAME_INPUT:g} µA/cm², the cells fire {none.rate_Hz:.0f} ±
{none.rate_Hz_sem:.0f} Hz without and {full.rate_Hz:.0f} ± {full.rate_Hz_sem:.0f} Hz with the
A-current, and the rhythm has {none.peak_Hz:.0f} ± {none.peak_sem_Hz:.0f} and {full.peak_Hz:.0f} ±
{full.peak_sem_Hz:.0f} Hz{more}. That might only say that an A-current is one more outward current:
under this input a single cell fires {none.single_cell_rate_Hz:.0f} Hz without it and
{full.single_cell_rate_Hz:.0f} Hz with it.

**At the same rate of the single cell**, {SAME_RATE:g} Hz (which takes {bare.I_uA_per_cm2:.1f} and
{same.I_uA_per_cm2:.1f} µA/cm²), the network fires {bare.rate_Hz:.0f} ± {bare.rate_Hz_sem:.0f} Hz
without and {same.rate_Hz:.0f} ± {same.rate_Hz_sem:.0f} Hz with the A-current; the rhythm has
{bare.peak_Hz:.0f} ± {bare.peak_sem_Hz:.0f} and {same.peak_Hz:.0f} ± {same.peak_sem_Hz:.0f} Hz, the
synchrony index is {bare.synchrony:.2f} ± {bare.synchrony_sem:.2f} and {same.synchrony:.2f} ±
{same.synchrony_sem:.2f}. Differences of this comparison that exceed their errors come from how the
current acts in time, not from how much of it there is.
"""


def models_text(table: pd.DataFrame) -> str:
    by = table.set_index("model")
    fastest, slowest = by["rate_Hz"].idxmax(), by["rate_Hz"].idxmin()
    regular, irregular = by["isi_cv"].idxmin(), by["isi_cv"].idxmax()
    together = by["synchrony"].idxmax()
    return f"""
{N_EXC} excitatory and {N_INH} inhibitory cells; each receives from {IN_DEGREE["exc"]} and
{IN_DEGREE["inh"]} of them, drawn at random. The inputs of the models have different units, so the
drive is given in the cell's own terms: a mean {100 * ABOVE:.0f} % above its threshold, and white
noise that moves its resting membrane by {DEVIATION:g} mV (standard deviation). A spike moves its
targets by {JUMP:g} mV up or {G * JUMP:g} mV down, {DELAY:g} ms later. (Where the potential has no
unit, 0.1 stands for 1 mV; the QIF neuron's way to the threshold is counted from −1.)

The rate is highest in the {fastest} network ({by.rate_Hz[fastest]:.0f} Hz) and lowest in the
{slowest} one ({by.rate_Hz[slowest]:.1f} Hz). The cells differ so without any connection: uncoupled
they fire {by.uncoupled_rate_Hz[fastest]:.0f} and
{by.uncoupled_rate_Hz[slowest]:.1f} Hz under the same drive, since equal distance from the threshold
is not equal steepness behind it. The {regular} cells are the most regular (CV
{by.isi_cv[regular]:.2f}), the {irregular} cells the least ({by.isi_cv[irregular]:.2f}); the
{together} cells fire most nearly together (synchrony {by.synchrony[together]:.2f}, where
independent cells have about {1 / np.sqrt(N_EXC):.2f}). The strongest rhythm lies between
{by.peak_Hz.min():.0f} and {by.peak_Hz.max():.0f} Hz.
"""


A_CURRENT_SECTION_CAPTIONS = {
    "a_current": "Rate, strongest peak of the spectrum and synchrony index of the "
    "excitatory cells over the A-type conductance *g*<sub>A</sub>, in multiples of the "
    "full cell's; mean and standard error "
    "over seeds.",
    "a_current_table": "The same as numbers, with the input and the rate at which a "
    "single cell fires under it without noise.",
}


def brunel_section_text(small, by) -> str:
    """Return the text of the section “Brunel's four regimes”."""
    return f"""
The simplest cells, LIF, with jumps of the potential as synapses and Poisson input: Brunel (2000)
showed that the balance of inhibition and input decides between four states.{small}

Where nothing oscillates the rate follows from a single cell: the spikes of all others are to it a
current with noise, whose mean and strength depend on the rate; the closed form of the noisy LIF
gives the rate back; both have to agree. For the asynchronous regime that gives
**{by["AI"].mean_field_Hz:.1f} Hz**; the simulation has **{by["AI"].rate_Hz:.1f} Hz**, that of the
paper {by["AI"].published_Hz} Hz. The regular regime has a CV of {by["SR"].isi_cv:.2f} and synchrony
{by["SR"].synchrony:.2f}; the asynchronous one {by["AI"].isi_cv:.2f} and {by["AI"].synchrony:.2f}
(independent cells: {1 / np.sqrt(SAMPLE):.2f}). In the other two the cells fire irregularly (CV
{by["SI_fast"].isi_cv:.2f} and {by["SI_slow"].isi_cv:.2f}) while the population oscillates: the
strongest peaks lie at {by["SI_fast"].peak_Hz:.0f} and {by["SI_slow"].peak_Hz:.0f} Hz, above the
{by["SI_fast"].rate_Hz:.0f} and {by["SI_slow"].rate_Hz:.1f} Hz at which a cell fires: no cell takes
part in every cycle.
"""


BRUNEL_SECTION_CAPTIONS = {
    "brunel": f"Spikes of {DRAWN} excitatory cells, and the rate of {SAMPLE} of them in "
    "bins of 1 ms.",
    "brunel_table": f"From {START_MS} ms on: rates in the paper's figure 8, in its "
    "mean-field equations, and here; CV; correlation and synchrony of counts in 1 ms; "
    "strongest peak of the spectrum.",
}
MODELS_SECTION_CAPTIONS = {
    "models": f"The excitatory (below {N_EXC}) and the inhibitory cells of the five "
    "networks, and the populations' rates, smoothed with a Gaussian of 1 ms.",
    "models_spectra": "Spectral density of the rate of the excitatory cells; bands are "
    "one standard error over seeds.",
    "models_table": "Excitatory cells, means over seeds with standard errors: rate "
    "without and with connections; CV of the intervals; mean correlation of pairs and "
    "synchrony index, both of counts in 5 ms; the strongest peak of the spectrum and its "
    "band's power over that of independent cells.",
}


def closed_form_section_text(short, corrected) -> str:
    """Return the text of the section “A noisy cell against the closed form”."""
    return f"""
For the LIF cell in white noise the mean rate is known in closed form (Siegert 1951). Below the
threshold of 1.5 nA a cell fires on noise alone, and the sharp onset of the noise-free curve is
gone. The simulated rates lie on the lines but for one thing: over the rates above 5 Hz they are
{signed(short, 1)} % off on average. A simulation looks at the threshold once a step and overlooks
a path that crosses and comes back in between. With that in the formula (the threshold raised by
0.58 standard deviations of a step's noise, here for {STEP:g} ms) {signed(corrected, 1)} % are left.
"""


CLOSED_FORM_SECTION_CAPTIONS = {
    "siegert": "Rate of the LIF cell over the mean input for three strengths of noise: "
    "simulated (markers, standard errors) and closed form (lines).",
    "siegert_rates": "The same as numbers; on the grid: the closed form for a threshold "
    f"that is seen every {STEP:g} ms only.",
}


def orders_section_text(strong, weak) -> str:
    """Return the text of the section “The order of Euler–Maruyama”."""
    return f"""
How fast does the method of Euler and Maruyama converge? On the membrane without threshold, whose
solution along a given noise is known exactly, the distance from it falls with the step to the power
of **{strong:.2f}** (strong order), the error of the mean with **{weak:.2f}** (weak order). Theory
says 1 for both where the noise does not depend on the state, as here. A firing rate converges more
slowly, with the square root of the step, because of the overlooked crossings of the section before.
"""


ORDERS_SECTION_CAPTIONS = {
    "orders": "Errors after 20 ms against the time step.",
    "orders_table": "The same as numbers.",
}


def onsets_section_text(lines) -> str:
    """Return the text of the section “Noise straightens the onset”."""
    return f"""
Without noise an F-I curve is bent at its onset, or jumps there. Noise lets a cell fire below its
threshold on some occasions and misses others above it, and so rounds the bend. How close is the
curve to a straight line through the onset? Its coefficient of determination, for noise that moves
the resting membrane by 0, 1 and 4 mV:

{lines}
"""


ONSETS_SECTION_CAPTIONS = {
    "onsets": "F-I curves around the threshold without noise (black) and with noise; the "
    "colours are the standard deviation of the resting membrane in mV.",
    "onset_linearity": "Straight lines fitted to these curves: slope, coefficient of "
    "determination, and the steepest rise relative to an even one.",
}
