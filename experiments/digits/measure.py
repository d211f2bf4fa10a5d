"""What is measured: hyper-parameters, F-I curves as activations, and images read from spikes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from brian2 import ms, nA

from ...analysis import RateCurve, ReLU, Trained, train
from ...protocols import to_spiking
from ..classification import data
from ..classification.cells import CELLS
from ..study import Settings

BASE = {
    "hidden": (128, 64), "dropout": 0.2, "optimiser": "adam", "batch": 256,
    "learning_rate": 1e-3, "epochs": 30,
}  # fmt: skip
# One thing varied at a time: the question, and what is changed for each answer.
QUESTIONS = {
    "n1": {"64": {"hidden": (64, 64)}, "256": {"hidden": (256, 64)}},
    "n2": {"32": {"hidden": (128, 32)}, "128": {"hidden": (128, 128)}},
    "dropout": {"0": {"dropout": 0.0}, "0.5": {"dropout": 0.5}},
    "optimiser": {"SGD": {"optimiser": "sgd"}},
    "batch": {"128": {"batch": 128}, "512": {"batch": 512}},
    "learning rate": {"0.01": {"learning_rate": 1e-2}, "0.0001": {"learning_rate": 1e-4}},
    "epochs": {"100": {"epochs": 100}},
}
OF_BASE = {
    "n1": "128", "n2": "64", "dropout": "0.2", "optimiser": "Adam", "batch": "256",
    "learning rate": "0.001", "epochs": "30",
}  # fmt: skip
SEEDS = 5
# One hidden layer, for spikes: long enough for every activation.
NARROW = {
    "hidden": (64,), "dropout": 0.2, "learning_rate": 4e-3, "epochs": 60, "l2": 3e-4,
}  # fmt: skip
# LIF's cells are driven up to 16 nA here: over a wide range their curve is nearly straight.
WIDE = {"low": 1 * nA, "high": 16 * nA, "unit": 4 * nA}
MNIST1D = {
    "hidden": (128, 128), "dropout": 0.2, "learning_rate": 4e-3, "epochs": 100, "l2": 1e-3,
}  # fmt: skip
TIMES = np.array([5, 7, 10, 13, 16, 20, 25, 30, 40, 50, 70, 100]) * ms
LONG_TIMES = np.array([10, 20, 30, 40, 50, 60, 80, 100]) * ms


@dataclass(frozen=True)
class Run:
    """A training with its data."""

    trained: Trained
    split: data.Split

    @property
    def accuracy(self) -> float:
        """On the test set, at the end."""
        return float(self.trained.history["validation_accuracy"].iloc[-1])


def learn(seed: int, activation=None, split: data.Split | None = None, **how) -> Run:
    """Train on one way to divide the images, with weights from the same seed."""
    split = data.digits(seed) if split is None else split
    validation = (split.X_test, split.y_test)
    return Run(train(split.X, split.y, activation=activation, validation=validation, seed=seed,
                     **how), split)  # fmt: skip


def hyper_parameters(seeds: int) -> dict[tuple[str, str], list[Run]]:
    """Train the base and every variation, each with all seeds."""
    found = {("base", ""): [learn(seed, **BASE) for seed in range(seeds)]}
    for question, answers in QUESTIONS.items():
        for answer, change in answers.items():
            found[question, answer] = [learn(seed, **{**BASE, **change}) for seed in range(seeds)]
    return found


def results(runs: dict[tuple[str, str], list[Run]]) -> pd.DataFrame:
    """Return a row for each variation: accuracies and losses at the end, over the seeds."""
    rows = []
    for (question, answer), found in runs.items():
        last = pd.DataFrame([run.trained.history.iloc[-1] for run in found])
        test = 100 * last["validation_accuracy"]
        rows.append(
            {
                "varied": question, "value": answer or "–", "seeds": len(found),
                "test_accuracy_percent": test.mean(), "sd_percent": test.std(),
                "train_accuracy_percent": 100 * last["accuracy"].mean(),
                "test_loss": last["validation_loss"].mean(), "train_loss": last["loss"].mean(),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def confusion(run: Run, found: np.ndarray | None = None) -> np.ndarray:
    """Return how many images of each digit (rows) were taken for which (columns)."""
    found = run.trained.network.predict(run.split.X_test) if found is None else found
    matrix = np.zeros((10, 10), int)
    np.add.at(matrix, (run.split.y_test, found), 1)
    return matrix


def narrow(curves: dict[str, RateCurve], seeds: int) -> dict[str, list[Run]]:
    """Train networks of one layer of 64 units with each activation."""
    activations = {"ReLU": ReLU(), **curves}
    return {
        name: [learn(seed, activation, **NARROW) for seed in range(seeds)]
        for name, activation in activations.items()
    }


def in_spikes(runs: list[Run], cell: str, cells_per_unit: int, settings: Settings, **how):
    """Return accuracies in spikes over time, each seed's test set in one run."""
    tables = []
    for seed, run in enumerate(runs):
        spiking = to_spiking(
            run.trained, CELLS[cell][0], cells_per_unit=cells_per_unit,
            calibrate=run.split.X, **how,
        )  # fmt: skip
        shown = spiking.run(run.split.X_test, TIMES[-1], backend=settings.backend)
        table = shown.accuracy(run.split.y_test, TIMES)
        tables.append(table.assign(seed=seed, accuracy_of_rates=run.accuracy))
    name = how.get("scaling", cell)
    found = pd.concat(tables, ignore_index=True).assign(cell=cell, way=name)
    return found


