"""`noisy_onset`: what white noise does to the onset of firing of any model."""

import numpy as np
import pandas as pd
from brian2 import Quantity, mV, second

from ...dynamics.fluctuations import noise_for_deviation
from ...errors import InputError
from ...models.by_name import takes_names
from ...models.checks import check_count, check_quantity, unit_text
from ...models.ranges import towards_threshold
from ...simulation.numerics import numerics_of
from .. import tables
from ..firing.fi_curve import fi_curve
from ..firing.thresholds import rheobase
from .noisy_fi_curve import NOT_FOR_NOISE, noise_unit, noisy_fi_curve

# Standard deviations of the resting membrane, in mV; a tenth of it where it has no unit.
DEVIATIONS = (1.0, 2.0, 4.0)


@takes_names
def noisy_onset(
    model,
    deviations: Quantity | None = None,
    *,
    points: int = 17,
    trials: int = 16,
    seed: int = 0,
    duration: Quantity = 2 * second,
    discard: Quantity | None = None,
    threshold: Quantity | None = None,
    start="rest",
    **numerics,
) -> pd.DataFrame:
    """Return F-I curves around the onset, without noise and with noise of several strengths.

    Parameters
    ----------
    model : NeuronModel
    deviations : Quantity, shape (strengths,), optional
        Strengths of the noise: the standard deviation that the membrane potential would have at
        the lowest current (`excitable.dynamics.noise_for_deviation`), so that models whose inputs
        have different units are treated alike. Default: 1, 2 and 4 mV; 0.1, 0.2 and 0.4 where the
        potential has no unit.
    points : int
        Number of currents, spread evenly around the threshold: from 0, or from the lower end of
        the model's input range where that is negative, to as far above the threshold.
    trials, seed, duration, discard, start
        As in `noisy_fi_curve`.
    threshold : Quantity, optional
        The current above which the cell goes on firing; default: `rheobase` to a thousandth.
    **numerics
        See `excitable.simulation.Numerics`; a `method` is that of the runs with noise.

    Returns
    -------
    DataFrame
        As from `noisy_fi_curve`, with the columns ``model``, ``deviation`` and ``deviation_unit``
        in front. Deviation 0 comes from `fi_curve` (no trials, hence no error) with the model's own
        method. ``attrs["threshold"]`` is in the unit of ``I``.

    Raises
    ------
    ValueError
        For bad input, before anything is compiled.

    Examples
    --------
    >>> from brian2 import mV, nA, ms
    >>> from excitable.models import LIF
    >>> table = noisy_onset(LIF, [4]*mV, points=5, trials=2, threshold=1.5*nA, duration=300*ms,
    ...                     discard=100*ms, dt=0.5*ms, backend="numpy")
    >>> table.groupby("deviation")["rate_Hz"].last().gt(100).tolist()    # at 3 nA
    [True, True]
    """
    chosen = numerics_of(noisy_onset, numerics, without=NOT_FOR_NOISE)
    points, unit = check_count("points", points), model.input_unit
    tables.window(duration, discard, chosen, model)
    noisy_options, still_options = ({"start": start, **chosen.but(*x)} for x in ((), ("method",)))
    sign = towards_threshold(model)  # -1: less input makes it fire
    low = min(0.0, *(sign * x for x in model.input_range))
    given = threshold
    if given is None:  # it decides the range of currents only
        given = rheobase(model, tolerance=1e-3, duration=1 * second, **still_options)
    onset = check_quantity("threshold", given, unit, scalar=True)
    if sign * onset <= low:
        way = "above" if sign > 0 else "below"
        raise InputError(f"threshold: expected one {way} {sign * low:g} in {unit}, got {given}")
    currents = Quantity(np.linspace(sign * low, 2 * onset - sign * low, points) * unit)
    membrane = model.unit_of(model.membrane)
    if deviations is None:
        scale = mV if unit_text(membrane) != "1" else 0.1
        deviations = Quantity(np.array(DEVIATIONS) * scale)
    chosen = np.atleast_1d(check_quantity("deviations", deviations, membrane))
    if chosen.ndim != 1 or np.any(chosen <= 0):
        raise InputError(f"deviations: expected values above 0, got {deviations}")
    noise = noise_for_deviation(model, Quantity(chosen * membrane), sign * low * unit)
    same = {"duration": duration, "discard": discard}
    noisy = noisy_fi_curve(
        model, currents, noise, trials=trials, seed=seed, **same, **noisy_options
    )
    noisy.insert(0, "deviation", np.repeat(chosen, points))
    still = fi_curve(model, currents, **same, **still_options)
    still = still.assign(deviation=0.0, noise=0.0, noise_unit=noise_unit(model), trials=1)
    still["rate_sem_Hz"] = 0.0
    table = pd.concat([still[noisy.columns], noisy], ignore_index=True)
    table.insert(1, "deviation_unit", unit_text(membrane))
    table.insert(0, "model", model.name)
    table.attrs = noisy.attrs | {
        "protocol": "noisy_onset",
        "threshold": onset,
        "method_without_noise": still.attrs["method"],
    }
    return table
