"""Recorded inputs: samples that are held, and their means over the steps of an integration."""

from dataclasses import dataclass, field, replace
from numbers import Real

import numpy as np
from brian2 import Function, Quantity, TimedArray, get_dimensions, ms, second

from ...analysis.plain_numbers import check_plain
from ...analysis.trains.trace_tables import check_neurons, input_unit
from ...errors import InputError
from ...models.checks import check_positive, check_quantity, unit_text
from ...simulation.input_rules import on_grid
from .base import At, Stimulus, Term, check_window, settled, zero

# In steps: what of the distance between a sample and a step is rounding.
_ROUNDING = 1e-9
_MIDDLE = "(t_in_timesteps + 0.5)*dt"


@dataclass(frozen=True)
class Recorded(Stimulus):
    """A recorded input; each sample is held until the next one.

    Parameters
    ----------
    values : Quantity, shape (samples,) or (samples, neurons)
    dt : Quantity
        Sampling interval; or `times`.
    onset : Quantity
        When the first sample applies, or time 0 of `times`.
    times : Quantity, shape (samples,) or (samples + 1,)
        When each sample begins, counted from the onset and ascending, at any distances; instead
        of `dt`. One time more says when the last sample ends; without it the last is held as long
        as the one before it.

    Raises
    ------
    ValueError
        For samples that are not finite, and times that do not ascend or are too many or too few.

    Notes
    -----
    It is zero before the first sample and after the last. Samples that are finer than the steps of
    the integration, or do not begin with one, act by their mean over each step. When it begins is
    built into a compiled program, and so is the step.

    Examples
    --------
    >>> from brian2 import ms, nA
    >>> Recorded([0, 2, 1]*nA, dt=0.1*ms, onset=5*ms).offset
    5.3 * msecond
    >>> Recorded([0, 2, 1]*nA, times=[0, 3, 4, 10]*ms).breakpoints
    [0.0, 0.003, 0.004, 0.01]
    """

    values: Quantity
    dt: Quantity | None = None
    onset: Quantity = field(default_factory=zero)
    times: Quantity | None = None

    def __post_init__(self):
        super().__post_init__()
        if np.ndim(self.values) not in (1, 2):
            raise InputError(
                "Recorded values: expected shape (samples,) or (samples, neurons), got "
                f"{np.shape(self.values)}"
            )
        check_quantity("Recorded values", self.values, _unit_of(self.values))
        if (self.dt is None) == (self.times is None):
            raise InputError("Recorded: give either dt, the sampling interval, or times")
        if np.ndim(self.dt):
            raise InputError("Recorded dt: expected one value; for uneven sampling give times=")
        if self.times is None:
            check_positive("Recorded dt", self.dt, ms)
        else:
            _check_times(self.times, len(self.values))
        check_window(self)

    @classmethod
    def from_table(
        cls, table, unit, *, time_unit=None, onset: Quantity | None = None
    ) -> "Recorded":
        """Return a recording from a table with one row per sample.

        Parameters
        ----------
        table : DataFrame
            With columns ``I`` and ``t_ms``, or ``t`` in `time_unit`. A column ``neuron`` tells the
            samples of several neurons apart, which must have been taken at the same times.
        unit : Unit
            Of ``I``; it must be that of a column ``I_unit``, if there is one.
        time_unit : Unit, optional
            Of ``t``.
        onset : Quantity, optional
            Added to the times of the table; default 0.

        Raises
        ------
        ValueError
            For missing columns, and what `Recorded` refuses.

        Examples
        --------
        >>> import pandas as pd
        >>> from brian2 import nA
        >>> table = pd.DataFrame({"t_ms": [0, 0.5, 2], "I": [1, 3, 2]})
        >>> Recorded.from_table(table, nA).offset
        3.5 * msecond
        """
        time = "t_ms" if "t_ms" in table else "t"
        missing = [name for name in (time, "I") if name not in table]
        if missing:
            raise InputError(
                f"Recorded: expected columns t_ms (or t) and I, got {list(table.columns)}"
            )
        if time == "t" and time_unit is None:
            raise InputError("Recorded: column t has no unit; give time_unit=, or name it t_ms")
        for name in (time, "I"):
            check_plain(f"Recorded: column {name}", table[name].to_numpy())
            _check_numbers(table[name])
        if "neuron" in table:
            check_neurons(table)
            _check_single(table, time)
            wide = table.pivot(index=time, columns="neuron", values="I")
            if wide.isna().any(axis=None):
                raise InputError(
                    "Recorded: neurons have samples at different times, or NaN; take one of them "
                    "(of a recording: stimulus(sweep)), or interpolate them at the same times"
                )
            times, values = wide.index.to_numpy(), wide.to_numpy()
        else:
            times, values = table[time].to_numpy(), table["I"].to_numpy()
        for name, given, example in (("unit", unit, "nA"), ("time_unit", time_unit, "ms")):
            if isinstance(given, str):
                raise InputError(
                    f"Recorded {name}: expected a unit such as {example}, got {given!r}"
                )
        said = input_unit(table)
        if said not in ("", unit_text(unit)):
            raise InputError(
                f"Recorded unit: {unit_text(unit)}, but the column I_unit says {said}; give that "
                "unit, or leave the column out"
            )
        times = times * (ms if time == "t_ms" else time_unit)
        return cls(values * unit, onset=zero() if onset is None else onset, times=times)

    @property
    def offset(self) -> Quantity:
        """End of the last sample."""
        if self.times is None:
            return self.onset + len(self.values) * self.dt
        return self.onset + _edges(self.times, len(self.values))[-1] * second

    @property
    def breakpoints(self) -> list[float]:
        """Every change of the value, in whichever neuron."""
        return np.unique(np.add.outer(np.asarray(self.onset, dtype=float), self._edges)).tolist()

    @property
    def _edges(self) -> np.ndarray:
        """When each sample begins, and the last one ends, in seconds after the onset."""
        count = len(self.values)
        if self.times is not None:
            return _edges(self.times, count)
        return np.arange(count + 1) * float(self.dt)

    def term(self, model, name, at):
        check_quantity(f"Recorded values for {model.name}", self.values, model.input_unit)
        return self.samples_term(model, name, at)

    def samples_term(self, model, name: str, at: At) -> Term:
        """Return the text of samples of any unit."""
        begin = np.asarray(at.zero) + np.asarray(self.onset, dtype=float)
        if at.dt is None or self._keeps_step(begin, at.dt):
            return self._held(model, name, at)
        return self._averaged(name, at, begin)

    def _keeps_step(self, begin, dt: float) -> bool:
        """Return whether all samples begin and end with a step."""
        if self.times is not None or not np.all(on_grid(begin, dt)):
            return False
        # The last one too: what a single sample is off adds up over all of them.
        return all(on_grid(k * float(self.dt), dt) for k in (1, len(self.values)))

    def _held(self, model, name, at: At) -> Term:
        """Return the samples as they are, read in the middle of the step.

        A step of the integration meets an array of even samples, a solver of its own any.
        """
        samples, onset = f"{name}_samples", f"{name}_onset"
        neuron = ", i" if np.ndim(self.values) == 2 else ""
        gate = self.gate(name, at)
        value = f"{samples}({at.local(_MIDDLE)} - {onset}{neuron})"
        term = self.gated(model, name, gate, value, {}, {"onset": self.onset})
        if at.dt is None:
            function = held_function(self._edges, self.values)
        else:
            function = _timed_array(self.values, float(self.dt), at.dt)
        term = replace(term, namespace={samples: function}, rules=(), fixed=True)
        return settled(term, set(term.parameters))

    def _averaged(self, name, at: At, begin) -> Term:
        """Return the mean of the samples over each step."""
        values = np.asarray(self.values, dtype=float)
        if np.ndim(begin):
            columns = [
                step_means(b + self._edges, values[:, k] if values.ndim == 2 else values, at.dt)
                for k, b in enumerate(begin)
            ]
            length = max(map(len, columns))
            means = np.stack([np.pad(c, (0, length - len(c))) for c in columns], axis=1)
        else:
            means = step_means(float(begin) + self._edges, values, at.dt)
        samples, onset, offset = f"{name}_samples", f"{name}_onset", f"{name}_offset"
        end = (*at.origin, offset)
        means = Quantity.with_dimensions(means, get_dimensions(self.values))
        neuron = ", i" if means.ndim == 2 else ""
        term = Term(
            f"{samples}({_MIDDLE}{neuron})",
            parameters={onset: self.onset, offset: self.offset},
            namespace={samples: TimedArray(means, dt=at.dt * second)},
            end=end,
            windows=(((*at.origin, onset), end),),
            fixed=True,
        )
        return settled(term, {onset, offset})


