"""Figures, and the only place that imports matplotlib: ``plot_x(table, ax=None) -> Axes``.

The names below are imported when they are used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "bifurcations": ["plot_bifurcations"],
        "clamp": ["plot_curve", "plot_voltage_clamp"],
        "comparison": ["plot_comparison"],
        "convergence": ["plot_convergence"],
        "fi": ["plot_fi", "plot_fi_surface", "plot_fits", "plot_onset", "plot_residuals"],
        "gating": ["plot_gating"],
        "labels": ["axis_label", "split_symbol", "split_unit", "unit_label", "unit_text"],
        "learning": ["plot_confusion", "plot_decision", "plot_history"],
        "network": ["plot_raster_rate", "plot_spectrum"],
        "noise": ["plot_noisy_fi"],
        "patterns": ["plot_patterns"],
        "phase": ["plot_phase_line"],
        "phase_planes": ["plot_phase_plane"],
        "phase_response": ["plot_phase_response"],
        "strength_duration": ["plot_strength_duration"],
        "style": [
            "CURRENT_COLOURS",
            "CYCLE",
            "Figure",
            "GATE_COLOURS",
            "close_figure",
            "label_panels",
            "legend_below",
            "legend_beside",
            "new_axes",
            "save_figure",
            "sequential_colours",
            "use_style",
        ],
        "traces": [
            "plot_currents",
            "plot_gates",
            "plot_raster",
            "plot_stimulus_response",
            "plot_trace",
        ],
        "two_parameters": ["plot_two_parameters"],
    },
)
