"""The cache of programs, and of the headers with which they are compiled.

Each is an entry, a folder named by what it was made from. Programs are started from here, so the
cache must be its user's own. Things are deleted from here, so they must be ours: the folders
``programs`` and ``headers`` and every entry in them carry a mark, and what carries none is never
deleted.
"""

import contextlib
import functools
import hashlib
import json
import os
import platform
import secrets
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import platformdirs
from filelock import FileLock

from ....errors import InputError
from ....files import user_path
from ....progress import tell
from ...scratch import Scratch
from .program import Program

MAX_BYTES, MAX_BYTES_OF_HEADERS = 500 * 2**20, 200 * 2**20
_PROGRAM, _HEADERS = {"main", "manifest.json"}, {"headers.h", "headers.h.gch"}
_PAYS = 2  # programs that are there before headers are compiled
_SUMS = "checksums.json"
_MARK = "made-by-excitable"
_PRIVATE: dict[str, tuple[Program, Scratch]] = {}
_WHOLE: dict[Path, list[tuple]] = {}  # what this process has found whole, as `_states` says


def cache_folder() -> Path:
    """Return where programs are kept: below ``$EXCITABLE_CACHE``, or the user's cache folder."""
    chosen = os.environ.get("EXCITABLE_CACHE") or platformdirs.user_cache_path("excitable")
    return user_path(chosen).absolute() / "programs"


def headers_folder() -> Path:
    """Return where compiled headers are kept, beside the programs."""
    return cache_folder().with_name("headers")


def key_of(*parts: object) -> str:
    """Return the name of the entry that is made from these parts on this machine."""
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

    Raises
    ------
    InputError
        If the cache is not the user's own, or can be written by others.

    Notes
    -----
    It is built in a private folder and renamed when whole, under a lock, so that neither a
    second process nor a kill leaves half a program. A cache that cannot be written, or is full,
    still gives the programs that are in it; others are built for this process only, and one line
    says so.
    """
    folder = cache_folder()
    place = folder / key
    try:
        held = _locked(folder, key)
    except OSError as error:
        return Program.open(place) if is_whole(place) else _private(key, build, error)
    with held:
        try:
            _build_unless_whole(place, build, _PROGRAM, MAX_BYTES)
        except OSError as error:  # no room is left in it
            return _private(key, build, error)
    return Program.open(place)


def headers(key: str, build: Callable[[Path], None]) -> Path | None:
    """Return the folder with the compiled headers of that name, building it as `program` does.

    None while there are few programs, whose headers are read in less time than they are compiled
    in; and where the cache cannot be written, or no room is left in it.
    """
    folder = headers_folder()
    with contextlib.suppress(OSError):
        if not is_whole(folder / key, _HEADERS) and len(_by_last_use(cache_folder())) < _PAYS:
            return None
        with _locked(folder, key):
            _build_unless_whole(folder / key, build, _HEADERS, MAX_BYTES_OF_HEADERS)
            return folder / key
    return None


def _locked(folder: Path, key: str):
    """Return the lock under which an entry is built, held until the end of a block."""
    _make(folder)
    return FileLock(folder / f"{key}.lock").acquire()


def _build_unless_whole(place: Path, build: Callable, needed: set[str], most: int) -> None:
    if not is_whole(place, needed):
        _remove(place)
        _build_atomically(place, build)
        _evict(place.parent, keep=place, most=most)
    os.utime(place)


def _make(folder: Path) -> None:
    """Make a folder of entries, or make sure that it is safe to use."""
    _make_closed(folder)
    above = _open_above(folder)
    if above:
        raise InputError(
            f"the program cache {folder} lies in {above}, where everybody can put another in its "
            f"place, with programs that would be run: chmod o-w '{above}' if it is yours, or "
            "choose another folder with the environment variable EXCITABLE_CACHE"
        )
    if not is_own(folder):
        raise InputError(
            f"the program cache {folder} belongs to another user or can be written by others, who "
            f"could put programs there that would be run: chmod go-w '{folder}' if it is yours, "
            "or choose another folder with the environment variable EXCITABLE_CACHE"
        )
    if not (folder / _MARK).exists():
        (folder / _MARK).touch()


def _make_closed(folder: Path) -> None:
    """Make a folder and those above it that are missing, for the user alone under any umask."""
    if not folder.exists():
        _make_closed(folder.parent)
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)


def _open_above(folder: Path) -> Path | None:
    """Return a folder above this one in which everybody may rename what is not theirs."""
    if not hasattr(os, "geteuid"):
        return None
    for above in (*folder.parents, *folder.resolve().parents):
        if above.stat().st_mode & (stat.S_IWOTH | stat.S_ISVTX) == stat.S_IWOTH:
            return above
    return None


def is_own(path: Path) -> bool:
    """Return whether a path is this user's (or root's), and nobody else may write it."""
    if not hasattr(os, "geteuid"):
        return True
    about, link = path.stat(), path.lstat()  # whoever has made a link can lead it elsewhere
    owners = {about.st_uid, link.st_uid}
    return owners <= {os.geteuid(), 0} and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _private(key: str, build: Callable[[Path], None], why: OSError) -> Program:
    """Return a program that is built for this process only, once."""
    if key not in _PRIVATE:
        _tell_once(
            f"the program cache {cache_folder()} cannot be used ({why}); building without it"
        )
        held = Scratch(until_exit=True)
        place = held.folder / "program"
        place.mkdir()
        build(place)
        _PRIVATE[key] = Program.open(place), held
    return _PRIVATE[key][0]


_tell_once = functools.cache(tell)


def is_whole(place: Path, needed: set[str] = _PROGRAM) -> bool:
    """Return whether an entry is the user's own, and all its files are there and unchanged."""
    try:
        if place.is_symlink() or not (is_own(place.parent) and is_own(place)):
            return False
        if _open_above(place.parent):
            return False
        before = _states(place)
        if _WHOLE.get(place) == before:
            return True
        sums = json.loads((place / _SUMS).read_text())
        whole = (
            isinstance(sums, dict)
            and sums == {name: _sum(place / name) for name in _files(place)}
            and needed <= set(sums)
            and all(os.access(place / name, os.X_OK) for name in needed & {"main"})
            and all(is_own(place / name) for name in sums)
        )
    except (OSError, ValueError):
        return False
    if whole:
        _WHOLE[place] = before
    return whole


