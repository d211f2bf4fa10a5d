"""The sections of the study of networks: what is measured for each, drawn and said."""

import numpy as np
import pandas as pd
from brian2 import ms, mV, nA

from ...analysis import linearity, mean_spectrum, noisy_lif_rate
from ...dynamics import saddle_node
from ...models import CONNOR_STEVENS, HODGKIN_HUXLEY, LIF
from ...protocols import network_preset, noise_convergence, noisy_fi_curve, noisy_onset
from ..connor_stevens.common import DENSITY, G_A
from ..study import Section, Settings
from .common import (
    CELL,
    DRAWN_MS,
    JUMP,
    MODELS,
    N_EXC,
    SAME_INPUT,
    SAMPLE,
    START_MS,
    STEP,
    WINDOW,
    shown,
)
from .figures import (
    draw_a_current,
    draw_brunel,
    draw_closed_form,
    draw_onsets,
    draw_orders,
    draw_rasters,
    draw_spectra,
)
from .measure_a_current import cell, cell_network, input_for, interpolated_rate, single_cells
from .measure_activity import measure
from .measure_brunel import mean_field_rate
from .measure_models import network
from .text import (
    A_CURRENT_SECTION_CAPTIONS,
    BRUNEL_SECTION_CAPTIONS,
    CLOSED_FORM_SECTION_CAPTIONS,
    MODELS_SECTION_CAPTIONS,
    ONSETS_SECTION_CAPTIONS,
    ORDERS_SECTION_CAPTIONS,
    a_current_text,
    brunel_section_text,
    closed_form_section_text,
    models_text,
    onsets_section_text,
    orders_section_text,
)

BAND = (20, 150)  # Hz
WAYS = {"same input": "input", "same rate alone": "rate"}
# Preset: (its name in the figure, rate in the simulations of Brunel 2000, figure 8).
REGIMES = {
    "SR": ("synchronous regular", np.nan),
    "SI_fast": ("synchronous irregular, fast", 60.7),
    "AI": ("asynchronous irregular", 37.7),
    "SI_slow": ("synchronous irregular, slow", 5.5),
}
SLOW_FACTOR = 3  # how much longer the slow oscillation is watched


def a_current_section(settings: Settings) -> tuple[Section, dict]:
    """Return the section and its numbers.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    (Section, dict)
    """
    multiples = (0.0, 1.0) if settings.quick else (0.0, 0.5, 1.0, 1.5, 2.0)
    seeds = range(1, 3 if settings.quick else 4)
    alone = single_cells(multiples, settings)
    inputs = {
        "same input": dict.fromkeys(multiples, SAME_INPUT),
        "same rate alone": {x: input_for(alone[alone["multiple"] == x]) for x in multiples},
    }
    rows = []
    for way, currents in inputs.items():
        for multiple, current in currents.items():
            runs = [cell_network(cell(multiple), current, seed, settings) for seed in seeds]
            row, _ = measure(runs, range(N_EXC), WINDOW, BAND, segment=250)
            rate = interpolated_rate(alone[alone["multiple"] == multiple], current)
            rows.append({"way": way, "g_A_multiple": multiple, "g_A_mS_per_cm2": multiple * G_A,
                         "I_uA_per_cm2": current, "single_cell_rate_Hz": rate, **row})  # fmt: skip
    table = pd.DataFrame(rows)
    found = {(r.way, r.g_A_multiple): r for r in table.itertuples()}
    section = Section(
        "What the A-current does to a rhythm",
        a_current_text(found, max(multiples)),
        figures={"a_current": draw_a_current(table)},
        tables={"a_current_table": table},
        captions=A_CURRENT_SECTION_CAPTIONS,
    )
    numbers = {}
    for (way, multiple), row in found.items():
        if multiple in (0.0, 1.0):
            key = f"same_{WAYS[way]}_{'full' if multiple else 'none'}"
            numbers |= {
                f"{key}_rate_Hz": row.rate_Hz,
                f"{key}_peak_Hz": row.peak_Hz,
                f"{key}_synchrony": row.synchrony,
                f"{key}_I_uA_per_cm2": row.I_uA_per_cm2,
                f"{key}_single_cell_rate_Hz": row.single_cell_rate_Hz,
            }
    return section, numbers


