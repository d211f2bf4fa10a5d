"""What is done to a neuron: stimuli, and the procedures that measure its response."""

from .certificates.certificate import Certificate
from .certificates.certify import certify
from .clamp.clamp_curves import activation, inactivation, recovery
from .clamp.gating_curves import gating_curves
from .clamp.voltage_clamp import voltage_clamp
from .firing.conductance_sweep import ConductanceSweep, conductance_sweep
from .firing.excitability import excitability
from .firing.fi_curve import fi_curve, rates
from .firing.izhikevich_patterns import (
    ADJUSTED_2004,
    CELLS_2003,
    PATTERNS_2004,
    Pattern,
    original_scheme,
    run_pattern,
    run_patterns,
)
from .firing.latency import latency
from .firing.response import Response, response
from .firing.strength_duration import strength_duration
from .firing.thresholds import rheobase, thresholds, thresholds_of
from .learning.activation_curve import activation_curve
from .learning.spiking_classifier import SpikingClassifier, to_spiking
from .learning.spiking_run import SpikingRun
from .networks.distributions import Drawn, Normal, Uniform
from .networks.drives import Poisson, StepNoise
from .networks.ei_network import ei_network
from .networks.gap_junctions import GapJunctions
from .networks.izhikevich_network import izhikevich_2003_network
from .networks.network import Network
from .networks.network_presets import PRESETS, network_preset
from .networks.network_result import NetworkRun
from .networks.population import Population
from .networks.projection import Projection
from .networks.synapses import Synapse
from .noise.noise_convergence import noise_convergence
from .noise.noisy_fi_curve import noisy_fi_curve
from .noise.noisy_onset import noisy_onset
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
from .sweeps.sweep import Sweep, sweep
from .sweeps.sweep_store import read_sweep

__all__ = [
    "ADJUSTED_2004",
    "CELLS_2003",
    "PATTERNS_2004",
    "PRESETS",
    "Certificate",
    "Chirp",
    "ConductanceSweep",
    "Constant",
    "Drawn",
    "Expression",
    "GapJunctions",
    "Network",
    "NetworkRun",
    "Normal",
    "OrnsteinUhlenbeck",
    "Pattern",
    "Poisson",
    "Population",
    "Projection",
    "Pulses",
    "Ramp",
    "Recorded",
    "Response",
    "Sine",
    "SpikingClassifier",
    "SpikingRun",
    "Step",
    "StepNoise",
    "Stimulus",
    "Sweep",
    "Synapse",
    "Uniform",
    "WhiteNoise",
    "activation",
    "activation_curve",
    "certify",
    "conductance_sweep",
    "ei_network",
    "excitability",
    "fi_curve",
    "gating_curves",
    "inactivation",
    "izhikevich_2003_network",
    "latency",
    "network_preset",
    "noise_convergence",
    "noisy_fi_curve",
    "noisy_onset",
    "original_scheme",
    "rates",
    "read_sweep",
    "recovery",
    "response",
    "rheobase",
    "run_pattern",
    "run_patterns",
    "strength_duration",
    "sweep",
    "thresholds",
    "thresholds_of",
    "to_spiking",
    "voltage_clamp",
]
