"""The cache of programs: a folder per program, named by what it was generated from."""

import atexit
import contextlib
import hashlib
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import platformdirs
from filelock import FileLock

from .program import Program

MAX_BYTES = 500 * 2**20
_SUMS = "checksums.json"
_PRIVATE: dict[str, Program] = {}


def cache_folder() -> Path:
    """Return where programs are kept: ``$EXCITABLE_CACHE``, or the user's cache folder."""
    return Path(os.environ.get("EXCITABLE_CACHE") or platformdirs.user_cache_path("excitable"))


def key_of(*parts: object) -> str:
    """Return the name of the program that is generated from these parts on this machine."""
    everything = [*parts, platform.machine(), platform.node(), sys.version_info[:2]]
    return hashlib.sha256(json.dumps(everything, default=str).encode()).hexdigest()[:24]


def program(key: str, build: Callable[[Path], None]) -> Program:
    """Return the cached program of that name, building it if it is absent or damaged.

    Parameters
    ----------
    key : str
        From `key_of`.
    build : callable
        ``build(folder)`` fills an empty folder.

    Notes
    -----
    It is built in a private folder and renamed when whole, under a lock, so that neither a
    second process nor a kill leaves half a program. A cache that cannot be written still gives
    the programs that are in it; others are built for this process only, and one line says so.
    """
    folder = cache_folder()
    place = folder / key
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f"{key}.lock")
        lock.acquire()
    except OSError as error:
        return Program.open(place) if is_whole(place) else _private(key, build, error)
    try:
        if not is_whole(place):
            shutil.rmtree(place, ignore_errors=True)
            _build_atomically(place, build)
            _evict(folder, keep=place)
        os.utime(place)
    finally:
        lock.release()
    return Program.open(place)


def _private(key: str, build: Callable[[Path], None], why: OSError) -> Program:
    """Return a program that is built for this process only, once."""
    if key not in _PRIVATE:
        print(f"the program cache {cache_folder()} cannot be used ({why}); building without it",
              file=sys.stderr)  # fmt: skip
        folder = Path(tempfile.mkdtemp(prefix="excitable-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        build(folder)
        _PRIVATE[key] = Program.open(folder)
    return _PRIVATE[key]


def is_whole(place: Path) -> bool:
    """Return whether a program's files are all there and unchanged since it was built."""
    try:
        sums = json.loads((place / _SUMS).read_text())
        return all(_sum(place / name) == value for name, value in sums.items())
    except (OSError, ValueError):
        return False


def entries() -> list[tuple[str, float, float]]:
    """Return name, size in MiB and age in days of every program, the last used first."""
    now = time.time()
    found = reversed(_by_last_use(cache_folder()))
    return [(place.name, size / 2**20, (now - used) / 86400) for used, size, place in found]


def _by_last_use(folder: Path) -> list[tuple[float, int, Path]]:
    """Return when each program was used last, its size in bytes and its folder, oldest first.

    One that another process deletes meanwhile is left out, as are those that are being built.
    """
    found = []
    for place in folder.iterdir() if folder.is_dir() else ():
        with contextlib.suppress(FileNotFoundError):
            if not place.name.startswith(".") and (place / _SUMS).exists():
                found.append((place.stat().st_mtime, _size(place), place))
    return sorted(found)


def clear() -> int:
    """Delete all programs; return how many there were."""
    count = len(entries())
    shutil.rmtree(cache_folder(), ignore_errors=True)
    return count


def _build_atomically(place: Path, build: Callable[[Path], None]) -> None:
    private = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    try:
        build(private)
        files = [p for p in sorted(private.rglob("*")) if p.is_file()]
        sums = {str(p.relative_to(private)): _sum(p) for p in files}
        (private / _SUMS).write_text(json.dumps(sums))
        private.rename(place)
    except BaseException:
        shutil.rmtree(private, ignore_errors=True)
        raise


def _sum(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _size(place: Path) -> int:
    return sum(p.stat().st_size for p in place.rglob("*") if p.is_file())


def _evict(folder: Path, keep: Path) -> None:
    """Delete what was left by killed builds, and the longest unused programs above the bound."""
    day_ago = time.time() - 86400
    for left in folder.glob(".*-*"):
        with contextlib.suppress(FileNotFoundError):
            if left.is_dir() and left.stat().st_mtime < day_ago:
                shutil.rmtree(left, ignore_errors=True)
    places = _by_last_use(folder)
    total = sum(size for _, size, _ in places)
    for _, size, place in places:
        if total <= MAX_BYTES:
            return
        if place != keep:
            total -= size
            shutil.rmtree(place, ignore_errors=True)
