"""The page in use: examples, sliders, addresses, languages, files, bad input, accessibility."""

import csv
import io
import json
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from brian2 import cm, ms, mV, uA
from excitable.analysis import lif_rate, qif_rate
from excitable.dynamics import equilibria, steady_current
from excitable.explorer import explorer_html, frozen_noise, show, write_explorer
from excitable.explorer.build import LANGUAGES, texts
from excitable.models import (
    CONNOR_STEVENS,
    HODGKIN_HUXLEY,
    IZHIKEVICH,
    LIF,
    QIF,
    NeuronModel,
    Parameter,
)
from excitable.protocols import fi_curve

from tests.user_models import LEAKY, leaky_cell


def settle(page):
    """Carry out at once what follows from the last change."""
    page.evaluate("excitable.now()")


def choose(page, address: str):
    page.evaluate(
        """address => new Promise(done => {
          addEventListener("hashchange", done, {once: true});
          if (location.hash === "#" + address) done(); else location.hash = address;
        })""",
        address,
    )
    settle(page)


# --- what stands in the file ----------------------------------------------------------------------


def test_size_and_that_nothing_is_loaded(page_file):
    text = page_file.read_text("utf-8")
    assert len(text.encode()) <= 400_000
    assert "default-src &#x27;none&#x27;" in text
    assert not [mark for mark in ("src=", "@import", "fetch(", "XMLHttp") if mark in text]


def test_every_text_in_every_language():
    table = texts()
    for language in LANGUAGES:
        assert all(table[language].values())
    spoken = {k for k in table["en"]}
    for language in LANGUAGES[1:]:
        assert spoken <= set(table[language])
        same = [k for k in spoken if table[language][k] == table["en"][k] and " " in table["en"][k]]
        same = [k for k in same if k not in ("axis.time", "method.rk4")]
        assert not same  # nothing is left untranslated
        for key in spoken:
            for name in ("{t}", "{list}", "{most}", "{name}", "{count}", "{change}"):
                assert (name in table["en"][key]) == (name in table[language][key]), key


def test_words_of_the_published_models_are_translated(page_file):
    table = texts()
    for model in (LIF, QIF, HODGKIN_HUXLEY, CONNOR_STEVENS, IZHIKEVICH):
        for word in (model.title, *(p.meaning for p in model.parameters.values())):
            assert f"model.{word}" in table["es"], word


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"equations": "dv/dt = (E - v + R*I)/tau + sigma*xi/tau**0.5 : volt"}, "white noise"),
        ({"threshold": "v > V_t*rand()"}, "random numbers"),
    ],
)
def test_what_cannot_run_is_refused_by_name(change, named):
    more = {"sigma": 1 * mV} if "sigma" in str(change) else {}
    with pytest.raises(ValueError, match=rf"cell: .*{named}"):
        explorer_html(leaky_cell(parameters=LEAKY | more, **change))


# --- in the browser ---------------------------------------------------------------------------


def test_every_example(page_open):
    keys = page_open.evaluate("excitable.data.presets.map(x => x.key)")
    assert len(keys) == 39
    for key in keys:
        page_open.select_option("#preset", key)
        settle(page_open)
        assert page_open.evaluate("excitable.state.preset") == key
        assert len(page_open.text_content("#try")) > 40
        assert page_open.evaluate("excitable.result.count") > 0 or key == "qif_below"
        # The address gives the same view back.
        state = page_open.evaluate("excitable.state")
        assert page_open.evaluate("excitable.fromAddress(location.hash.slice(1))") == state


def test_every_slider_moves_what_it_names(page_open):
    for cell in ("connor_stevens", "izhikevich", "izhikevich_2007_lts"):
        choose(page_open, f"cell={cell}&in=step~13.7~50~500&start=initial")
        moved = page_open.evaluate(
            """() => [...document.querySelectorAll('.field')].map(row => {
              const slider = row.querySelector('input[type=range]'), before = slider.value;
              const field = `[data-key="${row.dataset.key}"] input[type=text]`;
              const text = () => document.querySelector(field).value;
              const was = text();
              slider.value = +slider.min + 0.41*(slider.max - slider.min);
              slider.dispatchEvent(new Event('input', {bubbles: true}));
              return [row.dataset.key, was, text()];
            })"""
        )
        assert len(moved) >= 15
        assert not [key for key, was, now in moved if was == now]
        settle(page_open)
        state = page_open.evaluate("excitable.state")
        values = {f"p.{k}": v for k, v in state["values"].items()}
        for key, _, now in moved:
            if key.startswith("p."):
                assert values[key] == float(now)
        assert state["duration"] == float(dict((k, n) for k, _, n in moved)["duration"])


