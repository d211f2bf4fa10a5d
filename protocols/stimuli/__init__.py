"""Stimuli: equation text that defines a model's input, with parameters of its own.

Every stimulus is zero before its onset and from its offset on. Amplitudes are in the model's
input unit and may be arrays, one value per neuron; so may times. Edges act on whole steps: a
step of the integration sees the stimulus on if its middle lies between onset and offset, so that
no Runge-Kutta stage sees half of an edge.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from brian2 import Hz, Quantity, TimedArray, ms, second
from brian2.utils.stringtools import get_identifiers, word_substitute

from ...models.checks import check_positive, check_quantity
from ...models.grouping import MIDSTEP, InputText
from ...models.units import base_unit
from ...models.validation import check_input_text


def _zero() -> Quantity:
    return 0 * second


def _never() -> Quantity:
    return np.inf * second


@dataclass(frozen=True)
class Term:
    """One stimulus as text: a value, lines that it needs, white noise, parameters, functions."""

    value: str
    lines: tuple[str, ...] = ()
    noise: str = ""
    parameters: Mapping[str, Quantity] = field(default_factory=dict)
    namespace: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Stimulus:
    """Base of all stimuli. ``a + b`` adds two, ``a.then(b)`` lets `b` follow when `a` ends.

    Attributes
    ----------
    onset, offset : Quantity
        When it starts and ends; `offset` is infinite for a stimulus that does not end.
    """

    @property
    def breakpoints(self) -> list[float]:
        """Times in seconds at which the input jumps or has a corner."""
        ends = np.concatenate([np.ravel(np.asarray(t)) for t in (self.onset, self.offset)])
        return sorted({float(t) for t in ends if np.isfinite(t)})

    def __add__(self, other: "Stimulus") -> "Sum":
        return Sum(self, _stimulus(other))

    def then(self, other: "Stimulus") -> "Then":
        """Return this stimulus followed by `other`, whose times count from this one's offset."""
        return Then(self, _stimulus(other))

    def text(self, model, n: int) -> InputText:
        """Return the equation text that defines the input of `n` neurons of `model`.

        Raises
        ------
        ValueError
            For an amplitude of the wrong dimension, or arrays whose length is not `n`.
        """
        unit = base_unit(model.input_unit)
        term = self.term(model, model.input, "t", MIDSTEP)
        for name, value in term.parameters.items():
            if np.ndim(value) and np.shape(value) != (n,):
                raise ValueError(
                    f"{type(self).__name__} {name}: expected one value or {n} values, one per "
                    f"neuron, got shape {np.shape(value)}"
                )
        definition = f"{model.input} = {term.value} : {unit}"
        lines = "\n".join((*term.lines, definition))
        return InputText(lines, term.noise, term.parameters, term.namespace)

    def term(self, model, name: str, t: str, midstep: str) -> Term:
        """Return the text with parameters that begin with `name`, at time `t`."""
        raise TypeError(f"{type(self).__name__} is not a stimulus by itself")

    # --- for the subclasses ------------------------------------------------------------------

    def _gate(self, name: str, midstep: str) -> tuple[str, dict[str, Quantity]]:
        """Return text that is 1 between onset and offset, and its parameters."""
        conditions, parameters = [], {}
        if np.any(np.asarray(self.onset) > 0) or midstep != MIDSTEP:
            conditions.append(f"{midstep} >= {name}_onset")
            parameters[f"{name}_onset"] = self.onset
        if np.all(np.isfinite(np.asarray(self.offset))):
            conditions.append(f"{midstep} < {name}_offset")
            parameters[f"{name}_offset"] = self.offset
        return "*".join(f"int({c})" for c in conditions), parameters

    def _gated(self, model, name, midstep, value, amplitudes, times) -> Term:
        """Return ``gate * value`` with checked amplitudes; `value` names them ``{name}_x``."""
        gate, parameters = self._gate(name, midstep)
        for key, (amount, unit) in amplitudes.items():
            where = f"{type(self).__name__} {key} for {model.name}"
            check_quantity(where, amount, unit)
            parameters[f"{name}_{key}"] = Quantity(amount)
        parameters |= {f"{name}_{key}": amount for key, amount in times.items()}
        return Term(f"{gate}*({value})" if gate else value, parameters=parameters)


