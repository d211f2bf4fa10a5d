"""The command line and `run_all.py`: options, exit codes, failures, output."""

import dataclasses
import inspect
import json
import os
import re
import shlex
import subprocess
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from excitable.experiments import STUDIES, runner
from excitable.experiments.study import Section, StudyResult
from excitable.protocols import read_sweep
from excitable.simulation import export
from excitable.simulation.numerics import Numerics

from excitable import commands, protocols
from excitable.commands import main as excitable
from excitable.progress import bar, lines_where_no_terminal, set_progress

ROOT = Path(__file__).parent.parent


def test_models_lists_all(capsys):
    assert excitable(["models"]) == 0
    out = capsys.readouterr().out
    for name in ("lif", "connor_stevens_1977", "izhikevich_fs", "izhikevich_2007_tc"):
        assert f"{name} " in out


def test_a_command_without_streams_ends_well(monkeypatch):
    """As under pythonw."""
    monkeypatch.setattr(sys, "stdout", None)
    assert excitable(["models"]) == 0


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
        (["fi", "lif", "--currents", "1:two"], "expected a number or FROM:TO:COUNT"),
        (["fi", "lif", "--currents", "0:5:1000000000"], "expected a count from 1 to"),
        (["fi", "lif", "--currents", "1*mV"], "expected nA"),
        (["fi", "lif", "--currents", "1,5"], "'1,5': expected one number, with a point before its"),
        (["fi", "lif", "--vary", "tau", "5,10"], "several are written with spaces between them"),
        (["fi", "lif", "--set", "tau", "1,5"], "expected one number, with a point"),
        (["response", "lif", "--amplitude", "1,5"], "expected one number, with a point"),
        (["fi", "lif", "--vary", "tau", "1", "--vary", "tau", "2"], "tau: is given twice"),
        (["fi", "lif", "--vary", "tau", "1", "--set", "tau", "2"], "tau is in both"),
        (["fi", "lif", "--vary", "tau=1,2", "R=3"], "with a --vary for each name"),
        (["fi", "lif", "--vary", "tau", "1:2:999", "--vary", "R", "1:2:999"], "`sweep`"),
        (["fi", "lif", "--vary", "I", "1"], "--currents"),
        (["latency", "lif", "--tolerance", "0.1"], "latency takes no tolerance"),
        (["response", "lif", "--stimulus", "Stap(1*nA)"], "'Stap'; did you mean 'Step'?"),
        (["response", "lif", "--stimulus", "Step(1*nA"], "closed; expected a value such as Step("),
        (["response", "lif", "--stimulus", "Step(1*nA, onst=1*ms)"], "takes amplitude, onset, off"),
        (["response", "lif", "--stimulus", "Pulses(1*nA)"], "'times'; it takes amplitude, times"),
        (["response", "lif", "--stimulus", "Step(9**9**9*nA)"], "result out of range"),
        (["response", "lif", "--stimulus", "1*nA"], "is no stimulus"),
        (["network", "CUBB"], "did you mean 'CUBA'"),
        (["gating", "lif"], "has no gates"),
        (["fi", "lif", "--vary", "tua", "1"], "did you mean 'tau'"),
        (["fi", "lif", "--discard", "5000"], "discard"),
        (["strength-duration", "lif", "--vary", "tua", "1"], "did you mean 'tau'"),
        (["strength-duration", "lif", "--vary", "tau", "0"], "parameter tau"),
        (["gating", "traub_miles", "--vary", "V_T", "1*ms"], "--vary V_T: expected mV"),
        (
            ["activation", "connor_stevens", "--current", "I_A", "--vary", "C_m", "1"],
            "unknown parameter 'C_m'",
        ),
        (["gating", "traub_miles", "--vary", "V_T", "1", "--set", "V_T", "2"], "V_T is in both"),
        (["certify", "lif", "--tolerance", "2"], "tolerance: expected a number between 0 and 1"),
        (["certify", "lif", "--rows", "0"], "rows: expected a whole number"),
        (["certify", "lif", "--backend", "nunpy"], "did you mean 'numpy'"),
        (["certify", "lif", "--vary", "I", "1"], "--currents"),
        (["conductance-sweep", "lif", "--name", "tua"], "did you mean 'tau'"),
        (["conductance-sweep", "lif", "--name", "I"], "unknown parameter 'I'"),
        (["conductance-sweep", "lif", "--name", "R", "--values", "1*mV"], "--values: expected"),
        (["conductance-sweep", "lif", "--name", "R", "--set", "R", "3"], "R is in both"),
        (
            ["conductance-sweep", "lif", "--name", "R", "--values", "9", "--margin", "-0.1"],
            "margin: expected a number above 0",
        ),
        (["noisy-onset", "lif", "--deviations", "1*nA"], "--deviations: expected mV"),
        (["noisy-onset", "lif", "--threshold", "-1"], "threshold: expected one above 0"),
        (["noisy-onset", "lif", "--tolerance", "0.1"], "noisy_onset takes no tolerance"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(arguments, message, capsys, tmp_path):
    assert excitable([*arguments, "--out", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert message in said.err
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert not said.out
    assert not list(tmp_path.iterdir())


def test_sweep_fills_a_store_continues_it_and_lets_it_grow(tmp_path, capsys):
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
    finer = [x if x != "0:4:3" else "0:4:5" for x in arguments]
    assert excitable(finer) == 0
    assert "10 parameter sets, 4 of them computed now" in capsys.readouterr().out
    assert read_sweep(tmp_path / "x.csv")["I"].tolist() == [0, 1, 2, 3, 4] * 2
    assert excitable(arguments) == 2
    assert "6 sets of tau, R, I, and 10 are there" in capsys.readouterr().err
    assert excitable([*arguments, "--vary", "C", "1"]) == 2
    assert "unknown parameter 'C'" in capsys.readouterr().err


def test_sweep_takes_thresholds_and_functions_of_a_file(tmp_path, capsys):
    """The rheobase of the LIF neuron is (V_th - E_L)/R = 15 mV/R."""
    varied = ["sweep", "lif", "--vary", "R", "5", "10", "--workers", "0"]
    search = ["--protocol", "thresholds_of", "--tolerance", "0.01", "--duration", "100",
              "--dt", "0.5", "--backend", "numpy", "--criterion", "spike"]  # fmt: skip
    assert excitable([*varied, *search, "--store", str(tmp_path / "x.csv")]) == 0
    found = read_sweep(tmp_path / "x.csv")
    assert found["I"].tolist() == pytest.approx([3, 1.5], rel=0.011)
    assert set(found["criterion"]) == {"spike"}

    file = tmp_path / "own.py"
    file.write_text(
        "HEIGHT = 15\n\n\ndef by_hand(model, sets):\n"
        "    return sets.assign(at=HEIGHT / sets['R'], I=[*sets.get('I', [0] * len(sets))])\n"
    )
    own = [*varied[:-1], "2", "--protocol", f"{file}:by_hand"]
    assert excitable([*own, "--store", str(tmp_path / "y.csv")]) == 0
    assert read_sweep(tmp_path / "y.csv")["at"].tolist() == [3, 1.5]
    assert excitable([*own, "--currents", "1", "2", "--store", str(tmp_path / "z.csv")]) == 0
    assert read_sweep(tmp_path / "z.csv")["I"].tolist() == [1, 2, 1, 2]
    assert "4 parameter sets, 4 of them computed now" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--protocol", "thresholds", "--vary", "R"], "did you mean 'thresholds_of'"),
        (["--protocol", "thresholds_of"], "--vary: name a parameter"),
        (["--protocol", "thresholds_of", "--vary", "R", "--currents", "1"],
         "--currents: thresholds_of looks for the current"),
        (["--protocol", "thresholds_of", "--vary", "R", "--discard", "1"], "'discard'"),
        (["--criterion", "spike"], "unknown keyword of rates 'criterion'"),
        (["--protocol", "nowhere.py:f"], "there is no such file"),
    ],
)  # fmt: skip
def test_a_sweep_that_makes_no_sense_is_refused(arguments, message, tmp_path, capsys):
    assert excitable(["sweep", "lif", *arguments, "--store", str(tmp_path / "x.csv")]) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_fi_over_two_parameters(tmp_path, capsys):
    arguments = ["fi", "lif", "--currents", "2:3", "--vary", "tau", "10", "20", "--vary", "R", "10"]
    arguments += ["20", "--duration", "0.4*second", "--discard", "100", "--backend", "numpy"]
    assert excitable([*arguments, "--out", str(tmp_path / "lif.csv")]) == 0
    table = pd.read_csv(tmp_path / "lif.csv")
    assert len(table) == 51 * 4
    first = table[table["I"] == 2].set_index(["tau", "R"])["rate_Hz"]
    for (tau, R), rate in first.items():
        assert rate == pytest.approx(1e3 / (tau * np.log(R * 2 / (R * 2 - 15))), rel=1e-6)
    names = ["lif.csv", "lif.png", "lif.svg"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names


COMMANDS = {
    "response lif --stimulus Step(2*nA,onset=20*ms) --duration 60": ("_spikes", "t_ms", 33.8629),
    "rheobase lif --duration 200 --tolerance 1e-4 --vary R 20:20": ("", "I", 0.75),
    "rheobase lif --duration 200 --tolerance 1e-4 --vary R 20 5 --vary tau 10 20 --spikes grid": (
        "", "I", 0.75),
    # On the grid 13.86 ms, tau*ln 4, are 14.
    "certify lif --currents 2:3:2 --dt 0.2 --spikes grid --tolerance 0.1": (
        "", "rate_Hz", 1e3 / 14),
    "latency lif --currents 2 --duration 40": ("", "latency_ms", 13.8629),
    "strength-duration lif --durations 5 10 20 --tolerance 1e-4": (
        "", "I", 1.5 / -np.expm1(-0.5)),
    # 15 mV/R/(1 - exp(-d/tau)); the gate m of Traub & Miles 40 mV above V_T, where beta_m is 1.4.
    "strength-duration lif --durations 5 10 --vary tau 20 --vary R 5 10 --tolerance 1e-4": (
        "", "I", 3 / -np.expm1(-0.25)),
    "gating traub_miles --v -13 --vary V_T -53 -63": (
        "", "tau_ms", 1 / (1.28 * 6.75 / -np.expm1(-6.75) + 1.4)),
    "clamp hodgkin_huxley --commands -65 --hold -65 --duration 1": ("", "I_K_uA_per_cm2", 4.36),
    "gating hodgkin_huxley --v -65": ("", "steady_state", 0.0529),
    "latency lif --relative-to 1.5 --currents 2 --duration 40": ("", "latency_ms", 6.9315),
    "fi lif --currents 2 --spikes grid --duration 700": ("", "rate_Hz", 1e3 / 13.9),
    # Every 277 of Euler's steps of 0.05 ms: 38 spikes in the three quarters from 175 ms on.
    "noisy-fi lif --currents 2 --noise 0 --trials 2 --duration 700": ("", "rate_Hz", 38 / 0.525),
    # Above (V_th - E_L)/R = 3 nA by a tenth: tau*ln(1.1/0.1).
    "conductance-sweep lif --name R --values 5 10 --currents 1:4:4 --tolerance 1e-4 "
    "--search-duration 500": ("_onset", "latency_ms", 10 * np.log(11)),
    # The first row is without noise and below threshold, at 0 nA.
    "noisy-onset lif --deviations 2 --points 3 --trials 2 --threshold 2 --duration 300 "
    "--discard 100": ("", "rate_Hz", 0),
    # One ms at -100 mV, where tau_b is 3.805 ms.
    "recovery connor_stevens --current I_A --condition-duration 20 --read-after 8": (
        "", "recovery", 1 - np.exp(-1 / 3.8048)),
    "recovery connor_stevens --current I_A --condition-duration 20 --read-after 8 "
    "--vary g_A 20 40": ("", "recovery", 1 - np.exp(-1 / 3.8048)),
}  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_each_protocol_is_a_command(command, tmp_path):
    """Closed forms of LIF; Hodgkin and Huxley's n = 0.3177 at rest, 36*n**4*(-65 + 77)."""
    words = command.split()
    assert excitable([*words, "--out", str(tmp_path / "x.csv")]) == 0
    part, column, value = COMMANDS[command]
    table = pd.read_csv(tmp_path / f"x{part}.csv")
    assert table[column][0] == pytest.approx(value, rel=1e-2 if value == 4.36 else 1e-3)
    assert (tmp_path / "x.png").stat().st_size > 5000


def test_spikes_say_of_which_values_they_are(tmp_path):
    """The first comes after tau*ln 4."""
    words = ["response", "lif", "--amplitude", "2", "--vary", "tau", "20", "10", "--duration", "30"]
    out = str(tmp_path / "x.csv")
    assert excitable([*words, "--backend", "numpy", "--out", out]) == 0
    first = pd.read_csv(tmp_path / "x_spikes.csv").groupby("tau")["t_ms"].min()
    assert first.to_dict() == pytest.approx({10: 10 * np.log(4), 20: 20 * np.log(4)})


def test_a_file_that_fails_is_named_with_its_line(tmp_path, capsys):
    file = tmp_path / "mine.py"
    file.write_text("import math\n\ndef cell():\n    return math.sqrt(-1)\n\ncell()\n")
    assert excitable(["models", str(file)]) == 2
    assert f"{str(file)!r}, line 4: ValueError: math domain" in capsys.readouterr().err


def test_stimuli_and_networks_of_a_file(tmp_path, capsys):
    file = tmp_path / "mine.py"
    file.write_text(
        "from brian2 import *\nfrom excitable import *\nPULSE = Step(2*nA, offset=20*ms)\n"
        "NET = Network([Population('a', LIF, 5, drive=Constant(2*nA))], [])\n"
    )
    here = ["--backend", "numpy", "--out", str(tmp_path)]
    arguments = ["response", "lif", "--stimulus", f"{file}:PULSE", "--duration", "50", *here]
    assert excitable(arguments) == 0
    assert pd.read_csv(tmp_path / "lif_response_spikes.csv")["t_ms"].round(3).tolist() == [13.863]
    assert excitable(["network", str(file), "--duration", "50", *here]) == 0
    assert len(pd.read_csv(tmp_path / "my_network.csv")) == 15  # 5 cells, each after 13.86 ms
    assert excitable(["network", f"{file}:NAT", *here]) == 2
    assert "did you mean 'NET'" in capsys.readouterr().err


CELL = (
    "from brian2 import *\nfrom excitable import *\nCELL = NeuronModel('mine', "
    "'dVm/dt = (R*drive - Vm)/tau : volt', {'R': 10*Mohm, 'tau': 10*ms}, nA, {'Vm': 0*mV}, "
    "input='drive', threshold='Vm > 15*mV', reset='Vm = 0*mV', input_range=(0, 5))\n"
)


def test_a_certificate_decides_the_exit_code(tmp_path, capsys):
    """Spikes on a grid of 0.5 ms are late by up to a step: 28 instead of tau*ln(4) = 27.73 ms."""
    (tmp_path / "mine.py").write_text(CELL)
    arguments = ["certify", f"{tmp_path / 'mine.py'}:CELL", "--currents", "1:3:3", "--set", "tau"]
    arguments += ["20", "--duration", "500", "--discard", "100", "--backend", "numpy", "--out"]
    arguments += [str(tmp_path / "x.csv"), "--dt", "0.5"]
    assert excitable([*arguments, "--tolerance", "1e-6"]) == 0
    said = capsys.readouterr()
    assert "verdict: converged" in said.out
    assert not said.err
    rows = pd.read_csv(tmp_path / "x.csv").set_index("I")
    assert rows["rate_Hz"][1] == rows["reference_Hz"][1] == 0
    assert rows["reference_Hz"][2] == pytest.approx(1e3 / (20 * np.log(4)), rel=1e-8)

    assert excitable([*arguments, "--spikes", "grid", "--rows", "2"]) == 1
    said = capsys.readouterr()
    assert "NOT CONVERGED" in said.out
    assert said.err.startswith("not certified: largest error 0.0")
    assert said.err.endswith("use a smaller dt\n")
    assert said.err.count("\n") == 1
    rows = pd.read_csv(tmp_path / "x.csv").set_index("I")
    assert len(rows) == 2
    late = 1 - 20 * np.log(4) / 28
    assert rows["rate_Hz"][2] == pytest.approx(1e3 / 28, rel=1e-6)
    assert rows["error"][2] == pytest.approx(late, rel=1e-6)


def test_sweep_of_a_conductance_and_noise_of_a_users_cell(tmp_path):
    """The threshold is 15 mV/R; at twice the threshold an interval is tau*ln(2)."""
    (tmp_path / "mine.py").write_text(CELL)
    model, out = f"{tmp_path / 'mine.py'}:CELL", str(tmp_path / "x.csv")
    short = ["--duration", "300", "--discard", "100", "--backend", "numpy", "--out", out]
    arguments = ["conductance-sweep", model, "--name", "R", "--values", "5", "10", "10"]
    arguments += ["--currents", "0:4:3", "--search-duration", "300", "--tolerance", "1e-3"]
    assert excitable([*arguments, *short]) == 0
    onset = pd.read_csv(tmp_path / "x_onset.csv")
    assert onset["I"].tolist() == pytest.approx([3, 1.5, 1.5], rel=2e-3)
    rates = pd.read_csv(tmp_path / "x.csv").set_index(["R", "I"])["rate_Hz"]
    assert rates[5, 4].item() == pytest.approx(1e2 / np.log(4), rel=1e-6)

    arguments = ["noisy-onset", model, "--deviations", "1", "4", "--points", "3", "--trials", "2"]
    assert excitable([*arguments, "--threshold", "1.5", "--dt", "0.1", *short]) == 0
    table = pd.read_csv(tmp_path / "x.csv")
    assert table["deviation"].tolist() == [0] * 3 + [1] * 3 + [4] * 3
    assert table["I"].tolist() == [0, 1.5, 3] * 3
    assert table["rate_Hz"][2] == pytest.approx(1e2 / np.log(2), rel=1e-6)
    # R sigma/sqrt(2 tau) is the deviation.
    np.testing.assert_allclose(10 * table["noise"] / np.sqrt(20), table["deviation"], rtol=1e-6)


FUNCTIONS = {
    "fi": protocols.fi_curve, "noisy-fi": protocols.noisy_fi_curve, "latency": protocols.latency,
    "response": protocols.response, "rheobase": protocols.thresholds,
    "strength-duration": protocols.strength_duration, "clamp": protocols.voltage_clamp,
    "activation": protocols.activation, "inactivation": protocols.inactivation,
    "recovery": protocols.recovery, "gating": protocols.gating_curves, "sweep": protocols.sweep,
    "certify": protocols.certify, "conductance-sweep": protocols.conductance_sweep,
    "noisy-onset": protocols.noisy_onset,
    "excitability": protocols.excitability, "network": protocols.network_preset,
    "export": export,
}  # fmt: skip
# Said in another way: by the command itself, by what is varied, or only in Python.
OTHERWISE = {
    "certify": {"result"},
    "response": {"n"}, "excitability": {"values", "diagram", "steps", "report"},
    "network": {"name"}, "sweep": {"grid", "client", "chunk", "retry"},
    "export": {"folder", "values", "overwrite"},
}  # fmt: skip


@pytest.mark.parametrize("command", FUNCTIONS)
def test_every_keyword_of_a_protocol_is_an_option(command, capsys):
    """In the same words; all numerics where the protocol takes them."""
    with pytest.raises(SystemExit):
        excitable([command, "--help"])
    said = capsys.readouterr().out
    keywords = inspect.signature(FUNCTIONS[command]).parameters.values()
    wanted = {k.name for k in keywords if k.kind is not k.VAR_KEYWORD} - {"model"}
    if any(k.kind is k.VAR_KEYWORD for k in keywords):
        wanted |= {field.name for field in dataclasses.fields(Numerics)}
    for name in wanted - OTHERWISE.get(command, set()):
        option = rf"--{name.replace('_', '-')}\b"
        assert re.search(option, said), name


def test_a_users_words_for_membrane_and_input(tmp_path):
    """Charged from rest at 0 mV by R*I = 30 mV: 30*(1 - exp(-t/tau)), for each tau."""
    file = tmp_path / "mine.py"
    file.write_text(
        "from brian2 import *\nfrom excitable import *\nCELL = NeuronModel('mine', "
        "'dVm/dt = (R*drive - Vm)/tau : volt', {'R': 10*Mohm, 'tau': 10*ms}, nA, {'Vm': 0*mV}, "
        "input='drive')\n"
    )
    arguments = ["response", f"{file}:CELL", "--vary", "tau", "5", "10", "--amplitude", "3"]
    arguments += ["--duration", "20", "--backend", "numpy", "--out", str(tmp_path)]
    assert excitable(arguments) == 0
    table = pd.read_csv(tmp_path / "mine_response.csv")
    assert list(table) == ["neuron", "t_ms", "Vm_mV", "I", "I_unit", "tau"]
    exact = 30 * (1 - np.exp(-table["t_ms"] / table["tau"]))
    np.testing.assert_allclose(table["Vm_mV"], exact, atol=1e-6)


@pytest.mark.parametrize("name", ["x.xlsx", "x.txt"])
def test_a_table_of_another_kind_is_refused_first(name, tmp_path, capsys):
    assert excitable(["fi", "lif", "--out", str(tmp_path / name)]) == 2
    assert "end the name in .csv or .parquet" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_every_command_has_an_example_in_its_help():
    parser = commands._parser()
    (sub,) = [a for a in parser._actions if hasattr(a, "choices") and a.choices]
    for name, command in sub.choices.items():
        example = command.epilog.split("example:\n  excitable ")[1]
        parsed = parser.parse_args(map(commands._as_value, shlex.split(example)))
        assert example.split()[0] == name
        assert callable(parsed.command)


def command_line(*arguments, **more):
    """Run the command in a process of its own, beside this checkout."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "excitable", *arguments],
        env=environment, stderr=subprocess.PIPE, text=True, **more,
    )  # fmt: skip


def test_nobody_reads_on(tmp_path):
    """`excitable models | head`: no traceback and no complaint."""
    reading, writing = os.pipe()
    os.close(reading)
    done = command_line("cache", stdout=writing)
    os.close(writing)
    assert done.communicate()[1] == ""
    assert done.returncode == commands.BROKEN_PIPE


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("strength-duration --back", ["--backend"]),
        ("fi hodgkin_huxley --vary g_N", ["g_Na"]),
        ("rheobase nobody.py:CELL --set g", []),
        ("network CO", ["COBA", "COBAHH"]),
        ("run perc", ["perceptron"]),
    ],
)
def test_completion_knows_commands_options_and_names(tmp_path, line, expected):
    pytest.importorskip("argcomplete")
    line = f"excitable {line}"
    answer = tmp_path / "answer"
    with answer.open("w") as stream:
        environment = {
            **os.environ, "PYTHONPATH": str(ROOT), "_ARGCOMPLETE": "1", "COMP_LINE": line,
            "COMP_POINT": str(len(line)), "_ARGCOMPLETE_IFS": "\n",
            "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
        }  # fmt: skip
        subprocess.run([sys.executable, "-m", "excitable"], env=environment, stdout=stream)
    assert answer.read_text().split() == expected


def test_a_warning_is_its_text():
    """And no line of the script that pip has written; afterwards all is as it was."""
    shown = []

    def command(_):
        shown.append(warnings.formatwarning("cells have no rest", UserWarning, "bin/excitable", 8))
        return 0

    assert commands._run(SimpleNamespace(command=command)) == 0
    assert shown == ["cells have no rest"]
    assert "bin/excitable:8" in warnings.formatwarning("", UserWarning, "bin/excitable", 8)


def test_cache_lists_what_programs_run(monkeypatch, tmp_path, capsys):
    place = tmp_path / "0123456789abcdef01234567"
    place.mkdir()
    (place / "manifest.json").write_text(json.dumps({"made_for": "F-I of lif"}))
    monkeypatch.setattr("excitable.simulation.backends.compiled.cache.entries",
                        lambda: [(place.name, 1.5, 0.1)])  # fmt: skip
    monkeypatch.setattr("excitable.simulation.backends.compiled.cache.cache_folder",
                        lambda: tmp_path)  # fmt: skip
    assert excitable(["cache"]) == 0
    assert capsys.readouterr().out.startswith("F-I of lif ")


def test_progress_in_a_log_is_lines(capsys):
    set_progress(True)
    try:
        with lines_where_no_terminal(), bar(total=4, desc="work", delay=0, mininterval=0) as shown:
            shown.delay = shown.mininterval = 0
            for _ in range(4):
                shown.update()
                shown.refresh()
            with bar(total=2, desc="inside", delay=0) as inner:  # which moves the cursor
                inner.delay = 0
                inner.refresh()
    finally:
        set_progress(False)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) > 3
    assert any("work:  75%" in line and "3/4" in line for line in lines)
    assert any("inside" in line for line in lines)
    assert not any("\r" in line or "\x1b" in line for line in lines)


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
    assert message in capsys.readouterr().err
    assert excitable(["run", *arguments, "--out", str(tmp_path)]) == 2
    assert message in capsys.readouterr().err


def test_output_folder_that_is_a_file_is_refused_first(tmp_path, capsys, monkeypatch):
    target = tmp_path / "file"
    target.write_text("")
    monkeypatch.setattr(runner, "run_study", lambda *a: pytest.fail("a study was started"))
    assert runner.main(["--out", str(target)]) == 2
    assert str(target) in capsys.readouterr().err


def test_run_all_script_from_a_checkout(tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "run_all.py", "--list"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith("lif_practical")
