"""`sweep`: a protocol over any number of parameter sets, on all cores or a cluster, resumable."""

import inspect
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, wait
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from ...errors import ExcitableError, InputError
from ...models.by_name import takes_names
from ...models.checks import check_count
from ...models.warn import warn_caller
from ...progress import bar, silent
from ...simulation.numerics import check_keywords
from ...simulation.parallel.machine import cores, one_at_a_time
from ...simulation.parallel.workers import Here, LocalWorkers
from ..firing.fi_curve import rates
from .grids import check_once, grid_of
from .growth import Layout, begun
from .identity import identity, is_ours, name_of
from .reading import failed_sets
from .sweep_store import MemoryStore, SweepStore

OUR_COLUMNS = {"set", "error", "store"}  # what `read_sweep` adds to a protocol's table
REFUSALS = 3  # chunks that refuse their input, with none that works, before the sweep gives up
_ONE_RUN = threading.Lock()  # Brian2 is not thread-safe, and a dask worker may have threads


@dataclass(frozen=True)
class Sweep:
    """What a sweep left in its store.

    Attributes
    ----------
    store : Path
        To be read with `read_sweep`, or as a folder of parquet or CSV files by anything else.
    sets : int
        Parameter sets in the grid; all have been computed, or have failed.
    computed : int
        Those that this call has computed; the others were in the store.
    failed : DataFrame
        One row per set that failed: ``set``, its parameters, and ``error``.
    seconds : float
        What this call took.
    """

    store: Path
    sets: int
    computed: int
    failed: pd.DataFrame = field(repr=False)
    seconds: float

    def __str__(self) -> str:
        failed = f", {len(self.failed)} failed" if len(self.failed) else ""
        return (
            f"{self.sets} parameter sets{failed}, {self.computed} of them computed now in "
            f"{self.seconds:.1f} s; in {self.store}"
        )


@takes_names
def sweep(
    model,
    grid,
    *,
    protocol: Callable[..., pd.DataFrame] = rates,
    store=None,
    client=None,
    workers: int | None = None,
    chunk: int | None = None,
    retry: bool = False,
    **settings,
) -> "pd.DataFrame | Sweep":
    """Run a protocol over parameter sets, in chunks on all cores or on a cluster.

    Parameters
    ----------
    model : NeuronModel
    grid : DataFrame, or dict of str to Quantity
        A table with one parameter set a row: columns named as the model's parameters, in their
        own units, and the current ``I`` in the model's input unit. Or values whose combinations
        are the sets, the current running fastest; they are never held as a whole.
    protocol : callable
        ``protocol(model, sets, **settings) -> DataFrame`` with one row per row of the table
        `sets`, in their order or with their index; e.g. `rates` (the default) or `thresholds_of`.
    store : path-like, optional
        A folder whose name ends in ``.parquet`` or ``.csv``, in which the rows land as chunks
        finish. Started again, a sweep continues what is there; with a larger or finer grid, one
        that has all sets of the store among its own, it computes those that are new.
    client : dask.distributed.Client, optional
        Where the chunks run; default: worker processes on this machine.
    workers : int, optional
        Number of worker processes; default: one per core. 0 runs chunk after chunk in this
        process, each on all cores.
    chunk : int, optional
        Parameter sets per chunk; default: what the store began with, or up to 1024.
    retry : bool
        Run chunks again of which the store says that they failed altogether.
    **settings
        Keyword arguments of the protocol.

    Returns
    -------
    DataFrame or Sweep
        Without a store the table, as from `read_sweep`. With one a `Sweep`, which says what is in
        the store and what failed.

    Raises
    ------
    ValueError
        For bad input, for a store that was begun with another model, protocol or setting, or with
        another version of this package or of Brian2, and for a grid that lacks sets of the store.
    OSError
        If the store cannot be written (disk full); what was finished is kept.

    Notes
    -----
    A chunk that fails is run again, without the sets at fault where the error names them in an
    attribute ``sets`` (as a diverging integration does); what fails then is recorded with its
    error while the rest goes on. After Ctrl-C, or a kill, the store is whole. Results do not
    depend on where chunks run; noise is drawn per chunk.

    Examples
    --------
    >>> from brian2 import ms, nA
    >>> from excitable.models import LIF
    >>> table = sweep(LIF, {"tau": [10, 20]*ms, "I": [1, 2]*nA}, workers=0,
    ...               duration=200*ms, discard=50*ms, backend="numpy")
    >>> table["rate_Hz"].round(3).tolist()
    [0.0, 72.135, 0.0, 36.067]
    """
    begun_at = time.perf_counter()
    grid = grid_of(model, grid)
    _check_settings(protocol, settings)
    chunk = None if chunk is None else check_count("chunk", chunk)
    if store is None:
        plan = _Plan(model, begun(grid, chunk), protocol, settings)
        memory = MemoryStore()
        _run(plan, memory, list(range(len(plan.layout.chunks))), client, workers)
        return memory.read()
    place = SweepStore(store)
    with place.filling(identity(model, protocol, settings), grid, chunk) as layout:
        finished = place.done(layout, retry=retry)
        todo = [k for k in range(len(layout.chunks)) if k not in finished]
        _run(_Plan(model, layout, protocol, settings), place, todo, client, workers)
    computed = sum(len(layout.chunks[k]) for k in todo)
    seconds = time.perf_counter() - begun_at
    return Sweep(place.path, len(grid), computed, failed_sets(place.path), seconds)


