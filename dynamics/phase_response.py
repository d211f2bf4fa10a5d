"""How much a small push advances or delays the next spikes of a cell that fires periodically."""

import itertools
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pandas as pd

from ..errors import InputError
from ..models.by_name import takes_names
from ..models.checks import check_count, check_name, check_quantity, check_varied, unit_text
from .continuation.adjoint import adjoint
from .continuation.arclength import NoConvergence
from .continuation.collocation import Orbit
from .continuation.cycles import CyclePoint, Follower
from .continuation.field import Field
from .continuation.simulated import simulated_cycle
from .equilibria import equilibria_at, reduction
from .resets.adjoint import Adjoint
from .resets.pushes import ends_of_rounds
from .resets.reset_map import ResetMap
from .resets.rounds import first_round

CROSSING_MV = -20.0  # phase 0, where the cycle crosses it
ROUNDS, STEPS = 4, 1500  # of the direct method; steps per round of a cell without reset
SLOW = 0.1  # a multiplier from which on so many rounds do not forget a push
SETTLED = 1e-3  # of the largest response: by so much the sum over all rounds may be unsure


class NoCycle(InputError):
    """A cell that does not fire periodically."""


@takes_names
def phase_response(
    model,
    I,
    *,
    method: str = "adjoint",
    phases: int = 200,
    push=None,
    crossing=None,
    start=None,
    vary=None,
) -> pd.DataFrame:
    """Return the phase response of a cell that fires periodically.

    Parameters
    ----------
    model : NeuronModel
        Without noise and explicit time. Cells that are reset are followed through the reset.
    I : Quantity
        Constant input at which it fires.
    method : "adjoint" or "direct"
        The infinitesimal response from the adjoint equations; or perturb the membrane at each
        phase, integrate, and compare the times of the next four rounds. Of a cell with slow
        variables, which remember a push for longer, it is more than twice as many; what is still
        to come is then added, since it shrinks each round by the cycle's multipliers.
    phases : int
        How many, evenly spaced.
    push : Quantity, optional
        Of the membrane, for the direct method; default 0.01 mV (or 0.01 of its unit).
    crossing : Quantity, optional
        Phase 0 is the upward crossing of this potential; default -20 mV, and the middle of the
        cycle's range where that is not crossed. Of a cell that is reset it is the spike.
    start : dict of str to Quantity, optional
        From where the cell is integrated to its cycle; default: beside its equilibrium (cells that
        are reset: a spike at the initial state).
    vary : dict of str to Quantity, optional
        Values of parameters, all combinations of which are taken.

    Returns
    -------
    DataFrame
        ``phase`` (0 to 1) and ``z_ms_per_mV``, by how much all later spikes come earlier; of the
        direct method also ``z1_ms_per_mV`` and ``z2_ms_per_mV``, by how much the present and the
        next round become shorter (the first- and second-order response; z is the sum of those of
        all rounds). attrs: ``period_ms``, ``min_over_max``. With `vary` the parameters
        (in their own units) and ``period_ms`` are columns, and the response is NaN where the cell
        does not fire.

    Raises
    ------
    ValueError
        Where the cell does not fire periodically at this input; of the direct method where slow
        variables remember a push for so long that its whole effect is not known to 1e-3.

    Notes
    -----
    Ermentrout & Terman 2010, Mathematical Foundations of Neuroscience, chapter 8.

    Examples
    --------
    A leaky integrate-and-fire cell answers with 1/(dv/dt), most just before its spike:

    >>> from brian2 import nA
    >>> from excitable import LIF
    >>> found = phase_response(LIF, 3*nA, phases=2)
    >>> found["z_ms_per_mV"].round(3).tolist()
    [0.333, 0.471]
    """
    if method not in ("adjoint", "direct"):
        raise InputError(f"method: expected 'adjoint' or 'direct', got {method!r}")
    phases = check_count("phases", phases)
    settings = {"method": method, "phases": phases, "push": push, "crossing": crossing,
                "start": start}  # fmt: skip
    if varied := check_varied(vary):
        return _varied(model, I, varied, settings)
    p = check_quantity("I", I, model.input_unit, scalar=True)
    field = Field(model, [model.input])
    phase = np.arange(phases) / phases
    size = 0.01
    if push is not None:
        size = float(check_quantity("push", push, field.units[field.membrane], scalar=True))
    answer = _of_reset_cell if model.system.reset else _of_smooth_cell
    period, rounds = answer(model, field, p, phase, settings, size)
    unit = unit_text(field.units[field.membrane])
    ending = f"_ms_per_{unit}" if unit != "1" else "_ms"
    table = pd.DataFrame({"phase": phase, f"z{ending}": rounds[-1]})
    if method == "direct":
        table[f"z1{ending}"] = rounds[0]
        table[f"z2{ending}"] = rounds[1] - rounds[0]
    z = rounds[-1]
    table.attrs |= {
        "model": model.name,
        "I": p,
        "method": method,
        "period_ms": period,
        "min_over_max": float(abs(z.min()) / z.max()),
    }
    return table


