"""A model's name wherever a model is taken: ``fi_curve("lif", ...)``."""

import functools
import inspect
from collections.abc import Callable

from ..errors import InputError

_NAMES = ("model", "inh_model")


def takes_names(function: Callable) -> Callable:
    """Let a function take a published model's name, or ``path.py:NAME``, for its model.

    Parameters
    ----------
    function : callable
        With an argument ``model``, ``inh_model`` or both.

    Returns
    -------
    callable
        It raises InputError for an unknown name, with the nearest right one, and for what is no
        model.

    Examples
    --------
    >>> @takes_names
    ... def title(model):
    ...     return model.title
    >>> title("lif")
    'Leaky integrate-and-fire neuron'
    """
    signature = inspect.signature(function)
    taken = {name: p.default for name, p in signature.parameters.items() if name in _NAMES}
    places = {k: name for k, name in enumerate(signature.parameters) if name in taken}

    @functools.wraps(function)
    def with_models(*args, **kwargs):
        found = [
            _model(places[k], x, taken[places[k]]) if k in places else x for k, x in enumerate(args)
        ]
        named = {k: _model(k, x, taken[k]) if k in taken else x for k, x in kwargs.items()}
        return function(*found, **named)

    return with_models


def _model(argument: str, given, default):
    """Return the model that was given, itself or by name; what may be left out may be None."""
    from .neuron_model import NeuronModel  # which needs this package
    from .zoo import find_model

    if isinstance(given, str):
        return find_model(given)
    if isinstance(given, NeuronModel) or (given is None and default is None):
        return given
    raise InputError(
        f"{argument}: expected a NeuronModel, or the name of one such as 'connor_stevens', got "
        f"{given!r}; `excitable models` lists the names"
    )
