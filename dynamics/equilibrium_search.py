"""Equilibria of cells whose variables do not all follow from the membrane potential."""

from dataclasses import replace

import numpy as np
from brian2 import get_dimensions, volt
from brian2.units.fundamentalunits import DIMENSIONLESS

from ..models.initial import initial_state
from ..models.steady import steady_states
from ..models.text import numeric

STARTS = 1024
MOST_AXES = 4  # of a grid; of more, such as a cable's compartments, points are drawn from it
HELD = 1e6  # 1/s: as if sums that never change were led back to the initial ones as fast
STEPS = 50
ARRIVED = 1e-14  # of a variable's size: a step that is no longer anything but rounding
_VOLTS = (-0.12, 0.06)
_SHARES = (0.0, 0.3, 1.0, 3.0)  # of the initial value, for variables that are no potential
_NUMBERS = (0.3, 150.0)  # potentials as pure numbers: evenly up to the first, then in proportion
SAME = 1e-6  # of the largest value that a variable has at an equilibrium


def newton_roots(model, form, arguments, derivatives) -> np.ndarray:
    """Return all equilibria that Newton's method finds from many starts.

    They are a grid over the potential and as few other variables as are needed for the rest to
    follow from them (the other compartments' potentials). Of more than `MOST_AXES` they are spread
    evenly over it, and stand on its diagonal, where all compartments are alike.

    Parameters
    ----------
    model : NeuronModel
    form : Reduced
    arguments : list of array, shape (1,)
        One parameter set, in SI units.
    derivatives : callable
        Of (form, states, arguments): the Jacobians.

    Returns
    -------
    array, shape (variables, found)
        In ascending order of the potential.
    """
    names = (form.membrane, *form.others)
    values = {k: float(a[0]) for k, a in zip(form.arguments, arguments, strict=True)}
    starts = _starts(model, form, values, names)
    own = [np.full(starts.shape[1], a[0]) for a in arguments]
    first = initial_state(model, {k: np.array([v]) for k, v in values.items()})
    form = _led_back(form, np.array([float(np.ravel(first[x])[0]) for x in names]))
    scale = np.maximum(np.quantile(np.abs(starts), 0.9, axis=1), 1e-12)[:, None]
    volts = [k for k, x in enumerate(names) if model.system.dims[x] is get_dimensions(volt)]
    watched = volts or range(len(names))
    x = starts
    moving = np.arange(x.shape[1])
    with np.errstate(all="ignore"):
        for _ in range(STEPS):
            step = _newton_step(form, x[:, moving], [a[moving] for a in own], derivatives)
            # No potential moves by much more than its usual size in one step.
            most = np.abs(step / scale)[watched].max(axis=0)
            x[:, moving] -= step / np.maximum(1, most / 0.5)
            moving = moving[(np.abs(step / scale) >= ARRIVED).any(axis=0)]
            if not moving.size:
                break
        last = np.abs(_newton_step(form, x, own, derivatives)) / scale
    x = x[:, np.isfinite(x).all(axis=0) & (last < 1e-9).all(axis=0)]
    x = x[:, _inside(model, names, x)]
    x = x[:, np.argsort(x[0], kind="stable")]
    kept: list[np.ndarray] = []
    near = SAME * np.abs(x).max(axis=1, initial=1e-12)
    for candidate in x.T:
        if not any((np.abs(candidate - k) < near).all() for k in kept):
            kept.append(candidate)
    return np.array(kept).T.reshape(len(names), -1)


def _led_back(form, first: np.ndarray):
    """Return a cell whose sums that never change are led back to those of a state."""
    if not form.constant.any():
        return form

    def rhs(*given):
        away = np.stack(given[: len(first)]) - first[:, None]
        led = HELD * form.constant @ away
        return [f - g for f, g in zip(form.rhs(*given), led, strict=True)]

    return replace(form, rhs=rhs)


def _inside(model, names, x) -> np.ndarray:
    """Return which states have their potentials within reach."""
    volts = [k for k, n in enumerate(names) if model.system.dims[n] is get_dimensions(volt)]
    low, high = 2 * _VOLTS[0], 4 * _VOLTS[1]
    return ((x[volts] > low) & (x[volts] < high)).all(axis=0)


def _newton_step(form, x, own, derivatives):
    slopes = np.stack([np.broadcast_to(s, x[0].shape) for s in form.rhs(*x, *own)])
    matrix = derivatives(form, x, own)
    lost = ~(np.isfinite(matrix).all(axis=(1, 2)) & np.isfinite(slopes).all(axis=0))
    lost |= np.linalg.slogdet(np.where(lost[:, None, None], np.eye(len(x)), matrix))[0] == 0
    matrix = np.where(lost[:, None, None], np.eye(len(x)), matrix)
    step = np.linalg.solve(matrix, slopes.T[..., None])[..., 0].T
    return np.where(lost, np.nan, step)


def _starts(model, form, values, names) -> np.ndarray:
    """Return starting states, shape (variables, starts)."""
    given = [form.membrane]
    while (found := steady_states(model.system, given)).left:
        is_volt = [x for x in found.left if model.system.dims[x] is get_dimensions(volt)]
        given.append((is_volt or found.left)[0])
    first = initial_state(model, {k: np.array([v]) for k, v in values.items()})
    axes = [_axis(model, x, float(np.ravel(first[x])[0]), len(given)) for x in given]
    grid = _spread(axes)
    clock = ("t", "dt")
    parts = {**found.statements, **model.system.parts()}
    others = numeric.function(
        [*given, *values, *clock], list(found.order), parts, model.system.functions
    )
    with np.errstate(all="ignore"):
        rest = others(*grid, *values.values(), 0.0, float(model.dt))
    known = dict(zip([*given, *found.order], [*grid, *rest], strict=True))
    return np.stack([np.broadcast_to(known[x], grid[0].shape) for x in names])


def _spread(axes: list[np.ndarray]) -> list[np.ndarray]:
    """Return starts on given axes: all of the grid, or of many axes as many as of a few."""
    from scipy.stats import qmc

    if len(axes) <= MOST_AXES:
        return [g.ravel() for g in np.meshgrid(*axes, indexing="ij")]
    shares = qmc.Sobol(len(axes), scramble=False).random(STARTS)
    alike = np.linspace(0, 1, STARTS // 16)
    return [
        np.interp(np.append(u, alike), np.linspace(0, 1, len(a)), np.sort(a))
        for u, a in zip(shares.T, axes, strict=True)
    ]


def _axis(model, name: str, first: float, count: int) -> np.ndarray:
    points = max(int(STARTS ** (1 / count)), 8)
    if model.system.dims[name] is get_dimensions(volt):
        return np.linspace(*_VOLTS, points)
    shares = (first if first else 1.0) * np.array(_SHARES)
    if model.system.dims[name] is model.system.dims[model.membrane] is DIMENSIONLESS:
        even, most = _NUMBERS
        reach = np.arcsinh(most / even)
        return np.append(even * np.sinh(np.linspace(-reach, reach, points)), shares)
    return shares
