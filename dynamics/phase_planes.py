"""Phase planes: nullclines, direction field, equilibria and separatrices of two variables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from brian2 import ms

from ..errors import InputError
from ..models.by_name import takes_names
from ..models.checks import check_name, check_quantity, unit_text
from ..models.steady import steady_states
from ..models.text import numeric
from ..models.units import own_columns
from .continuation.field import check_smooth
from .equilibria import equilibrium_type
from .phase_trajectories import trajectory

GRID = 401
# The columns of a plane's tables beside those of its two variables.
OWN = ("nullcline", "branch", "type", "stable", "kind", "trajectory", "t_ms", "spikes")


@dataclass
class PhasePlane:
    """A phase plane, in display units and ms.

    Attributes
    ----------
    names : (str, str)
        Names of the two variables with their units, as columns.
    x, y : array
        The grid's axes.
    u, w : array, shape (y, x)
        Slopes of the two variables per ms.
    nullclines : DataFrame
        ``nullcline`` (which variable stands still), ``branch``, and both variables: one row per
        point; branches are never joined.
    equilibria : DataFrame
        Both variables, ``type``, ``stable``.
    separatrices : DataFrame
        ``kind`` ("stable", "unstable" manifold of a saddle), ``branch``, both variables.
    slaved, frozen : tuple of str
        Other variables: those that are taken at their steady state, and those held.
    lines : dict of str to str
        Those that are given as an expression in the two.
    trajectories : DataFrame
        ``trajectory``, ``t_ms``, both variables, and ``spikes``: how many resets lie behind.
    """

    names: tuple[str, str]
    x: np.ndarray
    y: np.ndarray
    u: np.ndarray
    w: np.ndarray
    nullclines: pd.DataFrame
    equilibria: pd.DataFrame
    separatrices: pd.DataFrame
    slaved: tuple[str, ...]
    frozen: tuple[str, ...]
    lines: Mapping[str, str]
    trajectories: pd.DataFrame


@takes_names
def phase_plane(
    model,
    variables: tuple[str, str],
    first,
    second,
    *,
    I=None,
    freeze: Mapping | None = None,
    slave: Mapping[str, str] | None = None,
    starts: Sequence[Sequence] = (),
    duration=100 * ms,
) -> PhasePlane:
    """Return the phase plane of two variables of a model.

    Parameters
    ----------
    model : NeuronModel
        What is done at a threshold is seen in `trajectories` only.
    variables : (str, str)
        Names of state variables: on the horizontal and the vertical axis.
    first, second : Quantity, shape (2,)
        Ranges of the two.
    I : Quantity, optional
        Constant input; default 0.
    freeze : dict of str to Quantity, optional
        Other variables that are held at a value. The rest must follow from the two at rest
        (instantaneous gates), and is slaved to them.
    slave : dict of str to str, optional
        Other variables as expressions in the two (``{"h": "0.87 - 1.08*n"}``); `slaving` finds
        such lines.
    starts : sequence of (Quantity, Quantity), optional
        From where trajectories begin. Those of a cell that is reset go through its reset, if the
        plane's variables are all that it has.
    duration : Quantity
        Of the trajectories.

    Returns
    -------
    PhasePlane

    Raises
    ------
    ValueError
        For an unknown variable, an empty range, or a variable that neither follows nor is frozen
        nor slaved.

    Notes
    -----
    Nullclines are contours of the slopes at zero on a grid of 401 by 401; equilibria are refined
    from the cells in which both change sign.

    Examples
    --------
    >>> from excitable.models import find_model
    >>> plane = phase_plane(find_model("fitzhugh_nagumo"), ("v", "w"), [-2.5, 2.5], [-1, 2], I=0.5)
    >>> plane.equilibria["type"].tolist()
    ['unstable focus']
    """
    check_smooth(model)
    system = model.system
    if len(variables) != 2 or variables[0] == variables[1]:
        raise InputError(f"variables: expected two different names, got {variables!r}")
    for name in variables:
        check_name("variable", name, system.states)
    held = {}
    for name, value in (freeze or {}).items():
        check_name("variable", name, [x for x in system.states if x not in variables])
        held[name] = check_quantity(name, value, model.unit_of(name), scalar=True)
    units = [model.unit_of(name) for name in variables]
    axes = [_axis(n, values, u) for n, values, u in
            zip(variables, (first, second), units, strict=True)]  # fmt: skip
    lines = dict(slave or {})
    for name in lines:
        check_name("variable", name, [x for x in system.states if x not in (*variables, *held)])
    p = 0.0 if I is None else check_quantity("I", I, model.input_unit, scalar=True)
    slope, slaved = _slopes(model, variables, held, lines, p, units)
    x, y = axes
    u, w = slope(*np.meshgrid(x, y))
    names = _columns(model, variables, units)
    points = _equilibria(slope, x, y, u, w, names)
    return PhasePlane(
        names, x, y, u, w,
        nullclines=_nullclines(names, variables, x, y, u, w),
        equilibria=points,
        separatrices=_separatrices(slope, points, names, x, y),
        slaved=slaved,
        frozen=tuple(held),
        lines=lines,
        trajectories=_trajectories(model, variables, slope, starts, duration, p, units, x, y),
    )  # fmt: skip


def _columns(model, variables, units) -> tuple[str, ...]:
    """Return the columns of both variables."""
    found = dict(zip(variables, units, strict=True))
    return tuple(own_columns(found, OWN, what=model.name).values())


def _trajectories(model, variables, slope, starts, duration, p, units, x, y) -> pd.DataFrame:
    names = _columns(model, variables, units)
    size, tables = np.array([np.ptp(x), np.ptp(y)]), []
    for k, start in enumerate(starts):
        own = [check_quantity(n, v, u, scalar=True) for n, v, u in
               zip(variables, start, units, strict=True)]  # fmt: skip
        table = trajectory(model, slope, np.array(own), duration, p, names, size)
        table.insert(0, "trajectory", k)
        tables.append(table)
    empty = pd.DataFrame(columns=["trajectory", "t_ms", *names, "spikes"])
    return pd.concat(tables, ignore_index=True) if tables else empty


def _axis(name: str, values, unit) -> np.ndarray:
    numbers = np.atleast_1d(check_quantity(name, values, unit))
    if numbers.shape != (2,) or not numbers[0] < numbers[1]:
        raise InputError(
            f"{name}: expected a range in {unit_text(unit)}, its lower end first, got {values}"
        )
    return np.linspace(*numbers, GRID)


def _slopes(model, variables, held: Mapping[str, float], lines, p: float, units):
    """Return the slopes of the two variables as a function of them, and what is slaved."""
    system = model.system
    found = steady_states(system, [*variables, *held, *lines])
    if found.left:
        raise InputError(
            f"{model.name}: {sorted(found.left)} do not follow from {', '.join(variables)} at "
            "rest; hold them (freeze={...}) or say what they follow (slave={...})"
        )
    values = {**model.values, model.input: p * float(model.input_unit)}
    values |= {n: v * float(model.unit_of(n)) for n, v in held.items()}
    slopes = system.slopes()
    compiled = numeric.function(
        [*variables, *values, "t", "dt"],
        [slopes[n] for n in variables],
        {**lines, **found.statements, **system.parts()},
        system.functions,
    )
    scale = [float(u) for u in units]

    def slope(a, b):
        with np.errstate(all="ignore"):
            both = compiled(a * scale[0], b * scale[1], *values.values(), 0.0, float(model.dt))
        shape = np.broadcast_shapes(np.shape(a), np.shape(b))
        return [np.broadcast_to(f * 1e-3 / s, shape) for f, s in zip(both, scale, strict=True)]

    return slope, found.order


def _nullclines(names, variables, x, y, u, w) -> pd.DataFrame:
    from contourpy import contour_generator

    rows = []
    for name, z in zip(variables, (u, w), strict=True):
        good = np.where(np.isfinite(z), z, np.nan)
        lines = contour_generator(x, y, np.ma.masked_invalid(good)).lines(0.0)
        for k, line in enumerate(lines):
            rows += [(name, k, a, b) for a, b in line]
    return pd.DataFrame(rows, columns=["nullcline", "branch", *names])


def _equilibria(slope, x, y, u, w, names) -> pd.DataFrame:
    """Return the points at which both slopes vanish, by Newton's method from all likely cells."""

    def changes(z):
        corners = np.stack([z[:-1, :-1], z[1:, :-1], z[:-1, 1:], z[1:, 1:]])
        return (corners.min(axis=0) <= 0) & (corners.max(axis=0) >= 0)

    rows: list[dict] = []
    size = np.array([np.ptp(x), np.ptp(y)])
    for j, i in np.argwhere(changes(u) & changes(w)):
        point = np.array([(x[i] + x[i + 1]) / 2, (y[j] + y[j + 1]) / 2])
        for _ in range(30):
            jacobian = _jacobian(slope, point, size)
            try:
                step = np.linalg.solve(jacobian, np.array(slope(*point)))
            except np.linalg.LinAlgError:
                break
            point = point - step
            if np.abs(step / size).max() < 1e-13:
                break
        off = np.abs(point - [x[i], y[j]]) / size
        known = any(np.abs((point - [r[n] for n in names]) / size).max() < 1e-7 for r in rows)
        if np.isfinite(point).all() and off.max() < 4 / GRID and not known:
            values = np.linalg.eigvals(_jacobian(slope, point, size))
            stable = bool(values.real.max() < 0)
            kind = equilibrium_type(values)
            rows.append({names[0]: point[0], names[1]: point[1], "type": kind, "stable": stable})
    return pd.DataFrame(rows, columns=[*names, "type", "stable"])


