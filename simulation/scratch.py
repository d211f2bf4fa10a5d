"""Folders for files that live as long as a run, and none that a kill leaves for good.

Each is held by a lock, which the system lets go when a process ends, however it ends. The next
process that needs a folder deletes those of its user that nobody holds.
"""

import atexit
import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from filelock import FileLock, Timeout

_PREFIX = "excitable-run-"
_LOCK = ".lock"
YOUNG = 60  # s; a folder younger than this may not have its lock yet


class Scratch:
    """A private folder in the temporary directory; `close` deletes it, or `keep` leaves it there.

    Parameters
    ----------
    until_exit : bool
        Delete it when this process ends.

    Attributes
    ----------
    folder : Path
    """

    def __init__(self, *, until_exit: bool = False):
        delete_abandoned(tempfile.gettempdir())
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._lock = FileLock(self.folder / _LOCK, thread_local=False)
        try:
            self._lock.acquire()
        except BaseException:  # the disk is full
            self.close()
            raise
        if until_exit:
            atexit.register(self.close)

    def close(self) -> None:
        """Delete the folder."""
        self._lock.release()
        shutil.rmtree(self.folder, ignore_errors=True)

    def keep(self) -> Path:
        """Leave the folder to the user under another name, which nothing deletes; return that."""
        self._lock.release()
        (self.folder / _LOCK).unlink(missing_ok=True)
        kept = self.folder.with_name(self.folder.name.replace(_PREFIX, "excitable-failed-"))
        self.folder.rename(kept)
        return kept


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """Give a private folder for the block."""
    held = Scratch()
    try:
        yield held.folder
    finally:
        held.close()


@cache  # once a process, for each temporary directory
def delete_abandoned(directory: str) -> None:
    """Delete the folders of this user that processes have left which are no more."""
    with contextlib.suppress(OSError):
        for folder in Path(directory).glob(f"{_PREFIX}*"):
            with contextlib.suppress(OSError):
                if _is_abandoned(folder):
                    shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    about = folder.lstat()
    own = not hasattr(os, "getuid") or about.st_uid == os.getuid()
    if not own or folder.is_symlink() or time.time() - about.st_mtime < YOUNG:
        return False
    lock = FileLock(folder / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    lock.release()
    return True
