"""
F-I curves of the LIF and the QIF neuron
========================================
"""

from excitable.experiments import fi_curves
from excitable.experiments.study import Settings

result = fi_curves.run(Settings(quick=True))
print(result.summary)
