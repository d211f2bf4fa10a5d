"""The words of the study of circles, with its numbers put in."""

import pandas as pd

SHORT = {
    "ReLU": "relu", "LIF": "lif", "QIF": "qif", "Connor–Stevens": "connor_stevens",
    "Connor–Stevens, no A": "no_A",
}  # fmt: skip
SCALINGS = {
    "linear": "ReLU weights,\nlinear scaling",
    "inverse": "ReLU weights,\nmeasured curve undone",
    "curve": "trained with\nthe measured curve",
}


def numbers_of(
    rates: pd.DataFrame, spiking: pd.DataFrame, converted: pd.DataFrame
) -> dict[str, float]:
    """Return the key results."""
    numbers = {}
    for row in rates.itertuples():
        name = f"{SHORT[row.activation]}_{row.units}"
        numbers |= {
            f"{name}_success_percent": 100 * row.success,
            f"{name}_success_low_percent": 100 * row.low,
            f"{name}_success_high_percent": 100 * row.high,
            f"{name}_restarts": row.restarts,
        }
    for (cell, units, n), rows in spiking.groupby(["cell", "units", "cells_per_unit"]):
        name, last = f"{SHORT[cell]}_{units}_spiking_{n}", rows.iloc[-1]
        numbers |= {
            f"{name}_accuracy_percent": 100 * last["accuracy"],
            f"{name}_rate_accuracy_percent": 100 * last["accuracy_of_rates"],
            f"{name}_spikes": last["spikes_per_decision"],
        }
    for scaling, rows in converted.groupby("scaling"):
        numbers |= {
            f"{scaling}_activity_error_percent": 100 * rows["activity_error"].mean(),
            f"{scaling}_accuracy_percent": 100 * rows["accuracy"].mean(),
            f"{scaling}_units_outside": rows["units_outside"].mean(),
        }
    return {name: float(value) for name, value in numbers.items()}


def summary(n: dict[str, float]) -> str:
    """Return the study in a few sentences."""
    return f"""
A ring around a disc cannot be cut off by one line, so a classifier needs hidden units. With
1000 ReLU units every restart tells all points apart, with 5 units
{n["relu_5_success_percent"]:.0f} %
of the restarts do, with 3 only {n["relu_3_success_percent"]:.0f} %. The F-I curve of a cell serves
as activation function too, and weights trained with it go into spiking cells as they are: LIF and
Connor–Stevens cells classify {n["lif_5_spiking_1_accuracy_percent"]:.0f} % and
{n["connor_stevens_5_spiking_1_accuracy_percent"]:.0f} % of the test points rightly.
"""


def _interval(n: dict, name: str) -> str:
    return (
        f"{n[f'{name}_success_percent']:.0f} % ({n[f'{name}_success_low_percent']:.0f} to "
        f"{n[f'{name}_success_high_percent']:.0f} %, {n[f'{name}_restarts']:.0f} restarts)"
    )


UNITS_CAPTIONS = {
    "decisions": "Test points over the regions in which the best restart of each size decides; "
    "above, its accuracy on training and test set.",
    "losses": "Loss on the training set, a line for each of up to 30 restarts; red: some training "
    "point is still on the wrong side at the end.",
}


def units(n: dict[str, float]) -> str:
    return f"""
`make_circles(n_samples=400, factor=0.3, noise=0.05, random_state=0)`, a quarter of the points for
testing (`stratify=y, random_state=0`). One fully connected hidden layer of ReLU units, a linear
read-out, logistic loss, all weights from the exact gradient by L-BFGS; restarts differ in the
seed of their first weights (0, 1, 2, …). A restart succeeds if it classifies every point of both
sets rightly. The 95 % intervals are Wilson's.

- **1000 units**: {_interval(n, "relu_1000")}. Among so many lines, some lie well from the start,
  and training little more than weighs them: the boundary is smooth and round.
- **5 units**: {_interval(n, "relu_5")}. The boundary is a polygon, and five sides leave room.
- **3 units**: {_interval(n, "relu_3")}. A ReLU unit adds one fold to the plane, so that three of
  them can enclose the disc by a triangle at best: one whose sides pass between the rings exists,
  but just so. A unit that starts or drifts to where it answers to no point (a *dead* unit) has no
  gradient and never returns, and two folds enclose nothing. These runs end with part of the ring
  on the disc's side.

What the sizes share is what a solution looks like; what differs is how many starting points lead
there. Spare units are not needed to represent the answer but to find it.
"""


