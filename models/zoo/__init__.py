"""Published neurons, one a file; `ZOO` lists them."""

from ..checks import check_name
from ..neuron_model import NeuronModel
from .connor_stevens import CONNOR_STEVENS
from .connor_stevens_1977 import CONNOR_STEVENS_1977
from .hodgkin_huxley import HODGKIN_HUXLEY
from .izhikevich import IZHIKEVICH, PATTERNS
from .izhikevich_2007 import IZHIKEVICH_2007
from .lif import LIF
from .qif import QIF
from .traub_miles import TRAUB_MILES

ZOO = [
    LIF,
    QIF,
    HODGKIN_HUXLEY,
    TRAUB_MILES,
    CONNOR_STEVENS,
    CONNOR_STEVENS_1977,
    IZHIKEVICH,
    IZHIKEVICH_2007,
]


def find_model(name: str) -> NeuronModel:
    """Return a model or variant by its name, in any case.

    Raises
    ------
    ValueError
        For an unknown name, with the nearest right one.

    Examples
    --------
    >>> find_model("izhikevich_FS").title
    'Izhikevich 2003: fast spiking (FS)'
    """
    variants = [v for model in ZOO for v in model.variants.values()]
    known = {model.name: model for model in [*ZOO, *variants]}
    return known[check_name("model", name.lower(), known)]


__all__ = [
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
]
