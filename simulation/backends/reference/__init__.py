"""The reference solution: the same system, integrated by scipy to about ten digits.

It shares the model's text with the Brian2 runs and nothing else: the right-hand sides are compiled
to plain Python, the integrator is DOP853 with adaptive steps (Hairer, Norsett & Wanner 1993,
Solving Ordinary Differential Equations I), and spikes are located as events of its interpolant.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from brian2 import Quantity, ms, second

from ....errors import DivergenceError, InputError, UnresolvedError
from ....models.by_name import takes_names
from ....models.checks import check_positive, check_quantity
from ....models.system import System
from ....models.text.conditions import Gap
from ....models.text.step_parts import SAME
from ....plain_checks import check_number
from ....progress import reporter
from ...plan import Cells, Plan
from ...recording import CELLS, CellsRecording, Recording
from ...run import exact_plan, names_to_record
from ..backend import Backend

# No step is longer, so that none jumps over a spike or a period of the input.
_LONGEST_STEP = 1e-3
# Absolute tolerance, in seconds, of the time that is left to an upstroke.
_SHORTEST = 1e-15
# How often a step near a crossing is looked at, for one that it undoes.
_LOOKS = 5
# How far inwards from a step's end one looks whether it rises there, as a part of the next look's
# distance. A crossing that is undone within that is a hair's breadth, less than the tolerances.
_INWARDS = 1e-5
# In seconds: after it a condition that held by the rounding of its time no longer does.
_SOON = 1e-12
# So many spikes within so many seconds have no end: a reset that leaves a cell at its threshold.
_MANY, _AT_ONCE = 100, 1e-9
# A piece between two breakpoints is what the text calls a step: its beginning as a
# multiple of its length, and its length. It is on or off as a whole.
_PIECE = ("t_in_timesteps", "dt")
_WHOLE = {
    "part_after": lambda begin, length, edge: float(begin + length / 2 > edge),
    "part_between": lambda begin, length, on, off: float(on < begin + length / 2 < off),
    "time_after": lambda t, *piece: t,
    "time_between": lambda t, *piece: t,
}


@takes_names
def reference(
    model,
    stimulus,
    duration: Quantity,
    *,
    vary: Mapping[str, Quantity] | None = None,
    start: str | Mapping[str, Quantity] = "rest",
    record: Sequence[str] = (),
    t_eval: Quantity | None = None,
    rtol: float = 1e-10,
    atol: float = 1e-12,
) -> CellsRecording:
    """Solve one neuron of `model` under `stimulus` to high accuracy.

    Parameters
    ----------
    model : NeuronModel
    stimulus : Stimulus, str or Quantity
        Without noise.
    duration : Quantity
    vary : dict of str to Quantity
        Parameters instead of the model's own, one value each.
    start : "rest", "initial" or dict of str to Quantity
        As in `simulate`.
    record : sequence of str
        State variables, currents, rates or the input, to be sampled.
    t_eval : Quantity, shape (samples,)
        When they are sampled, ascending; default every `model.dt`.
    rtol, atol : float
        Relative tolerance, and absolute tolerance in the unit in which a variable is shown.

    Returns
    -------
    Recording
        Of one neuron; ``dt_ms`` is NaN.

    Raises
    ------
    ValueError
        For bad input, and for noise.
    DivergenceError
        If the solution leaves the numbers.

    Notes
    -----
    The input's jumps are met exactly: the integration is done in pieces between the breakpoints
    of the stimulus and of timed arrays. A spike is an upward crossing of the threshold by a cell
    that is not refractory, also by a jump of the condition itself; a start above the threshold;
    or the end of a refractory period above it. A reset acts at the crossing, and variables marked
    ``(unless refractory)`` stand still for the refractory period.

    Examples
    --------
    >>> from brian2 import ms, nA
    >>> from excitable.models import LIF
    >>> from excitable.protocols.stimuli import Constant
    >>> reference(LIF, Constant(2*nA), 30*ms).spike_ms.round(6)
    array([13.862944, 27.725887])
    """
    length = check_positive("duration", duration, ms) / 1e3
    check_number("rtol", rtol, above=0, below=1)
    check_number("atol", atol, above=0)
    record = names_to_record(model, record)
    if t_eval is None:
        times = np.arange(0, length, float(model.dt)) if record else np.empty(0)
    else:
        times = np.atleast_1d(check_quantity("t_eval", t_eval, ms)) / 1e3
        if np.any((times < 0) | (times > length)) or np.any(np.diff(times) < 0):
            raise InputError(f"t_eval: must ascend within 0 and {duration}, got {t_eval}")
    plan = exact_plan(model, stimulus, 1, length * second, vary, start, record, times, (rtol, atol))
    return Backend("scipy").run(plan).only


def run(plan: Plan, backend: Backend) -> Recording:
    """Solve a plan's cells one after the other; see `Backend.run`."""
    if len(plan.cells) > 1 or plan.projections or plan.cells[0].operations:
        raise InputError(
            f"backend {backend.name!r} solves single cells; networks run on 'numpy', 'cython' and "
            "'cpp_standalone'"
        )
    (cells,) = plan.cells
    with reporter(plan.label) as report:
        solved = []
        for k in range(cells.text.n):
            solved.append(_solved(plan, cells, k))
            if report:
                report((k + 1) / cells.text.n)
    neurons = np.concatenate([np.full(len(s.spikes), k) for k, s in enumerate(solved)])
    times = np.concatenate([s.spikes for s in solved])
    order = np.argsort(times, kind="stable")
    sampled = plan.recorded.variables(CELLS)
    found = CellsRecording(
        n=cells.text.n,
        spike_neuron=neurons[order].astype(int),
        spike_ms=times[order] * 1e3,
        t_ms=plan.recorded.times * 1e3,
        traces={x: np.stack([s.samples[:, j] for s in solved]) for j, x in enumerate(sampled)},
        method="DOP853",
        dt_ms=math.nan,
        backend=backend.name,
        state={
            x: np.array([s.state[j] for s in solved]) for j, x in enumerate(cells.text.system.rhs)
        },
        located=True,
    )
    return Recording(cells={CELLS: found}, backend=backend.name)


