"""Digits: one hyper-parameter at a time, F-I curves as activations, and images read from spikes.

Accuracies are means over seeds; each seed divides the images and starts the weights anew.
"""

import pandas as pd

from ...protocols import to_spiking
from ..classification import data
from ..classification.cells import CELLS, curve_of
from ..study import Section, Settings, StudyResult
from . import figures, text
from .measure import (
    QUESTIONS,
    SEEDS,
    TIMES,
    WIDE,
    confusion,
    deep_in_spikes,
    hyper_parameters,
    in_spikes,
    narrow,
    results,
    signals,
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
    seeds = 1 if settings.quick else SEEDS
    first, numbers, best = _hyper_parameters(seeds)
    names = ("LIF",) if settings.quick else tuple(CELLS)
    curves = {name: curve_of(name, settings.backend) for name in names}
    runs = narrow(curves, seeds)
    second, spiking = _spikes(runs, curves, settings)
    third, deep = _deep(settings)
    numbers |= text.numbers_of(spiking, *deep)
    sections = (
        first(numbers),
        second(numbers, confusion(best)),
        third(numbers),
    )
    return StudyResult(
        name="digits",
        title="Digits: hyper-parameters, and images read from spikes",
        summary=text.summary(numbers),
        sections=sections,
        numbers=numbers,
    )


def _hyper_parameters(seeds: int):
    """Return what makes the first section, its numbers, and the best training's first seed."""
    runs = hyper_parameters(seeds)
    table = results(runs)
    top = table.loc[table["test_accuracy_percent"].idxmax()]
    best = runs[top["varied"], "" if top["value"] == "–" else top["value"]][0]
    drawn = {
        f"varied_{question.replace(' ', '_')}": figures.draw_question(question, runs)
        for question in QUESTIONS
    }
    numbers = {
        "base_accuracy_percent": float(table["test_accuracy_percent"].iloc[0]),
        "best_accuracy_percent": float(top["test_accuracy_percent"]),
        "sgd_accuracy_percent": float(
            table.loc[table["varied"] == "optimiser", "test_accuracy_percent"].iloc[0]
        ),
        "long_accuracy_percent": float(
            table.loc[table["varied"] == "epochs", "test_accuracy_percent"].iloc[0]
        ),
        "slow_accuracy_percent": float(
            table.loc[table["value"] == "0.0001", "test_accuracy_percent"].iloc[0]
        ),
    }

    def section(n: dict) -> Section:
        return Section(
            "One thing at a time",
            text.questions(n, table, top),
            figures={"examples": figures.draw_examples(best.split), **drawn},
            tables={"hyper_parameters": table},
            captions=text.QUESTIONS_CAPTIONS,
        )

    return section, numbers, best


def _spikes(runs: dict, curves: dict, settings: Settings):
    """Return what makes the section on spikes, and its tables."""
    activations = pd.DataFrame(
        [
            {"activation": name, "seed": seed, "test_accuracy_percent": 100 * found.accuracy}
            for name, each in runs.items()
            for seed, found in enumerate(each)
        ]
    )
    lif, relu = runs["LIF"], runs["ReLU"]
    parts = [in_spikes(lif, "LIF", 1, settings), in_spikes(lif[:1], "LIF", 4, settings)]
    parts += [
        in_spikes(relu, "LIF", 1, settings, curve=curves["LIF"], scaling=scaling)
        for scaling in ("linear", "inverse")
    ]
    if "Connor–Stevens" in runs:
        parts.append(in_spikes(runs["Connor–Stevens"][:1], "Connor–Stevens", 1, settings))
    table = pd.concat(parts, ignore_index=True)
    table["way"] = table["way"].replace({"LIF": "curve"})
    shown = to_spiking(lif[0].trained, CELLS["LIF"][0]).run(
        lif[0].split.X_test, TIMES[-1], backend=settings.backend
    )
    in_cells = confusion(lif[0], shown.predict())

    def section(n: dict, best) -> Section:
        return Section(
            "F-I curves, and images read from spikes",
            text.spikes(n, activations),
            figures={
                "activations": figures.draw_activations(activations),
                "spiking_digits": figures.draw_spiking(table, text.WAYS),
                "confusions": figures.draw_confusions(
                    {"best ReLU network": best, "64 LIF cells, 100 ms": in_cells}
                ),
            },
            tables={"spiking_accuracy_digits": table},
            captions=text.SPIKES_CAPTIONS,
        )

    return section, (activations, table)


def _deep(settings: Settings):
    """Return what makes the section on two layers, and its tables."""
    curve = curve_of("LIF", settings.backend, **WIDE)
    deep = deep_in_spikes(settings, curve)
    classifiers, spiking = signals(settings, curve)

    def section(n: dict) -> Section:
        return Section(
            "Two layers of cells, and a second set",
            text.deep(n),
            figures={
                "two_layers": figures.draw_deep(
                    {"digits, 128 and 64 LIF cells": deep, "MNIST-1D, 128 and 128": spiking}
                )
            },
            tables={"mnist1d": classifiers, "spiking_mnist1d": spiking},
            captions=text.DEEP_CAPTIONS,
        )

    return section, (deep, classifiers, spiking)
