"""What is measured: restarts of small networks, and their weights in spiking cells."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from brian2 import ms

from ...analysis import RateCurve, ReLU, Trained, train
from ...protocols import to_spiking
from ..classification.cells import CELLS, success
from ..classification.data import Split
from ..study import Settings

ITERATIONS = 150
PENALTY = 1e-3  # without one, weights grow until currents leave the measured curve
TIMES = np.array([5, 10, 15, 20, 30, 40, 60, 80, 120, 160, 200]) * ms


@dataclass(frozen=True)
class Restarts:
    """Networks of one activation and size, each from other random weights."""

    trained: list[Trained]
    table: pd.DataFrame

    @property
    def best(self) -> Trained:
        """The one that is right most often in both sets, with the smallest loss among those."""
        order = self.table.sort_values(
            ["accuracy", "test_accuracy", "loss"], ascending=[False, False, True]
        )
        return self.trained[order["seed"].iloc[0]]


def restart(split: Split, activation, units: int, tries: int) -> Restarts:
    """Train networks with one hidden layer from random weights of seeds 0, 1, ..."""
    trained, rows = [], []
    for seed in range(tries):
        found = train(
            split.X, split.y, (units,), activation, optimiser="lbfgs", epochs=ITERATIONS,
            l2=PENALTY, validation=(split.X_test, split.y_test), seed=seed,
        )  # fmt: skip
        last = found.history.iloc[-1]
        trained.append(found)
        rows.append(
            {
                "units": units, "seed": seed, "iterations": int(last["epoch"]),
                "loss": last["loss"], "accuracy": last["accuracy"],
                "test_accuracy": last["validation_accuracy"],
            }
        )  # fmt: skip
    return Restarts(trained, pd.DataFrame(rows))


def rates_of_success(restarts: dict[tuple[str, int], Restarts]) -> pd.DataFrame:
    """Return for each activation and size how many restarts tell all points apart."""
    rows = []
    for (activation, units), found in restarts.items():
        both = found.table[["accuracy", "test_accuracy"]].min(axis=1)
        rows.append(
            {
                "activation": activation, "units": units, "restarts": len(both),
                "successes": int((both == 1).sum()), **success((both == 1).sum(), len(both)),
                "test_accuracy_mean": found.table["test_accuracy"].mean(),
                "iterations_median": found.table["iterations"].median(),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def in_spikes(split: Split, networks: dict, settings: Settings) -> tuple[pd.DataFrame, dict]:
    """Return the accuracy over presentation time of networks in the cells of their curves.

    Parameters
    ----------
    split : Split
    networks : dict of (str, int) to Trained
        By the cell's name and the number of units.
    """
    tables, runs = [], {}
    for (cell, units), trained in networks.items():
        model = CELLS[cell][0]
        for cells_per_unit in (1, 4) if units < 100 else (1,):
            spiking = to_spiking(trained, model, cells_per_unit=cells_per_unit)
            run = spiking.run(split.X_test, TIMES[-1], backend=settings.backend)
            table = run.accuracy(split.y_test, TIMES)
            rate = (trained.network.predict(split.X_test) == split.y_test).mean()
            outside = run.about["units_outside"]
            tables.append(
                table.assign(cell=cell, units=units, accuracy_of_rates=rate, units_outside=outside)
            )
            runs[cell, units, cells_per_unit] = run
    return pd.concat(tables, ignore_index=True), runs


def conversions(
    split: Split, relu: Restarts, own: Restarts, curve: RateCurve, tries: int, backend
) -> pd.DataFrame:
    """Return how well LIF cells do with ReLU weights and with weights for their own curve.

    Parameters
    ----------
    relu, own : Restarts
        With ReLU units, and with LIF's curve.
    tries : int
        So many restarts of each, the first that succeeded.
    """
    model, rows = CELLS["LIF"][0], []
    for scaling, restarts in (("linear", relu), ("inverse", relu), ("curve", own)):
        right = restarts.table[["accuracy", "test_accuracy"]].min(axis=1) == 1
        for seed in restarts.table["seed"][right].head(tries):
            trained = restarts.trained[seed]
            spiking = to_spiking(trained, model, curve=curve, scaling=scaling, calibrate=split.X)
            run = spiking.run(split.X_test, TIMES[-1], backend=backend)
            rows.append(
                {
                    "scaling": scaling, "seed": seed,
                    "accuracy": run.accuracy(split.y_test)["accuracy"].iloc[0],
                    "activity_error": activity_error(trained, run, split.X_test),
                    "units_outside": run.about["units_outside"],
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def activity_error(trained: Trained, run, X) -> float:
    """Return the root mean square error of the activities, over the largest activity."""
    network = trained.network
    wanted = network.activation(network.inputs(X)[-2])
    found = run.rates() / run.rate_scale
    return float(np.sqrt(np.mean((found - wanted) ** 2)) / wanted.max())


def relu_and_cells(settings: Settings, split: Split, curves: dict[str, RateCurve]) -> dict:
    """Train everything: ReLU in three sizes, each cell's curve in the smallest two."""
    tries = 10 if settings.quick else 100
    found = {("ReLU", n): restart(split, ReLU(), n, tries) for n in (3, 5)}
    found["ReLU", 1000] = restart(split, ReLU(), 1000, 2 if settings.quick else 10)
    for name, curve in curves.items():
        for n in (3, 5):
            found[name, n] = restart(split, curve, n, tries // 2)
    if "LIF" in curves:
        found["LIF", 1000] = restart(split, curves["LIF"], 1000, 1)
    return found
