"""Progress bars: on a terminal or in a notebook, for work that takes longer than a second."""

import contextlib
import re
import sys
import time
import warnings

with warnings.catch_warnings():  # in notebooks without ipywidgets the bar is text, which is fine
    warnings.filterwarnings("ignore", message="IProgress not found")
    from tqdm.auto import tqdm

EVERY = 10.0  # seconds between two lines where output is no terminal
_enabled = True
_lines = False


def set_progress(enabled: bool) -> None:
    """Switch progress bars on or off for this process (off where output is not a terminal)."""
    global _enabled
    _enabled = enabled


def bar(iterable=None, **options):
    """Return a tqdm bar in the project's look: hidden for a second, gone when done."""
    options = {"leave": False, "delay": 1.0} | options
    if _enabled and _lines and not _is_terminal():
        slow = {"mininterval": EVERY, "maxinterval": EVERY, "delay": EVERY, "ascii": True}
        return tqdm(iterable, file=_Lines(), **{**options, **slow})
    shown = _enabled and sys.stderr is not None  # None under pythonw and some schedulers
    return tqdm(iterable, disable=None if shown else True, **options)


def tell(line: str) -> None:
    """Say something that the user should know, beside the output, where anybody listens."""
    if sys.stderr is not None:
        print(line, file=sys.stderr)


def _is_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


class _Lines:
    """Takes a bar's text and writes each state as a line of its own: for logs."""

    def write(self, text: str) -> None:
        """Write a state; what only wipes the bar away is left out."""
        state = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text).strip()  # nested bars move the cursor
        if state and sys.stderr is not None:
            print(f"{time.strftime('%H:%M:%S')} {state}", file=sys.stderr)

    def flush(self) -> None:
        """Let the lines be seen at once."""
        if sys.stderr is not None:
            sys.stderr.flush()


@contextlib.contextmanager
def lines_where_no_terminal():
    """Show progress as a line every ten seconds where output goes to a file, in the block."""
    global _lines
    before, _lines = _lines, True
    try:
        yield
    finally:
        _lines = before


@contextlib.contextmanager
def reporter(label: str):
    """Give a function that takes the fraction done and drives a bar; None where none is shown."""
    shape = "{desc} {percentage:3.0f}% |{bar}| {remaining}"
    with bar(total=1.0, desc=label, bar_format=shape) as shown:
        yield None if shown.disable else lambda fraction: shown.update(fraction - shown.n)


@contextlib.contextmanager
def silent():
    """Show no bars in the block."""
    before = _enabled
    set_progress(False)
    try:
        yield
    finally:
        set_progress(before)
