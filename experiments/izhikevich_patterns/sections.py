"""The sections of the study: what is measured for each, drawn and said."""

from __future__ import annotations

import numpy as np
import pandas as pd
from brian2 import ms, mV, pA

from ...analysis.plots import plot_patterns
from ...models import IZHIKEVICH, IZHIKEVICH_2007
from ...protocols.firing.izhikevich_patterns import (
    ADJUSTED_2004,
    CELLS_2003,
    PATTERNS_2004,
    original_scheme,
    run_patterns,
)
from ..study import Section, Settings
from .common import REBOUND_PA, STEPS_2007, V_RANGE, Compared, with_peaks
from .figures import fi_figure, step_size_figure
from .measure import fi_of, interval_summary, mean_interval_ms, onsets_of, runaway_ms, under_steps
from .text import (
    CELLS_2007_CAPTIONS,
    FI_2003_CAPTIONS,
    FI_2007_CAPTIONS,
    SEVEN_CELLS_CAPTIONS,
    STEP_SIZE_CAPTIONS,
    TWENTY_PATTERNS_CAPTIONS,
    fi_2003_text,
    fi_2007_text,
    seven_cells_text,
    step_size_text,
    twenty_patterns_text,
)


def seven_cells(settings: Settings) -> tuple[Section, dict]:
    cells = list(CELLS_2003.values())
    outs = run_patterns(cells, backend=settings.backend)
    names = list(CELLS_2003)
    titles = [
        f"{cell.title.replace(' (TC)', ' (TC): rebound')}" if "rebound" in name else cell.title
        for name, cell in CELLS_2003.items()
    ]
    panels = [
        (title, with_peaks(cell.model, out))
        for title, cell, out in zip(titles, cells, outs, strict=True)
    ]
    table = pd.DataFrame([
        {"cell": name, **interval_summary(out), "spikes_published": len(original_scheme(c).spikes)}
        for name, c, out in zip(names, cells, outs, strict=True)
    ])  # fmt: skip
    at = table.set_index("cell")
    fewer = int((table["spikes_published"] < table["spike_count"]).sum())
    text = seven_cells_text(at, fewer, table)
    section = Section(
        "Seven types of cell",
        text,
        {"cells_2003": plot_patterns(panels, v_range=V_RANGE)},
        {"cells_2003_intervals": table},
        SEVEN_CELLS_CAPTIONS,
    )
    return section, {
        "RS_first_interval_ms": at.loc["RS", "first_interval_ms"],
        "RS_last_interval_ms": at.loc["RS", "last_interval_ms"],
        "FS_last_interval_ms": at.loc["FS", "last_interval_ms"],
        "TC_rebound_spikes": float(at.loc["TC, rebound", "spike_count"]),
    }


def twenty_patterns(compared: Compared) -> tuple[Section, dict]:
    table = compared.table.set_index("letter")
    panels = []
    for letter, pattern in PATTERNS_2004.items():
        if table.loc[letter, "holds_converged"]:
            panels.append((pattern.title, with_peaks(pattern.model, compared.rk4[letter])))
        else:
            out, model = compared.adjusted[letter], ADJUSTED_2004[letter].model
            panels.append((f"{pattern.title} *", with_peaks(model, out)))
    worst = table["rk4_error_ms"].idxmax()
    text = twenty_patterns_text(table, worst)
    figure = plot_patterns(panels, v_range=V_RANGE)
    section = Section(
        "Twenty patterns",
        text,
        {"patterns_2004": figure},
        captions=TWENTY_PATTERNS_CAPTIONS,
    )
    return section, {"rk4_largest_spike_time_error_ms": float(table["rk4_error_ms"].max())}


def step_size(compared: Compared) -> tuple[Section, dict]:
    table = compared.table.set_index("letter")
    lost = list(table.index[~table["holds_converged"]])
    runaway = runaway_ms(compared.fine["T"])
    latencies = {
        way: outs["I"].spikes["t_ms"].iloc[0] - 13
        for way, outs in (
            ("published", compared.published),
            ("converged", compared.fine),
            ("adjusted", compared.adjusted),
        )
    }
    differ = int((table["spikes_published"] != table["spikes_converged"]).sum())
    text = step_size_text(differ, lost, latencies, compared, table, runaway)
    section = Section(
        "What belongs to the step size",
        text,
        {"step_size": step_size_figure(compared, lost, runaway)},
        {"schemes": compared.table},
        STEP_SIZE_CAPTIONS,
    )
    numbers = {
        f"{letter}_spikes_published": float(n) for letter, n in table.spikes_published.items()
    }
    numbers |= {f"{letter}_spikes_converged": n for letter, n in table.spikes_converged.items()}
    numbers |= {f"I_latency_{way}_ms": float(value) for way, value in latencies.items()}
    numbers |= {
        "patterns_lost": float(len(lost)),
        "spike_counts_that_differ": float(differ),
        "T_runaway_ms": runaway,
        "P_period_published_ms": mean_interval_ms(compared.published["P"]),
        "P_period_converged_ms": mean_interval_ms(compared.fine["P"]),
    }
    return section, numbers


