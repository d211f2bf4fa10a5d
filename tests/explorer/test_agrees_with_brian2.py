"""The page's spikes are those of the toolkit's own run: of the Python text that the page shows."""

import json

import numpy as np
import pytest
from brian2 import Quantity, ms, mV, prefs
from excitable.models import IZHIKEVICH, IZHIKEVICH_2007, ZOO
from excitable.protocols import Step, response
from excitable.protocols.firing.izhikevich_patterns import (
    ADJUSTED_2004,
    CELLS_2003,
    PATTERNS_2004,
    run_patterns,
)

# Cells without chaos agree to rounding, which grows along a run.
SAME_MS = 1e-6
CELLS = [cell for model in ZOO for cell in (model, *model.variants.values())]
# One cell of each system of equations.
SYSTEMS = {(c.equations, c.threshold, c.reset): c for c in reversed(CELLS)}
DT_MS = 2**-3  # of what is run by the hundred milliseconds: a quarter of the usual steps
INPUTS = {"izhikevich_2007_ib": 600.0}  # the middle of the range is below its rheobase


def run_python(text: str, backend: str = "numpy"):
    """Return what `out` is after running the page's text."""
    assert text.count("record=(") == 1
    space: dict = {}
    exec(text.replace("record=(", f"backend={backend!r}, record=("), space)
    return space["out"]


def on_the_page(page, edit: str) -> dict:
    """Return spikes (ms), membrane (its unit) and text of a state; `edit` is JavaScript."""
    found = page.evaluate(
        """(edit) => {
          const S = new Function("excitable", edit)(excitable), R = excitable.compute(S);
          const v = R.system.membrane, {scale} = R.system.states[v];
          return { spikes: Array.from(R.found.spikes, t => t*1e3), diverged: R.found.diverged,
            v: Array.from(R.found.traces[v], x => x/scale), text: excitable.pythonOf(S) };
        }""",
        edit,
    )
    assert found["diverged"] is None
    return found


def state(name: str, duration: float, more: str = "") -> str:
    current = f"S.blocks[0].amplitude = {INPUTS[name]};" if name in INPUTS else ""
    return (
        f"const S = excitable.defaults({json.dumps(name)}); S.duration = {duration};"
        f"S.blocks[0].onset = {duration / 20}; S.blocks[0].offset = {duration}; {current} {more}"
        "return S;"
    )


def same_spikes(found, expected, at_least: int = 1):
    assert len(expected) >= at_least
    np.testing.assert_allclose(found["spikes"], expected, rtol=0, atol=SAME_MS)


@pytest.mark.parametrize("model", SYSTEMS.values(), ids=lambda m: m.name)
def test_python_text_of_every_system(page_open, model):
    found = on_the_page(page_open, state(model.name, 40, "S.dt *= 2;"))
    out = run_python(found["text"])
    same_spikes(found, out.spikes["t_ms"])
    membrane = out.traces.iloc[:, 2].to_numpy()
    # A steep upstroke turns the rounding of a reset's time into some of the potential.
    close = np.abs(np.array(found["v"][: len(membrane)]) - membrane) < 1e-6 * np.ptp(membrane)
    assert close.mean() > 0.99


@pytest.mark.slow
@pytest.mark.parametrize("model", CELLS, ids=lambda m: m.name)
def test_python_text_of_every_model_over_500_ms(page_open, model):
    found = on_the_page(page_open, state(model.name, 500))
    same_spikes(found, run_python(found["text"], "auto").spikes["t_ms"])


@pytest.mark.parametrize("top", [IZHIKEVICH, IZHIKEVICH_2007], ids=lambda m: m.name)
def test_variants_side_by_side_over_500_ms(page_open, top):
    cells = [c for c in top.variants.values() if c.equations + c.reset == top.equations + top.reset]
    cells = [c for c in cells if c.threshold == top.threshold]
    assert len(cells) >= 3
    middle = sum(top.input_range) / 2
    level = np.array([INPUTS.get(c.name, middle) for c in cells]) * top.input_unit
    vary = {
        name: Quantity(np.array([c.parameters[name].value for c in cells]) * p.unit)
        for name, p in top.parameters.items()
    }
    out = response(top, Step(level, onset=25 * ms), 500 * ms, n=len(cells), vary=vary,
                   dt=DT_MS * ms, backend="numpy")  # fmt: skip
    for k, cell in enumerate(cells):
        own = out.spikes.loc[out.spikes["neuron"] == k, "t_ms"]
        same_spikes(on_the_page(page_open, state(cell.name, 500, f"S.dt = {DT_MS};")), own)


PUBLISHED = {
    **PATTERNS_2004,
    **ADJUSTED_2004,
    **{name.replace(", ", "_"): cell for name, cell in CELLS_2003.items()},
}
# A constant, steps and pulses; cells that spike a few times only, which numpy runs fast.
FEW = ("I", "L", "TC_rebound")


