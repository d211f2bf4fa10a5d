"""
Digits, read from spikes
========================
"""

from excitable.experiments import digits
from excitable.experiments.study import Settings

result = digits.run(Settings(quick=True))
print(result.summary)

# %%
# The code behind the figures
# ---------------------------
#
# ``experiments/digits/figures.py`` draws them from the tables that ``measure`` makes:
#
# .. literalinclude:: ../../experiments/digits/figures.py
#    :language: python
