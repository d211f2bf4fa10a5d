"""What the page knows of a model: names, numbers, units, meanings, ranges."""

from collections.abc import Iterable

from brian2 import amp, farad, get_dimensions, meter, ohm, second, siemens
from brian2.units.fundamentalunits import DIMENSIONLESS

from ..dynamics.potential_search import search_of
from ..errors import InputError
from ..models.checks import unit_text
from ..models.neuron_model import NeuronModel, Parameter
from ..models.ranges import declared_kind
from ..models.units import unit_code
from .programs import program_text

_POSITIVE = tuple(get_dimensions(x) for x in (farad, farad / meter**2, ohm, meter**2))
_NOT_NEGATIVE = tuple(get_dimensions(x) for x in (siemens, siemens / meter**2))
_CURRENTS = tuple(get_dimensions(x) for x in (amp, amp / meter**2))


class Catalogue:
    """The cells of a page, and the systems of equations that they share.

    Parameters
    ----------
    families : iterable of (title, cells)
        `cells` are pairs of a model and the text that gives it in Python.
    """

    def __init__(self, families: Iterable[tuple[str, Iterable[tuple[NeuronModel, str]]]]):
        self.systems: dict[tuple, int] = {}
        self.programs: list[str] = []
        self.facts: list[dict] = []
        self.cells: dict[str, dict] = {}
        for title, cells in families:
            for model, python in cells:
                self.add(title, model, python)

    def add(self, family: str, model: NeuronModel, python: str) -> str:
        """Add a cell; return its key."""
        key = model.name
        if key in self.cells:
            raise InputError(f"model {key}: the page has a cell of this name already; rename it")
        self.cells[key] = {
            "title": model.title,
            "family": family,
            "system": self.system_of(model),
            "values": [p.value for p in model.parameters.values()],
            "sources": [p.source for p in model.parameters.values()],
            "search": search_of(model),
            "range": model.input_range,
            "first": [_number(model.initial.get(x, 0.0)) for x in model.system.rhs],
            "references": model.references,
            "python": python,
            "dt": float(model.dt) * 1e3,
            "method": model.method if model.method in ("euler", "rk4") else "rk4",
        }
        return key

    def system_of(self, model: NeuronModel) -> int:
        """Return the place of a model's system; models with the same text share it."""
        initial = tuple((x, v) for x, v in model.initial.items() if isinstance(v, str))
        key = (model.equations, model.threshold, model.reset, model.refractory, model.input,
               tuple(model.parameters), initial)  # fmt: skip
        if key not in self.systems:
            self.systems[key] = len(self.programs)
            self.programs.append(program_text(model))
            self.facts.append(_facts(model))
        return self.systems[key]


def _facts(model: NeuronModel) -> dict:
    """Return what all cells of a system have in common."""
    system = model.system
    return {
        "states": [_quantity(model, x) for x in system.rhs],
        "membrane": list(system.rhs).index(model.membrane),
        "named": [
            _quantity(model, n)
            | {"current": system.dims[n] in _CURRENTS, "condition": n in system.booleans}
            for n in system.named
        ],
        "parameters": [_parameter(model, name, p) for name, p in model.parameters.items()],
        "input": {"name": model.input, **_unit(model.input_unit)},
        "resets": bool(system.reset),
    }


def _quantity(model: NeuronModel, name: str) -> dict:
    return {"name": name, **_unit(model.unit_of(name))}


def _unit(unit) -> dict:
    text, code = unit_text(unit), unit_code(unit)
    own = {} if code == text else {"code": code}  # where Brian2 has no such name, as for metres
    return {"unit": "" if text == "1" else text, "scale": float(unit), **own}


def _number(value) -> float | None:
    """Return an initial value in SI units; None where it is an expression."""
    return None if isinstance(value, str) else float(value)


def _parameter(model: NeuronModel, name: str, parameter: Parameter) -> dict:
    kind = declared_kind(model, name)
    low, high = parameter.range or ((0, 1) if kind == "boolean" else _default_range(parameter))
    return {
        "name": name,
        **_unit(parameter.unit),
        "meaning": "" if parameter.meaning == name else parameter.meaning,
        "low": low,
        "high": high,
        **({"limit": kind, "step": 1} if kind else {"limit": limit_of(parameter)}),
    }


def limit_of(parameter: Parameter) -> str:
    """Return what any value must be to make sense: "above zero", "not negative", or nothing.

    Examples
    --------
    >>> from brian2 import ms, mV, pF
    >>> [limit_of(Parameter(5, unit)) for unit in (ms, mV, pF)]
    ['above zero', '', 'above zero']
    """
    dimensions = get_dimensions(parameter.unit)
    low = min([parameter.value, *(parameter.range or ())])
    if low < 0:  # a slope in siemens is no conductance
        return ""
    if dimensions in _POSITIVE:
        return "above zero"
    if dimensions is get_dimensions(second):
        return "above zero" if low > 0 else "not negative"
    return "not negative" if dimensions in _NOT_NEGATIVE else ""


def _default_range(parameter: Parameter) -> tuple[float, float]:
    """Return from nothing, or a fifth, to twice the value; of a potential, 40 units around it."""
    value = parameter.value
    if unit_text(parameter.unit) == "mV":
        return (value - 20, value + 20)
    if value == 0:
        return (0.0, 10.0) if limit_of(parameter) else (-1.0, 1.0)
    low = 0.2 * value if limit_of(parameter) == "above zero" else 0.0
    low = 0.0 if get_dimensions(parameter.unit) is DIMENSIONLESS else low
    return tuple(sorted((low, 2 * value)))
