"""The Connor-Stevens cell itself: its spike, its gates, and why its first spike comes late."""

import numpy as np
import pandas as pd
from brian2 import Quantity, ms, mV

from ..analysis import spike_shapes
from ..analysis.plots import (
    CURRENT_COLOURS,
    CYCLE,
    GATE_COLOURS,
    label_panels,
    legend_below,
    new_axes,
    plot_currents,
    plot_curve,
    plot_gates,
    plot_gating,
    plot_trace,
    plot_voltage_clamp,
    unit_label,
    use_style,
)
from ..dynamics import equilibria
from ..models import CONNOR_STEVENS
from ..protocols import Step, response
from ..protocols.clamp_curves import activation, inactivation, recovery
from ..protocols.gating_curves import gating_curves
from ..protocols.latency import latency
from ..protocols.voltage_clamp import voltage_clamp
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
READ_AFTER = 8 * ms  # at 0 mV the gate a has settled by then


def sections(settings: Settings) -> list[tuple[Section, dict[str, float]]]:
    """Return the sections on the cell, each with its numbers.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    list of (Section, dict)
    """
    rheobase, _ = saddle_node(CONNOR_STEVENS)
    currents = np.array([10.0, *(x * rheobase for x in MULTIPLES)])
    traces = response(
        CONNOR_STEVENS,
        Step(Quantity(currents * DENSITY), onset=ONSET_MS * ms),
        300 * ms,
        n=len(currents),
        record=("v", *GATES, *CURRENTS),
        dt=DT,
        backend=settings.backend,
    ).traces
    first, others = traces["neuron"] == 0, traces["neuron"] > 0
    return [
        _cell(traces[first]),
        _gating(settings),
        _delay(settings, rheobase, traces[others]),
    ]


