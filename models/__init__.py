"""What a neuron is: equations with units, written once. Imports nothing else of the project."""

from .neuron_model import NeuronModel, Parameter
from .zoo import (
    CONNOR_STEVENS,
    CONNOR_STEVENS_1977,
    HODGKIN_HUXLEY,
    IZHIKEVICH,
    IZHIKEVICH_2007,
    LIF,
    PATTERNS,
    QIF,
    TRAUB_MILES,
    ZOO,
    find_model,
)

__all__ = [
    "CONNOR_STEVENS",
    "CONNOR_STEVENS_1977",
    "HODGKIN_HUXLEY",
    "IZHIKEVICH",
    "IZHIKEVICH_2007",
    "LIF",
    "PATTERNS",
    "QIF",
    "TRAUB_MILES",
    "ZOO",
    "NeuronModel",
    "Parameter",
    "find_model",
]
