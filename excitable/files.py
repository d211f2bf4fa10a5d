"""Files of a user: where ``~`` leads, and files that are there whole or as they were."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from .errors import InputError


def user_path(path: str | Path) -> Path:
    """Return a path as it is meant, with ``~`` for a home folder.

    Examples
    --------
    >>> user_path("~no_one/x")
    Traceback (most recent call last):
    ...
    excitable.errors.InputError: '~no_one/x': there is no such home folder; write the path without ~
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise InputError(
            f"{str(path)!r}: there is no such home folder; write the path without ~"
        ) from None


@contextlib.contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """Give another name for the block to write, and put that file in the place of `path` after it.

    A kill, an error or a full disk leaves `path` as it was; what is no file, such as a pipe, is
    written as it is.

    Raises
    ------
    OSError
        Of the block, with the name of `path`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with written_whole(f"{folder}/x.txt") as file:
    ...         _ = file.write_text("all of it")
    ...     os.listdir(folder)
    ['x.txt']
    """
    place = Path(os.path.realpath(path))  # a link stays, and leads to the new content
    if place.exists() and not place.is_file():
        yield place
        return
    fresh = place.with_name(f".{place.stem}-{secrets.token_hex(4)}{place.suffix}")
    try:
        yield fresh
        fresh.replace(place)
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, os.strerror(error.errno), str(path)) from error
    finally:
        fresh.unlink(missing_ok=True)
