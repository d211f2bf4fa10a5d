"""F-I curves of the leaky and the quadratic integrate-and-fire neuron, side by side.

Phase portraits on both sides of the bifurcation, simulated rates beside their closed forms, the
functions that describe them, and why the time constant can be set to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pandas as pd
import sympy as sp
from brian2 import ms

from ..analysis import FI_FUNCTIONS, fit_all, fit_fi, lif_rate, qif_rate, residuals
from ..analysis.plots import (
    CYCLE,
    label_panels,
    legend_below,
    new_axes,
    plot_fi,
    plot_fits,
    plot_onset,
    plot_phase_line,
    plot_residuals,
    use_style,
)
from ..dynamics import equilibria, velocity
from ..models import LIF, QIF
from ..models.checks import unit_text
from ..models.symbolic import symbol
from ..protocols import fi_curve
from .report import format_number
from .study import Section, Settings, StudyResult


@dataclass(frozen=True)
class Cell:
    """A model of this study, and where it is looked at; inputs in the model's unit.

    Attributes
    ----------
    name : str
        As it stands in texts.
    model : NeuronModel
    rate : callable
        Closed form of the rate, from the input and the parameters by name.
    portraits : tuple of float
        Inputs below, at and above the bifurcation.
    potentials : (float, float)
        Range of the portraits.
    currents : (float, float)
        Range of the F-I curve.
    ends : tuple of float
        Upper ends of the ranges in which functions are fitted; the lower end is in proportion.
    """

    name: str
    model: object
    rate: object
    portraits: tuple[float, ...]
    potentials: tuple[float, float]
    currents: tuple[float, float]
    ends: tuple[float, ...]

    @property
    def unit(self) -> str:
        """Unit of the membrane potential in tables."""
        return "mV" if self.model is LIF else ""

    def closed_form(self, I) -> np.ndarray:
        """Return the exact rate in Hz."""
        values = {name: parameter.value for name, parameter in self.model.parameters.items()}
        return self.rate(np.asarray(I, dtype=float), **values)

    def inputs(self, end: float, count: int) -> np.ndarray:
        """Return inputs up to `end`, the same part of them below the onset for every end."""
        low, high = self.currents
        return np.linspace(end * low / high, end, count)


NAMES = {"relu": "ReLU", "sigmoid": "sigmoid", "softplus": "softplus", "sqrt": "square root"}

CELLS = (
    Cell("LIF", LIF, lif_rate, (1.0, 1.5, 2.0), (-68, -38), (0, 5),
         ends=(2, 2.5, 3, 4, 5, 7, 10, 20)),
    Cell("QIF", QIF, qif_rate, (-1.0, 0.0, 1.0), (-2.2, 2.2), (-1, 4),
         ends=(1, 2, 4, 10, 20, 40, 100, 200)),
)  # fmt: skip


def run(settings: Settings) -> StudyResult:
    """Carry out the study.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    StudyResult
    """
    ranges = {cell.name: _simulate_ranges(settings, cell) for cell in CELLS}
    curves = {cell.name: ranges[cell.name][cell.currents[1]] for cell in CELLS}
    parts = [
        _portraits(),
        _closed_forms(curves),
        _fits(curves),
        _fits_by_range(ranges),
        _time_constant(settings),
    ]
    numbers = {name: value for _, found in parts for name, value in found.items()}
    return StudyResult(
        name="fi_curves",
        title="F-I curves of integrate-and-fire neurons",
        summary=_summary(numbers),
        sections=tuple(section for section, _ in parts),
        numbers=numbers,
    )


def _summary(numbers: dict[str, float]) -> str:
    return f"""
