"""The reference solution: the same equation text, integrated by scipy to about ten digits.

It shares the text with the Brian2 runs and nothing else: the right-hand sides are compiled from
sympy to plain Python, the integrator is DOP853 with adaptive steps (Hairer, Norsett & Wanner 1993,
Solving Ordinary Differential Equations I), and spikes are located as events of its interpolant.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import sympy as sp
from brian2 import Equations, Quantity, TimedArray, ms
from sympy.core.function import AppliedUndef

from ....models.checks import check_name, check_positive, check_quantity
from ....models.functions import NAMESPACE
from ....models.grouping import InputText, describe
from ....models.step_parts import part_after, part_between
from ....models.symbolic import symbol, symbolic
from ...run import DivergenceError, Recording, recordable
from ...start import starting_state

# No step is longer, so that none jumps over a spike or a period of the input.
_LONGEST_STEP = 1e-3
# A piece between two breakpoints of the stimulus is what the text calls a step.
_PIECE = ("t_in_timesteps", "dt")
# What the text calls that has one value in a piece.
_PARTS = {"part_after": part_after, "part_between": part_between}
_SCALAR = {
    "smooth_exprel": lambda x: math.expm1(x) / x if x else 1.0,
    "int_": float,
    "clip": lambda x, low, high: min(max(x, low), high),
    "time_after": lambda t, *step: t,  # a piece is on or off as a whole
    "time_between": lambda t, *step: t,
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
    breakpoints. A spike is an upward crossing of the threshold. A reset acts at the crossing, and
    variables marked ``(unless refractory)`` stand still for the refractory period.

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
    problem = _read(model, stimulus, vary or {}, start, tuple(record))
    breaks = getattr(stimulus, "breakpoints", [])
    stops = sorted({0.0, length, *(t for t in breaks if 0 < t < length)})
    tolerances = {
        "rtol": rtol,
        "atol": [atol * float(model.unit_of(name)) for name in problem.states],
    }
    spikes, samples = _integrate(model, problem, stops, times, tolerances)
    return Recording(
        n=1,
        spike_neuron=np.zeros(len(spikes), int),
        spike_ms=np.array(spikes) * 1e3,
        t_ms=times * 1e3,
        traces={name: samples[None, :, k] for k, name in enumerate(record)},
        method="DOP853",
        dt_ms=math.nan,
        backend="scipy",
    )


@dataclass(frozen=True)
class _Problem:
    """The text as functions of ``(t, *state, *constants)``, in SI units."""

    states: tuple[str, ...]
    first: np.ndarray
    free: np.ndarray  # False where the refractory period holds a variable
    rhs: Callable
    gap: Callable | None  # above zero where the threshold condition holds
    reset: Callable | None
    refractory: float
    shown: Callable
    constants: Callable  # of the beginning and the end of a piece between breakpoints


def _read(model, stimulus, vary, start, record) -> _Problem:
    """Turn the text of a model and its stimulus into functions."""
    exact = _Exact(stimulus) if hasattr(stimulus, "text") else stimulus
    text = describe(model, 1, exact, vary=vary)
    if text.stochastic:
        raise ValueError(
            f"reference: {stimulus!r} contains white noise, which has no reference solution; "
            "use `simulate`"
        )
    values = {name: float(np.ravel(v)[0]) for name, v in text.values.items()} | {"i": 0.0}
    known = [*values, *_PIECE]
    form = symbolic(text.equations, frozenset(known))
    samples = {k: _samples(f) for k, f in text.functions.items() if k not in NAMESPACE}
    steady = {**_PARTS, **samples}
    everything = [*form.rhs.values(), *form.named.values()]
    calls = sorted(
        {c for e in everything for c in e.atoms(AppliedUndef) if c.func.__name__ in steady},
        key=str,
    )
    sampled = {call: symbol(f"sample_{k}") for k, call in enumerate(calls)}
    arguments = ["t", *form.rhs, *known, *(s.name for s in sampled.values())]

    def compiled(expressions: Sequence[sp.Expr], arguments=arguments) -> Callable:
        expressions = [e.xreplace(sampled) for e in expressions]
        return sp.lambdify([symbol(a) for a in arguments], expressions, [_SCALAR, "math"], cse=True)

    places = sp.lambdify([symbol(a) for a in known], [list(call.args) for call in calls], "math")

    def constants(begin: float, end: float) -> list[float]:
        fixed = [*values.values(), begin / (end - begin), end - begin]
        at = zip(calls, places(*fixed), strict=True)
        return [*fixed, *(float(steady[call.func.__name__](*where)) for call, where in at)]

    crossing = form.expression(model.threshold, known) if model.threshold else None
    hold = sp.S.Zero
    if model.refractory and model.refractory != model.threshold:
        hold = form.expression(model.refractory, known).xreplace(
            {symbol(k): sp.Float(v) for k, v in values.items()}
        )
        if not hold.is_number:
            raise ValueError(f"reference: cannot read the refractory period {model.refractory!r}")
    parsed = Equations(text.equations)
    state = starting_state(model, text, start)
    return _Problem(
        states=tuple(form.rhs),
        first=np.array([float(np.ravel(state.get(name, 0.0))[0]) for name in form.rhs]),
        free=np.array(["unless refractory" not in parsed[name].flags for name in form.rhs]),
        rhs=compiled(list(form.rhs.values())),
        gap=compiled([crossing.gts - crossing.lts]) if crossing is not None else None,
        reset=compiled(_reset(model.reset, form, known)) if model.reset else None,
        refractory=float(hold),
        shown=compiled([form.named.get(name, symbol(name)) for name in record]),
        constants=constants,
    )


@dataclass(frozen=True)
class _Exact:
    """A stimulus whose samples are met one by one, not as their mean over a step."""

    stimulus: object

    def text(self, model, n: int, dt: Quantity) -> InputText:
        return self.stimulus.text(model, n)


def _samples(function) -> Callable:
    """Return what stands behind a function of time in the text, for the first neuron."""
    if not isinstance(function, TimedArray):
        return function.pyfunc

    def sample(t, *neuron):
        k = np.clip(math.floor(t / function.dt), 0, len(function.values) - 1)
        return np.ravel(function.values[k])[0]

    return sample


def _reset(text: str, form, known) -> list[sp.Expr]:
    """Return the state after the reset statements, which are carried out one after the other."""
    state = {name: symbol(name) for name in form.rhs}
    for statement in filter(None, (s.strip() for s in re.split(r"[;\n]", text))):
        target, operator, value = re.split(r"\s*([-+*/]?=)\s*", statement, maxsplit=1)
        value = value if operator == "=" else f"{target} {operator[0]} ({value})"
        current = {symbol(name): e for name, e in state.items()}
        state[target] = form.expression(value, known).xreplace(current)
    return list(state.values())


def _integrate(model, problem, stops, times, tolerances) -> tuple[list[float], np.ndarray]:
    """Integrate from stop to stop, and between stops from spike to spike."""
    spikes: list[float] = []
    samples: list[list[float]] = []
    state, ready = problem.first, 0.0  # `ready`: end of the refractory period
    for begin, end in pairwise(stops):
        constants = problem.constants(begin, end)
        t = begin
        while t < end:
            holding = t < ready
            to = min(end, ready) if holding else end
            solved = _solve(problem, (t, to), state, constants, holding, tolerances)
            if not solved.success or not np.all(np.isfinite(solved.y[:, -1])):
                raise DivergenceError(f"{model.name}: {solved.message} (t = {solved.t[-1]} s)")
            until = solved.t[-1]
            inside = times[(times >= t) & ((times < until) | (until == stops[-1]))]
            samples += [problem.shown(x, *solved.sol(x), *constants) for x in inside]
            t, state = until, solved.y[:, -1]
            crossings = solved.t_events[0].tolist() if solved.t_events else []
            spikes += crossings
            if problem.reset and crossings:
                state = np.array(problem.reset(t, *state, *constants))
                ready = t + problem.refractory
    return spikes, np.array(samples, dtype=float)


def _solve(problem, span, state, constants, holding, tolerances):
    """Integrate over `span`, or up to the first crossing of the threshold if it resets."""
    from scipy.integrate import solve_ivp  # slow to import, and few runs need it

    def rhs(t, y):
        try:
            slopes = problem.rhs(t, *y.tolist(), *constants)
        except ArithmeticError:  # a trial step that went too far: NaN makes the solver shorten it
            return np.full(len(y), np.nan)
        return np.where(problem.free, slopes, 0.0) if holding else slopes

    def gap(t, y):
        return problem.gap(t, *y.tolist(), *constants)[0]

    gap.direction = 1
    gap.terminal = problem.reset is not None
    return solve_ivp(
        rhs,
        span,
        state,
        method="DOP853",
        max_step=_LONGEST_STEP,
        dense_output=True,
        events=None if holding or problem.gap is None else gap,
        **tolerances,
    )
