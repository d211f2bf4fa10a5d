"""The files of a study and the report: complete, self-contained, and never half written."""

import base64
import json
import os
import re
from html.parser import HTMLParser

import excitable.experiments.report as report
import numpy as np
import pandas as pd
import pytest
from excitable.analysis.plots import new_axes
from excitable.experiments.formatting import format_column, format_number, header
from excitable.experiments.report import check_output_folder, json_safe, save_study, write_report
from excitable.experiments.study import Section, StudyResult

MATH = '<math display="block"><mi>τ</mi><mo>=</mo><mn>10</mn></math>'


def figure():
    ax = new_axes()
    ax.plot([0, 1], [0, 1])
    return ax.figure


def fi_table(rows=3):
    table = pd.DataFrame({"I": np.arange(rows) / 10, "rate_Hz": 72.13475204, "I_unit": "nA"})
    table.attrs = {"I_unit": "nA", "seed": np.int64(7), "rates": np.array([1.0, np.nan])}
    return table


def study(name="lif", **tables):
    section = Section(
        "Firing rate",
        f"The **rate** at 2 nA.\n\n{MATH}\n\n| a | b |\n|---|---|\n| 1 | 2 |",
        {"curve": figure(), "other": figure()},
        tables or {"fi": fi_table(), "plain": pd.DataFrame({"x": [1]})},
        {"curve": "A *curve*."},
    )
    return StudyResult(name, f"Title of {name}", "The summary.", (section,), {"rate_Hz": 72.1})


class Page(HTMLParser):
    """Collects what a browser would load, and the rows of every table."""

    def __init__(self, text):
        super().__init__()
        self.loads, self.images, self.rows, self.tags, self.ids = [], [], 0, set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.add(tag)
        self.rows += tag == "td"
        self.ids += [attributes["id"]] if "id" in attributes else []
        if tag == "img":
            self.images.append(attributes["src"])
        self.loads += [attributes[key] for key in ("src", "srcset", "data") if key in attributes]
        if tag == "link":
            self.loads.append(attributes["href"])


def test_study_writes_every_file(tmp_path):
    files = save_study(study(), tmp_path)
    assert {path.name for path in files} == {
        *("curve.png", "curve.svg", "other.png", "other.svg"),
        *("fi.csv", "fi.json", "plain.csv", "study.json"),
    }
    assert all(path.parent == tmp_path / "lif" and path.stat().st_size for path in files)
    assert os.listdir(tmp_path) == ["lif"]
    lines = (tmp_path / "lif" / "fi.csv").read_text("utf-8").splitlines()
    assert lines == ["I,rate_Hz,I_unit", *(f"{i / 10},72.13475204,nA" for i in range(3))]
    attrs = json.loads((tmp_path / "lif" / "fi.json").read_text("utf-8"))
    assert attrs == {"I_unit": "nA", "seed": 7, "rates": [1.0, None]}


def test_report_holds_everything_and_loads_nothing(tmp_path):
    save_study(study("lif"), tmp_path)
    save_study(study("qif"), tmp_path)
    text = write_report(tmp_path).read_text("utf-8")
    page = Page(text)
    assert len(page.images) == 4
    assert all(load.startswith("data:image/") for load in page.loads)
    assert not re.search(r"@import|url\(", text)
    assert "script" not in page.tags
    assert len(page.ids) == len(set(page.ids))
    embedded = base64.b64decode(page.images[0].partition("base64,")[2])
    assert embedded == (tmp_path / "lif" / "curve.svg").read_bytes()
    for part in ("Title of lif", "Title of qif", "The summary.", "<em>curve</em>", MATH):
        assert part in text
    assert "rate (Hz)" in text
    assert "<i>I</i> (nA)" in text
    assert text.count("72.1348") == 2 * 3


def test_all_rows_of_a_long_table_are_there(tmp_path):
    save_study(study(fi=fi_table(300)), tmp_path)
    text = write_report(tmp_path).read_text("utf-8")
    assert text.count('<td class="number">72.1348</td>') == 300
    assert 'class="box long"' in text


def test_large_svg_is_embedded_as_png(tmp_path, monkeypatch):
    save_study(study(), tmp_path)
    monkeypatch.setattr(report, "_LARGEST_SVG", 10)
    page = Page(write_report(tmp_path).read_text("utf-8"))
    assert all(image.startswith("data:image/png;") for image in page.images)


def test_report_keeps_the_given_order_and_leaves_out_what_is_not_there(tmp_path):
    for name in ("a", "b"):
        save_study(study(name), tmp_path)
    text = write_report(tmp_path, ["b", "missing", "a"]).read_text("utf-8")
    assert text.index('id="b-0"') < text.index('id="a-0"')
    assert "missing" not in text


def test_failed_study_is_listed_beside_its_earlier_results(tmp_path):
    save_study(study("lif"), tmp_path)
    failures = {"lif": "ValueError: dt < 0", "qif": "OSError: no compiler"}
    text = write_report(tmp_path, ["lif", "qif"], failures).read_text("utf-8")
    assert "ValueError: dt &lt; 0" in text
    assert "OSError: no compiler" in text
    assert text.count("from an earlier run") == 1
    assert "Title of lif" in text


def test_report_without_results_says_so(tmp_path):
    assert "no results yet" in write_report(tmp_path).read_text("utf-8")