The leaky neuron (LIF) follows *τ* d*V*/d*t* = *E*<sub>L</sub> − *V* + *R* *I*, the quadratic one
(QIF) *τ* d*V*/d*t* = *V*<sub>0</sub> + *V*². Both are silent below a threshold current and fire at
arbitrarily low rates just above it, yet for different reasons, and their F-I curves bend
differently. Over its usual range the LIF is described better by a ReLU
(*R*² = {numbers["lif_relu_R2"]:.4f}) than by a sigmoid ({numbers["lif_sigmoid_R2"]:.4f}); for the
QIF the sigmoid is ahead ({numbers["qif_sigmoid_R2"]:.4f} against {numbers["qif_relu_R2"]:.4f}), and
a square root ({numbers["qif_sqrt_R2"]:.4f}) far ahead of both. Which one wins depends on how
far the currents reach. The time constant only sets the unit of time.
"""


# ---------------------------------------------------------------------------------------------
# Phase portraits
# ---------------------------------------------------------------------------------------------
def _portraits() -> tuple[Section, dict]:
    points = pd.concat(
        [_fixed_points(cell, I) for cell in CELLS for I in cell.portraits], ignore_index=True
    )
    low, high = (float(v) for v in _points_of(points, "QIF", -1.0)["v"])
    text = f"""
**LIF.** *τV*′ is a falling line with one fixed point, always stable, at *E*<sub>L</sub> + *R* *I*.
The current moves it to the right until it leaves through the threshold. From then on the
potential, on its way to a point it cannot reach, is reset again and again. Nothing happens to the
fixed point itself; the threshold cuts it off.