def _solved(plan: Plan, cells: Cells, neuron: int) -> "_Solver":
    """Return the solution of one cell."""

    def own(value) -> float:
        return float(np.broadcast_to(value, cells.text.n)[neuron])

    values = {name: own(v) for name, v in cells.text.values.items()} | {"i": float(neuron)}
    problem = _problem(cells.text.system, values, plan.recorded.variables(CELLS))
    states = cells.text.system.rhs
    first = np.array([own(cells.state.get(x, 0.0)) for x in states])
    length = float(plan.duration)
    stops = _stops(plan.breakpoints, length)
    relative, absolute = plan.tolerances
    atol = [absolute * cells.units.get(x, 1.0) for x in states]
    solver = _Solver(problem, cells.model, {"rtol": relative, "atol": atol})
    solver.run(first, stops, plan.recorded.times)
    return solver


@dataclass(frozen=True)
class _Problem:
    """A driven system as functions of ``(t, state, piece)``, in SI units.

    `piece` says where between two breakpoints of the input they are asked. `holding` is the rhs
    of a refractory cell; `gap` is above zero where the spike condition holds; `busy` where the
    refractory condition does, if it is one; `keeps` says that it holds from each spike on.
    `membrane` is the place of the potential in the state.
    """

    membrane: int
    rhs: Callable
    holding: Callable
    gap: Callable | None
    busy: Callable | None
    reset: Callable | None
    keeps: bool
    period: Callable | None
    shown: Callable


