"""The words of the atlas, with its numbers put in."""

import math
from collections import Counter

from ..formatting import format_number
from .measure import Page

OVERVIEW = """
A cell is of **type I** if its rate begins at zero where rest ends: at a saddle-node on the cycle,
where the period grows with the inverse square root of the distance, or, of cells that are reset,
where the equilibrium reaches the threshold and the period grows with the logarithm. It is of **type
II** if rest loses its stability in a Hopf bifurcation, and of **type II*** if rest ends in a
saddle-node while a cycle is there already, so that the rate jumps although there is no Hopf point.
No rate is compared with a limit; *undecided* stands where the diagram does not show which of these
it is.
"""

CLOSE = 1e-4
_TYPES = {
    "I": "Type I: the rate begins at zero.",
    "II": "Type II: the rate begins above zero.",
    "II*": "Type II*: the rate jumps at a saddle-node, and there is hysteresis.",
}


def summary(pages: list[Page]) -> str:
    """Return the question, and what came out."""
    counts = Counter(page.verdict["verdict"] for page in pages)
    said = ", ".join(f"{counts[kind]} of type {kind}" for kind in _TYPES if counts[kind])
    left = f"; {counts['undecided']} are undecided" if counts["undecided"] else ""
    compared = [page.deviation for page in pages if not math.isnan(page.deviation)]
    close = sum(deviation < CLOSE for deviation in compared)
    others = len(compared) - close
    rest = f"; of {others} more the rate drifts for over a second, or bursts vary" if others else ""
    return f"""
How does a cell begin to fire? Each of the {len(pages)} published cells and variants has a page: its
equilibria and cycles over the input, how they end, its rates, and how a small push shifts its
spikes. {said}{left}. The rates of the cycles, found by continuation, and those of simulated steps
agree within {CLOSE:g} in {close} cells{rest}.
"""


def page_text(page: Page) -> str:
    """Return the verdict of one cell in sentences."""
    unit = page.fi["I_unit"].iloc[0]
    unit = "" if unit in ("1", "") else f" {unit}"
    v = page.verdict
    end, begin = page.number("rest_ends"), page.number("cycle_begins")
    parts = [_rest(end, v["rest_ends_by"], unit)]
    if math.isfinite(begin):
        parts.append(f"Firing begins at {format_number(begin)}{unit} ({v['cycle_begins_by']}).")
    parts.append(f"**{_TYPES[v['verdict']]}**" if v["verdict"] in _TYPES else
                 f"**Undecided**: {v['why']}.")  # fmt: skip
    if v["verdict"] != "I" and math.isfinite(v["onset_rate_Hz"]):
        parts.append(f"Where rest ends the cycle has {v['onset_rate_Hz']:.4g} Hz.")
    back = page.number("rest_returns")
    if math.isfinite(back):
        parts.append(f"Rest is stable again above {format_number(back)}{unit}.")
    if page.silent_response:
        parts.append(f"There is no phase response: {page.silent_response}.")
    notes = "".join(f"\n- {note}" for note in page.notes[:4])
    return " ".join(parts) + (f"\n{notes}\n" if notes else "")


def _rest(end: float, kind: str, unit: str) -> str:
    if math.isfinite(end):
        return f"Rest ends at {format_number(end)}{unit} ({kind})."
    return f"Rest: {kind}."