def _stimulus(candidate) -> Stimulus:
    if not isinstance(candidate, Stimulus):
        raise ValueError(
            f"expected a stimulus such as Step(...), got {candidate!r}; wrap a value in Constant"
        )
    return candidate


def _check_times(stimulus: Stimulus) -> None:
    """Raise unless 0 <= onset < offset."""
    name = type(stimulus).__name__
    onset = np.asarray(check_quantity(f"{name} onset", stimulus.onset, ms))
    if np.any(onset < 0):
        raise ValueError(f"{name} onset: must not be negative, got {stimulus.onset}")
    if np.all(np.isinf(np.asarray(stimulus.offset))):
        return
    offset = np.asarray(check_quantity(f"{name} offset", stimulus.offset, ms))
    if np.any(offset <= onset):
        raise ValueError(
            f"{name} offset: must come after the onset {stimulus.onset}, got {stimulus.offset}"
        )


@dataclass(frozen=True)
class Constant(Stimulus):
    """The same input from the beginning to the end.

    Parameters
    ----------
    amplitude : Quantity
        One value, or one per neuron.

    Examples
    --------
    >>> from brian2 import nA
    >>> Constant(2*nA).onset
    0. * second
    """

    amplitude: Quantity

    @property
    def onset(self) -> Quantity:
        """The beginning of the run."""
        return 0 * second

    @property
    def offset(self) -> Quantity:
        """It never ends."""
        return _never()

    def term(self, model, name, t, midstep):
        value = f"{name}_amplitude"
        amplitudes = {"amplitude": (self.amplitude, model.input_unit)}
        return self._gated(model, name, MIDSTEP, value, amplitudes, {})


@dataclass(frozen=True)
class Step(Stimulus):
    """A constant input between onset and offset.

    Examples
    --------
    >>> from brian2 import ms, uA, cm
    >>> step = Step(20*uA/cm**2, onset=100*ms, offset=300*ms)
    >>> step.breakpoints
    [0.1, 0.3]
    """

    amplitude: Quantity
    onset: Quantity = field(default_factory=_zero)
    offset: Quantity = field(default_factory=_never)

    def __post_init__(self):
        _check_times(self)

    def term(self, model, name, t, midstep):
        amplitudes = {"amplitude": (self.amplitude, model.input_unit)}
        return self._gated(model, name, midstep, f"{name}_amplitude", amplitudes, {})


@dataclass(frozen=True)
class Ramp(Stimulus):
    """A linear ramp: ``start + slope*(t - onset)`` between onset and offset.

    Parameters
    ----------
    slope : Quantity
        Input per time.
    start : Quantity
        Value at the onset; default 0.
    """

    slope: Quantity
    onset: Quantity = field(default_factory=_zero)
    offset: Quantity = field(default_factory=_never)
    start: Quantity | None = None

    def __post_init__(self):
        _check_times(self)

    def term(self, model, name, t, midstep):
        value = f"{name}_slope*({t} - {name}_onset)"
        amplitudes = {"slope": (self.slope, model.input_unit / ms)}
        if self.start is not None:
            value = f"{name}_start + {value}"
            amplitudes["start"] = (self.start, model.input_unit)
        return self._gated(model, name, midstep, value, amplitudes, {"onset": self.onset})


