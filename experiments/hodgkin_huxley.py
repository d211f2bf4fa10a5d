"""The Hodgkin-Huxley axon: its spike, the integrator it needs, its F-I curve, its two answers.

Numbers come from Brian2 runs; beside them stand scipy's solution of the same equations and what
follows from the equilibria alone.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from brian2 import Quantity, cm, ms, mV, nA, uA
from scipy.ndimage import distance_transform_edt
from scipy.optimize import brentq, minimize_scalar

from ..analysis import spike_shapes, spike_table, steady_rate
from ..analysis.plots import (
    CYCLE,
    axis_label,
    label_panels,
    legend_beside,
    new_axes,
    plot_convergence,
    plot_currents,
    plot_fi,
    plot_gates,
    plot_onset,
    plot_stimulus_response,
    plot_trace,
    unit_label,
    use_style,
)
from ..dynamics import equilibria
from ..dynamics.equilibria import reduced
from ..models import HODGKIN_HUXLEY, TRAUB_MILES
from ..models.checks import unit_text
from ..protocols import Constant, Expression, Step, fi_curve, response, thresholds
from ..simulation import DivergenceError, reference, simulate
from .study import Section, Settings, StudyResult

DENSITY = uA / cm**2
CRITERION = HODGKIN_HUXLEY.parameters["V_spike"].value  # mV
CHANNELS = {"I_Na": "E_Na", "I_K": "E_K", "I_L": "E_L"}
CURRENT_COLUMNS = {f"{name}_uA_per_cm2": name for name in CHANNELS}
GREY, RED = "0.45", CYCLE[1]

# Where a step of an explicit method stops damping a decay at the rate k: dt*k on the real axis.
# Hairer & Wanner 1996, Solving Ordinary Differential Equations II, section IV.2.
STABLE_UP_TO = {"euler": 2.0, "rk4": 2.785}
STAGES = {"euler": 1, "rk4": 4}


def run(settings: Settings) -> StudyResult:
    """Carry out the study.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    StudyResult
    """
    curves, thresholds_found = _fi(settings)
    bistable = (thresholds_found["squid_sustained_uA_cm2"], thresholds_found["hopf_uA_cm2"])
    parts = [
        _action_potential(settings),
        _integrators(settings),
        (curves, thresholds_found),
        _two_answers(settings, bistable),
    ]
    numbers = {name: value for _, found in parts for name, value in found.items()}
    return StudyResult(
        name="hodgkin_huxley",
        title="The Hodgkin-Huxley neuron",
        summary=_summary(numbers),
        sections=tuple(section for section, _ in parts),
        numbers=numbers,
    )


def _summary(numbers: dict[str, float]) -> str:
    return f"""
The squid axon of Hodgkin and Huxley (1952) answers a constant current with regular firing, but
never slowly: its F-I curve jumps from 0 to {numbers["squid_onset_rate_Hz"]:.0f} Hz (type II),
whereas the Traub–Miles cell starts from zero (type I). Between
{numbers["squid_sustained_uA_cm2"]:.3f} and {numbers["hopf_uA_cm2"]:.3f} µA/cm² the axon can rest
*or* fire, and how the current was switched on decides which. Forward Euler, with which first
courses integrate these equations, is first order, gives false spikes at a step of
{numbers["euler_false_spikes_dt_ms"]:.3g} ms and leaves the numbers at
{numbers["euler_diverges_dt_ms"]:.3g} ms; the classical Runge–Kutta method (RK4) reaches an error of
1 µs with {numbers["work_ratio"]:.0f} times less work.
"""


def _signed(number: float, digits: int = 1) -> str:
    """Write a number that may be negative, with a minus sign."""
    return f"{number:.{digits}f}".replace("-", "−")


# ---------------------------------------------------------------------------------------------
# The action potential
# ---------------------------------------------------------------------------------------------
def _action_potential(settings: Settings) -> tuple[Section, dict]:
    pulse = Step(8 * DENSITY, onset=2 * ms, offset=4 * ms)
    record = ("v", "m", "h", "n", *CHANNELS)
    traces = response(
        HODGKIN_HUXLEY, pulse, 22 * ms, record=record, backend=settings.backend
    ).traces
    shape = spike_shapes(traces["t_ms"], traces["v_mV"])
    spike = shape.iloc[0]
    largest = {name: traces[column].abs().max() for column, name in CURRENT_COLUMNS.items()}
    text = f"""
One pulse of 8 µA/cm² for 2 ms, given at 2 ms, carries 16 nC/cm² and so lifts the membrane
(1 µF/cm²) by less than 16 mV. What follows is the membrane's own doing.

- **Upstroke.** *m* opens sodium channels within a fraction of a millisecond, the inward current
  depolarises further, and so on: d*V*/d*t* passes 10 mV/ms at
  **{_signed(spike.threshold_mV)} mV** (a usual definition of the threshold; the model itself has no
  fixed one).
- **Peak** at **{spike.peak_mV:.1f} mV**, below *E*<sub>Na</sub> = 50 mV, because potassium channels
  are already opening. The width at half height is **{spike.half_width_ms:.2f} ms** (at 6.3 °C).
- **Downstroke.** *h* closes the sodium channels and *n* opens the potassium channels. For most of
  the spike the two currents, up to {largest["I_Na"]:.0f} and {largest["I_K"]:.0f} µA/cm², flow
  against each other: what charges the membrane is the small difference of two large currents.
