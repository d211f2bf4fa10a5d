"""`Certificate`: how far a result can be trusted, and how that was found out."""

import html
import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

# Differences below this (relative, or in ms) are rounding, and say nothing of the order.
ROUNDING = 1e-10


def observed_order(first: float, second: float) -> float:
    """Return the order that the largest differences of two halvings of the step show.

    Examples
    --------
    >>> observed_order(16e-6, 1e-6), observed_order(1e-13, 1e-14)
    (4.0, nan)
    """
    if not np.isfinite([first, second]).all() or min(first, second) < ROUNDING:
        return np.nan
    return float(np.log2(first / second))


def verdict(of: str, error: float, half: float, tolerance: float, where: str) -> tuple[str, bool]:
    """Return the verdict in words, and whether it is a good one.

    Parameters
    ----------
    of : str
        What the errors are errors of.
    error, half : float
        Largest error at dt and at dt/2.
    tolerance : float
    where : str
        Where the largest error is.
    """
    if np.isinf(error):
        return f"not the same spikes as in the reference {where}; use a smaller dt", False
    if error > tolerance:
        return f"largest error {error:.1g} {where}; use a smaller dt", False
    if half > max(error, tolerance / 100):
        return f"the error of the {of} grows as the step is halved", False
    return f"largest error {error:.1g} {where}", True


@dataclass(frozen=True)
class Certificate:
    """The outcome of `certify`.

    Attributes
    ----------
    model, method : str
    dt_ms : float
    what : str
        What `error` is the error of, with its unit.
    error : float
        Largest error of the sample against the reference; infinite where one of the two fires
        and the other does not.
    tolerance : float
        What `error` was held against.
    order : float
        Observed order of convergence of the sequence dt, dt/2, dt/4; NaN where one of its
        `differences` is at the level of rounding or not finite.
    differences : (float, float)
        Largest difference between dt and dt/2, and between dt/2 and dt/4; relative for rates.
    detection : str
        What counts as a spike, and whether it is located inside the step.
    discard_ms : float
        Beginning of the run that does not count.
    converged : bool
        Whether the error is within the tolerance and does not grow as the step is halved.
    message : str
        The verdict in words.
    rows : DataFrame
        The sample, one row per neuron that was repeated.
    """

    model: str
    method: str
    dt_ms: float
    what: str
    error: float
    tolerance: float
    order: float
    differences: tuple[float, float]
    detection: str
    discard_ms: float
    converged: bool
    message: str
    rows: pd.DataFrame = field(repr=False, compare=False)

    def plain(self) -> dict:
        """Return it as plain values, for a table's ``attrs`` and for JSON."""
        names = [name for name in self.__dataclass_fields__ if name != "rows"]
        return {name: getattr(self, name) for name in names} | {
            "rows": self.rows.to_dict(orient="list")
        }

    def lines(self) -> list[tuple[str, str]]:
        """Return what it says as pairs of a heading and a text."""
        return [
            ("verdict", f"{'converged' if self.converged else 'NOT CONVERGED'}: {self.message}"),
            (f"largest {self.what}", f"{self.error:.2g} (tolerance {self.tolerance:g})"),
            ("observed order", f"{self._order()} (from dt, dt/2, dt/4)"),
            ("integration", f"{self.method}, dt = {self.dt_ms:g} ms"),
            ("spike", self.detection),
            ("discarded", f"{self.discard_ms:g} ms"),
        ]

    def _order(self) -> str:
        if not math.isnan(self.order):
            return f"{self.order:.2f}"
        if max(self.differences) < ROUNDING:
            return "not to be seen, the differences are at rounding level"
        return "none, the differences do not shrink regularly"

    def __str__(self) -> str:
        lines = [f"Certificate of {self.model}"]
        lines += [f"  {heading}: {text}" for heading, text in self.lines()]
        return "\n".join([*lines, self.rows.to_string(index=False, float_format="{:.6g}".format)])

    def _repr_html_(self) -> str:
        cells = "".join(
            f"<tr><th>{html.escape(heading)}</th><td>{html.escape(text)}</td></tr>"
            for heading, text in self.lines()
        )
        rows = self.rows.to_html(index=False, float_format="{:.6g}".format)
        return f"<h4>Certificate of {html.escape(self.model)}</h4><table>{cells}</table>{rows}"
