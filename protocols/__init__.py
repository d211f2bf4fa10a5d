"""What is done to a neuron: stimuli, and the procedures that measure its response."""

from .fi_curve import fi_curve
from .response import Response, response
from .stimuli import (
    Chirp,
    Constant,
    Expression,
    OrnsteinUhlenbeck,
    Pulses,
    Ramp,
    Recorded,
    Sine,
    Step,
    Stimulus,
    WhiteNoise,
)

__all__ = [
    "Chirp",
    "Constant",
    "Expression",
    "OrnsteinUhlenbeck",
    "Pulses",
    "Ramp",
    "Recorded",
    "Response",
    "Sine",
    "Step",
    "Stimulus",
    "WhiteNoise",
    "fi_curve",
    "response",
]
