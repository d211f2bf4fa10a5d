"""The sections of the study: what is measured for each, drawn and said."""

from __future__ import annotations

import pandas as pd

from ..report import format_number
from ..study import Section, Settings
from .common import CELLS, points_of
from .figures import (
    closed_forms_figure,
    fits_figure,
    portraits_figure,
    ranges_figure,
    scaling_figure,
)
from .measure import (
    fixed_points,
    largest_spread,
    r2_of,
    ranking,
    rate_residuals,
    scaled_rates,
    unbounded_rate,
)
from .text import (
    CLOSED_FORMS_CAPTIONS,
    FITS_BY_RANGE_CAPTIONS,
    FITS_SECTION_CAPTIONS,
    PORTRAITS_SECTION_CAPTIONS,
    TIME_CONSTANT_CAPTIONS,
    closed_forms_text,
    fits_by_range_text,
    fits_section_text,
    portraits_section_text,
    ranges_sentence,
    time_constant_text,
)


def portraits_section() -> tuple[Section, dict]:
    points = pd.concat(
        [fixed_points(cell, I) for cell in CELLS for I in cell.portraits], ignore_index=True
    )
    low, high = (float(v) for v in points_of(points, "QIF", -1.0)["v"])
    text = portraits_section_text(low, high)
    section = Section(
        "Phase portraits on both sides of the bifurcation",
        text,
        {"phase_portraits": portraits_figure(points)},
        {"portrait_fixed_points": points},
        PORTRAITS_SECTION_CAPTIONS,
    )
    numbers = {
        "lif_fixed_point_at_bifurcation_mV": points_of(points, "LIF", 1.5)["v"].item(),
        "qif_stable_fixed_point": low,
        "qif_unstable_fixed_point": high,
        "qif_saddle_node": points_of(points, "QIF", 0.0)["v"].item(),
        "qif_fixed_points_above": len(points_of(points, "QIF", 1.0)),
    }
    return section, numbers


def closed_forms(curves: dict[str, pd.DataFrame]) -> tuple[Section, dict]:
    left = {cell.name: rate_residuals(cell, curves[cell.name]) for cell in CELLS}
    worst = {name: float(rows["relative"].abs().max()) for name, rows in left.items()}
    shown = {name: format_number(float(f"{value:.0e}")) for name, value in worst.items()}
    unbounded = unbounded_rate(1.0)
    bounded = float(CELLS[1].closed_form(1.0))
    text = closed_forms_text(unbounded, bounded, shown)
    section = Section(
        "F-I curves and their closed forms",
        text,
        {"closed_forms": closed_forms_figure(curves, left)},
        {f"{name.lower()}_rates": rows for name, rows in left.items()},
        CLOSED_FORMS_CAPTIONS,
    )
    rate = {name: rows.set_index(rows["I"].round(9))["rate_Hz"] for name, rows in left.items()}
    numbers = {
        "lif_largest_relative_error": worst["LIF"],
        "qif_largest_relative_error": worst["QIF"],
        "lif_rate_2_nA_Hz": float(rate["LIF"][2.0]),
        "qif_rate_1_Hz": float(rate["QIF"][1.0]),
    }
    return section, numbers


def fits_section(curves: dict[str, pd.DataFrame]) -> tuple[Section, dict]:
    table = pd.concat([ranking(cell, curves[cell.name]) for cell in CELLS], ignore_index=True)
    by_kind = table.set_index(["model", "kind"])
    lif, qif = by_kind.loc["LIF"], by_kind.loc["QIF"]
    text = fits_section_text(lif, qif)
    section = Section(
        "Which function fits which curve",
        text,
        {f"{cell.name.lower()}_fits": fits_figure(cell, curves[cell.name]) for cell in CELLS},
        {"fits": table},
        FITS_SECTION_CAPTIONS,
    )
    numbers = {
        f"{name.lower()}_{kind}_R2": float(by_kind.loc[(name, kind), "R2"])
        for name, kind in by_kind.index
    }
    numbers |= {
        "lif_relu_scale_Hz_per_nA": float(lif.loc["relu", "scale"]),
        "lif_relu_shift_nA": float(lif.loc["relu", "shift"]),
        "qif_sqrt_scale_Hz": float(qif.loc["sqrt", "scale"]),
        "qif_sqrt_shift": float(qif.loc["sqrt", "shift"]),
    }
    return section, numbers


def fits_by_range(ranges: dict[str, dict[float, pd.DataFrame]]) -> tuple[Section, dict]:
    columns = ["model", "end", "kind", "rmse_Hz", "R2", "AICc", "delta_AICc", "weight"]
    table = pd.concat(
        [
            ranking(cell, curve).assign(end=end)[columns]
            for cell in CELLS
            for end, curve in ranges[cell.name].items()
        ],
        ignore_index=True,
    )
    lif, qif = (ranges_sentence(table, cell) for cell in CELLS)
    text = fits_by_range_text(lif, qif)
    section = Section(
        "How the answer depends on the range of currents",
        text,
        {"fit_ranges": ranges_figure(table)},
        {"range_fits": table},
        FITS_BY_RANGE_CAPTIONS,
    )
    numbers = {}
    for cell in CELLS:
        name, (first, *_, last) = cell.name.lower(), cell.ends
        numbers[f"{name}_sqrt_R2_narrowest_range"] = r2_of(table, cell, first, "sqrt")
        numbers[f"{name}_relu_R2_widest_range"] = r2_of(table, cell, last, "relu")
    return section, numbers


def time_constant(settings: Settings) -> tuple[Section, dict]:
    taus = (1.0, 10.0) if settings.quick else (1.0, 4.0, 7.0, 10.0)
    tables = {cell.name: scaled_rates(settings, cell, taus) for cell in CELLS}
    spread = {name: largest_spread(table) for name, table in tables.items()}
    largest = max(spread.values())
    listed = ", ".join(f"{tau:g}" for tau in taus)
    rates = pd.concat(tables.values(), ignore_index=True)
    rates.attrs = {"units": {"tau": "ms"}}
    text = time_constant_text(listed, largest)
    section = Section(
        "Why the time constant can be set to 1",
        text,
        {"time_constant": scaling_figure(tables)},
        {"scaled_rates": rates},
        TIME_CONSTANT_CAPTIONS,
    )
    numbers = {
        f"{name.lower()}_largest_deviation_of_scaled_rates": value for name, value in spread.items()
    }
    return section, numbers
