"""From a model and a stimulus to the text and the arrays of a Brian2 NeuronGroup."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from numbers import Real

import numpy as np
import sympy as sp
from brian2 import NeuronGroup, Quantity, ms
from brian2.utils.stringtools import word_substitute

from .checks import check_count, check_name, check_positive, check_quantity
from .functions import NAMESPACE, opaque
from .symbolic import function, symbol
from .units import base_unit

# Of Brian2's methods, those that integrate additive noise.
STOCHASTIC_METHODS = ("euler", "heun", "milstein")
METHODS = ("exact", "exponential_euler", "euler", "rk2", "rk4", "heun", "milstein")
# Ours, which Brian2 does not know by name: the protocols hand them over as text.
OWN_METHODS = ("strang", "exponential_strang", "extrapolated_strang")


@dataclass(frozen=True)
class InputText:
    """A stimulus written for one model.

    Attributes
    ----------
    equations : str
        Equation lines that define the input symbol.
    noise : str
        Term with ``xi`` that is added to the input in the differential equations; else empty.
    parameters : dict of str to Quantity
        What the lines name: scalars, or arrays with one value per neuron.
    namespace : dict
        Functions that the lines call.
    """

    equations: str
    noise: str = ""
    parameters: Mapping[str, Quantity] = field(default_factory=dict)
    namespace: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class GroupText:
    """Everything of which a NeuronGroup is made.

    `arrays` holds what differs between neurons, `shared` what is one value for all but may differ
    from run to run of a compiled program; everything else is constant in `namespace`.
    """

    n: int
    equations: str
    threshold: str
    reset: str
    refractory: str
    method: str
    dt: Quantity
    namespace: Mapping[str, object]
    arrays: Mapping[str, np.ndarray]
    shared: Mapping[str, float] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, np.ndarray | float]:
        """All numbers behind the text, in SI units."""
        return {**self._constants(), **self.shared, **self.arrays}

    @property
    def functions(self) -> dict[str, object]:
        """What the text calls: the part of `namespace` that is not a number."""
        return {k: v for k, v in self.namespace.items() if not isinstance(v, Quantity | Real)}

    def with_arguments(self) -> "GroupText":
        """Return the text with its constants as shared parameters, so that they can be set."""
        numbers = {k: v for k, v in self.namespace.items() if k not in self.functions}
        lines = [f"{name} : {base_unit(v)} (shared, constant)" for name, v in numbers.items()]
        return replace(
            self,
            equations="\n".join([self.equations, *lines]),
            namespace=self.functions,
            shared=self._constants(),
        )

    def _constants(self) -> dict[str, float]:
        return {k: float(v) for k, v in self.namespace.items() if k not in self.functions}

    @property
    def stochastic(self) -> bool:
        """Whether noise drives the equations."""
        return is_stochastic(self.equations)

    def kwargs(self) -> dict:
        """Return the keyword arguments of a NeuronGroup."""
        return {
            "model": self.equations,
            "threshold": self.threshold or None,
            "reset": self.reset or None,
            "refractory": self.refractory or False,
            "method": self.method,
            "namespace": dict(self.namespace),
            "dt": self.dt,
        }


def is_stochastic(text: str) -> bool:
    """Return whether equation text contains white noise."""
    return re.search(r"\bxi(_\w+)?\b", text) is not None


def describe(model, n, stimulus=None, *, vary=None, method=None, dt=None) -> GroupText:
    """Write down the group of `n` neurons of `model` under `stimulus`.

    Parameters
    ----------
    model : NeuronModel
    n : int
    stimulus : Stimulus, str, Quantity or None
        None leaves the input as a parameter of the group.
    vary : dict of str to Quantity
        Parameters as arrays of length `n`.
    method : str
        Default: the model's, or ``"heun"`` where the stimulus is noise.
    dt : Quantity
        Default: the model's.
    """
    n = check_count("n", n)
    varied = check_vary(model, vary or {}, n)
    dt = model.dt if dt is None else check_positive("dt", dt, ms) * ms
    text = _input_text(model, stimulus, n, dt)
    scalars = {k: v for k, v in text.parameters.items() if np.ndim(v) == 0}
    arrays = {k: v for k, v in text.parameters.items() if np.ndim(v)} | varied
    constants = {k: p.quantity for k, p in model.parameters.items() if k not in varied}
    lines = [_driven(model, text.noise), text.equations]
    lines += [f"{name} : {base_unit(value)} (constant)" for name, value in arrays.items()]
    return GroupText(
        n=n,
        equations=opaque("\n".join(lines)),
        threshold=model.threshold,
        reset=model.reset,
        refractory=model.refractory,
        method=_method(model, method, is_stochastic(text.equations + text.noise)),
        dt=dt,
        namespace={**constants, **scalars, **text.namespace, **NAMESPACE},
        arrays={name: np.asarray(value, dtype=float) for name, value in arrays.items()},
    )


def build(text: GroupText, name: str | None = None) -> NeuronGroup:
    """Make the NeuronGroup; its state variables are not set yet."""
    if text.method in OWN_METHODS:
        raise ValueError(
            f"method {text.method!r} is not one of Brian2's, which a NeuronGroup takes: {METHODS}; "
            "the protocols and `simulate` have it"
        )
    cells = NeuronGroup(text.n, **text.kwargs(), **({"name": name} if name else {}))
    cells.set_states(dict(text.arrays), units=False)
    return cells


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
    expressions = initial_expressions(model)
    known = [*model.parameters, model.input]
    numbers = {**model.values, model.input: 0.0} | {k: values[k] for k in values if k in known}
    computed = function(numbers, list(expressions.values()))(*numbers.values())
    return dict(zip(expressions, computed, strict=True))


def initial_expressions(model) -> dict[str, sp.Expr]:
    """Return the model's initial values as functions of its parameters and its input alone."""
    known = [*model.parameters, model.input]
    expressions = {
        name: model.symbolic.expression(v, known) if isinstance(v, str) else sp.Float(float(v))
        for name, v in model.initial.items()
    }
    states = {symbol(name): e for name, e in expressions.items()}
    for _ in states:  # an initial value may use another one, which may use another one
        expressions = {name: e.xreplace(states) for name, e in expressions.items()}
    return expressions


