"""The command that runs studies: selects, runs side by side, reports, and survives failures."""

import argparse
import importlib
import os
import sys
import time
import traceback
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from ..errors import CurveRangeWarning, ExcitableError, InputError, RestWarning
from ..explorer import cycle_diagrams, write_explorer
from ..models.checks import check_name
from ..progress import bar, set_progress
from ..simulation.backends import choose
from ..simulation.parallel.workers import end_with_parent
from . import STUDIES
from .options import add_arguments
from .report import check_output_folder, save_study, write_report
from .study import Settings

INTERRUPTED = 130  # what a shell expects of a program that Ctrl-C has ended


@dataclass(frozen=True)
class Outcome:
    """How one study ended."""

    name: str
    seconds: float
    files: int
    error: str = ""


def main(arguments: Sequence[str] | None = None, prog: str | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog=prog, description="Run the studies, write a report.")
    add_arguments(parser)
    try:
        return run(parser.parse_args(arguments))
    except (ExcitableError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def run(options: argparse.Namespace) -> int:
    """Run the selected studies; 0 if all succeeded, 1 if one failed.

    Raises
    ------
    InputError
        For an unknown study and other bad input, before anything runs.
    """
    if options.list:
        for name, title in STUDIES.items():
            print(f"{name:<22} {title}")
        return 0
    names = [check_name("study", name, STUDIES) for name in options.studies] or [*STUDIES]
    if options.jobs < 1:
        raise InputError(f"--jobs: expected at least 1, got {options.jobs}")
    choose(options.backend)
    out = check_output_folder(options.out)
    outcomes: list[Outcome] = []
    interrupted = False
    try:
        for outcome in _run_studies(names, options, out):
            outcomes.append(outcome)
    except KeyboardInterrupt:
        interrupted = True
    failures = {o.name: o.error for o in outcomes if o.error}
    whole = not (options.quick or options.studies or interrupted)
    write_explorer(out, diagrams=cycle_diagrams() if whole else None)
    report = write_report(out, studies=[*STUDIES], failures=failures)
    _print_closing_table(outcomes, report)
    if interrupted:
        print("interrupted; finished studies are in the report")
        return INTERRUPTED
    return 1 if failures else 0


def run_study(name: str, settings: Settings, out: Path) -> Outcome:
    """Run one study and save what it made; an error is returned, not raised."""
    os.environ.setdefault("MPLBACKEND", "Agg")
    set_progress(settings.progress)
    begin = time.perf_counter()
    try:
        module = importlib.import_module(f"{__package__}.{name}")
        with warnings.catch_warnings():
            # Cells that fire by themselves are what some studies are about; their texts say so, as
            # others do of currents beyond a measured curve.
            warnings.simplefilter("ignore", RestWarning)
            warnings.simplefilter("ignore", CurveRangeWarning)
            files = save_study(module.run(settings), out)
    except Exception:
        return Outcome(name, time.perf_counter() - begin, 0, traceback.format_exc())
    return Outcome(name, time.perf_counter() - begin, len(files))


def _run_studies(names: list[str], options, out: Path) -> Iterator[Outcome]:
    jobs = min(options.jobs, len(names))
    settings = Settings(quick=options.quick, backend=options.backend, progress=jobs == 1)
    with bar(total=len(names), desc="studies", delay=0, leave=True) as progress:
        if jobs == 1:
            outcomes = (run_study(name, settings, out) for name in names)
        else:
            outcomes = _in_processes(names, settings, out, jobs)
        for outcome in outcomes:
            state = "failed" if outcome.error else "done"
            progress.write(f"{outcome.name}: {state} in {outcome.seconds:.1f} s")
            progress.update()
            yield outcome


def _in_processes(names: list[str], settings: Settings, out: Path, jobs: int) -> Iterator[Outcome]:
    # Fresh interpreters: Brian2 holds global state and is not safe to share with threads or forks.
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), initializer=end_with_parent)
    try:
        # The studies of networks come last in the report and take longest: they start first.
        futures = [pool.submit(run_study, name, settings, out) for name in reversed(names)]
        for future in as_completed(futures):
            yield future.result()
    except BaseException:
        for process in list(pool._processes.values()):
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _print_closing_table(outcomes: list[Outcome], report: Path) -> None:
    print(f"\n{'study':<22} {'time':>8} {'files':>6}")
    for o in sorted(outcomes, key=lambda o: [*STUDIES].index(o.name)):
        files = "failed" if o.error else str(o.files)
        print(f"{o.name:<22} {o.seconds:>6.1f} s {files:>6}")
    for o in outcomes:
        if o.error:
            print(f"\n{o.name} failed:\n{o.error}")
    print(f"report: {report}")
