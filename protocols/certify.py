"""`certify`: repeat a sample of a result with smaller steps and against the reference."""

import numpy as np
import pandas as pd
from brian2 import ms

from ..analysis.spikes import spike_table
from ..models.checks import check_count
from . import experiment
from .certificate import Certificate
from .experiment import Experiment
from .response import Response

# Relative differences of rates below this are rounding, and say nothing of the order.
_ROUNDING = 1e-10
# The reference is solved to this part of the tolerance, within these bounds.
_REFERENCE, _TIGHTEST, _LOOSEST = 1e-5, 1e-12, 1e-8


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
        As in `excitable.simulation.simulate`.

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
        certificate = _of_response(result, 0.01 if tolerance is None else tolerance, rows, backend)
        for table in (result.traces, result.spikes):
            table.attrs["certificate"] = certificate.plain()
        return certificate
    if not isinstance(result, pd.DataFrame):
        raise ValueError(f"certify: expected a table of fi_curve or a Response, got {result!r}")
    done = experiment.of_fi_curve(result, model)
    limit = 1e-3 if tolerance is None else tolerance
    certificate = _of_rates(result, done, check_tolerance(limit), rows, backend)
    result.attrs["certificate"] = certificate.plain()
    return certificate


def rates(done: Experiment, recording, discard_ms: float) -> np.ndarray:
    """Return the rates after the discarded beginning, in Hz."""
    found = spike_table(
        recording.spike_neuron, recording.spike_ms, recording.n,
        start=discard_ms, end=done.duration_ms,
    )  # fmt: skip
    return found["rate_Hz"].to_numpy()


def reference_rates(done: Experiment, tolerance: float, discard_ms: float) -> np.ndarray:
    """Return the rates of the reference solutions, in Hz."""
    solved = [done.solve(k, _rtol(tolerance), np.empty(0)) for k in range(done.n)]
    return np.array([rates(done, recording, discard_ms)[0] for recording in solved])


