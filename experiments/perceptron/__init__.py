"""The perceptron: its learning rule, what it cannot learn, and gates in spiking cells."""

from ...analysis import perceptron
from ..classification import data
from ..study import Section, Settings, StudyResult
from . import figures, text
from .measure import (
    compare_losses,
    gates_in_cells,
    learn_gates,
    lif_curve,
    losses_of_score,
    measures,
    noisy_and,
    push_ratio,
    train_xor,
)


@data.one_thread()
def run(settings: Settings) -> StudyResult:
    """Carry out the study.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    StudyResult
    """
    rules, table = learn_gates()
    X, y = noisy_and()
    line = perceptron(X, y, epochs=50)
    matrix, quality = measures(y, line.predict(X))
    curve = lif_curve(settings.backend)
    compared = compare_losses(train_xor(5 if settings.quick else 50, curve))
    in_cells, spikes = gates_in_cells(curve, settings.backend)
    numbers = quality | {
        f"{gate}_mistakes": float(rules[gate].mistakes) for gate in ("AND", "OR", "NAND")
    }
    numbers["push_ratio"] = push_ratio(-6.0)
    numbers["XOR_converged"] = float(rules["XOR"].converged)
    for row in compared.itertuples():
        numbers[f"{row.activation}_{row.loss}_success_percent"] = 100 * row.success
        numbers[f"{row.activation}_{row.loss}_epochs"] = row.epochs_median
    numbers["gates_right_in_cells"] = float((in_cells["found"] == in_cells["wanted"]).sum())
    sections = (
        Section(
            "The learning rule",
            text.rule(numbers, table),
            figures={"gates": figures.draw_gates(rules)},
            tables={"learning": table},
            captions=text.RULE_CAPTIONS,
        ),
        Section(
            "How good is a classifier?",
            text.quality(numbers, matrix),
            figures={"confusion": figures.draw_confusion(X, y, line, matrix)},
            captions=text.QUALITY_CAPTIONS,
        ),
        Section(
            "XOR, and what is made small",
            text.losses(numbers),
            figures={"losses": figures.draw_losses(losses_of_score())},
            tables={"xor_trained": compared},
            captions=text.LOSS_CAPTIONS,
        ),
        Section(
            "Gates in cells",
            text.cells(numbers),
            figures={"cells": figures.draw_cells(in_cells, spikes)},
            tables={"gates_in_cells": in_cells},
            captions=text.CELLS_CAPTIONS,
        ),
    )
    return StudyResult(
        name="perceptron",
        title="The perceptron, gates and XOR, in numbers and in cells",
        summary=text.summary(numbers),
        sections=sections,
        numbers=numbers,
    )