def step_means(edges: np.ndarray, values: np.ndarray, dt: float) -> np.ndarray:
    """Return the mean of held samples over each step from time 0, and a last step of zero.

    Parameters
    ----------
    edges : array, shape (samples + 1,)
        When each sample begins, and the last one ends, ascending.
    values : array, shape (samples,) or (samples, neurons)
    dt : float
        In the unit of `edges`.

    Returns
    -------
    array, shape (steps + 1,) or (steps + 1, neurons)

    Examples
    --------
    >>> step_means(np.array([0.5, 1.0, 1.25, 3.0]), np.array([2.0, 4.0, 8.0]), 1.0)
    array([1., 7., 8., 0.])
    """
    edges = edges / dt  # in steps, and without rounding where a sample begins with a step
    edges = np.where(np.abs(edges - np.round(edges)) < _ROUNDING, np.round(edges), edges)
    held = np.concatenate([np.zeros_like(values[:1]), values, np.zeros_like(values[:1])])
    first = np.ceil(edges - 0.5).astype(int)  # step whose middle a sample is the first to hold
    counts = np.diff(first, prepend=0, append=int(np.ceil(edges[-1])) + 1)
    means = np.repeat(held, counts, axis=0)  # the longest of all arrays, and the only so long
    broken = np.unique(np.floor(edges[edges % 1 > 0]))
    if len(broken):
        means[broken.astype(int)] = _means_by_parts(edges, held, broken)
    return means


