"""`Numerics`: how a model is integrated, in one value; every protocol takes its fields by name."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from itertools import chain
from numbers import Real
from types import MappingProxyType

from brian2 import Quantity, ms

from ..errors import InputError
from ..models.checks import check_count, check_name, check_positive
from ..models.methods import method_named
from .backends import BACKENDS, PRECISIONS, Backend
from .input_rules import check_length

LOCATIONS = ("located", "grid")
# What most protocols say of a tolerance.
NO_TOLERANCE = {
    "tolerance": "only `fi_curve` and `rates` choose method and dt by a tolerance; choose dt, and "
    "hold the result against the reference with `certify`"
}


@dataclass(frozen=True)
class Numerics:
    """How a model is integrated.

    Every protocol takes these fields as keywords (``**numerics``) and refuses by name those that
    it cannot use.

    Attributes
    ----------
    method : str, optional
        Integration method; default: the model's own.
    dt : Quantity, optional
        Time step; default: the model's own.
    backend : {"auto", "numpy", "cython", "cpp_standalone"} or Backend, optional
        What computes; default: the fastest that works here for the work at hand.
    precision : {"float64", "float32"}, optional
        Of the state and all arithmetic; default float64.
    threads : int, optional
        OpenMP threads inside one compiled program; default 1.
    spikes : {"located", "grid"}
        Spikes, and resets, located inside the step, or on the time grid as in plain Brian2.
    tolerance : float, optional
        Largest relative error of any rate; chooses `method` and `dt`.

    Raises
    ------
    ValueError
        When built: for a value of the wrong type, name or dimension, and for two that contradict
        each other (a tolerance beside a method or a step; a precision beside a `Backend` that has
        another one).

    Examples
    --------
    >>> from brian2 import ms
    >>> engine = Numerics(dt=0.1*ms, backend="numpy", precision="float32").engine
    >>> engine.name, engine.precision
    ('numpy', 'float32')
    >>> Numerics(dt=0.1*ms, tolerance=1e-3)
    Traceback (most recent call last):
    ...
    excitable.errors.InputError: tolerance: chooses the method and dt; leave both out, or
    the tolerance
    """

    method: str | None = None
    dt: Quantity | None = None
    backend: str | Backend | None = None
    precision: str | None = None
    threads: int | None = None
    spikes: str = "located"
    tolerance: float | None = None

    def __post_init__(self):
        if self.method is not None:
            method_named(self.method)
        if self.dt is not None:
            check_positive("dt", self.dt, ms)
        if not isinstance(self.backend, Backend | str | None):
            raise InputError(
                f"backend: expected a name ({', '.join(BACKENDS)}) or a Backend, got "
                f"{self.backend!r}"
            )
        if self.precision is not None:
            check_name("precision", self.precision, PRECISIONS)
        if self.threads is not None:
            check_count("threads", self.threads)
        check_name("spike timing", self.spikes, LOCATIONS)
        if self.tolerance is not None:
            check_tolerance(self.tolerance)
            if self.method is not None or self.dt is not None:
                raise InputError(
                    "tolerance: chooses the method and dt; leave both out, or the tolerance"
                )
        _ = self.engine  # contradictions of backend, precision and threads

    @property
    def engine(self) -> Backend:
        """The backend with its precision and threads."""
        given = {"precision": self.precision, "threads": self.threads}
        given = {name: value for name, value in given.items() if value is not None}
        if not isinstance(self.backend, Backend):
            return Backend(self.backend or "auto", **given)
        for name, value in given.items():
            own = getattr(self.backend, name)
            if own != value:
                raise InputError(
                    f"{name}={value!r}: the backend given has {name}={own!r}; say it in one place, "
                    f"e.g. backend={self.backend.name!r}, {name}={value!r}"
                )
        return self.backend

    @property
    def of_a_run(self) -> dict:
        """Return the keywords of `excitable.simulation.simulate`."""
        return {
            "method": self.method,
            "dt": self.dt,
            "backend": self.engine,
            "spikes": self.spikes,
        }

    def but(self, *names: str) -> dict:
        """Return what was given as keywords for another protocol, without those named."""
        return {
            f.name: getattr(self, f.name)
            for f in fields(self)
            if f.name not in names and getattr(self, f.name) != f.default
        }

    def step_ms(self, model) -> float:
        """Return the time step in ms: the one given, or the model's."""
        return float((model.dt if self.dt is None else self.dt) / ms)

    def check_length(self, model, length_ms: float) -> None:
        """Raise ValueError for a run that is shorter than its step, or absurdly long."""
        check_length(length_ms, self.step_ms(model))


def numerics_of(
    protocol: Callable, given: Mapping, *, without: Mapping[str, str] = NO_TOLERANCE, **defaults
) -> Numerics:
    """Return the keywords that a protocol was given as one value.

    Parameters
    ----------
    protocol : callable
        Takes ``**numerics``.
    given : dict
        What it took.
    without : dict of str to str
        What it cannot use, and why.
    **defaults
        Its own, where they are not those of `Numerics`.

    Raises
    ------
    ValueError
        For an unknown keyword, with the nearest right one; for one that the protocol cannot use,
        with the reason; and as `Numerics`.

    Examples
    --------
    >>> from excitable.protocols import latency
    >>> numerics_of(latency, {"bakend": "numpy"})
    Traceback (most recent call last):
    ...
    excitable.errors.InputError: unknown keyword of latency 'bakend'; did you mean 'backend'? \
Known: relative_to, \
duration, vary, start, method, dt, backend, precision, threads, spikes
    """
    check_keywords(protocol, given, without)
    return Numerics(**{**defaults, **given})


def check_keywords(
    protocol: Callable,
    given,
    without: Mapping[str, str] = MappingProxyType({}),
    through: Callable | None = None,
) -> None:
    """Raise ValueError for a keyword that a protocol does not have, or cannot use.

    Parameters
    ----------
    protocol : callable
        Its keywords are its own and those of `Numerics`.
    given : iterable of str
    without : dict of str to str
        What it cannot use, and why.
    through : callable, optional
        To which it hands its keywords on, so that those of this one are known too.
    """
    functions = [protocol] if through is None else [protocol, through]
    own = chain.from_iterable(inspect.signature(f).parameters.values() for f in functions)
    named = [p.name for p in own if p.kind is p.KEYWORD_ONLY]
    usable = [f.name for f in fields(Numerics) if f.name not in without and f.name not in named]
    for name in given:
        if name in without:
            raise InputError(f"{protocol.__qualname__} takes no {name}: {without[name]}")
        check_name(f"keyword of {protocol.__qualname__}", name, [*named, *usable])


def check_tolerance(tolerance: float) -> float:
    """Return a tolerance that is one."""
    number = isinstance(tolerance, Real) and not isinstance(tolerance, bool)
    if not number or not 0 < tolerance < 1:
        raise InputError(
            "tolerance: expected a number between 0 and 1 (1e-3 is one per mille), got "
            f"{tolerance!r}"
        )
    return tolerance
