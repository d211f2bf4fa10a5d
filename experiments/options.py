"""The options of the command that runs studies; imports nothing that takes time."""

import argparse
from pathlib import Path

from ..simulation.parallel.machine import cores
from . import STUDIES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that `run_all.py` and ``excitable run`` share."""
    studies = parser.add_argument("studies", nargs="*", metavar="STUDY", help="default: all")
    studies.completer = lambda **_: list(STUDIES)
    parser.add_argument("--list", action="store_true", help="list the studies and stop")
    parser.add_argument("--quick", action="store_true", help="a smoke version of every study")
    parser.add_argument("--out", type=_folder, default=Path("results"), help="default: results")
    parser.add_argument(
        "--backend",
        help="auto, numpy, cython or cpp_standalone; default: the fastest that works here",
    )
    parser.add_argument(
        "--jobs", type=int, default=cores(), help="studies at the same time; default: all cores"
    )


def _folder(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("expected the name of a folder")
    return Path(text)
