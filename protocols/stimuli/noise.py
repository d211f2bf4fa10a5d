"""Random inputs: white noise and coloured noise."""

from dataclasses import dataclass, field, replace

from brian2 import Quantity, ms

from ...models.checks import check_positive
from ...models.units import base_unit
from ...simulation.input_rules import Rule
from .base import Stimulus, check_window, never, zero


@dataclass(frozen=True)
class WhiteNoise(Stimulus):
    """Gaussian white noise around a mean.

    Parameters
    ----------
    mean : Quantity
        In the model's input unit.
    sigma : Quantity
        Strength in input unit times the square root of time: the integral of the noise over a
        time T has the standard deviation ``sigma*sqrt(T)``.

    Notes
    -----
    It enters the differential equations as ``sigma*xi`` and needs a method that integrates
    additive noise (euler, heun, milstein). White noise has no value at a time: where the input is
    recorded, it is recorded without it.
    """

    mean: Quantity
    sigma: Quantity
    onset: Quantity = field(default_factory=zero)
    offset: Quantity = field(default_factory=never)

    def __post_init__(self):
        super().__post_init__()
        check_window(self)

    def term(self, model, name, at):
        amplitudes = {
            "mean": (self.mean, model.input_unit),
            "sigma": (self.sigma, model.input_unit * ms**0.5),
        }
        gate = self.gate(name, at)
        term = self.gated(model, name, gate, f"{name}_mean", amplitudes)
        # In a step in which it is on for a part the variance, not the deviation, is that part.
        on = f"sqrt({gate.value})" if gate.value else "1"
        return replace(term, noise=f"{on}*{name}_sigma*xi_{name}")


@dataclass(frozen=True)
class OrnsteinUhlenbeck(Stimulus):
    """Coloured noise: an Ornstein-Uhlenbeck process around a mean.

    Parameters
    ----------
    mean, sigma : Quantity
        Mean and stationary standard deviation, in the model's input unit.
    tau : Quantity
        Correlation time, at least two steps of the integration.

    Notes
    -----
    ``dx/dt = -x/tau + sigma*sqrt(2/tau)*xi`` (Uhlenbeck & Ornstein 1930), started at 0, hence
    stationary after a few `tau`. Such noise is additive, for which the methods are one scheme, that
    of Euler and Maruyama: its stationary variance is ``sigma**2/(1 - dt/(2*tau))``, too large by
    a twentieth at ten steps in `tau`.
    """

    mean: Quantity
    sigma: Quantity
    tau: Quantity
    onset: Quantity = field(default_factory=zero)
    offset: Quantity = field(default_factory=never)

    def __post_init__(self):
        super().__post_init__()
        check_window(self)
        check_positive("OrnsteinUhlenbeck tau", self.tau, ms)

    def term(self, model, name, at):
        unit = base_unit(model.input_unit)
        x, tau = f"{name}_x", f"{name}_tau"
        noise = f"{name}_sigma*sqrt(2/{tau})*xi_{name}"
        line = f"d{x}/dt = -{x}/{tau} + {noise} : {unit}"
        amplitudes = {
            "mean": (self.mean, model.input_unit),
            "sigma": (self.sigma, model.input_unit),
        }
        gate = self.gate(name, at)
        term = self.gated(model, name, gate, f"{name}_mean + {x}", amplitudes, {"tau": self.tau})
        sentence = (
            f"{tau}: must be at least two steps of the integration; choose a smaller dt, or "
            "WhiteNoise with sigma*sqrt(2*tau)"
        )
        rules = (
            Rule({tau: 1.0}, "above zero", f"{tau}: must be above zero"),
            Rule({tau: 0.5}, "long", sentence),
        )
        return replace(term, lines=(line,)).obeying(*rules)