def _states(place: Path) -> list[tuple]:
    """Return what changes with any change to an entry's files, without reading them."""
    found = []
    for folder, folders, files in os.walk(place):
        folders.sort()
        for name in sorted(files):
            about = os.lstat(os.path.join(folder, name))
            found.append((folder, name, about.st_ino, about.st_size, about.st_mode, about.st_uid,
                          about.st_mtime_ns, about.st_ctime_ns))  # fmt: skip
    return found


def entries() -> list[tuple[str, float, float]]:
    """Return name, size in MiB and age in days of every program, the last used first."""
    now = time.time()
    found = reversed(_by_last_use(cache_folder()))
    return [(place.name, size / 2**20, (now - used) / 86400) for used, size, place in found]


def _by_last_use(folder: Path) -> list[tuple[float, int, Path]]:
    """Return when each entry was used last, its size in bytes and its folder, oldest first.

    One that another process deletes meanwhile is left out, as are those that are being built.
    """
    found = []
    for place in _marked(folder):
        with contextlib.suppress(FileNotFoundError):
            if not place.name.startswith("."):
                found.append((place.stat().st_mtime, _size(place), place))
    return sorted(found)


def _marked(folder: Path) -> list[Path]:
    """Return the folders that were made here, in a folder of entries that was made here."""
    if not (folder / _MARK).is_file():
        return []
    return [p for p in folder.iterdir() if not p.is_symlink() and (p / _MARK).is_file()]


def clear() -> int:
    """Delete all entries; return how many programs there were. Whatever else is there stays."""
    programs, compiled = (_by_last_use(folder) for folder in (cache_folder(), headers_folder()))
    for *_, place in (*programs, *compiled):
        shutil.rmtree(place, ignore_errors=True)
    return len(programs)


def _remove(place: Path) -> None:
    """Make room for an entry: what stands in its place and is not ours is put aside."""
    if place.is_symlink() or (place.exists() and place not in _marked(place.parent)):
        place.rename(place.with_name(f"{place.name}-not-ours-{secrets.token_hex(4)}"))
    shutil.rmtree(place, ignore_errors=True)


def _build_atomically(place: Path, build: Callable[[Path], None]) -> None:
    private = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    try:
        (private / _MARK).touch()
        build(private)
        (private / _MARK).write_text(str(_measured(private)))
        sums = {name: _sum(private / name) for name in _files(private)}
        for file in private.rglob("*"):  # whatever the umask lets others do
            file.chmod(file.stat().st_mode & ~(stat.S_IWGRP | stat.S_IWOTH))
        (private / _SUMS).write_text(json.dumps(sums))
        (private / _SUMS).chmod(0o600)
        private.rename(place)
    except BaseException:
        shutil.rmtree(private, ignore_errors=True)
        raise


def _files(place: Path) -> list[str]:
    """Return the files that an entry consists of."""
    files = sorted(p for p in place.rglob("*") if p.is_file())
    return [str(p.relative_to(place)) for p in files if p.name != _SUMS]


def _sum(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _size(place: Path) -> int:
    """Return the size of an entry, which its mark says: there are hundreds, of many files each."""
    noted = (place / _MARK).read_bytes()
    return int(noted) if noted.isdigit() else _measured(place)


def _measured(place: Path) -> int:
    return sum(p.stat().st_size for p in place.rglob("*") if p.is_file())


def _evict(folder: Path, keep: Path, most: int) -> None:
    """Delete what was left by killed builds, and the longest unused entries above the bound."""
    day_ago = time.time() - 86400
    for left in _marked(folder):
        with contextlib.suppress(FileNotFoundError):
            if left.name.startswith(".") and left.stat().st_mtime < day_ago:
                shutil.rmtree(left, ignore_errors=True)
    places = _by_last_use(folder)
    total = sum(size for _, size, _ in places)
    for _, size, place in places:
        if total <= most:
            return
        if place != keep:
            total -= size
            shutil.rmtree(place, ignore_errors=True)
