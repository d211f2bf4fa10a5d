"""
The Hodgkin-Huxley neuron
=========================
"""

from excitable.experiments import hodgkin_huxley
from excitable.experiments.study import Settings

result = hodgkin_huxley.run(Settings(quick=True))
print(result.summary)

# %%
# The code behind the figures
# ---------------------------
#
# ``experiments/hodgkin_huxley/figures.py`` draws them from the tables that ``measure`` makes:
#
# .. literalinclude:: ../../experiments/hodgkin_huxley/figures.py
#    :language: python
