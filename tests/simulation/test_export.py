"""Exported C++ projects: compiled and run without Python, anywhere, with the same spikes."""

import csv
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest
from brian2 import Mohm, Network, NeuronGroup, cm, ms, mV, nA, nS, pA, pF, second, uA, uS
from excitable.models import CONNOR_STEVENS, LIF, NeuronModel, Parameter
from excitable.protocols import Constant, Expression, Recorded, Step
from excitable.simulation import Backend, export, open_program, simulate
from excitable.simulation.backends import has_compiler, preferences
from excitable.simulation.backends.compiled.compile import compiler, has_openmp

from excitable.commands import main as excitable
from excitable.errors import InputError

pytestmark = pytest.mark.skipif(
    not (has_compiler() and shutil.which("make")), reason="needs a C++ compiler and make"
)
needs_openmp = pytest.mark.skipif(not has_openmp(), reason="needs a compiler with OpenMP")
CURRENTS = np.linspace(1.6, 5, 16)  # nA
TAU = np.linspace(2, 5, 16)  # ms
STEP = {"onset": 5 * ms, "offset": 55 * ms}
TOOLS = ("sh", "make", "as", "ld", "mkdir", "cat", "rm", "echo", "printf")


@pytest.fixture(scope="module")
def no_python(tmp_path_factory):
    """An environment whose PATH has what compiling needs and nothing else."""
    tools = tmp_path_factory.mktemp("tools")
    for name in TOOLS:
        if found := shutil.which(name):
            (tools / name).symlink_to(found)
    (tools / "g++").symlink_to(compiler())
    environment = {"PATH": str(tools)}
    assert shutil.which("python3", path=str(tools)) is None
    return environment


@pytest.fixture(scope="module")
def project(tmp_path_factory, no_python):
    """Sixteen LIF cells, compiled without Python in a folder with a space and accents."""
    folder = tmp_path_factory.mktemp("exports") / "prøjet à moi"
    export(
        LIF, Step(2 * nA, **STEP), folder, duration=60 * ms, vary=("tau", "I"),
        values={"I": CURRENTS * nA, "tau": TAU}, record=("spikes", "v"), record_dt=1 * ms,
    )  # fmt: skip
    subprocess.run(["make", "-j2"], cwd=folder, env=no_python, check=True, capture_output=True)
    return folder


def run(project, *arguments, **options):
    """Run a project from another folder."""
    return subprocess.run(
        [str(project / "run.sh"), *arguments], cwd="/", capture_output=True, text=True, **options
    )


