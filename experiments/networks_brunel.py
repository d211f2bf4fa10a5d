"""Brunel's network in its four regimes, against the closed form for a noisy cell."""

import numpy as np
import pandas as pd
from brian2 import Hz, ms, mV
from scipy.optimize import brentq

from ..analysis import noisy_lif_rate, population_rate
from ..analysis.plots import new_axes, plot_raster_rate, use_style
from ..protocols import PRESETS, network_preset
from .networks_common import measure, shown
from .study import Section, Settings

# Preset: (its name in the figure, rate in the simulations of Brunel 2000, figure 8).
REGIMES = {
    "SR": ("synchronous regular", np.nan),
    "SI_fast": ("synchronous irregular, fast", 60.7),
    "AI": ("asynchronous irregular", 37.7),
    "SI_slow": ("synchronous irregular, slow", 5.5),
}
START_MS = 100
SLOW_FACTOR = 3  # how much longer the slow oscillation is watched
SAMPLE = 1000  # excitatory cells that are measured
DRAWN, DRAWN_MS = 50, 60  # and drawn


def section(settings: Settings) -> tuple[Section, dict]:
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
    text = f"""
The simplest cells, LIF, with jumps of the potential as synapses and Poisson input: Brunel (2000)
showed that the balance of inhibition and input decides between four states.{small}

Where nothing oscillates the rate follows from a single cell: the spikes of all others are to it a
current with noise, whose mean and strength depend on the rate; the closed form of the noisy LIF
gives the rate back; both have to agree. For the asynchronous regime that gives
**{by["AI"].mean_field_Hz:.1f} Hz**; the simulation has **{by["AI"].rate_Hz:.1f} Hz**, that of the
paper {by["AI"].published_Hz} Hz. The regular regime has a CV of {by["SR"].isi_cv:.2f} and synchrony
{by["SR"].synchrony:.2f}; the asynchronous one {by["AI"].isi_cv:.2f} and {by["AI"].synchrony:.2f}
(independent cells: {1 / np.sqrt(SAMPLE):.2f}). In the other two the cells fire irregularly (CV
{by["SI_fast"].isi_cv:.2f} and {by["SI_slow"].isi_cv:.2f}) while the population oscillates: the
strongest peaks lie at {by["SI_fast"].peak_Hz:.0f} and {by["SI_slow"].peak_Hz:.0f} Hz, above the
{by["SI_fast"].rate_Hz:.0f} and {by["SI_slow"].rate_Hz:.1f} Hz at which a cell fires: no cell takes
part in every cycle.
"""
    section = Section(
        "Brunel's four regimes",
        text,
        figures={"brunel": _draw(spikes)},
        tables={"brunel_table": table},
        captions={
            "brunel": f"Spikes of {DRAWN} excitatory cells, and the rate of {SAMPLE} of them in "
            "bins of 1 ms.",
            "brunel_table": f"From {START_MS} ms on: rates in the paper's figure 8, in its "
            "mean-field equations, and here; CV; correlation and synchrony of counts in 1 ms; "
            "strongest peak of the spectrum.",
        },
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


def mean_field_rate(preset: str) -> float:
    """Return the stationary rate (Hz) of Brunel's mean-field equations.

    Parameters
    ----------
    preset : str

    Returns
    -------
    float

    Notes
    -----
    Brunel 2000, J. Comput. Neurosci. 8:183-208, equations 18 to 21.

    Examples
    --------
    >>> round(mean_field_rate("brunel_AI"), 1)
    37.9
    """
    arguments = PRESETS[preset].arguments
    cell = {name: arguments["model"].parameters[name].value
            for name in ("R", "tau", "E_L", "V_reset", "V_th", "t_ref")}  # fmt: skip
    jump = float(arguments["synapse"].weight / mV)
    external = float(arguments["drive"].n * arguments["drive"].rate / Hz) * 1e-3  # 1/ms
    exc, inh, g = (*arguments["in_degree"].values(), arguments["g"])

    def surplus(rate):
        arriving = external + exc * rate * 1e-3
        mean = jump * cell["tau"] * (arriving - g * inh * rate * 1e-3)
        strength = jump * cell["tau"] * np.sqrt(arriving + g**2 * inh * rate * 1e-3)
        return noisy_lif_rate(mean / cell["R"], strength / cell["R"], **cell) - rate

    return float(brentq(surplus, 1e-3, 1e3 / cell["t_ref"] - 1e-3))


@use_style()
def _draw(spikes: dict[str, tuple[pd.DataFrame, float]]):
    axes = new_axes(2, len(spikes), sharex="col", size=(6.5, 3.6), height_ratios=(2, 1))
    for k, (title, (rows, end)) in enumerate(spikes.items()):
        rate = population_rate(rows[rows["neuron"] < SAMPLE], SAMPLE, start=START_MS,
                               end=end)  # fmt: skip
        few = rows[rows["neuron"] < DRAWN].drop(columns="population")
        upper, lower = plot_raster_rate(few, rate, axes[:, k])
        upper.set_title(title.replace(", ", ",\n"), fontsize=7.5)
        lower.set(xlabel="time (ms)", xlim=(START_MS, end))
        upper.set_ylim(-1, DRAWN)
        if k:
            upper.set_ylabel("")
            lower.set_ylabel("")
    return axes[0, 0].figure
