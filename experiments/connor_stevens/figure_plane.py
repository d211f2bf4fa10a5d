"""The figure of the plane of A-type conductance and input."""

from dataclasses import replace

import pandas as pd

from ...analysis.plots import (
    CYCLE,
    label_panels,
    legend_below,
    new_axes,
    plot_two_parameters,
    unit_label,
    use_style,
)
from ...dynamics.two_parameters.curves import Curves
from .common import UNIT_TEXT
from .measure_plane import X, Y, crossing, ends_of_rest

MARKS = {"II": ("o", "white"), "I": ("o", "black"), "II*": ("^", "black")}
NAMES = {  # and where they stand beside their points
    "cusp": ("cusp", (5, -12)),
    "Bogdanov-Takens": ("BT", (-16, 5)),
    "generalised Hopf": ("GH", (5, -11)),
    "saddle-node loop": ("SNL", (7, -7)),
    "cusp of cycles": ("CPC", (5, -11)),
}
NEAR = (43.5, 50.0, 6.55, 8.75)  # where type II turns into type I
NEARER = (47.4, 48.9, -4.0, 10.0)  # the Bogdanov-Takens point, in nA/cm2 from its tangent
TEXT = {"fontsize": 8}


@use_style()
def draw_plane(found: Curves, verdicts: pd.DataFrame):
    """Draw the plane with the verdicts, how far two states coexist, and two enlargements."""
    axes = new_axes(2, 2, size=(6.5, 5.3), height_ratios=(3, 2), width_ratios=(5, 4))
    (whole, near), (both, nearer) = axes
    outside = found.points[~found.points[X].between(*NEAR[:2])]
    plot_two_parameters(replace(found, points=outside), whole, legend=False)
    plot_two_parameters(found, near, legend=False)
    plot_two_parameters(_from_tangent(found), nearer, legend=False)
    _mark(whole, verdicts, "rest_ends_uA_per_cm2")
    _draw_both(both, found, verdicts)
    _name_types(whole, both, crossing(found), found.points)
    box = [NEAR[0], NEAR[2], NEAR[1] - NEAR[0], NEAR[3] - NEAR[2]]
    whole.indicate_inset(box, edgecolor="black", alpha=1, linewidth=0.6)
    for ax, (left, right, low, high) in ((near, NEAR), (nearer, NEARER)):
        ax.set(xlim=(left, right), ylim=(low, high))
    _name_points(whole, outside.drop_duplicates("type"))
    _name_points(near, found.points)
    _name_points(nearer, _from_tangent(found).points)
    whole.set(xlim=(-4, 153), ylim=(-13, 57), xlabel="")
    both.set(xlim=whole.get_xlim(), xlabel=unit_label("g_A", UNIT_TEXT))
    near.set(xlabel="", ylabel="")
    nearer.set_ylabel("$\\Delta I$ (nA/cm²)")
    label_panels((whole, near, both, nearer))
    whole.figure.align_ylabels((whole, both))
    legend_below((whole, near))
    return whole.figure


def _from_tangent(found: Curves) -> Curves:
    """Return curves and points as their distance from the Hopf points' tangent at their end."""
    hopfs = ends_of_rest(found)[1]
    end = hopfs.x[-1]

    def moved(rows: pd.DataFrame) -> pd.DataFrame:
        line = hopfs(end) + hopfs(end, 1) * (rows[X] - end)
        return rows.assign(**{Y: 1000 * (rows[Y] - line)})

    return replace(found, table=moved(found.table), points=moved(found.points))


def _mark(ax, verdicts: pd.DataFrame, column: str) -> None:
    for verdict, own in verdicts.groupby("verdict"):
        marker, face = MARKS[verdict]
        ax.plot(own[X], own[column], marker, mfc=face, mec="black", ms=5, zorder=5,
                label=f"onset of type {verdict}")  # fmt: skip


def _draw_both(ax, found: Curves, verdicts: pd.DataFrame) -> None:
    """Draw over which inputs rest and firing are both stable."""
    for _, folds in found.table.query("kind == 'fold of cycles'").groupby("curve"):
        ax.plot(folds[X], ends_of_rest(found)[1](folds[X]) - folds[Y], color=CYCLE[2])
    _mark(ax, verdicts, "hysteresis_uA_per_cm2")
    loop = found.points.query("type == 'saddle-node loop'")
    ax.plot(loop[X], [0.0], "*", mfc="white", mec="black", ms=8, zorder=5)
    ax.set(ylim=(-0.15, 2.4), ylabel=unit_label("coexistence", "uA/cm**2"))


def _name_types(whole, both, change: float, points: pd.DataFrame) -> None:
    """Name the types of onset between the conductances at which they change."""
    (loop,) = points.loc[points["type"] == "saddle-node loop", X]
    for ax in (whole, both):
        for border in (change, loop):
            ax.axvline(border, color="0.6", linewidth=0.7, linestyle=":", zorder=0)
    for place, name in ((21, "type II"), ((change + loop) / 2, "type I"), (117, "type II*")):
        whole.annotate(name, (place, 0.98), xycoords=("data", "axes fraction"), ha="center",
                       va="top", **TEXT)  # fmt: skip


def _name_points(ax, points: pd.DataFrame) -> None:
    left, right = ax.get_xlim()
    for _, point in points[points[X].between(left, right)].iterrows():
        name, offset = NAMES[point["type"]]
        ax.annotate(name, (point[X], point[Y]), xytext=offset, textcoords="offset points", **TEXT)
    for line in ax.lines:  # named where they are, not in the legend
        if line.get_label() in NAMES:
            line.set_label(None)
