"""The words of the study of F-I curves, with its numbers put in."""

from itertools import groupby

import pandas as pd

from ...models import LIF
from ..report import format_number
from .common import Cell
from .measure import unbounded_rate

NAMES = {"relu": "ReLU", "sigmoid": "sigmoid", "softplus": "softplus", "sqrt": "square root"}


def summary(numbers: dict[str, float]) -> str:
    return f"""
The leaky neuron (LIF) follows *τ* d*V*/d*t* = *E*<sub>L</sub> − *V* + *R* *I*, the quadratic one
(QIF) *τ* d*V*/d*t* = *V*<sub>0</sub> + *V*². Both are silent below a threshold current and fire at
arbitrarily low rates just above it, yet for different reasons, and their F-I curves bend
differently. Over its usual range the LIF is described better by a ReLU
(*R*² = {numbers["lif_relu_R2"]:.4f}) than by a sigmoid ({numbers["lif_sigmoid_R2"]:.4f}); for the
QIF the sigmoid is ahead ({numbers["qif_sigmoid_R2"]:.4f} against {numbers["qif_relu_R2"]:.4f}), and
a square root ({numbers["qif_sqrt_R2"]:.4f}) far ahead of both. Which one wins depends on how
far the currents reach. The time constant only sets the unit of time.
"""


def interval_text(row: pd.Series, name: str) -> str:
    """Write a parameter with its confidence interval."""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return f"{row[name]:.3g} [{low:.3g}, {high:.3g}]".replace("-", "−")


def ranges_sentence(table: pd.DataFrame, cell: Cell) -> str:
    """Say which function is the best up to which end, and where the sigmoid beats the ReLU."""
    rows = table[table["model"] == cell.name]
    unit = " nA" if cell.model is LIF else ""
    best = rows[rows["delta_AICc"] == 0].sort_values("end")
    parts = [
        f"{NAMES[kind]} for ranges up to {', '.join(f'{end:g}' for end, _ in part)}{unit}"
        for kind, part in groupby(best[["end", "kind"]].to_numpy(), key=lambda row: row[1])
    ]
    aicc = rows.pivot_table(index="end", columns="kind", values="AICc")
    ahead = aicc.index[aicc["sigmoid"] < aicc["relu"]]
    listed = ", ".join(f"{end:g}" for end in ahead)
    return f"{'; '.join(parts)}. Sigmoid before ReLU: {listed + unit if listed else 'nowhere'}"


def portraits_section_text(low, high) -> str:
    """Return the text of the section “Phase portraits on both sides of the bifurcation”."""
    return f"""
**LIF.** *τV*′ is a falling line with one fixed point, always stable, at *E*<sub>L</sub> + *R* *I*.
The current moves it to the right until it leaves through the threshold. From then on the
potential, on its way to a point it cannot reach, is reset again and again. Nothing happens to the
fixed point itself; the threshold cuts it off.

**QIF.** *τV*′ is a parabola, raised by *V*<sub>0</sub>. Below 0 it has two zeros at
∓√−*V*<sub>0</sub> (for *V*<sub>0</sub> = −1 at **{format_number(low)}**, stable, and
**{format_number(high)}**, unstable: whatever starts above it escapes to a spike). At
*V*<sub>0</sub> = 0 the two meet in a single point that attracts from the left and repels to the
right, a **saddle-node**, half-stable.
Above 0 there is no fixed point. The potential runs through and spends most of its time where the
parabola is lowest, in the *ghost* of the saddle-node; so the rate starts from zero.
"""


PORTRAITS_SECTION_CAPTIONS = {
    "phase_portraits": "*τV*′ over *V* below, at and above the bifurcation; upper row LIF, "
    "lower row QIF. Arrows show the flow.",
    "portrait_fixed_points": "Fixed points found from the equation texts. The input of the "
    "QIF is *V*<sub>0</sub>; its variables have no unit. Those of the LIF at and above "
    "the threshold of −50 mV are never reached.",
}


def closed_forms_text(unbounded, bounded, shown) -> str:
    """Return the text of the section “F-I curves and their closed forms”."""
    return f"""
**LIF**: *f* = 1/(*τ* ln[(*E*<sub>L</sub> + *R* *I* − *V*<sub>reset</sub>)/(*E*<sub>L</sub> +
*R* *I* − *V*<sub>th</sub>)]). At the rheobase the slope is infinite; then the curve straightens.

**QIF**, *V*<sub>0</sub> > 0, with *s* = √*V*<sub>0</sub>:
*f* = *s*/(*τ* [atan(*V*<sub>th</sub>/*s*) − atan(*V*<sub>reset</sub>/*s*)]). Where
reset and threshold lie far from the minimum of the parabola this is √*V*<sub>0</sub>/(π*τ*), the
mark of a saddle-node on a circle: {unbounded:.4f} Hz at *V*<sub>0</sub> = 1, and {bounded:.4f} Hz
with reset and threshold at ∓10, because the way there and back again is cut short.

The simulated rates lie on the formulas: the largest relative difference is
**{shown["LIF"]}** (LIF) and **{shown["QIF"]}** (QIF). Where the formula says 0, no simulated cell
fires.
"""


