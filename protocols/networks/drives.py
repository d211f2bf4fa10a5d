"""What drives a population from outside besides stimuli: spike trains, and noise of each step."""

from dataclasses import dataclass, replace

import numpy as np
from brian2 import Hz, Quantity

from ...errors import InputError
from ...models.checks import check_count, check_quantity
from ...models.units import base_unit
from ..stimuli import Received, Stimulus
from .distributions import Distribution
from .synapses import Synapse, SynapticInput


@dataclass(frozen=True)
class Poisson:
    """Independent Poisson spike trains onto every cell.

    Parameters
    ----------
    rate : Quantity
        Of each train, 0 or above.
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
        if check_quantity("Poisson rate", self.rate, Hz, scalar=True) < 0:
            raise InputError(f"Poisson rate: must not be negative, got {self.rate}")
        check_count("Poisson n", self.n)
        if isinstance(self.synapse.weight, Distribution):
            raise InputError("Poisson synapse: needs one weight for all, got a distribution")
        if self.synapse.form in ("pulse", "step"):
            raise InputError(
                f"Poisson synapse: a {self.synapse.form} ends by another event, which a train has "
                "not; use Synapse.current, Synapse.conductance or Synapse.delta"
            )

    def statement(self, model, label: str = "ext") -> str:
        """Return what a cell of `model` executes in each step."""
        jump = self.synapse.jump(f"w_{label}")
        return f"{self.synapse.state(model, label)} += {jump}*poisson(rate_{label}*dt)"

    def parameters(self, label: str = "ext") -> dict[str, Quantity]:
        """Return what the statement names."""
        return {f"w_{label}": self.synapse.weight, f"rate_{label}": self.n * self.rate}

    @property
    def strength(self) -> np.ndarray:
        """The weight of a spike, or the mean of all that last together, in SI units."""
        weight, synapse = np.asarray(self.synapse.weight, dtype=float), self.synapse
        if synapse.tau is None:
            return weight
        area = synapse.tau * (np.e if synapse.kind == "alpha" else 1)
        return weight * max(1.0, float(self.n * self.rate * area))

    def names(self, label: str = "ext") -> set[str]:
        """Return the names that such trains add to a model's text."""
        return {*self.synapse.names(label), *self.parameters(label)}

    def input(self, label: str = "ext") -> "PoissonInput":
        """Return the part of the cells' input that the trains make, as a stimulus."""
        return PoissonInput(self.synapse, label, self)


@dataclass(frozen=True)
class PoissonInput(SynapticInput):
    """The input that Poisson trains make; see `Poisson.input`."""

    poisson: Poisson

    writer = "spike trains"

    def term(self, model, name, at):
        term = super().term(model, name, at)
        return replace(term, parameters=term.parameters | self.poisson.parameters(self.label))


@dataclass(frozen=True)
class StepNoise:
    """Gaussian input that is drawn anew in every step of the integration and held for it.

    The input of the program net.m of Izhikevich 2003. Its effect depends on the step, which is
    part of such a model; for noise that does not, use `WhiteNoise`.

    Parameters
    ----------
    sd : Quantity
        Standard deviation in the model's input unit: one for all, or one for each cell.

    Examples
    --------
    >>> from brian2 import mV, ms
    >>> StepNoise(5*mV/ms).statement("I_step")
    'I_step = sd_I_step*randn()'
    """

    sd: Quantity

    def statement(self, variable: str) -> str:
        """Return what a cell executes at the end of each step's integration."""
        return f"{variable} = sd_{variable}*randn()"


@dataclass(frozen=True)
class StepInput(Received):
    """The input of one step: what noise draws and spikes add, forgotten after the step."""

    noise: StepNoise | None = None

    def statement(self, model) -> str:
        """Return what a cell executes at the end of each step's integration."""
        if self.noise is None:
            return f"{self.variable} = 0*{base_unit(model.input_unit)}"
        return self.noise.statement(self.variable)

    @staticmethod
    def names(variable: str) -> tuple[str, str]:
        """Return the names that are added to a model's text."""
        return variable, f"sd_{variable}"

    def term(self, model, name, at):
        term = super().term(model, name, at)
        if self.noise is None:
            return term
        sd = self.noise.sd
        if np.any(check_quantity(f"StepNoise sd for {model.name}", sd, model.input_unit) < 0):
            raise InputError(f"StepNoise sd: must not be negative, got {sd}")
        return replace(term, parameters=term.parameters | {f"sd_{self.variable}": Quantity(sd)})


Drive = Stimulus | Poisson | StepNoise


def check_drives(name: str, drive) -> tuple[Drive, ...]:
    """Return drives as a tuple; raise for anything else."""
    given = tuple(drive) if isinstance(drive, list | tuple) else (drive,)
    for one in given:
        if one is not None and not isinstance(one, Drive):
            raise InputError(
                f"{name}: expected a Stimulus such as WhiteNoise or a Poisson drive, got {one!r}; "
                "wrap a value in Constant"
            )
    written = next((one for one in given if isinstance(one, Stimulus) and one.writer), None)
    if written is not None:
        raise InputError(
            f"{name}: {written.writer} write this input, and none are there; give Poisson itself, "
            "or connect a population by a Projection"
        )
    found = tuple(one for one in given if one is not None)
    if sum(isinstance(one, StepNoise) for one in found) > 1:
        raise InputError(f"{name}: two StepNoise drives; give one whose variance is their sum")
    return found
