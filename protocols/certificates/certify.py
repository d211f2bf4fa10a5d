"""`certify`: repeat a sample of a result with smaller steps and against the reference."""

import numpy as np
import pandas as pd
from brian2 import ms

from ...analysis.trains.spikes import spike_table
from ...errors import InputError
from ...models.by_name import takes_names
from ...models.checks import check_count
from ...simulation.backends import Backend
from ...simulation.numerics import check_tolerance
from ..firing.response import Response
from . import experiment
from .certificate import ROUNDING, Certificate, observed_order, verdict
from .certify_response import certificate_of_response
from .experiment import Experiment


@takes_names
def certify(
    result, *, model=None, tolerance: float | None = None, rows: int = 5, backend=None
) -> Certificate:
    """Repeat a sample of a result at half and a quarter of its step and against the reference.

    Parameters
    ----------
    result : DataFrame or Response
        From `fi_curve` or `response`.
    model : NeuronModel, optional
        With which a table was made; needed where it is not one of the package's.
    tolerance : float
        Largest error that passes: relative error of the rate for a table (default 1e-3), error of
        the spike times in ms for a response (default 0.01); for a response without spikes,
        error of the traces relative to their range.
    rows : int
        Rows (neurons of a response) that are repeated. Those of a table are spread over its rates,
        with the lowest one, which is nearest to the onset, and the silent one next to it.
    backend : optional
        As in `excitable.simulation.simulate`; default: the fastest here, in the precision that
        the result was computed in.

    Returns
    -------
    Certificate
        It is also put, as plain values, into ``attrs["certificate"]`` of the result's tables.

    Raises
    ------
    ValueError
        For a result that does not say how it was made, and for noise, which has no reference.

    Notes
    -----
    The order is the binary logarithm of the ratio of the largest difference between dt and dt/2
    to that between dt/2 and dt/4; it does not use the reference. It is what the steps show: a
    fourth-order method whose spikes are taken on the grid has first order. Near an onset a rate
    depends strongly on everything, so its error is largest there; the column ``sensitivity`` is
    the relative change of the rate per relative change of the current. The reference is
    integrated by scipy for the whole duration: some seconds for each row and second.

    Examples
    --------
    >>> from brian2 import nA, ms
    >>> from excitable.models import LIF
    >>> from excitable.protocols import fi_curve
    >>> table = fi_curve(LIF, [1, 2, 3]*nA, duration=100*ms, discard=20*ms, backend="numpy")
    >>> certificate = certify(table, backend="numpy")
    >>> certificate.converged, table.attrs["certificate"]["detection"]
    (True, 'v > V_th, located inside the step')
    """
    check_count("rows", rows)
    if isinstance(result, Response):
        limit = check_tolerance(0.01 if tolerance is None else tolerance)
        if backend is None:
            backend = Backend(precision=result.spikes.attrs["precision"])
        certificate = certificate_of_response(result, limit, rows, backend)
        for table in (result.traces, result.spikes):
            table.attrs["certificate"] = certificate.plain()
        return certificate
    if not isinstance(result, pd.DataFrame):
        raise InputError(f"certify: expected a table of fi_curve or a Response, got {result!r}")
    done = experiment.of_fi_curve(result, model)
    limit = 1e-3 if tolerance is None else tolerance
    if backend is None:
        backend = Backend(precision=result.attrs["precision"])
    certificate = _of_rates(result, done, check_tolerance(limit), rows, backend)
    result.attrs["certificate"] = certificate.plain()
    return certificate


def rates(done: Experiment, recording, discard_ms: float) -> np.ndarray:
    """Return the rates after the discarded beginning, in Hz."""
    return _measured(done, recording, discard_ms)["rate_Hz"].to_numpy()


def reference_rates(done: Experiment, tolerance: float, discard_ms: float) -> np.ndarray:
    """Return the rates of the reference solutions, in Hz."""
    return _reference(done, tolerance, discard_ms)["rate_Hz"].to_numpy()


def _measured(done: Experiment, recording, discard_ms: float) -> pd.DataFrame:
    return spike_table(
        recording.spike_neuron, recording.spike_ms, recording.n,
        start=discard_ms, end=done.duration_ms,
    )  # fmt: skip


