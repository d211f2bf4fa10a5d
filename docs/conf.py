"""Sphinx configuration: API pages from the docstrings, a gallery from the studies."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import excitable

project = "Excitable"
author = "The Excitable authors"
copyright = "2026, The Excitable authors"
version = release = excitable.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "examples"]
html_theme = "alabaster"
html_theme_options = {"description": "Single-neuron models on Brian2", "page_width": "1100px"}
autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
# "shape (n,)" in a docstring is not a reference to one of several attributes called n.
suppress_warnings = ["ref.python"]
sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"study_",
    "download_all_examples": False,
    "show_memory": False,
    "min_reported_time": 3600,
}
