"""What the parts of the study share: the two cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...analysis import lif_rate, qif_rate
from ...models import LIF, QIF


@dataclass(frozen=True)
class Cell:
    """A model of this study, and where it is looked at; inputs in the model's unit.

    Attributes
    ----------
    name : str
        As it stands in texts.
    model : NeuronModel
    rate : callable
        Closed form of the rate, from the input and the parameters by name.
    portraits : tuple of float
        Inputs below, at and above the bifurcation.
    potentials : (float, float)
        Range of the portraits.
    currents : (float, float)
        Range of the F-I curve.
    ends : tuple of float
        Upper ends of the ranges in which functions are fitted; the lower end is in proportion.
    """

    name: str
    model: object
    rate: object
    portraits: tuple[float, ...]
    potentials: tuple[float, float]
    currents: tuple[float, float]
    ends: tuple[float, ...]

    @property
    def unit(self) -> str:
        """Unit of the membrane potential in tables."""
        return "mV" if self.model is LIF else ""

    def closed_form(self, I) -> np.ndarray:
        """Return the exact rate in Hz."""
        values = {name: parameter.value for name, parameter in self.model.parameters.items()}
        return self.rate(np.asarray(I, dtype=float), **values)

    def inputs(self, end: float, count: int) -> np.ndarray:
        """Return inputs up to `end`, the same part of them below the onset for every end."""
        low, high = self.currents
        return np.linspace(end * low / high, end, count)


CELLS = (
    Cell("LIF", LIF, lif_rate, (1.0, 1.5, 2.0), (-68, -38), (0, 5),
         ends=(2, 2.5, 3, 4, 5, 7, 10, 20)),
    Cell("QIF", QIF, qif_rate, (-1.0, 0.0, 1.0), (-2.2, 2.2), (-1, 4),
         ends=(1, 2, 4, 10, 20, 40, 100, 200)),
)  # fmt: skip


def points_of(points: pd.DataFrame, name: str, I: float) -> pd.DataFrame:
    return points[(points["model"] == name) & (points["I"] == I)]
