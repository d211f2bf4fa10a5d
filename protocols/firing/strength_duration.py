"""`strength_duration`: threshold amplitude of a rectangular pulse against its duration."""

import numpy as np
import pandas as pd
from brian2 import Quantity, ms

from ...analysis.rates.strength_duration_laws import LAWS
from ...analysis.trains.spikes import spike_table
from ...errors import InputError
from ...models.by_name import takes_names
from ...models.checks import check_positive, check_quantity, unit_text, value_text
from ...models.ranges import towards_threshold
from ...simulation.numerics import check_tolerance, numerics_of
from ...simulation.run import simulate
from .. import tables
from ..stimuli import Step
from .search import search

# A pulse much shorter than the membrane's time constant needs its charge all the same.
CLIMB = 1e4
# Input unit times ms, by its own name.
_CHARGE_UNITS = {"nA": "pC", "pA": "fC", "uA/cm**2": "nC/cm**2"}


@takes_names
def strength_duration(
    model,
    durations: Quantity,
    *,
    settle: Quantity = 100 * ms,
    vary=None,
    tolerance: float = 1e-4,
    start="rest",
    **numerics,
) -> pd.DataFrame:
    """Return the weakest rectangular pulse from rest that makes one spike, for each duration.

    Parameters
    ----------
    model : NeuronModel
        Silent without input.
    durations : Quantity, shape (durations,)
        Lengths of the pulse, rounded to whole time steps.
    settle : Quantity
        Spikes count up to this time after the end of the pulse: close to threshold a conductance
        model makes its decision late.
    vary : dict of str to Quantity, optional
        Values of parameters; all combinations with the durations are searched.
    tolerance : float
        Relative width of the final bracket. Each pass of the search runs a ladder of amplitudes
        for every duration and parameter set in one group.
    start : "rest", "initial" or dict
        Where each cell starts; see `excitable.simulation.simulate`.
    **numerics
        See `excitable.simulation.Numerics`; `tolerance` is the one above.

    Returns
    -------
    DataFrame
        One row per combination, the duration running fastest: the varied parameters in their own
        units, ``duration_ms``; ``I`` (the lowest amplitude that made a spike) and ``I_unit``,
        ``I_silent`` (the highest that did not), both below 0 where less input takes the cell to
        its threshold; ``charge`` and ``charge_unit``; with three
        durations or more ``lapicque`` and ``weiss``, the laws fitted to each parameter set, in the
        unit of ``I``. ``attrs["fits"]`` holds for each law ``rheobase``, ``chronaxie_ms`` and
        ``rms_error`` (of the logarithm), and ``attrs["better_fit"]`` names the law with the smaller
        error. With `vary` they are lists with one value per parameter set, and the values of the
        parameters stand beside them: ``pd.DataFrame(table.attrs["fits"]["weiss"])``.

    Raises
    ------
    ValueError
        For bad input, before anything is compiled; for a cell that draws random numbers, spikes
        without a pulse, or for which no threshold is found.

    Notes
    -----
    Lapicque 1907 (J. Physiol. Pathol. Gen. 9:620-635): ``I = rheobase/(1 - exp(-d/tau))`` with
    chronaxie ``tau*ln(2)``; exact for the leaky integrate-and-fire neuron. Weiss 1901 (Arch. Ital.
    Biol. 35:413-446): ``I = rheobase*(1 + chronaxie/d)``, charge linear in duration. Both are
    fitted to the logarithm of ``I``, so that every duration has the same weight.

    Examples
    --------
    >>> from brian2 import ms
    >>> from excitable.models import LIF
    >>> table = strength_duration(LIF, [2, 10, 50]*ms, settle=1*ms, tolerance=1e-3,
    ...                           backend="numpy")
    >>> table["I"].round(1).tolist(), table.attrs["better_fit"]
    ([8.3, 2.4, 1.5], 'lapicque')
    >>> table = strength_duration(LIF, [2, 10, 50]*ms, vary={"tau": [10, 20]*ms}, settle=1*ms,
    ...                           tolerance=1e-3, backend="numpy")
    >>> pd.DataFrame(table.attrs["fits"]["lapicque"])[["tau", "chronaxie_ms"]].round(1)
        tau  chronaxie_ms
    0  10.0           6.9
    1  20.0          13.9
    """
    chosen = numerics_of(strength_duration, numerics, without={})
    tables.check_spikes(model)
    tables.check_repeats(model, "threshold")
    check_tolerance(tolerance)
    after = check_positive("settle", settle, ms)
    lengths = _whole_steps(durations, chosen.step_ms(model))
    chosen.check_length(model, float(lengths.max() + after))
    cells = tables.cross_with(model, "duration_ms", lengths, vary)
    probe = _Pulses(model, cells, after, start, chosen)
    sign = towards_threshold(model)
    ends = sorted((0.0, float(model.input_range[::sign][1])))
    low, high = (np.full(len(cells), x) for x in ends)
    total = float(lengths.max() + after)
    silent, fired = search(
        probe.fires, low, high, tolerance=tolerance, durations=(total, total),
        climb=CLIMB, sign=sign, label=f"strength-duration of {model.name}", explain=probe.explain,
    )  # fmt: skip
    table = _table(model, cells, silent, fired)
    sets = cells.drop(columns="duration_ms").iloc[:: len(lengths)]
    curves, fits = _fit_laws(lengths, fired.reshape(-1, len(lengths)))
    table = table.assign(**curves)
    table.attrs = tables.describe_run(
        model, probe.recording, protocol="strength_duration", settle_ms=after,
        tolerance=tolerance, **_described_fits(sets, fits),
    )  # fmt: skip
    return table


