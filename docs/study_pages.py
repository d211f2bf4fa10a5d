"""Sphinx extension: a page for each study, made of the results that `run_all.py` leaves.

``-D studies=FOLDER`` takes the results that are there; ``-D studies=none`` makes pages that have
the code alone. By default the studies run in their quick version, once for each state of the
sources.
"""

import subprocess
import sys
from pathlib import Path

from excitable.experiments import STUDIES
from excitable.experiments.report import load_study, templates

from excitable.errors import InputError

HERE = Path(__file__).parent
ROOT = HERE.parent
PAGES = HERE / "studies"
BASE = "../"  # from a page to the results, which are copied beside all pages


def setup(app) -> dict:
    """Tell Sphinx of the setting and of when the pages are written."""
    app.add_config_value("studies", "", "env", str)
    app.add_config_value("sources", "", "env", str)
    app.connect("builder-inited", _write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _write_pages(app) -> None:
    results = _results(app)
    if results:
        app.config.html_extra_path.append(str(results))
    folder = results or PAGES  # where no study has left anything
    shown = [
        load_study(folder / name, number, base=BASE) | ({} if results else {"title": title})
        for number, (name, title) in enumerate(STUDIES.items(), 1)
    ]
    PAGES.mkdir(exist_ok=True)
    page = templates(HERE).get_template("study.md.jinja")
    for study in shown:
        code = [
            path.name for path in sorted((ROOT / "experiments" / study["name"]).glob("[!_]*.py"))
        ]
        code.sort(key=lambda name: name != "figures.py")
        _write(PAGES / f"{study['name']}.md", page.render(study=study, code=code))
    index = templates(HERE).get_template("studies.md.jinja")
    _write(PAGES / "index.md", index.render(studies=shown, base=BASE, results=bool(results)))


def _results(app) -> Path | None:
    """Return the folder of the results, after running the studies where that is needed."""
    wanted = app.config.studies
    if wanted == "none":
        return None
    if wanted:
        folder = Path(wanted).resolve()
    else:
        folder = HERE / "_build" / "studies" / app.config.sources
        if not (folder / "report.html").exists():
            run = [sys.executable, str(ROOT / "run_all.py"), "--quick", "--out", str(folder)]
            subprocess.run(run, check=True)
    for name in STUDIES:
        if not (folder / name / "study.json").exists():
            raise InputError(
                f"-D studies={folder}: there are no results of {name}; expected what "
                "`python run_all.py --quick --out FOLDER` leaves, or -D studies=none"
            )
    return folder


def _write(path: Path, text: str) -> None:
    """Write a page if it has changed: Sphinx reads again what is newer."""
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")
