"""Progress bars: on a terminal or in a notebook, for work that takes longer than a second."""

import contextlib
import sys

from tqdm.auto import tqdm

_enabled = True


def set_progress(enabled: bool) -> None:
    """Switch progress bars on or off for this process (off where output is not a terminal)."""
    global _enabled
    _enabled = enabled


def bar(iterable=None, **options):
    """Return a tqdm bar in the project's look: hidden for a second, gone when done."""
    options = {"leave": False, "delay": 1.0} | options
    shown = _enabled and sys.stderr is not None  # None under pythonw and some schedulers
    return tqdm(iterable, disable=None if shown else True, **options)


def tell(line: str) -> None:
    """Say something that the user should know, beside the output, where anybody listens."""
    if sys.stderr is not None:
        print(line, file=sys.stderr)


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
