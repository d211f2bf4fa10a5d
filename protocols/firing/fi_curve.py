"""Firing rates at constant current: `rates` of any parameter sets, `fi_curve` over currents."""

import numpy as np
import pandas as pd
from brian2 import Quantity, ms, second

from ...analysis.trains.spikes import spike_table
from ...analysis.trains.steadiness import MOVING, SILENT
from ...models.by_name import takes_names
from ...models.checks import unit_text
from ...simulation.numerics import numerics_of
from ...simulation.run import DivergenceError
from .. import tables
from ..certificates.certify import certify
from ..certificates.experiment import Experiment
from ..certificates.method_choice import good_enough
from ..stimuli import Constant
from .at_rest import not_at_rest


@takes_names
def fi_curve(
    model,
    currents: Quantity,
    *,
    duration: Quantity = 2 * second,
    discard: Quantity | None = None,
    vary=None,
    start="rest",
    **numerics,
) -> pd.DataFrame:
    """Return the F-I curve of a model: a step from rest to each current.

    Parameters
    ----------
    model : NeuronModel
    currents : Quantity, shape (currents,)
    duration : Quantity
        Length of each step.
    discard : Quantity, optional
        Beginning of the step whose spikes do not count for the rate; default: a quarter of it.
    vary : dict of str to Quantity, optional
        Values of parameters; all combinations with the currents are run, in one group.
    start : "rest", "initial" or dict
        Where each cell starts; see `excitable.simulation.simulate`.
    **numerics
        See `excitable.simulation.Numerics`. A ``tolerance`` is the largest relative error of any
        rate and chooses `method` and `dt` instead of the caller: the cheapest pair that reaches
        it on a sample against the reference solution, which takes some seconds for each row of
        the sample. The table then carries a certificate; see `certify`.

    Returns
    -------
    DataFrame
        One row per combination, the current running fastest: the varied parameters in their own
        units, ``I`` in the model's input unit and ``I_unit``; ``rate_Hz`` from the intervals
        after the discarded beginning; ``spike_count`` in that window and ``mean_rate_Hz``, their
        number over its length; ``resolved``, false where the window does not tell the rate, and
        ``firing``, which says why: ``"steady"`` and ``"silent"`` are resolved; ``"one spike"``,
        ``"uneven"`` (bursts, firing that stops), ``"drifting"`` (adaptation that is not over),
        ``"not at rest"`` (silent, but on the way to a spike) and ``"faster than the step"`` are
        not: use a longer window, or a smaller step; nor is ``"one trial"``, of a cell that draws
        random numbers: `noisy_fi_curve` measures over many; ``first_rate_Hz`` of the first
        interval; ``latency_ms``; ``isi_cv``, ``isi_cv2``, ``isi_lv`` and ``adaptation_index``.
        ``attrs`` says how to redo it.

    Raises
    ------
    ValueError
        For bad input, before anything is compiled.
    excitable.simulation.DivergenceError
        If the integration diverged.

    Warns
    -----
    CoarseStepWarning
        If half the step would give other intervals; see `excitable.simulation.step_check`.

    Examples
    --------
    >>> from brian2 import nA, ms
    >>> from excitable.models import LIF
    >>> table = fi_curve(LIF, [1, 2]*nA, duration=200*ms, discard=50*ms, backend="numpy")
    >>> table["rate_Hz"].round(3).tolist()
    [0.0, 72.135]
    """
    chosen = numerics_of(fi_curve, numerics, without={})
    tables.window(duration, discard, chosen, model)
    sets = tables.cross(model, currents, vary)
    table = rates(model, sets, duration=duration, discard=discard, start=start, **chosen.but())
    table.attrs["protocol"] = "fi_curve"
    return table


