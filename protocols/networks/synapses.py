"""Synapses: equation text that adds to a model's input, and what a spike does.

A synapse consists of lines for the target's equations (a current into the model's input symbol)
and of a statement that a presynaptic spike executes. Both are plain Brian2 text, for the networks
here as for anybody's own script.
"""

from dataclasses import dataclass

import numpy as np
from brian2 import Quantity, Unit, ms

from ...errors import InputError
from ...models.checks import check_name, check_positive, check_quantity, unit_text
from ...models.units import base_unit, display_unit
from ..stimuli import Term, Unending
from .distributions import Distribution, Drawn, Normal, lowest, sample
from .names import names_of, weight_name

FORMS = ("current", "conductance", "delta", "pulse", "step")
KINDS = ("exponential", "alpha")


@dataclass(frozen=True)
class Synapse:
    """What a presynaptic spike does to its target. Made by one of the constructors below.

    Attributes
    ----------
    form : {"current", "conductance", "delta", "pulse", "step"}
    kind : {"exponential", "alpha"}
        Time course after a spike: ``exp(-t/tau)``, or ``t/tau*exp(1 - t/tau)``; both have the
        peak `weight`.
    weight : Quantity, Uniform, Normal or Drawn
        One for all synapses, or drawn for each.
    tau : Quantity
        Time constant; of a pulse its duration.
    E_rev : Quantity

    Examples
    --------
    In a foreign Brian2 script:

    >>> from brian2 import Synapses, ms, mV, nS, nA
    >>> from excitable.models import LIF
    >>> from excitable.protocols import Constant
    >>> excitation = Synapse.conductance(tau=5*ms, E_rev=0*mV, weight=6*nS)
    >>> cells = LIF.group(100, Constant(1*nA) + excitation.input("exc"))
    >>> synapses = Synapses(cells, cells, **excitation.brian_kwargs(LIF, "exc"))
    >>> print(excitation.input("exc").text(LIF, 100).equations)
    dg_exc/dt = -g_exc/tau_exc : siemens
    I_exc = g_exc*(E_exc - v) : amp
    I = I_exc : amp
    """

    form: str
    weight: Quantity | Distribution
    tau: Quantity | None = None
    E_rev: Quantity | None = None
    kind: str = "exponential"

    def __post_init__(self):
        check_name("form of synapse", self.form, FORMS)
        check_name("kind of synapse", self.kind, KINDS)
        if self.form in ("current", "conductance"):
            check_positive("synapse tau", self.tau, ms)
        if self.form == "pulse":
            check_positive("synapse duration", self.tau, ms)

    # --- made by ------------------------------------------------------------------------------

    @classmethod
    def current(cls, tau, weight, kind: str = "exponential") -> "Synapse":
        """Return a synapse that adds a current; `weight` in the unit of the model's input."""
        return cls("current", weight, tau, None, kind)

    @classmethod
    def conductance(cls, tau, E_rev, weight, kind: str = "exponential") -> "Synapse":
        """Return a synapse that adds ``g*(E_rev - v)``; `weight` in input unit per unit of v."""
        return cls("conductance", weight, tau, E_rev, kind)

    @classmethod
    def delta(cls, weight) -> "Synapse":
        """Return a synapse that moves the membrane potential by `weight` at once."""
        return cls("delta", weight)

    @classmethod
    def pulse(cls, duration, weight) -> "Synapse":
        """Return a synapse that adds `weight` to the input for `duration`."""
        return cls("pulse", weight, duration)

    @classmethod
    def step(cls, weight) -> "Synapse":
        """Return a synapse that adds `weight` to the input of one step of the integration.

        As in the program net.m of Izhikevich 2003. What it moves depends on the step, which is
        part of such a model.
        """
        return cls("step", weight)

    # --- as Brian2 text -----------------------------------------------------------------------

    def input(self, label: str) -> "SynapticInput":
        """Return the part of the target's input that these synapses make, as a stimulus."""
        return SynapticInput(self, label)

    def brian_kwargs(self, model, label: str, source=None) -> dict:
        """Return the arguments of a Brian2 ``Synapses`` onto cells of `model`.

        Parameters
        ----------
        model : NeuronModel
            Of the targets.
        label : str
            As in `input`, which makes the targets receive it.
        source : NeuronModel, optional
            Of the sources, where it is another.

        Returns
        -------
        dict
            ``model``, ``on_pre`` and, for a pulse, the ``delay`` of its end. The weight is the
            variable of the synapses that `weight_name` says, to be set by the caller: ``w``, or
            ``w_syn`` if one of the models has a ``w`` of its own.

        Raises
        ------
        ValueError
            If weight or reversal potential do not fit the model, or the label is one whose
            names the model has already.
        """
        self.check(model)
        self.check_label(model, label)
        shared = "" if isinstance(self.weight, Distribution) else "shared, "
        w = self.weight_name(model, source)
        texts = self.on_pre(model, label, w)
        kwargs = {
            "model": f"{w} : {base_unit(self.weight_unit(model))} ({shared}constant)",
            "on_pre": texts if len(texts) > 1 else texts["pre"],
        }
        return kwargs | ({"delay": {"end": self.tau}} if self.form == "pulse" else {})

    def weight_name(self, model, source=None) -> str:
        """Return the name of the weight between cells of `source` (or `model`) and `model`."""
        return weight_name(model, model if source is None else source)

    def on_pre(self, model, label: str, weight: str = "w") -> dict[str, str]:
        """Return what a spike executes, for each of Brian2's pathways; a pulse has an ``end``."""
        target = f"{self.state(model, label)}_post"
        texts = {"pre": f"{target} += {self.jump(weight)}"}
        return texts | ({"end": f"{target} -= {weight}"} if self.form == "pulse" else {})

    def jump(self, weight: str = "w") -> str:
        """Return by how much a spike moves the variable that it acts on."""
        return f"{weight}*exp(1)" if self.kind == "alpha" and self.form != "delta" else weight

    def state(self, model, label: str) -> str:
        """Return the variable of the target that a spike moves."""
        if self.form == "delta":
            return membrane_of(model)
        return f"{self._shown(label)}_rise" if self.kind == "alpha" else self._shown(label)

    def _shown(self, label: str) -> str:
        return f"{'g' if self.form == 'conductance' else 'I'}_{label}"

    def names(self, label: str) -> set[str]:
        """Return the names that these synapses add to their target's text."""
        if self.form == "delta":
            return set()
        found = {f"I_{label}", self._shown(label)}
        if self.form in ("current", "conductance"):
            found.add(f"tau_{label}")
        if self.form == "conductance":
            found.add(f"E_{label}")
        return found | ({f"{self._shown(label)}_rise"} if self.kind == "alpha" else set())

    # --- units and checks ---------------------------------------------------------------------

    def weight_unit(self, model) -> Unit:
        """Return the unit that a weight onto cells of `model` has."""
        if self.form == "delta":
            return model.unit_of(membrane_of(model))
        return conductance_unit(model) if self.form == "conductance" else model.input_unit

    def states(self, model, label: str) -> dict[str, Unit]:
        """Return the state variables that these synapses add to their target, with their units."""
        if self.form == "delta":
            return {}
        unit, shown = self.weight_unit(model), self._shown(label)
        return {shown: unit} | ({f"{shown}_rise": unit} if self.kind == "alpha" else {})

    def check(self, model, weight=None) -> None:
        """Raise if weight or reversal potential do not fit the input of `model`.

        Parameters
        ----------
        model : NeuronModel
        weight : optional
            In place of the synapse's own.
        """
        name = f"weight of a {self.form} synapse onto {model.name}"
        check = check_conductance if self.form == "conductance" else check_weight
        check(name, self.weight if weight is None else weight, self.weight_unit(model))
        if self.form == "conductance":
            potential = model.unit_of(membrane_of(model))
            check_quantity(f"E_rev onto {model.name}", self.E_rev, potential, scalar=True)

    def check_label(self, model, label: str) -> None:
        """Raise if the model has a name already that these synapses add under that label."""
        clash = sorted(self.names(label) & names_of(model))
        if clash:
            raise InputError(
                f"label {label!r}: {model.name} has a {clash[0]!r} already, which the synapses "
                "would add; choose another label"
            )

    def opposite(self, g: float, E_rev: Quantity) -> "Synapse":
        """Return the inhibitory counterpart: `g` times as strong, of the other sign.

        A conductance keeps its sign and reverses at `E_rev`.
        """
        if isinstance(self.weight, Distribution):
            raise InputError(
                "inhibition: give the inhibitory synapse where weights are drawn, got "
                f"weight={self.weight}"
            )
        if self.form == "conductance":
            return Synapse(self.form, g * self.weight, self.tau, E_rev, self.kind)
        return Synapse(self.form, -g * self.weight, self.tau, None, self.kind)


