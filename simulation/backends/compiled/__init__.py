"""Programs: C++ generated once, compiled, cached, run with other values again and again."""

from pathlib import Path

# Sources of ours: copied into programs, or filled in.
CPP = Path(__file__).parent / "cpp"