def brunel_section(settings: Settings) -> tuple[Section, dict]:
    """Return the section and its numbers.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    (Section, dict)
    """
    sizes = {"n_exc": 2000, "n_inh": 500} if settings.quick else {}
    watched = 60 if settings.quick else 120
    rows, spikes = [], {}
    for regime, (title, published) in REGIMES.items():
        end = START_MS + watched * (SLOW_FACTOR if regime == "SI_slow" else 1)
        found = network_preset(
            f"brunel_{regime}", duration=end * ms, connections=False, backend=settings.backend,
            **sizes,
        ).spikes  # fmt: skip
        row, _ = measure([found], range(SAMPLE), (START_MS, end), (10, 400),
                         segment=(end - START_MS) / 2, bin=1)  # fmt: skip
        row = {name: value for name, value in row.items() if "sem" not in name}
        rows.append({"regime": title, "published_Hz": published,
                     "mean_field_Hz": mean_field_rate(f"brunel_{regime}"), **row})  # fmt: skip
        shown_ms = DRAWN_MS * (SLOW_FACTOR if regime == "SI_slow" else 1)
        spikes[title] = (shown(found, START_MS, START_MS + shown_ms), START_MS + shown_ms)
    table = pd.DataFrame(rows)
    by = dict(zip(REGIMES, table.itertuples(), strict=True))
    small = (
        f" The quick version of this study has {sizes['n_exc'] + sizes['n_inh']} cells instead of "
        "12 500, hence cells that share more of their input."
        if sizes
        else ""
    )
    text = brunel_section_text(small, by)
    section = Section(
        "Brunel's four regimes",
        text,
        figures={"brunel": draw_brunel(spikes)},
        tables={"brunel_table": table},
        captions=BRUNEL_SECTION_CAPTIONS,
    )
    numbers = {}
    for regime, row in by.items():
        numbers |= {
            f"brunel_{regime}_rate_Hz": row.rate_Hz,
            f"brunel_{regime}_mean_field_Hz": row.mean_field_Hz,
            f"brunel_{regime}_isi_cv": row.isi_cv,
            f"brunel_{regime}_synchrony": row.synchrony,
        }
    return section, numbers


def models_section(settings: Settings) -> tuple[Section, dict]:
    """Return the section and its numbers.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    (Section, dict)
    """
    seeds = range(1, 3 if settings.quick else 5)
    rows, spectra, first = [], {}, {}
    for name in MODELS:
        runs = [network(name, JUMP, seed, settings) for seed in seeds]
        alone = network(name, 0.0, seeds[0], settings)
        row, found = measure(runs, range(N_EXC), WINDOW, (5, 150), segment=250)
        single, _ = measure([alone], range(N_EXC), WINDOW, (5, 150), segment=250)
        rows.append({"model": name, "uncoupled_rate_Hz": single["rate_Hz"], **row})
        spectra[name], first[name] = mean_spectrum(found), runs[0]
    table = pd.DataFrame(rows)
    section = Section(
        "One drive, five models",
        models_text(table),
        figures={"models": draw_rasters(first), "models_spectra": draw_spectra(spectra)},
        tables={"models_table": table},
        captions=MODELS_SECTION_CAPTIONS,
    )
    numbers = {"lowest_rate_Hz": table["rate_Hz"].min(), "highest_rate_Hz": table["rate_Hz"].max()}
    for row in table.itertuples():
        model, _ = MODELS[row.model]
        numbers |= {
            f"{model.name}_rate_Hz": row.rate_Hz,
            f"{model.name}_uncoupled_rate_Hz": row.uncoupled_rate_Hz,
            f"{model.name}_peak_Hz": row.peak_Hz,
        }
    return section, numbers


def noise_sections(settings: Settings) -> list[tuple[Section, dict]]:
    """Return the sections with their numbers.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    list of (Section, dict)
    """
    return [closed_form_section(settings), orders_section(settings), onsets_section(settings)]