@dataclass(frozen=True)
class Pulses(Stimulus):
    """Rectangular pulses of one width.

    Parameters
    ----------
    amplitude : Quantity
    times : Quantity, shape (pulses,)
        Onset of each pulse, in ascending order.
    width : Quantity
        Duration of each pulse, not longer than the interval to the next.

    Examples
    --------
    >>> from brian2 import ms, nA
    >>> Pulses(1*nA, times=[10, 50]*ms, width=4*ms).offset
    54. * msecond
    """

    amplitude: Quantity
    times: Quantity
    width: Quantity

    def __post_init__(self):
        times = np.atleast_1d(check_quantity("Pulses times", self.times, ms))
        width = check_positive("Pulses width", self.width, ms)
        if np.any(times < 0) or np.any(np.diff(times) < width):
            raise ValueError(
                f"Pulses times: must not be negative, ascend, and lie at least a width ({width} "
                f"ms) apart, got {times} ms"
            )

    @property
    def onset(self) -> Quantity:
        """Start of the first pulse."""
        return np.atleast_1d(self.times)[0]

    @property
    def offset(self) -> Quantity:
        """End of the last pulse."""
        return np.atleast_1d(self.times)[-1] + self.width

    @property
    def breakpoints(self) -> list[float]:
        """Start and end of every pulse."""
        starts = np.atleast_1d(np.asarray(self.times, dtype=float))
        return sorted({*starts.tolist(), *(starts + float(self.width)).tolist()})

    def term(self, model, name, t, midstep):
        check_quantity(f"Pulses amplitude for {model.name}", self.amplitude, model.input_unit)
        times = np.atleast_1d(self.times)
        on = " + ".join(
            f"int({midstep} >= {name}_time_{k})*int({midstep} < {name}_time_{k} + {name}_width)"
            for k in range(len(times))
        )
        parameters = {f"{name}_amplitude": self.amplitude, f"{name}_width": self.width}
        parameters |= {f"{name}_time_{k}": time for k, time in enumerate(times)}
        return Term(f"{name}_amplitude*({on})", parameters=parameters)


@dataclass(frozen=True)
class Sine(Stimulus):
    """``mean + amplitude*sin(2*pi*frequency*(t - onset) + phase)`` between onset and offset."""

    amplitude: Quantity
    frequency: Quantity
    phase: float = 0.0
    mean: Quantity | None = None
    onset: Quantity = field(default_factory=_zero)
    offset: Quantity = field(default_factory=_never)

    def __post_init__(self):
        _check_times(self)
        _check_frequency("Sine frequency", self.frequency)
        check_quantity("Sine phase", self.phase, 1)

    def term(self, model, name, t, midstep):
        angle = f"2*pi*{name}_frequency*({t} - {name}_onset) + {name}_phase"
        value = f"{name}_amplitude*sin({angle})"
        amplitudes = {"amplitude": (self.amplitude, model.input_unit), "phase": (self.phase, 1)}
        if self.mean is not None:
            value = f"{name}_mean + {value}"
            amplitudes["mean"] = (self.mean, model.input_unit)
        times = {"frequency": self.frequency, "onset": self.onset}
        return self._gated(model, name, midstep, value, amplitudes, times)


@dataclass(frozen=True)
class Chirp(Stimulus):
    """A sine whose frequency rises linearly from `start` to `stop` between onset and offset."""

    amplitude: Quantity
    start: Quantity
    stop: Quantity
    offset: Quantity
    onset: Quantity = field(default_factory=_zero)

    def __post_init__(self):
        _check_times(self)
        _check_frequency("Chirp start", self.start)
        _check_frequency("Chirp stop", self.stop)
        if np.any(np.isinf(np.asarray(self.offset))):
            raise ValueError("Chirp offset: must be finite, it says when `stop` is reached")

    def term(self, model, name, t, midstep):
        since = f"({t} - {name}_onset)"
        sweep = f"({name}_stop - {name}_start)/({name}_offset - {name}_onset)"
        angle = f"2*pi*({name}_start*{since} + {sweep}*{since}**2/2)"
        amplitudes = {"amplitude": (self.amplitude, model.input_unit)}
        times = {"start": self.start, "stop": self.stop, "onset": self.onset}
        return self._gated(
            model, name, midstep, f"{name}_amplitude*sin({angle})", amplitudes, times
        )


