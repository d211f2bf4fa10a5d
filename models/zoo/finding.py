"""Find a model by its name, or in a user's file."""

from ..checks import check_name
from ..neuron_model import NeuronModel
from ..user_files import from_file, is_file_name


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
    # Here, because it builds every model, which takes a quarter of a second.
    from .catalogue import ZOO
    from .textbook import TEXTBOOK

    top = [*ZOO, *TEXTBOOK]
    variants = [v for model in top for v in model.variants.values()]
    return {model.name: model for model in [*top, *variants]}
