"""Find a model by its name, or in a user's file."""

import runpy
from pathlib import Path

from ...errors import InputError
from ..checks import check_name
from ..neuron_model import NeuronModel


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
    path, _, own = name.partition(":")
    if path.endswith(".py"):
        return _from_file(Path(path), own)
    # Here, because it builds every model, which takes a quarter of a second.
    from .catalogue import ZOO
    from .textbook import TEXTBOOK

    top = [*ZOO, *TEXTBOOK]
    variants = [v for model in top for v in model.variants.values()]
    known = {model.name: model for model in [*top, *variants]}
    return known[check_name("model", name.lower(), known)]


def _from_file(path: Path, name: str) -> NeuronModel:
    """Return the model that a Python file defines."""
    if not path.is_file():
        raise InputError(f"model file {str(path)!r}: there is no such file")
    try:
        space = runpy.run_path(str(path))
    except Exception as error:
        raise InputError(f"model file {str(path)!r}: {type(error).__name__}: {error}") from error
    found = {key: value for key, value in space.items() if isinstance(value, NeuronModel)}
    if not name and len(found) == 1:
        return next(iter(found.values()))
    if not found or not name:
        raise InputError(
            f"model file {str(path)!r}: defines {sorted(found) or 'no NeuronModel'}; name one as "
            f"{path}:NAME"
        )
    return found[check_name(f"model in {path}:", name, found)]