def read(project, results):
    """Read results with the project's own reader."""
    spec = importlib.util.spec_from_file_location("read_results", project / "read_results.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.read(results)


@pytest.fixture(scope="module")
def expected():
    """The same cells in Python, on numpy: nothing compiled is shared."""
    step = Step(CURRENTS * nA, **STEP)
    return simulate(
        LIF, step, 16, 60 * ms, vary={"tau": TAU * ms}, record=("v",), record_dt=1 * ms,
        backend="numpy",
    )  # fmt: skip


def test_runs_from_anywhere_without_python_with_the_same_spikes(project, no_python, expected):
    done = run(project, env=no_python)
    assert done.returncode == 0, done.stderr
    found = read(project, project / "results")
    assert len(expected.spike_ms) > 200
    np.testing.assert_array_equal(found["spikes"]["neuron"], expected.spike_neuron)
    np.testing.assert_allclose(found["spikes"]["t_ms"], expected.spike_ms, rtol=1e-10)
    np.testing.assert_allclose(found["traces"]["v_mV"], expected.traces["v"] * 1e3, rtol=1e-9)
    np.testing.assert_allclose(found["neurons"]["I_nA"], CURRENTS, rtol=1e-14)
    counts = np.bincount(expected.spike_neuron, minlength=16)
    np.testing.assert_array_equal(found["neurons"]["spike_count"], counts)


def test_reader_writes_tables(project, tmp_path):
    assert run(project).returncode == 0
    command = [sys.executable, str(project / "read_results.py"), "--out", str(tmp_path)]
    subprocess.run(command, cwd="/", check=True, capture_output=True)
    spikes = pd.read_csv(tmp_path / "spikes.csv")
    neurons = pd.read_csv(tmp_path / "neurons.csv")
    traces = pd.read_csv(tmp_path / "traces.csv")
    assert list(traces.columns) == ["neuron", "t_ms", "v_mV"]
    assert len(traces) == 16 * 60
    np.testing.assert_allclose(neurons["tau_ms"], TAU, rtol=1e-14)
    assert neurons["spike_count"].sum() == len(spikes)


def test_program_writes_the_same_tables_without_python(project, no_python, tmp_path, expected):
    """The arrays of the same run, and the run in Python; a later run leaves no old table."""
    folder = tmp_path / "results"
    done = run(project, "--csv", "--results", str(folder), env=no_python)
    assert done.returncode == 0, done.stderr
    arrays = read(project, folder)
    tables = {name: pd.read_csv(folder / f"{name}.csv") for name in ("spikes", "neurons", "traces")}
    assert list(tables["neurons"]) == ["neuron", "tau_ms", "I_nA", "spike_count"]
    for name, table in tables.items():
        assert list(table) == list(arrays[name] if name != "traces" else ["neuron", "t_ms", "v_mV"])
    for name in ("spikes", "neurons"):
        for column, values in arrays[name].items():
            np.testing.assert_allclose(tables[name][column], values, rtol=1e-14)
    np.testing.assert_allclose(tables["spikes"]["t_ms"], expected.spike_ms, rtol=1e-10)
    traces = tables["traces"].sort_values(["neuron", "t_ms"])["v_mV"].to_numpy()
    np.testing.assert_allclose(traces.reshape(16, 60), expected.traces["v"] * 1e3, rtol=1e-9)
    assert run(project, "--results", str(folder)).returncode == 0
    assert not list(folder.glob("*.csv"))


def test_a_table_that_cannot_be_written_is_no_success(project, tmp_path):
    (tmp_path / "spikes.csv").mkdir()
    done = run(project, "--csv", "--results", str(tmp_path))
    assert done.returncode == 1
    assert "the table spikes.csv cannot be written" in done.stderr


def test_units_are_those_of_the_model(tmp_path):
    """Parameters, tables and traces in pA, seconds and uS; the same numbers as in SI units.

    Truth values and whole numbers, which have other bytes in the files, are what the rest says.
    """
    cell = NeuronModel(
        "adapting", """dvm/dt = (g*(E - vm) - w + drive)/C : volt
        dw/dt = -w/tau_w : amp
        up = vm > -60*mV : boolean
        whole = int(vm/mV) : integer""",
        {"g": Parameter(0.01, uS), "E": -70 * mV, "C": 200 * pF,
         "tau_w": Parameter(0.1, second), "b": Parameter(50, pA), "k": 1 * nS / mV},
        pA, {"vm": "E", "w": 0 * pA}, "vm > -50*mV", input="drive",
        reset="vm = E; w += b + k*(vm - E)**2",
    )  # fmt: skip
    folder = export(cell, Step(0.7 * nA, onset=0.005 * second), tmp_path / "new", 2, 0.06 * second,
                    vary=("tau_w", "b"), record_dt=1 * ms,
                    record=("spikes", "w", "drive", "vm", "up", "whole"),
                    values={"tau_w": [50, 100] * ms, "b": [0, 0.05] * nA})  # fmt: skip
    with (folder / "parameters.csv").open() as stream:
        rows = [row for row in csv.DictReader(stream) if row["name"] != "start"]
    stated = {(row["name"], row["neuron"]): (float(row["value"]), row["unit"]) for row in rows}
    assert stated["g", "all"] == (0.01, "uS")
    assert stated["k", "all"] == (1, "nS/mV")
    assert stated["C", "all"] == (200, "pF")
    assert stated["I", "all"] == (700, "pA")
    assert stated["drive_onset", "all"] == (5, "ms")
    assert [stated["tau_w", k] for k in "01"] == [(0.05, "s"), (0.1, "s")]
    assert stated["b", "1"] == (50, "pA")
    subprocess.run(["make", "-s", "-j2"], cwd=folder, check=True, capture_output=True)
    assert run(folder, "--csv").returncode == 0
    neurons = pd.read_csv(folder / "results" / "neurons.csv")
    traces = pd.read_csv(folder / "results" / "traces.csv")
    assert list(neurons) == ["neuron", "tau_w_s", "b_pA", "spike_count"]
    assert list(traces) == ["neuron", "t_ms", "w_pA", "I_pA", "vm_mV", "up", "whole"]
    si = np.fromfile(folder / "results" / "trace_w").reshape(-1, 2).T
    assert si.max() > 1e-11
    np.testing.assert_allclose(traces["w_pA"], si.ravel() * 1e12, rtol=1e-14)
    assert set(traces["I_pA"]) == {0, 700}
    assert traces["up"].tolist() == (traces["vm_mV"] > -60).astype(int).tolist()
    assert traces["whole"].tolist() == np.trunc(traces["vm_mV"]).tolist()


def test_python_opens_the_compiled_project(project, expected):
    table = open_program(project).run(tau=TAU, I=CURRENTS, discard=0)
    counts = np.bincount(expected.spike_neuron, minlength=16)
    assert expected.spike_ms.max() < 55
    np.testing.assert_array_equal(table["spike_count"], counts)


def test_command_line_changes_values(project, tmp_path):
    """2 nA for all, but 5 nA for neuron 3, and a longer tau: the closed form's latencies."""
    done = run(project, "tau=4", "I=2", "I[3]=5", "--results", str(tmp_path / "new" / "folder"))
    assert done.returncode == 0, done.stderr
    found = read(project, tmp_path / "new" / "folder")
    first = [found["spikes"]["t_ms"][found["spikes"]["neuron"] == k][0] for k in (2, 3)]
    expected = [5 + 4 * np.log(20 / 5), 5 + 4 * np.log(50 / 35)]
    np.testing.assert_allclose(first, expected, rtol=1e-6)


def test_paths_on_the_command_line_belong_to_the_callers_folder(project, tmp_path):
    (tmp_path / "mine.csv").write_bytes((project / "parameters.csv").read_bytes())
    command = [str(project / "run.sh"), "--parameters", "mine.csv", "--results", "here"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "here" / "complete").exists()


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("tua=3", "unknown name 'tua'; known: duration, dt, start, seed, tau"),
        ("tau=3ms", "'3ms' is not a number"),
        ("tau=", "'' is not a number"),
        ("tau=nan", "'nan' is not finite"),
        ("tau=1e999", "'1e999' is not finite"),
        ("tau[16]=3", "neuron '16': expected 0 to 15"),
        ("R[2]=3", "R is one value for all neurons"),
        ("duration=-1", "duration: must be above zero"),
        ("start=reset", "expected rest or initial"),
        ("seed=x", "expected a whole number"),
        ("tau", "expected NAME=VALUE"),
        ("I_onset=-1", "I_onset: must not be negative, got I_onset = -1 ms"),
        ("I_offset=2", "got I_offset = 2 ms, I_onset = 5 ms"),
        ("duration=0.01", "dt: the step of 0.05 ms is longer than the run of 0.01 ms"),
        ("dt=1e-11", "steps, which would never end"),
    ],
)
def test_bad_arguments_are_errors_and_touch_no_results(project, argument, message):
    run(project)
    before = (project / "results" / "spike_t").stat().st_mtime_ns
    done = run(project, argument)
    assert done.returncode == 2
    assert message in done.stderr
    assert (project / "results" / "complete").exists()
    assert (project / "results" / "spike_t").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("tau,3,", "tau,99,", "line 15: tau: neuron '99'"),
        ("tau,3,", "tau,2,", "tau of neuron 2 was given before, in "),
        ("tau,3,2.6", "tau,3,2;6", "'2;6' is not a number"),
        ("R,all,10.0,Mohm", "R,all,10.0,Gohm", "R is in 'Mohm', not in 'Gohm'; convert the value"),
        ("R,all,10.0", "r,all,10.0", "unknown name 'r'"),
        ("R,all,10.0,Mohm,membrane resistance\n", "", "no value for R"),
        ("name,neuron,value", "name;neuron;value", "its first line has no column"),
    ],
)
def test_bad_tables_are_errors_with_their_line(project, tmp_path, old, new, message):
    text = (project / "parameters.csv").read_text()
    assert text.count(old) == 1
    (tmp_path / "changed.csv").write_text(text.replace(old, new))
    done = run(project, "--parameters", str(tmp_path / "changed.csv"))
    assert done.returncode == 2
    assert message in done.stderr


