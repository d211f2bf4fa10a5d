"""One current, two answers: ramps up and down, and pulses that end the firing."""

import numpy as np
import pandas as pd
from brian2 import Quantity, ms, mV
from scipy.ndimage import distance_transform_edt

from ...analysis import spike_table
from ...dynamics import equilibria
from ...models import HODGKIN_HUXLEY
from ...models.checks import unit_text
from ...protocols import Constant, Expression, Step, response
from ...simulation import simulate
from ..study import Settings
from .common import DENSITY, PATHS, SHOWN

START_OF_RAMP_DOWN = 20.0  # uA/cm2, where only firing is stable


def follow_paths(settings: Settings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Bring cells to many currents in three ways, hold them there, and measure the rate."""
    currents = [4, 5, 6, 6.2, 6.3, 6.5, 7, 8, 9, 9.7, 9.9, 10.1, 10.5, 11, 12]
    if settings.quick:
        currents = [5, 6.2, 6.3, 7, 9, 9.7, 10.5, 11]
    ramp, hold = 500, 500 if settings.quick else 1000
    sets = pd.DataFrame([(p, float(I)) for p in PATHS for I in currents], columns=["path", "I"])
    begin = {PATHS[0]: sets["I"], PATHS[1]: 0.0, PATHS[2]: START_OF_RAMP_DOWN}
    first = np.select([sets["path"] == path for path in PATHS], list(begin.values()))
    stimulus = Expression(
        "I_start + (I_end - I_start)*clip(t/T_ramp, 0, 1)",
        {
            "I_start": first * DENSITY,
            "I_end": sets["I"].to_numpy() * DENSITY,
            "T_ramp": ramp * ms,
        },
    )
    found = response(
        HODGKIN_HUXLEY, stimulus, (ramp + hold) * ms, n=len(sets), record=("v", "I"),
        record_dt=0.25 * ms, backend=settings.backend,
    )  # fmt: skip
    measured = spike_table(
        found.spikes["neuron"], found.spikes["t_ms"], len(sets),
        start=ramp + 0.6 * hold, end=ramp + hold,
    ).drop(columns="neuron")  # fmt: skip
    table = pd.concat([sets, measured], axis=1)
    table.insert(2, "I_unit", unit_text(HODGKIN_HUXLEY.input_unit))
    table.attrs = found.traces.attrs | {"stimulus": f"{ramp} ms to I, then {hold} ms held"}
    shown = sets.index[sets["I"] == SHOWN]
    traces = found.traces[found.traces["neuron"].isin(shown)]
    traces = traces[traces["t_ms"] < ramp + 150]
    return traces.assign(path=traces["neuron"].map(sets["path"])), table


def first_firing(table: pd.DataFrame, path: str) -> float:
    """Return the lowest current at which a path ended in firing."""
    rows = table[(table["path"] == path) & (table["rate_Hz"] > 0)]
    return float(rows["I"].min())


def train(n: int, onset, amplitude):
    """Return a held current, a pulse at 20 ms that starts firing, and a second pulse."""
    start = Step(np.full(n, 20.0) * DENSITY, onset=20 * ms, offset=21 * ms)
    onset = np.broadcast_to(onset, n)
    second = Step(
        np.broadcast_to(amplitude, n) * DENSITY, onset=onset * ms, offset=(onset + 1) * ms
    )
    return Constant(np.full(n, SHOWN) * DENSITY) + start + second


def at_rest() -> dict[str, Quantity]:
    """Return the stable equilibrium at the held current."""
    at = equilibria(HODGKIN_HUXLEY, SHOWN * DENSITY).iloc[0]
    return {"v": at["v_mV"] * mV, **{gate: at[gate] for gate in ("m", "h", "n")}}


def try_pulses(settings: Settings) -> pd.DataFrame:
    """Try pulses of 1 ms at all phases of the cycle and see which ones end the firing."""
    count = (12, 9) if settings.quick else (35, 33)
    onsets = 100 + np.linspace(0, 17, count[0])
    amplitudes = np.linspace(-16, 16, count[1])
    table = pd.DataFrame(
        [(t, a) for t in onsets for a in amplitudes], columns=["onset_ms", "amplitude"]
    )
    spikes = simulate(
        HODGKIN_HUXLEY, train(len(table), table["onset_ms"], table["amplitude"]), len(table),
        260 * ms, start=at_rest(), backend=settings.backend, label="pulses at all phases",
    )  # fmt: skip
    late = spike_table(spikes.spike_neuron, spikes.spike_ms, len(table), start=200, end=260)
    before = pd.DataFrame({"neuron": spikes.spike_neuron, "t_ms": spikes.spike_ms})
    before = before[before["t_ms"] < table["onset_ms"].to_numpy()[before["neuron"]]]
    table["phase_ms"] = table["onset_ms"] - before.groupby("neuron")["t_ms"].max()
    table["off"] = late["spike_count"] == 0
    table["amplitude_unit"] = unit_text(HODGKIN_HUXLEY.input_unit)
    return table


def best_switch(pulses: pd.DataFrame) -> pd.Series:
    """Return the pulse that ends the firing and lies farthest from those that do not."""
    grid = pulses.pivot_table(index="onset_ms", columns="amplitude", values="off").sort_index()
    inside = distance_transform_edt(np.pad(grid.to_numpy() > 0, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(np.argmax(inside), inside.shape)
    at = (pulses["onset_ms"] == grid.index[row]) & (pulses["amplitude"] == grid.columns[column])
    return pulses[at].iloc[0]


def switched_traces(settings: Settings, switch: pd.Series) -> pd.DataFrame:
    """Return the traces of one cell that is switched on and off."""
    return response(
        HODGKIN_HUXLEY, train(1, switch["onset_ms"], switch["amplitude"]), 200 * ms,
        record=("v", "I"), start=at_rest(), backend=settings.backend,
    ).traces  # fmt: skip