@dataclass(frozen=True)
class Expression(Stimulus):
    """Any input that Brian2 text can say.

    Parameters
    ----------
    expression : str
        Brian2 text that uses ``t`` and the names in `parameters`.
    parameters : dict of str to Quantity or float
        Scalars, or arrays with one value per neuron.

    Examples
    --------
    >>> from brian2 import nA, ms
    >>> stimulus = Expression("I_max*cos(t/tau_s)", {"I_max": 2.5*nA, "tau_s": 30*ms})
    """

    expression: str
    parameters: Mapping[str, Quantity] = field(default_factory=dict)
    onset: Quantity = field(default_factory=_zero)
    offset: Quantity = field(default_factory=_never)

    def __post_init__(self):
        _check_times(self)
        unused = set(self.parameters) - get_identifiers(self.expression)
        if unused:
            raise ValueError(f"Expression: {sorted(unused)} do not occur in {self.expression!r}")

    def term(self, model, name, t, midstep):
        check_input_text(model, self.expression, self.parameters)
        own = {key: f"{name}_{key}" for key in self.parameters}
        value = word_substitute(self.expression, {**own, "t": f"({t})"})
        amplitudes = {key: (v, _si(v)) for key, v in self.parameters.items()}
        return self._gated(model, name, midstep, value, amplitudes, {})


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
    additive noise (euler, heun, milstein).
    """

    mean: Quantity
    sigma: Quantity
    onset: Quantity = field(default_factory=_zero)
    offset: Quantity = field(default_factory=_never)

    def __post_init__(self):
        _check_times(self)

    def term(self, model, name, t, midstep):
        amplitudes = {
            "mean": (self.mean, model.input_unit),
            "sigma": (self.sigma, model.input_unit * ms**0.5),
        }
        term = self._gated(model, name, midstep, f"{name}_mean", amplitudes, {})
        gate, _ = self._gate(name, midstep)
        noise = f"{gate or 1}*{name}_sigma*xi_{name}"
        return Term(term.value, noise=noise, parameters=term.parameters)


@dataclass(frozen=True)
class OrnsteinUhlenbeck(Stimulus):
    """Coloured noise: an Ornstein-Uhlenbeck process around a mean.

    Parameters
    ----------
    mean, sigma : Quantity
        Mean and stationary standard deviation, in the model's input unit.
    tau : Quantity
        Correlation time.

    Notes
    -----
    ``dx/dt = -x/tau + sigma*sqrt(2/tau)*xi`` (Uhlenbeck & Ornstein 1930), started at 0, hence
    stationary after a few `tau`.
    """

    mean: Quantity
    sigma: Quantity
    tau: Quantity
    onset: Quantity = field(default_factory=_zero)
    offset: Quantity = field(default_factory=_never)

    def __post_init__(self):
        _check_times(self)
        check_positive("OrnsteinUhlenbeck tau", self.tau, ms)

    def term(self, model, name, t, midstep):
        unit = base_unit(model.input_unit)
        x = f"{name}_x"
        noise = f"{name}_sigma*sqrt(2/{name}_tau)*xi_{name}"
        line = f"d{x}/dt = -{x}/{name}_tau + {noise} : {unit}"
        amplitudes = {
            "mean": (self.mean, model.input_unit),
            "sigma": (self.sigma, model.input_unit),
        }
        times = {"tau": self.tau}
        term = self._gated(model, name, midstep, f"{name}_mean + {x}", amplitudes, times)
        return Term(term.value, (line,), parameters=term.parameters)


@dataclass(frozen=True)
class Received(Stimulus):
    """An input that others write: a variable of each cell, such as the sum of synaptic pulses.

    Parameters
    ----------
    variable : str
        Its name; synapses add to ``{variable}_post``.
    """

    variable: str

    @property
    def onset(self) -> Quantity:
        """The beginning of the run."""
        return _zero()

    @property
    def offset(self) -> Quantity:
        """It never ends."""
        return _never()

    def term(self, model, name, t, midstep):
        return Term(self.variable, (f"{self.variable} : {base_unit(model.input_unit)}",))


@dataclass(frozen=True)
class Recorded(Stimulus):
    """A recorded input, held constant for `dt` after each sample.

    Parameters
    ----------
    values : Quantity, shape (samples,) or (samples, neurons)
    dt : Quantity
        Sampling interval.
    onset : Quantity
        When the first sample applies.
    """

    values: Quantity
    dt: Quantity
    onset: Quantity = field(default_factory=_zero)

    def __post_init__(self):
        check_positive("Recorded dt", self.dt, ms)
        if np.ndim(self.values) not in (1, 2):
            raise ValueError(
                "Recorded values: expected shape (samples,) or (samples, neurons), got "
                f"{np.shape(self.values)}"
            )
        _check_times(self)

    @property
    def offset(self) -> Quantity:
        """End of the last sample."""
        return self.onset + len(self.values) * self.dt

    @property
    def breakpoints(self) -> list[float]:
        """Every change of the value."""
        edges = float(self.onset) + np.arange(len(self.values) + 1) * float(self.dt)
        return edges.tolist()

    def text(self, model, n):
        if np.ndim(self.values) == 2 and np.shape(self.values)[1] != n:
            raise ValueError(f"Recorded values: {np.shape(self.values)[1]} columns for {n} neurons")
        return super().text(model, n)

    def term(self, model, name, t, midstep):
        check_quantity(f"Recorded values for {model.name}", self.values, model.input_unit)
        samples = f"{name}_samples"
        neuron = ", i" if np.ndim(self.values) == 2 else ""
        value = f"{samples}({midstep} - {name}_onset{neuron})"
        term = self._gated(model, name, midstep, value, {}, {"onset": self.onset})
        namespace = {samples: TimedArray(self.values, dt=self.dt)}
        return Term(term.value, parameters=term.parameters, namespace=namespace)


@dataclass(frozen=True)
class Sum(Stimulus):
    """Two stimuli at once; made by ``a + b``."""

    first: Stimulus
    second: Stimulus

    @property
    def onset(self) -> Quantity:
        """The earlier onset."""
        return np.minimum(self.first.onset, self.second.onset)

    @property
    def offset(self) -> Quantity:
        """The later offset."""
        return np.maximum(self.first.offset, self.second.offset)

    @property
    def breakpoints(self) -> list[float]:
        """Those of both."""
        return sorted({*self.first.breakpoints, *self.second.breakpoints})

    def term(self, model, name, t, midstep):
        a = self.first.term(model, f"{name}_1", t, midstep)
        b = self.second.term(model, f"{name}_2", t, midstep)
        return _join(f"{a.value} + {b.value}", a, b, " + ".join(filter(None, (a.noise, b.noise))))


@dataclass(frozen=True)
class Then(Stimulus):
    """One stimulus after the other; made by ``a.then(b)``."""

    first: Stimulus
    second: Stimulus

    def __post_init__(self):
        if not np.all(np.isfinite(np.asarray(self.first.offset))):
            raise ValueError(f"then: {self.first!r} never ends; give it an offset")

    @property
    def onset(self) -> Quantity:
        """Onset of the first."""
        return self.first.onset

    @property
    def offset(self) -> Quantity:
        """Offset of the second, counted from the end of the first."""
        return self.first.offset + self.second.offset

    @property
    def breakpoints(self) -> list[float]:
        """Those of both, the second's shifted."""
        change = float(np.max(self.first.offset))
        return sorted(
            {*self.first.breakpoints, *(change + t for t in (0, *self.second.breakpoints))}
        )

    def term(self, model, name, t, midstep):
        change = f"{name}_change"
        a = self.first.term(model, f"{name}_1", t, midstep)
        b = self.second.term(model, f"{name}_2", f"({t} - {change})", f"({midstep} - {change})")
        after = f"int({midstep} >= {change})"
        noises = [a.noise, b.noise and f"{after}*{b.noise}"]
        joined = _join(f"{a.value} + {after}*({b.value})", a, b, " + ".join(filter(None, noises)))
        joined.parameters[change] = self.first.offset
        return joined


def _join(value: str, a: Term, b: Term, noise: str) -> Term:
    parameters = {**a.parameters, **b.parameters}
    return Term(value, a.lines + b.lines, noise, parameters, {**a.namespace, **b.namespace})


def _check_frequency(name: str, value) -> None:
    numbers = np.asarray(check_quantity(name, value, Hz))
    if np.any(numbers <= 0):
        raise ValueError(f"{name}: must be above zero, got {value}")


def _si(value) -> Quantity:
    return Quantity.with_dimensions(1.0, Quantity(value).dim)