def _whole_steps(durations, step_ms: float) -> np.ndarray:
    """Return the durations in ms, rounded to whole time steps."""
    numbers = np.atleast_1d(check_quantity("durations", durations, ms))
    lengths = np.round(numbers / step_ms) * step_ms
    if lengths.ndim != 1 or np.any(lengths <= 0):
        raise InputError(
            f"durations: expected a row of times, each of at least one time step ({step_ms:g} ms), "
            f"got {durations}"
        )
    return lengths


class _Pulses:
    """Runs ladders of amplitudes: of every cell, which is one duration of one parameter set."""

    def __init__(self, model, cells: pd.DataFrame, after: float, start, chosen):
        self.model, self.cells, self.after = model, cells, after
        self.start, self.chosen = start, chosen
        self.recording = None

    def fires(self, amplitudes: np.ndarray, _) -> np.ndarray:
        """Return which amplitudes, shape (cells, rungs), made a spike."""
        model, rungs = self.model, amplitudes.shape[1]
        repeated = self.cells.loc[self.cells.index.repeat(rungs)].reset_index(drop=True)
        each = repeated["duration_ms"].to_numpy()
        self.recording = run = simulate(
            model,
            Step(Quantity(amplitudes.ravel() * model.input_unit), offset=each * ms),
            amplitudes.size,
            float(each.max() + self.after) * ms,
            vary=tables.varied(model, repeated),
            start=self.start,
            **self.chosen.of_a_run,
            label=f"strength-duration of {model.name}",
        )
        counted = spike_table(
            run.spike_neuron, run.spike_ms, amplitudes.size, start=0, end=each + self.after
        )
        fired = (counted["spike_count"].to_numpy() > 0).reshape(amplitudes.shape)
        pulses = towards_threshold(model) * amplitudes
        unasked = np.flatnonzero((fired & (pulses <= 0)).any(axis=1))
        if len(unasked):
            raise InputError(
                f"{model.name} spikes without a pulse{self._at(unasked[0])}, so a pulse has no "
                "threshold; choose parameters with a stable resting state"
            )
        return fired

    def explain(self, cell: int, _, low: float, high: float, diverged: bool) -> str:
        """Return why a pulse has no threshold, and what to do."""
        strongest = max(low, high, key=abs)
        beyond = "; beyond that the integration diverges (a smaller dt may go on)" * diverged
        return (
            f"a pulse of {self.cells['duration_ms'][cell]:g} ms{self._at(cell)} makes no spike up "
            f"to {strongest:g} {unit_text(self.model.input_unit)}{beyond}; is the threshold "
            f"{self.model.threshold!r} reached within the {self.after:g} ms of `settle` after a "
            "pulse?"
        )

    def _at(self, cell: int) -> str:
        """Return the varied parameters of a cell in words."""
        values = self.cells.drop(columns="duration_ms").iloc[cell]
        parameters = self.model.parameters
        shown = [f"{x} = {value_text(y, parameters[x].unit)}" for x, y in values.items()]
        return " at " + ", ".join(shown) if shown else ""


def _table(model, cells, silent, fired) -> pd.DataFrame:
    unit = unit_text(model.input_unit)
    return cells.assign(
        I=fired,
        I_unit=unit,
        I_silent=silent,
        charge=fired * cells["duration_ms"],
        charge_unit=_CHARGE_UNITS.get(unit, f"{unit}*ms"),
    )


def _fit_laws(
    lengths: np.ndarray, thresholds: np.ndarray
) -> tuple[dict[str, np.ndarray], dict[str, list[dict[str, float]]]]:
    """Fit both laws to each row of thresholds, shape (parameter sets, durations).

    Return the fitted curves, one value per threshold, and for each law the numbers of every set;
    nothing for fewer than three durations.
    """
    if len(np.unique(lengths)) < 3:
        return {}, {}
    fits = {law: [_fitted(law, lengths, row) for row in thresholds] for law in LAWS}
    curves = {
        law: np.concatenate([LAWS[law](lengths, f["rheobase"], f["chronaxie_ms"]) for f in found])
        for law, found in fits.items()
    }
    return curves, fits


def _fitted(name: str, lengths: np.ndarray, threshold: np.ndarray) -> dict[str, float]:
    """Fit a law to the logarithm of one row of thresholds."""
    from scipy.optimize import curve_fit  # slow to import, and few runs need it

    def log_law(d, log_rheobase, log_chronaxie):
        return np.log(LAWS[name](d, np.exp(log_rheobase), np.exp(log_chronaxie)))

    sizes = np.abs(threshold)
    guess = np.log([sizes.min(), np.median(lengths)])
    found, _ = curve_fit(log_law, lengths, np.log(sizes), guess, xtol=1e-12, ftol=1e-12)
    errors = np.log(sizes) - log_law(lengths, *found)
    return {
        "rheobase": float(np.sign(threshold[0]) * np.exp(found[0])),
        "chronaxie_ms": float(np.exp(found[1])),
        "rms_error": float(np.sqrt(np.mean(errors**2))),
    }


def _described_fits(sets: pd.DataFrame, fits: dict[str, list[dict[str, float]]]) -> dict:
    """Return the fits for ``attrs`` as plain values: numbers of one cell, or lists over sets."""
    errors = pd.DataFrame({law: [f["rms_error"] for f in found] for law, found in fits.items()})
    better = errors.idxmin(axis=1).tolist() if fits else []
    if better and not len(sets.columns):
        (better,) = better
    return {
        "fits": {law: tables.of_sets(sets, found) for law, found in fits.items()},
        "better_fit": better or None,
    }