def test_address_round_trip(page_open):
    address = (
        "cell=izhikevich&p.a=0.03&start=initial&x.v=-61&in=step~12~50~400&in=noise~2~4~9"
        "&in=pulses~3~2~20~30~4&in=sine~1~20~0~0~0~500&duration=600&method=euler&dt=0.1&spikes=grid"
        "&chaos=1&view=100~300&at=0.25&pin=izhikevich_fs~rest~b:0.22"
    )
    choose(page_open, address)
    state = page_open.evaluate("excitable.state")
    assert page_open.evaluate("location.hash.slice(1)") == address
    assert state["values"] == {"a": 0.03}
    assert [b["kind"] for b in state["blocks"]] == ["step", "noise", "pulses", "sine"]
    assert state["view"] == [100, 300]
    assert state["pin"]["values"] == {"b": 0.22}
    assert page_open.is_hidden("#notice")


@pytest.mark.parametrize(
    "address",
    ["cell=nobody", "cell=__proto__", "cell=lif&p.tau=-3", "cell=lif&p.tau=1e999", "x",
     "cell=lif&in=bomb", "cell=lif&dt=1e-9", "cell=lif&in=step~NaN~0~100", "cell=lif&view=400~100",
     "cell=lif&dt=0", "cell=lif&p.constructor=1", "cell=lif&method=toString",
     "cell=lif&<script>alert(1)</script>=1", "cell=lif&pin=lif~rest~tau:x", "%E0%A4%A",
     "cell=lif&in=step~1~300~200", "cell=lif&duration=1e8"],
)  # fmt: skip
def test_damaged_addresses_open_the_default_view(page_open, address):
    choose(page_open, "cell=lif")
    choose(page_open, address)
    assert page_open.is_visible("#notice")
    assert page_open.evaluate("excitable.state.cell") == "izhikevich"
    assert page_open.locator("script").count() == 2


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        ("p.C_m", "0", "above zero"),
        ("p.g_Na", "-1", "not be negative"),
        ("p.E_K", "abc", "finite number"),
        ("p.E_K", "1e400", "finite number"),
        ("p.E_K", "", "finite number"),
        ("dt", "20", "at most 10"),
        ("duration", "-5", "above zero"),
        ("b0.offset", "10", "after the onset"),
    ],
)
def test_numbers_that_make_no_sense(page_open, key, text, message):
    choose(page_open, "cell=lif")
    choose(page_open, "cell=hodgkin_huxley&in=step~10~50~500")
    spikes = page_open.evaluate("excitable.result.count")
    row = page_open.locator(f'[data-key="{key}"]')
    row.locator("input[type=text]").fill(text)
    assert message in row.locator(".error").text_content()
    assert row.locator("input[type=text]").get_attribute("aria-invalid") == "true"
    settle(page_open)
    assert page_open.evaluate("excitable.result.count") == spikes


def test_languages_are_complete_on_the_page(page_open):
    for language, word in (("es", "Parámetros"), ("fr", "Paramètres"), ("en", "Parameters")):
        page_open.select_option("#language", language)
        settle(page_open)
        assert page_open.evaluate("document.documentElement.lang") == language
        assert word in page_open.text_content("#controls")
        keys = page_open.evaluate("Object.keys(excitable.data.texts.en)")
        shown = page_open.evaluate("document.body.innerText")
        assert not [k for k in keys if "." in k and k in shown.split()]