def _problem(system: System, values: Mapping[str, float], record: Sequence[str]) -> _Problem:
    """Turn a driven system and its numbers into functions."""
    if system.draws:
        raise InputError(
            f"reference: {system.name} under this stimulus draws {system.draws}, which has no "
            "reference solution; use `simulate`"
        )
    system = replace(system, functions={**system.functions, **_WHOLE})
    arguments = ["t", *system.rhs, *_PIECE, *values]
    rest = list(values.values())

    def compiled(outputs: Sequence[str]) -> Callable:
        f = system.function(arguments, outputs, scalar=True)
        return lambda t, state, piece: f(t, *state, *piece, *rest)

    rule = system.refractory
    # Upward crossings need no watch over their own condition, unless a reset interrupts them.
    plain = rule.text == system.threshold and not (system.reset and system.keeps_firing)
    own = rule.kind == "condition" and not plain
    busy = system.gap_of(rule.text) if own else None
    return _Problem(
        membrane=list(system.rhs).index(system.membrane),
        rhs=compiled(list(system.slopes().values())),
        holding=compiled(list(system.slopes(holding=True).values())),
        gap=_gap_function(system.gap, compiled),
        busy=_gap_function(busy, compiled),
        reset=compiled(list(system.after_reset().values())) if system.reset else None,
        keeps=system.keeps_firing,
        period=compiled([rule.text]) if rule.kind == "time" else None,
        shown=compiled(list(record)),
    )


def _stops(breakpoints: Iterable[float], length: float) -> list[float]:
    """Return the beginning, the breakpoints inside a run and its end, those that are one time once.

    Of two pulses that touch one ends when the other begins, but for rounding.
    """
    found = [0.0]
    for t in sorted(breakpoints):
        if t - found[-1] > SAME * t and length - t > SAME * length:
            found.append(t)
    return [*found, length]


def _piece(begin: float, end: float) -> tuple[float, float]:
    return begin / (end - begin), end - begin


def _gap_function(gap: Gap | None, compiled: Callable) -> Callable | None:
    if gap is None:
        return None
    leaves = gap.leaves
    values = compiled(leaves)

    def smallest(node: Gap, at: Mapping[str, float]) -> float:
        if not node.of:
            return at[node.text]
        parts = (smallest(part, at) for part in node.parts)
        return min(parts) if node.of == "min" else max(parts)

    return lambda t, state, piece: smallest(
        gap, dict(zip(leaves, values(t, state, piece), strict=True))
    )


def _add_grazed(solved, watch: Callable) -> None:
    """Put in the crossings that a solution undoes within one step, which show at no step's end.

    The solution ends at the first of them where its event is terminal.
    """
    from scipy.optimize import brentq

    ends = [watch.direction * watch(t, y) for t, y in zip(solved.t, solved.y.T, strict=True)]
    found = []
    for k, (begin, end) in enumerate(pairwise(solved.t)):
        nearest, around = max(ends[k : k + 2]), ends[max(k - 1, 0) : k + 3]
        far = len(around) == 4 and _is_far(nearest, around)
        if nearest >= 0 or far:
            continue
        gap = _within(solved.sol.interpolants[k], watch)
        top = _top(gap, begin, end)
        if gap(top) > 0:
            found.append(brentq(gap, begin, top, xtol=4e-16, rtol=1e-15))
    if not found:
        return
    if not watch.terminal:
        solved.t_events[0] = np.sort([*solved.t_events[0], *found])
        return
    solved.t_events[0] = np.array(found[:1])
    before = solved.t < found[0]
    solved.t = np.append(solved.t[before], found[0])
    solved.y = np.column_stack([solved.y[:, before], solved.sol(found[0])])


def _within(step: Callable, watch: Callable) -> Callable:
    """Return what is watched as a function of the time within one step of a solution."""
    return lambda t: watch.direction * watch(t, step(t))


def _is_far(nearest: float, gaps: Sequence[float]) -> bool:
    """Return whether what changes so little from look to look does not reach 0 between them."""
    return nearest + 4 * (max(gaps) - min(gaps)) < 0


