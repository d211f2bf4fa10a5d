"""Plans: the same for single cells and networks, whatever engine runs them."""

import json
import subprocess
import sys
import types
from dataclasses import replace

import numpy as np
import pytest
from brian2 import check_units, implementation, ms, nA, volt
from excitable.models import LIF
from excitable.models.grouping import describe
from excitable.protocols import Constant, Step, WhiteNoise
from excitable.simulation import Backend, DivergenceError, build, has_compiler, simulate
from excitable.simulation.backends import ENGINES, Engine
from excitable.simulation.backends.compiled.program import Program, ProgramError
from excitable.simulation.backends.compiled.programs import cached_program
from excitable.simulation.plan import (
    Cells,
    Pathway,
    Plan,
    Population,
    Projection,
    Recorded,
    single_cells,
)
from excitable.simulation.programs.description import ProgramDescription
from excitable.simulation.recording import CellsRecording, Recording

needs_compiler = pytest.mark.skipif(not has_compiler(), reason="needs a C++ compiler")
BACKENDS = ["numpy", pytest.param("cpp_standalone", marks=needs_compiler)]
TAU, R, E_L = 10e-3, 10e6, -65e-3  # of LIF, in SI units


def charged(current, t):
    """Closed form of the membrane from rest under a constant current, below threshold."""
    return E_L + R * current * (1 - np.exp(-t / TAU))


def cells(name: str, currents, **more) -> Cells:
    text = describe(LIF, len(currents), Constant(currents * nA), dt=0.05 * ms)
    return Cells(name, text, {"v": np.full(len(currents), E_L)}, **more)


def two_groups(a=(0.5, 1.0), b=(1.2,), duration=20 * ms, **recorded) -> Plan:
    """Two groups of cells; one sends what never arrives, because nobody fires."""
    groups = cells("cells", np.array(a)), cells("others", np.array(b))
    populations = tuple(Population(g.name, g.name, 0, g.text.n) for g in groups)
    kick = Projection(
        "kick", *populations, "w : volt (shared, constant)", {"pre": Pathway("v_post += w", 0.0)},
        {}, len(a) * len(b), values={"w": 20e-3},
    )  # fmt: skip
    return Plan(
        groups, populations, (kick,), Recorded(**recorded), duration, 0.05 * ms, 1, "two groups"
    )


@pytest.mark.parametrize("backend", BACKENDS)
def test_final_states_follow_the_closed_form(backend):
    currents = np.array([0.2, 0.9, 1.4])
    found = simulate(LIF, Constant(currents * nA), 3, 15 * ms, backend=backend)
    np.testing.assert_allclose(found.state["v"], charged(currents * 1e-9, 15e-3), rtol=1e-9)


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_group_has_its_own_traces_and_states(backend):
    plan = two_groups(traces={"cells": (("v",), np.array([1]))}, dt=5 * ms)
    found = Backend(backend).run(plan)
    np.testing.assert_allclose(found.states["cells"]["v"], charged(np.array([5e-10, 1e-9]), 20e-3))
    np.testing.assert_allclose(found.states["others"]["v"], charged(1.2e-9, 20e-3))
    assert set(found.traces) == {"cells"}
    times, traces = found.traces["cells"]
    np.testing.assert_allclose(times, [0, 5, 10, 15])
    np.testing.assert_allclose(traces["v"], charged(1e-9, times * 1e-3)[None])
    assert found.synapse_counts == {"kick": 2}
    assert not plan.divisible


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_not_asked_for_is_not_kept(backend):
    plan = two_groups(a=(2.0, 0.0), connections=False, spikes=False, rates=False)
    found = Backend(backend).run(plan)
    assert (found.rates, found.synapses, found.traces) == ({}, {}, {})
    assert [len(found.spikes[name][1]) for name in ("cells", "others")] == [0, 0]
    # It fires at 10 ln 4 ms all the same, which others feel: 20 mV take them above threshold.
    assert found.states["others"]["v"] < charged(1.2e-9, 20e-3) - 1e-3


@needs_compiler
def test_a_result_that_a_network_lost_a_part_of_is_an_error(tmp_path):
    """A spike's time, a synapse's target, a step's rate: one short of what the others say."""
    plan = replace(two_groups(a=(2.0, 2.0)), duration=50 * ms).with_arguments()
    program = cached_program(plan, Backend("cpp_standalone"))
    subprocess.run(["cp", "-r", str(program.folder), str(tmp_path / "copy")], check=True)
    broken = Program.open(tmp_path / "copy")
    (broken.folder / "main").rename(broken.folder / "real")
    for name, size in (("spike_t", 8), ("kick.post", 4), ("others.rate", 8)):
        (broken.folder / "main").write_text(
            '#!/bin/sh\nEXCITABLE_END_WITH_PARENT=$$ ./real "$@"\n'
            f'truncate -s -{size} "$2/{broken.outputs[name]["file"]}"\n'
        )
        (broken.folder / "main").chmod(0o755)
        with pytest.raises(ProgramError, match=f"result {name} has"):
            broken.execute(plan.numbers, 0.05, 5e-5, seed=1)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_diverged_group_is_named_with_its_neurons_and_values(backend):
    """tau below zero takes the second cell down, e-fold every 10 us, beyond -1e308 volts."""
    tau = np.array([10, -0.01, 10]) * ms
    text = describe(LIF, 3, Constant(20 * nA), vary={"tau": tau})
    plan = single_cells(text, {"v": np.zeros(3)}, 100 * ms, label="mine", model="leaky")
    with pytest.raises(DivergenceError, match=r"leaky diverged: v is .* 1 of 3 neurons") as error:
        Backend(backend).run(plan)
    assert error.value.neurons == (1,)
    for part in ("tau = -0.01 ms", "first: neuron 1", f"method {text.method}", "dt = "):
        assert part in str(error.value)


