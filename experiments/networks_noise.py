"""Noise on single cells: the closed form, the order of Euler-Maruyama, and the onset of firing."""

import numpy as np
import pandas as pd
from brian2 import ms, mV, nA

from ..analysis import linearity, noisy_lif_rate
from ..analysis.plots import legend_below, new_axes, plot_convergence, plot_noisy_fi, use_style
from ..models import CONNOR_STEVENS, HODGKIN_HUXLEY, LIF
from ..protocols import noise_convergence, noisy_fi_curve, noisy_onset
from .connor_stevens_common import DENSITY, saddle_node, signed
from .study import Section, Settings

CELL = {name: LIF.parameters[name].value
        for name in ("R", "tau", "E_L", "V_reset", "V_th", "t_ref")}  # fmt: skip
DT = 0.1  # ms


def sections(settings: Settings) -> list[tuple[Section, dict]]:
    """Return the sections with their numbers.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    list of (Section, dict)
    """
    return [_closed_form(settings), _orders(settings), _onsets(settings)]


def _closed_form(settings: Settings) -> tuple[Section, dict]:
    currents = np.linspace(0.6, 2.4, 5 if settings.quick else 13)
    strengths = np.array([0.5, 1.0, 2.0])
    table = noisy_fi_curve(
        LIF, currents * nA, strengths * nA * ms**0.5, trials=16 if settings.quick else 64,
        duration=1500 * ms, discard=300 * ms, dt=DT * ms, seed=1, backend=settings.backend,
    )  # fmt: skip
    table["closed_form_Hz"] = noisy_lif_rate(table["I"], table["noise"], **CELL)
    table["on_the_grid_Hz"] = noisy_lif_rate(table["I"], table["noise"], **CELL, dt=DT)
    well = table[table["closed_form_Hz"] > 5]
    short, corrected = (
        100 * (well["rate_Hz"] / well[name] - 1).mean()
        for name in ("closed_form_Hz", "on_the_grid_Hz")
    )
    text = f"""
For the LIF cell in white noise the mean rate is known in closed form (Siegert 1951). Below the
threshold of 1.5 nA a cell fires on noise alone, and the sharp onset of the noise-free curve is
gone. The simulated rates lie on the lines but for one thing: over the rates above 5 Hz they are
{signed(short, 1)} % off on average. A simulation looks at the threshold once a step and overlooks
a path that crosses and comes back in between. With that in the formula (the threshold raised by
0.58 standard deviations of a step's noise, here for {DT:g} ms) {signed(corrected, 1)} % are left.
"""
    section = Section(
        "A noisy cell against the closed form",
        text,
        figures={"siegert": _draw_closed_form(table)},
        tables={"siegert_rates": table},
        captions={
            "siegert": "Rate of the LIF cell over the mean input for three strengths of noise: "
            "simulated (markers, standard errors) and closed form (lines).",
            "siegert_rates": "The same as numbers; on the grid: the closed form for a threshold "
            f"that is seen every {DT:g} ms only.",
        },
    )
    return section, {"siegert_shortfall_percent": short, "siegert_left_percent": corrected}


@use_style()
def _draw_closed_form(table: pd.DataFrame):
    return plot_noisy_fi(
        table, closed_form=lambda I, noise: noisy_lif_rate(I, noise, **CELL)
    ).figure


def _orders(settings: Settings) -> tuple[Section, dict]:
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
    text = f"""
How fast does the method of Euler and Maruyama converge? On the membrane without threshold, whose
solution along a given noise is known exactly, the distance from it falls with the step to the power
of **{strong:.2f}** (strong order), the error of the mean with **{weak:.2f}** (weak order). Theory
says 1 for both where the noise does not depend on the state, as here. A firing rate converges more
slowly, with the square root of the step, because of the overlooked crossings of the section before.
"""
    section = Section(
        "The order of Euler–Maruyama",
        text,
        figures={"orders": _draw_orders(table)},
        tables={"orders_table": table},
        captions={
            "orders": "Errors after 20 ms against the time step.",
            "orders_table": "The same as numbers.",
        },
    )
    return section, {"strong_order": strong, "weak_order": weak}


@use_style()
def _draw_orders(table: pd.DataFrame):
    shown = table.rename(columns={"error": "kind"})
    return plot_convergence(shown, by="kind", error="error_mV", error_label="error (mV)").figure


def _onsets(settings: Settings) -> tuple[Section, dict]:
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
    text = f"""
Without noise an F-I curve is bent at its onset, or jumps there. Noise lets a cell fire below its
threshold on some occasions and misses others above it, and so rounds the bend. How close is the
curve to a straight line through the onset? Its coefficient of determination, for noise that moves
the resting membrane by 0, 1 and 4 mV:

{lines}
"""
    section = Section(
        "Noise straightens the onset",
        text,
        figures={"onsets": _draw_onsets(found)},
        tables={"onset_linearity": table},
        captions={
            "onsets": "F-I curves around the threshold without noise (black) and with noise; the "
            "colours are the standard deviation of the resting membrane in mV.",
            "onset_linearity": "Straight lines fitted to these curves: slope, coefficient of "
            "determination, and the steepest rise relative to an even one.",
        },
    )
    still, noisy = (
        table[table["deviation"] == value].set_index("model")["R2"] for value in (0.0, 4.0)
    )
    return section, {
        f"{model.name}_onset_R2_gain": noisy[model.title] - still[model.title]
        for model, _ in thresholds
    }


@use_style()
def _draw_onsets(found: dict[str, pd.DataFrame]):
    axes = new_axes(1, 3, size=(6.5, 2.8))
    for ax, (title, rows) in zip(axes, found.items(), strict=True):
        plot_noisy_fi(rows, ax, by="deviation", legend=False)
        ax.set_title(title.partition(" (")[0], fontsize=7.5)
    for ax in axes[1:]:
        ax.set_ylabel("")
    legend_below(axes, title="deviation of the resting membrane (mV)")
    return axes[0].figure
