"""What the A-type current of its cells does to a network's rhythm."""

import numpy as np
import pandas as pd
from brian2 import ms, mV

from ..analysis.plots import CYCLE, label_panels, legend_below, new_axes, use_style
from ..dynamics import noise_for_deviation
from ..models import CONNOR_STEVENS
from ..protocols import Synapse, WhiteNoise, ei_network, rates
from .connor_stevens_common import CONDUCTANCE, DENSITY, DT, G_A, steady_current, with_A
from .networks_common import measure
from .study import Section, Settings

REST = -67.978  # mV, of the full cell
G_L = CONNOR_STEVENS.parameters["g_L"].value
N_EXC, N_INH = 200, 50
IN_DEGREE = {"exc": 80, "inh": 20}
EXCITATION = Synapse.conductance(3 * ms, 0 * mV, 0.01 * CONDUCTANCE)
INHIBITION = Synapse.conductance(8 * ms, -80 * mV, 0.1 * CONDUCTANCE)
SAME_INPUT = 20.0  # uA/cm2
SAME_RATE = 100.0  # Hz
DEVIATION = 2.0  # mV
WINDOW = (200, 800)  # ms
BAND = (20, 150)  # Hz
WAYS = {"same input": "input", "same rate alone": "rate"}


def cell(multiple: float):
    """Return the cell with a multiple of its A-current, and a leak that keeps its rest.

    Parameters
    ----------
    multiple : float

    Returns
    -------
    NeuronModel

    Examples
    --------
    >>> round(float(cell(0.0).parameters["E_L"].value), 1)
    -67.9
    """
    changed = with_A(multiple)
    surplus = float(steady_current(changed, np.array([REST]))[0])
    return changed.with_(E_L=(changed.parameters["E_L"].value + surplus / G_L) * mV)


