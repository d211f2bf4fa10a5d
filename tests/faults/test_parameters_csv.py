"""``parameters.csv`` and command line of an exported program: every value is meant as it stands.

What reads them is compiled alone, without the simulation.
"""

import json
import math
import subprocess

import numpy as np
import pytest
from brian2 import ms, nA
from excitable.models import LIF
from excitable.protocols import Pulses
from excitable.simulation.backends import Backend, has_compiler
from excitable.simulation.backends.compiled import CPP
from excitable.simulation.backends.compiled.compile import compiler
from excitable.simulation.programs.build import plan_program
from excitable.simulation.projects.tables import inputs_header
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.skipif(not has_compiler(), reason="needs a C++ compiler")
QUICK = settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
N = 4
MAIN = """
#include "arguments.h"
int main(int n, char** words)
{
    project_arguments(words[0], std::vector<std::string>(words + 1, words + n));
}
"""
HEADER = "name,neuron,value,unit,meaning\n"
SETTINGS = "duration,all,300,ms,\ndt,all,0.05,ms,\nstart,all,rest,,\n"


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """The reader of four LIF cells under pulses, of which I and tau vary."""
    folder = tmp_path_factory.mktemp("reader")
    _, about = plan_program(
        LIF.with_(title='a "b"\nint x;\\'), Pulses(2 * nA, times=[10, 30] * ms, width=5 * ms), N,
        300 * ms, record=("spikes",), vary=("tau", "I"), record_dt=None, start="rest", method=None,
        dt=None, spikes="located", backend=Backend("cpp_standalone"),
    )  # fmt: skip
    inputs = {e.input: {"dtype": "float64"} for e in about.values.values()}
    manifest = {"inputs": inputs, "outputs": {}, "columns": dict.fromkeys(about.values, "")}
    (folder / "inputs.h").write_text(inputs_header(manifest, about))
    (folder / "inputs.h").write_text(
        (folder / "inputs.h").read_text().replace("OUTPUTS[] = {\n};", 'OUTPUTS[] = {{"", "", 0}};')
    )
    (folder / "main.cpp").write_text(MAIN)
    (folder / "manifest.json").write_text("{}")
    sources = [str(folder / "main.cpp"), str(CPP / "arguments.cpp")]
    command = [compiler(), "-std=c++11", "-I", str(folder), "-I", str(CPP), *sources, "-o", "main"]
    subprocess.run(command, cwd=folder, check=True)
    return folder, about


def rows(about, **changes) -> str:
    """A whole table; ``name=text`` takes the place of a name's rows."""
    found = [HEADER, SETTINGS]
    for name, entry in about.values.items():
        own = "".join(f"{name},{k},{float(np.ravel(entry.value)[0])!r},{entry.unit},\n"
                      for k in (range(N) if entry.per_neuron else ["all"]))  # fmt: skip
        found.append(changes.pop(name, own))
    assert not changes
    return "".join(found)