def test_files_and_tables(page, tmp_path):
    choose(page, "cell=lif&in=step~2~50~500")
    page.wait_for_function("() => excitable.curve?.done")  # then nothing moves under the pointer
    rows = {"traces": 201, "plane": 1, "curve": 50, "diagram": 400}
    for name in rows:
        for kind in ("csv", "png", "svg"):
            with page.expect_download() as wait:
                page.click(f"#{name} button[data-kind={kind}]")
            path = tmp_path / wait.value.suggested_filename
            wait.value.save_as(path)
            check_file(path, kind)
        page.click(f"#{name} summary")
        page.locator(f"#{name} thead th").nth(2).wait_for(state="attached")
        assert page.locator(f"#{name} tbody tr").count() == rows[name]
    table = list(csv.DictReader(io.StringIO((tmp_path / "excitable_traces.csv").read_text())))
    assert list(table[0]) == ["t_ms", "v_mV", "I_nA"]
    assert len(table) == 10001
    # tau dv/dt = E_L - v + R I from the onset on: the first rise, in closed form.
    rise = {float(r["t_ms"]): float(r["v_mV"]) for r in table}
    assert rise[55.0] == pytest.approx(-65 + 20 * (1 - np.exp(-0.5)), abs=1e-6)
    paper = page.evaluate("[false, true].map(dark => excitable.colours(dark).paper)")
    assert f'fill="{paper[0]}"' in (tmp_path / "excitable_traces.svg").read_text()
    page.click("#theme")
    with page.expect_download() as wait:
        page.click("#traces button[data-kind=svg]")
    assert f'fill="{paper[1]}"' in Path(wait.value.path()).read_text()


def check_file(path: Path, kind: str):
    if kind == "png":
        assert path.read_bytes().startswith(b"\x89PNG")
    elif kind == "svg":
        assert ElementTree.parse(path).getroot().tag.endswith("svg")
    else:
        assert len(path.read_text().splitlines()) > 1 or "plane" in path.name


def test_exact_curves_are_the_formulas(page_open):
    for model, formula, to in ((LIF, lif_rate, 1e9), (QIF, qif_rate, 1)):
        page_open.evaluate("n => excitable.set(excitable.defaults(n))", model.name)
        page_open.wait_for_function("() => excitable.curve?.done", timeout=60000)
        curve = page_open.evaluate("excitable.curve")
        currents = np.array([x["I"] for x in curve["exact"]]) * to
        numbers = {k: p.value for k, p in model.parameters.items()}
        expected = formula(currents, **numbers)
        got = np.array([x["rate"] for x in curve["exact"]])
        np.testing.assert_allclose(got, expected, rtol=1e-8, atol=1e-6)
        simulated = {x["I"]: x["rate"] for x in curve["points"] if x["resolved"]}
        right = formula(np.array(list(simulated)) * to, **numbers)
        np.testing.assert_allclose(list(simulated.values()), right, rtol=1e-4, atol=0.6)


def first_rates(page, model):
    """Return currents and rates of the first curve that is shown, where it knows them."""
    page.evaluate("n => excitable.set(excitable.defaults(n))", model.name)
    page.wait_for_function("() => excitable.curve?.done", timeout=60000)
    points = page.evaluate("excitable.curveFirst.points")
    assert len(points) == 50
    known = [(x["I"], x["rate"]) for x in points if x["resolved"]]
    assert len(known) > 35
    return np.array(known).T


def test_the_first_curve_is_near_the_last(page_open):
    """It is made of a few even intervals; what it does not know it says."""
    currents, rates = first_rates(page_open, LIF)
    numbers = {k: p.value for k, p in LIF.parameters.items()}
    np.testing.assert_allclose(rates, lif_rate(currents * 1e9, **numbers), rtol=1e-3, atol=0.6)
    currents, rates = first_rates(page_open, HODGKIN_HUXLEY)
    some = np.arange(len(currents))[::8]
    right = fi_curve(HODGKIN_HUXLEY, currents[some] * 100 * uA / cm**2)["rate_Hz"]
    np.testing.assert_allclose(rates[some], right, rtol=0.02)


