"""One look for every figure: colours with a meaning, print-sized fonts, reproducible files.

Nothing here touches the reader's own matplotlib settings: the style holds only inside
`use_style`, which every plotting function of this package wears as a decorator.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure

from ...files import written_whole

# Okabe & Ito 2008, "Color Universal Design": told apart with every common colour blindness.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
# Yellow is left out of the cycle: a thin yellow line does not show on white paper.
CYCLE = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, BLACK)

GREY, LIGHT_GREY = "#6E6E6E", "#D3D3D3"
POTENTIAL, STIMULUS, SPIKE, THEORY = BLUE, GREY, VERMILION, BLACK
SILENT, UNRESOLVED = LIGHT_GREY, "#F2F2F2"

CURRENT_COLOURS: Mapping[str, str] = MappingProxyType(
    {"I_Na": VERMILION, "I_K": BLUE, "I_A": GREEN, "I_L": GREY, "I_Kd": BLUE, "I": BLACK}
)
GATE_COLOURS: Mapping[str, str] = MappingProxyType(
    {"m": VERMILION, "h": ORANGE, "n": BLUE, "a": GREEN, "b": PURPLE}
)

# Viridis without its last tenth, whose yellow does not show as a line on white paper.
SEQUENTIAL: Colormap = LinearSegmentedColormap.from_list(
    "viridis_print", mpl.colormaps["viridis"](np.linspace(0.0, 0.9, 256))
)

MAX_LEGEND_CURVES = 7
COLUMN_WIDTH = 6.5  # inches: the text width of an A4 or Letter page

STYLE: Mapping[str, object] = MappingProxyType(
    {
        "axes.grid": False,
        "axes.labelsize": 9,
        "axes.linewidth": 0.6,
        "axes.prop_cycle": mpl.cycler(color=CYCLE),
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlesize": 9.5,
        "axes.unicode_minus": True,
        "figure.constrained_layout.use": True,
        "figure.dpi": 110,
        "figure.figsize": (COLUMN_WIDTH, 3.4),
        "figure.max_open_warning": 0,  # a study holds all its figures until they are saved
        "font.family": "DejaVu Sans",  # comes with matplotlib, hence the same everywhere
        "font.size": 9,
        "image.cmap": "viridis",
        "legend.fontsize": 8,
        "legend.frameon": False,
        "legend.title_fontsize": 8,
        "lines.linewidth": 1.2,
        "lines.markersize": 4,
        "mathtext.fontset": "dejavusans",
        "savefig.facecolor": "white",
        "svg.fonttype": "path",
        "svg.hashsalt": "excitable",
        "xtick.labelsize": 8,
        "xtick.major.width": 0.6,
        "xtick.minor.width": 0.4,
        "ytick.labelsize": 8,
        "ytick.major.width": 0.6,
        "ytick.minor.width": 0.4,
    }
)


@contextmanager
def use_style() -> Iterator[None]:
    """Hold the project's style inside a ``with`` block or a decorated function.

    Returns
    -------
    context manager
        On leaving it, matplotlib's settings are what they were before.

    Examples
    --------
    >>> import matplotlib
    >>> before = matplotlib.rcParams["lines.linewidth"]
    >>> with use_style():
    ...     matplotlib.rcParams["lines.linewidth"]
    1.2
    >>> matplotlib.rcParams["lines.linewidth"] == before
    True
    """
    # Not rc_context: that takes back every setting, and with them what a notebook switches on when
    # it makes its first figure, after which none is shown any more.
    before = {name: mpl.rcParams[name] for name in STYLE}
    mpl.rcParams.update(STYLE)
    try:
        yield
    finally:
        mpl.rcParams.update(before)


@use_style()
def new_axes(nrows: int = 1, ncols: int = 1, *, size=None, **subplots):
    """Start a figure in the project's style.

    Parameters
    ----------
    nrows, ncols : int
        Grid of panels.
    size : (float, float), optional
        Width and height in inches; by default 6.5 (the text width of a page) by 3.4.
    **subplots
        Further arguments of `matplotlib.pyplot.subplots`, such as ``sharex`` or ``height_ratios``.

    Returns
    -------
    Axes or ndarray of Axes
        As from `matplotlib.pyplot.subplots`; the figure is ``ax.figure``.

    Examples
    --------
    >>> upper, lower = new_axes(2, sharex=True, height_ratios=(3, 1))
    >>> close_figure(upper.figure)
    """
    _, axes = plt.subplots(nrows, ncols, figsize=size, **subplots)
    for ax in np.ravel(axes):  # ticks are made when a figure is drawn, after this block
        for axis in "xy":
            ax.tick_params(
                axis,
                labelsize=STYLE[f"{axis}tick.labelsize"],
                width=STYLE[f"{axis}tick.major.width"],
                labelfontfamily=STYLE["font.family"],
            )
            ax.tick_params(axis, which="minor", width=STYLE[f"{axis}tick.minor.width"])
    return axes


def close_figure(figure: Figure) -> None:
    """Release a figure that pyplot keeps alive.

    Parameters
    ----------
    figure : Figure
        One that `new_axes` or pyplot made; any other is left as it is.

    Examples
    --------
    >>> close_figure(new_axes().figure)
    """
    plt.close(figure)


def colours_for(name: str, fallback: int = 0) -> str:
    """Give the fixed colour of a current or gate, or one of the cycle for any other name.

    Parameters
    ----------
    name : str
        Such as ``"I_Na"`` or ``"h"``.
    fallback : int
        Place in the cycle if the name has no colour of its own.

    Returns
    -------
    str
        Hexadecimal colour.

    Examples
    --------
    >>> colours_for("I_Na") == colours_for("m") == VERMILION
    True
    """
    return CURRENT_COLOURS.get(name, GATE_COLOURS.get(name, CYCLE[fallback % len(CYCLE)]))


def sequential_colours(values: Iterable[float]) -> tuple[list, ScalarMappable]:
    """Colour the values of a swept parameter along the sequential map.

    Parameters
    ----------
    values : iterable of float
        Finite values, in any unit.

    Returns
    -------
    colours : list of RGBA tuples
        One per value.
    mappable : ScalarMappable
        For a colour bar.

    Examples
    --------
    >>> colours, mappable = sequential_colours([0, 23.85, 47.7])
    >>> len(colours), mappable.get_clim()
    (3, (0.0, 47.7))
    """
    values = np.asarray(list(values), dtype=float)
    low, high = float(values.min()), float(values.max())
    mappable = ScalarMappable(Normalize(low, high if high > low else low + 1.0), SEQUENTIAL)
    return [mappable.to_rgba(value) for value in values], mappable


def legend_beside(ax: Axes, *, title: str | None = None) -> None:
    """Put the legend to the right of the axes, where no data are.

    Parameters
    ----------
    ax : Axes
        Nothing happens if nothing in it has a label.
    title : str, optional
        Heading of the legend.

    Examples
    --------
    >>> ax = new_axes()
    >>> _ = ax.plot([0, 1], label="a line")
    >>> legend_beside(ax)
    >>> close_figure(ax.figure)
    """
    handles, labels = ax.get_legend_handles_labels()
    if handles:
        with use_style():
            ax.legend(
                handles,
                labels,
                title=title,
                loc="upper left",
                bbox_to_anchor=(1.01, 1.0),
                borderaxespad=0.0,
                alignment="left",
            )


def legend_above(ax: Axes, more: Iterable[Artist] = ()) -> None:
    """Put the legend above the axes, where neither the data nor a colour bar are.

    Parameters
    ----------
    ax : Axes
        Nothing happens if nothing in it has a label.
    more : iterable of Artist
        Further entries, such as patches.

    Examples
    --------
    >>> ax = new_axes()
    >>> _ = ax.plot([0, 1], label="a line")
    >>> legend_above(ax)
    >>> close_figure(ax.figure)
    """
    handles = [*ax.get_legend_handles_labels()[0], *more]
    if handles:
        with use_style():
            ax.legend(handles=handles, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3)


def name_last(ax: Axes, labels: Collection[str]) -> None:
    """Let a legend name these lines after all others, also those that were drawn later.

    Examples
    --------
    >>> ax = new_axes()
    >>> for name in ("fixed point", "a curve"):
    ...     _ = ax.plot([0, 1], label=name)
    >>> name_last(ax, ["fixed point"])
    >>> ax.get_legend_handles_labels()[1]
    ['a curve', 'fixed point']
    >>> close_figure(ax.figure)
    """
    for line in [line for line in ax.lines if line.get_label() in labels]:
        line.remove()
        ax.add_line(line)


def legend_below(axes: Iterable[Axes], *, title: str | None = None) -> None:
    """Put one legend for several panels under the figure, every name once.

    Parameters
    ----------
    axes : iterable of Axes
        Panels of one figure.
    title : str, optional
        Heading of the legend.

    Examples
    --------
    >>> axes = new_axes(1, 2)
    >>> for ax in axes:
    ...     _ = ax.plot([0, 1], label="a line")
    >>> legend_below(axes)
    >>> [text.get_text() for text in axes[0].figure.legends[0].get_texts()]
    ['a line']
    >>> close_figure(axes[0].figure)
    """
    axes = list(axes)
    named = {}
    for ax in axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            named.setdefault(label, handle)
    if named:
        with use_style():
            axes[0].figure.legend(
                named.values(),
                named.keys(),
                title=title,
                loc="outside lower center",
                ncols=min(4, len(named)),
            )


def label_panels(axes: Iterable[Axes], start: str = "A") -> None:
    """Letter the panels of a figure in bold at their upper left corner: A, B, C, ….

    Parameters
    ----------
    axes : iterable of Axes
        In reading order.
    start : str
        The first letter.

    Examples
    --------
    >>> left, right = new_axes(1, 2)
    >>> label_panels([left, right])
    >>> right.get_title(loc="left")
    'B'
    >>> close_figure(left.figure)
    """
    for offset, ax in enumerate(axes):
        ax.set_title(chr(ord(start) + offset), loc="left", fontweight="bold", fontsize=10)


def save_figure(figure: Figure, folder: str | Path, name: str) -> list[Path]:
    """Write a figure as PNG (200 dots per inch) and as SVG.

    Parameters
    ----------
    figure : Figure
        What to save.
    folder : str or Path
        An existing folder.
    name : str
        File name without its ending.

    Returns
    -------
    list of Path
        The PNG and the SVG. The files hold no date, and text as outlines: the same figure gives
        the same bytes and looks the same on every machine.

    Examples
    --------
    >>> import tempfile
    >>> ax = new_axes()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in save_figure(ax.figure, folder, "empty")]
    ['empty.png', 'empty.svg']
    >>> close_figure(ax.figure)
    """
    png, svg = (Path(folder) / f"{name}.{ending}" for ending in ("png", "svg"))
    with use_style():
        with written_whole(png) as file:
            figure.savefig(file, dpi=200, metadata={"Software": None})
        with written_whole(svg) as file:
            figure.savefig(file, metadata={"Date": None, "Creator": None})
    return [png, svg]
