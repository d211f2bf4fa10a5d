"""Programs: C++ generated once, compiled, cached, run with other values again and again."""

from pathlib import Path

# The sources that let an exported program read its arguments by itself.
ARGUMENTS = Path(__file__).parent / "cpp"
