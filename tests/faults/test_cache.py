"""The cache of programs runs nothing that is not ours, deletes nothing that is not ours."""

import errno
import json
import os
import shutil
import stat
import string
from pathlib import Path

import pytest
from excitable.simulation.backends.compiled import cache
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from excitable.errors import InputError

KEY = "0123456789abcdef01234567"
SAYS = "#!/bin/sh\necho right\n"
MANIFEST = {"inputs": {}, "outputs": {}, "sizes": {"neurons": 1}, "threads": 1}


def build(folder: Path) -> None:
    """A program that needs no compiler."""
    (folder / "main").write_text(SAYS)
    (folder / "main").chmod(0o755)
    (folder / "manifest.json").write_text(json.dumps(MANIFEST))
    (folder / "static_arrays").mkdir()
    (folder / "static_arrays" / "values").write_bytes(bytes(range(64)))


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The folder that EXCITABLE_CACHE names."""
    monkeypatch.setenv("EXCITABLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "_PRIVATE", {})
    return tmp_path / "cache"


@pytest.fixture
def entry(home):
    return cache.program(KEY, build).folder


def is_right(home: Path) -> bool:
    """Whether the cache now gives the program, built anew or not."""
    folder = cache.program(KEY, build).folder
    assert folder.parent == (home / "programs").resolve()
    return (folder / "main").read_text() == SAYS and os.access(folder / "main", os.X_OK)


# --- damaged entries ------------------------------------------------------------------------------

TEXTS = ["", "null", "{}", "[]", "1", '"x"', "{", '{"main": null}', '{"main": "0"}', "\x00", "é",
         '{"made-by-excitable": 1}', "true", "NaN", "[[]]", '{"manifest.json": ""}']  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_checksums_that_say_nothing_make_nothing_whole(home, entry, text):
    (entry / "main").write_text("#!/bin/sh\necho planted\n")
    (entry / "checksums.json").write_text(text)
    assert not cache.is_whole(entry)
    assert is_right(home)


def test_checksums_of_a_part_of_the_files_make_nothing_whole(home, entry):
    sums = json.loads((entry / "checksums.json").read_text())
    for name in sums:
        left = {k: v for k, v in sums.items() if k != name}
        (entry / "checksums.json").write_text(json.dumps(left))
        assert not cache.is_whole(entry), name
    (entry / "checksums.json").write_text(json.dumps(sums))
    assert cache.is_whole(entry)
    (entry / "more").write_text("")
    assert not cache.is_whole(entry)


FILES = ("main", "manifest.json", "static_arrays/values", "checksums.json")


def without_right(file):
    file.chmod(0o644 if file.name == "main" else 0o000)


DAMAGES = {
    "deleted": lambda file: file.unlink(),
    "emptied": lambda file: file.write_bytes(b""),
    "cut": lambda file: file.write_bytes(file.read_bytes()[:-1]),
    "longer": lambda file: file.write_bytes(file.read_bytes() + b"x"),
    "a folder": lambda file: (file.unlink(), file.mkdir()),
    "a link to nothing": lambda file: (file.unlink(), file.symlink_to("nowhere")),
    "a link to itself": lambda file: (file.unlink(), file.symlink_to(file.name)),
    "zeros": lambda file: file.write_bytes(bytes(file.stat().st_size)),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_made_anew(home, entry, name, damage):
    DAMAGES[damage](entry / name)
    assert not cache.is_whole(entry)
    assert is_right(home)


def test_a_program_that_lost_its_right_to_run_is_made_anew(home, entry):
    (entry / "main").chmod(0o644)
    assert is_right(home)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(FILES), at=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_one_wrong_bit_is_found(home, entry, name, at, bit):
    data = bytearray((entry / name).read_bytes())
    data[at % len(data)] ^= 1 << bit
    (entry / name).write_bytes(bytes(data))
    assert is_right(home)


def test_a_file_or_link_in_the_place_of_an_entry_is_put_aside(home, tmp_path):
    thesis = tmp_path / "thesis"
    thesis.mkdir()
    (thesis / "chapter").write_text("one")
    place = home / "programs" / KEY
    place.parent.mkdir(parents=True, mode=0o700)
    for put in (
        lambda: place.write_text("a file"),
        lambda: place.symlink_to(thesis),
        lambda: place.symlink_to("nowhere"),
        lambda: shutil.copytree(thesis, place),
    ):
        put()
        assert is_right(home)
        shutil.rmtree(place)
    aside = sorted(p.name.split("-")[1] for p in place.parent.iterdir() if "not-ours" in p.name)
    assert len(aside) == 4
    assert (thesis / "chapter").read_text() == "one"


# --- owners and modes -----------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o757, 0o722, 0o1777, 0o702, 0o720, 0o2770])
def test_a_folder_that_others_can_write_is_refused(home, entry, mode):
    entry.parent.chmod(mode)
    with pytest.raises(InputError, match=r"can be written by others.*chmod go-w.*EXCITABLE_CACHE"):
        cache.program(KEY, build)
    entry.parent.chmod(0o700)
    assert is_right(home)


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702, 0o1777])
@pytest.mark.parametrize("name", [".", "main", "manifest.json", "static_arrays/values"])
def test_an_entry_that_others_can_write_is_made_anew(home, entry, mode, name):
    (entry / name).chmod(mode)
    assert not cache.is_whole(entry)
    assert is_right(home)
    assert not (entry / name).stat().st_mode & 0o022


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("name", [".", "main", "manifest.json", "static_arrays/values"])
def test_an_entry_of_somebody_else_is_made_anew(home, entry, name):
    os.chown(entry / name, 12345, -1)
    assert is_right(home)
    assert (entry / name).stat().st_uid == os.geteuid()


@pytest.mark.parametrize("mode", [0o777, 0o757, 0o702, 0o2777])
@pytest.mark.parametrize("above", [1, 2])
def test_a_folder_below_one_where_others_can_put_theirs_is_refused(
    tmp_path, monkeypatch, mode, above
):
    """Whoever can rename a folder can put programs in its place at any time."""
    monkeypatch.setenv("EXCITABLE_CACHE", str(tmp_path / "lab" / "cache"))
    entry = cache.program(KEY, build).folder
    entry.parents[above].chmod(mode)
    with pytest.raises(InputError, match=r"everybody can put another.*chmod o-w.*EXCITABLE_CACHE"):
        cache.program(KEY, build)
    assert not cache.is_whole(entry)
    entry.parents[above].chmod(0o1777)  # as /tmp: nobody can rename what others own
    assert cache.program(KEY, build).folder == entry


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_link_of_somebody_else_is_refused(home, entry):
    """It can lead elsewhere after the folder was found safe."""
    entry.parent.rename(home / "mine")
    entry.parent.symlink_to(home / "mine")
    assert is_right(home)
    os.chown(entry.parent, 12345, -1, follow_symlinks=False)
    with pytest.raises(InputError, match="belongs to another user"):
        cache.program(KEY, build)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_folder_of_somebody_else_is_refused(home, entry):
    os.chown(entry.parent, 12345, -1)
    with pytest.raises(InputError, match="belongs to another user"):
        cache.program(KEY, build)


@pytest.mark.parametrize("mask", [0o000, 0o002, 0o022, 0o027, 0o077])
def test_what_is_made_is_closed_under_any_umask(home, mask):
    before = os.umask(mask)
    try:
        folder = cache.program(KEY, build).folder
    finally:
        os.umask(before)
    assert all(stat.S_IMODE(p.stat().st_mode) == 0o700 for p in (home, folder.parent))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not any(p.stat().st_mode & 0o022 for p in folder.rglob("*"))
    assert cache.is_whole(folder)


# --- what is deleted ------------------------------------------------------------------------------

NAMES = ["thesis", "data.csv", ".ssh", ".git-credentials", f".{KEY}-data", "a-b", "x.lock",
         "checksums.json", KEY[::-1], ".cache-dir"]  # fmt: skip


def fill(folder: Path, name: str) -> None:
    """A user's own folder, which looks like an entry, and is old."""
    (folder / name).mkdir(parents=True)
    (folder / name / "chapter").write_text("one")
    (folder / name / "checksums.json").write_text("{}")
    os.utime(folder / name, (0, 0))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("where", ["", "programs"])
