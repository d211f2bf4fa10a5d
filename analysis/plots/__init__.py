"""Figures, and the only place that imports matplotlib: ``plot_x(table, ax=None) -> Axes``."""

from .bifurcations import plot_bifurcations
from .clamp import plot_curve, plot_voltage_clamp
from .convergence import plot_convergence
from .fi import plot_fi, plot_fi_surface, plot_fits, plot_onset, plot_residuals
from .gating import plot_gating
from .labels import axis_label, split_symbol, split_unit, unit_label, unit_text
from .learning import plot_confusion, plot_decision, plot_history
from .network import plot_raster_rate, plot_spectrum
from .noise import plot_noisy_fi
from .patterns import plot_patterns
from .phase import plot_phase_line
from .phase_planes import plot_phase_plane
from .strength_duration import plot_strength_duration
from .style import (
    CURRENT_COLOURS,
    CYCLE,
    GATE_COLOURS,
    Figure,
    close_figure,
    label_panels,
    legend_below,
    legend_beside,
    new_axes,
    save_figure,
    sequential_colours,
    use_style,
)
from .traces import plot_currents, plot_gates, plot_raster, plot_stimulus_response, plot_trace

__all__ = [
    "CURRENT_COLOURS",
    "CYCLE",
    "GATE_COLOURS",
    "Figure",
    "axis_label",
    "close_figure",
    "label_panels",
    "legend_below",
    "legend_beside",
    "new_axes",
    "plot_bifurcations",
    "plot_confusion",
    "plot_convergence",
    "plot_currents",
    "plot_curve",
    "plot_decision",
    "plot_fi",
    "plot_fi_surface",
    "plot_fits",
    "plot_gates",
    "plot_gating",
    "plot_history",
    "plot_noisy_fi",
    "plot_onset",
    "plot_patterns",
    "plot_phase_line",
    "plot_phase_plane",
    "plot_raster",
    "plot_raster_rate",
    "plot_residuals",
    "plot_spectrum",
    "plot_stimulus_response",
    "plot_strength_duration",
    "plot_trace",
    "plot_voltage_clamp",
    "save_figure",
    "sequential_colours",
    "split_symbol",
    "split_unit",
    "unit_label",
    "unit_text",
    "use_style",
]
