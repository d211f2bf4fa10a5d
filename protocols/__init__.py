"""What is done to a neuron: stimuli, and the procedures that measure its response."""

from .conductance_sweep import ConductanceSweep, conductance_sweep
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
from .thresholds import rheobase, thresholds

__all__ = [
    "Chirp",
    "ConductanceSweep",
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
    "conductance_sweep",
    "fi_curve",
    "response",
    "rheobase",
    "thresholds",
]
