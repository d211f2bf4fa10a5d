"""
The leaky integrate-and-fire neuron: a practical
================================================
"""

from excitable.experiments import lif_practical
from excitable.experiments.study import Settings

result = lif_practical.run(Settings(quick=True))
print(result.summary)

# %%
# The code behind the figures
# ---------------------------
#
# ``experiments/lif_practical/figures.py`` draws them from the tables that ``measure`` makes:
#
# .. literalinclude:: ../../experiments/lif_practical/figures.py
#    :language: python