- **After-hyperpolarisation** down to **{_signed(spike.ahp_mV)} mV**, since *n* falls slowly and
  the potassium current pulls the potential towards *E*<sub>K</sub> = −77 mV. While *h* is low and
  *n* high, the axon is
  refractory.
"""
    section = Section(
        "The action potential",
        text,
        figures={"action_potential": _draw_action_potential(traces)},
        tables={"spike_shape": shape},
        captions={
            "action_potential": "An action potential after a brief pulse (grey band): **A** "
            "membrane potential, **B** gates, **C** ionic currents, outward positive.",
            "spike_shape": "Its shape. Depth of the after-hyperpolarisation from the threshold.",
        },
    )
    return section, {
        "peak_mV": spike.peak_mV,
        "threshold_mV": spike.threshold_mV,
        "half_width_ms": spike.half_width_ms,
        "ahp_mV": spike.ahp_mV,
    }


@use_style()
def _draw_action_potential(traces: pd.DataFrame):
    axes = new_axes(3, sharex=True, size=(6.5, 6))
    plot_trace(traces, axes[0])
    axes[0].axvspan(2, 4, color="0.85", linewidth=0)
    plot_gates(traces, ("m", "h", "n"), axes[1])
    plot_currents(traces, CURRENT_COLUMNS, axes[2])
    for ax in axes[:2]:
        ax.set_xlabel("")
    axes[0].figure.align_ylabels(axes)
    label_panels(axes)
    return axes[0].figure


# ---------------------------------------------------------------------------------------------
# Forward Euler and RK4
# ---------------------------------------------------------------------------------------------
def _integrators(settings: Settings) -> tuple[Section, dict]:
    step = Constant(np.array([10.0]) * DENSITY)
    exact = reference(HODGKIN_HUXLEY, step, 100 * ms, record=("v", *CHANNELS))
    errors = _convergence(settings, step, exact)
    limits, euler = _step_limits(settings, step, exact)
    numbers = _orders(errors) | _limits(limits) | _fastest_decay(exact)
    numbers["reference_rate_Hz"] = steady_rate(exact.spike_ms, start=40)
    section = Section(
        "Forward Euler and Runge–Kutta",
        _integrators_text(numbers, limits, errors),
        figures={
            "convergence": _draw_convergence(errors),
            "work": _draw_work(errors),
            "euler_trace": _draw_euler(euler, exact),
        },
        tables={"errors": errors, "step_limits": limits},
        captions={
            "convergence": "Largest error of a spike time in 100 ms at 10 µA/cm² against the time "
            "step.",
            "work": "The same errors against the work: evaluations of the right-hand side for one "
            "millisecond of the axon's life; Euler evaluates it once a step, RK4 four times. "
            "Dashed: 1 µs.",
            "euler_trace": f"Forward Euler with a step of {euler.dt_ms:g} ms beside the reference "
            "solution; **B** shows its first spikes.",
            "step_limits": "What the first 30 ms look like at large steps. A run that left the "
            "numbers has no spikes.",
        },
    )
    return section, numbers


def _convergence(settings: Settings, step, exact) -> pd.DataFrame:
    """Return the largest error of a spike time for both methods over the time step."""
    steps = {"euler": (0.05, 0.04, 0.02, 0.01, 0.005), "rk4": (0.08, 0.04, 0.02, 0.01)}
    if settings.quick:
        steps = {"euler": (0.04, 0.02, 0.01), "rk4": (0.08, 0.04, 0.02)}
    rows = []
    for method, dts in steps.items():
        for dt in dts:
            run = simulate(
                HODGKIN_HUXLEY, step, 1, 100 * ms, record=("v",), method=method, dt=dt * ms,
                backend=settings.backend, label=f"{method}, dt = {dt:g} ms",
            )  # fmt: skip
            rate = steady_rate(run.spike_ms, start=40)
            exact_rate = steady_rate(exact.spike_ms, start=40)
            rows.append(
                {
                    "method": {"euler": "Euler", "rk4": "RK4"}[method],
                    "dt_ms": dt,
                    "evaluations_per_ms": STAGES[method] / dt,
                    "error_ms": _largest(run.spike_ms - exact.spike_ms),
                    "rate_Hz": rate,
                    "relative_rate_error": abs(rate / exact_rate - 1),
                }
            )
    return pd.DataFrame(rows)


def _largest(errors: np.ndarray) -> float:
    return float(np.abs(errors).max())


def _step_limits(settings: Settings, step, exact) -> tuple[pd.DataFrame, object]:
    """Return what both methods do at large steps, and Euler's run with the most false spikes."""
    steps = {
        "euler": (0.055, 0.06, 0.065, 0.07, 0.075, 0.08),
        "rk4": (0.08, 0.085, 0.09, 0.095, 0.1),
    }
    if settings.quick:
        steps = {"euler": (0.06, 0.07, 0.075), "rk4": (0.085, 0.095)}
    expected = int((exact.spike_ms < 30).sum())
    rows, worst = [], None
    for method, dts in steps.items():
        for dt in dts:
            found = _attempt(settings, step, method, dt)
            rows.append(
                {
                    "method": {"euler": "Euler", "rk4": "RK4"}[method],
                    "dt_ms": dt,
                    "diverged": found is None,
                    "spike_count": np.nan if found is None else len(found.spike_ms),
                    "reference_count": expected,
                    "lowest_mV": np.nan if found is None else found.traces["v"].min() * 1e3,
                    "highest_mV": np.nan if found is None else found.traces["v"].max() * 1e3,
                }
            )
            wrong = found is not None and len(found.spike_ms) != expected
            if method == "euler" and wrong:
                worst = found
    if worst is None:
        raise RuntimeError(f"Euler counted {expected} spikes at every step: {rows}")
    return pd.DataFrame(rows), worst