def _reference(done: Experiment, tolerance: float, discard_ms: float) -> pd.DataFrame:
    """Return what the reference solutions show, one row per neuron."""
    solved = [done.solve(k, tolerance) for k in range(done.n)]
    return pd.concat([_measured(done, recording, discard_ms) for recording in solved])


def relative(rate: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Return relative errors; infinite where one of the two fires, or is resolved, alone."""
    both = (rate > 0) & (true > 0)
    same = (rate == true) | (np.isnan(rate) & np.isnan(true))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(both, np.abs(rate - true) / true, np.where(same, 0.0, np.inf))


def spread(table: pd.DataFrame, count: int) -> np.ndarray:
    """Return positions of `count` rows: the lowest rate, the silent row next to it, and others."""
    rate, amount = table["rate_Hz"].to_numpy(), table["I"].to_numpy()
    firing = np.flatnonzero(rate > 0)
    firing = firing[np.argsort(rate[firing], kind="stable")]
    silent = np.flatnonzero(~(rate > 0))
    if not len(firing):
        return silent[np.linspace(0, len(silent) - 1, min(count, len(silent))).astype(int)]
    chosen = []
    if len(silent) and count > 1:
        chosen.append(silent[np.argmin(np.abs(amount[silent] - amount[firing[0]]))])
    places = np.linspace(0, len(firing) - 1, min(count - len(chosen), len(firing)))
    return np.array([*chosen, *firing[np.unique(places.round().astype(int))]])


def _of_rates(table, done: Experiment, tolerance: float, count: int, backend) -> Certificate:
    about = table.attrs
    chosen = spread(table, count)
    part = done.only(chosen)
    method, dt, discard = about["method"], about["dt_ms"], about["discard_ms"]
    ladder = [rates(done, part.run(method, dt / k * ms, backend), discard) for k in (1, 2, 4)]
    exact = _reference(part, tolerance, discard)
    true = exact["rate_Hz"].to_numpy()
    own = table["rate_Hz"].to_numpy()[chosen]
    sample = table.iloc[chosen][[*done.vary, "I"]].reset_index(drop=True)
    sample = sample.assign(
        rate_Hz=own, half_step_Hz=ladder[1], quarter_step_Hz=ladder[2], reference_Hz=true,
        spikes=table["spike_count"].to_numpy()[chosen],
        reference_spikes=exact["spike_count"].to_numpy(),
        error=relative(own, true), sensitivity=[_sensitivity(table, done, k) for k in chosen],
    )  # fmt: skip
    steps = tuple(float(relative(ladder[k], ladder[k + 1]).max()) for k in (0, 1))
    error = float(sample["error"].max())
    worst = sample.iloc[int(np.argmax(sample["error"]))]
    where = f"at I = {worst['I']:g} {about['I_unit']}"
    if worst["spikes"] != worst["reference_spikes"]:
        where += f" ({worst['spikes']:g} spikes, the reference has {worst['reference_spikes']:g})"
    redone = float(relative(own, ladder[0]).max())
    half = float(relative(ladder[1], true).max())
    message, converged = verdict("rate", error, half, tolerance, where)
    if redone > max(ROUNDING * 100, tolerance / 100):
        message = f"run again, the table's own rates differ by {redone:.1g}: it was changed"
        converged = False
    return Certificate(
        model=about["model"], method=method, dt_ms=dt, what="relative error of the rate",
        error=error, tolerance=tolerance, order=observed_order(*steps), differences=steps,
        detection=done.detection, discard_ms=discard, converged=converged, message=message,
        rows=sample,
    )  # fmt: skip


def _sensitivity(table: pd.DataFrame, done: Experiment, row: int) -> float:
    """Return d ln(rate) / d ln(I) from the nearest firing row with the same parameters."""
    same = (table[[*done.vary]] == table.iloc[row][[*done.vary]]).all(axis=1).to_numpy()
    rate, amount = table["rate_Hz"].to_numpy(), table["I"].to_numpy()
    others = np.flatnonzero(same & (rate > 0) & (amount != amount[row]))
    if not rate[row] > 0 or not len(others):
        return np.nan
    near = others[np.argmin(np.abs(amount[others] - amount[row]))]
    slope = (rate[near] - rate[row]) / (amount[near] - amount[row])
    return float(slope * amount[row] / rate[row])