@dataclass(frozen=True)
class _Plan:
    """What is to be run, in chunks."""

    model: object
    layout: Layout
    protocol: Callable
    settings: Mapping


@dataclass
class _Job:
    """A chunk on its way; `left_out` are the errors of sets that the second try does without."""

    chunk: int
    tries: int = 0
    left_out: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Outcome:
    """What came back: a table, or an error and, if it says so, the sets at fault; and warnings.

    `said` holds the category, the place in the code and the text of each.
    """

    table: pd.DataFrame | None = None
    error: str = ""
    refused: bool = False
    at_fault: tuple[int, ...] = ()
    said: tuple[tuple[type[Warning], str, str], ...] = ()


def measure(model, protocol, sets: pd.DataFrame, settings: Mapping) -> _Outcome:
    """Run one chunk on one core, wherever that is; errors and warnings come back as text."""
    with _ONE_RUN, one_at_a_time(), silent(), warnings.catch_warnings(record=True) as said:
        outcome = _measure(model, protocol, sets, settings)
    return replace(outcome, said=tuple(map(_as_said, said)))


def _as_said(warning: warnings.WarningMessage) -> tuple[type[Warning], str, str]:
    """Return a warning's category, place and text; of a category of a user's, what it derives from.

    The process that began the sweep may not know the user's module.
    """
    places = ("builtins", ExcitableError.__module__)
    known = (kind for kind in warning.category.__mro__ if kind.__module__ in places)
    return next(known), f"{warning.filename}:{warning.lineno}", str(warning.message)


def _measure(model, protocol, sets: pd.DataFrame, settings: Mapping) -> _Outcome:
    try:
        table = _row_by_row(protocol(model, sets, **settings), sets)
    except Exception as error:
        at_fault = tuple(getattr(error, "sets", ()))
        text = f"{type(error).__name__}: {error}"
        bad_input = isinstance(error, ValueError | TypeError) and not at_fault
        return _Outcome(error=text, refused=bad_input, at_fault=at_fault)
    return _Outcome(table)


def _row_by_row(table, sets: pd.DataFrame) -> pd.DataFrame:
    """Return a protocol's table with the rows in the order of its sets, if they can be told apart.

    Its index says of which set a row is. A column with the name of one of the sets is that one.
    """
    if not isinstance(table, pd.DataFrame) or len(table) != len(sets):
        raise TypeError(
            f"the protocol must return a DataFrame of {len(sets)} rows, one per set, and "
            f"returned {type(table).__name__}"
            + (f" of {len(table)} rows" if isinstance(table, pd.DataFrame) else "")
        )
    check_once("column of the protocol's table", table.columns)
    if taken := sorted({*table.columns} & OUR_COLUMNS):
        raise InputError(
            f"the protocol's table has a column {taken[0]!r}, which a sweep adds itself; give it "
            "another name"
        )
    if {*table.index} != {*sets.index}:
        raise InputError(
            "the protocol's table has an index that does not say of which set each row is; keep "
            "that of the sets, or use reset_index where the rows are in the order of the sets"
        )
    table = table.sort_index()
    for name in sets.columns.intersection(table.columns):
        numbers = pd.to_numeric(table[name], errors="coerce").to_numpy(float)
        if not np.allclose(numbers, sets[name], rtol=1e-9, atol=0):
            raise InputError(
                f"the protocol's table has other values of {name} than the sets in their order; "
                "keep the order and the index of the sets, and give a result a name of its own"
            )
    return table


def _run(plan: _Plan, store, todo: list[int], client, workers: int | None) -> None:
    """Run chunks and hand their rows to the store."""
    total = len(plan.layout.grid)
    left = sum(len(plan.layout.chunks[k]) for k in todo)
    executor, at_once, keep = _executor(plan, client, workers, len(todo))
    label = f"sweep of {plan.model.name}"
    with bar(desc=label, total=total, initial=total - left, unit=" sets") as progress:
        try:
            for job, outcome in _said_once(_outcomes(plan, executor, at_once, todo)):
                rows, failed = _recorded(plan, job, outcome)
                store.add(job.chunk, rows, failed)
                progress.update(len(rows) + len(failed))
        except BaseException:
            executor.shutdown(wait=False)
            raise
    if not keep:
        executor.shutdown(wait=False)