def _attempt(settings: Settings, step, method: str, dt: float):
    """Run 30 ms; None if the integration left the numbers."""
    try:
        with np.errstate(all="ignore"):  # numpy warns on the way to the NaN that is looked for
            return simulate(
                HODGKIN_HUXLEY, step, 1, 30 * ms, record=("v",), method=method, dt=dt * ms,
                backend=settings.backend, label=f"{method}, dt = {dt:g} ms",
            )  # fmt: skip
    except DivergenceError:
        return None


def _orders(errors: pd.DataFrame) -> dict[str, float]:
    """Return the observed orders, and the work for errors below 1 µs in the spike times."""
    numbers, work = {}, {}
    for method, rows in errors.groupby("method", sort=False):
        rows = rows.sort_values("dt_ms")
        log_dt = np.log(rows["dt_ms"])
        key = method.lower()
        slopes = np.diff(np.log(rows["error_ms"])) / np.diff(log_dt)
        numbers[f"{key}_order"] = float(np.median(slopes))
        order = {"euler": 1, "rk4": 4}[key]
        best = rows.iloc[0]
        work[key] = best["evaluations_per_ms"] * (best["error_ms"] / 1e-3) ** (1 / order)
    return numbers | {
        "euler_work_per_ms": work["euler"],
        "rk4_work_per_ms": work["rk4"],
        "work_ratio": work["euler"] / work["rk4"],
    }


def _limits(limits: pd.DataFrame) -> dict[str, float]:
    """Return the smallest steps at which each method diverged and Euler counted false spikes."""
    diverged = limits[limits["diverged"]].groupby("method")["dt_ms"].min()
    finite = limits[~limits["diverged"] & (limits["method"] == "Euler")]
    false = finite[finite["spike_count"] != finite["reference_count"]]
    return {
        "euler_diverges_dt_ms": float(diverged["Euler"]),
        "rk4_diverges_dt_ms": float(diverged["RK4"]),
        "euler_false_spikes_dt_ms": float(false["dt_ms"].min()),
    }


def _fastest_decay(exact) -> dict[str, float]:
    """Return the largest conductance over capacitance, and the steps that it allows."""
    v, values = exact.traces["v"][0], HODGKIN_HUXLEY.values
    conductance = sum(exact.traces[name][0] / (v - values[E]) for name, E in CHANNELS.items())
    rate = float(conductance.max() / values["C_m"] / 1e3)
    return {"fastest_decay_per_ms": rate} | {
        f"{method}_stable_dt_ms": limit / rate for method, limit in STABLE_UP_TO.items()
    }


def _integrators_text(numbers: dict, limits: pd.DataFrame, errors: pd.DataFrame) -> str:
    bad = limits[(limits["method"] == "Euler") & ~limits["diverged"]].iloc[-1]
    default = errors[(errors["method"] == "RK4") & (errors["dt_ms"] == 0.02)].iloc[0]
    return f"""
Forward Euler follows the slope at the beginning of a step to its end; RK4 combines four slopes.
Both are held against scipy's DOP853 (relative tolerance 10⁻¹⁰) at 10 µA/cm², where the axon fires
at {numbers["reference_rate_Hz"]:.4f} Hz.

**Order.** A ten times smaller step makes Euler ten times better and RK4 ten thousand times: the
largest error of a spike time shrinks with order **{numbers["euler_order"]:.2f}** and
**{numbers["rk4_order"]:.2f}**. For an error of 1 µs Euler would need about
{numbers["euler_work_per_ms"]:.0f} evaluations of the equations per millisecond and RK4
{numbers["rk4_work_per_ms"]:.0f}, {numbers["work_ratio"]:.0f} times fewer. (Spikes are located
inside the step, to fourth order. With RK4 at 0.02 ms they are off by up to
{1e6 * default.error_ms:.0f} ns, and the rate by {1e9 * default.relative_rate_error:.0f} parts in a
thousand million.)

**Where Euler fails.** Accuracy is not the only limit. With the gates held, the potential decays
at the rate *g*/*C*, and at the peak of a spike, with most channels open, that is
{numbers["fastest_decay_per_ms"]:.1f} per ms. An explicit method amplifies such a decay instead of
damping it if Δ*t* exceeds 2*C*/*g* = **{numbers["euler_stable_dt_ms"]:.3f} ms** (Euler) or
2.785 *C*/*g* = **{numbers["rk4_stable_dt_ms"]:.3f} ms** (RK4). The peak lasts only half a
millisecond, so slightly larger steps survive; but from {numbers["euler_false_spikes_dt_ms"]:.3g} ms
Euler zigzags down from the first peak, and swings through the criterion count as spikes
({bad.spike_count:.0f} at {bad.dt_ms:g} ms where there are {bad.reference_count:.0f}). At
**{numbers["euler_diverges_dt_ms"]:.3g} ms** it leaves the numbers: *V* overshoots, a rate function
overflows, NaN. RK4 follows at {numbers["rk4_diverges_dt_ms"]:.3g} ms. The overflow is reported;
nothing warns of the false spikes. So stay well below the limit: this toolkit uses RK4 with
0.025 ms.
"""


