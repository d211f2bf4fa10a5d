"""What all stimuli have in common, and how two of them become one."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

import numpy as np
from brian2 import DimensionMismatchError, Equations, Quantity, ms, second

from ...errors import InputError
from ...models.checks import check_positive, check_quantity
from ...models.grouping import InputText, names_of
from ...models.text.step_parts import STEP_BEGIN
from ...models.units import base_unit
from ...plain_checks import check_readable, has_unit, listed_parts
from ...simulation.input_rules import Rule, check_rules


def zero() -> Quantity:
    """Return time 0."""
    return 0 * second


def never() -> Quantity:
    """Return the offset of what does not end."""
    return np.inf * second


def one_quantity(what: str, value):
    """Return a list of quantities, or an array of objects, as one quantity; all else as it is.

    Examples
    --------
    >>> one_quantity("times", [1 * ms, 0.002 * second])
    array([1., 2.]) * msecond
    >>> one_quantity("times", [1 * ms, 2])
    Traceback (most recent call last):
    ...
    excitable.errors.InputError: times: expected quantities of one dimension, got [1. * msecond, 2]
    """
    parts = listed_parts(value)
    if not isinstance(parts, list | tuple) or not has_unit(parts):
        return value
    check_readable(what, value)
    try:
        return Quantity(parts)
    except (TypeError, ValueError, DimensionMismatchError):
        raise InputError(f"{what}: expected quantities of one dimension, got {value!r}") from None


@dataclass(frozen=True)
class At:
    """The time that a stimulus counts, and the step in which its text is evaluated.

    Attributes
    ----------
    origin : tuple of str
        Names whose sum is the time at which this stimulus' own time is 0; empty for the
        beginning of the run.
    zero : float or array
        That time in seconds.
    dt : float or None
        Step of the integration in seconds. None: nothing is averaged over steps, for solvers that
        meet every edge.
    """

    origin: tuple[str, ...] = ()
    zero: float | np.ndarray = 0.0
    dt: float | None = None

    def edge(self, *names: str) -> str:
        """Return text of the time of the run at which this stimulus' time is the sum of `names`."""
        return " + ".join((*self.origin, *names))

    def local(self, time: str) -> str:
        """Return a time of the run as a time of this stimulus."""
        if not self.origin:
            return time
        origin = self.edge()
        return f"({time} - {origin if len(self.origin) == 1 else f'({origin})'})"


@dataclass(frozen=True)
class Term:
    """One stimulus as text.

    Attributes
    ----------
    value : str
    lines : tuple of str
        Equations that the value needs.
    noise : str
        White noise beside the value.
    parameters : dict of str to Quantity
        Numbers that may be changed in a program and differ between neurons.
    namespace : dict
        Functions, and numbers that must stay as they are.
    end : tuple of str
        Names whose sum is the time of the run at which it ends; empty where there are none.
    windows : tuple of (tuple of str, tuple of str)
        When each part of it is on: names whose sums are the times of the run at which it begins and
        ends. Nothing to add up is the beginning of the run, and an end that never comes.
    rules : tuple of Rule
        What the parameters must obey.
    fixed : bool
        Whether the time at which its own time is 0 must stay as it is.
    """

    value: str
    lines: tuple[str, ...] = ()
    noise: str = ""
    parameters: Mapping[str, Quantity] = field(default_factory=dict)
    namespace: Mapping[str, object] = field(default_factory=dict)
    end: tuple[str, ...] = ()
    windows: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    rules: tuple[Rule, ...] = ()
    fixed: bool = False

    def obeying(self, *rules: Rule) -> "Term":
        """Return the term with more rules."""
        return replace(self, rules=self.rules + rules)


@dataclass(frozen=True)
class Gate:
    """When a stimulus is on, as text that is 1 in steps in which it is on, a part at its edges.

    Attributes
    ----------
    value : str
        Empty for a stimulus that is always on.
    time : str
        The stimulus' own time; in a step in which it is on for a part, a time in that part.
    begin : tuple of str
        Names whose sum is the time of the run at which it begins.
    parameters, end, rules
        As in `Term`.
    """

    value: str
    time: str
    parameters: Mapping[str, Quantity] = field(default_factory=dict)
    begin: tuple[str, ...] = ()
    end: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()

    def of(self, value: str) -> str:
        """Return `value` while the stimulus is on."""
        return f"{self.value}*({value})" if self.value else value

    def term(self, value: str, lines: tuple[str, ...] = (), parameters=None) -> Term:
        """Return the term of `value` while the stimulus is on."""
        parameters = {**self.parameters, **(parameters or {})}
        return Term(
            self.of(value), lines, parameters=parameters, end=self.end,
            windows=((self.begin, self.end),), rules=self.rules,
        )  # fmt: skip