def cells_2007(settings: Settings) -> tuple[Section, dict]:
    panels, rows = {}, []
    for name, (currents, length) in STEPS_2007.items():
        model = IZHIKEVICH_2007.variants[name]
        for current, out in under_steps(model, currents, length, settings).items():
            title = f"{name}, {current:g} pA" if current > 0 else f"{name}, after {current:g} pA"
            panels.setdefault(name, []).append((title.replace("-", "−"), with_peaks(model, out)))
            rows.append({"cell": name, "I": current, "I_unit": "pA", **interval_summary(out)})
    table = pd.DataFrame(rows)
    at = table.set_index(["cell", "I"])
    text = f"""
The form of 2007 has the units of a cell: a capacitance, a resting potential, a threshold, currents
in pA. Three cells reset in their own way. LTS: the peak falls and the reset rises with *u*, which
is bounded. FS: *u* is driven by a cubic and does not jump. TC: *u* is driven below −65 mV only, so
inhibition loads it; when the current of {REBOUND_PA:g} pA ends, the cell fires
{at.loc[("TC", REBOUND_PA), "spike_count"]:.0f} spikes, though nothing excites it.

The currents are those of the book's figures. RS at 100 pA fires every
{at.loc[("RS", 100), "last_interval_ms"]:.2f} ms. Number of spikes at the lowest currents:
{at.loc[("IB", 290), "spike_count"]:.0f} (IB, 290 pA), {at.loc[("LTS", 100), "spike_count"]:.0f}
(LTS, 100 pA).
""".replace("-1200", "−1200")
    section = Section(
        "The cells of 2007",
        text,
        {
            "cells_2007_cortical": plot_patterns(
                [panel for name in ("RS", "IB", "CH") for panel in panels[name]]
            ),
            "cells_2007_special": plot_patterns(
                [panel for name in ("LTS", "FS", "TC") for panel in panels[name]]
            ),
        },
        {"cells_2007_intervals": table},
        CELLS_2007_CAPTIONS,
    )
    return section, {
        "RS_2007_100pA_interval_ms": at.loc[("RS", 100), "last_interval_ms"],
        "TC_2007_rebound_spikes": float(at.loc[("TC", REBOUND_PA), "spike_count"]),
    }


def fi_2003(settings: Settings) -> tuple[Section, dict]:
    currents = np.arange(0, 20.1, 2 if settings.quick else 0.5) * mV / ms
    table = fi_of(IZHIKEVICH.variants, currents, settings)
    at = table.set_index(["cell", "I"])["rate_Hz"]
    first = table.set_index(["cell", "I"])["first_rate_Hz"]
    text = fi_2003_text(first, at)
    section = Section(
        "F–I curves of the cells of 2003",
        text,
        {"fi_2003": fi_figure(table)},
        {"fi_2003_rates": table},
        FI_2003_CAPTIONS,
    )
    return section, {f"{cell}_rate_10_Hz": float(at[cell, 10.0]) for cell in IZHIKEVICH.variants}


def fi_2007(settings: Settings) -> tuple[Section, dict]:
    currents = np.arange(0, 601, 100 if settings.quick else 20) * pA
    table = fi_of(IZHIKEVICH_2007.variants, currents, settings)
    at = table.set_index(["cell", "I"])["rate_Hz"]
    onsets = ", ".join(f"{cell} {I:g}" for cell, I in onsets_of(table).items())
    text = fi_2007_text(onsets, at)
    section = Section(
        "F–I curves of the cells of 2007",
        text,
        {"fi_2007": fi_figure(table)},
        {"fi_2007_rates": table},
        FI_2007_CAPTIONS,
    )
    return section, {f"{cell}_2007_rate_400pA_Hz": float(at[cell, 400.0]) for cell in STEPS_2007}
