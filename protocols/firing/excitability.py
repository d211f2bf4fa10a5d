"""How a cell begins to fire: a verdict from what is measured on its bifurcation diagram."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from brian2 import ms
from brian2.utils.stringtools import word_substitute

from ...dynamics import Diagram, bifurcations
from ...dynamics.continuation.arclength import NoConvergence
from ...dynamics.continuation.cycles import SETTLED, CycleBranch, CyclePoint
from ...errors import InputError
from ...models.by_name import takes_names
from ...models.from_brian import equation_line
from ...models.methods import METHODS
from ...models.ranges import towards_threshold
from ...models.system import parsed_equations
from ...models.units import column
from ...simulation.numerics import Numerics, numerics_of
from ...simulation.run import simulate
from ..stimuli import Ramp
from .latency import latency
from .thresholds import rheobase

TYPES = {
    "I": "rest ends where the cycle begins: the rate begins at zero, without hysteresis",
    "II": "rest loses its stability in a Hopf bifurcation: the rate begins above zero",
    "II*": "rest ends in a saddle-node beside a cycle that is there already: the rate jumps, with "
    "hysteresis",
}
NO_REST = "none at the lowest input"
INPUTS = ("rest_ends", "cycle_begins", "rest_returns", "step_rheobase", "ramp_up", "ramp_down")
NEAR, FAR = 1e-8, 1e-2  # of the input's range: between these distances the onset is fitted
MEASURED = 13  # at so many distances
BESIDE = (1e-4, 1e-3, 1e-2)  # so far beyond the end of rest, of the range, a cycle is looked for
BESIDE_WAY = 0.25  # of the way between two points of a curve: nearer ones lie between them
CLEARLY = 3.0  # by this factor the better of two fits must be better
RAMP = 1000.0  # ms, each way
RELATIVE = (1.001, 1.1)  # multiples of the rheobase at which latencies are measured


@dataclass(frozen=True)
class _Onset:
    """Where the stable cycle begins that is there once rest has ended."""

    p: float = np.nan
    type: str = "no stable cycle"
    growth: float = np.nan
    branch: CycleBranch | None = None
    fold: CyclePoint | None = None


@takes_names
def excitability(
    model,
    values=None,
    *,
    diagram: Diagram | None = None,
    steps: bool = True,
    report: Callable | None = None,
    **numerics,
) -> pd.DataFrame:
    """Return how a cell begins to fire, with the numbers from which that follows.

    Parameters
    ----------
    model : NeuronModel
        Without noise and explicit time.
    values : Quantity, shape (2,), optional
        Range of the input; default: the model's input range and a fifth of it more, where
        the cell rests.
    diagram : Diagram, optional
        One of this model over its input that has been made already, instead of `values`.
    steps : bool
        Simulate steps and a ramp too, beside the diagram.
    report : callable, optional
        Is told in a sentence what is being done.
    **numerics
        Of the simulations; see `excitable.simulation.Numerics`.

    Returns
    -------
    DataFrame
        One row: ``verdict`` ("I", "II", "II*", "undecided"), ``rest_ends_by`` (which bifurcation),
        ``rest_ends`` (where), ``cycle_begins_by`` and ``cycle_begins``, the hysteresis between,
        ``onset_rate_Hz`` of the stable cycle where rest ends (of type I: 0), the measured
        ``growth`` of the period (see `Diagram`), ``onset`` (how the rate rises from where the
        cycle begins: "square root", "logarithm", "jump", or "undecided" where no fit is three
        times better than the next), ``onset_exponent`` (measured, of the distance to there),
        ``rest_returns``: where an equilibrium becomes stable again (depolarisation block), and
        ``why``. With `steps`: ``step_rheobase`` of a step from rest that fires on and on,
        ``latency_at_1.001_ms`` and ``latency_at_1.1_ms`` of the first spike at so many times that,
        ``ramp_up``, the input at the first spike of a slow ramp, and ``ramp_down``, that at the
        last one on its way back; NaN where there is none. Where less input takes the cell to its
        threshold (``- I`` in its slope), all is measured on the way from high input to low.

    Notes
    -----
    Hodgkin's classes (1948, J. Physiol. 107:165-181) by bifurcation: Rinzel & Ermentrout 1998.
    Nothing is decided by a threshold on a rate: type I needs the cycle to begin where rest ends,
    at a SNIC or (cells that are reset) at an equilibrium that reaches the threshold, and a rate
    that is measured to go to zero there. The ramp takes a second each way; a cell that is slow to
    leave rest fires later on it than where rest ends.

    Examples
    --------
    >>> from brian2 import uA, cm
    >>> from excitable.models import HODGKIN_HUXLEY
    >>> excitability(HODGKIN_HUXLEY, [0, 20]*uA/cm**2, steps=False)["verdict"].item()
    'II'
    """
    chosen = numerics_of(excitability, numerics)
    if towards_threshold(model) < 0:
        if diagram is not None:
            raise InputError(
                f"diagram: less {model.input} takes {model.name} to its threshold, and rest is "
                "followed on a diagram over the opposite one, made here; leave diagram out"
            )
        values = None if values is None else -values[::-1]
        found = excitability(_turned(model), values, steps=steps, report=report, **numerics)
        return _turned_back(found, model)
    if diagram is None:
        diagram = bifurcations(model, "I", values, report=report)
    elif values is not None or (diagram.model.name, diagram.parameter) != (model.name, model.input):
        raise InputError(
            f"diagram: expected one of {model.name} over {model.input} and no values beside it, "
            f"got one of {diagram.model.name} over {diagram.parameter}"
        )
    row = _verdict(diagram)
    if steps:
        row |= _steps(diagram, row[column("rest_ends", diagram.field.free_units[0])], chosen)
    return pd.DataFrame([row])


def _turned(model):
    """Return the same cell, driven by the opposite of its input: more of it makes it fire."""
    opposite = {model.input: f"(-{model.input})"}

    def turned(text):
        return word_substitute(text, opposite) if isinstance(text, str) else text

    low, high = model.input_range
    lines = parsed_equations(model.equations, [*model.parameters, model.input]).values()
    return model.with_(
        equations=turned("\n".join(map(equation_line, lines))),
        **{name: turned(getattr(model, name)) for name in ("threshold", "reset", "refractory")},
        initial={name: turned(value) for name, value in model.initial.items()},
        input_range=(-high, -low),
    )


def _turned_back(found: pd.DataFrame, model) -> pd.DataFrame:
    """Return the row of a turned cell in the model's own input."""
    own = [column(name, model.input_unit) for name in INPUTS]
    found = found.assign(**{name: -found[name] for name in own if name in found})
    return found.assign(why=f"with -{model.input} for {model.input}: " + found["why"])


