"""Words of a user (titles, meanings, names, texts) stay words wherever they are printed."""

import csv
import re
import subprocess
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest
from brian2 import Unit, ms, nA
from excitable.experiments.report import save_study, write_report
from excitable.experiments.study import Section, StudyResult
from excitable.explorer.build import explorer_html
from excitable.models import LIF, NeuronModel, Parameter
from excitable.models.grouping import describe
from excitable.models.printers.javascript import javascript_text
from excitable.protocols import Constant
from excitable.simulation.backends import Backend, has_compiler
from excitable.simulation.backends.compiled.compile import compiler
from excitable.simulation.backends.compiled.starting_state import starting_state_sources
from excitable.simulation.methods.shared_exponentials import economical
from excitable.simulation.programs.build import plan_program
from excitable.simulation.projects import library, project, tables
from hypothesis import given, settings
from hypothesis import strategies as st

from excitable.errors import InputError

HOSTILE = [
    "a\nint planted = 1;", "a\r#error planted", 'quote " and \\', "ends in \\", "??/",
    "*/ planted /*", "// planted", "%s%n%d", "$(touch planted)", "`touch planted`",
    "; touch planted", "a\\\nb", "$(shell touch planted)", "</script><script>planted()</script>",
    "<img src=x onerror=planted()>", "{{ 7*7 }}", "{% raw %}", "@N@ @MODEL@", "=1+1", "+1", "-1",
    "@SUM(A1)", "=cmd|'/c calc'!A0", "\t=1", "a,b;c", "a\u2028b", "a\u0085b", "\x00", "\x1b[31m",
    "é ß 日本", "'; DROP TABLE x", "]]>", "<!--", "-->", "a\n\n# heading", "| a | b |",
    "[x](javascript:planted())", "${planted}", "\\u000aplanted",
]  # fmt: skip
EVERY = pytest.mark.parametrize("words", HOSTILE, ids=ascii)


def cell(words: str) -> NeuronModel:
    """A LIF whose title, meanings and sources are a user's words."""
    parameters = {
        k: Parameter(p.value, p.unit, words, words, p.range) for k, p in LIF.parameters.items()
    }
    return replace(LIF, title=words, parameters=parameters, references=(words,))


def planned(words: str):
    return plan_program(
        cell(words), Constant(2 * nA), 4, 100 * ms, record=("spikes",), vary=("I",), record_dt=None,
        start="rest", method=None, dt=None, spikes="located", backend=Backend("cpp_standalone"),
    )  # fmt: skip


# --- C++ ------------------------------------------------------------------------------------------


@pytest.mark.skipif(not has_compiler(), reason="needs a C++ compiler")
def test_a_program_says_hostile_words_and_does_nothing_else(tmp_path):
    """Compiled as Brian2 2.9 has it, with trigraphs."""
    lines = "".join(f"    puts({tables.quoted(words)});\n" for words in HOSTILE)
    (tmp_path / "main.cpp").write_text(f"#include <cstdio>\nint main()\n{{\n{lines}}}\n")
    command = [compiler(), "-std=c++11", "main.cpp", "-o", "main"]
    subprocess.run(command, cwd=tmp_path, check=True)
    said = subprocess.run([tmp_path / "main"], capture_output=True, check=True).stdout
    expected = [words.split("\x00")[0].encode() for words in HOSTILE]
    assert said == b"\n".join(expected) + b"\n"


@EVERY
def test_the_header_of_a_program_has_as_many_lines_whatever_the_words(words):
    def header(title):
        _, about = planned(title)
        inputs = {e.input: {"dtype": "float64"} for e in about.values.values()}
        columns = dict.fromkeys(about.values, "")
        return tables.inputs_header({"inputs": inputs, "outputs": {}, "columns": columns}, about)

    assert header(words).count("\n") == header("x").count("\n")
    assert "planted" not in re.sub(r'"[^"\n]*"', "", header(words))


@EVERY
def test_no_word_is_in_the_equations_of_a_program(words):
    plan, _ = planned(words)
    for text in starting_state_sources(cell(words), plan.cells[0].text).values():
        assert "planted" not in text
    plain = starting_state_sources(cell("x"), plan.cells[0].text)
    assert starting_state_sources(cell(words), plan.cells[0].text) == plain


@given(words=st.text(max_size=60))
@settings(max_examples=30)
def test_any_text_is_one_string(words):
    """Read again as C reads it: octal numbers and letters, nothing else between the marks."""
    text = tables.quoted(words)
    inside = re.fullmatch(r'"((?:[^"\\\n?]|\\[0-7]{3})*)"', text)[1]
    data = re.sub(r"\\([0-7]{3})", lambda x: chr(int(x[1], 8)), inside)
    assert data.encode("latin-1") == words.encode()