@pytest.mark.parametrize(
    "model", [HODGKIN_HUXLEY, CONNOR_STEVENS, IZHIKEVICH], ids=lambda m: m.name
)
def test_equilibria_are_those_of_dynamics(page_open, model):
    for amount in (0.0, 3.0, 12.0):
        choose(page_open, f"cell={model.name}&in=constant~{amount}")
        found = page_open.evaluate(
            "excitable.plane.points.map(x => [[...x.x], x.stable, x.fastest/1000])"
        )
        expected = equilibria(model, amount * model.input_unit)
        assert len(found) == len(expected)
        for (x, stable, fastest), (_, row) in zip(found, expected.iterrows(), strict=True):
            assert x[0] * 1e3 == pytest.approx(row["v_mV"], abs=1e-9)
            assert stable == row["stable"]
            assert fastest == pytest.approx(row["eigenvalue_per_ms"], rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    "model", [HODGKIN_HUXLEY, CONNOR_STEVENS, IZHIKEVICH], ids=lambda m: m.name
)
def test_the_line_of_equilibria_is_the_steady_current(page_open, model):
    choose(page_open, f"cell={model.name}")
    page_open.wait_for_function("() => excitable.curve?.done", timeout=60000)
    v, I = np.array(page_open.evaluate("excitable.curve.branch.map(x => [x.v*1e3, x.I])")).T
    near = (v > -90) & (v < 20)
    assert near.sum() > 100
    expected = steady_current(model, v[near]) * float(model.input_unit)
    np.testing.assert_allclose(I[near], expected, rtol=1e-9, atol=1e-12 * np.abs(expected).max())


def test_a_plane_names_what_stands_still(page_open):
    address = "cell=hodgkin_huxley&in=constant~12&plane=n&others=fast&at=0.37"
    choose(page_open, address)
    state = page_open.evaluate("[...excitable.plane.state]")
    text = page_open.text_content("#reduction")
    assert text.startswith("At rest at v: m. Held as at the cursor: h = ")
    h = state[2]
    assert float(text.rstrip(" .").split("= ")[1]) == pytest.approx(h, rel=1e-2)
    # Both nullclines in closed form, with m at its steady value and h as it is at the cursor.
    v_line, n_line = (np.array(x).reshape(-1, 2) for x in page_open.evaluate(
        "excitable.plane.lines.map(x => [...x])"))  # fmt: skip
    p = {k: x.value for k, x in HODGKIN_HUXLEY.parameters.items()}
    rates = hodgkin_huxley_rates(v_line[:, 0] * 1e3)
    m = rates["m"][0] / sum(rates["m"])
    v = v_line[:, 0] * 1e3
    rest = 12 - p["g_Na"] * m**3 * h * (v - p["E_Na"]) - p["g_L"] * (v - p["E_L"])
    n = (np.maximum(rest / (p["g_K"] * (v - p["E_K"])), 0)) ** 0.25
    steep = np.abs(v - p["E_K"]) > 5
    np.testing.assert_allclose(v_line[steep, 1], n[steep], atol=5e-3)
    rates = hodgkin_huxley_rates(n_line[:, 0] * 1e3)
    np.testing.assert_allclose(n_line[:, 1], rates["n"][0] / sum(rates["n"]), atol=5e-3)
    choose(page_open, address.replace("fast", "held"))
    assert page_open.text_content("#reduction").startswith("Held as at the cursor: m = ")
    choose(page_open, address.replace("&others=fast", ""))
    assert page_open.text_content("#reduction") == "At rest at v: m, h."


def hodgkin_huxley_rates(v):
    """Opening and closing of m and n in 1/ms; Hodgkin and Huxley (1952) with rest at -65 mV."""
    u = v + 65
    return {
        "m": (0.1 * (25 - u) / np.expm1((25 - u) / 10), 4 * np.exp(-u / 18)),
        "n": (0.01 * (10 - u) / np.expm1((10 - u) / 10), 0.125 * np.exp(-u / 80)),
    }


def test_chaos_survives_a_smaller_step_or_does_not(page_open):
    choose(page_open, "cell=izhikevich_rs&in=step~10~0~500&chaos=1")
    assert page_open.evaluate("excitable.chaos.verdict") == "chaos.none"
    page_open.select_option("#preset", "chaos")
    settle(page_open)
    assert page_open.evaluate("excitable.chaos.verdict") == "chaos.both"


def test_rates_faster_than_the_step_are_none(page_open):
    choose(page_open, "cell=izhikevich&p.d=-16&p.c=-45&in=constant~-99")
    page_open.wait_for_function("() => excitable.curve?.done", timeout=60000)
    points = page_open.evaluate("excitable.curve.points")
    step = page_open.evaluate("excitable.state.dt")
    assert all(x["rate"] is None or x["rate"] < 1000 / (3 * step) for x in points)
    assert any(x["rate"] is None for x in points)


