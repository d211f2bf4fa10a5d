"""The explorer in a headless Chromium: from slider to traces, frame gaps, the first F-I curve.

500 ms of each model. `traces_ms` is the time from a slider's event to the redrawn traces, `gap_ms`
between the frames of the browser while the slider is dragged, each as median and 95th percentile;
`curve_ms` is when an F-I curve of 50 currents is first there. Beside them: the same four panels of
20 000 points in a page of Bokeh, whose data a slider replaces (without any simulation).
"""

import shutil
import tempfile
from pathlib import Path

import pandas as pd
from excitable.explorer import write_explorer
from excitable.models import ZOO

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FRAMES, FIRST = 300, 30
_QUANTILES = """
const quantile = (list, p) => [...list].sort((a, b) => a - b)[Math.floor(p*(list.length - 1))];
const both = (list) => [quantile(list, 0.5), quantile(list, 0.95)];
"""
_DRAG = (
    "async ([name, frames, first]) => {"
    + _QUANTILES
    + """
  const wait = (ms) => new Promise((go) => setTimeout(go, ms));
  const opened = performance.getEntriesByType("navigation")[0], usable = excitable.times.opened;
  excitable.set(excitable.defaults(name));
  for (let k = 0; k < 100 && !excitable.curve?.done; k++) await wait(100);
  const curve = excitable.curveFirst?.ms ?? NaN;
  const slider = document.querySelector("#stimulus input[type=range]");
  const low = +slider.min, high = +slider.max, times = [], gaps = [];
  let last = performance.now();
  for (let k = 0; k < frames; k++) {
    slider.value = low + (high - low)*(0.6 + 0.3*Math.sin(k/20));
    slider.dispatchEvent(new Event("input", {bubbles: true}));
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    if (k >= first) { gaps.push(now - last); times.push(excitable.times.at(-1)); }
    last = now;
  }
  return [...both(times), ...both(gaps), curve, usable - opened.fetchStart];
}"""
)
_DRAG_BOKEH = (
    "async ([frames, first]) => {"
    + _QUANTILES
    + """
  const source = Bokeh.documents[0].get_model_by_name("data"), n = 20000, gaps = [];
  let last = performance.now();
  for (let k = 0; k < frames; k++) {
    const data = { t: source.data.t };
    for (const name of ["a", "b", "c", "d"]) {
      data[name] = Float64Array.from({length: n}, (_, j) => Math.sin(j/100 + k/10));
    }
    source.data = data;
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    if (k >= first) gaps.push(now - last);
    last = now;
  }
  return both(gaps);
}"""
)


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
        found = page.evaluate(_DRAG, [model.name, *frames])
        names = ("traces_ms", "traces_p95_ms", "gap_ms", "gap_p95_ms", "curve_ms", "usable_ms")
        rows.append({"page": model.name, **dict(zip(names, found, strict=True))})
        rows[-1]["size_kB"] = page_file.stat().st_size / 1000
        page.close()
    return rows


def _bokeh(browser, folder: Path, frames: tuple[int, int]) -> dict | None:
    try:
        import numpy as np
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
    median, high = page.evaluate(_DRAG_BOKEH, [*frames])
    return {"page": "bokeh (no simulation)", "gap_ms": median, "gap_p95_ms": high,
            "size_kB": path.stat().st_size / 1000}  # fmt: skip
