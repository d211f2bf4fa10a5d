"""
The Connor-Stevens neuron and its A-type current
================================================
"""

from excitable.experiments import connor_stevens
from excitable.experiments.study import Settings

result = connor_stevens.run(Settings(quick=True))
print(result.summary)

# %%
# The code behind the figures
# ---------------------------
#
# ``experiments/connor_stevens/figures.py`` draws them from the tables that ``measure`` makes:
#
# .. literalinclude:: ../../experiments/connor_stevens/figures.py
#    :language: python
