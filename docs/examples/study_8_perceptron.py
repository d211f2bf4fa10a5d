"""
The perceptron, gates and XOR
=============================
"""

from excitable.experiments import perceptron
from excitable.experiments.study import Settings

result = perceptron.run(Settings(quick=True))
print(result.summary)