def test_a_missing_neuron_is_an_error(project, tmp_path):
    lines = (project / "parameters.csv").read_text().splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("I,7,")]
    (tmp_path / "changed.csv").write_text("".join(kept))
    done = run(project, "--parameters", str(tmp_path / "changed.csv"))
    assert (done.returncode, "no value for I of neuron 7" in done.stderr) == (2, True)


def test_a_table_saved_by_a_spreadsheet_is_read(project, tmp_path):
    """With a byte-order mark, the line ends of Windows, quotation marks and empty lines."""
    text = (project / "parameters.csv").read_text()
    text = text.replace("R,all,10.0,Mohm,", '"R","all","10.0",Mohm,').replace("\n", "\r\n")
    (tmp_path / "changed.csv").write_bytes(b"\xef\xbb\xbf" + text.encode() + b",,,,\r\n\r\n")
    done = run(project, "--parameters", str(tmp_path / "changed.csv"))
    assert done.returncode == 0, done.stderr


def test_divergence_and_lost_results_are_no_success(project, tmp_path):
    diverged = run(project, "R=1e20", "I=-1e300", "--results", str(tmp_path / "a"))
    assert diverged.returncode == 1
    assert "v is NaN or infinite in some neuron: the integration diverged" in diverged.stderr
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "spike_t").symlink_to("/dev/full")  # a disk that is full
    lost = run(project, "--results", str(tmp_path / "b"))
    assert lost.returncode == 1
    assert "the result spike_t is not whole" in lost.stderr
    file = run(project, "--results", str(project / "main"))
    assert (file.returncode, "cannot make the folder" in file.stderr) == (2, True)


