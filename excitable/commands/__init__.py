"""The command line: ``excitable COMMAND``, one file a family of commands.

Nothing heavy is imported before a command runs, so that ``--help`` and ``--version`` are at once.
"""

import argparse
import os
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from .. import __version__
from ..errors import ExcitableError
from . import (
    clamp,
    clamp_curves,
    dynamics,
    firing,
    networks,
    noise,
    pages,
    programs,
    show,
    sweeps,
    thresholds,
)

FAMILIES = (
    show, firing, noise, thresholds, clamp, clamp_curves, dynamics, networks, sweeps, programs,
    pages,
)  # fmt: skip
INTERRUPTED, BROKEN_PIPE = 130, 141  # what a shell expects of what SIGINT and SIGPIPE have ended
EPILOG = """\
Exit codes: 0 done; 1 some of it failed, or a certificate does not pass; 2 bad input, or it cannot
be computed (one sentence says what and what to do); 130 interrupted. Values are in the units that
'excitable models MODEL' shows, times in ms, or carry a unit ('0.5*second'); FROM:TO:COUNT and
FROM:TO are evenly spaced values. Every command's --help has an example.

  excitable fi connor_stevens --currents 0:50:51 --vary g_A 0 24 48 --out a_current.csv
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        options = _completed(_parser()).parse_args([_as_value(text) for text in given])
        return _run(options)
    except BrokenPipeError:  # `excitable models | head`: nobody reads on
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE


def _run(options) -> int:
    from ..progress import lines_where_no_terminal

    try:
        with lines_where_no_terminal(), _warnings_as_lines():
            code = options.command(options)
        if sys.stdout is not None:  # None under pythonw and some schedulers
            sys.stdout.flush()
        return code
    except BrokenPipeError:
        raise
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except (ExcitableError, ValueError, ArithmeticError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


@contextmanager
def _warnings_as_lines() -> Iterator[None]:
    """Show warnings by their text alone: the line that called is one of a script of pip's."""
    usual = warnings.formatwarning
    warnings.formatwarning = lambda message, *_, **__: f"{message}"
    try:
        yield
    finally:
        warnings.formatwarning = usual


def _as_value(text: str) -> str:
    """Return a negative number or range so that it is not taken for an option."""
    return f" {text}" if re.match(r"-[.\d]", text) else text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="excitable",
        description="Single-neuron models, measured from the command line.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"excitable {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for family in FAMILIES:
        family.add(commands)
    return parser


def _completed(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Answer the shell where it asks for completions (the extra ``completion``)."""
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete

        argcomplete.autocomplete(parser)
    return parser