def at_spikes(table: pd.DataFrame, spikes: float) -> float:
    """Return the mean accuracy in spikes at the latest time with at most so many per decision."""
    mean = table.groupby("t_ms")[["accuracy", "spikes_per_decision"]].mean()
    enough = mean[mean["spikes_per_decision"] <= spikes]
    return float(enough["accuracy"].iloc[-1])


def deep_in_spikes(settings: Settings, curve: RateCurve) -> pd.DataFrame:
    """Return the accuracy in spikes of the base's two layers, trained with LIF's curve."""
    run = learn(0, curve, **{**BASE, "epochs": 60, "learning_rate": 4e-3, "l2": 3e-4})
    spiking = to_spiking(run.trained, CELLS["LIF"][0])
    n = 100 if settings.quick else None
    shown = spiking.run(run.split.X_test[:n], LONG_TIMES[-1], backend=settings.backend)
    rate = (run.trained.network.predict(run.split.X_test[:n]) == run.split.y_test[:n]).mean()
    table = shown.accuracy(run.split.y_test[:n], LONG_TIMES)
    return table.assign(accuracy_of_rates=rate, memory_MB=shown.about["memory_MB"])


def signals(settings: Settings, curve: RateCurve) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return accuracies on MNIST-1D: by classifier, and in spikes over time."""
    split = data.mnist1d()
    how = {**MNIST1D, "epochs": 5 if settings.quick else MNIST1D["epochs"]}
    n = 100 if settings.quick else None
    runs = {
        "logistic regression": learn(0, split=split, **{**how, "hidden": (), "dropout": 0}),
        "MLP, ReLU": learn(0, split=split, **how),
        "MLP, LIF's curve": learn(0, curve, split=split, **how),
    }
    published = {"logistic regression": 32.0, "MLP, ReLU": 68.0}
    table = pd.DataFrame(
        [
            {
                "classifier": name, "published_percent": published.get(name, np.nan),
                "test_accuracy_percent": 100 * run.accuracy,
            }
            for name, run in runs.items()
        ]
    )  # fmt: skip
    trained = runs["MLP, LIF's curve"].trained
    spiking = to_spiking(trained, CELLS["LIF"][0])
    shown = spiking.run(split.X_test[:n], LONG_TIMES[-1], memory=5e8, backend=settings.backend)
    spikes = shown.accuracy(split.y_test[:n], LONG_TIMES)
    rate = (trained.network.predict(split.X_test[:n]) == split.y_test[:n]).mean()
    return table, spikes.assign(
        accuracy_of_rates=rate, batches=shown.about["batches"], memory_MB=shown.about["memory_MB"]
    )
