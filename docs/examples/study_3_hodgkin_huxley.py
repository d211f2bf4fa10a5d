"""
The Hodgkin-Huxley neuron
=========================
"""

from excitable.experiments import hodgkin_huxley
from excitable.experiments.study import Settings

result = hodgkin_huxley.run(Settings(quick=True))
print(result.summary)