def _top(gap: Callable, begin: float, end: float) -> float:
    """Return when a gap comes nearest to its zero between two times; roughly where it is far."""
    from scipy.optimize import minimize_scalar

    times = np.linspace(begin, end, _LOOKS)
    gaps = [gap(t) for t in times]
    k = int(np.argmax(gaps))
    inside = range(max(k - 1, 0), min(k + 2, _LOOKS))
    near = [gaps[j] for j in inside]
    if gaps[k] > 0 or _is_far(gaps[k], gaps) or (len(near) == 3 and _is_below(near)):
        return times[k]
    low, high = times[inside[0]], times[inside[-1]]
    # Most steps only approach the threshold: nothing is nearer than an end at which a gap falls
    # from there inwards.
    if len(near) == 2 and gap(times[k] + _INWARDS * (low + high - 2 * times[k])) <= gaps[k]:
        return times[k]
    options = {"bounds": (0, 1), "method": "bounded", "options": {"xatol": 1e-9}}
    found = minimize_scalar(lambda part: -gap(low + part * (high - low)), **options)
    return low + found.x * (high - low)


def _is_below(gaps: Sequence[float]) -> bool:
    """Return whether a gap stays below 0 near the largest of three looks, the middle one.

    A parabola through them rises from there by an eighth of their second difference at most; four
    times as much is allowed for.
    """
    before, top, after = gaps
    return top + (2 * top - before - after) / 2 < 0


