"""
Networks of different cells
===========================
"""

from excitable.experiments import networks
from excitable.experiments.study import Settings

result = networks.run(Settings(quick=True))
print(result.summary)

# %%
# The code behind the figures
# ---------------------------
#
# ``experiments/networks/figures.py`` draws them from the tables that ``measure`` makes:
#
# .. literalinclude:: ../../experiments/networks/figures.py
#    :language: python
