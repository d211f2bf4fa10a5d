"""`NeuronModel`: what a neuron is, written once as Brian2 equation text with units."""

import gc
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property

import numpy as np
from brian2 import Quantity, Unit, get_dimensions, ms, second
from brian2.core.namespace import get_local_namespace

from ..errors import InputError
from . import display, grouping, validation
from .changes import changed_fields
from .checks import check_name, check_positive, check_quantity, tidy
from .initial import initial_state, set_initial_state
from .methods import method_named
from .ranges import check_numbers, default_range
from .system import System, system_of
from .text.functions import brian_function
from .text.statements import one_expression
from .text.symbolic import Symbolic, symbolic
from .units import SIValue, display_unit, unit_from_state, unit_state

# Brian2 and SymPy are half a million objects that live as long as the process. Set aside, they are
# not searched for garbage again and again, which alone takes a third of a second at every exit.
gc.freeze()


@dataclass(frozen=True)
class Parameter:
    """A constant of a model, in the unit in which people state it.

    Attributes
    ----------
    value : float or Quantity
        The number, in `unit`.
    unit : Unit
        The unit; 1 for a pure number. A table's column for the parameter has this unit.
    meaning : str
        What it is, in a few words.
    source : str
        Where the number comes from, if not from the model's first reference.
    range : (float, float), optional
        Sensible lowest and highest value, in `unit`: for sliders and default sweeps.

    Examples
    --------
    >>> from brian2 import msiemens, cm
    >>> Parameter(47.7, msiemens/cm**2, "maximal A-type K conductance", range=(0, 150)).quantity
    47.7 * msiemens / (cmetre ** 2)
    """

    value: float
    unit: Unit
    meaning: str = ""
    source: str = ""
    range: tuple[float, float] | None = None

    def __post_init__(self):
        if not isinstance(self.unit, Quantity):
            if self.unit != 1:
                raise InputError(
                    "Parameter: unit: expected a unit such as mV (1 for a pure number), got "
                    f"{self.unit!r}"
                )
            object.__setattr__(self, "unit", Unit(1))
        if isinstance(self.value, Quantity):  # with a unit of its own
            number = check_quantity("Parameter", self.value, self.unit, scalar=True)
            object.__setattr__(self, "value", tidy(number))

    @classmethod
    def of(cls, name: str, value) -> "Parameter":
        """Return a parameter for a plain quantity, in the unit in which the field states it.

        Examples
        --------
        >>> from brian2 import mV
        >>> Parameter.of("E_L", -65*mV).value
        -65.0
        """
        if isinstance(value, Parameter):
            return value
        try:
            unit = display_unit(Quantity(value))
        except (TypeError, ValueError):
            raise InputError(
                f"parameter {name}: expected a quantity such as 10*ms, or a Parameter, got "
                f"{value!r}"
            ) from None
        number = check_quantity(f"parameter {name}", value, unit, scalar=True)
        return cls(tidy(number), unit, name)

    @property
    def quantity(self) -> Quantity:
        """The value with its unit."""
        return self.value * self.unit

    def __getstate__(self) -> dict:
        return vars(self) | {"unit": unit_state(self.unit)}

    def __setstate__(self, state: dict) -> None:
        vars(self).update(state | {"unit": unit_from_state(state["unit"])})


