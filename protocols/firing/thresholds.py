"""Threshold currents of constant input: `thresholds` of many parameter sets, `rheobase` of one."""

import numpy as np
import pandas as pd
from brian2 import Quantity, ms, second

from ...analysis.trains.spikes import spike_table
from ...errors import InputError
from ...models.by_name import takes_names
from ...models.checks import check_name, unit_text
from ...models.ranges import towards_threshold
from ...simulation.numerics import Numerics, check_tolerance, numerics_of
from ...simulation.run import simulate
from .. import tables
from ..stimuli import Constant
from .search import CLIMB, search

# Thresholds that differ where rest and firing coexist: the squid axon fires one spike from 2.24
# and goes on firing only from 6.26 uA/cm2.
CRITERIA = ("sustained", "spike")


@takes_names
def thresholds(
    model,
    *,
    vary=None,
    criterion: str = "sustained",
    tolerance: float = 1e-5,
    duration: Quantity = 10 * second,
    start="rest",
    **numerics,
) -> pd.DataFrame:
    """Return the threshold current of a step from rest, for one or many parameter sets.

    Parameters
    ----------
    model : NeuronModel
    vary : dict of str to Quantity, optional
        Values of parameters; all combinations are searched at once, each pass in one group.
    criterion : {"sustained", "spike"}
        Firing that goes on (it begins in the first half of the step, and a spike falls into the
        last half), or at least one spike.
    tolerance : float
        Relative width of the final bracket.
    duration : Quantity
        Length of the steps that decide. A cell whose rate grows from zero is called silent where
        its interval exceeds half of it: for the Connor-Stevens cell 10 s put the threshold
        2e-5 too high, 1 s 2e-3.
    start : "rest", "initial" or dict
        Where each cell starts; see `excitable.simulation.simulate`.
    **numerics
        See `excitable.simulation.Numerics`; `tolerance` is the one above.

    Returns
    -------
    DataFrame
        One row per parameter set: the parameters, ``I`` (the lowest current that fired) and
        ``I_unit``, ``I_silent`` (the highest that did not) and ``criterion``. Where less input
        takes a cell to its threshold (``- I`` in its slope), ``I`` is the highest that fired.

    Raises
    ------
    ValueError
        For bad input, and for a cell that has no threshold: one that draws random numbers, that
        never fires (or never on and on), or fires at every current. The search ends 20 widths of
        the model's input range beyond its ends, or where the integration diverges, and says so.

    Examples
    --------
    >>> from brian2 import ms
    >>> from excitable.models import LIF
    >>> found = thresholds(LIF, tolerance=1e-2, duration=100*ms, dt=0.5*ms, backend="numpy")
    >>> bool(abs(found["I"][0] - 1.5) < 0.015)
    True
    """
    chosen = numerics_of(thresholds, numerics, without={})
    sets = tables.cross(model, [0.0] * model.input_unit, vary).drop(columns="I")
    if sets.empty:
        sets = pd.DataFrame(index=[0])
    return _thresholds(
        model,
        sets,
        chosen,
        criterion=criterion,
        tolerance=tolerance,
        duration=duration,
        start=start,
    )


@takes_names
def thresholds_of(
    model,
    sets: pd.DataFrame,
    *,
    criterion: str = "sustained",
    tolerance: float = 1e-5,
    duration: Quantity = 10 * second,
    start="rest",
    **numerics,
) -> pd.DataFrame:
    """Return the threshold current of each of a list of parameter sets; see `thresholds`.

    Parameters
    ----------
    model : NeuronModel
    sets : DataFrame
        One set a row: columns named as the model's parameters, in their own units.
    criterion, tolerance, duration, start, **numerics : optional
        As in `thresholds`.

    Returns
    -------
    DataFrame
        As from `thresholds`.

    Raises
    ------
    ValueError
        As `thresholds`; where cells have no threshold its attribute ``sets`` holds their rows.

    Examples
    --------
    >>> from brian2 import ms
    >>> from excitable.models import LIF
    >>> found = thresholds_of(LIF, pd.DataFrame({"R": [10.0, 20.0]}), tolerance=1e-2,
    ...                       duration=100*ms, dt=0.5*ms, backend="numpy")
    >>> bool(abs(found["I"][1] - 0.75) < 0.0075)
    True
    """
    chosen = numerics_of(thresholds_of, numerics, without={})
    return _thresholds(
        model,
        tables.checked_sets(model, sets, needs_current=False),
        chosen,
        criterion=criterion,
        tolerance=tolerance,
        duration=duration,
        start=start,
    )