SPOILT = {
    "diverged": (["R=1e20", "I=-1e300"], lambda folder: None),
    "lost": ([], lambda folder: (folder / "trace_v").symlink_to("/dev/full")),
    "no table": (["--csv"], lambda folder: (folder / "traces.csv").mkdir()),
}


@pytest.mark.parametrize("how", SPOILT)
def test_results_that_are_not_to_be_used_are_not_read(project, tmp_path, how):
    arguments, spoil = SPOILT[how]
    spoil(tmp_path)
    done = run(project, *arguments, "--results", str(tmp_path))
    assert (done.returncode, "do not use what is in" in done.stderr) == (1, True)
    with pytest.raises(FileNotFoundError, match="holds no complete results"):
        read(project, tmp_path)
    assert not list(tmp_path.glob("*.part"))


def test_the_readers_tables_are_whole_or_not_there(project, tmp_path):
    assert run(project, "--results", str(tmp_path)).returncode == 0
    (tmp_path / "traces.csv.part").symlink_to("/dev/full")
    command = [sys.executable, str(project / "read_results.py"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr[:17]) == (1, "error: [Errno 28]")
    assert sorted(p.name for p in tmp_path.glob("*.csv*")) == ["neurons.csv", "spikes.csv"]


def archived(project, tmp_path):
    """Send a compiled project through an archive, which drops permissions and empty folders."""
    archive = tmp_path / "project.zip"
    with zipfile.ZipFile(archive, "w") as stream:
        for path in project.rglob("*"):
            if path.is_file() and not {"build", "results"} & set(path.parts):
                stream.write(path, path.relative_to(project))
    place = tmp_path / "moved élsewhere"
    with zipfile.ZipFile(archive) as stream:
        stream.extractall(place)
    assert not os.access(place / "main", os.X_OK)
    return place


def run_archived(place, no_python, expected):
    done = subprocess.run(
        ["/bin/sh", str(place / "run.sh")], cwd="/", env=no_python, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found = read(place, place / "results")
    np.testing.assert_allclose(found["spikes"]["t_ms"], expected.spike_ms, rtol=1e-10)


def test_a_compiled_program_runs_in_another_place(project, no_python, tmp_path, expected):
    place = archived(project, tmp_path)
    (place / "main").chmod(0o755)
    run_archived(place, no_python, expected)


@pytest.mark.slow
def test_a_project_from_an_archive_is_compiled_again(project, no_python, tmp_path, expected):
    run_archived(archived(project, tmp_path), no_python, expected)


@pytest.mark.skipif(not shutil.which("cmake"), reason="needs cmake")
@pytest.mark.slow
@pytest.mark.parametrize("native", ["OFF", "ON"])
def test_compiles_with_cmake(project, tmp_path, native, expected):
    place = tmp_path / "with cmäke"
    shutil.copytree(project, place, ignore=shutil.ignore_patterns("main", "build", "results"))
    build = tmp_path / "build"
    for command in (["-S", place, "-B", build, f"-DNATIVE={native}"], ["--build", build]):
        subprocess.run(["cmake", *map(str, command)], check=True, capture_output=True)
    assert run(place).returncode == 0
    found = read(place, place / "results")
    np.testing.assert_allclose(found["spikes"]["t_ms"], expected.spike_ms, rtol=1e-10)
    flags = (build / "CMakeFiles" / "main.dir" / "flags.make").read_text()
    rules = "".join(p.read_text() for p in (build / "CMakeFiles" / "main.dir").glob("*.make"))
    assert ("-march=native" in flags + rules) == (native == "ON")


def test_native_is_a_choice(project):
    """By default no flag ties the program to this machine; the vector flags are there."""

    def commands(*arguments):
        return subprocess.run(
            ["make", "--always-make", "--dry-run", *arguments], cwd=project, capture_output=True,
            text=True, check=True,
        ).stdout  # fmt: skip

    flags = (project / "build" / "flags").read_text()
    plain = commands()
    native = commands("NATIVE=1")
    (project / "build" / "flags").write_text(flags)
    assert "-march=native" not in plain
    assert "-march=native" in native
    hot = [line for line in plain.splitlines() if "-O3" in line]
    assert len(hot) == 2
    assert all("stateupdater" in line or "starting_state" in line for line in hot)


def test_the_hot_loop_is_found_beside_a_users_group_of_the_same_name(tmp_path):
    """Brian2 then gives the generated files other names, and the makefile must know them."""
    with preferences(Backend("numpy")):
        mine = NeuronGroup(1, "dv/dt = -v/(1*ms) : 1", method="euler", name="cells")
        Network(mine).run(0 * ms)
    folder = export(LIF, Constant(2 * nA), tmp_path / "project", 16)
    command = ["make", "--always-make", "--dry-run"]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    hot = [line for line in said.splitlines() if "-O3" in line]
    assert any("stateupdater" in line for line in hot)


@pytest.mark.parametrize(
    "backend",
    [
        Backend("cpp_standalone", precision="float32"),
        pytest.param(Backend("cpp_standalone", threads=2), marks=[pytest.mark.slow, needs_openmp]),
    ],
    ids=["float32", "threads"],
)
def test_precision_and_threads(tmp_path, backend):
    """The closed form to the rounding of the precision; traces are kept as they were computed."""
    folder = tmp_path / "project"
    export(LIF, Constant(2 * nA), folder, duration=200 * ms, values={"I": CURRENTS * nA},
           record=("spikes", "v"), record_dt=10 * ms, backend=backend)  # fmt: skip
    subprocess.run(["make", "-j2"], cwd=folder, check=True, capture_output=True)
    subprocess.run(["./run.sh"], cwd=folder, check=True, capture_output=True)
    output = json.loads((folder / "manifest.json").read_text())["outputs"]["trace_v"]
    assert output["dtype"] == backend.precision
    samples = 16 * 20 * np.dtype(backend.precision).itemsize
    assert (folder / "results" / output["file"]).stat().st_size == samples
    table = open_program(folder).run(I=CURRENTS, discard=20)
    exact = 1000 / (10 * np.log(10 * CURRENTS / (10 * CURRENTS - 15)))
    np.testing.assert_allclose(
        table["rate_Hz"], exact, rtol=1e-9 if backend.precision == "float64" else 2e-5
    )
    assert (table.attrs["precision"], table.attrs["threads"]) == (
        backend.precision, backend.threads
    )  # fmt: skip


def test_a_backend_without_a_program_is_refused(tmp_path):
    with pytest.raises(ValueError, match="backend 'numpy' makes no program"):
        export(LIF, Constant(2 * nA), tmp_path / "project", backend="numpy")
    assert not (tmp_path / "project").exists()


def test_nothing_points_to_where_it_was_made(project):
    """No path of this machine in any text, no hash in the names of results."""
    manifest = json.loads((project / "manifest.json").read_text())
    assert {name: o["file"] for name, o in manifest["outputs"].items()} == {
        name: name for name in manifest["outputs"]
    }
    texts = [p for p in project.rglob("*") if p.is_file() and p.name != "main"]
    for path in texts:
        if "build" not in path.parts and "results" not in path.parts:
            content = path.read_bytes().decode("latin-1")
            assert str(project.parent) not in content, path
            assert not re.search(r"/(tmp|home|root|usr/lib|opt)/", content), path
    assert {p.name for p in project.iterdir()} >= {
        "README.md", "CMakeLists.txt", "makefile", "run.sh", "read_results.py", "parameters.csv",
        "manifest.json", "src",
    }  # fmt: skip


def test_parameters_are_there_to_edit(project):
    with (project / "parameters.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert rows[0] == {"name": "duration", "neuron": "all", "value": "60.0", "unit": "ms",
                       "meaning": "how long to run"}  # fmt: skip
    (threshold,) = [row for row in rows if row["name"] == "V_th"]
    assert (threshold["value"], threshold["unit"]) == ("-50.0", "mV")
    values = [float(row["value"]) for row in rows if row["name"] == "I"]
    np.testing.assert_allclose(values, CURRENTS, rtol=1e-14)


def test_one_neuron_has_the_stimulus_as_it_is(tmp_path):
    folder = export(LIF, Constant(2 * nA), tmp_path / "one", 1, vary=("tau", "I"))
    with (folder / "parameters.csv").open() as stream:
        values = {row["name"]: row["value"] for row in csv.DictReader(stream)}
    assert (values["I"], values["tau"]) == ("2.0", "10.0")


def test_an_existing_folder_is_not_overwritten(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match=r"is not empty; .* overwrite=True \(--force\)"):
        export(LIF, Constant(2 * nA), tmp_path, 2, vary=())
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]
    export(LIF, Constant(2 * nA), tmp_path, 2, vary=(), overwrite=True)
    (tmp_path / "main").write_text("compiled from the old sources")
    (tmp_path / "src" / "old.cpp").write_text("")
    export(LIF, Constant(2 * nA), tmp_path, 2, vary=(), overwrite=True)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert not (tmp_path / "main").exists()
    assert not (tmp_path / "src" / "old.cpp").exists()


def test_somebody_elses_sources_are_never_replaced(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "mine.cpp").write_text("")
    with pytest.raises(ValueError, match="which no export has made"):
        export(LIF, Constant(2 * nA), tmp_path, 2, overwrite=True)
    assert (tmp_path / "src" / "mine.cpp").exists()


def test_a_failed_export_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("excitable.simulation.projects.project.generate", lambda *a: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export(LIF, Constant(2 * nA), tmp_path / "new", 2, vary=())
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--vary", "g_a"], "did you mean 'g_A'"),
        (["--vary", "g_A", "--vary", "I", "--n", "10"], "a number such as 9"),
        (["--vary", "g_A", "I"], "each parameter has an option of its own"),
        (["--vary", "I", "1", "2", "--n", "5"], "how many neurons there are"),
        (["--vary", "I_onset", "--onset", "5"], "have no range"),
        (["--vary", "I", "1", "two"], "'two': expected a number or FROM:TO:COUNT"),
        (["--record", "w"], "unknown variable to record 'w'"),
        (["--onset", "50", "--offset", "20"], "must come after the onset"),
    ],
)
def test_command_line_names_what_is_wrong(arguments, message, tmp_path, capsys):
    out = tmp_path / "new"
    assert excitable(["export", "connor_stevens", *arguments, "--out", str(out)]) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()


