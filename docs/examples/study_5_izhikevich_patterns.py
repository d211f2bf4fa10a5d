"""
Izhikevich's cells and firing patterns
======================================
"""

from excitable.experiments import izhikevich_patterns
from excitable.experiments.study import Settings

result = izhikevich_patterns.run(Settings(quick=True))
print(result.summary)

# %%
# The code behind the figures
# ---------------------------
#
# ``experiments/izhikevich_patterns/figures.py`` draws them from the tables that ``measure`` makes:
#
# .. literalinclude:: ../../experiments/izhikevich_patterns/figures.py
#    :language: python
