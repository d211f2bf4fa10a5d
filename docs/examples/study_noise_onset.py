"""
Noise and the onset of firing
=============================

White noise makes a cell fire below its threshold and rounds the onset of its F-I curve. The
strengths are standard deviations of the resting membrane, so that models with different inputs can
be compared.
"""

import pandas as pd
from excitable.analysis import linearity
from excitable.analysis.plots import legend_below, new_axes, plot_noisy_fi
from excitable.models import ZOO
from excitable.protocols import noisy_onset

axes = new_axes(4, 2, size=(6.5, 8.2)).ravel()
lines = []
for model, ax in zip(ZOO, axes, strict=True):
    table = noisy_onset(model, trials=8)
    plot_noisy_fi(table, ax, by="deviation", legend=False)
    ax.set_title(model.title, fontsize=8)
    lines.append(linearity(table, by="deviation").assign(model=model.name))
legend_below(axes[2:])
print(pd.concat(lines)[["model", "deviation", "slope", "R2"]].round(3).to_string(index=False))
