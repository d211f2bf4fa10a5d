"""What the times and frequencies of a stimulus must obey, as data that travel with a program.

A stimulus states its rules in the names of its parameters; they are checked when it is made, when
its text is written for a step, and again with the values that a compiled program is given. Imports
no Brian2: a program runs without it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

import numpy as np

from ..errors import InputError

# Sums of times that differ by less than this part of them are taken as equal.
ROUNDING = 1e-12
# A run of more steps than this is a slip in a unit: at 100 ns a step it takes hours for one cell.
MOST_STEPS = 1e11
# A time is on the grid if it is off by less than this part of a step.
_ON_GRID = 1e-6

_HOLDS = {
    "above zero": lambda total, size, dt: total > ROUNDING * size,
    "not negative": lambda total, size, dt: total >= -ROUNDING * size,
    "slow": lambda total, size, dt: total * dt <= 0.25 * (1 + ROUNDING),
    "long": lambda total, size, dt: total >= dt * (1 - ROUNDING),
    "whole": lambda total, size, dt: total % 1 == 0,
    "zero or one": lambda total, size, dt: (total == 0) | (total == 1),
}
_NEEDS_STEP = ("slow", "long")


@dataclass(frozen=True)
class Rule:
    """One condition on a sum of parameters.

    Attributes
    ----------
    terms : dict of str to float
        Factors of the parameters in the sum.
    must : str
        ``"above zero"``, ``"not negative"``, ``"whole"`` (a whole number), ``"zero or one"``,
        ``"as built"``; or, where the step is known, ``"slow"`` (a frequency of at most a quarter of
        the steps' own) or ``"long"`` (a time of at least a step).
    sentence : str
        What to say where it does not hold.
    shown, unit : str, float
        Unit of the parameters in the message, and that unit in SI units.
    built : tuple of float, optional
        What a sum that must be as built is, in SI units.
    """

    terms: Mapping[str, float]
    must: str
    sentence: str
    shown: str = "ms"
    unit: float = 1e-3
    built: tuple[float, ...] | None = None

    def as_json(self) -> dict:
        """Return what a manifest keeps."""
        return asdict(self)


def with_units(values: Mapping[str, tuple[float, str]]) -> str:
    """Return named numbers as a message gives them.

    Examples
    --------
    >>> with_units({"tau": (10.0, "ms"), "k": (2.0, "1")})
    'tau = 10 ms, k = 2'
    """
    return ", ".join(
        f"{name} = {x:g}" + (f" {unit}" if unit != "1" else "")
        for name, (x, unit) in values.items()
    )


def check_length(length_ms: float, dt_ms: float) -> None:
    """Raise InputError for a run that is shorter than its step, or absurdly long.

    Examples
    --------
    >>> check_length(1, 2)
    Traceback (most recent call last):
    ...
    excitable.errors.InputError: dt: the step of 2 ms is longer than the run of 1 ms; \
give a smaller dt or a longer duration
    """
    if length_ms < dt_ms * (1 - 1e-9):
        raise InputError(
            f"dt: the step of {dt_ms:g} ms is longer than the run of {length_ms:g} ms; give a "
            "smaller dt or a longer duration"
        )
    if length_ms / dt_ms > MOST_STEPS:
        raise InputError(
            f"duration: {length_ms:g} ms at a step of {dt_ms:g} ms is {length_ms / dt_ms:.1g} "
            "steps, which would never end; are the units right?"
        )


def check_sampling(record_dt_ms: float, dt_ms: float) -> None:
    """Raise InputError for samples that would lie between the steps.

    Examples
    --------
    >>> check_sampling(0.25, 0.1)
    Traceback (most recent call last):
    ...
    excitable.errors.InputError: record_dt: 0.25 ms is no whole number of steps of 0.1 ms, and \
between them there is nothing to sample; take a multiple of the step
    """
    if record_dt_ms < dt_ms / 2 or not on_grid(record_dt_ms, dt_ms):
        raise InputError(
            f"record_dt: {record_dt_ms:g} ms is no whole number of steps of {dt_ms:g} ms, and "
            "between them there is nothing to sample; take a multiple of the step"
        )


def on_grid(times, dt: float):
    """Return whether times are whole numbers of steps.

    Examples
    --------
    >>> on_grid(0.3, 0.1), on_grid(0.35, 0.1)
    (True, False)
    """
    steps = np.asarray(times) / dt
    close = np.abs(steps - np.round(steps)) <= _ON_GRID
    return close if close.ndim else bool(close)


def check_rules(
    rules: Iterable[Rule | Mapping],
    values: Mapping[str, float | np.ndarray],
    dt: float | None = None,
    subject: str = "",
) -> None:
    """Raise unless all rules hold.

    Parameters
    ----------
    rules : iterable of Rule, or of what `Rule.as_json` has made of them
    values : dict of str to float or array
        All parameters that the rules name, in SI units.
    dt : float, optional
        Step in seconds; without it the rules on the step are left out.
    subject : str
        Begins the message.

    Raises
    ------
    ValueError
        With the rule's sentence and the values.

    Examples
    --------
    >>> rule = Rule({"I_width": 1.0}, "above zero", "I_width: must be above zero")
    >>> check_rules([rule], {"I_width": -2e-3})
    Traceback (most recent call last):
    ...
    excitable.errors.InputError: I_width: must be above zero, got I_width = -2 ms
    """
    for rule in (r if isinstance(r, Rule) else Rule(**r) for r in rules):
        if dt is None and rule.must in _NEEDS_STEP:
            continue
        given = [np.asarray(values[name], float) for name in rule.terms]
        try:
            given = np.broadcast_arrays(*given)
        except ValueError:
            lengths = ", ".join(f"{k}: {np.size(values[k])}" for k in rule.terms)
            raise InputError(f"{subject}times: numbers of values differ ({lengths})") from None
        parts = [factor * x for factor, x in zip(rule.terms.values(), given, strict=True)]
        total, size = sum(parts), sum(map(np.abs, parts))
        if rule.built is None:
            holds = np.ravel(_HOLDS[rule.must](total, size, dt))
        else:
            holds = np.abs(total - rule.built) <= ROUNDING * size
        if holds.all():
            continue
        first = np.argmin(holds)
        got = with_units(
            {
                name: (np.ravel(x)[first] / rule.unit, rule.shown)
                for name, x in zip(rule.terms, given, strict=True)
            }
        )
        step = f", dt = {dt * 1e3:g} ms" if rule.must in _NEEDS_STEP else ""
        raise InputError(f"{subject}{rule.sentence}, got {got}{step}")