@pytest.mark.parametrize("what", ["clear", "evict"])
def test_what_is_not_ours_stays(home, entry, monkeypatch, name, where, what):
    fill(home / where, name)
    if what == "clear":
        assert cache.clear() == 1
    else:
        monkeypatch.setattr(cache, "MAX_BYTES", 1)
        cache.program(KEY[::2], build)
    assert not entry.exists()
    assert (home / where / name / "chapter").read_text() == "one"


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_called_programs_without_our_mark_stays(home, name):
    """Somebody's own programs, before the first use and without it."""
    fill(home / "programs", name)
    assert (cache.clear(), cache.entries()) == (0, [])
    assert (home / "programs" / name / "chapter").exists()


def test_old_remains_of_a_killed_build_go(home, entry, monkeypatch):
    left = entry.parent / f".{KEY}-left"
    shutil.copytree(entry, left)
    cache.program(KEY[::2], build)
    assert left.exists()  # somebody may be building there
    os.utime(left, (0, 0))
    cache.program(KEY[1::2], build)
    assert not left.exists()
    assert len(cache.entries()) == 3


@pytest.mark.parametrize("mark", [None, b"", b"many", b"\xff", "²".encode()])
def test_sizes_are_those_of_the_files(home, entry, mark):
    """Whether the mark says it, or an older version or somebody else has left another one."""
    if mark is not None:
        (entry / "made-by-excitable").write_bytes(mark)
    files = [p for p in entry.rglob("*") if p.is_file()]
    ((name, size, _),) = cache.entries()
    assert name == KEY
    # The files that say what is there are not part of what they say.
    about = sum((entry / x).stat().st_size for x in ("checksums.json", "made-by-excitable"))
    total = sum(p.stat().st_size for p in files)
    assert total - about <= size * 2**20 <= total