**QIF.** *τV*′ is a parabola, raised by *V*<sub>0</sub>. Below 0 it has two zeros at
∓√−*V*<sub>0</sub> (for *V*<sub>0</sub> = −1 at **{format_number(low)}**, stable, and
**{format_number(high)}**, unstable: whatever starts above it escapes to a spike). At
*V*<sub>0</sub> = 0 the two meet in a single point that attracts from the left and repels to the
right, a **saddle-node**, half-stable.
Above 0 there is no fixed point. The potential runs through and spends most of its time where the
parabola is lowest, in the *ghost* of the saddle-node; so the rate starts from zero.
"""
    section = Section(
        "Phase portraits on both sides of the bifurcation",
        text,
        {"phase_portraits": _portraits_figure(points)},
        {"portrait_fixed_points": points},
        {
            "phase_portraits": "*τV*′ over *V* below, at and above the bifurcation; upper row LIF, "
            "lower row QIF. Arrows show the flow.",
            "portrait_fixed_points": "Fixed points found from the equation texts. The input of the "
            "QIF is *V*<sub>0</sub>; its variables have no unit. Those of the LIF at and above "
            "the threshold of −50 mV are never reached.",
        },
    )
    numbers = {
        "lif_fixed_point_at_bifurcation_mV": _points_of(points, "LIF", 1.5)["v"].item(),
        "qif_stable_fixed_point": low,
        "qif_unstable_fixed_point": high,
        "qif_saddle_node": _points_of(points, "QIF", 0.0)["v"].item(),
        "qif_fixed_points_above": len(_points_of(points, "QIF", 1.0)),
    }
    return section, numbers


def _points_of(points: pd.DataFrame, name: str, I: float) -> pd.DataFrame:
    return points[(points["model"] == name) & (points["I"] == I)]


def _fixed_points(cell: Cell, I: float) -> pd.DataFrame:
    """Return the fixed points at one input, also one where the velocity only touches zero."""
    crossing = equilibria(cell.model, I * cell.model.input_unit)
    crossing = crossing.rename(columns={"v_mV": "v"}).assign(half_stable=False)
    touching = [
        {"v": v, "stable": False, "eigenvalue_per_ms": 0.0, "half_stable": True}
        for v in _double_roots(cell.model, I)
    ]
    found = pd.DataFrame([*crossing.to_dict("records"), *touching])
    return found.assign(model=cell.name, I=I, I_unit=unit_text(cell.model.input_unit)).reindex(
        columns=["model", "I", "I_unit", "v", "stable", "half_stable", "eigenvalue_per_ms"]
    )


def _double_roots(model, I: float) -> list[float]:
    """Return where a polynomial velocity touches zero: real roots of even multiplicity.

    There the flow does not change its direction, so no search for changes of sign finds them.
    """
    values = {symbol(name): sp.nsimplify(value) for name, value in model.values.items()}
    values[symbol(model.input)] = sp.nsimplify(I * float(model.input_unit))
    rhs = model.symbolic.rhs[model.membrane].xreplace(values)
    roots = sp.roots(sp.Poly(rhs, symbol(model.membrane)))
    return [float(root) for root, times in roots.items() if root.is_real and times % 2 == 0]


def _portraits_figure(points: pd.DataFrame):
    axes = new_axes(2, 3, sharex="row", sharey="row", size=(6.5, 4.8))
    for row, cell in zip(axes, CELLS, strict=True):
        v = np.linspace(*cell.potentials, 201)
        scale = float(cell.model.unit_of("v"))
        tau = cell.model.values["tau"]
        threshold = cell.model.parameters["V_th"].value
        for ax, I in zip(row, cell.portraits, strict=True):
            speed = tau * velocity(cell.model, v * scale, I * cell.model.input_unit) / scale
            plot_phase_line(
                v,
                speed,
                _points_of(points, cell.name, I),
                ax,
                threshold=threshold if threshold < v[-1] else None,
                v_label="$V$",
                v_unit=cell.unit,
                dv_label=r"$\tau\,\mathrm{d}V/\mathrm{d}t$",
                dv_unit=cell.unit,
                legend=False,
            )
            name = f"$I$ = {I:g} nA" if cell.unit else f"$V_0$ = {I:g}"
            _title(ax, f"{cell.name}, {name}".replace("-", "−"))
            if ax is not row[0]:
                ax.set_ylabel("")
    label_panels(axes.flat)
    legend_below(axes.flat)
    return axes[0, 0].figure


# ---------------------------------------------------------------------------------------------
# Rates and closed forms
# ---------------------------------------------------------------------------------------------
def _simulate_ranges(settings: Settings, cell: Cell) -> dict[float, pd.DataFrame]:
    """Return the F-I curve up to each end of the range, all of them from one group."""
    ends = (cell.ends[0], cell.currents[1], cell.ends[-1]) if settings.quick else cell.ends
    count = 16 if settings.quick else 51
    inputs = np.concatenate([cell.inputs(end, count) for end in ends])
    rates = _simulated(settings, cell, inputs, cell.model.parameters["tau"].value)
    starts = range(0, len(rates), count)
    return {
        end: rates.iloc[k : k + count].reset_index(drop=True)
        for end, k in zip(ends, starts, strict=True)
    }


def _simulated(settings: Settings, cell: Cell, inputs: np.ndarray, tau_ms: float) -> pd.DataFrame:
    """Return the F-I curve for a time constant, with all times in proportion to it."""
    duration, discard = (80, 30) if settings.quick else (200, 50)
    tau = tau_ms * ms
    return fi_curve(
        cell.model,
        inputs * cell.model.input_unit,
        duration=duration * tau,
        discard=discard * tau,
        dt=tau / 200,  # the model's own step at its own time constant
        # Given as a varied parameter, all time constants share one compiled program.
        vary={"tau": [tau_ms] * ms},
        backend=settings.backend,
    )


def _closed_forms(curves: dict[str, pd.DataFrame]) -> tuple[Section, dict]:
    left = {cell.name: _left(cell, curves[cell.name]) for cell in CELLS}
    worst = {name: float(rows["relative"].abs().max()) for name, rows in left.items()}
    shown = {name: format_number(float(f"{value:.0e}")) for name, value in worst.items()}
    unbounded = _unbounded_rate(1.0)
    bounded = float(CELLS[1].closed_form(1.0))
    text = f"""
**LIF**: *f* = 1/(*τ* ln[(*E*<sub>L</sub> + *R* *I* − *V*<sub>reset</sub>)/(*E*<sub>L</sub> +
*R* *I* − *V*<sub>th</sub>)]). At the rheobase the slope is infinite; then the curve straightens.

