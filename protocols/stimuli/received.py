"""Inputs that others write, such as synapses."""

from dataclasses import dataclass

from ...models.units import base_unit
from .base import Unending


@dataclass(frozen=True)
class Received(Unending):
    """An input that others write: a variable of each cell, such as the sum of synaptic pulses.

    Parameters
    ----------
    variable : str
        Its name; synapses add to ``{variable}_post``.
    """

    variable: str

    writer = "others"

    def term(self, model, name, at):
        line = f"{self.variable} : {base_unit(model.input_unit)}"
        return self.gate(name, at).term(self.variable, (line,))
