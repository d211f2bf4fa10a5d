"""The same drive through networks of different models, side by side."""

import numpy as np
import pandas as pd
from brian2 import ms, mV

from ..analysis import mean_spectrum, population_rate
from ..analysis.plots import (
    CYCLE,
    legend_below,
    new_axes,
    plot_raster_rate,
    plot_spectrum,
    use_style,
)
from ..dynamics import noise_for_deviation
from ..models import CONNOR_STEVENS, IZHIKEVICH, LIF, QIF, TRAUB_MILES
from ..protocols import Synapse, WhiteNoise, ei_network
from .networks_common import measure, shown
from .study import Section, Settings

# Thresholds of sustained firing (`rheobase`), in the models' input units.
MODELS = {
    "LIF": (LIF, 1.5),
    "QIF": (QIF, 0.0),
    "Izhikevich": (IZHIKEVICH, 3.7744),
    "Traub–Miles": (TRAUB_MILES, 0.018189),
    "Connor–Stevens": (CONNOR_STEVENS, 8.11407),
}
N_EXC, N_INH, G = 200, 50, 6.0
# Exact in-degrees: drawn ones make a network of this size faster or slower from seed to seed.
IN_DEGREE = {"exc": 40, "inh": 10}
DELAY = 1.5  # ms
ABOVE = 0.5  # how far the mean drive is above the threshold, relative to the way up to it
DEVIATION, JUMP = 2.0, 1.0  # mV; a tenth of the number where the potential has no unit
WINDOW = (200, 800)  # ms
VIEW = (300, 500)  # ms


def section(settings: Settings) -> tuple[Section, dict]:
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
        _text(table),
        figures={"models": _draw_rasters(first), "models_spectra": _draw_spectra(spectra)},
        tables={"models_table": table},
        captions={
            "models": f"The excitatory (below {N_EXC}) and the inhibitory cells of the five "
            "networks, and the populations' rates, smoothed with a Gaussian of 1 ms.",
            "models_spectra": "Spectral density of the rate of the excitatory cells; bands are "
            "one standard error over seeds.",
            "models_table": "Excitatory cells, means over seeds with standard errors: rate "
            "without and with connections; CV of the intervals; mean correlation of pairs and "
            "synchrony index, both of counts in 5 ms; the strongest peak of the spectrum and its "
            "band's power over that of independent cells.",
        },
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


def drive(name: str) -> tuple:
    """Return a model's drive as a stimulus, and what stands for 1 mV of its potential.

    Parameters
    ----------
    name : str
        One of `MODELS`.

    Returns
    -------
    (WhiteNoise, Quantity or float)
    """
    model, threshold = MODELS[name]
    low = min(0.0, model.input_range[0])
    scale = 0.1 if model is QIF else mV
    mean = (threshold + ABOVE * (threshold - low)) * model.input_unit
    noise = noise_for_deviation(model, DEVIATION * scale, low * model.input_unit)
    return WhiteNoise(mean, noise), scale


def network(name: str, jump: float, seed: int, settings: Settings) -> pd.DataFrame:
    """Run a network of a model; return its spikes.

    Parameters
    ----------
    name : str
        One of `MODELS`.
    jump : float
        Of the potential by an excitatory spike, in mV (tenths where it has no unit).
    seed : int
    settings : Settings

    Returns
    -------
    DataFrame
    """
    stimulus, scale = drive(name)
    return ei_network(
        MODELS[name][0], N_EXC, N_INH, in_degree=IN_DEGREE, g=G, delay=DELAY * ms, method="euler",
        duration=WINDOW[1] * ms, synapse=Synapse.delta(jump * scale), drive=stimulus,
        connections=False, seed=seed, backend=settings.backend,
    ).spikes  # fmt: skip


def _text(table: pd.DataFrame) -> str:
    by = table.set_index("model")
    fastest, slowest = by["rate_Hz"].idxmax(), by["rate_Hz"].idxmin()
    regular, irregular = by["isi_cv"].idxmin(), by["isi_cv"].idxmax()
    together = by["synchrony"].idxmax()
    return f"""
{N_EXC} excitatory and {N_INH} inhibitory cells; each receives from {IN_DEGREE["exc"]} and
{IN_DEGREE["inh"]} of them, drawn at random. The inputs of the models have different units, so the
drive is given in the cell's own terms: a mean {100 * ABOVE:.0f} % above its threshold, and white
noise that moves its resting membrane by {DEVIATION:g} mV (standard deviation). A spike moves its
targets by {JUMP:g} mV up or {G * JUMP:g} mV down, {DELAY:g} ms later. (Where the potential has no
unit, 0.1 stands for 1 mV; the QIF neuron's way to the threshold is counted from −1.)

The rate is highest in the {fastest} network ({by.rate_Hz[fastest]:.0f} Hz) and lowest in the
{slowest} one ({by.rate_Hz[slowest]:.1f} Hz). The cells differ so without any connection: uncoupled
they fire {by.uncoupled_rate_Hz[fastest]:.0f} and
{by.uncoupled_rate_Hz[slowest]:.1f} Hz under the same drive, since equal distance from the threshold
is not equal steepness behind it. The {regular} cells are the most regular (CV
{by.isi_cv[regular]:.2f}), the {irregular} cells the least ({by.isi_cv[irregular]:.2f}); the
{together} cells fire most nearly together (synchrony {by.synchrony[together]:.2f}, where
independent cells have about {1 / np.sqrt(N_EXC):.2f}). The strongest rhythm lies between
{by.peak_Hz.min():.0f} and {by.peak_Hz.max():.0f} Hz.
"""


@use_style()
def _draw_rasters(first: dict[str, pd.DataFrame]):
    axes = new_axes(2, len(first), sharex=True, sharey="row", size=(6.5, 3.8),
                    height_ratios=(2, 1))  # fmt: skip
    cells = {"exc": range(N_EXC), "inh": range(N_EXC, N_EXC + N_INH)}
    for k, (name, spikes) in enumerate(first.items()):
        rate = population_rate(shown(spikes, *VIEW), cells, start=VIEW[0], end=VIEW[1],
                               kernel="gaussian", width=1)  # fmt: skip
        upper, lower = plot_raster_rate(shown(spikes, *VIEW), rate, axes[:, k])
        lower.get_legend().remove()
        upper.set_title(name, fontsize=8)
        lower.set(xlabel="", xlim=VIEW, xticks=[VIEW[0], sum(VIEW) / 2])
        if k:
            upper.set_ylabel("")
            lower.set_ylabel("")
    axes[1, len(first) // 2].set_xlabel("time (ms)")
    legend_below(axes[1])
    return axes[0, 0].figure


@use_style()
def _draw_spectra(spectra: dict[str, pd.DataFrame]):
    ax = new_axes(size=(6.5, 3.4))
    for (name, spectrum), colour in zip(spectra.items(), CYCLE, strict=False):
        plot_spectrum(spectrum, ax, label=name, colour=colour, up_to=150)
    return ax.figure
