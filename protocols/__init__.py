"""What is done to a neuron: stimuli, and the procedures that measure its response.

The names below are imported when they are used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "certificates.certificate": ["Certificate"],
        "certificates.certify": ["certify"],
        "clamp.clamp_curves": ["activation", "inactivation", "recovery"],
        "clamp.gating_curves": ["gating_curves"],
        "clamp.voltage_clamp": ["voltage_clamp"],
        "firing.conductance_sweep": ["ConductanceSweep", "conductance_sweep"],
        "firing.excitability": ["excitability"],
        "firing.fi_curve": ["fi_curve", "rates"],
        "firing.latency": ["latency"],
        "firing.response": ["Response", "response"],
        "firing.strength_duration": ["strength_duration"],
        "firing.thresholds": ["rheobase", "thresholds", "thresholds_of"],
        "learning.activation_curve": ["activation_curve"],
        "learning.spiking_classifier": ["SpikingClassifier", "to_spiking"],
        "learning.spiking_run": ["SpikingRun"],
        "networks.distributions": ["Drawn", "Normal", "Uniform"],
        "networks.drives": ["Poisson", "StepNoise"],
        "networks.ei_network": ["ei_network"],
        "networks.gap_junctions": ["GapJunctions"],
        "networks.izhikevich_network": ["izhikevich_2003_network"],
        "networks.network": ["Network"],
        "networks.network_presets": ["PRESETS", "network_preset"],
        "networks.network_result": ["NetworkRun"],
        "networks.population": ["Population"],
        "networks.projection": ["Projection"],
        "networks.synapses": ["Synapse"],
        "noise.noise_convergence": ["noise_convergence"],
        "noise.noisy_fi_curve": ["noisy_fi_curve"],
        "noise.noisy_onset": ["noisy_onset"],
        "recordings.cell_recording": ["CellRecording"],
        "recordings.read": ["read_recording"],
        "stimuli": [
            "Chirp",
            "Constant",
            "Expression",
            "OrnsteinUhlenbeck",
            "Pulses",
            "Ramp",
            "Recorded",
            "Sine",
            "Step",
            "Stimulus",
            "WhiteNoise",
        ],
        "sweeps.sweep": ["Sweep", "sweep"],
        "sweeps.sweep_store": ["read_sweep"],
    },
)
