"""The sections of the study: what is measured for each, drawn and said."""

import numpy as np
import pandas as pd

from ..study import Section, Settings
from .common import BANDS, RUNAWAY, SDE_DT, N
from .figures import draw_raster, draw_rasters, draw_spectra, draw_steps
from .measure import Runs, peaks_of, row_of
from .program import AFTER, BEFORE, CUT, variants
from .text import (
    HALF_STEPS_CAPTIONS,
    PUBLISHED_SECTION_CAPTIONS,
    STEPS_SECTION_CAPTIONS,
    half_steps_text,
    peaks_line,
    published_section_text,
    rhythms_captions,
    rhythms_text,
    say,
    steps_section_text,
)

# Spikes in one second, mean and standard deviation over 20 seeds of the program net.m in numpy.
REFERENCE = (7532.6, 170.4)


def published_section(runs: Runs) -> tuple[Section, dict]:
    spikes = runs.table["spikes"]
    mean, deviation = REFERENCE
    away = (spikes.mean() - mean) / (deviation / np.sqrt(len(spikes)))
    text = published_section_text(spikes, mean, deviation, away)
    section = Section(
        "The network as published",
        text,
        figures={"raster": draw_raster(runs.spikes)},
        tables={"published_runs": runs.table.drop(columns=["dt_ms"])},
        captions=PUBLISHED_SECTION_CAPTIONS,
    )
    return section, {
        "published_spikes": spikes.mean(),
        "published_spikes_sem": spikes.sem(),
        "published_spikes_sd": spikes.std(),
        "published_rate_Hz": spikes.mean() / N,
        "published_away_in_standard_errors": away,
    }


def half_steps(published: Runs, one_step: Runs, settings: Settings) -> tuple[Section, dict]:
    table = variants(range(2 if settings.quick else 10))
    table["change_percent"] = 100 * (table["spikes"] / table["spikes"][0] - 1)
    row = {(r.v_steps, r.u_follows): r for r in table.itertuples()}
    both = row[1, BEFORE]
    text = half_steps_text(row, both, one_step)
    section = Section(
        "What the half-steps do",
        text,
        tables={"variants": table},
        captions=HALF_STEPS_CAPTIONS,
    )
    return section, {
        "program_spikes": row[2, AFTER].spikes,
        "program_spikes_sem": row[2, AFTER].spikes_sem,
        "one_step_change_percent": row[1, AFTER].change_percent,
        "no_overshoot_change_percent": row[2, CUT].change_percent,
        "euler_change_percent": both.change_percent,
        "euler_spikes": both.spikes,
        "sde_1_ms_spikes": one_step.table["spikes"].mean(),
        "sde_1_ms_spikes_sem": one_step.table["spikes"].sem(),
        "published_sde_ratio": one_step.table["spikes"].mean() / published.table["spikes"].mean(),
    }


def steps_section(published: Runs, sde: dict[float, Runs]) -> tuple[Section, dict]:
    table = pd.DataFrame([row_of(runs) for runs in (published, *sde.values())])
    finest = min(sde)
    coarse, fine = sde[max(sde)].steady, sde[finest].steady
    usual = published.steady["steady_rate_Hz"]
    excess = 100 * (fine["steady_rate_Hz"].mean() / usual.mean() - 1)
    everything = pd.concat([runs.table for runs in sde.values()], ignore_index=True)
    bursts = everything[everything["largest_burst"] >= RUNAWAY]
    rates = ", ".join(
        f"{say(runs.steady['steady_rate_Hz'])} Hz at {dt:g} ms" for dt, runs in sde.items()
    )
    text = steps_section_text(rates, fine, coarse, excess, usual, bursts, everything)
    section = Section(
        "The stochastic differential equation at smaller steps",
        text,
        figures={"steps": draw_steps(published, sde)},
        tables={"steps_table": table, "sde_runs": everything},
        captions=STEPS_SECTION_CAPTIONS,
    )
    return section, {
        "sde_converged_rate_Hz": fine["steady_rate_Hz"].mean(),
        "sde_converged_rate_sem_Hz": fine["steady_rate_Hz"].sem(),
        "sde_converged_excess_percent": excess,
        "sde_runaways": len(bursts),
        "sde_runaways_coarse": (bursts["dt_ms"] >= SDE_DT).sum(),
    }


def rhythms(published: Runs, sde: Runs) -> tuple[Section, dict]:
    peaks = pd.concat([peaks_of(runs) for runs in (published, sde)], ignore_index=True)
    found = {(r.scheme, r.band): r for r in peaks.itertuples()}
    lines = "\n".join(peaks_line(found["published", band], found["sde", band]) for band in BANDS)
    text = rhythms_text(lines)
    section = Section(
        "Rhythms",
        text,
        figures={
            "rasters": draw_rasters(published, sde),
            "spectra": draw_spectra(published, sde),
        },
        tables={"band_peaks": peaks},
        captions=rhythms_captions(sde),
    )
    numbers = {}
    for (scheme, band), row in found.items():
        numbers |= {
            f"{scheme}_{band}_peak_Hz": row.peak_Hz,
            f"{scheme}_{band}_peak_sem_Hz": row.peak_sem_Hz,
            f"{scheme}_{band}_peak_of_mean_Hz": row.peak_of_mean_Hz,
            f"{scheme}_{band}_excess": row.excess,
        }
    return section, numbers
