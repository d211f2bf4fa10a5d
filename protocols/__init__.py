"""What is done to a neuron: stimuli, and the procedures that measure its response."""

from .certificate import Certificate
from .certify import certify
from .clamp_curves import activation, inactivation, recovery
from .conductance_sweep import ConductanceSweep, conductance_sweep
from .fi_curve import fi_curve, rates
from .gating_curves import gating_curves
from .latency import latency
from .noise_convergence import noise_convergence
from .noisy_fi_curve import noisy_fi_curve
from .noisy_onset import noisy_onset
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
from .strength_duration import strength_duration
from .sweep import Sweep, sweep
from .sweep_store import read_sweep
from .thresholds import rheobase, thresholds, thresholds_of
from .voltage_clamp import voltage_clamp

__all__ = [
    "Certificate",
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
    "Sweep",
    "WhiteNoise",
    "activation",
    "certify",
    "conductance_sweep",
    "fi_curve",
    "gating_curves",
    "inactivation",
    "latency",
    "noise_convergence",
    "noisy_fi_curve",
    "noisy_onset",
    "rates",
    "read_sweep",
    "recovery",
    "response",
    "rheobase",
    "strength_duration",
    "sweep",
    "thresholds",
    "thresholds_of",
    "voltage_clamp",
]
