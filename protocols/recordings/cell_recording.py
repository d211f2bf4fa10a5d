"""`CellRecording`: sweeps of a real cell as the traces and spikes that a model's run has."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from brian2 import Quantity, Unit, amp, cm, get_dimensions, meter, ms, mV, nA, uA

from ...analysis.trains.detection import detect_spikes, each_trace
from ...analysis.trains.trace_tables import input_unit
from ...errors import InputError
from ...models.checks import check_quantity, unit_text
from ...simulation.results import Response
from ..stimuli import Recorded
from .unit_names import check_kind, checked_unit

_AREA, _AMP = get_dimensions(meter**2), get_dimensions(amp)
DENSITY = uA / cm**2


@dataclass(frozen=True)
class CellRecording(Response):
    """What a real cell did: a `Response` whose "neurons" are the sweeps of a file.

    Attributes
    ----------
    traces : DataFrame
        ``neuron`` (the sweep's number), ``t_ms`` from the sweep's first sample, ``v_mV`` and, if
        the current is known, ``I`` with ``I_unit``.
    spikes : DataFrame
        ``neuron`` and ``t_ms``, from `excitable.analysis.detect_spikes`.

    Examples
    --------
    >>> t = np.arange(0, 20, 0.1)
    >>> v = -65 + 100 * np.exp(-((t - 10) / 0.5) ** 2)
    >>> cell = CellRecording.of_traces(pd.DataFrame({"neuron": 0, "t_ms": t, "v_mV": v}))
    >>> cell = cell.with_steps([0.2]*nA, onset=5*ms, offset=15*ms)
    >>> cell.stimulus(0).values.max(), cell.duration
    (200. * pamp, 20. * msecond)
    """

    @classmethod
    def of_traces(cls, traces: pd.DataFrame, *, above: Quantity = -20 * mV) -> "CellRecording":
        """Return a recording from its traces, with the spikes at which they rise above a level."""
        level = check_quantity("above", above, mV, scalar=True)
        if "neuron" not in traces:
            traces = traces.assign(neuron=0)
        return cls(traces, detect_spikes(traces, above=level))

    @property
    def sweeps(self) -> list[int]:
        """The sweeps' numbers, in ascending order."""
        return sorted(self.traces["neuron"].unique().tolist())

    @property
    def duration(self) -> Quantity:
        """Length of the longest sweep; its last sample lasts as long as the one before it."""
        times = (t for _, t, _ in each_trace(self.traces))
        return float(f"{max(2 * t[-1] - t[-2] for t in times):.12g}") * ms

    @property
    def input_unit(self) -> Unit:
        """Unit of the current."""
        self._need_current()
        return checked_unit("column I_unit", input_unit(self.traces))

    def with_steps(self, currents: Quantity, *, onset: Quantity, offset: Quantity):
        """Return the recording with current steps, where the file holds no current.

        Parameters
        ----------
        currents : Quantity, shape (sweeps,)
            In the order of `sweeps`.
        onset, offset : Quantity
            When each step begins and ends.

        Raises
        ------
        ValueError
            For another number of currents than sweeps, units that are none of current and time, and
        an offset that is not after the onset.
        """
        check_kind("currents", currents, "current")
        unit = shown_unit(currents)
        values = np.atleast_1d(check_quantity("currents", currents, unit))
        if len(values) != len(self.sweeps):
            raise InputError(
                f"currents: {len(values)} for {len(self.sweeps)} sweeps; give one each"
            )
        begin, end = (
            check_quantity(name, time, ms, scalar=True)
            for name, time in (("onset", onset), ("offset", offset))
        )
        if not begin < end:
            raise InputError(f"onset and offset: {begin:g} to {end:g} ms is no window; swap them")
        t = self.traces["t_ms"]
        height = self.traces["neuron"].map(dict(zip(self.sweeps, values, strict=True)))
        current = np.where((t >= begin) & (t < end), height, 0.0)
        traces = self.traces.assign(I=current, I_unit=unit_text(unit))
        return type(self)(traces, self.spikes)

    def stimulus(self, sweep: int | None = None, *, area: Quantity | None = None) -> Recorded:
        """Return the current as a stimulus.

        Parameters
        ----------
        sweep : int, optional
            Default: all sweeps, one for each of as many cells (``n=`` of `response`); they must
            have been sampled at the same times.
        area : Quantity, optional
            Of the cell, for a model whose input is a current density.

        Raises
        ------
        ValueError
            Without a current, for an unknown sweep, sweeps of different times, and an `area` of
            another dimension.
        """
        unit = self.input_unit
        rows = self.traces.drop(columns="I_unit")
        if sweep is not None:
            if sweep not in self.sweeps:
                raise InputError(f"sweep: there is no {sweep!r} among {self.sweeps}")
            rows = rows[rows["neuron"] == sweep].drop(columns="neuron")
        elif len(self.sweeps) == 1:
            rows = rows.drop(columns="neuron")
        if area is None:
            return Recorded.from_table(rows, unit)
        if (
            get_dimensions(area) is not _AREA
            or not float(area) > 0
            or get_dimensions(unit) is not _AMP
        ):
            raise InputError(f"area: expected an area above zero and currents in A, got {area!r}")
        scaled = rows.assign(I=rows["I"] * float(unit / area / DENSITY))
        return Recorded.from_table(scaled, DENSITY)

    def _need_current(self) -> None:
        if "I" not in self.traces:
            raise InputError(
                "the recording has no current, or not for every sweep; name its column or channel "
                "(current=), or give its steps: with_steps([...]*nA, onset=..., offset=...)"
            )


def shown_unit(current) -> Unit:
    """Return the unit in which a table shows a current, or a current per area."""
    return nA if get_dimensions(current) is _AMP else DENSITY