@dataclass(frozen=True)
class SynapticInput(Unending):
    """The input that synapses of one kind make; see `Synapse.input`."""

    synapse: Synapse
    label: str

    writer = "synapses"

    def term(self, model, name, at):
        synapse, label = self.synapse, self.label
        synapse.check(model)
        synapse.check_label(model, label)
        if synapse.form == "delta":
            return Term(f"0*{unit_text(model.input_unit)}")
        unit, shown = base_unit(synapse.weight_unit(model)), synapse._shown(label)
        if synapse.form in ("pulse", "step"):
            return Term(shown, (f"{shown} : {unit}",))
        tau = f"tau_{label}"
        lines = [f"d{shown}/dt = -{shown}/{tau} : {unit}"]
        if synapse.kind == "alpha":
            lines = [
                f"d{shown}/dt = ({shown}_rise - {shown})/{tau} : {unit}",
                f"d{shown}_rise/dt = -{shown}_rise/{tau} : {unit}",
            ]
        parameters = {tau: synapse.tau}
        if synapse.form == "conductance":
            current = f"{shown}*(E_{label} - {membrane_of(model)}) : {base_unit(model.input_unit)}"
            lines.append(f"I_{label} = {current}")
            parameters[f"E_{label}"] = synapse.E_rev
        return self.gate(name, at).term(f"I_{label}", tuple(lines), parameters)


