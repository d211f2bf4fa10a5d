"""What this machine offers: cores, and how many of them a run may take."""

import contextlib
import os
from contextvars import ContextVar

_at_once: ContextVar[int | None] = ContextVar("programs that run at once", default=None)


def cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def programs_at_once() -> int:
    """Return into how many programs a run may be cut."""
    return _at_once.get() or cores()


@contextlib.contextmanager
def one_at_a_time():
    """Run one program at a time in the block: the other cores are somebody else's."""
    token = _at_once.set(1)
    try:
        yield
    finally:
        _at_once.reset(token)