@dataclass
class _Solver:
    """Integrates from stop to stop, and between stops from event to event."""

    problem: _Problem
    name: str
    tolerances: dict

    def __post_init__(self):
        self.spikes: list[float] = []
        self.ready = 0.0  # end of a refractory period
        self.waits = False  # for the end of a refractory condition

    def run(self, state: np.ndarray, stops: Sequence[float], times: np.ndarray) -> None:
        """Solve; what is shown at `times` is in `samples`, the last state in `state`."""
        samples: list[list[float]] = []
        before = None
        for begin, end in pairwise(stops):
            piece, t = _piece(begin, end), begin
            state = self._after_jump(t, state, before, piece)
            before = piece
            while t < end:
                holding = t < self.ready or self.waits
                to = min(end, self.ready) if t < self.ready else end
                solved, event = self._solve((t, to), state, piece, holding)
                if not solved.success or not np.all(np.isfinite(solved.y[:, -1])):
                    raise DivergenceError(f"{self.name}: {solved.message} (t = {solved.t[-1]} s)")
                until = solved.t[-1]
                inside = times[(times >= t) & ((times < until) | (until == stops[-1]))]
                samples += [self.problem.shown(x, solved.sol(x), piece) for x in inside]
                t, state = until, solved.y[:, -1]
                state = self._after(event, solved, t, state, piece, holding)
        self.samples = np.array(samples, dtype=float)
        self.state = state

    def _after_jump(self, t, state, before, piece) -> np.ndarray:
        """Return the state just after the beginning of a piece, at which conditions may jump.

        `before` is the piece that ends there; None at the beginning of the run.
        """
        problem = self.problem

        def begins(condition: Callable) -> bool:
            was = before is not None and condition(t, state, before) > 0
            return not was and condition(t, state, piece) > 0

        if self.waits and before is not None:
            was, holds = (problem.busy(t, state, at) > 0 for at in (before, piece))
            if was and not holds:
                return self._released(t, state, piece)
        free = t >= self.ready and not self.waits
        if free and problem.gap is not None and begins(problem.gap):
            return self._fire(t, state, piece)
        return state

    def _after(self, event: str, solved, t, state, piece, holding) -> np.ndarray:
        """Return the state after what ended, or happened in, a piece of the solution."""
        if event == "count":
            self.spikes += solved.t_events[0].tolist()
        elif event == "release" and len(solved.t_events[0]):
            return self._released(t, state, piece)
        elif event == "spike" and len(solved.t_events[0]):
            return self._fire(t, state, piece)
        if event == "" and holding and t >= self.ready:
            return self._released(t, state, piece)
        return state

    def _released(self, t: float, state: np.ndarray, piece) -> np.ndarray:
        """Return the state after the end of a refractory period: above the threshold a cell fires.

        Not if it is there by rounding, as where the period ends with the spike condition.
        """
        self.waits = False
        gap = self.problem.gap
        if gap is None or not gap(t, state, piece) > 0:
            return state
        soon = state + _SOON * np.array(self.problem.rhs(t, state.tolist(), piece), dtype=float)
        return self._fire(t, state, piece) if gap(t + _SOON, soon, piece) > 0 else state

    def _fire(self, t: float, state: np.ndarray, piece) -> np.ndarray:
        self.spikes.append(t)
        if len(self.spikes) >= _MANY and t - self.spikes[-_MANY] < _AT_ONCE:
            raise UnresolvedError(
                f"{self.name}: fires again as soon as it is reset (t = {t * 1e3:.6g} ms), since "
                "the reset leaves it at its threshold; reset it below"
            )
        problem = self.problem
        if problem.reset:
            state = np.array(problem.reset(t, state, piece), dtype=float)
        if problem.period:
            self.ready = t + problem.period(t, state, piece)[0]
        if problem.busy:
            self.waits = problem.keeps or problem.busy(t, state, piece) > 0
        return state

    def _solve(self, span, state, piece, holding: bool):
        """Integrate over `span`, or up to what ends it; say what is looked for."""
        from scipy.integrate import solve_ivp  # slow to import, and few runs need it

        problem = self.problem
        right = problem.holding if holding else problem.rhs
        far = np.full(len(state), np.nan)  # a trial step that went too far: the solver shortens it

        def rhs(t, y):
            try:
                return right(t, y.tolist(), piece)
            except (ArithmeticError, ValueError):
                return far

        watched, event = self._watched(holding)
        if watched is not None:

            def watch(t, y):
                return watched(t, y.tolist(), piece)

            watch.direction = -1 if event == "release" else 1
            watch.terminal = event != "count"
        solved = solve_ivp(
            rhs, span, state, method="DOP853", max_step=_LONGEST_STEP, dense_output=True,
            events=watch if watched is not None else None, **self.tolerances,
        )  # fmt: skip
        if watched is not None and solved.success:
            _add_grazed(solved, watch)
        elif event == "spike":
            self._run_away(solved, piece)
        return solved, event

    def _run_away(self, solved, piece) -> None:
        """Add to a solution that no step can follow the rest of its upstroke, if it is one.

        The potential is the independent variable (Henon 1982, Physica D 5:412-414): its slope may
        grow without bound on the way to the threshold, which only shortens the time that is left.
        """
        from scipy.integrate import solve_ivp

        k, problem = self.problem.membrane, self.problem
        begin, state = solved.t[-1], solved.y[:, -1]

        def at(v, z):
            return begin + z[k], [*z[:k].tolist(), float(v), *z[k + 1 :].tolist()]

        def per_potential(v, z):
            slopes = np.array(problem.rhs(*at(v, z), piece), dtype=float)
            slope, slopes[k] = slopes[k], 1.0
            if not (slope > 0 and np.all(np.isfinite(slopes)) and np.isfinite(slope)):
                raise ArithmeticError("the potential does not rise to the threshold")
            return slopes / slope

        def watch(v, z):
            return problem.gap(*at(v, z), piece)

        watch.direction, watch.terminal = 1, True
        first = np.array(state)
        first[k] = 0.0
        atol = list(self.tolerances["atol"])
        atol[k] = _SHORTEST
        try:
            top = state[k] - 2 * watch(state[k], first)  # beyond a threshold of the potential
            if not watch(top, first) > 0:
                return
            with np.errstate(all="ignore"):  # at what has no number the solver gives up
                rest = solve_ivp(
                    per_potential, (state[k], top), first, method="DOP853", events=watch,
                    rtol=self.tolerances["rtol"], atol=atol,
                )  # fmt: skip
        except (ArithmeticError, ValueError):
            return
        if rest.status == 1:
            end, there = at(rest.t[-1], rest.y[:, -1])
            solved.t, solved.y = np.append(solved.t, end), np.column_stack([solved.y, there])
            solved.t_events[0] = np.array([end])
            solved.success, solved.status = True, 1

    def _watched(self, holding: bool) -> tuple[Callable | None, str]:
        """Return the function whose zero is looked for, and what it means."""
        problem = self.problem
        if holding:
            return (problem.busy, "release") if self.waits else (None, "")
        if problem.gap is None:
            return None, ""
        plain = problem.reset is None and problem.period is None and problem.busy is None
        return problem.gap, "count" if plain else "spike"
