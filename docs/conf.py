"""Sphinx configuration: API pages from the docstrings, a course of notebooks, a page a study.

While writing, ``sphinx-build -D studies=none -D nb_execution_mode=off docs docs/_build`` runs
neither the studies nor the notebooks.
"""

import hashlib
import os
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent.parent), str(Path(__file__).parent)]

import excitable  # noqa: E402

ROOT = Path(__file__).parent.parent
PACKAGES = (
    "models", "dynamics", "simulation", "protocols", "analysis", "experiments", "explorer",
    "excitable",
)  # fmt: skip
# The notebooks' kernels are processes of their own.
# A kernel chooses its way to show figures unless the surroundings name one.
os.environ.pop("MPLBACKEND", None)
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.getenv("PYTHONPATH")])])

project = "Excitable"
author = "The Excitable authors"
copyright = "2026, The Excitable authors"
version = release = excitable.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "study_pages",
    "myst_nb",
    "sphinx_copybutton",
]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"Excitable {version}"
html_static_path = ["_static"]
html_css_files = ["page.css"]
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0072B2", "color-brand-content": "#0072B2"},
    "dark_css_variables": {"color-brand-primary": "#56B4E9", "color-brand-content": "#56B4E9"},
}
autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
# "shape (n,)" in a docstring is not a reference to one of several attributes called n.
suppress_warnings = ["ref.python"]


def _sources() -> str:
    """Return a name for the state of the package's sources."""
    found = hashlib.sha256()
    for folder in PACKAGES:
        for path in sorted((ROOT / folder).rglob("*.[pch]*")):
            if path.is_file() and "__pycache__" not in path.parts:
                found.update(path.read_bytes())
    return found.hexdigest()[:12]


myst_enable_extensions = ["dollarmath", "colon_fence"]
nb_execution_mode = "cache"
# A notebook runs again when its text or the package has changed.
sources = _sources()
nb_execution_cache_path = str(Path(__file__).parent / "_build" / "notebooks" / sources)
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_merge_streams = True
copybutton_exclude = ".linenos, .gp, .go"


def setup(app) -> None:
    """Have notebooks, which take long, lie apart among the pages that processes read in turns."""
    app.connect("env-before-read-docs", _notebooks_apart)


def _notebooks_apart(_app, _env, names: list[str]) -> None:
    place = {}
    for kind in (True, False):
        alike = [name for name in names if name.startswith("course/") == kind]
        place |= {name: k / len(alike) for k, name in enumerate(alike)}
    names.sort(key=place.get)
