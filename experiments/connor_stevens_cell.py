"""The Connor-Stevens cell itself: its spike, and why its first spike comes late."""

import numpy as np
import pandas as pd
from brian2 import Quantity, ms, mV

from ..analysis import spike_shapes
from ..analysis.plots import (
    CYCLE,
    label_panels,
    legend_below,
    new_axes,
    plot_currents,
    plot_gates,
    plot_trace,
    unit_label,
    use_style,
)
from ..dynamics import equilibria
from ..models import CONNOR_STEVENS
from ..protocols import Step, response
from ..protocols.clamp.gating_curves import gating_curves
from ..protocols.firing.latency import latency
from . import connor_stevens_gates
from .connor_stevens_common import (
    CONDUCTANCE,
    DENSITY,
    DT,
    G_A,
    MOVED_LEAK,
    NO_A,
    saddle_node,
    signed,
)
from .study import Section, Settings

GATES = ("m", "h", "n", "a", "b")
CURRENTS = ("I_Na", "I_K", "I_A", "I_L")
CURRENT_COLUMNS = {f"{name}_uA_per_cm2": name for name in CURRENTS}
ONSET_MS = 20.0
MULTIPLES = (1.02, 1.1, 1.3, 2.0)  # of the rheobase


def sections(
    settings: Settings, moved_leak_threshold: float
) -> list[tuple[Section, dict[str, float]]]:
    """Return the sections on the cell, each with its numbers.

    Parameters
    ----------
    settings : Settings
    moved_leak_threshold : float
        Threshold of the cell without A-current whose leak is moved, uA/cm2.

    Returns
    -------
    list of (Section, dict)
    """
    rheobase, _ = saddle_node(CONNOR_STEVENS)
    currents = np.array([10.0, *(x * rheobase for x in MULTIPLES)])
    out = response(
        CONNOR_STEVENS,
        Step(Quantity(currents * DENSITY), onset=ONSET_MS * ms),
        300 * ms,
        n=len(currents),
        record=("v", *GATES, *CURRENTS),
        dt=DT,
        backend=settings.backend,
    )
    traces, spikes = out.traces, out.spikes
    first = spikes.groupby("neuron")["t_ms"].min()
    approach = traces[(traces["neuron"] > 0) & (traces["t_ms"] < traces["neuron"].map(first) + 4)]
    return [
        _cell(traces[traces["neuron"] == 0]),
        connor_stevens_gates.section(settings),
        _delay(settings, rheobase, moved_leak_threshold, approach),
    ]


# ---------------------------------------------------------------------------------------------
# The action potential
# ---------------------------------------------------------------------------------------------
def _cell(traces: pd.DataFrame) -> tuple[Section, dict]:
    rest = _rest_table(traces)
    spikes = spike_shapes(traces["t_ms"], traces["v_mV"])
    at_rest = rest.set_index("quantity")["value"]
    shape = spikes.iloc[0]
    peak = {name: traces[f"{name}_uA_per_cm2"].max() for name in ("I_K", "I_A")}
    text = f"""
Connor and Stevens (1971) voltage-clamped cell bodies of sea slugs and found, beside the currents
of the squid axon, a potassium current that switches on fast and then switches itself off: the
**A-current**. The model consists of the squid's sodium and potassium currents, shifted and sped
up, a leak, and

<p><i>I</i><sub>A</sub> = <i>g</i><sub>A</sub> <i>a</i>³ <i>b</i> (<i>V</i> − <i>E</i><sub>A</sub>),
with <i>g</i><sub>A</sub> = {G_A} mS/cm² and <i>E</i><sub>A</sub> = −75 mV;</p>

*a* opens it, *b* closes it. The leak reverses at −17 mV and drives the cell towards firing all the
time. What holds it at rest, at **{signed(at_rest["v (mV)"])} mV**, is the A-current: *b* is still
{at_rest["b"]:.2f} there and *a*³ is {at_rest["a"] ** 3:.2f}, and the {at_rest["I_A (uA/cm2)"]:.1f}
µA/cm² that balance the leak are nearly all its own (table). Taking the A-current away changes the
rest as well as the spikes; more of that below.

With 10 µA/cm² the cell fires slowly. A spike starts at {signed(shape.threshold_mV, 1)} mV, peaks at
{shape.peak_mV:.1f} mV and is {shape.half_width_ms:.2f} ms wide at half height. *I*<sub>K</sub>
repolarises it (up to {peak["I_K"]:.0f} µA/cm²), with some help of *I*<sub>A</sub>
({peak["I_A"]:.0f}). Between spikes it is the other way round: the after-hyperpolarisation takes
inactivation away, *b* (purple) rises, and *I*<sub>A</sub> is the outward current that slows the
next approach to threshold.
"""
    section = Section(
        "The cell and its action potential",
        text,
        figures={"action_potential": _draw_cell(traces, shape.t_peak_ms)},
        tables={"rest": rest, "spike_shapes": spikes},
        captions={
            "action_potential": "A step to 10 µA/cm² at 20 ms: **A** membrane potential, **C** "
            "gates, **E** ionic currents (outward positive, cut at 40 µA/cm²). **B**, **D**, **F** "
            "the first spike enlarged, with the currents at full height.",
            "rest": "The resting state without input: the equilibrium of the equations, and the "
            "currents that cancel there.",
            "spike_shapes": "Shapes of these spikes; the threshold is where d*V*/d*t* passes "
            "10 mV/ms.",
        },
    )
    numbers = {"rest_mV": at_rest["v (mV)"]} | {f"rest_{gate}": at_rest[gate] for gate in GATES}
    return section, numbers