def _said_once(outcomes) -> Iterator[tuple[_Job, _Outcome]]:
    """Pass outcomes on, and say what workers have warned of once for each place in the code."""
    known = set()
    for job, outcome in outcomes:
        for category, place, text in outcome.said:
            if (category, place) not in known:
                known.add((category, place))
                warn_caller(f"{text} (of a chunk of the sweep; said once)", category)
        yield job, outcome


def _executor(plan: _Plan, client, workers: int | None, chunks: int):
    """Return where chunks run, how many to hand over at once, and whether it stays afterwards."""
    if client is not None:
        from ...simulation.parallel.cluster import executor_of

        return *executor_of(client), False
    wanted = cores() if workers is None else workers and check_count("workers", workers)
    if wanted == 0 or (workers is None and chunks < 2):
        return Here(), lambda: 1, False
    # A user's protocol may be edited before the next sweep: new processes then.
    ours = is_ours(plan.protocol)
    executor = LocalWorkers.kept(wanted) if ours else LocalWorkers(min(wanted, max(1, chunks)))
    return executor, lambda: wanted + 1, ours


def _outcomes(plan: _Plan, executor: Executor, at_once, todo) -> Iterator[tuple[_Job, _Outcome]]:
    """Yield chunks as they finish, those that failed after their second try."""
    waiting, again = {}, []
    fresh = (_Job(k) for k in todo)
    function = _measure if isinstance(executor, Here) else measure
    refusals, worked = 0, False
    while True:
        room = max(0, at_once() - len(waiting))
        jobs = [*again[:room], *islice(fresh, max(0, room - len(again)))]
        again = again[room:]
        for job in jobs:
            sets = plan.layout.sets(job.chunk).drop(index=list(job.left_out)).reset_index(drop=True)
            waiting[executor.submit(function, plan.model, plan.protocol, sets, plan.settings)] = job
        if not waiting:
            return
        finished, _ = wait(waiting, timeout=1, return_when=FIRST_COMPLETED)
        for future in finished:
            job, outcome = waiting.pop(future), _outcome(future)
            worked |= outcome.table is not None
            if outcome.table is None and job.tries == 0:
                again.append(_next_try(plan, job, outcome))
                continue
            refusals += outcome.refused
            if not worked and refusals >= min(REFUSALS, len(todo)):
                raise InputError(outcome.error)
            yield job, outcome


def _outcome(future) -> _Outcome:
    """Return what a future brought; errors of the way there and back are outcomes too."""
    error = future.exception()
    if error is None:
        return future.result()
    return _Outcome(error=f"{type(error).__name__}: {error}", refused=isinstance(error, ValueError))


def _next_try(plan: _Plan, job: _Job, outcome: _Outcome) -> _Job:
    at_fault = outcome.at_fault
    if len(at_fault) == len(plan.layout.chunks[job.chunk]):  # nothing would be left to run
        at_fault = ()
    return _Job(job.chunk, job.tries + 1, dict.fromkeys(at_fault, outcome.error))


def _recorded(plan: _Plan, job: _Job, outcome: _Outcome) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a chunk's rows, and its sets that failed."""
    sets = plan.layout.sets(job.chunk)
    sets.insert(0, "set", np.array(plan.layout.chunks[job.chunk]))
    kept = sets.drop(index=list(job.left_out)).reset_index(drop=True)
    failed = sets.loc[list(job.left_out)].assign(error=list(job.left_out.values()))
    if outcome.table is None:
        return kept.iloc[:0], pd.concat([failed, kept.assign(error=outcome.error)])
    table = outcome.table.reset_index(drop=True)
    own = [name for name in kept if name not in table]
    return _with_attrs(pd.concat([kept[own], table], axis=1), outcome.table.attrs), failed


def _with_attrs(table: pd.DataFrame, attrs: Mapping) -> pd.DataFrame:
    table.attrs = dict(attrs)
    return table


def _check_settings(protocol, settings: Mapping) -> None:
    """Raise for a protocol that is none, and for settings that it does not take."""
    try:
        signature = inspect.signature(protocol)
    except (TypeError, ValueError):
        raise InputError(
            f"protocol: expected a function of a model and a table of sets, got {protocol!r}"
        ) from None
    try:
        signature.bind(None, None, **settings)
    except TypeError as error:
        raise InputError(
            f"{name_of(protocol)}: {error}; it is called with the model, a table of sets and the "
            "settings"
        ) from None
    if "numerics" in signature.parameters:
        check_keywords(protocol, settings)
