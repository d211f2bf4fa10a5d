"""Published neurons, one a file; `ZOO` lists them."""

from ..checks import check_name
from ..neuron_model import NeuronModel
from ..user_files import from_file, is_file_name
from .connor_stevens import CONNOR_STEVENS
from .connor_stevens_1977 import CONNOR_STEVENS_1977
from .hodgkin_huxley import HODGKIN_HUXLEY
from .izhikevich import IZHIKEVICH, PATTERNS
from .izhikevich_2007 import IZHIKEVICH_2007
from .lif import LIF
from .qif import QIF
from .textbook import TEXTBOOK
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
    """Return a model or variant by its name, in any case, or one from a user's file.

    Parameters
    ----------
    name : str
        A name of the zoo, or ``path.py:NAME`` for a model that a Python file defines; ``:NAME`` may
        be left out where the file defines one model only. The file is executed.

    Raises
    ------
    ValueError
        For an unknown name, with the nearest right one; for a file that cannot be read or has no
        such model.

    Examples
    --------
    >>> find_model("izhikevich_FS").title
    'Izhikevich 2003: fast spiking (FS)'
    """
    if is_file_name(name):
        return from_file(name, NeuronModel, "model")
    known = known_models()
    return known[check_name("model", name.lower(), known)]


def known_models() -> dict[str, NeuronModel]:
    """Return every published model and variant by its name."""
    top = [*ZOO, *TEXTBOOK]
    variants = [v for model in top for v in model.variants.values()]
    return {model.name: model for model in [*top, *variants]}


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