**QIF**, *V*<sub>0</sub> > 0, with *s* = √*V*<sub>0</sub>:
*f* = *s*/(*τ* [atan(*V*<sub>th</sub>/*s*) − atan(*V*<sub>reset</sub>/*s*)]). Where
reset and threshold lie far from the minimum of the parabola this is √*V*<sub>0</sub>/(π*τ*), the
mark of a saddle-node on a circle: {unbounded:.4f} Hz at *V*<sub>0</sub> = 1, and {bounded:.4f} Hz
with reset and threshold at ∓10, because the way there and back again is cut short.

The simulated rates lie on the formulas: the largest relative difference is
**{shown["LIF"]}** (LIF) and **{shown["QIF"]}** (QIF). Where the formula says 0, no simulated cell
fires.
"""
    section = Section(
        "F-I curves and their closed forms",
        text,
        {"closed_forms": _closed_forms_figure(curves, left)},
        {f"{name.lower()}_rates": rows for name, rows in left.items()},
        {
            "closed_forms": "Above, simulated rates on the closed form; below, what is left, "
            "relative to the rate.",
            "lif_rates": "LIF: measured and exact rates.",
            "qif_rates": "QIF: measured and exact rates; *I* stands for *V*<sub>0</sub>.",
        },
    )
    rate = {name: rows.set_index(rows["I"].round(9))["rate_Hz"] for name, rows in left.items()}
    numbers = {
        "lif_largest_relative_error": worst["LIF"],
        "qif_largest_relative_error": worst["QIF"],
        "lif_rate_2_nA_Hz": float(rate["LIF"][2.0]),
        "qif_rate_1_Hz": float(rate["QIF"][1.0]),
    }
    return section, numbers


def _unbounded_rate(V0: float) -> float:
    """Return the rate of the QIF with infinite reset and threshold."""
    tau = QIF.parameters["tau"].value
    return float(qif_rate(V0, tau=tau, V_reset=-np.inf, V_th=np.inf))


def _left(cell: Cell, table: pd.DataFrame) -> pd.DataFrame:
    found = residuals(table, cell.closed_form)
    found.insert(1, "I_unit", table["I_unit"])
    return found


def _closed_forms_figure(curves: dict[str, pd.DataFrame], left: dict[str, pd.DataFrame]):
    axes = new_axes(2, 2, sharex="col", size=(6.5, 4.4), height_ratios=(2, 1))
    for column, cell in zip(axes.T, CELLS, strict=True):
        label = "simulated" if cell is CELLS[0] else None
        plot_fi(curves[cell.name], column[0], closed_form=cell.closed_form, label=label)
        column[0].get_legend().remove()
        relative = left[cell.name]["relative"]
        power = int(np.floor(np.log10(relative.abs().max())))
        scaled = left[cell.name].assign(relative=relative / 10.0**power)
        plot_residuals(scaled, column[1], y="relative")
        column[1].set_ylabel(f"relative residual\n($10^{{{power}}}$)")
        column[0].set_xlabel("")
        _title(column[0], cell.name)
    axes[0, 0].figure.align_ylabels()
    _name_qif_input(axes[1, 1])
    label_panels(axes.flat)
    legend_below(axes[0])
    return axes[0, 0].figure


def _title(ax, text: str) -> None:
    with use_style():
        ax.set_title(text)


def _name_qif_input(ax) -> None:
    """Call the input of the QIF by the name that it has in its equation."""
    ax.set_xlabel("input $V_0$")


# ---------------------------------------------------------------------------------------------
# Fitted functions
# ---------------------------------------------------------------------------------------------
def _fits(curves: dict[str, pd.DataFrame]) -> tuple[Section, dict]:
    table = pd.concat([_ranking(cell, curves[cell.name]) for cell in CELLS], ignore_index=True)
    by_kind = table.set_index(["model", "kind"])
    lif, qif = by_kind.loc["LIF"], by_kind.loc["QIF"]
    text = f"""
Four functions, each up to a shift along the current axis and a scale, sigmoid and softplus also
with a width (a sigmoid of fixed width would depend on the unit of the current). They are fitted by
least squares and ranked by AICc, which charges for each parameter.

- **LIF, 0 to 5 nA: the ReLU.** {_interval(lif.loc["relu"], "scale")} Hz/nA above
  {_interval(lif.loc["relu"], "shift")} nA, root mean square residual
  {lif.loc["relu", "rmse_Hz"]:.2f} Hz against {lif.loc["sigmoid", "rmse_Hz"]:.2f} Hz for the sigmoid
  (ΔAICc {lif.loc["sigmoid", "delta_AICc"]:.0f}). What it misses is the steep beginning. The
  softplus turns into the same ReLU (width → 0) and pays for a parameter that it does not need.
- **QIF, −1 to 4: the square root**, with the scale {_interval(qif.loc["sqrt"], "scale")} Hz and
  {qif.loc["sqrt", "rmse_Hz"]:.2f} Hz left; theory for the onset says 1/(π*τ*) =
  {_unbounded_rate(1.0):.2f} Hz. Sigmoid ({qif.loc["sigmoid", "rmse_Hz"]:.2f} Hz) and ReLU
  ({qif.loc["relu", "rmse_Hz"]:.2f} Hz) both miss it, the sigmoid by a little less: the curve
  bends downwards all the way, as the sigmoid's upper half does.

In brackets: 95 % intervals, which tell how well the curve pins a parameter down. These rates
have no noise. What is left is the misfit of the function, nothing random, so take the Akaike
weights in the table as a ranking and not as probabilities.
"""
    section = Section(
        "Which function fits which curve",
        text,
        {f"{cell.name.lower()}_fits": _fits_figure(cell, curves[cell.name]) for cell in CELLS},
        {"fits": table},
        {
            "lif_fits": "LIF: measured rates with fits, and the residuals below.",
            "qif_fits": "QIF: measured rates with fits, and the residuals below.",
            "fits": "Parameters with 95 % intervals, where the curve determines them. LIF: scale "
            "in Hz/nA, Hz (sigmoid) or Hz/√nA (square root), shift and width in nA. QIF: scale in "
            "Hz, shift and width without unit.",
        },
    )
    numbers = {
        f"{name.lower()}_{kind}_R2": float(by_kind.loc[(name, kind), "R2"])
        for name, kind in by_kind.index
    }
    numbers |= {
        "lif_relu_scale_Hz_per_nA": float(lif.loc["relu", "scale"]),
        "lif_relu_shift_nA": float(lif.loc["relu", "shift"]),
        "qif_sqrt_scale_Hz": float(qif.loc["sqrt", "scale"]),
        "qif_sqrt_shift": float(qif.loc["sqrt", "shift"]),
    }
    return section, numbers


def _ranking(cell: Cell, curve: pd.DataFrame) -> pd.DataFrame:
    table = fit_all(curve["I"], curve["rate_Hz"])
    table.insert(0, "model", cell.name)
    return table


def _interval(row: pd.Series, name: str) -> str:
    """Write a parameter with its confidence interval."""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return f"{row[name]:.3g} [{low:.3g}, {high:.3g}]".replace("-", "−")


def _fits_figure(cell: Cell, curve: pd.DataFrame):
    fits = [fit_fi(curve["I"], curve["rate_Hz"], kind) for kind in FI_FUNCTIONS]
    axes = new_axes(2, sharex=True, size=(6.5, 4.6), height_ratios=(1.6, 1))
    plot_fits(curve, fits, axes[0])
    ranked = sorted(fits, key=lambda fit: fit.aicc)
    for fit, colour in zip(ranked, CYCLE, strict=False):
        rows = residuals(curve, fit.predict)
        dash = "--" if fit.kind == "softplus" else "-"  # it often lies on the ReLU
        plot_residuals(rows, axes[1], color=colour, linestyle=dash)
        axes[0].lines[1 + ranked.index(fit)].set_linestyle(dash)
    axes[0].set_xlabel("")
    if cell.model is QIF:
        _name_qif_input(axes[1])
    axes[0].figure.align_ylabels(axes)
    label_panels(axes)
    return axes[0].figure


# ---------------------------------------------------------------------------------------------
# The range of currents
# ---------------------------------------------------------------------------------------------
def _fits_by_range(ranges: dict[str, dict[float, pd.DataFrame]]) -> tuple[Section, dict]:
    columns = ["model", "end", "kind", "rmse_Hz", "R2", "AICc", "delta_AICc", "weight"]
    table = pd.concat(
        [
            _ranking(cell, curve).assign(end=end)[columns]
            for cell in CELLS
            for end, curve in ranges[cell.name].items()
        ],
        ignore_index=True,
    )
    lif, qif = (_ranges_sentence(table, cell) for cell in CELLS)
    text = f"""
The answer depends on how far the currents reach, because both curves change their shape. Best by
AICc, with the same number of points for every range:

- **LIF**: {lif}.
- **QIF**: {qif}.

Close to the onset the **square root** describes both: the QIF because it is one, the LIF because
its curve is steep there and bends, too. Far above the onset both are straight lines and the
**ReLU** wins. For the LIF this begins where the leak no longer matters, for the QIF where
*V*<sub>0</sub> exceeds *V*² at reset and threshold (10² = 100): the parabola is flat then. The
**sigmoid** is never the best. It beats the ReLU only near the onset, where the curve bends all over
the range. Neither neuron saturates, so the upper half of a fitted sigmoid says where the
currents stop and nothing about the neuron; it takes a refractory period to make a rate saturate.
"""
    section = Section(
        "How the answer depends on the range of currents",
        text,
        {"fit_ranges": _ranges_figure(table)},
        {"range_fits": table},
        {
            "fit_ranges": "Part of the variance that a fit leaves unexplained, over the upper end "
            "of the range. Lower is better.",
            "range_fits": "Fits for each upper end (nA for the LIF; no unit for the QIF).",
        },
    )
    numbers = {}
    for cell in CELLS:
        name, (first, *_, last) = cell.name.lower(), cell.ends
        numbers[f"{name}_sqrt_R2_narrowest_range"] = _r2(table, cell, first, "sqrt")
        numbers[f"{name}_relu_R2_widest_range"] = _r2(table, cell, last, "relu")
    return section, numbers


def _ranges_sentence(table: pd.DataFrame, cell: Cell) -> str:
    """Say which function is the best up to which end, and where the sigmoid beats the ReLU."""
    rows = table[table["model"] == cell.name]
    unit = " nA" if cell.model is LIF else ""
    best = rows[rows["delta_AICc"] == 0].sort_values("end")
    parts = [
        f"{NAMES[kind]} for ranges up to {', '.join(f'{end:g}' for end, _ in part)}{unit}"
        for kind, part in groupby(best[["end", "kind"]].to_numpy(), key=lambda row: row[1])
    ]
    aicc = rows.pivot_table(index="end", columns="kind", values="AICc")
    ahead = aicc.index[aicc["sigmoid"] < aicc["relu"]]
    listed = ", ".join(f"{end:g}" for end in ahead)
    return f"{'; '.join(parts)}. Sigmoid before ReLU: {listed + unit if listed else 'nowhere'}"


def _r2(table: pd.DataFrame, cell: Cell, end: float, kind: str) -> float:
    rows = table[(table["model"] == cell.name) & (table["end"] == end) & (table["kind"] == kind)]
    return rows["R2"].item()


def _ranges_figure(table: pd.DataFrame):
    axes = new_axes(1, 2, sharey=True, size=(6.5, 3.2))
    table = table.assign(unexplained=1 - table["R2"])
    for ax, cell in zip(axes, CELLS, strict=True):
        rows = table[table["model"] == cell.name]
        for kind, colour in zip(FI_FUNCTIONS, CYCLE, strict=False):
            line = {"linestyle": "--", "marker": ""} if kind == "softplus" else {}
            part = rows[rows["kind"] == kind]
            plot_onset(part, ax, x="end", y="unexplained", label=kind, color=colour, **line)
        ax.get_legend().remove()
        ax.set(xscale="log", yscale="log")
        ax.set_xlabel("largest $I$ (nA)" if cell.model is LIF else "largest $V_0$")
        shown = cell.ends[::2]
        ax.set_xticks(shown, [f"{end:g}" for end in shown])
        ax.set_xticks([], minor=True)
        _title(ax, cell.name)
    axes[0].set_ylabel("unexplained variance, $1 - R^2$")
    axes[1].set_ylabel("")
    label_panels(axes)
    legend_below(axes)
    return axes[0].figure


# ---------------------------------------------------------------------------------------------
# The time constant
# ---------------------------------------------------------------------------------------------
def _time_constant(settings: Settings) -> tuple[Section, dict]:
    taus = (1.0, 10.0) if settings.quick else (1.0, 4.0, 7.0, 10.0)
    tables = {cell.name: _scaled(settings, cell, taus) for cell in CELLS}
    spread = {name: _spread(table) for name, table in tables.items()}
    largest = max(spread.values())
    listed = ", ".join(f"{tau:g}" for tau in taus)
    rates = pd.concat(tables.values(), ignore_index=True)
    rates.attrs = {"units": {"tau": "ms"}}
    text = f"""
In the new time *s* = *t*/*τ* the equations read d*V*/d*s* = *E*<sub>L</sub> − *V* + *R* *I* and
d*V*/d*s* = *V*<sub>0</sub> + *V*²: no *τ* is left. A neuron with another time constant does the
same thing at another speed. Its rate is 1/*τ* times that of *τ* = 1, and *τ* *f*(*I*), the number
of spikes per time constant, is one curve for all. Measured with time steps in proportion to *τ*,
the curves for *τ* = {listed} ms differ by **{format_number(float(f"{largest:.0e}"))}** (relative)
at most, that is by rounding. So set *τ* = 1 and give back the unit of time at the end. (A
refractory period would have to be scaled with it. Resistance, leak and threshold of the LIF go
the same way, into the units of current and voltage.)
"""
    section = Section(
        "Why the time constant can be set to 1",
        text,
        {"time_constant": _scaling_figure(tables)},
        {"scaled_rates": rates},
        {
            "time_constant": "Left, the rates for different time constants (colours); right, "
            "the same times *τ*: all curves lie on each other.",
            "scaled_rates": "The rates in the figure.",
        },
    )
    numbers = {
        f"{name.lower()}_largest_deviation_of_scaled_rates": value for name, value in spread.items()
    }
    return section, numbers


def _scaled(settings: Settings, cell: Cell, taus) -> pd.DataFrame:
    """Return F-I curves for several time constants, and the spikes per time constant."""
    inputs = cell.inputs(cell.currents[1], 16 if settings.quick else 26)
    curves = [_simulated(settings, cell, inputs, tau) for tau in taus]
    table = pd.concat(curves, ignore_index=True)[["tau", "I", "I_unit", "rate_Hz"]]
    table.insert(0, "model", cell.name)
    return table.assign(spikes_per_tau=table["tau"] * table["rate_Hz"] / 1000)


def _spread(table: pd.DataFrame) -> float:
    """Return the largest relative difference between the scaled rates at one input."""
    scaled = table.pivot_table(index="I", columns="tau", values="spikes_per_tau")
    mean = scaled.mean(axis=1)
    apart = (scaled.max(axis=1) - scaled.min(axis=1))[mean > 0] / mean[mean > 0]
    return float(apart.max())


def _scaling_figure(tables: dict[str, pd.DataFrame]):
    axes = new_axes(2, 2, sharex="row", size=(6.5, 4.6))
    for row, (name, table) in zip(axes, tables.items(), strict=True):
        firing = table[table["rate_Hz"] > 0]
        plot_fi(firing, row[0], by="tau", by_unit="ms")
        plot_fi(table, row[1], by="tau", by_unit="ms", rate="spikes_per_tau")
        # Smaller markers on top, so that the curves below still show.
        curves = [line for line in row[1].lines if line.get_gid() is None]
        for line, size in zip(curves, (9, 6.5, 4, 1.5), strict=False):
            line.set(markersize=size, linewidth=0.8)
        # On a logarithmic axis a factor is a shift.
        row[0].set(yscale="log", ylim=(0.5 * firing["rate_Hz"].min(), None))
        row[0].get_legend().remove()
        _title(row[0], name)
        row[1].set_ylabel(r"$\tau f$ (spikes per $\tau$)")
    for ax in axes[1]:
        _name_qif_input(ax)
    axes[1, 1].get_legend().remove()
    label_panels(axes.flat)
    return axes[0, 0].figure
