"""The state in which a model starts: its initial values, which may name one another."""

from collections.abc import Mapping
from numbers import Real

import numpy as np
from brian2 import Quantity, get_dimensions
from brian2.core.variables import ArrayVariable

from ..errors import InputError
from .checks import listed
from .text.computable import computable
from .text.expressions import depends, expanded, in_order, needed, substitute
from .text.functions import NAMESPACE
from .text.numeric import function

# The key of a group's namespace under which values lie that differ between its neurons.
PER_NEURON = "values of each neuron"


def initial_state(model, values: Mapping[str, np.ndarray | float]) -> dict[str, np.ndarray]:
    """Evaluate the model's initial values.

    Parameters
    ----------
    model : NeuronModel
    values : dict of str to float or array
        Parameters in SI units that replace the model's own.

    Returns
    -------
    dict of str to float or array
        State in SI units.
    """
    numbers = {**model.values, model.input: 0.0, "t": 0.0, "dt": float(model.dt)}
    numbers |= {k: values[k] for k in values if k in numbers}
    texts, statements = initial_texts(model)
    evaluate = function(list(numbers), list(texts), statements, model.functions)
    return dict(zip(texts, evaluate(*numbers.values()), strict=True))


def initial_texts(model) -> tuple[dict[str, str], dict[str, str]]:
    """Return the model's initial values as text, and all that they need in order."""
    written = {x: v if isinstance(v, str) else repr(float(v)) for x, v in model.initial.items()}
    named = model.system.named
    own = {*model.parameters, *model.system.dims, model.input}
    texts = {x: computable(text, own, named) for x, text in written.items()}
    used = needed(texts.values(), named)
    return {x: x for x in texts}, in_order({**used, **texts})


def set_initial_state(model, cells, script: Mapping[str, object]) -> None:
    """Set the initial state of any group that has the model's variables; see `initialise`.

    Parameters
    ----------
    model : NeuronModel
    cells : NeuronGroup or Subgroup
    script : dict of str to object
        Where Brian2 would look for a name that the group does not have.
    """
    _set_varied(cells)
    _, statements = initial_texts(model)
    states = [x for x in statements if x in model.initial and _settable(cells, x)]
    if not states:
        raise InputError(
            f"{model.name}: the group {cells.name} has none of its state variables "
            f"({listed(model.initial)})"
        )
    own = {x for x in (*model.parameters, *model.initial) if x in cells.variables} - {*states}
    numbers = _numbers(model, [cells.namespace or {}, script])
    values = initial_state(model, numbers)
    for x in states:
        if depends(x, own, statements):  # Brian2 has the values, a C++ program not before it runs
            _set_text(model, cells, x, _group_text(model, cells, x, numbers, own), script)
        else:
            cells.set_states({x: values[x]}, units=False)


def _set_varied(cells) -> None:
    """Set what differs between neurons and was handed over in the namespace."""
    whole = getattr(cells, "source", cells)  # of a Subgroup
    for name, values in (cells.namespace or {}).get(PER_NEURON, {}).items():
        if not _settable(cells, name):
            continue
        if len(values) != len(whole):
            raise InputError(
                f"vary[{name!r}]: has {len(values)} values, but {whole.name} has {len(whole)} neurons"
            )
        part = values if whole is cells else values[cells.start : cells.stop]
        cells.set_states({name: part}, units=False)


def _settable(cells, name: str) -> bool:
    variable = cells.variables.get(name)
    return isinstance(variable, ArrayVariable) and not variable.read_only


def _numbers(model, spaces) -> dict[str, float]:
    """Return the parameters' values in SI units, as Brian2 finds them; else the model's own."""
    found = dict(model.values)
    for name, parameter in model.parameters.items():
        for space in spaces:
            value = space.get(name)
            scalar = isinstance(value, Quantity | Real) and np.ndim(value) == 0
            if scalar and get_dimensions(value) is get_dimensions(parameter.unit):
                found[name] = float(value)
                break
    return found


def _group_text(model, cells, x: str, numbers: Mapping[str, float], own: set[str]) -> str:
    """Return an initial value in terms of what the group has, all else as numbers in SI units."""
    texts, statements = initial_texts(model)
    named = {
        k: text for k, text in statements.items() if k not in texts or k not in cells.variables
    }
    text = expanded(statements[x], named, lambda name: True)
    fixed = {**numbers, model.input: 0.0, "t": 0.0}
    return substitute(text, {k: f"({v!r})" for k, v in fixed.items() if k not in own})


def _set_text(model, cells, x: str, text: str, script: Mapping[str, object]) -> None:
    own = cells.namespace or {}
    functions = {k: f for k, f in {**NAMESPACE, **model.functions}.items() if k not in own}
    view = cells.state(x, use_units=False)
    view.set_item(slice(None), text, namespace={**script, **functions})