# ---------------------------------------------------------------------------------------------
# The action potential
# ---------------------------------------------------------------------------------------------
def _cell(traces: pd.DataFrame) -> tuple[Section, dict]:
    rest = _rest_table(traces)
    spikes = spike_shapes(traces["t_ms"], traces["v_mV"])
    at_rest = rest.set_index("quantity")["value"]
    shape = spikes.iloc[0]
    text = f"""
Connor and Stevens (1971) clamped cell bodies of a sea slug and found, beside the currents of the
squid axon, a potassium current that switches on fast and then switches itself off: the
**A-current**. The model is the squid's sodium and potassium current, shifted and sped up, and

<p><i>I</i><sub>A</sub> = <i>g</i><sub>A</sub> <i>a</i>³ <i>b</i> (<i>V</i> − <i>E</i><sub>A</sub>),
with <i>g</i><sub>A</sub> = {G_A} mS/cm² and <i>E</i><sub>A</sub> = −75 mV;</p>

*a* opens it, *b* closes it. Its leak reverses at −17 mV and drives the cell towards firing all the
time; what holds it at rest, at **{signed(at_rest["v (mV)"])} mV**, is the A-current: *b* is still
{at_rest["b"]:.2f} there and *a*³ is {at_rest["a"] ** 3:.2f}, and {at_rest["I_A (uA/cm2)"]:.1f} of the
{at_rest["I_A (uA/cm2)"] + at_rest["I_K (uA/cm2)"]:.1f} µA/cm² outward current are its. So taking
it away changes the rest as well as the spikes; more of that below.

With 10 µA/cm² the cell fires slowly and every spike looks the same: threshold
{signed(shape.threshold_mV, 1)} mV, peak {shape.peak_mV:.1f} mV, width at half height
{shape.half_width_ms:.2f} ms. Look at *b* between spikes (purple): the after-hyperpolarisation takes
inactivation away, *b* rises, the A-current comes back and slows the next approach to threshold.
During the spike the A-current is large, too, and repolarises the cell together with *I*<sub>K</sub>.
"""
    section = Section(
        "The cell and its action potential",
        text,
        figures={"action_potential": _draw_cell(traces, shape.t_peak_ms)},
        tables={"rest": rest, "spike_shapes": spikes},
        captions={
            "action_potential": "A step to 10 µA/cm² at 20 ms: **A** membrane potential, **C** "
            "gates, **E** ionic currents (outward positive, the peaks are cut); right, the "
            "first spike enlarged, with the currents at full height.",
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
    axes = new_axes(3, 2, size=(6.5, 5.6), sharex="col", width_ratios=(2, 1))
    windows = ((0.0, 200.0), (peak_ms - 2.5, peak_ms + 5.5))
    for (top, middle, bottom), window in zip(axes.T, windows, strict=True):
        rows = traces[traces["t_ms"].between(*window)]
        plot_trace(rows, top, color="black")
        plot_gates(rows, GATES, middle)
        plot_currents(rows, CURRENT_COLUMNS, bottom)
        for ax in (top, middle):
            ax.set_xlabel("")
        for ax in (middle, bottom):
            ax.get_legend().remove()
        top.set_xlim(*window)
    axes[2, 0].set_ylim(-20, 20)
    for ax in axes[:, 1]:
        ax.set_ylabel("")
    label_panels(axes.ravel())
    axes[0, 0].figure.align_ylabels(axes[:, 0])
    legend_below(axes[1:, 0])
    return axes[0, 0].figure


# ---------------------------------------------------------------------------------------------
# Gates
# ---------------------------------------------------------------------------------------------
def _gating(settings: Settings) -> tuple[Section, dict]:
    curves = gating_curves(CONNOR_STEVENS)
    landmarks = gating_curves(CONNOR_STEVENS, [-90, -67.98, -50, 0] * mV)
    clamp, measured = _clamp(settings)
    kinetics = landmarks.set_index(["gate", "v_mV"])
    recovered = measured["recovery"].attrs["tau_ms"]
    at_0, at_rest = kinetics.loc[("b", 0.0)], kinetics.loc[("b", -67.98)]
    text = f"""
All five gates follow d*x*/d*t* = (*x*<sub>∞</sub> − *x*)/τ<sub>x</sub>. Steady states and time
constants come from the equation text itself.

*a* and *b* overlap: at rest *a* is half open and *b* = {at_rest.steady_state:.2f}, so a **window
current** *a*<sub>∞</sub>³*b*<sub>∞</sub> flows all the time between about −75 and −50 mV. On
depolarisation *a* follows within {kinetics.loc[("a", -50.0)].tau_ms:.1f} ms, but *b* needs
{kinetics.loc[("b", -50.0)].tau_ms:.1f} ms at −50 mV: for the first milliseconds the current is larger
than the window current, and then lets go.

The voltage clamp shows what Connor and Stevens saw. From −100 mV, where *b* is open, a step upwards
draws a fast outward current that decays with τ<sub>b</sub> ({at_0.tau_ms:.2f} ms at 0 mV). After a
long prepulse the current left at 0 mV is that of *b*<sub>∞</sub>, and at −100 mV it recovers with
a time constant of **{recovered:.2f} ms** – the τ<sub>b</sub> of the equations there
({float(gating_curves(CONNOR_STEVENS, [-100] * mV).query("gate == 'b'")["tau_ms"].iloc[0]):.2f} ms), got
back from currents alone.
"""
    section = Section(
        "Five gates, and the A-current in voltage clamp",
        text,
        figures={
            "gating": _draw_gating(curves),
            "voltage_clamp": plot_voltage_clamp(clamp, window=(0.0, 22.0))[0].figure,
            "clamp_curves": _draw_clamp_curves(curves, measured),
        },
        tables={"gates": landmarks, **{f"a_{name}": table for name, table in measured.items()}},
        captions={
            "gating": "**A** Steady state and **B** time constant of the gates; **C** the "
            "window current's open fraction: A-current that never inactivates.",
            "voltage_clamp": "A-current for steps from −100 mV, after 2 ms.",
            "clamp_curves": "Read off such currents (points) beside the gates (lines): **A** peak "
            "conductance, and the current at 0 mV after a prepulse; **B** recovery at −100 mV. "
            "The peak stays below *a*<sub>∞</sub>³ because *b* falls while *a* rises.",
            "gates": "Steady states and time constants at four potentials; the second is the rest.",
            "a_activation": "Activation: peak conductance for a step from −120 mV.",
            "a_inactivation": "Inactivation: 8 ms into a step to 0 mV, after a prepulse.",
            "a_recovery": "Recovery at −100 mV, with the fitted exponential.",
        },
    )
    return section, {"recovery_tau_ms": recovered}


def _clamp(settings: Settings) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Run the clamp family, and the activation, inactivation and recovery of the A-current."""
    step = 20 if settings.quick else 10
    clamp = voltage_clamp(
        CONNOR_STEVENS, np.arange(-80, 21, step) * mV, hold=-100 * mV, duration=20 * ms,
        hold_duration=2 * ms, record_dt=DT, dt=DT, backend=settings.backend,
    )  # fmt: skip
    run = {"dt": DT, "backend": settings.backend}
    intervals = [1, 3, 6, 10, 20] if settings.quick else [0.5, 1, 2, 3, 4, 6, 8, 10, 15, 20]
    measured = {
        "activation": activation(
            CONNOR_STEVENS, "I_A", np.arange(-90, 31, step) * mV, duration=10 * ms, **run
        ),
        "inactivation": inactivation(
            CONNOR_STEVENS, "I_A", np.arange(-120, -19, step) * mV, read_after=READ_AFTER,
            prepulse_duration=60 * ms, test_duration=10 * ms, **run,
        ),
        "recovery": recovery(
            CONNOR_STEVENS, "I_A", intervals * ms, read_after=READ_AFTER,
            condition_duration=30 * ms, test_duration=10 * ms, **run,
        ),
    }  # fmt: skip
    return clamp, measured


@use_style()
def _draw_gating(curves: pd.DataFrame):
    axes = new_axes(1, 3, size=(6.5, 2.7))
    plot_gating(curves, (axes[0], axes[1]))
    steady = curves.pivot_table(index="v_mV", columns="gate", values="steady_state")
    axes[2].plot(steady.index, steady["a"] ** 3 * steady["b"], color=CURRENT_COLOURS["I_A"])
    axes[2].set(
        xlabel="membrane potential (mV)",
        ylabel="$a_\\infty^3 b_\\infty$ (fraction)",
        xlim=(-100, 50),
        ylim=(0, None),
    )
    label_panels(axes)
    return axes[0].figure


@use_style()
def _draw_clamp_curves(curves: pd.DataFrame, measured: dict[str, pd.DataFrame]):
    left, right = new_axes(1, 2, size=(6.5, 2.9))
    steady = curves.pivot_table(index="v_mV", columns="gate", values="steady_state")
    steady = steady[steady.index >= -100].reset_index()
    opened = pd.DataFrame({"command_mV": steady["v_mV"], "activation": steady["a"] ** 3})
    opened["activation"] /= np.interp(30, steady["v_mV"], steady["a"] ** 3)
    opened = opened[opened["command_mV"].between(-90, 30)]
    closed = pd.DataFrame({"prepulse_mV": steady["v_mV"], "inactivation": steady["b"]})
    closed["inactivation"] /= float(
        gating_curves(CONNOR_STEVENS, [-120] * mV).query("gate == 'b'")["steady_state"].iloc[0]
    )
    plot_curve(measured["activation"], "command_mV", "activation", left, theory=opened,
               color=GATE_COLOURS["a"], label="activation")  # fmt: skip
    plot_curve(measured["inactivation"], "prepulse_mV", "inactivation", left,
               theory=closed[closed["prepulse_mV"] <= -20],
               color=GATE_COLOURS["b"], label="inactivation")  # fmt: skip
    left.set(xlabel="potential (mV)", ylabel="relative conductance")
    left.legend(loc="center right", bbox_to_anchor=(1.0, 0.35))
    fit = measured["recovery"].assign(recovery=measured["recovery"]["fit"])
    plot_curve(measured["recovery"], "interval_ms", "recovery", right, theory=fit,
               color=GATE_COLOURS["b"])  # fmt: skip
    right.set(xlabel="time at −100 mV (ms)", ylabel="recovered fraction", ylim=(0, 1.02))
    label_panels((left, right))
    return left.figure


# ---------------------------------------------------------------------------------------------
# The late first spike
# ---------------------------------------------------------------------------------------------
def _delay(settings: Settings, rheobase: float, traces: pd.DataFrame) -> tuple[Section, dict]:
    late, early = _latencies(settings, rheobase)
    at = late.loc[(late["I_relative"] - 1.1).abs().idxmin(), "latency_ms"]
    first = late.loc[late["excess"].idxmin()]
    text = f"""
Just above the rheobase ({rheobase:.4f} µA/cm²) the first spike takes its time: **{at:.1f} ms** at 1.1
times the rheobase, {first.latency_ms:.0f} ms at {first.I:.2f} µA/cm². The traces show two stages.

1. **The A-current catches the depolarisation.** *a* opens within a millisecond or two, *b* has not
   yet moved, and the outward current stops the potential some ten millivolts below threshold.
2. **The cell creeps.** *b* falls, but only as far as *b*<sub>∞</sub>(*V*): it follows within a few
   milliseconds and would be done long before the spike. What takes a hundred is the balance that is
   left: at the rheobase outward and inward current cancel exactly (a saddle-node, next section), and
   just above it they *almost* do, so d*V*/d*t* stays near zero for as long as the potential needs to
   squeeze through. The theory of this bottleneck says: latency ∝ 1/√(*I* − *I*<sub>0</sub>), a slope
   of −½ in panel D.

So the A-current makes the delay not by being slow but by balancing the input near threshold. Without
it (leak moved, see below) the first spike comes within {early["latency_ms"].max():.1f} ms at any
current that makes the cell fire on and on.
"""
    section = Section(
        "Why the first spike is late",
        text,
        figures={"delay": _draw_delay(traces, rheobase, late, early)},
        tables={"latency": late.drop(columns="excess"), "latency_no_A": early},
        captions={
            "delay": "Steps at 20 ms to multiples of the rheobase: **A** membrane potential, "
            "**B** A-current, **C** its inactivation gate. **D** Latency against the current "
            "above rheobase, with the slope −½ of a saddle-node.",
            "latency": "First-spike latency of the Connor–Stevens cell.",
            "latency_no_A": "The same without A-current, leak moved to −67.8 mV.",
        },
    )
    return section, {"latency_1p1_ms": float(at)}


def _latencies(settings: Settings, rheobase: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    count = 7 if settings.quick else 16
    excess = np.append(np.geomspace(0.01, 5.0, count), 0.1)
    run = {"dt": DT, "backend": settings.backend}
    late = latency(
        CONNOR_STEVENS, np.sort(1 + excess), relative_to=rheobase * DENSITY, duration=600 * ms,
        vary={"g_A": [G_A] * CONDUCTANCE}, **run,
    )  # fmt: skip
    late["excess"] = late["I"] - rheobase
    currents = Quantity(np.linspace(7.2, 40.0, count) * DENSITY)
    vary = {"E_L": [float(MOVED_LEAK / mV)] * mV}
    return late, latency(NO_A, currents, duration=100 * ms, vary=vary, **run)


@use_style()
def _draw_delay(traces: pd.DataFrame, rheobase: float, late: pd.DataFrame, early: pd.DataFrame):
    axes = new_axes(2, 2, size=(6.5, 4.8))
    columns = ("v_mV", "I_A_uA_per_cm2", "b")
    labels = ("membrane potential (mV)", unit_label("I_A", "uA/cm**2"), "inactivation gate $b$")
    for ax, column, label in zip(axes.flat, columns, labels, strict=False):
        for multiple, colour, (_, rows) in zip(
            MULTIPLES, CYCLE, traces.groupby("neuron"), strict=False
        ):
            rows = rows[rows["t_ms"].between(0, 220)]
            ax.plot(rows["t_ms"], rows[column], color=colour, label=f"{multiple:g} × rheobase")
        ax.set(xlabel="time (ms)", ylabel=label)
    axes[0, 1].set_ylim(0, 60)
    below = axes[1, 1]
    below.loglog(late["excess"], late["latency_ms"], "o", color="black", markersize=3)
    low, high = late["excess"].min(), late["excess"].max()
    line = np.array([low, high])
    start = late.loc[late["excess"].idxmin(), "latency_ms"]
    below.plot(line, start * np.sqrt(low / line), color="black", linewidth=0.9)
    below.set(xlabel="$I - I_0$ (µA/cm²)", ylabel="latency (ms)")
    below.xaxis.set_major_formatter("{x:g}")
    below.yaxis.set_major_formatter("{x:g}")
    label_panels(axes.flat)
    legend_below(axes[:1, 0])
    return below.figure
