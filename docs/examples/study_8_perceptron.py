"""
The perceptron, gates and XOR
=============================
"""

from excitable.experiments import perceptron
from excitable.experiments.study import Settings

result = perceptron.run(Settings(quick=True))
print(result.summary)

# %%
# The code behind the figures
# ---------------------------
#
# ``experiments/perceptron/figures.py`` draws them from the tables that ``measure`` makes:
#
# .. literalinclude:: ../../experiments/perceptron/figures.py
#    :language: python