def check_vary(model, vary: Mapping[str, Quantity], n: int) -> dict[str, Quantity]:
    """Return varied parameters as arrays of length `n`, checked."""
    checked = {}
    for name, value in vary.items():
        parameter = model.parameters[check_name("parameter", name, model.parameters)]
        numbers = np.atleast_1d(check_quantity(f"parameter {name}", value, parameter.unit))
        if numbers.shape != (n,):
            raise ValueError(
                f"vary[{name!r}]: expected {n} values, one per neuron, got shape {numbers.shape}"
            )
        checked[name] = numbers * parameter.unit
    return checked


def _input_text(model, stimulus, n: int, dt: Quantity) -> InputText:
    unit = base_unit(model.input_unit)
    if stimulus is None:
        return InputText(f"{model.input} : {unit}")
    if isinstance(stimulus, str):
        return InputText(f"{model.input} = {stimulus} : {unit}")
    if isinstance(stimulus, Quantity | float | int):
        check_quantity(f"input {model.input}", stimulus, model.input_unit, scalar=True)
        name = f"{model.input}_0"
        return InputText(f"{model.input} = {name} : {unit}", parameters={name: Quantity(stimulus)})
    if not hasattr(stimulus, "text"):
        raise ValueError(
            f"stimulus: expected a Stimulus such as Constant or Step, got {stimulus!r}"
        )
    return stimulus.text(model, n, dt)


def _driven(model, noise: str) -> str:
    """Return the model's equations, with white noise added to the input where there is some."""
    if not noise:
        return model.equations
    lines = [
        word_substitute(line, {model.input: f"({model.input} + {noise})"})
        if line.strip().startswith("d") and "/dt" in line.split("=")[0]
        else line
        for line in model.equations.splitlines()
    ]
    return "\n".join(lines)


def _method(model, method: str | None, noisy: bool) -> str:
    if method is None:
        return "heun" if noisy and model.method not in STOCHASTIC_METHODS else model.method
    check_name("method", method, (*METHODS, *OWN_METHODS))
    if noisy and method not in STOCHASTIC_METHODS:
        raise ValueError(
            f"method {method!r} cannot integrate white noise; use one of {STOCHASTIC_METHODS}"
        )
    return method
