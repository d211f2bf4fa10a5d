"""The reference solution: the same system, integrated by scipy to about ten digits.

It shares the model's text with the Brian2 runs and nothing else: the right-hand sides are compiled
to plain Python, the integrator is DOP853 with adaptive steps (Hairer, Norsett & Wanner 1993,
Solving Ordinary Differential Equations I), and spikes are located as events of its interpolant.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from brian2 import Quantity, ms

from ....models.checks import check_name, check_positive, check_quantity
from ....models.conditions import Gap, gap_of
from ....models.grouping import GroupText, InputText, describe
from ...run import DivergenceError, Recording, recordable
from ...start import starting_state

# No step is longer, so that none jumps over a spike or a period of the input.
_LONGEST_STEP = 1e-3
# A piece between two breakpoints of the stimulus is what the text calls a step: its beginning as a
# multiple of its length, and its length. It is on or off as a whole.
_PIECE = ("t_in_timesteps", "dt")
_WHOLE = {
    "part_after": lambda begin, length, edge: float(begin + length / 2 > edge),
    "part_between": lambda begin, length, on, off: float(on < begin + length / 2 < off),
    "time_after": lambda t, *piece: t,
    "time_between": lambda t, *piece: t,
}


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
) -> Recording:
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
    The input's jumps are met exactly: the integration is done in pieces between the stimulus'
    breakpoints. A spike is an upward crossing of the threshold by a cell that is not refractory,
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
    for name in record:
        check_name("variable to record", name, recordable(model))
    if t_eval is None:
        times = np.arange(0, length, float(model.dt)) if record else np.empty(0)
    else:
        times = np.atleast_1d(check_quantity("t_eval", t_eval, ms)) / 1e3
        if np.any((times < 0) | (times > length)) or np.any(np.diff(times) < 0):
            raise ValueError(f"t_eval: must ascend within 0 and {duration}, got {t_eval}")
    exact = _Exact(stimulus) if hasattr(stimulus, "text") else stimulus
    text = describe(model, 1, exact, vary=vary or {})
    problem = _problem(text, tuple(record))
    state = starting_state(model, text, start)
    first = np.array([float(np.ravel(state.get(x, 0.0))[0]) for x in text.system.rhs])
    breaks = getattr(stimulus, "breakpoints", [])
    stops = sorted({0.0, length, *(t for t in breaks if 0 < t < length)})
    units = [float(_unit(model, x)) for x in text.system.rhs]
    solver = _Solver(problem, model.name, {"rtol": rtol, "atol": [atol * u for u in units]})
    samples = solver.run(first, stops, times)
    return Recording(
        n=1,
        spike_neuron=np.zeros(len(solver.spikes), int),
        spike_ms=np.array(solver.spikes) * 1e3,
        t_ms=times * 1e3,
        traces={name: samples[None, :, k] for k, name in enumerate(record)},
        method="DOP853",
        dt_ms=math.nan,
        backend="scipy",
    )


def _unit(model, state: str):
    return model.unit_of(state) if state in model.system.rhs else 1.0  # a filter of the input


@dataclass(frozen=True)
class _Problem:
    """A driven system as functions of ``(t, state, piece)``, in SI units.

    `piece` says where between two breakpoints of the input they are asked. `holding` is the rhs
    of a refractory cell; `gap` is above zero where the spike condition holds; `busy` where the
    refractory condition does, if it is one.
    """

    rhs: Callable
    holding: Callable
    gap: Callable | None
    busy: Callable | None
    reset: Callable | None
    period: Callable | None
    shown: Callable


def _problem(text: GroupText, record: tuple[str, ...]) -> _Problem:
    """Turn a driven system and its numbers into functions."""
    system = text.system
    if system.stochastic or system.random:
        where = f"random numbers in {system.random}" if system.random else "white noise"
        raise ValueError(
            f"reference: {system.name} under this stimulus contains {where}, which has no "
            "reference solution; use `simulate`"
        )
    values = {name: float(np.ravel(v)[0]) for name, v in text.values.items()}
    values |= {"i": 0.0}
    system = replace(system, functions={**system.functions, **_WHOLE})
    arguments = ["t", *system.rhs, *_PIECE, *values]
    rest = list(values.values())

    def compiled(outputs: Sequence[str]) -> Callable:
        f = system.function(arguments, outputs, scalar=True)
        return lambda t, state, piece: f(t, *state, *piece, *rest)

    rule = system.refractory
    distinct = rule.kind == "condition" and rule.text != system.threshold
    busy = gap_of(rule.text, system.named, system.booleans) if distinct else None
    return _Problem(
        rhs=compiled(list(system.slopes().values())),
        holding=compiled(list(system.slopes(holding=True).values())),
        gap=_gap_function(system.gap, compiled),
        busy=_gap_function(busy, compiled),
        reset=compiled(list(system.after_reset().values())) if system.reset else None,
        period=compiled([rule.text]) if rule.kind == "time" else None,
        shown=compiled(list(record)),
    )


@dataclass(frozen=True)
class _Exact:
    """A stimulus whose samples are met one by one, not as their mean over a step."""

    stimulus: object

    def text(self, model, n: int, dt: Quantity) -> InputText:
        return self.stimulus.text(model, n)


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

    def run(self, state: np.ndarray, stops: Sequence[float], times: np.ndarray) -> np.ndarray:
        """Return what is shown at `times`; spikes are in `spikes`."""
        samples: list[list[float]] = []
        t = stops[0]
        first = _piece(stops[0], stops[1])
        if self.problem.reset and self.problem.gap and self._gap(t, state, first) > 0:
            state = self._fire(t, state, first)
        for begin, end in pairwise(stops):
            piece, t = _piece(begin, end), begin
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
        return np.array(samples, dtype=float)

    def _gap(self, t, state, piece) -> float:
        return self.problem.gap(t, state, piece)

    def _after(self, event: str, solved, t, state, piece, holding) -> np.ndarray:
        """Return the state after what ended, or happened in, a piece of the solution."""
        if event == "count":
            self.spikes += solved.t_events[0].tolist()
        elif event == "release" and len(solved.t_events[0]):
            self.waits = False
        elif event == "spike" and len(solved.t_events[0]):
            return self._fire(t, state, piece)
        over = event == "" and holding and t >= self.ready and not self.waits
        # When the refractory period is over, what is above the threshold fires at once.
        if over and self.problem.gap is not None and self._gap(t, state, piece) > 0:
            return self._fire(t, state, piece)
        return state

    def _fire(self, t: float, state: np.ndarray, piece) -> np.ndarray:
        self.spikes.append(t)
        problem = self.problem
        if problem.reset:
            state = np.array(problem.reset(t, state, piece), dtype=float)
        if problem.period:
            self.ready = t + problem.period(t, state, piece)[0]
        if problem.busy:
            self.waits = problem.busy(t, state, piece) > 0
            if not self.waits and not problem.reset:
                raise ValueError(
                    f"reference: {self.name} fires where its refractory condition does not hold, "
                    "so it would fire all the time; give a condition that holds at the threshold"
                )
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
        return solved, event

    def _watched(self, holding: bool) -> tuple[Callable | None, str]:
        """Return the function whose zero is looked for, and what it means."""
        problem = self.problem
        if holding:
            return (problem.busy, "release") if self.waits else (None, "")
        if problem.gap is None:
            return None, ""
        plain = problem.reset is None and problem.period is None and problem.busy is None
        return problem.gap, "count" if plain else "spike"
