"""From a model and a stimulus to the text and the arrays of a Brian2 NeuronGroup."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Real

import numpy as np
from brian2 import Equations, Hz, NeuronGroup, Quantity, TimedArray, Unit, get_dimensions, ms
from brian2.equations.equations import DIFFERENTIAL_EQUATION, SingleEquation

from ..errors import InputError
from .checks import (
    check_all_finite,
    check_count,
    check_name,
    check_positive,
    check_quantity,
    check_varied,
    dimension_text,
    listed,
    unit_text,
)
from .initial import PER_NEURON
from .methods import METHODS, method_named
from .system import ONCE_A_STEP, System, computable_texts, from_equations, parsed_equations
from .text.conditions import RANDOM
from .text.expressions import NoDerivative, calls, depends, derivative, in_order, names, substitute
from .text.functions import NAMESPACE, opaque
from .text.remembered import remembered
from .text.statements import one_expression
from .timed_arrays import by_steps
from .units import base_unit, display_unit
from .validation import check_comparisons, check_products, check_single_draws, is_noise

# One number of each takes a gigabyte; a sweep takes any number of sets, in chunks.
MOST_CELLS = 10**8


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
    windows : tuple of (tuple of str, tuple of str)
        When each part of it is on, see `excitable.protocols.stimuli.base.Term`.
    """

    equations: str
    noise: str = ""
    parameters: Mapping[str, Quantity] = field(default_factory=dict)
    namespace: Mapping[str, object] = field(default_factory=dict)
    windows: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class CustomEvent:
    """Statements that a cell executes at the end of every step in which a condition holds."""

    condition: str
    statements: str


@dataclass(frozen=True)
class BrianText:
    """A `System` as Brian2 text: everything of which a NeuronGroup is made.

    `arrays` holds what differs between neurons, `shared` what is one value for all but may differ
    from run to run of a compiled program; everything else is constant in `namespace`. `events` are
    what cells do beside firing; `shown` says for each of `arrays` in which unit messages give it:
    that unit in SI units, and as text.
    """

    n: int
    system: System
    equations: str
    threshold: str
    reset: str
    refractory: str
    method: str
    dt: Quantity
    namespace: Mapping[str, object]
    arrays: Mapping[str, np.ndarray]
    shared: Mapping[str, float] = field(default_factory=dict)
    events: Mapping[str, CustomEvent] = field(default_factory=dict)
    shown: Mapping[str, tuple[float, str]] = field(default_factory=dict)

    def of_cell(self, k: int) -> dict[str, tuple[float, str]]:
        """Return what tells one cell from others, as a message shows it: numbers with units."""
        found = {}
        for name, values in self.arrays.items():
            scale, unit = self.shown.get(name, (1.0, "in SI units"))
            found[name] = float(np.broadcast_to(values, self.n)[k]) / scale, unit
        return found

    @property
    def values(self) -> dict[str, np.ndarray | float]:
        """All numbers behind the text, in SI units."""
        return {**self.constants, **self.shared, **self.arrays}

    @property
    def functions(self) -> dict[str, object]:
        """What the text calls: the part of `namespace` that is not a number."""
        return {k: v for k, v in self.namespace.items() if not isinstance(v, Quantity | Real)}

    def with_arguments(self, names: Collection[str] | None = None) -> "BrianText":
        """Return the text with its constants as shared parameters, so that they can be set.

        Of `names`, if they are given, these alone: what nobody will set must stay as it is.
        """
        constants = self.constants
        moved = {k: v for k, v in constants.items() if names is None or k in names}
        lines = [f"{k} : {base_unit(self.namespace[k])} (shared, constant)" for k in moved]
        return replace(
            self,
            equations="\n".join([self.equations, *lines]),
            namespace={k: v for k, v in self.namespace.items() if k not in moved},
            shared=moved,
        )

    @property
    def constants(self) -> dict[str, float]:
        """The numbers in the text that are neither shared nor one for each cell, in SI units."""
        return {k: float(v) for k, v in self.namespace.items() if k not in self.functions}

    @property
    def stochastic(self) -> bool:
        """Whether white noise or random numbers drive the equations."""
        return self.system.stochastic

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
            **({"events": {k: e.condition for k, e in self.events.items()}} if self.events else {}),
        }


