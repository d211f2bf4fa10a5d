"""
The leaky integrate-and-fire neuron: a practical
================================================
"""

from excitable.experiments import lif_practical
from excitable.experiments.study import Settings

result = lif_practical.run(Settings(quick=True))
print(result.summary)
