"""Two circles: how many hidden units it takes, with ReLU, with the F-I curves of cells, in spikes.

The networks are trained on rates; their weights then run in spiking cells.
"""

from ..classification import data
from ..classification.cells import CELLS, curve_of, curves_table
from ..study import Section, Settings, StudyResult
from . import figures, text
from .measure import conversions, in_spikes, rates_of_success, relu_and_cells


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
    split = data.circles()
    names = ("LIF", "Connor–Stevens") if settings.quick else tuple(CELLS)
    curves = {name: curve_of(name, settings.backend) for name in names}
    restarts = relu_and_cells(settings, split, curves)
    rates = rates_of_success(restarts)
    relu = {key: found for key, found in restarts.items() if key[0] == "ReLU"}
    shown = {f"{units} units": found.best for (_, units), found in relu.items()}
    spiking, _ = in_spikes(
        split,
        {
            (cell, n): restarts[cell, n].best
            for cell, n in (("LIF", 5), ("Connor–Stevens", 5), ("LIF", 1000))
        },
        settings,
    )
    converted = conversions(
        split, restarts["ReLU", 5], restarts["LIF", 5], curves["LIF"],
        3 if settings.quick else 20, settings.backend,
    )  # fmt: skip
    numbers = text.numbers_of(rates, spiking, converted)
    sections = (
        Section(
            "How many ReLU units it takes",
            text.units(numbers),
            figures={
                "decisions": figures.draw_decisions(split, shown),
                "losses": figures.draw_losses(relu),
            },
            captions=text.UNITS_CAPTIONS,
        ),
        Section(
            "F-I curves as activation functions",
            text.curves(numbers, rates),
            figures={
                "curves": figures.draw_curves(curves_table(curves)),
                "success": figures.draw_success(rates),
                "decisions_cells": figures.draw_decisions(
                    split, {name: restarts[name, 5].best for name in names}
                ),
            },
            tables={"restarts": rates},
            captions=text.CURVES_CAPTIONS,
        ),
        Section(
            "In spikes",
            text.spikes(numbers),
            figures={
                "spiking": figures.draw_spiking(spiking),
                "conversions": figures.draw_conversions(converted, text.SCALINGS),
            },
            tables={"spiking_accuracy": spiking},
            captions=text.SPIKES_CAPTIONS,
        ),
    )
    return StudyResult(
        name="circles",
        title="Two circles: hidden units with the F-I curves of cells",
        summary=text.summary(numbers),
        sections=sections,
        numbers=numbers,
    )