def closed_form_section(settings: Settings) -> tuple[Section, dict]:
    currents = np.linspace(0.6, 2.4, 5 if settings.quick else 13)
    strengths = np.array([0.5, 1.0, 2.0])
    table = noisy_fi_curve(
        LIF, currents * nA, strengths * nA * ms**0.5, trials=16 if settings.quick else 64,
        duration=1500 * ms, discard=300 * ms, dt=STEP * ms, seed=1, backend=settings.backend,
    )  # fmt: skip
    table["closed_form_Hz"] = noisy_lif_rate(table["I"], table["noise"], **CELL)
    table["on_the_grid_Hz"] = noisy_lif_rate(table["I"], table["noise"], **CELL, dt=STEP)
    well = table[table["closed_form_Hz"] > 5]
    short, corrected = (
        100 * (well["rate_Hz"] / well[name] - 1).mean()
        for name in ("closed_form_Hz", "on_the_grid_Hz")
    )
    text = closed_form_section_text(short, corrected)
    section = Section(
        "A noisy cell against the closed form",
        text,
        figures={"siegert": draw_closed_form(table)},
        tables={"siegert_rates": table},
        captions=CLOSED_FORM_SECTION_CAPTIONS,
    )
    return section, {"siegert_shortfall_percent": short, "siegert_left_percent": corrected}


def orders_section(settings: Settings) -> tuple[Section, dict]:
    steps = 2.0 ** -np.arange(3 if settings.quick else 6)
    found = noise_convergence(steps * ms, paths=1000 if settings.quick else 4000, seed=1)
    table = pd.concat([
        found[["dt_ms"]].assign(error="strong, along a path", error_mV=found["strong_error_mV"]),
        found[["dt_ms"]].assign(error="weak, of the mean", error_mV=found["mean_error_mV"].abs()),
    ], ignore_index=True)  # fmt: skip
    strong, weak = (
        float(np.median(np.diff(np.log(rows["error_mV"])) / np.diff(np.log(rows["dt_ms"]))))
        for _, rows in table.groupby("error", sort=True)
    )
    text = orders_section_text(strong, weak)
    section = Section(
        "The order of Euler–Maruyama",
        text,
        figures={"orders": draw_orders(table)},
        tables={"orders_table": table},
        captions=ORDERS_SECTION_CAPTIONS,
    )
    return section, {"strong_order": strong, "weak_order": weak}


def onsets_section(settings: Settings) -> tuple[Section, dict]:
    found = {}
    thresholds = (
        (LIF, (CELL["V_th"] - CELL["E_L"]) / CELL["R"] * nA),
        (HODGKIN_HUXLEY, None),
        (CONNOR_STEVENS, saddle_node(CONNOR_STEVENS)[0] * DENSITY),
    )
    for model, threshold in thresholds:
        found[model.title] = noisy_onset(
            model, [1, 4] * mV, points=7 if settings.quick else 9, threshold=threshold, seed=1,
            trials=2 if settings.quick else 4, duration=(500 if settings.quick else 1000) * ms,
            discard=200 * ms, backend=settings.backend,
        )  # fmt: skip
    table = pd.concat([
        linearity(rows, by="deviation").assign(model=title) for title, rows in found.items()
    ], ignore_index=True)[["model", "deviation", "slope", "R2", "steepest"]]  # fmt: skip
    lines = "\n".join(
        f"- {title}: {', '.join(f'{r.R2:.2f} at {r.deviation:g} mV' for r in rows.itertuples())}"
        for title, rows in table.groupby("model", sort=False)
    )
    text = onsets_section_text(lines)
    section = Section(
        "Noise straightens the onset",
        text,
        figures={"onsets": draw_onsets(found)},
        tables={"onset_linearity": table},
        captions=ONSETS_SECTION_CAPTIONS,
    )
    still, noisy = (
        table[table["deviation"] == value].set_index("model")["R2"] for value in (0.0, 4.0)
    )
    return section, {
        f"{model.name}_onset_R2_gain": noisy[model.title] - still[model.title]
        for model, _ in thresholds
    }
