"""
F-I curves of the LIF and the QIF neuron
========================================
"""

from excitable.experiments import fi_curves
from excitable.experiments.study import Settings

result = fi_curves.run(Settings(quick=True))
print(result.summary)

# %%
# The code behind the figures
# ---------------------------
#
# ``experiments/fi_curves/figures.py`` draws them from the tables that ``measure`` makes:
#
# .. literalinclude:: ../../experiments/fi_curves/figures.py
#    :language: python