def test_euler_can_be_watched_to_fail(page_open):
    choose(page_open, "cell=hodgkin_huxley&in=step~10~50~500&method=euler&dt=0.5")
    assert page_open.evaluate("excitable.result.found.diverged") is not None
    assert "diverged at" in page_open.text_content("#warning")
    assert page_open.evaluate("excitable.result.found.samples") < 1000


def test_keys_lead_the_cursor_and_say_what_is_there(page_open):
    choose(page_open, "cell=lif&in=step~2~50~500")
    page_open.focus("#traces canvas")
    before = page_open.evaluate("excitable.state.cursor")
    page_open.keyboard.press("ArrowRight")
    assert page_open.evaluate("excitable.state.cursor") > before
    assert "v = " in page_open.text_content("#live")
    page_open.keyboard.press("+")
    view = page_open.evaluate("excitable.state.view")
    assert view[1] - view[0] < 500
    page_open.keyboard.press("0")
    assert page_open.evaluate("excitable.state.view") is None
    box = page_open.locator("#traces canvas").bounding_box()
    page_open.mouse.move(box["x"] + 200, box["y"] + 60)
    page_open.mouse.down()
    page_open.mouse.move(box["x"] + 300, box["y"] + 60, steps=4)
    page_open.mouse.up()
    view = page_open.evaluate("excitable.state.view")
    assert 0 < view[1] - view[0] < 300


@pytest.fixture
def touched(opened, page_file):
    """A page under fingers, and a function that puts them down, moves and lifts them."""
    with opened(page_file, has_touch=True, viewport={"width": 820, "height": 1180}) as page:
        choose(page, "cell=lif&in=step~2~50~500&view=100~300")
        box = page.locator("#traces canvas").bounding_box()
        session = page.context.new_cdp_session(page)

        def fingers(*path):
            kinds = ("touchStart", *["touchMove"] * (len(path) - 1), "touchEnd")
            for kind, places in zip(kinds, (*path, ()), strict=True):
                at = [
                    {"x": box["x"] + x, "y": box["y"] + 90, "id": k} for k, x in enumerate(places)
                ]
                session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})
            settle(page)

        yield page, fingers


def test_fingers_zoom_move_and_point(touched):
    page, fingers = touched
    # Two fingers from 100 to 300 pixels apart: a third of the 200 ms, the same time in the middle.
    left, width = page.evaluate("[excitable.box.left, excitable.box.width]")
    middle = 100 + 200 * (300 - left) / width
    fingers((250, 350), (225, 375), (150, 450))
    start, end = page.evaluate("excitable.state.view")
    assert end - start == pytest.approx(200 / 3)
    assert start + (end - start) * (300 - left) / width == pytest.approx(middle)
    # One finger takes the traces along.
    fingers((400,), (380,), (320,))
    moved = page.evaluate("excitable.state.view")
    by = 80 / width * (end - start)
    assert moved == pytest.approx([start + by, end + by])
    # A tap leads the cursor.
    fingers((left + width / 2,))
    assert page.evaluate("excitable.state.cursor*500") == pytest.approx(sum(moved) / 2)
    assert "v = " in page.text_content("#live")


def test_a_slow_cell_runs_beside_the_page_while_a_slider_moves(page):
    choose(page, "cell=connor_stevens&in=step~12~50~2000&duration=2000")
    before = page.evaluate("excitable.result.count")
    step, draft = page.evaluate(
        """async () => {
          const slider = document.querySelector('[data-key="b0.amplitude"] input[type=range]');
          for (let k = 0; k < 8; k++) {
            slider.value = 20 + 2*k;
            slider.dispatchEvent(new Event("input", {bubbles: true}));
            await new Promise(requestAnimationFrame);
          }
          while (excitable.result.state.blocks[0].amplitude !== 34) {
            await new Promise(requestAnimationFrame);
          }
          const { state, found } = excitable.result;
          return [state.dt/excitable.state.dt, [...found.spikes]];
        }"""
    )
    assert step == 2
    page.wait_for_function("() => excitable.result.state.dt === excitable.state.dt")
    # Those between are left out, the last is not, and it is the run of the page's own thread.
    assert 1 <= page.evaluate("excitable.runs.taken") <= 9
    assert page.evaluate("excitable.result.count") > before
    spikes = page.evaluate("[...excitable.result.found.spikes]")
    np.testing.assert_allclose(draft, spikes, rtol=0, atol=1e-5)
    same = "(a, b) => JSON.stringify([...a.found.spikes]) === JSON.stringify([...b.found.spikes])"
    assert page.evaluate(f"({same})(excitable.result, excitable.compute(excitable.state))")