def _verdict(diagram: Diagram) -> dict:
    unit = diagram.field.free_units[0]
    name = lambda text: column(text, unit)  # noqa: E731
    end, kind = _end_of_rest(diagram)
    begin = _begin_of_cycle(diagram, end)
    onset, exponent = _onset_fit(diagram, begin)
    verdict = _type(kind, end, begin, onset, diagram.high - diagram.low)
    from_zero = verdict == "I"
    return {
        "model": diagram.model.name,
        "verdict": verdict,
        "rest_ends_by": kind,
        name("rest_ends"): end,
        "cycle_begins_by": begin.type,
        name("cycle_begins"): begin.p,
        name("hysteresis"): 0.0 if from_zero else end - begin.p,
        "onset_rate_Hz": 0.0 if from_zero else _rate_at(diagram, end),
        "growth": begin.growth,
        "onset": onset,
        "onset_exponent": exponent,
        name("rest_returns"): _return_of_rest(diagram, end),
        "why": TYPES.get(verdict) or _why_undecided(end, kind, begin),
    }


def _type(kind: str, end: float, begin: _Onset, onset: str, span: float) -> str:
    """Return the type; "undecided" where the diagram and the measured onset do not agree."""
    together = abs(begin.p - end) < 1e-6 * max(abs(end), 1e-3 * span)
    from_zero = {"saddle-node": ("SNIC", "square root"),
                 "boundary equilibrium": ("boundary equilibrium", "logarithm")}  # fmt: skip
    if together and from_zero.get(kind) == (begin.type, onset):
        return "I"
    if kind == "Hopf" and (together or begin.p < end):
        return "II"
    if kind == "saddle-node" and begin.p < end and not together:
        return "II*"
    return "undecided"