# --- compiled headers -----------------------------------------------------------------------------

COMPILED = {"headers.h": b"#include <cmath>\n", "headers.h.gch": bytes(range(128))}


def build_headers(folder: Path) -> None:
    for name, content in COMPILED.items():
        (folder / name).write_bytes(content)


@pytest.fixture
def headers(home, monkeypatch):
    monkeypatch.setattr(cache, "_PAYS", 0)
    return cache.headers(KEY, build_headers)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", [*COMPILED, "checksums.json"])
def test_damaged_headers_are_made_anew(headers, name, damage):
    DAMAGES[damage](headers / name)
    assert cache.headers(KEY, build_headers) == headers
    assert {name: (headers / name).read_bytes() for name in COMPILED} == COMPILED


def test_headers_that_others_can_write_are_refused_or_made_anew(headers):
    headers.chmod(0o777)
    (headers / "headers.h.gch").write_bytes(b"planted")
    assert (cache.headers(KEY, build_headers) / "headers.h.gch").read_bytes() != b"planted"
    headers.parent.chmod(0o777)
    with pytest.raises(InputError, match="can be written by others"):
        cache.headers(KEY, build_headers)


def test_headers_are_bounded_and_cleared_and_no_programs(home, entry, headers, monkeypatch):
    assert [name for name, *_ in cache.entries()] == [KEY]
    fill(home / "headers", "thesis")
    monkeypatch.setattr(cache, "MAX_BYTES_OF_HEADERS", 1)
    second = cache.headers(KEY[::2], build_headers)
    assert (entry.exists(), headers.exists(), second.exists()) == (True, False, True)
    assert cache.clear() == 1
    assert not second.exists()
    assert (home / "headers" / "thesis" / "chapter").exists()


def test_headers_are_compiled_once_there_are_programs(home, entry):
    """The first program is there sooner without, and an unused cache stays empty."""
    assert cache.headers(KEY, build_headers) is None
    assert not (home / "headers").exists()
    cache.program(KEY[::2], build)
    headers = cache.headers(KEY, build_headers)
    assert headers == home / "headers" / KEY
    cache.clear()
    assert cache.headers(KEY, build_headers) is None


def test_without_a_cache_no_headers_are_compiled(home, monkeypatch):
    monkeypatch.setattr(cache, "_PAYS", 0)
    home.write_text("a file")
    assert cache.headers(KEY, build_headers) is None


# --- where it is ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["here", "./here", "a/../here", "here/", ".", "here/deep/er"])
def test_a_relative_path_is_meant_from_where_it_was_said(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EXCITABLE_CACHE", path)
    found = cache.program(KEY, build)
    assert found.folder == (tmp_path / path / "programs" / KEY).resolve()
    monkeypatch.chdir("/")
    assert (found.folder / "main").exists()


@pytest.mark.parametrize("path", ["~", "~/cache", "~/ä b/c", "~/."])
def test_the_home_folder_may_be_written_as_a_tilde(tmp_path, monkeypatch, path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("EXCITABLE_CACHE", path)
    monkeypatch.chdir(tmp_path)
    folder = cache.program(KEY, build).folder
    assert folder == (tmp_path / path.replace("~", "./") / "programs" / KEY).resolve()
    assert not (tmp_path / "~").exists()


ODD_LETTERS = string.printable.replace("/", "")[:94] + "äß€"
ODD = st.text(st.sampled_from(ODD_LETTERS), min_size=1, max_size=20)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=ODD.filter(lambda s: s.strip(". ") and not s.startswith("~")))
def test_a_folder_may_have_any_name(tmp_path, monkeypatch, name):
    monkeypatch.setenv("EXCITABLE_CACHE", str(tmp_path / name))
    assert is_right(tmp_path / name)


@pytest.mark.parametrize("path", ["/proc/nothing", "/dev/null", "/dev/null/x", "file", "file/x"])
def test_a_path_where_no_folder_can_be_is_said_and_done_without(
    tmp_path, monkeypatch, capsys, path
):
    (tmp_path / "file").write_text("mine")
    monkeypatch.setattr(cache, "_PRIVATE", {})
    monkeypatch.setenv("EXCITABLE_CACHE", str(tmp_path / path))
    for _ in range(2):
        assert (cache.program(KEY, build).folder / "main").read_text() == SAYS
    assert capsys.readouterr().err.count("cannot be used") == 1
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("where", ["at once", "at the end"])
def test_a_cache_that_is_full_is_said_once_and_done_without(home, capsys, where):
    def fills(folder):
        if where == "at the end" or home not in folder.parents:
            build(folder)
        if home in folder.parents:
            raise OSError(errno.ENOSPC, "No space left on device")

    for key in (KEY, KEY[::-1]):
        assert (cache.program(key, fills).folder / "main").read_text() == SAYS
    assert capsys.readouterr().err.count("No space left on device") == 1
    assert cache.entries() == []
