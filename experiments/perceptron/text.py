"""The words of the study of the perceptron, with its numbers put in."""

import pandas as pd


def summary(n: dict[str, float]) -> str:
    """Return the study in a few sentences."""
    return f"""
A perceptron learns AND, OR and NAND in a handful of corrections, because a line separates the
inputs to which the answer is yes from the others. For XOR there is none, and the rule goes round
in circles for ever. Two hidden units solve it, by hand and trained. Cells compute too: one LIF
cell is a gate, three are XOR ({n["gates_right_in_cells"]:.0f} of 16 answers right in spikes).
"""


RULE_CAPTIONS = {
    "gates": "The four gates: inputs to which the answer is yes (triangles) and no (dots), and "
    "the perceptron's line after its last passes; black where it has learned the gate.",
    "learning": "What the learning rule did. `bound` is Novikoff's, on the number of mistakes; "
    "`comes_back_after` the number of passes after which the same weights returned.",
}


def rule(n: dict[str, float], table: pd.DataFrame) -> str:
    rows = table.set_index("gate")
    lines = "\n".join(
        f"- **{gate}**: {row.mistakes} corrections in {row.passes} passes, at most "
        f"{row.bound:.0f} by the bound (margin {row.margin:.3f})."
        for gate, row in rows[rows["separable"]].iterrows()
    )
    return f"""
The unit answers yes if *w*₁*x*₁ + *w*₂*x*₂ + *b* > 0. Where it is wrong, the inputs are added to
the weights (it should have said yes) or taken off (it should not): Rosenblatt's rule of 1958. If
any line separates the two classes, with a margin γ, the rule stops after at most
max|*x*|²/γ² mistakes, where *x* includes the 1 for the bias (Novikoff 1962).

{lines}

**Why XOR fails.** It would need *b* ≤ 0, *w*₁ + *b* > 0, *w*₂ + *b* > 0 and
*w*₁ + *w*₂ + *b* ≤ 0. The middle two add up to *w*₁ + *w*₂ + 2*b* > 0, the outer two to
*w*₁ + *w*₂ + 2*b* ≤ 0: there are no such numbers, and a linear programme says so too. The rule
comes back to weights that it had {rows.loc["XOR", "comes_back_after"]:.0f} passes before, and will
do so for ever.
"""


QUALITY_CAPTIONS = {
    "confusion": "**A** noisy copies of AND with the line of a trained unit, **B** its confusion "
    "matrix.",
}


def quality(n: dict[str, float], matrix) -> str:
    return f"""
With noise on the inputs no line is perfect; the rule, stopped after 50 passes, leaves the one that
it happens to have. How does it err? The **confusion
matrix** counts samples by what they are (rows) and what they were taken for (columns). Of those
that were taken for yes, {matrix[1, 1]} of {matrix[:, 1].sum()} are: the **precision**,
{n["precision"]:.3f}. Of those that are yes, {matrix[1, 1]} of {matrix[1].sum()} were found: the
**recall**, {n["recall"]:.3f}. The **F-score**, {n["F"]:.3f}, is their harmonic mean, which is small
if either is. The accuracy, {n["accuracy"]:.3f}, is the share of right answers; it flatters when one
class is rare: always saying no would reach 0.75 here, with a recall of 0.
"""


LOSS_CAPTIONS = {
    "losses": "**A** Squared error and cross-entropy of a sample of class 1 by its score, **B** "
    "how strongly they push the score upwards.",
    "xor_trained": "XOR with two hidden units, 1000 epochs of Adam (learning rate 0.05) on all "
    "four rows. `epochs_median`: after which a successful restart stays right.",
}


def losses(n: dict[str, float]) -> str:
    return f"""
**By hand.** One hidden unit computes OR, the other AND, and the read-out says yes to the first
unless the second is active: one input or two, and not two.

**Trained**, two hidden units suffice, if the start is a good one. Two losses are usual. The squared
error of the probability *p* = 1/(1 + exp(−score)) has the slope (*p* − *y*) *p* (1 − *p*), which
vanishes where the unit is sure *and wrong*; the cross-entropy has the slope *p* − *y*, which is
largest there. At a score of −6 for a sample of class 1 it pushes
{n["push_ratio"]:.0f} times as hard. From small random weights, as here, no unit is sure of
anything, and the two do about equally well: restarts that succeed within 1000 epochs are

- with logistic units {n["logistic_squared_error_success_percent"]:.0f} % (squared error; right for
  good after {n["logistic_squared_error_epochs"]:.0f} epochs in the median) and
  {n["logistic_cross_entropy_success_percent"]:.0f} % (cross-entropy;
  {n["logistic_cross_entropy_epochs"]:.0f} epochs),
- with LIF's measured F-I curve {n["lif_squared_error_success_percent"]:.0f} %
  ({n["lif_squared_error_epochs"]:.0f} epochs) and {n["lif_cross_entropy_success_percent"]:.0f} %
  ({n["lif_cross_entropy_epochs"]:.0f} epochs).

Restarts that fail have two units that do the same or, with the F-I curve, a unit that fires for no
row: it has no gradient and never comes back.
"""


CELLS_CAPTIONS = {
    "cells": "Spikes of the gates' cells (red) for each pair of inputs; for XOR also those of the "
    "hidden cells (OR green, AND orange).",
    "gates_in_cells": "Spikes of the answering cell in 100 ms; from three on the answer is yes.",
}


def cells(n: dict[str, float]) -> str:
    return f"""
A cell that fires above its threshold current is a perceptron with a graded yes. Each input of 1
is a current of 1 nA, the bias another one, and 0 stands for the onset at 1.5 nA: AND has a bias of
−1.5 nA (both inputs lift the cell 0.5 nA above its onset), OR −0.5 nA, NAND +1.5 nA with inputs
of −1 nA. XOR is two such cells, OR and AND, whose spikes reach a third one through synapses
(20 ms): OR excites it, AND inhibits it three times as strongly.
**{n["gates_right_in_cells"]:.0f} of 16** answers are right.
"""
