"""What was measured of real cells, as the tables that protocols give for models."""

from .cell_recording import CellRecording
from .read import read_recording

__all__ = ["CellRecording", "read_recording"]