def _varied(model, I, vary, settings) -> pd.DataFrame:
    units = {
        name: model.parameters[check_name("parameter", name, model.parameters)].unit
        for name in vary
    }
    values = [np.atleast_1d(check_quantity(name, vary[name], units[name])) for name in vary]
    tables = []
    for chosen in itertools.product(*values):
        given = dict(zip(vary, chosen, strict=True))
        changed = model.with_(**{name: x * units[name] for name, x in given.items()})
        try:
            table = phase_response(changed, I, **settings)
        except NoCycle:
            table = pd.DataFrame({"phase": np.arange(settings["phases"]) / settings["phases"]})
        period = table.attrs.get("period_ms", np.nan)
        tables.append(pd.DataFrame({**given, "period_ms": period, **table}))
    found = pd.concat(tables, ignore_index=True)
    found.attrs = {"model": model.name, "method": settings["method"],
                   "units": {name: unit_text(unit) for name, unit in units.items()}}  # fmt: skip
    return found


def _of_smooth_cell(model, field: Field, p, phase, settings, size):
    """Return the period, and by how much rounds end earlier, shape (rounds, phases)."""
    point = stable_cycle(model, field, p, settings["start"])
    zero = _phase_zero(field, point.orbit, settings["crossing"])
    if settings["method"] == "adjoint":
        return point.orbit.period, [_by_adjoint(field, point, phase, zero)]
    rounds = _by_pushes(field, point, phase, zero, size)
    return point.orbit.period, _whole(model, rounds, point.multipliers)


def _of_reset_cell(model, field: Field, p, phase, settings, size):
    """Return the same of a cell that is reset."""
    if settings["crossing"] is not None:
        raise InputError(f"{model.name}: crossing: phase 0 of a cell that is reset is its spike")
    x = _state(field, settings["start"] or {})
    try:
        found = first_round(field, ResetMap(field), p, max(abs(p), 1.0), x)
    except NoConvergence as error:
        raise NoCycle(f"{model.name}: {error} at {model.input} = {p:g}") from error
    if found is None:
        raise NoCycle(_no_cycle(model, p))
    adjoint = Adjoint(*found)
    moments = adjoint.moments(phase)
    if settings["method"] == "adjoint":
        return adjoint.period, [np.array([adjoint.at(m)[field.membrane] for m in moments])]
    rounds = _by_pushed_rounds(field, found[0], found[1], moments, size)
    return adjoint.period, _whole(model, rounds, found[1].multipliers)


def _by_pushed_rounds(field: Field, follower, point, moments, size) -> Iterator[np.ndarray]:
    """Yield by how much each of the next rounds ends earlier, per push, shape (phases,)."""
    pushed = [
        [ends_of_rounds(field, follower.map, point.p, point.spikes, m, push) for m in moments]
        for push in (size, -size)
    ]
    while True:
        up, down = (np.array([next(ends) for ends in of_one]) for of_one in pushed)
        yield (down - up) / (2 * size)


def _whole(model, rounds: Iterator[np.ndarray], multipliers) -> list[np.ndarray]:
    """Return by how much the present, the next and all later rounds end earlier.

    What is still missing after a round consists of parts that shrink by one multiplier each from
    one round to the next; such a part drops out of two rounds that are weighted accordingly.
    """
    slow = [m for m in multipliers[1:] if abs(m) > SLOW]
    count = 2 * ROUNDS + len(slow) if slow else ROUNDS
    found = whole = np.array(list(itertools.islice(rounds, count)))
    for m in slow:
        whole = (whole[1:] - m * whole[:-1]) / (1 - m)
    whole = np.real(whole)
    if slow and not np.ptp(whole[-2:], axis=0).max() <= SETTLED * np.abs(whole[-1]).max():
        raise InputError(
            f"{model.name}: slow variables remember a push for too long to add up its effects "
            f"(each round leaves {abs(slow[0]):.4g} of it); use method='adjoint'"
        )
    return [found[0], found[1], whole[-1]]


def _state(field: Field, given) -> np.ndarray:
    """Return the model's initial state with some values replaced, in display units."""
    x = field.start()
    for name, value in given.items():
        k = field.names.index(check_name("variable", name, field.names))
        x[k] = check_quantity(name, value, field.units[k], scalar=True)
    return x


def _no_cycle(model, p) -> str:
    return (
        f"{model.name}: does not fire periodically at {model.input} = {p:g}; choose an input "
        "at which it does (fi_curve), or give start={...} in reach of its cycle"
    )


