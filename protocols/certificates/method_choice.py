"""Which method and step reach a tolerance at the least cost, found out on a sample."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from brian2 import ms

from ...models.checks import tidy
from ...models.methods import METHODS
from ...simulation.backends import Backend, choose
from ...simulation.methods import check_method
from ...simulation.run import DivergenceError
from .certify import rates, reference_rates, relative, spread
from .experiment import Experiment

# A float32 program's step, in parts of a float64 one's; elsewhere it gains nothing. Its rounding
# was seen to change rates by up to 6e-5, so tighter tolerances do not try it.
_SINGLE_COST, _SINGLE_TOLERANCE = 0.5, 2e-4
# The steps that are tried, as multiples of the model's own.
_STEPS = {
    "rk4": (8, 4, 3, 2, 1, 0.5, 0.25),
    "extrapolated_strang": (8, 7, 6, 5, 4, 3, 2, 1),
    "strang": (2, 1, 0.5),
}
# Part of the tolerance that the error on the sample may take up: other rows may be a little worse.
SAFETY = 0.7
_PILOTS, _SOLVED_ROWS = 32, 5


@dataclass(frozen=True)
class Candidate:
    """A method, a step in ms, a backend, and what a millisecond of one cell costs with them."""

    method: str
    dt_ms: float
    backend: Backend
    cost: float


def candidates(model, backend: Backend, tolerance: float) -> list[Candidate]:
    """Return the methods, steps and precisions that can integrate a model, the cheapest first.

    Examples
    --------
    >>> from excitable.models import HODGKIN_HUXLEY
    >>> first = candidates(HODGKIN_HUXLEY, Backend("cpp_standalone"), tolerance=1e-3)[0]
    >>> first.method, first.dt_ms, first.backend.precision
    ('extrapolated_strang', 0.2, 'float32')
    """
    own = float(model.dt / ms)
    costs = {backend: 1.0}
    if backend.engine.makes_programs and tolerance >= _SINGLE_TOLERANCE:
        costs[replace(backend, precision="float32")] = _SINGLE_COST
    found = [
        Candidate(method, tidy(multiple * own), each, cost * METHODS[method].cost / multiple)
        for each, cost in costs.items()
        for method in _usable(model)
        for multiple in _STEPS[method]
    ]
    return sorted(found, key=lambda candidate: candidate.cost)


def _usable(model) -> list[str]:
    """Return the methods that the equations allow; a reset is followed by Runge-Kutta steps."""
    if model.reset:
        return ["rk4"]
    usable = []
    for method in _STEPS:
        try:
            check_method(method, model.system)
        except ValueError:
            continue
        usable.append(method)
    return usable


def good_enough(
    done: Experiment, sets: pd.DataFrame, tolerance: float, discard_ms: float, backend
) -> Iterator[Candidate]:
    """Yield the candidates that reach the tolerance on a sample, the cheapest first.

    The last resort, the most accurate candidate, comes at the end whatever its error.

    Parameters
    ----------
    done : Experiment
    sets : DataFrame
        Its parameter sets, with the current as ``I``.
    tolerance : float
        Relative error of the rate against the reference.
    discard_ms : float
    backend : as in `excitable.simulation.simulate`
    """
    pilots = np.unique(np.linspace(0, done.n - 1, min(_PILOTS, done.n)).round().astype(int))
    pilot = done.only(pilots)
    sample = true = None
    steps = done.duration_ms / float(done.model.dt / ms)
    tried = candidates(done.model, choose(backend, steps, done.model.functions), tolerance)
    for candidate in tried:
        try:
            run = pilot.run(candidate.method, candidate.dt_ms * ms, candidate.backend)
        except DivergenceError:
            continue
        found = rates(pilot, run, discard_ms)
        if sample is None:
            rows = sets.iloc[pilots].assign(rate_Hz=found)
            sample = spread(rows, _SOLVED_ROWS)
            true = reference_rates(pilot.only(sample), tolerance, discard_ms)
        if relative(found[sample], true).max() <= SAFETY * tolerance:
            yield candidate
    yield min(tried, key=lambda candidate: (candidate.dt_ms, -candidate.cost))
