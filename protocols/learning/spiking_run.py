"""`SpikingRun`: what the cells of a spiking classifier did, and what is read from it and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from brian2 import Quantity, ms

from ...analysis.learning.data import check_labels
from ...errors import InputError
from ...models.checks import check_quantity


@dataclass(frozen=True, eq=False)
class SpikingRun:
    """Spikes of a classifier's cells, sample by sample.

    Attributes
    ----------
    spikes : DataFrame
        One row per spike: ``sample``, ``layer`` (from 1), ``unit``, ``cell`` (of the unit),
        ``t_ms``.
    samples : int
    duration_ms : float
    about : dict
        What is needed to redo the run; ``batches``, ``cells``, ``synapses`` and ``memory_MB`` of
        each; ``units_outside``: how many units got currents beyond the measured curve.
    """

    spikes: pd.DataFrame
    samples: int
    duration_ms: float
    about: Mapping[str, object] = field(repr=False)
    _classifier: object = field(repr=False)

    def counts(self, t: Quantity | None = None, layer: int = -1) -> np.ndarray:
        """Return the spikes of each unit until `t`, shape (samples, units)."""
        hidden = self._classifier.network.hidden
        k = range(len(hidden))[layer]
        mine = (self.spikes["layer"] == k + 1) & (self.spikes["t_ms"] <= self._time(t))
        rows = self.spikes[mine]
        places = rows["sample"].to_numpy() * hidden[k] + rows["unit"].to_numpy()
        found = np.bincount(places, minlength=self.samples * hidden[k])
        return found.reshape(self.samples, hidden[k])

    def rates(self, t: Quantity | None = None, layer: int = -1) -> np.ndarray:
        """Return the mean rate of each unit's cells until `t` in Hz, shape (samples, units)."""
        seconds = self._time(t) / 1e3
        return self.counts(t, layer) / (self._classifier.cells_per_unit * seconds)

    @property
    def rate_scale(self) -> float:
        """The rate in Hz that is an activity of 1 in the last hidden layer."""
        return self._classifier.codings[-1].rate_scale

    def scores(self, t: Quantity | None = None) -> np.ndarray:
        """Return the read-out at `t`, shape (samples, outputs)."""
        network = self._classifier.network
        return self.rates(t) / self.rate_scale @ network.weights[-1] + network.biases[-1]

    def predict(self, t: Quantity | None = None) -> np.ndarray:
        """Return the class of each sample as read at `t`; default: at the end."""
        return self._classifier.network.decide(self.scores(t))

    def accuracy(self, y, times: Quantity | None = None) -> pd.DataFrame:
        """Return how right the read-out is, after presentations of different length.

        Parameters
        ----------
        y : array_like, shape (samples,)
        times : Quantity, optional
            Default: the whole presentation.

        Returns
        -------
        DataFrame
            One row per time: ``t_ms``, ``accuracy`` (a fraction), ``spikes_per_decision`` (mean
            over samples of the spikes of all hidden cells until then) and ``cells_per_unit``.
        """
        y = check_labels(y, self.samples)
        times = np.atleast_1d(self.duration_ms * ms if times is None else times) * 1
        rows = []
        for t in times:
            until = (self.spikes["t_ms"] <= self._time(t)).sum()
            rows.append(
                {
                    "t_ms": self._time(t),
                    "accuracy": float((self.predict(t) == y).mean()),
                    "spikes_per_decision": until / self.samples,
                    "cells_per_unit": self._classifier.cells_per_unit,
                }
            )
        table = pd.DataFrame(rows)
        table.attrs = dict(self.about)
        return table

    def _time(self, t: Quantity | None) -> float:
        if t is None:
            return self.duration_ms
        found = check_quantity("t", t, ms, scalar=True)
        if not 0 < found <= self.duration_ms * (1 + 1e-9):
            raise InputError(
                f"t: expected a time above 0 and up to the presentation's end at "
                f"{self.duration_ms:g} ms, got {found:g} ms"
            )
        return found


def of_runs(classifier, runs: Sequence[tuple], duration_ms: float, about: Mapping) -> SpikingRun:
    """Put the runs of the batches together.

    Parameters
    ----------
    classifier : SpikingClassifier
    runs : sequence of (NetworkRun, int)
        Each with the number of its samples that count; the others fill it up.
    duration_ms : float
    about : dict
    """
    parts, first = [], 0
    for run, n in runs:
        for k, units in enumerate(classifier.network.hidden, 1):
            mine = run.spikes[run.spikes["population"] == f"layer_{k}"]
            cells = mine["neuron"].to_numpy() - run.population(f"layer_{k}").start
            unit, cell = np.divmod(cells, classifier.cells_per_unit)
            sample, unit = np.divmod(unit, units)
            part = pd.DataFrame(
                {
                    "sample": sample + first, "layer": np.int8(k), "unit": unit, "cell": cell,
                    "t_ms": mine["t_ms"].to_numpy(),
                }
            )  # fmt: skip
            parts.append(part[sample < n])
        first += n
    spikes = pd.concat(parts, ignore_index=True)
    spikes.attrs = dict(about)
    return SpikingRun(spikes, first, duration_ms, about, classifier)
