"""Rules that the times of a stimulus obey: what they let pass and what they refuse."""

import json
import re
import subprocess
from types import SimpleNamespace

import numpy as np
import pytest
from brian2 import ms, mV, nA
from excitable.models import NeuronModel
from excitable.simulation.backends import has_compiler
from excitable.simulation.backends.compiled import CPP
from excitable.simulation.backends.compiled.compile import compiler
from excitable.simulation.input_rules import Rule, check_rules, on_grid
from excitable.simulation.programs.cell_rules import cell_rules
from excitable.simulation.programs.description import ValueEntry
from excitable.simulation.projects.tables import inputs_header

AFTER = Rule({"off": 1.0, "on": -1.0}, "above zero", "off: must come after on")
APART = Rule({"b": 1.0, "a": -1.0, "width": -1.0}, "not negative", "times: too close")
SLOW = Rule({"f": 1.0}, "slow", "f: too fast", "Hz", 1.0)
LONG = Rule({"tau": 0.5}, "long", "tau: too short")
WHOLE = Rule({"k": 1.0}, "whole", "k: no whole number", "1", 1.0)
TRUTH = Rule({"b1": 1.0}, "zero or one", "b1: no truth value", "1", 1.0)
BUILT = Rule({"x": 1.0}, "as built", "x: is built in", built=(1e-3, 2e-3))
HOLDING = [
    (AFTER, {"on": 0.0, "off": 1e-9}),
    (AFTER, {"on": np.array([1.0, 2.0]), "off": np.array([1.5, 2.5])}),
    (APART, {"a": 5e-3, "b": 9e-3, "width": 4e-3}),  # 9 - 5 - 4 is -9e-19 in doubles
    (SLOW, {"f": 2500.0}),
    (LONG, {"tau": 2e-4}),
    (BUILT, {"x": np.array([1e-3, 2e-3])}),
    (WHOLE, {"k": np.array([-3.0, 0.0])}),
    (TRUTH, {"b1": np.array([0.0, 1.0])}),
]


@pytest.mark.parametrize(("rule", "values"), HOLDING)
def test_holds(rule, values):
    check_rules([rule], values, 1e-4)


REFUSED = [
    (AFTER, {"on": 2e-3, "off": 2e-3}, "Step off: must come after on, got off = 2 ms, on = 2"),
    (AFTER, {"on": np.array([0, 3e-3]), "off": 2e-3}, "got off = 2 ms, on = 3 ms"),
    (
        AFTER,
        {"on": np.zeros(2), "off": np.ones(3)},
        r"values differ \(off: 3, on: 2",
    ),
    (AFTER, {"on": 0.0, "off": np.nan}, "must come after"),
    (APART, {"a": 5e-3, "b": 9e-3, "width": 4.001e-3}, "too close.*width = 4.001 ms"),
    (SLOW, {"f": 2501.0}, r"f: too fast, got f = 2501 Hz, dt = 0.1 ms"),
    (LONG, {"tau": 1.9e-4}, r"tau: too short, got tau = 0.19 ms, dt = 0.1 ms"),
    (BUILT, {"x": np.array([1e-3, 3e-3])}, "x: is built in, got x = 3 ms"),
    (WHOLE, {"k": np.array([2.0, -0.5])}, "k: no whole number, got k = -0.5$"),
    (TRUTH, {"b1": 2.0}, "b1: no truth value, got b1 = 2$"),
]


@pytest.mark.parametrize(("rule", "values", "message"), REFUSED)
def test_refused(rule, values, message):
    with pytest.raises(ValueError, match=message):
        check_rules([rule], values, 1e-4, "Step ")
    with pytest.raises(ValueError, match=message):  # as a program's manifest has it
        check_rules([json.loads(json.dumps(rule.as_json()))], values, 1e-4, "Step ")


