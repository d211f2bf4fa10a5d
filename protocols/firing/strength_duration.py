"""`strength_duration`: threshold amplitude of a rectangular pulse against its duration."""

import numpy as np
import pandas as pd
from brian2 import Quantity, ms

from ...analysis.trains.spikes import spike_table
from ...errors import InputError
from ...models.by_name import takes_names
from ...models.checks import check_positive, check_quantity, unit_text
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
    tolerance : float
        Relative width of the final bracket. Each pass of the search runs a ladder of amplitudes
        for every duration in one group.
    start : "rest", "initial" or dict
        Where each cell starts; see `excitable.simulation.simulate`.
    **numerics
        See `excitable.simulation.Numerics`; `tolerance` is the one above.

    Returns
    -------
    DataFrame
        One row per duration: ``duration_ms``; ``I`` (the lowest amplitude that made a spike) and
        ``I_unit``, ``I_silent`` (the highest that did not); ``charge`` and ``charge_unit``; with
        three durations or more ``lapicque`` and ``weiss``, the fitted laws in the unit of ``I``.
        ``attrs["fits"]`` holds for each law ``rheobase``, ``chronaxie_ms`` and ``rms_error`` (of
        the logarithm), and ``attrs["better_fit"]`` names the law with the smaller error.

    Raises
    ------
    ValueError
        For bad input, before anything is compiled; for a cell that spikes without a pulse, or for
        which no threshold is found.

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
    """
    chosen = numerics_of(strength_duration, numerics, without={})
    tables.check_spikes(model)
    check_tolerance(tolerance)
    after = check_positive("settle", settle, ms)
    lengths = _whole_steps(durations, chosen.step_ms(model))
    chosen.check_length(model, float(lengths.max() + after))
    used: dict = {}

    def fires(amplitudes: np.ndarray, _) -> np.ndarray:
        fired, used["recording"] = _spiked(model, lengths, after, amplitudes, start, chosen)
        return fired

    zero, top = np.zeros(len(lengths)), np.full(len(lengths), float(model.input_range[1]))
    total = float(lengths.max() + after)

    def explain(cell: int, _, low: float, high: float, diverged: bool) -> str:
        beyond = "; beyond that the integration diverges (a smaller dt may go on)" * diverged
        return (
            f"a pulse of {lengths[cell]:g} ms makes no spike up to {high:g} "
            f"{unit_text(model.input_unit)}{beyond}; is the threshold {model.threshold!r} reached "
            f"within the {after:g} ms of `settle` after a pulse?"
        )

    silent, fired = search(
        fires, zero, top, tolerance=tolerance, durations=(total, total),
        climb=CLIMB, label=f"strength-duration of {model.name}", explain=explain,
    )  # fmt: skip
    table = _table(model, lengths, silent, fired)
    fits = _fit_laws(lengths, fired)
    table = table.assign(
        **{law: _LAWS[law](lengths, f["rheobase"], f["chronaxie_ms"]) for law, f in fits.items()}
    )
    table.attrs = tables.describe_run(
        model, used["recording"], protocol="strength_duration", settle_ms=after,
        tolerance=tolerance, fits=fits,
        better_fit=min(fits, key=lambda law: fits[law]["rms_error"], default=None),
    )  # fmt: skip
    return table


def lapicque(duration, rheobase, chronaxie):
    """Return the threshold of Lapicque's law: a leaky membrane charged to a fixed potential.

    Parameters
    ----------
    duration, chronaxie : float or array
        In the same unit.
    rheobase : float
        Threshold of a pulse without end.

    Examples
    --------
    >>> round(float(lapicque(7.0, 1.5, 7.0)), 12)
    3.0
    """
    return rheobase / -np.expm1(-np.log(2) * duration / chronaxie)


def weiss(duration, rheobase, chronaxie):
    """Return the threshold of Weiss' law, ``rheobase*(1 + chronaxie/duration)``.

    Examples
    --------
    >>> weiss(7.0, 1.5, 7.0)
    3.0
    """
    return rheobase * (1 + chronaxie / duration)


_LAWS = {"lapicque": lapicque, "weiss": weiss}


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


def _spiked(model, lengths, after, amplitudes, start, chosen):
    """Return which amplitudes, shape (durations, rungs), made a spike, and the recording."""
    each = np.repeat(lengths, amplitudes.shape[1])
    recording = simulate(
        model,
        Step(Quantity(amplitudes.ravel() * model.input_unit), offset=each * ms),
        amplitudes.size,
        float(each.max() + after) * ms,
        start=start,
        **chosen.of_a_run,
        label=f"strength-duration of {model.name}",
    )
    counted = spike_table(
        recording.spike_neuron, recording.spike_ms, amplitudes.size, start=0, end=each + after
    )
    fired = (counted["spike_count"].to_numpy() > 0).reshape(amplitudes.shape)
    if np.any(fired & (amplitudes <= 0)):
        raise InputError(
            f"{model.name} spikes without a pulse, so a pulse has no threshold; choose parameters "
            "with a stable resting state"
        )
    return fired, recording


def _table(model, lengths, silent, fired) -> pd.DataFrame:
    unit = unit_text(model.input_unit)
    return pd.DataFrame(
        {
            "duration_ms": lengths,
            "I": fired,
            "I_unit": unit,
            "I_silent": silent,
            "charge": fired * lengths,
            "charge_unit": _CHARGE_UNITS.get(unit, f"{unit}*ms"),
        }
    )


def _fit_laws(lengths: np.ndarray, threshold: np.ndarray) -> dict[str, dict[str, float]]:
    """Fit both laws to the logarithm of the threshold; nothing for fewer than three durations."""
    from scipy.optimize import curve_fit  # slow to import, and few runs need it

    if len(np.unique(lengths)) < 3:
        return {}
    guess = np.log([threshold.min(), np.median(lengths)])
    fits = {}
    for name, law in _LAWS.items():

        def log_law(d, log_rheobase, log_chronaxie, law=law):
            return np.log(law(d, np.exp(log_rheobase), np.exp(log_chronaxie)))

        found, _ = curve_fit(log_law, lengths, np.log(threshold), guess, xtol=1e-12, ftol=1e-12)
        errors = np.log(threshold) - log_law(lengths, *found)
        fits[name] = {
            "rheobase": float(np.exp(found[0])),
            "chronaxie_ms": float(np.exp(found[1])),
            "rms_error": float(np.sqrt(np.mean(errors**2))),
        }
    return fits
