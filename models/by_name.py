"""A model's name wherever a model is taken: ``fi_curve("lif", ...)``."""

import functools
import inspect
from collections.abc import Callable

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
        It raises InputError for an unknown name, with the nearest right one.

    Examples
    --------
    >>> @takes_names
    ... def title(model):
    ...     return model.title
    >>> title("lif")
    'Leaky integrate-and-fire neuron'
    """
    places = [k for k, name in enumerate(inspect.signature(function).parameters) if name in _NAMES]

    @functools.wraps(function)
    def with_models(*args, **kwargs):
        if any(isinstance(args[k], str) for k in places if k < len(args)):
            args = [_model(x) if k in places else x for k, x in enumerate(args)]
        named = {name: _model(kwargs[name]) for name in _NAMES if name in kwargs}
        return function(*args, **{**kwargs, **named})

    return with_models


def _model(given):
    from .zoo import find_model  # whose models need this package

    return find_model(given) if isinstance(given, str) else given
