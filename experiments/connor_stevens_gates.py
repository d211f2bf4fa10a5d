"""The five gates of the Connor-Stevens cell, and its A-current in voltage clamp."""

import numpy as np
import pandas as pd
from brian2 import ms, mV

from ..analysis.plots import (
    CURRENT_COLOURS,
    GATE_COLOURS,
    label_panels,
    new_axes,
    plot_curve,
    plot_gating,
    plot_voltage_clamp,
    unit_label,
    use_style,
)
from ..models import CONNOR_STEVENS
from ..protocols.clamp.clamp_curves import activation, inactivation, recovery
from ..protocols.clamp.gating_curves import gating_curves
from ..protocols.clamp.voltage_clamp import voltage_clamp
from .connor_stevens_common import DT, G_A, signed
from .study import Section, Settings

READ_AFTER = 8 * ms  # at 0 mV the gate a has settled by then


def section(settings: Settings) -> tuple[Section, dict[str, float]]:
    """Return the section on the gates, and its numbers.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    (Section, dict)
    """
    curves = gating_curves(CONNOR_STEVENS)
    landmarks = gating_curves(CONNOR_STEVENS, [-100, -67.98, -50, 0] * mV)
    window = _window_current(curves)
    clamp, measured = _clamp(settings)
    tau = landmarks.set_index(["gate", "v_mV"])["tau_ms"]
    recovered = measured["recovery"].attrs["tau_ms"]
    text = f"""
All five gates follow d*x*/d*t* = (*x*<sub>∞</sub> − *x*)/τ<sub>x</sub>. Steady states and time
constants come from the equation text itself.

*a* and *b* overlap, so a **window current** *g*<sub>A</sub>*a*<sub>∞</sub>³*b*<sub>∞</sub>(*V* −
*E*<sub>A</sub>) flows all the time, largest at {signed(window.idxmax(), 0)} mV
({window.max():.0f} µA/cm²) and gone at about −35 mV: it grows while the cell leaves rest and
shrinks when it comes near threshold. On depolarisation *a* follows within
{tau["a", -50.0]:.1f} ms, *b* only within {tau["b", -50.0]:.1f} ms (both at −50 mV): for the first
milliseconds the current exceeds the window current, then it lets go.

The voltage clamp shows what Connor and Stevens saw. From −100 mV, where *b* is open, a step upwards
draws a fast outward current that decays with τ<sub>b</sub> ({tau["b", 0.0]:.2f} ms at 0 mV). After
a prepulse the current left at 0 mV follows *b*<sub>∞</sub>, and at −100 mV it recovers with a time
constant of **{recovered:.2f} ms**: the τ<sub>b</sub> of the equations
({tau["b", -100.0]:.2f} ms), measured by currents alone.
"""
    section = Section(
        "Five gates, and the A-current in voltage clamp",
        text,
        figures={
            "gating": _draw_gating(curves, window),
            "voltage_clamp": plot_voltage_clamp(clamp, window=(0.0, 12.0))[0].figure,
            "clamp_curves": _draw_clamp_curves(measured),
        },
        tables={"gates": landmarks, **{f"a_{name}": table for name, table in measured.items()}},
        captions={
            "gating": "**A** Steady state and **B** time constant of the gates; **C** the window "
            "current, which no depolarisation ever inactivates.",
            "voltage_clamp": "A-current for steps from −100 mV, after 2 ms.",
            "clamp_curves": "Read off such currents (points). **A** Peak conductance as a fraction "
            "of *g*<sub>A</sub>, below *a*<sub>∞</sub>³ (line) because *b* falls while *a* rises; "
            "and the conductance at 0 mV after a prepulse, relative to the largest, with "
            "*b*<sub>∞</sub> (line). **B** Recovery at −100 mV with the fitted exponential.",
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
        CONNOR_STEVENS, np.arange(-80, 21, step) * mV, hold=-100 * mV, duration=15 * ms,
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


def _window_current(curves: pd.DataFrame) -> pd.Series:
    """Return the A-current (uA/cm2) with both gates settled, by potential (mV)."""
    steady = curves.pivot_table(index="v_mV", columns="gate", values="steady_state")
    E_A = CONNOR_STEVENS.parameters["E_A"].value
    return G_A * steady["a"] ** 3 * steady["b"] * (steady.index - E_A)


@use_style()
def _draw_gating(curves: pd.DataFrame, window: pd.Series):
    axes = new_axes(1, 3, size=(6.5, 2.7))
    plot_gating(curves, (axes[0], axes[1]))
    axes[2].axhline(0.0, color="black", linewidth=0.5)
    axes[2].plot(window, color=CURRENT_COLOURS["I_A"])
    axes[2].set(
        xlabel="membrane potential (mV)",
        ylabel=unit_label("window current", "uA/cm**2"),
        xlim=(-100, 0),
        ylim=(-30, 30),
    )
    label_panels(axes)
    return axes[0].figure


@use_style()
def _draw_clamp_curves(measured: dict[str, pd.DataFrame]):
    left, right = new_axes(1, 2, size=(6.5, 2.9))
    steady = gating_curves(CONNOR_STEVENS, np.arange(-120, 31) * mV)
    steady = steady.pivot_table(index="v_mV", columns="gate", values="steady_state").reset_index()
    opened = measured["activation"].assign(
        fraction=measured["activation"]["conductance_mS_per_cm2"] / G_A
    )
    rising = steady.assign(command_mV=steady["v_mV"], fraction=steady["a"] ** 3)
    closed = measured["inactivation"].rename(columns={"inactivation": "fraction"})
    falling = steady.assign(prepulse_mV=steady["v_mV"], fraction=steady["b"] / steady["b"][0])
    plot_curve(closed, "prepulse_mV", "fraction", left, color=GATE_COLOURS["b"],
               label="inactivation", theory=falling)  # fmt: skip
    plot_curve(opened, "command_mV", "fraction", left, color=GATE_COLOURS["a"],
               label="activation", theory=rising)  # fmt: skip
    left.set(xlabel="potential (mV)", ylabel="fraction")
    left.legend(loc="upper center", bbox_to_anchor=(0.6, 1.0))
    recovered = measured["recovery"]
    times = np.linspace(0, recovered["interval_ms"].max(), 201)
    decay = recovered.attrs["amplitude"] * np.exp(-times / recovered.attrs["tau_ms"])
    fit = pd.DataFrame({"interval_ms": times, "recovery": 1 - decay})
    plot_curve(recovered, "interval_ms", "recovery", right, theory=fit,
               color=GATE_COLOURS["b"])  # fmt: skip
    right.set(xlabel="time at −100 mV (ms)", ylabel="recovered fraction", ylim=(0, 1.02))
    label_panels((left, right))
    return left.figure
