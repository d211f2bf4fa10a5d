"""Firing rates at constant current: `rates` of any parameter sets, `fi_curve` over currents."""

import pandas as pd
from brian2 import Quantity, ms, second

from ...analysis.trains.spikes import spike_table
from ...models.checks import unit_text
from ...simulation.backends import Backend
from ...simulation.run import DivergenceError
from .. import tables
from ..certificates.certify import certify, check_tolerance
from ..certificates.experiment import Experiment
from ..certificates.method_choice import good_enough
from ..stimuli import Constant


def fi_curve(
    model,
    currents: Quantity,
    *,
    duration: Quantity = 2 * second,
    discard: Quantity = 500 * ms,
    vary=None,
    start="rest",
    method: str | None = None,
    dt: Quantity | None = None,
    backend: str | Backend | None = None,
    spikes: str = "located",
    tolerance: float | None = None,
) -> pd.DataFrame:
    """Return the F-I curve of a model: a step from rest to each current.

    Parameters
    ----------
    model : NeuronModel
    currents : Quantity, shape (currents,)
    duration : Quantity
        Length of each step.
    discard : Quantity
        Beginning of the step whose spikes do not count for the rate.
    vary : dict of str to Quantity, optional
        Values of parameters; all combinations with the currents are run, in one group.
    start : "rest", "initial" or dict
        Where each cell starts; see `excitable.simulation.simulate`.
    method, dt, backend, spikes : optional
        As in `excitable.simulation.simulate`.
    tolerance : float, optional
        Largest relative error of any rate. Chooses `method` and `dt` instead of the caller: the
        cheapest pair that reaches it on a sample against the reference solution, which takes
        some seconds for each row of the sample. The table then carries a certificate; see
        `certify`.

    Returns
    -------
    DataFrame
        One row per combination, the current running fastest: the varied parameters in their own
        units, ``I`` in the model's input unit and ``I_unit``; ``rate_Hz`` from the intervals
        after the discarded beginning; ``spike_count`` in that window; ``resolved``, false where
        one spike makes no rate; ``first_rate_Hz`` of the first interval; ``latency_ms``;
        ``isi_cv``, ``isi_cv2``, ``isi_lv`` and ``adaptation_index``. ``attrs`` says how to redo it.

    Raises
    ------
    ValueError
        For bad input, before anything is compiled.
    excitable.simulation.DivergenceError
        If the integration diverged.

    Examples
    --------
    >>> from brian2 import nA, ms
    >>> from excitable.models import LIF
    >>> table = fi_curve(LIF, [1, 2]*nA, duration=200*ms, discard=50*ms, backend="numpy")
    >>> table["rate_Hz"].round(3).tolist()
    [0.0, 72.135]
    """
    tables.window(duration, discard)
    table = rates(
        model,
        tables.cross(model, currents, vary),
        duration=duration,
        discard=discard,
        start=start,
        method=method,
        dt=dt,
        backend=backend,
        spikes=spikes,
        tolerance=tolerance,
    )
    table.attrs["protocol"] = "fi_curve"
    return table


def rates(
    model,
    sets: pd.DataFrame,
    *,
    duration: Quantity = 2 * second,
    discard: Quantity = 500 * ms,
    start="rest",
    method: str | None = None,
    dt: Quantity | None = None,
    backend: str | Backend | None = None,
    spikes: str = "located",
    tolerance: float | None = None,
) -> pd.DataFrame:
    """Return the firing rate of each of a list of parameter sets: a step from rest.

    Parameters
    ----------
    model : NeuronModel
    sets : DataFrame
        One set a row: columns named as the model's parameters, in their own units, and the
        current ``I`` in the model's input unit. What has no column has the model's value.
    duration, discard, start, method, dt, backend, spikes, tolerance : optional
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

    Examples
    --------
    >>> from brian2 import ms
    >>> from excitable.models import LIF
    >>> sets = pd.DataFrame({"tau": [10.0, 20.0], "I": [2.0, 2.0]})
    >>> table = rates(LIF, sets, duration=200*ms, discard=50*ms, backend="numpy")
    >>> table["rate_Hz"].round(3).tolist()
    [72.135, 36.067]
    """
    length, begin = tables.window(duration, discard)
    sets = tables.checked_sets(model, sets, needs_current=True)
    stimulus = Constant(tables.currents_of(model, sets))
    values = tables.varied(model, sets)
    done = Experiment(model, stimulus, len(sets), length, values, start, spikes)
    try:
        if tolerance is None:
            return _measured(done, sets, begin, done.run(method, dt, backend))
        if method is not None or dt is not None:
            raise ValueError(
                "tolerance: chooses the method and dt; leave both out, or the tolerance"
            )
        return _within(check_tolerance(tolerance), done, sets, begin, backend)
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
        recording.spike_neuron, recording.spike_ms, len(sets), start=begin, end=length
    )
    table = pd.concat([sets, measured.drop(columns="neuron")], axis=1)
    table.insert(table.columns.get_loc("I") + 1, "I_unit", unit_text(model.input_unit))
    table.attrs = tables.describe_run(
        model,
        recording,
        protocol="rates",
        duration_ms=length,
        discard_ms=begin,
        start=tables.describe_start(model, done.start),
        spikes=done.spikes,
    )
    return table
