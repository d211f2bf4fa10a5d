"""`noisy_onset`: what white noise does to the onset of firing of any model."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from brian2 import Quantity, ms, second

from ..models.checks import check_count, check_quantity
from . import tables
from .fi_curve import fi_curve
from .noisy_fi_curve import noise_unit, noisy_fi_curve
from .thresholds import rheobase

# The time over which the strength of the noise is stated: about a membrane time constant.
AVERAGED_MS = 10.0


def noisy_onset(
    model,
    levels: Sequence[float] = (0.1, 0.2, 0.4),
    *,
    points: int = 17,
    trials: int = 16,
    seed: int = 0,
    duration: Quantity = 2 * second,
    discard: Quantity = 500 * ms,
    threshold: Quantity | None = None,
    dt: Quantity | None = None,
    backend: str | None = None,
) -> pd.DataFrame:
    """Return F-I curves around the onset, without noise and with noise of several strengths.

    Parameters
    ----------
    model : NeuronModel
    levels : sequence of float
        Strengths: the standard deviation of the input averaged over 10 ms, as a multiple of the
        distance from the lowest current to the threshold, so that models whose inputs have
        different units are treated alike.
    points : int
        Number of currents, spread evenly around the threshold: from 0, or from the lower end of
        the model's input range where that is negative, to as far above the threshold.
    trials, seed, duration, discard, dt, backend
        As in `noisy_fi_curve`.
    threshold : Quantity, optional
        The current above which the cell goes on firing; default: `rheobase`.

    Returns
    -------
    DataFrame
        As from `noisy_fi_curve`, with the columns ``model`` and ``level`` in front. Level 0 comes
        from `fi_curve` (no trials, hence no error) with the model's own method.
        ``attrs["threshold"]`` is in the unit of ``I``.

    Raises
    ------
    ValueError
        For bad input, before anything is compiled.

    Examples
    --------
    >>> from brian2 import nA, ms
    >>> from excitable.models import LIF
    >>> table = noisy_onset(LIF, [0.4], points=5, trials=2, threshold=1.5*nA, duration=300*ms,
    ...                     discard=100*ms, dt=0.5*ms, backend="numpy")
    >>> table.groupby("level")["rate_Hz"].first().round(6).tolist()    # at no current
    [0.0, 0.0]
    """
    chosen = np.asarray(levels, dtype=float)
    if chosen.ndim != 1 or not len(chosen) or not np.all((chosen > 0) & np.isfinite(chosen)):
        raise ValueError(f"levels: expected finite numbers above 0, got {levels!r}")
    points, unit = check_count("points", points), model.input_unit
    tables.window(duration, discard)
    low = min(0.0, model.input_range[0])
    given = rheobase(model, dt=dt, backend=backend) if threshold is None else threshold
    onset = check_quantity("threshold", given, unit, scalar=True)
    if onset <= low:
        raise ValueError(f"threshold: expected one above {low:g} in {unit}, got {given}")
    currents = Quantity(np.linspace(low, 2 * onset - low, points) * unit)
    strengths = chosen * (onset - low) * np.sqrt(AVERAGED_MS)
    same = {"duration": duration, "discard": discard, "dt": dt, "backend": backend}
    noisy = noisy_fi_curve(
        model, currents, Quantity(strengths * unit * ms**0.5), trials=trials, seed=seed, **same
    )
    noisy.insert(0, "level", np.repeat(chosen, points))
    still = fi_curve(model, currents, **same)
    still = still.assign(level=0.0, noise=0.0, noise_unit=noise_unit(model), trials=1)
    still["rate_sem_Hz"] = 0.0
    table = pd.concat([still[noisy.columns], noisy], ignore_index=True)
    table.insert(0, "model", model.name)
    table.attrs = noisy.attrs | {
        "protocol": "noisy_onset", "threshold": onset, "averaged_ms": AVERAGED_MS,
        "method_at_level_0": still.attrs["method"],
    }  # fmt: skip
    return table
