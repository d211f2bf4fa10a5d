"""What is done to a neuron: stimuli, and the procedures that measure its response."""

from .certificate import Certificate
from .certify import certify
from .clamp_curves import activation, inactivation, recovery
from .conductance_sweep import ConductanceSweep, conductance_sweep
from .distributions import Normal, Uniform
from .fi_curve import fi_curve, rates
from .gating_curves import gating_curves
from .izhikevich_network import izhikevich_2003_network
from .latency import latency
from .network import ei_network
from .network_presets import PRESETS, network_preset
from .network_result import NetworkRun
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
from .synapses import GapJunctions, Poisson, Synapse
from .thresholds import rheobase, thresholds, thresholds_of
from .voltage_clamp import voltage_clamp

__all__ = [
    "PRESETS",
    "Certificate",
    "Chirp",
    "ConductanceSweep",
    "Constant",
    "Expression",
    "GapJunctions",
    "NetworkRun",
    "Normal",
    "OrnsteinUhlenbeck",
    "Poisson",
    "Pulses",
    "Ramp",
    "Recorded",
    "Response",
    "Sine",
    "Step",
    "Stimulus",
    "Sweep",
    "Synapse",
    "Uniform",
    "WhiteNoise",
    "activation",
    "certify",
    "conductance_sweep",
    "ei_network",
    "fi_curve",
    "gating_curves",
    "inactivation",
    "izhikevich_2003_network",
    "latency",
    "network_preset",
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
