"""Names that `simulation.run` and `simulation.recording` have now."""

from ..recording import Connections
from ..recording import Recording as NetworkRecording
from ..run import run_network

__all__ = ["Connections", "NetworkRecording", "run_network"]