def describe(model, n, stimulus=None, *, vary=None, method=None, dt=None) -> BrianText:
    """Write down the group of `n` neurons of `model` under `stimulus`.

    Parameters
    ----------
    model : NeuronModel
    n : int
    stimulus : Stimulus, str, TimedArray, Quantity or None
        None leaves the input as a parameter of the group. White noise in text (``xi``) reaches
        the equations as that of a stimulus does.
    vary : dict of str to Quantity
        Parameters as arrays of length `n`.
    method : str
        Default: the model's, or ``"heun"`` where the stimulus is noise.
    dt : Quantity
        Default: the model's.
    """
    n = check_count("n", n, most=MOST_CELLS)
    varied = check_vary(model, check_varied(vary), n)
    dt = model.dt if dt is None else check_positive("dt", dt, ms) * ms
    text = _input_text(model, stimulus, n, dt)
    check_free_names(model, text)
    scalars = {k: v for k, v in text.parameters.items() if np.ndim(v) == 0}
    arrays = {k: v for k, v in text.parameters.items() if np.ndim(v)} | varied
    units = {name: unit_of_number(model, name, value) for name, value in arrays.items()}
    constants = {k: p.quantity for k, p in model.parameters.items() if k not in varied}
    system, equations = driven(model, text)
    if (stepped := by_steps(system, float(dt))) is not system:
        system, equations = stepped, _rewritten(equations, system, stepped)
    lines = [equations, *(f"{x} : {base_unit(v)} (constant)" for x, v in arrays.items())]
    return BrianText(
        n=n,
        system=system,
        equations="\n".join(lines),
        threshold=system.threshold,
        reset="\n".join(map(str, system.reset)),
        refractory=system.refractory.text,
        method=_method(model, method, system.drawn_each_step),
        dt=dt,
        namespace={**constants, **scalars, **text.namespace, **model.functions, **NAMESPACE},
        arrays={name: np.asarray(value, dtype=float) for name, value in arrays.items()},
        shown={name: (float(u), unit_text(u)) for name, u in units.items()},
    )


def unit_of_number(model, name: str, value) -> Unit:
    """Return the unit in which a parameter of a model, or of its input, is shown."""
    if name in model.parameters:
        return model.parameters[name].unit
    if get_dimensions(value) is get_dimensions(Hz):
        return Hz
    return display_unit(Quantity(value), model.input_unit)


def driven(model, text: InputText) -> tuple[System, str]:
    """Return the system of a model under an input, and its equations as Brian2 text.

    White noise reaches every variable that the input reaches, in proportion to the input's effect
    on it, through named currents too.
    """
    added, texts, lines = _computable(text.equations, (), {})
    stimulus = from_equations("", added, texts, model.input)
    system = model.system
    noises = noise_terms(model, text.noise) if text.noise else {}
    mixed = from_equations("", *_with_noise(model, noises), model.input) if noises else system
    joined = replace(
        system,
        rhs={**system.rhs, **stimulus.rhs},
        noise={**mixed.noise, **stimulus.noise},
        named=in_order({**stimulus.named, **system.named}),
        dims={**system.dims, **stimulus.dims},
        booleans=system.booleans | stimulus.booleans,
        constants=(system.constants | set(text.parameters)) - set(added.names),
        functions={**system.functions, **text.namespace},
    )
    return joined, f"{_model_text(model, noises)}\n{lines}"


def noise_terms(model, noise: str) -> dict[str, str]:
    """Return the noise term of each state variable that the input drives.

    Raises
    ------
    ValueError
        If the input does not enter linearly: noise in it would be no white noise of the variables.
    """
    system = model.system
    try:
        effects = system.effect_of(model.input)
    except NoDerivative as error:
        raise InputError(
            f"{model.name}: white noise cannot be added to the input, which acts through a "
            f"function: {error}"
        ) from None
    for x, effect in effects.items():
        if depends(effect, [*system.rhs, model.input], system.named):
            raise InputError(
                f"{model.name}: white noise cannot be added to the input, because d{x}/dt is not "
                f"linear in {model.input} (its slope is {effect}); use OrnsteinUhlenbeck noise"
            )
    return {x: f"({effect})*({noise})" for x, effect in effects.items()}