@dataclass(frozen=True)
class NeuronModel:
    """A neuron: equation text, parameters, and what a spike is. A value; it simulates nothing.

    Attributes
    ----------
    name, title : str
        Identifier (``"connor_stevens"``) and heading (default: the name).
    equations : str
        Brian2 equations, one current or rate a line. They leave one symbol open: the input.
        ``(unless refractory)``, ``t``, white noise ``xi`` and functions are what they are there.
    parameters : dict of str to Parameter or Quantity
    input_unit : Unit
        The unit in which people state the input.
    input_range : (float, float)
        Sensible lowest and highest constant input, in `input_unit`: the default sweep. Default: 0
        to three times what holds the membrane at the threshold; from below 0 where less input takes
        it there (``- I`` in its slope).
    initial : dict of str to Quantity, float or str
        Initial value of each state variable; an expression (``"m_inf"``) may use the others.
    threshold, reset : str
        When a spike is counted and what it changes; Brian2 text, empty where there is none.
    refractory : str or Quantity
        How long, or while what, none is counted again: a time, text of a time, or a condition.
        Without one, a cell that is not reset fires once per upward crossing of its threshold.
    method, dt
        Brian2's integration method and the time step, for the accuracy that the documentation
        states. Default: rk4 (Euler under noise) in steps of 0.025 ms, of 0.05 ms with a reset.
    references : tuple of str
    input : str
        The open symbol, usually ``"I"``.
    variants : dict of str to NeuronModel
        Named relatives of this model (the cell types of Izhikevich's papers).
    functions : dict of str to Function, TimedArray or callable
        What the equations call beside Brian2's own functions; a Python function has its units from
        ``check_units``.
    membrane : str
        The state variable that is the membrane potential; default: the one in volts (or, where
        none is, of the threshold) that the input reaches first, of several that of the threshold.

    Raises
    ------
    ValueError
        When built: for a free symbol other than the input, a parameter that is not used or
        that shadows a variable, an initial value missing or of something else, dimensions
        that do not agree, or a name that an engine needs for itself.

    Examples
    --------
    >>> from brian2 import ms, mV
    >>> from excitable.models import LIF
    >>> LIF.with_(tau=20*ms).parameters["tau"].value
    20.0
    """

    name: str
    equations: str
    parameters: Mapping[str, Parameter | Quantity]
    input_unit: Unit
    initial: Mapping[str, Quantity | float | str]
    threshold: str = ""
    _: KW_ONLY  # so that a reset that follows the threshold, as in Brian2, is no title
    title: str = ""
    input_range: tuple[float, float] | None = None
    method: str = ""
    dt: Quantity | None = None
    reset: str = ""
    refractory: str | Quantity = ""
    references: tuple[str, ...] = ()
    input: str = "I"
    variants: Mapping[str, "NeuronModel"] = field(default_factory=dict, repr=False)
    functions: Mapping[str, object] = field(default_factory=dict, repr=False)
    membrane: str = ""

    def __post_init__(self):
        validation.check_kinds(self)
        if not isinstance(self.input_unit, Unit):  # 1, for a pure number
            self._set(input_unit=Unit(self.input_unit))
        self._set(_derived=tuple(name for name in _DERIVED if not _is_given(getattr(self, name))))
        stated = {name: Parameter.of(name, value) for name, value in self.parameters.items()}
        initial = {
            k: one_expression(v) if isinstance(v, str) else v for k, v in self.initial.items()
        }
        self._set(parameters=stated, initial=initial, variants=dict(self.variants))
        own = {name: brian_function(name, f) for name, f in self.functions.items()}
        self._set(functions=own, title=self.title or self.name)
        self._set(references=tuple(self.references))
        self._set(threshold=one_expression(self.threshold))
        self._set(refractory=_refractory_text(self.refractory))
        validation.check_model(self)
        found = system_of(self)
        if self.membrane and self.membrane not in found.rhs:
            check_name(f"membrane of {self.name}:", self.membrane, found.rhs)
        self._set(membrane=self.membrane or found.membrane, system=found)
        self._set(method=_method(self, found), dt=_step(self, found))
        for name, p in self.parameters.items():
            check_numbers(self, name, np.array([p.value]), p.unit)
        if self.input_range is None:
            self._set(input_range=default_range(self))

    @classmethod
    def from_brian(
        cls,
        script,
        threshold: str | None = None,
        reset: str | None = None,
        refractory=None,
        method: str | None = None,
        namespace: Mapping | None = None,
        *,
        name: str = "from_brian",
        input: str | None = None,
        input_unit: Unit | None = None,
        initial: Mapping | None = None,
        **more,
    ) -> "NeuronModel":
        """Return the model that a Brian2 script's cell is.

        Parameters
        ----------
        script : str, Equations, NeuronGroup or Subgroup
            The cell's equations; or its group or a part of it (``group[1:2]``), from which all that
            follows is read. What other objects do to the group, such as synapses onto it, is no
            part of the cell.
        threshold, reset, refractory, method : optional
            As they stand in the script's ``NeuronGroup``.
        namespace : dict, optional
            Values of the names in the text; others are taken from where this is called, as Brian2
            does. What is declared in the equations (``g_A : siemens``) is among them.
        name : str
        input : str, optional
            Which name is what drives the cell; default: ``I``, or the only one without a value.
        input_unit : Unit, optional
            Default: that in which the field states what the input is declared as, or was set to.
        initial : dict, optional
            Initial values; default: those of the group, or 0 as in Brian2.
        **more
            Further fields of the model: ``title``, ``dt``, ``input_range``, ``references``, ....

        Returns
        -------
        NeuronModel

        Raises
        ------
        ValueError
            For a name without a value, several that could be the input, values that differ between
            the cells of a group, and for whatever is refused in a new model.

        Examples
        --------
        >>> from brian2 import ms, mV, Mohm, nA
        >>> tau, R, E_L = 10*ms, 10*Mohm, -65*mV
        >>> cell = NeuronModel.from_brian(
        ...     "dv/dt = (E_L - v + R*I_ext)/tau : volt\\nI_ext : amp",
        ...     threshold="v > -50*mV", reset="v = -65*mV")
        >>> cell.input, cell.input_unit, sorted(cell.parameters)
        ('I_ext', namp, ['E_L', 'R', 'tau'])
        """
        from .from_brian import fields_of_script  # which needs Brian2's groups

        around = {**get_local_namespace(level=1), **(namespace or {})}
        return cls(
            name=name,
            **fields_of_script(
                script, around, input=input, parameters=dict(namespace or {}), threshold=threshold,
                reset=reset, refractory=refractory, method=method, input_unit=input_unit,
                initial=initial, **more,
            ),
        )  # fmt: skip

    def _set(self, **values) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __getstate__(self) -> dict:
        kept = {
            k: v
            for k, v in vars(self).items()
            if k not in ("system", "symbolic", "_reduction", "_revolution", "_clamped", "_said")
        }
        return kept | {"input_unit": unit_state(self.input_unit)}

    def __setstate__(self, state: dict) -> None:
        vars(self).update(state | {"input_unit": unit_from_state(state["input_unit"])})

    # --- what it consists of -----------------------------------------------------------------

    @cached_property
    def system(self) -> System:
        """The model as mathematics, its input left open: what every engine reads."""
        return system_of(self)

    @cached_property
    def symbolic(self) -> Symbolic:
        """The equations as sympy, in SI units, named parts written out."""
        return symbolic(self.system, frozenset({*self.parameters, self.input}))

    @property
    def values(self) -> dict[str, float]:
        """Parameters as plain numbers in SI units; `excitable.analysis` knows what they measure."""
        return {name: SIValue(p.quantity) for name, p in self.parameters.items()}

    def unit_of(self, name: str) -> Unit:
        """Return the unit in which a variable, current, rate or parameter is shown in tables."""
        if name in self.parameters:
            return self.parameters[name].unit
        if name == self.input:
            return self.input_unit
        dims = self.system.dims
        check_name("variable", name, [*dims, *self.parameters, self.input])
        return display_unit(dims[name], self.input_unit)

    # --- changed copies ----------------------------------------------------------------------

    def with_(self, /, **changes) -> "NeuronModel":
        """Return a copy with other parameter values, texts or settings.

        Parameters
        ----------
        **changes
            Parameters by their names, as quantities; and any field of the model by its name:
            ``method``, ``dt``, ``title``, ``threshold``, .... Where a parameter has the name of a
            field, the parameter is meant. ``None`` stands for a field's default. New entries of
            `parameters`, `initial` and `functions` are added to those that the model has.

        Returns
        -------
        NeuronModel
            What one gets if it is written so from the start: a `title`, `method`, `dt`,
            `membrane` or `input_range` that the model was not given is found anew. Parameters,
            functions and initial values that a new text no longer uses are dropped. `variants`
            stay as they are.

        Raises
        ------
        ValueError
            For an unknown name (the nearest right one is given), a wrong dimension, or a value
            that is not finite; and for whatever is refused in a new model.

        Examples
        --------
        >>> from brian2 import mV, ms, msiemens, cm
        >>> from excitable.models import CONNOR_STEVENS, LIF
        >>> no_A = CONNOR_STEVENS.with_(g_A=0*msiemens/cm**2, E_L=-67.8*mV)
        >>> no_A.parameters["E_L"].value
        -67.8
        >>> LIF.with_(tau=20*ms, method="exact", dt=0.1*ms).method
        'exact'

        Without threshold and reset a cell runs on, to be looked at with `response`:

        >>> LIF.with_(threshold=None, reset=None).threshold
        ''
        """
        return type(self)(**changed_fields(self, changes))

    # --- as Brian2 objects -------------------------------------------------------------------

    def brian_kwargs(self, /, *, vary=None, method=None, dt=None, **given) -> dict:
        """Return the arguments of a Brian2 ``NeuronGroup`` in anybody's script.

        Parameters
        ----------
        I : str, Quantity, TimedArray or Stimulus, optional
            The input, under the model's own name for it. Text may use ``t``, white noise ``xi``
            and the model's names; any other name (``"stim(t)"``, ``"g_s*(0*mV - v)"``) Brian2
            looks for where the group runs. Without it the input is a parameter of the group, to
            be set by the caller (``cells.I = ...``).
        vary : dict of str to Quantity, optional
            Parameters that differ between neurons, one value per neuron. They become variables of
            the group, which `initialise` sets.
        method, dt : optional
            Instead of the model's own; default under white noise: heun, as in `group`.

        Returns
        -------
        dict
            ``model, threshold, reset, refractory, method, namespace, dt``. The step is the
            model's, because Brian2's default of 0.1 ms is unstable for Hodgkin-Huxley cells.

        Examples
        --------
        >>> from brian2 import NeuronGroup
        >>> from excitable.models import CONNOR_STEVENS
        >>> cells = NeuronGroup(100, **CONNOR_STEVENS.brian_kwargs(I="10*uA/cm**2"))
        >>> CONNOR_STEVENS.initialise(cells)
        """
        value = self._given(given)
        if isinstance(value, str):
            value = one_expression(value)
            validation.check_brian_text(self, value)
        n = max((np.size(v) for v in (vary or {}).values()), default=1)
        text = grouping.describe(self, n, value, vary=vary, method=method, dt=dt)
        return grouping.for_scripts(text)

    def group(self, n: int, stimulus=None, *, vary=None, method=None, dt=None, name=None):
        """Return a Brian2 NeuronGroup of this model, in its initial state.

        Parameters
        ----------
        n : int
            Number of neurons.
        stimulus : Stimulus, optional
            The input; its own parameters may be arrays of length `n`. Without it the input is a
            parameter of the group.
        vary : dict of str to Quantity, optional
            Parameters that differ between neurons: arrays of length `n`.
        method, dt : optional
            Instead of the model's own.
        name : str, optional
            Brian2 name of the group.

        Returns
        -------
        NeuronGroup

        Notes
        -----
        Spikes and resets happen on the time grid, as in any Brian2 script. The protocols locate
        them within the step.

        Examples
        --------
        >>> from brian2 import ms, uA, msiemens, cm
        >>> from excitable.models import CONNOR_STEVENS
        >>> from excitable.protocols import Step
        >>> cells = CONNOR_STEVENS.group(
        ...     3, Step(20*uA/cm**2, onset=100*ms), vary={"g_A": [0, 24, 48]*msiemens/cm**2})
        >>> len(cells)
        3
        """
        text = grouping.describe(self, n, stimulus, vary=vary, method=method, dt=dt)
        cells = grouping.build(text, name)
        cells.set_states(initial_state(self, text.values), units=False)
        return cells

    def initialise(self, cells) -> None:
        """Set the initial state of a group that was made with `brian_kwargs`, or in a like way.

        Parameters
        ----------
        cells : NeuronGroup or Subgroup
            Its text may be more than the model's, and the input whatever is wanted. State
            variables of the model that the group does not have, or computes, are left out.

        Notes
        -----
        Initial values that are expressions use what the group has. A parameter that is a variable
        of the group has the values that it was given before, those of ``vary`` in `brian_kwargs`
        or the caller's own: set it first, for Brian2 starts it at 0. It is never set to the
        model's value. Any other parameter has the value that Brian2 finds for its name, in the
        group's namespace or where this is called, else the model's. The input counts as 0.

        Nothing is read back, so this works in C++ standalone mode too.

        Examples
        --------
        >>> from brian2 import Equations, NeuronGroup, mV
        >>> from excitable.models import LIF
        >>> kwargs = LIF.brian_kwargs()
        >>> kwargs["model"] = Equations(kwargs["model"]) + Equations("E_L : volt (constant)")
        >>> cells = NeuronGroup(2, **kwargs)
        >>> cells.E_L = [-60, -70]*mV
        >>> LIF.initialise(cells)
        >>> print(cells.v[:])
        [-60. -70.] mV
        """
        set_initial_state(self, cells, get_local_namespace(level=1))

    # --- in other languages ------------------------------------------------------------------

    def to_ode(self, *, duration=200 * ms, dt=None, **given) -> str:
        """Return the model as the text of an XPPAUT file (``.ode``): ms, mV, one line an equation.

        Parameters
        ----------
        duration, dt : Quantity
            How long XPPAUT integrates, and its step; default: the model's.
        I : Quantity, str or Stimulus, optional
            The input, under the model's own name for it. A value, or nothing (0), becomes a
            parameter that XPPAUT can change and continue in; text may depend on ``t``.

        Raises
        ------
        CannotPrint
            (a ValueError) for what XPPAUT cannot express; the message names it.

        Examples
        --------
        >>> from brian2 import uA, cm
        >>> from excitable.models import HODGKIN_HUXLEY
        >>> text = HODGKIN_HUXLEY.to_ode(I=10*uA/cm**2)
        >>> print([line for line in text.splitlines() if line.startswith(("v'", "par I"))])
        ['par I=10', "v'=(I - I_Na - I_K - I_L)/C_m"]
        """
        from .printers.xpp import xpp_text  # which needs this file's parts

        return xpp_text(self, self._given(given), duration=duration, dt=dt)

    def to_scipy(self, **given):
        """Return the model as functions for ``scipy.integrate.solve_ivp``, in SI units.

        Parameters
        ----------
        I : Quantity, str or Stimulus, optional
            The input, under the model's own name for it; default 0.

        Returns
        -------
        ScipyFunctions
            ``rhs(t, y)``, the exact Jacobian ``jac(t, y)``, ``y0``, ``names``, and of the spikes
            ``gap(t, y)`` and ``reset(t, y)``.

        Raises
        ------
        CannotPrint
            (a ValueError) for noise, and for functions whose derivative is not known.

        Examples
        --------
        >>> from brian2 import uA, cm
        >>> from scipy.integrate import solve_ivp
        >>> from excitable.models import HODGKIN_HUXLEY
        >>> cell = HODGKIN_HUXLEY.to_scipy(I=10*uA/cm**2)
        >>> cell.gap.direction = 1
        >>> sol = solve_ivp(cell.rhs, (0, 0.05), cell.y0, "LSODA", jac=cell.jac,
        ...                 events=cell.gap, rtol=1e-8, atol=1e-10)
        >>> (sol.t_events[0]*1e3).round(1)
        array([ 1.8, 16.7, 31.4, 46. ])
        """
        from .printers.scipy_functions import scipy_functions  # which needs this file's parts

        return scipy_functions(self, self._given(given))

    def _given(self, given: Mapping[str, object]):
        """Return the input, handed over under its own name."""
        for name in given:
            check_name("input", name, [self.input])
        return given.get(self.input)

    # --- to look at --------------------------------------------------------------------------

    def __str__(self) -> str:
        return display.text(self)

    def _repr_pretty_(self, printer, cycle: bool) -> None:  # IPython in a terminal
        printer.text(str(self))

    def _repr_latex_(self) -> str:
        return display.latex(self)

    def _repr_html_(self) -> str:
        return display.html(self)


# What is found where it is not given.
_DERIVED = ("title", "method", "dt", "membrane", "input_range")


def _is_given(value) -> bool:
    return value is not None and not (isinstance(value, str) and not value)


def _refractory_text(refractory) -> str:
    """Return a refractory period as text."""
    if isinstance(refractory, str):
        return one_expression(refractory)
    if isinstance(refractory, Quantity) and refractory.dim is get_dimensions(second):
        return f"{float(refractory)!r}*second"
    if refractory is False or refractory is None:
        return ""
    raise InputError(
        f"refractory: expected a time such as 2*ms, or text ('t_ref', 'v > 0*mV'), got "
        f"{refractory!r}"
    )


def _method(model, system: System) -> str:
    default = "euler" if system.stochastic else "rk4"
    return method_named(model.method or default, noise=system.drawn_each_step).name


def _step(model, system: System) -> Quantity:
    if model.dt is None:
        return (0.05 if system.reset else 0.025) * ms
    check_positive(f"{model.name}: dt", model.dt, ms)
    return model.dt