def section(settings: Settings) -> tuple[Section, dict]:
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
            runs = [_network(cell(multiple), current, seed, settings) for seed in seeds]
            row, _ = measure(runs, range(N_EXC), WINDOW, BAND, segment=250)
            rate = _interpolated(alone[alone["multiple"] == multiple], current)
            rows.append({"way": way, "g_A_multiple": multiple, "g_A_mS_per_cm2": multiple * G_A,
                         "I_uA_per_cm2": current, "single_cell_rate_Hz": rate, **row})  # fmt: skip
    table = pd.DataFrame(rows)
    found = {(r.way, r.g_A_multiple): r for r in table.itertuples()}
    section = Section(
        "What the A-current does to a rhythm",
        _text(found, max(multiples)),
        figures={"a_current": _draw(table)},
        tables={"a_current_table": table},
        captions={
            "a_current": "Rate, strongest peak of the spectrum and synchrony index of the "
            "excitatory cells over the A-type conductance *g*<sub>A</sub>, in multiples of the "
            "full cell's; mean and standard error "
            "over seeds.",
            "a_current_table": "The same as numbers, with the input and the rate at which a "
            "single cell fires under it without noise.",
        },
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


def single_cells(multiples, settings: Settings) -> pd.DataFrame:
    """Return the F-I curve of each cell without noise or connections, with ``multiple``."""
    currents = np.arange(5.0, 31.0, 1.0)
    sets = pd.DataFrame([
        {"multiple": x, "g_A": x * G_A, "E_L": cell(x).parameters["E_L"].value, "I": current}
        for x in multiples for current in currents
    ])  # fmt: skip
    found = rates(CONNOR_STEVENS, sets[["g_A", "E_L", "I"]], duration=700 * ms, discard=200 * ms,
                  dt=DT, backend=settings.backend)  # fmt: skip
    return sets[["multiple", "I"]].assign(rate_Hz=found["rate_Hz"].to_numpy())


def input_for(curve: pd.DataFrame) -> float:
    """Return the input at which a cell fires `SAME_RATE`, between the measured ones."""
    firing = curve[curve["rate_Hz"] > 0]
    return float(np.interp(SAME_RATE, firing["rate_Hz"], firing["I"]))


def _interpolated(curve: pd.DataFrame, current: float) -> float:
    return float(np.interp(current, curve["I"], curve["rate_Hz"]))


def _network(model, current: float, seed: int, settings: Settings) -> pd.DataFrame:
    noise = noise_for_deviation(cell(1.0), DEVIATION * mV)
    return ei_network(
        model, N_EXC, N_INH, in_degree=IN_DEGREE, synapse=EXCITATION, inhibition=INHIBITION,
        delay=1 * ms,
        drive=WhiteNoise(current * DENSITY, noise), method="euler", duration=WINDOW[1] * ms,
        connections=False, seed=seed, backend=settings.backend,
    ).spikes  # fmt: skip


def _text(found, most: float) -> str:
    none, full, top = (found["same input", x] for x in (0.0, 1.0, most))
    bare, same = found["same rate alone", 0.0], found["same rate alone", 1.0]
    more = "" if most == 1 else f" ({top.peak_Hz:.0f} Hz at {most:g} times the conductance)"
    return f"""
A network of Connor–Stevens cells with conductance synapses: excitation fades with 3 ms, inhibition,
which reverses at −80 mV, with 8 ms. A volley of excitation recruits inhibition, which silences all
until it has faded, and so on: a rhythm. *g*<sub>A</sub> is now changed in all cells. The leak
moves along so that the cells keep their resting potential.

**At the same input**, {SAME_INPUT:g} µA/cm², the cells fire {none.rate_Hz:.0f} ±
{none.rate_Hz_sem:.0f} Hz without and {full.rate_Hz:.0f} ± {full.rate_Hz_sem:.0f} Hz with the
A-current, and the rhythm has {none.peak_Hz:.0f} ± {none.peak_sem_Hz:.0f} and {full.peak_Hz:.0f} ±
{full.peak_sem_Hz:.0f} Hz{more}. That might only say that an A-current is one more outward current:
under this input a single cell fires {none.single_cell_rate_Hz:.0f} Hz without it and
{full.single_cell_rate_Hz:.0f} Hz with it.

**At the same rate of the single cell**, {SAME_RATE:g} Hz (which takes {bare.I_uA_per_cm2:.1f} and
{same.I_uA_per_cm2:.1f} µA/cm²), the network fires {bare.rate_Hz:.0f} ± {bare.rate_Hz_sem:.0f} Hz
without and {same.rate_Hz:.0f} ± {same.rate_Hz_sem:.0f} Hz with the A-current; the rhythm has
{bare.peak_Hz:.0f} ± {bare.peak_sem_Hz:.0f} and {same.peak_Hz:.0f} ± {same.peak_sem_Hz:.0f} Hz, the
synchrony index is {bare.synchrony:.2f} ± {bare.synchrony_sem:.2f} and {same.synchrony:.2f} ±
{same.synchrony_sem:.2f}. Differences of this comparison that exceed their errors come from how the
current acts in time, not from how much of it there is.
"""


@use_style()
def _draw(table: pd.DataFrame):
    axes = new_axes(1, 3, size=(6.5, 2.7))
    shown = {
        "rate_Hz": ("rate_Hz_sem", "firing rate (Hz)"),
        "peak_Hz": ("peak_sem_Hz", "rhythm (Hz)"),
        "synchrony": ("synchrony_sem", "synchrony index"),
    }
    for ax, (name, (error, label)) in zip(axes, shown.items(), strict=True):
        for (way, rows), colour in zip(table.groupby("way", sort=False), CYCLE, strict=False):
            ax.errorbar(rows["g_A_multiple"], rows[name], rows[error], fmt="o-", color=colour,
                        capsize=2, label=way)  # fmt: skip
        ax.set(xlabel="$g_A$ (full cell: 1)", ylabel=label)
        ax.set_ylim(bottom=0)
    label_panels(axes)
    legend_below(axes)
    return axes[0].figure
