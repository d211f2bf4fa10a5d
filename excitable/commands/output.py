"""Where results go: a table as CSV or parquet by the name's ending, and its figure beside it."""

import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from ..errors import InputError
from ..files import user_path, written_whole

FORMATS = (".csv", ".parquet")
_MOST_ROWS = 60  # of a table that is printed whole


class Output:
    """Writes what a command makes, and says what it wrote.

    Parameters
    ----------
    out : str
        A file that ends in .csv or .parquet, or a folder.
    name : str
        What files in a folder are called.
    """

    def __init__(self, out: str, name: str):
        from ..experiments.report import check_output_folder

        path = user_path(out)
        is_folder = path.is_dir() or out.endswith(("/", "\\")) or not path.suffix
        if path.suffix in FORMATS and path.is_dir():
            raise InputError(f"--out: {path} is a folder; choose another name for the table")
        if not is_folder and path.suffix not in FORMATS:
            raise InputError(
                f"--out: no table can be written as {path.suffix!r}; end the name in .csv or "
                ".parquet, or in / for a folder"
            )
        self.folder = check_output_folder(path if is_folder else path.parent)
        self.name = name if is_folder else path.stem
        self.ending = ".csv" if is_folder else path.suffix
        if self.ending == ".parquet":
            _check_parquet()

    def table(self, table: pd.DataFrame, part: str = "") -> None:
        """Write a table; `part` is added to its name where a command makes several."""
        path = self.folder / f"{self._named(part)}{self.ending}"
        with written_whole(path) as file:
            if self.ending == ".parquet":
                plain = table.copy()
                plain.attrs = {}
                plain.to_parquet(file, index=False)
            else:
                table.to_csv(file, index=False)
        _say(path)

    def figure(self, axes, part: str = "") -> None:
        """Write the figure of some axes as PNG and SVG."""
        from ..analysis.plots import close_figure, save_figure

        while not hasattr(axes, "figure"):
            axes = axes[0]
        for path in save_figure(axes.figure, self.folder, self._named(part)):
            _say(path)
        close_figure(axes.figure)

    def _named(self, part: str) -> str:
        return f"{self.name}_{part}" if part else self.name


def can_draw(vary: Mapping[str, Sequence] | None) -> bool:
    """Return whether a figure tells all sets of varied values apart; where it does not, say so.

    The first parameter colours the curves, and the others share four line styles.
    """
    others = [*(vary or {}).values()][1:]
    if math.prod(len(values) for values in others) <= 4:
        return True
    print("no figure: more than four combinations beside the first parameter; see the table")
    return False


def show(table: pd.DataFrame) -> None:
    """Print a table; of a long one the beginning and the end."""
    print(table.to_string(index=False, max_rows=_MOST_ROWS))


def progress(text: str) -> None:
    """Say what is being done, beside the results."""
    print(f"... {text}", file=sys.stderr, flush=True)


def _say(path: Path) -> None:
    print(f"wrote {path}")


def _check_parquet() -> None:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise InputError(
            "--out: a .parquet file needs pyarrow: pip install excitable[parquet], or end the name "
            "in .csv"
        ) from None
