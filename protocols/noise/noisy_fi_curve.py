"""`noisy_fi_curve`: firing rate over mean current and strength of white noise, over trials."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from brian2 import Quantity, ms, second

from ...analysis.trains.spikes import spike_table
from ...errors import InputError
from ...models.by_name import takes_names
from ...models.checks import check_count, check_quantity, tidy, unit_text
from ...plain_checks import check_seed
from ...simulation.numerics import NO_TOLERANCE, numerics_of
from ...simulation.run import simulate
from .. import tables
from ..stimuli import WhiteNoise

NOT_FOR_NOISE = NO_TOLERANCE | {
    "spikes": "noise has no crossing that could be located, so spikes and resets lie on the grid"
}


@takes_names
def noisy_fi_curve(
    model,
    currents: Quantity,
    noise: Quantity,
    *,
    trials: int = 16,
    seed: int = 0,
    duration: Quantity = 2 * second,
    discard: Quantity | None = None,
    vary: Mapping[str, Quantity] | None = None,
    start="rest",
    **numerics,
) -> pd.DataFrame:
    """Return the F-I curve of a model under a current with white noise, for several strengths.

    Parameters
    ----------
    model : NeuronModel
    currents : Quantity, shape (currents,)
        Means of the input.
    noise : Quantity, shape (strengths,)
        Strengths of the noise, input unit times the square root of time, as in `WhiteNoise`; 0 is
        allowed. `excitable.dynamics.noise_for_deviation` gives that of a membrane deviation.
    trials : int
        Independent cells for every row.
    seed : int
        Of the noise.
    duration : Quantity
        Length of each trial.
    discard : Quantity, optional
        Beginning of the trial whose spikes do not count; default: a quarter of it.
    vary : dict of str to Quantity, optional
        Values of parameters; all combinations with currents and strengths are run, in one group.
    start : "rest", "initial" or dict
        Where each cell starts; see `excitable.simulation.simulate`.
    **numerics
        See `excitable.simulation.Numerics`. Of its methods ``"euler"`` (the default here),
        ``"heun"`` and ``"milstein"`` integrate noise; for additive noise they are one and the
        same, that of Euler and Maruyama.

    Returns
    -------
    DataFrame
        One row per combination, the current running fastest: ``noise`` and ``noise_unit``, the
        varied parameters, ``I`` and ``I_unit``, ``trials``; ``spike_count`` of all trials together;
        ``rate_Hz``, spikes per time and its standard error over trials ``rate_sem_Hz``;
        ``resolved``, false where all trials together have a single spike, whose rate is NaN;
        ``isi_cv`` and ``isi_cv2``, means over the trials that have them. ``attrs`` says how to redo
        it.

    Raises
    ------
    ValueError
        For bad input, before anything is compiled.
    excitable.simulation.DivergenceError
        If the integration diverged.

    Notes
    -----
    Spikes and resets lie on the time grid: noise has no crossing that could be located. A path
    that crosses and returns within a step is overlooked, which lowers the rate of a cell that is
    driven by noise in proportion to sqrt(dt); see `excitable.analysis.noisy_lif_rate`.

    Examples
    --------
    >>> from brian2 import nA, ms
    >>> from excitable.models import LIF
    >>> table = noisy_fi_curve(LIF, [1, 2]*nA, [0, 4]*nA*ms**0.5, trials=2, duration=200*ms,
    ...                        discard=50*ms, dt=0.5*ms, backend="numpy")
    >>> (table["rate_Hz"] > 0).tolist()
    [False, True, True, True]
    """
    chosen = numerics_of(
        noisy_fi_curve, numerics, without=NOT_FOR_NOISE, method="euler", spikes="grid"
    )
    length, begin = tables.window(duration, discard, chosen, model)
    trials = check_count("trials", trials)
    seed = check_seed(seed)
    sets = _combinations(model, currents, noise, vary)
    cells = sets.loc[sets.index.repeat(trials)].reset_index(drop=True)
    recording = simulate(
        model,
        WhiteNoise(tables.currents_of(model, cells), _strengths(model, cells)),
        len(cells),
        duration,
        vary=tables.varied(model, cells),
        start=start,
        **chosen.of_a_run,
        seed=seed,
        label=f"noisy F-I curve of {model.name}",
    )
    measured = spike_table(
        recording.spike_neuron, recording.spike_ms, len(cells), start=begin, end=length
    )
    table = pd.concat([sets, _over_trials(measured, trials, length - begin)], axis=1)
    table.insert(table.columns.get_loc("noise") + 1, "noise_unit", noise_unit(model))
    table.insert(table.columns.get_loc("I") + 1, "I_unit", unit_text(model.input_unit))
    table.attrs = tables.describe_run(
        model,
        recording,
        protocol="noisy_fi_curve",
        duration_ms=length,
        discard_ms=begin,
        trials=trials,
        seed=seed,
        start=tables.describe_start(model, start),
        spikes="grid",
    )
    return table


def noise_unit(model) -> str:
    """Return the unit of white noise for a model, as text."""
    unit = unit_text(model.input_unit)
    return "ms**0.5" if unit == "1" else f"{unit}*ms**0.5"


def _combinations(model, currents, noise, vary) -> pd.DataFrame:
    """Return the columns noise, varied parameters and I, the current running fastest."""
    sets = tables.cross(model, currents, vary)
    strengths = check_quantity("noise", noise, model.input_unit * ms**0.5)
    strengths = np.atleast_1d(strengths)
    if strengths.ndim != 1 or np.any(strengths < 0):
        raise InputError(f"noise: expected strengths of 0 or more in one dimension, got {noise}")
    return pd.concat([sets.assign(noise=tidy(s)) for s in strengths], ignore_index=True)[
        ["noise", *sets.columns]
    ]


def _strengths(model, cells: pd.DataFrame) -> Quantity:
    return Quantity(cells["noise"].to_numpy() * model.input_unit * ms**0.5)


def _over_trials(measured: pd.DataFrame, trials: int, window_ms: float) -> pd.DataFrame:
    """Return one row per combination from one row per cell, the trial running fastest."""

    def rows(name):
        return measured[name].to_numpy(float).reshape(-1, trials)

    rates = 1000 * rows("spike_count") / window_ms
    total = rows("spike_count").sum(axis=1).astype(int)
    single = total == 1
    error = (
        rates.std(axis=1, ddof=1) / np.sqrt(trials) if trials > 1 else np.full(len(rates), np.nan)
    )
    irregularity = pd.DataFrame(
        {name: pd.DataFrame(rows(name)).mean(axis=1) for name in ("isi_cv", "isi_cv2")}
    )
    return pd.DataFrame(
        {
            "trials": trials,
            "spike_count": total,
            "rate_Hz": np.where(single, np.nan, rates.mean(axis=1)),
            "rate_sem_Hz": np.where(single, np.nan, error),
            "resolved": ~single,
        }
    ).join(irregularity)