class UnwritableTable(pd.DataFrame):
    def to_csv(self, *args, **kwargs):
        raise OSError("disk full")


def test_failing_save_leaves_earlier_results(tmp_path):
    save_study(study(), tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(OSError, match="disk full"):
        save_study(study(fi=UnwritableTable({"x": [1]})), tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert os.listdir(tmp_path) == ["lif"]


def test_failing_move_puts_earlier_results_back(tmp_path, monkeypatch):
    save_study(study(), tmp_path)
    before = sorted(path.name for path in (tmp_path / "lif").iterdir())
    rename = type(tmp_path).rename

    def fail_for_fresh(path, target):
        if path.suffix == ".new":
            raise OSError("in use")
        return rename(path, target)

    monkeypatch.setattr(type(tmp_path), "rename", fail_for_fresh)
    with pytest.raises(OSError, match="in use"):
        save_study(study(fi=fi_table()), tmp_path)
    assert sorted(path.name for path in (tmp_path / "lif").iterdir()) == before
    assert os.listdir(tmp_path) == ["lif"]


def test_results_that_a_killed_process_had_moved_away_are_put_back(tmp_path):
    """It was killed between the two renames; the next run fails."""
    save_study(study(fi=fi_table()), tmp_path)
    before = sorted(path.name for path in (tmp_path / "lif").iterdir())
    (tmp_path / "lif").rename(tmp_path / ".lif-1.old")
    (tmp_path / ".lif-1.new").mkdir()
    for left in tmp_path.iterdir():
        os.utime(left, (0, 0))
    with pytest.raises(OSError, match="disk full"):
        save_study(study(fi=UnwritableTable({"x": [1]})), tmp_path)
    assert sorted(path.name for path in (tmp_path / "lif").iterdir()) == before
    assert os.listdir(tmp_path) == ["lif"]


def test_later_run_replaces_all_files_of_the_earlier(tmp_path):
    save_study(study(old=fi_table()), tmp_path)
    save_study(study(new=fi_table()), tmp_path)
    names = {path.name for path in (tmp_path / "lif").glob("*.csv")}
    assert names == {"new.csv"}


def test_output_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    for error in (ValueError, OSError):
        with pytest.raises(error, match="file/results"):
            check_output_folder(tmp_path / "file" / "results")
    with pytest.raises(ValueError, match="file"):
        check_output_folder(tmp_path / "file")


def test_output_folder_is_left_empty(tmp_path):
    assert check_output_folder(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_names_are_unique_within_a_study():
    table = pd.DataFrame({"x": [1]})
    sections = tuple(Section(title, tables={"fi": table}) for title in "AB")
    with pytest.raises(ValueError, match=r"names fi for more than one"):
        StudyResult("lif", "", "", sections)
    with pytest.raises(ValueError, match=r"names fi for more than one"):
        StudyResult("lif", "", "", (Section("A", tables={"fi": table}, figures={"fi": None}),))


def test_study_refuses_what_cannot_be_written():
    table = pd.DataFrame({"x": [1]})
    with pytest.raises(ValueError, match="'a/b' cannot be the name of a figure or table"):
        Section("A", tables={"a/b": table})
    with pytest.raises(ValueError, match="captions for fj"):
        Section("A", tables={"fi": table}, captions={"fj": "typed wrongly"})
    with pytest.raises(ValueError, match=r"kept for study\.json"):
        StudyResult("lif", "", "", (Section("A", tables={"study": table}),))
    with pytest.raises(ValueError, match=r"'rate_Hz' .* is '72'"):
        StudyResult("lif", "", "", (), {"rate_Hz": "72"})
    with pytest.raises(ValueError, match="cannot be the name of a study"):
        StudyResult("../lif", "", "", ())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (8.1140533, "8.11405"),
        (-67.9781172, "−67.9781"),
        (3.1e-5, "3.1 × 10⁻⁵"),
        (2e7, "2 × 10⁷"),
        (0.0, "0"),
        (np.nan, "–"),
        (np.inf, "∞"),
    ],
)
def test_numbers_have_six_digits(value, text):
    assert format_number(value) == text


def test_columns_are_written_alike():
    assert format_column(pd.Series([1.5, np.nan, -65.0])) == ["1.5", "–", "−65.0"]
    assert format_column(pd.Series([1, 20])) == ["1", "20"]
    assert format_column(pd.Series([True, False])) == ["yes", "no"]
    assert format_column(pd.Series(["<rk4>", None])) == ["&lt;rk4&gt;", "–"]


def test_headers_show_units():
    assert header("I_Na_uA_per_cm2") == "<i>I</i><sub>Na</sub> (µA/cm²)"
    assert header("g_A", "mS/cm**2") == "<i>g</i><sub>A</sub> (mS/cm²)"
    assert header("a<b") == "a&lt;b"


def test_a_quantity_keeps_its_unit_in_json():
    brian2 = pytest.importorskip("brian2")
    assert json_safe({"dt": 0.025 * brian2.ms}) == {"dt": "25. us"}
    assert json_safe([1 * brian2.nA, 2 * brian2.nA]) == ["1. nA", "2. nA"]
    assert "mV" in json_safe(np.array([1.0, 2.0]) * brian2.mV)
