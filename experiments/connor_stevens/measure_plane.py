"""The plane of the A-type conductance and the input: curves, special points, onset verdicts."""

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.interpolate import CubicSpline
from scipy.optimize import brentq

from ...dynamics import curves, saddle_node_loop
from ...dynamics.two_parameters.curves import Curves
from ...models import CONNOR_STEVENS
from ...protocols import excitability
from ..study import Settings
from .common import CONDUCTANCE, DENSITY, G_A, with_A

CYCLES_AT = np.array([0.0, 0.5])  # multiples: full spikes begin on either of two curves
PLANE = ("g_A", "I")
X, Y = "g_A_mS_per_cm2", "I_uA_per_cm2"
VERDICTS = (0.0, 0.5, 1.0, 1.25, 1.5, 2.0, 3.0)  # multiples of the conductance
AROUND = np.array([-4, 3])  # uA/cm2 about the end of rest: the range of the diagrams


def plane(settings: Settings) -> Curves:
    """Follow the bifurcations over the plane, with the saddle-node-loop point among the points.

    The quick version leaves out folds of cycles, which take most of the time.
    """
    ranges = [0, 150] * CONDUCTANCE, [-12, 60] * DENSITY
    found = curves(
        CONNOR_STEVENS, PLANE, *ranges, slices=2 if settings.quick else 5,
        cycles=not settings.quick, cycles_at=CYCLES_AT * G_A * CONDUCTANCE,
    )  # fmt: skip
    loop = saddle_node_loop(CONNOR_STEVENS, PLANE, [80, 82] * CONDUCTANCE, [0, 60] * DENSITY)
    points = pd.concat([found.points, loop.assign(type="saddle-node loop")], ignore_index=True)
    points = points.sort_values(X, ignore_index=True)
    points.insert(2, "multiple", points[X] / G_A)
    return replace(found, points=points)


def ends_of_rest(found: Curves) -> tuple[CubicSpline, CubicSpline]:
    """Return the inputs at which rest ends, over g_A: at saddle-nodes, and at Hopf points.

    The saddle-nodes are those of the lowest rest, from their cusp on; the Hopf points end at the
    Bogdanov-Takens point.
    """
    cusp = found.points.query("type == 'cusp'").sort_values("v_mV").iloc[0]
    table = found.table
    folds = table[(table["kind"] == "saddle-node") & (table["v_mV"] <= cusp["v_mV"])]
    hopfs = table[table["kind"] == "Hopf"]
    folds = _spline(folds[folds[X] >= cusp[X]])
    return folds, _spline(hopfs[hopfs[X] > -1e-9])


def _spline(rows: pd.DataFrame) -> CubicSpline:
    """Return the input over g_A on a curve that does not turn."""
    x, y = rows.sort_values(X)[[X, Y]].to_numpy().T
    apart = np.append(True, np.diff(x) > 1e-6)  # special points may lie on others
    return CubicSpline(x[apart], y[apart])


def crossing(found: Curves) -> float:
    """Return the conductance at which the curves cross on which rest ends."""
    folds, hopfs = ends_of_rest(found)
    return float(brentq(lambda g: folds(g) - hopfs(g), folds.x[0] + 0.5, hopfs.x[-1] - 0.5))


def verdicts(found: Curves, settings: Settings) -> pd.DataFrame:
    """Measure how cells begin to fire, for several multiples of the conductance."""
    rows, (folds, hopfs), change = [], ends_of_rest(found), crossing(found)
    for multiple in (1.0,) if settings.quick else VERDICTS:
        end = (hopfs if multiple * G_A < change else folds)(multiple * G_A)
        row = excitability(with_A(multiple), (end + AROUND) * DENSITY, steps=False)
        rows.append(row.assign(multiple=multiple, **{X: multiple * G_A}))
    table = pd.concat(rows, ignore_index=True)
    return table[[
        "multiple", X, "verdict", "rest_ends_by", "rest_ends_uA_per_cm2", "cycle_begins_by",
        "cycle_begins_uA_per_cm2", "hysteresis_uA_per_cm2", "onset_rate_Hz", "onset",
    ]]  # fmt: skip
