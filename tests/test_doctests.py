"""Every example in a docstring runs."""

import doctest
import importlib
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("models", "dynamics", "simulation", "protocols", "analysis", "experiments", "excitable")
NEEDS = {"excitable.simulation.parallel.cluster": "distributed"}  # extras


def module_names():
    """Return the import name of every module."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if "__main__" in parts and folder != "excitable":
                continue
            name = ".".join(part for part in parts if part != "__init__")
            yield name if folder == "excitable" else f"excitable.{name}"


@pytest.mark.parametrize("name", module_names())
def test_examples(name):
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    module = importlib.import_module(name)
    # Brian2 changes numpy's options while it writes an array, for good where that is interrupted.
    with np.printoptions(threshold=1000, edgeitems=3):
        failed, _ = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert failed == 0


def test_page_on_other_languages():
    page = ROOT / "docs" / "printers.rst"
    failed, run = doctest.testfile(str(page), module_relative=False)
    assert failed == 0
    assert run > 10
