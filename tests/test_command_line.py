"""The command line and `run_all.py`: options, exit codes, failures, output."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from excitable.experiments import STUDIES, runner
from excitable.experiments.study import Section, StudyResult

from excitable.__main__ import main as excitable

ROOT = Path(__file__).parent.parent


def test_models_lists_all(capsys):
    assert excitable(["models"]) == 0
    out = capsys.readouterr().out
    for name in ("lif", "connor_stevens_1977", "izhikevich_fs", "izhikevich_2007_tc"):
        assert f"{name} " in out


def test_models_shows_one_with_its_parameters(capsys):
    assert excitable(["models", "connor_stevens"]) == 0
    out = capsys.readouterr().out
    assert "g_A       = 47.7 mS/cm**2" in out
    assert "Dayan & Abbott 2001" in out


def test_unknown_model_exits_2(capsys):
    assert excitable(["models", "conor_stevens"]) == 2
    assert "did you mean 'connor_stevens'" in capsys.readouterr().err


def test_fi_writes_table_and_figure(tmp_path, capsys):
    arguments = ["fi", "lif", "--currents", "1:2:2", "5", "--vary", "t_ref", "0", "5"]
    arguments += ["--set", "tau", "20", "--duration", "400", "--discard", "100"]
    assert excitable([*arguments, "--backend", "numpy", "--out", str(tmp_path)]) == 0
    table = pd.read_csv(tmp_path / "lif_fi.csv")
    assert table["I"].tolist() == [1, 2, 5, 1, 2, 5]
    assert table["t_ref"].tolist() == [0, 0, 0, 5, 5, 5]
    # tau = 20 ms halves the 72.1347520 Hz of the closed form at 2 nA.
    assert table["rate_Hz"][1] == pytest.approx(72.1347520 / 2, rel=1e-6)
    assert (tmp_path / "lif_fi.png").stat().st_size > 5000
    assert (tmp_path / "lif_fi.svg").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fi", "lif", "--currents", "1:2"], "expected a number or FROM:TO:COUNT"),
        (["fi", "lif", "--vary", "tua", "1"], "did you mean 'tau'"),
        (["fi", "lif", "--discard", "5000"], "discard"),
    ],
)
def test_fi_bad_input(arguments, message, capsys, tmp_path):
    assert excitable([*arguments, "--out", str(tmp_path)]) == 2
    assert message in capsys.readouterr().err


def test_sweep_fills_a_store_and_continues_it(tmp_path, capsys):
    arguments = ["sweep", "lif", "--currents", "0:4:3", "--vary", "tau", "10", "20"]
    arguments += ["--vary", "R", "10", "--duration", "300", "--discard", "50"]
    arguments += ["--backend", "numpy", "--workers", "0", "--store", str(tmp_path / "x.csv")]
    assert excitable(arguments) == 0
    assert "6 parameter sets, 6 of them computed now" in capsys.readouterr().out
    assert excitable(arguments) == 0
    assert "0 of them computed now" in capsys.readouterr().out
    (part,) = (tmp_path / "x.csv").glob("part-*.csv")
    table = pd.read_csv(part)
    assert table["I"].tolist() == [0, 2, 4] * 2
    # tau*ln(R I/(R I - 15 mV)) = tau*ln 4 at 2 nA.
    assert table["rate_Hz"][[1, 4]].tolist() == pytest.approx([72.1347520, 36.0673760], rel=1e-6)
    assert excitable([*arguments, "--vary", "C", "1"]) == 2
    assert "unknown parameter 'C'" in capsys.readouterr().err


def make_study(monkeypatch, name, run):
    """Put a study into the list for one test."""
    module = type(sys)(f"excitable.experiments.{name}")
    module.run = run
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(STUDIES, name, name)


@pytest.fixture
def studies(monkeypatch):
    """Replace the list of studies by two small ones, of which one fails."""
    for name in list(STUDIES):
        monkeypatch.delitem(STUDIES, name)

    def good(settings):
        table = pd.DataFrame({"I": [1.0], "rate_Hz": [2.0]})
        section = Section("One", f"quick: {settings.quick}", tables={"one": table})
        return StudyResult("good", "Good", "A summary.", (section,), {})

    def bad(settings):
        raise RuntimeError("this one breaks")

    make_study(monkeypatch, "bad", bad)
    make_study(monkeypatch, "good", good)
    monkeypatch.setattr(runner, "cycle_diagrams", dict)  # takes half a minute


def test_list(capsys):
    assert runner.main(["--list"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in STUDIES)


def test_one_failing_study_does_not_stop_the_others(studies, tmp_path, capsys):
    assert runner.main(["--out", str(tmp_path), "--jobs", "1", "--backend", "numpy"]) == 1
    out = capsys.readouterr().out
    assert "RuntimeError: this one breaks" in out
    assert (tmp_path / "good" / "one.csv").exists()
    report = (tmp_path / "report.html").read_text()
    assert "this one breaks" in report
    assert "A summary." in report


def test_selection_and_success(studies, tmp_path):
    arguments = ["good", "--quick", "--out", str(tmp_path), "--jobs", "1", "--backend", "numpy"]
    assert runner.main(arguments) == 0
    assert "quick: True" in (tmp_path / "report.html").read_text()


def test_ctrl_c_keeps_what_is_finished(studies, monkeypatch, tmp_path, capsys):
    def interrupt(settings):
        raise KeyboardInterrupt

    make_study(monkeypatch, "stopped", interrupt)
    arguments = ["good", "stopped", "--out", str(tmp_path), "--jobs", "1", "--backend", "numpy"]
    assert runner.main(arguments) == runner.INTERRUPTED
    assert "A summary." in (tmp_path / "report.html").read_text()
    assert "interrupted" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["lif_pratical"], "did you mean 'lif_practical'"), (["--jobs", "0"], "--jobs")],
)
def test_run_bad_input(arguments, message, tmp_path, capsys):
    assert runner.main([*arguments, "--out", str(tmp_path)]) == 2
    assert message in capsys.readouterr().out


def test_output_folder_that_is_a_file_is_refused_first(tmp_path, capsys, monkeypatch):
    target = tmp_path / "file"
    target.write_text("")
    monkeypatch.setattr(runner, "run_study", lambda *a: pytest.fail("a study was started"))
    assert runner.main(["--out", str(target)]) == 2
    assert str(target) in capsys.readouterr().out


def test_run_all_script_from_a_checkout(tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "run_all.py", "--list"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith("lif_practical")
