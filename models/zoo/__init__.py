"""Published neurons, one a file; `ZOO` lists them.

The names below are imported when they are used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "catalogue": ["ZOO"],
        "connor_stevens": ["CONNOR_STEVENS"],
        "connor_stevens_1977": ["CONNOR_STEVENS_1977"],
        "finding": ["find_model", "known_models"],
        "hodgkin_huxley": ["HODGKIN_HUXLEY"],
        "izhikevich": ["IZHIKEVICH", "PATTERNS"],
        "izhikevich_2007": ["IZHIKEVICH_2007"],
        "lif": ["LIF"],
        "qif": ["QIF"],
        "textbook": [
            "ADAPTIVE_EXPONENTIAL",
            "EXPONENTIAL",
            "FITZHUGH_NAGUMO",
            "HINDMARSH_ROSE",
            "MORRIS_LECAR",
            "PERSISTENT_SODIUM",
            "TEXTBOOK",
            "WANG_BUZSAKI",
        ],
        "traub_miles": ["TRAUB_MILES"],
    },
)
