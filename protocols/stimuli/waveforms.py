"""Inputs that are a function of time: constant, step, ramp, pulses, sine, chirp, any expression."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from brian2 import Hz, Quantity, ms, second
from brian2.utils.stringtools import get_identifiers, word_substitute

from ...errors import InputError
from ...models.checks import check_positive, check_quantity
from ...models.text.conditions import RANDOM
from ...models.text.expressions import calls
from ...models.text.step_parts import STEP_BEGIN
from ...models.validation import check_input_text
from ...plain_checks import check_readable
from ...simulation.input_rules import Rule, check_rules
from .base import Stimulus, Term, Unending, check_window, never, one_quantity, zero
from .recorded import Recorded


@dataclass(frozen=True)
class Constant(Unending):
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

    def term(self, model, name, at):
        amplitudes = {"amplitude": (self.amplitude, model.input_unit)}
        return self.gated(model, name, self.gate(name, at), f"{name}_amplitude", amplitudes)


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
    onset: Quantity = field(default_factory=zero)
    offset: Quantity = field(default_factory=never)

    def __post_init__(self):
        super().__post_init__()
        check_window(self)

    def term(self, model, name, at):
        amplitudes = {"amplitude": (self.amplitude, model.input_unit)}
        return self.gated(model, name, self.gate(name, at), f"{name}_amplitude", amplitudes)


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
    onset: Quantity = field(default_factory=zero)
    offset: Quantity = field(default_factory=never)
    start: Quantity | None = None

    def __post_init__(self):
        super().__post_init__()
        check_window(self)

    def term(self, model, name, at):
        gate = self.gate(name, at, always=True)
        value = f"{name}_slope*({gate.time} - {name}_onset)"
        amplitudes = {"slope": (self.slope, model.input_unit / ms)}
        if self.start is not None:
            value = f"{name}_start + {value}"
            amplitudes["start"] = (self.start, model.input_unit)
        return self.gated(model, name, gate, value, amplitudes, {"onset": self.onset})


@dataclass(frozen=True)
class Pulses(Stimulus):
    """Rectangular pulses of one width.

    Parameters
    ----------
    amplitude : Quantity
    times : Quantity, shape (pulses,)
        Onset of each pulse, in ascending order.
    width : Quantity
        Duration of each pulse, not longer than the interval to the next. It may be shorter than a
        step of the integration: the membrane receives the same charge.

    Notes
    -----
    Of up to 64 pulses a program can change each time. A longer train acts by its mean over each
    step, as `Recorded` does: its times are built in, and so is the step.

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
        super().__post_init__()
        times = np.atleast_1d(check_quantity("Pulses times", self.times, ms))
        check_positive("Pulses width", self.width, ms)
        if times.ndim > 1:
            raise InputError(f"Pulses times: expected a list of times, got shape {times.shape}")
        values = {f"time_{k}": time * float(ms) for k, time in enumerate(times)}
        check_rules(_pulse_rules("", len(times)), values | {"width": self.width}, subject="Pulses ")

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

    def term(self, model, name, at):
        check_quantity(f"Pulses amplitude for {model.name}", self.amplitude, model.input_unit)
        if np.size(self.times) > _MOST_IN_TEXT:
            return self._train(model, name, at)
        width = f"{name}_width"
        times = {f"{name}_time_{k}": time for k, time in enumerate(np.atleast_1d(self.times))}
        on = " + ".join(
            f"part_between({STEP_BEGIN}, dt, {at.edge(time)}, {at.edge(time, width)})"
            for time in times
        )
        first, *_, last = (*times, *times)
        end = (*at.origin, last, width)
        return Term(
            f"{name}_amplitude*({on})",
            parameters={f"{name}_amplitude": self.amplitude, width: self.width} | times,
            end=end,
            windows=(((*at.origin, first), end),),
            rules=_pulse_rules(f"{name}_", len(times)),
        )

    def _train(self, model, name, at) -> Term:
        """Return many pulses as samples: a text that names each is too long for Python to read."""
        edges = np.array(self.breakpoints)
        rounding = 4 * np.spacing(edges[-1])  # between pulses that touch
        edges = edges[np.diff(edges, prepend=-1) > rounding]
        middles = edges[:-1] + np.diff(edges) / 2
        starts = np.asarray(self.times, dtype=float)
        pulse = np.searchsorted(starts, middles, side="right") - 1
        on = Quantity(middles < starts[pulse] + float(self.width), dtype=float)
        begin = edges[0] * second
        train = Recorded(on, onset=begin, times=edges * second - begin)
        term = train.samples_term(model, name, at)
        amplitude = f"{name}_amplitude"
        parameters = {**term.parameters, amplitude: self.amplitude}
        return replace(term, value=f"{amplitude}*{term.value}", parameters=parameters)


_MOST_IN_TEXT = 64  # pulses; Python reads some hundred terms of a sum


def _pulse_rules(prefix: str, count: int) -> tuple[Rule, ...]:
    """Return the rules of the times and the width of some pulses."""
    width, first = f"{prefix}width", f"{prefix}time_0"
    apart = f"{prefix}times: must ascend and lie at least a width apart"
    return (
        Rule({width: 1.0}, "above zero", f"{width}: must be above zero"),
        Rule({first: 1.0}, "not negative", f"{prefix}times: must not be negative"),
        *(
            Rule(
                {f"{prefix}time_{k}": 1.0, f"{prefix}time_{k - 1}": -1.0, width: -1.0},
                "not negative",
                apart,
            )
            for k in range(1, count)
        ),
    )


