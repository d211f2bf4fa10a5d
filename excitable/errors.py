"""Every error of ours, under one root: `ExcitableError`. Imports nothing, so that anything may.

Bad input stays a ``ValueError`` and a run that leaves the numbers an ``ArithmeticError``, so that
code which catches those goes on to work.
"""


class ExcitableError(Exception):
    """The root of what this package raises on purpose; its text says what to do."""


class InputError(ExcitableError, ValueError):
    """Something that was handed in makes no sense; the text names it and the remedy."""


class DivergenceError(ExcitableError, ArithmeticError):
    """The integration left the numbers: a state became NaN or infinite.

    ``neurons`` are the neurons to which it happened; empty where that is not known.
    """

    neurons: tuple[int, ...] = ()


class UnresolvedError(DivergenceError, InputError):
    """A step that cannot follow some cells, or cells that make no sense; nothing was run."""


class ProgramError(ExcitableError, RuntimeError):
    """A program did not do what it was asked; its output is kept where the message says."""


class CompileError(ExcitableError, RuntimeError):
    """The C++ compiler refused a generated program; the message holds what it said."""


class UnknownCodeError(ExcitableError, RuntimeError):
    """Brian2 generates other code than is known here, and a program cannot be made from it."""


class WorkerError(ExcitableError, RuntimeError):
    """A worker process died, or could not take its task or return the result."""


class RestWarning(UserWarning):
    """Cells that were to start at rest have none, and start at the model's initial values."""


class CurveRangeWarning(UserWarning):
    """Spiking cells get currents beyond those at which their F-I curve was measured."""


class GeneratedCodeWarning(UserWarning):
    """Brian2 generates other code than is known here: a program is right, but slower."""


class MissedSpikesWarning(UserWarning):
    """Spikes that may not be counted: peaks below the level, or gaps between samples."""


class CoarseStepWarning(UserWarning):
    """Half the step would give other intervals between spikes."""