def _jacobian(slope, point, size) -> np.ndarray:
    """Return the derivatives by central differences of fourth order."""
    columns = []
    for k in range(2):
        h = 1e-4 * size[k] * np.eye(2)[k]
        near = np.array(slope(*(point + h))) - np.array(slope(*(point - h)))
        far = np.array(slope(*(point + 2 * h))) - np.array(slope(*(point - 2 * h)))
        columns.append((8 * near - far) / (12 * h[k]))
    return np.array(columns).T


def _separatrices(slope, points: pd.DataFrame, names, x, y) -> pd.DataFrame:
    """Return the stable and unstable manifolds of the saddles, until they leave the plane.

    They go on for a tenth of each axis beyond it.
    """
    from scipy.integrate import solve_ivp

    size = np.array([np.ptp(x), np.ptp(y)])
    low, high = np.array([x[0], y[0]]), np.array([x[-1], y[-1]])

    def leaves(t, z):
        return np.minimum(z - low / size, high / size - z).min() + 0.1

    leaves.terminal = True
    rows, branch = [], 0
    for _, saddle in points[points["type"] == "saddle"].iterrows():
        at = saddle[list(names)].to_numpy(float)
        # Those of a saddle are real, and yet complex numbers to numpy from 2.5 on.
        found = np.linalg.eig(_jacobian(slope, at, size) * size / size[:, None])
        values, vectors = found.eigenvalues.real, found.eigenvectors.real
        for k in range(2):
            sign = 1 if values[k] > 0 else -1
            for side in (1, -1):
                start = at / size + side * 1e-5 * vectors[:, k]
                run = solve_ivp(
                    lambda t, z, sign=sign: sign * np.array(slope(*(z * size))) / size,
                    (0, 30 / np.abs(values[k]) + 200), start, "LSODA", events=leaves,
                    rtol=1e-8, atol=1e-10,
                )  # fmt: skip
                kind = "unstable" if sign > 0 else "stable"
                rows += [(kind, branch, *(z * size)) for z in run.y.T]
                branch += 1
    return pd.DataFrame(rows, columns=["kind", "branch", *names])
