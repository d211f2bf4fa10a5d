"""`Certificate`: how far a result can be trusted, and how that was found out."""

import html
import math
from dataclasses import dataclass, field

import pandas as pd


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
        Observed order of convergence of the sequence dt, dt/2, dt/4; NaN where its differences
        are at the level of rounding, or where there are none.
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
        order = "at rounding level" if math.isnan(self.order) else f"{self.order:.2f}"
        return [
            ("verdict", f"{'converged' if self.converged else 'NOT CONVERGED'}: {self.message}"),
            (f"largest {self.what}", f"{self.error:.2g} (tolerance {self.tolerance:g})"),
            ("observed order", f"{order} (from dt, dt/2, dt/4)"),
            ("integration", f"{self.method}, dt = {self.dt_ms:g} ms"),
            ("spike", self.detection),
            ("discarded", f"{self.discard_ms:g} ms"),
        ]

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