def _thresholds(model, sets, chosen: Numerics, *, criterion, tolerance, duration, start):
    check_name("criterion", criterion, CRITERIA)
    tables.check_repeats(model, "threshold current")
    check_tolerance(tolerance)
    final, _ = tables.window(duration, 0 * ms, chosen, model)
    coarse = min(final, 1000.0)
    chosen.check_length(model, coarse)
    probe = _Probe(model, sets, chosen, criterion, start)
    low, high = (np.full(len(sets), x) for x in model.input_range)
    silent, fired = search(
        probe.fires, low, high, tolerance=tolerance, durations=(coarse, final),
        sign=towards_threshold(model), label=f"threshold of {model.name}", explain=probe.explain,
    )  # fmt: skip
    table = sets.assign(
        I=fired, I_unit=unit_text(model.input_unit), I_silent=silent, criterion=criterion
    )
    table.attrs = tables.describe_run(
        model, probe.recording, protocol="thresholds", duration_ms=final, tolerance=tolerance,
        start=tables.describe_start(model, start),
    )  # fmt: skip
    return table


class _Probe:
    """Runs ladders of currents, and remembers which cells made any spike at all."""

    def __init__(self, model, sets: pd.DataFrame, chosen: Numerics, criterion: str, start):
        self.model, self.sets, self.chosen = model, sets, chosen
        self.criterion, self.start = criterion, start
        self.spiked = np.zeros(len(sets), bool)
        self.recording = None

    def fires(self, amplitudes: np.ndarray, length: float) -> np.ndarray:
        """Return where a ladder fires; NaN where firing that goes on cannot be told.

        Firing that began in the last half of a run may be a transient that came late, as close to
        the threshold of a cell that fires once and never again.
        """
        cells, rungs = amplitudes.shape
        model = self.model
        repeated = self.sets.loc[self.sets.index.repeat(rungs)].reset_index(drop=True)
        self.recording = simulate(
            model,
            Constant(Quantity(amplitudes.ravel() * model.input_unit)),
            amplitudes.size,
            length * ms,
            vary=tables.varied(model, repeated),
            start=self.start,
            **self.chosen.of_a_run,
            label=f"threshold of {model.name}",
        )
        # A state that lies above the threshold from the beginning is no crossing, though the first
        # step reports one.
        begun = min(1.001 * self.recording.dt_ms, length / 4)
        early, late = (
            self._counted(begin, end).reshape(cells, rungs) > 0
            for begin, end in ((begun, length / 2), (length / 2, length))
        )
        self.spiked |= (early | late).any(axis=1)
        if self.criterion == "spike":
            return early | late
        return np.where(late & ~early, np.nan, late)

    def _counted(self, begin: float, end: float) -> np.ndarray:
        run = self.recording
        table = spike_table(run.spike_neuron, run.spike_ms, run.n, start=begin, end=end)
        return table["spike_count"].to_numpy()

    def explain(self, cell: int, fires: bool, low: float, high: float, diverged: bool) -> str:
        """Return why a cell has no threshold, and what to do."""
        model, unit = self.model, unit_text(self.model.input_unit)
        tried = f"from {low:g} to {high:g} {unit}"
        if fires:
            way = "low" if towards_threshold(model) > 0 else "high"
            return (
                f"{model.name} fires at every constant current tried {tried}, so it has no "
                f"{way}est one; change the parameters, or give the model an input_range that "
                f"reaches {way}er"
            )
        beyond = (
            "beyond that the integration diverges (a smaller dt may go on)" if diverged else
            f"that is up to {CLIMB} widths of its input_range {model.input_range}"
        )  # fmt: skip
        if self.criterion == "sustained" and self.spiked[cell]:
            return (
                f"{model.name} never fires on and on: at the constant currents tried {tried} it "
                f"makes passing spikes only ({beyond}), so it has no sustained threshold; "
                "criterion='spike' finds the current of the first spike"
            )
        return (
            f"{model.name} makes no spike at the constant currents tried {tried} ({beyond}); is "
            f"the threshold {model.threshold!r} reached at all? If it is, give the model an "
            "input_range around that current"
        )


@takes_names
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
        In the model's input unit; negative for a cell that fires without input.

    Raises
    ------
    ValueError
        As `thresholds`: a cell that never fires on and on has no rheobase.

    Examples
    --------
    >>> from brian2 import ms
    >>> from excitable.models import LIF
    >>> rheobase(LIF, tolerance=1e-2, duration=100*ms, dt=0.5*ms, backend="numpy").dim
    amp
    """
    if "vary" in options:
        raise InputError("rheobase: gives one value; for varied parameters use thresholds(...)")
    found = thresholds(model, **options)
    return Quantity(found["I"][0] * model.input_unit)
