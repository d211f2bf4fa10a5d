"""Stimuli: equation text that defines a model's input, with parameters of its own.

Every stimulus is zero before its onset and from its offset on. Amplitudes are in the model's
input unit and may be arrays, one value per neuron; so may times. A step of the integration sees
the mean over itself: a stimulus that begins or ends inside a step acts for that part of the step,
so that the membrane receives the right charge whatever the step, and no Runge-Kutta stage sees
half of an edge. In single precision a time is known to one part in five million, and an edge that
is as close to a step's end counts as on it.
"""

from .base import At, Stimulus, Sum, Term, Then, Unending
from .noise import OrnsteinUhlenbeck, WhiteNoise
from .received import Received
from .recorded import Recorded
from .waveforms import Chirp, Constant, Expression, Pulses, Ramp, Sine, Step

__all__ = [
    "At",
    "Chirp",
    "Constant",
    "Expression",
    "OrnsteinUhlenbeck",
    "Pulses",
    "Ramp",
    "Received",
    "Recorded",
    "Sine",
    "Step",
    "Stimulus",
    "Sum",
    "Term",
    "Then",
    "Unending",
    "WhiteNoise",
]