@dataclass(frozen=True)
class Sine(Stimulus):
    """``mean + amplitude*sin(2*pi*frequency*(t - onset) + phase)`` between onset and offset."""

    amplitude: Quantity
    frequency: Quantity
    phase: float = 0.0
    mean: Quantity | None = None
    onset: Quantity = field(default_factory=zero)
    offset: Quantity = field(default_factory=never)

    def __post_init__(self):
        super().__post_init__()
        check_window(self)
        check_quantity("Sine frequency", self.frequency, Hz)
        check_rules(_frequency_rules("frequency"), vars(self), subject="Sine ")
        check_quantity("Sine phase", self.phase, 1)

    def term(self, model, name, at):
        gate = self.gate(name, at, always=True)
        angle = f"2*pi*{name}_frequency*({gate.time} - {name}_onset) + {name}_phase"
        value = f"{name}_amplitude*sin({angle})"
        amplitudes = {"amplitude": (self.amplitude, model.input_unit), "phase": (self.phase, 1)}
        if self.mean is not None:
            value = f"{name}_mean + {value}"
            amplitudes["mean"] = (self.mean, model.input_unit)
        times = {"frequency": self.frequency, "onset": self.onset}
        term = self.gated(model, name, gate, value, amplitudes, times)
        return term.obeying(*_frequency_rules(f"{name}_frequency"))


@dataclass(frozen=True)
class Chirp(Stimulus):
    """A sine whose frequency rises linearly from `start` to `stop` between onset and offset."""

    amplitude: Quantity
    start: Quantity
    stop: Quantity
    offset: Quantity
    onset: Quantity = field(default_factory=zero)

    def __post_init__(self):
        super().__post_init__()
        check_window(self)
        for name in ("start", "stop"):
            check_quantity(f"Chirp {name}", getattr(self, name), Hz)
            check_rules(_frequency_rules(name), vars(self), subject="Chirp ")
        if np.any(np.isinf(np.asarray(self.offset))):
            raise InputError("Chirp offset: must be finite, it says when `stop` is reached")

    def term(self, model, name, at):
        gate = self.gate(name, at)
        since = f"({gate.time} - {name}_onset)"
        sweep = f"({name}_stop - {name}_start)/({name}_offset - {name}_onset)"
        angle = f"2*pi*({name}_start*{since} + {sweep}*{since}**2/2)"
        amplitudes = {"amplitude": (self.amplitude, model.input_unit)}
        times = {"start": self.start, "stop": self.stop, "onset": self.onset}
        value = f"{name}_amplitude*sin({angle})"
        term = self.gated(model, name, gate, value, amplitudes, times)
        rules = _frequency_rules(f"{name}_start"), _frequency_rules(f"{name}_stop")
        return term.obeying(*rules[0], *rules[1])


def _frequency_rules(name: str) -> tuple[Rule, ...]:
    """Return the rules of a frequency that the steps of the integration must follow."""
    return (
        Rule({name: 1.0}, "above zero", f"{name}: must be above zero", "Hz", 1.0),
        Rule(
            {name: 1.0},
            "slow",
            f"{name}: a period must have at least four steps of the integration; choose a smaller "
            "dt",
            "Hz",
            1.0,
        ),
    )


@dataclass(frozen=True)
class Expression(Stimulus):
    """Any input that Brian2 text can say.

    Parameters
    ----------
    expression : str
        Brian2 text that uses ``t`` and the names in `parameters`.
    parameters : dict of str to Quantity or float
        Scalars, or arrays with one value per neuron. None is called ``onset``, ``offset`` or ``t``.

    Notes
    -----
    Jumps that the text itself makes, such as ``int(t > 5*ms)``, act where the method evaluates
    it; `onset` and `offset`, `Step` and `Pulses` act exactly.

    Examples
    --------
    >>> from brian2 import nA, ms
    >>> stimulus = Expression("I_max*cos(t/tau_s)", {"I_max": 2.5*nA, "tau_s": 30*ms})
    """

    expression: str
    parameters: Mapping[str, Quantity] = field(default_factory=dict)
    onset: Quantity = field(default_factory=zero)
    offset: Quantity = field(default_factory=never)

    def __post_init__(self):
        super().__post_init__()
        check_window(self)
        parameters = {k: one_quantity(f"Expression {k}", v) for k, v in self.parameters.items()}
        object.__setattr__(self, "parameters", parameters)
        for key, value in parameters.items():
            check_readable(f"Expression {key}", value)
        if taken := sorted({"onset", "offset", "t"} & set(self.parameters)):
            raise InputError(
                f"Expression: {taken[0]!r} is the time, or that at which the stimulus begins or "
                "ends; give the parameter another name"
            )
        unused = set(self.parameters) - get_identifiers(self.expression)
        if unused:
            raise InputError(f"Expression: {sorted(unused)} do not occur in {self.expression!r}")

    def term(self, model, name, at):
        check_input_text(model, self.expression, self.parameters)
        if drawn := calls(self.expression) & RANDOM:
            raise InputError(
                f"Expression {self.expression!r}: {min(drawn)}() draws random numbers, which a "
                "waveform does not; hand over the text itself as the input, or use WhiteNoise or "
                "OrnsteinUhlenbeck"
            )
        gate = self.gate(name, at)
        own = {key: f"{name}_{key}" for key in self.parameters}
        value = word_substitute(self.expression, {**own, "t": f"({gate.time})"})
        amplitudes = {key: (v, _si(v)) for key, v in self.parameters.items()}
        return self.gated(model, name, gate, value, amplitudes)


def _si(value) -> Quantity:
    return Quantity.with_dimensions(1.0, Quantity(value).dim)