def membrane_of(model) -> str:
    """Return the membrane potential of a model; raise if its input drives no variable directly."""
    try:
        return model.membrane
    except StopIteration:
        raise InputError(
            f"{model.name}: its input {model.input!r} drives no state variable, so that there is "
            "no potential on which a synapse could act"
        ) from None


def conductance_unit(model) -> Unit:
    """Return the unit of a conductance: the model's input unit per unit of its potential."""
    return display_unit(model.input_unit / model.unit_of(membrane_of(model)))


def check_weight(name: str, weight, unit: Unit) -> np.ndarray:
    """Return a weight (one, one for each synapse, or drawn) as numbers in `unit`, or raise.

    Of one that is drawn they are a sample.
    """
    if isinstance(weight, Distribution):
        return sample(name, weight, unit)
    return check_quantity(name, weight, unit, scalar=not np.ndim(weight))


def check_conductance(name: str, weight, unit: Unit) -> None:
    """Raise unless a weight is in this unit, and what conducts: never negative."""
    numbers = check_weight(name, weight, unit)
    # Of text only a sample tells.
    least = np.min(numbers) if isinstance(weight, Drawn) else lowest(weight)
    if least < 0:
        remedy = f"; give it a low of 0*{unit_text(unit)} or above"
        raise InputError(
            f"{name}: a conductance is never negative, got {weight}"
            + remedy * isinstance(weight, Normal)
        )