@use_style()
def _draw_convergence(errors: pd.DataFrame):
    return plot_convergence(
        errors, error="error_ms", error_label="error of the spike time (ms)"
    ).figure


@use_style()
def _draw_work(errors: pd.DataFrame):
    ax = new_axes(size=(5.4, 3.2))
    for (method, rows), marker, colour in zip(
        errors.groupby("method", sort=False), "os", CYCLE, strict=False
    ):
        plot_onset(
            rows, ax, x="evaluations_per_ms", y="error_ms",
            label=method, marker=marker, color=colour,
        )  # fmt: skip
    ax.set(
        xscale="log",
        yscale="log",
        xlabel="evaluations of the right-hand side (per ms)",
        ylabel="error of the spike time (ms)",
    )
    ticks = (20, 50, 100, 200, 400)
    ax.set_xticks(ticks, map(str, ticks))
    ax.set_xticks([], minor=True)
    ax.axhline(1e-3, color=GREY, linestyle="--", linewidth=0.8)
    return ax.figure


@use_style()
def _draw_euler(euler, exact):
    axes = new_axes(2, size=(6.5, 4.6))
    solid = pd.DataFrame({"t_ms": exact.t_ms, "v_mV": exact.traces["v"][0] * 1e3})
    rough = pd.DataFrame({"t_ms": euler.t_ms, "v_mV": euler.traces["v"][0] * 1e3})
    for ax, (end, marker) in zip(axes, ((30, None), (5, ".")), strict=True):
        plot_trace(
            rough[rough["t_ms"] < end], ax, label=f"Euler, {euler.dt_ms:g} ms",
            color=RED, marker=marker, linewidth=0.8,
        )  # fmt: skip
        plot_trace(solid[solid["t_ms"] < end], ax, label="reference", color="black")
        ax.axhline(CRITERION, color=GREY, linestyle=":", linewidth=0.8, label="spike criterion")
        legend_beside(ax)
    label_panels(axes)
    return axes[0].figure


# ---------------------------------------------------------------------------------------------
# F-I curves: type I and type II
# ---------------------------------------------------------------------------------------------
def _fi(settings: Settings) -> tuple[Section, dict]:
    fold = _steady_current_maximum(TRAUB_MILES)
    squid = _squid_curves(settings)
    pyramid = _traub_miles_curve(settings, fold)
    swing = _swing(settings, squid["I"].unique())
    numbers = _squid_thresholds(settings) | _hopf_points()
    seen = squid[squid["V_spike"] == CRITERION]
    numbers |= _rates("squid", seen, {"7": 7, "10": 10, "20": 20})
    numbers |= _rates("traub_miles", pyramid, {"100_pA": 0.1, "350_pA": 0.35})
    numbers |= {
        "squid_onset_rate_Hz": float(seen.loc[seen["rate_Hz"] > 0, "rate_Hz"].iloc[0]),
        "peaks_below_0_mV_uA_cm2": _falls_below(swing, "highest_mV", 0.0),
        "traub_miles_saddle_node_pA": 1e3 * fold[1],
        "traub_miles_rheobase_pA": 1e3 * _extrapolated_onset(pyramid),
    }
    section = Section(
        "F-I curves: type II and type I",
        _fi_text(numbers),
        figures={
            "fi": _draw_fi(seen, pyramid, fold[1]),
            "steady_current": _draw_steady_currents(fold),
            "spike_criterion": _draw_criterion(squid, swing),
        },
        tables={"fi_squid": squid, "fi_traub_miles": pyramid, "swing": swing},
        captions={
            "fi": "Firing rate against a current switched on at rest: **A** squid axon, **B** "
            "Traub–Miles cell, **C** its onset: the squared rate, and dotted the saddle-node.",
            "steady_current": "The current that holds each cell at a potential, all gates at rest "
            "there: **A** squid axon, **B** Traub–Miles cell, whose curve has a maximum (dot).",
            "spike_criterion": "The squid axon up to the end of its oscillation: **A** the rate "
            "for two criteria of a spike, **B** the lowest and highest potential of the "
            "oscillation, with both criteria. Dotted: Hopf points.",
            "fi_squid": "F-I curve of the squid axon for both criteria `V_spike`.",
            "fi_traub_miles": "F-I curve of the Traub–Miles cell.",
            "swing": "Lowest and highest potential of the squid axon after the transient.",
        },
    )
    return section, numbers


def _squid_curves(settings: Settings) -> pd.DataFrame:
    """Return the F-I curve for the model's own spike criterion and for 0 mV."""
    low = [0, 2, 4, 6, 6.2, 6.3, 6.5, 7, 8, 9, 10, 12, 15, 20, 30, 40, 50]
    high = [60, 100, 150, 160] if settings.quick else [*range(55, 155, 5), 153, 154, 155, 160, 170]
    duration = 600 if settings.quick else 1200
    tables = []
    for criterion in (CRITERION, 0.0):
        curve = fi_curve(
            HODGKIN_HUXLEY.with_(V_spike=criterion * mV),
            np.array([*low, *high], dtype=float) * DENSITY,
            duration=duration * ms,
            discard=duration / 2 * ms,
            backend=settings.backend,
        )
        curve.insert(0, "V_spike", criterion)
        tables.append(curve)
    table = pd.concat(tables, ignore_index=True)
    table.attrs = tables[0].attrs | {"V_spike_mV": [CRITERION, 0.0]}
    del table.attrs["parameters"]["V_spike"]
    return table


