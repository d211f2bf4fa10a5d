"""
Izhikevich's network of 2003: a time step that matters
======================================================
"""

from excitable.experiments import izhikevich_network
from excitable.experiments.study import Settings

result = izhikevich_network.run(Settings(quick=True))
print(result.summary)

# %%
# The code behind the figures
# ---------------------------
#
# ``experiments/izhikevich_network/figures.py`` draws them from the tables that ``measure`` makes:
#
# .. literalinclude:: ../../experiments/izhikevich_network/figures.py
#    :language: python