CURVES_CAPTIONS = {
    "curves": "Measured F-I curves as activation functions: the input is the current from the "
    "onset in units of each cell's own scale, the activity the rate over that at an input of 1.",
    "success": "Restarts that classify every point rightly, with 95 % intervals.",
    "decisions_cells": "As above for 5 units with the curves of cells.",
    "restarts": "All sizes and activations; `test_accuracy_mean` over all restarts.",
}


def curves(n: dict[str, float], rates: pd.DataFrame) -> str:
    cells = [name for name in SHORT if name != "ReLU" and f"{SHORT[name]}_5_restarts" in n]
    lines = "\n".join(
        f"- **{name}**: 5 units {_interval(n, f'{SHORT[name]}_5')}, 3 units "
        f"{_interval(n, f'{SHORT[name]}_3')}"
        for name in cells
    )
    return f"""
The same networks with `activation_curve(model)` in place of ReLU: rates measured at constant
currents, interpolated by a monotone cubic, whose derivative gives the exact gradient.

{lines}

Curves differ where they begin. ReLU has a kink; QIF (a square root) and LIF (one over a logarithm)
start with infinite slope, which hardly matters here. The Connor–Stevens cell without its A-current
jumps from silence to firing at once. The gradient, which is all that training sees, says nothing
about the jump, and a unit whose inputs lie beside it is pushed back and forth. The A-current makes
the onset gentle, and training as sure as with ReLU.
"""


SPIKES_CAPTIONS = {
    "spiking": "Accuracy on the test points in spikes, read after presentations of different "
    "length: **A** over time, **B** over all spikes until then.",
    "conversions": "Networks of 5 units in LIF cells, a dot for each of the restarts: **A** error "
    "of the activities that spikes carry after 200 ms, **B** accuracy.",
    "spiking_accuracy": "Accuracy in spikes; `accuracy_of_rates` is that of the trained network, "
    "`units_outside` how many units get currents beyond the measured curve.",
}


def spikes(n: dict[str, float]) -> str:
    return f"""
`to_spiking(trained, model)` makes each hidden unit a cell. All 100 test points are shown at once,
each to its own copy of the network, in one run; a point's coordinates and the weights give every
cell a constant current, and the read-out weighs spike counts. After 200 ms LIF cells are right in
**{n["lif_5_spiking_1_accuracy_percent"]:.0f} %** (5 units; rates
{n["lif_5_spiking_1_rate_accuracy_percent"]:.0f} %) and
**{n["lif_1000_spiking_1_accuracy_percent"]:.0f} %** (1000 units; rates
{n["lif_1000_spiking_1_rate_accuracy_percent"]:.0f} %), Connor–Stevens cells in
**{n["connor_stevens_5_spiking_1_accuracy_percent"]:.0f} %** (rates
{n["connor_stevens_5_spiking_1_rate_accuracy_percent"]:.0f} %). Early on a count is a coarse
number. Four cells for each unit, spread over the cycle of firing, make it finer: they pay in
spikes what they save in time.

**Why the curve is measured.** The usual way takes ReLU weights and a rate that is proportional to
the input (*linear scaling*). LIF's rate is not, and the activities in spikes are off by
**{n["linear_activity_error_percent"]:.1f} %** of the largest, after 200 ms; what is left of the
accuracy is {n["linear_accuracy_percent"]:.1f} %. On the same weights, currents that undo the
measured curve leave an error of **{n["inverse_activity_error_percent"]:.1f} %** and an accuracy of
{n["inverse_accuracy_percent"]:.1f} %; weights that were trained with the curve,
{n["curve_activity_error_percent"]:.1f} % and {n["curve_accuracy_percent"]:.1f} %. The rest is
counting: a count is a whole number. Of five units trained with the curve,
{n["curve_units_outside"]:.1f} on average get currents beyond the measured 5 nA for some points;
there the curve was continued in training with its last slope, and the cells fire as they do.
"""