def _traub_miles_curve(settings: Settings, fold: tuple[float, float]) -> pd.DataFrame:
    """Return the F-I curve, with currents closest where the rate rises steepest."""
    # The rate is about 2.5 Hz 1 pA above the onset: the first currents ask for the longest runs.
    above = (0.35, 0.5, 0.8, 1.2) if settings.quick else (0.1, 0.2, 0.35, 0.5)  # pA
    onset = fold[1] + np.array(above) / 1e3
    rest = [0, 0.01, 0.018, 0.02, 0.025, 0.04, 0.06, 0.1, 0.15, 0.2, 0.35, 0.5, 0.7]
    return fi_curve(
        TRAUB_MILES,
        np.sort([*onset, *rest]) * nA,
        duration=(2200 if settings.quick else 4000) * ms,
        discard=500 * ms,
        dt=0.05 * ms,
        backend=settings.backend,
    )


def _swing(settings: Settings, currents: np.ndarray) -> pd.DataFrame:
    """Return the extremes of the squid axon's potential after the transient."""
    duration = 300 if settings.quick else 600
    traces = response(
        HODGKIN_HUXLEY, Constant(currents * DENSITY), duration * ms, n=len(currents),
        record_dt=0.05 * ms, backend=settings.backend,
    ).traces  # fmt: skip
    late = traces[traces["t_ms"] > duration - 100].groupby("neuron")["v_mV"]
    table = pd.DataFrame({"I": currents, "lowest_mV": late.min(), "highest_mV": late.max()})
    return table.assign(I_unit=unit_text(HODGKIN_HUXLEY.input_unit))


def _squid_thresholds(settings: Settings) -> dict[str, float]:
    """Return the threshold of a single spike and of firing that goes on."""
    options = {"tolerance": 1e-3 if settings.quick else 1e-4, "dt": 0.05 * ms}
    found = {
        criterion: thresholds(
            HODGKIN_HUXLEY, criterion=criterion, duration=length * ms, backend=settings.backend,
            **options,
        )
        for criterion, length in (("spike", 100), ("sustained", 600 if settings.quick else 1000))
    }  # fmt: skip
    return {f"squid_{name}_uA_cm2": float(table["I"].iloc[0]) for name, table in found.items()}


def _hopf_points() -> dict[str, float]:
    """Return the currents at which the squid axon's equilibrium loses and regains stability."""

    def growth(current: float) -> float:
        (at,) = equilibria(HODGKIN_HUXLEY, current * DENSITY)["eigenvalue_per_ms"]
        return at

    return {
        "hopf_uA_cm2": brentq(growth, 5, 15, xtol=1e-9),
        "upper_hopf_uA_cm2": brentq(growth, 100, 200, xtol=1e-9),
    }


def _steady_current(model, v: np.ndarray) -> np.ndarray:
    """Return the input that holds a model at potentials v (mV), in its input unit.

    The input enters dv/dt linearly: two evaluations of the steady-state dv/dt give its zero.
    """
    form = reduced(model)
    without, with_one = (
        form.current(v * 1e-3, *({**model.values, model.input: amount}[a] for a in form.arguments))
        for amount in (0.0, float(model.input_unit))
    )
    return -without[0] / (with_one[0] - without[0])


def _steady_current_maximum(model) -> tuple[float, float]:
    """Return the potential (mV) and value of the steady-state current's local maximum."""
    v = np.linspace(-75, -50, 251)
    k = int(np.argmax(_steady_current(model, v)))
    best = minimize_scalar(
        lambda x: -_steady_current(model, x), bounds=(v[k - 1], v[k + 1]), method="bounded",
        options={"xatol": 1e-9},
    )  # fmt: skip
    return float(best.x), float(-best.fun)


def _rates(cell: str, table: pd.DataFrame, currents: dict[str, float]) -> dict[str, float]:
    """Return the rates at some currents of an F-I table, by name."""
    rates = table.set_index("I")["rate_Hz"]
    return {f"{cell}_rate_{name}_Hz": float(rates[I]) for name, I in currents.items()}


def _falls_below(table: pd.DataFrame, column: str, level: float) -> float:
    """Return the current at which a column falls below a level for good, interpolated."""
    above = np.flatnonzero(table[column] > level)[-1]
    (i0, i1), (y0, y1) = (table[c].iloc[above : above + 2] for c in ("I", column))
    return float(i0 + (y0 - level) / (y0 - y1) * (i1 - i0))


def _extrapolated_onset(table: pd.DataFrame) -> float:
    """Return the current at which the rate reaches zero, from the four points nearest to it.

    An interval of ``a/sqrt(I - I0) + b`` (passage by the saddle-node, and the spike) means
    ``I = I0 + (a*f)**2 + 2*b*a**2*f**3 + ...`` for a rate f.
    """
    near = table[table["rate_Hz"] > 0].head(4)
    rate = near["rate_Hz"].to_numpy()
    powers = np.stack([np.ones_like(rate), rate**2, rate**3], axis=1)
    return float(np.linalg.lstsq(powers, near["I"].to_numpy(), rcond=None)[0][0])