def read(reader, table: str, *arguments: str):
    """Return the exit code, what was said, and the values in SI units."""
    folder, about = reader
    (folder / "table.csv").write_text(table, encoding="utf-8", newline="")
    command = [str(folder / "main"), "--parameters", str(folder / "table.csv"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    found = {}
    if done.returncode == 0:
        files = {k: folder / "results" / f"in_{e.input}" for k, e in about.values.items()}
        found = {k: np.fromfile(file) for k, file in files.items()}
        found |= json.loads((folder / "results" / "settings.json").read_text())
    return done.returncode, done.stderr, found


def refused(reader, table: str, *arguments: str) -> str:
    code, said, _ = read(reader, table, *arguments)
    assert code == 2
    assert said.startswith("error: ")
    return said


def test_a_whole_table_is_read(reader):
    code, said, found = read(reader, rows(reader[1], I="I,all,2,nA,\nI,3,1.5,nA,\n"))
    assert (code, said) == (0, "")
    np.testing.assert_allclose(found["I"], [2e-9, 2e-9, 2e-9, 1.5e-9], rtol=1e-15)
    np.testing.assert_allclose(found["tau"], 0.01, rtol=1e-15)
    assert (found["duration_ms"], found["dt_ms"]) == (300, 0.05)


@pytest.mark.parametrize("unit", ["s", "us", "", "second", "MS", "ns", "min", "nA", "1"])
@pytest.mark.parametrize("name", ["duration", "dt"])
def test_times_of_a_run_are_in_ms_or_refused(reader, name, unit):
    table = rows(reader[1])
    value = "300" if name == "duration" else "0.05"
    said = refused(reader, table.replace(f"{name},all,{value},ms", f"{name},all,0.3,{unit}"))
    assert f"{name} is in 'ms', not in '{unit}'; convert the value" in said


@pytest.mark.parametrize("unit", ["A", "pA", "uA", "", "na", "mV"])
def test_values_are_in_their_unit_or_refused(reader, unit):
    table = rows(reader[1], I=f"I,all,2,{unit},\n")
    assert "I is in 'nA', not in" in refused(reader, table)


@pytest.mark.parametrize("name", ["start", "seed"])
def test_what_has_no_unit_is_given_none(reader, name):
    table = rows(reader[1]).replace("start,all,rest,,\n", f"{name},all,1,ms,\n")
    assert f"{name} is in '', not in 'ms'" in refused(reader, table)


@pytest.mark.parametrize("again", ["3", "03", "+3", "003", " 3", "3 ", "0000000003"])
def test_a_neuron_is_given_once_however_it_is_written(reader, again):
    one = "".join(f"I,{k},2,nA,\n" for k in range(N))
    said = refused(reader, rows(reader[1], I=f"{one}I,{again},1,nA,\n"))
    assert "I of neuron 3 was given before, in " in said


@pytest.mark.parametrize("name", ["duration", "dt", "start", "R", "tau"])
def test_one_value_for_all_is_given_once(reader, name):
    table = rows(reader[1], tau="tau,all,10,ms,\n")
    (row,) = [line for line in table.splitlines() if line.startswith(f"{name},")]
    assert f"{name} was given before, in " in refused(reader, f"{table}{row}\n")


@pytest.mark.parametrize("k", range(N))
def test_a_late_value_for_all_replaces_none(reader, k):
    said = refused(reader, rows(reader[1], I=f"I,{k},1,nA,\nI,all,2,nA,\n"))
    assert "I for all neurons would replace what was given for single ones" in said


ODD_NUMBERS = ["", "x", "1,5", "1;5", "1.5.5", "nan", "inf", "-inf", "1e999", "0x", "--1", "1e",
               "½", "1 000", "1_000", "1.5nA", "None", "=1+1", "１", "1'000"]  # fmt: skip


@pytest.mark.parametrize("text", ODD_NUMBERS)
def test_what_is_no_number_is_refused(reader, text):
    said = refused(reader, rows(reader[1], I=f"I,all,{text},nA,\n"))
    assert any(word in said for word in ("not a number", "not finite", "convert the value"))


@pytest.mark.parametrize("text", ["4", "-1", "99999999999999999999", "1.0", "x", "", "0x1", "ALL"])
def test_what_is_no_neuron_is_refused(reader, text):
    assert "expected 0 to 3, or all" in refused(reader, rows(reader[1], I=f"I,{text},1,nA,\n"))


@pytest.mark.parametrize("text", ["-1", "1.5", "x", "True", "", "18446744073709551616", "1e3", "+1",
                                  "99999999999999999999999", " ", "0x10", "1,2"])  # fmt: skip
def test_what_is_no_seed_is_refused(reader, text):
    assert "seed: expected a whole number from 0 to 2**64 - 1" in refused(
        reader, rows(reader[1]), f"seed={text}"
    )


@QUICK
@given(seed=st.integers(0, 2**64 - 1))
def test_a_seed_arrives_with_all_its_digits(reader, seed):
    assert read(reader, rows(reader[1]), f"seed={seed}")[2]["seed"] == seed


@QUICK
@given(value=st.floats(-1e6, 1e6), k=st.integers(0, N - 1))
def test_a_value_arrives_with_all_its_digits(reader, value, k):
    found = read(reader, rows(reader[1]), f"I[{k}]={value!r}")[2]["I"]
    assert math.isclose(found[k], value * 1e-9, rel_tol=1e-15)


@QUICK
@given(order=st.permutations(range(N)))
def test_the_order_of_rows_is_free(reader, order):
    text = "".join(f"I,{k},{k + 1},nA,\n" for k in order)
    found = read(reader, rows(reader[1], I=text))[2]["I"]
    np.testing.assert_allclose(found, np.arange(1, N + 1) * 1e-9, rtol=1e-15)


@pytest.mark.parametrize(
    "changes",
    [
        "I_width=-1", "I_width=0", "I_width=21", "I_time_1=14", "I_time_1=5", "I_time_0=-1",
        "I_time_0=29", "dt=0",
        "dt=-0.05", "duration=0", "duration=-1", "duration=0.01", "dt=400", "dt=1e-12", "dt=nan",
        "duration=1e300", "start=now", "start=", "I_width=nan", "seed=-1",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_before_the_run(reader, changes):
    refused(reader, rows(reader[1]), changes)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--results", ""), "--results needs a path behind it"),
        (("--results",), "--results needs a path behind it"),
        (("--parameters", ""), "--parameters needs a path behind it"),
        (("I=1", "I=2"), "I was given before, in command line"),
        (("I[3]=1", "I[03]=2"), "I of neuron 3 was given before"),
        (("I[3]=1", "I=2"), "I for all neurons would replace"),
        (("I[all]=1", "I=2"), "I was given before"),
        (("R[1]=1",), "R is one value for all neurons"),
        (("duration[1]=1",), "duration is one value for all neurons"),
        (("r=1",), "unknown name 'r'; known: duration, dt, start, seed"),
        (("=1",), "unknown name ''"),
        (("I",), "cannot read 'I'; expected NAME=VALUE"),
        (("I=",), "'' is not a number"),
    ],
)
def test_the_command_line_is_as_strict(reader, arguments, message):
    assert message in refused(reader, rows(reader[1]), *arguments)


def test_the_command_line_replaces_what_the_table_says(reader):
    found = read(reader, rows(reader[1]), "I=3", "I[1]=4")[2]["I"]
    np.testing.assert_allclose(found, [3e-9, 4e-9, 3e-9, 3e-9], rtol=1e-15)


@pytest.mark.parametrize(
    "table",
    ["", "\n", "name\n", HEADER, "name;neuron;value;unit\n", "name,neuron,value\nI,all,1\n",
     "name,name,neuron,value,unit\n", "name,neuron,value,value,unit\nI,all,1,2,nA\n", "\x00",
     "neuron,value,unit\n", '"', HEADER + "I\n", HEADER + "I,all\n", HEADER + "I,all,1\n"],
)  # fmt: skip
def test_a_table_that_is_none_is_refused(reader, table):
    refused(reader, table)


@pytest.mark.parametrize("change", [
    lambda t: "\ufeff" + t,
    lambda t: t.replace("\n", "\r\n"),
    lambda t: t.replace("\n", ",,,\n"),
    lambda t: t.replace(",all,", ',"all",'),
    lambda t: t.replace(",", " , "),
    lambda t: t + ",,,,\n\n  \n",
    lambda t: t.rstrip("\n"),
    lambda t: "\n".join(",".join(reversed(line.split(","))) for line in t.splitlines()),
])  # fmt: skip
def test_what_a_spreadsheet_makes_of_a_table_is_read(reader, change):
    code, said, found = read(reader, change(rows(reader[1])))
    assert (code, said) == (0, "")
    np.testing.assert_allclose(found["I"], 2e-9, rtol=1e-15)


def test_the_title_is_shown_as_it_was_written(reader):
    said = subprocess.run([reader[0] / "main", "--help"], capture_output=True, text=True).stdout
    assert said.startswith('a "b"\nint x;\\: 4 neurons')