def stable_cycle(model, field: Field, p: float, start=None) -> CyclePoint:
    """Return the stable cycle of a cell at an input.

    Raises
    ------
    ValueError
        If it comes to rest, or to nothing that repeats itself.
    """
    x = _state(field, start or {})
    if start is None:
        numbers = {**model.values, model.input: p * field.free_scale[0]}
        states, eigenvalues = equilibria_at(model, numbers)
        form = reduction(model)
        order = [(form.membrane, *form.others).index(n) for n in field.names]
        unstable = eigenvalues.real.max(axis=1) > 0 if len(states) else np.array([], bool)
        if unstable.any() and unstable.all():
            x = states[-1][order] / field.scale
        x = x + 1.5 * field.limits() * np.eye(field.n)[field.membrane]
    found = simulated_cycle(field, p, x, max(abs(p), 1.0))
    if found is None:
        raise NoCycle(_no_cycle(model, p))
    return found


def _phase_zero(field: Field, orbit: Orbit, crossing) -> float:
    """Return the phase of the orbit at which its membrane crosses a level upwards."""
    from scipy.optimize import brentq

    fine = np.linspace(0, 1, 4001)
    v = orbit.at(fine)[:, field.membrane]
    level = CROSSING_MV
    if crossing is not None:
        level = check_quantity("crossing", crossing, field.units[field.membrane], scalar=True)
    if not v.min() < level < v.max():
        level = (v.min() + v.max()) / 2
    up = np.flatnonzero((v[:-1] < level) & (v[1:] >= level))
    gap = lambda s: orbit.at(np.array([s]))[0, field.membrane] - level  # noqa: E731
    return brentq(gap, fine[up[0]], fine[up[0] + 1], xtol=1e-14)


def _by_adjoint(field: Field, point: CyclePoint, phase, zero) -> np.ndarray:
    from scipy.interpolate import CubicSpline

    follower = Follower(field, max(abs(point.orbit.p), 1.0))
    orbit = point.orbit.on(follower.adapted(point.orbit)).finer()
    point = follower.at_parameter(orbit, orbit.p)
    z = adjoint(field, point)[:, field.membrane]
    z[-1] = z[0]
    return CubicSpline(point.orbit.mesh, z, bc_type="periodic")((phase + zero) % 1.0)


def _by_pushes(field: Field, point: CyclePoint, phase, zero, size) -> Iterator[np.ndarray]:
    """Yield by how much each of the next rounds ends earlier, per push, shape (phases,).

    Pushes up and down are combined, so that the error is of second order in their size.
    """
    x = point.orbit.at((phase + zero) % 1.0).T
    x = np.concatenate([x, x], axis=1)
    x[field.membrane] += size * np.repeat([1, -1], len(phase))
    level = point.orbit.at(np.array([zero]))[0, field.membrane]
    due = (1 - np.tile(phase, 2)) * point.orbit.period
    for ends in _crossings(field, point.orbit, x, level, due):
        up, down = ends[: len(phase)], ends[len(phase) :]
        yield (down - up) / (2 * size)


def _crossings(field: Field, orbit: Orbit, x, level, due) -> Iterator[np.ndarray]:
    """Yield when many states cross a level upwards, nearest to when each round is due (rk4)."""
    p, h = np.full((1, x.shape[1]), orbit.p), orbit.period / STEPS
    now, best = 0, defaultdict(lambda: np.full(len(due), np.nan))
    slope = field.slopes(x, p)
    for k in itertools.count():
        second = field.slopes(x + h / 2 * slope, p)
        third = field.slopes(x + h / 2 * second, p)
        last = field.slopes(x + h * third, p)
        new = x + h / 6 * (slope + 2 * second + 2 * third + last)
        new_slope = field.slopes(new, p)
        v, w = x[field.membrane], new[field.membrane]
        crossed = np.flatnonzero((v < level) & (w >= level))
        for j in crossed:
            share = _hermite(v[j], w[j], h * slope[field.membrane, j],
                             h * new_slope[field.membrane, j], level)  # fmt: skip
            t = (k + share) * h
            best[round((t - due[j]) / orbit.period)][j] = t
        x, slope = new, new_slope
        if k >= (now + 1.3) * STEPS:
            yield best.pop(now)
            now += 1


def _hermite(v, w, dv, dw, level) -> float:
    """Return where a cubic with given ends and slopes has a value, as a share of the step."""
    roots = np.roots([2 * v - 2 * w + dv + dw, -3 * v + 3 * w - 2 * dv - dw, dv, v - level])
    real = roots[np.abs(roots.imag) < 1e-9].real
    return float(real[np.argmin(np.abs(real - np.clip(real, 0, 1)))])


__all__ = ["phase_response", "stable_cycle"]