def _rest_table(traces: pd.DataFrame) -> pd.DataFrame:
    """List the stable equilibrium without input, and the currents of the first sample, at rest."""
    state = equilibria(CONNOR_STEVENS).query("stable").iloc[0]
    sample = traces.iloc[0]
    rows = {"v (mV)": state["v_mV"]} | {gate: state[gate] for gate in GATES}
    rows |= {f"{name} (uA/cm2)": sample[column] for column, name in CURRENT_COLUMNS.items()}
    return pd.DataFrame({"quantity": list(rows), "value": [float(x) for x in rows.values()]})


@use_style()
def _draw_cell(traces: pd.DataFrame, peak_ms: float):
    axes = new_axes(3, 2, size=(6.5, 5.2), sharex="col", width_ratios=(2, 1))
    windows = ((0.0, 200.0), (peak_ms - 2.5, peak_ms + 5.5))
    for (top, middle, bottom), window in zip(axes.T, windows, strict=True):
        rows = traces[traces["t_ms"].between(*window)]
        plot_trace(rows, top, color="black")
        plot_gates(rows, GATES, middle)
        plot_currents(rows, CURRENT_COLUMNS, bottom)
        top.set(xlim=window, xlabel="")
        middle.set_xlabel("")
    for ax, label in zip(axes[:, 0], ("$V$ (mV)", "gate (fraction)", "$I$ (µA/cm²)"), strict=True):
        ax.set_ylabel(label)
    for ax in axes[:, 1]:
        ax.set_ylabel("")
    for ax in axes[1:, 0]:
        ax.get_legend().remove()  # the right panels have them
    axes[2, 0].set_ylim(-40, 40)
    label_panels(axes.ravel())
    axes[0, 0].figure.align_ylabels(axes[:, 0])
    return axes[0, 0].figure


