"""Inputs that others write, such as synapses."""

from dataclasses import dataclass

from brian2 import Quantity

from ...models.units import base_unit
from .base import Stimulus, never, zero


@dataclass(frozen=True)
class Received(Stimulus):
    """An input that others write: a variable of each cell, such as the sum of synaptic pulses.

    Parameters
    ----------
    variable : str
        Its name; synapses add to ``{variable}_post``.
    """

    variable: str

    @property
    def onset(self) -> Quantity:
        """The beginning of the run."""
        return zero()

    @property
    def offset(self) -> Quantity:
        """It never ends."""
        return never()

    def term(self, model, name, at):
        line = f"{self.variable} : {base_unit(model.input_unit)}"
        return self.gate(name, at).term(self.variable, (line,))
