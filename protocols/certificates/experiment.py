"""What a table was made by, so that some of its rows can be run again, or solved exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace

import numpy as np
import pandas as pd
from brian2 import Quantity, ms

from ...errors import InputError
from ...models import find_model
from ...simulation.backends.reference import reference
from ...simulation.recording import CellsRecording
from ...simulation.run import simulate
from .. import tables
from ..stimuli import Constant, Stimulus
from ..sweeps.identity import text_of

# Reference solutions take seconds each; those of this process are kept.
_SOLVED: dict[str, CellsRecording] = {}
_MOST_SOLVED = 256
# A reference is solved to this part of the tolerance, within these bounds.
_REFERENCE, _TIGHTEST, _LOOSEST = 1e-5, 1e-12, 1e-8


@dataclass(frozen=True)
class Experiment:
    """What was done to how many neurons of a model.

    Attributes
    ----------
    model : NeuronModel
    stimulus : Stimulus
    n : int
    duration_ms : float
    vary : dict of str to Quantity, shape (n,)
    start : str or dict
    spikes : str
        As in `excitable.simulation.simulate`.
    record : tuple of str
    record_dt_ms : float or None
    """

    model: object
    stimulus: Stimulus
    n: int
    duration_ms: float
    vary: Mapping[str, Quantity] = field(default_factory=dict)
    start: object = "rest"
    spikes: str = "located"
    record: tuple[str, ...] = ()
    record_dt_ms: float | None = None

    def only(self, neurons: Sequence[int]) -> "Experiment":
        """Return the same experiment on some of the neurons."""
        own = np.asarray(neurons, dtype=int)
        start = self.start
        if isinstance(start, Mapping):
            start = {name: _own(value, self.n, own) for name, value in start.items()}
        return replace(
            self,
            stimulus=_own(self.stimulus, self.n, own),
            n=len(own),
            vary={name: values[own] for name, values in self.vary.items()},
            start=start,
        )

    def run(
        self, method: str | None, dt: Quantity | None, backend, *, checked: bool = False
    ) -> CellsRecording:
        """Run it; None is the model's own. See `simulate`."""
        return simulate(
            self.model,
            self.stimulus,
            self.n,
            self.duration_ms * ms,
            vary=self.vary,
            record=self.record,
            record_dt=None if self.record_dt_ms is None else self.record_dt_ms * ms,
            start=self.start,
            method=method,
            dt=dt,
            backend=backend,
            spikes=self.spikes,
            label=self.model.name,
            checked=checked,
        )

    @property
    def detection(self) -> str:
        """What counts as a spike, and whether it is located inside the step."""
        where = "located inside the step" if self.spikes == "located" else "on the time grid"
        return f"{self.model.threshold}, {where}"

    def solve(self, neuron: int, tolerance: float, t_ms: Sequence[float] = ()) -> CellsRecording:
        """Return the reference solution of one neuron, sampled at `t_ms`.

        It is at least as accurate as errors that are held against `tolerance` need.
        """
        rtol = float(np.clip(_REFERENCE * tolerance, _TIGHTEST, _LOOSEST))
        one = self.only([neuron])
        key = text_of([one, rtol, np.asarray(t_ms)])
        if key not in _SOLVED:
            if len(_SOLVED) >= _MOST_SOLVED:
                _SOLVED.clear()
            _SOLVED[key] = reference(
                one.model,
                one.stimulus,
                one.duration_ms * ms,
                vary=one.vary,
                start=one.start,
                record=one.record if len(t_ms) else (),
                t_eval=t_ms * ms if one.record and len(t_ms) else None,
                rtol=rtol,
                atol=rtol / 100,
            )
        return _SOLVED[key]


def _own(value, n: int, own: np.ndarray):
    """Return a stimulus or a value without what belongs to neurons that are not in `own`."""
    if is_dataclass(value):
        # The times of pulses and the samples of a recording are not one per neuron.
        parts = {f.name: getattr(value, f.name) for f in fields(value)}
        changed = {k: _own(v, n, own) for k, v in parts.items() if k not in ("times", "values")}
        if np.ndim(parts.get("values")) == 2:
            changed["values"] = parts["values"][:, own]
        return replace(value, **changed)
    if isinstance(value, Mapping):
        return {name: _own(v, n, own) for name, v in value.items()}
    return value[own] if np.shape(value) == (n,) and n > 1 else value


def of_fi_curve(table: pd.DataFrame, model=None) -> Experiment:
    """Return what an F-I table was made by.

    Raises
    ------
    ValueError
        If the table does not say, or its model is not found or not the one given.
    """
    about = table.attrs
    needed = (
        "model", "parameters", "equations", "method", "dt_ms", "precision", "duration_ms",
        "discard_ms",
    )  # fmt: skip
    missing = [key for key in needed if key not in about]
    if about.get("protocol") not in ("fi_curve", "rates") or missing:
        raise InputError(
            "certify: expected a table of fi_curve with its attrs, or a Response; this table's "
            f"attrs lack {missing or 'protocol = fi_curve'} (pandas drops attrs in some "
            "operations: certify the table before you reshape it)"
        )
    model = _model_of(about, model)
    return Experiment(
        model=model,
        stimulus=Constant(tables.currents_of(model, table)),
        n=len(table),
        duration_ms=about["duration_ms"],
        vary=tables.varied(model, table),
        start=tables.read_start(model, about["start"]),
        spikes=about["spikes"],
    )


def _model_of(about: Mapping, model):
    """Return the model that a table names, with the parameters that it had."""
    try:
        found = find_model(about["model"]) if model is None else model
    except ValueError as error:
        raise InputError(f"certify: {error}; for a model of your own pass model=...") from None
    if other := tables.differs(about, found):
        raise InputError(
            f"certify: the table was made with other {other} than {found.name} has; pass the model "
            "with which it was made as model=..."
        )
    own = found.parameters
    changed = {k: v for k, v in about["parameters"].items() if v != own[k].value}
    return found.with_(**{k: v * own[k].unit for k, v in changed.items()})