# ---------------------------------------------------------------------------------------------
# The late first spike
# ---------------------------------------------------------------------------------------------
def _delay(
    settings: Settings, rheobase: float, moved_leak_threshold: float, approach: pd.DataFrame
) -> tuple[Section, dict]:
    late, early = _latencies(settings, rheobase, moved_leak_threshold)
    at = late.loc[(late["I_relative"] - 1.1).abs().idxmin(), "latency_ms"]
    first = late.loc[late["excess"].idxmin()]
    text = f"""
Just above the rheobase ({rheobase:.4f} µA/cm²) the first spike takes its time: **{at:.1f} ms** at
1.1 times the rheobase, {first.latency_ms:.0f} ms at {first.I:.3f} µA/cm². The traces show two
stages.

1. **The A-current catches the depolarisation.** *a* opens within a millisecond or two, *b* has not
   yet moved, and the outward current stops the potential some ten millivolts below threshold.
2. **The cell creeps.** Is *b* so slow? No: near the rheobase it follows its steady state closely
   (dotted in panel C). The balance is what takes long: at the rheobase outward and inward current
   cancel exactly (a saddle-node, next section), just above it they *almost* do, and d*V*/d*t* stays
   near zero until the potential has squeezed through. Theory says that the time in such a
   bottleneck grows as 1/√(*I* − *I*<sub>0</sub>): panel D comes close to the slope −½ at its left
   end.

So the A-current delays the spike not by being slow but by balancing the input near threshold.
Without it (leak moved, see below) the first spike comes within {early["latency_ms"].max():.1f} ms
at any current that makes the cell fire on and on, however near the threshold.
"""
    section = Section(
        "Why the first spike is late",
        text,
        figures={"delay": _draw_delay(approach, late, early)},
        tables={
            "latency": late.drop(columns="excess"),
            "latency_no_A": early.drop(columns="excess"),
        },
        captions={
            "delay": "Steps at 20 ms to multiples of the rheobase, drawn up to the first spike: "
            "**A** membrane potential, **B** A-current, **C** its inactivation gate and (dotted) "
            "*b*<sub>∞</sub>(*V*). **D** Latency against the distance from the threshold; the thin "
            "line has the slope −½.",
            "latency": "First-spike latency of the Connor–Stevens cell.",
            "latency_no_A": "The same without A-current, leak moved to −67.8 mV.",
        },
    )
    return section, {"latency_1p1_ms": float(at)}


def _latencies(
    settings: Settings, rheobase: float, moved_leak_threshold: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    count = 8 if settings.quick else 20
    excess = np.geomspace(0.008, 32.0, count)  # uA/cm2
    run = {"dt": DT, "backend": settings.backend}
    late = latency(
        CONNOR_STEVENS, np.sort([1.1, *(1 + excess / rheobase)]), relative_to=rheobase * DENSITY,
        duration=1300 * ms, vary={"g_A": [G_A] * CONDUCTANCE}, **run,
    )  # fmt: skip
    early = latency(
        NO_A, Quantity((moved_leak_threshold + excess) * DENSITY), duration=100 * ms,
        vary={"E_L": [float(MOVED_LEAK / mV)] * mV}, **run,
    )  # fmt: skip
    late["excess"] = late["I"] - rheobase
    early["excess"] = early["I"] - moved_leak_threshold
    return late, early


@use_style()
def _draw_delay(approach: pd.DataFrame, late: pd.DataFrame, early: pd.DataFrame):
    axes = new_axes(2, 2, size=(6.5, 4.8))
    columns = ("v_mV", "I_A_uA_per_cm2", "b")
    labels = ("membrane potential (mV)", unit_label("I_A", "uA/cm**2"), "inactivation gate $b$")
    steady = gating_curves(CONNOR_STEVENS).query("gate == 'b'")
    cells = zip(MULTIPLES, CYCLE, approach.groupby("neuron"), strict=False)
    for multiple, colour, (_, rows) in cells:
        for ax, column, label in zip(axes.flat, columns, labels, strict=False):
            ax.plot(rows["t_ms"], rows[column], color=colour, label=f"{multiple:g} × rheobase")
            ax.set(xlabel="time (ms)", ylabel=label)
        before = rows[rows["v_mV"] < -45].iloc[: -int(4 / (DT / ms))]
        settled = np.interp(before["v_mV"], steady["v_mV"], steady["steady_state"])
        axes[1, 0].plot(before["t_ms"], settled, color="black", linestyle=":", linewidth=1)
    axes[0, 1].set_ylim(0, 60)
    last = axes[1, 1]
    last.loglog(late["excess"], late["latency_ms"], "o", color="black", markersize=3)
    last.loglog(early["excess"], early["latency_ms"], "s", color=CYCLE[4], markersize=3)
    near = late.loc[late["excess"].idxmin()]
    line = np.array([near.excess, 1.0])
    last.plot(line, near.latency_ms * np.sqrt(near.excess / line), color="black", linewidth=0.8)
    last.annotate("with A-current", (0.03, 60), fontsize=8, ha="center", va="top")
    last.annotate("without", (0.03, 3.2), fontsize=8, color=CYCLE[4], ha="center", va="top")
    last.set(xlabel="$I$ − threshold (µA/cm²)", ylabel="latency (ms)", ylim=(0.4, 2000))
    last.xaxis.set_major_formatter("{x:g}")
    last.yaxis.set_major_formatter("{x:g}")
    label_panels(axes.flat)
    legend_below(axes[:1, 0])
    return last.figure
