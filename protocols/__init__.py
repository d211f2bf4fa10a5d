"""What is done to a neuron: stimuli, and the procedures that measure its response."""

from .clamp_curves import activation, inactivation, recovery
from .conductance_sweep import ConductanceSweep, conductance_sweep
from .distributions import Normal, Uniform
from .fi_curve import fi_curve
from .gating_curves import gating_curves
from .izhikevich_network import izhikevich_2003_network
from .latency import latency
from .network import ei_network
from .network_presets import PRESETS, network_preset
from .network_result import NetworkRun
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
from .synapses import GapJunctions, Poisson, Synapse
from .thresholds import rheobase, thresholds
from .voltage_clamp import voltage_clamp

__all__ = [
    "PRESETS",
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
    "Synapse",
    "Uniform",
    "WhiteNoise",
    "activation",
    "conductance_sweep",
    "ei_network",
    "fi_curve",
    "gating_curves",
    "inactivation",
    "izhikevich_2003_network",
    "latency",
    "network_preset",
    "recovery",
    "response",
    "rheobase",
    "strength_duration",
    "thresholds",
    "voltage_clamp",
]
