"""The certificate of a `Response`: spike times and traces against the reference."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from brian2 import ms

from ...errors import InputError
from ...models.units import own_columns
from ..firing.response import Response
from .certificate import Certificate, observed_order, verdict
from .experiment import Experiment


def certificate_of_response(result: Response, tolerance: float, count: int, backend) -> Certificate:
    """Return the certificate; see `certify`, whose part it is."""
    done, about = result.experiment, result.spikes.attrs
    if done is None:
        raise InputError("certify: this Response does not say how it was made; use `response`")
    chosen = np.unique(np.linspace(0, done.n - 1, min(count, done.n)).round().astype(int))
    part = done.only(chosen)
    t_ms = result.traces["t_ms"].to_numpy()[: len(result.traces) // done.n]
    solved = [part.solve(k, tolerance, t_ms) for k in range(part.n)]
    method, dt = about["method"], about["dt_ms"]
    ladder = [part.run(method, dt / k * ms, backend) for k in (1, 2, 4)]
    trains = [[r.spike_ms for r in solved]]
    trains += [[r.spike_ms[r.spike_neuron == k] for k in range(part.n)] for r in ladder]
    traces = [{x: np.concatenate([r.traces[x] for r in solved]) for x in done.record}]
    traces += [r.traces for r in ladder]
    if done.record and not any(len(t) for t in trains[0]):
        of, unit, shown, difference = "trace", "relative to its range", traces, _apart
    else:
        of, unit, shown, difference = "spike time", "in ms", trains, _shifts
    true, whole, half, quarter = shown
    errors = difference(whole, true)
    error, worst = float(errors.max()), chosen[int(np.argmax(errors))]
    steps = (float(difference(whole, half).max()), float(difference(half, quarter).max()))
    finer = float(difference(half, true).max())
    message, converged = verdict(of, error, finer, tolerance, f"in neuron {worst}")
    return Certificate(
        model=about["model"], method=method, dt_ms=dt, what=f"error of a {of} {unit}",
        error=error, tolerance=tolerance, order=observed_order(*steps), differences=steps,
        detection=done.detection, discard_ms=0.0, converged=converged, message=message,
        rows=_sample(done, chosen, trains, traces),
    )  # fmt: skip


def _sample(done: Experiment, chosen, trains, traces) -> pd.DataFrame:
    """Return the sample as a table: spikes and errors of every neuron."""
    sample = pd.DataFrame(
        {
            "neuron": chosen,
            "spikes": [len(t) for t in trains[1]],
            "reference_spikes": [len(t) for t in trains[0]],
            "spike_error_ms": _shifts(trains[1], trains[0]),
        }
    )
    units = {f"{name}_error": done.model.unit_of(name) for name in traces[0]}
    columns = own_columns(units, sample.columns)
    for (name, true), (error, unit) in zip(traces[0].items(), units.items(), strict=True):
        worst = np.abs(traces[1][name] - true).max(axis=1)
        sample[columns[error]] = worst / float(unit)
    return sample


def _shifts(trains, others) -> np.ndarray:
    """Return each neuron's largest difference of spike times; infinite if the counts differ."""
    return np.array(
        [
            np.inf if len(a) != len(b) else float(np.max(np.abs(a - b), initial=0.0))
            for a, b in zip(trains, others, strict=True)
        ]
    )


def _apart(traces: Mapping[str, np.ndarray], others: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return each neuron's largest difference of a trace, relative to the range of all."""
    return np.max(
        [np.abs(traces[x] - y).max(axis=1) / (np.ptp(y) or 1.0) for x, y in others.items()], axis=0
    )