def _means_by_parts(edges: np.ndarray, held: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return the means over some steps of what is held between edges, before them and after."""
    cuts = np.unique(np.concatenate([edges[edges % 1 > 0], steps, steps + 1]))
    lengths = np.diff(cuts)
    middles = cuts[:-1] + lengths / 2
    mine = np.isin(np.floor(middles), steps)
    lengths, middles = lengths[mine], middles[mine]
    parts = held[np.searchsorted(edges, middles, side="right")]
    parts = parts * (lengths[:, None] if held.ndim == 2 else lengths)
    return np.add.reduceat(parts, np.searchsorted(np.floor(middles), steps), axis=0)


def _timed_array(values: Quantity, length: float, dt: float) -> TimedArray:
    """Return samples of a whole number of steps; Brian2 warns of any other, and of rounding."""
    steps = round(length / dt)
    if length / dt == steps:
        return TimedArray(values, dt=length * second)
    each_step = np.repeat(np.asarray(values, float), steps, axis=0)
    return TimedArray(Quantity(each_step, dim=get_dimensions(values)), dt=dt * second)


def held_function(edges: np.ndarray, values: Quantity) -> Function:
    """Return held samples as a function of time (and neuron), for Python only.

    It is zero before the first one and after the end of the last.
    """
    numbers = np.asarray(values, dtype=float)
    unit = _unit_of(values)
    around = np.concatenate([np.zeros_like(numbers[:1]), numbers, np.zeros_like(numbers[:1])])

    def samples(t, *neuron):
        k = np.searchsorted(edges, t, side="right")
        return around[(k, *(np.asarray(i, int) for i in neuron))]

    made = Function(samples, arg_units=[second, 1][: numbers.ndim], return_unit=unit)
    made.implementations.add_numpy_implementation(samples, discard_units=True)
    made.values = numbers
    return made


def _check_numbers(column) -> None:
    """Raise InputError for a column of words, dates or truth values."""
    if column.dtype.kind in "iuf":
        return
    numbers = column.map(lambda x: isinstance(x, Real) and not isinstance(x, bool | np.bool_))
    if not numbers.all():
        first = column[~numbers].iloc[0]
        raise InputError(
            f"Recorded: column {column.name}: expected plain numbers, got {first} "
            f"({type(first).__name__})"
        )


def _check_single(table, time: str) -> None:
    """Raise InputError where a neuron has several samples at one time."""
    twice = table[table.duplicated(["neuron", time])]
    if len(twice):
        neuron, at = twice.iloc[0][["neuron", time]]
        raise InputError(
            f"Recorded: neuron {neuron:g} has several samples at {time} = {at:g}; keep one"
        )


def _unit_of(values) -> Quantity:
    return Quantity.with_dimensions(1.0, get_dimensions(values))


def _edges(times, count: int) -> np.ndarray:
    """Return when each of `count` samples begins, and the last one ends, in seconds."""
    edges = np.asarray(times, dtype=float)
    return edges if len(edges) > count else np.append(edges, 2 * edges[-1] - edges[-2])


def _check_times(times, count: int) -> None:
    numbers = check_quantity("Recorded times", times, ms)
    if np.ndim(numbers) != 1 or len(numbers) not in (count, count + 1) or len(numbers) < 2:
        raise InputError(
            f"Recorded times: expected {count} times, one per sample (or one more, the end of the "
            f"last; at least two), got shape {np.shape(numbers)}"
        )
    if numbers[0] < 0:
        raise InputError(f"Recorded times: must not be negative, got {numbers[0]:g} ms")
    wrong = np.flatnonzero(np.diff(numbers) <= 0)
    if len(wrong):
        k = wrong[0]
        what = "occur twice" if numbers[k] == numbers[k + 1] else "are not in order"
        raise InputError(
            f"Recorded times: must ascend, but {numbers[k]:g} and {numbers[k + 1]:g} ms {what} "
            f"(samples {k} and {k + 1})"
        )