def _with_noise(model, noises: Mapping[str, str]) -> tuple[Equations, dict[str, str]]:
    """Return the model's equations with noise terms: as Brian2 reads them, and their texts."""
    parsed = Equations(_model_text(model, noises))
    return parsed, {k: e.expr.code for k, e in parsed.items() if e.expr is not None}


def _model_text(model, noises: Mapping[str, str]) -> str:
    """Return a model's equations: the user's own lines, unless something in them must change."""
    return _computable(model.equations, (*model.parameters, model.input), noises)[2]


@remembered
def _computable(
    equations: str, declared: Sequence[str], noises: Mapping[str, str]
) -> tuple[Equations, dict[str, str], str]:
    """Return equations as Brian2 reads them, right-hand sides for every engine, and their text."""
    parsed = parsed_equations(equations, declared)
    texts = computable_texts(parsed, declared)
    plain = {k: opaque(e.expr.code) for k, e in parsed.items() if e.expr is not None}
    if texts == plain and not noises and len(parsed) == len(Equations(equations)):
        return parsed, texts, opaque(equations)
    noisy = {x: f"{text} + {noises[x]}" if x in noises else text for x, text in texts.items()}
    return parsed, texts, "\n".join(_line(parsed[name], text) for name, text in noisy.items())


def _line(equation: SingleEquation, text: str) -> str:
    """Return the line of an equation with another right-hand side; an empty one is a parameter."""
    left = equation.varname
    if equation.type == DIFFERENTIAL_EQUATION:
        left = f"d{left}/dt"
    unit = "boolean" if equation.var_type == "boolean" else base_unit(equation.dim)
    flags = f" ({', '.join(equation.flags)})" if equation.flags else ""
    return f"{left} = {text} : {unit}{flags}" if text else f"{left} : {unit}{flags}"


def _rewritten(equations: str, old: System, new: System) -> str:
    """Return equation text in which what differs between two systems is as in the new one."""
    parsed = Equations(equations)
    before, after = ({**system.rhs, **system.named} for system in (old, new))
    lines = []
    for name, equation in parsed.items():
        text = equation.expr.code if equation.expr is not None else ""
        if before.get(name) != after.get(name):
            noise = [f"({factor})*{xi}" for xi, factor in old.noise.get(name, {}).items()]
            text = " + ".join([after[name], *noise])
        lines.append(_line(equation, text))
    return "\n".join(lines)


def names_of(model) -> set[str]:
    """Return the names that a model has: variables, parameters and functions."""
    return {*model.system.dims, *model.parameters, *model.functions}


def free_name(model, ending: str) -> str:
    """Return a name for a part of the input that is not the model's; see `Stimulus`."""
    name = f"{model.input}_{ending}"
    return f"{model.input}__{ending}" if name in names_of(model) else name


def check_free_names(model, text: InputText, subject: str = "") -> None:
    """Raise if a stimulus needs a name that the model has; `subject` begins the message."""
    own = names_of(model)
    wanted = {*text.parameters, *text.namespace, *Equations(text.equations)} - {model.input}
    if clash := sorted(own & wanted):
        raise InputError(
            f"{subject}{model.name}: {clash[0]!r} is also what its input {model.input} needs for itself; "
            "rename it in the model"
        )


def run_events(text: BrianText, cells: NeuronGroup) -> None:
    """Let a group execute the statements of its events, at the end of a step, after resets."""
    for name, event in text.events.items():
        cells.thresholder[name].when = "after_resets"
        cells.run_on_event(name, event.statements, when="end")


def build(text: BrianText, name: str | None = None) -> NeuronGroup:
    """Make the NeuronGroup; its state variables are not set yet."""
    check_brian_method(text.method)
    cells = NeuronGroup(text.n, **text.kwargs(), **({"name": name} if name else {}))
    run_events(text, cells)
    cells.set_states(dict(text.arrays), units=False)
    return cells