@dataclass(frozen=True)
class Stimulus:
    """Base of all stimuli. ``a + b`` adds two, ``a.then(b)`` lets `b` follow when `a` ends.

    Attributes
    ----------
    onset, offset : Quantity
        When it starts and ends; `offset` is infinite for a stimulus that does not end.
    writer : str
        Who writes it while it runs, such as synapses; empty for one that says itself what it is.
    """

    writer = ""

    def __post_init__(self):
        for own in fields(self):
            value = one_quantity(f"{type(self).__name__} {own.name}", getattr(self, own.name))
            object.__setattr__(self, own.name, value)

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

    def text(self, model, n: int, dt: Quantity | None = None) -> InputText:
        """Return the equation text that defines the input of `n` neurons of `model`.

        Parameters
        ----------
        model : NeuronModel
        n : int
        dt : Quantity, optional
            Step of the integration: what the stimulus does within a step is averaged over it.
            Without it a recording is as it is, for solvers that meet each of its edges.

        Raises
        ------
        ValueError
            For an amplitude of the wrong dimension, arrays whose length is not `n`, and what a
            step of this length cannot follow.
        """
        unit = base_unit(model.input_unit)
        step = None if dt is None else check_positive("dt", dt, ms) * float(ms)
        term = self._named(model, At(dt=step))
        for name, value in term.parameters.items():
            if np.ndim(value) and np.shape(value) != (n,):
                raise InputError(
                    f"{type(self).__name__} {name}: expected one value or {n} values, one per "
                    f"neuron, got shape {np.shape(value)}"
                )
        for name, function in term.namespace.items():
            columns = getattr(function, "values", np.empty(0)).shape[1:]
            if columns and columns != (n,):
                raise InputError(f"Recorded values: {columns[0]} columns for {n} neurons ({name})")
        check_rules(term.rules, term.parameters, step, f"{type(self).__name__} ")
        definition = f"{model.input} = {term.value} : {unit}"
        lines = "\n".join((*term.lines, definition))
        return InputText(lines, term.noise, term.parameters, term.namespace, term.windows)

    def rules(self, model, dt: Quantity | None = None) -> tuple[Rule, ...]:
        """Return what its parameters must obey, in the names of its text for `model`."""
        return self._named(model, At(dt=None if dt is None else float(dt))).rules

    def _named(self, model, at: At) -> Term:
        """Return the term, its names beginning with the input's, and none of them the model's.

        With ``__`` in it no name can be the model's: a user's may not hold that.
        """
        term = self.term(model, model.input, at)
        own = {*term.parameters, *term.namespace, *Equations("\n".join(term.lines))}
        return self.term(model, f"{model.input}_", at) if own & names_of(model) else term

    def term(self, model, name: str, at: At) -> Term:
        """Return the text with parameters that begin with `name`."""
        raise TypeError(f"{type(self).__name__} is not a stimulus by itself")

    # --- for the subclasses ------------------------------------------------------------------

    def gate(self, name: str, at: At, always: bool = False) -> Gate:
        """Return when the stimulus is on, between its onset and its offset.

        `always`: also where the onset is 0, for text in which a program can move it.
        """
        own = {f.name for f in fields(self)}
        onset = (f"{name}_onset",) if "onset" in own else ()
        parameters = {n: self.onset for n in onset}
        if np.all(np.isfinite(np.asarray(self.offset))):
            offset = f"{name}_offset"
            parameters[offset] = self.offset
            step = f"{STEP_BEGIN}, dt, {at.edge(*onset)}, {at.edge(offset)}"
            value, time = f"part_between({step})", f"time_between(t, {step})"
            rules, end = window_rules(onset[0], offset), (*at.origin, offset)
        elif at.origin or always or np.any(np.asarray(self.onset) > 0):
            step = f"{STEP_BEGIN}, dt, {at.edge(*onset)}"
            value, time = f"part_after({step})", f"time_after(t, {step})"
            rules, end = window_rules(*onset) if onset else (), ()
        else:
            return Gate("", "t")
        return Gate(value, at.local(time), parameters, (*at.origin, *onset), end, rules)

    def gated(self, model, name, gate: Gate, value, amplitudes, times=None) -> Term:
        """Return `value` while the gate is open, with checked amplitudes; it has ``{name}_x``."""
        parameters = {}
        for key, (amount, unit) in amplitudes.items():
            where = f"{type(self).__name__} {key} for {model.name}"
            check_quantity(where, amount, unit)
            parameters[f"{name}_{key}"] = Quantity(amount)
        parameters |= {f"{name}_{key}": amount for key, amount in (times or {}).items()}
        return gate.term(value, parameters=parameters)


