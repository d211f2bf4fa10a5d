"""`response`: voltage traces and spikes of a model under any stimulus."""

from collections.abc import Sequence

from brian2 import Quantity

from ..simulation.results import Response
from ..simulation.run import simulate
from . import tables


def response(
    model,
    stimulus,
    duration: Quantity,
    *,
    record: Sequence[str] = ("v",),
    n: int = 1,
    vary=None,
    record_dt: Quantity | None = None,
    start="rest",
    method: str | None = None,
    dt: Quantity | None = None,
    backend: str | None = None,
    spikes: str = "located",
    seed: int | None = None,
) -> Response:
    """Return traces and spikes of `n` cells.

    Parameters
    ----------
    model : NeuronModel
    stimulus : Stimulus
    duration : Quantity
    record : sequence of str
        Names of state variables, currents, rates, or the input.
    n : int
        Number of cells; more than one for stimuli or parameters that differ, or for noise.
    vary : dict of str to Quantity, shape (n,)
    record_dt : Quantity, optional
        Sampling interval of the traces; default: every step.
    start, method, dt, backend, spikes, seed : optional
        As in `excitable.simulation.simulate`.

    Returns
    -------
    Response

    Raises
    ------
    ValueError
        For bad input, before anything is compiled.

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
    recording = simulate(
        model,
        stimulus,
        n,
        duration,
        vary=vary,
        record=tuple([record] if isinstance(record, str) else record),
        record_dt=record_dt,
        start=start,
        method=method,
        dt=dt,
        backend=backend,
        spikes=spikes,
        seed=seed,
        label=f"response of {model.name}",
    )
    found = Response(tables.traces_frame(model, recording), tables.spikes_frame(recording))
    about = tables.describe_run(
        model, recording, protocol="response", stimulus=repr(stimulus), seed=seed
    )
    found.traces.attrs = about
    found.spikes.attrs = about
    return found