def test_a_second_neuron_beside_the_first(page_open):
    choose(page_open, "cell=connor_stevens&in=step~12~50~500")
    page_open.click("#pin")
    page_open.evaluate("excitable.set({...excitable.state, values: {g_A: 0, E_L: -67.8}})")
    settle(page_open)
    assert page_open.evaluate("excitable.state.pin.values") == {}
    assert "Connor-Stevens" in page_open.text_content("#pin\\.state")
    page_open.click("#unpin")
    assert page_open.evaluate("excitable.state.pin") is None


def test_axe_finds_nothing(opened, page_file):
    spec = find_spec("axe_playwright_python")
    if spec is None:
        pytest.skip("needs axe-playwright-python (pip), which carries axe-core")
    axe = (Path(spec.origin).parent / "axe.min.js").read_text("utf-8")
    for scheme, size in (("light", (1440, 900)), ("dark", (390, 844))):
        viewport = dict(zip(("width", "height"), size, strict=True))
        with opened(page_file, color_scheme=scheme, viewport=viewport) as page:
            choose(
                page, "cell=hodgkin_huxley&in=step~10~50~500&in=noise~1~5~1&chaos=1&start=initial"
            )
            page.click("#curve summary")
            page.evaluate(axe)
            found = page.evaluate("axe.run(document)")["violations"]
            assert not found, json.dumps(
                [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found]
            )


@pytest.mark.parametrize("size", [(1440, 900), (820, 1180), (844, 390), (390, 844)])
def test_nothing_is_cut_off_on_any_screen(opened, page_file, size):
    viewport = dict(zip(("width", "height"), size, strict=True))
    with opened(page_file, viewport=viewport) as page:
        choose(page, "cell=connor_stevens&in=step~10~50~500")
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        # All parameters are there without a click.
        assert page.locator("#parameters .field:visible").count() == 10


def test_markup_in_a_model_stays_text(opened, tmp_path):
    evil = "<img src=x onerror=alert(1)></script><script>document.title='taken'</script>"
    model = NeuronModel(
        name="evil",
        title=f"Evil {evil}",
        equations="dv/dt = (E - v + R*I)/tau : volt",
        parameters={"E": Parameter(-65, mV, evil, evil), "R": LIF.parameters["R"], "tau": 10 * ms},
        input_unit=LIF.input_unit,
        initial={"v": "E"},
        threshold="v > -50*mV",
        reset="v = E",
        references=(evil,),
    )
    path = write_explorer(tmp_path / "evil.html", model)
    with opened(path) as page:
        settle(page)
        assert "taken" not in page.title() or evil in page.title()
        assert page.locator("img").count() == 0
        assert page.locator("script").count() == 2
        assert evil in page.text_content("#parameters")


def test_in_a_notebook(opened, tmp_path):
    path = tmp_path / "notebook.html"
    path.write_text(f"<!DOCTYPE html><meta charset=utf-8>{show(LIF)._repr_html_()}", "utf-8")
    html = path.read_text("utf-8")
    assert html.count("<iframe") == 1
    with opened(path, wait=False) as page:
        frame = page.frames[1]
        frame.wait_for_function("() => window.excitable && excitable.curve?.points?.length > 5")
        assert frame.evaluate("excitable.state.cell") == "lif"


def test_noise_is_an_ornstein_uhlenbeck_process():
    values = np.asarray(
        frozen_noise(2 * LIF.input_unit, 5 * ms, 400_000 * ms, seed=5).values / LIF.input_unit
    )
    assert values.std() == pytest.approx(2, rel=0.02)
    r = np.corrcoef(values[:-1], values[1:])[0, 1]
    assert r == pytest.approx(np.exp(-0.1), abs=0.003)
