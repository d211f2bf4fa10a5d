"""Excitable: single-neuron models on Brian2, written once and measured.

The subpackages live at the root of the source tree (``models/``, ``protocols/``, ...) and are
installed as ``excitable.models``, ``excitable.protocols``, .... The names that people use can be
imported from here too: ``from excitable import CONNOR_STEVENS, Step, fi_curve, plot_fi``.
"""

import importlib
from pathlib import Path

__version__ = "0.1.0"

# In a checkout that is not installed the subpackages lie beside this folder, not in it.
if not (Path(__file__).parent / "models").is_dir():
    __path__.append(str(Path(__file__).parent.parent))

# Where a name is looked for, in this order; importing one takes Brian2, so that waits for its use.
_DOORS = ("models", "protocols", "simulation", "analysis", "analysis.plots", "dynamics")


def __getattr__(name: str):
    if name == "__all__":  # what ``from excitable import *`` takes
        return _exported()
    if not name.startswith("_"):
        for door in _DOORS:
            module = importlib.import_module(f"{__name__}.{door}")
            if name in module.__all__:
                return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_exported()})


def _exported() -> list[str]:
    doors = (importlib.import_module(f"{__name__}.{door}") for door in _DOORS)
    return sorted({name for door in doors for name in door.__all__})