def check_brian_method(name: str) -> None:
    """Raise unless a NeuronGroup knows the method."""
    if name in METHODS and not METHODS[name].of_brian:
        known = [m.name for m in METHODS.values() if m.of_brian]
        raise InputError(
            f"method {name!r} is not one of Brian2's, which a NeuronGroup takes: {listed(known)}; "
            "the protocols and `simulate` have it"
        )


def for_scripts(text: BrianText) -> dict:
    """Return the keyword arguments of a NeuronGroup that anybody makes.

    What differs between neurons cannot be among them; it lies in the namespace, under a key that
    no text can name, until `initialise` sets it.
    """
    check_brian_method(text.method)
    kwargs = text.kwargs()
    if text.arrays:
        kwargs["namespace"][PER_NEURON] = dict(text.arrays)
    return kwargs


def check_vary(model, vary: Mapping[str, Quantity], n: int) -> dict[str, Quantity]:
    """Return varied parameters as arrays of length `n`, checked."""
    checked = {}
    for name, value in vary.items():
        parameter = model.parameters[check_name("parameter", name, model.parameters)]
        numbers = np.atleast_1d(check_quantity(f"parameter {name}", value, parameter.unit))
        if numbers.shape != (n,):
            raise InputError(
                f"vary[{name!r}]: expected {n} values, one per neuron, got shape {numbers.shape}"
            )
        checked[name] = numbers * parameter.unit
    return checked


def _input_text(model, stimulus, n: int, dt: Quantity) -> InputText:
    unit = base_unit(model.input_unit)
    if stimulus is None:
        return InputText(f"{model.input} : {unit}")
    if isinstance(stimulus, str):
        return _from_text(model, one_expression(stimulus), unit)
    if isinstance(stimulus, TimedArray):
        return _from_array(model, stimulus, unit)
    if isinstance(stimulus, Quantity | Real):
        check_quantity(f"input {model.input}", stimulus, model.input_unit, scalar=True)
        name = free_name(model, "0")
        return InputText(f"{model.input} = {name} : {unit}", parameters={name: Quantity(stimulus)})
    if not hasattr(stimulus, "text"):
        raise InputError(
            f"stimulus: expected a Stimulus such as Constant or Step, got {stimulus!r}"
        )
    return stimulus.text(model, n, dt)


def _from_text(model, text: str, unit: str) -> InputText:
    """Return an input given as text; its white noise apart, as the equations need it.

    Other random numbers it draws once a step.
    """
    check_comparisons(model, text)
    check_products(model, text)
    check_single_draws(model, f"input {model.input} = {text}", text)
    noises = sorted(name for name in names(text) if is_noise(name))
    factors = {xi: derivative(text, xi) for xi in noises}
    if any(names(factor) & set(noises) for factor in factors.values()):
        raise InputError(f"input {model.input} = {text}: is not linear in the white noise")
    smooth = substitute(text, dict.fromkeys(noises, "0*second**-0.5"))
    noise = " + ".join(f"({factor})*{xi}" for xi, factor in factors.items())
    flag = f" ({ONCE_A_STEP})" if calls(smooth) & RANDOM else ""
    return InputText(f"{model.input} = {smooth} : {unit}{flag}", noise)


def _from_array(model, array: TimedArray, unit: str) -> InputText:
    """Return an input that is looked up in an array over time, and over neurons if it has two axes."""
    if array.dim is not get_dimensions(model.input_unit):
        raise InputError(
            f"input {model.input}: expected a TimedArray in {unit_text(model.input_unit)}, got one "
            f"with {dimension_text(array.dim)}"
        )
    check_all_finite(f"input {model.input}: TimedArray", array.values)
    name = free_name(model, "over_time")
    call = f"{name}(t)" if array.values.ndim == 1 else f"{name}(t, i)"
    return InputText(f"{model.input} = {call} : {unit}", namespace={name: array})


def _method(model, method: str | None, drawn: str) -> str:
    if method is None:
        return "heun" if drawn and not METHODS[model.method].noise else model.method
    return method_named(method, noise=drawn).name