CLOSED_FORMS_CAPTIONS = {
    "closed_forms": "Above, simulated rates on the closed form; below, what is left, "
    "relative to the rate.",
    "lif_rates": "LIF: measured and exact rates.",
    "qif_rates": "QIF: measured and exact rates; *I* stands for *V*<sub>0</sub>.",
}


def fits_section_text(lif, qif) -> str:
    """Return the text of the section “Which function fits which curve”."""
    return f"""
Four functions, each up to a shift along the current axis and a scale, sigmoid and softplus also
with a width (a sigmoid of fixed width would depend on the unit of the current). They are fitted by
least squares and ranked by AICc, which charges for each parameter.

- **LIF, 0 to 5 nA: the ReLU.** {interval_text(lif.loc["relu"], "scale")} Hz/nA above
  {interval_text(lif.loc["relu"], "shift")} nA, root mean square residual
  {lif.loc["relu", "rmse_Hz"]:.2f} Hz against {lif.loc["sigmoid", "rmse_Hz"]:.2f} Hz for the sigmoid
  (ΔAICc {lif.loc["sigmoid", "delta_AICc"]:.0f}). What it misses is the steep beginning. The
  softplus turns into the same ReLU (width → 0) and pays for a parameter that it does not need.
- **QIF, −1 to 4: the square root**, with the scale {interval_text(qif.loc["sqrt"], "scale")} Hz and
  {qif.loc["sqrt", "rmse_Hz"]:.2f} Hz left; theory for the onset says 1/(π*τ*) =
  {unbounded_rate(1.0):.2f} Hz. Sigmoid ({qif.loc["sigmoid", "rmse_Hz"]:.2f} Hz) and ReLU
  ({qif.loc["relu", "rmse_Hz"]:.2f} Hz) both miss it, the sigmoid by a little less: the curve
  bends downwards all the way, as the sigmoid's upper half does.

In brackets: 95 % intervals, which tell how well the curve pins a parameter down. These rates
have no noise. What is left is the misfit of the function, nothing random, so take the Akaike
weights in the table as a ranking and not as probabilities.
"""


FITS_SECTION_CAPTIONS = {
    "lif_fits": "LIF: measured rates with fits, and the residuals below.",
    "qif_fits": "QIF: measured rates with fits, and the residuals below.",
    "fits": "Parameters with 95 % intervals, where the curve determines them. LIF: scale "
    "in Hz/nA, Hz (sigmoid) or Hz/√nA (square root), shift and width in nA. QIF: scale in "
    "Hz, shift and width without unit.",
}


def fits_by_range_text(lif, qif) -> str:
    """Return the text of the section “How the answer depends on the range of currents”."""
    return f"""
The answer depends on how far the currents reach, because both curves change their shape. Best by
AICc, with the same number of points for every range:

- **LIF**: {lif}.
- **QIF**: {qif}.

Close to the onset the **square root** describes both: the QIF because it is one, the LIF because
its curve is steep there and bends, too. Far above the onset both are straight lines and the
**ReLU** wins. For the LIF this begins where the leak no longer matters, for the QIF where
*V*<sub>0</sub> exceeds *V*² at reset and threshold (10² = 100): the parabola is flat then. The
**sigmoid** is never the best. It beats the ReLU only near the onset, where the curve bends all over
the range. Neither neuron saturates, so the upper half of a fitted sigmoid says where the
currents stop and nothing about the neuron; it takes a refractory period to make a rate saturate.
"""


FITS_BY_RANGE_CAPTIONS = {
    "fit_ranges": "Part of the variance that a fit leaves unexplained, over the upper end "
    "of the range. Lower is better.",
    "range_fits": "Fits for each upper end (nA for the LIF; no unit for the QIF).",
}


def time_constant_text(listed, largest) -> str:
    """Return the text of the section “Why the time constant can be set to 1”."""
    return f"""
In the new time *s* = *t*/*τ* the equations read d*V*/d*s* = *E*<sub>L</sub> − *V* + *R* *I* and
d*V*/d*s* = *V*<sub>0</sub> + *V*²: no *τ* is left. A neuron with another time constant does the
same thing at another speed. Its rate is 1/*τ* times that of *τ* = 1, and *τ* *f*(*I*), the number
of spikes per time constant, is one curve for all. Measured with time steps in proportion to *τ*,
the curves for *τ* = {listed} ms differ by **{format_number(float(f"{largest:.0e}"))}** (relative)
at most, that is by rounding. So set *τ* = 1 and give back the unit of time at the end. (A
refractory period would have to be scaled with it. Resistance, leak and threshold of the LIF go
the same way, into the units of current and voltage.)
"""


TIME_CONSTANT_CAPTIONS = {
    "time_constant": "Left, the rates for different time constants (colours); right, "
    "the same times *τ*: all curves lie on each other.",
    "scaled_rates": "The rates in the figure.",
}