def _why_undecided(end: float, kind: str, begin: _Onset) -> str:
    """Return what of the diagram is missing, or contradicts itself."""
    if not np.isfinite(end):
        way = "lower" if kind == NO_REST else "higher"
        return f"no end of rest is in this range ({kind}); take one that reaches {way}"
    if kind == "where its curve stopped":
        return f"the equilibrium could not be followed beyond {end:.6g}; take a range above that"
    if begin.branch is None:
        return f"no stable cycle was found just above {end:.6g}, where rest ends"
    if begin.p > end:
        return (
            f"rest ends at {end:.6g} ({kind}) and the cycle begins at {begin.p:.6g} "
            f"({begin.type}) only; how the cell fires between, its diagram does not show"
        )
    return (
        f"rest ends at {end:.6g} ({kind}) and the cycle begins at {begin.p:.6g} ({begin.type}), "
        "which together is none of the three types"
    )


def _onset_fit(diagram: Diagram, begin: _Onset) -> tuple[str, float]:
    """Return how the rate rises with the distance to where the cycle begins, and its exponent."""
    if begin.branch is None:
        return "undecided", np.nan
    own = _above(diagram, begin) if begin.fold is None else _beside_fold(diagram, begin)
    if len(own) < 4:
        return "undecided", np.nan
    gaps, rates = own[: max(4, len(own) // 2)].T
    exponent = float(np.polyfit(np.log(gaps[:3]), np.log(rates[:3]), 1)[0])
    if abs(exponent - 0.5) < 0.1:
        return "square root", exponent
    by_logarithm = _misfit(np.log(gaps), 1 / rates)
    by_jump = _misfit(np.sqrt(gaps), rates)
    if by_logarithm * CLEARLY < by_jump:
        return "logarithm", exponent
    return ("jump" if by_jump * CLEARLY < by_logarithm else "undecided"), exponent


def _above(diagram: Diagram, begin: _Onset) -> np.ndarray:
    """Return distances from where a branch begins, and the rates of its stable cycle there."""
    found, span = [], diagram.high - diagram.low
    gaps = [q.p - begin.p for q in begin.branch.points if q.stable and q.p > begin.p]
    nearest = min(gaps, default=NEAR * span)
    for gap in np.geomspace(max(nearest, NEAR * span), max(nearest, FAR * span), MEASURED):
        cycles = diagram.orbits_at(begin.p + gap, [begin.branch])
        found += [(gap, diagram.rate_of(q)) for q in cycles if q.stable][:1]
    return np.array(found)


def _beside_fold(diagram: Diagram, begin: _Onset) -> np.ndarray:
    """Return distances from a fold of cycles, and the rates of the stable cycle there."""
    found = []
    for length in np.outer((1, -1), np.geomspace(3e-3, 3e-2, 5)).ravel():
        try:
            q, _ = begin.branch.follower.at(begin.fold, length)
        except (NoConvergence, np.linalg.LinAlgError):
            continue
        if q.stable and q.p > begin.p:
            found.append((q.p - begin.p, diagram.rate_of(q)))
    return np.array(found)


def _misfit(x: np.ndarray, y: np.ndarray) -> float:
    """Return by how much values miss a straight line, relative to their mean."""
    line = np.polyval(np.polyfit(x, y, 1), x)
    return float(np.std(y - line) / abs(np.mean(y))) + 1e-12


# --- steps and a ramp ----------------------------------------------------------------------------


def _steps(diagram: Diagram, end: float, chosen: Numerics) -> dict:
    """Return what steps from rest and a slow ramp give."""
    model, unit = diagram.model, diagram.field.free_units[0]
    numerics = chosen.but()
    try:
        threshold = float(rheobase(model, **numerics) / unit)
    except InputError:  # it fires at every input that was tried, or at none
        threshold = np.nan
    times = [np.nan] * len(RELATIVE)
    if threshold > 0:
        given = {"relative_to": threshold * unit, "duration": 2 * RAMP * ms}
        times = latency(model, list(RELATIVE), **given, **numerics)["latency_ms"].tolist()
    up, down = _ramped(diagram, end if np.isfinite(end) else threshold, chosen)
    row = {column("step_rheobase", unit): threshold}
    row |= {f"latency_at_{k}_ms": t for k, t in zip(RELATIVE, times, strict=True)}
    return row | {column("ramp_up", unit): up, column("ramp_down", unit): down}


def _ramped(diagram: Diagram, centre: float, chosen: Numerics) -> tuple[float, float]:
    """Return the input at the first spike of a ramp up, and at the last one on its way back."""
    if not np.isfinite(centre):
        return np.nan, np.nan
    model, unit = diagram.model, diagram.field.free_units[0]
    reach = (diagram.high - diagram.low) / 4
    low = max(centre - reach, _lowest_followed(diagram, centre, chosen))
    high = min(centre + reach, diagram.high)
    slope = (high - low) / RAMP
    stimulus = Ramp(slope * unit / ms, offset=RAMP * ms, start=low * unit) + Ramp(
        -slope * unit / ms, onset=RAMP * ms, start=high * unit
    )
    run = simulate(model, stimulus, 1, 2 * RAMP * ms, **chosen.of_a_run,
                   label=f"ramp of {model.name}")  # fmt: skip
    rising, falling = run.spike_ms[run.spike_ms < RAMP], run.spike_ms[run.spike_ms >= RAMP]
    up = low + slope * rising[0] if len(rising) else np.nan
    return up, high - slope * (falling[-1] - RAMP) if len(falling) else np.nan


def _lowest_followed(diagram: Diagram, centre: float, chosen: Numerics) -> float:
    """Return the lowest input below another one from which on steps follow a cell at rest.

    Far below rest some gates are so fast that they would diverge.
    """
    method = METHODS[chosen.method or diagram.model.method]
    fastest = method.decay / chosen.step_ms(diagram.model)
    rates = [
        (p, -values.min())
        for curve in diagram.curves
        for p, values in zip(curve.p, curve.eigenvalues.real, strict=True)
        if values.max() < 0 and p < centre
    ]
    too_fast = [p for p, rate in rates if rate >= fastest]
    if not too_fast:
        return diagram.low
    return min((p for p, _ in rates if p > max(too_fast)), default=centre)


# --- reading the diagram -------------------------------------------------------------------------


def _end_of_rest(diagram: Diagram) -> tuple[float, str]:
    """Return where the stable equilibrium at the lowest input ends, and at what bifurcation."""
    best = None
    for curve in diagram.curves:
        stable = curve.eigenvalues.real.max(axis=1) < 0
        for k in (0, len(curve.p) - 1):
            v = curve.x[k, diagram.field.membrane]
            if curve.p[k] == diagram.low and stable[k] and (best is None or v < best[0]):
                best = (v, curve, stable if k == 0 else stable[::-1], k != 0)
    if best is None:
        return np.nan, NO_REST
    _, curve, stable, backwards = best
    p = curve.p[::-1] if backwards else curve.p
    lost = np.flatnonzero(~stable)
    if not len(lost) and p[-1] == diagram.high:
        return np.nan, "stable throughout"
    if not curve.points:
        return float(p[-1]), "where its curve stopped"
    if not len(lost):  # it ends: at the threshold
        point = min(curve.points, key=lambda q: abs(q.p - p[-1]))
        return point.p, point.type
    x = curve.x[::-1] if backwards else curve.x
    ends = [np.append(x[k], p[k]) for k in (lost[0] - 1, lost[0])]  # the first one is stable
    sizes = np.append(diagram.field.limits(), diagram.high - diagram.low)
    places = [(*_along(np.append(q.x, q.p), *ends, sizes), q) for q in curve.points]
    on_the_way = [place for place in places if place[1] < BESIDE_WAY]
    if on_the_way:
        point = min(on_the_way, key=lambda place: place[0])[2]
    else:
        point = min(places, key=lambda place: place[1])[2]
    return point.p, point.type


def _along(place: np.ndarray, a: np.ndarray, b: np.ndarray, sizes: np.ndarray):
    """Return how far along the way from a to b a place is, and how far from it, as its shares."""
    way, own = (b - a) / sizes, (place - a) / sizes
    share = np.clip(own @ way / (way @ way), 0, 1)
    return float(share), float(np.linalg.norm(own - share * way) / np.linalg.norm(way))


def _begin_of_cycle(diagram: Diagram, end: float) -> _Onset:
    """Return where the stable cycle begins that is there once rest has ended."""
    for share in BESIDE:
        above = end + share * (diagram.high - diagram.low)
        for k, branch in enumerate(diagram.cycles):
            p = np.array([q.p for q in branch.points])
            stable = np.array([q.stable or not q.resolved for q in branch.points])
            between = (p[:-1] - above) * (p[1:] - above) <= 0
            over = np.flatnonzero(between & stable[:-1] & stable[1:])
            if len(over):
                same = SETTLED * (diagram.high - diagram.low)
                return _onset_of(diagram, k, *_downwards(p, stable, over[0], same))
    return _Onset()


def _downwards(p: np.ndarray, stable: np.ndarray, at: int, same: float) -> tuple[int, int]:
    """Return the last stable point of a branch towards lower inputs, and what comes after it.

    Towards a homoclinic orbit the inputs are the same, up to rounding.
    """
    step = 1 if p[at + 1] < p[at] else -1
    at += step == 1
    while 0 <= at + step < len(p) and stable[at + step] and p[at + step] <= p[at] + same:
        at += step
    return at, at + step if 0 <= at + step < len(p) else at


def _onset_of(diagram: Diagram, k: int, last: int, beyond: int) -> _Onset:
    """Return what begins a branch whose last stable point, towards lower inputs, is known."""
    branch, near = diagram.cycles[k], SETTLED * (diagram.high - diagram.low)
    low, high = sorted((branch.points[last].p, branch.points[beyond].p))
    for special in branch.special:
        if low - near <= special.p <= high + near:
            fold = special.point if special.type == "fold of cycles" else None
            return _Onset(special.p, special.type, np.nan, branch, fold)
    if k in diagram.ends and beyond == len(branch.points) - 1:
        found = diagram.ends[k]
        return _Onset(found.p, found.type, found.numbers.get("growth", np.nan), branch)
    hopfs = [q.p for curve in diagram.curves for q in curve.points if q.type == "Hopf"]
    at_hopf = (last == 0 and branch.origin.startswith("Hopf")) or branch.end == "Hopf"
    if at_hopf and hopfs:
        return _Onset(min(hopfs, key=lambda p: abs(p - low)), "Hopf", np.nan, branch)
    return _Onset(float(branch.points[last].p), branch.end, np.nan, branch)


def _rate_at(diagram: Diagram, end: float) -> float:
    """Return the rate of the stable cycle where rest ends; NaN without one."""
    if not np.isfinite(end):
        return np.nan
    stable = [q for q in diagram.orbits_at(end) if q.stable]
    return diagram.rate_of(stable[0]) if stable else np.nan


def _return_of_rest(diagram: Diagram, end: float) -> float:
    """Return where above the onset an equilibrium becomes stable again; NaN if nowhere."""
    hopfs = [q.p for c in diagram.curves for q in c.points if q.type == "Hopf" and q.p > end]
    for p in sorted(hopfs):
        for curve in diagram.curves:
            later = curve.p > p
            if later.any() and (curve.eigenvalues[later].real.max(axis=1) < 0).any():
                return p
    return np.nan