@pytest.mark.parametrize("keys", [FEW, pytest.param(tuple(PUBLISHED), marks=pytest.mark.slow)])
def test_presets_of_the_published_patterns(page_open, keys):
    assert len(PUBLISHED) == 28
    patterns = {key: PUBLISHED[key] for key in keys}
    outs = run_patterns(patterns.values(), backend="numpy", dt=DT_MS * ms)
    for (key, pattern), out in zip(patterns.items(), outs, strict=True):
        preset = f"excitable.data.presets.find(x => x.key === {json.dumps(key)})"
        edit = f"return {{...excitable.ofPreset({preset}), dt: {DT_MS}}}"
        found = on_the_page(page_open, edit)
        assert len(found["v"]) == round(float(pattern.duration / ms) / DT_MS) + 1
        same_spikes(found, out.spikes["t_ms"])


@pytest.mark.parametrize("key", ["lif_cosine", "lif_five", "qif_above"])
def test_python_text_of_other_presets(page_open, key):
    preset = f"excitable.data.presets.find(x => x.key === {json.dumps(key)})"
    edit = f"return {{...excitable.ofPreset({preset}), duration: 160, dt: 0.1}}"
    found = on_the_page(page_open, edit)
    assert ("Expression(" in found["text"]) == (key == "lif_five")
    same_spikes(found, run_python(found["text"]).spikes["t_ms"])


def test_chaos_until_the_stated_time(page_open):
    preset = "excitable.data.presets.find(x => x.key === 'chaos')"
    apart = page_open.evaluate(
        f"(() => {{ excitable.set(excitable.ofPreset({preset})); excitable.now();"
        "return excitable.chaos.curves[0].apart; })()"
    )
    assert 50 < apart < 500
    edit = f"return {{...excitable.ofPreset({preset}), duration: {np.floor(apart)}}}"
    found = on_the_page(page_open, edit)
    same_spikes(found, run_python(found["text"]).spikes["t_ms"], 5)


def test_python_text_of_a_second_neuron(page_open):
    kept = "{cell: 'lif', start: 'initial', values: {tau: 20}, first: {v: -60}}"
    found = on_the_page(page_open, state("lif", 60, f"S.pin = {kept};"))
    alone = on_the_page(
        page_open, state("lif", 60, "S.values.tau = 20; S.start = 'initial'; S.first.v = -60;")
    )
    space: dict = {}
    exec(found["text"].replace("response(", "response(backend='numpy', model=")
         .replace("stimulus,", "stimulus=stimulus, duration=", 2), space)  # fmt: skip
    same_spikes(found, space["out"].spikes["t_ms"])
    same_spikes(alone, space["beside"].spikes["t_ms"])


SINE = "{kind: 'sine', amplitude: 1.5, frequency: 40, phase: 0.3, mean: 2, onset: 3.01, offset: 90}"
RAMP = "{kind: 'ramp', start: 0.5, slope: 0.05, onset: 10.013, offset: 60}"
PULSES = "{kind: 'pulses', amplitude: 4, width: 6.33, first: 5.02, interval: 20, count: 4}"
NOISE = "{kind: 'noise', deviation: 2, correlation: 3, seed: 11}"
STEP = "{kind: 'step', amplitude: 2.2, onset: 1.003, offset: 88.888}"


HELD, EULER = "S.values.t_ref = 3;", "S.method = 'euler'; S.dt = 0.06;"
GRID = "S.located = false; S.start = 'initial'; S.first.v = -61.5;"


@pytest.mark.parametrize(
    ("blocks", "more"),
    [(f"[{SINE}]", HELD), (f"[{RAMP}, {STEP}]", EULER), (f"[{PULSES}]", GRID),
     (f"[{{kind: 'constant', amplitude: 1.4}}, {NOISE}]", HELD),
     (f"[{STEP}, {SINE}, {RAMP}, {PULSES}]", EULER)],
    ids=["sine", "ramp + step", "pulses", "constant + noise", "four"],
)  # fmt: skip
def test_inputs_methods_and_starts(page_open, blocks, more):
    found = on_the_page(page_open, state("lif", 70, f"S.blocks = {blocks}; {more}"))
    same_spikes(found, run_python(found["text"]).spikes["t_ms"])


@pytest.mark.parametrize(
    "more",
    ["S.dt = 0.25;", "S.dt = 0.5; S.located = false;", "S.method = 'euler'; S.dt = 0.2;"],
    ids=["carried to the threshold", "anticipated on the grid", "euler"],
)
def test_upstrokes_that_run_away(page_open, more):
    found = on_the_page(page_open, state("izhikevich_ch", 300, more))
    same_spikes(found, run_python(found["text"]).spikes["t_ms"], 10)


def test_half_steps_of_the_published_program(page_open):
    found = on_the_page(
        page_open, state("izhikevich_rs", 300, "S.method = 'half_steps'; S.dt = 1;")
    )
    space: dict = {}
    prefs.codegen.target = "numpy"
    exec(found["text"], space)
    expected = np.asarray(space["spikes"].t / ms)
    np.testing.assert_allclose(space["traces"].v[0] / mV, found["v"][:-1], rtol=1e-7)
    same_spikes(found, expected, 3)
