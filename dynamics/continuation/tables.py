"""The tables of a bifurcation diagram: rows of its branches and of its special points."""

import numpy as np
import pandas as pd

from ...models.units import column
from .cycles import CycleBranch, CyclePoint, CycleSpecial
from .equilibrium_curves import SAME, EquilibriumBranch, SpecialPoint


def equilibrium_table(diagram, branch: EquilibriumBranch) -> pd.DataFrame:
    """Return the rows of a curve of equilibria; special points are as stable as what they end."""
    unstable = (branch.eigenvalues.real > 0).sum(axis=1)
    scale = np.append(diagram.field.limits(), diagram.high - diagram.low)
    path = np.column_stack([branch.x, branch.p]) / scale
    for point in branch.points:  # where an eigenvalue is zero, up to rounding
        gaps = np.linalg.norm(path - np.append(point.x, point.p) / scale, axis=1)
        for k in np.flatnonzero(gaps < SAME):
            unstable[k] = unstable[max(k - 1, 0) : k + 2].min()
    table = pd.DataFrame(
        {
            "kind": "equilibria",
            diagram.parameter_column: branch.p,
            "stable": unstable == 0,
            "unstable": unstable,
            "period_ms": np.nan,
            "rate_Hz": np.nan,
        }
    )
    return table.assign(**_extent(diagram, branch.x.T, branch.x.T))


def cycle_row(diagram, point: CyclePoint) -> dict:
    """Return the row of a cycle."""
    row = {
        diagram.parameter_column: point.p,
        "stable": point.stable,
        "unstable": int((np.abs(point.multipliers[1:]) > 1).sum()),
        "period_ms": point.period,
        "rate_Hz": diagram.rate_of(point),
    }
    return row | _extent(diagram, *point.extremes)


def cycle_table(diagram, branch: CycleBranch) -> pd.DataFrame:
    """Return the rows of a branch of cycles, with the Hopf points in which it begins and ends."""
    rows = [cycle_row(diagram, q) for q in branch.points]
    if branch.born is not None:
        rows.insert(0, rows[0] | _hopf_row(diagram, branch.born))
    if branch.dies is not None:
        rows.append(rows[-1] | _hopf_row(diagram, branch.dies))
    table = pd.DataFrame(rows)
    table.insert(0, "kind", "cycles")
    return table


def _hopf_row(diagram, point: SpecialPoint) -> dict:
    period = point.numbers["period_ms"]
    row = {diagram.parameter_column: point.p, "period_ms": period, "rate_Hz": 1000 / period}
    return row | _extent(diagram, point.x, point.x)


def _extent(diagram, least, greatest) -> dict:
    """Return the columns with the least and greatest value of each variable."""
    found = {}
    names = zip(diagram.field.names, diagram.field.units, strict=True)
    for (name, unit), low, high in zip(names, least, greatest, strict=True):
        found[column(f"{name}_min", unit)] = low
        found[column(f"{name}_max", unit)] = high
    return found


def point_row(diagram, branch: int, kind: str, p: float, x, numbers: dict) -> dict:
    """Return the row of a special point."""
    states = [column(n, u) for n, u in zip(diagram.field.names, diagram.field.units, strict=True)]
    row = {"branch": branch, "type": kind, diagram.parameter_column: p, **numbers}
    return row | dict(zip(states, x, strict=True))


def cycle_point_row(diagram, branch: int, special: CycleSpecial) -> dict:
    """Return the row of a special point of cycles, its state where the membrane is highest."""
    states = special.point.states
    top = states[np.argmax(states[:, diagram.field.membrane])]
    leading = special.point.multipliers[1:2]
    known = complex(leading[0]) if leading.imag.any() else float(leading[0].real)
    numbers = {
        "period_ms": special.point.period,
        "multiplier": known if special.resolved else np.nan,
        "residual": special.residual,
        "change": special.change,
    }
    return point_row(diagram, branch, special.type, special.p, top, numbers)