def _fi_text(numbers: dict[str, float]) -> str:
    return f"""
**Squid axon: type II.** A step of current makes a single spike from
{numbers["squid_spike_uA_cm2"]:.3f} µA/cm² and goes on firing from
**{numbers["squid_sustained_uA_cm2"]:.3f} µA/cm²**, at once with
{numbers["squid_onset_rate_Hz"]:.0f} Hz. There is no slow firing: up to 50 µA/cm² the rate
little more than doubles. A threshold current must therefore say which of the two it is.

**Traub–Miles cell: type I.** It starts from zero. Near the onset the interval is the time spent
lingering near the old rest, which goes as one over the square root of the distance, plus that of
the spike; so the squared rate is nearly linear, and extrapolated to zero it puts the rheobase at
**{numbers["traub_miles_rheobase_pA"]:.3f} pA**. (A run of finite length sees no firing with
intervals longer than itself, so a search for the onset by runs alone ends too high.)

**Why.** Hold each cell at a potential, with its gates at their steady state, and ask for the
current. The squid axon's curve rises throughout, so every current has exactly one equilibrium;
it does not vanish but becomes unstable at {numbers["hopf_uA_cm2"]:.6f} µA/cm² with an oscillation
(a pair of complex eigenvalues crosses zero, a Hopf point), and a finite frequency with it. The
Traub–Miles curve has a maximum at **{numbers["traub_miles_saddle_node_pA"]:.4f} pA**. Above it no
equilibrium is left near rest (a saddle-node); just above, the cell still lingers where it was.

**What counts as a spike?** With growing current the squid axon's spikes shrink; the oscillation
ends at a second Hopf point, {numbers["upper_hopf_uA_cm2"]:.2f} µA/cm². Their peaks fall below 0 mV
from about {numbers["peaks_below_0_mV_uA_cm2"]:.0f} µA/cm² on. A criterion of 0 mV calls the axon
silent from there, one of {_signed(CRITERION, 0)} mV only when the swings no longer pass
{_signed(CRITERION, 0)} mV. Both statements are about the criterion; the axon oscillates on. The
model uses {_signed(CRITERION, 0)} mV.
"""


@use_style()
def _draw_fi(squid: pd.DataFrame, pyramid: pd.DataFrame, fold: float):
    axes = new_axes(1, 3, size=(6.5, 2.7), width_ratios=(1.1, 1.1, 1))
    plot_fi(squid[squid["I"] <= 50], axes[0])
    plot_fi(pyramid, axes[1])
    onset = pyramid[pyramid["rate_Hz"] > 0].head(4)
    squared = onset.assign(I=1e3 * onset["I"], squared=onset["rate_Hz"] ** 2, I_unit="pA")
    plot_onset(squared, axes[2], x="I", y="squared", linestyle="none")
    axes[2].axvline(1e3 * fold, color=GREY, linestyle=":", linewidth=0.8)
    axes[2].set(ylabel="squared firing rate (Hz²)", ylim=(0, None))
    axes[1].set_ylabel("")
    label_panels(axes)
    return axes[0].figure


@use_style()
def _draw_steady_currents(fold: tuple[float, float]):
    axes = new_axes(1, 2, size=(6.5, 2.8))
    v = np.linspace(-70, -55, 301)
    for ax, model, scale, unit in zip(
        axes, (HODGKIN_HUXLEY, TRAUB_MILES), (1, 1e3), ("uA/cm**2", "pA"), strict=True
    ):
        current = scale * _steady_current(model, v)
        table = pd.DataFrame({"v_mV": v, "I": current, "I_unit": unit})
        plot_onset(table, ax, x="v_mV", y="I", marker="none")
        ax.axhline(0, color=GREY, linewidth=0.6)
        ax.set_ylabel(unit_label("steady-state current", unit))
        ax.set_xticks((-70, -65, -60, -55))
    axes[1].plot(fold[0], 1e3 * fold[1], "o", color=RED)
    axes[1].set_ylim(-60, 40)
    label_panels(axes)
    return axes[0].figure


@use_style()
def _draw_criterion(squid: pd.DataFrame, swing: pd.DataFrame):
    upper, lower = axes = new_axes(2, sharex=True, size=(6.5, 4.4))
    for colour, (criterion, rows) in zip(CYCLE, squid.groupby("V_spike"), strict=False):
        dashes = "--" if criterion == CRITERION else "-"
        name = f"{_signed(criterion, 0)} mV"
        plot_fi(rows, upper, label=name, color=colour, linestyle=dashes)
        lower.axhline(criterion, color=colour, linestyle="--", linewidth=0.8)
    legend_beside(upper, title="a spike crosses")
    for column, label in (("highest_mV", "highest"), ("lowest_mV", "lowest")):
        plot_onset(swing, lower, x="I", y=column, color="black", marker=".", label=label)
        lower.lines[-1].set_linestyle("-" if label == "highest" else ":")
    legend_beside(lower)
    upper.set_xlabel("")
    lower.set_ylabel(axis_label("v_mV"))
    for current in _hopf_points().values():
        for ax in axes:
            ax.axvline(current, color=GREY, linestyle=":", linewidth=0.8)
    label_panels(axes)
    return upper.figure


