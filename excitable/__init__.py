"""Excitable: single-neuron models on Brian2, written once and measured.

The subpackages live at the root of the source tree (``models/``, ``protocols/``, ...) and are
installed as ``excitable.models``, ``excitable.protocols``, ....
"""

from pathlib import Path

__version__ = "0.1.0"

# In a checkout that is not installed the subpackages lie beside this folder, not in it.
if not (Path(__file__).parent / "models").is_dir():
    __path__.append(str(Path(__file__).parent.parent))
