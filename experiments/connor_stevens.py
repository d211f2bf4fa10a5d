"""The Connor-Stevens neuron: what an A-type potassium current does to a cell."""

from dataclasses import replace

import numpy as np
import pandas as pd
from brian2 import ms, mV

from ..analysis.plots import CYCLE, label_panels, legend_below, new_axes, plot_fi, use_style
from ..models import CONNOR_STEVENS, CONNOR_STEVENS_1977
from ..protocols import fi_curve
from . import connor_stevens_cell, connor_stevens_conductance, connor_stevens_types
from .connor_stevens_common import CONDUCTANCE, DENSITY, DT, G_A, signed
from .study import Section, Settings, StudyResult

# Errors met in published or public code, each as a replacement in the model's equation text.
FAULTS = {
    "α_h = 0.26 exp(−0.04 (V + 48))": {
        "0.266*exp(-0.05*(v + 48*mV)/mV)": "0.26*exp(-0.04*(v + 48*mV)/mV)"
    },
    "b at a quarter of its speed": {"(b_inf - b)/tau_b": "(b_inf - b)/(4*tau_b)"},
    "a∞ without the + 94.22": {"0.0314*(v + 94.22*mV)": "0.0314*v"},
    "a and b instantaneous": {
        "da/dt = (a_inf - a)/tau_a : 1": "a = a_inf : 1",
        "db/dt = (b_inf - b)/tau_b : 1": "b = b_inf : 1",
    },
}
WRONG_LEAK = "E_L = −70 mV"
LEAK_SHIFT = 0.3 * 53  # uA/cm2: g_L times the error of E_L
CORRECT = "as published"


def run(settings: Settings) -> StudyResult:
    """Carry out the study.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    StudyResult
    """
    types = connor_stevens_types.section(settings)
    moved_leak_threshold = types[1]["moved_leak_threshold_uA_per_cm2"]
    parts = [
        *connor_stevens_cell.sections(settings, moved_leak_threshold),
        types,
        *connor_stevens_conductance.sections(settings),
        _constants(settings),
        _faults(settings),
    ]
    numbers = {name: float(value) for _, found in parts for name, value in found.items()}
    return StudyResult(
        name="connor_stevens",
        title="The Connor-Stevens neuron and its A-type current",
        summary=_summary(numbers),
        sections=tuple(section for section, _ in parts),
        numbers=numbers,
    )


def _summary(numbers: dict[str, float]) -> str:
    return f"""
What does a potassium current do that opens fast and closes itself? In the Connor–Stevens cell it
makes slow firing possible: the rate starts from 0 at {numbers["saddle_node_uA_per_cm2"]:.4f} µA/cm²
(type I), where the same cell without it starts with
{numbers["moved_leak_onset_rate_Hz"]:.0f} Hz at once (type II). It delays the first spike: from
{numbers["moved_leak_latency_1p1_ms"]:.1f} to {numbers["latency_1p1_ms"]:.0f} ms at 1.1 times the
threshold. And more of it is not more of the same: at twice the conductance the onset jumps again,
now with hysteresis.

All numbers are for the constants of Dayan and Abbott unless another set is named; the original
ones of 1977 give {numbers["rate_20_1977_Hz"]:.2f} instead of {numbers["rate_20_Hz"]:.2f} Hz at
20 µA/cm².
"""


# ---------------------------------------------------------------------------------------------
# Two constant sets
# ---------------------------------------------------------------------------------------------
def _constants(settings: Settings) -> tuple[Section, dict]:
    currents = np.linspace(10, 50, 5 if settings.quick else 21) * DENSITY
    times = {"duration": 1000 * ms, "discard": 300 * ms, "dt": DT, "backend": settings.backend}
    vary = {"g_A": [G_A] * CONDUCTANCE}
    rounded, original = (
        fi_curve(model, currents, vary=vary, **times)
        for model in (CONNOR_STEVENS, CONNOR_STEVENS_1977)
    )
    table = rounded[["I", "I_unit"]].assign(
        rounded_Hz=rounded["rate_Hz"], original_Hz=original["rate_Hz"]
    )
    table["difference_percent"] = 100 * (table["rounded_Hz"] / table["original_Hz"] - 1)
    table.attrs = {"I_unit": rounded.attrs["I_unit"]}
    at_20 = table.loc[(table["I"] - 20).abs().idxmin()]
    largest = table["difference_percent"].abs().max()
    text = f"""
The rate functions in Dayan and Abbott's appendix are those of Connor, Walter and McKown (1977), the
squid's shifted and sped up, with their numbers rounded: e<sup>−0.0556 V</sup> for
e<sup>−V/18</sup>, 0.0314 for 1/31.84. That is enough to change the firing rate by up to
**{largest:.2f} %** between 10 and 50 µA/cm²: at 20 µA/cm² **{at_20.rounded_Hz:.2f} Hz** against
**{at_20.original_Hz:.2f} Hz**. The error of the integration is several hundred times smaller. A
rate without the name of its constant set is good for two digits, no more.
"""
    section = Section(
        "Two sets of constants",
        text,
        figures={"constant_sets": _draw_constants(rounded, original, table)},
        tables={"constant_sets_rates": table},
        captions={
            "constant_sets": "**A** F-I curves of the two sets. **B** Rate with Dayan and "
            "Abbott's constants relative to the original ones.",
            "constant_sets_rates": "Rounded: Dayan and Abbott 2001; original: 1977.",
        },
    )
    return section, {
        "rate_20_1977_Hz": at_20.original_Hz,
        "largest_difference_percent": largest,
    }