def relative(rate: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Return relative errors; infinite where one of the two fires, or is resolved, alone."""
    both = (rate > 0) & (true > 0)
    same = (rate == true) | (np.isnan(rate) & np.isnan(true))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(both, np.abs(rate - true) / true, np.where(same, 0.0, np.inf))


def spread(table: pd.DataFrame, count: int) -> np.ndarray:
    """Return positions of `count` rows over the rates: the lowest, the silent one next to it, ..."""
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
    ladder = [
        rates(done, part.run(method, dt / k * ms, backend), discard) for k in (1, 2, 4)
    ]
    true = reference_rates(part, tolerance, discard)
    own = table["rate_Hz"].to_numpy()[chosen]
    sample = table.iloc[chosen][[*done.vary, "I"]].reset_index(drop=True)
    sample = sample.assign(
        rate_Hz=own, half_step_Hz=ladder[1], quarter_step_Hz=ladder[2], reference_Hz=true,
        error=relative(own, true), sensitivity=[_sensitivity(table, done, k) for k in chosen],
    )  # fmt: skip
    order = _order([relative(ladder[0], ladder[1]), relative(ladder[1], ladder[2])])
    error = float(sample["error"].max())
    worst = sample.iloc[int(np.argmax(sample["error"]))]
    where = f"at I = {worst['I']:g} {about['I_unit']}"
    redone = float(relative(own, ladder[0]).max())
    half = float(relative(ladder[1], true).max())
    message, converged = _verdict("rate", error, half, tolerance, where)
    if redone > max(_ROUNDING * 100, tolerance / 100):
        message = f"run again, the table's own rates differ by {redone:.1g}: it was changed"
        converged = False
    return Certificate(
        model=about["model"], method=method, dt_ms=dt, what="relative error of the rate",
        error=error, tolerance=tolerance, order=order, detection=_detection(done),
        discard_ms=discard, converged=converged, message=message, rows=sample,
    )  # fmt: skip


def _of_response(result: Response, tolerance: float, count: int, backend) -> Certificate:
    done, about = result.experiment, result.spikes.attrs
    if done is None:
        raise ValueError("certify: this Response does not say how it was made; use `response`")
    chosen = np.unique(np.linspace(0, done.n - 1, min(count, done.n)).round().astype(int))
    part = done.only(chosen)
    method, dt = about["method"], about["dt_ms"]
    rtol = _rtol(check_tolerance(tolerance))
    t_ms = result.traces["t_ms"].to_numpy()[: len(result.traces) // done.n]
    solved = [part.solve(k, rtol, t_ms) for k in range(part.n)]
    ladder = [part.run(method, dt / k * ms, backend) for k in (1, 2, 4)]
    true = [recording.spike_ms for recording in solved]
    trains = [[r.spike_ms[r.spike_neuron == k] for k in range(part.n)] for r in ladder]
    shifts = [_shifts(trains[k], true) for k in (0, 1)]
    sample = pd.DataFrame({"neuron": chosen, "spikes": [len(t) for t in trains[0]]})
    sample["reference_spikes"] = [len(t) for t in true]
    sample["spike_error_ms"] = shifts[0]
    ranges = {}
    for name in done.record:
        exact = np.concatenate([recording.traces[name] for recording in solved])
        unit = float(done.model.unit_of(name))
        sample[f"{name}_error"] = np.abs(ladder[0].traces[name] - exact).max(axis=1) / unit
        ranges[name] = max(np.ptp(exact) / unit, 1e-300)
    if any(len(t) for t in true) or not done.record:
        what, errors, halves = "error of a spike time in ms", *shifts
        steps = [_shifts(trains[0], trains[1]), _shifts(trains[1], trains[2])]
    else:
        what = "error of a trace relative to its range"
        errors = np.max([sample[f"{x}_error"] / ranges[x] for x in done.record], axis=0)
        halves, steps = errors * 0, _trace_steps(ladder, done)
    error = float(np.max(errors))
    where = f"in neuron {chosen[int(np.argmax(errors))]}"
    message, converged = _verdict(what.split(" in ")[0].removeprefix("error of "), error,
                                  float(np.max(halves)), tolerance, where)  # fmt: skip
    return Certificate(
        model=about["model"], method=method, dt_ms=dt, what=what, error=error,
        tolerance=tolerance, order=_order(steps), detection=_detection(done), discard_ms=0.0,
        converged=converged, message=message, rows=sample,
    )  # fmt: skip


def _verdict(of: str, error: float, half: float, tolerance: float, where: str) -> tuple[str, bool]:
    """Return the verdict in words, and whether it is a good one."""
    if np.isinf(error):
        return f"the cell fires, or how often, is not as in the reference {where}", False
    if error > tolerance:
        return f"largest error {error:.1g} {where}; use a smaller dt", False
    if half > max(error, tolerance / 100):
        return f"the error of the {of} grows as the step is halved", False
    return f"largest error {error:.1g} {where}", True


def _order(steps: list[np.ndarray]) -> float:
    """Return the observed order from the differences of two halvings of the step."""
    first, second = (float(np.max(s)) for s in steps)
    if not np.isfinite([first, second]).all() or min(first, second) < _ROUNDING:
        return np.nan
    return float(np.log2(first / second))


def _shifts(trains, others) -> np.ndarray:
    """Return for each neuron the largest difference of spike times; infinite if the counts differ."""
    return np.array(
        [
            np.inf if len(a) != len(b) else float(np.max(np.abs(a - b), initial=0.0))
            for a, b in zip(trains, others, strict=True)
        ]
    )


def _trace_steps(ladder, done: Experiment) -> list[np.ndarray]:
    return [
        np.max([np.abs(a.traces[x] - b.traces[x]).max() / np.ptp(b.traces[x]) for x in done.record])
        for a, b in ((ladder[0], ladder[1]), (ladder[1], ladder[2]))
    ]


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


def _detection(done: Experiment) -> str:
    where = "located inside the step" if done.spikes == "located" else "on the time grid"
    return f"{done.model.threshold}, {where}"


def _rtol(tolerance: float) -> float:
    return float(np.clip(_REFERENCE * tolerance, _TIGHTEST, _LOOSEST))


def check_tolerance(tolerance: float) -> float:
    """Return a tolerance that is one."""
    if not 0 < tolerance < 1:
        raise ValueError(
            f"tolerance: expected a number between 0 and 1 (1e-3 is one per mille), got {tolerance}"
        )
    return tolerance
