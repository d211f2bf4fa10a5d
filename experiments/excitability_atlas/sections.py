"""The sections of the atlas: the table of all cells, and a page for each."""

import pandas as pd

from ..study import Section
from .figures import all_curves, page_figure
from .measure import Page
from .text import OVERVIEW, page_text

_COLUMNS = ("type", "criticality", "period_ms", "coefficient", "multiplier")
_MOST = 12  # special points on a page


def overview(pages: list[Page]) -> tuple[Section, dict[str, float]]:
    """Return the section with all verdicts, and the study's numbers."""
    table = pd.DataFrame([_row(page) for page in pages])
    numbers = {}
    for page in pages:
        numbers[f"{page.name}_rest_ends"] = page.number("rest_ends")
        numbers[f"{page.name}_cycle_begins"] = page.number("cycle_begins")
        numbers[f"{page.name}_onset_rate_Hz"] = float(page.verdict["onset_rate_Hz"])
        numbers[f"{page.name}_rate_deviation"] = page.deviation
    section = Section(
        "All cells",
        OVERVIEW,
        {"atlas_fi": all_curves(pages)},
        {"atlas_verdicts": table},
        {
            "atlas_fi": "F-I curves (spikes over the second half of each step), by type.",
            "atlas_verdicts": "Where rest ends and firing begins, in the unit of each cell's "
            "input; by what; the rate of the cycle there; how the rate rises; and the largest "
            "difference between simulated rates and those of the diagram's cycles.",
        },
    )
    return section, numbers


def _row(page: Page) -> dict:
    v = page.verdict
    return {
        "cell": page.name,
        "type": v["verdict"],
        "rest_ends": page.number("rest_ends"),
        "by": v["rest_ends_by"],
        "firing_begins": page.number("cycle_begins"),
        "at": v["cycle_begins_by"],
        "onset_rate_Hz": v["onset_rate_Hz"],
        "onset": v["onset"],
        "rate_deviation": page.deviation,
    }


def page_section(page: Page) -> Section:
    """Return the page of one cell."""
    points = page.points[[page.parameter_column, *_COLUMNS]]
    figure, table = f"atlas_{page.name}", f"atlas_{page.name}_points"
    tables = {table: points.head(_MOST)} if len(points) else {}
    captions = {
        figure: "A: equilibria and the extent of cycles, stable ones solid. B: rates of the cycles "
        "(lines) and of simulated steps from rest (dots; crosses: bursts or drifts whose rate is "
        "not resolved). C: periods. D: phase response, from "
        "spike to spike."
    }
    if tables:
        more = f" The first {_MOST} of {len(points)}." if len(points) > _MOST else ""
        captions[table] = f"Special points.{more}"
    return Section(page.model.title, page_text(page), {figure: page_figure(page)}, tables, captions)
