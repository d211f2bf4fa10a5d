"""JavaScript modules, run by node: their slopes, and the spikes of Brian2's own run."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from brian2 import Function, Hz, Mohm, Network, SpikeMonitor, Unit, cm, ms, mV, nA, prefs, uA
from excitable.analysis.trains.steadiness import firing_kinds
from excitable.models import (
    CONNOR_STEVENS,
    HODGKIN_HUXLEY,
    IZHIKEVICH,
    LIF,
    ZOO,
    NeuronModel,
    grouping,
)
from excitable.models.initial import initial_state
from excitable.models.printers.c_like import CannotPrint
from excitable.models.printers.javascript import javascript_text
from excitable.protocols import Pulses, Sine, Step, WhiteNoise
from excitable.simulation.methods.shared_exponentials import economical

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
DRIVER = Path(__file__).parent / "drive.mjs"
STEADINESS = Path(__file__).parents[2] / "explorer" / "page" / "engine" / "steadiness.js"
CELLS = [cell for top in ZOO for cell in (top, *top.variants.values())]
# Names that JavaScript keeps, conditions, powers, functions, a reset that uses what it sets.
AWKWARD = NeuronModel(
    name="awkward",
    equations="""
        dx/dt = (E - x + R*I + drive*w)/tau : volt (unless refractory)
        dw/dt = (let - w)/(2*tau) : 1
        let = clip((x/mV + 65)**2/10, -1, 2) + int(hot or x < -70*mV) - -w**3/(1 + w**2) : 1
        hot = x > -60*mV and not w > 0.5 : boolean
        dp/dt = (log1p(exp(w)) + exprel(w) - (x/mV) % 7 - p**1.5*tanh(w) + (-w)**2
            + (1 + w*w)**(1/3) + (2 + w)**3/8 + (w - 1)**4/8
            + (1 + w*w)**5/40 - (-1 - w*w)**3/8 + int(5*w))/tau : 1
    """,
    parameters={"E": -65 * mV, "R": 10 * Mohm, "tau": 10 * ms, "drive": 3 * mV},
    input_unit=nA,
    initial={"x": "E + 2*mV", "w": "0.25", "p": "1 + w"},
    threshold="x > -50*mV or w > 40",
    reset="w += 0.1; x = E - w*mV",
    refractory="2*ms + tau/10",
    dt=0.05 * ms,
)


def module(model, given, folder, **more):
    driven = grouping.describe(model, 1, given, method="rk4", **more)
    text = javascript_text(model, driven, economical(driven.system))
    path = folder / f"{model.name}.mjs"
    path.write_text(text)
    return path, driven


def run(path, task):
    """Return what the driver prints."""
    (path.parent / "task.json").write_text(json.dumps(task))
    command = ["node", str(DRIVER), str(path), str(path.parent / "task.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("model", [*CELLS, AWKWARD], ids=lambda m: m.name)
def test_slopes(model, tmp_path):
    rng = np.random.default_rng(3)
    path, driven = module(model, 3 * model.input_unit, tmp_path)
    system, start = driven.system, initial_state(model, driven.values)
    states = {
        x: float(np.ravel(start[x])[0])
        + rng.normal(size=20) * (20 if x == model.membrane else 0.3) * float(model.unit_of(x))
        for x in system.rhs
    }
    if model is AWKWARD:
        states["p"] = np.abs(states["p"])  # p**1.5
    known = {**{k: float(np.ravel(v)[0]) for k, v in driven.values.items()}, **states, "t": 0.0}
    texts = list(system.slopes().values())
    right = np.broadcast_arrays(
        states[model.membrane], *system.function(list(known), texts)(*known.values())
    )[1:]
    got = np.array(run(path, {"states": np.array(list(states.values())).T.tolist()})).T
    for value, expected in zip(got, right, strict=True):
        # Of the largest value: where currents cancel, their rounding stays.
        np.testing.assert_allclose(value, expected, rtol=1e-13, atol=1e-13 * np.abs(expected).max())


@pytest.mark.parametrize(
    ("model", "given"),
    [
        (HODGKIN_HUXLEY, 10 * uA / cm**2),
        (CONNOR_STEVENS, 20 * uA / cm**2),
        (LIF.with_(t_ref=3 * ms), 2 * nA),
        (IZHIKEVICH, 10 * mV / ms),
        (AWKWARD, 2.5 * nA),
        (LIF, Step(2 * nA, onset=10.02 * ms, offset=81 * ms)),
        (
            LIF.with_(t_ref=3 * ms),
            Sine(1.5 * nA, 40 * Hz, mean=2 * nA, onset=3.01 * ms, offset=90 * ms),
        ),
        (HODGKIN_HUXLEY, Pulses(30 * uA / cm**2, times=[5, 40.01, 75] * ms, width=1 * ms)),
    ],
    ids=["hh", "cs", "lif", "izhikevich", "awkward", "step", "sine", "pulses"],
)
def test_spikes_of_brian2_on_the_grid(model, given, tmp_path):
    prefs.codegen.target = "numpy"
    cells = model.group(1, given, method="rk4")
    spikes = SpikeMonitor(cells)
    Network(cells, spikes).run(100 * ms)
    right = np.round(np.array(spikes.t / model.dt)).astype(int).tolist()
    path, _ = module(model, given, tmp_path)
    assert len(right) >= 2
    assert run(path, {"steps": round(float(100 * ms / model.dt))}) == right


def test_powers_of_negative_numbers(tmp_path):
    powers = [2, 3, 4, 5, 1 / 3, 0.5]
    texts = [f"dx{k}/dt = (-x{k})**({p!r})/ms : 1" for k, p in enumerate(powers)]
    texts[4] = "dx4/dt = (-x4)**(1/3)/ms : 1"
    model = NeuronModel(
        name="powers",
        equations="\n".join(["dv/dt = I/ms : 1", *texts]),
        parameters={},
        initial={"v": 0.0, **{f"x{k}": 0.0 for k in range(len(powers))}},
        input_unit=Unit(1),
        threshold="v > 1",
        reset="v = 0",
    )
    path, _ = module(model, 0.5, tmp_path)
    bases = np.array([-2.0, -0.3, 0.0, 0.7, 8.0])
    states = [[0.0, *[-base] * len(powers)] for base in bases]
    got = run(path, {"states": states})
    right = [[base**p if base >= 0 or p == round(p) else np.nan for p in powers] for base in bases]
    found = [[np.nan if x is None else x / 1e3 for x in row[1:]] for row in got]
    np.testing.assert_allclose(found, right, rtol=1e-14)


def test_refuses_by_name():
    def text(model, given):
        driven = grouping.describe(model, 1, given)
        return javascript_text(model, driven, economical(driven.system))

    with pytest.raises(CannotPrint, match="lif: white noise"):
        text(LIF, WhiteNoise(1 * nA, 1 * nA * ms**0.5))
    own = NeuronModel(
        name="own",
        equations="dv/dt = (E - v + R*I*pulse(v/mV))/tau : volt",
        parameters={"E": -65 * mV, "R": 10 * Mohm, "tau": 10 * ms},
        input_unit=nA,
        initial={"v": "E"},
        threshold="v > -50*mV",
        reset="v = E",
        functions={"pulse": Function(lambda x: x, arg_units=[1], return_unit=1)},
    )
    with pytest.raises(CannotPrint, match=r"own: the function pulse\(\)"):
        text(own, 1 * nA)
    two = grouping.describe(LIF, 2, 1 * nA)
    with pytest.raises(CannotPrint, match="one cell, not 2"):
        javascript_text(LIF, two, economical(two.system))


def test_the_page_believes_no_rate_that_drifts(tmp_path):
    """Intervals that relax to 20 ms, in windows of some time constants: as tables have it."""
    trains = [
        20 * (1 - drift * np.exp(-np.arange(n) / n / tau))
        for n in (5, 30, 100) for drift in (5e-4, 0.01, 0.03, 0.1) for tau in (0.3, 1, 5, 20)
    ]  # fmt: skip
    shutil.copy(STEADINESS, tmp_path / "steadiness.mjs")
    script = (
        'import { even, leadsAway } from "./steadiness.mjs";\n'
        f"const trains = {json.dumps([gaps.tolist() for gaps in trains])};\n"
        "const found = trains.map((gaps) => even(gaps, 2.5e-2) && !leadsAway(gaps, 2.5e-2));\n"
        "console.log(JSON.stringify(found));"
    )
    (tmp_path / "task.mjs").write_text(script)
    done = subprocess.run(["node", tmp_path / "task.mjs"], capture_output=True, text=True)
    resolved = np.array(json.loads(done.stdout))
    times = [np.r_[0, np.cumsum(gaps)] for gaps in trains]
    own = np.repeat(np.arange(len(times)), list(map(len, times)))
    ends = np.array([t[-1] + 1e-9 for t in times])
    kinds = firing_kinds(own, np.concatenate(times), len(times), ends * 0 - 1e-9, ends, 2.5e-2)
    assert not (resolved & (kinds != "steady")).any()
    assert resolved.sum() > len(trains) / 2
