"""
An atlas of excitability
========================
"""

from excitable.experiments import excitability_atlas
from excitable.experiments.study import Settings

result = excitability_atlas.run(Settings(quick=True))
print(result.summary)

# %%
# The code behind the figures
# ---------------------------
#
# ``experiments/excitability_atlas/figures.py`` draws them from the tables that ``measure`` makes:
#
# .. literalinclude:: ../../experiments/excitability_atlas/figures.py
#    :language: python
