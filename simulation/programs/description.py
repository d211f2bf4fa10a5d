"""What a program says of its neurons: names, units and defaults of all numbers. Needs no Brian2."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import reduce

import numpy as np


@dataclass(frozen=True)
class UnitEntry:
    """A unit.

    Attributes
    ----------
    unit : str
    factor : float
        Its size in SI units.
    dimensions : tuple of float
        Exponents of the seven SI units.
    """

    unit: str
    factor: float
    dimensions: tuple[float, ...]


@dataclass(frozen=True)
class ValueEntry(UnitEntry):
    """A number that can be set.

    Attributes
    ----------
    value : float or tuple of float
        Default, in its unit; one for each neuron where they differ.
    meaning : str
    input : str
        Name of the program's input.
    per_neuron : bool
        Whether it may differ between neurons.
    """

    value: float | tuple[float, ...]
    meaning: str
    input: str
    per_neuron: bool


@dataclass(frozen=True)
class Moment:
    """A time of the run that may follow from numbers which can be set.

    Attributes
    ----------
    names : tuple of str
        Times that are added up.
    built_ms : float
        What is added to them and stays as it is.
    """

    names: tuple[str, ...]
    built_ms: float


@dataclass(frozen=True)
class ProgramDescription:
    """What a program runs; kept in its manifest as JSON.

    Attributes
    ----------
    model, title, stimulus : str
    input, input_unit : str
        Name and unit of the model's input.
    membrane : str
        Column of the membrane potential.
    n : int
        Number of neurons.
    values : dict of str to ValueEntry
        All numbers that can be set, by the names that users know.
    aliases : dict of str to str
        Names in the program's text that users may use too.
    rules : tuple of dict
        What given times and frequencies must obey; see `excitable.simulation.input_rules`.
    states : dict of str to UnitEntry
    onsets : tuple of Moment
    offsets : tuple of Moment or None
        When each part of the stimulus is on; None where it does not end.
    duration_ms, dt_ms : float
        Defaults of a run.
    dt_is_fixed : bool
        Whether a recorded input fixes the step.
    method, spikes, precision : str
        How it is integrated.
    is_noisy : bool
    record : tuple of str
        Variables that are sampled.
    record_dt_ms : float or None
    shown : dict of str to (str, float)
        Column of each sampled variable, and that column's unit in SI units.
    start : str
    has_rest : bool
        Whether the program can find the resting state.
    versions : dict of str to str
        What it was made with.
    """

    model: str
    title: str
    stimulus: str
    input: str
    input_unit: str
    membrane: str
    n: int
    values: Mapping[str, ValueEntry]
    aliases: Mapping[str, str]
    rules: tuple[Mapping, ...]
    states: Mapping[str, UnitEntry]
    onsets: tuple[Moment, ...]
    offsets: tuple[Moment | None, ...]
    duration_ms: float
    dt_ms: float
    dt_is_fixed: bool
    method: str
    spikes: str
    precision: str
    is_noisy: bool
    record: tuple[str, ...]
    record_dt_ms: float | None
    shown: Mapping[str, tuple[str, float]]
    start: str
    has_rest: bool
    versions: Mapping[str, str]

    @property
    def varied(self) -> list[str]:
        """Names of what may differ between neurons."""
        return [name for name, entry in self.values.items() if entry.per_neuron]

    def window_ms(self, given: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Return when the stimulus is on for given values, in their own units: first and last."""

        def at(moment: Moment | None):
            if moment is None:
                return np.inf
            factors = {name: self.values[name].factor * 1e3 for name in moment.names}
            return moment.built_ms + sum(given[name] * factor for name, factor in factors.items())

        onsets, offsets = (list(map(at, moments)) for moments in (self.onsets, self.offsets))
        return reduce(np.minimum, onsets or [0.0]), reduce(np.maximum, offsets or [np.inf])

    def to_json(self) -> dict:
        """Return it as what JSON knows."""
        return asdict(self)

    @classmethod
    def from_json(cls, found: Mapping) -> "ProgramDescription":
        """Return what `to_json` has written.

        Raises
        ------
        KeyError, TypeError
            If something is missing, or is not known.
        """
        values = {name: ValueEntry(**_as_tuples(x)) for name, x in found["values"].items()}
        states = {name: UnitEntry(**_as_tuples(x)) for name, x in found["states"].items()}
        shown = {name: tuple(x) for name, x in found["shown"].items()}
        moments = {
            key: tuple(None if x is None else Moment(**_as_tuples(x)) for x in found[key])
            for key in ("onsets", "offsets")
        }
        own = {"values": values, "states": states, "shown": shown, **moments}
        return cls(**_as_tuples(found) | own)


def _as_tuples(found: Mapping) -> dict:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in found.items()}
