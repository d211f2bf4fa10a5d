"""`conductance_sweep`: what one parameter, usually a conductance, does to a cell's excitability."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from brian2 import Quantity, ms, second

from ...analysis.trains.spikes import spike_table
from ...models.by_name import takes_names
from ...plain_checks import check_number
from ...simulation.numerics import numerics_of
from ...simulation.run import simulate
from .. import tables
from ..stimuli import Constant
from .fi_curve import fi_curve
from .thresholds import thresholds


@dataclass(frozen=True)
class ConductanceSweep:
    """Result of `conductance_sweep`.

    Attributes
    ----------
    fi : DataFrame
        The F-I surface: as from `fi_curve`, with a column for the parameter.
    onset : DataFrame
        One row per value of the parameter: ``I`` (the sustained threshold of a step from rest)
        and ``I_unit``, ``onset_rate_Hz`` just above it, and ``latency_ms`` of the first spike
        at 1.1 times the threshold (NaN where the threshold is not positive).
    """

    fi: pd.DataFrame
    onset: pd.DataFrame


@takes_names
def conductance_sweep(
    model,
    name: str,
    values: Quantity,
    currents: Quantity | None = None,
    *,
    duration: Quantity = 2 * second,
    discard: Quantity | None = None,
    margin: float = 1e-3,
    tolerance: float = 1e-4,
    search_duration: Quantity = 3 * second,
    start="rest",
    **numerics,
) -> ConductanceSweep:
    """Sweep one parameter: F-I surface, threshold, onset rate and latency.

    Parameters
    ----------
    model : NeuronModel
    name : str
        The parameter, such as ``"g_A"``.
    values : Quantity, shape (values,)
    currents : Quantity, shape (currents,), optional
        Default: 51 currents over the model's input range.
    duration, discard : Quantity
        Of each step of the F-I surface; discarded is a quarter of it by default.
    margin : float
        How far above the threshold the onset rate is measured, relative to it; above zero.
    tolerance, search_duration
        Of the search for the threshold; see `thresholds`.
    start : "rest", "initial" or dict
        Where each cell starts; see `excitable.simulation.simulate`.
    **numerics
        See `excitable.simulation.Numerics`; `tolerance` is that of the search.

    Returns
    -------
    ConductanceSweep

    Raises
    ------
    ValueError
        For bad input, before anything is compiled.

    Examples
    --------
    >>> from brian2 import ms, mV, nA
    >>> from excitable.models import LIF
    >>> sweep = conductance_sweep(
    ...     LIF, "V_th", [-55, -50]*mV, [1, 2]*nA, duration=100*ms, discard=50*ms,
    ...     tolerance=1e-2, search_duration=100*ms, dt=0.5*ms, backend="numpy")
    >>> sweep.onset["I"].round(1).tolist()
    [1.0, 1.5]
    """
    chosen = numerics_of(conductance_sweep, numerics, without={})
    vary = {name: values}
    if currents is None:
        currents = np.linspace(*model.input_range, 51) * model.input_unit
    tables.cross(model, currents, vary)  # raises before anything runs
    tables.window(duration, discard, chosen, model)
    check_number("margin", margin, above=0)  # at the threshold and below it there is no rate
    same = {"vary": vary, "start": start, **chosen.but()}
    onset = thresholds(model, tolerance=tolerance, duration=search_duration, **same)
    surface = fi_curve(model, currents, duration=duration, discard=discard, **same)
    return ConductanceSweep(
        surface, _measure_onset(model, name, onset, margin, search_duration, start, chosen)
    )


def _measure_onset(model, name, onset, margin, duration, start, chosen) -> pd.DataFrame:
    """Add the rate just above threshold, and the latency at 1.1 times the threshold."""
    threshold = onset["I"].to_numpy()
    currents = np.concatenate([threshold + margin * np.abs(threshold), 1.1 * threshold])
    values = np.tile(onset[name].to_numpy(), 2) * model.parameters[name].unit
    length = float(duration / ms)
    recording = simulate(
        model,
        Constant(Quantity(currents * model.input_unit)),
        len(currents),
        duration,
        vary={name: values},
        start=start,
        **chosen.of_a_run,
        label=f"onset of {model.name}",
    )
    measured = spike_table(
        recording.spike_neuron, recording.spike_ms, len(currents), start=length / 4, end=length
    )
    half = len(threshold)
    latency = measured["latency_ms"].to_numpy()[half:]
    found = onset.assign(
        onset_rate_Hz=measured["rate_Hz"].to_numpy()[:half],
        latency_ms=np.where(threshold > 0, latency, np.nan),
    )
    found.attrs = onset.attrs | {"margin": margin}
    return found
