"""What a neuron is: equations with units, written once. Imports nothing else of the project.

The names below are imported when they are used: each published model is built once it is asked for.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "neuron_model": ["NeuronModel", "Parameter"],
        "zoo": [
            "ADAPTIVE_EXPONENTIAL",
            "CONNOR_STEVENS",
            "CONNOR_STEVENS_1977",
            "EXPONENTIAL",
            "FITZHUGH_NAGUMO",
            "HINDMARSH_ROSE",
            "HODGKIN_HUXLEY",
            "IZHIKEVICH",
            "IZHIKEVICH_2007",
            "LIF",
            "MORRIS_LECAR",
            "PATTERNS",
            "PERSISTENT_SODIUM",
            "QIF",
            "TRAUB_MILES",
            "WANG_BUZSAKI",
            "ZOO",
            "find_model",
        ],
    },
)
