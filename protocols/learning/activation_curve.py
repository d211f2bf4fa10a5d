"""`activation_curve`: measure a model's F-I curve as the activation function of a classifier."""

import numpy as np
import pandas as pd

from ...analysis.learning.activations import RateCurve
from ...analysis.trains.steadiness import ONE_SPIKE
from ...errors import InputError
from ...models.by_name import takes_names
from ...models.checks import check_count, check_quantity, unit_text
from .. import tables
from ..firing.fi_curve import fi_curve

STEEP = 40  # an interval of this part of the largest rate is halved ...
ROUNDS = 3  # ... at most so often


@takes_names
def activation_curve(
    model,
    low=None,
    high=None,
    *,
    points: int = 65,
    zero=None,
    unit=None,
    **how,
) -> RateCurve:
    """Measure a model's F-I curve as an activation function.

    Parameters
    ----------
    model : NeuronModel
    low, high : Quantity
        Range of currents. Default: the model's `input_range`.
    points : int
        Currents in equal steps; where the rate rises steeply, steps are halved three times.
    zero, unit : Quantity, optional
        The current that an input of 0 is, and a step of 1; see `RateCurve`.
    **how
        As in `fi_curve`: ``duration``, ``discard``, ``start`` and numerics.

    Returns
    -------
    RateCurve

    Raises
    ------
    ValueError
        If the window does not resolve a rate in that range, or the rates fall somewhere (a
        cell in depolarisation block); and as `fi_curve`.

    Notes
    -----
    Right at the onset a slow cell fires once in the window, and its rate is not known. Such
    points are left out if the cell is silent below them: the curve goes on from silence to the
    first rate that is known.

    Spikes are located inside the step, as `fi_curve` does. In networks they lie on the time grid,
    where each interval is longer by a part of a step: half a step on average, 0.6 % of the rate
    at 250 Hz and 0.05 ms.

    Examples
    --------
    >>> from brian2 import ms, nA
    >>> from excitable.models import LIF
    >>> curve = activation_curve(LIF, 1*nA, 3*nA, points=5, duration=200*ms, discard=50*ms,
    ...                          backend="numpy")
    >>> round(float(curve.rate(2.0)), 1), curve.zero
    (72.1, 1.5)
    """
    low, high = _range(model, low, high)
    check_count("points", points)
    if points < 3:
        raise InputError(f"points: expected at least 3, got {points}")
    table = fi_curve(model, np.linspace(low, high, points) * model.input_unit, **how)
    for _ in range(ROUNDS):
        more = _middles_of_steep(table)
        if not len(more):
            break
        found = fi_curve(model, more * model.input_unit, **how)
        table = pd.concat([table, found]).sort_values("I", ignore_index=True)
    table = _known(model, table)
    given = {
        name: None if value is None else check_quantity(name, value, model.input_unit, scalar=True)
        for name, value in (("zero", zero), ("unit", unit))
    }
    return RateCurve(
        table["I"].to_numpy(), table["rate_Hz"].to_numpy(), **given, name=model.name,
        I_unit=unit_text(model.input_unit), about=tables.describe_model(model),
    )  # fmt: skip


def _range(model, low, high) -> tuple[float, float]:
    given = []
    for name, value, own in zip(("low", "high"), (low, high), model.input_range, strict=True):
        given.append(
            own if value is None else check_quantity(name, value, model.input_unit, scalar=True)
        )
    if given[0] >= given[1]:
        raise InputError(f"low, high: expected low below high, got {given[0]:g} and {given[1]:g}")
    return tuple(given)


def _middles_of_steep(table: pd.DataFrame) -> np.ndarray:
    I, rate = table["I"].to_numpy(), table["rate_Hz"].to_numpy()
    steep = np.abs(np.diff(rate)) > rate.max() / STEEP
    return (I[:-1] + I[1:])[steep] / 2


def _known(model, table: pd.DataFrame) -> pd.DataFrame:
    """Return the points whose rates are resolved; raise if others are missing than at the onset."""
    resolved = table["resolved"].to_numpy(bool)
    silent_below = np.r_[True, np.maximum.accumulate(table["rate_Hz"].where(resolved, 0))[:-1] == 0]
    at_onset = (table["firing"] == ONE_SPIKE).to_numpy() & silent_below
    lost = table[~resolved & ~at_onset]
    where = f"{model.name}: no resolved F-I curve from {table['I'].iloc[0]:g} to "
    where += f"{table['I'].iloc[-1]:g} {unit_text(model.input_unit)}"
    if len(lost):
        kinds = " or ".join(dict.fromkeys(lost["firing"]))
        raise InputError(
            f"{where}: {len(lost)} of {len(table)} currents give firing that is {kinds} (first: "
            f"{lost['I'].iloc[0]:g}); use a longer duration or discard, a smaller dt, or another "
            "range"
        )
    if not (table["rate_Hz"][resolved] > 0).any():
        raise InputError(f"{where}: the cell does not fire; use larger currents")
    return table[resolved]