@use_style()
def _draw_constants(rounded: pd.DataFrame, original: pd.DataFrame, table: pd.DataFrame):
    left, right = new_axes(1, 2, size=(6.5, 2.9))
    plot_fi(rounded, left, label="Dayan and Abbott 2001", color=CYCLE[0], marker="none")
    plot_fi(original, left, label="1977", color=CYCLE[1], marker="none", linestyle="--")
    left.get_legend().remove()
    right.plot(table["I"], table["difference_percent"], ".-", color="black")
    right.set(xlabel=left.get_xlabel(), ylabel="difference (%)")
    right.set_ylim(bottom=min(0.0, right.get_ylim()[0]))
    label_panels((left, right))
    legend_below([left])
    return left.figure


# ---------------------------------------------------------------------------------------------
# Common faults
# ---------------------------------------------------------------------------------------------
def with_fault(replacements: dict[str, str]):
    """Return the Connor-Stevens model with changes in its equation text.

    Parameters
    ----------
    replacements : dict of str to str
        Text that stands in the equations exactly once, and what replaces it. A differential
        equation may become a definition; its initial value is then dropped.

    Returns
    -------
    NeuronModel

    Raises
    ------
    ValueError
        If a text is not there exactly once.

    Examples
    --------
    >>> with_fault(FAULTS["a and b instantaneous"]).symbolic.states
    ('v', 'm', 'h', 'n')
    """
    equations = CONNOR_STEVENS.equations
    for old, new in replacements.items():
        if equations.count(old) != 1:
            raise ValueError(
                f"{old!r} stands {equations.count(old)} times in the equations of "
                f"{CONNOR_STEVENS.name}; expected it once"
            )
        equations = equations.replace(old, new)
    initial = {
        name: value for name, value in CONNOR_STEVENS.initial.items() if f"d{name}/dt" in equations
    }
    return replace(CONNOR_STEVENS, equations=equations, initial=initial)


def _faults(settings: Settings) -> tuple[Section, dict]:
    curves = _fault_curves(settings)
    table = pd.DataFrame(
        [
            {"fault": fault, "rate_10_Hz": _rate(curve, 10), "rate_20_Hz": _rate(curve, 20)}
            for fault, curve in curves.items()
        ]
    )
    table["change_percent"] = 100 * (table["rate_20_Hz"] / table["rate_20_Hz"][0] - 1)
    table["effect"] = list(EFFECTS.values())
    shifted = _rate(curves[WRONG_LEAK], 20 + LEAK_SHIFT)
    numbers = {f"fault_{key}_Hz": rate for key, rate in
               zip(EFFECTS, table["rate_20_Hz"], strict=True)}  # fmt: skip
    numbers["fault_leak_shifted_Hz"] = shifted
    change = dict(zip(EFFECTS, table["change_percent"], strict=True))
    text = f"""
The model circulates in many codes, and several carry one of these faults. The spikes still look
like spikes, so nobody sees it; the numbers tell. Each row is the model with that one place of its
equation text changed.

The first fault would pass any look at a trace: {signed(change["alpha_h"], 1)} % at 20 µA/cm².
Instantaneous gates keep the window current and lose the transient; the cell is
{change["instantaneous"]:.0f} % faster at 20 µA/cm². The leak at −70 mV makes no other cell, only
another zero of the current axis: with {LEAK_SHIFT:.1f} = 0.3 × 53 µA/cm² more it fires the same
{shifted:.2f} Hz. To check a code, compare its rate at 20 µA/cm²:
**{numbers["fault_none_Hz"]:.2f} Hz**.
"""
    section = Section(
        "Common faults",
        text,
        figures={"faults": _draw_faults(curves)},
        tables={"fault_rates": table},
        captions={
            "faults": "F-I curves with one fault each; black, nearly under the blue, without.",
            "fault_rates": "Firing rates with each fault; change at 20 µA/cm².",
        },
    )
    return section, numbers


EFFECTS = {
    "none": "",
    "alpha_h": "h recovers too late: a little slower",
    "slow_b": "A-current outlasts its pause: later onset, then steeper",
    "a_inf": "hardly any A-current: fires without input",
    "instantaneous": "no transient, only the window current: fast, steep onset",
    "leak": "current axis shifted by 15.9 uA/cm2",
}


def _fault_curves(settings: Settings) -> dict[str, pd.DataFrame]:
    """Measure the F-I curve with each fault; the first is without."""
    models = {CORRECT: CONNOR_STEVENS}
    models |= {fault: with_fault(changes) for fault, changes in FAULTS.items()}
    models[WRONG_LEAK] = CONNOR_STEVENS.with_(E_L=-70 * mV)
    grid = np.linspace(0, 40, 5 if settings.quick else 41)
    duration = (300 if settings.quick else 600) * ms
    currents = np.unique([*grid, 10, 20, 20 + LEAK_SHIFT]) * DENSITY
    return {
        fault: fi_curve(
            model, currents, vary={"g_A": [G_A] * CONDUCTANCE}, duration=duration,
            discard=100 * ms, dt=DT, backend=settings.backend,
        )
        for fault, model in models.items()
    }  # fmt: skip


def _rate(curve: pd.DataFrame, current: float) -> float:
    return float(curve.loc[(curve["I"] - current).abs().idxmin(), "rate_Hz"])


@use_style()
def _draw_faults(curves: dict[str, pd.DataFrame]):
    ax = new_axes(size=(6.5, 3.2))
    for (fault, curve), colour in zip(curves.items(), ("black", *CYCLE), strict=False):
        plot_fi(curve, ax, label=fault, color=colour, marker="none")
    top = max(curve["rate_Hz"].max() for curve in curves.values())
    ax.set_ylim(-0.02 * top, 1.02 * top)
    return ax.figure