class Unending(Stimulus):
    """Base of what is there from the beginning of a run to its end."""

    @property
    def onset(self) -> Quantity:
        """The beginning of the run."""
        return zero()

    @property
    def offset(self) -> Quantity:
        """It never ends."""
        return never()


def _stimulus(candidate) -> Stimulus:
    if not isinstance(candidate, Stimulus):
        raise InputError(
            f"expected a stimulus such as Step(...), got {candidate!r}; wrap a value in Constant"
        )
    return candidate


def window_rules(onset: str, offset: str | None = None) -> tuple[Rule, ...]:
    """Return the rules of an onset, and of an offset after it."""
    rules = [Rule({onset: 1.0}, "not negative", f"{onset}: must not be negative")]
    if offset is not None:
        sentence = f"{offset}: must come after the onset"
        rules.append(Rule({offset: 1.0, onset: -1.0}, "above zero", sentence))
    return tuple(rules)


def check_window(stimulus: Stimulus) -> None:
    """Raise unless 0 <= onset < offset."""
    subject = f"{type(stimulus).__name__} "
    check_quantity(f"{subject}onset", stimulus.onset, ms)
    offset = np.asarray(stimulus.offset)
    ends = offset.dtype.kind != "f" or not np.all(np.isinf(offset))
    if ends:
        check_quantity(f"{subject}offset", stimulus.offset, ms)
    values = {"onset": stimulus.onset, "offset": stimulus.offset}
    check_rules(window_rules("onset", "offset" if ends else None), values, subject=subject)


@dataclass(frozen=True)
class Sum(Stimulus):
    """Two stimuli at once; made by ``a + b``."""

    first: Stimulus
    second: Stimulus

    @property
    def writer(self) -> str:
        """That of one of both."""
        return self.first.writer or self.second.writer

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

    def term(self, model, name, at):
        a = self.first.term(model, f"{name}_1", at)
        b = self.second.term(model, f"{name}_2", at)
        return _joined(a, b)


@dataclass(frozen=True)
class Then(Stimulus):
    """One stimulus after the other; made by ``a.then(b)``."""

    first: Stimulus
    second: Stimulus

    def __post_init__(self):
        if not np.all(np.isfinite(np.asarray(self.first.offset))):
            raise InputError(f"then: {self.first!r} never ends; give it an offset")

    @property
    def writer(self) -> str:
        """That of one of both."""
        return self.first.writer or self.second.writer

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
        """Those of both, the second's shifted by each neuron's change."""
        changes = np.ravel(np.asarray(self.first.offset, dtype=float))
        shifted = np.add.outer(changes, [0, *self.second.breakpoints])
        return sorted({*self.first.breakpoints, *shifted.ravel().tolist()})

    def term(self, model, name, at):
        a = self.first.term(model, f"{name}_1", at)
        if not a.end:
            change = f"{name}_change"
            a = replace(a, parameters={**a.parameters, change: self.first.offset})
            a = replace(a, end=(*at.origin, change))
        change = at.zero + np.asarray(self.first.offset, dtype=float)
        b = self.second.term(model, f"{name}_2", At(a.end, change, at.dt))
        return replace(_joined(_settled_end(a) if b.fixed else a, b), end=b.end)


def _settled_end(term: Term) -> Term:
    """Return the term with the times that lead to its end as they are: what follows needs them."""
    names = set(term.end)
    for rule in term.rules:
        names |= set(rule.terms) if names & set(rule.terms) else set()
    return settled(term, names)


def settled(term: Term, names: set[str]) -> Term:
    """Return the term with some parameters as they are: a program cannot change them.

    Single values are constants of the text; arrays have to be parameters, with a rule.
    """
    built = {k: v for k, v in term.parameters.items() if k in names}
    numbers = {k: v for k, v in built.items() if not np.ndim(v)}
    fixed = (
        Rule({k: 1.0}, "as built", f"{k}: is built into the program with the recording",
             built=tuple(np.asarray(v, dtype=float).tolist()))
        for k, v in built.items() if k not in numbers
    )  # fmt: skip
    return replace(
        term,
        parameters={k: v for k, v in term.parameters.items() if k not in numbers},
        namespace={**term.namespace, **numbers},
        rules=(*(rule for rule in term.rules if not set(rule.terms) & set(numbers)), *fixed),
    )


def _joined(a: Term, b: Term) -> Term:
    return Term(
        f"{a.value} + {b.value}",
        a.lines + b.lines,
        " + ".join(filter(None, (a.noise, b.noise))),
        {**a.parameters, **b.parameters},
        {**a.namespace, **b.namespace},
        windows=a.windows + b.windows,
        rules=a.rules + b.rules,
        fixed=a.fixed or b.fixed,
    )