# ---------------------------------------------------------------------------------------------
# Two answers to one current
# ---------------------------------------------------------------------------------------------
PATHS = ("step from rest", "slow ramp up", "slow ramp down")
START_OF_RAMP_DOWN = 20.0  # uA/cm2, where only firing is stable
SHOWN = 7.0  # uA/cm2, the current that the figures show


def _two_answers(settings: Settings, bistable: tuple[float, float]) -> tuple[Section, dict]:
    traces, table = _paths(settings)
    pulses = _pulses(settings)
    switch = _best_switch(pulses)
    switched = _switched(settings, switch)
    rates = table.set_index(["path", "I"])["rate_Hz"]
    numbers = {
        "step_7_Hz": float(rates[PATHS[0], SHOWN]),
        "ramp_up_7_Hz": float(rates[PATHS[1], SHOWN]),
        "ramp_down_7_Hz": float(rates[PATHS[2], SHOWN]),
        "ramp_up_starts_uA_cm2": _first_firing(table, PATHS[1]),
        "ramp_down_ends_uA_cm2": _first_firing(table, PATHS[2]),
        "null_space_percent": 100 * float(pulses["off"].mean()),
    }
    section = Section(
        "Two answers to one current",
        _two_answers_text(numbers, bistable, switch),
        figures={
            "ways_of_switching_on": _draw_paths(traces),
            "hysteresis": _draw_hysteresis(table, bistable),
            "switched_by_pulses": _draw_switched(switched),
            "null_space": _draw_pulses(pulses, switch),
        },
        tables={"rates_by_path": table, "pulses": pulses},
        captions={
            "ways_of_switching_on": f"One final current, {SHOWN:g} µA/cm², reached in three ways.",
            "hysteresis": "Firing rate at a current that is held after it was reached in three "
            "ways. Dotted: the fold of cycles, where firing begins to exist, and the Hopf point, "
            "where rest ceases to be stable; between them both coexist.",
            "switched_by_pulses": f"At {SHOWN:g} µA/cm² one pulse of 1 ms starts firing that "
            "lasts, and another one ends it.",
            "null_space": "Pulses of 1 ms into the firing axon: the dark ones end the firing. "
            "Circle: the pulse of the figure before.",
            "pulses": "Every pulse tried: when it came after the last spike, its amplitude, and "
            "whether the axon was silent afterwards.",
        },
    )
    return section, numbers


def _paths(settings: Settings) -> tuple[pd.DataFrame, pd.DataFrame]:
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


def _first_firing(table: pd.DataFrame, path: str) -> float:
    """Return the lowest current at which a path ended in firing."""
    rows = table[(table["path"] == path) & (table["rate_Hz"] > 0)]
    return float(rows["I"].min())


def _train(n: int, onset, amplitude):
    """Return a held current, a pulse at 20 ms that starts firing, and a second pulse."""
    start = Step(np.full(n, 20.0) * DENSITY, onset=20 * ms, offset=21 * ms)
    onset = np.broadcast_to(onset, n)
    second = Step(
        np.broadcast_to(amplitude, n) * DENSITY, onset=onset * ms, offset=(onset + 1) * ms
    )
    return Constant(np.full(n, SHOWN) * DENSITY) + start + second


def _at_rest() -> dict[str, Quantity]:
    """Return the stable equilibrium at the held current."""
    at = equilibria(HODGKIN_HUXLEY, SHOWN * DENSITY).iloc[0]
    return {"v": at["v_mV"] * mV, **{gate: at[gate] for gate in ("m", "h", "n")}}


def _pulses(settings: Settings) -> pd.DataFrame:
    """Try pulses of 1 ms at all phases of the cycle and see which ones end the firing."""
    count = (12, 9) if settings.quick else (35, 33)
    onsets = 100 + np.linspace(0, 17, count[0])
    amplitudes = np.linspace(-16, 16, count[1])
    table = pd.DataFrame(
        [(t, a) for t in onsets for a in amplitudes], columns=["onset_ms", "amplitude"]
    )
    spikes = simulate(
        HODGKIN_HUXLEY, _train(len(table), table["onset_ms"], table["amplitude"]), len(table),
        260 * ms, start=_at_rest(), backend=settings.backend, label="pulses at all phases",
    )  # fmt: skip
    late = spike_table(spikes.spike_neuron, spikes.spike_ms, len(table), start=200, end=260)
    before = pd.DataFrame({"neuron": spikes.spike_neuron, "t_ms": spikes.spike_ms})
    before = before[before["t_ms"] < table["onset_ms"].to_numpy()[before["neuron"]]]
    table["phase_ms"] = table["onset_ms"] - before.groupby("neuron")["t_ms"].max()
    table["off"] = late["spike_count"] == 0
    table["amplitude_unit"] = unit_text(HODGKIN_HUXLEY.input_unit)
    return table


