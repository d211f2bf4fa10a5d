"""Files that a user gets are there whole, or as they were; and lie where a path says."""

import os
from pathlib import Path

import pandas as pd
import pytest
from excitable.analysis.plots import new_axes, save_figure
from excitable.experiments.report import save_study, write_report
from excitable.experiments.study import StudyResult
from excitable.explorer import build
from excitable.models import LIF
from excitable.protocols import Constant, read_recording, read_sweep
from excitable.simulation import export, open_program

from excitable import commands
from excitable.commands.output import Output
from excitable.errors import InputError
from excitable.files import written_whole


def table(folder, ending):
    Output(str(folder / f"x{ending}"), "x").table(pd.DataFrame({"I": [1.0, 2.0]}))


WRITERS = {
    "x.csv": lambda folder: table(folder, ".csv"),
    "x.parquet": lambda folder: table(folder, ".parquet"),
    "x.png": lambda folder: save_figure(new_axes().figure, folder, "x"),
    "x.html": lambda folder: build.write_explorer(folder / "x.html"),
    "x.ode": lambda folder: commands.main(["export", "lif", "--format", "ode", "--force",
                                           "--out", str(folder / "x.ode")]),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITERS)
def test_what_cannot_be_written_whole_stays_as_it_was(tmp_path, monkeypatch, capsys, name):
    if name == "x.parquet":
        pytest.importorskip("pyarrow")
    monkeypatch.setattr(build, "explorer_html", lambda *models, **how: "<html>")
    (tmp_path / name).write_text("earlier")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", no_room)
        try:
            assert WRITERS[name](tmp_path) == 2
        except OSError as error:
            assert name in str(error)  # noqa: PT017
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [(name, "earlier")]
    WRITERS[name](tmp_path)
    assert (tmp_path / name).read_bytes() != b"earlier"
    assert not list(tmp_path.glob(".*"))


def no_room(*paths):
    raise OSError(28, "No space left on device")


def test_a_report_that_cannot_be_written_whole_stays_as_it_was(tmp_path, monkeypatch):
    save_study(StudyResult("lif", "LIF", "", ()), tmp_path)
    page = write_report(tmp_path)
    before = page.read_text("utf-8")
    save_study(StudyResult("lif", "another", "", ()), tmp_path)
    monkeypatch.setattr(Path, "replace", no_room)
    with pytest.raises(OSError, match=r"report\.html"):
        write_report(tmp_path)
    assert page.read_text("utf-8") == before
    assert not list(tmp_path.glob(".*"))


def test_links_lead_to_the_new_content_and_pipes_are_written_as_they_are(tmp_path):
    (tmp_path / "link").symlink_to("there")
    (tmp_path / "there").write_text("earlier")
    with written_whole(tmp_path / "link") as file:
        file.write_text("new")
    assert ((tmp_path / "link").is_symlink(), (tmp_path / "there").read_text()) == (True, "new")
    with written_whole(os.devnull) as file:
        assert file == Path(os.devnull)


NOBODY = "~nobody-of-that-name/x"
PATHS = {
    "cache": lambda: commands.main(["cache"]),
    "export": lambda: export(LIF, Constant(LIF.input_unit), NOBODY),
    "open_program": lambda: open_program(NOBODY),
    "read_sweep": lambda: read_sweep(f"{NOBODY}.csv"),
    "read_recording": lambda: read_recording(f"{NOBODY}.csv"),
    "explorer": lambda: build.write_explorer(NOBODY),
    "report": lambda: write_report(NOBODY),
    "--out": lambda: commands.main(["fi", "lif", "--currents", "2", "--out", f"{NOBODY}.csv"]),
}


@pytest.mark.parametrize("what", PATHS)
def test_a_home_folder_of_nobody_is_refused(monkeypatch, capsys, what):
    monkeypatch.setenv("EXCITABLE_CACHE", NOBODY)
    sentence = "there is no such home folder; write the path without ~"
    try:
        assert PATHS[what]() == 2
        assert sentence in capsys.readouterr().err
    except InputError as error:
        assert sentence in str(error)  # noqa: PT017
