"""
Two circles: hidden units with the F-I curves of cells
======================================================
"""

from excitable.experiments import circles
from excitable.experiments.study import Settings

result = circles.run(Settings(quick=True))
print(result.summary)

# %%
# The code behind the figures
# ---------------------------
#
# ``experiments/circles/figures.py`` draws them from the tables that ``measure`` makes:
#
# .. literalinclude:: ../../experiments/circles/figures.py
#    :language: python
