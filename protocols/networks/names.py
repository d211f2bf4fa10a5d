"""Names that a network adds to a model's text and to Brian2's objects: free ones, or a refusal."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from itertools import chain, count

from brian2 import Equations
from brian2.utils.stringtools import get_identifiers

from ...errors import InputError

# What Brian2 calls the objects that belong to a group or to synapses, after the owner's name.
_OWNED = (
    "clock", "stateupdater", "subexpression_update", "spike_thresholder", "thresholder",
    "spike_resetter", "resetter", "subgroup", "operation", "pre", "post", "end",
)  # fmt: skip
# Names of objects that every network has.
_OBJECTS = ("network", "cells_clock")


def names_of(model) -> set[str]:
    """Return every name that occurs in a model's text.

    Examples
    --------
    >>> from excitable.models import LIF
    >>> {"v", "I", "tau", "E_L"} <= names_of(LIF)
    True
    """
    texts = (model.equations, model.threshold, model.reset, model.refractory)
    written = chain.from_iterable(get_identifiers(str(text)) for text in texts)
    return {*written, *model.parameters, model.input}


@lru_cache(maxsize=256)
def defined_names(equations: str) -> frozenset[str]:
    """Return the variables that equation text defines."""
    return frozenset(Equations(equations).names)


def free_name(
    *wishes: str,
    taken: Iterable[str],
    adds: Callable[[str], Iterable[str]] = lambda name: (name,),
) -> str:
    """Return the first of the wishes that is free; else the last one with a number.

    Parameters
    ----------
    *wishes : str
    taken : iterable of str
        Names that may not occur again.
    adds : callable
        ``adds(name)`` are the names that would be used under that name. Default: the name itself.

    Examples
    --------
    >>> free_name("w", "w_syn", taken={"v", "w"})
    'w_syn'
    >>> free_name("L", taken={"v", "E_L"}, adds=lambda name: (f"g_{name}", f"E_{name}"))
    'L_2'
    """
    taken = set(taken)
    candidates = chain(wishes, (f"{wishes[-1]}_{k}" for k in count(2)))
    return next(name for name in candidates if taken.isdisjoint(adds(name)))


def weight_name(*models) -> str:
    """Return the name of a synapse's weight between cells of these models: ``w`` where free."""
    return free_name("w", "w_syn", taken=set().union(*map(names_of, models)))


def check_own_name(kind: str, name) -> str:
    """Return a name that a user gives to a part of a network; raise if it can be none in Brian2."""
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z]\w*", name, flags=re.ASCII):
        raise InputError(
            f"{kind} {name!r}: a name is a letter followed by letters, digits and underscores"
        )
    if re.search(r"(^|_)(pre|post)$", name):
        raise InputError(
            f"{kind} {name!r}: must not end in 'pre' or 'post', with which Brian2 says the cell "
            "before and after a synapse; choose another name"
        )
    return name


def check_distinct(kind: str, names: Iterable[str], remedy: str) -> None:
    """Raise if two parts of a network have the same name."""
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        raise InputError(f"{kind}: the name {twice[0]!r} is there twice; {remedy}")


def check_object_names(groups: Iterable[str], populations: Iterable[str], synapses) -> None:
    """Raise if a part has a name that Brian2 or this project gives to another object.

    Parameters
    ----------
    groups, populations, synapses : iterable of str
        Names of the groups of cells, of all populations and of the projections.
    """
    groups, populations, synapses = list(groups), list(populations), list(synapses)
    own = [*groups, *synapses]
    made = {f"rate_{name}" for name in populations}
    made |= {f"{monitor}_{name}" for monitor in ("spikes", "traces") for name in groups}
    made |= {f"{name}_{thing}" for name in own for thing in _OWNED}
    for name in own:
        if name in made or name in _OBJECTS or re.sub(r"_\d+$", "", name) in made:
            raise InputError(
                f"the name {name!r} is one that Brian2's objects of this network have already; "
                "choose another"
            )
    check_distinct("populations, projections", own, "a projection needs a name of its own")


def check_array_names(texts: Mapping[str, str], more: Mapping[str, Iterable[str]]) -> None:
    """Raise if two variables would be one array of a compiled program, ``group_variable``.

    Parameters
    ----------
    texts : dict of str to str
        For each group or projection its equations.
    more : dict of str to iterable of str
        Variables that are added to those of the equations.
    """
    owners: dict[str, str] = {}
    for owner, text in texts.items():
        for name in {*defined_names(text), *more.get(owner, ())}:
            other = owners.setdefault(f"{owner}_{name}", owner)
            if other != owner:
                raise InputError(
                    f"{other!r} and {owner!r}: both have a variable that is called "
                    f"{owner}_{name} in a compiled program; choose another name for one of them"
                )
