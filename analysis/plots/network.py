"""Figures of a network: raster with population rate, and spectrum with frequency bands."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ..plain_numbers import takes
from ..populations.spectrum import BANDS
from .labels import require_columns
from .style import COLUMN_WIDTH, CYCLE, GREY, POTENTIAL, THEORY, legend_beside, new_axes, use_style

GREEK = {"delta": "δ", "theta": "θ", "alpha": "α", "beta": "β", "gamma": "γ"}
_MANY = 400  # spikes above which a raster's ticks become dots that do not merge


@use_style()
def plot_raster_rate(
    spikes: pd.DataFrame,
    rates: pd.DataFrame,
    axes: tuple[Axes, Axes] | None = None,
    *,
    label: str | None = None,
) -> tuple[Axes, Axes]:
    """Draw every spike of a network above, and the population rate below, on one time axis.

    Parameters
    ----------
    spikes : DataFrame
        Columns ``neuron`` and ``t_ms`` (ms); with a column ``population``, one colour for each.
    rates : DataFrame
        From `excitable.analysis.population_rate`: ``t_ms``, ``rate_Hz`` and, as in `spikes`,
        ``population``.
    axes : (Axes, Axes), optional
        Upper and lower panel; a new figure by default.
    label : str, optional
        Name in the legend where there are no populations.

    Returns
    -------
    (Axes, Axes)
        Raster, rate.

    Raises
    ------
    ValueError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> spikes = pd.DataFrame({"neuron": [0, 1], "t_ms": [3.0, 4.0]})
    >>> rates = pd.DataFrame({"t_ms": [2.5, 7.5], "rate_Hz": [200.0, 0.0]})
    >>> upper, lower = plot_raster_rate(spikes, rates)
    >>> lower.get_ylabel()
    'firing rate (Hz)'
    """
    require_columns(spikes, "neuron", "t_ms", needed_by="plot_raster_rate")
    require_columns(rates, "t_ms", "rate_Hz", needed_by="the rates of plot_raster_rate")
    if axes is None:
        axes = tuple(new_axes(2, sharex=True, size=(COLUMN_WIDTH, 3.8), height_ratios=(2.4, 1)))
    upper, lower = axes
    dots = len(spikes) > _MANY
    size = float(np.clip(6e3 / max(len(spikes), 1), 0.4, 3.0)) if dots else 14
    ticks = {"s": size, "marker": "o" if dots else "|", "linewidths": 0 if dots else 0.8}
    names = _populations(rates)
    for place, name in enumerate(names):
        colour = POTENTIAL if name is None else CYCLE[place % len(CYCLE)]
        rows, rate = (t if name is None else t[t["population"] == name] for t in (spikes, rates))
        # A vector file with a path per spike would be as large as the table.
        upper.scatter(rows["t_ms"], rows["neuron"], color=colour, rasterized=dots, **ticks)
        text = label if name is None else str(name)
        lower.plot(rate["t_ms"], rate["rate_Hz"], color=colour, linewidth=0.9, label=text)
    upper.margins(x=0.01, y=0.02)
    upper.yaxis.get_major_locator().set_params(integer=True)
    upper.set(ylabel="neuron (number)")
    upper.tick_params(labelbottom=False)
    lower.set(xlabel="time (ms)", ylabel="firing rate (Hz)")
    lower.set_ylim(bottom=0)
    lower.margins(x=0.01)
    upper.figure.align_ylabels(axes)
    legend_beside(lower)
    return upper, lower


@use_style()
@takes(up_to="Hz")
def plot_spectrum(
    spectrum: pd.DataFrame,
    ax: Axes | None = None,
    *,
    bands: Mapping[str, tuple[float, float]] = BANDS,
    up_to: float = 100.0,
    label: str | None = None,
    colour: str | None = None,
) -> Axes:
    """Draw the spectrum of the population rate, with its uncertainty and named bands.

    Parameters
    ----------
    spectrum : DataFrame
        From `excitable.analysis.mean_spectrum` or, for a single run, `rate_spectrum`:
        ``frequency_Hz``, ``psd_Hz``, ``poisson_Hz``, and perhaps ``psd_sem_Hz`` (a band of one
        standard error on either side) and ``population`` (one curve for each).
    ax : Axes, optional
        Where to draw; a new figure by default.
    bands : dict of str to (float, float)
        Shaded, with their Greek letters; Hz.
    up_to : float or Quantity
        Highest frequency shown, Hz. Frequency 0, where the mean was taken off, is left out.
    label, colour : str, optional
        Of the curve, where there are no populations.

    Returns
    -------
    Axes
        The axes drawn in.

    Raises
    ------
    ValueError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"frequency_Hz": [2.0, 4.0], "psd_Hz": [1.0, 3.0], "poisson_Hz": 1.0})
    >>> plot_spectrum(table).get_ylabel()
    'power spectral density (Hz²/Hz)'
    """
    require_columns(spectrum, "frequency_Hz", "psd_Hz", "poisson_Hz", needed_by="plot_spectrum")
    ax = new_axes(size=(5.6, 3.2)) if ax is None else ax
    shown = spectrum[(spectrum["frequency_Hz"] > 0) & (spectrum["frequency_Hz"] <= up_to)]
    drawn = sum(line.get_gid() == "density" for line in ax.lines)
    for place, name in enumerate(_populations(shown), start=drawn):
        rows = shown if name is None else shown[shown["population"] == name]
        tint = colour or CYCLE[place % len(CYCLE)]
        _draw_density(ax, rows, label if name is None else str(name), tint)
    ax.set(
        yscale="log",
        xlim=(0, up_to),
        xlabel="frequency (Hz)",
        ylabel="power spectral density (Hz²/Hz)",
    )
    if not drawn:
        _mark_bands(ax, bands, up_to)
    _explain_floor(ax)
    legend_beside(ax)
    return ax


def _populations(table: pd.DataFrame) -> list:
    return list(table["population"].unique()) if "population" in table else [None]


def _draw_density(ax: Axes, rows: pd.DataFrame, label: str | None, colour: str) -> None:
    """Draw one curve, its uncertainty, and the floor of independent Poisson processes."""
    frequency, density = rows["frequency_Hz"], rows["psd_Hz"]
    if "psd_sem_Hz" in rows:
        error = rows["psd_sem_Hz"]
        low = np.maximum(density - error, 1e-3 * density)  # the axis is logarithmic
        ax.fill_between(frequency, low, density + error, color=colour, alpha=0.25, linewidth=0)
    ax.plot(frequency, density, color=colour, label=label, gid="density")
    ax.plot(frequency, rows["poisson_Hz"], color=colour, linestyle=":", linewidth=0.9)


def _mark_bands(ax: Axes, bands: Mapping[str, tuple[float, float]], up_to: float) -> None:
    """Shade the bands, neighbours differently, and write their letters above the data."""
    for place, (name, (low, high)) in enumerate(bands.items()):
        shade = 0.1 if place % 2 == 0 else 0.2
        ax.axvspan(low, min(high, up_to), color=GREY, alpha=shade, linewidth=0, zorder=0)
        ax.text(
            (low + min(high, up_to)) / 2, 1.02, GREEK.get(name, name), ha="center", va="bottom",
            transform=ax.get_xaxis_transform(), color=GREY,
        )  # fmt: skip


def _explain_floor(ax: Axes) -> None:
    """Name the dotted lines once."""
    if "independent Poisson" not in ax.get_legend_handles_labels()[1]:
        ax.plot([], [], color=THEORY, linestyle=":", linewidth=0.9, label="independent Poisson")
