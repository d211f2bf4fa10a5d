"""Remember what a function of text returned, also where the text comes in dicts and lists."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field, fields, is_dataclass
from functools import lru_cache, wraps

# A sweep comes back to one model again and again, and a study to a few dozen.
KEPT = 256


def remembered(function: Callable) -> Callable:
    """Return a function that works out each answer once.

    For functions whose answer depends on nothing but their arguments: text, numbers, and dicts,
    lists, sets and dataclasses of these. The answer is shared, so nobody may change it.

    Examples
    --------
    >>> @remembered
    ... def sizes(texts):
    ...     print("measured")
    ...     return [len(text) for text in texts.values()]
    >>> sizes({"a": "v + 1"}), sizes({"a": "v + 1"}), sizes({"a": "v"})
    measured
    measured
    ([5], [5], [1])
    """

    @lru_cache(maxsize=KEPT)
    def kept(call: _Call):
        return function(*call.args, **call.kwargs)

    @wraps(function)
    def answer(*args, **kwargs):
        return kept(_Call((_key(args), _key(kwargs)), args, kwargs))

    return answer


@dataclass(frozen=True)
class _Call:
    """Arguments that need not be hashable, told apart by their key."""

    key: tuple
    args: tuple = field(compare=False)
    kwargs: dict = field(compare=False)


def _key(value):
    """Return something hashable that is equal where the values are, and in the same order."""
    if isinstance(value, Mapping):
        return "dict", tuple((k, _key(v)) for k, v in value.items())
    if isinstance(value, list | tuple):
        return type(value), tuple(map(_key, value))
    if isinstance(value, Set):
        return frozenset(value)
    if is_dataclass(value):
        return type(value), tuple(_key(getattr(value, f.name)) for f in fields(value))
    return type(value), value  # 1, 1.0 and True are told apart
