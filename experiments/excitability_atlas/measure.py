"""What is measured of each cell: diagram, verdict, F-I curve, phase response."""

import warnings
from concurrent.futures import as_completed
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from brian2 import ms

from ...dynamics import bifurcations, phase_response
from ...errors import InputError, RestWarning
from ...models import find_model
from ...models.zoo import known_models
from ...progress import bar
from ...protocols import excitability, fi_curve
from ...simulation.parallel.machine import cores, one_at_a_time
from ...simulation.parallel.workers import Here, LocalWorkers
from ..study import Settings

QUICK = ("lif", "qif", "izhikevich_fs", "morris_lecar_snic")
COMPARED = 5  # currents at which rates are compared with those of the diagram's cycles


@dataclass
class Page:
    """The tables of one cell; of a diagram's attributes those from which it is drawn."""

    name: str
    parameter_column: str
    membrane_column: str
    branches: pd.DataFrame
    points: pd.DataFrame
    notes: list[str]
    verdict: pd.Series
    fi: pd.DataFrame
    compared: pd.DataFrame
    responses: dict[float, pd.DataFrame]
    silent_response: str = ""

    @cached_property
    def model(self):
        """The cell."""
        return find_model(self.name)

    def number(self, name: str) -> float:
        """Return a current of the verdict."""
        return float(self.verdict[self.parameter_column.replace(self.model.input, name, 1)])

    @property
    def deviation(self) -> float:
        """The largest relative difference of a measured rate from that of a cycle; NaN for none."""
        both = self.compared
        return float((both["rate_Hz"] / both["cycle_rate_Hz"] - 1).abs().max())


def models(settings: Settings) -> list[str]:
    """Return the names of the cells: no model beside a variant that is the same."""
    if settings.quick:
        return list(QUICK)
    return [name for name, model in known_models().items() if not _is_a_variant(model)]


def _is_a_variant(model) -> bool:
    return any(
        other.name != model.name and other.values == model.values
        for other in model.variants.values()
    )


def measured(names: list[str], settings: Settings) -> list[Page]:
    """Measure cells, in the full version side by side."""
    workers = Here() if settings.quick else LocalWorkers(cores())
    with workers, bar(total=len(names), desc="cells", unit="cell") as progress:
        # the last ones burst in many ways and take longest: they start first
        tasks = {name: workers.submit(measure, name, settings) for name in reversed(names)}
        for task in as_completed(tasks.values()):
            task.result()
            progress.update()
    return [tasks[name].result() for name in names]


def measure(name: str, settings: Settings) -> Page:
    """Return the page of one cell."""
    model = find_model(name)
    diagram = bifurcations(model)
    with warnings.catch_warnings(), one_at_a_time():
        warnings.simplefilter("ignore", RestWarning)  # cells that fire at rest, on their page
        verdict = excitability(model, diagram=diagram, steps=False).iloc[0]
        length = 600 if settings.quick else 2000
        fi = fi_curve(
            model,
            np.linspace(*model.input_range, 11 if settings.quick else 41) * model.input_unit,
            duration=length * ms,
            discard=length / 2 * ms,
            backend=settings.backend,
        )
    responses, silent = _responses(model, fi)
    return Page(
        name, diagram.parameter_column, diagram.membrane_column, diagram.branches, diagram.points,
        diagram.notes, verdict, fi, _compared(diagram, fi), responses, silent,
    )  # fmt: skip


def _compared(diagram, fi: pd.DataFrame) -> pd.DataFrame:
    """Return measured rates beside the nearest one of a stable cycle at the same current."""
    steady = fi[fi["resolved"] & (fi["rate_Hz"] > 0)]
    picked = np.linspace(0, len(steady) - 1, min(COMPARED, len(steady))).round().astype(int)
    rows = []
    for _, row in steady.iloc[picked].iterrows():
        rates = [diagram.rate_of(q) for q in diagram.orbits_at(row["I"]) if q.stable]
        if rates:
            nearest = min(rates, key=lambda rate: abs(rate - row["rate_Hz"]))
            rows.append({"I": row["I"], "rate_Hz": row["rate_Hz"], "cycle_rate_Hz": nearest})
    return pd.DataFrame(rows, columns=["I", "rate_Hz", "cycle_rate_Hz"])


def _responses(model, fi: pd.DataFrame) -> tuple[dict[float, pd.DataFrame], str]:
    """Return the phase responses where the cell fires slowest, and in the middle; or why not."""
    firing = fi[fi["mean_rate_Hz"] > 0]["I"].to_numpy()
    found, silent = {}, "it does not fire in this range"
    for current in firing[[0, len(firing) // 2]] if len(firing) else ():
        try:
            found[float(current)] = phase_response(model, current * model.input_unit)
        except InputError as error:
            silent = str(error).partition(": ")[2]
    return found, "" if found else silent