def test_command_line_exports(tmp_path, capsys):
    """All combinations, the last name fastest; default values over the parameters' ranges."""
    arguments = [
        "export",
        "lif",
        "--vary",
        "tau",
        "5:20:2",
        "--vary",
        "I",
        "1",
        "2",
        "4",
        "--set",
        "t_ref",
        "3",
    ]
    assert excitable([*arguments, "--out", str(tmp_path / "a")]) == 0
    with (tmp_path / "a" / "parameters.csv").open() as stream:
        rows = list(csv.DictReader(stream))

    def column(name):
        return [float(row["value"]) for row in rows if row["name"] == name]

    assert (column("tau"), column("I")) == ([5, 5, 5, 20, 20, 20], [1, 2, 4, 1, 2, 4])
    assert column("t_ref") == [3]
    assert "make" in capsys.readouterr().out
    assert excitable(["export", "lif", "--n", "11", "--out", str(tmp_path / "b")]) == 0
    with (tmp_path / "b" / "parameters.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert column("I") == np.linspace(*LIF.input_range, 11).tolist()


@pytest.mark.slow
def test_connor_stevens_starts_at_rest_and_fires_as_in_python(tmp_path, no_python):
    """With a changed parameter on the command line, whose rest the program has to find."""
    g_A, currents = np.repeat([10.0, 47.7], 8), np.tile(np.linspace(5, 30, 8), 2)
    export(
        CONNOR_STEVENS, Step(10 * uA / cm**2, onset=20 * ms), tmp_path / "cs",
        duration=100 * ms, vary=("g_A", "I"), values={"g_A": g_A, "I": currents},
    )  # fmt: skip
    done = run(tmp_path / "cs", "E_L=-20", env=no_python)
    assert done.returncode == 0, done.stderr
    found = read(tmp_path / "cs", tmp_path / "cs" / "results")["spikes"]
    python = simulate(
        CONNOR_STEVENS.with_(E_L=-20 * CONNOR_STEVENS.parameters["E_L"].unit),
        Step(currents * uA / cm**2, onset=20 * ms), 16, 100 * ms,
        vary={"g_A": g_A * CONNOR_STEVENS.parameters["g_A"].unit},
        backend="numpy",
    )  # fmt: skip
    assert len(python.spike_ms) > 50
    np.testing.assert_array_equal(found["neuron"], python.spike_neuron)
    np.testing.assert_allclose(found["t_ms"], python.spike_ms, rtol=0, atol=1e-7)


@pytest.mark.slow
def test_a_recorded_input_travels_with_the_project(tmp_path, no_python):
    stimulus = Recorded(np.array([[1.0, 3.0], [1.0, 3.0], [0.0, 0.0]]) * nA, dt=20 * ms)
    export(LIF, stimulus, tmp_path / "new", 2, 60 * ms, vary=())
    assert run(tmp_path / "new", env=no_python).returncode == 0
    found = read(tmp_path / "new", tmp_path / "new" / "results")["spikes"]
    assert set(found["neuron"]) == {1}
    assert found["t_ms"][0] == pytest.approx(10 * np.log(2), rel=1e-6)
    assert run(tmp_path / "new", "dt=0.1").returncode == 2


@pytest.mark.parametrize(
    ("stimulus", "n"),
    [
        (Recorded([0, 2, 0] * nA, dt=10 * ms), 1),
        (Expression("a*sin(t/tau_s)", {"a": 2 * nA, "tau_s": 5 * ms}), 1),
        (Constant(1 * nA) + Step(1 * nA, onset=10 * ms), 1),
        (Step(1 * nA), 64),
    ],
)
def test_every_stimulus_is_exported_without_further_words(stimulus, n, tmp_path):
    """An amplitude varies by itself; what has none is one cell."""
    export(LIF, stimulus, tmp_path / "new", duration=50 * ms)
    manifest = json.loads((tmp_path / "new" / "manifest.json").read_text())
    assert manifest["neurons"]["n"] == n


def test_values_that_a_run_would_refuse_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(InputError, match=r"^tau: must be above zero, as a time constant is"):
        export(LIF, Constant(2 * nA), tmp_path / "x", vary=("tau",), values={"tau": [10, -1]})
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("name", ["rules", "arrays"])
def test_a_model_that_is_called_as_a_file_of_its_library_is_refused(name, tmp_path):
    with pytest.raises(InputError, match=rf"another file of the library is called {name}\.h"):
        export(LIF.with_(name=name), Constant(2 * nA), tmp_path / "x", 1)
    assert not (tmp_path / "x").exists()


def test_numbers_of_a_project_have_columns_of_their_own(tmp_path):
    model = LIF.with_(
        equations="dv/dt = (E_L - v + R_Mohm*R*I)/tau : volt (unless refractory)",
        parameters={**LIF.parameters, "R_Mohm": 1},
    )
    with pytest.raises(InputError, match=r"^vary: R_Mohm would be the column R_Mohm .* that of R;"):
        export(
            model, Constant(2 * nA), tmp_path / "x", n=2, vary=("R", "R_Mohm"),
            values={"R": [5, 10] * Mohm, "R_Mohm": [1, 2]},
        )  # fmt: skip
    assert not (tmp_path / "x").exists()
