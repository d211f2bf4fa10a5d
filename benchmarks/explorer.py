"""The explorer in a headless Chromium: from slider to traces, frame gaps, the first F-I curve.

500 ms of each model. `traces_ms` is the time from a slider's event to the redrawn traces, `gap_ms`
between the frames that the browser brings to the screen while the slider is dragged, from its own
record, each as median and 95th percentile; `curve_ms` is when an F-I curve of 50 currents is first
there. Beside them: the same four panels of 20 000 points in a page of Bokeh, whose data a slider
replaces (without any simulation).
"""

import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from excitable.explorer import write_explorer
from excitable.models import ZOO

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FRAMES, FIRST = 300, 30
_RECORDED = (
    "disabled-by-default-devtools.timeline.frame",
    "devtools.timeline.frame",
    "blink.user_timing",
)
_CURVE = """async (name) => {
  const wait = (ms) => new Promise((go) => setTimeout(go, ms));
  const opened = performance.getEntriesByType("navigation")[0], usable = excitable.times.opened;
  excitable.set(excitable.defaults(name));
  for (let k = 0; k < 100 && !excitable.curve?.done; k++) await wait(100);
  return [excitable.curveFirst?.ms ?? NaN, usable - opened.fetchStart];
}"""
_DRAG = """async ([frames, first]) => {
  const slider = document.querySelector("#stimulus input[type=range]");
  const low = +slider.min, high = +slider.max, times = [];
  for (let k = 0; k < frames; k++) {
    if (k === first) performance.mark("from here");
    slider.value = low + (high - low)*(0.6 + 0.3*Math.sin(k/20));
    slider.dispatchEvent(new Event("input", {bubbles: true}));
    await new Promise(requestAnimationFrame);
    if (k >= first) times.push(excitable.times.at(-1));
  }
  return times;
}"""
_DRAG_BOKEH = """async ([frames, first]) => {
  const source = Bokeh.documents[0].get_model_by_name("data"), n = 20000;
  for (let k = 0; k < frames; k++) {
    if (k === first) performance.mark("from here");
    const data = { t: source.data.t };
    for (const name of ["a", "b", "c", "d"]) {
      data[name] = Float64Array.from({length: n}, (_, j) => Math.sin(j/100 + k/10));
    }
    source.data = data;
    await new Promise(requestAnimationFrame);
  }
}"""


def measure(*, quick: bool = False, large: bool = False) -> pd.DataFrame:
    """Return one row per model, and one for Bokeh where it is installed."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, BROWSERS)))
    frames = (60, 10) if quick else (FRAMES, FIRST)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        rows = _explorer(browser, Path(folder), frames)
        if (row := _bokeh(browser, Path(folder), frames)) is not None:
            rows.append(row)
        browser.close()
    return pd.DataFrame(rows)


def _explorer(browser, folder: Path, frames: tuple[int, int]) -> list[dict]:
    page_file = write_explorer(folder)
    rows = []
    for model in ZOO:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(page_file.as_uri())
        page.wait_for_function("() => window.excitable && excitable.times.opened")
        curve, usable = page.evaluate(_CURVE, model.name)
        times, gaps = _dragged(browser, page, _DRAG, frames)
        rows.append(
            {"page": model.name, **_both("traces", times), **_both("gap", gaps),
             "curve_ms": curve, "usable_ms": usable, "size_kB": page_file.stat().st_size / 1000}
        )  # fmt: skip
        page.close()
    return rows


def _dragged(browser, page, script: str, frames: tuple[int, int]):
    """Run a script; return what it gives, and the times in ms between the frames after its mark."""
    browser.start_tracing(page=page, categories=_RECORDED)
    found = page.evaluate(script, [*frames])
    events = json.loads(browser.stop_tracing())["traceEvents"]
    begin = next(e["ts"] for e in events if e["name"] == "from here")
    drawn = sorted(e["ts"] for e in events if e["name"] == "DrawFrame" and e["ts"] > begin)
    return found, np.diff(drawn[: frames[0] - frames[1]]) / 1000


def _both(name: str, ms) -> dict[str, float]:
    return {f"{name}_ms": np.median(ms), f"{name}_p95_ms": np.percentile(ms, 95)}


def _bokeh(browser, folder: Path, frames: tuple[int, int]) -> dict | None:
    try:
        from bokeh.embed import file_html
        from bokeh.layouts import column
        from bokeh.models import ColumnDataSource
        from bokeh.plotting import figure
        from bokeh.resources import INLINE
    except ImportError:
        return None
    t = np.linspace(0, 500, 20000)
    source = ColumnDataSource({"t": t, **{k: np.sin(t) for k in "abcd"}}, name="data")
    plots = [figure(width=700, height=150, output_backend="canvas") for _ in range(4)]
    for plot, name in zip(plots, "abcd", strict=True):
        plot.line("t", name, source=source)
    path = folder / "bokeh.html"
    path.write_text(file_html(column(*plots), INLINE), "utf-8")
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(path.as_uri())
    page.wait_for_function("() => window.Bokeh && Bokeh.documents.length")
    page.wait_for_timeout(1000)
    _, gaps = _dragged(browser, page, _DRAG_BOKEH, frames)
    return {"page": "bokeh (no simulation)", **_both("gap", gaps),
            "size_kB": path.stat().st_size / 1000}  # fmt: skip
