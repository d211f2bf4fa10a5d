"""Synapses and Poisson drive: equation text that adds to a model's input.

A synapse consists of lines for the target's equations (a current into the model's input symbol)
and of a statement that a presynaptic spike executes. Both are plain Brian2 text, for the networks
here as for anybody's own script.
"""

from dataclasses import dataclass

from brian2 import Hz, Quantity, Unit, ms

from ...models.checks import check_count, check_name, check_positive, check_quantity, unit_text
from ...models.units import base_unit, display_unit
from ..stimuli import Term, Unending
from .distributions import Distribution

KINDS = ("exponential", "alpha")


@dataclass(frozen=True)
class Synapse:
    """What a presynaptic spike does to its target. Made by one of the constructors below.

    Attributes
    ----------
    form : {"current", "conductance", "delta"}
    kind : {"exponential", "alpha"}
        Time course after a spike: ``exp(-t/tau)``, or ``t/tau*exp(1 - t/tau)``; both have the
        peak `weight`.
    weight : Quantity, Uniform or Normal
        One for all synapses, or drawn for each.
    tau : Quantity
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
        check_name("form of synapse", self.form, ("current", "conductance", "delta"))
        check_name("kind of synapse", self.kind, KINDS)
        if self.form != "delta":
            check_positive("synapse tau", self.tau, ms)

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

    def input(self, label: str) -> "SynapticInput":
        """Return the part of the target's input that these synapses make, as a stimulus."""
        return SynapticInput(self, label)

    def brian_kwargs(self, model, label: str) -> dict:
        """Return ``model`` and ``on_pre`` of a Brian2 ``Synapses`` onto cells of `model`.

        The weight is the variable ``w`` of the synapses, to be set by the caller.
        """
        self.check(model)
        shared = "" if isinstance(self.weight, Distribution) else "shared, "
        return {
            "model": f"w : {base_unit(self.weight_unit(model))} ({shared}constant)",
            "on_pre": f"{self.state(model, label)}_post += {self.jump}",
        }

    @property
    def jump(self) -> str:
        """By how much a spike moves the variable that it acts on."""
        return "w*exp(1)" if self.kind == "alpha" and self.form != "delta" else "w"

    def state(self, model, label: str) -> str:
        """Return the variable of the target that a spike moves."""
        if self.form == "delta":
            return model.membrane
        shown = f"{'g' if self.form == 'conductance' else 'I'}_{label}"
        return f"{shown}_rise" if self.kind == "alpha" else shown

    def weight_unit(self, model) -> Unit:
        """Return the unit that a weight onto cells of `model` has."""
        if self.form == "delta":
            return model.unit_of(model.membrane)
        if self.form == "current":
            return model.input_unit
        return conductance_unit(model)

    def states(self, model, label: str) -> dict[str, Unit]:
        """Return the state variables that these synapses add to their target, with their units."""
        if self.form == "delta":
            return {}
        unit = self.weight_unit(model)
        shown = f"{'g' if self.form == 'conductance' else 'I'}_{label}"
        return {shown: unit} | ({f"{shown}_rise": unit} if self.kind == "alpha" else {})

    def check(self, model) -> None:
        """Raise if weight or reversal potential do not fit the input of `model`."""
        unit = self.weight_unit(model)
        name = f"weight of a {self.form} synapse onto {model.name}"
        if isinstance(self.weight, Distribution):
            self.weight.text(name, unit)
        else:
            check_quantity(name, self.weight, unit, scalar=True)
        if self.form == "conductance":
            potential = model.unit_of(model.membrane)
            check_quantity(f"E_rev onto {model.name}", self.E_rev, potential, scalar=True)

    def opposite(self, g: float, E_rev: Quantity) -> "Synapse":
        """Return the inhibitory counterpart: `g` times as strong, of the other sign.

        A conductance keeps its sign and reverses at `E_rev`.
        """
        if isinstance(self.weight, Distribution):
            raise ValueError(
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

    def term(self, model, name, at):
        synapse, label = self.synapse, self.label
        synapse.check(model)
        if synapse.form == "delta":
            return Term(f"0*{unit_text(model.input_unit)}")
        tau, unit = f"tau_{label}", base_unit(synapse.weight_unit(model))
        shown = next(iter(synapse.states(model, label)))
        lines = [f"d{shown}/dt = -{shown}/{tau} : {unit}"]
        if synapse.kind == "alpha":
            lines = [
                f"d{shown}/dt = ({shown}_rise - {shown})/{tau} : {unit}",
                f"d{shown}_rise/dt = -{shown}_rise/{tau} : {unit}",
            ]
        parameters = {tau: synapse.tau}
        if synapse.form == "conductance":
            current = f"{shown}*(E_{label} - {model.membrane}) : {base_unit(model.input_unit)}"
            lines.append(f"I_{label} = {current}")
            parameters[f"E_{label}"] = synapse.E_rev
        return self.gate(name, at).term(f"I_{label}", tuple(lines), parameters)


@dataclass(frozen=True)
class Poisson:
    """Independent Poisson spike trains onto every cell.

    Parameters
    ----------
    rate : Quantity
        Of each train.
    synapse : Synapse
        How its spikes act; the weight is one for all.
    n : int
        Trains per cell.

    Notes
    -----
    In each step a cell gets a Poisson-distributed number of spikes of mean ``n*rate*dt``.

    Examples
    --------
    >>> from brian2 import Hz, mV
    >>> from excitable.models import LIF
    >>> Poisson(10*Hz, Synapse.delta(0.1*mV), n=1000).statement(LIF)
    'v += w_ext*poisson(rate_ext*dt)'
    """

    rate: Quantity
    synapse: Synapse
    n: int = 1

    def __post_init__(self):
        check_positive("Poisson rate", self.rate, Hz)
        check_count("Poisson n", self.n)
        if isinstance(self.synapse.weight, Distribution):
            raise ValueError("Poisson synapse: needs one weight for all, got a distribution")

    def statement(self, model, label: str = "ext") -> str:
        """Return what a cell of `model` executes in each step."""
        jump = self.synapse.jump.replace("w", f"w_{label}", 1)
        return f"{self.synapse.state(model, label)} += {jump}*poisson(rate_{label}*dt)"

    def parameters(self, label: str = "ext") -> dict[str, Quantity]:
        """Return what the statement names."""
        return {f"w_{label}": self.synapse.weight, f"rate_{label}": self.n * self.rate}


@dataclass(frozen=True)
class GapJunctions:
    """Electrical synapses: each conducts ``conductance*(v_1 - v_2)`` from cell 1 to cell 2.

    Parameters
    ----------
    conductance : Quantity
        In input unit per unit of the membrane potential.
    p : float
        Probability that a pair of cells is coupled.
    within : {"inh", "exc"}
        The population whose cells are coupled.

    Notes
    -----
    The current is computed once a step, from the potentials at its beginning.
    """

    conductance: Quantity
    p: float
    within: str = "inh"

    def model(self, model) -> str:
        """Return the Brian2 equations of the synapses, with conductance ``w``.

        They add to ``I_gap_1`` of the one cell and to ``I_gap_2`` of the other.
        """
        v, unit = model.membrane, base_unit(model.input_unit)
        conductance = base_unit(self.unit(model))
        return (
            f"w : {conductance} (shared, constant)\n"
            f"I_gap_1_post = w*({v}_pre - {v}_post) : {unit} (summed)\n"
            f"I_gap_2_pre = w*({v}_post - {v}_pre) : {unit} (summed)"
        )

    def unit(self, model) -> Unit:
        """Return the unit that the conductance has between cells of `model`."""
        return conductance_unit(model)


def conductance_unit(model) -> Unit:
    """Return the unit of a conductance: the model's input unit per unit of its potential."""
    return display_unit(model.input_unit / model.unit_of(model.membrane))