@pytest.mark.parametrize(("name", "value"), [("k", 0.5), ("on", 2), ("on", -1)])
def test_a_program_refuses_values_of_another_kind_than_the_equations_declare(name, value):
    """As the model itself does."""
    text = "dv/dt = (k*int(on)*I*Mohm - v)/tau : volt\nk : integer\non : boolean"
    cell = NeuronModel("declared", text, {"k": 2, "on": 1, "tau": 1 * ms}, nA, {"v": 0 * mV})
    rules = cell_rules(cell, cell.system)
    check_rules(rules, cell.values)
    for refuse in (
        lambda: check_rules(rules, {**cell.values, name: value}),
        lambda: cell.with_(**{name: value}),
    ):
        with pytest.raises(ValueError, match=rf"{name}: .*as which the equations declare it"):
            refuse()


def test_without_a_step_nothing_is_too_fast():
    check_rules([SLOW], {"f": 1e9})


def test_times_on_the_grid():
    assert np.all(on_grid(np.arange(10**6) * 0.025e-3, 0.025e-3))
    assert not np.any(on_grid((np.arange(10**6) + 0.01) * 0.025e-3, 0.025e-3))


# --- the same in an exported project, which checks them in C++ -----------------------------------

RULES = [AFTER, APART, SLOW, LONG, BUILT, WHOLE, TRUTH]
VALID = {"on": 0, "off": 1, "a": 0, "b": 1, "width": 1, "f": 1, "tau": 1, "x": [1, 2]}  # ms, Hz
VALID |= {"k": 1, "b1": 0}
FACTORS = dict.fromkeys(VALID, 1e-3) | {"f": 1.0, "k": 1.0, "b1": 1.0}


@pytest.fixture(scope="module")
def checker(tmp_path_factory):
    """A project's reader of its arguments alone, with the rules above and two neurons."""
    if not has_compiler():
        pytest.skip("needs a C++ compiler")
    folder = tmp_path_factory.mktemp("rules")
    entries = {
        name: ValueEntry("", factor, (), 0.0, "", name, per_neuron=True)
        for name, factor in FACTORS.items()
    }
    about = SimpleNamespace(
        title="", n=2, dt_is_fixed=False, dt_ms=0.1, record_dt_ms=None, values=entries,
        rules=[rule.as_json() for rule in RULES], record=(), shown={},
    )  # fmt: skip
    output = {"file": "state_x", "shape": ["neurons"], "dtype": "float64"}
    manifest = {
        "inputs": {k: {"dtype": "float64"} for k in VALID},
        "outputs": {"x": output},
        "columns": {k: k for k in VALID},
    }
    (folder / "inputs.h").write_text(inputs_header(manifest, about))
    (folder / "manifest.json").write_text("{}")
    lines = ["name,neuron,value,unit,meaning", "duration,all,100,ms,", "dt,all,0.1,ms,"]
    for name, value in VALID.items():
        lines += [f"{name},{k},{x},," for k, x in enumerate(np.broadcast_to(value, 2))]
    (folder / "parameters.csv").write_text("\n".join(lines))
    (folder / "main.cpp").write_text(
        '#include "arguments.cpp"\nint main(int n, char** given)\n'
        "{ project_arguments(given[0], std::vector<std::string>(given + 1, given + n)); }\n"
    )
    build = [compiler(), "-std=c++11", "-O0", f"-I{CPP}", f"-I{folder}", "main.cpp", "-o", "main"]
    subprocess.run(build, cwd=folder, check=True)
    return folder / "main"


def checked(checker, values):
    """Run the reader with values in SI units."""
    given = [
        f"{name}[{k}]={x / FACTORS[name]!r}"
        for name, value in values.items()
        for k, x in enumerate(np.broadcast_to(value, 2).tolist())
    ]
    return subprocess.run([str(checker), *given], capture_output=True, text=True)


@pytest.mark.parametrize(("rule", "values"), HOLDING)
def test_a_project_lets_pass_what_holds(checker, rule, values):
    done = checked(checker, values)
    assert (done.returncode, done.stderr) == (0, "")


def possible(case):
    """Return whether a project can be given such values at all: finite, one for each neuron."""
    return all(np.isfinite(x).all() and np.size(x) in (1, 2) for x in case[1].values())


@pytest.mark.parametrize(("rule", "values", "message"), list(filter(possible, REFUSED)))
def test_a_project_refuses_what_does_not(checker, rule, values, message):
    done = checked(checker, values)
    assert done.returncode == 2
    assert re.search(message.removeprefix("Step "), done.stderr)
