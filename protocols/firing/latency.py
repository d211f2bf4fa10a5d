"""`latency`: time from the onset of a step of current to the first spike."""

import numpy as np
import pandas as pd
from brian2 import Quantity, ms

from ...analysis.trains.spikes import spike_table
from ...errors import InputError
from ...models.by_name import takes_names
from ...models.checks import check_quantity, unit_text
from ...simulation.numerics import numerics_of
from ...simulation.run import simulate
from .. import tables
from ..stimuli import Constant


@takes_names
def latency(
    model,
    currents,
    *,
    relative_to: Quantity | None = None,
    duration: Quantity = 500 * ms,
    vary=None,
    start="rest",
    **numerics,
) -> pd.DataFrame:
    """Return the latency of the first spike after a step from rest to each current.

    Parameters
    ----------
    model : NeuronModel
    currents : Quantity, shape (currents,)
        With `relative_to` pure numbers: multiples of it.
    relative_to : Quantity, optional
        A threshold, as from `rheobase`.
    duration : Quantity
        Length of each step; a later first spike is not seen.
    vary : dict of str to Quantity, optional
        Values of parameters; all combinations with the currents are run, in one group.
    start : "rest", "initial" or dict
        Where each cell starts; see `excitable.simulation.simulate`.
    **numerics
        See `excitable.simulation.Numerics`.

    Returns
    -------
    DataFrame
        One row per combination: the varied parameters, ``I`` and ``I_unit``, ``I_relative``
        where `relative_to` is given, and ``latency_ms``: NaN for a cell that stays silent.

    Raises
    ------
    ValueError
        For bad input, before anything is compiled, and for a cell that draws random numbers.

    Notes
    -----
    The spike is the upward crossing of the model's threshold, located inside the time step: for
    conductance models to a few microseconds at their default `dt`. Another criterion changes the
    number little: the Connor-Stevens cell needs 0.05 ms from -20 to 0 mV.

    Examples
    --------
    >>> from brian2 import nA, ms
    >>> from excitable.models import LIF
    >>> latency(LIF, [1, 2]*nA, duration=30*ms, backend="numpy")["latency_ms"].round(4).tolist()
    [nan, 13.8629]
    """
    if relative_to is not None:
        multiples = np.asarray(check_quantity("currents relative to a threshold", currents, 1))
        threshold = check_quantity("relative_to", relative_to, model.input_unit, scalar=True)
        if threshold == 0:
            raise InputError("relative_to: must not be zero; give currents in their unit instead")
        currents = Quantity(multiples * threshold * model.input_unit)
    chosen = numerics_of(latency, numerics)
    length, _ = tables.window(duration, 0 * ms, chosen, model)
    tables.check_repeats(model, "latency")
    table = tables.cross(model, currents, vary)
    recording = simulate(
        model,
        Constant(tables.currents_of(model, table)),
        len(table),
        duration,
        vary=tables.varied(model, table),
        start=start,
        **chosen.of_a_run,
        label=f"latency of {model.name}",
    )
    measured = spike_table(
        recording.spike_neuron, recording.spike_ms, len(table), start=0, end=length
    )
    table["I_unit"] = unit_text(model.input_unit)
    if relative_to is not None:
        table["I_relative"] = table["I"] / threshold
    table["latency_ms"] = measured["latency_ms"]
    table.attrs = tables.describe_run(
        model,
        recording,
        protocol="latency",
        duration_ms=length,
        start=tables.describe_start(model, start),
    )
    return table