@EVERY
def test_no_word_of_a_library_is_code(tmp_path, words):
    """Behind all comments and texts the interface is the same, and both end where they did."""

    def code(text, folder):
        (tmp_path / folder).mkdir()
        about = planned(text)[1]
        filling = project._words(cell(text), about, Backend("cpp_standalone"))
        library.write_interface(tmp_path / folder, about, filling)
        files = {file.name: file.read_text("utf-8") for file in (tmp_path / folder).iterdir()}
        return {name: re.sub(r"/\*.*?\*/", "", x, flags=re.DOTALL) for name, x in files.items()}

    assert code(words, "hostile") == code("x", "plain")


# --- tables and files -----------------------------------------------------------------------------


@EVERY
def test_a_table_of_parameters_holds_no_formula_and_no_line_more(tmp_path, words):
    _, about = planned(words)
    given_values = project.given_values(about, {})
    project._write_parameters(tmp_path / "x.csv", about, given_values)
    with (tmp_path / "x.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.reader(stream))
    assert len(rows) == 4 + len(about.values) - 1 + 4  # settings; all but I once, I four times
    assert all(len(row) == 5 for row in rows)
    assert not any(row[4].startswith(("=", "+", "-", "@", "\t")) for row in rows)


@EVERY
def test_files_of_a_project_are_the_same_whatever_the_words(tmp_path, words):
    """All but the README, which is read by people, and there on one line."""
    for name, text in (("plain", "x"), ("hostile", words)):
        (tmp_path / name).mkdir()
        filling = project._words(cell(text), planned(text)[1], Backend("cpp_standalone"))
        project._write_files(tmp_path / name, filling)
    for file in (tmp_path / "plain").iterdir():
        other = (tmp_path / "hostile" / file.name).read_text(encoding="utf-8")
        if file.name == "README.md":
            assert len(other.split("\n")) == len(file.read_text().split("\n"))
            assert other.split("\n")[0] == f"# {' '.join(words.split())}"
        else:
            assert other == file.read_text()


# --- HTML and JavaScript --------------------------------------------------------------------------


class Tags(HTMLParser):
    """Collects what a browser would run."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        runs = tag in ("script", "iframe", "object", "embed", "form")
        loud = [k for k, v in attributes if k.startswith("on") or "javascript:" in (v or "")]
        self.found += [tag] * runs + loud


@EVERY
def test_the_display_of_a_model_runs_nothing(words):
    assert Tags(cell(words)._repr_html_()).found == []


@EVERY
def test_a_report_runs_nothing(tmp_path, words):
    """Words in every place where a study has some."""
    table = pd.DataFrame({words: [words, "y"]})
    section = Section(words, words, {}, {"t": table}, {"t": words})
    save_study(StudyResult("lif", words, words, (section,), {words: 1.0}), tmp_path)
    assert Tags(write_report(tmp_path).read_text("utf-8")).found == []


def test_mathml_and_markup_of_a_report_stay(tmp_path):
    math = LIF._repr_html_()
    text = f"**bold** <i>v</i><sub>th</sub>\n\n{math}\n\n| a |\n|--:|\n| 1 |\n\n```\nx < 1\n```"
    save_study(StudyResult("lif", "x", "x", (Section("x", text),)), tmp_path)
    page = write_report(tmp_path).read_text("utf-8")
    for tag in ("math", "mfrac", "mi", "mo", "mrow", "msub"):
        assert page.count(f"<{tag}") == math.count(f"<{tag}") + text.count(f"<{tag}>") - math.count(
            f"<{tag}>"
        )
    for kept in ("<strong>bold</strong>", "<i>v</i><sub>th</sub>", "text-align:", "x &lt; 1"):
        assert kept in page


def javascript(words: str) -> str:
    driven = describe(cell(words), 1, Constant(2 * nA))
    return javascript_text(cell(words), driven, economical(driven.system))


@EVERY
def test_javascript_holds_words_as_comments_on_one_line(words):
    def code(module):
        return re.sub(r"//[^\n\r\u2028\u2029]*", "", module)

    assert code(javascript(words)) == code(javascript("x"))
    assert "<" not in "".join(re.findall(r"//.*", javascript(words)))


def test_an_explorer_of_hostile_cells_has_its_own_scripts_alone():
    named = [replace(cell(words), name=f"cell{k}") for k, words in enumerate(HOSTILE)]
    page = explorer_html(*named)
    assert Tags(page).found == ["script", "script"]


NO_NAMES = ["a b", "a\nb", "x;y", "1x", "", "a-b", '"', "é!", "int", "a/../b", "$x", "x\x00"]


@pytest.mark.parametrize("name", NO_NAMES, ids=ascii)
def test_names_that_are_none_are_refused(name):
    """Names become variables of programs."""
    with pytest.raises(InputError):
        NeuronModel(
            name="mine", equations=f"dv/dt = (I - v)/{name or 'tau'} : 1",
            parameters={name: 10 * ms}, input_unit=Unit(1), initial={"v": 0.0},
            threshold="v > 1", reset="v = 0",
        )  # fmt: skip


@pytest.mark.parametrize("name", sorted({*NO_NAMES} - {"a-b", "int"}), ids=ascii)
def test_names_of_models_that_are_none_are_refused(name):
    """They become names of files."""
    with pytest.raises(InputError):
        replace(LIF, name=name)
