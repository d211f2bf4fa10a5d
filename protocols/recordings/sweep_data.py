"""What each kind of file is read into: sweeps as arrays with units, checked in one place."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from brian2 import have_same_dimensions, mamp, ms, mV, volt

from ...errors import InputError
from ...models.checks import unit_text
from .cell_recording import shown_unit

MOST_POTENTIAL, MOST_CURRENT = 1 * volt, 10 * mamp


@dataclass(frozen=True)
class SweepData:
    """One sweep: plain numbers and their units; no current where the file has none.

    `where` says where in the file it is, for messages.
    """

    where: str
    t: np.ndarray
    t_unit: object
    v: np.ndarray
    v_unit: object
    current: np.ndarray | None = None
    current_unit: object = None

    def measured(self) -> "SweepData":
        """Return the sweep without an end that has no potential (NaN).

        So files fill up a sweep that is shorter than the others, or that was broken off.
        """
        end = np.flatnonzero(~np.isnan(self.v)).max(initial=-1) + 1
        current = self.current if self.current is None else self.current[:end]
        return replace(self, t=self.t[:end], v=self.v[:end], current=current)

    def check(self) -> None:
        """Raise InputError for what is empty, not finite, or not in order."""
        if len(self.t) < 3:
            raise InputError(f"{self.where}: {len(self.t)} samples; at least three are needed")
        for what, values in (("time", self.t), ("potential", self.v), ("current", self.current)):
            bad = np.flatnonzero(~np.isfinite(values)) if values is not None else ()
            if len(bad):
                raise InputError(
                    f"{self.where}: the {what} of sample {bad[0] + 1} is {values[bad[0]]} "
                    f"({len(bad)} such); leave these samples out (times may be uneven)"
                )
        self._check_sizes()
        wrong = np.flatnonzero(np.diff(self.t) <= 0)
        if len(wrong):
            k = wrong[0]
            raise InputError(
                f"{self.where}: time must increase, but {self.t[k + 1]:g} follows {self.t[k]:g} "
                f"(samples {k + 1} and {k + 2}); for several sweeps one below another name the "
                "column that tells them apart: sweep="
            )

    def _check_sizes(self) -> None:
        """Raise InputError for what no cell has: mV taken for V, or pA for A."""
        sizes = [("potential", np.median(np.abs(self.v)), self.v_unit, MOST_POTENTIAL)]
        if self.current is not None and have_same_dimensions(self.current_unit, MOST_CURRENT):
            largest = np.abs(self.current).max()
            sizes.append(("current", largest, self.current_unit, MOST_CURRENT))
        for what, size, unit, most in sizes:
            if size * float(unit) > float(most):
                raise InputError(
                    f"{self.where}: a {what} of {size:g} {unit_text(unit)} is none of a cell, so "
                    "its unit is another one; for text say units={...}, else scale the table and "
                    "take CellRecording.of_traces"
                )


def traces_of(sweeps: list[SweepData]) -> pd.DataFrame:
    """Return sweeps as a table of traces: neuron, t_ms, v_mV, and I with I_unit if all have it."""
    sweeps = [sweep.measured() for sweep in sweeps]
    for sweep in sweeps:
        sweep.check()
    known = all(sweep.current is not None for sweep in sweeps)
    parts = []
    for number, sweep in enumerate(sweeps):
        t = (sweep.t - sweep.t[0]) * float(sweep.t_unit / ms)
        columns = {"neuron": number, "t_ms": _tidy(t)}
        columns["v_mV"] = sweep.v * float(sweep.v_unit / mV)
        if known:
            unit = shown_unit(sweep.current_unit)
            columns["I"] = sweep.current * float(sweep.current_unit / unit)
            columns["I_unit"] = unit_text(unit)
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def _tidy(t_ms: np.ndarray) -> np.ndarray:
    """Return times without the rounding of a subtraction and a change of unit (picoseconds)."""
    return np.round(t_ms, 9)
