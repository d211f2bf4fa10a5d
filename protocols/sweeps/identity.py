"""What a sweep is, as text: two sweeps of which any number could differ differ here.

Told apart are models, protocols with their settings, and the versions of the packages that compute;
a grid may grow, see `growth`. Where two differ, `difference` says in what.
"""

import functools
import hashlib
import re
import sysconfig
import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path

import brian2
import numpy as np
from brian2 import Function, Quantity, TimedArray

from ... import __version__
from ...models.checks import dimension_text, unit_text

_STANDARD_LIBRARY = sysconfig.get_path("stdlib")
_LONGEST = 60  # characters of a text that a message shows
# Fields of a model that hold words; its parameters stand one by one.
_WORDS = ("title", "references", "variants", "parameters", "input_unit", "input_range")

Identity = dict[str, dict[str, str]]


def identity(model, protocol: Callable, settings: Mapping) -> Identity:
    """Return what a sweep is: for model, protocol, settings and versions, each thing by name.

    Examples
    --------
    >>> from excitable.models import LIF
    >>> from excitable.protocols import rates
    >>> found = identity(LIF, rates, {"spikes": "grid"})
    >>> found["model"]["R"], found["setting"]["spikes"]
    ('10.0 Mohm', 'grid')
    """
    return {
        "model": _of_model(model),
        "protocol": {"name": name_of(protocol), "its code": text_of(protocol)},
        "setting": {name: text_of(value) for name, value in settings.items()},
        "version": {"excitable": __version__, "brian2": brian2.__version__},
    }


def difference(known: Identity, wanted: Identity) -> str:
    """Return what differs first, as a sentence goes on; empty where nothing does.

    Examples
    --------
    >>> difference({"model": {"R": "10 Mohm"}}, {"model": {"R": "11 Mohm"}})
    'another model (R: 10 Mohm, not 11 Mohm)'
    """
    for what, things in wanted.items():
        before = known.get(what)
        if before == things:
            continue
        if not isinstance(before, Mapping):
            return f"another {what}"
        name = next(k for k in [*things, *before] if things.get(k) != before.get(k))
        old, new = (str(x.get(name, "none")) for x in (before, things))
        hidden = max(len(old), len(new)) > _LONGEST
        how = "differs" if hidden else f"{old}, not {new}"
        return f"another {what} ({name}: {how})" if not hidden else f"another {what} ({name} {how})"
    return ""


def value_of(known: Identity, name: str) -> float:
    """Return the value that the model of a sweep has of a parameter, in the parameter's own unit.

    Examples
    --------
    >>> value_of({"model": {"R": "10.0 Mohm"}}, "R")
    10.0
    """
    return float(known["model"][name].split()[0])


def name_of(protocol: Callable) -> str:
    """Return what people call a function, also one with some arguments bound or an object."""
    if isinstance(protocol, functools.partial):
        return name_of(protocol.func)
    return getattr(protocol, "__name__", type(protocol).__name__)


def is_ours(protocol: Callable) -> bool:
    """Return whether a protocol is one of this package, which no user edits between sweeps."""
    module = getattr(protocol, "__module__", None) or ""
    return isinstance(protocol, types.FunctionType) and module.startswith("excitable.")


def _of_model(model) -> dict[str, str]:
    # No parameter's name has a blank: a threshold is not one that is called so.
    kept = [f.name for f in fields(model) if f.name not in _WORDS]
    found = {f"its {name}": text_of(getattr(model, name)) for name in kept}
    found["unit of the input"] = unit_text(model.input_unit)
    values = {k: f"{float(p.value)!r} {unit_text(p.unit)}" for k, p in model.parameters.items()}
    return found | values


def text_of(value) -> str:
    """Return all that a value is as text, the same in every process.

    Examples
    --------
    >>> text_of(0.1 * brian2.mV), text_of([1, None, "x"])
    ('0.0001 V', '[1, None, x]')
    """
    return _Texts().of(value)


class _Texts:
    """Texts of values; of functions that call one another each once."""

    def __init__(self):
        self.seen: set[int] = set()

    def of(self, value) -> str:
        if isinstance(value, str):
            return value
        if isinstance(value, Quantity):
            return f"{self.of(np.asarray(value))} {dimension_text(value.dim)}"
        if isinstance(value, np.ndarray | np.generic):
            return self._array(np.asarray(value))
        if isinstance(value, Mapping):
            return f"{{{', '.join(f'{self.of(k)}: {self.of(v)}' for k, v in value.items())}}}"
        if isinstance(value, set | frozenset):
            return f"{{{', '.join(sorted(map(self.of, value)))}}}"
        if isinstance(value, list | tuple):
            return f"[{', '.join(map(self.of, value))}]"
        if value is None or isinstance(value, int | float | complex | bytes | type):
            return repr(value)
        return self._object(value)

    def _array(self, array: np.ndarray) -> str:
        if array.size <= 8 or array.dtype == object:
            return self.of(array.tolist()) if array.ndim else repr(array.item())
        content = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
        return f"{array.dtype} {array.shape} {content}"

    def _object(self, value) -> str:
        if id(value) in self.seen:
            return "again"
        self.seen.add(id(value))
        if isinstance(value, TimedArray):
            return self.of([value.values, value.dt])
        if isinstance(value, Function):
            codes = {k: getattr(x, "_code", None) for k, x in value.implementations.items()}
            return self.of([value.pyfunc, {str(k): codes[k] for k in codes}])
        if isinstance(value, functools.partial):
            return self.of([value.func, value.args, value.keywords])
        if isinstance(value, types.MethodType):
            return self.of([value.__func__, value.__self__])
        if isinstance(value, types.FunctionType):
            return self._function(value)
        if isinstance(value, types.CodeType):
            return f"the code of {value.co_name}"  # stands among those of its function
        if isinstance(value, types.ModuleType):
            return f"module {value.__name__}"
        name = f"{type(value).__module__}.{type(value).__qualname__}"
        if is_dataclass(value):
            return f"{name} {self.of({f.name: getattr(value, f.name) for f in fields(value)})}"
        if hasattr(value, "__dict__"):
            call = type(value).__call__ if callable(value) else None
            return f"{name} {self.of(vars(value))} {self.of(call)}"
        return re.sub(r" at 0x[0-9a-f]+", "", repr(value))

    def _function(self, function: types.FunctionType) -> str:
        """Return a function's code, and the values that it has from elsewhere."""
        if _is_library(function):
            return f"{function.__module__}.{function.__qualname__}"
        code, outside = function.__code__, function.__globals__
        names = [n for c in _with_inner(code) for n in c.co_names if n in outside]
        cells = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
        codes = [[c.co_code.hex(), c.co_names, c.co_consts] for c in _with_inner(code)]
        parts = [codes, function.__defaults__, function.__kwdefaults__, cells,
                 {n: outside[n] for n in names if not isinstance(outside[n], type)}]  # fmt: skip
        text = self.of(parts)
        return f"{function.__qualname__} {hashlib.sha256(text.encode()).hexdigest()}"


def _with_inner(code: types.CodeType) -> list[types.CodeType]:
    inner = [c for c in code.co_consts if isinstance(c, types.CodeType)]
    return [code, *(x for c in inner for x in _with_inner(c))]


def _is_library(function: types.FunctionType) -> bool:
    """Return whether a function comes from this or another installed package, or from Python."""
    file = Path(function.__code__.co_filename)
    libraries = {"site-packages", "dist-packages"} & set(file.parts)
    return bool(libraries) or is_ours(function) or file.is_relative_to(_STANDARD_LIBRARY)


def _is_filled(cell) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:
        return False
    return True
