"""`NeuronModel`: what a neuron is, written once as Brian2 equation text with units."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from brian2 import Equations, Quantity, Unit

from . import display as render
from . import grouping, validation
from .checks import check_name, check_quantity
from .symbolic import Symbolic, symbolic
from .units import display_unit, unit_from_state, unit_state


@dataclass(frozen=True)
class Parameter:
    """A constant of a model, in the unit in which people state it.

    Attributes
    ----------
    value : float
        The number, in `unit`.
    unit : Unit
        The unit; ``Unit(1)`` for a pure number. A table's column for the parameter has this unit.
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
    meaning: str
    source: str = ""
    range: tuple[float, float] | None = None

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
        Identifier (``"connor_stevens"``) and heading.
    equations : str
        Brian2 equations, one current or rate a line. They leave one symbol open: the input.
    parameters : dict of str to Parameter
    input_unit : Unit
        The unit in which people state the input.
    input_range : (float, float)
        Sensible lowest and highest constant input, in `input_unit`: the default sweep.
    initial : dict of str to Quantity, float or str
        Initial value of each state variable; an expression (``"m_inf"``) may use the others.
    threshold, reset, refractory : str
        When a spike is counted, what it changes, and how long (or while what) none is counted
        again; Brian2 text, empty where there is none.
    method, dt
        Brian2's integration method and the time step, for the accuracy that the documentation
        states.
    references : tuple of str
    input : str
        The open symbol, usually ``"I"``.
    variants : dict of str to NeuronModel
        Named relatives of this model (the cell types of Izhikevich's papers).

    Raises
    ------
    ValueError
        When built: for a free symbol other than the input, a parameter that is not used or
        that shadows a variable, an initial value missing or of something else, or dimensions
        that do not agree.

    Examples
    --------
    >>> from brian2 import ms, mV
    >>> from excitable.models import LIF
    >>> LIF.with_(tau=20*ms).parameters["tau"].value
    20.0
    """

    name: str
    title: str
    equations: str
    parameters: Mapping[str, Parameter]
    input_unit: Unit
    input_range: tuple[float, float]
    initial: Mapping[str, Quantity | float | str]
    threshold: str
    method: str
    dt: Quantity
    reset: str = ""
    refractory: str = ""
    references: tuple[str, ...] = ()
    input: str = "I"
    variants: Mapping[str, "NeuronModel"] = field(default_factory=dict, repr=False)

    def __post_init__(self):
        for name in ("parameters", "initial", "variants"):
            object.__setattr__(self, name, dict(getattr(self, name)))
        validation.check_model(self)

    def __getstate__(self) -> dict:
        return vars(self) | {"input_unit": unit_state(self.input_unit)}

    def __setstate__(self, state: dict) -> None:
        vars(self).update(state | {"input_unit": unit_from_state(state["input_unit"])})

    # --- what it consists of -----------------------------------------------------------------

    @property
    def symbolic(self) -> Symbolic:
        """The equations as sympy, in SI units."""
        return symbolic(self.equations, frozenset({*self.parameters, self.input}))

    @property
    def values(self) -> dict[str, float]:
        """Parameters as plain numbers in SI units."""
        return {name: float(p.quantity) for name, p in self.parameters.items()}

    @property
    def membrane(self) -> str:
        """Name of the state variable that the input drives: the membrane potential."""
        symbols = {name: rhs.free_symbols for name, rhs in self.symbolic.rhs.items()}
        return next(n for n, found in symbols.items() if self.input in {s.name for s in found})

    def unit_of(self, name: str) -> Unit:
        """Return the unit in which a variable, current, rate or parameter is shown in tables."""
        if name in self.parameters:
            return self.parameters[name].unit
        if name == self.input:
            return self.input_unit
        equations = Equations(self.equations)
        check_name("variable", name, [*equations.names, *self.parameters, self.input])
        return display_unit(equations[name].dim, self.input_unit)

    # --- changed copies ----------------------------------------------------------------------

    def with_(self, **changes: Quantity) -> "NeuronModel":
        """Return a copy with other parameter values.

        Parameters
        ----------
        **changes : Quantity
            New values, with units.

        Raises
        ------
        ValueError
            For an unknown name (the nearest right one is given), a wrong dimension, or a value
            that is not finite.

        Examples
        --------
        >>> from brian2 import mV, msiemens, cm
        >>> from excitable.models import CONNOR_STEVENS
        >>> no_A = CONNOR_STEVENS.with_(g_A=0*msiemens/cm**2, E_L=-67.8*mV)
        >>> no_A.parameters["E_L"].value
        -67.8
        """
        parameters = dict(self.parameters)
        for name, value in changes.items():
            old = parameters[check_name("parameter", name, parameters)]
            number = check_quantity(f"parameter {name}", value, old.unit, scalar=True)
            parameters[name] = replace(old, value=float(f"{number:.14g}"))
        return replace(self, parameters=parameters)

    # --- as Brian2 objects -------------------------------------------------------------------

    def brian_kwargs(self, **given) -> dict:
        """Return the arguments of a Brian2 ``NeuronGroup`` in anybody's script.

        Parameters
        ----------
        I : str or Quantity, optional
            The input, under the model's own name for it: Brian2 text (which may use ``t``) or a
            value. Without it the input is a parameter of the group, to be set by the caller
            (``cells.I = ...``).

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
        for name in given:
            check_name("input", name, [self.input])
        value = given.get(self.input)
        if isinstance(value, str):
            validation.check_input_text(self, value)
        return grouping.describe(self, 1, value).kwargs()

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
        cells.set_states(grouping.initial_state(self, text.values), units=False)
        return cells

    def initialise(self, cells) -> None:
        """Set the initial state of a group that was made with `brian_kwargs`."""
        cells.set_states(grouping.initial_state(self, {}), units=False)

    # --- to look at --------------------------------------------------------------------------

    def __str__(self) -> str:
        return render.text(self)

    def _repr_latex_(self) -> str:
        return render.latex(self)

    def _repr_html_(self) -> str:
        return render.html(self)
