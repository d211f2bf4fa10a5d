"""What a neuron is: equations with units, written once. Imports nothing else of the project.

The names below are imported when they are used: each published model is built once it is asked for.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "neuron_model": ["NeuronModel", "Parameter"],
        "zoo": [
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
            "find_model",
        ],
    },
)
