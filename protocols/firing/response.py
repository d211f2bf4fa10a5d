"""`response`: voltage traces and spikes of a model under any stimulus."""

from collections.abc import Sequence

import numpy as np
from brian2 import Quantity, ms

from ...models.by_name import takes_names
from ...models.warn import warn_caller
from ...simulation.numerics import numerics_of
from ...simulation.programs.describe import shown
from ...simulation.results import Response
from ...simulation.run import names_to_record, simulate
from .. import tables
from ..certificates.experiment import Experiment


@takes_names
def response(
    model,
    stimulus,
    duration: Quantity,
    *,
    record: Sequence[str] | None = None,
    n: int = 1,
    vary=None,
    record_dt: Quantity | None = None,
    start="rest",
    seed: int | None = None,
    **numerics,
) -> Response:
    """Return traces and spikes of `n` cells.

    Parameters
    ----------
    model : NeuronModel
    stimulus : Stimulus
    duration : Quantity
    record : sequence of str, optional
        Default: the membrane potential. Names of state variables, currents, rates, or the input.
    n : int
        Number of cells; more than one for stimuli or parameters that differ, or for noise.
    vary : dict of str to Quantity, shape (n,)
    record_dt : Quantity, optional
        Sampling interval of the traces; default: every step.
    start : "rest", "initial" or dict
        Where each cell starts; see `excitable.simulation.simulate`.
    seed : int, optional
        For noise.
    **numerics
        See `excitable.simulation.Numerics`.

    Returns
    -------
    Response

    Raises
    ------
    ValueError
        For bad input, before anything is compiled.

    Warns
    -----
    UserWarning
        For cells that fire in every step, because their spike condition holds after the reset too.
    CoarseStepWarning
        If half the step would give other intervals; see `excitable.simulation.step_check`.

    Examples
    --------
    >>> from brian2 import mV, ms
    >>> from excitable.models import IZHIKEVICH
    >>> from excitable.protocols import Step
    >>> out = response(IZHIKEVICH.variants["RS"], Step(14*mV/ms, onset=15*ms), 50*ms,
    ...                record=("v", "u"), backend="numpy")
    >>> list(out.traces.columns)
    ['neuron', 't_ms', 'v_mV', 'u_mV_per_ms']
    """
    chosen = numerics_of(response, numerics)
    length, _ = tables.window(duration, 0 * ms, chosen, model, spikes=False)
    record = names_to_record(model, model.membrane if record is None else record)
    tables.check_values(model, vary)
    shown(model, record, others=vary or ())  # before the run
    recording = simulate(
        model,
        stimulus,
        n,
        duration,
        vary=vary,
        record=record,
        record_dt=record_dt,
        start=start,
        seed=seed,
        **chosen.of_a_run,
        label=f"response of {model.name}",
        checked=True,
    )
    _look_at_consecutive_steps(model, recording)
    sampled_ms = recording.dt_ms if record_dt is None else float(record_dt / ms)
    done = Experiment(
        model, stimulus, n, length, vary or {}, start, chosen.spikes, record, sampled_ms
    )
    found = Response(tables.traces_frame(model, recording), tables.spikes_frame(recording), done)
    about = tables.describe_run(
        model,
        recording,
        protocol="response",
        stimulus=repr(stimulus),
        duration_ms=length,
        start=tables.describe_start(model, start),
        spikes=recording.timing,
        seed=seed,
    )
    found.traces.attrs = about
    found.spikes.attrs = about
    return found


def _look_at_consecutive_steps(model, recording) -> None:
    """Warn of cells that fire three steps running: no step is short enough for what they do."""
    order = np.lexsort((recording.spike_ms, recording.spike_neuron))
    neuron, times = recording.spike_neuron[order], recording.spike_ms[order]
    running = (neuron[2:] == neuron[:-2]) & (times[2:] - times[:-2] < 2.5 * recording.dt_ms)
    if not running.any() or model.system.draws:
        return
    first = np.flatnonzero(running)[0]
    count = len(np.unique(neuron[2:][running]))
    warn_caller(
        f"{model.name}: {count} of {recording.n} cells fire in every step, the first from "
        f"{times[first]:g} ms on: after the reset ({model.reset or 'none'}) the spike condition "
        f"({model.threshold}) holds again at once; let the reset end it, give the cell a "
        "refractory period, or use a smaller dt"
    )
