"""Progress bars: on a terminal or in a notebook, for work that takes longer than a second."""

import contextlib

from brian2 import second
from tqdm.auto import tqdm

_enabled = True


def set_progress(enabled: bool) -> None:
    """Switch progress bars on or off for this process (off where output is not a terminal)."""
    global _enabled
    _enabled = enabled


def bar(iterable=None, **options):
    """Return a tqdm bar in the project's look: hidden for a second, gone when done."""
    options = {"leave": False, "delay": 1.0} | options
    return tqdm(iterable, disable=None if _enabled else True, **options)


@contextlib.contextmanager
def reporter(label: str, duration):
    """Give the arguments of Brian2's ``run`` that drive a bar over simulated time."""
    with bar(
        total=1.0, desc=label, bar_format="{desc} {percentage:3.0f}% |{bar}| {remaining}"
    ) as b:

        def report(elapsed, completed, start, total):
            b.update(completed - b.n)

        yield {"report": None if b.disable else report, "report_period": 0.2 * second}