@takes_names
def rates(
    model,
    sets: pd.DataFrame,
    *,
    duration: Quantity = 2 * second,
    discard: Quantity | None = None,
    start="rest",
    **numerics,
) -> pd.DataFrame:
    """Return the firing rate of each of a list of parameter sets: a step from rest.

    Parameters
    ----------
    model : NeuronModel
    sets : DataFrame
        One set a row: columns named as the model's parameters, in their own units, and the
        current ``I`` in the model's input unit. What has no column has the model's value.
    duration, discard, start, **numerics : optional
        As in `fi_curve`.

    Returns
    -------
    DataFrame
        One row per set, with the columns of `fi_curve`.

    Raises
    ------
    ValueError
        For bad input, before anything is compiled.
    excitable.simulation.DivergenceError
        If the integration diverged; its attribute ``sets`` holds the rows concerned.

    Warns
    -----
    CoarseStepWarning
        If half the step would give other intervals; see `excitable.simulation.step_check`.

    Examples
    --------
    >>> from brian2 import ms
    >>> from excitable.models import LIF
    >>> sets = pd.DataFrame({"tau": [10.0, 20.0], "I": [2.0, 2.0]})
    >>> table = rates(LIF, sets, duration=200*ms, discard=50*ms, backend="numpy")
    >>> table["rate_Hz"].round(3).tolist()
    [72.135, 36.067]
    """
    chosen = numerics_of(rates, numerics, without={})
    length, begin = tables.window(duration, discard, chosen, model)
    sets = tables.checked_sets(model, sets, needs_current=True)
    stimulus = Constant(tables.currents_of(model, sets))
    values = tables.varied(model, sets)
    done = Experiment(model, stimulus, len(sets), length, values, start, chosen.spikes)
    try:
        if chosen.tolerance is None:
            recording = done.run(chosen.method, chosen.dt, chosen.engine, checked=True)
            return _measured(done, sets, begin, recording)
        return _within(chosen.tolerance, done, sets, begin, chosen.engine)
    except DivergenceError as error:
        error.sets = error.neurons
        raise


def _within(tolerance: float, done: Experiment, sets, begin: float, backend) -> pd.DataFrame:
    """Return the table of the cheapest run that is certified; of the last one if none is."""
    for candidate in good_enough(done, sets, tolerance, begin, backend):
        recording = done.run(candidate.method, candidate.dt_ms * ms, candidate.backend)
        table = _measured(done, sets, begin, recording)
        if certify(table, model=done.model, tolerance=tolerance).converged:
            break
    return table


def _measured(done: Experiment, sets: pd.DataFrame, begin: float, recording) -> pd.DataFrame:
    """Return the table of a run."""
    model, length = done.model, done.duration_ms
    measured = spike_table(
        recording.spike_neuron, recording.spike_ms, len(sets),
        start=begin, end=length, dt_ms=recording.dt_ms, one_trial=bool(model.system.draws),
    )  # fmt: skip
    _look_at_silent_cells(done, sets, measured, recording)
    table = pd.concat([sets, measured.drop(columns="neuron")], axis=1)
    table.insert(table.columns.get_loc("I") + 1, "I_unit", unit_text(model.input_unit))
    table.attrs = tables.describe_run(
        model,
        recording,
        protocol="rates",
        duration_ms=length,
        discard_ms=begin,
        start=tables.describe_start(model, done.start),
        spikes=recording.timing,
    )
    return table


def _look_at_silent_cells(done: Experiment, sets, measured: pd.DataFrame, recording) -> None:
    """Mark the cells whose window is empty but which are not at rest at its end."""
    silent = np.flatnonzero(measured["firing"] == SILENT)
    state = {name: x[silent] for name, x in recording.state.items()}
    values = {name: np.asarray(x, float)[silent] for name, x in done.vary.items()}
    values[done.model.input] = np.asarray(tables.currents_of(done.model, sets), float)[silent]
    bad = silent[not_at_rest(done.model, state, values, done.duration_ms / 1e3)]
    measured.loc[bad, "firing"] = MOVING
    measured.loc[bad, "resolved"] = False