def test_a_value_for_all_synapses_must_be_shared():
    """Else it would be set before there are synapses, and be zero without a word."""
    plan = two_groups()
    (kick,) = plan.projections
    each = replace(kick, model="w : volt (constant)")
    with pytest.raises(ValueError, match=r"kick: w has one value .* declare it \(shared\)"):
        Backend("numpy").run(replace(plan, projections=(each,)))


# --- engines -------------------------------------------------------------------------------------


def closed_form(plan: Plan, backend: Backend) -> Recording:
    """An engine that knows one model."""
    (group,) = plan.cells
    v = charged(group.text.values["I_amplitude"], float(plan.duration))
    none = np.empty(0)
    own = CellsRecording(
        group.text.n, none.astype(int), none, none, {}, "closed form", plan.dt_ms,
        backend.name, state={"v": np.broadcast_to(v, group.text.n)},
    )  # fmt: skip
    return Recording({group.name: own}, backend=backend.name)


@pytest.fixture
def own_engine(monkeypatch):
    """An engine in a module of its own, registered like the others."""
    module = types.ModuleType("excitable.simulation.backends.known")
    module.run = closed_form
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(ENGINES, "known", Engine("known", "known:run"))
    return Backend("known")


def test_a_registered_engine_runs_what_simulate_asks_for(own_engine):
    currents = np.array([0.2, 0.9, 1.4])
    mine = simulate(LIF, Constant(currents * nA), 3, 15 * ms, backend=own_engine)
    numpy = simulate(LIF, Constant(currents * nA), 3, 15 * ms, backend="numpy")
    np.testing.assert_allclose(mine.state["v"], numpy.state["v"], rtol=1e-9)
    assert mine.backend == "known"


def test_every_engine_is_checked_for_divergence(own_engine):
    plan = single_cells(describe(LIF, 2, Constant(1 * nA)), {"v": E_L}, np.nan * ms, label="mine")
    with pytest.raises(DivergenceError, match="mine diverged: v is nan for 2 of 2 neurons"):
        own_engine.run(plan)


def test_what_an_engine_cannot_do_is_refused(own_engine):
    with pytest.raises(ValueError, match="backend 'known' has one thread"):
        Backend("known", threads=2)
    with pytest.raises(ValueError, match="backend 'known' makes no program"):
        build(LIF, Constant(2 * nA), 1, backend=own_engine)
    with pytest.raises(ValueError, match="networks run in 'float64' only"):
        Backend("numpy", precision="float32").run(two_groups())


# --- what a plan says ----------------------------------------------------------------------------


def test_only_cells_with_nothing_between_them_are_cut_into_chunks():
    text = describe(LIF, 4, Constant(1 * nA))
    plan = single_cells(text, {"v": E_L}, 1 * ms, record=("v",))
    assert plan.divisible
    some = Recorded(traces={"cells": (("v",), np.array([0, 2]))}, rates=False)
    (group,) = plan.cells
    for other in (
        replace(plan, recorded=some),
        replace(plan, recorded=replace(plan.recorded, rates=True)),
        replace(plan, cells=(replace(group, drawn={"v": "rand()*mV"}),)),
        replace(plan, cells=(replace(group, name="others"),), recorded=Recorded(rates=False)),
    ):
        assert not other.divisible


@needs_compiler
def test_functions_of_one_name_have_a_program_each():
    """The text is the same to the letter, and what it calls is not."""
    text = describe(LIF, 1, Constant(1 * nA))
    for factor in (2, 3):
        code = f"double times(double x) {{ return {factor}*x; }}"
        times = implementation("cpp", code)(check_units(x=volt, result=volt)(lambda x: x))
        more = {"equations": f"{text.equations}\nshown = times(v) : volt",
                "namespace": {**text.namespace, "times": times}}  # fmt: skip
        plan = single_cells(replace(text, **more), {"v": E_L}, 1 * ms, record=("shown",))
        found = Backend("cpp_standalone").run(plan).only
        assert found.traces["shown"][0, 0] == pytest.approx(factor * E_L)


@needs_compiler
@pytest.mark.parametrize(
    "stimulus", [Step(2 * nA, onset=5 * ms), WhiteNoise(2 * nA, 1 * nA * ms**0.5)]
)
def test_a_programs_description_survives_json(stimulus):
    program = build(LIF, stimulus, 4, 20 * ms, vary=("tau",), record=("spikes", "v"))
    said = json.loads((program.folder / "manifest.json").read_text())["neurons"]
    assert ProgramDescription.from_json(said) == program.description
    assert said["values"]["tau"]["per_neuron"] is True
    assert said["shown"] == {"v": ["v_mV", 1e-3]}
    with pytest.raises(TypeError, match="colour"):
        ProgramDescription.from_json(said | {"colour": "red"})
