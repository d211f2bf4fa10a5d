"""Threshold currents by parallel search: every pass runs a ladder of currents as one group."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from brian2 import Quantity, ms, second

from ...analysis.trains.spikes import spike_table
from ...models.checks import check_name, unit_text
from ...simulation.parallel.progress import bar
from ...simulation.run import simulate
from .. import tables
from ..stimuli import Constant

# Thresholds that differ where rest and firing coexist: the squid axon fires one spike from 2.24
# and goes on firing only from 6.26 uA/cm2.
CRITERIA = ("sustained", "spike")
RUNGS = 24
COARSE = 0.02  # relative width of a bracket from which on the long runs decide
MAX_PASSES = 40


def search(
    fires: Callable[[np.ndarray, float], np.ndarray],
    low: np.ndarray,
    high: np.ndarray,
    *,
    tolerance: float,
    durations: tuple[float, float],
    rungs: int = RUNGS,
    label: str = "threshold",
) -> tuple[np.ndarray, np.ndarray]:
    """Bracket the lowest amplitude that makes each of several cells fire.

    Parameters
    ----------
    fires : callable
        ``fires(amplitudes, duration) -> bool array`` of the same shape, (cells, rungs).
    low, high : array, shape (cells,)
        Where to begin; the bracket moves if the threshold lies outside.
    tolerance : float
        Wanted width of the bracket, relative to the larger of its ends.
    durations : (float, float)
        Length of the runs of the coarse passes and of those that decide.
    rungs : int
        Amplitudes per cell and pass.

    Returns
    -------
    low, high : array, shape (cells,)
        Last amplitude that was silent and first that fired.

    Raises
    ------
    ValueError
        If no amplitude that was tried made a cell fire, or all did.

    Notes
    -----
    Near a threshold a cell is slow, so a run that is too short calls it silent, or calls a dying
    oscillation sustained. The coarse passes may therefore err; a bracket whose ends do not hold
    in the longer runs is moved, not trusted.
    """
    low, high = np.array(low, dtype=float), np.array(high, dtype=float)
    ladder = np.linspace(0, 1, rungs)
    # How far a bracket moves when the threshold lies outside. At first a fifth of the range: far
    # below rest a conductance model becomes stiff.
    reach = (high - low) / 5
    coarse, final = durations
    duration, goal = coarse, max(COARSE, tolerance)
    settled = np.zeros(len(low), dtype=bool)
    with bar(desc=label, total=MAX_PASSES, bar_format="{desc}: pass {n_fmt}") as progress:
        for _ in range(MAX_PASSES):
            amplitudes = low[:, None] + (high - low)[:, None] * ladder
            fired = fires(amplitudes, duration)
            all_fire, none_fires = fired[:, 0], ~fired.any(axis=1)
            inside = ~all_fire & ~none_fires
            first, row = fired.argmax(axis=1), np.arange(len(low))
            cases = [settled, inside, all_fire]
            low, high = (
                np.select(cases, [low, amplitudes[row, first - 1], low - reach], high),
                np.select(cases, [high, amplitudes[row, first], low], high + reach),
            )
            reach = np.where(inside, 2 * (high - low), 2 * reach)
            progress.update()
            width = (high - low) / np.maximum(np.abs(low), np.abs(high))
            settled |= inside & (width <= goal)
            if settled.all() and goal == tolerance:
                return low, high
            if settled.all():
                duration, goal, settled = final, tolerance, np.zeros_like(settled)
    stuck = np.flatnonzero(~settled)
    error = ValueError(
        f"{label}: no threshold found for {len(stuck)} of {len(low)} cells after {MAX_PASSES} "
        f"passes (first: cell {stuck[0]}, between {low[stuck[0]]:g} and {high[stuck[0]]:g}); does "
        "it fire at all, and is it silent without input?"
    )
    error.sets = tuple(stuck.tolist())
    raise error


def thresholds(
    model,
    *,
    vary=None,
    criterion: str = "sustained",
    tolerance: float = 1e-5,
    duration: Quantity = 10 * second,
    start="rest",
    dt: Quantity | None = None,
    backend: str | None = None,
) -> pd.DataFrame:
    """Return the threshold current of a step from rest, for one or many parameter sets.

    Parameters
    ----------
    model : NeuronModel
    vary : dict of str to Quantity, optional
        Values of parameters; all combinations are searched at once, each pass in one group.
    criterion : {"sustained", "spike"}
        Firing that goes on (a spike in the last half of the step), or at least one spike.
    tolerance : float
        Relative width of the final bracket.
    duration : Quantity
        Length of the steps that decide. A cell whose rate grows from zero is called silent where
        its interval exceeds half of it: for the Connor-Stevens cell 10 s put the threshold
        2e-5 too high, 1 s 2e-3.
    start, dt, backend : optional
        As in `excitable.simulation.simulate`.

    Returns
    -------
    DataFrame
        One row per parameter set: the parameters, ``I`` (the lowest current that fired) and
        ``I_unit``, ``I_silent`` (the highest that did not) and ``criterion``.

    Raises
    ------
    ValueError
        For bad input, or if no threshold is found.

    Examples
    --------
    >>> from brian2 import ms
    >>> from excitable.models import LIF
    >>> found = thresholds(LIF, tolerance=1e-2, duration=100*ms, dt=0.5*ms, backend="numpy")
    >>> bool(abs(found["I"][0] - 1.5) < 0.015)
    True
    """
    sets = tables.cross(model, [0.0] * model.input_unit, vary).drop(columns="I")
    if sets.empty:
        sets = pd.DataFrame(index=[0])
    return _thresholds(
        model,
        sets,
        criterion=criterion,
        tolerance=tolerance,
        duration=duration,
        start=start,
        dt=dt,
        backend=backend,
    )


def thresholds_of(
    model,
    sets: pd.DataFrame,
    *,
    criterion: str = "sustained",
    tolerance: float = 1e-5,
    duration: Quantity = 10 * second,
    start="rest",
    dt: Quantity | None = None,
    backend: str | None = None,
) -> pd.DataFrame:
    """Return the threshold current of each of a list of parameter sets; see `thresholds`.

    Parameters
    ----------
    model : NeuronModel
    sets : DataFrame
        One set a row: columns named as the model's parameters, in their own units.
    criterion, tolerance, duration, start, dt, backend : optional
        As in `thresholds`.

    Returns
    -------
    DataFrame
        As from `thresholds`.

    Raises
    ------
    ValueError
        For bad input, or if no threshold is found; in that case its attribute ``sets`` holds the
        rows concerned.

    Examples
    --------
    >>> from brian2 import ms
    >>> from excitable.models import LIF
    >>> found = thresholds_of(LIF, pd.DataFrame({"R": [10.0, 20.0]}), tolerance=1e-2,
    ...                       duration=100*ms, dt=0.5*ms, backend="numpy")
    >>> bool(abs(found["I"][1] - 0.75) < 0.0075)
    True
    """
    return _thresholds(
        model,
        tables.checked_sets(model, sets, needs_current=False),
        criterion=criterion,
        tolerance=tolerance,
        duration=duration,
        start=start,
        dt=dt,
        backend=backend,
    )


def _thresholds(model, sets, *, criterion, tolerance, duration, start, dt, backend):
    check_name("criterion", criterion, CRITERIA)
    if not 0 < tolerance < 1:
        raise ValueError(f"tolerance: expected a number between 0 and 1, got {tolerance}")
    final, _ = tables.window(duration, 0 * ms)
    used: dict = {}

    def fires(amplitudes: np.ndarray, length: float) -> np.ndarray:
        cells, rungs = amplitudes.shape
        repeated = sets.loc[sets.index.repeat(rungs)].reset_index(drop=True)
        recording = simulate(
            model,
            Constant(Quantity(amplitudes.ravel() * model.input_unit)),
            amplitudes.size,
            length * ms,
            vary=tables.varied(model, repeated),
            start=start,
            dt=dt,
            backend=backend,
            label=f"threshold of {model.name}",
        )
        used["recording"] = recording
        begin = length / 2 if criterion == "sustained" else 0.0
        counted = spike_table(
            recording.spike_neuron, recording.spike_ms, amplitudes.size, start=begin, end=length
        )
        return (counted["spike_count"].to_numpy() > 0).reshape(cells, rungs)

    low, high = (np.full(len(sets), x) for x in model.input_range)
    silent, fired = search(
        fires, low, high, tolerance=tolerance, durations=(min(final, 1000.0), final),
        label=f"threshold of {model.name}",
    )  # fmt: skip
    table = sets.assign(
        I=fired, I_unit=unit_text(model.input_unit), I_silent=silent, criterion=criterion
    )
    table.attrs = tables.describe_run(
        model, used["recording"], protocol="thresholds", duration_ms=final, tolerance=tolerance
    )
    return table


def rheobase(model, **options) -> Quantity:
    """Return the rheobase: the lowest constant current that makes the model fire on and on.

    Parameters
    ----------
    model : NeuronModel
    **options
        As in `thresholds`, but for `vary`. With ``criterion="spike"`` it is the lowest current
        whose step from rest makes at least one spike: for the squid axon 2.24 instead of
        6.26 uA/cm2, for a cell whose rate grows from zero the same.

    Returns
    -------
    Quantity
        In the model's input unit.

    Examples
    --------
    >>> from brian2 import ms
    >>> from excitable.models import LIF
    >>> rheobase(LIF, tolerance=1e-2, duration=100*ms, dt=0.5*ms, backend="numpy").dim
    amp
    """
    if "vary" in options:
        raise ValueError("rheobase: gives one value; for varied parameters use thresholds(...)")
    found = thresholds(model, **options)
    return Quantity(found["I"][0] * model.input_unit)