def _best_switch(pulses: pd.DataFrame) -> pd.Series:
    """Return the pulse that ends the firing and lies farthest from those that do not."""
    grid = pulses.pivot_table(index="onset_ms", columns="amplitude", values="off").sort_index()
    inside = distance_transform_edt(np.pad(grid.to_numpy() > 0, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(np.argmax(inside), inside.shape)
    at = (pulses["onset_ms"] == grid.index[row]) & (pulses["amplitude"] == grid.columns[column])
    return pulses[at].iloc[0]


def _switched(settings: Settings, switch: pd.Series) -> pd.DataFrame:
    """Return the traces of one cell that is switched on and off."""
    return response(
        HODGKIN_HUXLEY, _train(1, switch["onset_ms"], switch["amplitude"]), 200 * ms,
        record=("v", "I"), start=_at_rest(), backend=settings.backend,
    ).traces  # fmt: skip


def _two_answers_text(
    numbers: dict[str, float], bistable: tuple[float, float], switch: pd.Series
) -> str:
    fold, hopf = bistable
    return f"""
**One current, two answers.** At {SHOWN:g} µA/cm² a current that is switched on at once makes the
axon fire for ever, at {numbers["step_7_Hz"]:.2f} Hz. If the same current is reached slowly from
below, the axon stays silent ({numbers["ramp_up_7_Hz"]:.0f} Hz); slowly from above, it goes on
firing, at the very same {numbers["ramp_down_7_Hz"]:.2f} Hz. Rest and firing are both stable. A step
throws the state far enough from the new resting state to land in the firing one; on a slow ramp
*h* falls and *n* rises as the potential does (accommodation), and the state follows its resting
point.

**Hysteresis.** Up to {fold:.3f} µA/cm² there is no firing state to stay in (at a fold of cycles a
stable and an unstable oscillation meet and vanish), and from the Hopf point at {hopf:.3f} on rest
is no longer stable. On the way down the axon still fires at
{numbers["ramp_down_ends_uA_cm2"]:.1f} µA/cm², the lowest current tried above the fold; on the way
up the first to make it fire is {numbers["ramp_up_starts_uA_cm2"]:.1f}. (Just above the Hopf point
the oscillation grows so slowly that rest outlasts the time for which the current is held.) A quick
step joins the downward path. So the F-I curve of the section before belongs to one way of
switching on.

**Switching with pulses.** Within the bistable range one brief pulse starts the firing, and it
persists. A second pulse can end it, if it comes at the right moment: here
{_signed(switch["amplitude"], 0)} µA/cm² for 1 ms, {switch["phase_ms"]:.1f} ms after a spike. Of
all the pulses tried, {numbers["null_space_percent"]:.0f} % fall into this "null space"; they put
the state on the resting side of the unstable oscillation that separates rest from firing.
Depolarising pulses do it in the after-hyperpolarisation, hyperpolarising ones shortly before the
next upstroke; at the wrong moment no strength helps. Best (1979, Biophys. J. 27:87) found this in
the equations, Guttman, Lewis & Rinzel (1980, J. Physiol. 305:377) in the squid axon.
"""


@use_style()
def _draw_paths(traces: pd.DataFrame):
    axes = new_axes(6, sharex=True, size=(6.5, 6.4), height_ratios=(2.2, 1) * 3)
    for k, path in enumerate(PATHS):
        rows = traces[traces["path"] == path]
        upper, lower = plot_stimulus_response(rows, (axes[2 * k], axes[2 * k + 1]))
        upper.set(ylabel="$V$ (mV)", ylim=(-80, 50))
        upper.set_title(path)
        lower.set(ylabel="$I$ (µA/cm²)", ylim=(-1, 22), xlabel="time (ms)" if k == 2 else "")
    axes[0].figure.align_ylabels(axes)
    label_panels(axes[::2])
    return axes[0].figure


@use_style()
def _draw_hysteresis(table: pd.DataFrame, bistable: tuple[float, float]):
    ax = new_axes(size=(6.5, 3.2))
    looks = {PATHS[0]: ("o", 7), PATHS[1]: ("^", 5), PATHS[2]: ("v", 4)}
    for colour, (path, (marker, size)) in zip(CYCLE, looks.items(), strict=False):
        face = {"markerfacecolor": "none"} if path == PATHS[0] else {}
        plot_fi(
            table[table["path"] == path], ax, label=path,
            color=colour, marker=marker, markersize=size, linewidth=0.8, **face,
        )  # fmt: skip
    for current, name in zip(bistable, ("fold of cycles", "Hopf point"), strict=True):
        ax.axvline(current, color=GREY, linestyle=":", linewidth=0.8)
        ax.annotate(name, (current, 8), xytext=(3, 0), textcoords="offset points", color=GREY)
    return ax.figure


@use_style()
def _draw_switched(traces: pd.DataFrame):
    upper, _ = plot_stimulus_response(traces)
    return upper.figure


@use_style()
def _draw_pulses(pulses: pd.DataFrame, switch: pd.Series):
    ax = new_axes(size=(5.0, 3.4))
    grid = pulses.pivot_table(index="amplitude", columns="phase_ms", values="off").sort_index()
    ax.pcolormesh(grid.columns, grid.index, grid, cmap="Blues", vmin=0, vmax=1.3, shading="nearest")
    ax.plot(switch["phase_ms"], switch["amplitude"], "o", markerfacecolor="none", color=RED)
    ax.axhline(0, color=GREY, linewidth=0.6)
    ax.set(
        xlabel="start of the pulse after the last spike (ms)",
        ylabel=unit_label("amplitude", "uA/cm**2"),
    )
    return ax.figure
